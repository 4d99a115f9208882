"""The drafts that somebody finds: of a form that is opened again, and all of them (R40). One of a complaint that its
writer may not see any more is not there for them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.models.draft import Draft
from backoffice.queries.actor import subjects_of
from backoffice.queries.inspections import blind_among
from policies.access import Actor, Permission, refuse_unless
from policies.draft import KEPT, MOST

AT_A_FORM = 12


@dataclass(frozen=True)
class Found:
    """A draft of its reader. ``bound``: wrapped key and number of the complaint that it belongs to."""

    id: int
    sitting: str
    form: str
    opened_at: datetime
    kept_at: datetime
    sealed: bytes | None
    bound: tuple[bytes | None, str] | None

    @property
    def number(self) -> str:
        """Of the complaint; empty where it belongs to none."""
        return "" if self.bound is None else self.bound[1]


def of_forms(session: Session, actor: Actor, at: datetime, forms: Collection[str]) -> list[Found]:
    """The newest drafts of these forms, the newest first."""
    return _found(session, actor, _select(actor, at).where(Draft.form.in_(forms)).limit(AT_A_FORM))


def mine(session: Session, actor: Actor, at: datetime) -> list[Found]:
    """All that this person has, the newest first."""
    return _found(session, actor, _select(actor, at).limit(MOST))


def one(session: Session, actor: Actor, at: datetime, draft_id: int) -> Found | None:
    """One of them by its id; None for another's, for one that was carried out, and for one that is not shown."""
    return next(iter(_found(session, actor, _select(actor, at).where(Draft.id == draft_id))), None)


def _select(actor: Actor, at: datetime) -> sa.Select[Draft, int | None, bytes | None, str | None]:
    mine_now = (Draft.staff_id == actor.staff_id, Draft.ended_at.is_(None), Draft.kept_at >= at - KEPT)
    return (
        sa.select(Draft, Complaint.id, Complaint.sealed_key, Complaint.number)
        .outerjoin(Complaint, Complaint.id == Draft.complaint_id)
        .where(*mine_now)
        .order_by(Draft.kept_at.desc(), Draft.id.desc())
    )


def _found(
    session: Session, actor: Actor, statement: sa.Select[Draft, int | None, bytes | None, str | None]
) -> list[Found]:
    rows = session.execute(statement).all()
    hidden = _hidden(session, actor, [row[1] for row in rows if row[1] is not None])
    return [
        Found(
            draft.id, draft.sitting, draft.form, draft.opened_at, draft.kept_at, draft.sealed,
            None if complaint_id is None else (key, str(number)),
        )
        for draft, complaint_id, key, number in rows
        if complaint_id not in hidden
    ]  # fmt: skip


def _hidden(session: Session, actor: Actor, complaint_ids: Sequence[int]) -> frozenset[int]:
    """Those of these complaints that this person may not see, or may only judge blind."""
    if not complaint_ids:
        return frozenset()
    seen = {
        complaint_id
        for complaint_id, subject in subjects_of(session, complaint_ids).items()
        if refuse_unless(actor, Permission.COMPLAINT_VIEW, subject) is None
    }
    return (frozenset(complaint_ids) - seen) | blind_among(session, actor, complaint_ids)
