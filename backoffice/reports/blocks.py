"""What a printed document is put together from: facts, tables, timelines, opinions, plain text. Primitives only.

A text is a finished ``str`` (what somebody wrote) or a ``Message`` (what the office says); the renderer is handed the
callable that puts messages into the reader's language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from policies.message import Message

Text = str | Message


@dataclass(frozen=True)
class Mono:
    """A check value or another code, set in a type in which each character can be told."""

    text: str


@dataclass(frozen=True)
class Tick:
    """A box on a form, ticked or not, with what it stands for."""

    label: Text
    on: bool


Piece = Text | Mono | Tick
Cell = Piece | tuple[Piece, ...]


@dataclass(frozen=True)
class Fact:
    """A label and its value; ``wide`` gives it a line of its own."""

    label: Text
    value: Cell
    wide: bool = False


@dataclass(frozen=True)
class Facts:
    """Labels and values in a form, two to a line unless ``wide``; those without a value are left out."""

    kind: ClassVar[str] = "facts"
    facts: tuple[Fact, ...]

    @property
    def lines(self) -> tuple[tuple[Fact, ...], ...]:
        """The facts line by line: a wide one alone, others in pairs, a single one left over alone."""
        lines: list[tuple[Fact, ...]] = []
        waiting: Fact | None = None
        for fact in self.facts:
            if fact.value in ("", ()):
                continue
            if fact.wide:
                if waiting is not None:
                    lines.append((waiting,))
                    waiting = None
                lines.append((fact,))
            elif waiting is None:
                waiting = fact
            else:
                lines.append((waiting, fact))
                waiting = None
        if waiting is not None:
            lines.append((waiting,))
        return tuple(lines)

    @property
    def paired(self) -> bool:
        """Whether any line holds two facts, so that the form needs four columns."""
        return any(len(line) == 2 for line in self.lines)

    def __bool__(self) -> bool:
        return bool(self.lines)


@dataclass(frozen=True)
class Column:
    """Head and width (percent of the table, 4 to 70) of a column; ``align`` is left, center or right."""

    heading: Text
    width: int
    align: str = "left"


@dataclass(frozen=True)
class Grid:
    """A table with fixed widths: they add up to 100, which keeps long words in their column and the printing quick."""

    kind: ClassVar[str] = "grid"
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        if sum(column.width for column in self.columns) != 100:
            raise ValueError("the widths of a table's columns add up to 100")
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("every row of a table has a cell for each column")

    def __bool__(self) -> bool:
        return bool(self.rows)


@dataclass(frozen=True)
class Moment:
    """One line of a history: ``key`` marks a milestone, ``late`` what came late, ``check`` is its check value."""

    at: Text
    what: Text
    who: Text = ""
    key: bool = False
    late: bool = False
    check: str = ""


@dataclass(frozen=True)
class Timeline:
    """What happened, in order."""

    kind: ClassVar[str] = "timeline"
    moments: tuple[Moment, ...]

    @property
    def checked(self) -> bool:
        """Whether any moment carries a check value, so that the list needs a column for it."""
        return any(moment.check for moment in self.moments)

    def __bool__(self) -> bool:
        return bool(self.moments)


@dataclass(frozen=True)
class Opinion:
    """What somebody in charge decided and wrote, with the signature line."""

    kind: ClassVar[str] = "opinion"
    role: Text
    text: Text
    signed: Text
    verdict: Text = ""


@dataclass(frozen=True)
class Paragraph:
    """Running text; line ends are kept."""

    kind: ClassVar[str] = "paragraph"
    text: Text
    small: bool = False

    def __bool__(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True)
class Subheading:
    """A heading inside a part, also a bookmark."""

    kind: ClassVar[str] = "subheading"
    text: Text


@dataclass(frozen=True)
class Notice:
    """A remark of the system itself, set apart: what is missing, why something is not there."""

    kind: ClassVar[str] = "notice"
    text: Text
    grave: bool = False


Block = Facts | Grid | Timeline | Opinion | Paragraph | Subheading | Notice


def filled(*blocks: Block | None) -> tuple[Block, ...]:
    """The blocks that say something: empty tables, forms and paragraphs are left out."""
    return tuple(block for block in blocks if block)


def pieces(cell: Cell) -> tuple[Piece, ...]:
    """A cell's lines."""
    return cell if isinstance(cell, tuple) else (cell,)


def texts_of(values: Iterable[Text | None]) -> tuple[Text, ...]:
    """Those of ``values`` that are there: the lines of a cell."""
    return tuple(value for value in values if value)
