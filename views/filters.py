"""Template filters and functions: names held as data, labels, moments, amounts, and the words of a badge.

All of them speak the reader's language and the office's time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask import Flask

from backoffice.reports.blocks import Mono, Tick, pieces
from policies.card import Scoring
from policies.interval import said_mean, said_rate, tenths
from policies.message import Message, Name
from policies.scorecard import group_points, percent_of
from policies.vocabulary import ComplaintStatus, OrderStatus, Severity
from policies.vocabulary_teamwork import CorrectiveStatus
from views import context, language, wording
from views.language import _

# How a status looks, beside what it says: at work, waiting for somebody, done, gone wrong; none is plain.
STATE_KINDS: dict[StrEnum, str] = {
    ComplaintStatus.CHECKING: "now",
    ComplaintStatus.ACCEPTED: "wait",
    ComplaintStatus.DISPATCHED: "wait",
    ComplaintStatus.INVESTIGATING: "now",
    ComplaintStatus.PLANNING: "now",
    ComplaintStatus.AWAITING_APPROVAL: "wait",
    ComplaintStatus.EXECUTING: "now",
    ComplaintStatus.AWAITING_CALLBACK: "wait",
    ComplaintStatus.REWORK: "bad",
    ComplaintStatus.CLOSED: "good",
    OrderStatus.SENT: "wait",
    OrderStatus.APPOINTED: "now",
    OrderStatus.DISPUTED: "bad",
    OrderStatus.ANSWERED: "good",
    OrderStatus.COMPLETED: "good",
}


def named(row: Any) -> str:
    """The name of a row with ``name_zh`` and ``name_en``, a ``Name``, or a mapping with ``zh`` and ``en``."""
    if row is None:
        return ""
    if isinstance(row, Name):
        names = (row.zh, row.en)
    elif isinstance(row, dict):
        names = (row.get("zh") or "", row.get("en") or "")
    else:
        names = (row.name_zh or "", row.name_en or "")
    own, other = names if language.current() == "zh_Hans" else reversed(names)
    return own or other


def moment(at: datetime | None) -> str:
    """A moment in the office's time: ``9月24日 周四 18:00``; a dash when there is none."""
    return _("layout.none") if at is None else wording.moment(at, _, context.zone(), context.today())


def short(at: datetime | None) -> str:
    """A moment where many stand in a column: ``9月24日 18:00``, without its weekday."""
    return _("layout.none") if at is None else wording.short(at, _, context.zone(), context.today())


def day(on: date | datetime | None) -> str:
    """A day with its weekday; of a moment, its day in the office's time."""
    if on is None:
        return _("layout.none")
    if isinstance(on, datetime):
        on = on.astimezone(context.zone()).date()
    return wording.day(on, _, context.today())


def long_day(on: date | datetime) -> str:
    """A day written out: ``2026年9月24日 星期四``."""
    return wording.long_day(on.astimezone(context.zone()).date() if isinstance(on, datetime) else on, _)


def month_name(month: str | date) -> str:
    """A month written out: ``2026年9月``; what is no month stays as it is."""
    return wording.month(month if isinstance(month, str) else month.strftime("%Y-%m"), _)


def clock_time(at: datetime) -> str:
    """The time of day alone: ``18:00``."""
    return wording.clock_time(at, context.zone())


def machine_time(at: datetime) -> str:
    """A moment for a ``datetime`` attribute: ISO 8601 in the office's time with its offset."""
    return at.astimezone(context.zone()).isoformat(timespec="minutes")


def field_time(at: datetime | None) -> str:
    """A moment as a person types it, in the office's time: ``2026-09-24 18:00``; nothing for None."""
    return "" if at is None else at.astimezone(context.zone()).strftime("%Y-%m-%d %H:%M")


def duration(span: timedelta | int | None) -> str:
    """A span in its two largest units; a whole number is minutes."""
    if span is None:
        return _("layout.none")
    return wording.duration(timedelta(minutes=span) if isinstance(span, int) else span, _)


def money(amount: Decimal | None, currency: str | None = None) -> str:
    """An amount in the office's currency, or the one named."""
    return _("layout.none") if amount is None else wording.money(amount, currency or context.office().currency, _)


