"""A table to take along: as CSV, or as a workbook where the button says so (``as``); both are made row by row (R35)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from flask import Response, request, stream_with_context

from backoffice.reports.csv_export import csv_lines
from backoffice.reports.xlsx import Kind, Sheet, SheetColumn, write_workbook
from views.streaming import written

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NARROW, WIDE = 14, 28
Rows = Callable[[], Iterable[Sequence[Any]]]


def wants_workbook() -> bool:
    """Whether a workbook was asked for."""
    return request.form.get("as") == "xlsx"


def table(head: Sequence[str], rows: Rows, name: str, title: str, kinds: Sequence[Kind] = ()) -> Response:
    """The rows under their heads as the file that was asked for; ``name`` without its ending.

    ``kinds``: what the columns of a workbook hold, text where they end; CSV says everything as text.
    """
    if not wants_workbook():
        return _file(stream_with_context(csv_lines(head, rows())), "text/csv", f"{name}.csv")
    every = [*kinds, *(Kind.TEXT for _column in head)]
    columns = [
        SheetColumn(heading, kind, WIDE if kind is Kind.TEXT else NARROW)
        for heading, kind in zip(head, every, strict=False)
    ]
    return _file(written(lambda room: write_workbook(room, [Sheet(title, columns, rows())])), WORKBOOK, f"{name}.xlsx")


def _file(body: Any, media: str, name: str) -> Response:
    return Response(body, mimetype=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})
