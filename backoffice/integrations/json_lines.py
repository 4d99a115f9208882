"""JSON lines as a table (R1): an object a line; its columns are the names that the first rows use.

Numbers stay as they are written, so that no digit of a phone or a key is lost; what is nested stays JSON.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Collection, Iterator
from itertools import chain
from typing import IO, Any

from backoffice.integrations.table_rows import Row, TableError, TornRow, check_header, checked_row
from policies.message import Message, Refusal

LONGEST_LINE = 1024 * 1024  # characters
MOST_NAMED = 20
LOOKED_AT = 200
"""Rows whose names become the columns."""


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


class _TwiceError(ValueError):
    """An object has a name twice."""


def is_json(start: bytes) -> bool:
    """Whether a file begins as an object does."""
    plain = start.removeprefix(codecs.BOM_UTF8).lstrip()
    return plain.startswith(b"{") and plain[1:].lstrip()[:1] in (b'"', b"}")


class JsonTable:
    """An open file of JSON lines; raises ``TableError`` when its first rows hold no object."""

    kind = "json"
    delimiter = ""
    sheets: tuple[str, ...] = ()
    header_line = 0

    def __init__(self, file: IO[str], name: str, required: Collection[str], encoding: str) -> None:
        self.encoding = encoding
        self._lines = _numbered(file)
        self._ahead: list[tuple[int, dict[str, str] | Message, str]] = []
        names: dict[str, None] = {}
        for number, line in self._lines:
            found = _read(line)
            self._ahead.append((number, found, line))
            names |= {} if isinstance(found, Message) else dict.fromkeys(found)
            if len(self._ahead) >= LOOKED_AT:
                break
        if not names:
            raise TableError(Refusal("import.file.is_json", {"file": name}, status=422))
        self.header = tuple(names)
        check_header(self.header, required, name)

    def __iter__(self) -> Iterator[Row | TornRow]:
        later = ((number, _read(line), line) for number, line in self._lines)
        for number, found, line in chain(self._ahead, later):
            if isinstance(found, Message):
                yield TornRow(number, (line.strip()[:LONGEST_LINE],), found)
            elif unknown := [name for name in found if name not in self.header]:
                surplus = (f"{name}: {found[name]}" for name in unknown)
                reason = Message("import.row.name_unknown", {"name": tuple(name[:80] for name in unknown[:MOST_NAMED])})
                yield TornRow(number, (*self._cells(found), *surplus), reason)
            elif any(cell.strip() for cell in found.values()):
                yield checked_row(number, self._cells(found), self.header)

    def _cells(self, found: dict[str, str]) -> tuple[str, ...]:
        return tuple(found.get(name, "") for name in self.header)


def _numbered(file: IO[str]) -> Iterator[tuple[int, str]]:
    """Lines that hold something; of one beyond the bound only so much as shows that it is."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith("\n"):
            rest = file.readline(LONGEST_LINE + 1)
        if line.strip():
            yield number, line


def _read(line: str) -> dict[str, str] | Message:
    if len(line) > LONGEST_LINE:
        return Message("import.row.line_too_long", {"longest": LONGEST_LINE})
    try:
        found = json.loads(
            line, parse_int=_Number, parse_float=_Number, parse_constant=_Number, object_pairs_hook=_once
        )
        if not isinstance(found, dict):
            return Message("import.row.no_object")
        cells = _once([(name.strip(), _text(value)) for name, value in found.items()])
        "".join(chain(cells, cells.values())).encode()  # half a character is no text
    except (ValueError, RecursionError):
        return Message("import.row.no_object")
    return cells


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _TwiceError
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else _nested(value)


def _nested(value: Any) -> str:
    """What is nested as JSON, its numbers as they are written."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_nested, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_nested(name)}: {_nested(one)}' for name, one in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)
