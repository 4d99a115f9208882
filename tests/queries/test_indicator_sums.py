"""R31: one definition for all uses: a figure is the sum of its list, page by page, month by month, one by one or all."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.queries.indicators import (
    COUNTING,
    Part,
    counts_for,
    drill,
    every,
    figures,
    month_of,
    months,
    overall,
)
from backoffice.queries.indicators.figures import PAGE
from policies.indicator import Figure, parse_indicators, value_of
from policies.vocabulary import Fault, Outcome
from policies.vocabulary_appraisal import SubjectKind
from tests.support.counted import RECEIVED, Counted
from tests.support.counting import statements_of
from tests.support.inspected_past import InspectedPast
from tests.support.told_cases import SHANGHAI, local, office

OFFICE = parse_indicators(office("appraisal"))
COMPUTED = local("2026-11-05T09:00")
WINDOWS = [month_of(month, SHANGHAI, COMPUTED) for month in ("2026-08", "2026-09", "2026-10")]
EACH = [(code, level) for code in COUNTING for level in SubjectKind if counts_for(code, level)]


def fill(session):
    """Some hundred complaints of three months, of several people and departments, with all kinds of ends."""
    past = Counted(session)
    people, last = ("S012", "S013", "S014", "S016"), None
    for number in range(160):
        outcome = list(Outcome)[number % 8] if number % 3 == 0 else Outcome.RESOLVED
        last = past.whole(
            received_at=RECEIVED + timedelta(hours=11 * number - 700),
            outcome=outcome,
            owner_id=past.staff(people[number % 4]),
            department_id=past.department(("network", "technical_support")[number % 2]),
            fault=list(Fault)[number % 4] if number % 5 == 0 else None,
            missed=("resolve", "first_response", "acknowledge")[: number % 4],
            satisfaction=(5, 4, 3, 2, 1, None)[number % 6],
            round=1 + (number % 7 == 0),
            avoidable_dispatch=(None, True, False)[number % 3],
            previous_id=last.id if last is not None and number % 4 == 1 else None,
        )
    inspected = InspectedPast(session)
    for score in ("80", "92.5", "100"):
        row = inspected.inspection(score, {"rec_basic": 100, "rec_class": 50})
        inspected.inspection("90", {"rec_basic": 100, "rec_class": 100}, inspector="S023", pair_of=row)


@pytest.fixture
def session(office_database):
    with office_database.writing() as session:
        fill(session)
        yield session
        session.rollback()


def summed(rows):
    return (sum(row.numerator for row in rows), sum(row.denominator for row in rows), sum(row.sample for row in rows))


def parts(figure):
    return figure.numerator, figure.denominator, figure.sample


def test_R31_figure_list_pages_and_trend_agree_for_every_indicator_subject_and_month(session):
    seen = 0
    for code, level in EACH:
        by_month = months(session, code, WINDOWS, level)
        for window, of_month in zip(WINDOWS, by_month, strict=True):
            found = figures(session, code, window, level)
            assert of_month == found, code
            everything = list(every(session, code, window, level))
            assert {row.subject_id for row in everything if row.subject_id} == set(found)
            for subject, figure in found.items():
                seen += 1
                listed = [row for row in everything if row.subject_id == subject]
                assert listed == list(every(session, code, window, level, subject))
                if code != "regulator_appeal_count":
                    assert summed(listed) == parts(figure), (code, subject)
                assert figures(session, code, window, level, [subject]) == {subject: figure}
    assert seen > 200


def test_R31_the_pages_of_a_list_hold_all_of_it_once(session):
    window, past = WINDOWS[1], Counted(session)
    subject = past.staff("S005")
    whole = list(every(session, "acknowledge_rate", window, SubjectKind.PERSON, subject))
    first = drill(session, "acknowledge_rate", window, SubjectKind.PERSON, subject)
    assert (first.count, first.pages) == (len(whole), -(-len(whole) // PAGE))
    pages = [
        drill(session, "acknowledge_rate", window, SubjectKind.PERSON, subject, page=n + 1) for n in range(first.pages)
    ]
    assert [row for page in pages for row in page.rows] == whole
    assert drill(session, "acknowledge_rate", window, SubjectKind.PERSON, subject, page=10**9).page == first.pages


def test_R31_hits_and_misses_make_the_list_and_what_is_left_out_stands_apart(session):
    for code in ("on_time_rate", "resolution_rate", "rework_rate"):
        hits, misses, all_of_it, left = (
            {row.unit for row in every(session, code, WINDOWS[1], SubjectKind.PERSON, part=part)}
            for part in (Part.NUMERATOR, Part.MISSED, Part.DENOMINATOR, Part.LEFT_OUT)
        )
        assert hits | misses == all_of_it
        assert not hits & misses
        assert not left & all_of_it
        assert left


def test_R31_the_whole_office_is_the_sum_of_its_departments(session):
    for code in ("on_time_rate", "satisfaction_score", "repeat_rate", "appoint_rate", "intake_completeness"):
        of_departments = figures(session, code, WINDOWS[1], SubjectKind.DEPARTMENT).values()
        assert parts(overall(session, code, WINDOWS[1])) == tuple(
            sum(parts(figure)[place] for figure in of_departments) for place in range(3)
        )


def test_R31_each_question_is_one_statement(session, office_database):
    with statements_of(office_database.engine) as sent:
        figures(session, "satisfaction_score", WINDOWS[1], SubjectKind.PERSON)
        overall(session, "satisfaction_score", WINDOWS[1])
        months(session, "satisfaction_score", WINDOWS, SubjectKind.PERSON)
    assert len(sent) == 3


# Properties


SMALL = st.integers(min_value=0, max_value=400)


@given(on_time=SMALL, late=SMALL)
def test_R31_one_more_complaint_closed_in_time_never_lowers_timeliness(on_time, late):
    indicator = OFFICE["on_time_rate"]

    def value(hits, n):
        return value_of(indicator, Figure(Fraction(hits), Fraction(n), n))

    before, after = value(on_time, on_time + late), value(on_time + 1, on_time + late + 1)
    assert before is None or before <= after <= 100


@pytest.mark.parametrize("dialect", ["sqlite"])
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(met=st.lists(st.booleans(), max_size=5))
def test_R31_in_the_database_too_a_complaint_closed_in_time_never_lowers_timeliness(office_database, met):
    with office_database.writing() as session:
        past = Counted(session)
        owner = past.staff("S013")

        def value():
            figure = figures(session, "on_time_rate", WINDOWS[1], SubjectKind.PERSON).get(owner)
            return None if figure is None else value_of(OFFICE["on_time_rate"], figure)

        for one in met:
            past.complaint(missed=() if one else ("resolve",))
        before = value()
        past.complaint()
        assert before is None or before <= value()
        session.rollback()
