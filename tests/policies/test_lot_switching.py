"""Which inspection follows on which lots (R27): ISO 2859-1, 9.3 and 9.4, told as sequences of lots."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.lot_switching import Course, Improvement, Lot, Switch, course_after, score_after, step
from policies.lot_tables import lot_plan
from policies.vocabulary_inspection import LotSeverity

NORMAL, TIGHTENED, REDUCED, STOPPED = (
    LotSeverity.NORMAL,
    LotSeverity.TIGHTENED,
    LotSeverity.REDUCED,
    LotSeverity.DISCONTINUED,
)
SIZE, LIMIT = 1_000, "1.0"  # letter J: normal 80 with 2/3, tightened 80 with 1/2, reduced 32 with 1/3
SEVERITIES = {"n": NORMAL, "t": TIGHTENED, "r": REDUCED}


def lot(severity, found, *, size=SIZE, limit=LIMIT, wanted=True):
    return Lot(severity, limit, lot_plan(size, limit, severity), found, wanted)


def told(text):
    """Lots in words: "n0" is a lot of normal inspection with nothing found; "+" an improvement put on record."""
    return [Improvement() if word == "+" else lot(SEVERITIES[word[0]], int(word[1:])) for word in text.split()]


@pytest.mark.parametrize(
    ("lots", "severity", "switch"),
    [
        ("", NORMAL, None),
        ("n3", NORMAL, None),
        ("n3 n3", TIGHTENED, Switch.TWO_OF_FIVE),
        ("n3 n0 n0 n0 n3", TIGHTENED, Switch.TWO_OF_FIVE),
        ("n3 n0 n0 n0 n0 n3", NORMAL, None),  # the second one comes as the sixth
        ("n0 n0 n0 n3 n0 n3", TIGHTENED, Switch.TWO_OF_FIVE),
        ("n3 n3 t0 t0 t0 t0", TIGHTENED, None),
        ("n3 n3 t0 t0 t0 t0 t0", NORMAL, Switch.FIVE_ACCEPTED),
        ("n3 n3 t0 t0 t2 t0 t0 t0 t0", TIGHTENED, None),
        ("n3 n3 t0 t0 t2 t0 t0 t0 t0 t0", NORMAL, Switch.FIVE_ACCEPTED),
        ("n3 n3 t0 t0 t0 t0 t0 n3", NORMAL, None),  # what was before does not count again
        ("n3 n3 t2 t2 t2 t2", TIGHTENED, None),
        ("n3 n3 t2 t2 t2 t2 t2", STOPPED, Switch.FIVE_REFUSED),
        ("n3 n3 t2 t0 t2 t0 t2 t0 t2 t0 t2", STOPPED, Switch.FIVE_REFUSED),  # five of one stretch, in a row or not
        ("n3 n3 t2 t2 t2 t2 t2 +", TIGHTENED, Switch.IMPROVED),
        ("n3 n3 t2 t2 t2 t2 t2 + t2 t2 t2 t2", TIGHTENED, None),  # counted anew
        ("n3 n3 t2 t2 t2 t2 t2 + t0 t0 t0 t0 t0", NORMAL, Switch.FIVE_ACCEPTED),
        ("n0 n0 n0 n0 n0 n0 n0 n0 n0", NORMAL, None),  # nine times 3 is 27
        ("n0 n0 n0 n0 n0 n0 n0 n0 n0 n0", REDUCED, Switch.SCORE_REACHED),
        ("n0 n0 n0 n0 n0 n0 n0 n0 n2 n0", NORMAL, None),  # 2 would not pass at 0.65 %: again from nothing
        ("n0 n0 n0 n0 n0 n0 n0 n0 n0 n0 r0 r1", REDUCED, None),
        ("n0 n0 n0 n0 n0 n0 n0 n0 n0 n0 r0 r2", NORMAL, Switch.BETWEEN_NUMBERS),
        ("n0 n0 n0 n0 n0 n0 n0 n0 n0 n0 r3", NORMAL, Switch.REDUCED_FAILED),
        ("+", NORMAL, None),
    ],
)
def test_R27_told_sequences(lots, severity, switch):
    course = course_after(told(lots))
    assert (course.severity, course.switch) == (severity, switch)


@pytest.mark.parametrize(
    ("size", "limit", "found", "before", "after"),
    [
        (1_000, "1.0", 1, 6, 9),  # Ac 2: three more when it had passed at 0.65 % (Ac 1)
        (1_000, "1.0", 2, 6, 0),  # accepted, but not at 0.65 %
        (1_000, "0.65", 1, 6, 8),  # Ac 1: two more when accepted
        (1_000, "0.65", 2, 6, 0),
        (100, "0.65", 0, 6, 8),  # Ac 0
        (100, "0.65", 1, 6, 0),
    ],
)
def test_R27_the_switching_score(size, limit, found, before, after):
    assert score_after(before, lot(NORMAL, found, size=size, limit=limit)) == after


def test_R27_with_an_acceptance_number_of_0_or_1_fifteen_lots_lead_to_reduced_inspection():
    lots = [lot(NORMAL, 0, size=100, limit="0.65")] * 15
    assert course_after(lots[:14]).severity is NORMAL
    assert course_after(lots).severity is REDUCED


def test_R27_reduced_inspection_only_when_the_office_wants_it():
    unwanted = [lot(NORMAL, 0, wanted=False)] * 30
    assert course_after(unwanted).severity is NORMAL
    begun = course_after([lot(NORMAL, 0)] * 10)
    assert step(begun, lot(REDUCED, 0, wanted=False)) == Course(NORMAL, switch=Switch.NOT_WANTED)


def test_R27_nothing_but_an_improvement_ends_a_stop():
    stopped = course_after(told("n3 n3 t2 t2 t2 t2 t2"))
    for late in (lot(TIGHTENED, 0), lot(NORMAL, 0), lot(REDUCED, 0)):
        assert step(stopped, late).severity is STOPPED


def test_R27_a_lot_drawn_before_an_earlier_one_was_decided_begins_its_own_stretch():
    course = course_after(told("n3 n3 n3"))
    assert (course.severity, course.recent) == (NORMAL, (False,))


FOUND = st.integers(0, 6)


@given(st.lists(FOUND, max_size=60))
def test_R27_whatever_is_found_every_switch_has_its_ground(found):
    course, accepted = Course(), []
    for number in found:
        if course.severity is STOPPED:
            course, accepted = step(course, Improvement()), []
        held, one = course.severity, lot(course.severity, number)
        course = step(course, one)
        accepted.append(one.accepted)
        if course.severity is not held:
            assert course.switch is not None
            if course.switch is Switch.TWO_OF_FIVE:
                assert accepted[-5:].count(False) >= 2
            if course.switch is Switch.FIVE_ACCEPTED:
                assert accepted[-5:] == [True] * 5
            if course.switch is Switch.FIVE_REFUSED:
                assert accepted.count(False) == 5
            if course.switch is Switch.SCORE_REACHED:
                assert accepted[-10:] == [True] * 10
            accepted = []
        else:
            assert course.switch is None
        assert 0 <= course.score < 30
        assert len(course.recent) <= 5


@given(st.lists(st.sampled_from([0, 3]), max_size=40))
def test_R27_never_from_reduced_straight_to_tightened(found):
    course = Course()
    for number in found:
        if course.severity is STOPPED:
            break
        after = step(course, lot(course.severity, number))
        assert not (course.severity is REDUCED and after.severity in (TIGHTENED, STOPPED))
        course = after
