"""The records behind a figure of a sheet (R31, R33): those that were counted, whatever became of them since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import islice
from typing import Any

from flask import abort, render_template, request, url_for

from backoffice.queries.appraisal_counted import complaints_of, kept
from backoffice.queries.indicator_names import Behind, behind
from backoffice.queries.indicators import Contribution
from backoffice.services.core.appraisal_counting import lines_of
from forms.filters import member
from policies.indicator import HUNDREDTHS, numerator_of, shown_text
from views import context
from views.addresses import page_number
from views.appraising.naming import indicator_name
from views.appraising.room import blueprint, book_of, drill_address, sheet_or_404, whose
from views.filters import named
from views.guard import signed_in
from views.language import _

PAGE = 50


class Part(StrEnum):
    """Which of the records are listed."""

    DENOMINATOR = "denominator"
    NUMERATOR = "numerator"
    MISSED = "missed"


@dataclass(frozen=True)
class Row:
    """One record as it was counted."""

    unit: str
    numerator: str
    denominator: str
    behind: Behind


WANTED: dict[Part, Callable[[str], bool]] = {
    Part.DENOMINATOR: lambda line: True,
    Part.NUMERATOR: lambda line: line.split(" ")[1] != "0",
    Part.MISSED: lambda line: line.split(" ")[1] == "0",
}


@blueprint.get("/appraisal/sheets/<number>/figures/<code>")
@signed_in
def counted(number: str, code: str) -> Any:
    """What one figure was counted from; people see their own, others as far as they read sheets."""
    part, page = member(Part, request.args.get("part")) or Part.DENOMINATOR, page_number()
    with context.reading() as session:
        sheet = sheet_or_404(session, number)
        line = next((one for one in sheet.lines if one.indicator == code), None)
        if line is None:
            abort(404)
        found = kept(session, sheet, code)
        packed = b"" if found is None else found.lines
        total = sum(1 for one in lines_of(packed) if WANTED[part](one))
        pages = max(1, -(-total // PAGE))
        page = min(page, pages)
        wanted = filter(WANTED[part], lines_of(packed))
        rows = _rows(session, code, list(islice(wanted, (page - 1) * PAGE, page * PAGE)))
        name = indicator_name(book_of(session, sheet.period), code)
        return render_template(
            "appraisal/counted.html",
            sheet=sheet,
            name=name,
            whose=named(whose(sheet)),
            line=line,
            numerator=shown_text(line.numerator),
            denominator=shown_text(line.denominator),
            rows=rows,
            total=total,
            page=page,
            pages=pages,
            parts=_parts(sheet.number, code, part, total),
            page_address=lambda place: _address(sheet.number, code, part, place),
            live=drill_address(code, sheet.period.month, sheet),
        )


def _rows(session: Any, code: str, lines: list[str]) -> list[Row]:
    split = [line.split(" ") for line in lines]
    owners = complaints_of(session, [unit for unit, *_amounts in split])
    nothing, now = Fraction(0), context.now()
    asked = [Contribution(None, None, unit, owners.get(unit), now, nothing, nothing, 1, None) for unit, *_rest in split]
    names = behind(session, context.actor(), asked)
    return [Row(unit, _shown(code, part), whole, names[unit]) for unit, part, whole in split]


def _shown(code: str, numerator: str) -> str:
    """As the figure shows it: what is kept of working hours are seconds."""
    return shown_text(numerator_of(code, int(Fraction(numerator) * HUNDREDTHS)))


def _parts(number: str, code: str, chosen: Part, total: int) -> list[dict[str, Any]]:
    return [
        {
            "text": _("indicators.part." + one.value),
            "address": _address(number, code, one, 1),
            "is_current": one is chosen,
            "count": total if one is chosen else None,
        }
        for one in Part
    ]


def _address(number: str, code: str, part: Part, page: int) -> str:
    return url_for("appraisal.counted", number=number, code=code, part=part.value, page=page if page > 1 else None)
