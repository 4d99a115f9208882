"""What the stories of an important and of a major complaint have in common: the same people through the same forms."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from playwright.sync_api import expect

from tests.browser.people import People

RECEIVED = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday 10:00 in Shanghai
LOGINS = {
    "intake": "intake", "dispatcher": "dispatcher", "manager": "manager", "executive": "executive", "deputy": "s002",
    "head": "head", "handler": "handler", "field head": "s015", "IT head": "s021", "callback": "callback",
    "archivist": "s028", "quality": "quality",
}  # fmt: skip
NAME, PHONE = "欧阳静", "13900004172"


def registers(people: People, severity: str, reason: str) -> None:
    page = people.goes("intake", "/intake/new")
    people.fills(
        page,
        contact_phone=PHONE, customer_name=NAME, preferred_contact="电话", address="江州市城东区云栖路 18 号 3 栋 1102 室",
        call_length="9:12", what="整条街宽带中断，商户无法收款", who="装维师傅", where="云栖路", bought_on="2025-03-01",
        occurred_at="2026-11-20T19:30", why="光缆被挖断", demand="尽快恢复并说明原因", product_symptom="全街离线",
        category="宽带速率不达标", told_by="电话", severity=severity, severity_reason=reason,
    )  # fmt: skip
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".alert-success")).to_contain_text("请把编号报给客户")
    people.number = re.search(r"complaints/([^/?#]+)", page.url).group(1)


def is_ordered(people: People, **more: str) -> None:
    """Sent to Network and given to its handler. ``more``: what was not entered at the acceptance."""
    elements = {"customer_number": "KD0571", "pre_check_result": "全街离线", "speed_test": "0", "device_model": "HG-6145F",
                "available_time": "全天"}  # fmt: skip
    people.done(
        "dispatcher", "派单", department="网络部", requirements="查清中断原因", deadline=people.local(4), **more,
        **{f"element-{code}": text for code, text in elements.items()},
    )  # fmt: skip
    people.done("head", "指派", owner="严冬青 S013")


def brings_evidence(people: People, *kinds: str, who: str = "handler") -> None:
    for kind in kinds:
        people.done(who, "添加证据", evidence_type=kind, text=f"{kind}：见附记")


def submits_facts(people: People) -> None:
    people.done(
        "handler", "提交事实", facts="主备光缆同沟，被施工挖断", root_cause="路由规划缺陷", cause_code="网络故障", fault="our_fault",
        responsible_party="网络部",
    )  # fmt: skip


def plan() -> dict[str, str]:
    return {
        "measure_0_text": "改造双路由", "measure_0_amount": "300.00", "alternatives": "租用他网；未采用",
        "compensation_amount": "300.00", "improvements": "光缆改造须双路由验收",
    }  # fmt: skip


def is_reviewed(people: People) -> None:
    """Two reviewers and an outside expert give their opinions; the minutes are filed; the review is passed."""
    waiting = people.opens("manager").locator("#why-pass_review")
    expect(waiting).to_contain_text("至少要 2 份")
    people.done("manager", "指定论证人", reviewers=["石映川 S015", "许南乔 S021"])
    expect(people.opens("manager").locator("#why-pass_review")).to_contain_text("2 名论证人未发表意见")
    mine = people.goes("field head", "/complaints?list=to_vote")
    expect(mine.locator("main")).to_contain_text(people.number)
    people.done("field head", "发表意见", vote="agree", text="双路由可行，入户侧配合")
    people.done("IT head", "发表意见", vote="agree_with_changes", text="割接窗口须避开结算日")
    people.done(
        "manager", "登记专家意见", expert_name="钱致远", expert_organisation="江州理工学院", vote="disagree", text="两条路由仍应不同沟",
    )  # fmt: skip
    brings_evidence(people, "论证会纪要", who="manager")
    page = people.opens("manager", "team")
    expect(page.locator("#papers")).to_contain_text("割接窗口须避开结算日")
    expect(page.locator("#papers")).to_contain_text("两条路由仍应不同沟")
    people.done("manager", "论证通过", review_conclusion="通过，补充验收标准与割接窗口")


def carries_out(people: People) -> None:
    people.passes(minutes=10)
    page = people.opens("handler", "plan")
    page.locator("#papers").get_by_role("link", name="勾销").first.click()
    people.fills(page, result="双路由开通")
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator(".alert-success").first).to_be_visible()
    people.done("handler", "记录沟通", way="电话", text="告知双路由已开通")
    people.done("handler", "措施完成", measure_results="双路由开通，倒换测试正常")


def an_executive_tells_it(people: People) -> None:
    """R16: in person, with an apology; nobody else can."""
    assert people.opens("handler").get_by_role("link", name="已告知结果").count() == 0
    people.done("executive", "记录致歉", way="上门", text="当面向商户致歉")
    people.done("executive", "已告知结果", result_channel="上门", customer_opinion="接受处理", apologised="yes")


def is_called_back(people: People) -> None:
    people.done("callback", "确认满意", callback_method="电话", resolved_flag="yes", satisfaction="5")


def dossier_text(people: People, read_back) -> str:
    """The text of the dossier as it is printed, without spaces."""
    page = people.goes("archivist", f"/complaints/{people.number}/dossier")
    with page.expect_download(timeout=90_000) as download:  # milliseconds; typesetting takes its time on a busy machine
        page.locator("#print button[type=submit]").click(timeout=90_000)
    return "".join(read_back(download.value.path().read_bytes()).split())
