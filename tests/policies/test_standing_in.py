"""R13: a message for somebody who is away reaches whoever stands in, round no circle, and never nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.standing_in import Standing, present

STAFF = frozenset(range(1, 9))
HEAD, UPPER, MANAGER, ADMINISTRATOR = 5, 6, 7, 8
GONE = 99


def office(absent, in_service=STAFF):
    heads = dict.fromkeys((*STAFF, GONE), (HEAD, UPPER))
    return Standing(in_service, absent, heads, (MANAGER,), (ADMINISTRATOR,))


@pytest.mark.parametrize(
    ("absent", "expected"),
    [
        ({}, (1,)),
        ({2: 3}, (1,)),
        ({1: 2}, (2,)),
        ({1: 2, 2: 3}, (3,)),
        ({1: 2, 2: 3, 3: 4}, (4,)),
        ({1: None}, (HEAD,)),
        ({1: 2, 2: None}, (HEAD,)),
        ({1: 1}, (HEAD,)),
        ({1: 2, 2: 1}, (HEAD,)),
        ({1: 2, 2: 3, 3: 2}, (HEAD,)),
        ({1: GONE}, (HEAD,)),
        ({1: 2, 2: 1, HEAD: 4}, (4,)),  # the head's own stand-in
        ({1: None, HEAD: 1}, (UPPER,)),  # the head is away too, and named whom all this is for
        ({1: None, HEAD: None, UPPER: None}, (MANAGER,)),
        ({1: None, HEAD: None, UPPER: None, MANAGER: None}, (ADMINISTRATOR,)),
        (dict.fromkeys(STAFF), (1,)),  # all away: found on coming back
    ],
)
def test_R13_whom_a_message_reaches(absent, expected):
    assert present([1], office(absent)) == expected


def test_R13_what_was_for_somebody_who_left_goes_to_the_head():
    assert present([GONE], office({})) == (HEAD,)
    assert present([GONE], office(dict.fromkeys(STAFF))) == (HEAD,)
    assert present([GONE], Standing(frozenset({3}))) == (3,)
    assert present([GONE], Standing(frozenset())) == ()


def test_R13_everybody_is_told_once():
    assert present([1, 2, 3, 3], office({1: 3, 2: 3})) == (3,)
    assert present([], office({})) == ()


people = st.integers(1, 12)
offices = st.builds(
    Standing,
    in_service=st.frozensets(people, min_size=1),
    absent=st.dictionaries(people, st.none() | people),
    heads=st.dictionaries(people, st.lists(people, max_size=3)),
    managers=st.lists(people, max_size=3),
    last=st.lists(people, max_size=3),
)


@given(offices, st.lists(people, min_size=1, max_size=5))
def test_R13_it_always_ends_and_never_with_nobody(where, wanted):
    found = present(wanted, where)
    assert found
    assert set(found) <= where.in_service
    assert list(found) == sorted(set(found))


@given(offices, people)
def test_R13_nobody_absent_is_told_while_anyone_who_could_be_is_there(where, wanted):
    found = present([wanted], where)
    there = [one for one in (wanted, *where.heads.get(wanted, ()), *where.managers, *where.last)
             if where.is_present(one)]  # fmt: skip
    if there:
        assert all(where.is_present(one) for one in found)
    if where.is_present(wanted):
        assert found == (wanted,)
