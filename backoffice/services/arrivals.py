"""Drafts that came in by themselves (R1): taken in by any door, completed by a clerk as a registration, or discarded.

A door hands in ``arrive(work, Arrival(...))``. Where a member of staff stands behind it (the token of the API) their
work is handed in; a door with nobody behind it (e-mail, the public form) acts by ``work_of_a_door(...)``, which may
register and nothing else, and leaves what it brings to nobody yet. ``key`` is what the sender knows the message by
(``Message-ID``, the token of a form): what comes twice under one key is the draft that came first, whatever became of
it. A channel says whether what comes by it waits for a clerk at all: ``waits_for_clerk``.

A clerk completes a draft in the transaction of the registration itself, with the row locked: there are never two
complaints of one draft, and never a draft that is done without its complaint. What was said is then the complaint's
alone, under its key, so that erasing it erases everything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.errors import DomainError
from backoffice.integrations.files import Upload
from backoffice.integrations.store import Place
from backoffice.keys import Keys
from backoffice.models.arrival import ArrivedDraft, ArrivedFile
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Channel
from backoffice.models.office import Staff
from backoffice.queries.arrivals import theirs, theirs_discarded
from backoffice.sealing import open_for_office, seal_for_office
from backoffice.services.core.access_log import log_access
from backoffice.services.core.intake_record import Registration
from backoffice.services.core.office_sealed import DRAFT, DRAFT_FILE
from backoffice.services.core.once import one_at_a_time
from backoffice.services.core.work import Work
from policies.access import Actor, Permission, refuse_unless
from policies.arrival import (
    DISCARDED_KEPT,
    DOOR,
    DraftState,
    moment_of,
    refuse_arrival,
    refuse_done,
    refuse_draft,
    refuse_reading,
    refuse_reason,
    refuse_taking_back,
    said_otherwise,
    to_the_second,
)
from policies.masked_text import mask_text
from policies.masking import mask_name, mask_phone
from policies.message import Refusal
from policies.vocabulary import EntryWay

PAGE = 50
SHOWN = 80
UNKNOWN = Refusal("arrivals.refused.unknown", status=404)


@dataclass(frozen=True)
class Arrival:
    """What a door hands in: the fields of a registration as plain JSON values, as far as they are known.

    Their names are those of the registration form: texts by ``forms.intake.TEXTS``, ``category``, ``severity`` and the
    other choices by code, moments as ISO 8601 with their zone, ``bought_on`` as a day, ``read_back`` as a list.
    """

    way: EntryWay
    channel: str
    received_at: datetime
    fields: Mapping[str, Any]
    uploads: tuple[Upload, ...] = ()
    key: str | None = None


@dataclass(frozen=True)
class Shown:
    """A draft in a list: masked, and without its customer where they asked for confidence."""

    row: ArrivedDraft
    summary: str
    customer: str
    phone: str
    confidential: bool
    files: int


@dataclass(frozen=True)
class Discarded:
    """A discarded draft in a list: masked, by whom and why."""

    shown: Shown
    by: Staff | None
    reason: str


@dataclass(frozen=True)
class Opened:
    """A draft in clear, for the clerk who completes it. ``files``: their ids with their names."""

    row: ArrivedDraft
    fields: dict[str, Any]
    files: tuple[tuple[int, str], ...]


def work_of_a_door(session: Session, keys: Keys, at: datetime, files: Place | None = None, address: str = "") -> Work:
    """How a door acts behind which nobody stands: e-mail, the public form."""
    return Work(session, keys, DOOR, at, at, files, address)


def waits_for_clerk(session: Session, channel: str) -> bool:
    """Whether what comes by this channel is a draft first; not for a channel that there is not."""
    return bool(session.scalar(sa.select(Channel.as_draft).where(Channel.code == channel)))


def arrive(work: Work, arrival: Arrival) -> ArrivedDraft:
    """Take a draft in, or give the one that came before under the same key; raises every refusal at once."""
    if refusal := refuse_unless(work.actor, Permission.COMPLAINT_REGISTER):
        raise DomainError(refusal)
    key = None if arrival.key is None else _digest(arrival.key)
    if key is not None and (before := _before(work.session, arrival.way, key)) is not None:
        return before
    channel = work.session.scalars(sa.select(Channel).where(Channel.code == arrival.channel)).one_or_none()
    refusals = refuse_arrival(str(arrival.fields.get("what") or ""), arrival.received_at, work.recorded_at)
    if channel is None or channel.retired_at is not None:
        refusals.append(Refusal("complaint.refused.channel", field="channel", status=422))
    if refusals or channel is None:
        raise DomainError(refusals)
    said = json.dumps({**arrival.fields, "channel": arrival.channel}, ensure_ascii=False)
    row = ArrivedDraft(
        way=arrival.way,
        key=key,
        channel_id=channel.id,
        received_at=arrival.received_at,
        arrived_at=work.recorded_at,
        by_id=work.actor.staff_id,
        state=DraftState.WAITING,
        sealed=seal_for_office(work.keys, said, DRAFT),
    )
    work.session.add(row)
    work.session.flush()
    work.session.add_all(
        ArrivedFile(
            draft_id=row.id,
            media_type=one.media_type,
            size=len(one.content),
            sealed_name=seal_for_office(work.keys, one.name, DRAFT_FILE),
            sealed=seal_for_office(work.keys, one.content, DRAFT_FILE),
        )
        for one in arrival.uploads
    )
    _log(work, "draft_arrived", row, channel=channel.code)
    return row


def arrived_at(session: Session, way: EntryWay, key: str) -> datetime | None:
    """When what a door knows by this key was received; None for what did not come."""
    known = sa.select(ArrivedDraft.received_at).where(ArrivedDraft.way == way, ArrivedDraft.key == _digest(key))
    return session.scalar(known)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _before(session: Session, way: EntryWay, key: str) -> ArrivedDraft | None:
    """What came under this key; two copies at one moment come one after the other."""
    one_at_a_time(session, f"draft:{way}:{key}")
    return session.scalars(
        sa.select(ArrivedDraft).where(ArrivedDraft.way == way, ArrivedDraft.key == key)
    ).one_or_none()


def waiting(session: Session, keys: Keys, actor: Actor, after: tuple[datetime, int] | None = None) -> list[Shown]:
    """The drafts that this person may complete, oldest first; one more than a page holds, where there are more."""
    statement = sa.select(ArrivedDraft).where(*theirs(actor))
    if after is not None:
        here = sa.tuple_(ArrivedDraft.received_at, ArrivedDraft.id)
        statement = statement.where(here > sa.tuple_(sa.literal(after[0], ArrivedDraft.received_at.type), after[1]))
    statement = statement.options(joinedload(ArrivedDraft.channel)).order_by(ArrivedDraft.received_at, ArrivedDraft.id)
    rows = list(session.scalars(statement.limit(PAGE + 1)))
    ids = [one.id for one in rows]
    counted = sa.select(ArrivedFile.draft_id, sa.func.count()).where(ArrivedFile.draft_id.in_(ids))
    files = {row[0]: row[1] for row in session.execute(counted.group_by(ArrivedFile.draft_id))}
    return [_shown(keys, one, files.get(one.id, 0)) for one in rows]


def _shown(keys: Keys, row: ArrivedDraft, files: int) -> Shown:
    fields = _fields(keys, row)
    name, phone = str(fields.get("customer_name") or ""), str(fields.get("contact_phone") or "")
    confidential = bool(fields.get("confidential"))
    text = mask_text(str(fields.get("summary") or fields.get("what") or ""), [name])
    summary = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    customer = ("", "") if confidential else (mask_name(name), mask_phone(phone))
    return Shown(row, summary, *customer, confidential, files)


def look(work: Work, draft_id: int) -> ArrivedDraft:
    """A draft that this person may complete; 404 for what is not there or not theirs."""
    row = work.session.get(ArrivedDraft, draft_id)
    if row is None:
        raise DomainError(refuse_draft(work.actor, None) or UNKNOWN)
    if refusal := refuse_draft(work.actor, row.channel.default_department_id):
        raise DomainError(refusal)
    return row


def look_waiting(work: Work, draft_id: int) -> ArrivedDraft:
    """The same where it still waits; says what became of it otherwise."""
    return _waiting(work, look(work, draft_id))


def brought(work: Work, draft_id: int) -> tuple[ArrivedDraft, str | None]:
    """A draft for whoever handed it in, and the number of the complaint that it became; 404 for all others."""
    row = work.session.get(ArrivedDraft, draft_id)
    if row is None or row.by_id is None or row.by_id != work.actor.staff_id:
        raise DomainError(UNKNOWN)
    return row, _number(work, row)


def open_clear(work: Work, draft_id: int) -> Opened:
    """A waiting draft in clear; that it was looked at is in the access chain."""
    row = look_waiting(work, draft_id)
    _log(work, "draft_opened", row)
    return Opened(row, _fields(work.keys, row), files_of(work, row))


def files_of(work: Work, row: ArrivedDraft) -> tuple[tuple[int, str], ...]:
    """The files that came with it: ids and names."""
    wanted = sa.select(ArrivedFile.id, ArrivedFile.sealed_name).where(ArrivedFile.draft_id == row.id)
    rows = work.session.execute(wanted.order_by(ArrivedFile.id))
    return tuple((one.id, open_for_office(work.keys, one.sealed_name, DRAFT_FILE).decode()) for one in rows)


def open_file(work: Work, draft_id: int, file_id: int) -> Upload:
    """A file of a draft that waits or can be made to wait again; that it was opened is in the access chain."""
    row = look(work, draft_id)
    if refusal := refuse_reading(row.state, _number(work, row), erased=row.sealed is None):
        raise DomainError(refusal)
    found = work.session.get(ArrivedFile, file_id)
    if found is None or found.draft_id != row.id:
        raise DomainError(Refusal("arrivals.refused.no_file", status=404))
    _log(work, "draft_file_opened", row, file=found.id)
    return _upload(work.keys, found)


def begin_completing(work: Work, draft_id: int, registration: Registration) -> tuple[ArrivedDraft, Registration]:
    """Lock a waiting draft for the registration that follows in this transaction, and give it what the draft has: its
    door, its files, and what the clerk put otherwise.
    """
    look(work, draft_id)
    row = _waiting(work, _locked(work, draft_id))
    kept = work.session.scalars(sa.select(ArrivedFile).where(ArrivedFile.draft_id == row.id).order_by(ArrivedFile.id))
    fields = _fields(work.keys, row)
    return row, replace(
        registration,
        uploads=(*(_upload(work.keys, one) for one in kept), *registration.uploads),
        source=row.way.value,
        source_key=f"draft-{row.id}",
        received_at=to_the_second(registration.received_at, row.received_at) or row.received_at,
        occurred_at=to_the_second(registration.occurred_at, moment_of(fields.get("occurred_at"))),
        call_started_at=to_the_second(registration.call_started_at, moment_of(fields.get("call_started_at"))),
        original={**said_otherwise(fields, registration.texts), **registration.original},
    )


def completed(work: Work, row: ArrivedDraft, complaint: Complaint) -> None:
    """The draft became this complaint, and what was said is the complaint's now."""
    row.state, row.complaint_id = DraftState.COMPLETED, complaint.id
    row.done_at, row.done_by_id = work.recorded_at, work.actor.staff_id
    _erase(work.session, row)
    _log(work, "draft_completed", row, complaint.id)


