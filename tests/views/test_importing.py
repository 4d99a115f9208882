"""Importing in the console (R1, R9): a file is sent, looked at, mapped, tried, brought in; refused rows come back."""

from __future__ import annotations

import csv
import errno
import io
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import xlsxwriter

from backoffice.integrations import table_preview
from backoffice.jobs import imports
from backoffice.jobs.handlers import HANDLERS
from backoffice.jobs.running import LeaseLostError, Workshop, take, work_off
from backoffice.models.complaint import Complaint
from backoffice.models.history import AccessEvent
from backoffice.models.importing import ImportRefusal, ImportUpload, SavedMapping
from backoffice.models.work import ImportRun, Job
from backoffice.services import import_uploads
from policies.import_mapping import LONGEST_NAME
from tests.support.live import give_passwords

# What is too large for memory lies in a half file of the machine's until Python tidies it away.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

DATA = Path(__file__).resolve().parents[1] / "data/boston311"
LEAD, CLERK = "S004", "S005"
TABLE = (
    "受理时间,联系电话,客户姓名,投诉内容,渠道\n"
    "2026-08-20 09:30,13900004172,周敏,宽带频繁断线要求处理,热线\n"
    "2026-08-20 10:00,13900004173,吴芳,上网很慢而且经常掉线,微信\n"
    "昨天,13900004174,郑丽,电视没有信号需要上门,热线\n"
)


@pytest.fixture
def office(office_database):
    """On both databases."""
    give_passwords(office_database)
    return office_database


@pytest.fixture
def lead(office, sign_in):
    """A browser of somebody who may import: whoever the sample office has as a shift lead."""
    from backoffice.models.office import Role, Staff, StaffRole

    with office.reading() as session:
        wanted = sa.select(Staff.code).join(StaffRole, StaffRole.staff_id == Staff.id).join(Role)
        code = session.scalars(wanted.where(Role.code == "shift_lead").order_by(Staff.code)).first()
    return sign_in(code)


@pytest.fixture
def shop(app, office, clock):
    desk = app.extensions["desk"]
    return Workshop(office, desk.keys, clock, Path(desk.config["DATA_DIR"]))


def token(browser, path):
    page = browser.get(path).get_data(as_text=True)
    return re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)


def post(browser, path, data=None, *, page="/import/"):
    sent = {"csrf_token": token(browser, page), **(data or {})}
    return browser.post(path, data=sent, content_type="multipart/form-data")


def send(browser, content, name="table.csv"):
    content = content.encode() if isinstance(content, str) else content
    return post(browser, "/import/", {"file": (io.BytesIO(content), name)})


def refusal(answer):
    return re.search(r'id="problems".*?</div>', answer.get_data(as_text=True), re.DOTALL).group(0)


def leaf(office):
    from backoffice.models.configuration import Category

    with office.reading() as session:
        wanted = sa.select(Category.code).where(Category.level == 3, Category.default_severity == "general")
        return session.scalars(wanted.order_by(Category.id)).first()


COLUMN = re.compile(r'name="column-(\d+)"(.*?)</select>', re.DOTALL)
COLUMNS = {"column-0": "received_at", "column-1": "contact_phone", "column-2": "customer_name", "column-3": "what"}


def mapped(browser, office, page, **more):
    data = {**COLUMNS, "channel": "hotline", "category": leaf(office), **more}
    return post(browser, f"{page}/columns", data, page=page)


def in_full(browser, office, shop, content=TABLE, name="table.csv", **more):
    page = send(browser, content, name).location
    mapped(browser, office, page, **more)
    for mode in ("try", "run"):
        assert post(browser, f"{page}/ask", {"mode": mode}, page=page).status_code == 303
        work_off(shop, HANDLERS)
    return page


def rows(office, model):
    with office.reading() as session:
        return list(session.scalars(sa.select(model).order_by(model.id)))


def test_R1_a_file_is_looked_at_and_its_columns_are_suggested(lead) -> None:
    page = lead.get(send(lead, TABLE.encode("gb18030")).location).get_data(as_text=True)
    assert "GB18030" in page
    assert "宽带频繁断线要求处理" in page
    for target in ("received_at", "contact_phone", "customer_name", "what", "channel"):
        assert re.search(rf'<option value="{target}" selected>', page), target
    assert re.search(r'<option value="wechat" selected>', page)


