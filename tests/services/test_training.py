"""R34: sessions written up bring entries to their end and open posts; coaching, signatures, qualifications by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.sampling import Coaching
from backoffice.models.training import Attendance, Qualification, TrainingOrder, TrainingSession
from backoffice.queries.actor import load_actor
from backoffice.queries.fitness import rules_of
from backoffice.services import training as service
from backoffice.services import training_sessions as sessions
from backoffice.services.core import training, training_orders
from backoffice.services.training import OrderFacts
from backoffice.services.training_sessions import SessionFacts
from policies.access import Permission
from policies.fitness import Fitness
from policies.training_entry import CoachingSays, Presence
from policies.vocabulary_appraisal import EffectKind
from policies.vocabulary_training import DueKind, DueSource, DueState, QualificationEnd, TrainingForm
from tests.support.inspections import KEYS
from tests.support.offices import changes_of, said
from tests.support.training import (
    AT,
    HANDLER,
    HEAD,
    TODAY,
    all_modules,
    attended,
    course,
    held,
    newcomer,
    person,
    work_of,
)

DUE = date(2026, 11, 30)


def ordered(session, kind=EffectKind.COACHING, hours=4, code=HANDLER):
    given = (person(session, code).id, kind, hours, DUE, "appraisal", 12)
    return training_orders.order(work_of(session, None), *given)


def posts(session, staff, on=TODAY):
    return {role: fitness for role, fitness, _ in training.standing(session, rules_of(session), [staff], on)[staff.id]}


# Sessions


def test_R34_a_session_is_planned_written_up_for_many_and_logged(office_database):
    with office_database.writing() as session:
        first, second = person(session, "S013").id, person(session, "S014").id
        row = held(session, "plan_and_compensation", TODAY, first, second)
        assert [one.present for one in row.attendance] == [None, None]
        rows = [
            Presence(first, present=True, hours=Decimal(4), score=Decimal(80)),
            Presence(second, present=False),
        ]
        sessions.write_up(work_of(session), row.id, rows, "讨论了三个案例", row.revision)
        found = {one.staff_id: (one.present, one.hours, one.exam_score, one.passed) for one in row.attendance}
        assert found == {first: (True, Decimal(4), Decimal(80), True), second: (False, Decimal(0), None, None)}
        assert training.opened(KEYS, row.sealed, training.SESSION) == {"findings": "讨论了三个案例"}
        assert "讨论".encode() not in row.sealed
        assert [change.action for change in changes_of(session, "training_session")] == ["create", "change"]


@pytest.mark.parametrize(("score", "passed"), [("79.99", False), ("80", True), ("100", True), ("0", False)])
def test_R34_an_exam_is_passed_from_80_points(office_database, score, passed):
    with office_database.writing() as session:
        staff = person(session)
        row = held(session, "plan_and_compensation", TODAY, staff.id)
        rows = [Presence(staff.id, present=True, hours=Decimal(4), score=Decimal(score))]
        sessions.write_up(work_of(session), row.id, rows, "", None)
        assert row.attendance[0].passed is passed


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"held_on": None}, [("held_on", "no_day")]),
        ({"held_on": TODAY - timedelta(days=1200)}, [("held_on", "day_out_of_reach")]),
        ({"hours": None}, [("hours", "hours")]),
        ({"hours": Decimal(0)}, [("hours", "hours")]),
        ({"hours": Decimal("NaN")}, [("hours", "hours")]),
        ({"form": None}, [("form", "no_form")]),
        ({"people": ()}, [("people", "nobody")]),
        ({"people": (99999,)}, [("people", "not_in_service")]),
        ({"course_id": None}, [("course_id", "no_course")]),
        ({"trainer": "x" * 121}, [("trainer", "too_long")]),
    ],
)
def test_R34_a_session_that_makes_no_sense_is_refused_beside_its_field(office_database, more, expected):
    with office_database.writing() as session:
        given = {
            "course_id": course(session, "monthly_meeting").id,
            "form": TrainingForm.CLASSROOM,
            "held_on": TODAY,
            "hours": Decimal(2),
            "people": (person(session).id,),
        }
        facts = SessionFacts(**{**given, **more})
        with pytest.raises(DomainError) as refused:
            sessions.plan_session(work_of(session), facts)
    assert said(refused) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"hours": Decimal(5), "score": Decimal(80)}, "row_hours"),
        ({"hours": None, "score": Decimal(80)}, "row_hours"),
        ({"hours": Decimal(4)}, "no_score"),
        ({"hours": Decimal(4), "score": Decimal("100.5")}, "score"),
    ],
)
def test_R34_what_is_written_up_makes_sense_for_everybody(office_database, row, expected):
    with office_database.writing() as session:
        staff = person(session)
        of = held(session, "plan_and_compensation", TODAY, staff.id)
        with pytest.raises(DomainError) as refused:
            sessions.write_up(work_of(session), of.id, [Presence(staff.id, present=True, **row)], "", None)
        assert [word for _, word in said(refused)] == [expected]
        assert said(refused)[0][0].endswith(f"-{staff.id}")


def test_R34_what_is_not_held_yet_is_not_written_up_and_what_is_written_up_not_called_off(office_database):
    with office_database.writing() as session:
        staff = person(session)
        coming = held(session, "monthly_meeting", TODAY + timedelta(days=1), staff.id)
        with pytest.raises(DomainError) as refused:
            sessions.write_up(work_of(session), coming.id, [], "", None)
        assert said(refused) == [(None, "not_yet_held")]
        sessions.cancel_session(work_of(session), coming.id, "讲师病假")
        done = attended(session, "monthly_meeting", TODAY, staff.id)
        with pytest.raises(DomainError) as refused:
            sessions.cancel_session(work_of(session), done.id, "误")
        assert said(refused) == [(None, "written_up")]


def test_R34_two_who_write_up_at_once_do_not_overwrite_each_other(office_database):
    with office_database.writing() as session:
        staff = person(session)
        row = held(session, "monthly_meeting", TODAY, staff.id)
        seen = row.revision
        there = [Presence(staff.id, present=True, hours=Decimal(2))]
        sessions.write_up(work_of(session), row.id, there, "", seen)
        with pytest.raises(DomainError) as refused:
            sessions.write_up(work_of(session), row.id, there, "", seen)
        assert said(refused) == [(None, "changed_meanwhile")]


# What is due


def test_R34_ordered_coaching_is_done_when_its_talks_add_up_and_keeps_problem_aim_agreement_and_review(office_database):
    with office_database.writing() as session:
        row = ordered(session)
        says = CoachingSays(TODAY, Decimal(2), "告知话术生硬", "先致歉再解释", "每周两通录音一起听", date(2026, 12, 7))
        service.coach(work_of(session), row.id, says)
        assert (row.state, row.hours_done) == (DueState.OPEN, Decimal(2))
        later = AT + timedelta(days=2)
        talk = CoachingSays(TODAY + timedelta(days=2), Decimal(2), "同上", "同上", "改进明显", date(2026, 12, 20))
        service.coach(work_of(session, at=later), row.id, talk)
        assert (row.state, row.done_on, row.passed) == (DueState.DONE, date(2026, 11, 25), True)
        assert training.opened(KEYS, row.sealed, training.ORDER)["agreed"] == "改进明显"
        assert b"\xe6\x94\xb9\xe8\xbf\x9b" not in row.sealed
        service.review(work_of(session, at=later), row.id)
        assert row.reviewed_on == date(2026, 11, 25)
        with pytest.raises(DomainError) as refused:
            service.review(work_of(session), row.id)
        assert said(refused) == [(None, "nothing_to_review")]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"problem": " "}, ("problem", "missing")),
        ({"aim": ""}, ("aim", "missing")),
        ({"agreed": "长" * 1001}, ("agreed", "too_long")),
        ({"review_on": None}, ("review_on", "no_review")),
        ({"review_on": TODAY}, ("review_on", "review_turned_round")),
        ({"held_on": TODAY + timedelta(days=1)}, ("held_on", "day_out_of_reach")),
        ({"hours": Decimal(81)}, ("hours", "hours")),
    ],
)
def test_R34_a_talk_without_what_the_record_holds_is_refused(office_database, more, expected):
    given = {
        "held_on": TODAY,
        "hours": Decimal(2),
        "problem": "p",
        "aim": "a",
        "agreed": "g",
        "review_on": date(2026, 12, 7),
    }
    with office_database.writing() as session:
        row = ordered(session)
        with pytest.raises(DomainError) as refused:
            service.coach(work_of(session), row.id, CoachingSays(**{**given, **more}))
        assert said(refused) == [expected]


def test_R34_a_head_coaches_the_own_people_and_nobody_elses(office_database):
    says = CoachingSays(TODAY, Decimal(4), "p", "a", "g", date(2026, 12, 7))
    with office_database.writing() as session:
        own, foreign = ordered(session), ordered(session, code="S005")
        service.coach(work_of(session, HEAD), own.id, says)
        assert own.state is DueState.DONE
        with pytest.raises(DomainError) as refused:
            service.coach(work_of(session, HEAD), foreign.id, says)
        assert refused.value.status == 403


def test_R34_an_ordered_coaching_is_a_time_in_which_more_records_are_drawn(office_database):
    with office_database.writing() as session:
        row = ordered(session)
        ordered(session)  # a second one at the same time begins no second
        (span,) = session.scalars(sa.select(Coaching))
        assert (span.since, span.until, span.order_id) == (TODAY, DUE, row.id)


def test_R34_ordered_hours_count_what_was_attended_for_them(office_database):
    with office_database.writing() as session:
        row = ordered(session, EffectKind.TRAINING, 8)
        attended(session, "handler_investigation", TODAY, row.staff_id, score=60)
        assert (row.state, row.hours_done, row.done_on) == (DueState.DONE, Decimal(8), TODAY)


def test_R34_a_course_ordered_for_several_is_done_by_each_for_oneself(office_database):
    with office_database.writing() as session:
        people = tuple(person(session, code).id for code in ("S013", "S014"))
        facts = OrderFacts(course(session, "privacy_refresh").id, people, DUE, DueSource.NEW_RULE)
        first, second = service.order_training(work_of(session), facts)
        attended(session, "privacy_refresh", TODAY, people[0])
        assert (first.state, second.state) == (DueState.DONE, DueState.OPEN)
        service.cancel_order(work_of(session), second.id, "已调岗")
        assert second.state is DueState.CANCELLED
        with pytest.raises(DomainError) as refused:
            service.cancel_order(work_of(session), second.id, "已调岗")
        assert said(refused) == [(None, "not_open")]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"due": TODAY - timedelta(days=1)}, [("due", "due_out_of_reach")]),
        ({"due": None}, [("due", "due_out_of_reach")]),
        ({"people": ()}, [("people", "nobody")]),
        ({"source": DueSource.SCHEDULE}, [("source", "no_source")]),
        ({"hours": None}, [("hours", "hours")]),
    ],
)
def test_R34_an_order_that_makes_no_sense_is_refused(office_database, more, expected):
    with office_database.writing() as session:
        given = {"course_id": None, "people": (person(session).id,), "due": DUE, "source": DueSource.NEW_RULE}
        facts = OrderFacts(**{"hours": Decimal(8), **given, **more})
        with pytest.raises(DomainError) as refused:
            service.order_training(work_of(session), facts)
    assert said(refused) == expected


def test_R34_a_score_put_right_opens_again_what_rested_on_it(office_database):
    with office_database.writing() as session:
        staff = newcomer(session, "handler")
        all_modules(session, staff.id, date(2026, 11, 20))
        exam = attended(session, "entry_exam", TODAY, staff.id, score=85, role="handler")
        assert posts(session, staff) == {"handler": Fitness.FIT}
        rows = [Presence(staff.id, present=True, hours=Decimal(0), score=Decimal(58))]
        sessions.write_up(work_of(session), exam.id, rows, "", None)
        assert posts(session, staff) == {"handler": Fitness.ENDED}


# Posts


def test_R34_forty_hours_and_the_exam_open_the_post_for_24_months(office_database):
    with office_database.writing() as session:
        staff = newcomer(session, "handler")
        assert posts(session, staff) == {"handler": Fitness.UNTRAINED}
        all_modules(session, staff.id, date(2026, 11, 20))
        assert posts(session, staff) == {"handler": Fitness.UNTRAINED}
        attended(session, "entry_exam", TODAY, staff.id, score=80, role="handler")
        (row,) = session.scalars(sa.select(Qualification).where(Qualification.staff_id == staff.id))
        assert (row.role_code, row.from_day, row.until_day) == ("handler", TODAY, date(2028, 11, 22))
        assert posts(session, staff) == {"handler": Fitness.FIT}
        assert posts(session, staff, date(2028, 11, 23)) == {"handler": Fitness.EXPIRED}


def test_R34_the_exam_without_the_hours_opens_nothing_until_the_hours_are_there(office_database):
    with office_database.writing() as session:
        staff = newcomer(session, "handler")
        attended(session, "entry_exam", date(2026, 11, 9), staff.id, score=90, role="handler")
        assert posts(session, staff) == {"handler": Fitness.UNTRAINED}
        all_modules(session, staff.id, date(2026, 11, 20))
        (row,) = session.scalars(sa.select(Qualification).where(Qualification.staff_id == staff.id))
        assert row.from_day == date(2026, 11, 20)


def test_R34_one_retake_after_three_days_then_the_training_anew(office_database):
    with office_database.writing() as session:
        staff = newcomer(session, "handler")
        all_modules(session, staff.id, date(2026, 11, 9))
        attended(session, "entry_exam", date(2026, 11, 10), staff.id, score=79, role="handler")
        with pytest.raises(DomainError) as refused:
            held(session, "entry_exam", date(2026, 11, 12), staff.id, role="handler")
        assert said(refused) == [("people", "wait")]
        attended(session, "entry_exam", date(2026, 11, 13), staff.id, score=79, role="handler")
        with pytest.raises(DomainError) as refused:
            held(session, "entry_exam", date(2026, 11, 20), staff.id, role="handler")
        assert said(refused) == [("people", "train_again")]


def test_R34_an_exam_names_the_post_that_it_is_for(office_database):
    with office_database.writing() as session, pytest.raises(DomainError) as refused:
        held(session, "entry_exam", TODAY, person(session).id, role="auditor")
    assert said(refused) == [("role_code", "no_post")]


def test_R34_whoever_the_account_calls_fit_keeps_the_other_posts_when_one_exam_is_taken(office_database):
    with office_database.writing() as session:
        staff = newcomer(session, "handler", "inspector")
        staff.fit_for_post = True
        assert posts(session, staff) == {"handler": Fitness.RECOGNISED, "inspector": Fitness.RECOGNISED}
        attended(session, "entry_exam", TODAY, staff.id, score=88, role="handler")
        assert posts(session, staff) == {"handler": Fitness.FIT, "inspector": Fitness.FIT}


def test_R34_an_exam_ordered_again_closes_the_post_until_it_is_passed(office_database):
    with office_database.writing() as session:
        staff = person(session)
        row = ordered(session, EffectKind.RETEST, None)
        assert row.kind is DueKind.RETEST
        assert set(posts(session, staff).values()) == {Fitness.RETEST}
        assert Permission.PLAN_WRITE in load_actor(session, staff.id, TODAY).withheld
        attended(session, "entry_exam", TODAY, staff.id, score=82, role="handler")
        assert row.state is DueState.DONE
        assert set(posts(session, staff).values()) == {Fitness.FIT}
        assert load_actor(session, staff.id, TODAY).withheld == frozenset()


def test_R34_only_the_exam_of_the_post_ends_the_demand_to_take_it_again(office_database):
    with office_database.writing() as session:
        staff = person(session)
        row = ordered(session, EffectKind.RETEST, None)
        attended(session, "entry_exam", TODAY, staff.id, score=99, role="callback_clerk")
        assert (row.role_code, row.state) == ("handler", DueState.OPEN)
        assert Permission.PLAN_WRITE in load_actor(session, staff.id, TODAY).withheld
        attended(session, "entry_exam", TODAY, staff.id, score=80, role="handler")
        assert row.state is DueState.DONE


@pytest.mark.parametrize(
    ("of_sheet", "asked"), [("inspector", "inspector"), ("shift_lead", "handler"), (None, "handler")]
)
def test_R34_the_post_of_a_retest_is_that_of_the_sheet_or_the_first_own_one_with_an_exam(
    office_database, of_sheet, asked
):
    with office_database.writing() as session:
        staff = newcomer(session, "inspector", "handler")
        given = (work_of(session, None), staff.id, EffectKind.RETEST, None, DUE, "appraisal", 12)
        assert training_orders.order(*given, role=of_sheet).role_code == asked


def test_R34_an_earlier_training_is_recognised_with_its_day_and_taken_away_with_a_reason(office_database):
    with office_database.writing() as session:
        staff = newcomer(session, "handler")
        row = service.recognise(work_of(session), staff.id, "handler", date(2026, 3, 1), "外聘，证书已核验")
        assert (row.from_day, row.until_day) == (date(2026, 3, 1), date(2028, 2, 29))
        assert posts(session, staff) == {"handler": Fitness.FIT}
        service.withdraw(work_of(session), row.id, "证书系伪造")
        assert (row.ended_on, row.ended_why) == (TODAY, QualificationEnd.WITHDRAWN)
        assert posts(session, staff) == {"handler": Fitness.ENDED}
        with pytest.raises(DomainError) as refused:
            service.withdraw(work_of(session), row.id, "再次")
        assert said(refused) == [(None, "ended_already")]


@pytest.mark.parametrize(
    ("role", "from_day", "reason", "expected"),
    [
        ("auditor", TODAY, "r", [("role_code", "no_post")]),
        ("handler", None, "r", [("from_day", "from_day")]),
        ("handler", TODAY + timedelta(days=1), "r", [("from_day", "from_day")]),
        ("handler", date(2024, 11, 22), "r", [("from_day", "from_day")]),  # would have expired
        ("handler", TODAY, " ", [("reason", "missing")]),
    ],
)
def test_R34_what_is_recognised_must_hold_today(office_database, role, from_day, reason, expected):
    with office_database.writing() as session:
        staff = newcomer(session, "handler")
        with pytest.raises(DomainError) as refused:
            service.recognise(work_of(session), staff.id, role, from_day, reason)
        assert said(refused) == expected


def test_R34_a_renewed_qualification_follows_the_old_one(office_database):
    with office_database.writing() as session:
        staff = newcomer(session, "handler")
        service.recognise(work_of(session), staff.id, "handler", date(2025, 1, 10), "旧证")
        attended(session, "entry_exam", TODAY, staff.id, score=95, role="handler")
        old, new = session.scalars(
            sa.select(Qualification).where(Qualification.staff_id == staff.id).order_by(Qualification.id)
        )
        assert (old.ended_on, old.ended_why) == (TODAY, QualificationEnd.RENEWED)
        assert (new.from_day, new.until_day) == (TODAY, date(2028, 11, 22))


# One's own file, and who may not


def test_R34_everybody_signs_for_oneself_and_a_changed_entry_is_signed_anew(office_database):
    with office_database.writing() as session:
        staff = person(session)
        row = attended(session, "monthly_meeting", TODAY, staff.id)
        (entry,) = row.attendance
        service.sign(work_of(session, HANDLER), entry.id)
        assert entry.signed_at == AT
        with pytest.raises(DomainError) as refused:
            service.sign(work_of(session, HEAD), entry.id)
        assert refused.value.status == 403
        sessions.write_up(work_of(session), row.id, [Presence(staff.id, present=True, hours=Decimal(1))], "", None)
        assert entry.signed_at is None


def test_R34_who_does_not_manage_training_changes_none(office_database):
    with office_database.writing() as session:
        staff = person(session)
        row = held(session, "monthly_meeting", TODAY, staff.id)
        order = ordered(session)
        mine = work_of(session, HANDLER)
        meeting = course(session, "monthly_meeting").id
        facts = SessionFacts(meeting, TrainingForm.CLASSROOM, TODAY, Decimal(2), (staff.id,))
        tried = (
            lambda: sessions.plan_session(mine, facts),
            lambda: sessions.add_people(mine, row.id, [staff.id]),
            lambda: sessions.write_up(mine, row.id, [], "", None),
            lambda: sessions.cancel_session(mine, row.id, "r"),
            lambda: service.order_training(mine, OrderFacts(meeting, (staff.id,), DUE, DueSource.NEW_RULE)),
            lambda: service.cancel_order(mine, order.id, "r"),
            lambda: service.coach(mine, order.id, CoachingSays(TODAY, Decimal(4), "p", "a", "g", DUE)),
            lambda: service.review(mine, order.id),
            lambda: service.recognise(mine, staff.id, "handler", TODAY, "r"),
        )
        for attempt in tried:
            with pytest.raises(DomainError) as refused:
                attempt()
            assert refused.value.status == 403
        counted = [session.scalar(sa.select(sa.func.count()).select_from(model)) for model in (
            TrainingSession, Attendance, TrainingOrder, Qualification)]  # fmt: skip
        assert counted == [1, 1, 1, 0]
