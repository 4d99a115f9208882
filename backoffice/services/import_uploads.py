"""Files that people import in the console (R1, R9): sent, looked at, mapped, tried, brought in by a job, erased.

A file lies sealed under a key of its own until it is done; only who sent it sees what is in it. Everything that was
said of it is kept with it, sealed as well, so that the job does what the person saw.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.integrations import sealed_parts
from backoffice.integrations.files import clean_name
from backoffice.integrations.mapping_file import ImportMapping, load_mapping, parse_mapping
from backoffice.integrations.store import Place, Store, at
from backoffice.integrations.table_rows import Source
from backoffice.keys import Keys
from backoffice.models.configuration import Category
from backoffice.models.importing import ImportRefusal, ImportUpload, SavedMapping
from backoffice.models.office import Office
from backoffice.models.work import Job
from backoffice.sealing import open_for_office, seal_for_office
from backoffice.services.core.access_log import log_access
from backoffice.services.core.once import one_at_a_time
from backoffice.services.core.work import Work
from policies.access import Actor, Permission, may, refuse_unless
from policies.import_mapping import LONGEST_NAME, Draft, check_draft, definition_of
from policies.message import Message, Refusal

JOB = "import"
MOST_BYTES = 60 * 1024 * 1024
KEPT = timedelta(days=7)
TRY, RUN = "try", "run"
MOST_SAVED = 200
CONTEXT = "import"


@dataclass(frozen=True)
class Put:
    """A file that was put away: its name, its key, how long it is, its SHA-256."""

    name: str
    key: bytes
    size: int
    sha256: str

    def source(self, place: Place) -> Source:
        """The file as a table is read from it, before anything is written of it."""
        return _source(place, self.name, self.key, self.size, {})


@dataclass(frozen=True)
class Sent:
    """A file with what is sealed of it: name, key, how it is read, what was said of its columns, which mapping."""

    row: ImportUpload
    name: str
    key: bytes
    reading: Mapping[str, str]
    draft: Draft
    mapping: str
    save_as: str
    failure: tuple[Message, ...]
    header: tuple[str, ...] = ()

    @property
    def is_running(self) -> bool:
        return bool(self.row.mode) and self.row.finished_at is None

    @property
    def is_done(self) -> bool:
        """Brought in to its end: the file itself is gone then."""
        return self.row.mode == RUN and self.row.finished_at is not None and not self.failure

    @property
    def seal(self) -> sealed_parts.Seal:
        return sealed_parts.Seal(self.key)

    def source(self, place: Place) -> Source:
        """The file as a table is read from it."""
        return _source(place, self.name, self.key, self.row.size, self.reading)


def refuse(actor: Actor) -> Refusal | None:
    """Why somebody may not import."""
    return refuse_unless(actor, Permission.COMPLAINT_IMPORT)


def put_away(actor: Actor, place: Place, name: str, stream: IO[bytes]) -> Put:
    """Seal a file, before anything is written of it. Raises ``DomainError``: 403, 413 too large, 422 empty."""
    if refusal := refuse(actor):
        raise DomainError(refusal)
    name, key = clean_name(name), sealed_parts.new_key()
    kept = sealed_parts.keep(stream, _room(place, key), sealed_parts.Seal(key), MOST_BYTES)
    if kept is None:
        params = {"file": name, "megabytes": MOST_BYTES // (1024 * 1024)}
        raise DomainError(Refusal("import.file.too_large", params, "file", 413))
    if not kept.size:
        raise DomainError(Refusal("import.file.empty", {"file": name}, "file", 422))
    return Put(name, key, kept.size, kept.sha256)


def give_up(place: Place, put: Put) -> None:
    """Erase a file of which nothing was written after all."""
    sealed_parts.erase(_room(place, put.key), put.size)


def send(work: Work, put: Put) -> ImportUpload:
    """Write down that a file was sent."""
    if (refusal := refuse(work.actor)) or work.actor.staff_id is None:
        raise DomainError(refusal or Refusal("access.refused.unknown", status=403))
    row = ImportUpload(
        by_id=work.actor.staff_id,
        at=work.at,
        sha256=put.sha256,
        size=put.size,
        sealed=b"",
        erase_at=work.at + KEPT,
    )
    _keep(work.keys, Sent(row, put.name, put.key, {}, Draft(), "", "", ()))
    work.session.add(row)
    work.session.flush()
    _log(work, "import_upload", row)
    return row


def find(session: Session, keys: Keys, actor: Actor, upload_id: int, *, locked: bool = False) -> Sent:
    """A file that this person sent; raises ``DomainError`` (404), also when it was erased.

    ``locked`` until the commit: for whoever changes what is said of it, or asks for it.
    """
    row = session.get(ImportUpload, upload_id, with_for_update=locked)
    if row is None or row.by_id != actor.staff_id or row.erased_at is not None:
        raise DomainError(Refusal("importing.refused.gone", status=404))
    return opened(keys, row)


def opened(keys: Keys, row: ImportUpload) -> Sent:
    """What is sealed of a file."""
    said = json.loads(open_for_office(keys, row.sealed, f"{CONTEXT}:{row.sha256}"))
    draft, failure = said["draft"], tuple(Message(one["key"], _params(one)) for one in said["failure"])
    return Sent(
        row, said["name"], base64.b64decode(said["key"]), said["reading"],
        Draft(draft["columns"], draft["values"], draft["chosen"]), said["mapping"], said["save_as"], failure,
        tuple(said["header"]),
    )  # fmt: skip


def refuse_read_otherwise(sent: Sent, seen: Sent) -> None:
    """Columns that were looked at by another encoding, delimiter or sheet are not these."""
    if dict(sent.reading) != dict(seen.reading):
        raise DomainError(Refusal("importing.refused.read_otherwise", status=409))


def change(work: Work, sent: Sent, **said: Any) -> Sent:
    """Keep what was said of a file; what was tried before no longer counts. Refused while it is running or done."""
    _refuse_moving(sent)
    changed = replace(sent, failure=(), **said)
    sent.row.tried_at = None
    sent.row.erase_at = work.at + KEPT
    _keep(work.keys, changed)
    return changed


def save_mapping(work: Work, sent: Sent, name: str) -> Sent:
    """Keep what was said of the columns under a name; the same name again is the new one of the same person's."""
    name = " ".join(name.split())
    one_at_a_time(work.session, f"import_mapping:{name}")
    office = work.session.scalars(sa.select(Office)).first()
    problems = list(check_draft(sent.draft))
    if not 0 < len(name) <= LONGEST_NAME:
        problems.append(Refusal("importing.refused.name", {"longest": LONGEST_NAME}, "save_as", 422))
    known = work.session.scalars(sa.select(SavedMapping).where(SavedMapping.name == name)).one_or_none()
    if known is not None and known.by_id != work.actor.staff_id:
        problems.append(Refusal("importing.refused.name_taken", {"name": name}, "save_as", 422))
    count = work.session.scalar(sa.select(sa.func.count()).select_from(SavedMapping)) or 0
    if known is None and count >= MOST_SAVED:
        problems.append(Refusal("importing.refused.too_many", {"most": MOST_SAVED}, "save_as", 422))
    if problems or office is None:
        raise DomainError(problems or Refusal("import.office.not_set_up"))
    definition = definition_of(sent.draft, name, office.time_zone)
    if known is None:
        known = SavedMapping(name=name, by_id=work.actor.staff_id)
        work.session.add(known)
    known.definition, known.at = definition, work.at
    return change(work, sent, save_as=name)


