"""The beginning of a table, for whoever says what its columns are (R1): first rows, and the values that some hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from backoffice.integrations.encoding import name_of
from backoffice.integrations.table_rows import AnyTable, Row, Source, text_of
from backoffice.integrations.tabular import open_table

SHOWN = 8
SCANNED = 20_000
MOST_VALUES = 600
LONGEST_CELL = 80
ENDINGS = {"text": (".csv", ".tsv", ".txt"), "json": (".jsonl", ".ndjson", ".json"), "workbook": (".xlsx",)}


@dataclass(frozen=True)
class Preview:
    """How a table is read, its columns, and its first rows: line, cells, whether the row can be trusted."""

    kind: str
    encoding: str
    delimiter: str
    sheet: str
    sheets: tuple[str, ...]
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...], bool], ...]
    named_otherwise: bool
    header_line: int = 0

    @property
    def cells(self) -> list[tuple[str, ...]]:
        """The cells of the rows that can be trusted."""
        return [cells for _line, cells, whole in self.rows if whole]


def look(source: Source) -> Preview:
    """Look at the beginning; raises ``TableError`` when it is no table."""
    with open_table(source) as table:
        rows = tuple(
            (row.line, tuple(cell[:LONGEST_CELL] for cell in row.cells), isinstance(row, Row))
            for row in islice(table, SHOWN)
        )
        return Preview(
            table.kind,
            name_of(table.encoding),
            table.delimiter,
            getattr(table, "sheet", ""),
            table.sheets,
            table.header,
            rows,
            not source.name.lower().endswith(ENDINGS[table.kind]),
            table.header_line,
        )


@dataclass(frozen=True)
class Kinds:
    """What stands in a column, the most frequent first; ``is_cut``: there may be more than these."""

    texts: list[str]
    is_cut: bool


def values_of(source: Source, columns: Sequence[str]) -> dict[str, Kinds]:
    """What stands in some columns, as far as the first ``SCANNED`` rows show it, ``MOST_VALUES`` of each at most."""
    with open_table(source, columns) as table:
        return _values(table, columns)


def _values(table: AnyTable, columns: Sequence[str]) -> dict[str, Kinds]:
    places = {column: table.header.index(column) for column in columns}
    found: dict[str, dict[str, int]] = {column: {} for column in columns}
    cut = set[str]()
    rows = iter(table)
    for row in islice(rows, SCANNED):
        if isinstance(row, Row):
            for column, place in places.items():
                text = text_of(row.cells[place])
                counted = found[column]
                if text in counted or (text and len(text) <= LONGEST_CELL and len(counted) < MOST_VALUES):
                    counted[text] = counted.get(text, 0) + 1
                elif text:
                    cut.add(column)
    if next(rows, None) is not None:
        cut |= set(columns)
    return {
        column: Kinds(sorted(counted, key=lambda text: (-counted[text], text)), column in cut)
        for column, counted in found.items()
    }
