"""The names of what stands on a sheet (R33), in the reader's language: indicators, effects, lines, vetoes."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session, object_session

from backoffice.models.appraisal import AppraisalManualLine, AppraisalSheet
from backoffice.queries.appraisal_rules import Book, old_name
from backoffice.services.appraisal_appeal import MISSING
from policies.appraisal_lines import LineCode
from policies.message import Message
from policies.vocabulary_appraisal import LineKind
from views.appraising.room import book_of, line_name
from views.filters import named
from views.language import say


def item_names(session: Session, sheet: AppraisalSheet, lines: Iterable[AppraisalManualLine]) -> dict[str, str]:
    """What can be contested, by code."""
    book = book_of(session, sheet.period)
    names = {line.indicator: indicator_name(book, line.indicator) for line in sheet.lines}
    names[MISSING] = say(Message("appraisal.item_missing"))
    return names | {f"line:{line.id}": manual_name(book, line) for line in lines}


def indicator_name(book: Book, code: str) -> str:
    """An indicator by its name."""
    found = book.indicators.get(code)
    return code if found is None else named(dict(found.name))


def manual_name(book: Book, line: AppraisalManualLine) -> str:
    """A line outside the formula by its name."""
    if line.kind is LineKind.CORRECTION:
        return say(Message("appraisal.line.correction", {"month": line.corrects or ""}))
    found, session = line_name(book, line.kind, line.code), object_session(line)
    if found is None and session is not None:
        found = old_name(session, line.kind, line.code)
    return line.code if found is None else named(found)


def effect_name(book: Book, code: str) -> str:
    """What a grade or a line brings, by its name."""
    found = book.rules.effects.get(code)
    return code if found is None else named(dict(found.name))


def veto_name(book: Book, code: str) -> str:
    """A veto by its name."""
    found = book.rules.vetoes.get(code)
    return code if found is None else named(dict(found.name))


def worth(one: LineCode) -> str:
    """What a line outside the formula may be, with its points."""
    name = named(one.name)
    return say(Message("appraisal.line.points", {"name": name, "points": f"{one.points:+f}"})) if one.points else name
