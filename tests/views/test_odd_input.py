"""Every page and every act of the desk, with input that no page would send: none of them breaks.

It walks all routes there are, so that a new one is tried without anybody thinking of it.
"""

import re
from pathlib import Path

import pytest

from backoffice.services import appeals, corrective
from tests.support.access_calibration import add_sessions
from tests.support.appealed import publish
from tests.support.forms import SAME_ORIGIN, TOKEN
from tests.support.inspections import HANDLER, Inspected
from tests.support.lots import draw_lots
from tests.support.played import Play

MANAGER, ADMINISTRATOR, INTAKE = "S003", "S030", "S005"
ODD = ("x", "-1", "9" * 30, "1,2", "%00", "%ff", "%f0%9f%98%80", "a" * 300, "'\"<b>", "%2e%2e")
NAMES = ("page", "id", "list", "sort", "at", "q", "text", "status", "severity", "priority", "category", "channel",
         "department", "owner", "due", "from", "to", "received_from", "received_to", "next", "url", "search", "filter",
         "filter_value", "flt0_0", "desc", "page_size", "tab", "language", "year", "name", "query", "kind", "full")  # fmt: skip
QUERIES = ["?" + "&".join(f"{name}={value}" for name in NAMES) for value in ODD[1:7]]
QUERIES += ["?id=1&" + "&".join(f"{name}=0" for name in NAMES if name != "id"), "?id=1&id=2", "?" + "a" * 5000, "?&&=="]
FIELDS = ("name", "name_zh", "name_en", "code", "reason", "text", "number", "amount", "phone", "what", "category", "channel",
          "received_at", "severity", "rowid", "action", "id", "password", "login", "version", "days", "hours", "on", "until",
          "year", "document", "file", "valid_from", "kind", "parent", "department")  # fmt: skip
APART = {"sign_in.sign_out", "sign_in.enter"}  # they would end the walk, or be throttled


@pytest.fixture
def number(app):
    """The number of a registered complaint: pages of complaints have one to show."""
    desk = app.extensions["desk"]
    play = Play(desk.database, desk.keys, Path(desk.config["DATA_DIR"]) / "files", desk.clock.now())
    play.register(uploads=())
    return play.number


def addresses(app, method, number, values):
    """Each route that takes a method; each value in its places, and a number that there is."""
    for rule in app.url_map.iter_rules():
        if method not in rule.methods or rule.endpoint in APART or rule.endpoint.endswith("static"):
            continue
        for value in values if "<" in rule.rule else values[:1]:
            for known in {number, value} if "<number>" in rule.rule else {number}:
                yield re.sub(r"<[^>]+>", value, rule.rule.replace("<number>", known))


def broken_by(browser, wanted):
    """The addresses that answer with a fault of the desk."""
    found = []
    for address in wanted:
        with browser.get(address) as answer:
            if answer.status_code >= 500:
                found.append(address[:150])
    return found


@pytest.mark.parametrize("code", [MANAGER, ADMINISTRATOR])
def test_no_page_breaks_whatever_stands_in_its_address(app, sign_in, number, code):
    walk = list(addresses(app, "GET", number, ODD))
    assert len(walk) > 60
    assert broken_by(sign_in(code), walk) == []


@pytest.mark.parametrize("code", [MANAGER, ADMINISTRATOR])
def test_no_page_breaks_whatever_stands_in_its_query(app, sign_in, number, code):
    walk = [address + query for address in addresses(app, "GET", number, ["register"]) for query in QUERIES]
    assert broken_by(sign_in(code), walk) == []


@pytest.mark.parametrize("code", [MANAGER, ADMINISTRATOR, INTAKE])
@pytest.mark.parametrize("value", ["", "9" * 30, "2026-13-45T99:99", "\U0001f600" * 50 + ",;\r\n"])
def test_no_act_breaks_whatever_is_posted_to_it(app, sign_in, number, code, value):
    browser = sign_in(code)
    token = TOKEN.search(browser.get("/account").text)[1]
    fields = dict.fromkeys(FIELDS, value) | {"csrf_token": token, "next": "/"}
    broken = []
    for address in addresses(app, "POST", number, ["check", "x"]):
        for query in ("", "?id=1") if address.startswith("/settings/") and code == ADMINISTRATOR else ("",):
            answer = browser.post(address + query, data=fields, headers=SAME_ORIGIN)
            if answer.status_code >= 500:
                broken.append(address + query)
    assert broken == []


# Inspections: with one in every state, so that their pages have something to show -------------------------------------

