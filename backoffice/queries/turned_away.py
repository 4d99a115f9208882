"""What of a mail server's e-mail was not taken in for now (R1), as it is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backoffice.models.configuration import Setting
from policies.turned_away import TurnedAway, Why, still_told

SETTING = "mail_turned_away"


def told(session: Session, at: datetime) -> tuple[TurnedAway, ...]:
    """What an administrator is told now."""
    row = session.get(Setting, SETTING)
    return still_told(of_value(row.value if row is not None else None), at)


def of_value(value: Any) -> list[TurnedAway]:
    """The figures of what is kept; what this version does not know is left out."""
    said = value if isinstance(value, dict) else {}
    return [
        TurnedAway(why, int(one["count"]), datetime.fromisoformat(one["since"]), datetime.fromisoformat(one["last"]))
        for why in Why
        if isinstance(one := said.get(why.value), dict)
    ]
