"""Numbers of complaints and orders (R2): readable, unique, and only by patterns that stay unique."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.numbering import NumberPattern, ParsedNumber, refuse_pattern

DAY = date(2026, 11, 22)
OFFICE = NumberPattern("TS{yyyymmdd}-{nnnn}")


@pytest.mark.parametrize(
    ("pattern", "place", "number"),
    [
        ("TS{yyyymmdd}-{nnnn}", 7, "TS20261122-0007"),
        ("GD{yyyymmdd}-{nnnn}", 12, "GD20261122-0012"),
        ("TS{yyyymmdd}-{nnnn}", 9999, "TS20261122-9999"),
        ("TS{yyyymmdd}-{nnnn}", 10000, "TS20261122-10000"),
        ("{yyyy}.{mm}-{nnn}", 5, "2026.11-005"),
        ("C{yyyymm}{nnnnnn}", 41, "C202611000041"),
        ("{yyyy}/".replace("/", "_") + "{n}", 3, "2026_3"),
        ("C{nnnnnnn}", 88, "C0000088"),
        ("{nnnn}-{dd}{mm}{yyyy}", 1, "0001-22112026"),
    ],
)
def test_R2_a_number_is_made_by_the_offices_pattern(pattern: str, place: int, number: str) -> None:
    made = NumberPattern(pattern)
    assert refuse_pattern(pattern) == ()
    assert made.format(DAY, place) == number
    assert made.parse(number) == ParsedNumber(made.slot(DAY), place)


def test_R2_the_counter_runs_in_the_slot_that_the_pattern_shows() -> None:
    assert OFFICE.slot(DAY) == "20261122"
    assert NumberPattern("{yyyy}-{mm}-{nnn}").slot(DAY) == "202611"
    assert NumberPattern("{yyyy}{nnnn}").slot(DAY) == "2026"
    assert NumberPattern("C{nnnn}").slot(DAY) == ""


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("TS{yyyymmdd}", "one_counter"),
        ("TS{nn}{yyyymmdd}-{nnnn}", "one_counter"),
        ("TS{mm}{dd}-{nnnn}", "date_not_whole"),
        ("TS{yyyy}{dd}-{nnnn}", "date_not_whole"),
        ("TS{dd}-{nnnn}", "date_not_whole"),
        ("TS{yyyymmdd}{yyyy}-{nnnn}", "date_not_whole"),
        ("TS{yy}{mm}-{nnnn}", "unknown_place"),
        ("TS{yyyymmdd}-{nnnn}{office}", "unknown_place"),
        ("TS{yyyymmdd-{nnnn}", "unknown_place"),
        ("TS}-{nnnn}", "unknown_place"),
        ("TS{}-{nnnn}", "unknown_place"),
        ("", "one_counter"),
        ("投诉{nnnn}", "characters"),
        ("TS {nnnn}", "characters"),
        ("TS/{nnnn}", "characters"),
        ("T" * 40 + "{nnnn}", "too_long"),
    ],
)
def test_R2_a_pattern_that_would_not_stay_unique_is_refused_beside_its_field(pattern: str, reason: str) -> None:
    refusals = refuse_pattern(pattern)
    assert f"intake_rules.pattern.{reason}" in [refusal.key for refusal in refusals]
    assert {(refusal.field, refusal.status) for refusal in refusals} == {("number_format", 422)}
    with pytest.raises(ValueError, match="cannot be made"):
        NumberPattern(pattern)


@pytest.mark.parametrize("typed", ["ts20261122-0007", "  TS20261122-0007 "])
def test_R2_a_number_typed_by_hand_is_understood(typed: str) -> None:
    assert OFFICE.parse(typed) == ParsedNumber("20261122", 7)


@pytest.mark.parametrize(
    "typed",
    [
        "TS20261122-7",
        "TS20261122-0000",
        "TS20261122-00007",
        "GD20261122-0007",
        "TS20261122-0007x",
        "",
        "TS２０２６1122-0007",
    ],
)
def test_R2_what_is_not_a_number_of_the_office_is_not_taken_for_one(typed: str) -> None:
    assert OFFICE.parse(typed) is None


def test_R2_places_count_from_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        OFFICE.format(DAY, 0)


patterns = st.permutations(["{yyyy}", "{mm}", "{dd}"]).flatmap(
    lambda parts: st.tuples(st.sampled_from(["", "-", ".", "TS"]), st.integers(0, 3), st.integers(0, 3)).map(
        lambda drawn: drawn[0].join([*parts[: drawn[2]], "{nnn}", *parts[drawn[2] :]])
    )
)


@given(patterns, st.dates(), st.integers(0, 800), st.integers(1, 20000), st.integers(1, 20000))
def test_R2_two_places_never_share_a_number(text: str, day: date, later: int, one: int, other: int) -> None:
    assert refuse_pattern(text) == ()
    pattern = NumberPattern(text)
    then = min(day, date.max - timedelta(days=later)) + timedelta(days=later)
    same = (pattern.slot(day), one) == (pattern.slot(then), other)
    assert (pattern.format(day, one) == pattern.format(then, other)) == same
    assert pattern.parse(pattern.format(day, one)) == ParsedNumber(pattern.slot(day), one)
