"""What a view needs of its surroundings: the desk, sessions, the time, the office, and who is asking.

``views/sign_in.py`` puts the signed-in person into ``g.person`` (a row of ``staff``) and what the rules know of them
into ``g.actor`` before any view runs; both are missing when nobody is signed in.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import abort, current_app, g, has_request_context
from sqlalchemy.orm import Session

from backoffice.clock import Clock
from backoffice.database import Database
from backoffice.models.office import Office

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


def reading() -> AbstractContextManager[Session]:
    """A session for looking."""
    return desk().database.reading()


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
        g.office = _office_facts()
    return g.office


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
    )
    .order_by(Office.id)
    .limit(1)
)


def _office_facts() -> OfficeFacts:
    with reading() as session:
        row = session.execute(_OFFICE).mappings().first()
    return OfficeFacts(**row) if row else OfficeFacts()


def zone() -> ZoneInfo:
    """The office's time zone, in which pages show every moment."""
    return ZoneInfo(office().time_zone)


def today() -> date:
    """The office's date at the moment of this request."""
    return now().astimezone(zone()).date()


def person() -> Any | None:
    """The signed-in person (a row of ``staff``), or nobody."""
    return g.get("person") if has_request_context() else None


def actor() -> Any:
    """The signed-in person as the rules know them. Answers 401 when nobody is signed in."""
    found = g.get("actor")
    if found is None:
        abort(401)
    return found
