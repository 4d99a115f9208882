"""R33, R39, R40: papers and exports of a month over HTTP: who gets what, at once or in the background, and the log."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from backoffice.file_settings import PAPERS
from backoffice.jobs import appraisal_papers
from backoffice.jobs.handlers import HANDLERS
from backoffice.jobs.running import Workshop, work_off
from backoffice.models.appraisal import AppraisalManualLine
from backoffice.models.history import AccessEvent
from backoffice.models.office import Staff
from backoffice.models.work import Job
from backoffice.services.appraisal_papers import volume
from backoffice.services.core.appraisal_notes import sealed
from policies.vocabulary_appraisal import LineKind, LineState
from tests.support.appraisal_papers import HR, MONTH, Papers, full_marks
from tests.support.counting import statements
from tests.support.forms import post as post_from
from tests.support.printing import printing, read_back
from views.language import say

__all__ = ["printing", "read_back"]
PAGE = f"/appraisal/{MONTH}/papers"


@pytest.fixture
def desk(app):
    return app.extensions["desk"]


@pytest.fixture
def month(app, desk, tmp_path):
    """The told sheets and a department's, locked."""
    made = Papers(desk.database, desk.keys, tmp_path / "files")
    made.month()
    return made


def post(browser, path, **data):
    return post_from(browser, path, "/account", **data)


def outline(reader, nodes=None):
    """Titles of the bookmarks, those below in a list after theirs."""
    return [outline(reader, one) if isinstance(one, list) else one.title for one in (nodes or reader.outline)]


def test_R33_the_page_offers_papers_exports_and_the_certificates_of_locked_sheets(month, sign_in):
    text = sign_in(HR).get(PAGE).get_data(as_text=True)
    for said in ("整月 PDF", "汇总与排名", "导出 Excel", "月度服务之星", "网络部"):
        assert said in text, said
    assert "尚未锁定" not in text


def test_R33_somebody_prints_the_own_sheet_and_no_other(month, sign_in, printing, read_back):
    browser = sign_in("S005")
    answer = post(browser, "/appraisal/sheets/KH202609-001/sheet.pdf")
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="KH202609-001.pdf"'
    assert "92.32" in read_back(answer.data)
    assert post(browser, "/appraisal/sheets/KH202609-002/sheet.pdf").status_code == 404
    assert browser.get(PAGE).status_code == 403


def test_R33_a_few_sheets_are_bound_at_once_with_bookmarks_by_department(month, desk, sign_in, printing, read_back):
    browser = sign_in(HR)
    assert post(browser, PAGE, form="volume").status_code == 303
    with desk.database.reading() as session:
        job = session.scalars(sa.select(Job).where(Job.kind == volume.KIND)).one()
    assert job.done_at is not None
    answer = post(browser, f"{PAGE}/{job.id}")
    assert answer.mimetype == "application/pdf"
    reader = PdfReader(io.BytesIO(answer.data))
    assert outline(reader) == [
        "月度考核汇总与排名",
        "客户服务前台", ["陆小满 S005"],
        "回访组", ["纪小禾 S011"],
        "网络部", ["部门考核表", "严冬青 S013"],
    ]  # fmt: skip
    assert "pdfaid" in reader.xmp_metadata.stream.get_data().decode()
    assert "/ID" in reader.trailer
    text = read_back(answer.data)
    for figure in ("92.32", "93.62", "97.78", "94.4444%"):
        assert figure in text, figure


def test_R33_the_same_asked_again_is_not_made_again(month, desk, sign_in, printing):
    browser = sign_in(HR)
    post(browser, PAGE, form="zip")
    post(browser, PAGE, form="zip")
    with desk.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Job).where(Job.kind == volume.KIND)) == 1