def test_R1_it_is_tried_then_brought_in_with_original_times_and_the_file_is_gone(lead, office, shop) -> None:
    page = send(lead, TABLE).location
    assert mapped(lead, office, page).status_code == 303
    post(lead, f"{page}/ask", {"mode": "try"}, page=page)
    work_off(shop, HANDLERS)
    assert rows(office, Complaint) == []
    upload = rows(office, ImportUpload)[0]
    assert (upload.came_in, upload.known, upload.refused, upload.total, upload.done) == (2, 0, 1, 3, 3)
    post(lead, f"{page}/ask", {"mode": "run"}, page=page)
    work_off(shop, HANDLERS)
    times = sorted(one.received_at.isoformat() for one in rows(office, Complaint))
    assert times == ["2026-08-20T01:30:00+00:00", "2026-08-20T02:00:00+00:00"]
    assert [one.registered_by_id for one in rows(office, Complaint)] == [None, None]
    assert [path for path in (shop.folder / "import_files").rglob("*") if path.is_file()] == []
    run = rows(office, ImportRun)[0]
    assert (run.came_in, run.refused, run.finished_at is not None) == (2, 1, True)


def test_R1_refused_rows_come_as_a_file_with_reasons_and_come_in_once_put_right(lead, office, shop) -> None:
    page = in_full(lead, office, shop)
    answer = post(lead, f"{page}/refused", {"form": "csv"}, page=page)
    table = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert table[0][2:7] == ["受理时间", "联系电话", "客户姓名", "投诉内容", "渠道"]
    assert table[1][0] == "4"
    assert "昨天" in table[1][1]
    table[1][2] = "2026-08-20 11:00"
    text = io.StringIO()
    csv.writer(text).writerows(table)
    again = send(lead, text.getvalue(), "put right.csv").location
    data = {f"column-{int(name[-1]) + 2}": target for name, target in COLUMNS.items()}
    post(lead, f"{again}/columns", {**data, "channel": "hotline", "category": leaf(office)}, page=again)
    for mode in ("try", "run"):
        post(lead, f"{again}/ask", {"mode": mode}, page=again)
        work_off(shop, HANDLERS)
    assert len(rows(office, Complaint)) == 3
    workbook = post(lead, f"{page}/refused", {"form": "xlsx"}, page=page)
    assert workbook.get_data().startswith(b"PK")


def test_R1_the_same_file_sent_again_adds_nothing(lead, office, shop) -> None:
    in_full(lead, office, shop)
    in_full(lead, office, shop)
    assert len(rows(office, Complaint)) == 2
    assert (rows(office, ImportUpload)[1].came_in, rows(office, ImportUpload)[1].known) == (0, 2)


def test_R1_a_killed_job_goes_on_and_doubles_no_row(lead, office, shop, clock, monkeypatch) -> None:
    from backoffice.services import importing

    monkeypatch.setattr(importing, "BATCH", 1)
    page = send(lead, TABLE).location
    mapped(lead, office, page)
    post(lead, f"{page}/ask", {"mode": "try"}, page=page)
    work_off(shop, HANDLERS)
    post(lead, f"{page}/ask", {"mode": "run"}, page=page)
    calls, keep = [], import_uploads.keep_refused

    def killed(session, sent, refused):
        keep(session, sent, refused)
        calls.append(1)
        if len(calls) == 3:  # the first is the beginning itself
            raise KeyboardInterrupt

    monkeypatch.setattr(import_uploads, "keep_refused", killed)
    job = take(shop, HANDLERS)
    with pytest.raises(KeyboardInterrupt):
        HANDLERS[job.kind](shop, job)
    assert len(rows(office, Complaint)) == 1
    monkeypatch.setattr(import_uploads, "keep_refused", keep)
    clock.at += __import__("datetime").timedelta(minutes=11)
    work_off(shop, HANDLERS)
    upload = rows(office, ImportUpload)[0]
    assert (len(rows(office, Complaint)), upload.came_in, upload.known, upload.refused) == (2, 2, 0, 1)
    assert [one.line for one in rows(office, ImportRefusal)] == [4]


