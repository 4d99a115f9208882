"""The sign that a worker gives every half a minute, so that one that is gone is missed: a row each in ``setting``."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.configuration import Setting
from backoffice.queries.health import BEAT

FORGOTTEN = timedelta(days=1)
LONGEST = 64  # of a setting's key


def own_name() -> str:
    """What this process is called: its machine and its number."""
    number = f".{os.getpid()}"
    return socket.gethostname()[: LONGEST - len(BEAT) - len(number)] + number


def beat(session: Session, name: str, role: str, at: datetime) -> None:
    """This worker is there; those that were not heard of for a day are forgotten."""
    session.merge(Setting(key=BEAT + name, value={"at": at.isoformat(), "role": role}))
    old = [row.key for row in _all(session) if row.key != BEAT + name and _is_old(row.value, at)]
    if old:
        session.execute(sa.delete(Setting).where(Setting.key.in_(old)))


def leave(session: Session, name: str) -> None:
    """This worker goes, and need not be missed."""
    session.execute(sa.delete(Setting).where(Setting.key == BEAT + name))


def _all(session: Session) -> list[Setting]:
    return list(session.scalars(sa.select(Setting).where(Setting.key.startswith(BEAT, autoescape=True))))


def _is_old(value: object, at: datetime) -> bool:
    said = value.get("at") if isinstance(value, dict) else None
    try:
        return at - datetime.fromisoformat(str(said)) > FORGOTTEN
    except (ValueError, TypeError):
        return True