def saved(session: Session) -> list[SavedMapping]:
    """The mappings that were kept, by name."""
    return list(session.scalars(sa.select(SavedMapping).order_by(SavedMapping.name).limit(MOST_SAVED)))


def mapping_of(session: Session, sent: Sent, folder: Path) -> ImportMapping:
    """By what a file is read: a mapping file of the office, or what was said. Raises ``DomainError``."""
    if sent.mapping:
        return load_mapping(sent.mapping, folder)
    if problems := check_draft(sent.draft):
        raise DomainError(problems)
    office = session.scalars(sa.select(Office)).one()
    return parse_mapping(definition_of(sent.draft, sent.save_as, office.time_zone))


def ask(work: Work, sent: Sent, mode: str, folder: Path, header: tuple[str, ...]) -> None:
    """Have a file tried or brought in by a job; ``header``: its columns, for the file of refused rows.

    Nothing is brought in that was not tried as it is now. What is under way already is not asked a second time.
    """
    if sent.is_running and sent.row.mode == mode:
        return
    _refuse_moving(sent)
    mapping = mapping_of(work.session, sent, folder)
    row = sent.row
    if mode == RUN and row.tried_at is None:
        raise DomainError(Refusal("importing.refused.try_first"))
    if mode == RUN and not _has_categories(work, mapping):
        raise DomainError(Refusal("importing.refused.categories", status=403))
    row.mode, row.attempt = mode, row.attempt + 1
    row.asked_at, row.finished_at, row.erase_at = work.at, None, work.at + KEPT
    row.total = row.done = row.came_in = row.known = row.refused = 0
    forget_refusals(work.session, row)
    _keep(work.keys, replace(sent, failure=(), header=header))
    work.session.add(Job(kind=JOB, slot=f"{row.id}:{row.attempt}", due_at=work.at, payload={"rows": 0}))
    _log(work, f"import_{mode}", row)


