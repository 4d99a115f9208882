"""R26: the warnings of a complaint's clocks go out once each, to the right people, and never for a stopped clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.jobs import handlers, warnings_out
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.complaint import ClockRow
from backoffice.models.duty import Absence, ClockWarning, Duty
from backoffice.models.office import Staff
from backoffice.models.work import Outbox
from backoffice.queries import warnings_due
from backoffice.services.core.case import open_case
from backoffice.services.core.clocks import set_due
from policies.vocabulary import DutyKind
from tests.support.counting import statements_of
from tests.support.played import RECEIVED, Play
from tests.support.scenes import staff

DAY = timedelta(days=1)


@pytest.fixture
def played(office_database, tmp_path):
    return Play(office_database, Keys.fresh(), tmp_path)


@pytest.fixture
def shop(played):
    return Workshop(played.database, played.keys, SetClock(RECEIVED), played.files)


def local(text):
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def send(shop, at):
    shop.clock.at = at
    return warnings_out.send_due(shop)


def sent(played, clock=None):
    """(clock, step, when sent, codes of those it reached), in order."""
    with played.database.reading() as session:
        codes = dict(session.execute(sa.select(Staff.id, Staff.code)).all())
        rows = session.execute(
            sa.select(ClockWarning, ClockRow.code)
            .join(ClockRow, ClockRow.id == ClockWarning.clock_id)
            .order_by(ClockWarning.sent_at, ClockWarning.id)
        ).all()
        return [(code, row.step, row.sent_at, sorted(codes[one] for one in row.staff_ids))
                for row, code in rows if clock in (None, code)]  # fmt: skip


def test_R26_a_first_response_that_nobody_gives_climbs_its_ladder(played, shop):
    """Received on Monday at 10:00, by office hours of 08:30–12:00 and 13:30–18:00: half of eight working hours are over
    at 15:30, it is due on Tuesday at 10:00, and an hour later the managers are told.
    """
    played.register()
    for at in ("2026-11-23T15:29", "2026-11-23T15:30", "2026-11-24T09:59", "2026-11-24T10:00", "2026-11-24T10:30",
               "2026-11-24T11:00", "2026-11-24T11:30"):  # fmt: skip
        send(shop, local(at))
    assert [(step, at, to) for _, step, at, to in sent(played, "first_response")] == [
        ("before", local("2026-11-23T15:30"), ["S005"]),
        ("due", local("2026-11-24T10:00"), ["S004", "S005"]),
        ("after_manager", local("2026-11-24T11:00"), ["S002", "S003", "S009"]),
    ]


def test_R26_a_second_round_sends_nothing_again(played, shop):
    played.register()
    first = send(shop, RECEIVED + 3 * DAY)
    assert first > 0
    assert send(shop, RECEIVED + 3 * DAY) == 0
    with played.database.reading() as session:
        keys = list(session.scalars(sa.select(Outbox.key).where(Outbox.key.startswith("warning:"))))
    assert len(keys) == len(set(keys))


def test_R26_a_stopped_clock_warns_nobody(played, shop):
    played.register()
    played.act("S005", "acknowledge", way="phone", text="已受理")
    send(shop, RECEIVED + 10 * DAY)
    assert sent(played, "acknowledge") == []
    with played.database.reading() as session:
        stopped = sa.select(ClockRow).where(ClockRow.stopped_at.is_not(None), ClockRow.warn_at.is_not(None))
        assert session.scalars(stopped).all() == []


def test_R26_what_was_missed_while_no_worker_ran_goes_out_whole_and_in_order(played, shop):
    played.register()
    assert send(shop, RECEIVED + 30 * DAY) > 0
    assert [step for _, step, _, _ in sent(played, "resolve")] == ["before", "due", "after_manager", "after_senior"]


def test_R26_a_complaint_entered_long_after_it_came_in_warns_once_for_what_was_past(played, shop):
    played.register()
    with played.database.writing() as session:
        work = played.work(session, "S005")
        later = type(work)(session, played.keys, work.actor, work.at, RECEIVED + 300 * DAY, played.files)
        case = open_case(later, played.complaint_id)
        for row in session.scalars(sa.select(ClockRow)):
            row.warn_at = None
            set_due(case, row, row.due_at)
    send(shop, RECEIVED + 300 * DAY)
    steps = [(clock, step) for clock, step, _, _ in sent(played)]
    assert len(steps) == len({clock for clock, _ in steps})
    assert ("resolve", "after_senior") in steps
    assert ("acknowledge", "after_manager") in steps


def test_R26_an_extended_clock_keeps_what_went_out_and_sets_the_rest_anew(played, shop):
    played.register()
    with played.database.reading() as session:
        row = session.scalars(sa.select(ClockRow).where(ClockRow.code == "resolve")).one()
    send(shop, row.due_at - timedelta(minutes=1))
    assert [step for _, step, _, _ in sent(played, "resolve")] == ["before"]
    with played.database.writing() as session:
        work = played.work(session, "S005")
        case = open_case(work, played.complaint_id)
        held = session.get(ClockRow, row.id)
        assert set_due(case, held, row.due_at + 7 * DAY)
    assert send(shop, row.due_at + DAY) >= 0
    assert [step for _, step, _, _ in sent(played, "resolve")] == ["before"]
    send(shop, row.due_at + 7 * DAY)
    assert [step for _, step, _, _ in sent(played, "resolve")] == ["before", "due"]


def test_R26_outside_office_hours_the_manager_on_duty_is_told_besides(played, shop):
    """Acknowledge: 24 hours from Monday 10:00, so the first warning comes at 22:00, when the office is closed."""
    with played.database.writing() as session:
        session.add(Duty(kind=DutyKind.MANAGER, staff_id=staff(session, "S009").id,
                         begins_at=RECEIVED, ends_at=RECEIVED + DAY))  # fmt: skip
    played.register()
    send(shop, local("2026-11-23T22:00"))
    assert sent(played, "acknowledge") == [("acknowledge", "before", local("2026-11-23T22:00"), ["S005", "S009"])]


def test_R26_with_nobody_on_the_roster_every_duty_manager_is_told(played, shop):
    played.register()
    send(shop, local("2026-11-23T22:00"))
    assert [to for *_, to in sent(played, "acknowledge")] == [["S002", "S005", "S009"]]


def test_R13_a_stand_in_gets_the_warning_of_somebody_who_is_away(played, shop):
    with played.database.writing() as session:
        session.add(Absence(staff_id=staff(session, "S005").id, stand_in_id=staff(session, "S006").id,
                            begins_at=RECEIVED, ends_at=RECEIVED + 5 * DAY))  # fmt: skip
    played.register()
    send(shop, local("2026-11-23T16:00"))
    assert ["S006"] in [to for *_, to in sent(played)]
    assert not any("S005" in to for *_, to in sent(played))


def test_R26_the_owner_is_whoever_holds_the_step_when_the_warning_goes_out(played, shop):
    played.register()
    played.dispatch()
    with played.database.reading() as session:
        row = session.scalars(sa.select(ClockRow).where(ClockRow.code == "answer")).one()
    send(shop, row.due_at)
    (before, due) = [to for _, step, _, to in sent(played, "answer")]
    assert before[0] == "S016"
    assert {"S015", "S016"} <= set(due)


def test_R26_the_message_says_which_clock_of_which_complaint(played, shop):
    played.register()
    send(shop, local("2026-11-24T11:59"))
    with played.database.reading() as session:
        case = open_case(played.work(session, "S003"), played.complaint_id)
        manager = staff(session, "S003").id
        rows = session.scalars(sa.select(Outbox).where(Outbox.staff_id == manager)).all()
        texts = [case.seal.open_json(row.sealed, "outbox")["text"] for row in rows]
    assert [text for text in texts if played.number in text and "首次响应" in text and "已超 1 小时" in text], texts


def test_R26_with_nothing_due_a_ring_is_one_query(played, shop):
    played.register()
    with statements_of(played.database.engine) as counted:
        assert send(shop, RECEIVED) == 0
    assert len(counted) == 1


def test_R26_clocks_that_ran_before_warnings_were_kept_are_planned_once(played, shop):
    played.register()
    with played.database.writing() as session:
        wanted = dict(session.execute(sa.select(ClockRow.id, ClockRow.warn_at)).all())
        session.execute(sa.update(ClockRow).values(warn_at=None))
    handlers.plan_timed(shop)
    work_off(shop, {warnings_out.PLAN: warnings_out.plan_running})
    with played.database.reading() as session:
        assert dict(session.execute(sa.select(ClockRow.id, ClockRow.warn_at)).all()) == wanted


def test_R26_one_that_cannot_be_sent_stays_due_and_holds_no_other_up(played, shop, monkeypatch):
    played.register()
    with played.database.reading() as session:
        (first, *_) = warnings_due.due(session, RECEIVED + 30 * DAY, None, 1)
    real = warnings_out.warning.send

    def broken(work, complaint_id, clock_id):
        if clock_id == first.clock_id:
            raise RuntimeError("planted")
        return real(work, complaint_id, clock_id)

    monkeypatch.setattr(warnings_out.warning, "send", broken)
    assert send(shop, RECEIVED + 30 * DAY) > 0
    with played.database.reading() as session:
        assert [one.clock_id for one in warnings_due.due(session, RECEIVED + 30 * DAY, None, 9)] == [first.clock_id]


def test_R26_what_went_out_is_told_with_its_people_in_two_queries(played, shop):
    played.register()
    send(shop, local("2026-11-24T12:00"))
    with played.database.reading() as session, statements_of(played.database.engine) as counted:
        found = warnings_due.of_complaint(session, played.complaint_id)
    assert len(counted) == 2
    assert found[0].sent_at >= found[-1].sent_at
    assert {person.code for one in found for person in one.people} >= {"S003", "S004", "S005"}
