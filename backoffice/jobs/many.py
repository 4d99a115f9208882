"""Job ``many``: one act on many complaints, each by itself (R12, R13, R40).

Each complaint goes through the service of the single act, as the person who asked and with what they may now, in a
transaction of its own in which the job says how far it has come: what was done is not done again, what is refused says
why and holds nobody else up. Dossiers that were printed lie sealed until they are taken; nobody waits for the database
while one is printed.
"""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import IO

from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.file_settings import PAPERS, papers_of
from backoffice.integrations.store import MissingError, Store, StoreError, at
from backoffice.jobs.running import LeaseLostError, Taken, Workshop
from backoffice.keys import Keys
from backoffice.models.many import ManyRun
from backoffice.outage import outage_of
from backoffice.queries.actor import load_actor
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.dossier import DossierContent, print_dossier
from backoffice.reports.pdf import safe_file_name
from backoffice.reports.presses import saying
from backoffice.reports.volume import bind_dossiers
from backoffice.sealing import open_for_office, seal_for_office
from backoffice.services import handling, many
from backoffice.services.core.case import id_of, look_at
from backoffice.services.core.once import DoneBeforeError
from backoffice.services.core.work import Work
from backoffice.services.dossier.commands import take_copy
from backoffice.services.many import Order, Outcome
from policies.access import CustomerView, customer_view
from policies.many import PRINT, in_short, to_fill_in
from policies.message import Message, Refusal

KIND, CLEAR = many.KIND, "many_clear"
WHOLE = "whole"
HOLD_EVERY = 10
log = logging.getLogger("desk.many")


@dataclass(frozen=True)
class _Turn:
    """One complaint whose turn it is."""

    run: ManyRun
    order: Order
    place: int

    @property
    def number(self) -> str:
        return self.order.items[self.place][0]

    @property
    def revision(self) -> int:
        return self.order.items[self.place][1]


def go_through(shop: Workshop, job: Taken) -> None:
    """Go on from where the run stands until every complaint had its turn."""
    if shop.speak is None:
        raise RuntimeError("answers need words: the workshop was opened without a catalogue")
    while _next(shop, job):
        pass
    _bind_all(shop, job)


def _next(shop: Workshop, job: Taken) -> bool:
    """Do the next one; whether there was one."""
    run_id = int(job.slot)
    try:
        with shop.database.writing() as session:
            turn = _turn(session, shop.keys, run_id)
            if turn is None:
                return False
            work, complaint_id = _meant(shop, session, turn)
            if turn.run.action == PRINT:
                copy = _copy(shop, job, work, complaint_id, turn)
            else:
                why = _do(shop, work, complaint_id, turn)
                _keep(shop, session, job, turn, Outcome(turn.number, True, why))
        if turn.run.action == PRINT:
            _print(shop, job, turn, copy)
    except (LeaseLostError, StoreError):  # what fails for all of them makes the job wait
        raise
    except DomainError as error:
        _refused(shop, job, error.refusals)
    except DoneBeforeError:
        _refused(shop, job, (), done=True)
    except Exception as error:  # whatever one complaint breaks must not keep the others waiting
        if outage_of(error) is not None:
            raise
        log.exception("one of many failed", extra={"desk": {"run": run_id}})
        _refused(shop, job, (Refusal("many.refused.fault"),))
    return True


def _turn(session: Session, keys: Keys, run_id: int) -> _Turn | None:
    run = session.get(ManyRun, run_id, with_for_update=True)
    if run is None or run.done >= run.total:
        return None
    return _Turn(run, many.read(run, keys), run.done)


def _meant(shop: Workshop, session: Session, turn: _Turn) -> tuple[Work, int]:
    """The complaint, and who acts on it as they may now."""
    run, now = turn.run, shop.clock.now()
    actor = load_actor(session, run.by_id, now.astimezone(Rulebook(session).zone()).date())
    if actor is None:
        raise DomainError(Refusal("many.refused.person", status=403))
    return Work(session, shop.keys, actor, now, now, shop.files, run.address), id_of(session, turn.number)


