"""R34: turns of courses come onto the plan, people are reminded before and after the day, posts lapse after an absence;
who is not fit is named nowhere and does nothing, and is told so.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.configuration import Setting
from backoffice.models.duty import Absence
from backoffice.models.office import Role, Staff
from backoffice.models.training import Qualification, TrainingOrder
from backoffice.models.work import Outbox
from backoffice.queries import eligible
from backoffice.queries.actor import load_actor
from backoffice.queries.fitness import rules_of
from backoffice.services import intake
from backoffice.services import staff as staff_service
from backoffice.services import training as service
from backoffice.services import training_plan as plan
from backoffice.services.core import training
from backoffice.services.core.work import Work
from backoffice.services.handling import act
from backoffice.services.intake import Registration
from policies.access import Permission
from policies.fitness import Fitness
from policies.vocabulary_training import DueKind, DueSource, DueState, QualificationEnd
from tests.support.inspections import KEYS
from tests.support.offices import actor_of
from tests.support.played import Play
from tests.support.training import AT, HANDLER, TODAY, attended, course, newcomer, person, work_of


def turns(session, code, staff):
    of = sa.select(TrainingOrder).where(
        TrainingOrder.course_id == course(session, code).id, TrainingOrder.staff_id == staff.id
    )
    return [(row.due, row.state) for row in session.scalars(of.order_by(TrainingOrder.due))]


# The plan


def test_R34_every_course_is_planned_once_for_everybody_whom_it_concerns(office_database):
    with office_database.writing() as session:
        made = plan.plan_turns(work_of(session, None))
        assert made > 0
        assert plan.plan_turns(work_of(session, None)) == 0
        everybody = session.scalar(sa.select(sa.func.count()).select_from(Staff))
        of = sa.select(sa.func.count()).select_from(TrainingOrder)
        assert session.scalar(of.where(TrainingOrder.course_id == course(session, "privacy_refresh").id)) == everybody
        clerks = session.scalar(
            sa.select(sa.func.count()).select_from(Staff).join(Staff.roles).where(Role.code == "intake_clerk")
        )
        meeting = of.where(TrainingOrder.course_id == course(session, "monthly_meeting").id)
        assert session.scalar(meeting) == clerks
        assert session.scalar(of.where(TrainingOrder.source != DueSource.SCHEDULE)) == 0


def test_R34_the_next_turn_comes_after_the_last_is_done_and_a_missed_one_stays(office_database):
    with office_database.writing() as session:
        clerk = person(session, "S005")
        plan.plan_turns(work_of(session, None))
        assert turns(session, "monthly_meeting", clerk) == [(date(2026, 11, 30), DueState.OPEN)]
        attended(session, "monthly_meeting", TODAY, clerk.id)
        plan.plan_turns(work_of(session, None))
        done = (date(2026, 11, 30), DueState.DONE)
        assert turns(session, "monthly_meeting", clerk) == [done, (date(2026, 12, 31), DueState.OPEN)]
        plan.plan_turns(work_of(session, None, AT + timedelta(days=45)))
        missed, following = (date(2026, 12, 31), DueState.OPEN), (date(2027, 1, 31), DueState.OPEN)
        assert turns(session, "monthly_meeting", clerk) == [done, missed, following]


def test_R34_what_is_to_come_of_somebody_who_left_is_called_off(office_database):
    with office_database.writing() as session:
        clerk = person(session, "S005")
        plan.plan_turns(work_of(session, None))
        clerk.retired_at = AT
        session.flush()
        plan.plan_turns(work_of(session, None))
        assert turns(session, "monthly_meeting", clerk) == [(date(2026, 11, 30), DueState.CANCELLED)]


# Reminders


def test_R34_the_person_is_reminded_before_and_after_the_day_and_the_head_after_it(office_database):
    with office_database.writing() as session:
        staff = person(session)
        row = TrainingOrder(
            staff_id=staff.id,
            department_id=staff.department_id,
            kind=DueKind.TRAINING,
            hours=8,
            due=date(2026, 11, 30),
            source=DueSource.APPRAISAL,
            ordered_at=AT,
        )
        session.add(row)
        session.flush()
        sent = {}
        for shift in range(16):
            at = AT + timedelta(days=shift)
            today = at.date()
            assert row.id in plan.waiting(session, today, 0, 500)
            if key := plan.remind(work_of(session, None, at), row.id):
                sent[today.isoformat()] = key.partition(":")[0]
        assert sent == {
            "2026-11-23": "before_7",
            "2026-11-29": "before_1",
            "2026-12-01": "after_1",
            "2026-12-07": "after_7",
        }
        told = session.scalars(sa.select(Outbox.staff_id).where(Outbox.template == "training_notice")).all()
        head = staff.department.head_id
        assert [told.count(staff.id), told.count(head)] == [4, 2]
        row.state = DueState.DONE
        session.flush()
        assert plan.remind(work_of(session, None), row.id) is None


# Absence


def away(session, staff, first, last):
    session.add(
        Absence(
            staff_id=staff.id,
            begins_at=datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=8),
            ends_at=datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(hours=16),
        )
    )
    session.flush()


@pytest.mark.parametrize(("days", "lapses"), [(90, False), (91, True)])
def test_R34_more_than_90_days_away_and_the_exam_is_taken_again(office_database, days, lapses):
    with office_database.writing() as session:
        staff = person(session)
        first = date(2026, 8, 1)
        away(session, staff, first, first + timedelta(days=days - 1))
        ended = plan.lapse(work_of(session, None))
        assert (ended > 0) is lapses
        assert plan.lapse(work_of(session, None)) == 0
        found = training.standing(session, rules_of(session), [staff], TODAY)[staff.id]
        assert {fitness for _, fitness, _ in found} == {Fitness.ENDED if lapses else Fitness.RECOGNISED}
        if lapses:
            rows = session.scalars(sa.select(Qualification).where(Qualification.staff_id == staff.id)).all()
            assert {(row.ended_on, row.ended_why) for row in rows} == {
                (first + timedelta(days=90), QualificationEnd.ABSENCE)
            }
            attended(session, "entry_exam", TODAY, staff.id, score=81, role="handler")
            plan.lapse(work_of(session, None))
            found = training.standing(session, rules_of(session), [staff], TODAY)[staff.id]
            assert {role: fitness.is_fit for role, fitness, _ in found}["handler"]


# Without it, no work


def test_R34_who_is_not_fit_holds_nothing_of_the_post_but_the_reading(office_database):
    with office_database.writing() as session:
        staff = newcomer(session, "handler")
        actor = load_actor(session, staff.id, TODAY)
        assert Permission.INVESTIGATION_RECORD in actor.withheld
        assert actor.withheld.isdisjoint(actor.grants)
        assert Permission.COMPLAINT_VIEW in actor.grants
        assert load_actor(session, staff.id).withheld == frozenset()  # what is past does not ask
        service.recognise(work_of(session), staff.id, "handler", TODAY, "补登")
        assert load_actor(session, staff.id, TODAY).withheld == frozenset()


def test_R34_the_office_may_switch_the_demand_off(office_database):
    with office_database.writing() as session:
        staff = newcomer(session, "handler")
        row = session.get_one(Setting, "training")
        row.value = {**row.value, "required": False}
        session.flush()
        assert load_actor(session, staff.id, TODAY).withheld == frozenset()
        assert staff.id in set(session.scalars(eligible.owners(session, staff.department_id, TODAY)))


def test_R34_another_post_that_grants_the_same_is_enough(office_database):
    with office_database.writing() as session:
        staff = newcomer(session, "handler", "department_head")
        assert Permission.PLAN_WRITE in load_actor(session, staff.id, TODAY).grants


@pytest.mark.parametrize(
    ("role", "able"),
    [
        ("handler", lambda session, staff: eligible.owners(session, staff.department_id, TODAY)),
        ("callback_clerk", lambda session, _staff: eligible.callers(session, TODAY)),
        ("inspector", lambda session, _staff: eligible.inspectors(session, TODAY)),
    ],
)
def test_R34_who_is_not_fit_is_not_named_for_the_work(office_database, role, able):
    with office_database.writing() as session:
        staff = newcomer(session, role)
        assert staff.id not in set(session.scalars(able(session, staff)))
        service.recognise(work_of(session), staff.id, role, TODAY, "补登")
        assert staff.id in set(session.scalars(able(session, staff)))


def test_R34_who_is_not_fit_registers_nothing_and_is_told_what_to_do(office_database):
    with office_database.writing() as session:
        staff = newcomer(session, "intake_clerk")
        work = Work(session, KEYS, load_actor(session, staff.id, TODAY), AT, AT)
        nothing = object.__new__(Registration)
        with pytest.raises(DomainError) as refused:
            intake.register(work, nothing)
        assert [(one.key, one.status) for one in refused.value.refusals] == [("access.refused.unfit", 403)]


READING = {
    Permission.COMPLAINT_VIEW, Permission.ORDER_URGE, Permission.CUSTOMER_REVEAL, Permission.CUSTOMER_LOOKUP,
    Permission.ATTACHMENT_OPEN, Permission.APPEAL_SUBMIT, Permission.DOSSIER_PRINT, Permission.DOSSIER_ADD,
    Permission.PROGRESS_NOTE, Permission.SAMPLE_DRAW, Permission.APPEAL_DECIDE, Permission.CORRECTIVE_ASSIGN,
    Permission.CORRECTIVE_VERIFY, Permission.STATISTICS_VIEW,
}  # fmt: skip


@pytest.mark.parametrize("role", ["intake_clerk", "dispatcher", "handler", "callback_clerk", "inspector"])
def test_R34_whatever_the_post_no_intake_dispatch_handling_callback_or_inspection_without_it(office_database, role):
    with office_database.writing() as session:
        actor = load_actor(session, newcomer(session, role).id, TODAY)
        assert set(actor.grants) - READING == set()


def test_R34_an_account_made_in_the_console_is_not_fit_until_somebody_says_so(office_database):
    with office_database.writing() as session:
        department = person(session).department_id
        facts = staff_service.StaffFacts("n777", "新人", "Newcomer", department)
        admin = actor_of(session)
        made = staff_service.create(session, admin, AT, "N777", facts, role_codes=["intake_clerk"])
        assert Permission.COMPLAINT_REGISTER in load_actor(session, made.staff_id, TODAY).withheld
        staff_service.change(session, admin, AT, made.staff_id, replace(facts, fit_for_post=True))
        assert Permission.COMPLAINT_REGISTER in load_actor(session, made.staff_id, TODAY).grants


def test_R34_an_untrained_dispatcher_neither_checks_nor_acknowledges(office_database, tmp_path):
    play = Play(office_database, KEYS, tmp_path)
    play.register()
    with office_database.writing() as session:
        newcomer(session, "dispatcher", code="N009")
    for action in ("start_check", "acknowledge"):
        with office_database.writing() as session:
            actor = load_actor(session, person(session, "N009").id, TODAY)
            work = Work(session, KEYS, actor, play.at, play.at, tmp_path)
            with pytest.raises(DomainError) as refused:
                act(work, play.complaint_id, action, {})
        assert [one.key for one in refused.value.refusals] == ["access.refused.unfit"]


def test_R34_the_sample_staff_can_work(office_database):
    with office_database.reading() as session:
        people = session.scalars(sa.select(Staff.id)).all()
        assert {load_actor(session, one, TODAY).withheld for one in people} == {frozenset()}
        assert person(session, HANDLER).id in set(
            session.scalars(eligible.owners(session, person(session).department_id, TODAY))
        )
