"""The lists as they stand on a home page (R13, R26): counts up to a bound, the most urgent rows themselves with what
is to be done to each, and a word to each count on what is nearest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import g, url_for
from sqlalchemy.orm import Session

from backoffice.queries import paging
from backoffice.queries.lines import Line, lines
from backoffice.queries.rulebook import Rulebook
from backoffice.queries.worklist import LISTS, Asking
from policies import next_act
from policies.action import ActionRule
from views import context
from views.addresses import fixed, of_complaint
from views.case import place
from views.filters import due_badge
from views.language import _

LATE, DUE = "overdue", "due"


@dataclass(frozen=True)
class Row:
    """A complaint on a home: its line, its page, the act that is likely next with its address, the revision seen."""

    line: Line
    address: str
    act: ActionRule | None
    act_address: str
    revision: int


@dataclass(frozen=True)
class Shown:
    """A list as it stands on a home page: its code, how many (up to a bound), its first rows."""

    code: str
    count: int
    more: bool
    rows: list[Row]

    @property
    def told(self) -> str:
        """How many, as it is said."""
        return f"{self.count}+" if self.more else str(self.count)

    @property
    def address(self) -> str:
        """The list that is counted."""
        return fixed("complaints.index", list=self.code)


def shown(session: Session, ask: Asking, wanted: tuple[tuple[str, int], ...]) -> dict[str, Shown]:
    """These lists, each with so many of its first rows; ``wanted``: codes with how many rows."""
    pages = paging.glances(session, ask, wanted)
    rows = {row.number: row for page in pages for row in page.rows}  # one may stand in several lists
    g.counted = {
        code: page.count + page.more for (code, _size), page in zip(wanted, pages, strict=True) if LISTS[code].first
    }
    told = {line.number: line for line in lines(session, context.desk().keys, ask.actor, rows.values())}
    rules = Rulebook(session)
    return {
        code: Shown(code, page.count, page.more, _rows(rules, ask, code, page.rows, told))
        for (code, _size), page in zip(wanted, pages, strict=True)
    }


def _rows(rules: Rulebook, ask: Asking, code: str, found: list[Any], told: dict[str, Line]) -> list[Row]:
    tails = place.tails(code, LISTS[code].sort, {}, found, 0)
    rows = []
    for row, tail in zip(found, tails, strict=True):
        process = rules.process(row.process_id)
        act = next_act.likely(ask.actor, process, code, row.step, row.status, row.department_id)
        address = "" if act is None else url_for("acting.act", number=row.number, action=act.code) + tail
        rows.append(Row(told[row.number], of_complaint(row.number) + tail, act, address, row.revision))
    return rows


def tiles(found: dict[str, Shown], codes: tuple[str, ...]) -> list[dict[str, Any]]:
    """The counts on top of a home, each with its list and what is nearest in it."""
    kinds = {LATE: "late", DUE: "soon"}
    return [
        {
            "text": _("complaints.list." + code),
            "value": found[code].told,
            "unit": "",
            "note": _note(found, code),
            "address": found[code].address,
            "kind": kinds.get(code, "") if found[code].count else "",
        }
        for code in codes
        if code in found
    ]


def _note(found: dict[str, Shown], code: str) -> str:
    """The time left of the first in a list; of what is due how many are late, of what is late for how long."""
    late, due = found.get(LATE), found.get(DUE)
    if code == DUE and late is not None and late.count:
        return _("home.note.late", n=late.told)
    source = due if code == LATE and due is not None else found[code]
    first = next((row.line.due_at for row in source.rows), None)
    if first is None or not found[code].count or LISTS[code].sort != "due":
        return ""
    return _("home.note.longest" if code == LATE else "home.note.nearest", left=due_badge(first).text)
