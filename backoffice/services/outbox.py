"""What people do with messages (R26): read their own, send again what was given up, settle what nobody knows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.work import Outbox
from backoffice.services.core.reference import log_change
from policies.access import Actor, Permission, may_any
from policies.delivery import WAYS, refuse_resend, refuse_settle
from policies.message import Refusal
from policies.vocabulary import MessageState

SUBJECT = "message"
MAY = (Permission.EXTENSION_APPROVE, Permission.CONFIGURATION_EDIT)
"""Who answers for what reaches customers, and who answers for the ways out of the office."""


def mark_read(session: Session, actor: Actor, at: datetime, ids: Iterable[int] | None = None) -> int:
    """Note that somebody has read their own messages: these, or all; others' stay as they are."""
    mine = [Outbox.staff_id == actor.staff_id, Outbox.way == "in_app", Outbox.read_at.is_(None)]
    if ids is not None:
        mine.append(Outbox.id.in_(list(ids)))
    return session.execute(sa.update(Outbox).where(*mine).values(read_at=at)).rowcount  # type: ignore[attr-defined, no-any-return]


def resend(session: Session, actor: Actor, at: datetime, ids: Iterable[int], *, confirmed: bool) -> int:
    """Queue messages anew: all of them or, with the first reason why not, none. Gives how many."""
    rows = _rows(session, actor, ids)
    for row in rows:
        if (refusal := refuse_resend(row.state, confirmed=confirmed)) is not None:
            raise DomainError(refusal)
    for row in rows:
        _log(session, actor, at, row, "resend", MessageState.WAITING)
        row.state, row.due_at, row.tries, row.error, row.leased_until = MessageState.WAITING, at, 0, "", None
    return len(rows)


def settle(session: Session, actor: Actor, at: datetime, ids: Iterable[int]) -> None:
    """Write down that messages did arrive: somebody asked, or saw it in the gateway's own books."""
    rows = _rows(session, actor, ids)
    for row in rows:
        if (refusal := refuse_settle(row.state)) is not None:
            raise DomainError(refusal)
    for row in rows:
        _log(session, actor, at, row, "settle", MessageState.SENT)
        row.state, row.sent_at, row.error, row.leased_until = MessageState.SENT, at, "", None


def _rows(session: Session, actor: Actor, ids: Iterable[int]) -> list[Outbox]:
    if not may_any(actor, MAY):
        raise DomainError(Refusal("access.refused.permission", {"permission": MAY[0]}, status=403))
    wanted = sorted(set(ids))
    statement = sa.select(Outbox).where(Outbox.id.in_(wanted), Outbox.way.in_(WAYS)).order_by(Outbox.id)
    rows = list(session.scalars(statement.with_for_update()))
    if not wanted:
        raise DomainError(Refusal("outbox.refused.none_chosen", status=422))
    if len(rows) != len(wanted):
        raise DomainError(Refusal("access.refused.unknown", status=404))
    return rows


def _log(session: Session, actor: Actor, at: datetime, row: Outbox, action: str, now: MessageState) -> None:
    log_change(session, actor, at, SUBJECT, row.id, action, {"state": (row.state.value, now.value)})