def say(message: Message | str | None) -> str:
    """A message of the rules; text stays as it is."""
    if message is None:
        return ""
    return language.say(message) if isinstance(message, Message) else message


@dataclass(frozen=True)
class Badge:
    """A badge: how it looks (``ok``, ``soon``, ``late``, ``done``, ``off``) and what it says."""

    kind: str
    text: str


def due_badge(
    due_at: datetime | None,
    *,
    stopped_at: datetime | None = None,
    dropped: bool = False,
    warn_at: datetime | None = None,
    working_days: int | None = None,
) -> Badge:
    """What is left of a clock, in words.

    ``stopped_at`` ended it (in time or late), ``dropped`` took it away, ``warn_at`` is when it becomes urgent (the day
    it is due always is). ``working_days`` left are said instead of days and hours round the clock.
    """
    if dropped or due_at is None:
        return Badge("off", _("layout.due.none"))
    if stopped_at is not None:
        if stopped_at > due_at:
            return Badge("late", _("layout.due.done_late", span=stopped_at - due_at))
        return Badge("done", _("layout.due.done"))
    at = context.now()
    if at > due_at:
        return Badge("late", _("layout.due.late", span=at - due_at))
    zone = context.zone()
    if due_at.astimezone(zone).date() == context.today():
        return Badge("soon", _("layout.due.today", time=wording.clock_time(due_at, zone)))
    kind = "soon" if warn_at is not None and at >= warn_at else "ok"
    if working_days is not None:
        return Badge(kind, _("layout.due.working_days", n=working_days))
    return Badge(kind, _("layout.due.left", span=due_at - at))


CORRECTIVE_KINDS = {
    CorrectiveStatus.ACCEPTED: "now",
    CorrectiveStatus.IN_PROGRESS: "now",
    CorrectiveStatus.DONE: "wait",
    CorrectiveStatus.VERIFIED: "good",
    CorrectiveStatus.REOPENED: "bad",
}


def state_kind(value: StrEnum) -> str:
    """How a status looks; nothing for a plain one."""
    return STATE_KINDS.get(value, "")


def corrective_kind(value: CorrectiveStatus) -> str:
    """How the status of a corrective action looks; its values are those of other closed sets too."""
    return CORRECTIVE_KINDS.get(value, "")


def severity_rank(value: str) -> int:
    """1 to 3, the bars of a severity mark."""
    return Severity(value).rank


def plain_number(number: Decimal | int) -> str:
    """A number without needless noughts: 100, 33.33, 2.5."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed(number: Decimal | int, places: int | None = None) -> str:
    """What is added or taken away: "+5", "−1"; nought has no sign. ``places``: decimals, else as many as are needed."""
    text = plain_number(abs(number)) if places is None else f"{abs(number):,.{places}f}"
    return text if not number else ("+" if number > 0 else "−") + text


def bands_json(scoring: Scoring) -> str:
    """The results of a score for the page's script: from which score on, and what it is called, best first."""
    return json.dumps([[float(band.from_score), named(band.name)] for band in scoring.bands], ensure_ascii=False)


def init_app(app: Flask) -> None:
    """Gives templates the filters and the functions."""
    app.jinja_env.filters.update(
        named=named,
        say=say,
        label=language.label,
        moment=moment,
        short=short,
        day=day,
        long_day=long_day,
        month_name=month_name,
        clock_time=clock_time,
        machine_time=machine_time,
        field_time=field_time,
        duration=duration,
        money=money,
        severity_rank=severity_rank,
        state_kind=state_kind,
        plain_number=plain_number,
        signed=signed,
        percent_of=lambda mark, item: percent_of(item, mark),
        group_points=group_points,
        corrective_kind=corrective_kind,
        pieces=pieces,
        tenths=lambda number: format(tenths(number), ",f"),
        said_rate=lambda rate: language.say(said_rate(rate)),
        said_mean=lambda mean: language.say(said_mean(mean)),
    )
    app.jinja_env.tests.update(
        mono=lambda value: isinstance(value, Mono),
        tick=lambda value: isinstance(value, Tick),
    )
    app.jinja_env.globals.update(_=_, due_badge=due_badge, bands_json=bands_json)
