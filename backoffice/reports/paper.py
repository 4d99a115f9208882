"""The printing room: templates of printed documents, apart from those of the pages, and how they get their words."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from backoffice.reports.blocks import Mono, Tick, pieces
from backoffice.reports.glyphs import named, named_markup, printable
from policies.message import Message

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "print"
Say = Callable[[Message], str]

_CHINESE_DIGITS = "零一二三四五六七八九"


@cache
def environment() -> Environment:
    """Templates of printed documents: undefined names are errors, everything is escaped."""
    room = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    room.tests["mono"] = lambda piece: isinstance(piece, Mono)
    room.tests["tick"] = lambda piece: isinstance(piece, Tick)
    room.filters["pieces"] = pieces
    return room


def render(template: str, say: Say, missing: frozenset[str] = frozenset(), **content: object) -> str:
    """HTML of ``template``. In it ``text(x)`` is for the page, ``plain(x)`` for attributes and the title; both take
    a str or a Message. ``sentence(key, …)`` makes a Message, ``message(key, …)`` shows one at once. Characters in
    ``missing`` have no glyph here and are shown as their code.
    """

    def words(value: str | Message) -> str:
        return printable(say(value) if isinstance(value, Message) else value)

    def text(value: str | Message) -> Markup:
        return named_markup(words(value), missing)

    def plain(value: str | Message) -> str:
        return named(words(value), missing)

    def sentence(key: str, **params: object) -> Message:
        return Message(key, params)

    def message(key: str, **params: object) -> Markup:
        return text(sentence(key, **params))

    words_of = {"text": text, "plain": plain, "message": message, "sentence": sentence}
    return environment().get_template(template).render(**words_of, **content)


def ordinal(number: int, language: str) -> str:
    """Number of a part: 一 … 九十九 in Chinese, digits elsewhere."""
    if not language.startswith("zh") or not 0 < number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    head = ("" if tens == 1 else _CHINESE_DIGITS[tens]) + "十" if tens else ""
    return head + (_CHINESE_DIGITS[ones] if ones else "")


def size_text(size: int) -> str:
    """A file's size for people: bytes in B, KB, MB of 1024, with one decimal below ten."""
    if size < 1024:
        return f"{size} B"
    value, unit = size / 1024, "KB"
    if value >= 1024:
        value, unit = value / 1024, "MB"
    return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
