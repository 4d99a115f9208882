"""R31: every indicator of ``appraisal.yaml`` counts what its lines say, on both databases, from bare rows told in a line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
import sqlalchemy as sa

from backoffice.models.appraisal import AppraisalPeriod, StaffPost
from backoffice.models.complaint import ClockRow, ComplaintPerson, WorkOrder
from backoffice.models.configuration import Category
from backoffice.queries.indicators import COUNTING, Part, counts_for, drill, every, figures, month_of, window_of
from policies.appraisal import parse_scheme, score_of
from policies.indicator import IN_HOURS, INTAKE_ROLES, Figure, parse_indicators, value_of
from policies.vocabulary import CaseFunction, Fault, Outcome, Severity
from policies.vocabulary_appraisal import IndicatorUnit, PeriodState, SubjectKind
from tests.support.counted import CLOSED, RECEIVED, Counted
from tests.support.told_cases import SHANGHAI, local, office

PERSON, DEPARTMENT = SubjectKind.PERSON, SubjectKind.DEPARTMENT
OFFICE = parse_indicators(office("appraisal"))
SEPTEMBER = month_of("2026-09", SHANGHAI, local("2026-10-10T12:00"))
OF_COMPLAINTS = (
    "on_time_rate", "acknowledge_rate", "first_response_rate", "first_response_hours", "satisfaction_score",
    "satisfaction_rate", "resolution_rate", "repeat_rate", "rework_rate", "first_contact_rate", "intake_completeness",
    "dispatch_accuracy", "dispatch_hours", "avoidable_dispatch_rate", "appoint_rate", "answer_rate",
    "callback_on_time_rate", "callback_reach_rate",
)  # fmt: skip


@pytest.fixture
def session(office_database):
    with office_database.writing() as session:
        yield session
        session.rollback()


@pytest.fixture
def past(session):
    return Counted(session)


def level_of(code):
    return PERSON if counts_for(code, PERSON) else DEPARTMENT


def left_out(session, code, complaint_id, window=SEPTEMBER):
    """Why a complaint is left out; an empty set where it counts, None where it has no part at all."""
    level = level_of(code)
    rows = [
        row for part in (Part.DENOMINATOR, Part.LEFT_OUT) for row in every(session, code, window, level, part=part)
        if row.complaint_id == complaint_id
    ]  # fmt: skip
    return {row.left_out.value for row in rows if row.left_out} if rows else None


def figure(session, code, subject, window=SEPTEMBER, level=None):
    level = level or level_of(code)
    return figures(session, code, window, level).get(subject)


def share(hits, n):
    return Figure(Fraction(hits), Fraction(n), n)


# The registry is the office's document


def test_R31_every_indicator_of_the_office_is_counted_and_no_other():
    assert list(COUNTING) == list(OFFICE)


@pytest.mark.parametrize("code", OFFICE)
def test_R31_an_indicator_is_counted_for_the_levels_that_the_office_names(code):
    assert {level for level in SubjectKind if counts_for(code, level)} == set(OFFICE[code].levels)


@pytest.mark.parametrize("code", OFFICE)
def test_R31_a_month_in_which_nothing_happened_has_no_figures(session, code):
    for level in OFFICE[code].levels:
        assert figures(session, code, SEPTEMBER, level) == {}
        assert drill(session, code, SEPTEMBER, level, 1).rows == []


def test_R31_an_indicator_is_refused_for_a_level_that_it_does_not_have(session):
    with pytest.raises(LookupError):
        figures(session, "appoint_rate", SEPTEMBER, PERSON)


# Exclusions


CHANGED = {
    "not_established": {"outcome": Outcome.NOT_ESTABLISHED},
    "merged": {"outcome": Outcome.MERGED},
    "withdrawn": {"outcome": Outcome.WITHDRAWN},
    "referred_out": {"outcome": Outcome.REFERRED_OUT},
    "customer_fault": {"fault": Fault.CUSTOMER_FAULT},
    "unreasonable": {"fault": Fault.UNREASONABLE},
    "unreachable": {"outcome": Outcome.CLOSED_UNREACHABLE},
    "no_score": {"satisfaction": None},
    "internal_discovery": {"channel": "internal_discovery"},
}


def test_R31_every_exclusion_of_the_office_is_tried_but_those_without_records():
    used = {reason for indicator in OFFICE.values() for reason in indicator.exclusions}
    # a notice of a known fault does not exist yet; a delay in an outage needs nothing: original times count
    assert used - set(CHANGED) == {"known_fault_linked"}


def test_R31_a_complaint_with_nothing_against_it_counts_in_every_indicator_of_complaints(session, past):
    row = past.whole(outcome=Outcome.RESOLVED)
    assert {code: left_out(session, code, row.id) for code in OF_COMPLAINTS} == {code: set() for code in OF_COMPLAINTS}


@pytest.mark.parametrize("reason", CHANGED)
def test_R31_an_exclusion_leaves_a_complaint_out_of_the_indicators_that_name_it_and_of_no_other(session, past, reason):
    changed = dict(CHANGED[reason])
    if "channel" in changed:
        changed = {"channel_id": past.channel(changed["channel"])}
    row = past.whole(**changed)
    found = {code for code in OF_COMPLAINTS if left_out(session, code, row.id) == {reason}}
    assert found == {code for code in OF_COMPLAINTS if reason in OFFICE[code].exclusions}
    rest = set(OF_COMPLAINTS) - found
    assert {code: left_out(session, code, row.id) for code in rest} == {code: set() for code in rest}


# The month


FIRST_MOMENT, LAST_MOMENT = SEPTEMBER.since, SEPTEMBER.until - timedelta(microseconds=1)


@pytest.mark.parametrize("code", [code for code in OF_COMPLAINTS if OFFICE[code].period_by == "closed"])
def test_R31_closed_complaints_belong_to_the_month_in_which_they_closed(session, past, code):
    inside = [
        past.whole(received_at=RECEIVED - timedelta(days=40), closed_at=at).id for at in (FIRST_MOMENT, LAST_MOMENT)
    ]
    outside = [
        past.whole(received_at=RECEIVED, closed_at=at).id
        for at in (SEPTEMBER.until, SEPTEMBER.until + timedelta(days=9))
    ] + [past.whole(received_at=RECEIVED - timedelta(days=50), closed_at=FIRST_MOMENT - timedelta(seconds=1)).id]
    assert [left_out(session, code, one) for one in inside] == [set(), set()]
    assert [left_out(session, code, one) for one in outside] == [None, None, None]


RECEIVED_BY = ("acknowledge_rate", "first_contact_rate", "intake_completeness", "dispatch_accuracy", "appoint_rate")


@pytest.mark.parametrize("code", RECEIVED_BY)
def test_R31_what_is_received_or_sent_belongs_to_the_month_of_that_moment(session, past, code):
    sent = timedelta(minutes=30) if OFFICE[code].period_by == "order_sent" else timedelta()
    window = replace(SEPTEMBER, computed_at=local("2027-01-10T12:00"))
    moments = (FIRST_MOMENT, LAST_MOMENT, SEPTEMBER.until, FIRST_MOMENT - timedelta(seconds=1))
    ids = [past.whole(received_at=at - sent).id for at in moments]
    assert [left_out(session, code, one, window) for one in ids] == [set(), set(), None, None]


def test_R31_a_score_belongs_to_the_month_of_the_last_call_back_and_the_last_score_counts(session, past):
    row = past.complaint(satisfaction=4, round=2, closed_at=local("2026-10-05T10:00"))
    past.call(row, at=local("2026-09-28T10:00"), satisfaction=1, solved=False, round=1)
    past.call(row, at=local("2026-10-04T10:00"), satisfaction=4)
    october = month_of("2026-10", SHANGHAI, local("2026-11-05T12:00"))
    owner = past.staff("S013")
    assert figure(session, "satisfaction_score", owner) is None
    assert figure(session, "satisfaction_score", owner, october) == Figure(Fraction(4), Fraction(1), 1)


# Whose it is


def test_R31_a_score_counts_for_owner_registrar_and_department_and_once_for_one_person(session, past):
    past.whole()
    past.whole(owner_id=past.staff("S005"))
    found = figures(session, "satisfaction_score", SEPTEMBER, PERSON)
    assert found == {
        past.staff("S013"): Figure(Fraction(5), Fraction(1), 1),
        past.staff("S005"): Figure(Fraction(10), Fraction(2), 2),
    }
    assert figures(session, "satisfaction_score", SEPTEMBER, DEPARTMENT) == {
        past.department("network"): Figure(Fraction(10), Fraction(2), 2)
    }


def test_R31_satisfaction_of_intake_staff_is_with_what_they_registered_of_all_others_with_what_they_owned(
    session, past
):
    handler, colleague, clerk, taker = (past.staff(code) for code in ("S013", "S014", "S005", "S006"))
    past.whole(satisfaction=1, registered_by_id=handler, owner_id=colleague)
    solved = past.whole(dispatched=False, registered_by_id=taker, outcome=Outcome.FIRST_CONTACT_RESOLVED)
    session.add(
        ComplaintPerson(complaint_id=solved.id, staff_id=clerk, function=CaseFunction.OWNER, since=solved.received_at)
    )
    session.flush()
    assert figures(session, "satisfaction_score", SEPTEMBER, PERSON) == {
        colleague: Figure(Fraction(1), Fraction(1), 1),
        taker: Figure(Fraction(5), Fraction(1), 1),
    }
    listed = {
        staff: [row.complaint_id for row in drill(session, "satisfaction_score", SEPTEMBER, PERSON, staff).rows]
        for staff in (handler, clerk, taker)
    }
    assert listed == {handler: [], clerk: [], taker: [solved.id]}


def test_R33_who_changed_the_post_is_intake_staff_for_the_days_at_intake(session, past):
    mover, owner = past.staff("S013"), past.staff("S014")
    last = date(2026, 9, 14)
    session.add(StaffPost(staff_id=mover, roles=["intake_clerk", "handler"], from_day=date(2026, 9, 1), until_day=last))
    session.add(StaffPost(staff_id=mover, roles=["handler"], from_day=date(2026, 9, 15)))
    registered = past.complaint(satisfaction=3, registered_by_id=mover, owner_id=owner)
    past.call(registered, at=local("2026-09-14T23:30"))
    too_late = past.complaint(satisfaction=2, registered_by_id=mover, owner_id=owner)
    past.call(too_late, at=local("2026-09-15T00:30"))
    owned = past.complaint(satisfaction=5, owner_id=mover)
    past.call(owned, at=local("2026-09-15T00:30"))
    early = past.complaint(satisfaction=4, owner_id=mover)
    past.call(early, at=local("2026-09-14T23:30"))
    rows = drill(session, "satisfaction_score", SEPTEMBER, PERSON, mover).rows
    assert [row.complaint_id for row in rows] == [registered.id, owned.id]


def test_R31_intake_staff_are_the_roles_of_the_offices_scheme_for_them():
    schemes = {scheme["code"]: scheme for scheme in office("appraisal")["schemes"]}
    assert list(INTAKE_ROLES) == schemes["intake_2026"]["roles"]


def test_R31_working_hours_are_measured_in_seconds_and_never_rounded(session, past):
    assert {code for code, one in OFFICE.items() if one.unit is IndicatorUnit.WORKING_HOUR} == IN_HOURS
    row = past.complaint()
    session.execute(sa.update(WorkOrder).where(WorkOrder.complaint_id == row.id).values(dispatch_seconds=7214))
    session.execute(sa.update(ClockRow).where(ClockRow.complaint_id == row.id).values(worked_seconds=7214))
    found = figure(session, "dispatch_hours", past.staff("S008"))
    assert found == Figure(Fraction(7214, 3600), Fraction(1), 1)
    assert figure(session, "first_response_hours", past.staff("S013")) == found
    scheme = next(scheme for scheme in office("appraisal")["schemes"] if scheme["code"] == "dispatcher_2026")
    item = next(item for item in parse_scheme(scheme).items if item.indicator == "dispatch_hours")
    # "up_to 2" hours is a full score; these are fourteen seconds more
    assert score_of(item, OFFICE["dispatch_hours"], value_of(OFFICE["dispatch_hours"], found)) == Decimal(85)


def test_R31_without_an_order_the_intake_person_answers_and_with_one_nobody_else_does(session, past):
    past.whole(dispatched=False, outcome=Outcome.FIRST_CONTACT_RESOLVED)
    past.whole(owner_id=None, outcome=Outcome.CLOSED_UNSATISFIED)
    assert figures(session, "on_time_rate", SEPTEMBER, PERSON) == {past.staff("S005"): share(1, 1)}
    assert figures(session, "on_time_rate", SEPTEMBER, DEPARTMENT) == {
        past.department("front_desk"): share(1, 1), past.department("network"): share(1, 1),
    }  # fmt: skip


# Clocks


@pytest.mark.parametrize(("code", "clock"), [("on_time_rate", "resolve"), ("first_response_rate", "first_response"),
                                             ("acknowledge_rate", "acknowledge"), ("answer_rate", "answer")])  # fmt: skip
def test_R31_a_clock_that_was_missed_counts_against_its_indicator_alone(session, past, code, clock):
    past.whole()
    past.whole(missed=(clock,))
    subjects = figures(session, code, SEPTEMBER, level_of(code))
    assert list(subjects.values()) == [share(1, 2)]


def test_R12_each_order_counts_for_its_department_and_a_transfer_in_time_met_its_clock(session, past):
    row = past.whole(department_id=past.department("technical_support"))
    past.order(row, "technical_support", predecessor_id=None, appointed=False)
    assert figures(session, "appoint_rate", SEPTEMBER, DEPARTMENT) == {
        past.department("network"): share(1, 1), past.department("technical_support"): share(0, 1),
    }  # fmt: skip


def test_R31_a_running_clock_counts_against_nobody_until_it_is_overdue(session, past):
    row = past.complaint(closed_at=None, outcome=None, dispatched=False)
    session.execute(
        sa.update(ClockRow)
        .where(ClockRow.complaint_id == row.id, ClockRow.code == "acknowledge")
        .values(stopped_at=None, met=None, due_at=SEPTEMBER.computed_at)
    )
    assert left_out(session, "acknowledge_rate", row.id) == {"not_yet"}
    later = replace(SEPTEMBER, computed_at=SEPTEMBER.computed_at + timedelta(minutes=1))
    assert figure(session, "acknowledge_rate", past.staff("S005"), later) == share(0, 1)


def test_R10_dispatch_is_right_when_the_first_department_is_the_last_and_counts_for_who_sent_it(session, past):
    past.whole()
    row = past.whole(department_id=past.department("it_support"))
    past.order(row, "it_support", "S009", predecessor_id=row.id)
    found = figures(session, "dispatch_accuracy", SEPTEMBER, PERSON)
    assert found == {past.staff("S008"): share(1, 2)}
    assert figure(session, "dispatch_hours", past.staff("S008")) == Figure(Fraction(1), Fraction(2), 2)


def test_R36_an_avoidable_dispatch_is_what_the_review_said(session, past):
    for said in (True, False, None):
        past.whole(avoidable_dispatch=said)
    assert figure(session, "avoidable_dispatch_rate", past.staff("S008")) == share(1, 3)
    row = past.whole(dispatched=False)
    assert left_out(session, "avoidable_dispatch_rate", row.id) == {"not_dispatched"}


# Solved, reworked, repeated


def test_R31_solved_is_what_the_last_call_back_says_and_an_unanswered_survey_counts_as_solved(session, past):
    row = past.complaint(round=2)
    past.call(row, at=CLOSED - timedelta(days=2), solved=True, round=1)
    past.call(row, at=CLOSED - timedelta(days=1), solved=False)
    past.call(row, at=CLOSED - timedelta(hours=1), reached=False, solved=None)
    past.complaint(outcome=Outcome.FIRST_CONTACT_RESOLVED)
    past.complaint(outcome=Outcome.RESOLVED)
    assert figure(session, "resolution_rate", past.staff("S013")) == share(1, 3)
    assert figure(session, "rework_rate", past.staff("S013")) == share(1, 3)


def test_R31_a_repeat_counts_for_the_owner_of_the_earlier_one_and_adds_nothing_to_the_denominator(session, past):
    earlier = past.complaint(received_at=RECEIVED - timedelta(days=20), owner_id=past.staff("S014"))
    past.complaint(previous_id=earlier.id)
    found = figures(session, "repeat_rate", SEPTEMBER, PERSON)
    assert found == {past.staff("S014"): Figure(Fraction(1), Fraction(0), 0), past.staff("S013"): share(0, 1)}
    assert figure(session, "repeat_rate", past.department("network"), level=DEPARTMENT) == share(1, 1)


@pytest.mark.parametrize(
    ("days", "earlier", "later", "counts"),
    [
        (30, {}, {}, True),
        (30, {"received_at": RECEIVED - timedelta(days=30, seconds=1)}, {}, None),  # more than 30 days
        (20, {"closed_at": RECEIVED + timedelta(minutes=1)}, {}, "earlier_open"),  # an urging
        (20, {"closed_at": None, "outcome": None}, {}, "earlier_open"),
        (20, {}, {"outcome": Outcome.NOT_ESTABLISHED}, "not_established"),
        (20, {}, {"outcome": None, "closed_at": None}, "still_open"),
        (20, {}, {"fault": Fault.CUSTOMER_FAULT}, "customer_fault"),
        (20, {}, {"leaf": "other"}, None),
    ],
)
def test_R31_what_repeats_an_earlier_complaint(session, past, days, earlier, later, counts):
    first = past.complaint(**{"received_at": RECEIVED - timedelta(days=days), "owner_id": past.staff("S014")} | earlier)
    if "leaf" in later:
        later = {"category_id": session.scalars(sa.select(Category.id).where(Category.id != past.leaf)).first()}
    past.complaint(previous_id=first.id, **later)
    rows = [
        row for part in (Part.DENOMINATOR, Part.LEFT_OUT) for row in every(session, "repeat_rate", SEPTEMBER, PERSON, part=part)
        if row.unit.startswith("repeat:")
    ]  # fmt: skip
    wanted = [] if counts is None else [None if counts is True else counts]
    assert [row.left_out and row.left_out.value for row in rows] == wanted


# Solved at first contact


def test_R6_first_contact_counts_when_the_customer_did_not_return_within_seven_days(session, past):
    solved = {"outcome": Outcome.FIRST_CONTACT_RESOLVED, "dispatched": False}
    past.complaint(**solved)
    back = past.complaint(**solved)
    past.complaint(received_at=RECEIVED + timedelta(days=7), previous_id=back.id)
    late = past.complaint(**solved)
    past.complaint(received_at=RECEIVED + timedelta(days=7, seconds=1), previous_id=late.id)
    assert figure(session, "first_contact_rate", past.staff("S005")) == share(2, 5)


def test_R31_a_leaf_that_cannot_be_solved_at_first_contact_has_no_part_and_a_grave_complaint_is_left_out(session, past):
    cannot = session.scalars(
        sa.select(Category.id).where(Category.level == 3, Category.first_contact_possible.is_(False))
    ).first()
    plain, grave = past.whole(category_id=cannot), past.whole(severity=Severity.IMPORTANT)
    assert left_out(session, "first_contact_rate", plain.id) is None
    assert left_out(session, "first_contact_rate", grave.id) == {"not_general"}


def test_R31_what_is_not_observed_for_seven_days_counts_in_the_next_month_and_once(session, past):
    """September is computed on 3 October at noon: what came in after noon of the 26th waits for October's sheet."""
    computed = local("2026-10-03T12:00")
    ids = [past.whole(received_at=local(at)).id for at in ("2026-09-26T12:00", "2026-09-26T12:01", "2026-10-02T10:00")]
    session.add(AppraisalPeriod(month="2026-09", state=PeriodState.COMPUTED, computed_at=computed, runs=1))
    session.flush()
    september = window_of(session, "2026-09", SHANGHAI, computed)
    october = window_of(session, "2026-10", SHANGHAI, local("2026-11-04T09:00"))
    assert [left_out(session, "first_contact_rate", one, september) for one in ids] == [set(), {"not_yet"}, None]
    assert [left_out(session, "first_contact_rate", one, october) for one in ids] == [None, set(), set()]


