"""R1: what comes by the public form is registered like what a clerk enters; too much is held back, twice is once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.arrival import ArrivedDraft
from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.configuration import Channel, Setting
from backoffice.models.history import Event, ReferenceChange
from backoffice.models.office import Staff
from backoffice.models.public import PublicTry
from backoffice.queries import public_pages as queries
from backoffice.queries.actor import load_actor
from backoffice.queries.verification import verify
from backoffice.sealing import open_for_office
from backoffice.services import public_form, public_pages
from backoffice.services.core.office_sealed import DRAFT
from backoffice.services.core.public_tries import WaitError
from backoffice.services.core.work import Work
from backoffice.services.handling import act
from backoffice.services.intake import Registration
from policies.access import SYSTEM
from policies.public_pages import PublicPages
from policies.vocabulary import ContactWay, Level, Severity
from tests.support.played import RECEIVED, TEXTS, Play

KEYS = Keys.fresh()
ON = PublicPages(form=True, per_address=2, overall=3)


def sent(**more):
    texts = {**TEXTS, "severity_reason": "", **more.pop("texts", {})}
    return Registration(
        channel="website", category="net_broadband_slow", severity=None, urgency=Level.MEDIUM, impact=Level.LOW,
        received_at=more.pop("at", RECEIVED), texts=texts, preferred_contact=ContactWay.PHONE, **more,
    )  # fmt: skip


def work(session, at=RECEIVED, address="192.0.2.7"):
    return Work(session, KEYS, SYSTEM, at, at, None, address)


def send(database, token, at=RECEIVED, address="192.0.2.7", **more):
    """As the page does it: counted first, in a transaction of its own."""
    with database.reading() as session:
        before = public_form.before(session, KEYS, token)
    if before is not None:
        return before
    with database.writing() as session:
        public_form.admit(work(session, at, address), ON)
    with database.writing() as session:
        return public_form.receive(work(session, at, address), token, sent(at=at, **more))


def token(at=RECEIVED):
    return public_form.new_form(KEYS, at)


def count(database, model=Complaint):
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model))


def test_R1_a_complaint_of_the_public_form_is_nobodys_yet_and_says_how_it_came(office_database):
    receipt = send(office_database, token())
    with office_database.reading() as session:
        complaint = session.scalars(sa.select(Complaint)).one()
        event = session.scalars(sa.select(Event)).one()
        assert complaint.number == receipt.number == "TS20261123-0001"
        assert (complaint.channel.code, complaint.source) == ("website", "web_form")
        assert (complaint.registered_by_id, event.actor_id, event.action) == (None, None, "register")
        assert '"source":"web_form"' in event.body.replace(" ", "")
        assert verify(session, KEYS.chain).broken == []


def test_R1_it_can_be_taken_over_like_any_that_came_in_by_itself(office_database, tmp_path):
    send(office_database, token())
    play = Play(office_database, KEYS, tmp_path)
    play.at = RECEIVED + timedelta(hours=1)
    with office_database.writing() as session:
        complaint_id = session.scalar(sa.select(Complaint.id))
        act(play.work(session, "S005"), complaint_id, "take")
    with office_database.reading() as session:
        assert session.scalars(sa.select(Complaint)).one().registered_by_id is not None


def test_R1_the_same_complaint_by_a_clerk_and_by_its_customer_is_the_same_once_it_is_registered(
    office_database, tmp_path
):
    """But for who registered it, how it came, and what only a clerk on the phone can tick."""
    send(office_database, token())
    play = Play(office_database, KEYS, tmp_path)
    play.register(uploads=(), channel="website", texts={"contact_phone": "13900009999"}, elements={},
                  read_back=frozenset(), call_started_at=None, call_seconds=None, occurred_at=None, symptom=None,
                  bought_on=None, category="net_broadband_slow", urgency=Level.MEDIUM, impact=Level.LOW)  # fmt: skip
    with office_database.reading() as session:
        ours, theirs = session.scalars(sa.select(Complaint).order_by(Complaint.id))
        alike = ("channel_id", "category_id", "severity", "urgency", "impact", "priority", "process_id", "sla_id",
                 "step", "status", "received_at", "completeness", "confidential", "nth_complaint", "open")  # fmt: skip
        assert {name: getattr(ours, name) for name in alike} == {name: getattr(theirs, name) for name in alike}
        clocks = [
            [(one.code, one.due_at) for one in session.scalars(
                sa.select(ClockRow).where(ClockRow.complaint_id == row.id).order_by(ClockRow.code))]
            for row in (ours, theirs)
        ]  # fmt: skip
        assert clocks[0] == clocks[1] != []


def test_R3_the_criteria_grade_what_nobody_graded(office_database):
    """Of the third complaint within 30 days the criteria say: important (processes.yaml)."""
    for day in range(3):
        at = RECEIVED + timedelta(days=day)
        send(office_database, token(at), at=at)
    with office_database.reading() as session:
        rows = session.scalars(sa.select(Complaint).order_by(Complaint.id)).all()
        assert [one.severity for one in rows] == [Severity.GENERAL, Severity.GENERAL, Severity.IMPORTANT]


def test_R1_the_same_form_sent_again_gives_the_same_receipt(office_database):
    form = token()
    first = send(office_database, form)
    again = send(office_database, form, at=RECEIVED + timedelta(minutes=5), texts={"what": "别的话"})
    assert again == first
    assert count(office_database) == 1


def test_R1_a_form_sent_again_after_somebody_took_it_over_still_gives_its_receipt(office_database, tmp_path):
    form = token()
    first = send(office_database, form)
    play = Play(office_database, KEYS, tmp_path)
    with office_database.writing() as session:
        act(play.work(session, "S005"), session.scalar(sa.select(Complaint.id)), "take")
    assert send(office_database, form) == first


def test_R1_a_form_sent_twice_at_the_same_moment_makes_one_complaint(office_database):
    form = token()
    with ThreadPoolExecutor(2) as sending:
        first, second = sending.map(lambda _copy: send(office_database, form), (1, 2))
    assert first == second
    assert count(office_database) == 1


def test_R1_through_a_channel_whose_complaints_a_clerk_completes_it_arrives_as_a_draft(office_database):
    with office_database.writing() as session:
        session.execute(sa.update(Channel).where(Channel.code == "website").values(as_draft=True))
    form = token()
    first, again = send(office_database, form), send(office_database, form)
    assert (first.number, first) == ("", again)
    assert (count(office_database), count(office_database, ArrivedDraft)) == (0, 1)
    with office_database.reading() as session:
        row = session.scalars(sa.select(ArrivedDraft)).one()
        assert (row.way, row.by_id, row.received_at) == ("web_form", None, RECEIVED)
        said = json.loads(open_for_office(KEYS, row.sealed, DRAFT))
    assert said["customer_name"] == TEXTS["customer_name"]
    assert said["category"] == "net_broadband_slow"
    assert "severity" not in said


def test_R1_one_address_may_send_so_many_an_hour_and_then_is_told_how_long_to_wait(office_database):
    for minute in (0, 20):
        at = RECEIVED + timedelta(minutes=minute)
        send(office_database, token(at), at=at)
    at = RECEIVED + timedelta(minutes=30)
    with pytest.raises(WaitError) as held:
        send(office_database, token(at), at=at)
    assert (held.value.status, held.value.seconds) == (429, 30 * 60)
    assert held.value.refusals[0].params == {"n": 30}
    assert count(office_database) == 2
    at = RECEIVED + timedelta(minutes=60)
    assert send(office_database, token(at), at=at)


def test_R1_all_addresses_together_may_send_so_many_an_hour(office_database):
    for host in (1, 2, 3):
        send(office_database, token(), address=f"192.0.2.{host}")
    with pytest.raises(WaitError):
        send(office_database, token(), address="192.0.2.4")
    assert count(office_database) == 3


def test_R1_many_at_one_moment_are_not_let_in_together(office_database):
    def one(_number):
        try:
            return send(office_database, token())
        except WaitError:
            return None

    with ThreadPoolExecutor(4) as sending:
        found = list(sending.map(one, range(4)))
    assert sum(1 for receipt in found if receipt) == 2
    assert count(office_database) == 2


def test_R1_what_is_refused_counts_too_so_that_nobody_tries_for_nothing(office_database):
    for _time in range(2):
        with pytest.raises(DomainError) as refused:
            send(office_database, token(), texts={"contact_phone": "call me"})
        assert [one.field for one in refused.value.refusals] == ["contact_phone"]
    assert count(office_database) == 0
    with pytest.raises(WaitError):
        send(office_database, token())


@pytest.mark.parametrize("as_draft", [False, True])
def test_R1_the_same_form_sent_again_gives_its_receipt_also_when_no_more_are_let_in(office_database, as_draft):
    with office_database.writing() as session:
        session.execute(sa.update(Channel).where(Channel.code == "website").values(as_draft=as_draft))
    form = token()
    first = send(office_database, form)
    send(office_database, token())
    with pytest.raises(WaitError):
        send(office_database, token())
    assert send(office_database, form) == first
    assert count(office_database, PublicTry) == 4


def test_R1_who_waits_for_the_count_does_not_wait_for_anothers_registration(office_database):
    if office_database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer")
    with office_database.writing() as session:
        public_form.admit(work(session), ON)
    with office_database.writing() as session:
        public_form.receive(work(session), token(), sent())
        with office_database.writing() as other:
            public_form.admit(work(other, address="192.0.2.8"), ON)


def test_R39_no_address_is_kept_in_the_counts_and_none_of_them_longer_than_an_hour(office_database):
    send(office_database, token())
    with office_database.reading() as session:
        assert all("192.0.2" not in one for one in session.scalars(sa.select(PublicTry.subject)))
    at = RECEIVED + timedelta(hours=2)
    send(office_database, token(at), at=at)
    assert count(office_database, PublicTry) == 2


def test_R1_a_receipt_is_shown_for_a_day_and_cannot_be_made_up():
    receipt = public_form.Receipt("TS20261123-0001", RECEIVED)
    shown = public_form.receipt_address(KEYS, receipt, RECEIVED)
    assert public_form.receipt_of(KEYS, shown, RECEIVED + timedelta(hours=24)) == receipt
    assert public_form.receipt_of(KEYS, shown, RECEIVED + timedelta(hours=24, seconds=1)) is None
    assert public_form.receipt_of(Keys.fresh(), shown, RECEIVED) is None
    for forged in ("", "x", "é", shown[:-1], shown + "A", "A" * 400, token()):
        assert public_form.receipt_of(KEYS, forged, RECEIVED) is None
    assert public_form.made_at(KEYS, shown) is None


def actor(session, code="S030"):
    return load_actor(session, session.scalar(sa.select(Staff.id).where(Staff.code == code)))


def save(database, settings, code="S030"):
    with database.writing() as session:
        return public_pages.save(session, actor(session, code), RECEIVED, settings)


def test_R1_an_administrator_switches_the_form_on_and_the_log_says_who(office_database):
    assert save(office_database, ON)
    assert not save(office_database, ON)
    with office_database.reading() as session:
        assert queries.settings(session) == ON
        line = session.scalars(sa.select(ReferenceChange).where(ReferenceChange.subject == "public_pages")).one()
        assert line.changes == {
            "public_form": [False, True], "public_per_address": [20, 2], "public_overall": [300, 3]
        }  # fmt: skip


def test_R1_nobody_else_switches_it_on(office_database):
    with pytest.raises(DomainError) as refused:
        save(office_database, ON, "S005")
    assert refused.value.status == 403
    with office_database.reading() as session:
        assert session.get(Setting, "public_pages") is None


def test_R1_a_category_that_is_no_leaf_is_not_offered_for_not_sure(office_database):
    with pytest.raises(DomainError) as refused:
        save(office_database, replace(ON, unsure_category="network"))
    assert [one.field for one in refused.value.refusals] == ["unsure_category"]
    assert save(office_database, replace(ON, unsure_category="net_broadband_slow"))
