"""R35, R36, R39 on the pages: every figure leads to a list that agrees, within one's reach; filters; files; odd input."""

from __future__ import annotations

import html
import io
import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from backoffice.models.history import AccessEvent
from tests.support.counted import Counted
from tests.support.counting import statements
from tests.support.forms import SAME_ORIGIN, token
from tests.support.taken import rows_of
from tests.support.told_cases import local

MANAGER, HEAD, QUALITY, HANDLER, HR = "S002", "S015", "S024", "S016", "S025"
SEPTEMBER = "period=2026-09"
MOST_STATEMENTS = 36


@pytest.fixture
def counted(office, clock):
    """Nine closed in September, three of them late; four of August; two open, one of them overdue."""
    clock.at = datetime(2026, 10, 8, 2, 0, tzinfo=UTC)
    with office.writing() as session:
        found = Counted(session)
        for number in range(9):
            found.complaint(missed=("resolve",) if number < 3 else (), cause_code="uplink" if number < 6 else "visit")
        for _number in range(4):
            found.complaint(received_at=local("2026-08-10T10:00"))
        for day in ("2026-10-07T10:00", "2026-09-20T10:00"):
            late = day.startswith("2026-09")
            found.complaint(
                received_at=local(day), closed_at=None, outcome=None,
                next_due_at=local("2026-09-30T10:00" if late else "2026-10-30T10:00"),
            )  # fmt: skip
    return found


def tile(page, name):
    found = re.search(rf'<a class="tile" href="([^"]+)"><span class="label">{name}</span>(.*?)</a>', page, re.DOTALL)
    return html.unescape(found[1]), re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[2]))


def listed(page):
    return int(re.search(r"共 ([\d,]+) 条", page)[1].replace(",", ""))


def test_R35_the_tiles_say_figure_change_and_target(counted, sign_in):
    page = sign_in(MANAGER).get(f"/overview?{SEPTEMBER}").text
    _address, received = tile(page, "受理量")
    assert "10 件" in received
    assert "▲ 上升 6 件" in received
    assert "+150.0 %" in received
    _address, on_time = tile(page, "处理及时率")
    assert "66.7 %" in on_time  # six of nine
    assert "目标 98 %，未达" in on_time
    assert "样本 9 件" in on_time


def test_R35_figures_of_fewer_than_five_are_not_said(counted, sign_in):
    page = sign_in(MANAGER).get("/overview?period=2026-08").text
    _address, on_time = tile(page, "处理及时率")
    assert "100.0" not in on_time
    assert "样本 4 件" in on_time


def test_R35_every_figure_leads_to_a_list_that_opens(counted, sign_in):
    browser = sign_in(MANAGER)
    page = browser.get(f"/overview?{SEPTEMBER}").text
    links = {html.unescape(one) for one in re.findall(r'href="(/overview/records\?[^"]+)"', page)}
    assert len(links) > 20
    for address in links:
        assert browser.get(address).status_code == 200, address
    assert listed(browser.get(tile(page, "受理量")[0]).text) == 10
    assert listed(browser.get(tile(page, "处理及时率")[0]).text) == 9
    missed = browser.get(tile(page, "处理及时率")[0] + "&part=missed").text
    assert listed(missed) == 3


def test_R35_what_is_open_by_age_and_department_leads_to_its_list(counted, sign_in):
    browser = sign_in(MANAGER)
    page = browser.get(f"/overview?{SEPTEMBER}").text
    for what, number in (("what=open&amp;age=", 1), ("what=open&amp;overdue=1&amp;department=", 1)):
        part = what.split("=open")[1].replace("&amp;", "&")
        addresses = [html.unescape(one) for one in re.findall(r'href="(/overview/records\?[^"]+)"', page)]
        found = [one for one in addresses if "what=open" in one and all(bit in one for bit in part.split("&") if bit)]
        assert found, what
        assert listed(browser.get(found[0]).text) == number


def test_R35_a_view_is_its_address(counted, sign_in):
    browser = sign_in(MANAGER)
    address = f"/overview?{SEPTEMBER}&severity=important&category=/1/&channel=2&map=repeat_rate"
    page = browser.get(address).text
    assert "0 件" in tile(page, "受理量")[1]
    link = tile(page, "受理量")[0]
    for part in ("period=2026-09", "severity=important", "channel=2", "category=/1/"):
        assert part in link
    assert '<option value="repeat_rate" selected>' in page


def test_R39_a_head_sees_the_own_department_alone(counted, sign_in):
    network = sign_in(HEAD).get(f"/overview?{SEPTEMBER}").text
    others = [
        int(one)
        for one in re.findall(r'<option value="(\d+)"', network.split('id="f-department"')[1].split("</select>")[0])
    ]
    assert others
    with_all = sign_in(MANAGER).get(f"/overview?{SEPTEMBER}").text
    everybody = re.findall(r'<option value="(\d+)"', with_all.split('id="f-department"')[1].split("</select>")[0])
    assert len(others) < len(everybody)
    foreign = next(one for one in everybody if int(one) not in others)
    page = sign_in(HEAD).get(f"/overview/records?what=received&{SEPTEMBER}&department={foreign}").text
    assert "清单为空" in page


def test_R39_nobody_without_statistics_opens_it(counted, sign_in):
    for path in ("/overview", "/overview/records?what=received"):
        assert sign_in(HANDLER).get(path).status_code == 403


def test_R39_hr_reads_figures_and_numbers_but_opens_no_complaint(counted, sign_in):
    browser = sign_in(HR)
    page = browser.get(f"/overview?{SEPTEMBER}").text
    assert "TS20260907-" not in page
    rows = browser.get(f"/overview/records?what=received&{SEPTEMBER}").text
    assert "TS20260907-" in rows
    assert 'href="/complaint' not in rows.split("<main")[1]


