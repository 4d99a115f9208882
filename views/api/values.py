"""The fields of an action from JSON: put into the controls of its form, so that they are read as they are from a page.

JSON says more than a form does: yes and no, numbers, lists, codes of people and departments, moments with their zone.
What is of another kind than its field, or none of what there is to choose from, is refused with the field's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from wtforms import Form, RadioField, SelectField, SelectMultipleField

from backoffice.errors import DomainError
from backoffice.models.office import Department, Staff
from forms.actions import MEASURE_ROWS, read_elements
from forms.rows import GROUPS
from policies.fields import FIELD_KINDS, ROW_KINDS, FieldKind
from policies.message import Message, Refusal
from views import context

Pairs = list[tuple[str, str]]
ELEMENTS = "elements"
PEOPLE = {FieldKind.STAFF: Staff, FieldKind.STAFF_LIST: Staff, FieldKind.DEPARTMENT: Department}
NUMBERS = (FieldKind.MONEY, FieldKind.DAYS, FieldKind.SCORE)
MEASURE = ("text", "kind", "amount", "expected_at")
SHORT = 60


def posted(session: Session, codes: Sequence[str], fields: Mapping[str, Any]) -> MultiDict[str, str]:
    """What the form would have been sent; raises every field that cannot be put into it."""
    pairs: Pairs = []
    refusals: list[Refusal] = []
    for code, value in fields.items():
        kind = FIELD_KINDS.get(code, FieldKind.TEXT)
        if code not in codes or kind is FieldKind.FILE:
            refusals.append(_refused("unknown", code))
        elif value is not None:
            try:
                pairs.extend(_pairs(session, code, kind, value))
            except DomainError as error:
                refusals.extend(error.refusals)
    if refusals:
        raise DomainError(refusals)
    return MultiDict(pairs)


def elements(value: Any, codes: Sequence[str]) -> dict[str, Any]:
    """The elements of a work order: a text each, or that the customer does not know, and why."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DomainError(_refused("object", ELEMENTS))
    found: dict[str, str] = {}
    for code, one in value.items():
        if code not in codes:
            raise DomainError(_refused("unknown", f"{ELEMENTS}.{code}"))
        if isinstance(one, str):
            found[f"element-{code}"] = one
        elif isinstance(one, dict) and set(one) <= {"unknown", "reason"} and isinstance(one.get("reason", ""), str):
            found |= {f"element-{code}-unknown": "y", f"element-{code}-reason": one.get("reason", "")}
        else:
            raise DomainError(_refused("text", f"{ELEMENTS}.{code}"))
    return read_elements(found, codes)


def faults_of(form: Form) -> list[Refusal]:
    """What the form could not read, and what is none of what it offers; a department is left to the rules (R11)."""
    form.validate()
    found = [
        Refusal(text.key, text.params, field=control.name, status=422)
        for control in form
        for text in control.errors
        if isinstance(text, Message)
    ]
    for control in form:
        if isinstance(control, (SelectField, RadioField, SelectMultipleField)) and _is_asked(control.name):
            chosen = control.data if isinstance(control.data, list) else [control.data]
            there = {str(value) for value, _text in offered(control)}
            if any(one and str(one) not in there for one in chosen):
                found.append(_refused("choice", control.name, choices=", ".join(sorted(there - {""}))[:1000]))
    return found


def _is_asked(name: str) -> bool:
    return FIELD_KINDS.get(name) is not FieldKind.DEPARTMENT


def offered(control: Any) -> list[tuple[Any, Any]]:
    """The pairs that a control offers."""
    choices = control.choices or []
    return [pair for group in choices.values() for pair in group] if isinstance(choices, dict) else list(choices)


def _pairs(session: Session, code: str, kind: FieldKind, value: Any) -> Iterator[tuple[str, str]]:
    if kind is FieldKind.MEASURES:
        yield from _rows("measure", code, MEASURE, MEASURE_ROWS, value)
    elif kind in ROW_KINDS:
        group = GROUPS[kind]
        several = [value] if isinstance(value, dict) else value
        for name, text in _rows(code, code, group.parts, group.rows, several):
            yield name, _key_of(session, Staff, text, code) if name.endswith("_owner") else text
    elif kind is FieldKind.STAFF_LIST:
        if not isinstance(value, list):
            raise DomainError(_refused("list", code))
        for one in value:
            yield code, _key_of(session, Staff, one, code)
    elif kind in PEOPLE:
        yield code, _key_of(session, PEOPLE[kind], value, code)
    else:
        yield code, _text(code, kind, value)


def _rows(prefix: str, code: str, parts: Sequence[str], most: int, value: Any) -> Iterator[tuple[str, str]]:
    """Rows of parts, as ``measure_0_text`` and its like."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise DomainError(_refused("list", code))
    if len(value) > most:
        raise DomainError(_refused("too_many", code, longest=most))
    for place, row in enumerate(value):
        for part, one in row.items():
            if part not in parts:
                raise DomainError(_refused("unknown", f"{code}.{place}.{part}"))
            kind = {"amount": FieldKind.MONEY, "expected_at": FieldKind.MOMENT}.get(part, FieldKind.LINE)
            if one is not None:
                yield f"{prefix}_{place}_{part}", _text(f"{code}.{place}.{part}", kind, one)


def _text(field: str, kind: FieldKind, value: Any) -> str:
    """A value as it is typed into a control."""
    if kind is FieldKind.YES_NO:
        if not isinstance(value, bool):
            raise DomainError(_refused("yes_no", field))
        return "yes" if value else "no"
    if kind in NUMBERS and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if field == "measure" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise DomainError(_refused("text", field))
    return _moment(field, value) if kind is FieldKind.MOMENT else value


def _moment(field: str, value: str) -> str:
    """A moment with its zone as the office would type it."""
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None or not value[:4].isdecimal():
            raise ValueError
        return at.astimezone(context.zone()).strftime("%Y-%m-%dT%H:%M:%S")
    except (ValueError, OverflowError) as error:
        raise DomainError(_refused("moment", field)) from error


def _key_of(session: Session, model: Any, code: Any, field: str) -> str:
    """The id of who or what has this code."""
    found = session.scalar(sa.select(model.id).where(model.code == code)) if isinstance(code, str) else None
    if found is None:
        raise DomainError(_refused("no_code", field))
    return str(found)


def _refused(code: str, field: str, **params: object) -> Refusal:
    shown = "".join(sign if sign.isprintable() else "?" for sign in field)[:SHORT]
    shown = shown.encode("utf-8", "replace").decode()
    return Refusal(f"api.field.{code}", {"field": shown, **params}, field=shown, status=422)
