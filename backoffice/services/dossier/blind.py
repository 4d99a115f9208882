"""A record as a blind inspection shows it (R28): what was done and when, but neither by whom nor in which department.

Everybody keeps one stand-in throughout ("person 2"), so that a reader can still tell that the same one acted twice.
Names inside texts that people wrote are replaced too, and the complaint's own number, by which it could be looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from backoffice.models.handling import Attachment, Communication, StepEntry
from backoffice.models.history import Event
from backoffice.models.office import Department, Staff
from backoffice.reports.blocks import Text
from backoffice.services.core.case import Case
from backoffice.services.dossier.source import Source
from backoffice.services.dossier.veil import Copy, Veil
from policies.message import Message

STAND_IN = "▇▇"
SHORTEST = 2
WHO_DID: tuple[tuple[Any, Any], ...] = (
    (Event, Event.actor_id),
    (StepEntry, StepEntry.by_id),
    (Communication, Communication.by_id),
    (Attachment, Attachment.by_id),
)


class BlindVeil(Veil):
    """The veil of the copy, with the names of staff and departments taken out of every text as well."""

    def __init__(self, copy: Copy, record: Mapping[str, Any], names: Iterable[str]) -> None:
        super().__init__(copy, record)
        wanted = sorted({name for name in names if len(name) >= SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(_bounded(name) for name in wanted), re.IGNORECASE) if wanted else None

    def text(self, text: str) -> str:
        shown = super().text(text)
        return shown if self._known is None else self._known.sub(STAND_IN, shown)


class BlindSource(Source):
    """One complaint for an inspector who is not to know whose work it is."""

    def __init__(self, case: Case, copy: Copy) -> None:
        super().__init__(case, copy)
        session = case.work.session
        self._people = list(session.scalars(sa.select(Staff).where(Staff.id.in_(sorted(self._on_it())))))
        self._departments = list(session.scalars(sa.select(Department).order_by(Department.id)))
        names = [case.complaint.number, *_names(self._people), *_names(self._departments)]
        self.veil = BlindVeil(copy, case.record, names)
        self._order = {staff.id: place for place, staff in enumerate(self._people, start=1)}

    def named(self, row: Any | None) -> Text:
        """People and departments by their stand-ins; everything else by its name."""
        if isinstance(row, Staff):
            return Message("inspection.blind.person", {"n": self._place(row)})
        if isinstance(row, Department):
            return Message("inspection.blind.department")
        return super().named(row)

    def _place(self, staff: Staff) -> int:
        return self._order.setdefault(staff.id, len(self._order) + 1)

    def _on_it(self) -> set[int]:
        """Everybody who left a trace on the record."""
        held, complaint = self.holdings, self.complaint
        found: set[int | None] = {person.staff_id for person in self.case.people}
        found |= {one for order in held.orders for one in (order.sent_by_id, order.owner_id, *order.co_handler_ids)}
        found |= {complaint.registered_by_id, complaint.owner_id, complaint.caller_back_id}
        for model, column in WHO_DID:
            mine = sa.select(column).where(model.complaint_id == complaint.id).distinct()
            found |= set(self.case.work.session.scalars(mine))
        return {one for one in found if one is not None}


def _names(rows: Iterable[Staff | Department]) -> list[str]:
    return [name for row in rows for name in (row.name_zh, row.name_en) if name]


def _bounded(name: str) -> str:
    """A name as it is looked for: whole words where words are told apart by spaces."""
    quoted = re.escape(name)
    return rf"\b{quoted}\b" if name.isascii() else quoted
