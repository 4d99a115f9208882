"""Fields that people fill in on forms of complaints: moments in the office's time, amounts, lists of measures.

A field that cannot be read keeps what was typed and says why; nothing raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import Field, StringField, TextAreaField
from wtforms.widgets import DateInput, DateTimeLocalInput, NumberInput, TextInput

from policies.message import Message

LONGEST = 4000
LINE = 200
LARGEST = Decimal("99999999.99")
FORMATS = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M")
FIRST_YEAR, LAST_YEAR = 1970, 2200
MOST_DIGITS = 6  # of a number of days


def clean(text: str | None) -> str:
    """Text without control characters and half characters, line ends kept."""
    kept = "".join(char for char in text or "" if char in "\n\t" or char.isprintable())
    return kept.encode("utf-8", "ignore").decode().strip()


def read_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """An aware UTC moment from what was typed in the office's time; None when it cannot be read."""
    for form in FORMATS:
        try:
            typed = datetime.strptime(text.strip(), form)  # noqa: DTZ007 - the office's zone is put to it below
        except ValueError:
            continue
        if FIRST_YEAR <= typed.year <= LAST_YEAR:
            return typed.replace(tzinfo=zone).astimezone(UTC)
    return None


class Required:
    """Marks a field as needed; whether it was given is for the rules, together with everything else."""

    field_flags = {"required": True}

    def __call__(self, form: object, field: object) -> None:
        """Nothing to do here."""


class MomentField(Field):
    """A moment, typed in the office's time; ``data`` is aware UTC. The form sets ``zone``."""

    widget = DateTimeLocalInput()

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        self.zone = zone
        super().__init__(*args, **kwargs)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M") if self.data else ""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        text = clean(str(valuelist[0])) if valuelist else ""
        self.data = read_moment(text, self.zone) if text else None
        if text and self.data is None:
            raise ValueError(Message("form.moment_unreadable"))


class DayField(Field):
    """A day of the office's calendar."""

    widget = DateInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.isoformat() if self.data else ""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        text = clean(str(valuelist[0])) if valuelist else ""
        self.data = read_day(text) if text else None
        if text and self.data is None:
            raise ValueError(Message("form.day_unreadable"))


def read_day(text: str) -> date | None:
    """A day from what was typed, 2026-08-25 or 2026/08/25; None when it cannot be read."""
    try:
        day = date.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


class DaysField(Field):
    """A whole number of days."""

    widget = NumberInput(step=1, min=1)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        text = clean(str(valuelist[0])) if valuelist else ""
        readable = text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
        self.data = int(text) if readable else None
        if text and not readable:
            raise ValueError(Message("form.days_unreadable"))


class MoneyField(Field):
    """An amount with at most two decimals, not negative; a thousands comma is let through."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        text = clean(str(valuelist[0])).replace(",", "").replace("\uff0c", "") if valuelist else ""
        self.data = None
        if text:
            self.data = read_money(text)
            if self.data is None:
                raise ValueError(Message("form.money_unreadable"))


def read_money(text: str) -> Decimal | None:
    """An amount from text; None when it is none, negative, too large or finer than a hundredth."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    exponent = amount.as_tuple().exponent
    fits = amount.is_finite() and 0 <= amount <= LARGEST and isinstance(exponent, int) and exponent >= -2
    return amount if fits else None


class LineField(StringField):
    """One line of text, cleaned."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data = " ".join(clean(str(valuelist[0])).split()) if valuelist else ""
        if len(self.data) > LINE:
            raise ValueError(Message("form.too_long", {"n": LINE}))


class WordsField(TextAreaField):
    """Running text, cleaned."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data = clean(str(valuelist[0])) if valuelist else ""
        if len(self.data) > LONGEST:
            raise ValueError(Message("form.too_long", {"n": LONGEST}))
