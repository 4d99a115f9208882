"""Past clocks replayed (R23, R24): by the same rules nothing changes; by others what was worked out by hand."""

from __future__ import annotations

import copy
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.calendar_form import calendar_of_documents
from policies.clocks import ClockState, Happening, apply_event, parse_clocks
from policies.targets import Case, candidates, parse_targets
from policies.vocabulary import ClockCode, ClockEvent, Severity
from policies.what_if import PastCase, PastClock, Replay, Rules, was_judged
from tests.support.clocks import good, office_calendar
from tests.support.past import naive, past_cases, slow_due, slow_extended
from tests.support.told_cases import local, office

SLA = office("sla")
TARGETS = parse_targets(SLA)
OWN = Rules(TARGETS, office_calendar())
CASES = past_cases()
ROWS = [(code, number) for code, case in CASES.items() for number in range(len(case.clocks))]


def changed(**targets):
    """The office's targets with some of them otherwise: ``resolve_general=(4, "working_day")``; None drops one."""
    document = copy.deepcopy(SLA)
    for row in list(document["targets"]):
        said = targets.get(f"{row['clock']}_{row['severity']}", row)
        if said is None:
            document["targets"].remove(row)
        elif said is not row:
            row["amount"], row["unit"] = said
    return parse_targets(document)


def calendar_with(days):
    """The office's calendar with some days otherwise: date → holiday or make_up."""
    public = copy.deepcopy(office("public_holidays"))
    public["days"] = [day for day in public["days"] if str(day["date"]) not in days]
    public["days"] += [{"date": day, "kind": kind} for day, kind in days.items()]
    return good(calendar_of_documents(office("calendar"), public))


def replay(table=TARGETS, calendar=None):
    return Replay(OWN, Rules(table, calendar or office_calendar()))


def all_judged(table=TARGETS, calendar=None):
    """(case, clock, occurrence counted through the case) → what came of it."""
    by = replay(table, calendar)
    return {(code, one.code.value, one.occurrence): one for code, case in CASES.items() for one in by.judge(case)}


def moves(judged):
    return {key: one for key, one in judged.items() if one.before != one.after}


# The same rules


@pytest.mark.parametrize(("code", "number"), ROWS, ids=lambda value: str(value))
def test_R24_every_told_clock_reckoned_by_its_own_version_is_due_when_it_was_told(code, number):
    case = CASES[code]
    clock = case.clocks[number]
    assert good(replay().reckoned(case, clock, OWN)) == clock.due_at


def test_R23_the_same_version_over_the_told_cases_changes_nothing():
    judged = all_judged(parse_targets(copy.deepcopy(SLA)), calendar_with({}))
    assert len(judged) == 143
    assert moves(judged) == {}
    assert all(one.due_before == one.due_after for one in judged.values())
    assert sum(one.before is False for one in judged.values()) == 8


# Other targets, worked out by hand


def test_R23_a_shorter_first_response_makes_those_late_that_were_answered_after_it():
    """Two working hours for general: told case 06 came in at 09:20 and was answered the next morning at 09:05."""
    found = moves(all_judged(changed(first_response_general=(2, "working_hour"))))
    late = found["case_06_dispute", "first_response", 2]
    assert (late.is_later, naive(late.due_after).isoformat()) == (True, "2026-09-14T11:20:00")
    assert ("case_10_closed_unsatisfied", "first_response", 2) not in found, "its special row of four hours stays"


def test_R23_a_longer_resolve_clock_clears_the_late_one_and_its_share_follows():
    """Case 10: from Monday 7 September 10:00, due on the 14th; told on the 16th at 11:00, planned on the 11th at 16:00.

    Eight working days end on the 17th: the Saturdays and Sundays between do not count, and 20 September is not reached.
    60 % of 10:00–12:00, 13:30–18:00 and eight days of 8 h are 42.3 h: the answer is due on Monday the 14th.
    """
    judged = all_judged(changed(resolve_general=(8, "working_day")))
    resolve = next(one for key, one in judged.items() if key[:2] == ("case_10_closed_unsatisfied", "resolve"))
    answer = next(one for key, one in judged.items() if key[:2] == ("case_10_closed_unsatisfied", "answer"))
    assert (resolve.is_earlier, naive(resolve.due_after).isoformat()) == (True, "2026-09-17T18:00:00")
    assert (answer.is_earlier, answer.due_after.astimezone().date() >= date(2026, 9, 14)) == (True, True)


