"""R13, R26: a home answers what is to be done now: every count agrees with the list behind it, with few rows and with
more than are counted; the most urgent stand on it with what is to be done to each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape

import pytest
import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.jobs.demonstration import opening
from backoffice.models.office import Staff
from backoffice.services import office_keys
from tests.support import many_rows
from tests.support.databases import migrated, with_default_office
from tests.support.live import give_passwords
from tests.views.conftest import SignIn
from views.app import create_app

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)  # Friday 11:00 in Shanghai
A_FEW, VERY_MANY = 60, 2_600
BOUND = 99
PEOPLE = {
    "clerk": "S005", "shift lead": "S004", "dispatcher": "S008", "handler": "S013", "caller": "S011", "head": "S015",
    "manager": "S003", "executive": "S001", "inspector": "S022", "quality": "S024", "HR": "S025", "archivist": "S028",
    "auditor": "S029",
}  # fmt: skip
ROWS = {
    "/complaints": r'class="col-main"><span><a href="/complaints/(TS[\d~-]+)',
    "/inspection": r'<a class="title" href="/inspection/([\w-]+)',
    "/corrective": r'<a class="title" href="/corrective/([\w-]+)',
    "/training": r'<a href="/training/(?:entries|orders)?/?(\d+)"',
}
"""Path of a list → its rows."""
FURTHER = (r'rel="next" href="([^"]+)"', r'<div class="panel-foot"><a[^>]* href="([^"]+(?:after|before)=[^"]+)"')
COUNTS = (
    r'<a class="tile[^"]*" href="([^"]+)"><span class="label">[^<]*</span><span class="value">(\d+\+?)',
    r'<a class="end" href="([^"]+)">全部 (\d+\+?) 件',
    r'<dd><a href="([^"]+)">(\d+\+?)</a>',
    r'<a class="[^"]*" href="([^"]+)"[^>]*>(?:(?!</a>).)*<span class="count[^"]*">(\d+\+?)',
)
"""Every count of a home with its address: tiles, ends of panels, facts, the menu."""


class Office:
    """An office, and who looks at it."""

    def __init__(self, database, folder) -> None:
        give_passwords(database)
        config = {"DATA_DIR": str(folder), "DATABASE_URL": database.url, "CLOCK": SetClock(AT), "TESTING": True}
        self.app, self.database = create_app(config), database

    def sign_in(self, code: str):
        with self.database.reading() as session:
            staff = session.scalars(sa.select(Staff).where(Staff.code == code)).one()
        at, browser = int(AT.timestamp()), self.app.test_client()
        with browser.session_transaction() as cookie:
            cookie["staff"] = {"id": staff.id, "epoch": staff.session_epoch, "began": at, "seen": at, "keep": False}
        return browser


@pytest.fixture(scope="module")
def office_of_few(templates, tmp_path_factory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("homes")
    with templates.copy("sqlite", migrated, folder) as database:
        keys = office_keys.open_for(database, folder / "keys")
        opening.open_demonstration(database, keys, folder, AT, "demo-office-2026", print, complaints=A_FEW)
        yield Office(database, folder)


@pytest.fixture(scope="module")
def office_of_many(templates, tmp_path_factory) -> Iterator[Office]:
    """One with more in its piles than is counted."""
    folder = tmp_path_factory.mktemp("crowded")
    with templates.copy("sqlite", with_default_office, folder) as database, pytest.MonkeyPatch.context() as patch:
        patch.setattr(many_rows, "OPEN_SHARE", 0.8)
        many_rows.fill(database, office_keys.open_for(database, folder / "keys"), VERY_MANY, AT)
        yield Office(database, folder)


def counts(page: str) -> list[tuple[str, str]]:
    """Address → what is said that it holds."""
    found = [pair for pattern in COUNTS for pair in re.findall(pattern, page, re.DOTALL)]
    return [(unescape(address), count) for address, count in found]


def held(browser, address: str) -> int:
    """How many rows the list behind an address has, page by page; no further than past the bound."""
    pattern, seen = ROWS[re.split(r"[?#]", address)[0]], list[str]()
    while address and len(seen) <= BOUND:
        answer = browser.get(address)
        assert answer.status_code == 200, address
        seen += re.findall(pattern, answer.text)
        further = next((found for one in FURTHER if (found := re.search(one, answer.text))), None)
        address = unescape(further[1]) if further else ""
    assert len(seen) == len(set(seen)), address
    return len(seen)


def _agree(office: Office, code: str) -> set[str]:
    """Holds every count of a home against its list; what was said."""
    browser, said = office.sign_in(code), set()
    page = browser.get("/", follow_redirects=True)
    assert page.status_code == 200
    found = counts(page.text)
    assert found
    lists: dict[str, int] = {}
    for address, count in found:
        path = re.split(r"[?#]", address)[0]
        if path not in ROWS:
            assert browser.get(address, follow_redirects=True).status_code == 200, address
            continue
        if address not in lists:
            lists[address] = held(browser, address)
        assert count == (f"{BOUND}+" if lists[address] > BOUND else str(lists[address])), (code, address)
        said.add(count)
    return said


@pytest.mark.parametrize("code", PEOPLE.values(), ids=list(PEOPLE))
def test_R13_every_count_of_a_home_agrees_with_the_list_behind_it(office_of_few, code):
    assert _agree(office_of_few, code), "a home says some counts"


def test_R13_what_is_likely_next_stands_on_each_line_and_opens(office_of_few):
    seen = set()
    for code in PEOPLE.values():
        browser = office_of_few.sign_in(code)
        page = browser.get("/", follow_redirects=True).text
        for address in re.findall(r'<div class="act"><a class="btn[^"]*" href="(/complaints/[^"]+)"', page):
            assert browser.get(unescape(address)).status_code == 200, (code, address)
            seen.add(address.split("?")[0].split("/")[3:][0] if address.count("/") > 2 else "open")
    assert seen >= {"open", "send_order", "approve"}


def test_R13_from_a_home_one_goes_on_to_the_next_of_its_list(office_of_few):
    browser = office_of_few.sign_in("S008")
    page = browser.get("/", follow_redirects=True).text
    first = re.search(r'id="to_dispatch".*?<a class="title" href="([^"]+)"', page, re.DOTALL)
    assert first is not None
    assert 'rel="next"' in browser.get(unescape(first[1])).text


def test_R13_nothing_to_be_done_says_so_and_what_else_waits_stands_first(sign_in: SignIn):
    page = sign_in("S006").get("/work/intake").text
    assert "没有待办" in page
    assert 'class="tile tile-late"' not in page


def test_R13_a_manager_is_led_to_the_overview_and_a_shift_lead_to_the_blank_forms(sign_in: SignIn):
    assert 'href="/overview"' in sign_in("S003").get("/work/management").text.partition('class="actions"')[2]
    lead = sign_in("S004").get("/work/intake").text.partition('class="actions"')[2].partition("</div>")[0]
    assert "停机登记表" in lead


@pytest.mark.parametrize("code", PEOPLE.values(), ids=list(PEOPLE))
def test_R13_more_than_are_counted_are_said_to_be_more(office_of_many, code):
    said = _agree(office_of_many, code)
    if code in ("S002", "S003", "S005", "S008", "S011"):
        assert f"{BOUND}+" in said
