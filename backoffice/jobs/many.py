"""Job ``many``: one act on many complaints, each by itself (R12, R13, R40).

Each complaint goes through the service of the single act, as the person who asked and with what they may now, in a
transaction of its own in which the job says how far it has come: what was done is not done again, what is refused says
why and holds nobody else up. Dossiers that were printed lie sealed until they are taken.
"""

from __future__ import annotations

import logging
import zipfile
from dataclasses import dataclass, replace
from typing import IO

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.file_settings import PAPERS, papers_of
from backoffice.integrations.store import MissingError, Store, at
from backoffice.jobs.running import LeaseLostError, Taken, Workshop
from backoffice.keys import Keys
from backoffice.models.many import ManyRun
from backoffice.queries.actor import load_actor
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.dossier import print_dossier
from backoffice.reports.pdf import safe_file_name
from backoffice.reports.presses import saying
from backoffice.sealing import open_for_office, seal_for_office
from backoffice.services import handling, many
from backoffice.services.core.case import id_of
from backoffice.services.core.once import DoneBeforeError
from backoffice.services.core.work import Work
from backoffice.services.dossier.commands import take_copy
from backoffice.services.many import Order, Outcome
from policies.many import PRINT
from policies.message import Message, Refusal

KIND, CLEAR = many.KIND, "many_clear"
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


def _next(shop: Workshop, job: Taken) -> bool:
    """Do the next one; whether there was one."""
    run_id = int(job.slot)
    try:
        with shop.database.writing() as session:
            turn = _turn(session, shop.keys, run_id)
            if turn is None:
                return False
            why = _do(shop, session, turn)
            _keep(shop, session, job, turn, Outcome(turn.number, True, why))
    except (LeaseLostError, DBAPIError):
        raise
    except DomainError as error:
        _refused(shop, job, error.refusals)
    except DoneBeforeError:
        _refused(shop, job, (), done=True)
    except Exception:  # whatever one complaint breaks must not keep the others waiting
        log.exception("one of many failed", extra={"desk": {"run": run_id}})
        _refused(shop, job, (Refusal("many.refused.fault"),))
    return True


def _turn(session: Session, keys: Keys, run_id: int) -> _Turn | None:
    run = session.get(ManyRun, run_id, with_for_update=True)
    if run is None or run.done >= run.total:
        return None
    return _Turn(run, many.read(run, keys), run.done)


def _do(shop: Workshop, session: Session, turn: _Turn) -> tuple[str, ...]:
    """The act itself; what the person should know besides. Raises what the single act raises."""
    run, now = turn.run, shop.clock.now()
    actor = load_actor(session, run.by_id, now.astimezone(Rulebook(session).zone()).date())
    if actor is None:
        raise DomainError(Refusal("many.refused.person", status=403))
    work = Work(session, shop.keys, actor, now, now, shop.files, run.address)
    complaint_id = id_of(session, turn.number)
    if run.action == PRINT:
        return _print(shop, work, complaint_id, turn)
    done = handling.act(
        work, complaint_id, run.action, turn.order.values, revision=turn.revision, submission=f"many:{run.form}"
    )
    return tuple(_say(shop, one, run.language) for one in done.warnings)


def _print(shop: Workshop, work: Work, complaint_id: int, turn: _Turn) -> tuple[str, ...]:
    """The next copy of a dossier, logged like any other, sealed on the disk."""
    content = take_copy(work, complaint_id, turn.run.language)
    if shop.speak is None:
        raise RuntimeError("papers need words")
    printed = print_dossier(content, saying(shop.speak, turn.run.language))
    _room(shop, turn.run.id).put(
        f"{turn.place}.sealed", seal_for_office(shop.keys, printed.data, _context(turn.run.id, turn.place))
    )
    return () if printed.warning is None else (_say(shop, printed.warning, turn.run.language),)


def _refused(shop: Workshop, job: Taken, refusals: tuple[Refusal, ...], *, done: bool = False) -> None:
    with shop.database.writing() as session:
        turn = _turn(session, shop.keys, int(job.slot))
        if turn is not None:
            why = tuple(dict.fromkeys(_say(shop, one, turn.run.language) for one in refusals))
            _keep(shop, session, job, turn, Outcome(turn.number, done, why))


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


def write_dossiers(shop: Workshop, run: ManyRun, order: Order, stream: IO[bytes]) -> None:
    """All dossiers that were printed, as one ZIP; raises ``DomainError`` (404) where they were cleared away."""
    room = _room(shop, run.id)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for place, outcome in enumerate(order.outcomes):
            if not outcome.done:
                continue
            try:
                sealed = room.get(f"{place}.sealed")
            except MissingError:
                raise DomainError(Refusal("many.refused.gone", status=404)) from None
            data = open_for_office(shop.keys, sealed, _context(run.id, place))
            archive.writestr(safe_file_name(f"{outcome.number}.pdf"), data)


def _name(run_id: int) -> str:
    return f"dossiers-{run_id}"


def _context(run_id: int, place: int) -> str:
    """As ``core.office_sealed`` knows the papers that wait to be taken."""
    return f"{PAPERS}:{_name(run_id)}:{place}"


def _room(shop: Workshop, run_id: int) -> Store:
    return at(papers_of(shop.folder)).part(_name(run_id))


def clear(shop: Workshop, _job: Taken) -> None:
    """Old runs go, with what was printed."""
    with shop.database.writing() as session:
        gone = many.clear_old(session, shop.clock.now())
    for run_id in gone:
        room = _room(shop, run_id)
        for name in list(room.names()):
            room.delete(name)
