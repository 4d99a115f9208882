"""The figures of the office's rules, one field each."""

from __future__ import annotations

from wtforms import Form, HiddenField

from forms.reference import fields
from policies.figures import FIGURES, Figure


class FiguresForm(Form):
    """A whole number for each figure; ``seen`` are those that were shown, so that nobody overwrites another's."""

    seen = HiddenField()

    def says(self) -> dict[str, int | None]:
        """What was entered, by the codes of the figures."""
        return {figure.code: self[figure.code].data for figure in FIGURES}

    def saw(self) -> dict[str, int]:
        """The figures that the person was shown; nothing where that cannot be read."""
        parts = [part.split("=", 1) for part in str(self.seen.data or "").split(",") if "=" in part]
        known = {figure.code for figure in FIGURES}
        return {code: int(value) for code, value in parts if code in known and value.isascii() and value.isdigit()}


def _field(figure: Figure) -> fields.WholeField:
    return fields.WholeField(figure.label, required=True, help_key=figure.help)


for _figure in FIGURES:
    setattr(FiguresForm, _figure.code, _field(_figure))


def seen_of(values: dict[str, int]) -> str:
    """The figures as the form carries them."""
    return ",".join(f"{code}={value}" for code, value in values.items())
