"""What the database says of how the desk stands: a bounded number of statements, none of which counts a large table.

``look`` is for people and for figures; ``glance`` is for a probe that comes every few seconds: two statements.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.configuration import Setting
from backoffice.models.history import DailySeal, Event
from backoffice.models.office import Office
from backoffice.models.work import Job, Outbox
from backoffice.queries import mailbox, turned_away
from policies.delivery import WAYS
from policies.health import BOUND, Beat, JobCount, MailboxStanding, Stored
from policies.vocabulary import MessageState

BEAT = "worker."
BACKUP = "last_backup"
LOOKED_AT = (MessageState.WAITING, MessageState.SENDING, MessageState.UNCERTAIN, MessageState.GIVEN_UP)


def glance(session: Session, at: datetime, kinds: Iterable[str]) -> tuple[str | None, datetime | None]:
    """The revision of the tables, and since when a job is due that nobody has begun (None: none is)."""
    return _revision(session), session.scalar(_late(at, kinds))


def look(session: Session, kind: str, head: str | None, at: datetime, kinds: Iterable[str]) -> Stored:
    """Everything that ``Stored`` has; only the revision where the tables have another shape than this version's."""
    if not sa.inspect(session.connection()).has_table("alembic_version"):
        return Stored(kind, None, head)
    revision = _revision(session)
    if revision != head:
        return Stored(kind, revision, head)
    settings = _settings(session)
    return Stored(
        kind,
        revision,
        head,
        is_set_up=session.scalar(sa.select(Office.set_up_at).order_by(Office.id).limit(1)) is not None,
        bytes=_bytes(session, kind),
        complaints=session.scalar(sa.select(sa.func.max(Complaint.id))) or 0,
        open=_counted(session, sa.select(Complaint.id).where(Complaint.open)),
        overdue=_counted(
            session, sa.select(ClockRow.id).where(ClockRow.stopped_at.is_(None), ClockRow.due_at < at)
        ),
        clock=_clock(session, kind),
        newest=session.scalar(sa.select(Event.recorded_at).order_by(Event.id.desc()).limit(1)),
        jobs=_jobs(session, at),
        late_since=session.scalar(_late(at, kinds)),
        beats=tuple(beat_of(key, value) for key, value in settings if key.startswith(BEAT)),
        outbox=_outbox(session),
        sealed_at=session.scalar(sa.select(DailySeal.at).order_by(DailySeal.day.desc()).limit(1)),
        backup_at=next((_moment(value["at"]) for key, value in settings if key == BACKUP), None),
        mailbox=_mailbox(session),
        turned_away=turned_away.told(session, at),
    )  # fmt: skip


def _revision(session: Session) -> str | None:
    found: str | None = session.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


def _late(at: datetime, kinds: Iterable[str]) -> sa.Select[tuple[datetime]]:
    """The job that is due longest and that nobody holds; a kind that this version does not know waits for no one."""
    free = Job.leased_until.is_(None) | (Job.leased_until <= at)
    return (
        sa.select(Job.due_at)
        .where(Job.done_at.is_(None), Job.due_at <= at, free, Job.kind.in_(sorted(kinds)))
        .order_by(Job.due_at)
        .limit(1)
    )


def _counted(session: Session, rows: sa.Select[Any]) -> int:
    """How many there are, counted to one beyond the bound."""
    return session.scalar(sa.select(sa.func.count()).select_from(rows.limit(BOUND + 1).subquery())) or 0


def _bytes(session: Session, kind: str) -> int | None:
    if kind == "postgresql":
        return session.scalar(sa.text("SELECT pg_database_size(current_database())"))
    statement = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    return session.scalar(sa.text(statement))


def _clock(session: Session, kind: str) -> datetime | None:
    """The time of a database that may stand on another machine."""
    found: datetime | None = session.scalar(sa.text("SELECT clock_timestamp()")) if kind == "postgresql" else None
    return found.astimezone(UTC) if found is not None else None


def _jobs(session: Session, at: datetime) -> tuple[JobCount, ...]:
    state = sa.case(
        (Job.leased_until > at, "running"),
        (Job.error != "", "failed"),
        (Job.due_at > at, "planned"),
        else_="waiting",
    ).label("state")
    undone = sa.select(Job.kind, state).where(Job.done_at.is_(None)).limit(BOUND).subquery()
    counted = sa.select(undone.c.kind, undone.c.state, sa.func.count()).group_by(undone.c.kind, undone.c.state)
    return tuple(JobCount(*row) for row in session.execute(counted.order_by(undone.c.kind, undone.c.state)))


def _outbox(session: Session) -> dict[str, int]:
    """What is to go out by the worker, each state counted up to the bound along its index."""
    counts = [
        sa.select(sa.func.count())
        .select_from(
            sa.select(Outbox.id).where(Outbox.state == state, Outbox.way.in_(WAYS)).limit(BOUND + 1).subquery()
        )
        .scalar_subquery()
        for state in LOOKED_AT
    ]
    row = session.execute(sa.select(*counts)).one()
    return {state.value: int(count) for state, count in zip(LOOKED_AT, row, strict=True)}


def _mailbox(session: Session) -> MailboxStanding | None:
    """How the mailbox that is read stands; None where none is."""
    kept = dict(
        session.execute(
            sa.select(Setting.key, Setting.value).where(Setting.key.in_((mailbox.SETTING, mailbox.STATE)))
        ).all()
    )
    if not dict(kept.get(mailbox.SETTING) or {}).get("on"):
        return None
    found = mailbox.position_of(kept.get(mailbox.STATE))
    return MailboxStanding(_moment(found.good_at) if found.good_at else None, found.fault, len(mailbox.aside(session)))


def _settings(session: Session) -> list[tuple[str, dict[str, Any]]]:
    """The signs of the workers and of the last backup, in one statement along the key."""
    after = BEAT[:-1] + chr(ord(BEAT[-1]) + 1)
    wanted = sa.select(Setting.key, Setting.value).where(
        (Setting.key == BACKUP) | ((Setting.key >= BEAT) & (Setting.key < after))
    )
    return [(key, value) for key, value in session.execute(wanted).all() if _is_sign(value)]


def _is_sign(value: object) -> bool:
    try:
        return isinstance(value, dict) and bool(datetime.fromisoformat(value["at"]))
    except (KeyError, TypeError, ValueError):
        return False


def beat_of(key: str, value: dict[str, Any]) -> Beat:
    """A worker's last sign, as its row in ``setting`` has it."""
    return Beat(key.removeprefix(BEAT), str(value.get("role", "")), _moment(value["at"]))


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
