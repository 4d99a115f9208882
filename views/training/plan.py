"""The training plan of a month (R34): what is due, what is overdue, what is done; drills of the whole office."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import render_template, request, url_for

from backoffice.queries import training as queries
from backoffice.queries.training import Asked, Which
from policies.access import Permission, may
from policies.training import add_months, month_end, next_due
from policies.training_reach import READERS, departments_read
from policies.vocabulary_training import CourseKind
from views import context
from views.addresses import HIGHEST_PAGE, whole_number
from views.guard import needs
from views.language import _
from views.training.room import blueprint, look_of, order_name, said_hours

FIRST_YEAR, LAST_YEAR = 2000, 2200


@blueprint.get("/training")
@needs(*READERS)
def index() -> Any:
    """The plan of a month, one list of it at a time."""
    actor, today = context.actor(), context.today()
    first = read_month(request.args.get("month", ""), today)
    given = request.args.get("list", "")
    which = Which(given) if given in list(Which) else Which.MONTH
    page = whole_number(request.args.get("page"), lowest=1, highest=HIGHEST_PAGE) or 1
    asked = Asked(first, month_end(first), today, departments_read(actor))
    month = f"{first:%Y-%m}"
    with context.reading() as session:
        counts = queries.counts(session, asked)
        rows, more = queries.due(session, asked, which, page)
        return render_template(
            "training/plan.html",
            month=month,
            months={"before": f"{add_months(first, -1):%Y-%m}", "after": f"{add_months(first, 1):%Y-%m}"},
            tabs=[
                {
                    "text": _(TABS[one]),
                    "address": url_for("training.index", month=month, list=one.value),
                    "is_current": one is which,
                    "count": counts[one],
                }
                for one in Which
            ],
            rows=[{"row": row, "name": order_name(row), "look": look_of(row)} for row in rows],
            hours=said_hours,
            which=which,
            page=page,
            more=more,
            address=lambda number: url_for("training.index", month=month, list=which.value, page=number),
            drills=_drills(session, today),
            manages=may(actor, Permission.TRAINING_MANAGE),
            exports=may(actor, Permission.DATA_EXPORT),
        )


TABS = {
    Which.MONTH: "training.list.month",
    Which.OVERDUE: "training.list.overdue",
    Which.DONE: "training.list.done",
    Which.ALL: "training.list.all",
}


def read_month(text: str, today: date) -> date:
    """The first day of a month "2026-11"; of the present one where it cannot be read."""
    year, dash, month = text.partition("-")
    found = whole_number(year, lowest=FIRST_YEAR, highest=LAST_YEAR), whole_number(month, lowest=1, highest=12)
    if not dash or found[0] is None or found[1] is None:
        return today.replace(day=1)
    return date(found[0], found[1], 1)


def _drills(session: Any, today: date) -> list[dict[str, Any]]:
    """Every drill with the day on which it was last held, and by when it is to be held again."""
    last = queries.last_drills(session)
    found = []
    for row in queries.courses(session):
        if row.kind is CourseKind.DRILL and row.every is not None:
            held = last.get(row.id)
            due = None if held is None else next_due(row.every, held, None)
            found.append({"row": row, "held": held, "due": due, "late": due is None or due < today})
    return found
