"""A life that was lived through the services, as a pattern: every row it left, with places where copies differ.

Nothing is known here of single tables. While a life is lived, every row of its own gets a key beyond ``OWN``, so that
each reference to it is found in whatever column or text it stands; what is sealed is noted with its purpose; numbers,
the customer's texts and dates are found by their look. A row of the office that a life changes would be forgotten:
that is refused.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from backoffice.models.base import Base, Hundredths, UtcDateTime
from backoffice.models.complaint import WorkOrder
from backoffice.models.teamwork import CorrectiveAction
from backoffice.sealing import CaseSeal
from backoffice.services.core.intake_record import tokens_of
from benchmarks.many.stage import Lived, Stage
from benchmarks.many.words import FIELDS
from policies.intake import summarise

NUMBERED: tuple[tuple[str, Any, Any], ...] = (
    ("order", WorkOrder, WorkOrder.sent_at),
    ("corrective", CorrectiveAction, CorrectiveAction.assigned_at),
)
"""What has a number of its own: the series, the rows, and when they get it."""
OWN = 910_000_000_000_000
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_OWN_KEY = r"(?<!\d)91\d{13}(?!\d)"
_ISO = r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)"
_ZH = r"(?<!\d)\d{1,2}月\d{1,2}日"
_EN = r"(?<![\w])\d{1,2} (?:" + "|".join(MONTHS) + r")(?!\w)"
Slot = tuple[Any, ...]
"""What stands at a place: ("number", n), ("id", n), ("iso"|"zh"|"en", day as ordinal), ("word", field),
("sealed",)."""


class SharedRowError(Exception):
    """A life changed a row that is not its own, so that copies of it would lack that."""


@dataclass
class Text:
    """A text with places: ``form`` is for ``%``, ``slots`` says what goes there, one after another."""

    form: str
    slots: tuple[Slot, ...]


@dataclass
class Sealed:
    """A ciphertext: what was sealed, for which purpose (which may name a number too)."""

    text: Text
    context: Text


@dataclass
class Row:
    """A row: its values, and by place in it what must be made anew (``Text``, ``Sealed``, a slot of an id, a mark)."""

    values: list[Any]
    made: dict[int, Any]


@dataclass
class Pattern:
    """All rows of a life by table. ``ids``: table of each of its keys in their order; ``numbers``: series and moment of
    each number that was given, the complaint's first; ``days``: first and last day that stand in it."""

    lived: Lived
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    numbers: list[tuple[str, datetime]] = field(default_factory=list)
    fields: tuple[str, ...] = ()
    days: tuple[int, int] = (0, 0)

    def value(self, table: str, column: str) -> Any:
        """What stands in its first row of a table, where copies do not differ."""
        return self.rows[table][0].values[self.columns[table].index(column)]


@contextmanager
def watching(session: Session) -> Iterator[dict[bytes, tuple[str, str]]]:
    """While a life is lived: gives keys to its rows and notes what is sealed, as ciphertext → (text, purpose)."""
    keys, sealed = itertools.count(OWN), dict[bytes, tuple[str, str]]()
    plain = CaseSeal.seal

    def numbered(session: Session, _context: object, _instances: object) -> None:
        for made in session.new:
            if hasattr(made, "id") and made.id is None:
                made.id = next(keys)
        for changed in session.dirty:
            own = getattr(changed, "complaint_id", None) or getattr(changed, "id", None) or 0
            if session.is_modified(changed) and own < OWN:
                raise SharedRowError(f"a life changed {changed!r}, which belongs to the office")

    def noted(self: CaseSeal, content: bytes | str, context: str) -> bytes:
        made = plain(self, content, context)
        sealed[made] = (content if isinstance(content, str) else content.decode(), context)
        return made

    event.listen(session, "before_flush", numbered)
    CaseSeal.seal = noted  # type: ignore[method-assign]
    try:
        yield sealed
    finally:
        CaseSeal.seal = plain  # type: ignore[method-assign]
        event.remove(session, "before_flush", numbered)


def read(session: Session, stage: Stage, lived: Lived, sealed: dict[bytes, tuple[str, str]]) -> Pattern:
    """The rows of a life that was just lived, as a pattern."""
    session.flush()
    return _Reader(session, stage, lived, sealed).pattern()


