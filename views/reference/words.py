"""Words of codes: what a catalogue room calls them, and how the log's values read."""

from __future__ import annotations

from typing import Any

from flask_admin import BaseView

from views import language
from views.language import _

LONGEST = 300  # characters of a value that a line shows


class Worded(BaseView):
    """A screen whose templates ask for the words of codes."""

    def render(self, template: str, **kwargs: Any) -> str:
        """Renders a template with ``words`` at hand."""
        return super().render(template, words=words, **kwargs)


def words(room: str, code: str) -> str:
    """The text of a code where the catalogue has one, else the code itself."""
    key = f"{room}.{code}"
    return _(key) if key in language.texts(language.current()) else code


def value_words(value: Any) -> str:
    """A value of the log as a line of text."""
    if value is None or value in ("", []):
        return _("layout.none")
    if isinstance(value, bool):
        return _("layout.yes") if value else _("layout.no")
    text = _plain(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_plain(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        if len(value) == 2 and all(isinstance(part, str) and len(part) == 5 and part[2:3] == ":" for part in value):
            return "–".join(value)  # a window of hours
        return ", ".join(_plain(inner) for inner in value)
    return str(value)
