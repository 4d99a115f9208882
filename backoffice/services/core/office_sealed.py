"""Everything that lies under the office's own key, and how it is put under a new one (R39): the places, one by one.

A complaint's data lie under its own key, of which only the wrapping changes. What belongs to no complaint is sealed by
the office's key itself, each for its purpose: here stands which columns and files these are. Some texts may not change:
a locked month of the appraisal is signed over the words as they lie (R33), so these keep the key they lie under.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.integrations.files import name_of
from backoffice.integrations.store import MissingError, Place, Store, at
from backoffice.keys import Keys
from backoffice.models.api import ApiAnswer
from backoffice.models.appraisal import (
    AppraisalAppeal,
    AppraisalEvent,
    AppraisalFile,
    AppraisalManualLine,
    AppraisalPeriod,
    AppraisalSheet,
)
from backoffice.models.arrival import ArrivedDraft, ArrivedFile
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Setting
from backoffice.models.draft import Draft
from backoffice.models.importing import ImportUpload
from backoffice.models.knowledge import Knowledge, KnowledgeVersion
from backoffice.models.many import ManyRun
from backoffice.models.regrade import SeverityProposal
from backoffice.models.teamwork import CorrectiveAction, CorrectiveEvent, CorrectiveFile
from backoffice.models.training import TrainingOrder, TrainingSession
from backoffice.models.work import Outbox
from backoffice.queries import delivery, mailbox
from backoffice.sealing import KEY_ID_BYTES, SealError, beginning_of, reseal_for_office, rewrap
from backoffice.services.core import appraisal_notes, corrective_words, draft_words, training

BATCH = 500
KNOWLEDGE = "knowledge"  # as ``services.knowledge`` seals it
CLUSTER = "cluster_reason"  # as ``services.clusters`` seals it
MANY = "many"  # as ``services.many`` does
DRAFT, DRAFT_FILE = "arrived_draft", "arrived_file"  # as ``services.arrivals`` seals them
API_ANSWER = "api_answer"  # as ``services.api_answers`` seals it
PAPERS = "appraisal_papers"
IMPORT = "import"  # as ``services.import_uploads`` seals it
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Column:
    """A column that lies under the office's key. ``more``: columns that its purpose is made of."""

    table: Any
    column: Any
    renewed: Callable[[Keys, bytes, Sequence[Any]], bytes]
    more: tuple[Any, ...] = ()
    signed: bool = False
    only: sa.ColumnElement[bool] | None = None


@dataclass
class Renewal:
    """How it goes: values under the new key, the ids of the keys that others still need, and why."""

    renewed: int = 0
    signed: int = 0
    unopened: int = 0
    needed: set[bytes] = field(default_factory=set)

    def keep(self, sealed: bytes, *, signed: bool) -> None:
        """A value stays under its key: it is signed as it lies, or it could not be opened."""
        self.needed.add(bytes(sealed[1 : 1 + KEY_ID_BYTES]))
        self.signed += signed
        self.unopened += not signed


def _office(*makers: Callable[[Sequence[Any]], str]) -> Callable[[Keys, bytes, Sequence[Any]], bytes]:
    """Sealed by the office's key for one of these purposes."""

    def renewed(keys: Keys, sealed: bytes, row: Sequence[Any]) -> bytes:
        for make in makers[:-1]:
            try:
                return reseal_for_office(keys, sealed, make(row))
            except SealError:
                continue
        return reseal_for_office(keys, sealed, makers[-1](row))

    return renewed


def _for(purpose: str) -> Callable[[Keys, bytes, Sequence[Any]], bytes]:
    return _office(lambda _row: purpose)


