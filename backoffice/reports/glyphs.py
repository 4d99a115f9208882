"""Characters on paper: what is taken out before printing, and what no installed font can draw (R22).

A missing glyph prints as an empty box while the text layer still looks right, so nobody would notice. The renderer's
own record names every such character; here it is caught, and the paper shows the character's code in its place.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterable
from types import TracebackType

from markupsafe import Markup, escape

from policies.message import Message

RENDERER_LOG = "weasyprint"
MISSING_MARK = ".notdef"

# Control characters that no paper can show, and those that turn the order of reading around: a name must not be able
# to rearrange the line that it stands in.
_NEVER_PRINTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")


def printable(text: str) -> str:
    """``text`` without control characters; line ends are one kind, half a surrogate pair becomes U+FFFD."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATES.sub("\ufffd", _NEVER_PRINTED.sub("", text))


def code_point(character: str) -> str:
    """``U+20BB7`` for 𠮷: how a character is named that cannot be shown."""
    return f"U+{ord(character):04X}"


def named(text: str, missing: Iterable[str]) -> str:
    """``text`` with each of ``missing`` replaced by its code in brackets, for places that hold plain text only."""
    for character in missing:
        text = text.replace(character, f"[{code_point(character)}]")
    return text


def named_markup(text: str, missing: frozenset[str]) -> Markup:
    """``text`` escaped for a page, with each of ``missing`` shown as its code in a box."""
    if not missing or missing.isdisjoint(text):
        return escape(text)
    pattern = re.compile("([" + re.escape("".join(sorted(missing))) + "])")
    pieces = pattern.split(text)
    box = Markup('<span class="no-glyph">{}</span>')
    return Markup("").join(
        box.format(code_point(piece)) if number % 2 else escape(piece) for number, piece in enumerate(pieces)
    )


def missing_warning(missing: Iterable[str]) -> Message | None:
    """What to tell the person who prints: which characters no installed font has; None when every one printed."""
    codes = ", ".join(sorted({code_point(character) for character in missing}))
    return Message("dossier.warning.no_glyph", {"codes": codes}) if codes else None


class MissingGlyphs(logging.Handler):
    """Collects, while it is entered, the characters of this thread's rendering that no installed font has."""

    def __init__(self) -> None:
        super().__init__(level=logging.WARNING)
        self.characters: set[str] = set()
        self.complaints: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the character of a ``.notdef`` record, and any graver record as it reads."""
        if record.thread != self._thread:
            return
        if MISSING_MARK in str(record.msg) and isinstance(record.args, tuple) and record.args:
            self.characters.add(str(record.args[0]))
        elif record.levelno >= logging.ERROR:
            self.complaints.append(record.getMessage())

    def __enter__(self) -> MissingGlyphs:
        logging.getLogger(RENDERER_LOG).addHandler(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logging.getLogger(RENDERER_LOG).removeHandler(self)