def erase(work: Work, place: Place, sent: Sent) -> None:
    """Erase a file and what was refused of it, at once; what came in stays."""
    if sent.is_running:
        raise DomainError(Refusal("importing.refused.running"))
    throw_away(work.session, place, sent, work.at)
    _log(work, "import_erase", sent.row)


def throw_away(session: Session, place: Place, sent: Sent, at_moment: datetime) -> None:
    """The file, its refused rows and its key are gone; that it was sent, by whom, and its counts stay."""
    drop_file(place, sent)
    forget_refusals(session, sent.row)
    sent.row.sealed, sent.row.erased_at = b"", at_moment


def drop_file(place: Place, sent: Sent) -> None:
    """The parts of the file are gone."""
    sealed_parts.erase(_room(place, sent.key), sent.row.size)


def fail(keys: Keys, sent: Sent, error: DomainError) -> None:
    """Keep why the whole file was refused."""
    _keep(keys, replace(sent, failure=tuple(Message(one.key, one.params) for one in error.refusals)))


def keep_refused(session: Session, sent: Sent, rows: list[tuple[int, tuple[str, ...], tuple[Message, ...]]]) -> None:
    """Refused rows, sealed under the key of their file: line, cells, reasons."""
    seal, row = sent.seal, sent.row
    values = [
        {
            "upload_id": row.id,
            "line": line,
            "sealed": seal.seal(
                json.dumps([cells, [_plain(one) for one in reasons]], ensure_ascii=False).encode(
                    "utf-8", "surrogatepass"
                ),
                f"refused:{line}",
            ),
        }
        for line, cells, reasons in rows
    ]
    if values:
        session.execute(sa.insert(ImportRefusal), values)


def refused_rows(
    session: Session, sent: Sent, most: int | None = None
) -> Iterator[tuple[int, list[str], tuple[Message, ...]]]:
    """Refused rows in the order of the file, with their reasons."""
    wanted = sa.select(ImportRefusal.line, ImportRefusal.sealed).where(ImportRefusal.upload_id == sent.row.id)
    wanted = wanted.order_by(ImportRefusal.id).limit(most).execution_options(yield_per=200)
    seal = sent.seal
    for line, sealed in session.execute(wanted):
        cells, reasons = json.loads(seal.open(bytes(sealed), f"refused:{line}").decode("utf-8", "surrogatepass"))
        yield line, cells, tuple(Message(one["key"], _params(one)) for one in reasons)