_ACTION = corrective_words.CONTEXT
_NOTE = appraisal_notes.CONTEXT
_number = sa.select(CorrectiveAction.number)
PLACES: tuple[Column, ...] = (
    Column(
        Complaint, Complaint.sealed_key, lambda keys, sealed, row: rewrap(keys, sealed, row[0]), (Complaint.number,)
    ),
    Column(Outbox, Outbox.sealed, _for("outbox"), only=Outbox.complaint_id.is_(None)),
    Column(ApiAnswer, ApiAnswer.sealed, _for(API_ANSWER)),
    Column(ArrivedDraft, ArrivedDraft.sealed, _for(DRAFT)),
    Column(ArrivedDraft, ArrivedDraft.sealed_reason, _for(DRAFT)),
    Column(ArrivedFile, ArrivedFile.sealed_name, _for(DRAFT_FILE)),
    Column(ArrivedFile, ArrivedFile.sealed, _for(DRAFT_FILE)),
    Column(AppraisalSheet, AppraisalSheet.sealed, _for(_NOTE), signed=True),
    Column(AppraisalManualLine, AppraisalManualLine.sealed, _for(_NOTE), signed=True),
    Column(AppraisalAppeal, AppraisalAppeal.sealed, _for(_NOTE), signed=True),
    Column(AppraisalEvent, AppraisalEvent.sealed, _for(_NOTE), signed=True),
    Column(
        AppraisalFile,
        AppraisalFile.sealed_name,
        _office(lambda row: f"{_NOTE}:file-name:{row[0]}"),
        (AppraisalFile.sha256,),
    ),
    Column(
        ImportUpload,
        ImportUpload.sealed,
        _office(lambda row: f"{IMPORT}:{row[0]}"),
        (ImportUpload.sha256,),
        only=ImportUpload.erased_at.is_(None),
    ),
    Column(TrainingSession, TrainingSession.sealed, _for(training.SESSION)),
    Column(TrainingOrder, TrainingOrder.sealed, _for(training.ORDER)),
    Column(ManyRun, ManyRun.sealed, _for(MANY)),
    Column(
        Draft,
        Draft.sealed,
        _office(lambda row: draft_words.context_of(row[0])),
        (Draft.sitting,),
        only=Draft.complaint_id.is_(None),
    ),
    Column(SeverityProposal, SeverityProposal.sealed_reason, _for(CLUSTER)),
    Column(Knowledge, Knowledge.sealed, _for(KNOWLEDGE)),
    Column(Knowledge, Knowledge.in_force, _for(KNOWLEDGE)),
    Column(KnowledgeVersion, KnowledgeVersion.sealed, _for(KNOWLEDGE)),
    Column(
        CorrectiveAction,
        CorrectiveAction.sealed,
        _office(lambda row: f"{_ACTION}:{row[0]}", lambda _row: _ACTION),
        (CorrectiveAction.number,),
    ),
    Column(
        CorrectiveEvent,
        CorrectiveEvent.sealed,
        _office(lambda row: f"{_ACTION}:{row[0]}:event:{row[1]}"),
        (
            _number.where(CorrectiveAction.id == CorrectiveEvent.action_id).scalar_subquery(),
            CorrectiveEvent.sequence,
        ),
    ),
    Column(
        CorrectiveFile,
        CorrectiveFile.sealed_name,
        _office(lambda row: f"{_ACTION}:{row[0]}:file-name:{row[1]}"),
        (_number.where(CorrectiveAction.id == CorrectiveFile.action_id).scalar_subquery(), CorrectiveFile.sha256),
    ),
)
TABLES = tuple(sorted({place.table.__tablename__ for place in PLACES} | {Setting.__tablename__}))


def renew_some(session: Session, keys: Keys, place: Column, after: int, found: Renewal) -> int | None:
    """Put the next few values of a place under the newest key; the last id that was looked at, None at the end.

    A value that somebody else changes meanwhile is left to them: they seal with the newest key.
    """
    rows = session.execute(_old(place, keys, after).limit(BATCH)).all()
    frozen = _signed(session) if place.signed and rows else frozenset()
    for row in rows:
        sealed = bytes(row[1])
        if place.signed and hashlib.sha256(sealed).hexdigest() in frozen:
            found.keep(sealed, signed=True)
            continue
        try:
            fresh = place.renewed(keys, sealed, row[2:])
        except SealError:
            found.keep(sealed, signed=False)
            continue
        mine = (place.table.id == row[0], place.column == sealed)
        change = sa.update(place.table).where(*mine).values({place.column.key: fresh})
        session.execute(change.execution_options(synchronize_session=False))
        found.renewed += 1
    return rows[-1][0] if len(rows) == BATCH else None


