"""What waits for the manager (R13, R19, R25, R33): approvals, what is overdue, what is major or disputed."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.queries import paging, worklist
from backoffice.queries.lines import Line, lines
from backoffice.queries.scope import visible
from backoffice.queries.what_now import sheets_waiting
from backoffice.queries.worklist import LISTS
from policies.access import may_any
from policies.appraisal_course import SheetAct
from policies.vocabulary import Severity
from views import context
from views.overview.asking import Asking

APPROVALS = ("to_approve", "extensions", "to_decide", "to_regrade", "to_review")
ROWS = 3
LONG = 5


@dataclass(frozen=True)
class Waiting:
    """A list of what waits: its code, its first rows, how many there are in all."""

    code: str
    rows: list[Line]
    count: int
    more: bool


@dataclass(frozen=True)
class Inbox:
    """Approvals by their kind, sheets by their month, and the two lists beside."""

    approvals: list[Waiting]
    sheets: list[tuple[str, int]]
    overdue: Waiting
    grave: list[Line]

    @property
    def count(self) -> int:
        return sum(one.count for one in self.approvals) + sum(number for _month, number in self.sheets)


def inbox(ask: Asking) -> Inbox:
    """All of it: the first rows of each list, and one reading of the lines of all of them."""
    session, actor = ask.session, ask.actor
    asking = worklist.Asking(actor, context.now(), ask.rulebook.zone())
    seen = [visible(actor), *ask.asked.narrow.conditions]
    lists = [LISTS[code] for code in APPROVALS if may_any(actor, LISTS[code].permissions)]
    disputed = LISTS["to_decide"].condition(asking)
    severe = sa.or_(Complaint.severity == Severity.MAJOR, disputed)
    *waiting, late, grave = paging.first_pages(
        session,
        [
            *(([visible(actor), one.condition(asking)], ROWS) for one in lists),
            ([*seen, Complaint.open.is_(True), Complaint.next_due_at < asking.at], LONG),
            ([*seen, Complaint.open.is_(True), severe], LONG),
        ],
    )
    found = [(one.code, page) for one, page in zip(lists, waiting, strict=True) if page.rows]
    pages = [*(page for _code, page in found), late, grave]
    told = iter(lines(session, context.desk().keys, actor, [row for page in pages for row in page.rows]))
    shown = [[next(told) for _row in page.rows] for page in pages]
    approvals = [Waiting(code, rows, page.count, page.more) for (code, page), rows in zip(found, shown, strict=False)]
    return Inbox(
        approvals,
        sheets_waiting(session, actor).get(SheetAct.APPROVE, []),
        Waiting("overdue", shown[-2], late.count, late.more),
        shown[-1],
    )