def _do(shop: Workshop, work: Work, complaint_id: int, turn: _Turn) -> tuple[str, ...]:
    """The act itself; what the person should know besides. Raises what the single act raises."""
    run, order = turn.run, turn.order
    done = handling.act(
        work, complaint_id, run.action, order.values, revision=turn.revision, submission=f"many:{run.form}"
    )
    return tuple(_say(shop, one, run.language) for one in done.warnings)


@dataclass(frozen=True)
class _Copy:
    """What is to be printed; ``hidden``: with nothing of the customer."""

    content: DossierContent
    hidden: bool


def _copy(shop: Workshop, job: Taken, work: Work, complaint_id: int, turn: _Turn) -> _Copy:
    """The next copy of a dossier, logged like any other before it is printed."""
    content = take_copy(work, complaint_id, turn.run.language)
    case = look_at(work, complaint_id)
    job.go_on(work.session, shop.clock.now(), job.payload)
    return _Copy(content, customer_view(work.actor, case.subject) is CustomerView.HIDDEN)


def _print(shop: Workshop, job: Taken, turn: _Turn, copy: _Copy) -> None:
    """Print it, keep it sealed on the disk, then say so. Whoever goes on after a kill puts theirs in its place."""
    if shop.speak is None:
        raise RuntimeError("papers need words")
    printed = print_dossier(copy.content, saying(shop.speak, turn.run.language))
    room, name = _room(shop, turn.run.id), _file(turn.place)
    room.put(name, seal_for_office(shop.keys, printed.data, _context(turn.run.id, turn.place)))
    why = () if printed.warning is None else (_say(shop, printed.warning, turn.run.language),)
    with shop.database.writing() as session:
        now = _turn(session, shop.keys, turn.run.id)
        if now is not None:
            if now.place != turn.place:
                raise LeaseLostError(job.kind)
            _keep(shop, session, job, now, Outcome(turn.number, True, why, hidden=copy.hidden))
            return
        is_gone = session.get(ManyRun, turn.run.id) is None
    if is_gone:  # cleared away while it was printed
        room.delete(name)


def _refused(shop: Workshop, job: Taken, refusals: tuple[Refusal, ...], *, done: bool = False) -> None:
    with shop.database.writing() as session:
        turn = _turn(session, shop.keys, int(job.slot))
        if turn is not None:
            why = tuple(dict.fromkeys(_say(shop, one, turn.run.language) for one in in_short(refusals)))
            changed = any(one.key == "complaint.refused.changed_meanwhile" for one in refusals)
            speak = turn.run.language
            missing = tuple((str(one.field), _say(shop, one, speak)) for one in to_fill_in(refusals))
            _keep(shop, session, job, turn, Outcome(turn.number, done, why, changed, missing=missing))


def _keep(shop: Workshop, session: Session, job: Taken, turn: _Turn, outcome: Outcome) -> None:
    """What came of it, and that the job is held for another lease; in the transaction of the act."""
    now = shop.clock.now()
    many.write(turn.run, shop.keys, replace(turn.order, outcomes=(*turn.order.outcomes, outcome)))
    turn.run.done += 1
    if turn.run.done == turn.run.total:
        turn.run.finished_at = now
    session.flush()
    job.go_on(session, now, job.payload)


def _say(shop: Workshop, message: Message, language: str) -> str:
    return shop.speak(message, language) if shop.speak is not None else message.key


# What was printed


def write_dossiers(shop: Workshop, run_id: int, numbers: Mapping[int, str], stream: IO[bytes]) -> None:
    """These dossiers of those that were printed, each by its place among them, as one ZIP; raises ``DomainError`` (404)
    where they were cleared away.
    """
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for number, data in _printed(shop, run_id, numbers):
            archive.writestr(safe_file_name(f"{number}.pdf"), data)


