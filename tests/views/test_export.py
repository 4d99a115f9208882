"""A list as a file (R35, R39): masked, never a formula, of what one may export, streamed, and logged before it leaves."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from backoffice.models.history import AccessEvent
from tests.support.forms import SAME_ORIGIN, post, token
from tests.support.played import Play

ADDRESS = "/complaints/export.csv"
WORKBOOK = "/complaints/export.xlsx"
PHONE, NAME = "13700001111", "欧阳静"


@pytest.fixture
def played(app, office, clock):
    """Three complaints: one with a technical department, one that begins like a formula, one elsewhere."""
    desk = app.extensions["desk"]

    def play(phone: str, what: str) -> Play:
        one = Play(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files")
        one.register(uploads=(), texts={"customer_name": NAME, "contact_phone": phone, "what": what})
        return one

    said = {
        PHONE: f"宽带掉线，请打 {PHONE}",
        "13700002222": '=HYPERLINK("http://evil.example","x")',
        "13700003333": "＋账单不对",
    }
    made = [play(phone, what) for phone, what in said.items()]
    made[0].dispatch()
    clock.at = made[0].at
    return made


def exported(browser, **fields):
    answer = post(browser, ADDRESS, "/account", **fields)
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    text = answer.data.decode("utf-8-sig")
    return answer, list(csv.reader(io.StringIO(text)))


def test_R39_the_file_is_masked_and_begins_no_formula(sign_in, played):
    answer, rows = exported(sign_in("S003"), list="all")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert len(rows) == 4
    text = answer.data.decode()
    assert PHONE not in text
    assert NAME not in text
    assert "137****1111" in text
    assert "欧阳*" in text
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)


def test_R35_it_names_its_columns_in_words_and_says_values_in_words(sign_in, played):
    _, rows = exported(sign_in("S003"), list="all")
    assert rows[0][:4] == ["编号", "收到时间", "渠道", "分类"]
    first = dict(zip(rows[0], rows[-1], strict=True))
    assert first["编号"] == played[0].number
    assert first["状态"] == "调查中"
    assert first["严重程度"] == "一般"
    assert first["主办人"] == "卢向晨"


def test_R39_it_holds_what_the_list_shows_as_filtered_and_no_more(sign_in, played):
    assert [row[0] for row in exported(sign_in("S003"), list="all", status="investigating")[1][1:]] == [
        played[0].number
    ]
    assert exported(sign_in("S003"), list="to_decide")[1][1:] == []
    assert [row[0] for row in exported(sign_in("S003"), list="all", q="掉线")[1][1:]] == [played[0].number]


def test_R39_a_head_exports_the_own_department_and_nothing_else(sign_in, played):
    assert [row[0] for row in exported(sign_in("S015"), list="all")[1][1:]] == [played[0].number]
    assert exported(sign_in("S012"), list="all")[1][1:] == []


def test_R39_who_sees_everything_but_exports_a_department_gets_that_department(sign_in, played):
    browser = sign_in("S010")  # calls back everywhere, heads the call-back group
    assert played[0].number in browser.get("/complaints?list=all").text
    assert exported(browser, list="all")[1][1:] == []


@pytest.mark.parametrize("code", ["S001", "S005", "S008", "S011", "S016", "S022", "S029", "S030"])
def test_R39_only_who_may_export_is_offered_it_and_can(sign_in, played, code):
    browser = sign_in(code)
    assert post(browser, ADDRESS, "/account", list="all").status_code == 403
    assert "export.csv" not in browser.get("/complaints").text


def test_R39_each_export_is_in_the_access_chain_with_its_filters_and_without_what_was_searched(sign_in, played):
    exported(sign_in("S003"), list="all", status="investigating", q=NAME)
    with played[0].database.reading() as session:
        (event,) = session.scalars(sa.select(AccessEvent).where(AccessEvent.kind == "export"))
    facts = json.loads(event.body)["facts"]
    assert facts == {"list": "all", "form": "csv", "filters": ["status"], "searched": True}
    assert NAME not in event.body


def test_R39_it_is_logged_even_if_nobody_reads_the_answer_and_it_comes_in_pieces(app, sign_in, played):
    browser = sign_in("S003")
    data = {"csrf_token": token(browser, "/account"), "list": "all"}
    answer = browser.post(ADDRESS, data=data, headers=SAME_ORIGIN, buffered=False)
    assert answer.is_streamed
    with played[0].database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(AccessEvent.id)).where(AccessEvent.kind == "export")) == 1
    pieces = list(answer.response)
    assert len(pieces) == 2
    assert len(b"".join(pieces).splitlines()) == 4
    answer.close()


def test_R35_a_download_that_is_broken_off_leaves_no_connection_open(app, sign_in, played):
    browser = sign_in("S003")
    data = {"csrf_token": token(browser, "/account"), "list": "all"}
    answer = browser.post(ADDRESS, data=data, headers=SAME_ORIGIN, buffered=False)
    next(iter(answer.response))
    answer.close()
    assert app.extensions["desk"].database.engine.pool.checkedout() == 0


def test_R39_by_its_address_alone_nothing_is_exported(sign_in, played):
    assert sign_in("S003").get(ADDRESS).status_code in (404, 405)
    assert sign_in("S003").post(ADDRESS, data={"list": "all"}).status_code == 400


def workbook(browser, **fields):
    answer = post(browser, WORKBOOK, "/account", **fields)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].endswith('.xlsx"')
    (sheet,) = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).sheet_names
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_name(sheet).to_python()


def test_R35_the_workbook_holds_the_same_as_the_csv_with_moments_and_numbers_to_reckon_with(sign_in, played):
    browser = sign_in("S003")
    rows, (_, as_text) = workbook(browser, list="all"), exported(browser, list="all")
    assert rows[0] == as_text[0]
    for cells, texts in zip(rows[1:], as_text[1:], strict=True):
        one, other = dict(zip(rows[0], cells, strict=True)), dict(zip(rows[0], texts, strict=True))
        assert one["收到时间"].strftime("%Y-%m-%d %H:%M") == other["收到时间"]
        assert one["第几次投诉"] == int(other["第几次投诉"])
        for column in ("编号", "渠道", "分类", "客户", "状态", "主办人"):
            assert one[column] == other[column]


def test_R39_the_workbook_is_masked_runs_nothing_and_is_logged(sign_in, played):
    rows = workbook(sign_in("S003"), list="all", q="掉线")
    text = "\n".join(str(cell) for row in rows for cell in row)
    assert PHONE not in text
    assert NAME not in text
    assert "137****1111" in text
    with played[0].database.reading() as session:
        (event,) = session.scalars(sa.select(AccessEvent).where(AccessEvent.kind == "export"))
    assert json.loads(event.body)["facts"] == {"list": "all", "form": "xlsx", "filters": [], "searched": True}
    assert [row[0] for row in workbook(sign_in("S015"), list="all")[1:]] == [played[0].number]
    assert workbook(sign_in("S012"), list="all")[1:] == []


def test_R39_who_may_not_export_gets_no_workbook_either(sign_in, played):
    assert post(sign_in("S001"), WORKBOOK, "/account", list="all").status_code == 403
