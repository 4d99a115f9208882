"""What a list of complaints may be narrowed to, as it comes in an address; what cannot be read narrows nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from backoffice.queries.worklist import Filters
from policies.vocabulary import ComplaintStatus, Priority, Severity

E = TypeVar("E", bound=StrEnum)
LONGEST = 100
LARGEST = 2**62
DUE = ("today", "overdue")


def read_filters(args: Mapping[str, str]) -> Filters:
    """Filters from the arguments of a request; text is cut at 100 characters and cleaned of control characters."""
    text = "".join(char for char in args.get("q", "") if char.isprintable())[:LONGEST]
    return Filters(
        text=text.encode("utf-8", "ignore").decode(),
        status=member(ComplaintStatus, args.get("status")),
        severity=member(Severity, args.get("severity")),
        priority=member(Priority, args.get("priority")),
        category=path(args.get("category", "")),
        channel_id=key(args.get("channel")),
        department_id=key(args.get("department")),
        owner_id=key(args.get("owner")),
        due=args.get("due", "") if args.get("due") in DUE else "",
        received_from=day_of(args.get("from")),
        received_to=day_of(args.get("to")),
    )


def filter_args(filters: Filters) -> dict[str, str]:
    """The arguments of an address that narrows a list in this way."""
    found = {
        "q": filters.text,
        "status": filters.status or "",
        "severity": filters.severity or "",
        "priority": filters.priority or "",
        "category": filters.category,
        "channel": str(filters.channel_id or ""),
        "department": str(filters.department_id or ""),
        "owner": str(filters.owner_id or ""),
        "due": filters.due,
        "from": filters.received_from.isoformat() if filters.received_from else "",
        "to": filters.received_to.isoformat() if filters.received_to else "",
    }
    return {name: str(value) for name, value in found.items() if value}


def member(values: type[E], text: str | None) -> E | None:
    """A value of a closed set; None for what is none."""
    return values(text) if text in list(values) else None


def key(text: str | None) -> int | None:
    """The id of a row; None for what can be none."""
    if text is None or not (text.isascii() and text.isdecimal()):
        return None
    number = int(text) if len(text) < 20 else LARGEST
    return number if 0 < number < LARGEST else None


def path(text: str) -> str:
    """A path in the tree of categories; empty for what is none."""
    parts = text.strip("/").split("/")
    fits = len(text) <= 60 and all(part.isascii() and part.isdecimal() for part in parts)
    return f"/{'/'.join(parts)}/" if text and fits else ""


def day_of(text: str | None) -> date | None:
    """A day; None for what is none."""
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if 1970 <= found.year <= 2200 else None
