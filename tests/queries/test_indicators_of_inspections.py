"""R27–R31: indicators over inspections, corrective actions, training and figures from outside, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
import sqlalchemy as sa

from backoffice.models.appraisal import MonthlyFigure
from backoffice.models.inspection import InspectionMark
from backoffice.models.teamwork import CorrectiveAction
from backoffice.models.training import TrainingOrder
from backoffice.queries.indicators import Part, every, figures, month_of, overall
from policies.indicator import Figure
from policies.vocabulary_appraisal import SubjectKind
from policies.vocabulary_inspection import AppealResult, InspectionStatus
from policies.vocabulary_teamwork import CorrectiveLevel, CorrectiveStatus
from policies.vocabulary_training import DueKind, DueSource, DueState
from tests.support.inspected_past import SEPTEMBER as NOON
from tests.support.inspected_past import InspectedPast
from tests.support.scenes import department, staff
from tests.support.told_cases import SHANGHAI, local

PERSON, DEPARTMENT = SubjectKind.PERSON, SubjectKind.DEPARTMENT
SEPTEMBER = month_of("2026-09", SHANGHAI, local("2026-10-10T12:00"))
CALLS = "call_quality_card"


@pytest.fixture
def session(office_database):
    with office_database.writing() as session:
        yield session
        session.rollback()


@pytest.fixture
def past(session):
    return InspectedPast(session)


def of(session, code):
    return staff(session, code).id


def share(hits, n):
    return Figure(Fraction(hits), Fraction(n), n)


def total(numerator, n):
    return Figure(Fraction(numerator), Fraction(n), n)


# Scores


def test_R31_scores_count_for_the_inspected_in_the_month_in_which_they_became_final(session, past):
    past.inspection("92")
    past.inspection("88.5")
    past.inspection("100", final_at=SEPTEMBER.until)
    past.inspection("70", status=InspectionStatus.PUBLISHED)
    past.inspection("10", pair_of=past.inspection("95"))
    assert figures(session, "inspection_score", SEPTEMBER, PERSON) == {of(session, "S012"): total("275.5", 3)}
    network = department(session, "network").id
    assert figures(session, "inspection_score", SEPTEMBER, DEPARTMENT) == {network: total("275.5", 3)}
    assert figures(session, "call_quality_score", SEPTEMBER, PERSON) == {}


def test_R28_R31_the_worked_example_of_call_quality_adds_up(session, past):
    """Worked example of S005: (92 + 88.5 + 95 + 90) ÷ 4."""
    for score in ("92", "88.5", "95", "90"):
        past.inspection(score, subject="S005", of="front_desk", card=CALLS)
    assert figures(session, "call_quality_score", SEPTEMBER, PERSON) == {of(session, "S005"): total("365.5", 4)}
    assert figures(session, "inspection_score", SEPTEMBER, PERSON) == {}


# Marks of the record


def marked(session, past, row, marks, by="S005", turn=0):
    for item, percent in marks.items():
        past.mark(row, item, percent, turn=turn)
    session.execute(
        sa.update(InspectionMark).where(InspectionMark.inspection_id == row.id).values(staff_id=of(session, by))
    )


def test_R31_record_accuracy_is_the_weight_obtained_of_the_weight_that_applied_and_its_sample_the_inspections(
    session, past
):
    one, other = past.inspection("94.79"), past.inspection("80")
    marked(
        session,
        past,
        one,
        {"rec_basic": 100, "rec_5w1h": 50, "rec_class": 50, "rec_read_back": 100, "fat_conceal": 100},
    )
    marked(session, past, other, {"rec_basic": 0, "rec_read_back": None, "pro_check": 0})
    # 6 + 3 + 2 + 4 of 20, and 0 of 6: what does not apply, other groups and faults without a weight are left out
    found = figures(session, "record_accuracy", SEPTEMBER, PERSON)
    assert found == {of(session, "S005"): Figure(Fraction(15), Fraction(26), 2)}
    desk = department(session, "front_desk").id
    assert figures(session, "record_accuracy", SEPTEMBER, DEPARTMENT) == {desk: Figure(Fraction(15), Fraction(26), 2)}


def test_R29_R31_after_an_appeal_the_marks_of_the_appeal_count(session, past):
    row = past.inspection("80")
    marked(session, past, row, {"rec_basic": 50, "rec_class": 100})
    marked(session, past, row, {"rec_basic": 100}, turn=1)
    assert figures(session, "record_accuracy", SEPTEMBER, PERSON) == {
        of(session, "S005"): Figure(Fraction(10), Fraction(10), 1)
    }


def test_R31_call_back_staff_have_the_items_that_a_card_attributes_to_them(session, past):
    row = past.inspection("80")
    marked(session, past, row, {"rec_basic": 100}, by="S011")
    assert figures(session, "record_accuracy", SEPTEMBER, PERSON) == {
        of(session, "S011"): Figure(Fraction(6), Fraction(6), 1)
    }


# Inspectors


def test_R27_samples_that_fell_due_count_for_their_inspector_published_in_time_or_not(session, past):
    past.inspection()
    past.inspection(published_at=NOON, due_at=NOON - timedelta(days=1))
    past.inspection(None, status=InspectionStatus.DRAWN, inspector="S023", due_at=NOON, published_at=None)
    past.inspection(None, status=InspectionStatus.CANCELLED, due_at=NOON, published_at=None)
    past.inspection(None, status=InspectionStatus.DRAWN, due_at=SEPTEMBER.until, published_at=None)
    early = replace(SEPTEMBER, computed_at=NOON - timedelta(days=30))
    assert figures(session, "inspection_completion", SEPTEMBER, PERSON) == {
        of(session, "S022"): share(1, 2), of(session, "S023"): share(0, 1),
    }  # fmt: skip
    assert figures(session, "inspection_completion", early, PERSON) == {}
    left = every(session, "inspection_completion", SEPTEMBER, PERSON, part=Part.LEFT_OUT)
    assert [row.left_out.value for row in left] == ["cancelled"]


def test_R29_scores_that_an_appeal_changed_count_against_their_inspector(session, past):
    for result in (AppealResult.UPHELD, AppealResult.PARTLY_UPHELD, AppealResult.DISMISSED):
        past.appeal(past.inspection(), result)
    past.inspection()
    assert figures(session, "appeal_overturn_rate", SEPTEMBER, PERSON) == {of(session, "S022"): share(2, 4)}


def test_R28_two_scorings_agree_item_by_item_as_they_were_first_given_and_count_for_both(session, past):
    first = past.inspection("90", {"rec_basic": 100, "rec_5w1h": 50, "rec_read_back": None, "rec_class": 0})
    past.inspection(
        "80", {"rec_basic": 100, "rec_5w1h": 100, "rec_read_back": 100, "rec_class": 0}, inspector="S023", pair_of=first
    )
    past.mark(first, "rec_5w1h", 100, turn=1)
    found = figures(session, "inspector_agreement", SEPTEMBER, PERSON)
    assert found == {of(session, "S022"): share(2, 3), of(session, "S023"): share(2, 3)}
    assert overall(session, "inspector_agreement", SEPTEMBER) == share(2, 3)


def test_R28_a_pair_counts_in_the_month_in_which_the_later_of_the_two_became_final(session, past):
    first = past.inspection("90", {"rec_basic": 100}, final_at=SEPTEMBER.until + timedelta(days=2))
    past.inspection("80", {"rec_basic": 100}, inspector="S023", pair_of=first)
    october = month_of("2026-10", SHANGHAI, local("2026-11-05T12:00"))
    assert figures(session, "inspector_agreement", SEPTEMBER, PERSON) == {}
    assert figures(session, "inspector_agreement", october, PERSON)[of(session, "S022")] == share(1, 1)


# Corrective actions, training


def corrective(session, number, **more):
    given = {
        "number": f"ZG2026-{number:04}", "source": "post_review", "type": "rule_change", "level": CorrectiveLevel.NORMAL,
        "status": CorrectiveStatus.VERIFIED, "verification": "document", "owner_id": of(session, "S013"), "assigned_at": NOON,
        "department_id": department(session, "network").id, "due_on": date(2026, 9, 15), "due_at": NOON, "first_due_on": date(2026, 9, 15),
        "done_at": NOON - timedelta(days=1), "verified_at": NOON + timedelta(days=9), "sealed": b"",
    }  # fmt: skip
    session.add(CorrectiveAction(**(given | more)))
    session.flush()


def test_R30_a_corrective_action_counts_when_it_is_done_in_time_and_verified(session):
    corrective(session, 1)
    corrective(session, 2, done_at=NOON + timedelta(minutes=1))
    corrective(session, 3, verified_at=None, status=CorrectiveStatus.DONE)
    corrective(session, 4, status=CorrectiveStatus.CANCELLED)
    corrective(session, 5, due_at=SEPTEMBER.until)
    assert figures(session, "corrective_on_time_rate", SEPTEMBER, PERSON) == {of(session, "S013"): share(1, 3)}
    assert figures(session, "corrective_on_time_rate", SEPTEMBER, DEPARTMENT) == {
        department(session, "network").id: share(1, 3)
    }


def training(session, due, **more):
    given = {
        "staff_id": of(session, "S022"), "department_id": department(session, "quality_management").id,
        "kind": next(iter(DueKind)), "hours": Decimal(2), "due": due, "source": next(iter(DueSource)), "ordered_at": NOON,
        "state": DueState.DONE, "done_on": due, "passed": None,
    }  # fmt: skip
    session.add(TrainingOrder(**(given | more)))
    session.flush()


def test_R34_training_counts_by_its_day_when_it_was_complete_in_time_and_passed(session):
    first, last = date(2026, 9, 1), date(2026, 9, 30)
    training(session, first, passed=True)
    training(session, last)
    training(session, last, passed=False)
    training(session, first, done_on=first + timedelta(days=1))
    training(session, last, state=DueState.OPEN, done_on=None)
    training(session, last, state=DueState.CANCELLED, done_on=None)
    training(session, date(2026, 8, 31))
    training(session, date(2026, 10, 1))
    assert figures(session, "training_completion", SEPTEMBER, PERSON) == {of(session, "S022"): share(2, 5)}
    rows = list(every(session, "training_completion", SEPTEMBER, PERSON))
    assert {row.at.astimezone(SHANGHAI).date() for row in rows} == {first, last}


# Figures from outside


def entered(session, indicator, numerator, denominator, month="2026-09", **more):
    given = {
        "month": month, "indicator": indicator, "department_id": department(session, "front_desk").id,
        "numerator": numerator, "denominator": denominator, "entered_at": NOON,
    }  # fmt: skip
    session.add(MonthlyFigure(**(given | more)))
    session.flush()


def test_R31_outside_figures_count_as_they_were_entered_last_for_the_whole_month(session):
    entered(session, "hotline_connection_rate", "100", "200", superseded_at=NOON)
    entered(session, "hotline_connection_rate", "1931", "2000")
    entered(session, "hotline_answer_seconds", "20123.25", "1931")
    entered(session, "hotline_answer_seconds", "7", "7", month="2026-10")
    desk = department(session, "front_desk").id
    assert figures(session, "hotline_connection_rate", SEPTEMBER, DEPARTMENT) == {desk: share(1931, 2000)}
    assert figures(session, "hotline_answer_seconds", SEPTEMBER, DEPARTMENT) == {desk: total("20123.25", 1931)}
