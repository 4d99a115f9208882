"""R1: what another system sends through a channel that waits for a clerk is a draft, and it may ask what became of it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.models.arrival import ArrivedDraft
from backoffice.models.complaint import Complaint
from backoffice.queries.actor import load_actor
from backoffice.services import arrivals, intake
from backoffice.services.core.intake_record import Registration
from backoffice.services.core.work import Work
from policies.access import Permission
from policies.vocabulary import Level, Severity
from tests.support.api import NEW, caller
from tests.support.played import TEXTS
from tests.support.scenes import staff

CHAT = {"channel": "wechat", "what": "宽带掉线", "customer_name": "欧阳静"}
FILE = {"name": "a.txt", "content": "eA=="}


def counted(office, model):
    with office.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model))


def work(app, session, code):
    desk = app.extensions["desk"]
    at = desk.clock.now()
    return Work(session, desk.keys, load_actor(session, staff(session, code).id), at, at)


def completed(app, draft, code="S002"):
    with app.extensions["desk"].database.writing() as session:
        mine = work(app, session, code)
        said = Registration(
            "wechat", "net_broadband_slow", Severity.GENERAL, Level.MEDIUM, Level.LOW, mine.at, texts=dict(TEXTS)
        )
        row, whole = arrivals.begin_completing(mine, draft, said)
        case = intake.register(mine, whole, by=Permission.COMPLAINT_TAKE)
        arrivals.completed(mine, row, case.complaint)
        return case.complaint.number


def test_R1_a_chat_needs_no_more_than_what_it_is_about_and_makes_no_complaint(app, office):
    answer = caller(app).post("/complaints", {**CHAT, "files": [FILE]})
    assert answer.status_code == 202, answer.text
    assert answer.location == answer.json["address"] == "/api/v1/drafts/1"
    assert (answer.json["state"], answer.json["number"]) == ("waiting", None)
    assert counted(office, Complaint) == 0


def test_R1_sent_twice_it_is_one_draft_with_the_same_answer(app, office):
    program = caller(app)
    first = program.post("/complaints", CHAT, key="one-and-the-same")
    again = program.post("/complaints", CHAT, key="one-and-the-same")
    assert (again.status_code, again.json, again.location) == (202, first.json, first.location)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert counted(office, ArrivedDraft) == 1


def test_R1_it_tells_the_number_once_a_clerk_has_completed_it(app):
    program = caller(app)
    draft = program.post("/complaints", CHAT).json["draft"]
    assert program.get(f"/drafts/{draft}").json["state"] == "waiting"
    number = completed(app, draft)
    told = program.get(f"/drafts/{draft}").json
    assert (told["state"], told["number"]) == ("completed", number)
    assert told["done_at"] is not None


def test_R1_it_tells_that_it_was_discarded_and_not_why(app):
    program = caller(app)
    draft = program.post("/complaints", CHAT).json["draft"]
    with app.extensions["desk"].database.writing() as session:
        arrivals.discard(work(app, session, "S002"), draft, "客户说是误发")
    answer = program.get(f"/drafts/{draft}")
    assert answer.json["state"] == "discarded"
    assert "误发" not in answer.text


def test_R39_nobody_else_is_told_of_a_draft_and_not_without_the_scope(app):
    draft = caller(app).post("/complaints", CHAT).json["draft"]
    assert caller(app, "S035").get(f"/drafts/{draft}").status_code == 404
    assert caller(app, scopes=("read", "act", "reveal")).get(f"/drafts/{draft}").status_code == 403
    assert caller(app).get("/drafts/999").status_code == 404


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"what": " "}, {"what"}),
        ({"received_at": "2026-11-24T09:30:00+08:00"}, {"received_at"}),
        ({"files": [{"name": "a.exe", "content": "TVqQAAMAAAAEAAAA"}]}, {"files.0"}),
        ({"colour": "red"}, {"colour"}),
    ],
)
def test_R1_what_cannot_even_be_a_draft_is_said_by_its_field(app, office, change, fields):
    answer = caller(app).post("/complaints", {**CHAT, **change})
    assert answer.status_code == 422, answer.text
    assert {one["field"] for one in answer.json["errors"]} == fields
    assert counted(office, ArrivedDraft) == 0


def test_R1_a_channel_that_does_not_wait_registers_at_once(app):
    assert caller(app).post("/complaints", NEW).status_code == 201
    assert caller(app).post("/complaints", {**CHAT, "channel": "mobile_app"}).status_code == 422