class _Reader:
    def __init__(self, session: Session, stage: Stage, lived: Lived, sealed: dict[bytes, tuple[str, str]]) -> None:
        self.session, self.sealed, self.lived = session, sealed, lived
        self.dialect = session.get_bind().dialect.name
        self.tokens = {token: ("token", kind) for kind, token in tokens_of(stage.keys, lived.life.texts)}
        self.received = lived.life.received_at.date()
        self.seen: set[int] = set()
        self.base64 = {base64.b64encode(one).decode(): one for one in sealed}
        self.numbers = [("complaint", lived.number, lived.life.received_at)]
        for series, model, moment in NUMBERED:
            mine = sa.select(model.number, moment).where(model.complaint_id == lived.complaint_id).order_by(model.id)
            self.numbers += [(series, *row) for row in session.execute(mine)]
        self.needles = self._needles()
        literal = "|".join(re.escape(one) for one in sorted(self.needles, key=len, reverse=True))
        self.places = re.compile(f"({literal}|{_OWN_KEY}|{_ISO}|{_ZH}|{_EN})")
        self.ids: dict[int, int] = {}

    def _needles(self) -> dict[str, Slot]:
        texts = self.lived.life.texts
        found: dict[str, Slot] = {texts[name]: ("word", name) for name in FIELDS}
        found[summarise(texts["what"])] = ("word", "summary")
        return found | {number: ("number", place) for place, (_, number, _) in enumerate(self.numbers)}

    def pattern(self) -> Pattern:
        found = Pattern(self.lived, numbers=[(series, at) for series, _, at in self.numbers])
        tables = []
        for table in Base.metadata.sorted_tables:
            keys = [one for one in table.primary_key.columns if isinstance(one.type, sa.BigInteger)]
            if keys:
                own = sa.or_(*(one >= OWN for one in keys))
                rows = self.session.execute(sa.select(table).where(own).order_by(*table.primary_key.columns)).all()
                tables += [(table, rows)] if rows else []
        for table, rows in tables:  # first all keys, since a row may name one of a later table
            for row in rows if "id" in table.c else ():
                self.ids[row.id] = len(found.ids)
                found.ids.append(table.name)
        for table, rows in tables:
            found.columns[table.name] = tuple(one.name for one in table.columns)
            found.rows[table.name] = [self._row(table, row) for row in rows]
        record = json.loads(next(text for text, purpose in self.sealed.values() if purpose == "record"))
        found.fields = tuple(name for name in FIELDS if name in record)
        found.days = (min(self.seen), max(self.seen))
        return found

    def _row(self, table: sa.Table, row: Any) -> Row:
        made = Row([], {})
        for place, column in enumerate(table.columns):
            value = self._value(table.name, column, row[place])
            if isinstance(value, Text) and not value.slots:
                value = value.form % ()
            if isinstance(value, Text | Sealed | tuple):
                made.made[place], value = value, None
            made.values.append(value)
        return made

    def _value(self, table: str, column: sa.Column[Any], value: Any) -> Any:
        """A value in the form in which the database keeps it, or what makes it anew."""
        if value is None:
            return None
        if isinstance(value, bytes | memoryview):
            return self._bytes(table, column.name, bytes(value))
        if isinstance(value, str) and not isinstance(value, StrEnum) and not isinstance(column.type, sa.JSON):
            return self._body(value) if (table, column.name) == ("event", "body") else self._text(value)
        return self._plain(column, value)

    def _plain(self, column: sa.Column[Any], value: Any) -> Any:
        if isinstance(column.type, UtcDateTime):
            return self._text(f"{value:%Y-%m-%d %H:%M:%S.%f}" + ("+00" if self.dialect == "postgresql" else ""))
        if isinstance(value, date):
            return self._text(value.isoformat())
        if isinstance(column.type, sa.JSON):
            return self._text(json.dumps(value))
        if isinstance(column.type, Hundredths):
            return int(Decimal(value) * 100)
        if isinstance(value, StrEnum):
            return value.value
        if isinstance(value, bool):
            return int(value) if self.dialect == "sqlite" else value
        return ("id", self.ids[value]) if value >= OWN else value

    def _bytes(self, table: str, column: str, value: bytes) -> Any:
        if value in self.sealed:
            text, context = self.sealed[value]
            return Sealed(self._text(text), self._text(context))
        mark = self.tokens.get(value) or {("complaint", "sealed_key"): ("key",), ("event", "mac"): ("mac",),
                                          ("chain_head", "mac"): ("head",)}.get((table, column))  # fmt: skip
        if mark is None:
            raise SharedRowError(f"{table}.{column} holds bytes of which nobody knows what they are")
        return mark

    def _body(self, body: str) -> Any:
        """An event's text; what is sealed in it is made first."""
        content = json.loads(body)
        inner = content.get("sealed")
        if inner is None:
            return ("body", self._text(body), None)
        text, context = self.sealed[self.base64[inner]]
        before, after = body.split(inner)
        first, last = self._text(before), self._text(after)
        whole = Text(f"{first.form}%s{last.form}", (*first.slots, ("sealed",), *last.slots))
        return ("body", whole, Sealed(self._text(text), self._text(context)))

    def _text(self, text: str) -> Text:
        pieces, slots = [], list[Slot]()
        for place, piece in enumerate(self.places.split(text)):
            slot = self._slot(piece) if place % 2 else None
            pieces.append(piece.replace("%", "%%") if slot is None else "%s")
            slots += [] if slot is None else [slot]
        return Text("".join(pieces), tuple(slots))

    def _slot(self, piece: str) -> Slot | None:
        known = self.needles.get(piece)
        if known is not None:
            return known
        if piece.isdecimal():
            return ("id", self.ids[int(piece)])
        if "月" in piece:
            month, day = (int(one) for one in piece[:-1].split("月"))
            return self._day("zh", month, day)
        if " " in piece:
            day_text, name = piece.split()
            return self._day("en", MONTHS.index(name) + 1, int(day_text))
        try:
            found = date.fromisoformat(piece).toordinal()
        except ValueError:
            return None
        self.seen.add(found)
        return ("iso", found)

    def _day(self, form: str, month: int, day: int) -> Slot | None:
        """A date without its year: that of the year in which it is nearest to the receipt."""
        able = []
        for year in (self.received.year - 1, self.received.year, self.received.year + 1):
            try:
                able.append(date(year, month, day).toordinal())
            except ValueError:
                continue
        if not able:
            return None
        found = min(able, key=lambda one: abs(one - self.received.toordinal()))
        self.seen.add(found)
        return (form, found)
