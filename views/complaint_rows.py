"""The rows of a list of complaints in the reader's words: made in one go before the template, which then only writes.

A list has many rows and each the same few labels, moments and names: looking each up by itself costs more than all the
statements of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from backoffice.queries.lines import Line
from policies.message import Name
from policies.vocabulary import Severity
from views import context, language, wording
from views.addresses import of_complaint
from views.filters import Badge, due_badge, state_kind
from views.language import _


class Row(NamedTuple):
    """A complaint as a row; every word is said, empty where there is nothing to say."""

    number: str
    address: str
    title: str
    received: str
    customer: str
    phone: str
    category: str
    department: str
    owner: str
    rank: int
    severity: str
    kind: str
    status: str
    outcome: str
    due: Badge | None
    clock: str
    nth: int
    round: int
    confidential: bool
    decide: Badge | None
    revision: int
    channel: str
    priority: str
    step: str


def rows(lines: Sequence[Line], tails: Sequence[str] = (), read: Sequence[Any] = ()) -> list[Row]:
    """These lines in the reader's language and the office's time.

    ``tails``: what is put behind their addresses; ``read``: what was read of them, for the revision that is seen.
    """
    said = cache(language.label)  # each label once a page
    named = _names()
    zone, today = context.zone(), context.today()
    return [
        Row(
            number=line.number,
            address=of_complaint(line.number) + tail,
            title=line.summary or line.number,
            received=wording.short(line.received_at, _, zone, today),
            customer=line.customer,
            phone=line.phone,
            category=named(line.category),
            department=named(line.department),
            owner=named(line.owner),
            rank=_RANKS[line.severity],
            severity=said(line.severity),
            kind=state_kind(line.status),
            status=said(line.status),
            outcome=said(line.outcome) if line.outcome else "",
            due=due_badge(line.due_at) if line.due_at else None,
            clock=_("label.clock_code." + str(line.due_clock)) if line.due_at else "",
            nth=line.nth,
            round=line.round,
            confidential=line.confidential,
            decide=due_badge(line.decision_due_at) if line.decision_due_at else None,
            channel=named(line.channel),
            priority=said(line.priority),
            step=named(line.step),
            revision=row.revision if row is not None else -1,
        )
        for line, tail, row in zip(lines, tails or ("",) * len(lines), read or (None,) * len(lines), strict=True)
    ]


_RANKS = {one: one.rank for one in Severity}


def _names() -> Callable[[Name | None], str]:
    """How a name is said in the reader's language: the other language's where it has none."""
    if language.current() == "zh_Hans":
        return lambda name: "" if name is None else name.zh or name.en
    return lambda name: "" if name is None else name.en or name.zh
