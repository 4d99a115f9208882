"""How a draw is told on its page: strata by names, the condition in words, who could not inspect and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from backoffice.models.inspection import Inspection
from backoffice.models.sampling import Draw
from backoffice.queries import draws
from policies.message import Message, Name
from policies.sampling import Stratum, StratumCount
from policies.sampling_plan import Source
from policies.vocabulary import Outcome, Severity, label_key
from views.filters import named
from views.frame import has_endpoint
from views.language import _, say

SETS: Mapping[str, Any] = {"severity": Severity, "outcome": Outcome, "severities": Severity, "outcomes": Outcome}


@dataclass(frozen=True)
class StratumRow:
    """A line of the table of strata; ``n`` without the compulsory ones."""

    name: str
    size: int
    compulsory: int
    n: int


@dataclass(frozen=True)
class ResultRow:
    """A unit of the result: where it stands, its inspection, and who inspects it or why nobody does."""

    inspection: Inspection
    unit: str
    stratum: str
    opens: bool
    why: tuple[str, ...] = ()


class Names:
    """The names of the codes that a page speaks of, read at once."""

    def __init__(self, session: Session, wanted: Iterable[tuple[str, str]]) -> None:
        self._found = draws.names(session, sorted(set(wanted)))

    def of(self, kind: str, code: str) -> str:
        """A code in words; the code itself where there are none any more."""
        if code == "-":
            return _("draws.nobody")
        if kind in SETS and code in list(SETS[kind]):
            return say(Message(label_key(SETS[kind](code))))
        found: Name | None = self._found.get((kind, code))
        return code if found is None else named(found)

    def stratum(self, kinds: Sequence[str], key: Sequence[str]) -> str:
        """A stratum in words; the whole population where it is not divided."""
        return " · ".join(self.of(kind, code) for kind, code in zip(kinds, key, strict=False)) or _("draws.undivided")


def strata_rows(
    session: Session, kinds: Sequence[str], strata: Iterable[tuple[Stratum, StratumCount, int]], *, blind: bool
) -> list[StratumRow]:
    """The table of strata; of a blind draw they are numbered instead of named."""
    found = list(strata)
    names = Names(session, [] if blind else pairs(kinds, [key for key, _count, _n in found]))
    return [
        StratumRow(
            _("draws.stratum_number", n=place) if blind else names.stratum(kinds, key), count.size, count.compulsory, n
        )
        for place, (key, count, n) in enumerate(found, 1)
    ]


def pairs(kinds: Sequence[str], keys: Iterable[Sequence[str]]) -> list[tuple[str, str]]:
    """The codes of strata, each with what it is a code of."""
    return [(kind, code) for key in keys for kind, code in zip(kinds, key, strict=False)]


def strata_of(draw: Draw) -> list[tuple[Stratum, StratumCount, int]]:
    """The strata of a draw as they were frozen."""
    return [(tuple(one["key"]), StratumCount(one["size"], one["compulsory"]), one["n"]) for one in draw.strata]


def conditions(session: Session, draw: Draw, *, blind: bool) -> list[tuple[str, str]]:
    """The condition of the population: its source, and what it was narrowed down to."""
    query = draw.query
    narrowed = {name: codes for name, codes in (query.get("filters") or {}).items() if codes}
    names = Names(session, [(name, code) for name, codes in narrowed.items() for code in codes])
    known = query.get("source") in list(Source)
    rows = [(_("draws.source"), _("draws.source." + str(query["source"])))] if known else []
    for name, codes in narrowed.items():
        hidden = blind and name in ("handlers", "departments")
        said = _("draws.hidden") if hidden else _("draws.and").join(names.of(name, code) for code in codes)
        rows.append((_("draws.field." + ("handler" if name == "handlers" else name)), said))
    forced = [names.of(one["field"], one["value"]) for one in query.get("all_of") or ()]
    if forced:
        rows.append((_("draws.all_of"), _("draws.and").join(forced)))
    rows.append((_("draws.size"), _size(query.get("size") or {}, by_lots=draw.plan.kind.value == "lot")))
    if query.get("double_share_percent"):
        rows.append((_("draws.double"), _("draws.double_share", share=_share_text(query["double_share_percent"]))))
    return rows


def _share_text(share: str) -> str:
    """A share as it was kept, which may be a fraction."""
    try:
        return f"{float(Fraction(share)):g}"
    except (ValueError, ZeroDivisionError):
        return str(share)


def _size(size: Mapping[str, Any], *, by_lots: bool) -> str:
    if by_lots:
        return _("draws.size.lots")
    if size.get("share_percent") is not None:
        return _("draws.size.share", share=size["share_percent"], minimum=size.get("minimum") or 0)
    return _("draws.size.number", number=size.get("number") or 0, minimum=size.get("minimum") or 0)


def exclusions(found: Mapping[str, int]) -> list[tuple[str, int]]:
    """Why units were left out, and how many."""
    return [(_("draws.left_out." + reason), count) for reason, count in sorted(found.items())]


def result_rows(session: Session, draw: Draw, rows: Sequence[Inspection], *, blind: bool) -> list[ResultRow]:
    """The result; to a blind reader neither the record nor its stratum is told."""
    kinds = draw.query.get("stratify_by") or ()
    names = Names(session, [] if blind else pairs(kinds, [row.stratum.split("/") for row in rows]))
    numbers = {"/".join(key): place for place, (key, _count, _n) in enumerate(strata_of(draw), 1)}
    held = draws.hindrances(session, rows)
    opens = has_endpoint("scoring.page")
    return [
        ResultRow(
            row,
            _("draws.hidden") if blind else unit_words(row.unit_key),
            _("draws.stratum_number", n=numbers.get(row.stratum, 0))
            if blind
            else names.stratum(kinds, row.stratum.split("/") if row.stratum else ()),
            opens,
            _why(held.get(row.id, {}), blind=blind) if row.inspector_id is None else (),
        )
        for row in rows
    ]


def unit_words(key: str) -> str:
    """The number of a unit, a call told in words."""
    number, stroke, unit = key.partition("/")
    if not stroke:
        return number
    what, _colon, place = unit.partition(":")
    return _("draws.unit." + what, number=number, place=place)


def _why(hindered: Mapping[str, int], *, blind: bool) -> tuple[str, ...]:
    """Who was held off by what; a blind reader would learn from it whose record, or of which department, it is."""
    if blind and hindered:
        return (_("draws.hindered.hidden", n=sum(hindered.values())),)
    said = tuple(_("draws.hindered." + why, n=count) for why, count in sorted(hindered.items()))
    return said or (_("draws.hindered.nobody"),)
