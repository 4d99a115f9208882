"""R31–R33 in a real browser: September 2026 from its records to the lock, by ten people, each with their own role.

The records are those of the worked example of ``office/appraisal.yaml``. The analyst has the month computed and proposes
what stands outside the formula, the quality manager approves, checks and publishes; one person acknowledges, one appeals
against a figure and is right, one appeals against a veto and is not, the others keep silent; heads and a senior manager
approve, the month is locked, printed and exported, and paper and workbook say what the pages say.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from backoffice.jobs.handlers import HANDLERS
from backoffice.jobs.running import work_off
from policies.vocabulary_appraisal import LineKind
from tests.browser.people import People
from tests.services.test_appraisal import agreed
from tests.support.appraised import COMPUTED, MONTH, Month
from tests.support.printing import printing, read_back
from tests.support.worked_records import put_in

__all__ = ["printing", "read_back"]  # fixtures

LOGINS = {
    "analyst": "s023", "quality": "quality", "senior": "executive", "hr": "hr", "head": "head", "front head": "s004",
    "handler": "handler", "clerk": "intake", "caller": "callback", "silent": "s006", "auditor": "auditor",
}  # fmt: skip
NAMES = {"handler": "严冬青", "clerk": "陆小满", "caller": "纪小禾", "silent": "唐一诺", "head": "孟柏舟"}
PAGE = f"/appraisal/{MONTH}"
LETTER = ("陆小满", "客户表扬信并核实", "客户 9 月 12 日来信表扬，已电话核实")
OTHERS = (
    ("S013", LineKind.ADJUSTMENT, "lesson_adopted"), ("S013", LineKind.ADJUSTMENT, "overdue_after_urge"),
    ("S011", LineKind.VETO, "veto_data_leak"),
)  # fmt: skip
"""What the worked example tells besides the records: one line goes through the pages, the others through the services."""
UPHELD = "4 件的分类在登记当日已更正，不应计错；分子改为 276。"
DISMISSED = "录音第 2 分钟可证：未核验身份即告知他人，否决项成立。"


class Story(People):
    """The people of the month, and the month itself."""

    def __init__(self, browser, desk, at: datetime) -> None:
        super().__init__(browser, desk, LOGINS, at)
        keys = desk.app.extensions["desk"].keys
        self.month = Month(desk.database, keys, Path(desk.app.config["DATA_DIR"]), desk.clock)

    def reads(self, who: str, whose: str) -> Page:
        """Somebody opens the sheet of a person from the list of the month."""
        page = self.goes(who, PAGE)
        page.locator("#sheets tbody th").get_by_role("link", name=NAMES[whose], exact=True).click()
        expect(page.locator("h1")).to_contain_text(NAMES[whose])
        return page

    def own(self, who: str) -> Page:
        """Somebody opens the own sheet."""
        page = self.goes(who, "/my-appraisal")
        page.locator("#mine tbody tr", has_text=NAMES[who]).get_by_role("link", name="2026年9月").click()
        return page

    def presses(self, who: str, button: str, at: str = PAGE) -> Page:
        """Somebody presses a button of a page, and it went well."""
        page = self.goes(who, at)
        page.get_by_role("button", name=button, exact=True).click()
        return went_well(page)

    def waits(self, until: datetime) -> None:
        """Time goes by to this moment."""
        self.at = until
        self.desk.move_to(until)


def went_well(page: Page) -> Page:
    problems = page.locator("#problems")
    assert problems.count() == 0, problems.inner_text()
    expect(page.locator(".alert-success").first).to_be_visible()
    return page


def rows_of(page: Page) -> dict[str, tuple[str, str]]:
    """Score and grade of each sheet as the list of the month has them, by number."""
    read = """rows => rows.map(row => [row.querySelector('.no').innerText, row.querySelector('td.num').innerText,
        row.querySelector('td.num').nextElementSibling.innerText])"""
    found = page.locator("#sheets tbody tr").evaluate_all(read)
    return {number: (score.strip(), grade.strip()) for number, score, grade in found}


def downloaded(page: Page, button: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).first.click()
    return download.value.path().read_bytes()


@pytest.fixture
def story(chromium, desk):
    with desk.database.writing() as session:
        put_in(session)
    desk.move_to(COMPUTED)
    people = Story(chromium, desk, COMPUTED)
    yield people
    people.close()


# The parts of the month


def the_lists_are_closed_to_who_reads_no_sheets(story: Story) -> None:
    for who in ("clerk", "auditor"):
        page = story.goes(who, PAGE)
        expect(page.locator("main")).to_contain_text("权限")
        expect(page.locator("main")).to_contain_text("请联系管理员")
        assert page.locator("nav a[href='/appraisal']").count() == 0


def the_analyst_computes(story: Story) -> None:
    page = story.goes("analyst", "/appraisal")
    expect(page.locator("#month")).to_have_value(MONTH)  # the month that is over
    page.get_by_role("button", name="计算", exact=True).click()
    expect(page.locator("[role=status]", has_text="正在计算")).to_be_visible()
    assert work_off(story.month.shop(), {"appraisal": HANDLERS["appraisal"]}).failed == 0
    page.goto(PAGE)
    expect(page.locator("#sheets")).to_contain_text("93.62")
    page = story.reads("analyst", "handler")
    expect(page.locator("#indicators")).to_contain_text("95.3488%")
    page.locator("#indicators").get_by_role("link", name="43", exact=True).first.click()
    expect(page.locator("#behind tbody tr")).to_have_count(43)  # each figure leads to its complaints


def lines_outside_the_formula(story: Story) -> None:
    whose, what, ground = LETTER
    page = story.goes("analyst", f"/appraisal/lines/new?month={MONTH}")
    page.locator("[name=whose]").select_option(value=option(page, "whose", whose))
    page.locator("[name=code]").select_option(value=option(page, "code", what))
    page.locator("[name=ground]").fill(ground)
    page.locator(".actionbar button[type=submit]").click()
    went_well(page)
    assert page.get_by_role("button", name="批准").count() == 0  # whoever proposes does not approve
    page = story.reads("quality", "clerk")
    expect(page.locator(".alert-warning")).to_contain_text("1 条奖惩提议待定")
    page.goto("/appraisal/lines")
    page.get_by_role("button", name="批准").first.click()
    went_well(page)
    expect(page.locator("main")).to_contain_text("没有记录")
    for code, kind, item in OTHERS:
        agreed(story.month, code, kind, item)


def option(page: Page, name: str, text: str) -> str:
    found = page.locator(f"[name={name}] option", has_text=text)
    return str(found.first.get_attribute("value"))


def the_month_is_checked_and_published(story: Story) -> None:
    page = story.reads("quality", "handler")
    expect(page.locator("#conclusion")).to_contain_text("93.62")
    story.presses("quality", "全部复核")
    page = story.goes("quality", PAGE)
    expect(page.get_by_role("button", name="全部公布")).to_be_visible()
    own = story.goes("clerk", "/my-appraisal")
    expect(own.locator("main")).to_contain_text("还没有考核表")  # nobody sees the own sheet before
    story.presses("quality", "全部公布")
    page = story.goes("quality", PAGE)
    assert page.get_by_role("button", name="锁定该月").count() == 0
    expect(page.locator("#dates")).to_contain_text("批准")


def one_acknowledges(story: Story) -> None:
    page = story.goes("handler", "/")
    page.goto("/my-appraisal")
    expect(page.locator("main")).to_contain_text("等待您确认")
    page = story.own("handler")
    page.locator("#ack-note").fill("无异议")
    page.locator("form[aria-labelledby=h-ack] button[type=submit]").click()
    expect(went_well(page).locator("#said")).to_contain_text("无异议")
    theirs = story.month.sheet("S005").number
    page.goto(f"/appraisal/sheets/{theirs}")
    expect(page.locator("h1")).not_to_contain_text(NAMES["clerk"])  # others' sheets are as if not there
    expect(page.locator("main")).to_contain_text("没有")


def two_appeal(story: Story) -> None:
    page = story.own("clerk")
    expect(page.locator("#conclusion")).to_contain_text("92.32")
    page.get_by_role("link", name="申诉", exact=True).click()
    page.get_by_label("记录准确率").check()
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator(".has-error").first).to_be_visible()  # not without reasons; what was ticked stays
    expect(page.get_by_label("记录准确率")).to_be_checked()
    page.get_by_label("申诉理由").fill("9 月 15 日 4 件的分类当日已更正，不应计错。")
    page.locator(".actionbar button[type=submit]").click()
    went_well(page)
    page = story.own("caller")
    expect(page.locator("#conclusion")).to_contain_text("因否决项封顶")
    page.get_by_role("link", name="申诉", exact=True).click()
    page.get_by_label("泄露客户信息").check()
    page.get_by_label("申诉理由").fill("来电人自称客户家属，当时以为可以告知。")
    page.locator(".actionbar button[type=submit]").click()
    went_well(page)


def both_are_decided(story: Story) -> None:
    page = story.goes("quality", "/appraisal/appeals")
    expect(page.locator("ul.work li")).to_have_count(2)
    page.get_by_role("link", name=NAMES["clerk"]).click()
    page.get_by_role("link", name="裁定申诉").click()
    story.fills(page, **{"numerator-record_accuracy": "276", "result": "dismissed", "ground": UPHELD})
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator("#problems")).to_be_visible()  # a figure that changes is no dismissal
    expect(page.locator("[name=ground]")).to_have_value(UPHELD)
    story.fills(page, result="upheld")
    page.locator(".actionbar button[type=submit]").click()
    went_well(page)
    # 276 of 288 is 95.8333 %: 100 − (98 − 95.8333) × 2 = 95.67, 2.78 × 20 more of weighted sum: 91.88 and the letter's 1
    expect(page.locator("#indicators")).to_contain_text("95.67")
    expect(page.locator("#conclusion")).to_contain_text("92.88")
    page.goto("/appraisal/appeals")
    page.get_by_role("link", name=NAMES["caller"]).click()
    page.get_by_role("link", name="裁定申诉").click()
    story.fills(page, result="dismissed", ground=DISMISSED)
    page.locator(".actionbar button[type=submit]").click()
    went_well(page)
    expect(page.locator("#conclusion")).to_contain_text("97.78")
    expect(page.locator("#conclusion .grade")).to_have_text("D")
    page = story.own("clerk")
    expect(page.locator("#appeal")).to_contain_text(UPHELD)
    expect(page.locator("#appeal")).to_contain_text("92.32")
    page.locator("form[aria-labelledby=h-ack] button[type=submit]").click()
    went_well(page)
    assert story.own("caller").get_by_role("link", name="申诉", exact=True).count() == 0  # once


def the_others_keep_silent(story: Story) -> None:
    story.month.keep_silent()
    story.at = story.desk.clock.now()
    for who in ("silent", "caller"):
        expect(story.own(who).locator("#conclusion")).to_contain_text("逾期视为确认")
    expect(story.own("handler").locator("#conclusion")).not_to_contain_text("逾期视为确认")


def heads_and_a_senior_manager_approve(story: Story) -> None:
    page = story.presses("head", "全部批准")
    expect(page.locator("#sheets tr", has_text=NAMES["handler"])).to_contain_text("已批准")
    assert page.locator("#sheets").get_by_role("link", name=NAMES["clerk"]).count() == 0  # of another department
    own = page.locator("#sheets tbody tr", has=page.get_by_role("link", name="网络部", exact=True))
    expect(own).to_contain_text("已确认")  # the department's own, which a senior manager approves
    story.presses("front head", "全部批准")
    page = story.reads("hr", "clerk")
    assert page.get_by_role("button", name="批准").count() == 0  # reads, and does not act
    assert story.goes("quality", PAGE).get_by_role("button", name="锁定该月").count() == 0
    story.presses("senior", "全部批准")
    page = story.presses("quality", "锁定该月")
    expect(page.locator("main")).to_contain_text("已锁定")
    assert page.get_by_role("button", name="重新计算").count() == 0


def paper_and_workbook_say_what_the_pages_say(story: Story, read_back) -> None:
    shown = rows_of(story.goes("hr", PAGE))
    page = story.reads("hr", "clerk")
    paper = "".join(read_back(downloaded(page, "打印考核表")).split())
    for said in (NAMES["clerk"], "92.88", "95.67", "276", "2026-09"):
        assert said in paper, said
    page = story.own("handler")
    paper = "".join(read_back(downloaded(page, "打印考核表")).split())
    for said in (NAMES["handler"], "93.62", "95.3488", "41", "43", "温以澄", "孟柏舟"):
        assert said in paper, said
    page = story.goes("hr", f"{PAGE}/papers")
    summary = "".join(read_back(downloaded(page, "汇总与排名")).split())
    assert all(score in summary for score, _grade in shown.values() if "." in score)
    book = CalamineWorkbook.from_filelike(io.BytesIO(downloaded(page, "导出 Excel")))
    tables = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    told = {row["sheet_no"]: row for table in tables[:2] for row in records(table)}
    assert set(told) == set(shown)
    for number, (score, grade) in shown.items():
        row = told[number]
        reached = float(score) if "." in score else ""
        assert (row["final_score"], row["grade"]) == (reached, grade if len(grade) == 1 else ""), number
    assert told[story.month.sheet("S011").number]["acknowledged_silently"] == 1
    assert told[story.month.sheet("S013").number]["acknowledged_silently"] == 0
    appealed = {row["employee_no"] for row in records(tables[0]) if row["appealed"]}
    assert appealed == {"S005", "S011"}


def records(table: list[list]) -> list[dict]:
    return [dict(zip(table[1], row, strict=True)) for row in table[2:]]


@pytest.mark.usefixtures("printing")
def test_R31_to_R33_a_month_lives_from_its_records_to_the_payroll_with_two_appeals(story, read_back):
    the_lists_are_closed_to_who_reads_no_sheets(story)
    the_analyst_computes(story)
    lines_outside_the_formula(story)
    the_month_is_checked_and_published(story)
    story.waits(datetime(2026, 10, 12, 2, 0, tzinfo=UTC))  # Monday
    one_acknowledges(story)
    two_appeal(story)
    story.waits(datetime(2026, 10, 13, 2, 0, tzinfo=UTC))
    both_are_decided(story)
    the_others_keep_silent(story)
    heads_and_a_senior_manager_approve(story)
    paper_and_workbook_say_what_the_pages_say(story, read_back)
    assert len(story.pages) >= 10
