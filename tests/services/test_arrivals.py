"""R1: what comes in by itself waits as a draft, once; one clerk completes it or says why no complaint comes of it."""

from __future__ import annotations

import json
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.arrival import ArrivedDraft, ArrivedFile
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Channel
from backoffice.models.handling import Attachment
from backoffice.models.history import AccessEvent, Event
from backoffice.queries.actor import load_actor
from backoffice.sealing import CaseSeal
from backoffice.services import arrivals, intake
from backoffice.services.core.intake_record import Registration
from backoffice.services.core.work import Work
from policies.access import Permission
from policies.arrival import DISCARDED_KEPT, DraftState
from policies.vocabulary import Level, Severity
from tests.support.arrived import FIELDS, PHOTO, RECEIVED, arrival
from tests.support.scenes import staff

KEYS = Keys.fresh()
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
MANAGER, DISPATCHER, CLERK = "S002", "S008", "S005"


@pytest.fixture
def desk(office_database, tmp_path):
    return Desk(office_database, tmp_path)


class Desk:
    """Doors that hand in, people who complete."""

    def __init__(self, database, files):
        self.database, self.files = database, files

    def arrive(self, **more):
        with self.database.writing() as session:
            return arrivals.arrive(arrivals.work_of_a_door(session, KEYS, NOW), arrival(**more)).id

    def work(self, session, code):
        actor = load_actor(session, staff(session, code).id)
        return Work(session, KEYS, actor, NOW, NOW, self.files, "192.0.2.7")

    def complete(self, draft_id, code=DISPATCHER, **changed):
        """As the page does it: in one transaction."""
        with self.database.writing() as session:
            work = self.work(session, code)
            row, whole = arrivals.begin_completing(work, draft_id, registration(**changed))
            case = intake.register(work, whole, by=Permission.COMPLAINT_TAKE)
            arrivals.completed(work, row, case.complaint)
            return case.complaint.number

    def rows(self, column, *where):
        with self.database.reading() as session:
            return list(session.scalars(sa.select(column).where(*where).order_by(column)))

    def waiting(self, code):
        with self.database.reading() as session:
            return arrivals.waiting(session, KEYS, load_actor(session, staff(session, code).id))

    def refused(self, act):
        with pytest.raises(DomainError) as found, self.database.writing() as session:
            act(session)
        return found.value.refusals[0].key


def registration(**changed):
    """What the clerk's form holds: minutes, and what the rules want besides."""
    texts = dict.fromkeys(("address", "email", "who", "where", "why", "product", "summary", "severity_reason"), "")
    said = {
        "channel": "email", "category": "net_broadband_slow", "severity": Severity.GENERAL, "urgency": Level.MEDIUM,
        "impact": Level.LOW, "received_at": RECEIVED.replace(second=0), "texts": {**texts, **FIELDS},
    }  # fmt: skip
    return Registration(**{**said, **changed})


def test_R1_the_default_office_says_which_channels_arrive_as_drafts(desk):
    """``office/channels.yaml``: a mail becomes a draft with its attachments, a bot's chat waits for a clerk."""
    assert set(desk.rows(Channel.code, Channel.as_draft)) == {"email", "wechat"}
    with desk.database.reading() as session:
        assert arrivals.waits_for_clerk(session, "wechat")
        assert not arrivals.waits_for_clerk(session, "mobile_app")
        assert not arrivals.waits_for_clerk(session, "no_such_channel")


def test_R1_a_draft_has_no_number_and_no_event_until_it_is_completed(desk):
    desk.arrive()
    assert desk.rows(Complaint.number) == []
    assert desk.rows(Event.id) == []


def test_R39_what_was_said_lies_sealed_and_is_listed_masked(desk):
    desk.arrive()
    with desk.database.engine.connect() as connection:
        everything = b"".join(
            bytes(value) for table in (ArrivedDraft, ArrivedFile)
            for row in connection.execute(sa.select(table.__table__)) for value in row if isinstance(value, bytes)
        )  # fmt: skip
    assert not any(word.encode() in everything for word in ("欧阳静", "13900004172", "光猫", "LOS red"))
    (shown,) = desk.waiting(DISPATCHER)
    assert (shown.customer, shown.phone, shown.files) == ("欧阳*", "139****4172", 1)
    assert "欧阳静" not in shown.summary
    assert "13900004172" not in shown.summary


def test_R39_who_asked_for_confidence_is_not_in_the_list_at_all(desk):
    desk.arrive(fields={**FIELDS, "confidential": True})
    (shown,) = desk.waiting(DISPATCHER)
    assert (shown.customer, shown.phone, shown.confidential) == ("", "", True)


