"""What inspections may be narrowed to, as it comes in an address; what cannot be read narrows nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import date

from backoffice.queries.inspection_filters import APPEALS, IN_TIME, MARKS, MOMENTS, SECONDS, InspectionFilters
from forms.filters import day_of, key, member
from policies.vocabulary_inspection import InspectionStatus

CODE = re.compile(r"[a-z0-9_]{1,64}")
ADDRESS = {
    "since": "from",
    "until": "to",
    "department_id": "department",
    "subject_id": "subject",
    "inspector_id": "inspector",
}


def read_inspection_filters(args: Mapping[str, str], *, when: str = "final") -> InspectionFilters:
    """Filters from the arguments of a request; ``when``: which moment a period is about where nothing is said."""
    return InspectionFilters(
        when=_one_of(MOMENTS, args.get("when")) or when,
        since=day_of(args.get("from")),
        until=day_of(args.get("to")),
        status=member(InspectionStatus, args.get("status")),
        department_id=key(args.get("department")),
        subject_id=key(args.get("subject")),
        inspector_id=key(args.get("inspector")),
        card=_code(args.get("card")),
        plan=_code(args.get("plan")),
        result=_code(args.get("result")),
        fatal=args.get("fatal") == "1",
        item=_code(args.get("item")),
        mark=_one_of(MARKS, args.get("mark")),
        seconds=_one_of(SECONDS, args.get("seconds")),
        in_time=_one_of(IN_TIME, args.get("in_time")),
        appeal=_one_of(APPEALS, args.get("appeal")),
    )


def inspection_args(filters: InspectionFilters) -> dict[str, str]:
    """The arguments of an address that narrows in this way."""
    found = {}
    for field in fields(filters):
        value = getattr(filters, field.name)
        if value:
            found[ADDRESS.get(field.name, field.name)] = _text(value)
    return found


def _text(value: object) -> str:
    if value is True:
        return "1"
    return value.isoformat() if isinstance(value, date) else str(value)


def _code(text: str | None) -> str:
    return text if text and CODE.fullmatch(text) else ""


def _one_of(values: Collection[str], text: str | None) -> str:
    return text if text is not None and text in values else ""