INSPECTING = ("/inspection", "/my-inspections", "/corrective-actions", "/coaching", "/training", "/my-training")
ASKED = ("list", "after", "before", "card", "plan", "months", "month", "period", "source", "cause", "item", "result",
         "inspector", "subject", "department", "status", "when", "since", "until", "from", "to", "focus", "kind")  # fmt: skip
SAID = ("revision", "to", "why", "text", "reason", "reasons", "items", "result", "ground", "summary", "by_script", "plan",
        "period", "seed", "count", "mark-rec_basic", "value-rec_basic", "remark-rec_basic", "first", "last", "number", "month", "owner", "title", "type",
        "source", "due_at", "staff_id", "since", "ends_on", "action_number", "discussion", "cancel_reason", "card",
        "complaint", "seen", "effect", "root_cause", "expected_effect")  # fmt: skip
UNKNOWN = ("0", "-1", "9" * 30, "x", "%00", "%f0%9f%98%80")


@pytest.fixture
def known(app, office, clock):
    """Numbers and ids that there are: inspections to score, published and appealed, a draw, a lot, an action, a session."""
    desk = app.extensions["desk"]
    scene = Inspected(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files").archived()
    published = publish(scene)
    appealed = publish(scene, inspector="S023")
    scene.do(HANDLER, appeals.submit, appealed, ["tim_steps"], "在时限内")
    waiting = scene.drawn("S024", blind=True)
    action = {"source": "audit", "type": "sales_control", "title": "复核", "root_cause": "无", "expected_effect": "有",
              "owner": scene.play.staff(HANDLER)}  # fmt: skip
    action_number = scene.do("S024", corrective.assign, action).number
    with office.writing() as session:
        draw_lots(session, {"technical_support": 100})
        add_sessions(session, "S024", scene.play.number)
    clock.at = scene.at
    return (published, appealed, waiting, action_number, "JZ2026-001", "JZ2026-002", "1")


def inspecting(app, method, values):
    """The routes about inspections that take a method, each with each value in its places."""
    for rule in app.url_map.iter_rules():
        if method in rule.methods and rule.rule.startswith(INSPECTING):
            for value in values if "<" in rule.rule else values[:1]:
                yield re.sub(r"<[^>]+>", value, re.sub(r"<act>", "finish", rule.rule))


def gone_through(browser, app, known, queries):
    """What of the pages of inspections breaks, with each query and with what there is not in the address."""
    walk = [address + query for address in inspecting(app, "GET", known) for query in queries]
    walk += inspecting(app, "GET", UNKNOWN)
    assert len(walk) > 150
    return broken_by(browser, walk)


@pytest.mark.parametrize("code", ["S024", HANDLER])
def test_R28_no_page_of_inspections_breaks_whatever_is_asked_of_it(app, sign_in, known, code):
    mixed = "?" + "&".join(f"{name}={ODD[1:7][place % 6]}" for place, name in enumerate(ASKED))
    assert gone_through(sign_in(code), app, known, [mixed]) == []


@pytest.mark.long
@pytest.mark.parametrize("code", ["S022", "S024", HANDLER])
def test_R28_no_page_of_inspections_breaks_whatever_is_asked_of_it_in_full(app, sign_in, known, code):
    queries = ["", *("?" + "&".join(f"{name}={value}" for name in ASKED) for value in ODD[1:7]), "?" + "a" * 5000]
    assert gone_through(sign_in(code), app, known, queries) == []


def posted_to(browser, app, places, value):
    """The acts on inspections that break when every field holds this value."""
    fields = dict.fromkeys((*FIELDS, *SAID), value) | {"csrf_token": TOKEN.search(browser.get("/account").text)[1]}
    walk = list(inspecting(app, "POST", places))
    return [one for one in walk if browser.post(one, data=fields, headers=SAME_ORIGIN).status_code >= 500]


@pytest.mark.parametrize("code", ["S024", HANDLER])
def test_R28_no_act_on_inspections_breaks_whatever_is_posted_to_it(app, sign_in, known, code):
    assert posted_to(sign_in(code), app, (*known, "0"), "\U0001f600" * 50 + ",;\r\n\0") == []


@pytest.mark.long
@pytest.mark.parametrize("value", ["", "9" * 30, "-1", "2026-13-45T99:99", "\U0001f600" * 50 + ",;\r\n\0"])
@pytest.mark.parametrize("code", ["S022", "S024", HANDLER])
def test_R28_no_act_on_inspections_breaks_whatever_is_posted_to_it_in_full(app, sign_in, known, code, value):
    assert posted_to(sign_in(code), app, (*known, *UNKNOWN), value) == []
