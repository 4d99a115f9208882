"""How the desk stands: from what its database and its machine say to what is good, worth a look, or wrong.

Whoever asks (`run.py status`, the page of the settings, a probe) gets the same findings, so that none of them says
"good" where another says "wrong". A finding that is not good says what to do next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from policies.message import Message
from policies.turned_away import GRAVE, TurnedAway

LITTLE_ROOM, NO_ROOM = 512 * 2**20, 64 * 2**20  # bytes that are free for the office's data
LATE = timedelta(minutes=15)  # work that is due so long and not begun: nobody does it
SILENT = timedelta(minutes=3)  # a worker says every half a minute that it is there
SEAL_NOTE, SEAL_WRONG = timedelta(hours=36), timedelta(hours=60)  # one a day: a missed one, two missed ones
MAIL_WRONG = timedelta(days=1)
BACKUP_NOTE, BACKUP_WRONG = timedelta(hours=36), timedelta(days=7)
SKEW_NOTE, SKEW_WRONG = timedelta(seconds=5), timedelta(minutes=1)
RENEW_SOON, RENEW_NOW = timedelta(days=30), timedelta(days=7)
BOUND = 100_000  # what is counted is counted up to here


class Level(StrEnum):
    """How a finding stands; only ``wrong`` makes `run.py status` end with 1."""

    GOOD = "good"
    NOTE = "note"
    WRONG = "wrong"


class FilesWord(StrEnum):
    """Whether the office's files can be kept: one word for a machine."""

    OK = "ok"
    MISSING = "missing"
    READ_ONLY = "read_only"
    FULL = "full"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class JobCount:
    """How many jobs of a kind stand in a state: ``waiting``, ``planned``, ``running``, ``failed``."""

    kind: str
    state: str
    count: int


@dataclass(frozen=True)
class Beat:
    """The last sign of a worker: where it runs, what it is (``console`` or ``worker``), when it was heard."""

    name: str
    role: str
    at: datetime


@dataclass(frozen=True)
class MailboxStanding:
    """The mailbox that is read: since when it is, when that last went well, what stood in the way (the fault's code),
    how many messages were put aside.
    """

    good_at: datetime | None = None
    fault: str = ""
    aside: int = 0


@dataclass(frozen=True)
class Stored:
    """What the database says. Counts end at ``BOUND``; ``complaints`` is the highest number given, not a count.

    ``clock`` is the database server's time, None where it runs in this process; ``newest`` when the last event was
    written down; ``late_since`` when the job became due that nobody has begun; ``sealed_at`` and ``backup_at`` when
    the last seal and the last good backup were made; ``mailbox`` is None where none is read;
    ``turned_away`` is what a mail server's e-mail could not be taken in for, the gravest first.
    """

    kind: str
    revision: str | None
    head: str | None
    is_set_up: bool = False
    bytes: int | None = None
    complaints: int = 0
    open: int = 0
    overdue: int = 0
    clock: datetime | None = None
    newest: datetime | None = None
    jobs: tuple[JobCount, ...] = ()
    late_since: datetime | None = None
    beats: tuple[Beat, ...] = ()
    outbox: Mapping[str, int] = field(default_factory=dict)
    sealed_at: datetime | None = None
    backup_at: datetime | None = None
    mailbox: MailboxStanding | None = None
    turned_away: tuple[TurnedAway, ...] = ()

    @property
    def is_current(self) -> bool:
        """Whether the tables have the shape of this version."""
        return self.revision is not None and self.revision == self.head

    def jobs_in(self, state: str) -> int:
        """How many jobs of all kinds stand in a state."""
        return sum(found.count for found in self.jobs if found.state == state)


@dataclass(frozen=True)
class Machine:
    """What the machine says: the data directory and the room there, whether files can be kept, the keys, the
    certificate's end (None where none is known).
    """

    folder: str
    free: int
    files: FilesWord
    keys: Message | None = None
    certificate: str = ""
    certificate_until: datetime | None = None
    certificate_fault: bool = False


@dataclass(frozen=True)
class Standby:
    """The copy that reports are read from: whether it is, how many seconds it is behind (None: it does not answer),
    how many it may be, and the kind of fault.
    """

    fits: bool
    behind: float | None
    most: int
    fault: str = ""


@dataclass(frozen=True)
class Finding:
    """One part of the desk: how it stands, what is said of it, what to do next where it is not good."""

    part: str
    level: Level
    said: Message
    todo: Message | None = None


def judge(
    at: datetime, stored: Stored | Message, machine: Machine, standby: Standby | None = None
) -> tuple[Finding, ...]:
    """All findings in the order in which they matter. ``stored`` is a message where the database does not answer."""
    return (*_of_database(at, stored), *_of_standby(standby), *_of_machine(at, machine))


