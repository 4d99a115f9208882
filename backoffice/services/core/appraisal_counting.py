"""Count what the lines of sheets are made of (R31, R33): contributions row by row, each list hashed and compressed.

Rows come ordered by whom they count for, so that memory holds one person's or department's list at a time, and of that
the compressed part alone.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

LEVEL = 6
PIECE = 512  # rows that are compressed at once

T = TypeVar("T")


@dataclass(frozen=True)
class Counted:
    """What a line was counted from. ``numerator`` and ``denominator`` in hundredths (of seconds, for hours);
    ``lines``: compressed."""

    numerator: int = 0
    denominator: int = 0
    sample: int = 0
    count: int = 0
    sha256: str = hashlib.sha256(b"").hexdigest()
    lines: bytes = b""


NOTHING = Counted()


class Counting:
    """One list that grows: added up, hashed and compressed as it comes."""

    def __init__(self) -> None:
        self._sums = [0, 0, 0, 0]
        self._digest = hashlib.sha256()
        self._compress = zlib.compressobj(LEVEL)
        self._pieces: list[bytes] = []
        self._waiting: list[str] = []

    def add(self, unit: str, numerator: int, denominator: int, sample: int) -> None:
        """One contribution; they come in ascending order of their units."""
        sums = self._sums
        sums[0] += numerator
        sums[1] += denominator
        sums[2] += sample
        sums[3] += 1
        self._waiting.append(unit + _amounts(numerator, denominator))
        if len(self._waiting) >= PIECE:
            self._press()

    def done(self) -> Counted:
        """What it came to."""
        self._press()
        self._pieces.append(self._compress.flush())
        numerator, denominator, sample, count = self._sums
        return Counted(numerator, denominator, sample, count, self._digest.hexdigest(), b"".join(self._pieces))

    def _press(self) -> None:
        raw = "".join(self._waiting).encode()
        self._waiting.clear()
        self._digest.update(raw)
        if pressed := self._compress.compress(raw):
            self._pieces.append(pressed)


def count(rows: Iterable[Any], place: Callable[[Any], T | None]) -> Iterator[tuple[T, Counted]]:
    """What rows come to, ordered by ``subject_id`` and ``unit``: for each place that one of them belongs to.

    ``place`` says of a row what it counts for; None: nothing.
    """
    for _subject, group in groupby(rows, key=itemgetter(0)):
        lists: dict[T, Counting] = {}
        for row in group:
            found = place(row)
            if found is not None:
                if found not in lists:
                    lists[found] = Counting()
                lists[found].add(row[1], row[2], row[3], row[4])
        for key, counting in lists.items():
            yield key, counting.done()


@lru_cache(maxsize=4096)  # few pairs occur, in very many rows
def _amounts(numerator: int, denominator: int) -> str:
    return f" {plain(numerator)} {plain(denominator)}\n"


def plain(hundredths: int) -> str:
    """Whole hundredths as the shortest decimal: "365.5"."""
    whole, rest = divmod(abs(hundredths), 100)
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{whole}" if not rest else f"{sign}{whole}.{rest:02d}".rstrip("0")


def lines_of(compressed: bytes) -> Iterator[str]:
    """The lines of a list, read piece by piece."""
    if not compressed:
        return
    inflate = zlib.decompressobj()
    rest = b""
    for start in range(0, len(compressed), 1 << 16):
        *whole, rest = (rest + inflate.decompress(compressed[start : start + (1 << 16)])).split(b"\n")
        yield from (line.decode() for line in whole)
    *whole, _end = (rest + inflate.flush()).split(b"\n")
    yield from (line.decode() for line in whole)


def hash_of(compressed: bytes) -> str:
    """The SHA-256 of the lines before compression. Raises ``zlib.error`` for what is no such list."""
    digest = hashlib.sha256()
    for line in lines_of(compressed):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


@dataclass(frozen=True)
class Moved:
    """What came to a list, what went from it, and what counts otherwise: how many, and the first of each."""

    came: int
    went: int
    changed: int
    some: tuple[tuple[str, str], ...]


def compared(before: bytes, after: bytes, most: int = 10) -> Moved:
    """How two lists differ; both are read in step, so that nothing but the differences is held."""
    counts = {"came": 0, "went": 0, "changed": 0}
    some: list[tuple[str, str]] = []
    for kind, unit in _differences(lines_of(before), lines_of(after)):
        counts[kind] += 1
        if len(some) < most:
            some.append((kind, unit))
    return Moved(counts["came"], counts["went"], counts["changed"], tuple(some))


def _differences(before: Iterator[str], after: Iterator[str]) -> Iterator[tuple[str, str]]:
    old, new = next(before, None), next(after, None)
    while old is not None or new is not None:
        old_unit = None if old is None else old.split(" ", 1)[0]
        new_unit = None if new is None else new.split(" ", 1)[0]
        if old_unit == new_unit:
            if old != new:
                yield "changed", str(new_unit)
            old, new = next(before, None), next(after, None)
        elif old_unit is None or (new_unit is not None and new_unit < old_unit):
            yield "came", str(new_unit)
            new = next(after, None)
        else:
            yield "went", str(old_unit)
            old = next(before, None)
