"""Refused rows as a file: the columns of the table they came from, each with its line and why it was refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from backoffice.reports.csv_export import csv_lines
from backoffice.reports.xlsx import Sheet, SheetColumn, write_workbook
from backoffice.services import import_uploads
from policies.access import Actor
from policies.message import Message
from views.context import Desk
from views.language import LANGUAGES, _, say
from views.streaming import written

OWN = ("line", "reason", "surplus")
AGAIN = "+"
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def lines(desk: Desk, actor: Actor, upload_id: int, header: Sequence[str], form: str) -> Iterator[bytes]:
    """The file, piece by piece."""
    line, reason, surplus = (_own_name(name, header) for name in OWN)
    head = [line, reason, *header, surplus]
    rows = _rows(desk, actor, upload_id, len(header))
    if form == "xlsx":
        columns = [SheetColumn(name, width=18) for name in head]
        return written(lambda room: write_workbook(room, [Sheet(_("importing.refused_rows"), columns, rows)]))
    return (piece.encode("utf-8", "replace") for piece in csv_lines(head, rows))


def _rows(desk: Desk, actor: Actor, upload_id: int, width: int) -> Iterator[list[object]]:
    with desk.database.reading() as session:
        sent = import_uploads.find(session, desk.keys, actor, upload_id)
        for line, cells, reasons in import_uploads.refused_rows(session, sent):
            filled = chain(cells[:width], [""] * (width - len(cells)))
            yield [str(line), reasons_of(reasons), *filled, "|".join(cells[width:])]


def reasons_of(reasons: Sequence[Message]) -> str:
    """All reasons of a row in one line."""
    return "; ".join(say(reason) for reason in reasons)


def is_own(name: str) -> bool:
    """Whether a column is one that a file of refused rows has besides those of its table, in whatever language."""
    plain = name.removeprefix("'").rstrip(AGAIN)
    return any(plain == say(Message(f"import.column.{one}"), language) for one in OWN for language in LANGUAGES)


def _own_name(name: str, header: Sequence[str]) -> str:
    """The name of one of our columns, and none that the table has, which may itself be one of refused rows."""
    own = _("import.column." + name)
    while own in header:
        own += AGAIN
    return own
