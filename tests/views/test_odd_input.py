"""Every page and every act of the desk, with input that no page would send: none of them breaks.

It walks all routes there are, so that a new one is tried without anybody thinking of it.
"""

import re
from pathlib import Path

import pytest

from tests.support.forms import SAME_ORIGIN, TOKEN
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
