"""Versions of the clocks (R23): dates, amounts, special rows, differences."""

from dataclasses import replace
from datetime import date

import pytest

from policies.sla_version import (
    Override,
    Standing,
    Target,
    Version,
    check_overrides,
    check_targets,
    check_valid_from,
    differences,
    refuse_retiring,
    standing,
    target_field,
)

TODAY = date(2026, 11, 23)
FIRST = Version(1, date(2026, 1, 1))
SECOND = Version(2, date(2026, 7, 1))
COMING = Version(3, date(2027, 1, 1))
TAKEN_BACK = Version(4, date(2026, 12, 1), retired=True)
ALL = [COMING, SECOND, TAKEN_BACK, FIRST]

PROMISED = [
    *(Target("acknowledge", severity, 24, "hour") for severity in ("general", "important", "major")),
    Target("resolve", "general", 5, "working_day"),
    Target("resolve", "important", 10, "working_day"),
    Target("resolve", "major", 15, "working_day"),
]
FAST = Override("billing_fast", "计费从快", "Billing fast", "resolve", 3, "working_day", "billing", None, "general")


def said(refusals):
    return [(refusal.field, refusal.key.rpartition(".")[2]) for refusal in refusals]


@pytest.mark.parametrize(
    ("version", "where"),
    [
        (FIRST, Standing.PAST),
        (SECOND, Standing.HOLDS),
        (COMING, Standing.COMING),
        (TAKEN_BACK, Standing.RETIRED),
    ],
)
def test_R23_the_newest_version_that_has_begun_holds(version, where):
    assert standing(version, ALL, TODAY) is where


def test_R23_of_two_that_began_on_one_day_the_later_one_holds():
    later = Version(5, date(2026, 7, 1))
    assert standing(later, [*ALL, later], TODAY) is Standing.HOLDS
    assert standing(SECOND, [*ALL, later], TODAY) is Standing.PAST


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 11, 23), None),
        (date(2026, 11, 24), None),
        (date(2026, 12, 1), None),  # the version that was to begin then is taken back
        (date(2026, 11, 22), "in_the_past"),
        (date(2027, 1, 1), "same_day"),
        (date(2037, 1, 1), "too_far"),
        (None, "missing"),
    ],
)
def test_R23_a_new_version_begins_today_or_later_and_on_a_day_of_its_own(day, why):
    assert said(check_valid_from(day, ALL, TODAY)) == ([("valid_from", why)] if why else [])


def test_R23_only_what_has_not_begun_can_be_taken_back():
    assert refuse_retiring(COMING, TODAY) is None
    assert refuse_retiring(SECOND, TODAY).key == "reference.refused.version_began"
    assert refuse_retiring(FIRST, TODAY).key == "reference.refused.version_began"
    assert refuse_retiring(COMING, date(2027, 1, 1)).key == "reference.refused.version_began"
    assert refuse_retiring(TAKEN_BACK, TODAY).key == "reference.refused.already_retired"


def test_R23_what_every_customer_is_promised_must_be_set():
    assert check_targets(PROMISED) == []
    assert said(check_targets(PROMISED[1:-1])) == [
        ("target-acknowledge-all-general", "always_set"),
        ("target-resolve-all-major", "always_set"),
    ]


@pytest.mark.parametrize(
    ("clock", "amount", "unit", "why"),
    [
        ("answer", 60, "percent_of_resolve", None),
        ("answer", 101, "percent_of_resolve", "out_of_bounds"),
        ("answer", 0, "working_day", "out_of_bounds"),
        ("answer", -1, "hour", "out_of_bounds"),
        ("answer", 501, "working_day", "out_of_bounds"),
        ("answer", 10**30, "hour", "out_of_bounds"),
        ("answer", 1, "fortnight", "unit"),
        ("resolve", 50, "percent_of_resolve", "percent_of_itself"),
    ],
)
def test_R23_an_amount_is_positive_within_reason_and_in_a_unit_that_there_is(clock, amount, unit, why):
    row = Target(clock, "general", amount, unit)
    rest = [target for target in PROMISED if target.place != row.place]
    assert said(check_targets([*rest, row])) == ([(target_field(clock, "general"), why)] if why else [])


def test_R17_the_report_of_an_emergency_needs_both_of_its_phases():
    rows = [*PROMISED, Target("report", "major", 4, "hour", "until_contained")]
    assert said(check_targets(rows)) == [("target-report-after_contained-major", "both_phases")]
    rows.append(Target("report", "major", 24, "hour", "after_contained"))
    assert check_targets(rows) == []
    rows.append(Target("report", "major", 1, "working_day"))
    assert said(check_targets(rows)) == [("target-report-all-major", "phases_or_whole")]


@pytest.mark.parametrize(
    ("change", "field", "why"),
    [
        ({}, None, None),
        ({"code": "Billing"}, "code", "code"),
        ({"name_en": ""}, "name_en", "missing"),
        ({"category": None}, "category", "category_or_channel"),
        ({"channel": "letter"}, None, None),
        ({"category": "astrology"}, "category", "unknown"),
        ({"category": None, "channel": "pigeon"}, "channel", "unknown"),
        ({"severity": "grave"}, "severity", "unknown"),
        ({"clock": "nap"}, "clock", "unknown"),
        ({"amount": None}, "amount", "missing"),
        ({"amount": 0}, "amount", "out_of_bounds"),
        ({"unit": "percent_of_resolve"}, "amount", "percent_of_itself"),
        ({"reason_zh": "长" * 401}, "reason_zh", "too_long"),
    ],
)
def test_R23_a_special_row_names_a_category_or_channel_and_a_sound_amount(change, field, why):
    refusals = check_overrides([replace(FAST, **change)], {"billing"}, {"letter"})
    assert said(refusals) == ([(f"override-0-{field}", why)] if why else [])


def test_R23_no_two_special_rows_have_one_code_or_say_the_same():
    other = replace(FAST, code="other")
    assert said(check_overrides([FAST, FAST], {"billing"}, ())) == [("override-1-code", "code_taken")]
    assert said(check_overrides([FAST, other], {"billing"}, ())) == [("override-1-clock", "same_condition")]
    assert check_overrides([FAST, replace(other, severity="major")], {"billing"}, ()) == []


def test_R23_the_differences_of_two_versions_are_told_row_by_row():
    before = (PROMISED, [FAST])
    quicker = replace(PROMISED[3], amount=4)
    new = Target("call_back", "general", 2, "working_day")
    after = ([*PROMISED[:2], PROMISED[2], quicker, *PROMISED[4:], new], [])
    found = differences(before, after)
    assert [(row.before, row.after) for row in found] == [(PROMISED[3], quicker), (None, new), (FAST, None)]
    assert [row.subject for row in found] == [quicker, new, FAST]
    assert differences(before, before) == []
