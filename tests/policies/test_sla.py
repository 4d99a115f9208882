"""The policy on the clocks (R23, R26): every special row, the choice between rows, and the warnings as told."""

from __future__ import annotations

import copy
from datetime import timedelta
from decimal import Decimal

import pytest

from policies.deadline import Deadline, Whole
from policies.message import Refusal
from policies.targets import Case, candidates, due, parse_targets, whole
from policies.vocabulary import ClockCode, Severity, Unit
from policies.warning_ladder import LadderStep, WarnAt, parse_ladders, warnings
from tests.support.clocks import good, office, office_calendar, rows, told_clocks
from tests.support.told_cases import local

SLA = office("sla")
TARGETS = parse_targets(SLA)
LADDERS = good(parse_ladders(SLA))
OVERRIDES = SLA["overrides"]
BY_CATEGORY = [row for row in OVERRIDES if "category" in row["when"]]
TOLD = told_clocks()
TOLD_WARNINGS = rows("told_clocks/told_warnings.csv")
MONDAY = "2026-09-14T09:00"


def leaves(node, above=()):
    here = (node["code"], *above)
    children = node.get("children") or []
    return [path for child in children for path in leaves(child, here)] if children else [here]


PATHS = {path[0]: path for trunk in office("categories")["categories"] for path in leaves(trunk)}
PLAIN = "net_outdoor_weak"  # a leaf that no special row names


def chosen(clock, severity, start, leaf=PLAIN, channel="hotline", phase=None, targets=TARGETS):
    """The target and deadline of a clock, with the resolve clock of the same case where it is a share of that."""
    case, at = Case(Severity(severity), PATHS[leaf], channel), local(start)
    resolve = good(due(office_calendar(), candidates(targets, ClockCode.RESOLVE, case), at))
    of = whole(resolve.target, at, resolve.deadline)
    return good(due(office_calendar(), candidates(targets, ClockCode(clock), case, phase), at, resolve=of))


def said(found):
    return found.target.reckoned, found.target.unit.value, found.target.override


# The choice of a target


def test_every_special_row_of_the_office_is_tried_below():
    assert len(BY_CATEGORY) == 8
    assert {row["code"] for row in OVERRIDES if "channel" in row["when"]} == {
        "regulator_resolve", "government_resolve", "government_progress", "social_response",
    }  # fmt: skip


@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize("row", BY_CATEGORY, ids=[row["code"] for row in BY_CATEGORY])
def test_R23_a_category_row_replaces_the_base_value_for_its_severity_only(row, severity):
    """Also where it is longer than the base value would be: it replaces, it is not compared."""
    below = [leaf for leaf, path in PATHS.items() if row["when"]["category"] in path]
    assert below
    for leaf in below:
        amount, unit, code = said(chosen(row["clock"], severity, MONDAY, leaf))
        if severity == row["when"]["severity"]:
            assert (amount, unit, code) == (row["amount"], row["unit"], row["code"])
        else:
            assert code is None


