"""R26: over a month of an office each warning goes out once, to the right people, though the worker is killed again and
again while it sends.

Complaints of all severities live through the services; between their acts a worker in a process of its own rings, and is
killed with SIGKILL at random moments. What should have gone out is reckoned here, from ``sla.yaml``, ``calendar.yaml``
and ``organisation.yaml`` alone: office minutes are counted one by one.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import open_keys
from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.duty import Absence, ClockWarning, Duty
from backoffice.models.office import Department, Staff
from backoffice.models.work import Outbox
from policies.vocabulary import ContactWay, DutyKind, Severity
from tests.support.clocks import office
from tests.support.played import Play
from tests.support.scenes import staff
from tests.support.sources import PROJECT

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2026, 11, 2, 0, 0, tzinfo=SHANGHAI)
MONTH, HOUR, MINUTE = timedelta(days=30), timedelta(hours=1), timedelta(minutes=1)
DARK = (datetime(2026, 11, 13, 18, 0, tzinfo=SHANGHAI), datetime(2026, 11, 16, 9, 0, tzinfo=SHANGHAI))  # no power
ON_DUTY = (FIRST, FIRST + timedelta(days=7), "S009")
AWAY = (FIRST + timedelta(days=3), FIRST + timedelta(days=12), "S005", "S006")

# What should happen, from the office's papers --------------------------------------------------------------------------

LADDERS = {clock: one["steps"] for one in office("sla")["warnings"]["ladders"] for clock in one["applies_to"]}
ROLES: dict[str, set[str]] = {}
for _person in office("organisation")["staff"]:
    for _role in _person["roles"]:
        ROLES.setdefault(_role, set()).add(_person["code"])
HEADS = {row["code"]: row["head"] for row in office("organisation")["departments"]}
HOLDER_BY_STEP = {
    "register": "intake", "check": "intake", "appoint": "head", "approve": "head", "dispatch": "dispatcher",
    "set_up_task_force": "complaints_manager", "emergency_response": "senior_manager", "investigate": "owner",
    "plan": "owner", "carry_out": "owner", "feed_back": "owner", "call_back": "callback_clerk", "archive": "archivist",
}  # fmt: skip


def _open_minutes():
    """Every minute of office hours around the month: weekdays 8:30–12:00 and 13:30–18:00; no holiday falls into it."""
    windows = ((8 * 60 + 30, 12 * 60), (13 * 60 + 30, 18 * 60))
    found = []
    for day in range(-20, 80):
        midnight = FIRST + timedelta(days=day)
        if midnight.weekday() < 5:
            base = int(midnight.timestamp()) // 60
            found += [base + minute for begin, end in windows for minute in range(begin, end)]
    return found


OPEN = _open_minutes()


def minute(at):
    return int(at.timestamp()) // 60


def is_open(at):
    index = bisect_left(OPEN, minute(at))
    return index < len(OPEN) and OPEN[index] == minute(at)


def add_office_minutes(at, amount):
    first = bisect_left(OPEN, minute(at))
    return at if amount == 0 else datetime.fromtimestamp((OPEN[first + amount - 1] + 1) * 60, UTC)


def moments(clock):
    """(step, when, to whom) of a clock, in order."""
    found = []
    for step in LADDERS[clock.code]:
        value = step["value"]
        if step["at"] == "deadline":
            at = clock.due
        elif step["at"] == "hours_after":
            at = clock.due + value * HOUR
        elif step["at"] == "working_hours_after":
            at = add_office_minutes(clock.due, value * 60)
        elif clock.unit == "hour":
            at = clock.start + (clock.due - clock.start) * value / 100
        else:
            whole = bisect_left(OPEN, minute(clock.due)) - bisect_left(OPEN, minute(clock.start))
            at = min(clock.due, add_office_minutes(clock.start, (whole * value + 50) // 100))
        found.append((step["code"], at, step["to"]))
    return sorted(found, key=lambda one: one[1])


@dataclass
class Clock:
    """A clock as it was seen after the last act."""

    id: int
    code: str
    unit: str
    start: datetime
    due: datetime
    stopped: datetime | None


@dataclass
class Seen:
    """A complaint as it was seen after the last act."""

    step: str
    intake: str | None
    owner: str | None
    department: str | None
    clocks: list[Clock] = field(default_factory=list)


def people(seen, to, at):
    """Codes of those whom a warning must reach at a moment."""
    found = set()
    for role in to:
        if role == "owner":
            holder = HOLDER_BY_STEP[seen.step]
            found |= {"intake": {seen.intake}, "owner": {seen.owner}, "head": {HEADS.get(seen.department)}}.get(
                holder
            ) or ROLES[holder]
        elif role == "department_head":
            found.add(HEADS[seen.department])
        elif role == "duty_manager":
            found |= on_duty(at)
        else:
            found |= ROLES[role]
    if not is_open(at):
        found |= on_duty(at)
    begins, ends, absent, stand_in = AWAY
    return {stand_in if one == absent and begins <= at < ends else one for one in found}


def on_duty(at):
    begins, ends, manager = ON_DUTY
    return {manager} if begins <= at < ends else ROLES["duty_manager"]


# The office ------------------------------------------------------------------------------------------------------------


class Life:
    """A complaint that goes through some of its acts, hours apart; where one is refused it stays as it is."""

    def __init__(self, month, number, chance):
        self.month, self.chance = month, chance
        self.play = Play(month.database, month.keys, month.folder / "files")
        self.at = FIRST + timedelta(minutes=chance.randrange(18 * 24 * 60))
        self.severity = (Severity.GENERAL, Severity.GENERAL, Severity.IMPORTANT, Severity.MAJOR)[number % 4]
        self.left = chance.randrange(20) if self.severity is Severity.GENERAL else chance.randrange(3)
        self.acts = self._acts(number)

    def _acts(self, number):
        play = self.play
        yield lambda: play.register(severity=self.severity, received_at=play.at,
                                    texts={"contact_phone": f"139{number:08}", "severity_reason": "影响大"})  # fmt: skip
        yield lambda: play.act("S005", "acknowledge", way=ContactWay.PHONE, text="已受理")
        if self.severity is Severity.MAJOR:
            return
        yield lambda: play.act("S005", "start_check")
        yield lambda: play.act("S005", "accept", handover_reason="需测试", promised_time=play.at + timedelta(days=9))
        if self.severity is Severity.IMPORTANT:
            return
        elements = dict.fromkeys(
            ("customer_number", "pre_check_result", "speed_test", "device_model", "available_time"), "x1"
        )
        yield lambda: play.act(
            "S008", "send_order", department=play.department("technical_support"), requirements="查清",
            deadline=play.at + timedelta(days=4), handover_reason="需测试", elements=elements,
            promised_time=play.at + timedelta(days=9),
        )  # fmt: skip
        yield lambda: play.act("S015", "appoint", owner=play.staff("S016"))
        yield lambda: play.act("S016", "respond_first", way=ContactWay.PHONE, text="约定上门")
        yield lambda: play.act("S016", "record_evidence", evidence_type="system_record", text="流量 97%")
        yield lambda: play.act("S016", "submit_facts", facts="属实", root_cause="拥塞", cause_code="network_capacity",
                               fault="customer_fault", responsible_party="客户侧")  # fmt: skip
        yield lambda: play.plan("分流", "0")
        yield lambda: play.act("S015", "approve", approval_opinion_text="同意")
        yield self._tick
        yield lambda: play.act("S016", "communicate", way=ContactWay.PHONE, text="告知")
        yield lambda: play.act("S016", "complete_measures", measure_results="已分流")
        yield lambda: play.act("S016", "tell_result", result_told_at=play.at + 40 * MINUTE,
                               result_channel=ContactWay.PHONE, customer_opinion="接受", apologised=True)  # fmt: skip
        yield lambda: play.act("S011", "confirm_satisfied", callback_method=ContactWay.PHONE, resolved_flag=True,
                               satisfaction=5, customer_opinion="好了")  # fmt: skip
        yield lambda: play.act("S028", "archive", lesson="先查上联")

    def _tick(self):
        with self.month.database.reading() as session:
            statement = "SELECT id FROM measure WHERE complaint_id = :id AND done_at IS NULL AND NOT dropped"
            measure = session.scalars(sa.text(statement), {"id": self.play.complaint_id}).one()
        self.play.act("S016", "tick_measure", measure=str(measure), result="已分流")

    def go_on(self):
        """The next act, at ``at``; nothing more when it was the last."""
        act = next(self.acts, None)
        if act is None or self.left < 0:
            self.at = None
            return
        first = self.play.complaint_id == 0
        self.play.at = self.at.astimezone(UTC) - (timedelta(0) if first else 40 * MINUTE)
        try:
            act()
        except DomainError:
            self.at = None
            return
        self.left -= 1
        self.month.look(self.play.complaint_id, self.at)
        self.at += timedelta(minutes=1 + self.chance.randrange(30 * 60))


class Month:
    """The month: acts and rings in the order of time, the worker in between, and what should have gone out."""

    def __init__(self, database, folder, complaints, kills, seed=20261122):
        self.database, self.folder, self.chance = database, folder, random.Random(seed)
        self.keys = open_keys(folder / "keys")
        with database.writing() as session:
            begins, ends, manager = ON_DUTY
            session.add(Duty(kind=DutyKind.MANAGER, staff_id=staff(session, manager).id, begins_at=begins,
                             ends_at=ends))  # fmt: skip
            begins, ends, absent, stand_in = AWAY
            session.add(Absence(staff_id=staff(session, absent).id, stand_in_id=staff(session, stand_in).id,
                                begins_at=begins, ends_at=ends))  # fmt: skip
            self.codes = dict(session.execute(sa.select(Staff.id, Staff.code)).all())
            self.departments = dict(session.execute(sa.select(Department.id, Department.code)).all())
        self.lives = [Life(self, number, self.chance) for number in range(complaints)]
        self.seen: dict[int, Seen] = {}
        self.since: dict[int, datetime] = {}  # clock → when its deadline was set
        self.expected: dict[tuple[int, str], tuple[datetime, list[str]]] = {}
        self.kills, self.killed, self.torn = kills, 0, 0
        self.worker = None

    def look(self, complaint_id, at):
        with self.database.reading() as session:
            row = session.get_one(Complaint, complaint_id)
            clocks = session.scalars(sa.select(ClockRow).where(ClockRow.complaint_id == complaint_id)).all()
        self.seen[complaint_id] = Seen(
            row.step, self.codes.get(row.registered_by_id), self.codes.get(row.owner_id),
            self.departments.get(row.department_id or row.registered_department_id),
            [Clock(one.id, one.code, one.unit, one.started_at, one.due_at, one.stopped_at) for one in clocks],
        )  # fmt: skip
        for one in clocks:
            self.since.setdefault(one.id, at)

    def expect(self, at):
        """What must have gone out after a ring at this moment; gives what is new."""
        new = {}
        for seen in self.seen.values():
            for clock in seen.clocks:
                if clock.stopped is not None:
                    continue
                # the answer clock counts from the receipt, but is set when the order is sent: of what is past by then
                # only the last is told
                told = moments(clock)
                past = [one for one in told if one[1] <= self.since[clock.id]]
                for step, when, to in told[max(0, len(past) - 1) :]:
                    if when <= at and (clock.id, step) not in self.expected:
                        new[clock.id, step] = (at, sorted(people(seen, to, at)))
        self.expected |= new
        return new

    def run(self):
        ring = FIRST
        while ring <= FIRST + MONTH:
            while (
                life := min((one for one in self.lives if one.at), key=lambda one: one.at, default=None)
            ) is not None:
                if life.at > ring:
                    break
                life.go_on()
            if not DARK[0] <= ring < DARK[1]:
                self.ring(ring, len(self.expect(ring)))
            ring += 3 * HOUR
        self.close()

    def close(self):
        """End the worker, if there is one."""
        if self.worker is not None:
            self.worker.stdin.close()
            self.worker.wait(60)
            self.worker.stdout.close()
            self.worker = None

    def ring(self, at, due):
        """Have the worker ring; while there is much to send it is killed, at a random moment of its sending."""
        all_of_it = self.count() + due
        while (left := all_of_it - (before := self.count())) > 1 and self.still_kills():
            self.tell(at)
            enough = before + self.chance.randrange(left)
            patience = time.monotonic() + 60
            while self.count() < enough:  # so many have gone out; then at any moment within the next ones
                assert self.worker.poll() is None, "the worker ended by itself"
                assert time.monotonic() < patience, "the worker sends nothing"
                time.sleep(0.002)
            time.sleep(self.chance.random() * 0.05)
            os.kill(self.worker.pid, signal.SIGKILL)
            self.close()
            self.killed += 1
            self.torn += 0 < self.count() - before < left
        self.tell(at)
        assert self.worker.stdout.readline() == "rang\n"

    def still_kills(self):
        """As many kills as asked for, and on until one of them came in the middle of sending."""
        return self.killed < self.kills or (self.torn == 0 and self.killed < 4 * self.kills)

    def tell(self, at):
        if self.worker is None:
            command = [sys.executable, "-m", "tests.support.warning_worker", self.url, str(self.folder)]
            environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
            self.worker = subprocess.Popen(command, cwd=PROJECT, env=environment, stdin=subprocess.PIPE,
                                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # fmt: skip
            assert self.worker.stdout.readline() == "here\n"
        self.worker.stdin.write(f"{at.astimezone(UTC).isoformat()}\n")
        self.worker.stdin.flush()

    @property
    def url(self):
        return self.database.engine.url.render_as_string(hide_password=False)

    def count(self):
        with self.database.reading() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(ClockWarning))

    def sent(self):
        """(clock, step) → when it went out and to whom, from the warnings; and the messages of each, by their keys."""
        with self.database.reading() as session:
            rows = session.scalars(sa.select(ClockWarning)).all()
            keys = session.execute(
                sa.select(Outbox.key, Outbox.staff_id).where(Outbox.key.startswith("warning:"), Outbox.way == "in_app")
            ).all()
        warnings = {(row.clock_id, row.step): (row.sent_at, sorted(self.codes[one] for one in row.staff_ids))
                    for row in rows}  # fmt: skip
        messages: dict[tuple[int, str], Counter] = {}
        for key, staff_id in keys:
            _, clock, step, *_ = key.split(":")
            messages.setdefault((int(clock), step), Counter())[self.codes[staff_id]] += 1
        return warnings, messages


def prove(database, folder, complaints, kills):
    month = Month(database, folder, complaints, kills)
    try:
        month.run()
    finally:
        month.close()
    warnings, messages = month.sent()
    expected = {key: (at.astimezone(UTC), people) for key, (at, people) in month.expected.items()}
    other = {key for key in expected.keys() | warnings.keys() if expected.get(key) != warnings.get(key)}
    of = {clock.id: (clock, seen) for seen in month.seen.values() for clock in seen.clocks}
    assert [(key, expected.get(key), warnings.get(key), of[key[0]]) for key in sorted(other)] == []
    assert messages == {key: Counter(people) for key, (_, people) in expected.items()}
    clocks = {clock.id for seen in month.seen.values() for clock in seen.clocks}
    return month, len(clocks), len(expected)


def test_R26_over_a_month_with_kills_each_warning_goes_out_once(office_database, tmp_path):
    month, clocks, warnings = prove(office_database, tmp_path, complaints=40, kills=6)
    print(f"{clocks} clocks, {warnings} warnings, {month.killed} kills, {month.torn} in the middle of sending")  # noqa: T201
    assert clocks >= 200
    assert warnings >= 200
    assert month.killed >= 6
    assert month.torn >= 1


@pytest.mark.long
def test_R26_over_a_month_with_many_kills_each_warning_goes_out_once(office_database, tmp_path):
    month, clocks, warnings = prove(office_database, tmp_path, complaints=150, kills=60)
    print(f"{clocks} clocks, {warnings} warnings, {month.killed} kills, {month.torn} in the middle of sending")  # noqa: T201
    assert clocks >= 700
    assert month.killed >= 60
    assert month.torn >= 5
