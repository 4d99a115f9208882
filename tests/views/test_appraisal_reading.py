"""R33, R39: who reads what people wrote about a sheet, what of the own one shows before it is published, odd entries."""

from __future__ import annotations

from io import BytesIO

import pytest
import sqlalchemy as sa

from backoffice.models.appraisal import AppraisalManualLine, AppraisalPeriod
from policies.vocabulary_appraisal import LineState
from tests.support.appraised import ANALYST, HEAD, MONTH, QUALITY
from tests.views.test_appraisal import CLERK, GROUND, HANDLER, HR, computed, month, published, send, sheet_page, text_of

__all__ = ["computed", "month", "published"]
WORDS = "吴青萍女士当天已回访，请核对录音"
LINES = "/appraisal/lines/new"


@pytest.fixture
def appealed(sign_in, published):
    """The clerk objects, with a file."""
    send(sign_in(CLERK), f"{sheet_page(published, CLERK)}/appeal", items=["acknowledge_rate"], reasons=WORDS,
        file=(BytesIO(b"13900139000\n"), "call.txt"),
    )  # fmt: skip
    return published


def test_R39_payroll_reads_the_sheet_but_not_what_was_written_about_customers(sign_in, appealed):
    page = sheet_page(appealed, CLERK)
    for code in (HR, ANALYST, HEAD):
        assert WORDS not in sign_in(code).get(page).text, code
        assert sign_in(code).get("/appraisal/files/1").status_code == 404, code
    for code in (CLERK, QUALITY):
        assert WORDS in sign_in(code).get(page).text, code
        assert sign_in(code).get("/appraisal/files/1").data == b"13900139000\n", code


def test_R39_grounds_of_lines_are_read_by_those_who_decide_and_who_proposed(sign_in, computed):
    send(sign_in(ANALYST), LINES, whose=f"staff:{computed.staff(HANDLER)}", month=MONTH,
        code="adjustment:commendation_letter", ground=GROUND,
    )  # fmt: skip
    for code, reads in ((ANALYST, True), (QUALITY, True), (HEAD, True), (HR, False)):
        page = sign_in(code).get("/appraisal/lines").text
        assert (GROUND in page) is reads, code
        assert ("仅复核、批准和裁定人员可见" in page) is not reads, code


def test_R33_nobody_takes_the_own_sheet_along_before_it_is_published(sign_in, computed):
    """HR heads a department, too, and exports all: the own sheet waits like everybody's."""
    analyst, number = sign_in(ANALYST), computed.sheet(HANDLER).number
    with computed.database.writing() as session:
        period = session.scalars(sa.select(AppraisalPeriod)).one()
        sheet = computed.sheet(HANDLER)
        session.execute(sa.update(type(sheet)).where(type(sheet).number == number).values(
            staff_id=computed.staff(ANALYST), body=sheet.body))  # fmt: skip
        assert period.month == MONTH
    assert analyst.get(f"/appraisal/sheets/{number}").status_code == 404
    assert number not in send(analyst, f"/appraisal/{MONTH}/export.csv", part="sheets").text


def test_R33_a_figure_leads_to_the_records_that_it_was_counted_from(sign_in, published, office):
    """The list is the sheet's own: it stays as it was whatever is recorded later, and nobody else opens it."""
    from backoffice.models.appraisal import AppraisalInput

    page = sheet_page(published, HANDLER)
    handler = sign_in(HANDLER)
    found = handler.get(page).text
    assert f'href="{page}/figures/on_time_rate"' in found
    with office.reading() as session:
        sheet = published.sheet(HANDLER).id
        kept = session.scalars(sa.select(AppraisalInput.count).filter_by(sheet_id=sheet, indicator="on_time_rate"))
        count = kept.one()
    for part in ("", "?part=numerator", "?part=missed", "?part=odd&page=99999"):
        assert handler.get(f"{page}/figures/on_time_rate{part}").status_code == 200, part
    assert f"共 {count}" in text_of(handler.get(f"{page}/figures/on_time_rate").text)
    assert handler.get(f"{page}/figures/no_such").status_code == 404
    assert sign_in(CLERK).get(f"{page}/figures/on_time_rate").status_code == 404
    assert sign_in(HR).get(f"{page}/figures/on_time_rate").status_code == 200


@pytest.mark.parametrize(
    ("figures", "said"),
    [(("400", "292", "292"), "分子不能大于分母"), (("5", "0", "15"), "没有分母就没有分子和样本")],
)
def test_R33_a_decision_puts_no_figures_that_cannot_be(sign_in, appealed, figures, said):
    names = ("numerator", "denominator", "sample")
    given = {f"{name}-acknowledge_rate": value for name, value in zip(names, figures, strict=True)}
    answer = send(sign_in(QUALITY), f"{sheet_page(appealed, CLERK)}/decide", result="upheld", ground="已核", **given)
    assert answer.status_code == 422
    assert said in text_of(answer.text)
    assert figures[0] in answer.text


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"month": "2099-01"}, 422, "该月份太靠后"),
        ({"month": "2001-01"}, 422, "此人当时尚未入职"),
        ({"whose": "x:5"}, 422, "请选择一名人员或一个部门"),
        ({"whose": QUALITY}, 403, "不能为自己提议奖惩"),
    ],
)
def test_R33_a_line_that_cannot_be_is_refused_with_all_that_was_typed(sign_in, computed, given, status, said):
    whose = given.get("whose", HANDLER)
    fields = {"month": MONTH, "code": "adjustment:commendation_letter", "ground": GROUND, **given}
    fields["whose"] = whose if ":" in whose else f"staff:{computed.staff(whose)}"
    answer = send(sign_in(QUALITY), LINES, **fields)
    assert answer.status_code == status
    assert said in text_of(answer.text), text_of(answer.text.split('id="problems"')[1])[:300]
    assert GROUND in answer.text


def test_R33_a_line_sent_twice_is_proposed_once(sign_in, computed, office):
    quality = sign_in(QUALITY)
    fields = {"whose": f"staff:{computed.staff(HANDLER)}", "month": MONTH, "ground": GROUND}
    answers = [send(quality, LINES, code="adjustment:commendation_letter", **fields) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 409]
    with office.reading() as session:
        assert session.scalars(sa.select(AppraisalManualLine.state)).all() == [LineState.PROPOSED]


def test_R33_a_month_before_the_office_had_complaints_is_not_opened(sign_in, computed, office):
    analyst = sign_in(ANALYST)
    answer = send(analyst, "/appraisal/compute", month="1900-01")
    assert answer.status_code == 422
    assert "当时还没有可统计的投诉" in text_of(answer.text)
    assert 'value="1900-01"' in answer.text
    with office.reading() as session:
        assert session.scalars(sa.select(AppraisalPeriod.month)).all() == [MONTH]


def test_R33_a_number_in_small_letters_is_the_same_sheet(sign_in, computed):
    page = sheet_page(computed, HANDLER).replace("KH", "kh")
    quality = sign_in(QUALITY)
    assert quality.get(page).status_code == 200
    assert send(quality, f"{page}/check", revision=str(computed.sheet(HANDLER).revision)).status_code == 303
