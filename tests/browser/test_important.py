"""R16: an important complaint from the call to the dossier and the follow-up after 30 days, in a real browser: task force
with an outside expert, deep investigation, review by votes, coordination, reports, an executive's feedback with apology.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.browser.grave_story import (
    LOGINS,
    NAME,
    PHONE,
    RECEIVED,
    an_executive_tells_it,
    brings_evidence,
    carries_out,
    dossier_text,
    is_called_back,
    is_ordered,
    is_reviewed,
    plan,
    registers,
    submits_facts,
)
from tests.browser.pages import check_page
from tests.browser.people import People
from tests.support.printing import printing, read_back

__all__ = ["printing", "read_back"]  # fixtures


@pytest.fixture
def people(chromium, desk):
    desk.move_to(RECEIVED)
    found = People(chromium, desk, LOGINS, RECEIVED)
    yield found
    found.close()


def gets_a_task_force(people: People) -> None:
    """R16: not led by the head of the department at fault; an outside expert is on it."""
    page = people.refused(
        "manager", "组建完成", "姓名、单位、专业", task_force_leader="孟柏舟 S012", task_force_members=["严冬青 S013"],
        experts_0_name="钱致远", experts_0_organisation="江州理工学院",
    )  # fmt: skip
    expect(page.locator("[name=experts_0_name]")).to_have_value("钱致远")  # nothing typed is lost
    people.fills(page, experts_0_field="光网络规划")
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator(".alert-success")).to_be_visible()
    elements = {
        "customer_number": "KD0571",
        "pre_check_result": "离线",
        "speed_test": "0",
        "device_model": "x",
        "available_time": "y",
    }
    people.refused(
        "dispatcher", "派单", "部门负责人是小组组长", department="网络部", requirements="查", deadline=people.local(4),
        promised_time=people.local(5), handover_reason="网络侧", **{f"element-{code}": text for code, text in elements.items()},
    )  # fmt: skip
    people.done(
        "manager", "调整小组", task_force_leader="韩砚秋 S003", reason="责任部门负责人回避",
        experts_0_name="钱致远", experts_0_organisation="江州理工学院", experts_0_field="光网络规划",
        task_force_members=["严冬青 S013", "许南乔 S021"],
    )  # fmt: skip


def is_followed_up(people: People) -> None:
    """R16: on the 30th day after 25 November the customer is called again, is not satisfied, and a linked complaint begins."""
    people.at = datetime(2026, 12, 25, 2, 0, tzinfo=UTC)
    people.desk.move_to(people.at)
    waiting = people.goes("callback", "/complaints?list=follow_ups")
    expect(waiting.locator("main")).to_contain_text(people.number)
    people.refused(
        "callback", "跟踪回访", "新诉求", callback_method="电话", reached="yes", resolved_flag="no", satisfaction="2",
        customer_opinion="上周又断了半天",
    )  # fmt: skip
    page = people.page("callback")
    people.fills(page, new_demand="要求书面说明整改进度")
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator(".alert-warning")).to_contain_text("TS20261225-0001")
    page = people.opens("callback", "team")
    page.locator("#papers").get_by_role("link", name="TS20261225-0001").click()
    expect(page.locator(".case-head")).to_contain_text("第 2 次")
    expect(page.locator("#papers")).to_contain_text(people.number)
    expect(people.opens("archivist", "files").locator("#papers")).to_contain_text("上周又断了半天")


@pytest.mark.usefixtures("printing")
def test_R16_an_important_complaint_lives_from_the_call_to_the_follow_up(people, read_back):
    registers(people, "important", "同一光缆影响十余户商户")
    gets_a_task_force(people)
    is_ordered(people, promised_time=people.local(5), handover_reason="网络侧")
    people.done("handler", "记录首次联系", way="电话", text="说明抢修进展")
    brings_evidence(people, "系统记录", "部门意见", "当事人说明")
    people.done("manager", "提交汇报", text="第一次汇报：已定位断点")
    submits_facts(people)
    people.done("handler", "提交方案", expected_completion=people.local(2), **plan())
    is_reviewed(people)
    people.refused("deputy", "完成协调", "写明理由", coordination_needed="no", coordination_decisions="无需协调")
    people.done("deputy", "完成协调", coordination_needed="yes", coordination_decisions="网络部与信息技术部联合割接")
    people.done("executive", "批准", approval_opinion_text="同意，限三日完成")
    carries_out(people)
    people.passes(days=2)
    late = people.opens("manager", "team").locator("#papers")
    expect(late).to_contain_text("超时")  # a report was missed
    people.done("manager", "提交汇报", text="第二次汇报：措施完成")
    expect(people.opens("manager", "team").locator("#papers")).to_contain_text("超时")  # and stays so
    an_executive_tells_it(people)
    is_called_back(people)
    people.done("archivist", "核对并归档", lesson="主备光缆不得同沟")
    text = dossier_text(people, read_back)
    for said in (
        people.number, "组建小组", "调整小组", "责任部门负责人回避", "江州理工学院", "光网络规划", "双路由可行", "割接窗口须避开结算日",
        "两条路由仍应不同沟", "论证会纪要", "网络部与信息技术部联合割接", "第一次汇报", "第二次汇报", "当面向商户致歉", "同意，限三日完成",
        "主备光缆不得同沟",
    ):  # fmt: skip
        assert "".join(said.split()) in text, said
    assert PHONE not in text
    assert NAME not in text
    assert "钱致远" not in text  # an outside expert's name is masked like a customer's
    is_followed_up(people)
    assert len(people.pages) >= 10


def test_R16_the_pages_of_an_important_complaint_keep_what_every_page_must(people):
    registers(people, "important", "同一光缆影响十余户商户")
    page = people.opens("manager")
    page.get_by_role("link", name="组建完成").click()
    check_page(page)
    people.done("manager", "组建完成", task_force_leader="韩砚秋 S003", task_force_members=["严冬青 S013"])
    check_page(people.opens("manager", "team"))
