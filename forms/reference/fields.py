"""Kinds of fields that the office's own data needs: codes, choices, dates, hours, lists typed line by line.

A field turns what was typed into a plain value, or says why it cannot; all further rules are the services', which name
the field that they refuse. Labels and faults are messages: forms stand below the languages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from wtforms import BooleanField, Form, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from forms.fields import FIRST_YEAR, LAST_YEAR
from policies.calendar_days import read_hours, show_hours
from policies.category_tree import Symptom
from policies.message import Message
from policies.reference import refused

LONGEST_NUMBER = 12  # digits; a longer one is none that the desk could mean
SEPARATOR = "|"


class Required:
    """Marks a field as needed; whether it was given is asked by the service, together with everything else."""

    field_flags = {"required": True}

    def __call__(self, form: Form, field: Any) -> None:
        """Nothing to do here."""


def _words(key: str | Message) -> Message:
    return Message(key) if isinstance(key, str) else key


def _strip(text: str | None) -> str:
    return (text or "").strip()


def line(key: str, longest: int, *, required: bool = False, help_key: str = "", **attributes: Any) -> StringField:
    """One line of text of at most ``longest`` characters."""
    return StringField(
        Message(key),
        [Required()] if required else [],
        filters=[_strip],
        description=Message(help_key) if help_key else "",
        render_kw={"maxlength": longest, **attributes},
    )


def text(key: str, longest: int, *, required: bool = False, help_key: str = "", rows: int = 3) -> TextAreaField:
    """Several lines of text."""
    return TextAreaField(
        Message(key),
        [Required()] if required else [],
        filters=[_strip],
        description=Message(help_key) if help_key else "",
        render_kw={"maxlength": longest, "rows": rows},
    )


def tick(key: str, *, help_key: str = "") -> BooleanField:
    """Yes or no."""
    return BooleanField(Message(key), description=Message(help_key) if help_key else "")


def reason() -> TextAreaField:
    """Why something is taken out of use, or put back."""
    return text("reference.field.reason", 400, required=True, help_key="reference.help.reason")


class ChoiceField(SelectField):
    """One of a list that the view fills in as ``choices``; ``coerce`` reads a value, nothing chosen is None."""

    def __init__(
        self,
        key: str | Message,
        coerce: Callable[[str], Any] = str,
        *,
        required: bool = False,
        help_key: str = "",
        **given: Any,
    ) -> None:
        validators = [Required()] if required else []
        description = Message(help_key) if help_key else ""
        super().__init__(
            _words(key),
            validators,
            coerce=lambda value: None if value in ("", None) else coerce(value),
            choices=[],
            description=description,
            **given,
        )

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the choice; what is none of the list is refused by ``pre_validate``."""
        if not valuelist:
            return
        try:
            self.data = self.coerce(valuelist[0])
        except (ValueError, OverflowError) as fault:
            self.data = None
            raise ValueError(refused("unknown")) from fault

    def pre_validate(self, form: Form) -> None:
        """Only what is offered may be chosen."""
        if self.data is not None and all(self.data != choice[0] for choice in self._offered()):
            raise ValidationError(refused("unknown"))

    def _offered(self) -> Iterable[tuple[Any, ...]]:
        choices = self.choices or []
        if isinstance(choices, dict):
            return [choice for group in choices.values() for choice in group]
        return choices


class ChoicesField(SelectMultipleField):
    """Any number of a list that the view fills in as ``choices``, shown as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, key: str, *, help_key: str = "", required: bool = False, **given: Any) -> None:
        super().__init__(
            Message(key),
            [Required()] if required else [],
            choices=[],
            description=Message(help_key) if help_key else "",
            **given,
        )

    def pre_validate(self, form: Form) -> None:
        """Only what is offered may be chosen."""
        offered = {choice[0] for choice in self.choices or []}
        if any(value not in offered for value in self.data or ()):
            raise ValidationError(refused("unknown"))


class WholeField(StringField):
    """A whole number of ASCII digits, or nothing."""

    def __init__(
        self, key: str | Message, *, required: bool = False, help_key: str | Message = "", **given: Any
    ) -> None:
        super().__init__(
            _words(key),
            [Required()] if required else [],
            description=_words(help_key) if help_key else "",
            render_kw={"inputmode": "numeric", "maxlength": LONGEST_NUMBER, "autocomplete": "off"},
            **given,
        )

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number; a blank field is None."""
        typed = _strip(valuelist[0]) if valuelist else ""
        self.typed = typed
        self.data: int | None = None
        if typed:
            if not (typed.isascii() and typed.isdigit() and len(typed) <= LONGEST_NUMBER):
                raise ValueError(refused("number"))
            self.data = int(typed)

    def _value(self) -> str:
        if getattr(self, "typed", None) is not None:
            return str(self.typed)
        return "" if self.data is None else str(self.data)


