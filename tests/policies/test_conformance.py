"""R14: a log replayed through a process: what conforms, and the named reason where not; a real log of 4,580 cases."""

from __future__ import annotations

import csv
import gzip
import json
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backoffice.integrations.event_log import LogError, read_log
from policies.conformance import (
    Doing,
    MappingError,
    Reason,
    findings,
    lost_actions,
    parse_mapping,
    replay,
)
from policies.process import parse_process
from policies.process_check import Known, check_process
from tests.support.flow import GRANTS

DATA = Path(__file__).resolve().parents[1] / "data/helpdesk_log"
LOG = DATA / "helpdesk_log.csv.gz"
PROCESS = parse_process(json.loads((DATA / "process.json").read_text(encoding="utf-8")))
MAPPING = parse_mapping(json.loads((DATA / "mapping.json").read_text(encoding="utf-8")))
AT = datetime(2010, 1, 13, 8, 0, tzinfo=UTC)

INSERT, ASSIGN, TAKE, WAIT, RESOLVE, CLOSED = (
    "Insert ticket", "Assign seriousness", "Take in charge ticket", "Wait", "Resolve ticket", "Closed",
)  # fmt: skip
ON_THE_WAY = {WAIT, "Require upgrade", "Create SW anomaly", "Resolve SW anomaly", "Schedule intervention"}


def course(*activities: str) -> list[Doing]:
    return [Doing(activity, AT + timedelta(hours=place)) for place, activity in enumerate(activities)]


def why(*activities: str) -> list[tuple[str, int]]:
    return [(one.reason.value, one.line) for one in replay(PROCESS, MAPPING, course(*activities)).deviations]


@pytest.mark.parametrize(
    ("activities", "reasons"),
    [
        ((ASSIGN, TAKE, RESOLVE, CLOSED), []),
        ((INSERT, ASSIGN, TAKE, WAIT, TAKE, WAIT, RESOLVE, CLOSED), []),
        ((ASSIGN, ASSIGN, TAKE, RESOLVE, CLOSED), [("repeated", 2)]),
        ((ASSIGN, RESOLVE, CLOSED), [("skipped", 2)]),
        ((TAKE, RESOLVE, CLOSED), [("skipped", 1)]),
        ((ASSIGN, TAKE, RESOLVE, TAKE, RESOLVE, CLOSED), [("gone_back", 4)]),
        ((ASSIGN, TAKE, RESOLVE, CLOSED, TAKE, RESOLVE, CLOSED), [("reopened", 5)]),
        ((ASSIGN, TAKE, RESOLVE, CLOSED, CLOSED), [("repeated", 5)]),
        ((ASSIGN, TAKE, WAIT), [("ended_open", 4)]),
        ((ASSIGN, TAKE, "INVALID", RESOLVE, CLOSED), [("unknown", 3)]),
        (("Require upgrade", ASSIGN, TAKE, RESOLVE, CLOSED), [("out_of_place", 1)]),
        ((), []),
    ],
)
def test_R14_a_case_conforms_or_its_reason_is_named_and_one_slip_is_told_once(activities, reasons):
    assert why(*activities) == reasons


def test_R14_what_was_passed_over_is_named_without_what_nobody_writes_down():
    skipped = replay(PROCESS, MAPPING, course(RESOLVE, CLOSED)).deviations
    assert [(one.reason, one.step, one.missed) for one in skipped] == [
        (Reason.SKIPPED, "register", ("accept", "appoint"))
    ]


def test_R14_a_stay_lasts_from_reaching_a_step_to_leaving_it():
    """Waiting is no way out: the work lasts from taking in charge (hour 1) to the solution (hour 4)."""
    stays = replay(PROCESS, MAPPING, course(ASSIGN, TAKE, WAIT, TAKE, RESOLVE, CLOSED)).stays
    assert dict(stays) == {
        "dispatch": timedelta(hours=1), "investigate": timedelta(hours=3), "call_back": timedelta(hours=1),
    }  # fmt: skip


