"""Who had a hand in what an objection to a sheet contests (R29, R33): they do not decide it.

Whoever scored one of the inspections behind a contested figure, and whoever proposed a contested line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalAppeal, AppraisalInput, AppraisalManualLine, AppraisalSheet
from backoffice.models.inspection import Inspection
from backoffice.services.core.appraisal_counting import lines_of

LINE = "line:"
"""Before the id of a contested line."""
SCORED = ("inspection", "item")
"""Kinds of units that an inspector scored."""
AT_ONCE = 1000


def had_a_hand(
    session: Session, sheets: Iterable[AppraisalSheet], appeals: Mapping[int, AppraisalAppeal]
) -> dict[int, frozenset[int]]:
    """By sheet, for objections that wait; in three statements, in none where nothing waits."""
    open_ones = {one.id: one for one in sheets if one.id in appeals and appeals[one.id].decided_at is None}
    if not open_ones:
        return {}
    found: dict[int, set[int]] = defaultdict(set)
    contested = {key: list(appeals[key].items) for key in open_ones}
    for key, people in _scorers(session, open_ones, contested):
        found[key] |= people
    for key, people in _proposers(session, contested):
        found[key] |= people
    return {key: frozenset(people) for key, people in found.items()}


def _scorers(
    session: Session, sheets: Mapping[int, AppraisalSheet], contested: Mapping[int, Collection[str]]
) -> Iterator[tuple[int, set[int]]]:
    codes = sorted({item for items in contested.values() for item in items if not item.startswith(LINE)})
    rows = session.execute(
        sa.select(AppraisalInput.sheet_id, AppraisalInput.indicator, AppraisalInput.run, AppraisalInput.lines).where(
            AppraisalInput.sheet_id.in_(sorted(sheets)), AppraisalInput.indicator.in_(codes)
        )
    )
    for row in rows:
        if row.run == sheets[row.sheet_id].run and row.indicator in contested[row.sheet_id]:
            yield row.sheet_id, _inspectors(session, sorted(_inspections(bytes(row.lines))))


def _inspections(compressed: bytes) -> Iterator[int]:
    """The inspections of a list; of a list of something else nothing is read beyond its first line."""
    for line in lines_of(compressed):
        kind, _colon, rest = line.partition(" ")[0].partition(":")
        if kind not in SCORED:
            return
        yield int(rest.partition(":")[0])


def _inspectors(session: Session, ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for start in range(0, len(ids), AT_ONCE):
        some = Inspection.id.in_(ids[start : start + AT_ONCE])
        rows = sa.select(Inspection.inspector_id).where(some, Inspection.inspector_id.is_not(None)).distinct()
        found |= set(session.scalars(rows))
    return found


def _proposers(session: Session, contested: Mapping[int, Collection[str]]) -> Iterator[tuple[int, set[int]]]:
    wanted = {
        key: {int(item.removeprefix(LINE)) for item in items if _is_line(item)} for key, items in contested.items()
    }
    ids = sorted({one for mine in wanted.values() for one in mine})
    if not ids:
        return
    proposed = sa.select(AppraisalManualLine.id, AppraisalManualLine.proposed_by_id).where(
        AppraisalManualLine.id.in_(ids), AppraisalManualLine.proposed_by_id.is_not(None)
    )
    people = dict(session.execute(proposed).all())
    for key, mine in wanted.items():
        yield key, {people[one] for one in mine if one in people}  # type: ignore[misc]


def _is_line(item: str) -> bool:
    return item.startswith(LINE) and item.removeprefix(LINE).isdecimal()
