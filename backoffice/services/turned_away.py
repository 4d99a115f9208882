"""Count e-mail that a mail server handed over and that was not taken in for now (R1), in a transaction of its own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from backoffice.models.configuration import Setting
from backoffice.queries.turned_away import SETTING, of_value
from policies.turned_away import MENDED, TurnedAway, Why, once_more


def count(session: Session, why: Why, at: datetime) -> None:
    """One more was turned away."""
    found = {one.why: one for one in _locked(session)}
    _keep(session, [*(one for one in found.values() if one.why != why), once_more(found.get(why), why, at)])


def mended(session: Session) -> None:
    """One became a draft: a channel is there."""
    found = _locked(session)
    left = [one for one in found if one.why not in MENDED]
    if len(left) < len(found):
        _keep(session, left)


def _locked(session: Session) -> list[TurnedAway]:
    row = session.get(Setting, SETTING, with_for_update=True, populate_existing=True)
    return of_value(row.value if row is not None else None)


def _keep(session: Session, found: list[TurnedAway]) -> None:
    value = {
        one.why.value: {"count": one.count, "since": one.since.isoformat(), "last": one.last.isoformat()}
        for one in found
    }
    session.merge(Setting(key=SETTING, value=value))
    session.flush()
