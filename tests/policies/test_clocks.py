"""Which clocks start and stop (R23–R26): the ten told cases replayed, event by event, against their told rows."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from policies.clocks import Changes, ClockState, Happening, applied, apply_event, parse_clocks
from policies.vocabulary import ClockCode, ClockEvent, Severity
from tests.support.told_cases import leads_to, local, office, told

DEFINITIONS = parse_clocks(office("sla"))
EXTRA = {"raise_dispute": "dispute_raised", "regrade": "regraded"}
REPEATING = {"progress", "report"}


def happenings(case):
    """The events of a told timeline in turn, with what the process says of the step that each action leads to."""
    severity = Severity(case.get("severity_at_registration", case["severity"]))
    contained = False
    for line in case["timeline"]:
        was = severity
        events = [line["event"]] if "event" in line else []
        reached = None
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


def replayed(case):
    clocks: tuple[ClockState, ...] = ()
    phases = {}
    for happening in happenings(case):
        changes = apply_event(clocks, happening, DEFINITIONS)
        clocks = applied(clocks, changes)
        phases |= {(start.code, start.occurrence): start.phase for start in changes.starts}
    return clocks, phases


@pytest.mark.parametrize("case", told(), ids=lambda case: case["code"])
def test_R23_a_told_case_runs_exactly_the_told_clocks(case):
    clocks, phases = replayed(case)
    seen = sorted(
        (c.code.value, c.occurrence if c.code.value in REPEATING else None, c.started_at, c.stopped_at,
         phases[c.code, c.occurrence])
        for c in clocks
    )  # fmt: skip
    expected = sorted(
        (row["clock"], row.get("occurrence"), local(row["start"]), local(row["stopped_at"]), row.get("phase"))
        for row in case["clocks"]
    )
    key = lambda row: tuple(str(item) for item in row)  # noqa: E731 (one short key for both sides)
    assert sorted(seen, key=key) == sorted(expected, key=key)


def test_R23_the_told_cases_hold_143_rows():
    assert sum(len(case["clocks"]) for case in told()) == 143
    assert sum(len(replayed(case)[0]) for case in told()) == 143
