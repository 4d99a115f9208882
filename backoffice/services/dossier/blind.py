"""A record as a blind inspection shows it (R28): what was done and when, but neither by whom nor in which department.

Everybody keeps one stand-in throughout ("person 2"), so that a reader can still tell that the same one acted twice.
Names inside texts that people wrote are replaced too (``policies/blind_names.py``), and the complaint's own number and
its orders', by which it could be looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from backoffice.models.handling import Attachment, Communication, StepEntry
from backoffice.models.history import Event
from backoffice.models.office import Department, Staff
from backoffice.reports.blocks import Text
from backoffice.services.core.case import Case
from backoffice.services.dossier.source import Source
from backoffice.services.dossier.veil import Copy, Veil
from policies.blind_names import Names, Person, Unit
from policies.message import Message

STAND_IN = "▇▇"
WHO_DID: tuple[tuple[Any, Any], ...] = (
    (Event, Event.actor_id),
    (StepEntry, StepEntry.by_id),
    (Communication, Communication.by_id),
    (Attachment, Attachment.by_id),
)


class BlindVeil(Veil):
    """The veil of the copy, with what tells staff and departments taken out of every text as well."""

    def __init__(self, copy: Copy, record: Mapping[str, Any], names: Names) -> None:
        super().__init__(copy, record)
        self._tells = names

    def text(self, text: str) -> str:
        # Numbers first: what the copy masks of them would leave their ends.
        shown = super().text(self._tells.hide_numbers(text, STAND_IN))
        return self._tells.hide_names(shown, STAND_IN)


class BlindSource(Source):
    """One complaint for an inspector who is not to know whose work it is."""

    def __init__(self, case: Case, copy: Copy) -> None:
        super().__init__(case, copy)
        session = case.work.session
        on_it = self._on_it()
        staff = sa.select(Staff.id, Staff.name_zh, Staff.name_en, Staff.login, Staff.code, Staff.phone)
        everybody = session.execute(staff.order_by(Staff.id)).all()
        units = session.execute(sa.select(Department.name_zh, Department.name_en, Department.code))
        numbers = [case.complaint.number, *(order.number for order in self.holdings.orders)]
        people = [Person(*row[1:6], near=row.id in on_it) for row in everybody]
        self.veil = BlindVeil(copy, case.record, Names(people, [Unit(*unit) for unit in units], numbers))
        self._order = {key: place for place, key in enumerate(sorted(on_it), start=1)}

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
