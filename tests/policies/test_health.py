"""What is good, worth a look, or wrong with a desk that runs: a table of what is found and how it must be judged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from policies.health import Beat, FilesWord, JobCount, Level, Machine, MailboxStanding, Standby, Stored, judge, worst
from policies.message import Message
from policies.turned_away import TurnedAway, Why

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HOUR, DAY, GIB = timedelta(hours=1), timedelta(days=1), 2**30
STORED = Stored(
    "sqlite", "0022", "0022", is_set_up=True, bytes=5 * 2**20, complaints=812, open=70, overdue=2, newest=AT - HOUR,
    beats=(Beat("pc.1", "console", AT - timedelta(seconds=20)),), outbox={"waiting": 3}, sealed_at=AT - 6 * HOUR,
    backup_at=AT - 8 * HOUR,
)  # fmt: skip
MACHINE = Machine("/srv/desk", 40 * GIB, FilesWord.OK)


def found(part, stored=STORED, machine=MACHINE, at=AT):
    return next(finding for finding in judge(at, stored, machine) if finding.part == part)


def test_a_desk_that_is_well_has_nothing_to_do():
    findings = judge(AT, STORED, MACHINE)
    assert worst(findings) is Level.GOOD
    assert [finding.part for finding in findings] == [
        "database", "version", "size", "complaints", "clock", "jobs", "workers", "outbox", "seal", "backup", "disk",
        "files", "keys",
    ]  # fmt: skip
    assert {finding.todo for finding in findings} == {None}


@pytest.mark.parametrize(
    ("part", "changes", "level"),
    [
        ("version", {"revision": "0021"}, Level.WRONG),
        ("version", {"revision": None}, Level.WRONG),
        ("clock", {"clock": AT + timedelta(seconds=4)}, Level.GOOD),
        ("clock", {"clock": AT - timedelta(seconds=20)}, Level.NOTE),
        ("clock", {"clock": AT + 2 * HOUR}, Level.WRONG),
        ("clock", {"newest": AT + HOUR}, Level.WRONG),  # written by a clock that was ahead, or this one went back
        ("clock", {"newest": AT - 90 * DAY}, Level.GOOD),  # a quiet office
        ("jobs", {"late_since": AT - timedelta(minutes=14)}, Level.GOOD),
        ("jobs", {"late_since": AT - timedelta(minutes=16)}, Level.WRONG),
        ("jobs", {"jobs": (JobCount("digest", "failed", 1),)}, Level.NOTE),
        ("jobs", {"jobs": (JobCount("digest", "waiting", 4),)}, Level.GOOD),
        ("workers", {"beats": ()}, Level.NOTE),  # a timer may ring it
        ("workers", {"beats": (), "late_since": AT - HOUR}, Level.WRONG),
        ("workers", {"beats": (Beat("pc.1", "worker", AT - timedelta(minutes=4)),)}, Level.NOTE),
        ("outbox", {"outbox": {"given_up": 1}}, Level.NOTE),
        ("outbox", {"outbox": {"uncertain": 1}}, Level.NOTE),
        ("mailbox", {"mailbox": MailboxStanding(AT - HOUR)}, Level.GOOD),
        ("mailbox", {"mailbox": MailboxStanding(AT - HOUR, aside=1)}, Level.NOTE),
        ("mailbox", {"mailbox": MailboxStanding()}, Level.NOTE),
        ("mailbox", {"mailbox": MailboxStanding(AT - HOUR, "sign_in")}, Level.NOTE),
        ("mailbox", {"mailbox": MailboxStanding(AT - 2 * DAY, "sign_in")}, Level.WRONG),
        ("mailbox", {"mailbox": MailboxStanding(AT - 2 * DAY)}, Level.WRONG),
        ("turned_away", {"turned_away": (TurnedAway(Why.FLOOD, 9, AT - 2 * DAY, AT),)}, Level.NOTE),
        ("turned_away", {"turned_away": (TurnedAway(Why.NO_CHANNEL, 9, AT - HOUR, AT),)}, Level.NOTE),
        ("turned_away", {"turned_away": (TurnedAway(Why.NO_CHANNEL, 9, AT - 2 * DAY, AT),)}, Level.WRONG),
        ("turned_away", {"turned_away": (TurnedAway(Why.FAULT, 9, AT - 2 * DAY, AT),)}, Level.WRONG),
        ("turned_away", {"turned_away": (TurnedAway(Why.FAULT, 1, AT - 5 * DAY, AT - 5 * DAY),)}, Level.NOTE),
        ("seal", {"sealed_at": None}, Level.NOTE),
        ("seal", {"sealed_at": AT - 25 * HOUR}, Level.GOOD),
        ("seal", {"sealed_at": AT - 37 * HOUR}, Level.NOTE),
        ("seal", {"sealed_at": AT - 61 * HOUR}, Level.WRONG),
        ("backup", {"backup_at": None}, Level.NOTE),
        ("backup", {"backup_at": AT - 25 * HOUR}, Level.GOOD),
        ("backup", {"backup_at": AT - 2 * DAY}, Level.NOTE),
        ("backup", {"backup_at": AT - 8 * DAY}, Level.WRONG),
        ("set_up", {"is_set_up": False}, Level.NOTE),
    ],
)
def test_what_the_database_says_is_judged(part, changes, level):
    assert found(part, replace(STORED, **changes)).level is level


def test_R1_each_reason_for_which_mail_is_turned_away_is_told_with_its_own_level():
    rows = (TurnedAway(Why.NO_CHANNEL, 1, AT, AT), TurnedAway(Why.FAULT, 90, AT - 3 * DAY, AT))
    findings = judge(AT, replace(STORED, turned_away=rows), MACHINE)
    assert [(one.said.key, one.level) for one in findings if one.part == "turned_away"] == [
        ("status.turned_away.no_channel", Level.NOTE),
        ("status.turned_away.fault", Level.WRONG),
    ]


@pytest.mark.parametrize(
    ("part", "changes", "level"),
    [
        ("disk", {"free": GIB}, Level.GOOD),
        ("disk", {"free": 500 * 2**20}, Level.NOTE),
        ("disk", {"free": 60 * 2**20}, Level.WRONG),
        *(("files", {"files": word}, Level.GOOD if word is FilesWord.OK else Level.WRONG) for word in FilesWord),
        ("keys", {"keys": Message("keys.file.missing", {"path": "x"})}, Level.WRONG),
        ("certificate", {"certificate_until": AT + 90 * DAY}, Level.GOOD),
        ("certificate", {"certificate_until": AT + 20 * DAY}, Level.NOTE),
        ("certificate", {"certificate_until": AT + 6 * DAY}, Level.WRONG),
        ("certificate", {"certificate_until": AT - HOUR}, Level.WRONG),
        ("certificate", {"certificate_fault": True}, Level.WRONG),
    ],
)
def test_what_the_machine_says_is_judged(part, changes, level):
    assert found(part, machine=replace(MACHINE, **changes)).level is level


def test_a_finding_that_is_not_good_says_what_to_do_next():
    bad = replace(
        STORED, clock=AT - HOUR, late_since=AT - HOUR, beats=(), outbox={"given_up": 1}, sealed_at=None, backup_at=None
    )
    machine = replace(MACHINE, free=0, files=FilesWord.FULL, keys=Message("keys.file.missing", {"path": "x"}))
    findings = judge(AT, bad, machine)
    assert all((finding.todo is None) == (finding.level is Level.GOOD) for finding in findings)
    assert worst(findings) is Level.WRONG


def test_a_database_that_does_not_answer_leaves_what_the_machine_says():
    findings = judge(AT, Message("database.fault.server"), MACHINE)
    assert [(finding.part, finding.level) for finding in findings] == [
        ("database", Level.WRONG), ("disk", Level.GOOD), ("files", Level.GOOD), ("keys", Level.GOOD),
    ]  # fmt: skip


def test_of_a_database_of_another_shape_nothing_more_is_asked():
    parts = [finding.part for finding in judge(AT, Stored("sqlite", "0001", "0022"), MACHINE)]
    assert parts == ["database", "version", "disk", "files", "keys"]


@pytest.mark.parametrize(
    ("standby", "level", "word"),
    [
        (Standby(True, 0.2, 60), Level.GOOD, "read"),
        (Standby(False, 61.0, 60), Level.NOTE, "behind"),
        (Standby(False, None, 60, "OperationalError"), Level.NOTE, "silent"),
    ],
)
def test_a_standby_that_does_not_keep_up_is_worth_a_look_and_never_wrong(standby, level, word):
    (one,) = [finding for finding in judge(AT, STORED, MACHINE, standby) if finding.part == "standby"]
    assert (one.level, one.said.key) == (level, f"status.standby.{word}")
    assert (one.todo is None) == (level is Level.GOOD)