def _old(place: Column, keys: Keys, after: int) -> sa.Select[Any]:
    """The rows that lie under another than the newest key, by their id."""
    olds = [beginning_of(key.id) for key in keys.seal[:-1]]
    start = sa.func.substr(place.column, 1, 1 + KEY_ID_BYTES, type_=sa.LargeBinary)
    wanted = sa.select(place.table.id, place.column, *place.more).where(place.table.id > after, start.in_(olds))
    return (wanted if place.only is None else wanted.where(place.only)).order_by(place.table.id)


def _signed(session: Session) -> frozenset[str]:
    """Every SHA-256 that a locked month is signed over; no month is locked as long as this transaction lasts."""
    periods = sa.select(AppraisalPeriod).order_by(AppraisalPeriod.id).with_for_update()
    bodies = [period.body or "" for period in session.scalars(periods)]
    bodies += [body or "" for body in session.scalars(sa.select(AppraisalSheet.body))]
    return frozenset(one for body in bodies for one in _SHA256.findall(body))


def renew_settings(session: Session, keys: Keys, found: Renewal) -> None:
    """The passwords of mail server, gateway and mailbox, which lie within settings."""
    named = (*delivery.SETTING.values(), mailbox.SETTING)
    for row in session.scalars(sa.select(Setting).where(Setting.key.in_(named)).with_for_update()):
        text = dict(row.value or {}).get(delivery.SEALED)
        sealed = base64.b64decode(text) if text else b""
        if _is_old(keys, sealed):
            try:
                fresh = reseal_for_office(keys, sealed, delivery.CONTEXT)
            except SealError:
                found.keep(sealed, signed=False)
                continue
            row.value = {**row.value, delivery.SEALED: base64.b64encode(fresh).decode()}
            found.renewed += 1


def renew_files(session: Session, keys: Keys, place: Place, papers: Place, found: Renewal) -> None:
    """Files that lie under the office's key: those that are attached, and papers that wait to be fetched."""
    for store, name, contexts in (*_kept_files(session, at(place)), *_papers(at(papers))):
        try:
            sealed = store.get(name)
        except MissingError:
            continue
        if not _is_old(keys, sealed):
            continue
        try:
            store.put(name, _office(*(lambda _row, one=one: one for one in contexts))(keys, sealed, ()))
            found.renewed += 1
        except SealError:
            found.keep(sealed, signed=False)


def _is_old(keys: Keys, sealed: bytes) -> bool:
    return sealed[: 1 + KEY_ID_BYTES] in {beginning_of(key.id) for key in keys.seal[:-1]}


def _kept_files(session: Session, store: Store) -> Iterator[tuple[Store, str, tuple[str, ...]]]:
    appraisal = sa.select(AppraisalFile.sha256, AppraisalFile.line_id, AppraisalFile.appeal_id)
    for sha256, line, appeal in session.execute(appraisal):
        holder = f"al{line}" if line is not None else f"ap{appeal}"
        yield store, name_of(sha256, holder), (f"{_NOTE}:file:{sha256}",)
    corrective = sa.select(CorrectiveFile.sha256, CorrectiveAction.id, CorrectiveAction.number).join_from(
        CorrectiveFile, CorrectiveAction, CorrectiveAction.id == CorrectiveFile.action_id
    )
    for sha256, action, number in session.execute(corrective.where(CorrectiveAction.complaint_id.is_(None))):
        yield store, name_of(sha256, f"ca{action}"), (f"{_ACTION}:{number}:file:{sha256}",)


def _papers(store: Store) -> Iterator[tuple[Store, str, tuple[str, ...]]]:
    """The parts of a month's papers, ``job/part.sealed``."""
    for name in store.names():
        job, _, part = name.rpartition("/")
        if part.endswith(".sealed"):
            yield store, name, (f"{PAPERS}:{job}:{part.removesuffix('.sealed')}",)
