"""Which drafts that came in by themselves wait for a person (R1), along the index of those that wait."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.arrival import ArrivedDraft
from backoffice.models.configuration import Channel
from policies.access import Actor, Permission, Scope
from policies.arrival import DraftState

STILL_THERE = sa.literal_column("arrived_draft.state = 'discarded'", sa.Boolean()) & ArrivedDraft.sealed.is_not(None)


def theirs(actor: Actor) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions for a ``where``: what waits and this person may complete, by the department of its channel."""
    return (ArrivedDraft.state == DraftState.WAITING, *_reached(actor))


def theirs_discarded(actor: Actor) -> tuple[sa.ColumnElement[bool], ...]:
    """The same of what was discarded and is not erased yet, as the index of these says it."""
    return (STILL_THERE, *_reached(actor))


def _reached(actor: Actor) -> tuple[sa.ColumnElement[bool], ...]:
    scope = actor.scope(Permission.COMPLAINT_TAKE)
    if scope.width < Scope.DEPARTMENT.width:
        return (sa.false(),)
    if scope is Scope.ALL:
        return ()
    mine = sa.select(Channel.id).where(Channel.default_department_id.in_(sorted(actor.departments)))
    return (ArrivedDraft.channel_id.in_(mine),)


def still_waiting(session: Session, actor: Actor, ids: Collection[int]) -> frozenset[int]:
    """Those of these that wait and this person may complete."""
    return frozenset(session.scalars(sa.select(ArrivedDraft.id).where(ArrivedDraft.id.in_(ids), *theirs(actor))))


def some(actor: Actor, bound: int) -> sa.Select[Any]:
    """A row for each of them, ``bound`` at most: to be counted in the menu."""
    return sa.select(sa.literal(1)).select_from(ArrivedDraft).where(*theirs(actor)).limit(bound)