@pytest.mark.parametrize(
    "query",
    ["period=2026-99", "department=x", "department=99999999999999999999", "category=/1/..",
     "severity=none", "channel=-1", "map=nothing", "period=2199-12", "period=2000"],
)  # fmt: skip
def test_R35_odd_addresses_ask_for_nothing(counted, sign_in, query):
    assert sign_in(MANAGER).get(f"/overview?{query}").status_code == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 200), ("what=nothing", 404), ("what=open&age=99", 200), ("what=received&page=999999999", 200),
     ("what=closed&cause=%27%22", 200), ("what=step&clock=x", 200), ("what=on_time_rate&part=x", 200),
     ("what=received&leaf=9999999999999999999", 200)],
)  # fmt: skip
def test_R35_odd_lists_are_lists_or_not_there(counted, sign_in, query, status):
    assert sign_in(MANAGER).get(f"/overview/records?{query}").status_code == status


def test_R35_the_page_asks_a_bounded_number_of_questions(counted, app, office, sign_in):
    browser = sign_in(MANAGER)
    browser.get(f"/overview?{SEPTEMBER}")
    with statements(app) as few:
        browser.get(f"/overview?{SEPTEMBER}")
    with office.writing() as session:
        more = Counted(session)
        more._numbers = iter(range(500, 600))
        for _number in range(20):
            more.complaint()
    with statements(app) as many:
        browser.get(f"/overview?{SEPTEMBER}")
    assert len(many) == len(few) <= MOST_STATEMENTS


def test_R35_the_figures_as_a_workbook_and_as_text_are_those_of_the_page(counted, office, sign_in):
    browser = sign_in(QUALITY)
    data = {"csrf_token": token(browser, f"/overview?{SEPTEMBER}"), "period": "2026-09"}
    answer = browser.post("/overview/export.xlsx", data=data, headers=SAME_ORIGIN)
    assert answer.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    rows = {row[0]: row for row in book.get_sheet_by_name("关键指标").to_python()}
    assert rows["受理量"][1] == 10
    assert rows["处理及时率"][1:5] == [66.6667, 6, 9, 9]
    assert rows["处理及时率"][6] == 98
    text = browser.post("/overview/export.csv", data=data, headers=SAME_ORIGIN).data.decode("utf-8-sig")
    assert "关键指标,处理及时率,分子,6" in text
    with office.reading() as session:
        kept = session.scalars(sa.select(AccessEvent).where(AccessEvent.kind == "export")).all()
    assert len(kept) == 2


def test_R39_who_may_not_export_gets_no_file(counted, sign_in):
    browser = sign_in("S022")
    data = {"csrf_token": token(browser, f"/overview?{SEPTEMBER}")}
    assert browser.post("/overview/export.xlsx", data=data, headers=SAME_ORIGIN).status_code == 403
    assert "export.xlsx" not in browser.get("/overview").text


def test_R35_both_languages_say_it_all(counted, sign_in):
    browser = sign_in(MANAGER)
    browser.set_cookie("language", "en")
    page = browser.get(f"/overview?{SEPTEMBER}").text
    main = page.split("<main")[1]
    assert "Received and closed" in main
    assert "overview." not in re.sub(r'(href|action)="[^"]*"', "", main)


def test_R35_charts_are_pictures_with_words_and_a_table_each(counted, sign_in):
    page = sign_in(MANAGER).get(f"/overview?{SEPTEMBER}").text
    assert page.count('<svg xmlns="http://www.w3.org/2000/svg" class="plot" role="img"') == 4
    assert page.count('<details class="plot-table">') == 4
    assert "style=" not in page.split("<main")[1]


@pytest.mark.parametrize(
    ("query", "total"),
    [("rows=category&columns=severity", 10), ("rows=cause&columns=outcome&of=closed", 9),
     ("rows=month&columns=channel", 10), ("rows=department&columns=fault", 10),
     ("rows=priority&columns=month&of=closed", 9), ("rows=severity&columns=severity", 10), ("rows=x&columns=y&of=z", 10)],
)  # fmt: skip
def test_R35_a_table_of_two_dimensions_adds_up_and_leads_to_lists_that_agree(counted, sign_in, query, total):
    browser = sign_in(MANAGER)
    page = browser.get(f"/statistics?{SEPTEMBER}&{query}").text
    foot = re.findall(r"<b>([\d,]+)</b>", page.split("<tfoot>")[1].split("</tfoot>")[0])
    assert int(foot[-1]) == total
    assert sum(int(one) for one in foot[:-1]) == total
    cells = re.findall(r'<td class="num"><a href="(/overview/records\?[^"]+)">([\d,]+)</a>', page)
    for address, number in cells:
        assert listed(browser.get(html.unescape(address)).text) == int(number), address


def test_R35_the_table_as_a_file_is_that_of_the_page(counted, sign_in):
    browser = sign_in(QUALITY)
    address = f"/statistics?{SEPTEMBER}&rows=cause&columns=severity&of=closed"
    data = {
        "csrf_token": token(browser, address),
        "period": "2026-09",
        "rows": "cause",
        "columns": "severity",
        "of": "closed",
    }
    lines = browser.post("/statistics/export.csv", data=data, headers=SAME_ORIGIN).data.decode("utf-8-sig").splitlines()
    assert lines[-1] == "合计,9,9,4"
    assert lines[1].endswith(",6,6,0")
    book = rows_of(browser.post("/statistics/export.csv", data={**data, "as": "xlsx"}, headers=SAME_ORIGIN))
    assert [",".join(str(int(cell)) if isinstance(cell, float) else cell for cell in row) for row in book] == lines
