"""An act whose form is sent a second time is done once (R40): the first answer may have been lost on its way.

The form bears a token of its own; the event of the act keeps its digest, so that what a browser sends never stands in
clear. The complaint's chain is locked while this is asked, hence two copies at one moment come one after the other.
"""

from __future__ import annotations

import hashlib
import json

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.history import Event
from backoffice.services.core.case import Case

FACT = "form"
SIGNS = 32


def one_at_a_time(session: Session, name: str) -> None:
    """Let what was sent twice at one moment wait until its first copy is committed or gone.

    SQLite has one writer anyway; on PostgreSQL both would look, find nothing, and the second would fail.
    """
    if session.get_bind().dialect.name == "postgresql":
        key = sa.func.hashtextextended(name, 0)
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


class DoneBeforeError(Exception):
    """This form was carried out already: there is nothing to do, and nothing is wrong."""


def fact_of(submission: str | None) -> dict[str, object]:
    """What the event of an act keeps of its form; nothing where the act came from no form."""
    return {FACT: digest(submission)} if submission else {}


def refuse_repeated(case: Case, action: str, submission: str | None) -> None:
    """Raise ``DoneBeforeError`` when this very form of this person was carried out already."""
    if not submission:
        return
    mine = sa.select(Event.body).where(
        Event.complaint_id == case.complaint.id, Event.actor_id == case.work.actor.staff_id, Event.action == action
    )
    wanted = digest(submission)
    if any(json.loads(body)["facts"].get(FACT) == wanted for body in case.work.session.scalars(mine)):
        raise DoneBeforeError


def digest(submission: str) -> str:
    """What is kept of a form's token."""
    return hashlib.sha256(submission.encode()).hexdigest()[:SIGNS]
