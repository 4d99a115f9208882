"""R11: disputes on the pages: what waits with its deadline, the figures of departments, and a decision that came too late."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.counting import statements
from tests.support.forms import SAME_ORIGIN, token
from tests.support.played import Play


@pytest.fixture
def play(app, office, clock):
    """An order of technical support that its head disputes: it should be the network department's."""
    desk = app.extensions["desk"]
    played = Play(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files")
    played.register()
    played.send()
    played.act("S015", "raise_dispute", handover_reason="端口在网络侧", claimed_department=played.department("network"))
    clock.at = played.at
    return played


def figures(page):
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', page, re.DOTALL)
    return {name: [int(one) for one in re.findall(r'class="num">(\d+)<', cells)] for name, cells in rows}


def test_R11_the_page_of_the_complaint_says_who_disputes_why_and_until_when(play, sign_in):
    page = sign_in("S003").get(f"/complaints/{play.number}").text
    waits = page[page.index('id="h-dispute"') :][:1500]
    for said in ("技术支持与装维部", "网络", "端口在网络侧", "17:30"):
        assert said in waits, said
    papers = sign_in("S003").get(f"/complaints/{play.number}?tab=orders").text
    assert "工单争议" in papers[papers.index('id="papers"') :]


def test_R11_the_list_to_decide_shows_the_deadline_of_the_decision(play, sign_in):
    page = sign_in("S003").get("/complaints?list=to_decide").text
    assert play.number in page
    assert "裁定期限" in page


def test_R11_managers_see_what_waits_and_the_figures_and_a_head_only_those_of_the_department(play, sign_in):
    page = sign_in("S003").get("/disputes").text
    assert play.number in page
    assert figures(page) == {"技术支持与装维部": [1, 0, 0, 0, 1, 0, 0], "网络部": [0, 0, 0, 0, 0, 1, 0]}
    mine = sign_in("S015").get("/disputes").text
    assert list(figures(mine)) == ["技术支持与装维部"]
    assert play.number not in mine


@pytest.mark.parametrize(
    ("query", "shown", "misread"),
    [
        ("", True, False),
        ("?from=2026-11-23&to=2026-11-23", True, False),
        ("?from=2026-11-24", False, True),  # begins after today
        ("?from=2025-01-01&to=2025-12-31", False, False),
        ("?from=x&to=2026-13-40", True, True),
        ("?from=2026-12-31&to=2026-01-01", True, True),
        ("?from=9999-01-01", True, True),
    ],
)
def test_R11_a_period_that_makes_no_sense_shows_this_year_and_says_so(play, sign_in, query, shown, misread):
    answer = sign_in("S003").get(f"/disputes{query}")
    assert answer.status_code == 200
    assert bool(figures(answer.text)) is (shown or misread)
    assert ("起止日期有误" in answer.text) is misread


def test_R11_what_a_manager_typed_is_not_lost_when_another_decided_first(play, sign_in):
    play.act("S015", "record_evidence", evidence_type="department_opinion", text="端口在网络侧")
    first, second = sign_in("S003"), sign_in("S001")
    address = f"/complaints/{play.number}/decide_dispute"
    revision = re.search(r'name="revision"[^>]*value="(\d+)"', second.get(address).text)[1]

    def decides(browser, department, reason):
        data = {"csrf_token": token(browser, "/account"), "revision": revision, "decision_reason": reason,
                "department": str(play.department(department))}  # fmt: skip
        return browser.post(address, data=data, headers=SAME_ORIGIN)

    assert decides(first, "network", "端口归网络部").status_code == 302
    late = decides(second, "billing", "写了很久的另一个理由")
    assert late.status_code == 409
    assert "写了很久的另一个理由" in late.text
    assert f'href="/complaints/{play.number}"' in late.text


def test_R11_the_page_asks_the_database_no_more_often_for_more_disputes(app, play, sign_in, clock):
    browser = sign_in("S003")
    browser.get("/disputes")
    with statements(app) as one:
        browser.get("/disputes")
    another = Play(play.database, play.keys, play.files, play.at)
    another.register(uploads=(), texts={"contact_phone": "13900008888"})
    another.send()
    another.act("S015", "raise_dispute", handover_reason="不属本部门")
    clock.at = another.at
    browser = sign_in("S003")  # the hours between have ended the session
    browser.get("/disputes")
    with statements(app) as two:
        assert another.number in browser.get("/disputes").text
    assert len(two) == len(one)
