"""Counting what a trial found (R23): by department and clock or step, before and after; as data that a job can keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

NOBODY = "0"
"""The key of complaints that never had a department."""


class Cell(NamedTuple):
    """How often a clock was kept and missed then, and by the trial; how often it would be late, or no longer late."""

    met_before: int = 0
    late_before: int = 0
    met_after: int = 0
    late_after: int = 0
    later: int = 0
    earlier: int = 0

    def plus(self, other: Cell) -> Cell:
        """Both together."""
        return Cell(*(one + another for one, another in zip(self, other, strict=True)))


Kind = tuple[int | None, str, bool | None, bool | None]
"""Department, clock or step, whether it was kept then, and by the trial. None: not judged."""


def cell_of(before: bool | None, after: bool | None, times: int = 1) -> Cell:
    """So many clocks that were judged alike."""
    later, earlier = after is False and before is not False, before is False and after is not False
    kinds = (before is True, before is False, after is True, after is False, later, earlier)
    return Cell(*(times if kind else 0 for kind in kinds))


class Row(NamedTuple):
    """A line of the result: department (None: none had it), clock or step, and its counts."""

    department_id: int | None
    what: str
    cell: Cell


@dataclass
class Tally:
    """What a trial has found so far. ``changed``: complaints with at least one clock judged otherwise."""

    rows: dict[str, dict[str, Cell]] = field(default_factory=dict)
    changed: int = 0
    not_walked: dict[str, int] = field(default_factory=dict)

    def add(self, one: Kind, times: int = 1) -> None:
        """So many clocks of one kind."""
        department_id, what, before, after = one
        row = self.rows.setdefault(NOBODY if department_id is None else str(department_id), {})
        row[what] = row.get(what, Cell()).plus(cell_of(before, after, times))

    def stop(self, why: str, step: str, action: str) -> None:
        """One course that could not have been walked."""
        key = f"{why}|{step}|{action}"
        self.not_walked[key] = self.not_walked.get(key, 0) + 1

    def merge(self, other: Tally) -> None:
        """Take over what another part of the complaints brought."""
        for department, row in other.rows.items():
            mine = self.rows.setdefault(department, {})
            for what, cell in row.items():
                mine[what] = mine.get(what, Cell()).plus(cell)
        for key, count in other.not_walked.items():
            self.not_walked[key] = self.not_walked.get(key, 0) + count
        self.changed += other.changed

    def lines(self) -> Iterator[Row]:
        """Every department with every clock."""
        for department, row in self.rows.items():
            for what, cell in row.items():
                yield Row(None if department == NOBODY else int(department), what, cell)

    def stops(self) -> list[tuple[str, str, str, int]]:
        """Why, step, action and count of the courses that could not have been walked, the most frequent first."""
        found = []
        for key, count in self.not_walked.items():
            why, step, action = key.split("|")
            found.append((why, step, action, count))
        return sorted(found, key=lambda one: -one[3])

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        rows = {department: {what: list(cell) for what, cell in row.items()} for department, row in self.rows.items()}
        return {"rows": rows, "changed": self.changed, "not_walked": dict(self.not_walked)}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Tally:
        """From JSON; from nothing an empty one."""
        rows = {
            department: {what: Cell(*cell) for what, cell in row.items()}
            for department, row in (data.get("rows") or {}).items()
        }
        return cls(rows, int(data.get("changed") or 0), dict(data.get("not_walked") or {}))