def forget_refusals(session: Session, row: ImportUpload) -> None:
    """What was refused last is gone."""
    session.execute(sa.delete(ImportRefusal).where(ImportRefusal.upload_id == row.id))


def mine(session: Session, keys: Keys, actor: Actor, most: int = 30) -> list[Sent]:
    """What this person sent and is not erased, the newest first."""
    wanted = sa.select(ImportUpload).where(ImportUpload.by_id == actor.staff_id, ImportUpload.erased_at.is_(None))
    return [opened(keys, row) for row in session.scalars(wanted.order_by(ImportUpload.id.desc()).limit(most))]


def _refuse_moving(sent: Sent) -> None:
    if sent.is_running:
        raise DomainError(Refusal("importing.refused.running"))
    if sent.is_done:
        raise DomainError(Refusal("importing.refused.done"))


def _has_categories(work: Work, mapping: ImportMapping) -> bool:
    """Whether nothing is to be added to the category tree, or this person may do so."""
    if mapping.trunk is None or may(work.actor, Permission.CONFIGURATION_EDIT):
        return True
    codes = {mapping.trunk.code}
    for branch in mapping.trunk.branches:
        codes |= {branch.code, *(leaf.code for leaf in branch.leaves)}
    there = sa.select(sa.func.count()).select_from(Category).where(Category.code.in_(sorted(codes)))
    return work.session.scalar(there) == len(codes)


def _source(place: Place, name: str, key: bytes, size: int, reading: Mapping[str, str]) -> Source:
    store, seal = _room(place, key), sealed_parts.Seal(key)
    return Source(name, size, lambda: sealed_parts.opened(store, seal, size), **reading)


def _room(place: Place, key: bytes) -> Store:
    return at(place).part(hashlib.sha256(b"room:" + key).hexdigest()[:32])


def _keep(keys: Keys, sent: Sent) -> None:
    said = {
        "name": sent.name,
        "key": base64.b64encode(sent.key).decode(),
        "reading": dict(sent.reading),
        "draft": {
            "columns": dict(sent.draft.columns),
            "values": {target: dict(texts) for target, texts in sent.draft.values.items()},
            "chosen": dict(sent.draft.chosen),
        },
        "mapping": sent.mapping,
        "save_as": sent.save_as,
        "failure": [_plain(one) for one in sent.failure],
        "header": sent.header,
    }
    text = json.dumps(said, ensure_ascii=False)
    sent.row.sealed = seal_for_office(keys, text.encode("utf-8", "surrogatepass"), f"{CONTEXT}:{sent.row.sha256}")


def _plain(message: Message) -> dict[str, Any]:
    """A message as JSON keeps it; moments are kept apart, so that they are said in the reader's way again."""
    params: dict[str, Any] = {}
    for name, value in message.params.items():
        if isinstance(value, datetime):
            params[name] = {"moment": value.isoformat()}
        elif isinstance(value, Message):
            params[name] = {"message": _plain(value)}
        elif isinstance(value, tuple | list):
            params[name] = [str(one) for one in value]
        else:
            params[name] = value if isinstance(value, int) else str(value)
    return {"key": message.key, "params": params}


def _params(said: Mapping[str, Any]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in said["params"].items():
        if isinstance(value, dict) and "moment" in value:
            found[name] = datetime.fromisoformat(value["moment"])
        elif isinstance(value, dict):
            found[name] = Message(value["message"]["key"], _params(value["message"]))
        else:
            found[name] = tuple(value) if isinstance(value, list) else value
    return found


def _log(work: Work, kind: str, row: ImportUpload) -> None:
    facts = {"import": row.id, "sha256": row.sha256}
    log_access(work.session, work.keys, work.actor, work.at, kind, facts, address=work.address)
