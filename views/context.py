"""What a view needs of its surroundings: the desk, sessions, the time, the office, and who is asking.

``views/session.py`` puts the signed-in person into ``g.person`` (``queries.actor.Person``) and what the rules know of
them into ``g.actor`` before any view runs; both are missing when nobody is signed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import abort, current_app, g, has_request_context, request
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from backoffice.clock import Clock
from backoffice.database import Database
from backoffice.models.configuration import Setting
from backoffice.models.office import Office
from backoffice.queries.rulebook import REVISION

DEFAULT_ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Desk:
    """What the application was built with: the database, the office's keys, the clock and the settings."""

    database: Database
    keys: Any
    clock: Clock
    config: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OfficeFacts:
    """What every page needs to know of the office; before it is set up, what it will most likely be."""

    name_zh: str = ""
    name_en: str = ""
    time_zone: str = DEFAULT_ZONE
    language: str = "zh_Hans"
    currency: str = "CNY"
    idle_minutes: int = 30
    demonstration: bool = False
    set_up: bool = False


def desk() -> Desk:
    """The desk of this application."""
    found: Desk = current_app.extensions["desk"]
    return found


@contextmanager
def reading() -> Iterator[Session]:
    """A session for looking. A page that is only looked at is made by the rules as they stood at its beginning; a
    request that may write something asks again.
    """
    with desk().database.reading() as session:
        if has_request_context() and request.method == "GET" and "rules" in g:
            session.info[REVISION] = g.rules
        yield session


def looking() -> AbstractContextManager[Connection]:
    """A connection for a short look at what stands on every page."""
    return desk().database.looking()


def writing() -> AbstractContextManager[Session]:
    """A session for one command: committed at its end, rolled back when something is raised."""
    return desk().database.writing()


def now() -> datetime:
    """The moment of this request, aware UTC: the same from its first line to its last."""
    if not has_request_context():
        return desk().clock.now()
    if "at" not in g:
        g.at = desk().clock.now()
    return g.at


def office() -> OfficeFacts:
    """The office, read once a request."""
    if "office" not in g:
        with looking() as connection:
            read_office(connection)
    return g.office  # type: ignore[no-any-return]


def rules() -> int:
    """The state of the office's rules by which this page is made: counts the changes of lists and settings."""
    office()
    return int(g.get("rules", 0))


def read_office(connection: Connection) -> None:
    """Read what every page needs of the office, and by which state of the rules it is made."""
    row = connection.execute(_OFFICE).first()
    facts, g.rules = (OfficeFacts(*row[:-1]), row[-1] or 0) if row else (OfficeFacts(), 0)
    g.office = facts


_OFFICE = (
    sa.select(
        Office.name_zh,
        Office.name_en,
        Office.time_zone,
        Office.language,
        Office.currency,
        Office.idle_minutes,
        Office.demonstration,
        Office.set_up_at.is_not(None).label("set_up"),
        sa.select(Setting.value).where(Setting.key == REVISION).scalar_subquery(),
    )
    .order_by(Office.id)
    .limit(1)
)


def zone() -> ZoneInfo:
    """The office's time zone, in which pages show every moment."""
    return ZoneInfo(office().time_zone)


def today() -> date:
    """The office's date at the moment of this request."""
    if not has_request_context():
        return now().astimezone(zone()).date()
    if "today" not in g:
        g.today = now().astimezone(zone()).date()
    return g.today  # type: ignore[no-any-return]


def person() -> Any | None:
    """The signed-in person (``queries.actor.Person``), or nobody."""
    return g.get("person") if has_request_context() else None


def actor() -> Any:
    """The signed-in person as the rules know them. Answers 401 when nobody is signed in."""
    found = g.get("actor")
    if found is None:
        abort(401)
    return found