@pytest.mark.parametrize(
    ("clock", "severity", "channel", "leaf", "start", "expected"),
    [
        # five working days are the base of general: nothing earlier, so the base stays
        ("resolve", "general", "regulator_referral", PLAIN, MONDAY, (5, "working_day", None)),
        ("resolve", "important", "regulator_referral", PLAIN, MONDAY, (5, "working_day", "regulator_resolve")),
        ("resolve", "major", "regulator_referral", PLAIN, MONDAY, (5, "working_day", "regulator_resolve")),
        # the category's one day is earlier than the channel's five
        ("resolve", "general", "regulator_referral", "sys_payment_fail", MONDAY, (1, "working_day", "payment_fast")),
        ("resolve", "major", "hotline", PLAIN, MONDAY, (15, "working_day", None)),
        # eight working hours from Monday 08:30 end that evening, before 24 hours; from Friday 16:00 they do not; from
        # Monday 09:00 both end on Tuesday at 09:00, and what holds already stays
        ("first_response", "general", "government_hotline", PLAIN, "2026-09-14T08:30", (8, "working_hour", None)),
        ("first_response", "general", "government_hotline", PLAIN, MONDAY, (8, "working_hour", None)),
        ("first_response", "general", "government_hotline", PLAIN, "2026-10-16T16:00", (24, "hour", "government_resolve")),
        ("first_response", "important", "government_hotline", PLAIN, "2026-10-16T16:00", (24, "hour", "government_resolve")),
        ("first_response", "major", "government_hotline", PLAIN, MONDAY, (2, "hour", None)),
        # 48 hours against two working days: from Thursday noon Friday and Monday, or Saturday noon
        ("progress", "general", "government_hotline", PLAIN, "2026-10-15T12:00", (48, "hour", "government_progress")),
        # … but the second working day after 12 August is half closed and ends at noon, before the 48 hours
        ("progress", "general", "government_hotline", PLAIN, "2026-08-12T16:00", (2, "working_day", None)),
        ("progress", "major", "government_hotline", PLAIN, MONDAY, (24, "hour", None)),
        ("first_response", "general", "social_media", PLAIN, MONDAY, (2, "working_hour", "social_response")),
        ("first_response", "important", "social_media", PLAIN, MONDAY, (2, "working_hour", "social_response")),
        # privacy's two hours at night are earlier than two working hours of the morning
        ("first_response", "important", "social_media", "priv_leak", "2026-10-12T20:00", (2, "hour", "privacy_response")),
        ("first_response", "general", "social_media", "att_hall_rude", MONDAY, (2, "working_hour", "social_response")),
    ],
)  # fmt: skip
def test_R23_a_channel_row_is_compared_and_never_lengthens_a_clock(clock, severity, channel, leaf, start, expected):
    with_channel = chosen(clock, severity, start, leaf, channel)
    assert said(with_channel) == expected
    assert with_channel.deadline.due <= chosen(clock, severity, start, leaf).deadline.due


def test_R23_of_leaf_branch_and_trunk_the_most_specific_row_holds():
    document = copy.deepcopy(SLA)
    leaf, branch, trunk = PATHS[PLAIN]
    document["overrides"] = [
        {"code": name, "when": {"category": code}, "clock": "resolve", "amount": amount, "unit": "working_day"}
        for name, code, amount in (("by_trunk", trunk, 1), ("by_leaf", leaf, 7), ("by_branch", branch, 2))
    ]
    for expected in ("by_leaf", "by_branch", "by_trunk", None):
        found = chosen("resolve", "general", MONDAY, targets=parse_targets(document))
        assert found.target.override == expected
        document["overrides"] = [row for row in document["overrides"] if row["code"] != expected]


def test_R23_the_answer_clock_is_a_share_of_whatever_resolve_clock_was_chosen():
    for leaf, hours in (("net_broadband_down", 48), (PLAIN, None)):
        answer = chosen("answer", "general", MONDAY, leaf)
        assert said(answer) == (60, "percent_of_resolve", None)
        if hours:
            assert answer.deadline.due == local(MONDAY) + timedelta(hours=hours) * 60 / 100
    case = Case(Severity.GENERAL, PATHS[PLAIN])
    lonely = due(office_calendar(), candidates(TARGETS, ClockCode.ANSWER, case), local(MONDAY))
    assert isinstance(lonely, Refusal)


@pytest.mark.parametrize("row", TOLD, ids=[row["id"] for row in TOLD])
def test_R23_a_told_clock_has_the_target_that_the_policy_gives_it(row):
    case = Case(Severity(row["severity"]), PATHS[row["category"]], row["channel"])
    resolve = next(other for other in TOLD if other["case"] == row["case"] and other["clock"] == "resolve")
    of = Whole(local(resolve["start"]), local(resolve["due"]))
    found = good(due(office_calendar(), candidates(TARGETS, ClockCode(row["clock"]), case, row["phase"] or None),
                     local(row["start"]), resolve=of))  # fmt: skip
    assert said(found) == (int(row["amount"]), row["unit"], row["override"] or None)
    assert found.deadline.due == local(row["due"])


# Warnings


@pytest.mark.parametrize("row", TOLD_WARNINGS, ids=[f"{row['case']}-{row['warning']}" for row in TOLD_WARNINGS])
def test_R26_a_told_warning_comes_at_its_moment(row):
    found = good(
        warnings(LADDERS[ClockCode(row["clock"])], office_calendar(), local(row["start"]), local(row["due"]),
                 round_the_clock=row["unit"] == Unit.HOUR)
    )  # fmt: skip
    assert {warning.code: warning.at for warning in found}[row["warning"]] == local(row["at"])


