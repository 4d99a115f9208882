"""R1–R22: the whole life of a general complaint, played in a browser by seven people, with a rework round, an order that
may not go back, and the dossier that is left at the end.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta

import pikepdf
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.pages import SIGN_IN, sign_in, watch
from tests.support.printing import printing, read_back

__all__ = ["printing", "read_back"]  # fixtures

NAME, PHONE, MASKED_PHONE = "欧阳静", "13900004172", "139****4172"
RECEIVED = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday 10:00 in Shanghai
LOGINS = {
    "intake": "intake", "dispatcher": "dispatcher", "network head": "head", "field head": "s015",
    "handler": "s016", "callback": "callback", "archivist": "s028",
}  # fmt: skip


class Office:
    """Seven people, each in a browser window of their own, and the desk's clock."""

    def __init__(self, browser: Browser, desk) -> None:
        self.browser, self.desk = browser, desk
        self.pages: dict[str, Page] = {}
        self.number = ""
        self.at = RECEIVED

    def page(self, who: str) -> Page:
        """The window of somebody, signed in."""
        if who not in self.pages:
            context = self.browser.new_context(base_url=self.desk.url, viewport={"width": 1280, "height": 900})
            context.set_default_timeout(15_000)
            self.pages[who] = watch(context.new_page())
            sign_in(self.pages[who], LOGINS[who])
        return self.pages[who]

    def opens(self, who: str, tab: str = "record") -> Page:
        """Somebody looks at the complaint, signed in anew where the session has run out meanwhile."""
        page = self.page(who)
        page.goto(f"/complaints/{self.number}?tab={tab}")
        if SIGN_IN in page.url:
            sign_in(page, LOGINS[who])
            page.goto(f"/complaints/{self.number}?tab={tab}")
        return page

    def does(self, who: str, button: str, **fields: str) -> Page:
        """Somebody presses a button of the complaint, fills the form in and sends it; forty minutes pass."""
        self.at += timedelta(minutes=40)
        self.desk.move_to(self.at)
        page = self.opens(who)
        page.locator("#h-act ~ .toolbar").get_by_role("link", name=button, exact=True).click()
        self.fills(page, **fields)
        page.locator(".actionbar button[type=submit]").click()
        return page

    def done(self, who: str, button: str, **fields: str) -> Page:
        """The same, and it went well."""
        page = self.does(who, button, **fields)
        problems = page.locator("#problems")
        assert problems.count() == 0, problems.inner_text()
        expect(page.locator(".alert-success")).to_contain_text("已完成")
        return page

    def fills(self, page: Page, **fields: str) -> None:
        for name, value in fields.items():
            control = page.locator(f"[name={name!r}]").first
            kind = control.evaluate("e => e.tagName === 'SELECT' ? 'select' : e.type")
            if kind == "select":
                control.select_option(label=value)
            elif kind in ("radio", "checkbox"):
                page.locator(f"[name={name!r}][value={value!r}]").check()
            else:
                control.fill(value)

    def local(self, days: int) -> str:
        """A moment as a form takes it, so many days from now, in the office's time."""
        return (self.at + timedelta(days=days, hours=8)).strftime("%Y-%m-%dT%H:%M")

    def close(self) -> None:
        faults = [fault for page in self.pages.values() for fault in page.faults]
        for page in self.pages.values():
            page.context.close()
        assert faults == []


@pytest.fixture
def office(chromium, desk):
    desk.move_to(RECEIVED)
    people = Office(chromium, desk)
    yield people
    people.close()


def registers(office: Office) -> None:
    page = office.page("intake")
    page.goto("/intake/new")
    office.fills(
        page,
        contact_phone=PHONE, customer_name=NAME, preferred_contact="电话", address="江州市城东区云栖路 18 号 3 栋 1102 室",
        call_length="9:12", what="宽带每晚 19:30 起掉线，重启后十分钟又掉", who="装维师傅", where="家中",
        bought_on="2025-03-01", occurred_at="2026-11-20T19:30", why="客户认为线路不够", demand="彻底修复",
        product_symptom="光猫频繁离线", category="宽带速率不达标", told_by="电话",
    )  # fmt: skip
    for code in ("contact_phone", "customer_name", "address", "what", "occurred_at", "demand", "product_symptom"):
        page.locator(f"[name=read_back_{code}]").check()
    expect(page.locator("[data-completeness-score]")).to_have_text("100.0")
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".alert-success")).to_contain_text("请把编号报给客户")
    office.number = re.search(r"complaints/([^/?#]+)", page.url).group(1)
    assert office.number == "TS20261123-0001"
    expect(page.locator(".case-head")).to_contain_text("已受理")
    expect(page.locator(".case-head")).to_contain_text(MASKED_PHONE)
    assert PHONE not in page.content()
    assert NAME not in page.content()


def is_dispatched(office: Office) -> None:
    page = office.does("dispatcher", "派单", department="网络部", requirements="查清晚高峰掉线原因")
    expect(page.locator("#problems")).to_contain_text("要件")  # R10: not without its elements
    expect(page.locator("[name=requirements]")).to_have_value("查清晚高峰掉线原因")
    elements = {"customer_number": "KD0571", "pre_check_result": "近 7 日离线 41 次", "speed_test": "3.1 Mbps",
                "device_model": "HG-6145F", "available_time": "18:00 以后"}  # fmt: skip
    office.fills(page, deadline=office.local(4), promised_time=office.local(5), handover_reason="需上门测试",
                 **{f"element-{code}": text for code, text in elements.items()})  # fmt: skip
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator(".alert-success")).to_contain_text("派单")