def test_R33_many_sheets_are_made_in_the_background_and_a_killed_job_goes_on(
    month, desk, sign_in, printing, monkeypatch, tmp_path
):
    monkeypatch.setattr(volume, "AT_ONCE", 2)
    browser = sign_in(HR)
    post(browser, PAGE, form="zip")
    with desk.database.writing() as session:
        job = session.scalars(sa.select(Job).where(Job.kind == volume.KIND)).one()
        assert job.done_at is None
        job_id = job.id
    assert "生成中" in browser.get(PAGE).get_data(as_text=True)
    assert post(browser, f"{PAGE}/{job_id}").status_code == 404
    shop = Workshop(desk.database, desk.keys, desk.clock, Path(desk.config["DATA_DIR"]), say)
    kept = volume.Press._keep

    def dies(press, part, data, written):
        if part == 3:
            raise OSError("killed")
        kept(press, part, data, written)

    monkeypatch.setattr(volume.Press, "_keep", dies)
    monkeypatch.setattr(appraisal_papers, "FEW", 1)  # side by side the first time, one by one after a failure
    assert work_off(shop, {volume.KIND: HANDLERS[volume.KIND]}).failed == 1
    parts = []
    monkeypatch.setattr(
        volume.Press, "_keep", lambda press, part, *more: (parts.append(part), kept(press, part, *more))
    )
    with desk.database.writing() as session:
        session.get_one(Job, job_id).due_at = desk.clock.now()
    assert work_off(shop, {volume.KIND: HANDLERS[volume.KIND]}).done == 1
    assert parts == [3, 4]
    with zipfile.ZipFile(io.BytesIO(post(browser, f"{PAGE}/{job_id}").data)) as room:
        assert room.namelist() == [
            "000-appraisal-summary-2026-09.pdf",
            "KH202609-001 S005 陆小满.pdf",
            "KH202609-003 S011 纪小禾.pdf",
            "KH202609-004 network 网络部.pdf",
            "KH202609-002 S013 严冬青.pdf",
        ]
        assert all(room.read(name).startswith(b"%PDF") for name in room.namelist())


def test_R39_what_lies_on_the_disk_is_sealed_and_nobody_else_takes_it(month, desk, sign_in, printing):
    post(sign_in(HR), PAGE, form="volume")
    with desk.database.reading() as session:
        job_id = session.scalars(sa.select(Job.id).where(Job.kind == volume.KIND)).one()
    files = list((Path(desk.config["DATA_DIR"]) / PAPERS / str(job_id)).iterdir())
    assert [one.name for one in files] == ["whole.sealed"]
    assert b"%PDF" not in files[0].read_bytes()
    for other in ("S024", "S012"):
        assert post(sign_in(other), f"{PAGE}/{job_id}").status_code == 404


def test_R33_a_head_gets_the_own_department(month, desk, sign_in, printing, read_back):
    browser = sign_in("S012")
    post(browser, PAGE, form="volume")
    with desk.database.reading() as session:
        job_id = session.scalars(sa.select(Job.id).where(Job.kind == volume.KIND)).one()
    text = read_back(post(browser, f"{PAGE}/{job_id}").data)
    assert "严冬青" in text
    assert "陆小满" not in text


def test_R33_a_certificate_is_printed_from_a_locked_sheet(month, sign_in, printing, read_back):
    month.sheet("S014", "handler_2026", full_marks("handler_2026"))
    answer = post(sign_in(HR), "/appraisal/sheets/KH202609-005/certificates/certificate_month.pdf")
    text = read_back(answer.data)
    for said in ("丁海澜", "月度服务之星", "100.00", "2026 年 9 月", "KH202609-005"):
        assert said.replace(" ", "") in text.replace(" ", "").replace("\n", ""), said
    reader = PdfReader(io.BytesIO(answer.data))
    assert len(reader.pages) == 1
    assert reader.pages[0].mediabox.width > reader.pages[0].mediabox.height
    assert post(sign_in(HR), "/appraisal/sheets/KH202609-001/certificates/certificate_month.pdf").status_code == 404
    assert post(sign_in("S005"), "/appraisal/sheets/KH202609-005/certificates/certificate_month.pdf").status_code == 404


@pytest.fixture
def commended(month, desk):
    """A certificate for a head, who has no sheet."""
    with desk.database.writing() as session:
        head = session.scalars(sa.select(Staff.id).where(Staff.code == "S012")).one()
        at = datetime(2026, 10, 9, 2, 0, tzinfo=UTC)
        session.add(
            AppraisalManualLine(
                month=MONTH, staff_id=head, kind=LineKind.REWARD, code="certificate_month", state=LineState.APPROVED,
                proposed_at=at, decided_at=at, sealed=sealed(desk.keys, {"ground": "组织有力"}),
            )
        )  # fmt: skip
    return f"/appraisal/{MONTH}/certificates/person/S012/certificate_month.pdf"


