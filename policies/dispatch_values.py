"""The values of dispatch elements (R10): checked by their kind, and "the customer does not know" only with a reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from policies.completeness import holds_something
from policies.intake import is_phone
from policies.message import Name, Refusal

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
LONGEST = 1000
FIELD_PREFIX = "element-"
ELEMENT_MISSING = "dispatch_rules.element.missing"
NAMELESS = Name("", "")


class ElementKind(StrEnum):
    """What kind of value an element takes."""

    TEXT = "text"
    ADDRESS = "address"
    PHONE = "phone"
    PERIOD = "period"
    MONTH = "month"
    MONEY = "money"
    DATE_TIME = "date_time"
    CHOICE = "choice"
    YES_NO = "yes_no"
    FILE = "file"


@dataclass(frozen=True)
class ElementDefinition:
    """An element of the office's list: its code, kind, name, and the choices if it names any."""

    code: str
    kind: ElementKind = ElementKind.TEXT
    name: Name = NAMELESS
    choices: tuple[str, ...] = ()

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ElementDefinition:
        """From the form of ``office/categories.yaml``; raises ``ValueError`` for a kind that there is not."""
        name = data.get("name", {})
        return cls(
            str(data["code"]),
            ElementKind(data["kind"]),
            Name(str(name.get("zh", "")), str(name.get("en", ""))),
            tuple(str(choice) for choice in data.get("choices", ())),
        )

    @property
    def shown(self) -> Name | str:
        """What a message calls it."""
        return self.name if any(self.name) else self.code


@dataclass(frozen=True)
class ElementValue:
    """What was entered: a text, or that the customer does not know, and why."""

    text: str = ""
    unknown: bool = False
    reason: str = ""

    @classmethod
    def from_data(cls, data: object) -> ElementValue:
        """From the stored form: a plain text (or yes/no), or ``{"unknown": true, "reason": …}``."""
        if isinstance(data, Mapping):
            return cls(str(data.get("text", "")), bool(data.get("unknown")), str(data.get("reason", "")))
        if isinstance(data, bool):
            return cls("yes" if data else "no")
        return cls("" if data is None else str(data))

    def as_data(self) -> str | dict[str, object]:
        """The form in which it is stored."""
        return {"unknown": True, "reason": self.reason.strip()} if self.unknown else self.text.strip()


def field_name(code: str) -> str:
    """The name of an element's field in a form."""
    return FIELD_PREFIX + code


def refuse_value(element: ElementDefinition, value: ElementValue | None) -> Refusal | None:
    """Why a value does not do, or None."""
    if value is not None and value.unknown:
        return None if holds_something(value.reason) else _refused(element, "unknown_without_reason")
    text = "" if value is None else value.text.strip()
    if not holds_something(text):
        return _refused(element, "missing")
    if len(text) > LONGEST:
        return _refused(element, "too_long", longest=LONGEST)
    return None if _fits(element, text) else _refused(element, f"not_a_{element.kind.value}")


def _fits(element: ElementDefinition, text: str) -> bool:
    match element.kind:
        case ElementKind.PHONE:
            return is_phone(text)
        case ElementKind.MONTH:
            return MONTH.fullmatch(text) is not None
        case ElementKind.MONEY:
            return _is_money(text)
        case ElementKind.DATE_TIME:
            return _moment(text) is not None
        case ElementKind.YES_NO:
            return text in ("yes", "no")
        case ElementKind.CHOICE:
            return not element.choices or text in element.choices
        case ElementKind.PERIOD:
            return _is_period(text)
    return True


def _is_money(text: str) -> bool:
    try:
        amount = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return False
    exponent = amount.as_tuple().exponent
    return amount.is_finite() and amount >= 0 and isinstance(exponent, int) and exponent >= -2


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _is_period(text: str) -> bool:
    """Words will do ("every evening"); two moments ``from/to`` must follow one another."""
    start, divided, end = text.partition("/")
    first, last = _moment(start.strip()), _moment(end.strip())
    if not divided or first is None or last is None:
        return True
    return (first.tzinfo is None) == (last.tzinfo is None) and first <= last


def _refused(element: ElementDefinition, reason: str, **params: object) -> Refusal:
    params["element"] = element.shown
    return Refusal(f"dispatch_rules.element.{reason}", params, field=field_name(element.code), status=422)
