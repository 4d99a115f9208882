"""The parts of an XLSX workbook, read as a stream by the parser of the standard library; no document type is let in.

What is asked of a cell is its text: a date by its format, a number without what a spreadsheet adds to it.
"""

from __future__ import annotations

import json
import re
import zlib
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import IO, Any
from xml.parsers import expat

from backoffice.integrations.table_rows import MOST_COLUMNS
from policies.message import Message

PIECE = 64 * 1024
IN_A_BLOCK = 500
BLOCKS_OPEN = 16
DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""The numbers of the built-in formats for dates and times (ECMA-376, 18.8.30)."""
NOT_A_DATE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
OF_A_DATE = re.compile(r"[ymdhs]", re.IGNORECASE)
FROM_1900, FROM_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 (a spreadsheet knows no zone)
MOST_DAYS = 2_958_466
SPAN = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
"""In a format: hours, minutes or seconds that are not counted anew each day."""
A_SPAN = frozenset({46})
A_DAY = 86_400
MOMENTS, SPANS = "moment", "span"
WRITTEN_OUT = re.compile(r"_x([0-9A-Fa-f]{4})_")
REFERENCE = re.compile(r"([A-Z]{1,3})\d+")
LONGEST_CELL = 1024 * 1024
PRONOUNCED = 1000


@dataclass(frozen=True)
class Sheet:
    """A sheet by its name, the part that holds it, and whether it is hidden."""

    name: str
    part: str
    hidden: bool


@dataclass(frozen=True)
class Book:
    """The sheets of a workbook, and whether its days count from 1904."""

    sheets: tuple[Sheet, ...]
    from_1904: bool


def read_sheets(book: IO[bytes], relations: IO[bytes]) -> Book:
    """What the workbook says of itself; raises ``ValueError`` when it makes no sense."""
    targets = {
        attributes.get("Id", ""): attributes.get("Target", "")
        for name, attributes in _elements(relations)
        if name == "Relationship"
    }
    sheets, from_1904 = [], False
    for name, attributes in _elements(book):
        if name == "workbookPr":
            from_1904 = attributes.get("date1904") in ("1", "true")
        if name == "sheet":
            key = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            target = targets.get(key, "")
            part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            if "worksheets/" in part:
                sheets.append(
                    Sheet(attributes.get("name", ""), part, attributes.get("state", "") not in ("", "visible"))
                )
    return Book(tuple(sheets), from_1904)


def read_formats(styles: IO[bytes]) -> tuple[str, ...]:
    """Of each style of a cell whether it shows a date (or a time), a span of time, or neither (empty)."""
    own: dict[str, str] = {}
    found: list[str] = []
    inside = False
    for name, attributes in _elements(styles, ends=True):
        if name == "numFmt":
            own[attributes.get("numFmtId", "")] = _shown_by(attributes["formatCode"])
        elif name in ("cellXfs", "/cellXfs"):
            inside = name == "cellXfs"
        elif name == "xf" and inside:
            code = attributes.get("numFmtId", "0")
            number = int(code) if code.isdecimal() else 0
            found.append(own.get(code, SPANS if number in A_SPAN else MOMENTS if number in DATES else ""))
    return tuple(found)


def _shown_by(code: str) -> str:
    if SPAN.search(re.sub(r'"[^"]*"|\\.', "", code)):
        return SPANS
    return MOMENTS if OF_A_DATE.search(NOT_A_DATE.sub("", code)) else ""


class SharedTexts:
    """The texts that cells share, packed in blocks: of a hundred thousand only some are open at a time."""

    def __init__(self, part: IO[bytes] | None) -> None:
        self._blocks: list[bytes] = []
        self._open: OrderedDict[int, list[str]] = OrderedDict()
        pending: list[str] = []
        for text in _shared(part) if part is not None else ():
            pending.append(text)
            if len(pending) == IN_A_BLOCK:
                self._pack(pending)
                pending = []
        if pending:
            self._pack(pending)

    def _pack(self, texts: list[str]) -> None:
        self._blocks.append(zlib.compress(json.dumps(texts).encode(), 1))

    def __getitem__(self, place: int) -> str:
        block, within = divmod(place, IN_A_BLOCK)
        if place < 0 or block >= len(self._blocks):
            raise ValueError("a text that is not there")
        if block not in self._open:
            self._open[block] = json.loads(zlib.decompress(self._blocks[block]))
            if len(self._open) > BLOCKS_OPEN:
                self._open.popitem(last=False)
        return self._open[block][within]


class SheetRows:
    """The rows of a sheet, once: number, cells up to the last one that is there, why the row cannot be trusted."""

    def __init__(self, part: IO[bytes], texts: SharedTexts, formats: tuple[str, ...], from_1904: bool) -> None:
        self._texts, self._formats = texts, formats
        self._origin = FROM_1904 if from_1904 else FROM_1900
        self._rows: deque[tuple[int, tuple[str, ...], Message | None]] = deque()
        self._cells: list[str] = []
        self._reason: Message | None = None
        self._line = 0
        self._cell: dict[str, str] = {}
        self._place = 0
        self._heard = _Heard("v", "t")
        self._has_formula = self._has_value = False
        self._stream = self._read(part)

    def __iter__(self) -> Iterator[tuple[int, tuple[str, ...], Message | None]]:
        return self._stream

    def _read(self, part: IO[bytes]) -> Iterator[tuple[int, tuple[str, ...], Message | None]]:
        parser = _parser(self._begin, self._end, self._heard.say)
        while piece := part.read(PIECE):
            _feed(parser, piece)
            while self._rows:
                yield self._rows.popleft()
        _feed(parser, b"", last=True)
        yield from self._rows

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        self._has_value |= self._heard.begin(name)
        match name:
            case "row":
                number = attributes.get("r", "")
                self._line = max(int(number) if number.isdecimal() and len(number) < 10 else 0, self._line + 1)
                self._cells, self._reason, self._place = [], None, 0
            case "c":
                self._cell, self._has_formula, self._has_value = attributes, False, False
                match = REFERENCE.fullmatch(attributes.get("r", ""))
                self._place = _column(match[1]) if match else len(self._cells)
            case "f":
                self._has_formula = True

    def _end(self, name: str) -> None:
        name = _local(name)
        self._heard.end(name)
        if name == "c":
            self._put()
        elif name == "row":
            self._rows.append((self._line, tuple(self._cells), self._reason))

    def _put(self) -> None:
        text = self._text(self._heard.take())
        if not text:
            return
        if self._place >= MOST_COLUMNS + 1:
            if len(self._cells) <= MOST_COLUMNS:
                self._cells += [""] * (MOST_COLUMNS + 1 - len(self._cells))
            return
        self._cells += [""] * (self._place + 1 - len(self._cells))
        self._cells[self._place] = text

    def _text(self, raw: str) -> str:
        kind = self._cell.get("t", "n")
        if self._has_formula and not self._has_value:
            self._reason = self._reason or Message(
                "import.row.formula_without_value", {"cell": self._cell.get("r", "")}
            )
            return ""
        match kind:
            case "s":
                return self._texts[int(raw)] if raw.strip() else ""
            case "inlineStr" | "str":
                return _read_out(raw)
            case "d":
                return raw
            case "b":
                return "true" if raw.strip() == "1" else "false"
            case "e":
                params = {"cell": self._cell.get("r", ""), "value": raw[:20]}
                self._reason = self._reason or Message("import.row.cell_error", params)
                return raw
        return self._number(raw.strip())

    def _number(self, raw: str) -> str:
        style = self._cell.get("s", "")
        shown = self._formats[int(style)] if style.isdecimal() and int(style) < len(self._formats) else ""
        try:
            value = Decimal(raw) if raw else None
        except InvalidOperation:
            return raw
        if value is None or not value.is_finite():
            return raw
        if shown and 0 <= value < MOST_DAYS:
            seconds = round(float(value) * A_DAY)
            if shown == SPANS or value < 1:  # a span, or a time without its day
                return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
            moment = self._origin + timedelta(seconds=seconds)
            return moment.strftime("%Y-%m-%d" if value == value.to_integral_value() else "%Y-%m-%d %H:%M:%S")
        if value.adjusted() < 30 and value == value.to_integral_value():
            return str(int(value))
        return raw


class _Heard:
    """The text of the elements that are heard, as the parser goes by; how a text is pronounced is no part of it."""

    def __init__(self, *names: str) -> None:
        self._names = frozenset(names)
        self._depth = self._size = 0
        self._pieces: list[str] = []

    def begin(self, name: str) -> bool:
        """Whether what follows is heard."""
        self._depth += name in self._names
        self._depth -= PRONOUNCED * (name == "rPh")
        return name in self._names

    def end(self, name: str) -> None:
        """The counterpart of ``begin``."""
        self._depth -= name in self._names
        self._depth += PRONOUNCED * (name == "rPh")

    def say(self, text: str) -> None:
        """A piece of text, wherever it stands."""
        if self._depth > 0 and self._size <= LONGEST_CELL:
            self._size += len(text)
            self._pieces.append(text)

    def take(self) -> str:
        """What was heard since the last time."""
        text = "".join(self._pieces)
        self._pieces, self._size = [], 0
        return text


def _read_out(text: str) -> str:
    """A text without the way in which a workbook writes the signs that XML cannot hold (``_x000D_``)."""
    if "_x" not in text:
        return text
    plain = WRITTEN_OUT.sub(lambda found: chr(int(found[1], 16)), text)
    return plain if plain.isprintable() else _whole(plain)


def _whole(text: str) -> str:
    """Two halves of a character as the one that they are; half a one as the sign for what cannot be read."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _shared(part: IO[bytes]) -> Iterator[str]:
    """The texts one by one."""
    done: deque[str] = deque()
    heard = _Heard("t")

    def end(name: str) -> None:
        heard.end(_local(name))
        if _local(name) == "si":
            done.append(_read_out(heard.take()))

    parser = _parser(lambda name, _attributes: heard.begin(_local(name)), end, heard.say)
    while piece := part.read(PIECE):
        _feed(parser, piece)
        while done:
            yield done.popleft()
    _feed(parser, b"", last=True)
    yield from done


def _elements(part: IO[bytes], *, ends: bool = False) -> Iterator[tuple[str, dict[str, str]]]:
    """The elements of a small part by their names; with ``ends`` their ends too, as ``/name``."""
    found: deque[tuple[str, dict[str, str]]] = deque()
    parser = _parser(
        lambda name, attributes: found.append((_local(name), attributes)),
        lambda name: found.append((f"/{_local(name)}", {})) if ends else None,
        lambda _text: None,
    )
    while piece := part.read(PIECE):
        _feed(parser, piece)
        while found:
            yield found.popleft()
    _feed(parser, b"", last=True)
    yield from found


def _parser(begin: Any, end: Any, said: Any) -> Any:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begin, end, said
    parser.StartDoctypeDeclHandler = _no_type
    return parser


def _feed(parser: Any, piece: bytes, *, last: bool = False) -> None:
    try:
        parser.Parse(piece, last)
    except (expat.ExpatError, LookupError) as error:  # an encoding or a text that is not there
        raise ValueError("no XML") from error


def _no_type(*_said: object) -> None:
    raise ValueError("a part with a document type of its own")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1
