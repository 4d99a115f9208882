"""What the forms of schemes and of their shared rules have in common: numbers, bands, and rows of fields (R32)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import Form, StringField
from wtforms.fields import Field

from forms.reference import fields
from policies.message import Message

OPEN_END = "*"
Maker = Callable[[], Any]
Parts = Mapping[str, Maker]


class NumberField(StringField):
    """A number between two bounds with so many decimals at most, or nothing; what was typed stays as it was typed."""

    def __init__(
        self,
        key: str,
        lowest: int,
        highest: int,
        decimals: int,
        *,
        help_key: str = "",
        required: bool = False,
        **given: Any,
    ) -> None:
        super().__init__(
            Message(key),
            [fields.Required()] if required else [],
            description=Message(help_key) if help_key else "",
            render_kw={"inputmode": "decimal", "maxlength": 14, "autocomplete": "off"},
            **given,
        )
        self.bounds, self.decimals = (lowest, highest), decimals

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number; a blank field is None."""
        typed = valuelist[0].strip() if valuelist else ""
        self.typed = typed
        self.data: Decimal | None = None
        if typed:
            self.data = read_number(typed, self.decimals)
            lowest, highest = self.bounds
            if self.data is None or not lowest <= self.data <= highest:
                self.data = None
                raise ValueError(
                    Message(
                        "appraisal_form.refused.number",
                        {"lowest": lowest, "highest": highest, "decimals": self.decimals},
                    )
                )

    def _value(self) -> str:
        if getattr(self, "typed", None) is not None:
            return str(self.typed)
        return "" if self.data is None else str(self.data)


def read_number(typed: str, decimals: int) -> Decimal | None:
    """A number as people write it, "95 %" or "−5" among them; None where it is none or has too many decimals."""
    plain = typed.replace("−", "-").replace("－", "-").rstrip("%％ ")
    if len(plain) > 14 or not plain.isascii() or "_" in plain:
        return None
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    exponent = number.as_tuple().exponent
    return number if number.is_finite() and isinstance(exponent, int) and -decimals <= exponent <= 7 else None


def plain(value: Decimal | float | None) -> int | float | None:
    """A number as a definition keeps it; before anything was posted a field has what the definition says."""
    if value is None or not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


class BandsField(fields.LinesField):
    """Steps of scoring, one a line, the best first: ``4.5 | 100``; ``* | 0`` is whatever is left."""

    def read(self, number: int, row: str) -> tuple[Decimal | None, Decimal]:
        """An edge with its score."""
        parts = [part.strip() for part in row.replace("｜", fields.SEPARATOR).split(fields.SEPARATOR)]
        if len(parts) != 2:
            raise ValueError(Message("appraisal_form.refused.band", {"line": number}))
        edge = None if parts[0] in (OPEN_END, "＊") else read_number(parts[0], 4)
        score = read_number(parts[1], 2)
        if score is None or (edge is None and parts[0] not in (OPEN_END, "＊")):
            raise ValueError(Message("appraisal_form.refused.band", {"line": number}))
        return edge, score

    def write(self, value: tuple[Any, Any]) -> str:
        """A step as its line."""
        edge, score = value
        return f"{OPEN_END if edge is None else edge} {fields.SEPARATOR} {score}"


class RowsForm(Form):
    """A form with rows of the same fields; ``rows_of`` says how many of each part there are."""

    sizes: Mapping[str, int] = {}
    parts: Mapping[str, Parts] = {}

    def rows(self, part: str) -> list[dict[str, Field]]:
        """The rows of a part, each field by its name."""
        return [{name: self[f"{part}-{n}-{name}"] for name in self.parts[part]} for n in range(self.sizes[part])]


def rows_form(base: type[RowsForm], sizes: Mapping[str, int], parts: Mapping[str, Parts]) -> Any:
    """The form with so many rows of each part."""
    made: dict[str, Any] = {"sizes": dict(sizes), "parts": parts}
    for part, size in sizes.items():
        made |= {f"{part}-{n}-{name}": make() for n in range(size) for name, make in parts[part].items()}
    return type(f"{base.__name__}OfRows", (base,), made)


def row_data(part: str, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What rows of plain values are called in the form."""
    return {f"{part}-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}


def kept_rows(rows: Sequence[Mapping[str, Field]], *said_by: str) -> list[int]:
    """Which rows stay: those in which one of the fields ``said_by`` says something, unless they are taken out; in the
    order of their position, where they have one.
    """
    stays = [
        n
        for n, row in enumerate(rows)
        if not row["dropped"].data and any(row[name].data not in (None, "", [], ()) for name in said_by)
    ]
    if rows and "position" in rows[0]:
        stays.sort(key=lambda n: (rows[n]["position"].data is None, rows[n]["position"].data or 0, n))
    return stays


def names(row: Mapping[str, Field], key: str = "name") -> dict[str, str]:
    """What a row says in both languages."""
    return {"zh": row[f"{key}_zh"].data or "", "en": row[f"{key}_en"].data or ""}
