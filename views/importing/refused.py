"""Refused rows as a file: the columns of the table they came from, each with its line and why it was refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backoffice.reports.csv_export import csv_lines
from backoffice.reports.refused_rows import AGAIN, OWN, head_of, row_of
from backoffice.reports.xlsx import LONGEST_TEXT, Sheet, SheetColumn, write_workbook
from backoffice.services import import_uploads
from policies.access import Actor
from policies.message import Message
from views.context import Desk
from views.language import LANGUAGES, _, say
from views.streaming import written

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def lines(desk: Desk, actor: Actor, upload_id: int, header: Sequence[str], form: str) -> Iterator[bytes]:
    """The file, piece by piece."""
    head = head_of(header, _)
    rows = _rows(desk, actor, upload_id, len(header))
    if form == "xlsx":
        rows = (_fitting(row, head) for row in rows)
        columns = [SheetColumn(name, width=18) for name in head]
        return written(lambda room: write_workbook(room, [Sheet(_("importing.refused_rows"), columns, rows)]))
    return (piece.encode("utf-8", "replace") for piece in csv_lines(head, rows))


def _rows(desk: Desk, actor: Actor, upload_id: int, width: int) -> Iterator[list[object]]:
    with desk.database.reading() as session:
        sent = import_uploads.find(session, desk.keys, actor, upload_id)
        for line, cells, reasons in import_uploads.refused_rows(session, sent):
            yield row_of(line, reasons_of(reasons), cells, width)


def _fitting(row: list[object], head: Sequence[str]) -> list[object]:
    """A row for a workbook, whose cells hold only so much: what is cut there is said among its reasons."""
    cut = tuple(name for name, cell in zip(head[2:], row[2:], strict=True) if len(str(cell)) > LONGEST_TEXT)
    if not cut:
        return row
    said = say(Message("import.row.cut_in_workbook", {"columns": cut, "longest": LONGEST_TEXT}))
    return [row[0], f"{said}; {row[1]}", *row[2:]]


def reasons_of(reasons: Sequence[Message]) -> str:
    """All reasons of a row in one line."""
    return "; ".join(say(reason) for reason in reasons)


def is_own(name: str) -> bool:
    """Whether a column is one that a file of refused rows has besides those of its table, in whatever language."""
    plain = name.rstrip(AGAIN)
    return any(plain == say(Message(f"import.column.{one}"), language) for one in OWN for language in LANGUAGES)