def write_volume(shop: Workshop, run_id: int, numbers: Mapping[int, str], stream: IO[bytes]) -> None:
    """The same as one PDF with their numbers as bookmarks: as it was bound when all were printed, or bound anew where
    not all of them may be taken any more.
    """
    try:
        sealed = _room(shop, run_id).get(_file(WHOLE))
    except MissingError:
        sealed = None
    if sealed is not None:
        head, _, data = open_for_office(shop.keys, sealed, _context(run_id, WHOLE)).partition(b"\n")
        if json.loads(head) == list(numbers):
            stream.write(data)
            return
    try:
        bind_dossiers(_printed(shop, run_id, numbers), stream)
    except (DomainError, StoreError):
        raise
    except Exception as error:  # each of them by itself is there
        log.exception("dossiers not bound", extra={"desk": {"run": run_id}})
        raise DomainError(Refusal("many.refused.not_bound", status=409)) from error


def _printed(shop: Workshop, run_id: int, numbers: Mapping[int, str]) -> Iterator[tuple[str, bytes]]:
    """Number and PDF of each; raises ``DomainError`` (404) where they were cleared away."""
    room = _room(shop, run_id)
    for place, number in numbers.items():
        try:
            sealed = room.get(_file(place))
        except MissingError:
            raise DomainError(Refusal("many.refused.gone", status=404)) from None
        yield number, open_for_office(shop.keys, sealed, _context(run_id, place))


def _bind_all(shop: Workshop, job: Taken) -> None:
    """Once all are printed they are bound as well, so that nobody waits for it; what is bound already stays."""
    run_id = int(job.slot)
    with shop.database.reading() as session:
        run = session.get(ManyRun, run_id)
        if run is None or run.action != PRINT or run.finished_at is None:
            return
        outcomes = many.read(run, shop.keys).outcomes
    numbers = {place: one.number for place, one in enumerate(outcomes) if one.done}
    room = _room(shop, run_id)
    if not numbers or _file(WHOLE) in set(room.names()):
        return
    whole = io.BytesIO(json.dumps(list(numbers)).encode() + b"\n")
    whole.seek(0, io.SEEK_END)
    try:
        bind_dossiers(_held(shop, job, _printed(shop, run_id, numbers)), whole)
    except (LeaseLostError, StoreError):
        raise
    except Exception as error:  # the dossiers themselves are done, and are there one by one
        if outage_of(error) is not None:
            raise
        log.exception("dossiers not bound", extra={"desk": {"run": run_id}})
        return
    room.put(_file(WHOLE), seal_for_office(shop.keys, whole.getvalue(), _context(run_id, WHOLE)))
    with shop.database.reading() as session:
        is_gone = session.get(ManyRun, run_id) is None
    if is_gone:  # cleared away while they were bound
        room.delete(_file(WHOLE))
        return
    _hold(shop, job)


def _held(shop: Workshop, job: Taken, dossiers: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """The same, while the job is held for another lease now and then."""
    for place, one in enumerate(dossiers):
        if place % HOLD_EVERY == 0:
            _hold(shop, job)
        yield one
    _hold(shop, job)


def _hold(shop: Workshop, job: Taken) -> None:
    with shop.database.writing() as session:
        job.go_on(session, shop.clock.now(), job.payload)


def _file(place: int | str) -> str:
    return f"{place}.sealed"


def _name(run_id: int) -> str:
    return f"dossiers-{run_id}"


def _context(run_id: int, place: int | str) -> str:
    """As ``core.office_sealed`` knows the papers that wait to be taken."""
    return f"{PAPERS}:{_name(run_id)}:{place}"


def _room(shop: Workshop, run_id: int) -> Store:
    return at(papers_of(shop.folder)).part(_name(run_id))


def clear(shop: Workshop, _job: Taken) -> None:
    """Old runs go: what was printed first, so that nothing of it is left that no row knows."""
    while True:
        with shop.database.reading() as session:
            gone = many.old(session, shop.clock.now())
        if not gone:
            return
        for run_id in gone:
            room = _room(shop, run_id)
            for name in list(room.names()):
                room.delete(name)
        with shop.database.writing() as session:
            many.clear(session, gone)
