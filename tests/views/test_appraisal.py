"""R33, R39 over HTTP: a month from its computation to its lock, who sees which sheets, nothing typed lost, odd input."""

from __future__ import annotations

import copy
import re
from datetime import date
from io import BytesIO

import pytest
import sqlalchemy as sa

from backoffice.models.appraisal import AppraisalManualLine, AppraisalPeriod, AppraisalScheme, AppraisalSheet
from backoffice.services import appraisal_lines
from policies.appraisal_course import SheetAct
from policies.appraisal_lines import Proposal
from policies.vocabulary_appraisal import LineKind, LineState, PeriodState, SheetStatus
from tests.support.appraised import ANALYST, COMPUTED, HEAD, MONTH, QUALITY, SENIOR, Month, Told, worked_example
from tests.support.counting import statements
from tests.support.filled import SAME_ORIGIN

HR, CLERK, HANDLER, AUDITOR, INSPECTOR = "S025", "S005", "S013", "S029", "S022"
PAGE = f"/appraisal/{MONTH}"
GROUND = "客户 9 月 12 日来信表扬，已核实"


@pytest.fixture
def month(office, app, clock, tmp_path, monkeypatch) -> Month:
    """The worked example's month, not computed yet; the desk's clock is the month's."""
    told = Told().patch(monkeypatch)
    clock.at = COMPUTED
    made = Month(office, app.extensions["desk"].keys, tmp_path / "desk", clock, told=told)
    for sheet in worked_example():
        for row in sheet["rows"]:
            told.add_whole(row["indicator"], made.staff(sheet["staff"]), row)
    return made


@pytest.fixture
def computed(month) -> Month:
    month.compute()
    return month