def passes_on_but_never_back(office: Office) -> None:
    """R11: one transfer; a second is refused in words, and a post that does it all the same is refused too."""
    offered = office.opens("network head")
    offered.goto(f"/complaints/{office.number}/transfer")
    names = offered.locator("[name=department] option").all_inner_texts()
    assert "网络部" not in names
    assert "投诉后台派单台" not in names
    office.done("network head", "转派", department="技术支持与装维部", handover_reason="入户侧故障")
    page = office.opens("field head")
    refused = page.locator("#why-transfer")
    expect(refused).to_contain_text("提出争议")
    sentence = refused.inner_text()
    status, text = page.evaluate(
        """async address => {
            const token = document.querySelector('[name=csrf_token]').value;
            const seen = await (await fetch(address)).text();
            const revision = /name="revision"[^>]*value="([0-9]+)"/.exec(seen)[1];
            const body = new URLSearchParams({csrf_token: token, revision, department: '1', handover_reason: 'back'});
            const answer = await fetch(address, {method: 'POST', body});
            return [answer.status, await answer.text()];
        }""",
        f"/complaints/{office.number}/transfer",
    )
    assert status == 409
    assert sentence in text
    page = office.opens("dispatcher")
    page.goto(f"/complaints/{office.number}/send_order")  # the desk does not get it back either
    expect(page.locator("h1")).to_have_text("现在不能这样做")


def is_handled(office: Office) -> None:
    office.done("field head", "指派", owner="卢向晨 S016")
    office.done("handler", "记录首次联系", way="电话", text="约定今晚上门")
    office.done("handler", "添加证据", evidence_type="系统记录", text="OLT-07 上联口流量 97%")
    office.done(
        "handler", "提交事实", facts="属实，晚高峰丢包", root_cause="上联拥塞", cause_code="网络容量或覆盖不足",
        fault="our_fault", responsible_party="技术支持与装维部",
    )  # fmt: skip
    page = office.does(
        "handler", "提交方案", measure_0_text="割接 64 户分流", measure_0_amount="178.00", expected_completion=office.local(2),
        alternatives="提速至 500M；未采用", compensation_amount="178.00",
    )  # fmt: skip
    expect(page.locator("#problems")).to_contain_text("改进事项")  # R18: our fault asks for what is put right
    expect(page.locator("[name=measure_0_text]")).to_have_value("割接 64 户分流")
    office.fills(page, improvements="割接须与上联扩容同批验收")
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator(".alert-success")).to_contain_text("方案")
    office.done("field head", "批准", approval_opinion_text="分流先行，扩容不得再延")
    carries_out(office, "割接 64 户分流 178.00 元", "峰值降至 46%")
    tells_the_result(office, apologised="yes")


def carries_out(office: Office, measure: str, result: str) -> None:
    office.at += timedelta(minutes=40)
    office.desk.move_to(office.at)
    page = office.opens("handler", "plan")
    page.locator("#papers").get_by_role("link", name="勾销").first.click()
    assert page.locator("[name=measure] option:checked").inner_text() == measure
    office.fills(page, result=result)
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator(".alert-success")).to_be_visible()
    office.done("handler", "记录沟通", way="电话", text="告知已分流，请客户晚间留意")
    office.done("handler", "措施完成", measure_results="已割接，晚高峰丢包 0.1%")


def tells_the_result(office: Office, **more: str) -> None:
    office.done("handler", "已告知结果", result_channel="电话", customer_opinion="接受", **more)


def comes_back_once(office: Office) -> None:
    """R21: the first call-back finds the customer unsatisfied; the second round settles it."""
    page = office.does("callback", "确认满意", callback_method="电话", resolved_flag="no", satisfaction="2")
    expect(page.locator("#problems")).to_contain_text("不满意")
    office.done(
        "callback", "不满意，返工", callback_method="电话", resolved_flag="no", satisfaction="2",
        dissatisfaction_reason="周末仍掉线", new_demand="周末也要稳定",
    )  # fmt: skip
    expect(office.opens("handler").locator(".case-head")).to_contain_text("第 2 轮")
    office.done("handler", "记录沟通", way="电话", text="致电客户了解周末掉线情况")
    office.done("handler", "直接补做", measure_0_text="更换 OLT 上联光模块")
    carries_out(office, "更换 OLT 上联光模块", "周末 48 小时无掉线")
    tells_the_result(office)
    office.done("callback", "确认满意", callback_method="电话", resolved_flag="yes", satisfaction="5")


def leaves_a_dossier(office: Office, read_back) -> None:
    office.done("dispatcher", "核对并归档", lesson="三户以上掉线先查上联，不先换光猫")
    page = office.opens("dispatcher")
    expect(page.locator(".case-head")).to_contain_text("已归档")
    buttons = page.locator("#h-act ~ .toolbar").get_by_role("link").all_inner_texts()
    assert buttons == ["追加"]  # R22: frozen but for additions
    page.goto(f"/complaints/{office.number}?tab=history")
    expect(page.locator("#papers")).to_contain_text("回访不满意")
    page.goto(f"/complaints/{office.number}/dossier")
    with page.expect_download() as download:
        page.locator("#print button[type=submit]").click()
    data = download.value.path().read_bytes()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert len(pdf.pages) >= 5
    text = "".join(read_back(data).split())
    for said in (
        office.number,
        MASKED_PHONE,
        "转派",
        "回访不满意",
        "三户以上掉线先查上联",
        "割接64户分流",
        "周末仍掉线",
        "程禾雨",
    ):
        assert said in text, said
    assert PHONE not in text
    assert NAME not in text


@pytest.mark.usefixtures("printing")
def test_R1_to_R22_a_complaint_lives_from_the_call_to_the_dossier(office, read_back):
    registers(office)
    is_dispatched(office)
    passes_on_but_never_back(office)
    is_handled(office)
    comes_back_once(office)
    leaves_a_dossier(office, read_back)
    assert len(office.pages) >= 6
