"""What the manager's view is asked for, as it comes in an address; what cannot be read asks for nothing (R35)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from backoffice.queries.overview.narrow import Narrow
from forms.filters import key, member, path
from policies.overview import Period, read_period
from policies.vocabulary import Severity

MAPS = ("on_time_rate", "satisfaction_score", "repeat_rate", "answer_rate", "first_response_rate")
"""Indicators of which the map of departments and months can be shown; the first where none is asked for."""


@dataclass(frozen=True)
class Asked:
    """A period, what it is narrowed to, and the indicator of the map."""

    period: Period
    narrow: Narrow
    map: str

    def args(self, **other: str | int | None) -> dict[str, str]:
        """The address that asks for this, with something else asked for besides."""
        narrow = self.narrow
        found: dict[str, str | int | None] = {
            "period": self.period.text,
            "department": narrow.department_id,
            "category": narrow.category,
            "channel": narrow.channel_id,
            "severity": narrow.severity,
            "map": self.map if self.map != MAPS[0] else None,
        }
        return {name: str(value) for name, value in (found | other).items() if value not in (None, "")}

    def within(self, departments: frozenset[int] | None) -> Asked:
        """The same within a reader's reach."""
        return replace(self, narrow=replace(self.narrow, departments=departments))


def read_asked(args: Mapping[str, str], today: date) -> Asked:
    """Period, department, category, channel, severity and map of an address."""
    narrow = Narrow(
        department_id=key(args.get("department")),
        category=path(args.get("category", "")),
        channel_id=key(args.get("channel")),
        severity=member(Severity, args.get("severity")),
    )
    chosen = args.get("map", "")
    return Asked(read_period(args.get("period"), today), narrow, chosen if chosen in MAPS else MAPS[0])