@pytest.mark.parametrize("clock", list(ClockCode))
def test_R26_every_clock_has_the_ladder_of_the_office(clock):
    told = next(ladder for ladder in SLA["warnings"]["ladders"] if clock.value in ladder["applies_to"])
    assert [(step.code, step.at.value, step.value, list(step.to), step.message) for step in LADDERS[clock]] == [
        (step["code"], step["at"], step["value"], step["to"], step["message"]) for step in told["steps"]
    ]


@pytest.mark.parametrize(
    ("clock", "start", "until", "round_the_clock", "expected"),
    [
        # 24 hours round the clock: half of them, the deadline, an hour after it
        ("acknowledge", "2026-10-01T10:00", "2026-10-02T10:00", True,
         ["2026-10-01T22:00", "2026-10-02T10:00", "2026-10-02T11:00"]),
        # working time: half of four working hours over lunch; hours after the deadline run on at night
        ("first_response", "2026-10-12T14:00", "2026-10-12T18:00", False,
         ["2026-10-12T16:00", "2026-10-12T18:00", "2026-10-12T19:00"]),
        # 8 and 24 office hours after a deadline in the holiday begin on the first day back
        ("progress", "2026-10-01T10:00", "2026-10-02T10:00", True,
         ["2026-10-02T05:12", "2026-10-02T10:00", "2026-10-08T18:00", "2026-10-10T18:00"]),
        ("archive", "2026-10-12T08:30", "2026-10-12T18:00", False, ["2026-10-12T16:24", "2026-10-12T18:00"]),
    ],
)  # fmt: skip
def test_R26_warnings_before_at_and_after_a_deadline(clock, start, until, round_the_clock, expected):
    found = good(warnings(LADDERS[ClockCode(clock)], office_calendar(), local(start), local(until),
                          round_the_clock=round_the_clock))  # fmt: skip
    assert [warning.at for warning in found] == [local(at) for at in expected]


def test_R26_warnings_come_in_the_order_of_time_and_can_be_fractions():
    ladder = [
        LadderStep("late", WarnAt.HOURS_AFTER, Decimal("0.5"), (), "m"),
        LadderStep("now", WarnAt.DEADLINE, 0, (), "m"),
    ]
    start = local(MONDAY)
    found = good(warnings(ladder, office_calendar(), start, start, round_the_clock=True))
    assert [(warning.code, warning.at) for warning in found] == [
        ("now", start),
        ("late", start + timedelta(minutes=30)),
    ]


def test_R26_an_extended_clock_warns_anew():
    ladder, start = LADDERS[ClockCode.RESOLVE], local("2026-08-13T16:00")
    before = good(warnings(ladder, office_calendar(), start, local("2026-08-20T18:00"), round_the_clock=False))
    after = good(warnings(ladder, office_calendar(), start, local("2026-08-25T18:00"), round_the_clock=False))
    assert all(late.at > early.at for early, late in zip(before, after, strict=True))


@pytest.mark.parametrize(
    "ladders",
    [
        "none",
        [{"code": "x"}],
        [{"applies_to": "resolve", "steps": []}],
        [{"applies_to": ["nothing"], "steps": []}],
        [{"applies_to": ["resolve", "resolve"], "steps": []}],
        [{"applies_to": [], "steps": [{"code": "x", "at": "noon", "value": 1, "to": [], "message": "m"}]}],
        [{"applies_to": [], "steps": [{"code": "x", "at": "deadline", "value": -1, "to": [], "message": "m"}]}],
        [{"applies_to": [], "steps": [{"code": "x", "at": "deadline", "value": True, "to": [], "message": "m"}]}],
        [{"applies_to": [], "steps": ["x"]}],
    ],
)
def test_R26_ladders_that_cannot_be_read_are_refused(ladders):
    assert isinstance(parse_ladders({"warnings": {"ladders": ladders}}), Refusal)


def test_R26_a_policy_without_warnings_has_none():
    assert good(parse_ladders({})) == {}
    assert isinstance(parse_ladders({"warnings": []}), dict)
    assert isinstance(parse_ladders({"warnings": "x"}), Refusal)


def test_a_deadline_is_a_value():
    at = local(MONDAY)
    assert Deadline(at) == Deadline(at, explanation=lambda: ())
    assert Deadline(at) != Deadline(at, provisional=True)
