"""Read a table row by row (R1): CSV and TSV in UTF-8, GB18030 or Big5, JSON lines, XLSX; however large, however torn.

The file is looked through once for its encoding and then read in bounded memory. What is no table at all is refused in
one sentence (``TableError``); a row that cannot be trusted (too many or too few cells, an open quote) comes as a
``TornRow`` with its line, and the reading goes on behind it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import chain, dropwhile, islice
from typing import IO

from backoffice.integrations import json_lines, workbook
from backoffice.integrations.encoding import encoding_of
from backoffice.integrations.table_rows import (
    LEADING,
    AnyTable,
    Given,
    Row,
    Source,
    TableError,
    TornRow,
    check_header,
    checked_row,
    place_of_headings,
    source_of,
    text_of,
)
from policies.message import Message, Refusal

__all__ = ["Row", "Table", "TableError", "TornRow", "open_table"]

MOST_BYTES = 512 * 1024 * 1024
LONGEST_LINE = 1024 * 1024  # characters
MOST_LINES_IN_A_ROW = 200
DELIMITERS = (",", "\t", ";", "|")
QUOTE = '"'
SAYS_ITS_DELIMITER = re.compile(r"(?i:sep)=(?P<delimiter>[,;|\t])?")
"""What a spreadsheet puts above its headings, so that another one knows what separates them."""
LOOKED_AT = 4096

csv.field_size_limit(LONGEST_LINE * MOST_LINES_IN_A_ROW)


class Table:
    """An open table of text: its header, how it was written, and its rows, to be gone through once."""

    kind = "text"
    sheets: tuple[str, ...] = ()

    def __init__(
        self, lines: Iterator[tuple[int, str]], delimiter: str, header: tuple[str, ...], encoding: str, line: int
    ) -> None:
        self._lines = _Lines(lines)
        self.delimiter = delimiter
        self.header = tuple(header)
        self.encoding = encoding
        self.header_line = line

    def __iter__(self) -> Iterator[Row | TornRow]:
        for line, cells, reason in _records(self._lines, self.delimiter):
            if reason is None and not any(cell.strip() for cell in cells):
                continue
            yield checked_row(line, cells, self.header, reason)


@contextmanager
def open_table(given: Given, required: Collection[str] = (), most_bytes: int = MOST_BYTES) -> Iterator[AnyTable]:
    """Open a file as a table whose header has the ``required`` names.

    Raises ``TableError`` when it is missing, empty, too large, of no kind that is read, in an unknown encoding, or its
    header has not every name or one of them twice.
    """
    source = source_of(given)
    if source.size > most_bytes:
        params = {"file": source.name, "megabytes": most_bytes // (1024 * 1024)}
        raise TableError(Refusal("import.file.too_large", params, status=413))
    with source.open() as file:
        start = file.read(LOOKED_AT)
    if workbook.is_packed(start):
        with workbook.open_workbook(source, required) as table:
            yield table
        return
    encoding = _encoding(source)
    with source.open() as file, io.TextIOWrapper(file, encoding=encoding, newline="") as text:
        if json_lines.is_json(start):
            yield json_lines.JsonTable(text, source.name, required, encoding)
        else:
            yield _open(text, source, required, encoding)


def _encoding(source: Source) -> str:
    refused, encoding = encoding_of(source)
    if refused is not None:
        raise TableError(Refusal(refused.key, {"file": source.name, **refused.params}, status=422))
    return encoding


def _open(file: IO[str], source: Source, required: Collection[str], encoding: str) -> Table:
    lines = _numbered(file)
    ahead = list(islice(dropwhile(_blank, lines), LEADING))
    chosen = source.delimiter
    if ahead and (said := SAYS_ITS_DELIMITER.fullmatch(ahead[0][1].strip())):
        chosen = chosen or said["delimiter"] or ""
        ahead = list(dropwhile(_blank, ahead[1:])) or list(islice(dropwhile(_blank, lines), LEADING))
    if not ahead:
        raise TableError(Refusal("import.file.empty", {"file": source.name}, status=422))
    place, delimiter = _headings(ahead, chosen, required)
    reader = _Lines(chain(ahead[place:], lines))
    number, cells, reason = next(_records(reader, delimiter))
    header = tuple(map(text_of, cells))
    if reason is not None:
        raise TableError(Refusal("import.file.header_unreadable", {"file": source.name}, status=422))
    check_header(header, required, source.name)
    return Table(reader.rest(), delimiter, header, encoding, number)


def _blank(line: tuple[int, str]) -> bool:
    return not line[1].strip()


def _headings(ahead: list[tuple[int, str]], chosen: str, required: Collection[str]) -> tuple[int, str]:
    """At which of the first lines the headings begin, and what separates them."""
    found, at = [], 0
    while at < len(ahead):
        delimiter = chosen or _delimiter(ahead[at][1], required)
        count = _length(_Lines(iter(ahead[at:])), delimiter) or 1
        cells = _cells(_Lines(iter(ahead[at:])), count, delimiter)
        found.append((at, delimiter, cells or ("", "")))
        if cells is None:
            break
        at += count
    return found[place_of_headings([cells for _at, _delimiter, cells in found], required)][:2]


def _delimiter(line: str, required: Collection[str]) -> str:
    """The one by which most of the required names, else most cells, come out of the header."""

    def merit(delimiter: str) -> tuple[int, int]:
        cells = next(csv.reader([line], delimiter=delimiter), [])
        names = {cell.strip() for cell in cells}
        return len(names & set(required)), len(cells)

    return max(DELIMITERS, key=merit)


class _Lines:
    """Numbered lines that can be looked at ahead of being taken."""

    def __init__(self, source: Iterator[tuple[int, str]]) -> None:
        self._source = source
        self._ahead: list[tuple[int, str]] = []

    def peek(self, place: int) -> tuple[int, str] | None:
        while len(self._ahead) <= place:
            line = next(self._source, None)
            if line is None:
                return None
            self._ahead.append(line)
        return self._ahead[place]

    def take(self, count: int) -> list[tuple[int, str]]:
        taken, self._ahead = self._ahead[:count], self._ahead[count:]
        return taken

    def rest(self) -> Iterator[tuple[int, str]]:
        yield from self._ahead
        yield from self._source


def _records(lines: _Lines, delimiter: str) -> Iterator[tuple[int, tuple[str, ...], Message | None]]:
    """Records with their first line: cells, and why the record cannot be trusted."""
    while (first := lines.peek(0)) is not None:
        number, text = first
        if len(text) > LONGEST_LINE:
            lines.take(1)
            yield number, (text[:80],), Message("import.row.line_too_long", {"longest": LONGEST_LINE})
            continue
        count = _length(lines, delimiter)
        cells = None if count is None else _cells(lines, count, delimiter)
        if count is None or cells is None:
            # The reading goes on behind this one line: an open quote may have reached into good rows.
            lines.take(1)
            reason = "quote_misplaced" if count == 1 else "quote_open"
            yield number, (text.rstrip("\r\n"),), Message(f"import.row.{reason}")
            continue
        lines.take(count)
        yield number, cells, None


def _cells(lines: _Lines, count: int, delimiter: str) -> tuple[str, ...] | None:
    """The cells of a record of so many lines; None when its quotes are not where they belong."""
    ahead = (lines.peek(place) for place in range(count))
    whole = "".join(line[1] for line in ahead if line is not None)
    try:
        return tuple(next(csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter, strict=True), ()))
    except csv.Error:
        return None


def _length(lines: _Lines, delimiter: str) -> int | None:
    """How many lines the record at hand has; None when a quote in it is never closed."""
    inside = False
    for place in range(MOST_LINES_IN_A_ROW):
        ahead = lines.peek(place)
        if ahead is None or len(ahead[1]) > LONGEST_LINE:
            return None
        inside = _ends_inside(ahead[1], inside, delimiter)
        if not inside:
            return place + 1
    return None


def _ends_inside(line: str, inside: bool, delimiter: str) -> bool:
    """Whether a line ends inside quotes, given whether it begins inside; a quote opens only at the start of a cell."""
    if QUOTE not in line:
        return inside
    place = 0
    while place < len(line):
        if inside or line[place] == QUOTE:
            closing = _closing_quote(line, place if inside else place + 1)
            if closing < 0:
                return True
            inside, place = False, closing + 1
        place = line.find(delimiter, place) + 1
        if place == 0:
            return False
    return False


def _closing_quote(line: str, place: int) -> int:
    while (found := line.find(QUOTE, place)) >= 0:
        if line[found + 1 : found + 2] != QUOTE:
            return found
        place = found + 2
    return -1


def _numbered(file: IO[str]) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; of a line beyond the bound only so much is kept as shows that it is."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(("\n", "\r")):
            rest = file.readline(LONGEST_LINE + 1)
        yield number, line