class DateField(StringField):
    """A date written ``2027-01-31``, or nothing."""

    def __init__(self, key: str, *, required: bool = False, help_key: str = "", **given: Any) -> None:
        super().__init__(
            Message(key),
            [Required()] if required else [],
            description=Message(help_key) if help_key else "",
            render_kw={"maxlength": 10, "autocomplete": "off", "inputmode": "numeric"},
            **given,
        )

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the date; a blank field is None."""
        typed = _strip(valuelist[0]) if valuelist else ""
        self.typed = typed
        self.data: date | None = None
        if typed:
            try:
                self.data = date.fromisoformat(typed) if len(typed) == 10 else None
            except ValueError:
                self.data = None
            if self.data is None or not FIRST_YEAR <= self.data.year <= LAST_YEAR:
                self.data = None
                raise ValueError(refused("date"))

    def _value(self) -> str:
        if getattr(self, "typed", None) is not None:
            return str(self.typed)
        return "" if self.data is None else self.data.isoformat()


class HoursField(StringField):
    """Hours of a day as people write them, ``08:30–12:00, 13:30–18:00``; as data pairs of times. Blank: closed."""

    def __init__(self, key: str, *, help_key: str = "", **given: Any) -> None:
        super().__init__(
            Message(key),
            description=Message(help_key) if help_key else "",
            render_kw={"maxlength": 120, "autocomplete": "off"},
            **given,
        )

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the pairs; what is none is left for the service to name."""
        self.typed = _strip(valuelist[0])[:200] if valuelist else ""
        self.data: list[list[str]] = read_hours(self.typed)

    def _value(self) -> str:
        if getattr(self, "typed", None) is not None:
            return str(self.typed)
        return show_hours(self.data or [])


class LinesField(TextAreaField):
    """Short texts, one a line; blank lines do not count."""

    def __init__(self, key: str, longest: int, *, help_key: str = "", rows: int = 4, **given: Any) -> None:
        super().__init__(
            Message(key),
            description=Message(help_key) if help_key else "",
            render_kw={"maxlength": longest, "rows": rows},
            **given,
        )

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the lines."""
        self.typed = valuelist[0] if valuelist else ""
        self.data: tuple[Any, ...] = tuple(self.read(number, row) for number, row in lines_of(self.typed))

    def read(self, number: int, row: str) -> Any:
        """One line as a value; ``number`` counts the lines that are not blank."""
        return row

    def write(self, value: Any) -> str:
        """A value as its line."""
        return str(value)

    def _value(self) -> str:
        if getattr(self, "typed", None) is not None:
            return str(self.typed)
        return "\n".join(self.write(value) for value in self.data or ())


class SymptomsField(LinesField):
    """Symptoms of a leaf (R7), one a line: ``code | Chinese name | English name``."""

    def read(self, number: int, row: str) -> Symptom:
        """A symptom of its three parts."""
        parts = [part.strip() for part in row.replace("｜", SEPARATOR).split(SEPARATOR)]
        if len(parts) != 3:
            raise ValueError(refused("lines", line=number))
        return Symptom(*parts)

    def write(self, value: Symptom) -> str:
        """A symptom as its line."""
        return f" {SEPARATOR} ".join((value.code, value.name_zh, value.name_en))


def lines_of(typed: str) -> list[tuple[int, str]]:
    """The lines that are not blank, numbered from 1."""
    rows = [row.strip() for row in typed.splitlines()]
    return list(enumerate((row for row in rows if row), 1))


def whole(value: str | int) -> int:
    """A key as it comes in from a list of choices. Raises ``ValueError``."""
    if isinstance(value, int):
        return value
    if not (value.isascii() and value.isdigit() and len(value) <= LONGEST_NUMBER):
        raise ValueError(value)
    return int(value)


def in_order(before: Sequence[str] | None, chosen: Sequence[str] | None) -> list[str]:
    """What was chosen: first what was there before, in its order, then what is new."""
    kept = [one for one in before or () if one in (chosen or ())]
    return kept + [one for one in chosen or () if one not in kept]
