"""What of appraisal and training waits for the reader (R33, R34), for the home page: each number with its list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import url_for
from sqlalchemy.orm import Session

from backoffice.queries import what_now as queries
from policies.access import Actor
from policies.appraisal_course import SheetAct
from policies.message import Message
from views.filters import month_name
from views.language import say


@dataclass(frozen=True)
class Item:
    """One thing to do: its words, how many, the list, whether some of it is late."""

    text: str
    count: int | None
    address: str
    is_late: bool = False


def items(session: Session, actor: Actor, today: date) -> list[Item]:
    """What there is, the most personal first; nothing that is none."""
    found = [
        _item("acknowledge", queries.to_acknowledge(session, actor), url_for("appraisal.mine")),
        _item("decide", queries.to_decide(session, actor), url_for("appraisal.appeals", list="mine")),
        *_sheets(session, actor),
        *_month(session, actor, today),
        *_training(session, actor, today),
    ]
    return [one for one in found if one.count != 0]


def _item(code: str, count: int | None, address: str, *, is_late: bool = False, **values: object) -> Item:
    return Item(say(Message(f"what_now.{code}", values)), count, address, is_late)


def _sheets(session: Session, actor: Actor) -> list[Item]:
    waiting = queries.sheets_waiting(session, actor)
    return [
        _item(act.value, count, url_for("appraisal.month", month=month, waits=act.value), month=month_name(month))
        for act in (SheetAct.APPROVE, SheetAct.CHECK, SheetAct.PUBLISH)
        for month, count in waiting.get(act, ())
    ]


def _month(session: Session, actor: Actor, today: date) -> list[Item]:
    last = f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"
    month = queries.to_compute(session, actor, last)
    return [] if month is None else [_item("compute", None, url_for("appraisal.index"), month=month_name(month))]


def _training(session: Session, actor: Actor, today: date) -> list[Item]:
    due = queries.training_due(session, actor, today)
    late = url_for("training.index", list="overdue")
    return [
        _item("training", due.own, url_for("training.mine") + "#open", is_late=due.own_late > 0),
        _item("training_late", due.late, late, is_late=True),
    ]
