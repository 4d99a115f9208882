"""Job ``nightly_backup``, once a local day: back the office up into the folder that is set, and let old ones go (R39).

A failure is told to the administrators, once a day, and tried again later like any job; when the next day has come the
earlier day's is given up for its.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.integrations import disk, passphrase_file
from backoffice.integrations.sealed_stream import SealedFileError, SealedReader
from backoffice.jobs.running import LeaseLostError, Taken, Workshop
from backoffice.queries import recipients
from backoffice.queries.rulebook import Rulebook
from backoffice.services import backup_plan
from backoffice.services.backup import back_up
from backoffice.services.core.staff_messages import tell_in_words
from backoffice.services.core.work import Work
from policies.access import SYSTEM
from policies.backup import Made, Plan, due_on, to_remove
from policies.message import Message, Refusal

KIND = "nightly_backup"
NIGHTLY = "nightly"
HELD_SECONDS = 60.0
_NAME = re.compile(r"complaint-desk-([0-9a-f]{8})-([0-9]{8}T[0-9]{6}Z)\.backup")


def due_day(session: Session, local: datetime) -> str | None:
    """The day whose backup is to be made by now; None while there is none to make."""
    day = due_on(backup_plan.plan(session), local)
    return None if day is None else day.isoformat()


def back_up_nightly(shop: Workshop, job: Taken) -> None:
    """Make the day's backup and let old ones go. A day that is over, or a plan that was switched off, asks for none."""
    at = shop.clock.now()
    with shop.database.reading() as session:
        plan = backup_plan.plan(session)
        zone = Rulebook(session).zone()
    if not plan.on or job.slot != at.astimezone(zone).date().isoformat():
        return
    try:
        path = Path(plan.folder) / f"complaint-desk-{shop.keys.identity[:8]}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.backup"
        secret = passphrase_file.read(shop.folder)
        made = back_up(shop.database, shop.folder, path, secret, at, kind=NIGHTLY, tick=_holding(shop, job))
    except LeaseLostError:
        raise
    except Exception as error:
        _tell(shop, at, job.slot, _fault(error))
        raise
    if made.missing:  # another try would find no more: it is kept and told, and not taken for a good one
        lost = {"count": len(made.missing), "path": str(path)}
        _tell(shop, at, job.slot, Refusal("backup.failed.missing", lost))
    else:
        with shop.database.writing() as session:
            backup_plan.note_good(session, at, path.name, made.size, NIGHTLY)
    with shop.database.reading() as session:
        good = backup_plan.last_good(session)
    _clear(path.parent, shop.keys.identity, zone, plan, good)


def _clear(folder: Path, office: str, zone: tzinfo, plan: Plan, good: str) -> None:
    """Let old ones go by the plan, and what a killed process has left half written."""
    for name in to_remove(_made(folder, office, zone), plan, good):
        (folder / name).unlink(missing_ok=True)
    for left in disk.left_behind(folder, f".complaint-desk-{office[:8]}-"):
        left.unlink(missing_ok=True)


def _holding(shop: Workshop, job: Taken) -> Callable[[], None]:
    """Holds the job for another lease now and then: a large office takes longer than one."""
    until = time.monotonic() + HELD_SECONDS

    def tick() -> None:
        nonlocal until
        if time.monotonic() >= until:
            with shop.database.writing() as session:
                job.go_on(session, shop.clock.now(), job.payload)
            until = time.monotonic() + HELD_SECONDS

    return tick


def _fault(error: Exception) -> Refusal:
    return error.refusals[0] if isinstance(error, DomainError) else Refusal("backup.failed.unknown")


def _tell(shop: Workshop, at: datetime, day: str, fault: Refusal) -> None:
    def words(language: str) -> tuple[str, str]:
        say = shop.speak or (lambda message, _language: message.key)
        return say(Message("backup.failed.title"), language), say(fault, language)

    with shop.database.writing() as session:
        backup_plan.note_failed(session, at, fault)
        work = Work(session, shop.keys, SYSTEM, at, at)
        administrators = recipients.of_roles(session, [recipients.ADMINISTRATOR])
        tell_in_words(work, KIND, administrators, words, key=f"{KIND}:{day}")


def _made(folder: Path, office: str, zone: tzinfo) -> list[Made]:
    """The nightly backups of this office in the folder; whatever else lies there is none of ours."""
    found = []
    for path in folder.iterdir():
        named = _NAME.fullmatch(path.name)
        if named is not None and _is_ours(path, office):
            at = datetime.strptime(named[2], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            found.append(Made(path.name, at.astimezone(zone)))
    return found


def _is_ours(path: Path, office: str) -> bool:
    try:
        with path.open("rb") as stream:
            header = SealedReader(stream).header
    except (OSError, SealedFileError):
        return False
    return header.get("office") == office and header.get("kind") == NIGHTLY
