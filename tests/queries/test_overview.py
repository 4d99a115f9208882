"""R35, R36: every figure of the manager's view is that of the list behind it, on both databases, however narrowed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category
from backoffice.queries import paging
from backoffice.queries.indicators import Part, Window, overall
from backoffice.queries.overview import measures, volume
from backoffice.queries.overview.narrow import Narrow
from backoffice.queries.overview.records import OPEN, STEP, Wanted, records
from backoffice.queries.overview.steps import steps
from backoffice.queries.overview.volume import Flow
from policies.access import Actor, Permission, Scope
from policies.overview import AGES
from policies.vocabulary import ClockCode, Severity
from tests.support.counted import RECEIVED, Counted
from tests.support.counting import statements_of
from tests.support.told_cases import local

SEPTEMBER = Window(local("2026-09-01T00:00"), local("2026-10-01T00:00"), local("2026-10-10T00:00"))
AUGUST = replace(SEPTEMBER, since=local("2026-08-01T00:00"), until=local("2026-09-01T00:00"))
READER = Actor(1, "S001", grants={Permission.COMPLAINT_VIEW: Scope.ALL})
CODES = ("on_time_rate", "satisfaction_score", "repeat_rate", "first_contact_rate", "first_response_hours")


@pytest.fixture
def made(office_database):
    """Of September seven: two late, one of another channel and important, one without an order; two of August; open ones."""
    with office_database.writing() as session:
        counted = Counted(session)
        for _number in range(3):
            counted.complaint(cause_code="uplink")
        for _number in range(2):
            counted.complaint(missed=("resolve",), cause_code="visit")
        counted.complaint(channel_id=counted.channel("website"), severity=Severity.IMPORTANT, cause_code="uplink")
        counted.complaint(dispatched=False)
        counted.complaint(received_at=local("2026-08-03T10:00"))
        counted.complaint(received_at=local("2026-08-31T23:59"))  # closed in September
        at = SEPTEMBER.computed_at
        for days in (0, 2, 40):
            received = at - timedelta(days=days, hours=1)
            counted.complaint(
                received_at=received, closed_at=None, outcome=None, next_due_at=received + timedelta(days=5)
            )
        session.flush()
        yield session, counted


def narrowed(session, counted):
    """Every way to narrow, and two at once."""
    leaf = session.get_one(Category, counted.leaf)
    network = counted.department("network")
    return [
        Narrow(),
        Narrow(department_id=network),
        Narrow(departments=frozenset({network})),
        Narrow(departments=frozenset()),
        Narrow(category=leaf.path),
        Narrow(category="/999999/"),
        Narrow(channel_id=counted.channel("website")),
        Narrow(severity=Severity.IMPORTANT),
        Narrow(department_id=network, severity=Severity.GENERAL, category=f"/{leaf.path.split('/')[1]}/"),
    ]


def listed(session, what, narrow, **more):
    return records(session, READER, Wanted(what, more.pop("window", SEPTEMBER), narrow, **more)).count


def test_R35_received_and_closed_of_each_window_in_one_statement(made):
    session, _counted = made
    wanted = [(Flow.RECEIVED, SEPTEMBER), (Flow.CLOSED, SEPTEMBER), (Flow.RECEIVED, AUGUST), (Flow.CLOSED, AUGUST)]
    assert volume.counts(session, wanted, Narrow()) == [7, 8, 3, 1]


def test_R35_every_count_is_that_of_its_list(made):
    session, counted = made
    for narrow in narrowed(session, counted):
        for flow in Flow:
            assert volume.counts(session, [(flow, SEPTEMBER)], narrow) == [listed(session, flow.value, narrow)], narrow
        for cause, number in volume.causes(session, SEPTEMBER, narrow).items():
            assert number == listed(session, "closed", narrow, cause=cause)
        for leaf, number in volume.leaves(session, SEPTEMBER, narrow).items():
            assert number == listed(session, "received", narrow, leaf=leaf)
        for place, (number, late) in enumerate(volume.ages(session, narrow, SEPTEMBER.computed_at)):
            assert number == listed(session, OPEN, narrow, age=place)
            assert late == listed(session, OPEN, narrow, age=place, overdue=True)
        for unit, cases in volume.by_department(session, narrow, SEPTEMBER.computed_at).items():
            here = replace(narrow, department_id=unit)
            assert (cases.open, cases.overdue) == (
                listed(session, OPEN, here), listed(session, OPEN, here, overdue=True),
            )  # fmt: skip
        for step in steps(session, SEPTEMBER, narrow):
            assert step.count == listed(session, STEP, narrow, clock=step.code)
            assert step.late == listed(session, STEP, narrow, clock=step.code, late=True)


def test_R35_every_figure_is_the_sum_of_its_list_and_what_is_missed_the_rest(made):
    session, counted = made
    for narrow in narrowed(session, counted):
        for code in CODES:
            [figure] = measures.whole(session, code, [SEPTEMBER], narrow)
            rows = records(session, READER, Wanted(code, SEPTEMBER, narrow)).rows
            assert figure.numerator == sum((row.numerator for row in rows), Fraction(0)), (code, narrow)
            assert figure.denominator == sum((row.denominator for row in rows), Fraction(0)), (code, narrow)
            parts = {part: listed(session, code, narrow, part=part) for part in Part}
            assert parts[Part.DENOMINATOR] == len(rows)
            if code == "on_time_rate":
                assert parts[Part.NUMERATOR] + parts[Part.MISSED] == parts[Part.DENOMINATOR]


def test_R35_without_a_filter_the_figure_is_that_of_the_registry(made):
    session, _counted = made
    for code in CODES:
        assert measures.whole(session, code, [SEPTEMBER, AUGUST], Narrow()) == [
            overall(session, code, SEPTEMBER), overall(session, code, AUGUST),
        ]  # fmt: skip


def test_R35_several_figures_are_read_in_one_statement(made):
    session, counted = made
    asked = [(code, window) for code in CODES for window in (SEPTEMBER, AUGUST)]
    for narrow in narrowed(session, counted):
        single = [measures.whole(session, code, [window], narrow)[0] for code, window in asked]
        with statements_of(session.get_bind()) as sent:
            assert measures.several(session, asked, narrow) == single
        assert len(sent) == 1
    assert measures.several(session, [], Narrow()) == []


def test_R35_the_first_rows_of_several_lists_are_those_of_each(made):
    session, _counted = made
    late = Complaint.next_due_at < SEPTEMBER.computed_at
    lists = [([Complaint.open.is_(True)], 2), ([Complaint.open.is_(True), late], 5), ([Complaint.number == "none"], 3)]
    with statements_of(session.get_bind()) as sent:
        found = paging.first_pages(session, lists)
    assert len(sent) == 3
    for (where, size), mine in zip(lists, found, strict=True):
        alone = paging.page(session, where, sort="due", size=size)
        assert (mine.rows, mine.count, mine.more) == (alone.rows, alone.count, alone.more)
    assert [(len(one.rows), one.count) for one in found] == [(2, 3), (1, 1), (0, 0)]
    assert paging.first_pages(session, []) == []


def test_R35_two_of_eight_were_late_and_the_network_answers_for_them(made):
    session, counted = made
    [found] = measures.by_department(session, "on_time_rate", [SEPTEMBER], Narrow())
    network, front = counted.department("network"), counted.department("front_desk")
    assert (found[network].numerator, found[network].denominator) == (5, 7)
    assert (found[front].numerator, found[front].denominator) == (1, 1)


def test_R36_ages_by_the_time_since_receipt(made):
    session, _counted = made
    found = volume.ages(session, Narrow(), SEPTEMBER.computed_at)
    assert [number for number, _late in found] == [1, 1, 0, 0, 0, 0, 1]
    assert found[len(AGES)] == (1, 1)  # forty days old, due thirty-five days ago


def test_R36_trunks_are_counted_with_everything_under_them(made):
    session, counted = made
    trunk = int(session.get_one(Category, counted.leaf).path.split("/")[1])
    assert volume.trunks(session, [SEPTEMBER, AUGUST], Narrow()) == [{trunk: 7}, {trunk: 3}]


def test_R36_a_step_says_how_much_of_its_limit_was_used(made):
    session, counted = made
    row = counted.complaint()
    for occurrence, hours in ((2, 12), (3, 36), (4, 48)):  # due after 24 hours
        end = RECEIVED + timedelta(hours=hours)
        counted.clock(row, "rework", occurrence=occurrence, stopped_at=end, met=hours <= 24)
    [rework] = [one for one in steps(session, SEPTEMBER, Narrow()) if one.code is ClockCode.REWORK]
    assert (rework.percent, rework.count, rework.late, rework.hours) == (150, 3, 2, Fraction(3, 2))


def test_R39_no_department_within_reach_is_no_record(made):
    session, _counted = made
    nobody = Narrow(departments=frozenset())
    for what in ("received", "closed", OPEN, STEP, *CODES):
        assert listed(session, what, nobody) == 0, what


def test_R35_counts_over_time_are_read_from_an_index_alone(made):
    session, _counted = made
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("a plan of a few rows says nothing there")
    statements = []
    engine = session.get_bind()
    sa.event.listen(engine, "before_cursor_execute", lambda *call: statements.append((call[2], call[3])))
    narrow = Narrow(channel_id=1, severity=Severity.GENERAL, department_id=1)
    volume.counts(session, [(flow, SEPTEMBER) for flow in Flow], narrow)
    volume.ages(session, narrow, SEPTEMBER.computed_at)
    for statement, parameters in tuple(statements):
        plan = session.connection().exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters).all()
        about = [row[-1] for row in plan if "complaint" in row[-1]]
        assert about
        assert all("COVERING INDEX" in line for line in about), about
