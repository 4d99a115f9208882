"""Lists, homes, filters and the search (R13, R38): each holds exactly what its reader has to see to."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from policies.vocabulary import ContactWay
from tests.support.counting import statements
from tests.support.played import Play

STEPS = ("registered", "checking", "accepted", "at_network", "disputed", "investigating", "proposed", "told", "rework",
         "closed", "archived")  # fmt: skip

# Which of the complaints below stand in which list for whom. S005 registered all; S015 is head of technical support,
# S016 its handler; S012 is head of network, to which one order was sent and another disputed.
EXPECTED = {
    ("S005", "to_acknowledge"): {"registered", "checking"},
    ("S005", "to_check"): {"registered", "checking"},
    ("S005", "watch"): {"at_network", "disputed", "investigating", "proposed", "rework"},
    ("S006", "to_check"): set(),
    ("S006", "all"): set(),
    ("S004", "to_check"): {"registered", "checking"},
    ("S008", "to_dispatch"): {"accepted"},
    ("S008", "to_archive"): {"closed"},
    ("S008", "all"): set(STEPS),
    ("S012", "to_appoint"): {"at_network"},
    ("S012", "all"): {"at_network", "disputed"},
    ("S013", "mine"): set(),
    ("S015", "to_appoint"): set(),
    ("S015", "to_approve"): {"proposed"},
    ("S015", "department"): {"investigating", "proposed", "told", "rework"},
    ("S016", "mine"): {"investigating", "proposed", "rework"},
    ("S003", "to_decide"): {"disputed"},
    ("S003", "rework"): {"rework"},
    ("S003", "open"): set(STEPS) - {"closed", "archived"},
    ("S001", "to_approve"): {"proposed"},
    ("S011", "to_call_back"): {"told"},
    ("S022", "finished"): {"closed", "archived"},
    ("S028", "to_archive"): {"closed"},
    ("S029", "all"): set(STEPS),
}


class Day:
    """Complaints at every step, by the name of the step."""

    def __init__(self, app, office, clock) -> None:
        desk = app.extensions["desk"]
        self.office, self.keys, self.files = office, desk.keys, Path(desk.config["DATA_DIR"]) / "files"
        self.clock, self.numbers = clock, {}
        self.begin, self.count = clock.at, 0

    def play(self, **more) -> Play:
        played = Play(self.office, self.keys, self.files, self.begin)
        self.count += 1
        texts = {"contact_phone": f"138{self.count:08}", **more.pop("texts", {})}  # nobody complains twice
        played.register(uploads=(), texts=texts, **more)
        return played

    def at(self, step: str) -> Play:
        played = self.play()
        if step in ("checking", "accepted"):
            played.act("S005", "start_check")
        if step == "accepted":
            played.act("S005", "acknowledge", way=ContactWay.PHONE)
            played.act("S005", "accept")
        if step in ("at_network", "disputed"):
            to_network(played)
        if step == "disputed":
            played.act("S012", "raise_dispute", handover_reason="非本部门")
        if step in STEPS[5:]:
            played.dispatch()
        if step == "proposed":
            propose(played)
        if step in STEPS[7:]:
            played.handle()
            call_back(played, step)
        self.numbers[step] = played.number
        self.clock.at = max(self.clock.at, played.at)
        return played


def call_back(played: Play, step: str) -> None:
    if step == "rework":
        played.act("S011", "report_unsatisfied", callback_method=ContactWay.PHONE, resolved_flag=False, satisfaction=1,
                   dissatisfaction_reason="没好", new_demand="修好")  # fmt: skip
    elif step in ("closed", "archived"):
        played.act("S011", "confirm_satisfied", callback_method=ContactWay.PHONE, resolved_flag=True, satisfaction=5)
    if step == "archived":
        played.act("S028", "archive", lesson="先查上联")


def to_network(played: Play) -> None:
    played.act("S005", "acknowledge", way=ContactWay.PHONE)
    played.act("S005", "start_check")
    played.act("S005", "accept")
    elements = dict.fromkeys(
        ("customer_number", "pre_check_result", "speed_test", "device_model", "available_time"), "x1"
    )
    played.act("S008", "send_order", department=played.department("network"), requirements="查", handover_reason="需测试",
               deadline=played.at + timedelta(days=4), promised_time=played.at + timedelta(days=5), elements=elements)  # fmt: skip


def propose(played: Play) -> None:
    played.act("S016", "respond_first", way=ContactWay.PHONE, text="约定")
    played.act("S016", "record_evidence", evidence_type="system_record", text="97%")
    played.act("S016", "submit_facts", facts="属实", root_cause="拥塞", cause_code="network_capacity", fault="our_fault",
               responsible_party="技术支撑")  # fmt: skip
    played.plan("分流")


@pytest.fixture
def day(app, office, clock) -> Day:
    return Day(app, office, clock)


def listed(browser, code="", **more) -> list[str]:
    """The numbers on a page of a list, in their order."""
    query = urlencode({**({"list": code} if code else {}), **more})
    answer = browser.get(f"/complaints?{query}")
    assert answer.status_code == 200
    return re.findall(r'class="col-main"><span><a href="/complaints/(TS[\d-]+)[?"]', answer.text)


def test_R13_each_list_holds_exactly_what_waits_for_its_reader(day, sign_in):
    for step in STEPS:
        day.at(step)
    names = {number: step for step, number in day.numbers.items()}
    found = {}
    for code, wanted in EXPECTED:
        numbers = listed(sign_in(code), wanted, sort="received")
        assert len(numbers) == len(set(numbers))
        found[code, wanted] = {names[number] for number in numbers}
    assert found == EXPECTED
    _homes_agree(sign_in)


def _homes_agree(sign_in) -> None:
    """The figures on a home are those of the lists behind them."""
    seen = 0
    for code in ("S003", "S005", "S008", "S011", "S012", "S015", "S016", "S022", "S028"):
        browser = sign_in(code)
        home = browser.get("/", follow_redirects=True).text
        tiles = re.findall(r'class="tile[^"]*" href="/complaints\?list=(\w+)".*?class="value">(\d+)', home, re.DOTALL)
        assert tiles, code
        for wanted, count in tiles:
            answer = browser.get(f"/complaints?list={wanted}").text
            assert f"共 {count} 件" in answer, (code, wanted)
            assert len(listed(browser, wanted)) == int(count), (code, wanted)
            seen += int(count)
    assert seen > 20


@pytest.mark.parametrize(
    ("code", "view"),
    [("S005", "intake"), ("S004", "intake"), ("S008", "intake"), ("S016", "handling"), ("S012", "handling"), ("S011", "handling"),
     ("S022", "inspection"), ("S024", "inspection"), ("S003", "management"), ("S001", "management")],
)  # fmt: skip
def test_R13_everybody_is_led_into_their_own_view(sign_in, code, view):
    assert sign_in(code).get("/").location == f"/work/{view}"
    assert sign_in(code).get(f"/work/{view}").status_code == 200


def test_R39_a_view_of_others_is_refused_and_one_that_is_none_is_not_there(sign_in):
    assert sign_in("S016").get("/work/management").status_code == 403
    assert sign_in("S016").get("/work/nothing").status_code == 404


def test_R13_least_time_comes_first_and_what_is_late_says_so(day, sign_in, clock):
    late = day.play()
    day.begin += timedelta(hours=30)
    fresh = day.play()
    clock.at = day.begin
    browser = sign_in("S005")
    assert listed(browser, "to_acknowledge") == [late.number, fresh.number]
    assert listed(browser, "overdue") == [late.number]
    assert 'class="is-late"' in browser.get("/complaints?list=overdue").text
    assert "没有待办" in sign_in("S006").get("/complaints?list=overdue").text


def test_R38_a_filter_narrows_to_what_it_says(day, sign_in, office):
    day.at("registered")
    day.at("investigating")
    other = day.play(channel="website", category="bill_data_overage", call_started_at=None, call_seconds=None)
    browser = sign_in("S003")
    page = browser.get("/complaints?list=all").text

    def value(name: str, label: str) -> str:
        options = re.search(rf'<select[^>]*name="{name}".*?</select>', page, re.DOTALL)[0]
        return re.search(rf'value="([^"]+)"[^>]*>[\u3000\\s]*{label}<', options)[1]

    assert listed(browser, "all", status="registered") == [other.number, day.numbers["registered"]]
    assert listed(browser, "all", status="investigating") == [day.numbers["investigating"]]
    assert listed(browser, "all", channel=value("channel", "官方网站")) == [other.number]
    assert listed(browser, "all", department=value("department", "技术支持与装维部")) == [day.numbers["investigating"]]
    assert listed(browser, "all", severity="major") == []
    assert len(listed(browser, "all", **{"from": "2026-11-23", "to": "2026-11-23"})) == 3
    assert listed(browser, "all", **{"from": "2026-11-24"}) == []
    assert listed(browser, "all", to="2026-11-22") == []
    assert "没有找到" in browser.get("/complaints?list=all&severity=major").text


def test_R38_the_search_finds_by_number_phone_name_and_words_and_only_what_one_may_see(day, sign_in):
    found = day.play(texts={"customer_name": "欧阳静", "contact_phone": "13700001111", "what": "宽带掉线，机顶盒红灯"})
    day.play(texts={"customer_name": "李娜", "contact_phone": "13700002222", "what": "账单多收流量费"})
    browser = sign_in("S003")
    for asked in ("13700001111", "137 0000 1111", "+86 13700001111", "欧阳静", "红灯", "机顶盒"):
        assert listed(browser, q=asked) == [found.number], asked
    straight = browser.get(f"/complaints?q={found.number.lower()}")
    assert straight.location == f"/complaints/{found.number}"
    assert listed(browser, "all", q=found.number) == [found.number]
    for asked in ("欧阳", "1370000", "电视", "%", "_", "'"):
        assert listed(browser, q=asked) == [], asked
    assert listed(sign_in("S016"), q="欧阳静") == []
    assert sign_in("S016").get(f"/complaints?q={found.number}").status_code == 200


def test_R13_sixty_rows_are_paged_forward_and_back_without_gap_or_repeat(day, sign_in, app):
    for n in range(60):
        day.begin += timedelta(minutes=n % 3)  # several of the same moment
        day.play()
    day.clock.at = day.begin
    for sort in ("received", "due"):
        browser, seen, pages = sign_in("S003"), [], []
        address = f"/complaints?list=all&sort={sort}"
        while address:
            text = browser.get(address).text
            pages.append(re.findall(r'class="col-main"><span><a href="/complaints/(TS[\d-]+)[?"]', text))
            seen += pages[-1]
            address = _link(text, "next")
            back = _link(text, "prev")
        assert [len(page) for page in pages] == [20, 20, 20]
        assert len(set(seen)) == 60
        for page in reversed(pages[:-1]):
            text = browser.get(back).text
            assert re.findall(r'class="col-main"><span><a href="/complaints/(TS[\d-]+)[?"]', text) == page
            back = _link(text, "prev")
        assert back is None
    _asks_no_more(day, sign_in, app)


def _link(text: str, rel: str) -> str | None:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', text)
    return found[1].replace("&amp;", "&") if found else None


def _asks_no_more(day, sign_in, app) -> None:
    """However many complaints there are, a list and a home cost the same number of statements."""

    def counted(address: str) -> int:
        browser = sign_in("S003")
        browser.get(address)  # what is kept between requests is kept now
        with statements(app) as sent:
            assert browser.get(address).status_code == 200
            return len(sent)

    addresses = ("/complaints?list=all", "/work/management", "/complaints?list=all&q=宽带")
    before = [counted(address) for address in addresses]
    for _ in range(15):
        day.play()
    assert [counted(address) for address in addresses] == before
    assert before[0] <= 25
    assert before[1] <= 60


@pytest.mark.parametrize(
    "query",
    ["at=x", "at=n2026-11-23T00:00:00+00:00~0", "at=n2026-11-23~5", "at=p9999-12-31T23:59:59+00:00~" + "9" * 40, "at=n~", "list=no",
     "sort=number", "status=gone", "channel=-1", "channel=" + "9" * 30, "department=abc", "category=/1/x/", "category=%2f%2f",
     "from=2026-13-45", "to=0001-01-01", "from=9999-12-31", "due=never", "q=" + "%E6%8A%95" * 500, "q=%22%20OR%20%2A", "q=%EF%BF%BD",
     "owner=99999999999999999999", "at=n0001-01-01T00:00:00%2B14:00~1"],
)  # fmt: skip
def test_R39_a_bad_cursor_or_filter_gives_a_page_and_never_a_fault(sign_in, query):
    assert sign_in("S003").get(f"/complaints?{query}").status_code in (200, 400)
