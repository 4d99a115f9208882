"""E-mail that a mail server handed over and that was not taken in for now (R1): a figure a reason, not a row a message.

The mail server offers it again; an administrator sees how often, since when and why, before customers wait too long.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum, unique

from policies.message import Message

QUIET = timedelta(days=1)
"""Nothing was turned away for so long: what comes then is counted anew, and a fault is taken to be mended."""
SHOWN = timedelta(days=7)


@unique
class Why(StrEnum):
    """Why it was not taken in: the desk has no channel for it, one sender sent too many, or something went wrong."""

    NO_CHANNEL = "no_channel"
    FAULT = "fault"
    FLOOD = "flood"


GRAVE = (Why.NO_CHANNEL, Why.FAULT)
"""What lasts until somebody mends it; the mail server gives the e-mail back meanwhile."""
MENDED = (Why.NO_CHANNEL,)
"""What is over as soon as an e-mail becomes a draft: nothing else needs a channel."""


@dataclass(frozen=True)
class TurnedAway:
    """How often since when, and when last."""

    why: Why
    count: int
    since: datetime
    last: datetime

    def said(self, room: str) -> Message:
        """The sentence of a room for it."""
        return Message(f"{room}.{self.why.value}", {"count": self.count, "since": self.since, "last": self.last})


def once_more(before: TurnedAway | None, why: Why, at: datetime) -> TurnedAway:
    """One more; what was long ago is not counted with it."""
    if before is None or at - before.last > QUIET:
        return TurnedAway(why, 1, at, at)
    return replace(before, count=before.count + 1, last=max(at, before.last))


def still_told(rows: Iterable[TurnedAway], at: datetime) -> tuple[TurnedAway, ...]:
    """What an administrator is told now, the gravest first."""
    order = list(Why)
    told = (one for one in rows if at - one.last <= (QUIET if one.why is Why.FAULT else SHOWN))
    return tuple(sorted(told, key=lambda one: order.index(one.why)))