def discard(work: Work, draft_id: int, reason: str) -> ArrivedDraft:
    """No complaint comes of it, and why; what was said stays some weeks for whoever asks later."""
    look(work, draft_id)
    row = _waiting(work, _locked(work, draft_id))
    if refusal := refuse_reason(reason):
        raise DomainError(refusal)
    row.state = DraftState.DISCARDED
    row.done_at, row.done_by_id = work.recorded_at, work.actor.staff_id
    row.sealed_reason = seal_for_office(work.keys, reason.strip(), DRAFT)
    _log(work, "draft_discarded", row)
    return row


def discarded(session: Session, keys: Keys, actor: Actor, at: datetime) -> list[Discarded]:
    """What was discarded of late among the drafts that this person may complete, the newest first; so many at most."""
    kept = ArrivedDraft.done_at > at - DISCARDED_KEPT
    statement = sa.select(ArrivedDraft, Staff).outerjoin(Staff, Staff.id == ArrivedDraft.done_by_id)
    statement = statement.where(*theirs_discarded(actor), kept).options(joinedload(ArrivedDraft.channel))
    rows = session.execute(statement.order_by(ArrivedDraft.done_at.desc(), ArrivedDraft.id.desc()).limit(PAGE))
    return [Discarded(_shown(keys, row, 0), by, _reason(keys, row)) for row, by in rows]


