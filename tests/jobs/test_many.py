"""R40: an act on many complaints is done once for each, whoever is killed in between, and as the person may now (R39)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.errors import DomainError
from backoffice.jobs import many as doing
from backoffice.jobs.running import LEASE, Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.history import Event
from backoffice.models.many import ManyRun
from backoffice.models.office import StaffRole
from backoffice.models.work import Job
from backoffice.services import handling, many
from policies.message import Message
from policies.vocabulary import ContactWay
from tests.support.played import Play
from views import language

KEYS = Keys.fresh()
HANDLERS = {doing.KIND: doing.go_through}


class Case:
    """Some complaints that were just registered, and an order to acknowledge them."""

    def __init__(self, database, folder) -> None:
        self.database, self.plays = database, []
        for n in range(3):
            play = Play(database, KEYS, folder)
            play.register(texts={"contact_phone": f"1390000000{n}"})
            self.plays.append(play)
        self.clock = SetClock(play.at + timedelta(hours=1))
        self.shop = Workshop(database, KEYS, self.clock, folder, lambda message, to: language.say(message, to))

    def ask(self, revisions=None) -> int:
        items = revisions or {play.number: 0 for play in self.plays}
        first = self.plays[0]
        first.at = self.clock.at
        with self.database.writing() as session:
            job = many.ask(
                first.work(session, "S005"), "acknowledge", items, {"way": ContactWay.PHONE}, "zh_Hans", "form"
            )
            job.leased_until = None  # whoever asked was killed before they began
            return int(job.slot)

    def outcomes(self, run_id):
        with self.database.reading() as session:
            return [(one.number, one.done) for one in many.read(session.get_one(ManyRun, run_id), KEYS).outcomes]

    def acts(self) -> int:
        with self.database.reading() as session:
            rows = sa.select(sa.func.count()).select_from(Event).where(Event.action == "acknowledge")
            return session.scalar(rows)


@pytest.fixture
def case(office_database, tmp_path) -> Case:
    return Case(office_database, tmp_path)


def revisions_of(case) -> dict[str, int]:
    found = {}
    for play in case.plays:
        with case.database.reading() as session:
            found[play.number] = session.scalar(
                sa.text("SELECT revision FROM complaint WHERE number = :n"), {"n": play.number}
            )
    return found


def test_R40_a_worker_that_is_killed_in_between_leaves_what_is_done_and_another_does_the_rest(case, monkeypatch):
    run_id, real, count = case.ask(revisions_of(case)), handling.act, []

    def once_only(*args, **more):
        count.append(1)
        if len(count) == 2:
            raise KeyboardInterrupt
        return real(*args, **more)

    monkeypatch.setattr(doing.handling, "act", once_only)
    with pytest.raises(KeyboardInterrupt):
        work_off(case.shop, HANDLERS)
    assert case.acts() == len(case.outcomes(run_id)) == 1
    case.clock.at += LEASE + timedelta(seconds=1)
    assert work_off(case.shop, HANDLERS).done == 1
    assert case.outcomes(run_id) == [(play.number, True) for play in case.plays]
    assert case.acts() == 3


def test_R40_what_breaks_or_is_refused_is_told_and_holds_no_other_up(case, monkeypatch):
    seen = revisions_of(case)
    seen[case.plays[0].number] += 1
    run_id, real = case.ask(seen), handling.act

    def broken(work, complaint_id, *args, **more):
        if complaint_id == case.plays[1].complaint_id:
            raise ZeroDivisionError
        return real(work, complaint_id, *args, **more)

    monkeypatch.setattr(doing.handling, "act", broken)
    assert work_off(case.shop, HANDLERS).done == 1
    assert [done for _number, done in case.outcomes(run_id)] == [False, False, True]
    assert case.acts() == 1


def test_R39_who_lost_the_permission_meanwhile_does_nothing_any_more(case):
    run_id = case.ask(revisions_of(case))
    with case.database.writing() as session:
        session.execute(sa.delete(StaffRole).where(StaffRole.staff_id == case.plays[0].staff("S005")))
    work_off(case.shop, HANDLERS)
    assert {done for _number, done in case.outcomes(run_id)} == {False}
    assert case.acts() == 0


def test_R39_what_was_typed_and_answered_stands_nowhere_in_clear_and_goes_after_a_week(case):
    with case.database.writing() as session:
        work = case.plays[0].work(session, "S005")
        values = {"way": ContactWay.PHONE, "text": "\u6cf0\u5c71\u8def 7 \u53f7"}
        many.ask(work, "acknowledge", revisions_of(case), values, "zh_Hans", "other")
    with case.database.writing() as session:
        row, job = session.scalars(sa.select(ManyRun)).one(), session.scalars(sa.select(Job)).one()
        assert "\u6cf0\u5c71".encode() not in bytes(row.sealed)
        assert job.payload == {}
        assert many.read(row, KEYS).values == values
        job.leased_until = None
    work_off(case.shop, HANDLERS)
    case.clock.at += timedelta(days=8)
    doing.clear(case.shop, None)
    with case.database.reading() as session:
        assert session.scalars(sa.select(ManyRun)).all() == session.scalars(sa.select(Job)).all() == []


def test_R13_none_and_too_many_are_refused_as_a_whole(case):
    for items in ({}, {f"TS{n}": 0 for n in range(201)}):
        with case.database.writing() as session, pytest.raises(DomainError) as error:
            many.ask(case.plays[0].work(session, "S005"), "acknowledge", items, {}, "zh_Hans", "x")
        assert error.value.status == 422
        assert isinstance(error.value.refusals[0], Message)