def test_R40_that_a_draft_came_in_is_a_link_of_the_access_chain_without_what_was_said(desk):
    draft = desk.arrive()
    desk.arrive(key="<1@example.com>")
    desk.arrive(key="<1@example.com>")  # the same once more is no second arrival
    with desk.database.reading() as session:
        first, _second = session.scalars(sa.select(AccessEvent).order_by(AccessEvent.sequence)).all()
        assert (first.kind, first.actor_id) == ("draft_arrived", None)
        facts = json.loads(first.body)["facts"]
    assert facts == {"draft": draft, "way": arrival().way.value, "channel": arrival().channel}


def test_R1_what_comes_twice_under_one_key_is_the_draft_that_came_first(desk):
    first = desk.arrive(key="<1@example.com>")
    assert desk.arrive(key="<1@example.com>", fields={"what": "另一封"}) == first
    assert desk.arrive(key="<2@example.com>") != first
    desk.complete(first)
    assert desk.arrive(key="<1@example.com>") == first


def test_R1_two_copies_at_one_moment_are_one_draft(desk):
    together = Barrier(2)

    def send(_copy):
        together.wait(timeout=10)
        return desk.arrive(key="<1@example.com>")

    with ThreadPoolExecutor(2) as sending:
        first, second = sending.map(send, (1, 2))
    assert first == second
    assert desk.rows(ArrivedDraft.id) == [first]


def test_R1_what_says_nothing_or_comes_from_the_future_is_no_draft(desk):
    with pytest.raises(DomainError) as found:
        desk.arrive(channel="carrier_pigeon", fields={"what": " ? "}, received_at=NOW + timedelta(minutes=1))
    assert {one.field for one in found.value.refusals} == {"what", "received_at", "channel"}
    assert desk.rows(ArrivedDraft.id) == []


def test_R1_completed_it_is_one_complaint_with_its_door_files_and_second(desk):
    draft = desk.arrive()
    number = desk.complete(draft)
    with desk.database.reading() as session:
        made = session.scalars(sa.select(Complaint)).one()
        assert (made.number, made.source, made.source_key) == (number, "email", f"draft-{draft}")
        assert made.received_at == RECEIVED
        assert made.registered_by_id == staff(session, DISPATCHER).id
        row = session.get(ArrivedDraft, draft)
        assert (row.state, row.complaint_id) == (DraftState.COMPLETED, made.id)
        assert row.sealed is None
        assert session.scalars(sa.select(ArrivedFile)).all() == []
        event = session.scalars(sa.select(Event).where(Event.complaint_id == made.id)).first()
        assert event is not None
        assert session.scalars(sa.select(Attachment.media_type)).all() == [PHOTO.media_type]
    assert desk.rows(AccessEvent.kind) == ["draft_arrived", "draft_completed"]


def test_R40_what_the_clerk_put_otherwise_is_kept_with_the_first_event(desk):
    desk.complete(desk.arrive(), texts={**registration().texts, "what": "宽带晚间掉线"})
    with desk.database.reading() as session:
        made = session.scalars(sa.select(Complaint)).one()
        event = session.scalars(sa.select(Event).where(Event.complaint_id == made.id).order_by(Event.sequence)).first()
        seal = CaseSeal(KEYS, made.sealed_key, made.number)
        sealed = b64decode(json.loads(event.body)["sealed"])
        private = json.loads(seal.open(sealed, f"event:{event.sequence}"))
    assert private["original"] == {"what": FIELDS["what"]}


def test_R1_two_clerks_complete_one_draft_and_one_complaint_comes_of_it(desk):
    draft, together, outcomes = desk.arrive(), Barrier(2), []

    def complete(code):
        together.wait(timeout=10)
        try:
            outcomes.append(desk.complete(draft, code))
        except DomainError as error:
            outcomes.append(error.refusals[0].key)

    with ThreadPoolExecutor(2) as working:
        list(working.map(complete, (DISPATCHER, MANAGER)))
    assert len(desk.rows(Complaint.id)) == 1
    assert sorted(outcomes) == sorted([*desk.rows(Complaint.number), "arrivals.refused.completed"])


def test_R1_a_registration_that_is_refused_leaves_the_draft_waiting(desk):
    draft = desk.arrive()
    with pytest.raises(DomainError):
        desk.complete(draft, category="no_such_category")
    assert len(desk.waiting(DISPATCHER)) == 1
    assert len(desk.rows(ArrivedFile.id)) == 1


def test_R1_a_draft_is_for_those_who_take_over_in_the_department_of_its_channel(desk):
    """The mail's department is the dispatch desk; the front desk's clerk takes what comes to the front desk."""
    mail, chat = desk.arrive(), desk.arrive(channel="wechat")
    assert {one.row.id for one in desk.waiting(MANAGER)} == {mail, chat}
    assert {one.row.id for one in desk.waiting(CLERK)} == {chat}
    foreign = desk.refused(lambda session: arrivals.open_clear(desk.work(session, CLERK), mail))
    assert foreign == "arrivals.refused.unknown"
    nobody = desk.refused(lambda session: arrivals.open_clear(desk.work(session, "S016"), mail))
    assert nobody == "access.refused.permission"


