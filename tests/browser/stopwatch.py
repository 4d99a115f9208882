"""The ten daily jobs as somebody does them who knows the desk, by the real keys of a browser: what each costs.

Counted are keys that steer (Tab, arrows, letters that are orders, Ctrl+Enter), characters that are typed as content,
presses of the mouse, and pages that are loaded. A field within ``NEAR`` presses of Tab is reached by Tab, one that is
farther by a press of the mouse; a choice within ``NEAR`` arrows by arrows, another by two presses of the mouse.

    python -m tests.browser.stopwatch          a fresh desk, the ten jobs, and the table of ``docs/daily-jobs.md``
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.models.complaint import Complaint
from policies.vocabulary import ContactWay
from tests.browser.pages import sign_in, watch
from tests.support.databases import with_default_office
from tests.support.live import give_passwords, listening
from tests.support.played import RECEIVED, Play
from views.commands.parts import chromium

NEAR = 5
BY_KEYS = "form[data-begin], #intake"  # forms that Ctrl+Enter sends
NAME, PHONE = "欧阳静", "13900004172"
ELEMENTS = {"customer_number": "KD0571", "pre_check_result": "近 7 日离线 41 次", "speed_test": "3.1 Mbps",
            "device_model": "HG-6145F", "available_time": "18:00 以后"}  # fmt: skip
_WAY = """([from, to]) => {
  const seen = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')].filter(
    e => e.offsetParent !== null && !e.disabled && e.type !== 'hidden'
      && (e.type !== 'radio' || e.checked || !document.querySelector(`input[name="${e.name}"]:checked`)
          && e === document.querySelector(`input[name="${e.name}"]`)));
  return seen.indexOf(to) < 0 || from === document.body ? null : seen.indexOf(to) - seen.indexOf(from);
}"""


@dataclass
class Cost:
    """What a job took so far."""

    keys: int = 0
    typed: int = 0
    clicks: int = 0
    loads: int = 0

    @property
    def told(self) -> tuple[int, int, int, int]:
        return self.keys, self.clicks, self.loads, self.typed


@dataclass
class Hand:
    """Somebody's hands on a page; everything that they do is counted."""

    page: Page
    cost: Cost = field(default_factory=Cost)

    def __post_init__(self) -> None:
        self.page.on("framenavigated", lambda frame: self._loaded() if frame == self.page.main_frame else None)

    def _loaded(self) -> None:
        self.cost.loads += 1

    def begins(self, address: str) -> None:
        """The page at which a job begins; what came before it is not counted."""
        self.page.wait_for_load_state("networkidle")
        self.page.goto(address)
        self.page.wait_for_timeout(100)
        self.cost = Cost()

    def presses(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.cost.keys += 1

    def clicks(self, what: Locator) -> None:
        what.click()
        self.cost.clicks += 1

    def goes_by(self, *keys: str) -> None:
        """Presses keys of which the last one leads to another page."""
        with self.page.expect_navigation():
            self.presses(*keys)

    def reaches(self, control: Locator) -> None:
        """Puts the focus there, by Tab where that is near, else by the mouse."""
        way = self._way(control)
        if way is None or abs(way) > NEAR:
            self.clicks(control)
            return
        for _ in range(4 * NEAR):  # a moment has several stops of its own
            if way == 0 or control.evaluate("e => e === document.activeElement"):
                return
            self.presses("Tab" if way > 0 else "Shift+Tab")
        raise AssertionError(f"Tab does not reach {control}")

    def _way(self, control: Locator) -> int | None:
        here = self.page.evaluate_handle("document.activeElement")
        found: int | None = self.page.evaluate(_WAY, [here, control.element_handle()])
        return found

    def types(self, name: str, text: str) -> None:
        """Writes into a field; nothing where it says so already."""
        control = self.page.locator(f"[name={name!r}]").first
        if control.input_value() == text:
            return
        self.reaches(control)
        control.fill(text)
        self.cost.typed += len(re.sub(r"[-:T]", "", text) if control.get_attribute("type") != "text" else text)

    def reads_back(self, name: str) -> None:
        """Ticks that an item was read back: by F2 in the field where the page knows it, else by its tick."""
        if "F2" in self.page.locator(".sub").first.inner_text():
            self.reaches(self.page.locator(f"[name={name!r}]").first)
            self.presses("F2")
        else:
            self.ticks(f"read_back_{name}")

    def chooses(self, name: str, label: str) -> None:
        """Chooses from a list by its words."""
        control = self.page.locator(f"select[name={name!r}]")
        options = [text.strip() for text in control.locator("option").all_inner_texts()]
        here = control.evaluate("e => e.selectedIndex")
        there = options.index(label) if label in options else next(n for n, one in enumerate(options) if label in one)
        if there == here:
            return
        way = self._way(control)
        if abs(there - here) > NEAR or way is None or abs(way) > NEAR:
            self.cost.clicks += 2
            control.focus()
            control.select_option(index=there)
            return
        self.reaches(control)
        self.presses(*["ArrowDown" if there > here else "ArrowUp"] * abs(there - here))

    def picks(self, name: str, value: str) -> None:
        """Picks one of several radio buttons: Space on the first, arrows to the others; by the mouse where it is far."""
        one, first = self.page.locator(f"[name={name!r}][value={value!r}]"), self.page.locator(f"[name={name!r}]").first
        if one.is_checked():
            return
        way = self._way(first)
        if way is None or abs(way) > NEAR or self.page.locator(f"[name={name!r}]:checked").count():
            self.clicks(one)
            return
        self.reaches(first)
        self.presses("Space")
        while not one.is_checked():
            self.presses("ArrowDown")

    def ticks(self, name: str) -> None:
        box = self.page.locator(f"[name={name!r}]")
        self.reaches(box)
        if not box.is_checked():
            self.presses("Space")

    def sends(self) -> None:
        """Sends the form: by Ctrl+Enter where that does it, else by its button."""
        with self.page.expect_navigation():
            if self.page.locator(BY_KEYS).count():
                self.presses("Control+Enter")
            else:
                self.clicks(self.page.locator(".actionbar button[type=submit]").first)

    def opens(self, code: str, action: str) -> None:
        """From a home to the form of an act on the first complaint of a list: straight where the line leads there, by
        keys where the line is near.
        """
        panel = self.page.locator(f"#{code}")
        straight = panel.locator(f".act a[href*='/{action}?'], .act form[action*='/{action}?'] button").first
        line = panel.locator("[data-rows] > *").first
        above = (
            line.evaluate("e => [...document.querySelectorAll('[data-rows] > *')].indexOf(e)") if line.count() else NEAR
        )
        if straight.count() and above < NEAR - 1:
            self.presses(*["j"] * (above + 1))
            at_once = straight.evaluate("e => e.tagName") == "BUTTON"
            self.presses("d") if at_once else self.goes_by("d")
            if at_once:
                self.goes_by("Enter")
            return
        with self.page.expect_navigation():
            self.clicks(straight if straight.count() else panel.locator(".act a, a.title").first)
        if not straight.count():
            self.act_by_letter(action)

    def act_by_letter(self, action: str) -> None:
        self.presses("a")
        act = self.page.locator(f"[data-acts] a[href*='/{action}'], [data-acts] form[action*='/{action}'] button").first
        letter = act.locator(".key-mark").inner_text()
        if act.evaluate("e => e.tagName") == "A":
            self.goes_by(letter)
        else:
            self.presses(letter)
            self.goes_by("Enter")

    def is_done(self) -> None:
        self.page.wait_for_timeout(100)
        problems = self.page.locator("#problems")
        assert problems.count() == 0, problems.inner_text()
        expect(self.page.locator(".alert-success").first).to_be_visible()


class Watch:
    """A desk, its people's windows, and the complaint on which the ten jobs are done."""

    def __init__(self, browser: Browser, live, folder: Path) -> None:
        self.browser, self.live = browser, live
        self.hands: dict[str, Hand] = {}
        self.play = Play(live.database, live.app.extensions["desk"].keys, folder / "desk" / "files", RECEIVED)
        self.costs: dict[str, Cost] = {}

    def hand(self, login: str) -> Hand:
        if login not in self.hands:
            context = self.browser.new_context(base_url=self.live.url, viewport={"width": 1280, "height": 900})
            context.set_default_timeout(15_000)
            page = watch(context.new_page())
            sign_in(page, login)
            self.hands[login] = Hand(page)
        return self.hands[login]

    def at_home(self, login: str) -> Hand:
        """Somebody at the page at which their day begins."""
        self.play.at += timedelta(minutes=20)
        self.live.move_to(self.play.at)
        hand = self.hand(login)
        hand.begins("/")
        if "sign-in" in hand.page.url:
            sign_in(hand.page, login)
            hand.begins("/")
        return hand

    def local(self, days: int) -> str:
        return (self.play.at + timedelta(days=days, hours=8)).strftime("%Y-%m-%dT%H:%M")

    def told(self, job: str) -> None:
        """What came of a job through the form goes on through the services."""
        with self.live.database.reading() as session:
            row = session.scalars(sa.select(Complaint).order_by(Complaint.id.desc())).first()
            assert row is not None, job
            self.play.complaint_id, self.play.number = row.id, row.number

    def run(self) -> dict[str, Cost]:
        """The ten jobs, one after the other; what stands between them is done by the services."""
        for name, (login, job) in JOBS.items():
            if name in BEFORE:
                BEFORE[name](self)
            hand = self.at_home(login)
            job(self, hand)
            self.costs[name] = replace(hand.cost)  # what comes after is not of this job
        faults = [fault for hand in self.hands.values() for fault in hand.page.faults]  # type: ignore[attr-defined]
        assert faults == []
        return self.costs


def _customer(hand: Hand) -> None:
    hand.types("customer_name", NAME)
    hand.reads_back("customer_name")
    hand.chooses("preferred_contact", "电话")
    hand.types("address", "江州市城东区云栖路 18 号 3 栋 1102 室")
    hand.reads_back("address")


def _story(watch: Watch, hand: Hand, what: str) -> None:
    hand.types("call_length", "9:12")
    hand.types("what", what)
    hand.reads_back("what")
    for name, text in (
        ("who", "装维师傅"),
        ("where", "家中"),
        ("occurred_at", watch.local(-1)),
        ("demand", "彻底修复"),
    ):
        hand.types(name, text)
    hand.reads_back("demand")


def _ends(hand: Hand) -> None:
    hand.types("product_symptom", "光猫频繁离线")
    hand.reads_back("product_symptom")
    hand.chooses("told_by", "电话")
    hand.sends()
    hand.is_done()


def register(watch: Watch, hand: Hand) -> None:
    hand.presses("g")
    hand.goes_by("n")
    hand.types("contact_phone", PHONE)
    hand.reads_back("contact_phone")
    _customer(hand)
    _story(watch, hand, "宽带每晚 19:30 起掉线，重启后十分钟又掉")
    hand.chooses("category", "宽带速率不达标")
    _ends(hand)
    watch.told("register")


def register_a_repeat(watch: Watch, hand: Hand) -> None:
    hand.presses("g")
    hand.goes_by("n")
    hand.types("contact_phone", PHONE)
    hand.reads_back("contact_phone")
    hand.presses("Tab")
    expect(hand.page.locator("#earlier .work li")).to_have_count(1)
    if hand.page.locator("#earlier [name=same_as]").count():
        hand.presses("F4", "F2")
        hand.reads_back("address")
    else:
        _customer(hand)
    _story(watch, hand, "修好两天后又掉线，晚间不能用")
    hand.chooses("category", "宽带速率不达标")
    _ends(hand)


def dispatch(watch: Watch, hand: Hand) -> None:
    hand.opens("to_dispatch", "send_order")
    hand.types("requirements", "查清晚高峰掉线原因")
    hand.types("handover_reason", "需上门测试")
    for code, text in ELEMENTS.items():
        hand.types(f"element-{code}", text)
    hand.sends()
    hand.is_done()


def appoint(watch: Watch, hand: Hand) -> None:
    hand.opens("to_appoint", "appoint")
    hand.chooses("owner", "卢向晨")
    hand.sends()
    hand.is_done()


def urge(watch: Watch, hand: Hand) -> None:
    hand.opens("watch", "urge")
    hand.is_done()


def report(watch: Watch, hand: Hand) -> None:
    hand.opens("mine", "note_progress")
    hand.types("text", "已到现场测速")
    hand.sends()
    hand.is_done()


def plan(watch: Watch, hand: Hand) -> None:
    hand.opens("mine", "submit_plan")
    hand.types("alternatives", "提速至 500M；未采用")
    hand.chooses("owner", "卢向晨")
    hand.types("expected_completion", watch.local(2))
    hand.types("compensation_amount", "178.00")
    hand.types("improvements", "割接须与扩容同批验收")
    hand.types("measure_0_text", "割接 64 户分流")
    hand.types("measure_0_amount", "178.00")
    hand.sends()
    hand.is_done()


def approve(watch: Watch, hand: Hand) -> None:
    hand.opens("to_approve", "approve")
    hand.types("approval_opinion_text", "分流先行，扩容不得再延")
    hand.sends()
    hand.is_done()


def call_back(watch: Watch, hand: Hand) -> None:
    hand.opens("to_call_back", "confirm_satisfied")
    hand.picks("resolved_flag", "yes")
    hand.picks("satisfaction", "5")
    hand.types("customer_opinion", "晚上不掉了")
    hand.sends()
    hand.is_done()


def print_dossier(watch: Watch, hand: Hand) -> None:
    page = hand.page
    with page.expect_navigation():
        hand.clicks(page.locator("#to_archive a.title, #to_archive .act a").first)
    short = page.locator("[data-key='p']")
    if short.count():
        hand.goes_by("p")
    else:
        with page.expect_navigation():
            hand.clicks(page.locator("a[href*='/dossier']").first)
    with page.expect_download(timeout=60_000):
        if page.locator(BY_KEYS).count():
            hand.presses("Control+Enter")
        else:
            hand.clicks(page.locator("#print button[type=submit]"))


def _facts(watch: Watch) -> None:
    watch.play.act("S016", "respond_first", way=ContactWay.PHONE, text="约定今晚上门")
    watch.play.act("S016", "record_evidence", evidence_type="system_record", text="OLT-07 上联口流量 97%")
    watch.play.act("S016", "submit_facts", facts="属实", root_cause="拥塞", cause_code="network_capacity",
                   fault="our_fault", responsible_party="技术支撑")  # fmt: skip


def _carry_out(watch: Watch) -> None:
    play = watch.play
    with watch.live.database.reading() as session:
        statement = "SELECT id FROM measure WHERE complaint_id = :id AND done_at IS NULL AND NOT dropped"
        measures = list(session.scalars(sa.text(statement), {"id": play.complaint_id}))
    for measure in measures:
        play.act("S016", "tick_measure", measure=str(measure), result="峰值降至 46%")
    play.act("S016", "communicate", way=ContactWay.PHONE, text="告知已分流")
    play.act("S016", "complete_measures", measure_results="已割接")
    play.act("S016", "tell_result", result_told_at=play.at + timedelta(minutes=40), result_channel=ContactWay.PHONE,
             customer_opinion="接受", apologised=True)  # fmt: skip


Job = Callable[[Watch, Hand], None]
JOBS: dict[str, tuple[str, Job]] = {
    "register": ("intake", register),
    "dispatch": ("dispatcher", dispatch),
    "appoint": ("s015", appoint),
    "urge": ("intake", urge),
    "report": ("s016", report),
    "plan": ("s016", plan),
    "approve": ("s015", approve),
    "call back": ("callback", call_back),
    "print": ("s028", print_dossier),
    "register a repeat": ("intake", register_a_repeat),
}
"""Job → whose it is and how it is done; one complaint goes through them in this order."""
BEFORE: dict[str, Callable[[Watch], None]] = {"plan": _facts, "call back": _carry_out}


@contextlib.contextmanager
def desk(folder: Path) -> Iterator[object]:
    """A fresh desk with its sample staff."""
    database = Database(f"sqlite:///{folder}/desk.sqlite")
    with_default_office(database)
    give_passwords(database)
    with listening(database, folder / "desk", SetClock(RECEIVED)) as live:
        yield live
    database.dispose()


def table(costs: dict[str, Cost]) -> str:
    """The costs as a table of Markdown."""
    rows = [f"| {name} | {' | '.join(map(str, cost.told))} |" for name, cost in costs.items()]
    return "\n".join(["| job | keys | clicks | pages | characters |", "| --- | ---: | ---: | ---: | ---: |", *rows])


def main() -> None:
    """Does the jobs and writes the table."""
    with (
        tempfile.TemporaryDirectory(prefix="desk-stopwatch-") as name,
        desk(Path(name)) as live,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        print(table(Watch(browser, live, Path(name)).run()))  # noqa: T201 (a command speaks to a terminal)
        browser.close()


if __name__ == "__main__":
    main()