# Call-backs


def test_R21_a_call_back_clock_belongs_to_its_end_or_its_deadline_whichever_is_earlier(session, past):
    row = past.complaint(round=5)
    october = SEPTEMBER.until + timedelta(days=1)
    for number, (stopped, due, met) in enumerate([
        (SEPTEMBER.until - timedelta(hours=1), october, True),  # ended in September
        (october, SEPTEMBER.until - timedelta(hours=1), False),  # fell due in September, done in October
        (None, SEPTEMBER.until - timedelta(hours=2), None),  # fell due in September, not done yet
        (october, october + timedelta(days=1), True),  # October's
    ], start=1):  # fmt: skip
        began = (stopped or due) - timedelta(days=2)
        past.clock(row, "call_back", occurrence=number, started_at=began, stopped_at=stopped, due_at=due, met=met)
        past.call(row, at=stopped or began, round=number)
    assert figure(session, "callback_on_time_rate", past.staff("S010")) == share(1, 3)


def test_R21_an_answer_by_survey_is_no_call_back_of_anybody(session, past):
    row = past.complaint(outcome=Outcome.FIRST_CONTACT_RESOLVED)
    call = past.call(row, by=None, way="survey_link")
    past.call_back_clock(call, row)
    silent = past.complaint(outcome=Outcome.FIRST_CONTACT_RESOLVED, satisfaction=None)
    unanswered = past.call(silent, by=None, way="survey_link", reached=False, solved=None)
    past.call_back_clock(unanswered, silent)
    for code in ("callback_on_time_rate", "callback_reach_rate"):
        assert left_out(session, code, row.id) == {"answered_by_survey"}
        assert left_out(session, code, silent.id) == {"survey_unanswered"}


