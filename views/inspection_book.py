"""The workbook of inspections (R31, R35): the inspections, their marks, and the draws they came from, in one language.

Remarks are left out: they may speak of customers. What a list hides from its reader is not in the workbook either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.inspection import Inspection, InspectionMark
from backoffice.models.office import Staff
from backoffice.models.sampling import Draw
from backoffice.queries import inspection_names
from backoffice.queries.inspection_filters import Condition
from backoffice.queries.inspection_list import InspectionLine, Veil, all_lines, own_blind_draws
from backoffice.queries.inspection_rules import scoring_rules
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.xlsx import Kind, Sheet, SheetColumn
from policies.message import Message
from views import context
from views.filters import named
from views.language import _, label, say

BATCH = 200

INSPECTIONS = (
    ("number", Kind.TEXT, 24), ("complaint", Kind.TEXT, 18), ("plan", Kind.TEXT, 22), ("card", Kind.TEXT, 28),
    ("card_version", Kind.WHOLE, 8), ("status", Kind.TEXT, 12), ("second", Kind.TEXT, 10),
    ("department", Kind.TEXT, 22), ("subject_code", Kind.TEXT, 10), ("subject", Kind.TEXT, 12),
    ("inspector", Kind.TEXT, 12), ("score", Kind.NUMBER, 9), ("result", Kind.TEXT, 10), ("fatal", Kind.TEXT, 9),
    ("assigned_at", Kind.MOMENT, 17), ("due_at", Kind.MOMENT, 17), ("scored_at", Kind.MOMENT, 17),
    ("published_at", Kind.MOMENT, 17), ("final_at", Kind.MOMENT, 17),
)  # fmt: skip
MARKS = (
    ("number", Kind.TEXT, 24), ("round", Kind.TEXT, 12), ("item_code", Kind.TEXT, 18), ("item", Kind.TEXT, 30),
    ("percent", Kind.PERCENT, 9), ("value", Kind.NUMBER, 9), ("fatal", Kind.TEXT, 9), ("for_code", Kind.TEXT, 10),
)  # fmt: skip
DRAWS = (
    ("plan", Kind.TEXT, 22), ("period", Kind.TEXT, 14), ("sequence", Kind.WHOLE, 8), ("drawn_at", Kind.MOMENT, 17),
    ("seed", Kind.TEXT, 44), ("population", Kind.WHOLE, 10), ("population_sha256", Kind.TEXT, 66),
    ("drawn", Kind.WHOLE, 8), ("stratum", Kind.TEXT, 24), ("stratum_size", Kind.WHOLE, 10),
    ("stratum_compulsory", Kind.WHOLE, 10), ("stratum_n", Kind.WHOLE, 10),
)  # fmt: skip


def sheets(session: Session, where: Sequence[Condition], veil: Veil, at: datetime) -> Iterator[Sheet]:
    """The sheets one after the other; rows are read as they are written."""
    plans, cards = inspection_names.plan_names(session), inspection_names.card_names(session)
    results = {band.code: named(band.name) for band in scoring_rules(Rulebook(session)).bands}

    def cells(line: InspectionLine) -> list[Any]:
        shown = {
            "plan": named(plans.get(line.plan)) or line.plan,
            "card": named(cards.get(line.card)) or line.card,
            "status": label(line.status),
            "second": _yes(line.second),
            "department": named(line.department),
            "subject": named(line.subject),
            "inspector": named(line.inspector),
            "result": results.get(line.result or "", line.result),
            "fatal": _yes(line.fatal),
        }
        return [_cell(shown.get(name, getattr(line, name))) for name, _kind, _width in INSPECTIONS]

    lines = (cells(line) for line in all_lines(session, where, veil, at))
    yield Sheet(_("inspection_book.sheet.inspections"), _columns(INSPECTIONS), lines)
    yield Sheet(_("inspection_book.sheet.marks"), _columns(MARKS), _marks(session, all_lines(session, where, veil, at)))
    yield Sheet(_("inspection_book.sheet.draws"), _columns(DRAWS), _draws(session, where, veil))


def _columns(columns: Iterable[tuple[str, Kind, int]]) -> list[SheetColumn]:
    return [SheetColumn(say(Message(f"inspection_book.column.{name}")), kind, width) for name, kind, width in columns]


def _marks(session: Session, lines: Iterator[InspectionLine]) -> Iterator[list[Any]]:
    """Every mark of the inspections whose score the reader may know, before and after an appeal."""
    codes = {row.id: row.code for row in session.execute(sa.select(Staff.id, Staff.code))}
    items: dict[str, dict[str, str]] = {}
    while batch := list(islice(lines, BATCH)):
        known = {line.id: line for line in batch if line.score is not None}
        mine = sa.select(InspectionMark).where(InspectionMark.inspection_id.in_(known))
        order = (InspectionMark.inspection_id.desc(), InspectionMark.round, InspectionMark.item)
        for mark in session.scalars(mine.order_by(*order)):
            line = known[mark.inspection_id]
            if line.card not in items:
                items[line.card] = {
                    item.code: named(item.name) for item in inspection_names.card_items(session, line.card)
                }
            yield [
                line.number,
                _("inspection_book.after_appeal") if mark.round else _("inspection_book.first"),
                mark.item,
                items[line.card].get(mark.item, mark.item),
                None if mark.percent is None else mark.percent / 100,
                mark.value,
                _yes(mark.fatal),
                "" if line.subject is None else codes.get(mark.staff_id or 0, ""),
            ]


def _draws(session: Session, where: Sequence[Condition], veil: Veil) -> Iterator[list[Any]]:
    """The draws from which these inspections came, a row for each stratum; of one that the reader scores blind neither
    the seed, with which it could be drawn again, nor what its strata are called.
    """
    blind = set(session.scalars(own_blind_draws(veil.staff_id)))
    plans = inspection_names.plan_names(session)
    ids = sa.select(Inspection.draw_id).where(*where)
    for draw in session.scalars(sa.select(Draw).where(Draw.id.in_(ids)).order_by(Draw.id)):
        hidden = draw.id in blind
        seed = "" if hidden else draw.seed or ""
        facts = [
            named(plans.get(draw.plan_code)) or draw.plan_code, draw.period_label, draw.sequence, _cell(draw.drawn_at),
            seed, draw.population_count, draw.population_sha256, draw.drawn_count,
        ]  # fmt: skip
        for stratum in draw.strata or [{}]:
            key = stratum.get("key", "")
            words = "/".join(str(part) for part in key) if isinstance(key, list) else str(key)
            words = "" if hidden else words
            yield [*facts, words, stratum.get("size"), stratum.get("compulsory"), stratum.get("n")]


def _yes(value: bool) -> str:
    return _("inspection_book.yes") if value else ""


def _cell(value: Any) -> Any:
    """A moment in the office's time; everything else as it is."""
    return value.astimezone(context.zone()) if isinstance(value, datetime) else value
