"""Which clocks start and stop, and when they are due (R23–R26): the ten told cases replayed against their told rows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from policies.calendar_form import calendar_of_documents
from policies.clocks import ClockState, Happening, applied, apply_event, parse_clocks
from policies.deadline import extend, is_met
from policies.targets import Case, candidates, due, parse_targets, whole
from policies.vocabulary import ClockCode, ClockEvent, Severity
from tests.support.past import category_path
from tests.support.told_cases import leads_to, local, office, told

DEFINITIONS = parse_clocks(office("sla"))
TARGETS = parse_targets(office("sla"))
CALENDAR = calendar_of_documents(office("calendar"), office("public_holidays"))
EXTRA = {"raise_dispute": "dispute_raised", "regrade": "regraded"}
REPEATING = {"progress", "report"}
T0 = local("2026-09-14T09:00")


def happenings(case):
    """The events of a told timeline in turn, with what the process says of the step that each action leads to."""
    severity = Severity(case.get("severity_at_registration", case["severity"]))
    contained = False
    for line in case["timeline"]:
        was, events, reached = severity, [line["event"]] if "event" in line else [], None
        if "action" in line:
            reached = leads_to(severity, line["step"], line["action"])
            if line["action"] in EXTRA:
                events.append(EXTRA[line["action"]])
            if reached and reached["status"] == "closed" and "closed" not in events:
                events.append("closed")
        if "regraded" in events:
            severity = Severity(case["severity"])
        runs = ClockCode(reached["clock"]) if reached and reached.get("clock") else None
        contained = contained or "contained" in events
        for event in events:
            yield Happening(ClockEvent(event), local(line["at"]), severity, runs, contained, was)


def reckoned(case, happening, code, start, phase, dues):
    """Target and deadline of a clock, as a service would reckon them."""
    leaf = case["category"] if happening.severity == case["severity"] else case.get("category_at_registration")
    chosen = Case(happening.severity, category_path(leaf), case["channel"])
    resolve = dues.get((ClockCode.RESOLVE, 1))
    of = whole(resolve.target, local(case["received_at"]), resolve.deadline) if resolve else None
    return due(CALENDAR, candidates(TARGETS, code, chosen, phase), start, resolve=of)


def replayed(case):
    clocks: tuple[ClockState, ...] = ()
    phases, dues = {}, {}
    for happening in happenings(case):
        changes = apply_event(clocks, happening, DEFINITIONS)
        clocks = applied(clocks, changes)
        counted = sorted((*changes.starts, *changes.resets), key=lambda one: one.code is not ClockCode.RESOLVE)
        for one in counted:  # the resolve clock first: others are shares of it
            phases[one.code, one.occurrence] = one.phase
            dues[one.code, one.occurrence] = reckoned(case, happening, one.code, one.at, one.phase, dues)
    return clocks, phases, dues


def seen_rows(case):
    """Rows as the told cases write them; the extension of case 7 is given as told, for it has a policy of its own."""
    clocks, phases, dues = replayed(case)
    days = case.get("extension", {}).get("working_days")
    for clock in clocks:
        key = clock.code, clock.occurrence
        deadline = dues[key].deadline
        extended = extend(CALENDAR, deadline, days) if days and clock.code in ("resolve", "answer") else None
        yield {
            "clock": clock.code.value,
            "occurrence": clock.occurrence if clock.code in REPEATING else None,
            "start": clock.started_at,
            "amount": dues[key].target.reckoned,
            "unit": dues[key].target.unit.value,
            "due": deadline.due,
            "extended_due": extended.due if extended else None,
            "stopped_at": clock.stopped_at,
            "met": is_met((extended or deadline).due, clock.stopped_at),
            "phase": phases[key],
        }


def told_rows(case):
    for row in case["clocks"]:
        yield {
            "clock": row["clock"],
            "occurrence": row.get("occurrence"),
            "start": local(row["start"]),
            "amount": row["amount"],
            "unit": row["unit"],
            "due": local(row["due"]),
            "extended_due": local(row["extended_due"]) if "extended_due" in row else None,
            "stopped_at": local(row["stopped_at"]),
            "met": row["met"],
            "phase": row.get("phase"),
        }


def in_order(rows):
    return sorted(rows, key=lambda row: (row["clock"], row["start"], row["occurrence"] or 0))


@pytest.mark.parametrize("case", told(), ids=lambda case: case["code"])
def test_R23_a_told_case_runs_exactly_the_told_clocks(case):
    assert in_order(seen_rows(case)) == in_order(told_rows(case))


@pytest.mark.parametrize("case", told(), ids=lambda case: case["code"])
def test_R23_the_told_special_rows_are_those_that_hold(case):
    _, _, dues = replayed(case)
    overrides = {clock.value: found.target.override for (clock, _), found in dues.items()}
    for row in case["clocks"]:
        if "override" in row:
            assert overrides[row["clock"]] == row["override"]


def test_R23_all_143_told_rows_were_compared():
    assert sum(len(list(seen_rows(case))) for case in told()) == sum(len(case["clocks"]) for case in told()) == 143


# What the told cases do not tell


def run(*steps, severity=Severity.GENERAL):
    """Clocks after events (event, hours after T0, clock that the step reached runs)."""
    clocks: tuple[ClockState, ...] = ()
    for event, hours, *runs in steps:
        happening = Happening(
            ClockEvent(event), T0 + timedelta(hours=hours), severity, ClockCode(runs[0]) if runs else None
        )
        clocks = applied(clocks, apply_event(clocks, happening, DEFINITIONS))
    return clocks


def running(clocks):
    return {clock.code.value for clock in clocks if clock.is_running}


def test_R23_receipt_starts_what_counts_from_it():
    assert running(run(("received", 0))) == {"acknowledge", "first_response", "resolve", "formal_reply"}


def test_R13_progress_told_before_any_acknowledgement_opens_no_clock():
    assert "progress" not in running(run(("received", 0), ("first_responded", 1), ("progress_told", 2)))


def test_R12_the_answer_clock_opens_with_the_first_order_and_has_the_start_of_resolve():
    clocks = run(("received", 0), ("order_sent", 5), ("order_sent", 6))
    answers = [clock for clock in clocks if clock.code is ClockCode.ANSWER]
    assert [clock.started_at for clock in answers] == [T0]


def test_R21_a_complaint_handed_over_after_a_first_contact_solution_gets_no_second_answer_clock():
    clocks = run(
        ("received", 0), ("resolved", 1, "call_back"), ("unsatisfied_reported", 9), ("order_sent", 10, "appoint")
    )
    assert running(clocks) == {"acknowledge", "rework", "appoint"}


def test_R21_every_round_has_its_own_rework_and_call_back_clock():
    clocks = run(
        ("received", 0),
        ("resolved", 1, "call_back"),
        ("unsatisfied_reported", 2),
        ("rework_resolved", 3, "call_back"),
        ("unsatisfied_reported", 4),
    )
    assert [(c.occurrence, c.is_running) for c in clocks if c.code is ClockCode.REWORK] == [(1, False), (2, True)]
    assert [(c.occurrence, c.is_running) for c in clocks if c.code is ClockCode.CALL_BACK] == [(1, False), (2, False)]


def test_R22_a_withdrawn_complaint_leaves_only_the_archive_clock_running_and_judges_none_of_the_others():
    clocks = run(("received", 0), ("customer_acknowledged", 1), ("order_sent", 2))
    happening = Happening(ClockEvent.CLOSED, T0 + timedelta(hours=3), Severity.GENERAL, ClockCode.ARCHIVE)
    changes = apply_event(clocks, happening, DEFINITIONS)
    assert running(applied(clocks, changes)) == {"archive"}
    assert {stop.judged for stop in changes.stops} == {False}


def test_R17_a_major_complaint_closed_with_its_post_review_to_come_starts_no_archive_clock():
    before = run(("received", 0), severity=Severity.MAJOR)
    happening = Happening(ClockEvent.CLOSED, T0, Severity.MAJOR, None)
    assert apply_event(before, happening, DEFINITIONS).starts == ()


def regraded(clocks, was, severity, hours):
    happening = Happening(ClockEvent.REGRADED, T0 + timedelta(hours=hours), severity, was=was)
    return apply_event(clocks, happening, DEFINITIONS)


def test_R3_an_upgrade_counts_the_first_hours_from_the_regrading_and_the_rest_from_the_receipt():
    clocks = run(("received", 0), ("customer_acknowledged", 1))
    changes = regraded(clocks, Severity.GENERAL, Severity.IMPORTANT, 4)
    assert {reset.code.value: (reset.at - T0).total_seconds() / 3600 for reset in changes.resets} == {
        "first_response": 4, "resolve": 0, "formal_reply": 0, "progress": 1,
    }  # fmt: skip
    assert changes.starts == changes.stops == ()


def test_R3_an_upgrade_after_dispatch_starts_the_report_at_the_regrading():
    clocks = run(("received", 0), ("order_sent", 2))
    changes = regraded(clocks, Severity.GENERAL, Severity.IMPORTANT, 4)
    assert [(start.code.value, start.at) for start in changes.starts] == [("report", T0 + timedelta(hours=4))]


def test_R3_a_downgrade_drops_the_report_and_leaves_at_least_a_working_day():
    clocks = run(("received", 0), ("order_sent", 2), severity=Severity.IMPORTANT)
    changes = regraded(clocks, Severity.IMPORTANT, Severity.GENERAL, 4)
    assert [(stop.code.value, stop.judged) for stop in changes.stops] == [("report", False)]
    assert all(reset.floor and reset.at < T0 + timedelta(hours=4) for reset in changes.resets)


def test_R3_another_leaf_under_the_same_severity_keeps_the_starts_and_leaves_no_working_day_more():
    clocks = run(("received", 0), ("order_sent", 2), severity=Severity.IMPORTANT)
    changes = regraded(clocks, Severity.IMPORTANT, Severity.IMPORTANT, 4)
    assert changes.starts == changes.stops == ()
    assert not any(reset.floor or reset.at == T0 + timedelta(hours=4) for reset in changes.resets)


def test_R3_what_is_met_or_missed_keeps_its_result():
    clocks = run(("received", 0), ("first_responded", 1), ("customer_acknowledged", 1))
    touched = {reset.code.value for reset in regraded(clocks, Severity.GENERAL, Severity.MAJOR, 4).resets}
    assert touched.isdisjoint({"first_response", "acknowledge"})


def test_R23_the_channel_row_holds_only_where_it_is_earlier():
    table = TARGETS
    fast = Case(Severity.GENERAL, category_path("sys_payment_fail"), "regulator_referral")
    plain = Case(Severity.IMPORTANT, category_path("net_iptv"), "regulator_referral")
    chosen = [due(CALENDAR, candidates(table, ClockCode.RESOLVE, case), T0).target.override for case in (fast, plain)]
    assert chosen == ["payment_fast", "regulator_resolve"]