@pytest.mark.parametrize(
    ("fault", "ends"), [(ValueError("odd"), True), (OSError(errno.ENOSPC, "full"), False), (LeaseLostError("x"), False)]
)
def test_R1_a_file_that_breaks_again_and_again_ends_with_a_sentence_and_an_outage_is_waited_for(
    lead, office, shop, clock, monkeypatch, fault, ends
) -> None:
    def breaks(*_said):
        raise fault

    page = send(lead, TABLE).location
    mapped(lead, office, page)
    post(lead, f"{page}/ask", {"mode": "try"}, page=page)
    monkeypatch.setattr(imports, "bring_in", breaks)
    for _attempt in range(imports.MOST_ATTEMPTS):
        sent = import_uploads.opened(shop.keys, rows(office, ImportUpload)[0])
        assert (sent.is_running, sent.failure) == (True, ())
        work_off(shop, HANDLERS)
        clock.at += timedelta(hours=1)
    sent = import_uploads.opened(shop.keys, rows(office, ImportUpload)[0])
    assert sent.is_running is not ends
    assert [(one.key, one.params) for one in sent.failure] == [("importing.refused.broken", {"done": 0})] * ends


def test_R1_while_a_file_is_worked_on_its_page_does_not_read_it(lead, office, monkeypatch) -> None:
    page = send(lead, TABLE).location
    mapped(lead, office, page)
    post(lead, f"{page}/ask", {"mode": "try"}, page=page)
    monkeypatch.setattr("views.importing.look", None)
    assert lead.get(page).status_code == 200


def test_R1_what_was_said_of_columns_read_otherwise_does_not_stay(lead, office, shop) -> None:
    page = send(lead, TABLE).location
    mapped(lead, office, page, save_as="停机登记")
    post(lead, f"{page}/reading", {"encoding": "utf-8", "mapping": "boston311"}, page=page)
    sent = import_uploads.opened(shop.keys, rows(office, ImportUpload)[0])
    assert (sent.mapping, sent.save_as, dict(sent.draft.columns)) == ("boston311", "", {})
    kept = f"saved:{rows(office, SavedMapping)[0].id}"
    assert post(lead, f"{page}/reading", {"encoding": "utf-16", "mapping": kept}, page=page).status_code == 303
    assert 'role="alert"' in lead.get(page).get_data(as_text=True)


def test_R1_the_whole_name_of_a_mapping_stands_in_the_source_of_its_complaints(lead, office) -> None:
    page, longest = send(lead, TABLE).location, "n" * LONGEST_NAME
    assert f'maxlength="{LONGEST_NAME}"' in lead.get(page).get_data(as_text=True)
    assert mapped(lead, office, page, save_as=longest + "n").status_code == 422
    assert mapped(lead, office, page, save_as=longest).status_code == 303
    assert rows(office, SavedMapping)[0].definition["source"] == f"office:{longest}"


def test_R1_a_mapping_is_kept_under_a_name_and_used_for_the_next_file(lead, office) -> None:
    page = send(lead, TABLE).location
    assert mapped(lead, office, page, save_as="停机登记").status_code == 303
    saved = rows(office, SavedMapping)[0]
    assert saved.name == "停机登记"
    other = send(lead, TABLE.replace("受理时间", "何时"), "b.csv").location
    assert "停机登记" in lead.get(other).get_data(as_text=True)
    post(lead, f"{other}/reading", {"mapping": f"saved:{saved.id}"}, page=other)
    shown = lead.get(other).get_data(as_text=True)
    assert len(re.findall(r'<option value="(?:contact_phone|customer_name|what)" selected>', shown)) == 3
    assert "boston311" in shown


def test_R1_nothing_is_brought_in_untried_or_changed_since(lead, office, shop) -> None:
    page = send(lead, TABLE).location
    mapped(lead, office, page)
    assert post(lead, f"{page}/ask", {"mode": "run"}, page=page).status_code == 409
    post(lead, f"{page}/ask", {"mode": "try"}, page=page)
    work_off(shop, HANDLERS)
    mapped(lead, office, page, **{"column-2": ""})
    assert post(lead, f"{page}/ask", {"mode": "run"}, page=page).status_code == 409


