"""Begin an act on many complaints, and keep how it goes (R12, R13, R40).

The acts themselves are done one by one by ``jobs.many``, each by the service of the single act and in a transaction of
its own; here stands the order for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
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
LONGEST_ADDRESS = 64


@dataclass(frozen=True)
class Outcome:
    """What came of one complaint; ``why``: sentences in the language in which it was asked."""

    number: str
    done: bool
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """What was asked: numbers with the revisions that were seen, the fields that all share, and what came of them."""

    items: tuple[tuple[str, int], ...]
    values: Mapping[str, Any]
    outcomes: tuple[Outcome, ...] = ()


def ask(work: Work, action: str, items: Mapping[str, int], values: Mapping[str, Any], language: str, form: str) -> Job:
    """Have an act done to these complaints; the job of it, leased to whoever asks where they are few.

    The same form again gives the same job. Raises ``DomainError``: 422 for none or too many, 403 without the act's
    permission. What one complaint demands is asked when it is its turn.
    """
    refusal = many.refuse(work.actor, action, len(items))
    if refusal is not None:
        raise DomainError(refusal)
    by, token = work.actor.staff_id or 0, form[:64]
    known = sa.select(ManyRun.id).where(ManyRun.by_id == by, ManyRun.form == token)
    if (run_id := work.session.scalar(known)) is not None:
        return work.session.scalars(sa.select(Job).where(Job.kind == KIND, Job.slot == str(run_id))).one()
    run = ManyRun(
        action=action, by_id=by, form=token, language=language, address=work.address[:LONGEST_ADDRESS],
        asked_at=work.at, total=len(items), done=0, sealed=b"",
    )  # fmt: skip
    write(run, work.keys, Order(tuple(items.items()), values))
    work.session.add(run)
    work.session.flush()
    job = Job(kind=KIND, slot=str(run.id), due_at=work.at, payload={})
    if len(items) <= many.AT_ONCE and action != many.PRINT:
        # whoever asks does it; should it break off, a worker goes on
        job.leased_until, job.attempts = work.at + LEASE, 1
    work.session.add(job)
    work.session.flush()
    return job


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
    outcomes = tuple(Outcome(one["number"], one["done"], tuple(one["why"])) for one in kept["outcomes"])
    return Order(tuple((number, revision) for number, revision in kept["items"]), values, outcomes)


def write(run: ManyRun, keys: Keys, order: Order) -> None:
    """Keep an order in its row."""
    plain = {
        "items": order.items,
        "values": {name: _plain(value) for name, value in order.values.items()},
        "outcomes": [asdict(one) for one in order.outcomes],
    }
    run.sealed = seal_for_office(keys, json.dumps(plain, ensure_ascii=False), CONTEXT)


def clear_old(session: Session, now: datetime) -> list[int]:
    """What was done a week ago need not be kept: the histories of the complaints say it. The ids of what went."""
    old = sa.select(ManyRun.id).where(ManyRun.finished_at < now - KEPT).limit(50)
    gone = list(session.scalars(old))
    if gone:
        session.execute(sa.delete(Job).where(Job.kind == KIND, Job.slot.in_([str(one) for one in gone])))
        session.execute(sa.delete(ManyRun).where(ManyRun.id.in_(gone)))
    return gone


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _typed(name: str, value: Any) -> Any:
    """A value as its kind asks for it."""
    kind = FIELD_KINDS.get(name)
    if kind is FieldKind.MOMENT:
        return datetime.fromisoformat(value)
    return ContactWay(value) if kind is FieldKind.CONTACT_WAY else value
