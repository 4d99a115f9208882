"""Turn the rows of a foreign table into what the intake form would deliver (R1), by a named mapping file.

Mapping files are YAML beside the default office (``office/mappings``) or in the data directory; ``boston311`` ships and
explains itself. Every row becomes a record or a refused row with all its reasons; a record is known by source and key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from backoffice.integrations.dates import (
    DateEvidence,
    DateOrder,
    UnreadableTimeError,
    is_day,
    read_moment,
    year_before,
)
from backoffice.integrations.mapping_file import GRADES, MOMENTS, ImportMapping, MappingError
from backoffice.integrations.table_rows import SHOWN_OF_A_CELL, AnyTable, Given, Row, TornRow, source_of, text_of
from backoffice.integrations.tabular import open_table
from policies.message import Message, Refusal

LONGEST_KEY = 120
SHORTENED = re.compile(r"[+-]?\d(?:\.\d+)?[Ee][+-]?\d+", re.ASCII)
"""A long number as a spreadsheet shows it when its column is too narrow: the digits are lost."""
WHOLE = re.compile(r"(\d{6,})\.0+", re.ASCII)
PHONE = "contact_phone"
ENDINGS = ("due_at", "closed_at")
"""Times of which a date alone means its last minute."""
CLOSED = "closed"
OPEN = "open"


@dataclass(frozen=True)
class IncomingRecord:
    """A row as the form would have delivered it, with its own times (aware UTC).

    ``closed`` ones bring ``closed_at``, ``outcome`` and what was noted; ``on_time`` is what the source says (None: it
    does not say), ``due_at`` the deadline that it had there. ``again``: the cells for whoever sends the row again.
    """

    line: int
    cells: tuple[str, ...]
    key: str
    channel: str
    category: str
    received_at: datetime
    texts: Mapping[str, str]
    occurred_at: datetime | None = None
    external_number: str = ""
    reserved: str = ""
    severity: str | None = None
    urgency: str | None = None
    impact: str | None = None
    due_at: datetime | None = None
    closed: bool = False
    closed_at: datetime | None = None
    on_time: bool | None = None
    outcome: str | None = None
    closing_note: str = ""
    again: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class RefusedRow:
    """A row that does not come in, with every reason and its cells as they were, but for dates: with the year first,
    they are read the same way in a file of refused rows, whose own dates may settle another order of day and month.
    """

    line: int
    cells: tuple[str, ...]
    reasons: tuple[Message, ...] = field(default=())


Incoming = IncomingRecord | RefusedRow


def date_order(given: Given, mapping: ImportMapping) -> DateOrder:
    """Go through all dates of a file for the order of day and month; raises ``MappingError`` when they contradict."""
    evidence = DateEvidence()
    with open_table(given, mapping.required) as table:
        places = [table.header.index(column) for column in mapping.columns_of(*MOMENTS) if column in table.header]
        for row in table:
            if isinstance(row, Row):
                for place in places:
                    evidence.see(row.cells[place], row.line)
    if evidence.contradictory:
        params = {"file": source_of(given).name, "day_first": evidence.day_first, "month_first": evidence.month_first}
        raise MappingError(Refusal("import.file.dates_contradict", params, status=422))
    return evidence.order(mapping.ambiguous_dates)


def read_records(table: AnyTable, mapping: ImportMapping, order: DateOrder, now: datetime) -> Iterator[Incoming]:
    """All rows of an open table, as of ``now``; a row that stands in it twice comes twice."""
    places = frozenset(table.header.index(column) for column in mapping.columns_of(*MOMENTS) if column in table.header)
    for row in table:
        if isinstance(row, TornRow):  # its cells need not stand where they belong
            yield RefusedRow(row.line, tuple(year_before(cell, order) for cell in row.cells), (row.reason,))
        else:
            yield _Reading(mapping, order, table.header, row, now, places).result()


class _Reading:
    """One row under the mapping: its values, and the reasons that come up against it."""

    def __init__(
        self,
        mapping: ImportMapping,
        order: DateOrder,
        header: tuple[str, ...],
        row: Row,
        now: datetime,
        places: frozenset[int],
    ) -> None:
        self.mapping = mapping
        self.order = order
        self.row = row
        self.now = now
        self.again = tuple(year_before(cell, order) if at in places else cell for at, cell in enumerate(row.cells))
        self.cells = dict(zip(header, row.cells, strict=True))
        self.reasons: list[Message] = []

    def result(self) -> IncomingRecord | RefusedRow:
        record = self._record()
        if record is None or self.reasons:
            return RefusedRow(self.row.line, self.again, tuple(self.reasons))
        return record

    def _record(self) -> IncomingRecord | None:
        mapping = self.mapping
        key = self._key()
        received_at = self._moment("received_at", needed=True)
        occurred_at, due_at, closed_at = map(self._moment, ("occurred_at", "due_at", "closed_at"))
        received_at = self._not_before(received_at, occurred_at)
        closed_at = self._not_to_come(closed_at)
        state = self._state(closed_at)
        channel, leaf = self._value("channel"), self._leaf()
        if received_at is not None and due_at is not None and due_at <= received_at:
            self._refuse("due_before_received", due=due_at, received=received_at)
        self._check_closing(received_at, state, closed_at)
        grades = {name: self._grade(name) for name in GRADES}
        texts, numbers = self._texts(), {name: self._number(name) for name in ("external_number", "reserved")}
        if not (key and received_at and state and channel and leaf):
            return None
        closed = state == CLOSED
        note = self._text("closing_note") if closed else ""
        return IncomingRecord(
            line=self.row.line,
            cells=self.row.cells,
            key=key,
            channel=channel,
            category=leaf,
            received_at=received_at,
            texts=texts,
            occurred_at=occurred_at,
            **numbers,
            **grades,
            due_at=due_at,
            closed=closed,
            closed_at=closed_at,
            on_time=self._on_time(closed),
            outcome=mapping.outcome(note) if closed else None,
            closing_note=note,
            again=self.again,
        )

    def _not_before(self, received_at: datetime | None, occurred_at: datetime | None) -> datetime | None:
        """A receipt of which only the day is known was not before what occurred later on that day."""
        if received_at is None or occurred_at is None or occurred_at <= received_at:
            return received_at
        zone = self.mapping.zone
        same_day = received_at.astimezone(zone).date() == occurred_at.astimezone(zone).date()
        return occurred_at if same_day and is_day(self._text("received_at")) else received_at

    def _not_to_come(self, closed_at: datetime | None) -> datetime | None:
        """A closing of today without its time was by now; one that is still to come is refused."""
        if closed_at is None or closed_at <= self.now:
            return closed_at
        zone = self.mapping.zone
        if is_day(self._text("closed_at")) and closed_at.astimezone(zone).date() == self.now.astimezone(zone).date():
            return self.now
        self._refuse("closed_in_future", column=self.mapping.columns["closed_at"], closed=closed_at)
        return closed_at

    def _key(self) -> str:
        """How the row is known when it comes again: by its own key, else by its place in this file."""
        if "key" not in self.mapping.columns:
            return str(self.row.line)
        key = self._number("key")
        if not key:
            self._refuse("key_missing", column=self.mapping.columns["key"])
        elif len(key) > LONGEST_KEY:
            self._refuse("key_too_long", column=self.mapping.columns["key"], longest=LONGEST_KEY)
        return key

    def _state(self, closed_at: datetime | None) -> str | None:
        """Closed or open, as the source says; one that does not say closed what has a closing time."""
        if "state" in self.mapping.columns or "state" in self.mapping.fixed:
            return self._value("state")
        return CLOSED if closed_at is not None else OPEN

    def _check_closing(self, received_at: datetime | None, state: str | None, closed_at: datetime | None) -> None:
        column = self.mapping.columns.get("closed_at", "")
        if state == CLOSED and closed_at is None and not self._text("closed_at"):
            self._refuse("closed_without_time", column=column)
        if state == OPEN and closed_at is not None:
            self._refuse("open_with_closing_time", column=column)
        if received_at is not None and closed_at is not None and closed_at < received_at:
            self._refuse("closed_before_received", closed=closed_at, received=received_at)

    def _moment(self, name: str, *, needed: bool = False) -> datetime | None:
        text = self._text(name)
        if not text:
            if needed:
                self._refuse("time_missing", column=self.mapping.columns[name])
            return None
        try:
            return read_moment(text, self.order, self.mapping.zone, end_of_day=name in ENDINGS)
        except UnreadableTimeError:
            self._refuse("time_unreadable", column=self.mapping.columns[name], value=text[:SHOWN_OF_A_CELL])
            return None

    def _value(self, name: str) -> str | None:
        """The code that a cell stands for, the fixed one, or None with a reason."""
        fixed = self.mapping.fixed.get(name)
        if fixed is not None:
            return fixed
        text = self._text(name)
        code = self.mapping.values.get(name, {}).get(text) or self.mapping.otherwise.get(name)
        if code is None:
            self._refuse("value_unknown", column=self.mapping.columns.get(name, name), value=text[:SHOWN_OF_A_CELL])
        return code

    def _grade(self, name: str) -> str | None:
        """Severity, urgency or impact: as the file says, else fixed, else None: the category's own."""
        if name in self.mapping.fixed or (name in self.mapping.columns and self._text(name)):
            return self._value(name)
        return None

    def _leaf(self) -> str | None:
        text = self._text("category")
        code = self.mapping.leaf(text)
        if code is None:
            self._refuse(
                "value_unknown", column=self.mapping.columns.get("category", "category"), value=text[:SHOWN_OF_A_CELL]
            )
        return code

    def _on_time(self, closed: bool) -> bool | None:
        text = self._text("on_time")
        if not closed or not text:
            return None
        code = self._value("on_time")
        return None if code is None else code == "yes"

    def _texts(self) -> dict[str, str]:
        texts = {
            code: rule.join.join(dict.fromkeys(filter(None, (self._cell_of(code, one) for one in rule.columns))))
            for code, rule in self.mapping.texts.items()
        }
        return {code: text for code, text in texts.items() if text}

    def _cell_of(self, code: str, column: str) -> str:
        text = self._cell(column)
        return self._digits(text, column) if code == PHONE else text

    def _number(self, name: str) -> str:
        column = self.mapping.columns.get(name)
        return "" if column is None else self._digits(self._cell(column), column)

    def _digits(self, text: str, column: str) -> str:
        """A number as it was meant: without the point that a spreadsheet added; one that it shortened is refused."""
        if SHORTENED.fullmatch(text):
            self._refuse("number_shortened", column=column, value=text[:SHOWN_OF_A_CELL])
        whole = WHOLE.fullmatch(text)
        return whole[1] if whole else text

    def _text(self, name: str) -> str:
        column = self.mapping.columns.get(name)
        return "" if column is None else self._cell(column)

    def _cell(self, column: str) -> str:
        text = text_of(self.cells.get(column, ""))
        return "" if text in self.mapping.blank else text

    def _refuse(self, reason: str, **params: object) -> None:
        self.reasons.append(Message(f"import.row.{reason}", params))