def worst(findings: tuple[Finding, ...]) -> Level:
    """How the whole stands."""
    levels = {finding.level for finding in findings}
    return next((level for level in (Level.WRONG, Level.NOTE) if level in levels), Level.GOOD)


def jobs_are_late(late_since: datetime | None, at: datetime) -> bool:
    """Whether work waits that somebody should have begun long ago."""
    return late_since is not None and at - late_since > LATE


def alive(beats: tuple[Beat, ...], at: datetime) -> tuple[Beat, ...]:
    """The workers that were heard of lately."""
    return tuple(beat for beat in beats if at - beat.at <= SILENT)


def _finding(part: str, level: Level, word: str, **params: object) -> Finding:
    """A finding with the texts ``status.<part>.<word>`` and, where it is not good, ``status.<part>.<word>.todo``."""
    said = Message(f"status.{part}.{word}", params)
    return Finding(part, level, said, Message(f"{said.key}.todo", params) if level is not Level.GOOD else None)


def _of_database(at: datetime, stored: Stored | Message) -> Iterator[Finding]:
    if isinstance(stored, Message):
        yield Finding("database", Level.WRONG, stored, Message("status.database.unreachable.todo"))
        return
    yield _finding("database", Level.GOOD, "there", kind=stored.kind)
    if not stored.is_current:
        yield _finding("version", Level.WRONG, "other", at=stored.revision or "–", head=stored.head or "–")
        return
    yield _finding("version", Level.GOOD, "current", head=stored.head or "–")
    if stored.bytes is not None:
        yield _finding("size", Level.GOOD, "is", mebibytes=-(-stored.bytes // 2**20), complaints=stored.complaints)
    yield _finding("complaints", Level.GOOD, "are", open=_bounded(stored.open), overdue=_bounded(stored.overdue))
    yield _of_clock(at, stored)
    if not stored.is_set_up:
        yield _finding("set_up", Level.NOTE, "not_yet")
        return
    yield _of_jobs(at, stored)
    yield _of_workers(at, stored)
    yield _of_outbox(stored)
    if stored.mailbox is not None:
        yield _of_mailbox(at, stored.mailbox)
    yield from map(_of_turned_away, stored.turned_away)
    yield _of_seal(at, stored)
    yield _of_backup(at, stored)


def _of_standby(standby: Standby | None) -> Iterator[Finding]:
    """A standby that is away or late is worth a look: reports are read from the database itself meanwhile."""
    if standby is None:
        return
    if standby.fits:
        yield _finding("standby", Level.GOOD, "read", seconds=round(standby.behind or 0))
    elif standby.behind is None:
        yield _finding("standby", Level.NOTE, "silent", why=standby.fault)
    else:
        yield _finding("standby", Level.NOTE, "behind", seconds=round(standby.behind), most=standby.most)


def _bounded(count: int) -> object:
    return Message("status.more_than", {"count": BOUND}) if count > BOUND else count


def _of_clock(at: datetime, stored: Stored) -> Finding:
    """Deadlines and the history are as true as the clock: apart from the server's, or behind what is written."""
    apart = abs(stored.clock - at) if stored.clock is not None else timedelta()
    if stored.newest is not None:
        apart = max(apart, stored.newest - at)
    seconds = int(apart.total_seconds())
    if apart > SKEW_WRONG:
        return _finding("clock", Level.WRONG, "apart", seconds=seconds)
    if apart > SKEW_NOTE:
        return _finding("clock", Level.NOTE, "apart", seconds=seconds)
    return _finding("clock", Level.GOOD, "agrees")


def _of_jobs(at: datetime, stored: Stored) -> Finding:
    if jobs_are_late(stored.late_since, at):
        return _finding("jobs", Level.WRONG, "late", since=stored.late_since)
    failed, waiting = stored.jobs_in("failed"), stored.jobs_in("waiting")
    if failed:
        kinds = tuple(sorted({found.kind for found in stored.jobs if found.state == "failed"}))
        return _finding("jobs", Level.NOTE, "failed", count=failed, kinds=kinds)
    return _finding("jobs", Level.GOOD, "done", waiting=waiting, running=stored.jobs_in("running"))


def _of_workers(at: datetime, stored: Stored) -> Finding:
    """Nobody there is wrong only where work waits for them: a timer may ring the worker now and then."""
    there = alive(stored.beats, at)
    if there:
        return _finding("workers", Level.GOOD, "alive", count=len(there), names=tuple(beat.name for beat in there))
    heard = max((beat.at for beat in stored.beats), default=None)
    level = Level.WRONG if jobs_are_late(stored.late_since, at) else Level.NOTE
    return _finding("workers", level, "silent", since=heard) if heard else _finding("workers", level, "never")


def _of_outbox(stored: Stored) -> Finding:
    waiting = stored.outbox.get("waiting", 0) + stored.outbox.get("sending", 0)
    dead = stored.outbox.get("given_up", 0) + stored.outbox.get("uncertain", 0)
    if dead:
        return _finding("outbox", Level.NOTE, "dead", count=_bounded(dead), waiting=_bounded(waiting))
    return _finding("outbox", Level.GOOD, "flows", waiting=_bounded(waiting))


def _of_mailbox(at: datetime, mailbox: MailboxStanding) -> Finding:
    """What was put aside waits for a person; a mailbox that nobody gets at for a day keeps customers waiting."""
    if mailbox.fault:
        level = Level.WRONG if mailbox.good_at is None or at - mailbox.good_at > MAIL_WRONG else Level.NOTE
        return _finding("mailbox", level, "fault", why=Message(f"mailbox.fault.{mailbox.fault}"))
    if mailbox.aside:
        return _finding("mailbox", Level.NOTE, "aside", count=mailbox.aside)
    if mailbox.good_at is None:
        return _finding("mailbox", Level.NOTE, "never")
    if at - mailbox.good_at > MAIL_WRONG:
        return _finding("mailbox", Level.WRONG, "old", at=mailbox.good_at)
    return _finding("mailbox", Level.GOOD, "read", at=mailbox.good_at)


def _of_turned_away(found: TurnedAway) -> Finding:
    """A mail server offers again for some days and then gives the e-mail back: what went on for a day is wrong."""
    goes_on = found.why in GRAVE and found.last - found.since > MAIL_WRONG
    facts = found.said("").params
    return _finding("turned_away", Level.WRONG if goes_on else Level.NOTE, found.why.value, **facts)


def _of_seal(at: datetime, stored: Stored) -> Finding:
    if stored.sealed_at is None:
        return _finding("seal", Level.NOTE, "none")
    age = at - stored.sealed_at
    if age > SEAL_WRONG:
        return _finding("seal", Level.WRONG, "old", at=stored.sealed_at)
    if age > SEAL_NOTE:
        return _finding("seal", Level.NOTE, "old", at=stored.sealed_at)
    return _finding("seal", Level.GOOD, "made", at=stored.sealed_at)


def _of_backup(at: datetime, stored: Stored) -> Finding:
    if stored.backup_at is None:
        return _finding("backup", Level.NOTE, "none")
    age = at - stored.backup_at
    if age > BACKUP_WRONG:
        return _finding("backup", Level.WRONG, "old", at=stored.backup_at)
    if age > BACKUP_NOTE:
        return _finding("backup", Level.NOTE, "old", at=stored.backup_at)
    return _finding("backup", Level.GOOD, "made", at=stored.backup_at)


def _of_machine(at: datetime, machine: Machine) -> Iterator[Finding]:
    mebibytes = machine.free // 2**20
    if machine.free < NO_ROOM:
        yield _finding("disk", Level.WRONG, "little", mebibytes=mebibytes, path=machine.folder)
    elif machine.free < LITTLE_ROOM:
        yield _finding("disk", Level.NOTE, "little", mebibytes=mebibytes, path=machine.folder)
    else:
        yield _finding("disk", Level.GOOD, "enough", mebibytes=mebibytes, path=machine.folder)
    files = Level.GOOD if machine.files is FilesWord.OK else Level.WRONG
    yield _finding("files", files, machine.files.value, path=machine.folder)
    if machine.keys is not None:
        yield Finding("keys", Level.WRONG, machine.keys, Message("status.keys.todo"))
    else:
        yield _finding("keys", Level.GOOD, "readable")
    yield from _of_certificate(at, machine)


def _of_certificate(at: datetime, machine: Machine) -> Iterator[Finding]:
    if machine.certificate_fault:
        yield _finding("certificate", Level.WRONG, "unreadable", path=machine.certificate)
    if machine.certificate_until is None:
        return
    left = machine.certificate_until - at
    params: dict[str, object] = {"path": machine.certificate, "until": machine.certificate_until}
    if left <= timedelta():
        yield _finding("certificate", Level.WRONG, "expired", **params)
    elif left <= RENEW_SOON:
        yield _finding("certificate", Level.WRONG if left <= RENEW_NOW else Level.NOTE, "ends", **params)
    else:
        yield _finding("certificate", Level.GOOD, "holds", **params)
