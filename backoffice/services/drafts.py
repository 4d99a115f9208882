"""Keep, end and throw away drafts of forms (R40). It concerns what one person has not said yet: nothing is told to a
chain, and nobody else is shown it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.draft import Draft
from backoffice.queries.actor import subject_of
from backoffice.services.core import draft_words
from policies import draft as rules
from policies.access import Actor, Permission, refuse_unless
from policies.draft import Typed
from policies.message import Refusal

AT_ONCE = 200


@dataclass(frozen=True)
class Opened:
    """A form as its reader opened it: where it is sent to, the page it stands on, that page's heading, and the number
    of the complaint that it belongs to, where it does.
    """

    sitting: str
    form: str
    page: str
    title: str
    opened_at: datetime
    number: str = ""


class EndedError(Exception):
    """The form of this sitting was carried out: what is typed now belongs to another one."""


def keep(
    session: Session,
    keys: Keys,
    actor: Actor,
    at: datetime,
    form: Opened,
    typed: Sequence[Typed],
    *,
    pressed: bool = False,
) -> Draft:
    """Keep what stands in a form now, in the place of what was kept of this sitting. Raises ``DomainError`` where the
    rules refuse it or the complaint cannot be seen (any more), ``EndedError`` where the form was carried out.
    """
    kept = rules.kept_of(typed)
    row = _of(session, actor, form.sitting)
    if row is not None and row.ended_at is not None:
        raise EndedError
    refusal = rules.refuse(
        kept,
        at,
        others=0 if row is not None else _count(session, actor),
        last=None if row is None else row.kept_at,
        pressed=pressed,
    )
    if refusal is not None:
        raise DomainError(refusal)
    complaint = _complaint(session, actor, form.number)
    bound = None if complaint is None else (complaint.sealed_key, complaint.number)
    content: dict[str, Any] = {"page": form.page, "title": form.title}
    if row is not None:
        kept = _with_labels(kept, draft_words.opened(keys, row.sitting, row.sealed, bound))
    content["typed"] = [list(one) for one in kept]
    sealed = draft_words.sealed(keys, form.sitting, content, bound)
    if row is None:
        row = Draft(
            staff_id=actor.staff_id, sitting=form.sitting, form=form.form, opened_at=form.opened_at, kept_at=at,
            complaint_id=None if complaint is None else complaint.id, sealed=sealed,
        )  # fmt: skip
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:  # the same came at the same moment
            row = session.scalars(_mine(actor, form.sitting).with_for_update()).one()
            if row.ended_at is not None:
                raise EndedError from None
        else:
            return row
    row.kept_at, row.sealed = at, sealed
    session.flush()
    return row


def end(session: Session, actor: Actor, at: datetime, form: Opened) -> None:
    """The form was carried out: what was typed is thrown away, and a late word of its page makes no draft of it, also
    where none came before.
    """
    row = _of(session, actor, form.sitting)
    if row is None:
        row = Draft(
            staff_id=actor.staff_id, sitting=form.sitting, form=form.form, opened_at=form.opened_at, kept_at=at,
            ended_at=at,
        )  # fmt: skip
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:  # a late word came at the same moment
            row = session.scalars(_mine(actor, form.sitting).with_for_update()).one()
    if row.ended_at is None:
        row.sealed, row.ended_at = None, at


def end_all(session: Session, at: datetime, form: str) -> None:
    """What the form was about is done with: what anybody has typed into it is thrown away."""
    open_ones = sa.update(Draft).where(Draft.form == form, Draft.ended_at.is_(None))
    session.execute(open_ones.values(sealed=None, ended_at=at).execution_options(synchronize_session=False))


def discard(session: Session, actor: Actor, draft_id: int) -> None:
    """Throw a draft away that one typed oneself; raises ``DomainError`` (404) for another's."""
    row = session.get(Draft, draft_id)
    if row is None or row.staff_id != actor.staff_id:
        raise DomainError(Refusal("drafts.refused.gone", status=404))
    session.delete(row)


def clear(session: Session, at: datetime) -> int:
    """Throw away some of what has had its time; how many there were."""
    by_age = sa.select(Draft.id).where(Draft.kept_at < at - rules.KEPT)
    carried_out = sa.select(Draft.id).where(Draft.kept_at < at - rules.ENDED_KEPT, Draft.ended_at.is_not(None))
    gone: set[int] = set()
    for old in (by_age, carried_out):
        gone.update(session.scalars(old.order_by(Draft.kept_at).limit(AT_ONCE)))
    if gone:
        session.execute(sa.delete(Draft).where(Draft.id.in_(gone)).execution_options(synchronize_session=False))
    return len(gone)


def _with_labels(typed: list[Typed], before: dict[str, Any] | None) -> list[Typed]:
    """A form that was posted does not say what its page calls its fields; what was kept of it before does."""
    if before is None or any(label for _name, _value, label in typed):
        return typed
    labels = {str(name): str(label) for name, _value, label in before["typed"]}
    return [(name, value, labels.get(name, "")) for name, value, _label in typed]


def _of(session: Session, actor: Actor, sitting: str) -> Draft | None:
    return session.scalars(_mine(actor, sitting).with_for_update()).one_or_none()


def _mine(actor: Actor, sitting: str) -> sa.Select[Draft]:
    return sa.select(Draft).where(Draft.staff_id == actor.staff_id, Draft.sitting == sitting)


def _count(session: Session, actor: Actor) -> int:
    mine = sa.select(Draft.id).where(Draft.staff_id == actor.staff_id, Draft.ended_at.is_(None)).limit(rules.MOST)
    return len(session.scalars(mine).all())


def _complaint(session: Session, actor: Actor, number: str) -> Complaint | None:
    """The complaint that a form belongs to; one that its reader may not see (any more) is as if it were not there."""
    found = None
    if number:
        found = session.scalars(sa.select(Complaint).where(Complaint.number == number.upper())).one_or_none()
    if found is None:
        return None
    subject = subject_of(session, found.id)
    if subject is None or refuse_unless(actor, Permission.COMPLAINT_VIEW, subject) is not None:
        raise DomainError(Refusal("complaint.refused.not_found", status=404))
    return found
