"""Customer data in clear, once, with a reason and logged (R39); a record put right with its old values kept (R2, R40)."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.models.history import AccessEvent, Event
from backoffice.sealing import CaseSeal
from tests.support.filled import form_of
from tests.support.forms import SAME_ORIGIN, post, token
from tests.support.played import TEXTS, Play

NAME, PHONE = TEXTS["customer_name"], TEXTS["contact_phone"]


@pytest.fixture
def play(app, office, clock):
    """With its handler S016."""
    desk = app.extensions["desk"]
    played = Play(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files")
    played.register()
    played.dispatch()
    clock.at = played.at
    return played


def at(play, action):
    return f"/complaints/{play.number}/{action}"


def log(play):
    with play.database.reading() as session:
        rows = session.scalars(sa.select(AccessEvent).order_by(AccessEvent.sequence))
        return [(row.kind, row.complaint_id, row.body) for row in rows]


def test_R39_the_data_is_shown_once_after_a_reason_and_the_look_is_in_the_chain(sign_in, play):
    browser = sign_in("S016")
    asked = browser.get(at(play, "reveal"))
    assert NAME not in asked.text
    assert log(play) == []
    shown = post(browser, at(play, "reveal"), "/account", reason="约上门时间")
    assert shown.status_code == 200
    assert shown.headers["Cache-Control"] == "no-store"
    for secret in (NAME, PHONE, TEXTS["address"], TEXTS["email"]):
        assert secret in shown.text
    ((kind, complaint, body),) = log(play)
    assert (kind, complaint) == ("reveal", play.complaint_id)
    assert "约上门时间" not in body  # a reason may name the customer: it is sealed
    assert NAME not in browser.get(at(play, "reveal")).text


@pytest.mark.parametrize("reason", ["", "   ", "\u3000", "。。。"])
def test_R39_without_a_reason_nothing_is_shown_and_nothing_is_logged(sign_in, play, reason):
    answer = post(sign_in("S016"), at(play, "reveal"), "/account", reason=reason)
    assert answer.status_code == 422
    assert 'id="reason-error"' in answer.text
    assert NAME not in answer.text
    assert log(play) == []


@pytest.mark.parametrize(
    ("code", "status"), [("S013", 404), ("S012", 404), ("S011", 403), ("S022", 403), ("S029", 403), ("S030", 403)]
)
def test_R39_others_are_refused_whatever_they_say(sign_in, play, code, status):
    browser = sign_in(code)
    assert browser.get(at(play, "reveal")).status_code == status
    answer = post(browser, at(play, "reveal"), "/account", reason="好奇")
    assert answer.status_code == status
    assert PHONE not in answer.text
    assert log(play) == []


def test_R22_an_archived_complaint_can_be_looked_at_and_its_history_stays_as_it_is(sign_in, play, clock):
    play.handle()
    play.close()
    clock.at = play.at
    with play.database.reading() as session:
        before = session.scalar(sa.select(sa.func.count(Event.id)))
    assert NAME in post(sign_in("S016"), at(play, "reveal"), "/account", reason="客户来电").text
    with play.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Event.id))) == before


def correct(browser, play, **changes):
    """The form as it was filled by the desk, with some fields changed."""
    page = browser.get(at(play, "correct"))
    assert page.status_code == 200
    data = {**form_of(page.text), **changes}
    data["csrf_token"] = token(browser, "/account")
    return browser.post(at(play, "correct"), data=data, headers=SAME_ORIGIN)


def opened(play, app):
    with play.database.reading() as session:
        complaint = session.get(Complaint, play.complaint_id)
        seal = CaseSeal(play.keys, complaint.sealed_key, complaint.number)
        return (
            complaint,
            seal.open_json(complaint.sealed_record, "record"),
            seal.open_json(complaint.sealed_brief, "brief"),
        )


def private(play):
    """The sealed part of the newest event of the complaint."""
    with play.database.reading() as session:
        event = session.scalars(
            sa.select(Event).where(Event.complaint_id == play.complaint_id).order_by(Event.id.desc())
        ).first()
        complaint = session.get(Complaint, play.complaint_id)
        seal = CaseSeal(play.keys, complaint.sealed_key, complaint.number)
        sealed = base64.b64decode(json.loads(event.body)["sealed"])
        return event, seal.open_json(sealed, f"event:{event.sequence}")


def test_R2_a_correction_takes_the_new_value_and_the_history_keeps_the_old_one(sign_in, app, play):
    answer = correct(sign_in("S005"), play, contact_phone="13900009999", reason="客户更正号码")
    assert answer.status_code == 302, answer.text
    _, record, brief = opened(play, app)
    assert record["contact_phone"] == brief["phone"] == "13900009999"
    assert record["customer_name"] == NAME
    event, kept = private(play)
    assert event.action == "correct_record"
    assert kept["changes"]["contact_phone"] == {"old": PHONE, "new": "13900009999"}
    assert set(kept["changes"]) == {"contact_phone"}
    assert kept["reason"] == "客户更正号码"
    assert PHONE not in event.body
    assert json.loads(event.body)["facts"]["fields"] == ["contact_phone"]


def test_R2_the_corrected_complaint_is_found_by_its_new_phone_and_not_by_the_old_one(sign_in, play):
    correct(sign_in("S005"), play, contact_phone="13900009999", reason="客户更正号码")
    assert play.number in sign_in("S003").get("/complaints?q=13900009999").text
    assert play.number not in sign_in("S003").get(f"/complaints?q={PHONE}").text


def test_R39_opening_the_form_shows_data_in_clear_and_is_logged_as_a_look(sign_in, play):
    text = sign_in("S005").get(at(play, "correct")).text
    assert f'value="{PHONE}"' in text
    assert [kind for kind, *_ in log(play)] == ["reveal"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"contact_phone": "13900009999", "reason": ""}, "reason"), ({"contact_phone": "12", "reason": "x1"}, "contact_phone"),
     ({"what": "", "reason": "x1"}, "what"), ({"call_length": "long", "reason": "x1"}, "call_length"),
     ({"occurred_at": "2027-01-01T00:00", "reason": "x1"}, "occurred_at")],
)  # fmt: skip
def test_R2_what_is_refused_comes_back_with_what_was_typed(sign_in, app, play, changes, field):
    answer = correct(sign_in("S005"), play, demand="换一根光纤", **changes)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert "换一根光纤" in answer.text
    assert opened(play, app)[1]["contact_phone"] == PHONE


def test_R2_nothing_changed_is_said(sign_in, app, play):
    answer = correct(sign_in("S005"), play, reason="什么也没改")
    assert answer.status_code == 422
    assert 'id="problems"' in answer.text


@pytest.mark.parametrize(
    ("code", "status"), [("S016", 403), ("S011", 403), ("S006", 404), ("S012", 403), ("S030", 403)]
)
def test_R39_others_do_not_correct_and_do_not_see(sign_in, play, code, status):
    browser = sign_in(code)
    assert browser.get(at(play, "correct")).status_code == status
    data = {"csrf_token": token(browser, "/account"), "contact_phone": "13900009999", "reason": "x1"}
    answer = browser.post(at(play, "correct"), data=data, headers=SAME_ORIGIN)
    assert answer.status_code == status
    assert PHONE not in answer.text
    assert log(play) == []


def test_R22_an_archived_record_is_not_corrected(sign_in, app, play, clock):
    play.handle()
    play.close()
    clock.at = play.at
    browser = sign_in("S003")
    assert browser.get(at(play, "correct")).status_code in (403, 409)
    data = {"csrf_token": token(browser, "/account"), "contact_phone": "13900009999", "what": "x", "reason": "x1"}
    assert browser.post(at(play, "correct"), data=data, headers=SAME_ORIGIN).status_code in (403, 409)
    assert opened(play, app)[1]["contact_phone"] == PHONE


def test_R40_a_correction_on_an_old_state_is_told_so_and_keeps_what_was_typed(sign_in, app, play):
    browser = sign_in("S005")
    page = browser.get(at(play, "correct"))
    play.act("S008", "regrade", severity="important", regrade_reason="十户以上")
    data = {**form_of(page.text), "demand": "换一根光纤", "reason": "x1", "csrf_token": token(browser, "/account")}
    answer = browser.post(at(play, "correct"), data=data, headers=SAME_ORIGIN)
    assert answer.status_code == 409
    assert "换一根光纤" in answer.text