def test_R25_an_extension_that_was_granted_stays_granted():
    """Case 07: four days end on 19 August 2026, three more on the 24th; told on the 25th at 11:30: late by then."""
    judged = all_judged(changed(resolve_general=(4, "working_day")))
    resolve = next(one for key, one in judged.items() if key[:2] == ("case_07_extension", "resolve"))
    assert naive(resolve.due_after).isoformat() == "2026-08-24T18:00:00"
    assert resolve.is_later


def test_R23_a_clock_that_the_trial_does_not_have_is_no_longer_judged():
    judged = all_judged(changed(archive_general=None))
    archive = next(one for key, one in judged.items() if key[:2] == ("case_10_closed_unsatisfied", "archive"))
    assert (archive.before, archive.after, archive.due_after, archive.is_earlier) == (False, None, None, True)


def test_R3_a_clock_is_replayed_by_the_grade_it_ended_under():
    """Case 08 was general until 16:10; its acknowledgement ended at 15:12, all else ran as important."""
    before = all_judged(changed(acknowledge_general=(1, "hour"), acknowledge_important=(48, "hour")))
    told = before["case_08_important_regraded", "acknowledge", 1]
    assert naive(told.due_after).isoformat() == "2026-09-24T16:05:00"
    unmoved = all_judged(changed(resolve_general=(1, "working_day")))
    resolve = next(one for key, one in unmoved.items() if key[:2] == ("case_08_important_regraded", "resolve"))
    assert resolve.due_after == resolve.due_before


# Another calendar


def test_R24_a_day_made_a_holiday_moves_what_spans_it_and_clears_what_was_late_by_a_day():
    """Case 10: with Friday 11 September free the fifth day is the 15th; still late on the 16th. Hours do not move."""
    judged = all_judged(calendar=calendar_with({"2026-09-11": "holiday"}))
    resolve = next(one for key, one in judged.items() if key[:2] == ("case_10_closed_unsatisfied", "resolve"))
    assert (naive(resolve.due_after).isoformat(), resolve.after) == ("2026-09-15T18:00:00", False)
    assert all(one.due_before == one.due_after for key, one in judged.items() if key[1] == "formal_reply")
    assert {key[0] for key, one in judged.items() if one.due_before != one.due_after} == {"case_10_closed_unsatisfied"}


def test_R24_a_saturday_worked_in_place_of_a_sunday_makes_late_what_was_done_on_the_sunday():
    """Case 02 came in on Friday 18 September at 16:40: 1 h 20 min that day, 6 h 40 min of Saturday, up to 16:40."""
    judged = all_judged(calendar=calendar_with({"2026-09-19": "make_up", "2026-09-20": "holiday"}))
    late = {key: naive(one.due_after).isoformat() for key, one in moves(judged).items()}
    assert late == {
        ("case_02_general_on_time", "first_response", 2): "2026-09-19T16:40:00",
        ("case_02_general_on_time", "appoint", 5): "2026-09-19T11:40:00",
    }
    assert all(one.is_later for one in moves(judged).values())
    resolve = next(one for key, one in judged.items() if key[:2] == ("case_06_dispute", "resolve"))
    assert naive(resolve.due_after).isoformat() == "2026-09-19T18:00:00"


# What ended a clock