def open_discarded(work: Work, draft_id: int) -> tuple[Opened, Discarded]:
    """A discarded draft in clear; that it was looked at is in the access chain."""
    row = look(work, draft_id)
    if row.state is not DraftState.DISCARDED or row.sealed is None:
        raise DomainError(refuse_reading(row.state, _number(work, row), erased=True) or UNKNOWN)
    _log(work, "draft_opened", row, discarded=True)
    by = None if row.done_by_id is None else work.session.get(Staff, row.done_by_id)
    shown = Discarded(_shown(work.keys, row, 0), by, _reason(work.keys, row))
    return Opened(row, _fields(work.keys, row), files_of(work, row)), shown


def take_back(work: Work, draft_id: int) -> ArrivedDraft:
    """A discarded draft waits again, as if nobody had discarded it; that it was is in the access chain."""
    look(work, draft_id)
    row = _locked(work, draft_id)
    if refusal := refuse_taking_back(row.state, _number(work, row), erased=row.sealed is None):
        raise DomainError(refusal)
    row.state, row.sealed_reason = DraftState.WAITING, None
    row.done_at = row.done_by_id = None
    _log(work, "draft_taken_back", row)
    return row


def _reason(keys: Keys, row: ArrivedDraft) -> str:
    return open_for_office(keys, row.sealed_reason, DRAFT).decode() if row.sealed_reason else ""


