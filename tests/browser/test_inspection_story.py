"""R27–R30 in a real browser: a sample is drawn and drawn again, a record is scored twice unseen, its handler appeals,
another inspector changes the score, what was found is put right by one person and verified by another.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from backoffice.clock import SetClock
from tests.browser.pages import check_page
from tests.browser.people import People
from tests.support.databases import with_default_office
from tests.support.inspections import EXAMPLE, FATAL, Inspected
from tests.support.live import give_passwords, listening
from tests.support.played import RECEIVED

LOGINS = {
    "quality": "quality", "S022": "inspector", "S023": "s023", "S024": "quality", "handler": "s016", "head": "s015",
    "clerk": "intake",
}  # fmt: skip
NAMES = {"S022": "贺朗明", "S023": "郭书宁", "S024": "温以澄"}
REASON = "首次响应在时限内：10:35 已电话联系客户，见沟通记录。"
OWNER = "S023"  # may verify what others put right, never what is her own
GROUND = "查沟通记录：首次响应 10:35，在时限内，原扣分不当。"


@pytest.fixture
def people(templates, tmp_path, chromium):
    """Two archived complaints of one department, and everybody's windows a day after."""
    clock = SetClock(RECEIVED)
    with templates.copy("sqlite", with_default_office, tmp_path) as database:
        give_passwords(database)
        with listening(database, tmp_path / "desk", clock) as live:
            made = Inspected(database, live.app.extensions["desk"].keys, tmp_path / "desk" / "files").archived()
            made.archived(made.later(days=1))
            live.move_to(made.at)
            found = People(chromium, live, LOGINS, made.at)
            yield found
            found.close()


def day(people: People, days: int = 0) -> str:
    return people.local(days)[:10]


def sends(page: Page) -> Page:
    """Presses the first button of the form."""
    page.locator(".actionbar button[type=submit]").first.click()
    return page


def accepted(page: Page) -> Page:
    """What was sent was taken."""
    problems = page.locator("#problems")
    assert problems.count() == 0, problems.inner_text()
    expect(page.locator(".alert-success").first).to_be_visible()
    return page


def draws_a_sample(people: People) -> list[str]:
    """R27: without a reason it is refused and nothing typed is lost; drawn again it is the same. Gives the numbers."""
    page = people.goes("quality", "/inspection/draws/new")
    page.locator("[name=plan]").select_option("spot_check")
    people.fills(page, first=day(people, -60), last=day(people), number="2")
    sends(page)
    expect(page.locator("#problems")).to_contain_text("理由")
    expect(page.locator("[name=number]")).to_have_value("2")
    people.fills(page, reason="客户来电反映宽带掉线处理不到位")
    accepted(sends(page))
    expect(page.locator("#reproduce code").first).to_have_text(re.compile(r"^[0-9a-f]{64}$"))
    expect(page.locator("#reproduce")).to_contain_text("spot_check/")
    page.get_by_role("link", name="重抽核对").click()
    expect(page.locator("#compared")).to_contain_text("重抽结果一致")
    check_page(page)
    return page.locator("#result a.no").all_inner_texts()


def inspector_of(page: Page, number: str) -> str:
    """The code of the inspector in whose row a number stands."""
    row = page.locator("#result tbody tr", has=page.locator("a.no", has_text=number))
    named = row.locator("td").nth(5).inner_text()
    return next(code for code, name in NAMES.items() if name in named)


def scores(people: People, who: str, number: str, **changes: int) -> Page:
    """Fills in the card as the worked example has it, with changes, and submits it."""
    people.passes(minutes=20)
    page = people.goes(who, f"/inspection/{number}")
    for item, percent in {**EXAMPLE, **dict.fromkeys(FATAL, 100), **changes}.items():
        value = "na" if percent is None else str(percent)
        page.locator(f"label:has(input[name='mark-{item}'][value='{value}'])").click()
        if percent is not None and percent < 100:
            remark = page.locator(f"#mark-{item} details.card-remark")
            if remark.get_attribute("open") is None:
                remark.locator("summary").click()
            page.locator(f"#remark-{item}").fill("录音第七段可查")
    page.locator("#scoring .actionbar button.btn-primary").click()
    return accepted(page)


def doubled(people: People, number: str) -> tuple[str, str]:
    """R28: the second scoring of a record is drawn among those scored this month. Gives its number and inspector."""
    page = people.goes("quality", "/inspection/draws/new")
    page.locator("[name=plan]").select_option("double_scoring")
    accepted(sends(page))
    second = page.locator("#result tbody tr", has_text=number).locator("a.no").inner_text()
    return second, inspector_of(page, second)


def appeals(people: People, number: str) -> None:
    """R29: the handler reads the marks and objects to one of them, once."""
    page = people.goes("handler", f"/my-inspections/{number}")
    expect(page.locator("#facts")).to_contain_text("84.24")
    page.get_by_role("link", name="申诉", exact=True).click()
    page.get_by_label("指派、答复、响应按时").check()
    page.get_by_label("申诉理由").fill(REASON)
    page.get_by_role("button", name="提交申诉").click()
    expect(page.locator("#appeal")).to_contain_text(REASON)


