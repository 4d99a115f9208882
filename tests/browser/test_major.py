"""R17: a major complaint from the alarm to the archive in a real browser: emergency response, an executive in charge,
investigation team, containment, crisis plan, statements to media and regulator, post-review with corrective actions.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.grave_story import (
    LOGINS,
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
    found = People(chromium, desk, {**LOGINS, "duty manager": "s009"}, RECEIVED)
    yield found
    found.close()


def is_answered_at_once(people: People) -> None:
    """R17: the duty manager starts the response; a senior manager takes charge, and the page says who."""
    people.done("duty manager", "记录沟通", way="电话", text="致电商户，说明正在抢修")
    people.done("duty manager", "完成响应", containment_measures="启用应急光路")
    people.done("deputy", "由我负责", text="全力抢修，每四小时一报")
    expect(people.opens("manager").locator(".case-head")).to_contain_text("罗静姝")


def speaks(people: People, kind: str, addressee: str, text: str) -> None:
    """R17: drafted by the spokesperson, approved by an executive, published and logged."""
    people.done("archivist", "起草声明", statement_kind=kind, addressee=addressee, text=text)
    assert people.opens("archivist").get_by_role("link", name="批准声明", exact=True).count() == 0
    page = people.opens("executive")
    page.get_by_role("link", name="批准声明", exact=True).click()
    page.locator("[name=statement]").select_option(index=1)
    people.fills(page, text="同意发布")
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator(".alert-success")).to_be_visible()
    page = people.opens("archivist")
    page.get_by_role("link", name="登记发布", exact=True).click()
    page.locator("[name=statement]").select_option(index=1)
    people.fills(page, publication_way="官方网站")
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator(".alert-success")).to_be_visible()


def is_reviewed_afterwards(people: People) -> None:
    """R17: the post-review brings at least one change to rules, process or training, as a corrective action."""
    brings_evidence(people, "复盘纪要", who="manager")
    row = {
        "corrective_actions_0_title": "修订断网通报规则", "corrective_actions_0_owner": "孟柏舟 S012",
        "corrective_actions_0_root_cause": "通报没有时限", "corrective_actions_0_expected_effect": "15 分钟内发布通报",
    }  # fmt: skip
    page = people.refused(
        "quality", "完成复盘", "至少要有一项", improvements="通报规则", corrective_actions_0_type="问责处理", **row
    )
    expect(page.locator("[name=corrective_actions_0_title]")).to_have_value("修订断网通报规则")
    people.fills(page, corrective_actions_0_type="修订制度")
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator(".alert-success")).to_be_visible()
    listed = people.goes("head", "/corrective-actions?list=mine")
    expect(listed.locator("main")).to_contain_text("修订断网通报规则")
    expect(listed.locator("main")).to_contain_text("CA2026-0001")


@pytest.mark.usefixtures("printing")
def test_R17_a_major_complaint_lives_from_the_alarm_to_the_archive(people, read_back):
    registers(people, "major", "整条街断网，有人拍视频")
    is_answered_at_once(people)
    people.done("intake", "受理", handover_reason="网络侧")
    people.done(
        "deputy", "组建完成", task_force_leader="罗静姝 S002", task_force_members=["严冬青 S013", "许南乔 S021"],
        experts_0_name="钱致远", experts_0_organisation="江州理工学院", experts_0_field="光网络规划",
    )  # fmt: skip
    is_ordered(people)
    speaks(people, "监管报告", "江州市通信管理局", "云栖路片区通信中断，正在抢修")
    brings_evidence(people, "系统记录")
    people.done("handler", "记录沟通", way="电话", text="业务已恢复")
    people.done("manager", "提交汇报", text="第一次汇报：已恢复")
    people.done("handler", "事态受控")
    brings_evidence(people, "系统记录", "部门意见", "当事人说明", "专家意见")
    people.done("handler", "记录沟通", way="电话", text="说明调查进展")
    submits_facts(people)
    page = people.refused("handler", "提交方案", "不需对外沟通的理由", expected_completion=people.local(2),
                          communication_needed="no", **plan())  # fmt: skip
    people.fills(page, communication_needed="yes")
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator(".alert-success")).to_be_visible()
    is_reviewed(people)
    people.done("executive", "批准", approval_opinion_text="同意，分公司领导督办")
    carries_out(people)
    speaks(people, "媒体口径", "本地媒体", "云栖路片区通信已恢复，深表歉意")
    an_executive_tells_it(people)
    is_called_back(people)
    is_reviewed_afterwards(people)
    people.done("dispatcher", "核对并归档", lesson="通报要快，口径要一")
    check_page(people.opens("manager", "team"))
    text = dossier_text(people, read_back)
    for said in (
        people.number, "罗静姝", "启用应急光路", "全力抢修", "江州理工学院", "江州市通信管理局", "正在抢修", "同意发布", "官方网站",
        "云栖路片区通信已恢复，深表歉意", "第一次汇报", "双路由可行", "两条路由仍应不同沟", "论证会纪要", "分公司领导督办", "当面向商户致歉",
        "复盘纪要", "CA2026-0001", "修订断网通报规则", "15 分钟内发布通报", "孟柏舟", "通报要快，口径要一",
    ):  # fmt: skip
        assert "".join(said.split()) in text, said
    assert len(people.pages) >= 12
