"""R35, R38: when figures are kept, how long they are as good as new, what they are kept under."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from policies.kept_figures import (
    LARGE,
    LEAST,
    MOST,
    MOST_WAITING,
    good_for,
    is_large,
    is_lost,
    is_old,
    refuse_anew,
    refuse_more,
    sign_of,
)

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
QUESTION = {"period": "2026-11", "narrow": {"departments": None}}


def test_R35_a_small_office_counts_whenever_somebody_looks():
    assert not is_large(0)
    assert not is_large(LARGE - 1)
    assert is_large(LARGE)


@pytest.mark.parametrize(
    ("took", "good"),
    [(0, LEAST), (0.05, LEAST), (1, 100 * SECOND), (10, 1000 * SECOND), (60, MOST), (3600, MOST)],
)
def test_R35_the_longer_it_took_the_longer_figures_stand_within_bounds(took, good):
    assert good_for(timedelta(seconds=took)) == good


def test_R35_figures_are_old_only_after_their_time():
    assert not is_old(AT, SECOND, AT + 100 * SECOND)
    assert is_old(AT, SECOND, AT + 101 * SECOND)


def test_R35_what_is_not_counted_for_half_an_hour_is_lost():
    assert not is_lost(AT, AT + timedelta(minutes=30))
    assert is_lost(AT, AT + timedelta(minutes=31))


def test_R35_nothing_is_counted_anew_by_hand_right_after_it_was_counted():
    assert refuse_anew(None, SECOND, AT) is None
    assert refuse_anew(AT, SECOND, AT + 9 * SECOND).params["until"] == AT + 10 * SECOND
    assert refuse_anew(AT, SECOND, AT + 10 * SECOND) is None
    assert refuse_anew(AT, 30 * SECOND, AT + 299 * SECOND).status == 429
    assert refuse_anew(AT, 30 * SECOND, AT + 300 * SECOND) is None


def test_R38_one_person_has_only_so_many_views_waiting():
    assert refuse_more(MOST_WAITING - 1) is None
    assert refuse_more(MOST_WAITING).status == 429


def test_R39_figures_are_kept_under_view_question_reach_and_rules():
    signs = {
        sign_of("overview", QUESTION, {"versions": [1, 2]}),
        sign_of("statistics", QUESTION, {"versions": [1, 2]}),
        sign_of("overview", QUESTION | {"period": "2026-10"}, {"versions": [1, 2]}),
        sign_of("overview", QUESTION | {"narrow": {"departments": [3]}}, {"versions": [1, 2]}),
        sign_of("overview", QUESTION | {"narrow": {"departments": []}}, {"versions": [1, 2]}),
        sign_of("overview", QUESTION, {"versions": [1, 3]}),
    }
    assert len(signs) == 6
    assert sign_of("overview", dict(reversed(QUESTION.items())), {"versions": [1, 2]}) in signs
