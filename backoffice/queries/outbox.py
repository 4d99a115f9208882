"""Messages as people look at them (R26): one's own in the console, and what goes out of the office by its worker.

Pages go along the key: a deep page costs no more. Recipients are masked here already (R39).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import MessageTemplate
from backoffice.models.office import Staff
from backoffice.models.work import Outbox
from backoffice.queries.scope import visible_each
from backoffice.sealing import CaseSeal, Erased, open_for_office
from policies.access import Actor
from policies.delivery import WAYS
from policies.masking import mask_email, mask_phone
from policies.message import Name
from policies.vocabulary import MessageState

PAGE = 30
IN_APP = "in_app"
OPEN = (MessageState.WAITING, MessageState.SENDING, MessageState.UNCERTAIN, MessageState.GIVEN_UP)
MASKS = {"email": mask_email, "sms": mask_phone}


@dataclass(frozen=True)
class Line:
    """A message in a list. ``number`` is empty where this person may not open the complaint; ``text`` is for whom it is
    theirs to read.
    """

    id: int
    template: Name
    way: str
    state: MessageState
    error: str
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    read_at: datetime | None
    tries: int
    number: str = ""
    to: str = ""
    staff: Name | None = None
    subject: str = ""
    text: str = ""
    other_language: bool = False


@dataclass(frozen=True)
class Lines:
    """One page of messages, newest first, with the keys of its neighbours (None at an end)."""

    rows: list[Line] = field(default_factory=list)
    older: int | None = None
    newer: int | None = None


def unread(reading: Connection | Session, staff_id: int, bound: int = 99) -> int:
    """How many messages somebody has not read, counted to one beyond the bound."""
    return reading.scalar(_UNREAD, {"of": staff_id, "most": bound + 1}) or 0


_UNREAD = sa.select(sa.func.count()).select_from(
    sa.select(Outbox.id)
    .where(Outbox.staff_id == sa.bindparam("of"), Outbox.way == IN_APP, Outbox.read_at.is_(None))
    .limit(sa.bindparam("most", type_=sa.Integer))
    .subquery()
)


def own(session: Session, keys: Keys, actor: Actor, *, before: int | None = None, after: int | None = None) -> Lines:
    """Somebody's own messages, with their texts: they were written to them."""
    mine = (Outbox.staff_id == actor.staff_id, Outbox.way == IN_APP)
    return _lines(session, keys, actor, mine, before, after)


def outgoing(
    session: Session, keys: Keys, actor: Actor, state: MessageState, way: str = "", *,
    before: int | None = None, after: int | None = None,
) -> Lines:  # fmt: skip
    """What goes out by the worker, in one state; the texts stay closed."""
    wanted = (Outbox.state == state, Outbox.way.in_([way] if way in WAYS else WAYS))
    return _lines(session, keys, actor, wanted, before, after)


def of_complaint(session: Session, keys: Keys, actor: Actor, complaint_id: int, most: int = 200) -> list[Line]:
    """Every message of a complaint, newest first; for who has the complaint open, with its texts."""
    statement = _statement((Outbox.complaint_id == complaint_id,)).order_by(Outbox.id.desc()).limit(most)
    return _made(session, keys, actor, session.execute(statement).all())


def counts(session: Session) -> dict[MessageState, int]:
    """How many stand in each state that is no end; what was sent is not counted."""
    statement = (
        sa.select(Outbox.state, sa.func.count())
        .where(Outbox.state.in_(OPEN), Outbox.way.in_(WAYS))
        .group_by(Outbox.state)
    )
    found = {row[0]: row[1] for row in session.execute(statement)}
    return {state: found.get(state, 0) for state in OPEN}


def waiting_by_way(session: Session) -> dict[str, int]:
    """How many wait by each way."""
    statement = (
        sa.select(Outbox.way, sa.func.count())
        .where(Outbox.state == MessageState.WAITING, Outbox.way.in_(WAYS))
        .group_by(Outbox.way)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def _statement(where: Iterable[Any]) -> sa.Select[Any]:
    return (
        sa.select(Outbox, Complaint.number, Complaint.sealed_key, Staff.name_zh, Staff.name_en)
        .outerjoin(Complaint, Complaint.id == Outbox.complaint_id)
        .outerjoin(Staff, Staff.id == Outbox.staff_id)
        .where(*where)
    )


def _lines(
    session: Session, keys: Keys, actor: Actor, where: Iterable[Any], before: int | None, after: int | None
) -> Lines:
    statement = _statement(where)
    if after is not None:
        statement = statement.where(Outbox.id > after).order_by(Outbox.id)
    else:
        statement = statement.order_by(Outbox.id.desc())
        statement = statement.where(Outbox.id < before) if before is not None else statement
    found = list(session.execute(statement.limit(PAGE + 1)).all())
    further, found = len(found) > PAGE, found[:PAGE]
    if after is not None:
        found.reverse()
    rows = _made(session, keys, actor, found)
    older, newer = (True, further) if after is not None else (further, before is not None)
    return Lines(rows, rows[-1].id if rows and older else None, rows[0].id if rows and newer else None)


def _made(session: Session, keys: Keys, actor: Actor, found: Iterable[Any]) -> list[Line]:
    found = list(found)
    names = _template_names(session, {row[0].template for row in found})
    ids = {row[0].complaint_id for row in found if row[0].complaint_id is not None}
    reached = sa.select(Complaint.id).where(Complaint.id.in_(ids), visible_each(actor))
    seen = set(session.scalars(reached)) if ids else set()
    return [_line(keys, row, names, seen) for row in found]


def _template_names(session: Session, codes: set[str]) -> dict[str, Name]:
    statement = sa.select(MessageTemplate.code, MessageTemplate.name_zh, MessageTemplate.name_en)
    return {row[0]: Name(row[1], row[2]) for row in session.execute(statement.where(MessageTemplate.code.in_(codes)))}


def _own_name(content: Mapping[str, str] | None) -> Name | None:
    """What a message is called that the program words itself, for which the office has no template."""
    names = (content or {}).get("name_zh"), (content or {}).get("name_en")
    return Name(names[0], names[1]) if names[0] and names[1] else None


def _line(keys: Keys, found: Any, names: dict[str, Name], seen: set[int]) -> Line:
    row, number, sealed_key, name_zh, name_en = found
    content = _content(keys, row, number, sealed_key)
    return Line(
        id=row.id,
        template=names.get(row.template) or _own_name(content) or Name(row.template, row.template),
        way=row.way,
        state=row.state,
        error=row.error,
        created_at=row.created_at,
        due_at=row.due_at,
        sent_at=row.sent_at,
        read_at=row.read_at,
        tries=row.tries,
        number=number if row.complaint_id in seen else "",
        to=MASKS[row.way](content.get("to", "")) if row.way in MASKS else "",
        staff=Name(name_zh, name_en) if row.staff_id is not None else None,
        subject=content.get("subject", ""),
        text=content.get("text", ""),
        other_language=content.get("note") == "other_language",
    )


def _content(keys: Keys, row: Outbox, number: str | None, sealed_key: bytes | None) -> dict[str, str]:
    """What a message says; nothing once its key is destroyed or where it is another office's."""
    try:
        if row.complaint_id is None:
            found = json.loads(open_for_office(keys, row.sealed, "outbox"))
        else:
            found = CaseSeal(keys, sealed_key, str(number)).open_json(row.sealed, "outbox")
    except DomainError:
        return {}
    return {} if isinstance(found, Erased) else dict(found)