def test_R1_what_is_missing_of_the_mapping_is_said_and_what_was_chosen_stays(lead) -> None:
    page = send(lead, TABLE).location
    answer = post(lead, f"{page}/columns", {"column-1": "contact_phone", "save_as": "x"}, page=page)
    assert answer.status_code == 422
    assert refusal(answer).count("<li>") == 4
    assert '<option value="contact_phone" selected>' in answer.get_data(as_text=True)


def test_R1_another_encoding_can_be_chosen(lead) -> None:
    page = send(lead, "內容\n客戶來電投訴寬頻斷線\n".encode("big5")).location
    assert "客戶來電投訴寬頻斷線" in lead.get(page).get_data(as_text=True)
    post(lead, f"{page}/reading", {"encoding": "utf-8"}, page=page)
    shown = lead.get(page)
    assert shown.status_code == 200
    assert 'role="alert"' in shown.get_data(as_text=True)


@pytest.mark.parametrize(
    ("content", "name", "status"),
    [
        (b"", "a.csv", 422), (b"%PDF-1.7\n12345", "a.csv", 422), (b"PK\x03\x04xxxxxxxxxxxx", "a.xlsx", 422),
        (("," * 1_000_000).encode() + b"\n1\n", "a.csv", 422),
        (bytes(range(32)) * 20, "a.csv", 422), (b'[{"a": 1}]', "a.json", 422),
    ],
)  # fmt: skip
def test_R1_an_odd_file_is_refused_in_a_sentence_and_not_kept(lead, office, shop, content, name, status) -> None:
    answer = send(lead, content, name)
    assert answer.status_code == status
    assert refusal(answer).count("<li>") == 1
    assert rows(office, ImportUpload) == []
    assert [path for path in (shop.folder / "import_files").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "content", ["受理时间\n", "a,b\n1\n1,2,3\n", "a\n=1+1\n", "a,b\n1,\x00\n" + "x,y\n" * 100, '{"a": 1}\n{"a": \n']
)
def test_R1_a_file_that_is_odd_in_its_rows_is_shown(lead, content) -> None:
    assert lead.get(send(lead, content, "a.xlsx").location).status_code == 200


def test_R1_contradictory_dates_refuse_the_file_in_a_sentence(lead, office, shop) -> None:
    table = TABLE.replace("2026-08-20 09:30", "20/08/2026").replace("2026-08-20 10:00", "08/21/2026")
    page = send(lead, table).location
    mapped(lead, office, page)
    post(lead, f"{page}/ask", {"mode": "try"}, page=page)
    work_off(shop, HANDLERS)
    shown = lead.get(page).get_data(as_text=True)
    assert 'class="alert alert-danger"' in shown
    assert "%(" not in shown


def test_R9_a_mapping_file_that_adds_categories_is_for_whoever_may_add_them(lead, office, shop) -> None:
    head = "".join((DATA / "boston311-100.csv").read_text(encoding="utf-8").splitlines(keepends=True)[:4])
    page = send(lead, head).location
    post(lead, f"{page}/reading", {"mapping": "boston311"}, page=page)
    assert post(lead, f"{page}/ask", {"mode": "try"}, page=page).status_code == 303
    work_off(shop, HANDLERS)
    assert rows(office, ImportUpload)[0].came_in == 3
    assert post(lead, f"{page}/ask", {"mode": "run"}, page=page).status_code == 403


def test_R39_a_file_is_opened_by_nobody_but_who_sent_it_and_lies_sealed(lead, office, shop, sign_in) -> None:
    page = send(lead, TABLE).location
    assert sign_in(CLERK).get(page).status_code == 403
    kept = b"".join(path.read_bytes() for path in (shop.folder / "import_files").rglob("*") if path.is_file())
    sealed = rows(office, ImportUpload)[0].sealed
    for clear in ("13900004172", "周敏", "table.csv"):
        assert clear.encode() not in kept + sealed
    kinds = [row.kind for row in rows(office, AccessEvent)]
    assert "import_upload" in kinds