def erase_discarded(session: Session, at: datetime, most: int) -> int:
    """Erase what was said in discarded drafts that have had their time, and why they were discarded, the oldest first;
    how many were erased.
    """
    old = sa.select(ArrivedDraft).where(
        ArrivedDraft.state == DraftState.DISCARDED,
        ArrivedDraft.sealed.is_not(None),
        ArrivedDraft.done_at <= at - DISCARDED_KEPT,
    )
    rows = session.scalars(old.order_by(ArrivedDraft.done_at).limit(most)).all()
    for row in rows:
        _erase(session, row)
    return len(rows)


def _erase(session: Session, row: ArrivedDraft) -> None:
    row.sealed = row.sealed_reason = None
    session.execute(sa.delete(ArrivedFile).where(ArrivedFile.draft_id == row.id))
    session.flush()


def _locked(work: Work, draft_id: int) -> ArrivedDraft:
    row = work.session.get(ArrivedDraft, draft_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise DomainError(UNKNOWN)
    return row


def _waiting(work: Work, row: ArrivedDraft) -> ArrivedDraft:
    if refusal := refuse_done(row.state, _number(work, row)):
        raise DomainError(refusal)
    return row


def _number(work: Work, row: ArrivedDraft) -> str | None:
    if row.complaint_id is None:
        return None
    return work.session.scalar(sa.select(Complaint.number).where(Complaint.id == row.complaint_id))


def _fields(keys: Keys, row: ArrivedDraft) -> dict[str, Any]:
    if row.sealed is None:
        return {}
    found: dict[str, Any] = json.loads(open_for_office(keys, row.sealed, DRAFT))
    return found


def _upload(keys: Keys, one: ArrivedFile) -> Upload:
    name = open_for_office(keys, one.sealed_name, DRAFT_FILE).decode()
    return Upload(name, open_for_office(keys, one.sealed, DRAFT_FILE), one.media_type)


def _log(work: Work, kind: str, row: ArrivedDraft, complaint_id: int | None = None, **more: object) -> None:
    facts = {"draft": row.id, "way": row.way.value, **more, **work.by_token}
    log_access(
        work.session, work.keys, work.actor, work.recorded_at, kind, facts,
        complaint_id=complaint_id, address=work.address,
    )  # fmt: skip
    work.session.flush()
