"""Begin an act on many complaints, and keep how it goes (R12, R13, R40).

The acts themselves are done one by one by ``jobs.many``, each by the service of the single act and in a transaction of
its own; here stands the order for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.many import ManyRun
from backoffice.models.work import Job
from backoffice.sealing import open_for_office, seal_for_office
from backoffice.services.core.work import Work
from policies import many
from policies.fields import FIELD_KINDS, FieldKind
from policies.message import Refusal
from policies.vocabulary import ContactWay

KIND = "many"
CONTEXT = "many"
LEASE = timedelta(minutes=10)
KEPT = timedelta(days=7)
LEFT = timedelta(days=14)
"""What could not be finished in so long is cleared away too."""
MOST_WAITING = 2
"""So many orders of one person may be unfinished."""
LONGEST_ADDRESS = LONGEST_TOKEN = 64


@dataclass(frozen=True)
class Outcome:
    """What came of one complaint; ``why``: sentences in the language in which it was asked.

    ``changed``: it was changed meanwhile and is to be looked at first (R40). ``hidden``: the copy that was printed
    shows nothing of the customer (R39). ``missing``: what may be filled in so that it can be done, each field with its
    sentence; ``filled``: it was done so.
    """

    number: str
    done: bool
    why: tuple[str, ...] = ()
    changed: bool = False
    hidden: bool = False
    missing: tuple[tuple[str, str], ...] = ()
    filled: bool = False


@dataclass(frozen=True)
class Order:
    """What was asked: numbers with the revisions that were seen, the fields that all share, and what came of them."""

    items: tuple[tuple[str, int], ...]
    values: Mapping[str, Any]
    outcomes: tuple[Outcome, ...] = ()


def ask(work: Work, action: str, items: Mapping[str, int], values: Mapping[str, Any], language: str, form: str) -> Job:
    """Have an act done to these complaints; the job of it, leased to whoever asks where they are few.

    The same form again gives the same job. Raises ``DomainError``: 422 for none or too many, 403 without the act's
    permission, 409 while too many others wait. What one complaint demands is asked when it is its turn.
    """
    refusal = many.refuse(work.actor, action, len(items))
    if refusal is not None:
        raise DomainError(refusal)
    by, token = work.actor.staff_id or 0, form[:LONGEST_TOKEN]
    if (there := known(work.session, by, token)) is not None:
        return there
    if _waiting(work.session, by) >= MOST_WAITING:
        raise DomainError(Refusal("many.refused.waiting", {"most": MOST_WAITING}, status=409))
    run = ManyRun(
        action=action, by_id=by, form=token, language=language, address=work.address[:LONGEST_ADDRESS],
        asked_at=work.at, total=len(items), done=0, sealed=b"",
    )  # fmt: skip
    write(run, work.keys, Order(tuple(items.items()), values))
    try:
        with work.session.begin_nested():
            work.session.add(run)
    except IntegrityError:  # the same form came at the same moment
        if (there := known(work.session, by, token)) is None:
            raise
        return there
    job = Job(kind=KIND, slot=str(run.id), due_at=work.at, payload={})
    if len(items) <= many.AT_ONCE and action != many.PRINT:
        # whoever asks does it; should it break off, a worker goes on
        job.leased_until, job.attempts = work.at + LEASE, 1
    work.session.add(job)
    work.session.flush()
    return job


def known(session: Session, by: int | None, form: str) -> Job | None:
    """The job of a form that came before; None for one that is new."""
    mine = sa.select(ManyRun.id).where(ManyRun.by_id == by, ManyRun.form == form[:LONGEST_TOKEN])
    run_id = session.scalar(mine)
    if run_id is None:
        return None
    return session.scalars(sa.select(Job).where(Job.kind == KIND, Job.slot == str(run_id))).one_or_none()


def _waiting(session: Session, by: int) -> int:
    unfinished = sa.select(sa.func.count()).select_from(ManyRun)
    return session.scalar(unfinished.where(ManyRun.by_id == by, ManyRun.finished_at.is_(None))) or 0


def find(session: Session, keys: Keys, by: int | None, run_id: int) -> tuple[ManyRun, Order]:
    """What somebody asked for themselves; raises ``DomainError`` (404) for what is another's or was cleared away."""
    run = session.get(ManyRun, run_id)
    if run is None or run.by_id != by:
        raise DomainError(Refusal("many.refused.gone", status=404))
    return run, read(run, keys)


def recent(session: Session, by: int | None, most: int = 10) -> list[ManyRun]:
    """What somebody asked for lately, the newest first."""
    mine = sa.select(ManyRun).where(ManyRun.by_id == by).order_by(ManyRun.id.desc()).limit(most)
    return list(session.scalars(mine))


def read(run: ManyRun, keys: Keys) -> Order:
    """What a row keeps."""
    kept = json.loads(open_for_office(keys, run.sealed, CONTEXT))
    values = {name: _typed(name, value) for name, value in kept["values"].items()}
    outcomes = tuple(_outcome(one) for one in kept["outcomes"])
    return Order(tuple((number, revision) for number, revision in kept["items"]), values, outcomes)


def _outcome(kept: Mapping[str, Any]) -> Outcome:
    missing = tuple((field, sentence) for field, sentence in kept.get("missing", ()))
    return Outcome(**{**kept, "why": tuple(kept["why"]), "missing": missing})


def settle(session: Session, keys: Keys, run_id: int, number: str, why: tuple[str, ...]) -> None:
    """Say of one that was not done for want of something that it is done now; ``why``: what should be known besides.

    Only once every complaint had its turn, so that nobody waits for the row while they hold a complaint.
    """
    run = session.get(ManyRun, run_id, with_for_update=True, populate_existing=True)
    if run is None or run.finished_at is None:
        return
    order = read(run, keys)
    now = [
        Outcome(number, True, why, filled=True) if one.number == number and one.missing else one
        for one in order.outcomes
    ]
    write(run, keys, replace(order, outcomes=tuple(now)))


def write(run: ManyRun, keys: Keys, order: Order) -> None:
    """Keep an order in its row."""
    plain = {
        "items": order.items,
        "values": {name: _plain(value) for name, value in order.values.items()},
        "outcomes": [asdict(one) for one in order.outcomes],
    }
    run.sealed = seal_for_office(keys, json.dumps(plain, ensure_ascii=False), CONTEXT)


def old(session: Session, now: datetime, most: int = 50) -> list[int]:
    """What was done a week ago need not be kept: the histories of the complaints say it. Nor what was never done."""
    past = ManyRun.finished_at < now - KEPT
    left = sa.and_(ManyRun.finished_at.is_(None), ManyRun.asked_at < now - LEFT)
    return list(session.scalars(sa.select(ManyRun.id).where(past | left).limit(most)))


def clear(session: Session, run_ids: list[int]) -> None:
    """Forget these, with their jobs; what was printed for them is gone already."""
    session.execute(sa.delete(Job).where(Job.kind == KIND, Job.slot.in_([str(one) for one in run_ids])))
    session.execute(sa.delete(ManyRun).where(ManyRun.id.in_(run_ids)))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _typed(name: str, value: Any) -> Any:
    """A value as its kind asks for it."""
    kind = FIELD_KINDS.get(name)
    if kind is FieldKind.MOMENT:
        return datetime.fromisoformat(value)
    return ContactWay(value) if kind is FieldKind.CONTACT_WAY else value
