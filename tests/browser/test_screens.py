"""Every screen of complaints, in both languages and at both widths, keeps what each page must:
one heading, no sideways scroll, no refused part, nothing that axe finds against WCAG A and AA.

One desk, one database and one window for each person serve all of them.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from backoffice.clock import SetClock
from policies.vocabulary import ContactWay
from tests.browser.pages import check_page, sign_in, watch
from tests.support.databases import with_default_office
from tests.support.live import give_passwords, listening
from tests.support.played import RECEIVED, Play

LANGUAGES = ("zh_Hans", "en")
LOGINS = {"S003": "manager", "S005": "intake", "S008": "dispatcher", "S011": "callback", "S015": "s015", "S016": "s016",
          "S022": "inspector", "S028": "s028"}  # fmt: skip

# who, where ({step} is the number of the complaint that stands there)
SCREENS = [
    ("S005", "/work/intake"), ("S008", "/work/intake"), ("S016", "/work/handling"), ("S022", "/work/inspection"),
    ("S003", "/work/management"),
    ("S015", "/messages"), ("S016", "/drafts"), ("S003", "/outbox"), ("S003", "/outbox?state=waiting"),
    ("S003", "/complaints?list=all"), ("S003", "/complaints?list=all&severity=major"), ("S005", "/complaints?list=to_acknowledge"),
    ("S003", "/complaints?q=掉线"),
    ("S005", "/intake/new"),
    *(("S016", f"/complaints/{{told}}?tab={tab}") for tab in ("record", "orders", "investigation", "plan", "talks", "callbacks", "files", "history")),
    ("S028", "/complaints/{archived}?tab=files"), ("S003", "/complaints/{registered}"),
    ("S016", "/complaints/{executing}?tab=plan"), ("S016", "/complaints/{told}/process"),
    ("S008", "/complaints/{accepted}/send_order"), ("S015", "/complaints/{sent}/appoint"),
    ("S015", "/complaints/{sent}/transfer"), ("S016", "/complaints/{planning}/submit_plan"),
    ("S015", "/complaints/{proposed}/approve"), ("S016", "/complaints/{executing}/tick_measure"),
    ("S011", "/complaints/{told}/confirm_satisfied"), ("S016", "/complaints/{planning}/record_evidence"),
    ("S028", "/complaints/{archived}/add_supplement"),
    ("S016", "/complaints/{told}/reveal"), ("S005", "/complaints/{registered}/correct"),
    ("S028", "/complaints/{archived}/dossier"),
    ("S022", "/inspection/draws"), ("S022", "/inspection/draws/new"),
]  # fmt: skip


class Scene:
    """A desk with complaints at many steps, and a window for each person and language."""

    def __init__(self, chromium, live, numbers, logins=LOGINS) -> None:
        self.chromium, self.live, self.numbers, self.logins = chromium, live, numbers, logins
        self.windows: dict[tuple[str, str], Page] = {}

    def window(self, code: str, language: str) -> Page:
        if (code, language) not in self.windows:
            context = self.chromium.new_context(base_url=self.live.url, viewport={"width": 1280, "height": 900})
            context.set_default_timeout(20_000)
            page = watch(context.new_page())
            sign_in(page, self.logins[code])
            context.add_cookies([{"name": "language", "value": language, "url": self.live.url}])
            self.windows[code, language] = page
        return self.windows[code, language]

    def opens(self, code: str, language: str, address: str) -> Page:
        page = self.window(code, language)
        page.faults.clear()  # type: ignore[attr-defined]
        answer = page.goto(address.format(**self.numbers))
        assert answer is not None
        assert answer.status == 200, (code, address, answer.status)
        expect(page.locator("html")).to_have_attribute("lang", {"zh_Hans": "zh-CN", "en": "en"}[language])
        return page


@pytest.fixture(scope="module")
def scene(templates, tmp_path_factory, chromium):
    folder = tmp_path_factory.mktemp("screens")
    clock = SetClock(RECEIVED)
    with templates.copy("sqlite", with_default_office, folder) as database:
        give_passwords(database)
        with listening(database, folder / "desk", clock) as live:
            numbers, last = {}, RECEIVED
            for n, step in enumerate(
                ("registered", "accepted", "sent", "planning", "proposed", "executing", "told", "archived")
            ):
                play = Play(
                    database,
                    live.app.extensions["desk"].keys,
                    folder / "desk" / "files",
                    RECEIVED + timedelta(hours=3 * n),
                )
                to(play, step, n)
                numbers[step], last = play.number, max(last, play.at)
            clock.at = last + timedelta(hours=20)  # something is late by now
            found = Scene(chromium, live, numbers)
            yield found
            for page in found.windows.values():
                page.context.close()


def to(play: Play, step: str, n: int) -> None:
    """Plays a complaint to a step."""
    play.register(texts={"contact_phone": f"139{n // 2:08}"})  # some customers complain again
    if step == "registered":
        return
    if step in ("accepted", "sent"):
        play.act("S005", "acknowledge", way=ContactWay.PHONE)
        play.act("S005", "start_check")
        play.act("S005", "accept")
    if step == "sent":
        elements = dict.fromkeys(
            ("customer_number", "pre_check_result", "speed_test", "device_model", "available_time"), "x1"
        )
        play.act("S008", "send_order", department=play.department("technical_support"), requirements="查", elements=elements,
                 handover_reason="需测试", deadline=play.at + timedelta(days=4), promised_time=play.at + timedelta(days=5))  # fmt: skip
    if step in ("planning", "proposed", "executing"):
        play.dispatch()
        play.act("S016", "respond_first", way=ContactWay.PHONE, text="约定")
        play.act("S016", "record_evidence", evidence_type="system_record", text="97%")
        play.act("S016", "submit_facts", facts="属实", root_cause="拥塞", cause_code="network_capacity", fault="our_fault",
                 responsible_party="技术支撑")  # fmt: skip
    if step in ("proposed", "executing"):
        play.plan("割接 64 户分流", "178.00")
    if step == "executing":
        play.act("S015", "approve", approval_opinion_text="同意")
    if step in ("told", "archived"):
        play.dispatch()
        play.handle()
    if step == "archived":
        play.close()
        play.at += timedelta(hours=1)
        play.act("S028", "add_supplement", title="客户来信", text="致谢")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("code", "address"), SCREENS, ids=[f"{code}:{address}" for code, address in SCREENS])
def test_R39_a_screen_of_complaints_keeps_what_every_page_must(scene, code, address, language):
    check_page(scene.opens(code, language, address))


@pytest.mark.parametrize("language", LANGUAGES)
def test_R14_a_form_with_its_faults_keeps_it_and_leads_to_them(scene, language):
    page = scene.opens("S016", language, "/complaints/{planning}/submit_plan")
    page.fill("[name=compensation_amount]", "much")
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator("#problems")).to_be_focused()
    check_page(page)
    page.locator("#problems a").first.click()
    assert page.evaluate("document.activeElement.id") in page.locator("#problems a").first.get_attribute("href")


@pytest.mark.parametrize("language", LANGUAGES)
def test_R10_the_order_form_with_missing_elements_keeps_it(scene, language):
    page = scene.opens("S008", language, "/complaints/{accepted}/send_order")
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator("#problems")).to_be_visible()
    assert page.locator(".field.has-error").count() >= 5
    check_page(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_R39_what_was_revealed_keeps_it(scene, language):
    page = scene.opens("S016", language, "/complaints/{told}/reveal")
    page.fill("[name=reason]", "visit")
    page.locator(".actionbar button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("13900000003")
    check_page(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_R7_the_callers_earlier_complaints_appear_while_the_clerk_types(scene, language):
    page = scene.opens("S005", language, "/intake/new")
    page.fill("[name=contact_phone]", "13900000003")
    page.locator("[name=customer_name]").focus()
    expect(page.locator("#earlier .work")).to_contain_text(scene.numbers["archived"])
    page.select_option("[name=category]", "net_broadband_slow")
    expect(page.locator("#earlier .alert-warning")).to_be_visible()
    check_page(page)
