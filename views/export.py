"""A list of complaints as a CSV file (R35, R39): masked, formula-safe, streamed, and logged before the
first line goes out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request, stream_with_context

from backoffice.queries import paging, worklist
from backoffice.queries.lines import Line, lines
from backoffice.queries.scope import visible
from backoffice.reports.csv_export import csv_lines
from backoffice.services.core.access_log import log_access
from forms.filters import filter_args, read_filters
from policies.access import Permission
from views import context
from views.complaints import asking
from views.filters import field_time, named
from views.guard import needs
from views.language import _, label

blueprint = Blueprint("export", __name__)
COLUMNS = (
    "number", "received_at", "channel", "category", "summary", "customer", "phone", "severity", "priority", "status",
    "step", "outcome", "round", "nth", "department", "owner", "due_at",
)  # fmt: skip
BATCH = 200


@blueprint.post("/complaints/export.csv")
@needs(Permission.DATA_EXPORT)
def complaints() -> Response:
    """The complaints of a list that this person may export, as filtered."""
    desk, actor, at = context.desk(), context.actor(), context.now()
    filters = read_filters(request.form)
    code = request.form.get("list", "all")
    one = next((one for one in worklist.lists_for(actor) if one.code == code), worklist.LISTS["all"])
    with desk.database.writing() as session:
        facts = {"list": one.code, "filters": sorted(set(filter_args(filters)) - {"q"}), "searched": bool(filters.text)}
        log_access(session, desk.keys, actor, at, "export", facts, address=request.remote_addr or "")

    def rows() -> Iterator[list[Any]]:
        with desk.database.reading() as session:
            ask = asking(session)
            where = worklist.conditions(ask, desk.keys, session, one, filters)
            where.append(visible(actor, Permission.DATA_EXPORT))
            batch = []
            for row in paging.all_rows(session, where):
                batch.append(row)
                if len(batch) == BATCH:
                    yield from (_cells(line) for line in lines(session, desk.keys, actor, batch))
                    batch = []
            yield from (_cells(line) for line in lines(session, desk.keys, actor, batch))

    head = [_("complaints.column." + column) for column in COLUMNS]
    name = f"complaints-{at.astimezone(context.zone()):%Y%m%d-%H%M}.csv"
    return Response(
        stream_with_context(csv_lines(head, rows())),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _cells(line: Line) -> list[Any]:
    return [_cell(getattr(line, column)) for column in COLUMNS]


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return field_time(value)
    if hasattr(value, "zh"):
        return named(value)
    return label(value) if hasattr(value, "value") else value