def test_R39_a_file_is_erased_after_its_time_and_at_once_when_asked(lead, office, shop, clock) -> None:
    page, other = send(lead, TABLE).location, send(lead, TABLE + " ").location
    assert post(lead, f"{page}/erase", page=page).status_code == 303
    assert lead.get(page).status_code == 404
    clock.at += import_uploads.KEPT
    with office.writing() as session:
        session.add(Job(kind="import_clear", slot="today", due_at=clock.at, payload={}))
    work_off(shop, HANDLERS)
    assert [bytes(row.sealed) for row in rows(office, ImportUpload)] == [b"", b""]
    assert [path for path in (shop.folder / "import_files").rglob("*") if path.is_file()] == []
    assert other


@pytest.mark.parametrize("kind", ["encoding", "delimiter", "sheet", "mapping"])
def test_R1_a_forged_reading_is_no_fault(lead, kind) -> None:
    page = send(lead, TABLE).location
    for value in ("saved:9999999999", "saved:x", "../../etc/passwd", "\x00", "x" * 500):
        assert post(lead, f"{page}/reading", {kind: value}, page=page).status_code in (303, 400, 422)
        assert lead.get(page).status_code == 200


def kinds(count, rows=None):
    told = (f"2026-08-20 09:30,停电,类别{n % count}" for n in range(rows or count))
    return "受理时间,投诉内容,业务类别\n" + "\n".join(told) + "\n"


def test_R1_more_values_than_fit_a_page_are_said_and_mapped_part_by_part(lead, office, shop) -> None:
    page = send(lead, kinds(70, 140)).location
    data = {"column-0": "received_at", "column-1": "what", "column-2": "category", "channel": "hotline"}
    code = leaf(office)

    def part(shown, **more):
        texts = re.findall(r'name="(text-category-\d+)" value="([^"]+)"', lead.get(shown).text)
        values = {name.replace("text", "value"): code for name, _text in texts}
        return texts, post(lead, f"{page}/columns", {**data, **dict(texts), **values, **more}, page=page)

    _none, answer = part(page)
    first, answer = part(page, part="2")
    assert len(first) == 60
    shown = lead.get(page).text
    assert "第 1 至 60 个值，共 70 个" in shown
    assert "还有 10 个未保存" in shown
    second, answer = part(answer.location.partition("#")[0])
    assert len(second) == 10
    assert not {text for _name, text in first} & {text for _name, text in second}
    assert answer.status_code == 303
    assert "还有 0 个未保存" in lead.get(page).text
    for mode in ("try", "run"):
        post(lead, f"{page}/ask", {"mode": mode}, page=page)
        work_off(shop, HANDLERS)
    upload = rows(office, ImportUpload)[0]
    assert (upload.came_in, upload.refused) == (140, 0)


def test_R1_values_that_may_be_missing_from_the_list_are_said(lead, monkeypatch) -> None:
    page = send(lead, kinds(5) + f"2026-08-20 09:30,停电,{'长' * 90}\n").location
    post(lead, f"{page}/columns", {"column-0": "received_at", "column-1": "what", "column-2": "category"}, page=page)
    assert "文件里可能还有别的值，这里找到 5 个" in lead.get(page).text
    monkeypatch.setattr(table_preview, "SCANNED", 3)
    page = send(lead, kinds(5)).location
    post(lead, f"{page}/columns", {"column-0": "received_at", "column-1": "what", "column-2": "category"}, page=page)
    assert "文件里可能还有别的值，这里找到 3 个" in lead.get(page).text
    monkeypatch.setattr(table_preview, "SCANNED", 5)
    assert "文件里可能还有别的值" not in lead.get(page).text


@pytest.mark.parametrize("shown", ["0", "-1", "99", "x", "9" * 40])
def test_R1_a_part_of_the_values_that_is_not_there_is_the_first_or_the_last(lead, shown) -> None:
    page = send(lead, kinds(70)).location
    post(lead, f"{page}/columns", {"column-0": "received_at", "column-1": "what", "column-2": "category"}, page=page)
    answer = lead.get(f"{page}?shown={shown}")
    assert answer.status_code == 200
    assert "个值，共 70 个" in answer.text