def test_R39_opening_a_draft_or_its_file_is_in_the_access_log(desk):
    draft = desk.arrive()
    with desk.database.writing() as session:
        opened = arrivals.open_clear(desk.work(session, DISPATCHER), draft)
        assert opened.fields["customer_name"] == "欧阳静"
        ((file_id, name),) = opened.files
        found = arrivals.open_file(desk.work(session, DISPATCHER), draft, file_id)
        assert (name, found) == (PHOTO.name, PHOTO)
    assert desk.rows(AccessEvent.kind) == ["draft_arrived", "draft_file_opened", "draft_opened"]


def test_R1_discarded_with_a_reason_nothing_comes_of_it_and_it_is_erased_in_time(desk):
    draft = desk.arrive()
    assert desk.refused(lambda session: arrivals.discard(desk.work(session, DISPATCHER), draft, " ")) == (
        "arrivals.refused.reason"
    )
    with desk.database.writing() as session:
        arrivals.discard(desk.work(session, DISPATCHER), draft, "广告邮件")
    assert desk.waiting(DISPATCHER) == []
    with pytest.raises(DomainError) as found:
        desk.complete(draft)
    assert found.value.refusals[0].key == "arrivals.refused.discarded"
    with desk.database.writing() as session:
        assert arrivals.erase_discarded(session, NOW + DISCARDED_KEPT - timedelta(seconds=1), 50) == 0
    with desk.database.writing() as session:
        assert arrivals.erase_discarded(session, NOW + DISCARDED_KEPT, 50) == 1
    with desk.database.reading() as session:
        row = session.get(ArrivedDraft, draft)
        assert (row.sealed, row.sealed_reason) == (None, None)
        assert session.scalars(sa.select(ArrivedFile)).all() == []


def test_R1_a_discarded_draft_is_listed_with_who_and_why_and_can_be_made_to_wait_again(desk):
    draft = desk.arrive()
    with desk.database.writing() as session:
        arrivals.discard(desk.work(session, DISPATCHER), draft, "广告邮件")
    with desk.database.reading() as session:
        of = {code: load_actor(session, staff(session, code).id) for code in (MANAGER, DISPATCHER, "S013", "S030")}
        listed = {code: arrivals.discarded(session, KEYS, actor, NOW) for code, actor in of.items()}
        assert [[(one.by.code, one.reason) for one in rows] for rows in listed.values()] == [
            [(DISPATCHER, "广告邮件")], [(DISPATCHER, "广告邮件")], [], [],
        ]  # fmt: skip
        assert "欧阳静" not in listed[MANAGER][0].shown.summary
        assert arrivals.discarded(session, KEYS, of[MANAGER], NOW + DISCARDED_KEPT) == []
    with desk.database.writing() as session:
        opened, _gone = arrivals.open_discarded(desk.work(session, MANAGER), draft)
        assert opened.fields["customer_name"] == "欧阳静"
        assert arrivals.open_file(desk.work(session, MANAGER), draft, opened.files[0][0]).content == PHOTO.content
    with desk.database.writing() as session:
        row = arrivals.take_back(desk.work(session, MANAGER), draft)
        assert (row.state, row.done_at, row.sealed_reason) == (DraftState.WAITING, None, None)
    assert [one.row.id for one in desk.waiting(DISPATCHER)] == [draft]
    assert desk.refused(lambda session: arrivals.take_back(desk.work(session, MANAGER), draft)) == (
        "arrivals.refused.waits"
    )
    assert "draft_taken_back" in desk.rows(AccessEvent.kind)
    assert desk.complete(draft) == "TS20261123-0001"
    assert desk.refused(lambda session: arrivals.take_back(desk.work(session, MANAGER), draft)) == (
        "arrivals.refused.completed"
    )


def test_R39_a_discarded_draft_that_has_had_its_time_is_neither_read_nor_taken_back(desk):
    draft = desk.arrive()
    with desk.database.writing() as session:
        arrivals.discard(desk.work(session, DISPATCHER), draft, "广告邮件")
    with desk.database.writing() as session:
        arrivals.erase_discarded(session, NOW + DISCARDED_KEPT, 50)
    for act in (arrivals.open_discarded, arrivals.take_back):
        assert desk.refused(lambda session, act=act: act(desk.work(session, MANAGER), draft)) == (
            "arrivals.refused.discarded"
        )


def test_R1_only_who_handed_a_draft_in_is_told_what_became_of_it(desk):
    with desk.database.writing() as session:
        draft = arrivals.arrive(desk.work(session, CLERK), arrival(channel="wechat")).id
    with desk.database.reading() as session:
        assert arrivals.brought(desk.work(session, CLERK), draft)[1] is None
    number = desk.complete(draft, MANAGER, channel="wechat")
    with desk.database.reading() as session:
        assert arrivals.brought(desk.work(session, CLERK), draft)[1] == number
    stranger = desk.refused(lambda session: arrivals.brought(desk.work(session, MANAGER), draft))
    assert stranger == "arrivals.refused.unknown"
