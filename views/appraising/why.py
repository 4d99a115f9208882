"""Why a sheet says something else than before (R33), in words: versions, weights, targets, what is new or gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalScheme
from backoffice.queries.appraisal_rules import Book
from policies.message import Message
from views.appraising.naming import effect_name, indicator_name
from views.filters import named
from views.language import _, say

MEASURES = ("weight", "target", "score")
Facts = Mapping[str, Any]


def whys(session: Session, book: Book, facts: Facts) -> tuple[str, ...]:
    """One sentence for each thing that differs besides figures; facts as ``policies/appraisal_changes.py`` has them."""
    return tuple(say(one) for one in (*_whole(session, book, facts), *_rows(book, facts)))


def _whole(session: Session, book: Book, facts: Facts) -> Iterator[Message]:
    if facts.get("earlier"):
        yield Message("appraisal_why.earlier", {"month": facts["earlier"]})
    if facts.get("part"):
        yield Message("appraisal_parts.followed")
    if facts.get("scheme"):
        old, new = (_scheme(session, one) for one in facts["scheme"])
        yield Message("appraisal_why.scheme", {"old": old, "new": new})
    if facts.get("rules"):
        old, new = (_version(one) for one in facts["rules"])
        yield Message("appraisal_why.rules", {"old": old, "new": new})
    if facts.get("days"):
        yield Message("appraisal_why.days", _moved(facts["days"]))
    if facts.get("effects"):
        old, new = (_names(book, codes) for codes in facts["effects"])
        yield Message("appraisal_why.effects", {"old": old, "new": new})


def _rows(book: Book, facts: Facts) -> Iterator[Message]:
    lines = facts.get("lines")
    for code, line in lines.items() if isinstance(lines, dict) else ():
        item = {"item": indicator_name(book, code)}
        if line.get("old") is None and "weight" in line:
            yield Message("appraisal_why.added", {**item, "weight": line["weight"][1]})
        elif line.get("new") is None and "weight" in line:
            yield Message("appraisal_why.dropped", {**item, "weight": line["weight"][0]})
        else:
            for name in MEASURES:
                if name in line:
                    yield Message(f"appraisal_why.{name}", {**item, **_moved(line[name])})


def _moved(pair: list[Any]) -> dict[str, object]:
    old, new = (_("layout.none") if one is None else one for one in pair)
    return {"old": old, "new": new}


def _scheme(session: Session, version: list[Any] | None) -> str:
    if not version:
        return _("layout.none")
    rows = sa.select(AppraisalScheme).where(AppraisalScheme.code == version[0], AppraisalScheme.version == version[1])
    row = session.scalars(rows).one_or_none()
    return say(Message("appraisal_why.version", {"name": version[0] if row is None else named(row), "n": version[1]}))


def _version(version: list[Any] | None) -> str:
    return _("layout.none") if not version else str(version[1])


def _names(book: Book, codes: list[str]) -> str:
    return _("layout.list.separator").join(effect_name(book, code) for code in codes) or _("layout.none")


def is_figures(line: Facts) -> bool:
    """Whether a line of the facts tells figures that moved; the rest is said in words."""
    return "weight" not in line or (None not in (line["old"], line["new"]) and line["old"] != line["new"])