def test_R21_a_customer_is_reached_or_not_once_in_each_round_by_whoever_tried_last(session, past):
    row = past.complaint(round=2, outcome=Outcome.CLOSED_UNREACHABLE)
    past.call(row, "S010", at=CLOSED - timedelta(days=3), reached=False, solved=None, round=1)
    past.call(row, "S011", at=CLOSED - timedelta(days=2), solved=False, round=1)
    past.call(row, "S010", at=CLOSED - timedelta(days=1), reached=False, solved=None)
    trying = past.complaint(closed_at=None, outcome=None)
    past.call(trying, "S011", at=CLOSED, reached=False, solved=None)
    assert figures(session, "callback_reach_rate", SEPTEMBER, PERSON) == {
        past.staff("S011"): share(1, 1), past.staff("S010"): share(0, 1),
    }  # fmt: skip
    assert left_out(session, "callback_reach_rate", trying.id) == {"not_yet"}


# Plain numbers


def test_R31_appeals_to_the_regulator_are_counted_over_one(session, past):
    past.whole(channel_id=past.channel("regulator_referral"))
    network, quiet = past.department("network"), past.department("market")
    found = figures(session, "regulator_appeal_count", SEPTEMBER, DEPARTMENT, [network, quiet])
    assert found == {network: Figure(Fraction(1), Fraction(1), 1), quiet: Figure(Fraction(0), Fraction(1), 0)}
