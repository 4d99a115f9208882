"""The frozen population of a draw (R27): written once in compressed parts, read again line by line.

A line holds the number, the stratum, whether the unit is compulsory, and the ids of the inspected and of the department
at that moment, in this order with tabs between them. Lines are in the order of the numbers.
"""

from __future__ import annotations

import hashlib
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.sampling import Draw, DrawPopulation
from backoffice.queries.populations import Row
from policies.sampling import Drawn, PopulationDigest, Selection, Stratum, StratumCount, Unit, result_sha256

PART = 10_000
"""Lines of a part."""
DAMAGED = zlib.error
"""What reading a damaged part raises, besides ``ValueError``."""
BETWEEN = "\x1f"
"""Between the codes of a stratum."""


class Line(NamedTuple):
    """A unit of a frozen population."""

    unit: Unit
    subject_id: int | None
    department_id: int | None


@dataclass
class Frame:
    """A population that was read, counted and hashed; its lines wait in a file of their own until they are stored."""

    count: int = 0
    sha256: str = ""
    lines_sha256: str = ""
    strata: dict[Stratum, StratumCount] = field(default_factory=dict)
    exclusions: dict[str, int] = field(default_factory=dict)
    newest: int = 0
    """The id of the newest draw of the same plan when the population was read."""
    _parts: list[tuple[int, int]] = field(default_factory=list)
    _spool: IO[bytes] | None = None

    def parts(self) -> Iterator[tuple[int, bytes]]:
        """The compressed parts in their order, each with how many lines it holds."""
        if self._spool is None:
            return
        self._spool.seek(0)
        for count, length in self._parts:
            yield count, self._spool.read(length)

    def close(self) -> None:
        """Let the file go."""
        if self._spool is not None:
            self._spool.close()


class _Lines:
    """The hash over all lines."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, text: str) -> None:
        self._digest.update(text.encode())
        self._digest.update(b"\n")

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def freeze(rows: Iterable[Row]) -> Frame:
    """Read a population to its end, in memory that does not grow with it."""
    frame = Frame(_spool=tempfile.TemporaryFile())  # noqa: SIM115 - the frame closes it
    try:
        _read(frame, rows)
    except BaseException:
        frame.close()
        raise
    return frame


def _read(frame: Frame, rows: Iterable[Row]) -> None:
    numbers, lines = PopulationDigest(), _Lines()
    exclusions: Counter[str] = Counter()
    sizes: dict[Stratum, list[int]] = {}
    waiting: list[str] = []
    for row in rows:
        if row.left_out:
            exclusions[row.left_out] += 1
            continue
        numbers.add(row.number)
        count = sizes.setdefault(row.stratum, [0, 0])
        count[0] += 1
        count[1] += row.compulsory
        text = _line(row)
        lines.add(text)
        waiting.append(text)
        if len(waiting) == PART:
            _spool(frame, waiting)
            waiting = []
    if waiting:
        _spool(frame, waiting)
    frame.count, frame.sha256, frame.lines_sha256 = numbers.count, numbers.hexdigest(), lines.hexdigest()
    frame.strata = {stratum: StratumCount(*sizes[stratum]) for stratum in sorted(sizes)}
    frame.exclusions = dict(exclusions)


def _spool(frame: Frame, lines: list[str]) -> None:
    raw = zlib.compress("\n".join(lines).encode())
    frame._parts.append((len(lines), len(raw)))  # noqa: SLF001 - the frame is made here
    if frame._spool is not None:  # noqa: SLF001
        frame._spool.write(raw)  # noqa: SLF001


def _line(row: Row) -> str:
    known = (row.subject_id, row.department_id)
    ids = "\t".join("" if one is None else str(one) for one in known)
    return f"{row.number}\t{BETWEEN.join(row.stratum)}\t{1 if row.compulsory else 0}\t{ids}"


def texts(session: Session, draw_id: int) -> Iterator[str]:
    """The lines as they are kept, part by part."""
    part = -1
    while True:
        row = session.execute(
            sa.select(DrawPopulation.part, DrawPopulation.lines)
            .where(DrawPopulation.draw_id == draw_id, DrawPopulation.part > part)
            .order_by(DrawPopulation.part)
            .limit(1)
        ).one_or_none()
        if row is None:
            return
        part = row.part
        yield from zlib.decompress(row.lines).decode().split("\n")


def read_line(text: str) -> Line:
    """A line from its text; ``ValueError`` for one that is none."""
    number, stratum, compulsory, subject, department = text.split("\t")
    unit = Unit(number, tuple(stratum.split(BETWEEN)) if stratum else (), compulsory == "1")
    return Line(unit, int(subject) if subject else None, int(department) if department else None)


def lines(session: Session, draw_id: int) -> Iterator[Line]:
    """The units of a frozen population in their order."""
    return (read_line(text) for text in texts(session, draw_id))


@dataclass(frozen=True)
class Again:
    """What a draw gives when its stored population is drawn from once more."""

    count: int
    sha256: str
    lines_sha256: str
    strata: dict[Stratum, StratumCount]
    result: list[Drawn]

    @property
    def result_sha256(self) -> str:
        return result_sha256(self.result)


def draw_again(session: Session, draw: Draw, seed: str) -> Again:
    """Read the stored population once: hash it, count it and select by the sizes that the draw says.

    Raises ``ValueError`` (``zlib.error`` is one of damaged parts) when it cannot be read any more.
    """
    sizes = {tuple(one["key"]): int(one["n"]) for one in draw.strata}
    selection, numbers, hashed = Selection(seed, sizes), PopulationDigest(), _Lines()
    counts: dict[Stratum, list[int]] = {}
    for text in texts(session, draw.id):
        unit = read_line(text).unit
        numbers.add(unit.number)
        hashed.add(text)
        count = counts.setdefault(unit.stratum, [0, 0])
        count[0] += 1
        count[1] += unit.compulsory
        selection.add(unit)
    strata = {stratum: StratumCount(*counts[stratum]) for stratum in sorted(counts)}
    return Again(numbers.count, numbers.hexdigest(), hashed.hexdigest(), strata, selection.result())


def lines_of(session: Session, draw_id: int, wanted: set[str]) -> dict[str, Line]:
    """The lines of some numbers, by number."""
    if not wanted:
        return {}
    found = (text for text in texts(session, draw_id) if text.partition("\t")[0] in wanted)
    return {line.unit.number: line for line in map(read_line, found)}
