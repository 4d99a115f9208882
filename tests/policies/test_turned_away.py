"""R1: what a mail server's e-mail was turned away for is counted in spells, and told for a week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from policies.turned_away import TurnedAway, Why, once_more, still_told

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_R1_each_offer_counts_and_the_spell_keeps_its_beginning():
    found = once_more(once_more(None, Why.FLOOD, AT), Why.FLOOD, AT + HOUR)
    assert found == TurnedAway(Why.FLOOD, 2, AT, AT + HOUR)


def test_R1_after_a_quiet_day_it_is_counted_anew():
    found = once_more(TurnedAway(Why.FLOOD, 7, AT, AT + HOUR), Why.FLOOD, AT + HOUR + DAY + timedelta(seconds=1))
    assert (found.count, found.since) == (1, AT + HOUR + DAY + timedelta(seconds=1))


def test_R1_it_is_told_for_seven_days_what_stops_everything_first():
    flood, none = TurnedAway(Why.FLOOD, 1, AT, AT), TurnedAway(Why.NO_CHANNEL, 1, AT, AT)
    assert still_told([flood, none], AT + 7 * DAY) == (none, flood)
    assert still_told([flood, none], AT + 7 * DAY + HOUR) == ()


def test_R1_a_fault_is_told_until_a_day_passed_without_another():
    fault = TurnedAway(Why.FAULT, 3, AT - 3 * DAY, AT)
    assert still_told([fault], AT + DAY) == (fault,)
    assert still_told([fault], AT + DAY + HOUR) == ()