def decides(people: People, first: str, number: str) -> str:
    """R29: not the one who scored it; another inspector changes the mark with a ground. Gives who."""
    mine = people.goes(first, f"/inspection/appeals/{number}")
    assert mine.locator("[name=ground]").count() == 0
    for who in sorted(set(NAMES) - {first}):
        page = people.goes(who, f"/inspection/appeals/{number}")
        if page.locator("textarea[name=ground]").count():
            break
    page.get_by_label("改判为").select_option(label="符合（100 %）")
    page.get_by_label("改判", exact=True).check()
    page.get_by_label("裁定依据").fill(GROUND)
    page.get_by_role("button", name="作出裁定").click()
    expect(page.locator("#appeal")).to_contain_text("89.13")
    return who


def assigns(people: People, number: str) -> str:
    """R30: what was found becomes a corrective action with an owner and a date. Gives its number."""
    page = people.goes("quality", f"/corrective-actions/new?source=inspection&inspection={number}")
    sends(page)
    expect(page.locator("#problems")).to_contain_text("责任人")
    page.locator("[name=type]").select_option("sales_control")
    page.locator("[name=owner]").select_option(label=page.locator("[name=owner] option", has_text=OWNER).inner_text())
    people.fills(page, title="装维回访口径统一", root_cause="要点卡未覆盖夜间掉线", expected_effect="同类记录不再缺项")
    expect(page.locator("[name=inspection]")).to_have_value(number)
    accepted(sends(page))
    return page.url.rsplit("/", 1)[1]


def acts(people: People, who: str, number: str, act: str, **fields: str) -> Page:
    """One act on a corrective action."""
    people.passes(minutes=30)
    page = people.goes(who, f"/corrective-actions/{number}")
    toolbar = page.locator("#h-act ~ .toolbar")
    toolbar.get_by_text(act, exact=True).click()
    if fields:
        file = fields.pop("file", "")
        people.fills(page, **fields)
        if file:
            page.locator("[name=file]").set_input_files(
                {"name": file, "mimeType": "text/plain", "buffer": "要点卡 2.0".encode()}
            )
        sends(page)
    return page


def is_put_right(people: People, number: str) -> None:
    """R30: accepted, not done without evidence, never verified by its owner, sent back once, then verified."""
    accepted(acts(people, OWNER, number, "接收"))
    without = acts(people, OWNER, number, "标记完成", result="已修订要点卡")
    expect(without.locator("#problems")).to_contain_text("证据")
    expect(without.locator("[name=result]")).to_have_value("已修订要点卡")
    accepted(acts(people, OWNER, number, "标记完成", result="已修订要点卡", evidence="见附件", file="要点卡.txt"))
    owner = people.goes(OWNER, f"/corrective-actions/{number}/verify")
    expect(owner.locator("main")).to_contain_text("须由他人验证")
    accepted(acts(people, "S022", number, "验证不通过", reason="缺少夜间话术", due_on=day(people, 20)))
    accepted(acts(people, OWNER, number, "标记完成", result="已补夜间话术", evidence="见附件", file="话术.txt"))
    done = accepted(acts(people, "S022", number, "验证通过", text="抽 10 件无同样问题"))
    expect(done.locator(".case-head")).to_contain_text("已验证关闭")
    check_page(done)


def test_R27_to_R30_a_record_is_drawn_scored_twice_appealed_and_put_right(people):
    numbers = draws_a_sample(people)
    assert len(numbers) == 2
    page = people.page("quality")
    chosen = {number: inspector_of(page, number) for number in numbers}
    first = numbers[0]
    for who in ("clerk", "handler"):
        expect(people.goes(who, f"/inspection/{first}").locator("h1")).to_contain_text("没有")
    for number, who in chosen.items():
        expect(scores(people, who, number).locator("main")).to_contain_text("84.24")

    people.passes(days=5)  # the month is over: a tenth of what was scored in it is scored a second time
    second, other = doubled(people, first)
    assert other != chosen[first]
    unseen = people.goes(other, f"/inspection/{second}")
    assert "84.24" not in unseen.content()
    assert "第七段" not in unseen.content()
    expect(people.goes(other, f"/inspection/{first}").locator("main")).not_to_contain_text("84.24")
    scores(people, other, second, rec_5w1h=100)

    expect(people.goes("handler", "/my-inspections").locator("main")).not_to_contain_text(first)  # not published yet
    page = people.goes("quality", f"/inspection/{first}")
    page.get_by_role("button", name="公布").click()
    expect(page.locator(".alert-success").first).to_be_visible()
    appeals(people, first)
    decides(people, chosen[first], first)
    after = people.goes("handler", f"/my-inspections/{first}")
    expect(after.locator("#facts")).to_contain_text("89.13")
    expect(after.locator("#marks del")).to_contain_text("部分符合")
    people.goes("handler", f"/my-inspections/{first}/appeal")
    expect(people.page("handler").locator("main")).to_contain_text("一次")
    is_put_right(people, assigns(people, first))
