"""R3, R17: the pages of regrading: what changes is shown before it is confirmed, proposals wait in a list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backoffice.models.complaint import Complaint
from tests.support.forms import SAME_ORIGIN, token
from tests.support.played import Play

WHY = "写了很久的理由：媒体已到现场"


@pytest.fixture
def play(app, office, clock):
    """A complaint of technical support that S016 investigates."""
    desk = app.extensions["desk"]
    played = Play(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files")
    played.register()
    played.dispatch()
    clock.at = played.at
    return played


def row(play):
    with play.database.reading() as session:
        return session.get_one(Complaint, play.complaint_id)


def post(browser, play, action, **values):
    address = f"/complaints/{play.number}/{action}"
    page = browser.get(address)
    revision = re.search(r'name="revision"[^>]*value="(\d+)"', page.text)
    data = {"csrf_token": token(browser, "/account"), "revision": revision[1] if revision else "", **values}
    return browser.post(address, data=data, headers=SAME_ORIGIN)


def test_R3_what_changes_is_shown_and_only_the_confirmation_changes_it(play, sign_in):
    manager = sign_in("S003")
    shown = post(manager, play, "raise_to_major", regrade_reason=WHY)
    assert shown.status_code == 200
    for said in ("重大投诉流程 第 1 版", "全面调查", "专项小组", "应急响应", "系统记录", "12月14日"):
        assert said in shown.text, said
    assert row(play).severity == "general"
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown.text))
    assert hidden["regrade_reason"] == WHY
    assert post(manager, play, "raise_to_major", regrade_reason=WHY, confirmed="1").status_code == 302
    assert (row(play).severity, row(play).step) == ("major", "investigate")


def test_R3_going_back_from_there_loses_nothing(play, sign_in):
    again = post(sign_in("S003"), play, "raise_to_major", regrade_reason=WHY, edit="1")
    assert again.status_code == 200
    assert WHY in again.text
    assert 'id="problems"' not in again.text
    assert row(play).severity == "general"


def test_R3_what_is_refused_is_said_on_the_form_before_anything_is_shown(play, sign_in):
    manager = sign_in("S003")
    missing = post(manager, play, "raise_to_major", regrade_reason="")
    assert (missing.status_code, 'id="regrade_reason-error"' in missing.text) == (422, True)
    address = f"/complaints/{play.number}/raise_to_major"
    data = {"csrf_token": token(manager, "/account"), "revision": "1", "regrade_reason": WHY}
    outdated = manager.post(address, data=data, headers=SAME_ORIGIN)
    assert (outdated.status_code, WHY in outdated.text) == (409, True)


def test_R3_a_proposal_waits_on_the_page_and_in_the_managers_list_until_it_is_answered(play, sign_in, clock):
    play.act("S008", "regrade", severity="important", regrade_reason="十户以上")
    clock.at = play.at
    assert post(sign_in("S008"), play, "propose_regrade", severity="general", regrade_reason=WHY).status_code == 302
    manager = sign_in("S003")
    page = manager.get(f"/complaints/{play.number}").text
    assert WHY in page[page.index('id="h-proposal"') :][:1500]
    assert play.number in manager.get("/complaints?list=to_regrade").text
    shown = post(manager, play, "confirm_regrade")
    assert "一般投诉流程" in shown.text
    assert row(play).severity == "important"
    assert post(manager, play, "confirm_regrade", confirmed="1").status_code == 302
    assert row(play).severity == "general"
    assert play.number not in manager.get("/complaints?list=to_regrade").text


@pytest.mark.parametrize("severity", ["", "catastrophic", "major' OR 1=1"])
def test_R3_a_severity_that_is_none_is_refused_beside_its_field(play, sign_in, clock, severity):
    play.act("S008", "regrade", severity="important", regrade_reason="十户以上")
    clock.at = play.at
    answer = post(sign_in("S008"), play, "propose_regrade", severity=severity, regrade_reason=WHY)
    assert (answer.status_code, 'id="severity-error"' in answer.text, WHY in answer.text) == (422, True, True)
