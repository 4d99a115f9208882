"""R27: nobody inspects own work; the load is shared out evenly; not the same inspector three months running."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.sampling_assignment import Inspector, ToInspect, assign, months_before

HE, GUO, WEN = Inspector(22, "S022", 9), Inspector(23, "S023", 9), Inspector(24, "S024", 9)
ALL = (HE, GUO, WEN)


def free(subject=16, department=3, worked=()):
    return ToInspect(frozenset(worked), subject, department)


def given_to(units, inspectors=ALL, third=frozenset(), **more):
    return [one.inspector for one in assign(units, inspectors, third, **more)]


def test_R27_units_go_to_the_inspectors_in_turn():
    assert given_to([free()] * 6) == [22, 23, 24, 22, 23, 24]


def test_R27_who_has_more_waiting_gets_less():
    busy = (Inspector(22, "S022", 9, waiting=3), GUO, WEN)
    assert Counter(given_to([free()] * 6, busy)) == {23: 3, 24: 3}


HINDERED = {
    "took, dispatched, handled or called back": (free(worked={22}), {}, "own_work"),
    "is the one inspected": (free(subject=22), {}, "own_work"),
    "scored it first": (ToInspect(frozenset(), 16, 3, scored_by=22), {}, "own_scoring"),
    "inspected it by another plan": (ToInspect(frozenset(), 16, 3, inspected_by=frozenset({22})), {}, "own_scoring"),
    "of the same department": (free(department=9), {}, "own_department"),
    "the third month": (free(), {"third": {(22, 16)}}, "third_month"),
}


@pytest.mark.parametrize("case", HINDERED.values(), ids=HINDERED.keys())
def test_R27_who_may_not_inspect_does_not_and_it_says_why(case):
    unit, more, why = case
    (assigned,) = assign([unit], [HE], more.get("third", frozenset()))
    assert (assigned.inspector, dict(assigned.hindered)) == (None, {why: 1})


def test_R27_the_same_department_may_inspect_where_the_plan_lets_it():
    assert given_to([free(department=9)], [HE], other_department_only=False) == [22]


def test_R27_a_unit_goes_past_whoever_may_not_to_whoever_may():
    assert given_to([free(worked={22}), free(worked={22}), free()]) == [23, 24, 22]


def test_R27_two_months_running_are_allowed_and_another_person_too():
    assert given_to([free()], [HE], {(22, 99), (23, 16)}) == [22]


def test_R27_without_any_inspector_a_unit_stays_unassigned():
    (assigned,) = assign([free()], [])
    assert (assigned.inspector, dict(assigned.hindered)) == (None, {})


@given(
    waiting=st.lists(st.integers(0, 9), min_size=1, max_size=5),
    units=st.lists(st.sets(st.integers(0, 6)), max_size=40),
)
def test_R27_nobody_gets_an_own_record_and_free_ones_never_wait_while_others_are_loaded(waiting, units):
    inspectors = [Inspector(n, f"S{n:03}", None, load) for n, load in enumerate(waiting)]
    found = assign([ToInspect(frozenset(worked)) for worked in units], inspectors)
    assert all(one.inspector not in worked for one, worked in zip(found, units, strict=True))
    assert all(one.inspector is not None or set(range(len(waiting))) <= worked
               for one, worked in zip(found, units, strict=True))  # fmt: skip
    if not any(units):
        after = [load + sum(one.inspector == n for one in found) for n, load in enumerate(waiting)]
        got = [load for n, load in enumerate(after) if load > waiting[n]]
        assert not got or max(got) - min(after) <= 1


def test_R27_the_months_before_reach_over_the_year():
    assert months_before(date(2026, 2, 17)) == [
        (date(2026, 1, 1), date(2026, 2, 1)),
        (date(2025, 12, 1), date(2026, 1, 1)),
    ]