def test_R1_a_file_is_read_before_anything_is_written(lead, office, monkeypatch) -> None:
    """Whoever writes meanwhile waits for nobody who reads a large file."""
    from views import importing
    from views.importing import columns

    writing = []
    for module in (importing, columns):
        real = module.look

        def look(source, real=real):
            with office.writing() as session:  # SQLite has one writer: this waits for ever within a writing transaction
                session.execute(sa.text("SELECT 1"))
                writing.append(True)
            return real(source)

        monkeypatch.setattr(module, "look", look)
    page = send(lead, TABLE).location
    mapped(lead, office, page)
    post(lead, f"{page}/reading", {"encoding": "utf-8"}, page=page)
    mapped(lead, office, page)
    assert post(lead, f"{page}/ask", {"mode": "try"}, page=page).status_code == 303
    assert len(writing) >= 4


def test_R1_columns_that_were_looked_at_by_another_reading_are_looked_at_again(lead, office, monkeypatch) -> None:
    from views.importing import columns

    page = send(lead, TABLE).location
    real = columns.header_of

    def meanwhile(sent, place):
        with office.writing() as session:
            row = session.get_one(ImportUpload, sent.row.id)
            keys = lead.application.extensions["desk"].keys
            import_uploads._keep(keys, replace(import_uploads.opened(keys, row), reading={"encoding": "gb18030"}))
        return real(sent, place)

    monkeypatch.setattr(columns, "header_of", meanwhile)
    answer = mapped(lead, office, page)
    assert answer.status_code == 409
    assert "读取方式刚被改过" in answer.text


def test_R1_refused_rows_of_a_big5_file_keep_its_columns_and_their_own_two_are_none_of_it(lead, office, shop) -> None:
    told = "寬頻斷線要求儘快處理請回電"
    table = f"受理時間,聯絡電話,客戶姓名,說明,備註\n昨天,13900004174,鄭麗,{told},要求回覆\n"
    page = in_full(lead, office, shop, table.encode("big5"), "big5.csv")
    content = post(lead, f"{page}/refused", {"form": "csv"}, page=page).get_data()
    assert content.startswith(b"\xef\xbb\xbf")  # by which a spreadsheet knows the encoding
    head, row = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert (head[2:-1], row[2:-1]) == (
        ["受理時間", "聯絡電話", "客戶姓名", "說明", "備註"],
        ["昨天", "13900004174", "鄭麗", told, "要求回覆"],
    )
    for again in (send(lead, content, "again.csv").location, send(lead, _renamed(content), "other.csv").location):
        shown = lead.get(again).get_data(as_text=True)
        chosen = {
            int(place): re.findall(r'value="(\w+)" selected', options) for place, options in COLUMN.findall(shown)
        }
        assert sorted(chosen) == list(range(8))
        assert [chosen[place] for place in (0, 1, 3, 5, 7)] == [[], [], ["contact_phone"], ["what"], []]


def _renamed(content: bytes) -> bytes:
    """The same as the other language names the columns of refused rows, refused a second time."""
    names = {"导入行号": "import line+", "导入拒绝原因": "import refused+", "导入多余单元格": "import surplus+"}
    text = content.decode()
    for name, other in names.items():
        assert name in text
        text = text.replace(name, other)
    return text.encode()


def test_R1_headings_and_values_that_begin_like_formulas_are_the_same_when_refused_rows_are_sent_again(
    lead, office, shop
) -> None:
    table = TABLE.replace("联系电话", "-电话").replace("热线", "=热线")
    values = {"column-4": "channel", "text-channel-0": "=热线", "value-channel-0": "hotline"}
    page = in_full(lead, office, shop, table, save_as="月报", **values)
    assert rows(office, ImportUpload)[0].came_in == 2
    content = post(lead, f"{page}/refused", {"form": "csv"}, page=page).get_data()
    assert "'-电话" in content.decode()
    again = send(lead, content, "again.csv").location
    post(lead, f"{again}/reading", {"mapping": f"saved:{rows(office, SavedMapping)[0].id}"}, page=again)
    assert "没有对应方案里的列" not in lead.get(again).text
    sent = import_uploads.opened(shop.keys, rows(office, ImportUpload)[1])
    assert sent.draft.columns["-电话"] == "contact_phone"
    post(lead, f"{again}/ask", {"mode": "try"}, page=again)
    work_off(shop, HANDLERS)
    with office.reading() as session:
        found = list(
            import_uploads.refused_rows(session, import_uploads.opened(shop.keys, rows(office, ImportUpload)[1]))
        )
    assert [reason.key for _line, _cells, reasons in found for reason in reasons] == ["import.row.time_unreadable"]