def test_R32_R33_a_certificate_for_somebody_without_a_sheet_is_listed_and_printed(
    commended, sign_in, printing, read_back
):
    browser = sign_in(HR)
    assert f'action="{commended}"' in browser.get(PAGE).get_data(as_text=True)
    text = read_back(post(browser, commended).data).replace(" ", "").replace("\n", "")
    for said in ("月度服务之星", "2026年9月", "202609-S012", "表现突出"):
        assert said in text, said
    assert "得分" not in text


@pytest.mark.parametrize(
    ("who", "path"),
    [(HR, "person/S013/certificate_month"), (HR, "person/S012/bonus_top"), (HR, "department/S012/certificate_month"),
     ("S021", "person/S012/certificate_month")],
)  # fmt: skip
def test_R39_no_certificate_is_printed_that_is_not_there_or_out_of_reach(commended, sign_in, who, path):
    assert post(sign_in(who), f"/appraisal/{MONTH}/certificates/{path}.pdf").status_code == 404


def test_R33_the_export_comes_as_workbook_and_as_files(month, sign_in):
    browser = sign_in(HR)
    answer = post(browser, f"/appraisal/{MONTH}/export.xlsx")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="appraisal-{MONTH}-hr.xlsx"'
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    assert book.sheet_names == ["员工", "部门", "指标明细", "奖惩", "更正", "合计", "列说明"]
    with zipfile.ZipFile(io.BytesIO(post(browser, f"/appraisal/{MONTH}/export.zip").data)) as room:
        assert len(room.namelist()) == 7


@pytest.mark.parametrize("code", ["S005", "S001", "S029", "S030"])
def test_R39_the_export_is_refused_to_who_may_not_take_figures_along(month, sign_in, code):
    for ending in ("xlsx", "zip"):
        assert post(sign_in(code), f"/appraisal/{MONTH}/export.{ending}").status_code == 403


def test_R40_every_paper_and_export_is_in_the_log(month, desk, sign_in, printing):
    browser = sign_in(HR)
    post(browser, f"/appraisal/{MONTH}/summary.pdf")
    post(browser, f"/appraisal/{MONTH}/export.xlsx")
    post(browser, PAGE, form="zip")
    with desk.database.reading() as session:
        job_id = session.scalars(sa.select(Job.id).where(Job.kind == volume.KIND)).one()
    post(browser, f"{PAGE}/{job_id}")
    with desk.database.reading() as session:
        events = list(session.scalars(sa.select(AccessEvent).order_by(AccessEvent.sequence)))
    assert [one.kind for one in events] == [
        "appraisal_summary_print", "appraisal_export", "appraisal_papers_print", "appraisal_papers_take",
    ]  # fmt: skip
    assert json.loads(events[2].body)["facts"]["sheets"] == 4


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/appraisal/2026-13/papers", 404),
        ("/appraisal/2026-08/papers", 404),
        ("/appraisal/%E4%B9%9D%E6%9C%88/papers", 404),
        (f"{PAGE}x", 404),
    ],
)
def test_R39_odd_addresses_of_papers_are_not_there(month, sign_in, path, status):
    assert sign_in(HR).get(path).status_code == status


def test_R33_an_unknown_form_is_refused_with_what_to_choose(month, sign_in):
    answer = post(sign_in(HR), PAGE, form="scroll")
    assert answer.status_code == 422
    assert "整月 PDF" in answer.get_data(as_text=True)


def test_R33_the_page_asks_the_same_few_questions_however_many_sheets_there_are(month, app, sign_in):
    browser = sign_in(HR)
    browser.get(PAGE)
    with statements(app) as few:
        browser.get(PAGE)
    for code in ("S006", "S014", "S016", "S018"):
        month.sheet(code, "handler_2026", full_marks("handler_2026"))
    with statements(app) as many:
        browser.get(PAGE)
    assert len(many) == len(few) <= 12
