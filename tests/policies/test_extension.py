"""Extensions of clocks (R25): who may ask and grant, how much, how often, and what it takes for one to count."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import extension
from policies.deadline import Deadline
from policies.extension import Approval, ExtensionFacts, ExtensionRules, Pending, Telling, parse_extension
from policies.message import Refusal
from policies.vocabulary import ClockCode, ExtensionState, Severity
from policies.workflow import Decision, decide
from tests.support.clocks import office_calendar
from tests.support.flow import COLLEAGUE, HANDLER, HEAD, INTAKE, MANAGER, NOW, SENIOR, SETTINGS, at_step
from tests.support.told_cases import local, office

RULES = parse_extension(office("sla"))
REASONS = frozenset(row["code"] for row in office("sla")["extension"]["reasons"])
DUE = local("2026-08-20T18:00")  # a Thursday
TOLD_ANSWER = local("2026-08-19T09:30")
GENERAL = RULES.approvals[Severity.GENERAL]
STANDING = ExtensionFacts(
    approval=GENERAL, clock=ClockCode.RESOLVE, due=DUE, reasons=REASONS, calendar=office_calendar()
)
ASKED = Pending(ExtensionState.REQUESTED, 3, HANDLER.staff_id)
WORDS = {"extension_reason": "force_majeure", "reason": "台风封路", "extension_ground": "封路通告"}


def keys(found):
    return [one.key.removeprefix("extension.refused.").removeprefix("workflow.refused.") for one in found]


def case(standing, severity=Severity.GENERAL):
    return at_step("investigate", severity, extension=standing)


def answer(standing, action, who, severity=Severity.GENERAL, **values):
    """The keys of the refusals; empty where it is done."""
    found = decide(case(standing, severity), action, values, who, NOW, SETTINGS)
    return [] if isinstance(found, Decision) else keys(found)


# The office's figures


@pytest.mark.parametrize("row", office("sla")["extension"]["approvals"], ids=lambda row: row["severity"])
def test_R25_the_level_the_days_and_the_times_are_those_of_the_version(row):
    assert RULES.approvals[Severity(row["severity"])] == Approval(
        row["role"], row["max_working_days"], row["max_times"]
    )


def test_R25_a_version_that_says_nothing_of_extensions_allows_none():
    rules = parse_extension({"clocks": [], "targets": []})
    assert rules == ExtensionRules(frozenset(), {})
    assert extension.leading(rules, [ClockCode.RESOLVE]) is None
    assert answer(replace(STANDING, approval=None), "request_extension", HANDLER, **WORDS) == ["not_allowed"]


@pytest.mark.parametrize(
    ("running", "asked_for", "moved"),
    [
        ({"resolve", "answer", "formal_reply", "progress"}, "resolve", ("resolve", "answer")),
        ({"resolve", "formal_reply", "progress"}, "resolve", ("resolve",)),
        ({"rework", "formal_reply"}, "rework", ("rework",)),
    ],
    ids=["the answer still owed moves too", "an answer given stays", "rework moves alone"],
)
def test_R25_only_the_clocks_of_the_office_s_list_move_never_the_formal_reply_or_progress(running, asked_for, moved):
    codes = [ClockCode(code) for code in running]
    clock = extension.leading(RULES, codes)
    assert clock == asked_for
    assert extension.moved_with(RULES, clock, codes) == moved


def test_R25_where_neither_handling_nor_rework_runs_there_is_nothing_to_extend():
    assert extension.leading(RULES, [ClockCode.CALL_BACK, ClockCode.ARCHIVE]) is None


# The new deadline (told case 07)


@pytest.mark.parametrize(
    ("due", "days", "new"),
    [
        (DUE, 3, "2026-08-25T18:00"),
        (TOLD_ANSWER, 3, "2026-08-24T18:00"),
        (DUE, 1, "2026-08-21T18:00"),
        (local("2026-09-24T18:00"), 1, "2026-09-28T18:00"),  # over the Mid-Autumn holiday of 25 to 27 September
    ],
    ids=["told resolve", "told answer", "closing time gains no extra day", "over a holiday"],
)
def test_R25_the_new_deadline_is_closing_time_of_the_nth_working_day_after_the_old_date(due, days, new):
    deadline = extension.new_due(office_calendar(), due, days)
    assert isinstance(deadline, Deadline)
    assert deadline.due == local(new)


@given(days=st.integers(1, 5), more=st.integers(1, 5), hour=st.integers(0, 500))
def test_R25_two_extensions_reach_as_far_as_one_of_their_days_together(days, more, hour):
    start = DUE + timedelta(hours=hour)
    first = extension.new_due(office_calendar(), start, days)
    second = extension.new_due(office_calendar(), first.due, more)
    assert second.due == extension.new_due(office_calendar(), start, days + more).due
    assert start < first.due < second.due


# Asking


def test_R25_the_holder_of_the_order_asks_with_reason_and_ground():
    assert answer(STANDING, "request_extension", HANDLER, **WORDS, extension_days=3) == []
    assert answer(STANDING, "request_extension", HEAD, **WORDS, extension_days=3) == []


@pytest.mark.parametrize("who", [INTAKE, COLLEAGUE, MANAGER], ids=["intake", "another handler", "manager"])
def test_R25_nobody_else_asks(who):
    found = decide(case(STANDING), "request_extension", {**WORDS, "extension_days": 3}, who, NOW, SETTINGS)
    assert [one.status for one in found] == [403]


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        (replace(STANDING, clock=None, due=None), "nothing_runs"),
        (replace(STANDING, overdue=True), "too_late"),
        (replace(STANDING, pending=ASKED), "asked_already"),
        (replace(STANDING, pending=replace(ASKED, state=ExtensionState.GRANTED)), "tell_first"),
        (replace(STANDING, used=1), "used_up"),
        (replace(STANDING, approval=RULES.approvals[Severity.MAJOR], used=2), "used_up"),
    ],
    ids=["no clock", "after the deadline", "asked already", "granted, not told", "second, general", "third, major"],
)
def test_R25_more_time_is_asked_for_in_time_one_request_after_another_and_not_too_often(standing, why):
    assert answer(standing, "request_extension", HANDLER, **WORDS, extension_days=1) == [why]


def test_R25_an_important_complaint_is_extended_twice():
    standing = replace(STANDING, approval=RULES.approvals[Severity.IMPORTANT], used=1)
    assert extension.refuse_asking(standing) is None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"extension_reason": "retired_one"}, ["reason_unknown"]),
        ({"extension_reason": ""}, ["field_missing"]),
        ({"reason": " "}, ["field_missing"]),
        ({"extension_ground": "…"}, ["ground_missing"]),
        ({"extension_days": None}, ["days_missing"]),
        ({"extension_days": 0}, ["days_range"]),
        ({"extension_days": 6}, ["days_range"]),
        ({"extension_until": date(2026, 8, 24)}, ["days_disagree"]),
        ({"extension_days": None, "extension_until": date(2026, 8, 20)}, ["date_not_later"]),
        ({"extension_days": None, "extension_until": date(2028, 8, 20)}, ["date_not_later"]),
        ({"extension_days": None, "extension_until": date(2026, 8, 31)}, ["days_range"]),
    ],
)
def test_R25_a_request_says_why_and_how_long(changed, why):
    values = {name: value for name, value in {**WORDS, "extension_days": 3, **changed}.items() if value is not None}
    assert answer(STANDING, "request_extension", HANDLER, **values) == why


def test_R25_a_file_is_ground_enough():
    values = {**WORDS, "extension_days": 3, "file": ("notice.pdf",)}
    del values["extension_ground"]
    assert answer(STANDING, "request_extension", HANDLER, **values) == []


@pytest.mark.parametrize(
    ("until", "days"), [(date(2026, 8, 21), 1), (date(2026, 8, 23), 1), (date(2026, 8, 25), 3)],
    ids=["Friday", "Sunday: the Friday before", "Tuesday"],
)  # fmt: skip
def test_R25_a_date_asks_for_the_working_days_up_to_it(until, days):
    assert extension.asked_days(STANDING, {"extension_until": until}) == days
    assert extension.asked_days(STANDING, {"extension_until": until, "extension_days": days}) == days


def test_R25_a_date_with_only_days_of_rest_before_it_is_refused():
    friday = replace(STANDING, due=local("2026-08-21T18:00"))
    refusal = extension.asked_days(friday, {"extension_until": date(2026, 8, 23)})
    assert isinstance(refusal, Refusal)
    assert keys([refusal]) == ["no_working_day"]


# Deciding


OPINION = {"extension_days": 3, "extension_opinion": "同意"}


@pytest.mark.parametrize(
    ("severity", "who", "why"),
    [
        (Severity.GENERAL, MANAGER, []),
        (Severity.GENERAL, SENIOR, ["other_level"]),
        (Severity.IMPORTANT, MANAGER, ["other_level"]),
        (Severity.IMPORTANT, SENIOR, []),
        (Severity.MAJOR, MANAGER, ["other_level"]),
        (Severity.MAJOR, SENIOR, []),
    ],
)
def test_R25_each_level_has_its_role(severity, who, why):
    standing = replace(STANDING, approval=RULES.approvals[severity], pending=ASKED)
    assert answer(standing, "grant_extension", who, severity, **OPINION) == why
    assert answer(standing, "refuse_extension", who, severity, extension_opinion="不同意") == why


def test_R25_the_sentence_names_the_role_that_decides():
    standing = replace(STANDING, approval=RULES.approvals[Severity.MAJOR], pending=ASKED)
    [refusal] = decide(case(standing, Severity.MAJOR), "grant_extension", OPINION, MANAGER, NOW, SETTINGS)
    assert [name.en for name in refusal.params["roles"]] == ["senior_manager"]


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        (STANDING, "nothing_asked"),
        (replace(STANDING, pending=replace(ASKED, state=ExtensionState.GRANTED)), "decided_already"),
        (replace(STANDING, pending=ASKED, overdue=True), "lapsed_by"),
        (replace(STANDING, pending=ASKED, clock=None, due=None), "lapsed"),
        (replace(STANDING, pending=replace(ASKED, asked_by_id=MANAGER.staff_id)), "own_request"),
    ],
    ids=["nothing asked", "two at once", "after the deadline", "the clock has stopped", "one's own"],
)
def test_R25_what_is_not_asked_is_decided_too_late_or_is_one_s_own_is_not_granted(standing, why):
    assert answer(standing, "grant_extension", MANAGER, **OPINION) == [why]
    assert answer(standing, "refuse_extension", MANAGER, extension_opinion="不同意") == [why]


@pytest.mark.parametrize(
    ("days", "why"), [(1, []), (3, []), (4, ["more_than_asked"]), (0, ["days_range"]), (None, ["field_missing"])]
)
def test_R25_fewer_days_may_be_granted_never_more(days, why):
    standing = replace(STANDING, pending=ASKED)
    given_days = {} if days is None else {"extension_days": days}
    assert answer(standing, "grant_extension", MANAGER, extension_opinion="同意", **given_days) == why


def test_R25_a_request_of_an_older_version_is_granted_within_the_figures_that_hold():
    standing = replace(STANDING, pending=replace(ASKED, days=9))
    assert answer(standing, "grant_extension", MANAGER, extension_days=7, extension_opinion="同意") == ["days_range"]


# The customer is told


NEW = date(2026, 8, 25)


@pytest.mark.parametrize(
    ("at", "until", "counts"),
    [
        ("2026-08-18T10:20", date(2026, 8, 25), True),
        ("2026-08-18T10:20", date(2026, 8, 28), True),
        ("2026-08-20T18:00", date(2026, 8, 25), True),
        ("2026-08-20T18:01", date(2026, 8, 25), False),
        ("2026-08-18T10:20", date(2026, 8, 24), False),
    ],
    ids=["told", "told of a later day", "in the last minute", "a minute too late", "told of an earlier day"],
)
def test_R25_the_customer_was_told_in_time_of_a_day_not_earlier_than_the_new_one(at, until, counts):
    talk = Telling(local(at), "phone", until)
    assert extension.told_of([talk], DUE, NEW) == (talk if counts else None)


def test_R25_the_first_talk_that_tells_it_is_the_record():
    first, second = (Telling(local(at), "sms", NEW) for at in ("2026-08-18T10:20", "2026-08-19T10:20"))
    assert extension.told_of([second, first], DUE, NEW) == first


# A clock that is counted anew


@pytest.mark.parametrize(
    ("anew", "due"),
    [("2026-08-28T18:00", "2026-08-28T18:00"), ("2026-08-19T18:00", "2026-08-25T18:00")],
    ids=["the new count reaches farther", "the date that was told stays"],
)
def test_R3_R25_counted_anew_a_date_that_was_told_to_the_customer_never_moves_earlier(anew, due):
    assert extension.after_regrading(local("2026-08-25T18:00"), local(anew)) == local(due)
