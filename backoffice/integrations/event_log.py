"""A log of events of another system: one line an event, with case, activity and time; plain or compressed CSV."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from policies.conformance import Doing

CASE = ("case", "case:concept:name", "case_id")
ACTIVITY = ("activity", "concept:name", "Activity")
TIME = ("time", "time:timestamp", "timestamp")
"""Names under which logs keep the three columns, the first that is there counts (XES names among them)."""


class LogError(ValueError):
    """A log that cannot be read: ``line`` (0: the whole file; 1: the header) and ``what`` is wrong there."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"{line}: {what}")
        self.line, self.what = line, what


def read_log(path: Path) -> dict[str, list[Doing]]:
    """Case → its events in the order of their times; events of one moment stay in the order of the file.

    A time without an offset counts as UTC. Raises ``LogError``.
    """
    log: dict[str, list[Doing]] = {}
    try:
        with _opened(path) as file:
            for case, doing in _lines(file):
                log.setdefault(case, []).append(doing)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise LogError(0, type(error).__name__) from error
    for doings in log.values():
        doings.sort(key=lambda one: one.at)  # stable
    return log


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    with (
        gzip.open(path, "rt", encoding="utf-8-sig", newline="")
        if packed
        else path.open(encoding="utf-8-sig", newline="")
    ) as file:
        yield file


def _lines(file: TextIO) -> Iterator[tuple[str, Doing]]:
    reader = csv.reader(file)
    header = next(reader, [])
    places = [_place(header, names) for names in (CASE, ACTIVITY, TIME)]
    for row in reader:
        if not any(row):
            continue
        if len(row) <= max(places):
            raise LogError(reader.line_num, ",".join(row)[:80])
        case, activity, time = (row[place].strip() for place in places)
        yield case, Doing(activity, _moment(time, reader.line_num))


def _place(header: list[str], names: tuple[str, ...]) -> int:
    found = next((header.index(name) for name in names if name in header), None)
    if found is None:
        raise LogError(1, names[0])
    return found


def _moment(text: str, line: int) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise LogError(line, text[:40]) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