@pytest.fixture
def published(computed) -> Month:
    computed.publish()
    return computed


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def send(browser, target: str, **data):
    """Post to an address with the token of the reader's own page."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/my-appraisal").text)
    assert token is not None
    return browser.post(target, data={"csrf_token": token[1], **data}, headers=SAME_ORIGIN)


def sheet_page(month: Month, code: str) -> str:
    return f"/appraisal/sheets/{month.sheet(code).number}"


# The story of a month


def test_R33_a_month_goes_through_the_pages_from_computing_to_the_lock(sign_in, month, office):
    analyst = sign_in(ANALYST)
    month.told.write(office)
    assert send(analyst, "/appraisal/compute", month=MONTH).location.endswith(PAGE)
    assert "正在计算" in analyst.get(PAGE).text
    from backoffice.jobs.handlers import HANDLERS
    from backoffice.jobs.running import work_off

    assert work_off(month.shop(), {"appraisal": HANDLERS["appraisal"]}).done == 1
    quality = sign_in(QUALITY)
    assert "93.62" in text_of(quality.get(PAGE).text)
    send(quality, f"{PAGE}/act", act="check:all")
    send(quality, f"{PAGE}/act", act="publish:all")
    assert month.sheet(HANDLER).status is SheetStatus.PUBLISHED
    handler = sign_in(HANDLER)
    mine = handler.get("/my-appraisal").text
    assert "等待您确认" in mine
    page = sheet_page(month, HANDLER)
    assert handler.get(page).status_code == 200
    send(handler, f"{page}/acknowledge", note="无异议", revision=str(month.sheet(HANDLER).revision))
    assert month.sheet(HANDLER).status is SheetStatus.ACKNOWLEDGED
    assert "无异议" in handler.get(page).text
    clerk, page = sign_in(CLERK), sheet_page(month, CLERK)
    answer = send(clerk, f"{page}/appeal", items=["acknowledge_rate"], reasons="两件为系统补录")
    assert answer.status_code == 303
    page = sheet_page(month, CLERK)
    answer = send(sign_in(QUALITY), f"{page}/decide", result="upheld", ground="补录按原始时间计",
        **{"numerator-acknowledge_rate": "120", "denominator-acknowledge_rate": "120", "sample-acknowledge_rate": "120"},
    )  # fmt: skip
    assert answer.status_code == 303
    assert "补录按原始时间计" in sign_in(CLERK).get(page).text
    month.keep_silent()
    send(sign_in(HEAD), f"{PAGE}/act", act="approve:all")
    assert month.sheet(HANDLER).status is SheetStatus.APPROVED
    assert month.sheet(CLERK).status is SheetStatus.ACKNOWLEDGED  # of another department
    send(sign_in(SENIOR), f"{PAGE}/act", act="approve:all")
    assert send(sign_in(QUALITY), f"{PAGE}/lock").status_code == 303
    with office.reading() as session:
        assert session.scalars(sa.select(AppraisalPeriod.state)).one() is PeriodState.LOCKED
    assert "已锁定" in sign_in(HR).get(page).text


def test_R33_only_those_ticked_are_acted_on_and_of_the_others_it_is_said_why(sign_in, computed):
    quality, number = sign_in(QUALITY), computed.sheet(HANDLER).number
    answer = send(quality, f"{PAGE}/act", act="check", number=[number])
    assert answer.status_code == 303
    assert computed.sheet(HANDLER).status is SheetStatus.CHECKED
    assert computed.sheet(CLERK).status is SheetStatus.COMPUTED
    send(quality, f"{PAGE}/act", act="check", number=[number, "KH202609-9999"])
    page = quality.get(PAGE).text
    assert f"{number} 未办理" in page
    send(quality, f"{PAGE}/act", act="check")
    assert "没有选择考核表" in quality.get(PAGE).text


# Who sees what


def test_R33_R39_own_sheets_only_and_only_once_published(sign_in, computed):
    page = sheet_page(computed, HANDLER)
    assert sign_in(HANDLER).get(page).status_code == 404
    computed.publish()
    assert sign_in(HANDLER).get(page).status_code == 200
    assert sign_in(CLERK).get(page).status_code == 404
    assert "KH202609" not in text_of(sign_in("S014").get("/appraisal").text)


@pytest.mark.parametrize(
    ("code", "own", "other"),
    [(HEAD, 200, 404), (HR, 200, 200), (SENIOR, 200, 200), (QUALITY, 200, 200), ("S030", 404, 404)],
)
def test_R33_R39_heads_see_their_department_and_whoever_reads_sheets_all(sign_in, published, code, own, other):
    browser = sign_in(code)
    assert browser.get(sheet_page(published, HANDLER)).status_code == own
    assert browser.get(sheet_page(published, CLERK)).status_code == other


@pytest.mark.parametrize("code", [CLERK, HANDLER, AUDITOR, "S030"])
def test_R39_the_lists_are_closed_to_who_reads_no_sheets(sign_in, published, code):
    browser = sign_in(code)
    for page in ("/appraisal", PAGE, "/appraisal/lines"):
        assert browser.get(page).status_code == 403
    assert browser.get("/my-appraisal").status_code == 200


def test_R33_a_head_sees_the_sheets_of_the_department_alone(sign_in, published):
    text = sign_in(HEAD).get(PAGE).text
    assert published.sheet(HANDLER).number in text
    assert published.sheet(CLERK).number not in text


def test_R33_who_may_read_may_not_therefore_act(sign_in, published):
    page = sheet_page(published, HANDLER)
    for code, act in ((HR, "approve"), (HR, "acknowledge"), (HEAD, "check"), (ANALYST, "publish")):
        assert send(sign_in(code), f"{page}/{act}").status_code == 403
    assert send(sign_in(HEAD), f"{page}/appeal", items=["on_time_rate"], reasons="x").status_code == 403
    assert published.sheet(HANDLER).status is SheetStatus.PUBLISHED


def test_R39_the_sheet_shows_no_customer_and_links_each_figure_to_its_list(sign_in, published):
    page = sign_in(HR).get(sheet_page(published, HANDLER)).text
    assert f'href="{sheet_page(published, HANDLER)}/figures/on_time_rate"' in page
    assert "95.3488%" in page


# Lines


def test_R33_a_line_is_proposed_with_evidence_and_approved_by_somebody_else(sign_in, computed, office):
    analyst = sign_in(ANALYST)
    answer = send(analyst, "/appraisal/lines/new", whose=f"staff:{computed.staff(HANDLER)}", month=MONTH,
        code="adjustment:commendation_letter", ground=GROUND, file=(BytesIO(b"letter of praise\n"), "letter.txt"),
    )  # fmt: skip
    assert answer.status_code == 303
    page = analyst.get("/appraisal/lines").text
    assert "客户表扬信并核实" in page
    assert "letter.txt" in page
    assert "批准" not in text_of(page.split('id="h-lines"')[1])
    with office.reading() as session:
        line = session.scalars(sa.select(AppraisalManualLine)).one()
    assert send(analyst, f"/appraisal/lines/{line.id}/approve").status_code == 403
    quality = sign_in(QUALITY)
    assert quality.get("/appraisal/files/1").data == b"letter of praise\n"
    before = computed.sheet(HANDLER).final_score
    assert send(quality, f"/appraisal/lines/{line.id}/approve").status_code == 303
    assert computed.sheet(HANDLER).final_score == before + 1
    assert sign_in(HANDLER).get("/appraisal/files/1").status_code == 404


def test_R33_a_line_is_refused_with_its_ground_or_taken_back(sign_in, computed, office):
    quality = sign_in(QUALITY)
    for time in ("上午", "下午"):
        send(sign_in(ANALYST), "/appraisal/lines/new", whose=f"staff:{computed.staff(HANDLER)}",
            month=MONTH, code="veto:veto_abuse", ground=GROUND + time,
        )  # fmt: skip
    assert send(quality, "/appraisal/lines/1/refuse", ground="").status_code == 422
    assert send(quality, "/appraisal/lines/1/refuse", ground="查无实据").status_code == 303
    assert send(quality, "/appraisal/lines/2/withdraw").status_code == 403
    assert send(sign_in(ANALYST), "/appraisal/lines/2/withdraw").status_code == 303
    with office.reading() as session:
        states = list(session.scalars(sa.select(AppraisalManualLine.state).order_by(AppraisalManualLine.id)))
    assert states == [LineState.REFUSED, LineState.WITHDRAWN]


def test_R33_what_was_typed_comes_back_when_a_line_is_refused_entry(sign_in, computed):
    answer = send(sign_in(ANALYST), "/appraisal/lines/new", whose=f"staff:{computed.staff(HANDLER)}",
        month=MONTH, code="reward:bonus_top", amount="900", ground=GROUND,
    )  # fmt: skip
    assert answer.status_code == 422
    assert GROUND in answer.text
    assert "200" in answer.text


# Nothing typed is lost, nothing odd breaks


def test_R33_what_was_typed_comes_back_when_an_appeal_cannot_be_lodged(sign_in, published):
    page = sheet_page(published, HANDLER)
    answer = send(sign_in(HANDLER), f"{page}/appeal", items=[], reasons="我认为两件不应计入")
    assert answer.status_code == 422
    assert "我认为两件不应计入" in answer.text
    published.keep_silent()
    late = send(sign_in(HANDLER), f"{page}/acknowledge", note="已看过", revision="1")
    assert late.status_code == 409
    assert "已看过" in late.text


def test_R33_a_decision_that_does_not_hold_comes_back_filled_in(sign_in, published):
    page = sheet_page(published, HANDLER)
    send(sign_in(HANDLER), f"{page}/appeal", items=["on_time_rate"], reasons="两件不应计入")
    answer = send(sign_in(QUALITY), f"{page}/decide", result="upheld", ground="依据充分",
        **{"numerator-on_time_rate": "-3", "denominator-on_time_rate": "x", "sample-on_time_rate": "43"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert "依据充分" in answer.text


@pytest.mark.parametrize(
    ("code", "page"),
    [
        (QUALITY, "/appraisal/2026-13"),
        (QUALITY, "/appraisal/x"),
        (QUALITY, "/appraisal/sheets/KH0"),
        (QUALITY, "/appraisal/lines/999/refuse"),
        (QUALITY, "/appraisal/files/9999999999999999999"),
        (HANDLER, "/appraisal/files/77"),
    ],
)
def test_what_is_not_there_is_not_found(sign_in, computed, code, page):
    assert sign_in(code).get(page).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "?page=0",
        "?page=x",
        "?department=x&grade=Z&status=odd",
        "?page=99999999999",
        "?grade=%27%3B--",
        "?status=locked",
    ],
)
def test_odd_filters_do_no_harm(sign_in, computed, query):
    assert sign_in(QUALITY).get(PAGE + query).status_code == 200


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/appraisal/compute", {"month": "2026-99"}, 422),
        ("/appraisal/compute", {"month": "2099-01"}, 422),
        ("/appraisal/compute", {}, 422),
        (f"{PAGE}/act", {"act": "odd"}, 404),
        (f"{PAGE}/act", {"act": "acknowledge:all"}, 404),
        ("/appraisal/2020-01/lock", {}, 404),
        (f"{PAGE}/lock", {}, 409),
    ],
)
def test_odd_posts_are_refused(sign_in, computed, path, data, status):
    assert send(sign_in(QUALITY), path, **data).status_code == status


def test_pages_read_a_bounded_number_of_times(sign_in, published, app):
    quality = sign_in(QUALITY)
    counts = {}
    for page in ("/appraisal", PAGE, sheet_page(published, HANDLER), "/my-appraisal", "/appraisal/lines"):
        with statements(app) as sent:
            assert quality.get(page).status_code == 200
        counts[page] = len(sent)
    assert max(counts.values()) <= 32, counts


def test_R33_english_too(sign_in, published):
    browser = sign_in(HR)
    send(browser, "/preferences", language="en")
    published.act(HANDLER, HANDLER, SheetAct.ACKNOWLEDGE)
    assert "Appraisal" in browser.get(PAGE).text
    with published.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(AppraisalSheet)) > 20


def test_R33_a_sheet_says_in_words_why_it_was_computed_otherwise(sign_in, computed, office):
    with office.writing() as session:
        old = session.scalars(sa.select(AppraisalScheme).where(AppraisalScheme.code == "handler_2026")).one()
        definition = copy.deepcopy(old.definition)
        for item in definition["items"]:
            item["weight"] += {"on_time_rate": -5, "inspection_score": 5}.get(item["indicator"], 0)
        session.add(
            AppraisalScheme(
                code=old.code, version=2, name_zh=old.name_zh, name_en=old.name_en, subject=old.subject,
                valid_from=date(2026, 9, 1), definition=definition, state=old.state,
            )
        )  # fmt: skip
    computed.compute()
    page = text_of(sign_in(QUALITY).get(sheet_page(computed, HANDLER)).text)
    assert "第 1 版 → " in page
    assert "处理及时率：权重 20 → 15" in page
    assert "41/43 → 41/43" not in page


def test_R33_the_month_lists_what_was_agreed_for_who_has_no_sheet(sign_in, computed):
    asked = appraisal_lines.Asked(MONTH, computed.staff(HEAD), None, Proposal(LineKind.REWARD, "bonus_top", GROUND))
    line = computed.do(ANALYST, appraisal_lines.propose, asked).id
    page = text_of(sign_in(QUALITY).get(PAGE).text)
    assert "没有考核表的奖惩条目" in page
    computed.do(QUALITY, appraisal_lines.decide, line, approve=True)
    page = text_of(sign_in(QUALITY).get(PAGE).text)
    assert "+200.00" in page
    assert "没有考核表的奖惩条目" not in sign_in(HEAD).get(PAGE).text
