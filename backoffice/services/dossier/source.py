"""What the parts of a dossier are written from: the open case with its rows, veiled; words for times and names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category
from backoffice.models.handling import StepEntry
from backoffice.models.history import Event
from backoffice.models.office import Department, Staff
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.blocks import Text
from backoffice.services.core.case import Case
from backoffice.services.core.holdings import Holdings
from backoffice.services.dossier.veil import Copy, Veil
from policies.message import Message, Name
from policies.process import Process
from policies.vocabulary import label_key


class Source:
    """One complaint as the writers of the parts see it: everything in it has passed the veil."""

    def __init__(self, case: Case, copy: Copy, *, only_shown: bool = False) -> None:
        self.case = case
        self.complaint: Complaint = case.complaint
        self.holdings = Holdings(case, only_shown=only_shown)
        self.rules = Rulebook(case.work.session)
        self.veil = Veil(copy, case.record)
        self.zone = self.rules.zone()

    # times

    def moment(self, at: datetime | None) -> str:
        """Office time to the minute, the same in both languages and with the year: a dossier is read years later."""
        return "" if at is None else at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")

    def day(self, at: datetime | None) -> str:
        return "" if at is None else at.astimezone(self.zone).strftime("%Y-%m-%d")

    def long_day(self, at: datetime | None) -> Text:
        """The day written out."""
        return "" if at is None else self.written_day(at.astimezone(self.zone).date())

    def written_day(self, on: date) -> Text:
        """A day of the calendar written out."""
        month = Message(f"layout.month.{on.month}")
        return Message("dossier.day", {"year": on.year, "month": on.month, "month_name": month, "day": on.day})

    def long_moment(self, at: datetime) -> Text:
        """The day written out and the time."""
        time = at.astimezone(self.zone).strftime("%H:%M")
        return Message("dossier.moment", {"day": self.long_day(at), "time": time})

    def kept_moment(self, value: object) -> str:
        """A moment as an entry keeps it (ISO 8601), in office time; anything else as it stands."""
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            return str(value or "")
        return self.moment(at) if at.tzinfo is not None else str(value)

    # names

    def named(self, row: Any | None) -> Text:
        """The name of a row in both languages."""
        return "" if row is None else value(Name(row.name_zh, row.name_en))

    def staff(self, staff_id: object) -> Text:
        """A member of staff by id."""
        return self.named(self._row(Staff, staff_id))

    def know_staff(self, staff_ids: Iterable[int | None]) -> None:
        """Load these people in one query, so that each can be named afterwards without one of their own."""
        wanted = {one for one in staff_ids if one is not None}
        self._known = list(self.case.work.session.scalars(sa.select(Staff).where(Staff.id.in_(wanted))))

    def department(self, department_id: object) -> Text:
        return self.named(self._row(Department, department_id))

    def _row(self, model: Any, row_id: object) -> Any | None:
        number = int(str(row_id)) if str(row_id or "").isdigit() else None
        return None if number is None else self.case.work.session.get(model, number)

    def listed(self, name: str, code: object) -> Text:
        """The name of an entry of one of the office's lists; its code when it is gone."""
        found = next((one for one in self.rules.entries(name, retired=True) if one.code == code), None)
        return self.named(found) if found is not None else str(code or "")

    def signed(self, staff_id: object, at: datetime | None) -> Text:
        """The signature line of what somebody entered."""
        who = self.staff(staff_id) or Message("dossier.system")
        return Message("dossier.signed", {"name": who, "at": self.moment(at)})

    def money(self, amount: object) -> Text:
        """An amount in the office's currency; nothing for nothing."""
        if amount in (None, ""):
            return ""
        shown, currency = format(Decimal(str(amount)), ",.2f"), self.rules.office().currency
        if currency == "CNY":
            return Message("layout.money.cny", {"amount": shown})
        return Message("layout.money.other", {"amount": shown, "currency": currency})

    @cached_property
    def categories(self) -> list[Category]:
        """The complaint's category with those above it, its trunk first."""
        ids = [int(part) for part in self.complaint.category.path.split("/") if part]
        found = self.case.work.session.scalars(sa.select(Category).where(Category.id.in_(ids)))
        rows = {row.id: row for row in found}
        return [rows[one] for one in ids if one in rows]

    # what was written down

    @cached_property
    def process(self) -> Process:
        return self.rules.process(self.complaint.process_id)

    def step(self, code: str | None) -> Text:
        """The name of a step of the running process; its code when the process has none such."""
        found = self.process.find(code) if code else None
        return "" if not code else value(Name(found.name["zh"], found.name["en"])) if found else code

    def opened(self, sealed: bytes | None, context: str) -> dict[str, Any]:
        """The values of a sealed part; empty once erased."""
        return dict(self.case.seal.open_json(sealed, context) or {})

    def record(self, code: str) -> str:
        """A text of the intake record, as it stands; whoever asks veils it by its kind."""
        return str(self.case.record.get(code) or "")

    def entries(self, *actions: str) -> Iterator[tuple[StepEntry, dict[str, Any]]]:
        """What was entered with these actions, oldest first."""
        for entry, values in zip(self.holdings.entries, self.holdings.values, strict=True):
            if entry.action in actions:
                yield entry, values

    def words(self, values: Mapping[str, Any], code: str) -> str:
        """An entered text, veiled."""
        return self.veil.text(str(values.get(code) or ""))

    def newest(self, code: str) -> str:
        """The newest text that was entered for a field, veiled."""
        return self.veil.text(str(self.holdings.value(code) or ""))

    @cached_property
    def events(self) -> list[Event]:
        """The complaint's history, oldest first."""
        statement = sa.select(Event).where(Event.complaint_id == self.complaint.id).order_by(Event.sequence)
        return list(self.case.work.session.scalars(statement))


def value(of: object) -> Message:
    """Something that a reader's language has its own form of (a name, a closed-set value), as a text."""
    return Message("dossier.value", {"value": of})


def label(of: StrEnum | None) -> Text:
    """The label of a closed-set value."""
    return "" if of is None else Message(label_key(of))


def coded(kind: type[StrEnum], code: object) -> Text:
    """The label of a stored code of a closed set; the code itself when the set does not know it."""
    if code in (None, ""):
        return ""
    try:
        return label(kind(str(code)))
    except ValueError:
        return str(code)