def test_R14_lines_of_one_moment_stay_in_the_order_of_the_file_and_late_ones_find_their_place(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(
        "case,activity,time\nA,Resolve ticket,2010-01-01 10:00:00\nA,Closed,2010-01-01 10:00:00\n"
        "A,Assign seriousness,2010-01-01T09:00:00+01:00\n",
        encoding="utf-8",
    )
    assert [one.activity for one in read_log(path)["A"]] == [ASSIGN, RESOLVE, CLOSED]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"case;activity;time\n", 1),
        (b"case,activity,time\nA,Closed,yesterday\n", 2),
        (b"case,activity,time\nA,Closed\n", 2),
        (b"\x1f\x8bnot gzip", 0),
        (b"case,activity,time\nA,\xff,2010-01-01\n", 0),
        (b"", 1),
    ],
)
def test_R14_a_log_that_cannot_be_read_is_told_with_its_line(tmp_path, content, line):
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    with pytest.raises(LogError) as error:
        read_log(path)
    assert error.value.line == line


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ([], "activities"),
        ({"activities": {"Closed": "archive"}}, "Closed"),
        ({"activities": {"Closed": ["fly"]}}, "fly"),
        ({"activities": {}, "silent": 3}, "silent"),
    ],
)
def test_R14_a_mapping_that_cannot_be_used_says_what_is_wrong(data, what):
    with pytest.raises(MappingError) as error:
        parse_mapping(data)
    assert error.value.what == what


def test_R14_an_action_that_no_step_is_left_by_is_named():
    mapping = parse_mapping({"activities": {CLOSED: ["archive"], TAKE: ["contain", "change_owner"]}})
    assert lost_actions(PROCESS, mapping) == ("contain",)


# The real log


@pytest.fixture(scope="module")
def rows() -> dict[str, list[str]]:
    """The log read once more, by nothing of ours: case → its activities in the order of the file."""
    cases: dict[str, list[str]] = defaultdict(list)
    with gzip.open(LOG, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            cases[row["case"]].append(row["activity"])
    return cases


def follows(activities: list[str]) -> bool:
    """The common course in words of the log: graded once, taken in charge, worked on, resolved once, closed."""
    graded = activities[1:] if activities[:1] == [INSERT] else activities
    work = graded[1:-2]
    return (
        graded[:1] == [ASSIGN]
        and graded[-2:] == [RESOLVE, CLOSED]
        and TAKE in work
        and set(work) <= {TAKE, *ON_THE_WAY}
    )


def test_R14_the_process_of_the_help_desk_is_accepted_by_the_check_of_the_console():
    assert check_process(PROCESS, Known(GRANTS)) == ()


def test_R14_the_whole_log_is_replayed_and_its_figures_are_those_of_a_count_by_hand(rows):
    began = time.perf_counter()
    found = findings(PROCESS, MAPPING, read_log(LOG))
    assert time.perf_counter() - began < 30  # under a second on a machine that has nothing else to do
    assert (found.cases, found.lines) == (4580, 21348)
    assert (len(rows), sum(map(len, rows.values()))) == (4580, 21348)
    assert found.conforming == sum(map(follows, rows.values())) == 3527
    assert found.by_reason[Reason.UNKNOWN] == sum(
        activity not in {INSERT, ASSIGN, TAKE, RESOLVE, CLOSED, *ON_THE_WAY}
        for one in rows.values()
        for activity in one
    )
    again = found.cases_with[Reason.GONE_BACK] + found.cases_with[Reason.REOPENED]
    assert again == 150  # as the log's description says of cases that were opened again
    known = {INSERT, ASSIGN, TAKE, RESOLVE, CLOSED, *ON_THE_WAY}
    open_ended = [one for one in rows.values() if [activity for activity in one if activity in known][-1] != CLOSED]
    assert found.cases_with[Reason.ENDED_OPEN] == len(open_ended)
    assert found.lines - found.fitting == sum(found.by_reason.values()) - found.by_reason[Reason.ENDED_OPEN]