def test_R1_a_kept_mapping_says_which_of_its_columns_a_table_lacks(lead, office) -> None:
    mapped(lead, office, send(lead, TABLE).location, save_as="月报")
    other = send(lead, TABLE.replace("联系电话", "号码"), "b.csv").location
    post(lead, f"{other}/reading", {"mapping": f"saved:{rows(office, SavedMapping)[0].id}"}, page=other)
    assert "没有对应方案里的列：联系电话" in lead.get(other).text


def test_R1_a_value_with_a_line_break_is_chosen_as_a_browser_sends_it(lead, office, shop) -> None:
    table = '受理时间,投诉内容,来源\n2026-08-20 09:30,宽带频繁断线,"客服\r\n热线"\n'
    page = send(lead, table).location
    data = {"column-0": "received_at", "column-1": "what", "column-2": "channel", "category": leaf(office)}
    said = {"text-channel-0": "客服\r\n热线", "value-channel-0": "hotline"}
    post(lead, f"{page}/columns", {**data, **said}, page=page)
    post(lead, f"{page}/ask", {"mode": "try"}, page=page)
    work_off(shop, HANDLERS)
    assert (rows(office, ImportUpload)[0].came_in, rows(office, ImportUpload)[0].refused) == (1, 0)


def test_R1_mail_goes_to_one_address_so_two_columns_of_them_are_refused(lead, office) -> None:
    answer = mapped(lead, office, send(lead, TABLE).location, save_as="x", **{"column-1": "email", "column-2": "email"})
    assert answer.status_code == 422


def test_R1_a_workbook_of_refused_rows_says_what_it_had_to_cut(app) -> None:
    from views.importing import refused

    with app.test_request_context():
        cut = refused._fitting(["4", "原因", "x" * 40_000, "b"], ["行", "原因", "内容", "多余"])
        assert ("内容" in cut[1], cut[2:]) == (True, ["x" * 40_000, "b"])
        assert refused._fitting(["4", "原因", "a", "b"], ["行", "原因", "内容", "多余"])[1] == "原因"


def test_R1_a_file_that_another_encoding_delimiter_or_sheet_may_mend_is_kept_and_shows_the_choice(
    lead, tmp_path
) -> None:
    answer = send(lead, b"a,a,b\tc\n1,1,2\t3\n")
    assert answer.status_code == 303
    shown = lead.get(answer.location).text
    assert ('role="alert"' in shown, 'id="delimiter"' in shown, 'id="rows"' in shown) == (True, True, False)
    post(lead, f"{answer.location}/reading", {"delimiter": "tab"}, page=answer.location)
    assert 'id="rows"' in lead.get(answer.location).text
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        book.add_worksheet("重复").write_row(0, 0, ["a", "a"])
        book.add_worksheet("数据").write_row(0, 0, ["受理时间", "投诉内容"])
    page = send(lead, (tmp_path / "a.xlsx").read_bytes(), "a.xlsx").location
    assert '<option value="数据">' in lead.get(page).text
    post(lead, f"{page}/reading", {"sheet": "数据"}, page=page)
    assert 'id="rows"' in lead.get(page).text


def test_R1_the_page_says_from_which_line_the_headings_were_taken(lead) -> None:
    page = send(lead, f"2026年8月投诉台账,,,,\n\n{TABLE}").location
    assert "表头取自第 3 行" in lead.get(page).text
    assert "表头取自" not in lead.get(send(lead, TABLE).location).text
