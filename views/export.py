"""A list of complaints as CSV or as a workbook (R35, R39): masked, formula-safe, in flat memory, and logged before the
first byte goes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from tempfile import TemporaryFile
from typing import Any

from flask import Blueprint, Response, request, stream_with_context
from sqlalchemy.orm import Session

from backoffice.queries import paging, saved_lists, worklist
from backoffice.queries.lines import lines
from backoffice.queries.scope import visible
from backoffice.reports.csv_export import csv_lines
from backoffice.reports.xlsx import Kind, Sheet, SheetColumn, write_workbook
from backoffice.services.core.access_log import log_access
from forms.filters import filter_args, key, read_filters
from policies.access import Permission
from policies.message import Name
from views import context
from views.complaints import asking
from views.filters import named
from views.guard import needs
from views.language import _, label
from views.reporting import reporting
from views.streaming import blocks

blueprint = Blueprint("export", __name__)
COLUMNS = (
    "number", "received_at", "channel", "category", "summary", "customer", "phone", "severity", "priority", "status",
    "step", "outcome", "round", "nth", "department", "owner", "due_at",
)  # fmt: skip
BEHIND = {"customer": ("customer", "phone"), "department": ("department", "owner")}
"""What a column of a list tells in two."""
MOMENTS, NUMBERS, WIDE = ("received_at", "due_at"), ("round", "nth"), ("category", "summary")
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BATCH = 500
MINUTES = len("2026-11-23 10:00")


@dataclass(frozen=True)
class Asked:
    """The list that is wanted as a file, what it is narrowed to, and when it was asked for."""

    one: worklist.WorkList
    filters: worklist.Filters
    at: datetime
    columns: tuple[str, ...]

    def name(self, ending: str) -> str:
        return f"complaints-{self.at.astimezone(context.zone()):%Y%m%d-%H%M}.{ending}"


@blueprint.post("/complaints/export.csv")
@needs(Permission.DATA_EXPORT)
def complaints() -> Response:
    """The complaints of a list that this person may export, as filtered; sent while it is read."""
    asked = _asked("csv")
    head = [_("complaints.column." + column) for column in asked.columns]
    zone = context.zone()

    def moment(at: datetime) -> str:
        return at.astimezone(zone).isoformat(" ", "minutes")[:MINUTES]

    return _file(stream_with_context(csv_lines(head, _rows(asked, moment))), "text/csv", asked.name("csv"))


@blueprint.post("/complaints/export.xlsx")
@needs(Permission.DATA_EXPORT)
def workbook() -> Response:
    """The same as a workbook, with moments and numbers that can be reckoned with."""
    asked = _asked("xlsx")
    zone = context.zone()
    columns = [SheetColumn(_("complaints.column." + column), _kind(column), _width(column)) for column in asked.columns]
    file = TemporaryFile()  # noqa: SIM115 (it is read after this request's function has ended; sending it closes it)
    rows = _rows(asked, lambda at: at.astimezone(zone))
    write_workbook(file, [Sheet(_("complaints.list." + asked.one.code), columns, rows)])
    file.seek(0)
    return _file(blocks(file), WORKBOOK, asked.name("xlsx"))


def _asked(form: str) -> Asked:
    """What is asked for, written into the access log."""
    desk, actor, at = context.desk(), context.actor(), context.now()
    filters = read_filters(request.form)
    code = request.form.get("list", "all")
    one = next((one for one in worklist.lists_for(actor) if one.code == code), worklist.LISTS["all"])
    narrowed = sorted(set(filter_args(filters)) - {"q"})
    facts = {"list": one.code, "form": form, "filters": narrowed, "searched": bool(filters.text)}
    with desk.database.writing() as session:
        columns = _columns(session, one.code)
        log_access(session, desk.keys, actor, at, "export", facts, address=request.remote_addr or "")
    return Asked(one, filters, at, columns)


def _columns(session: Session, code: str) -> tuple[str, ...]:
    """The columns that this person chose, or that the saved filter has, with number and summary; else all."""
    own = saved_lists.own(session, context.actor(), frozenset({code}))
    saved = own.find(key(request.form.get("saved")))
    if not own.chosen and not (saved and saved.columns):
        return COLUMNS
    wanted = {"number", "summary"}.union(*(BEHIND.get(column, (column,)) for column in own.columns(saved)))
    return tuple(column for column in COLUMNS if column in wanted)


def _rows(asked: Asked, moment: Callable[[datetime], Any]) -> Iterator[list[Any]]:
    """The cells of each complaint, read some hundred at a time; a word is looked up once, not once a row."""
    desk, actor = context.desk(), context.actor()
    cells = attrgetter(*asked.columns)
    columns: list[dict[Any, str]] = [{} for _column in asked.columns]

    def cell(value: Any, words: dict[Any, str]) -> Any:
        kind = type(value)
        if kind is str or value is None or kind is int:
            return value
        if kind is datetime:
            return moment(value)
        found = words.get(value)
        if found is None:
            found = words[value] = named(value) if isinstance(value, Name) else label(value)
        return found

    with reporting() as session:
        ask = asking()
        where = worklist.conditions(ask, desk.keys, session, asked.one, asked.filters)
        where.append(visible(actor, Permission.DATA_EXPORT))
        for batch in paging.batches(session, where, size=BATCH):
            for line in lines(session, desk.keys, actor, batch):
                yield [cell(value, words) for value, words in zip(cells(line), columns, strict=True)]


def _kind(column: str) -> Kind:
    if column in MOMENTS:
        return Kind.MOMENT
    return Kind.WHOLE if column in NUMBERS else Kind.TEXT


def _width(column: str) -> int:
    return 40 if column in WIDE else 18


def _file(body: Any, media: str, name: str) -> Response:
    return Response(body, mimetype=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})