@pytest.mark.parametrize("event", [ClockEvent.RESOLVED, ClockEvent.CLOSED, ClockEvent.PLAN_SUBMITTED])
@pytest.mark.parametrize("code", list(ClockCode))
def test_R24_what_falls_away_in_a_replay_is_what_the_clocks_let_fall_away(code, event):
    start = local("2026-09-14T09:00")
    running = ClockState(code, 1, start)
    happening = Happening(event, local("2026-09-15T09:00"), Severity.GENERAL)
    stops = apply_event([running], happening, parse_clocks(SLA)).stops
    for stop in stops:
        assert was_judged(code, event.value) is stop.judged


def test_R24_what_fell_away_in_time_is_not_judged_and_late_only_when_the_trial_is_shorter():
    clock = PastClock(
        ClockCode.ANSWER, 1, local("2026-09-14T09:20"), local("2026-09-17T15:08"), local("2026-09-16T15:00"), None,
        judged=False,
    )  # fmt: skip
    resolve = clock._replace(
        code=ClockCode.RESOLVE, due_at=local("2026-09-20T18:00"), judged=True, met=True,
    )  # fmt: skip
    case = PastCase(Severity.GENERAL, ("net_iptv",), "wechat", (resolve, clock))
    assert [one.code for one in replay().judge(case)] == [ClockCode.RESOLVE]
    [_, answer] = replay(changed(answer_general=(10, "percent_of_resolve"))).judge(case)
    assert (answer.before, answer.after, answer.is_later) == (None, False, True)


def test_R1_a_clock_ended_by_an_import_is_judged_only_where_the_source_told_it():
    assert was_judged(ClockCode.RESOLVE, "closed", imported=True)
    assert not was_judged(ClockCode.PROGRESS, "closed", imported=True)


# Against a slow clockwork that counts minutes one by one

UNITS = {"working_day": st.integers(1, 20), "working_hour": st.integers(1, 60), "hour": st.integers(1, 400)}
PLACES = [
    (row["clock"], row["severity"]) for row in SLA["targets"] if not row.get("phase") and row["clock"] != "answer"
]
SAID = st.one_of(*(st.tuples(amounts, st.just(unit)) for unit, amounts in UNITS.items()))
SHARES = st.dictionaries(
    st.sampled_from([("answer", severity.value) for severity in Severity]),
    st.tuples(st.integers(1, 100), st.just("percent_of_resolve")),
)


@given(chosen=st.dictionaries(st.sampled_from(PLACES), SAID, max_size=6), shares=SHARES)
def test_R23_a_replay_agrees_with_counting_minutes_one_by_one(chosen, shares):
    table = changed(**{f"{clock}_{severity}": said for (clock, severity), said in {**chosen, **shares}.items()})
    by = replay(table)
    for case in CASES.values():
        judged = {(one.code, one.occurrence): one for one in by.judge(case)}
        for clock in case.clocks:
            due = slowly(case, clock, table)
            one = judged[clock.code, clock.occurrence]
            assert naive(one.due_after) == due, (clock, one)
            assert one.after is (naive(clock.stopped_at) <= due)


def slowly(case, clock, table):
    """A deadline by the slow clockwork: the earliest of the candidates, then its extensions."""
    grade, path = case.severity, case.categories
    for regrading in case.regraded:
        if clock.stopped_at <= regrading.at:
            grade, path = regrading.severity, regrading.categories
    by = Case(grade, path, case.channel)
    start = naive(clock.started_at)
    resolve = next(one for one in case.clocks if one.code is ClockCode.RESOLVE)
    begin = naive(resolve.started_at)
    wholes = [
        (slow_due(begin, int(one.amount), one.unit.value), one) for one in candidates(table, ClockCode.RESOLVE, by)
    ]
    end, target = min(wholes, key=lambda pair: pair[0])
    whole = (begin, end, int(target.amount) if target.unit == "hour" else None)
    due = min(
        slow_due(start, int(one.amount), one.unit.value, whole)
        for one in candidates(table, clock.code, by, clock.phase)
    )
    for days in clock.extended:
        due = slow_extended(due, days)
    return due
