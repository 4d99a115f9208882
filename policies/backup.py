"""Backups (R39, R40): which passphrase will do, when the nightly one is due, and which old ones may go.

A backup can be carried away and tried in peace, for years: hence a longer passphrase than a password, which is
throttled. An old backup goes only when it is neither the newest nor the one that stands for its day, week or month.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from policies.message import Refusal
from policies.password import is_tried_first, prepared

LEAST, MOST, LEAST_DIFFERENT = 16, 1000, 8
DAYS, WEEKS, MONTHS = 7, 4, 12
MOST_KEPT = 400
TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
OVERDUE = timedelta(hours=36)
"""So long after the last good one a nightly backup is missed: a night, and half a day to see to it."""


def refuse_passphrase(passphrase: str) -> Refusal | None:
    """Why a backup may not lie under this passphrase; None when it may."""
    plain = prepared(passphrase).casefold()
    if len(plain) < LEAST:
        return Refusal("backup.passphrase.too_short", {"least": LEAST}, "passphrase", 422)
    if len(plain) > MOST:
        return Refusal("backup.passphrase.too_long", {"most": MOST}, "passphrase", 422)
    if len(set(plain)) < LEAST_DIFFERENT or is_tried_first(plain) or is_tried_first("".join(plain.split())):
        return Refusal("backup.passphrase.guessable", {}, "passphrase", 422)
    return None


@dataclass(frozen=True)
class Plan:
    """The nightly backup: whether, when (the office's own time), into which folder, and how many are kept.

    ``days``, ``weeks``, ``months``: of so many past days, weeks and months the newest backup of each.
    """

    on: bool = False
    at: str = "02:30"
    folder: str = ""
    days: int = DAYS
    weeks: int = WEEKS
    months: int = MONTHS

    @property
    def time(self) -> time:
        """The time of day."""
        return time.fromisoformat(self.at)


def plan_of(kept: Mapping[str, Any] | None) -> Plan:
    """The plan as it is kept; what cannot be read is as if it were not there."""
    plan = Plan()
    said: dict[str, Any] = {
        name: value for name, value in (kept or {}).items() if type(value) is type(getattr(plan, name, None))
    }
    made = Plan(**said)
    return made if TIME.fullmatch(made.at) else Plan(**{**said, "at": plan.at})


def check_plan(plan: Plan, *, absolute: bool) -> tuple[Refusal, ...]:
    """What has to be put right before a plan is kept. ``absolute``: whether its folder is named from the root."""
    found = []
    if not TIME.fullmatch(plan.at):
        found.append(Refusal("backup.refused.time", {}, "at", 422))
    if plan.on and not plan.folder:
        found.append(Refusal("backup.refused.no_folder", {}, "folder", 422))
    elif plan.folder and not absolute:
        found.append(Refusal("backup.refused.relative", {}, "folder", 422))
    for name in ("days", "weeks", "months"):
        least = 1 if name == "days" else 0
        if not least <= getattr(plan, name) <= MOST_KEPT:
            found.append(Refusal("backup.refused.kept", {"least": least, "most": MOST_KEPT}, name, 422))
    return tuple(found)


def due_on(plan: Plan, local: datetime) -> date | None:
    """The day whose backup is to be made by now (local time); None while the time of the day has not come."""
    return local.date() if plan.on and local.time() >= plan.time else None


def is_overdue(plan: Plan, last_good: datetime | None, since: datetime | None, now: datetime) -> bool:
    """Whether the nightly backup is missed. ``since``: when it was switched on, for an office that has none yet."""
    begun = max((one for one in (last_good, since) if one is not None), default=None)
    return plan.on and begun is not None and now - begun > OVERDUE


@dataclass(frozen=True)
class Made:
    """A nightly backup that lies in the folder: its file's name and when it was made, in the office's own time."""

    name: str
    at: datetime


def to_remove(made: Iterable[Made], plan: Plan, last_good: str = "") -> frozenset[str]:
    """The backups that are kept neither as the newest, nor as the last one that lacked nothing (``last_good``: its
    name), nor for their day, week or month.
    """
    newest_first = sorted(made, key=lambda one: (one.at, one.name), reverse=True)
    kept = {last_good, *(one.name for one in newest_first[:1])}
    spans: tuple[tuple[Callable[[datetime], Hashable], int], ...] = (
        (lambda at: at.date(), plan.days),
        (lambda at: at.isocalendar()[:2], plan.weeks),
        (lambda at: (at.year, at.month), plan.months),
    )
    for span_of, most in spans:
        seen: set[Hashable] = set()
        for one in newest_first:
            span = span_of(one.at)
            if span not in seen and len(seen) < most:
                seen.add(span)
                kept.add(one.name)
    return frozenset(one.name for one in newest_first if one.name not in kept)
