"""Training on paper and as a table (R34, R39): a file as a PDF, records as a workbook or CSV; all logged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any

from flask import Response, make_response, request, stream_with_context

from backoffice.models.training import Attendance
from backoffice.queries import training as queries
from backoffice.reports.csv_export import csv_lines
from backoffice.reports.training_file import print_file
from backoffice.reports.xlsx import Kind, Sheet, SheetColumn, write_workbook
from backoffice.services.training_paper import log_export, record_name, result_key, take_file, trainer_of
from forms.period import read_period
from policies.access import Permission
from policies.training_reach import departments_read
from views import context, language
from views.case.looking import work_in
from views.filters import named
from views.guard import needs, signed_in
from views.language import _, label, say
from views.training.room import blueprint

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = (
    ("code", Kind.TEXT, 10), ("name", Kind.TEXT, 14), ("department", Kind.TEXT, 18), ("held_on", Kind.DAY, 12),
    ("course", Kind.TEXT, 30), ("form", Kind.TEXT, 12), ("hours", Kind.NUMBER, 8), ("trainer", Kind.TEXT, 16),
    ("score", Kind.NUMBER, 10), ("result", Kind.TEXT, 12), ("source", Kind.TEXT, 14), ("signature", Kind.TEXT, 12),
)  # fmt: skip
"""The fields of the office's record, as columns of the export."""


@blueprint.post("/training/people/<code>/file.pdf")
@signed_in
def file(code: str) -> Response:
    """A training file as a PDF, in the reader's language."""
    chosen = language.current()
    with context.writing() as session:
        content = take_file(work_in(session), code, chosen)
    printed = print_file(content, lambda message: say(message, chosen))
    return _download(printed.data, "application/pdf", printed.file_name)


@blueprint.post("/training/records.xlsx")
@needs(Permission.TRAINING_MANAGE)
def workbook() -> Response:
    """The records of a time as a workbook."""
    first, last = _asked("xlsx")
    columns = [SheetColumn(_(HEADS[name]), kind, width) for name, kind, width in COLUMNS]
    stream = BytesIO()
    write_workbook(stream, [Sheet(_("training.records"), columns, _cells(first, last))])
    return _download(stream.getvalue(), WORKBOOK, f"training-{first}-{last}.xlsx")


@blueprint.post("/training/records.csv")
@needs(Permission.TRAINING_MANAGE)
def csv() -> Response:
    """The same as CSV."""
    first, last = _asked("csv")
    head = [_(HEADS[name]) for name, _kind, _width in COLUMNS]
    return Response(
        stream_with_context(csv_lines(head, _cells(first, last))),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="training-{first}-{last}.csv"'},
    )


HEADS = {name: f"training.field.{name}" for name, _kind, _width in COLUMNS}


def _asked(form: str) -> tuple[date, date]:
    """The days that were asked for, noted in the log before anything leaves."""
    period = read_period(request.form, context.today())
    with context.writing() as session:
        log_export(work_in(session), form, period.first, period.last)
    return period.first, period.last


def _cells(first: date, last: date) -> Iterator[list[Any]]:
    reach = departments_read(context.actor())
    with context.reading() as session:
        rows = session.scalars(queries.records(reach, first, last).execution_options(yield_per=500))
        for row in rows:
            yield _row(row)


def _row(row: Attendance) -> list[Any]:
    return [
        row.staff.code, named(row.staff), named(row.staff.department), row.session.held_on, named(record_name(row)),
        label(row.session.form), row.hours, named(trainer_of(row)), row.exam_score, _(result_key(row)),
        "" if row.order is None else label(row.order.source), "" if row.signed_at is None else _("form.yes"),
    ]  # fmt: skip


def _download(data: bytes, media_type: str, name: str) -> Response:
    answer = make_response(data)
    answer.mimetype = media_type
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
