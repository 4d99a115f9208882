"""The forms of a page, read from its markup: which controls a form has, what stands in them, the form filled in anew.

The markup is the desk's own, well formed and escaped: quotes around what an attribute holds, no sign of a tag in text.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

FORM = re.compile(r"<form\b[^>]*>.*?</form>", re.DOTALL)
_OPENING = re.compile(r"<form\b[^>]*>")
_ATTRIBUTE = re.compile(r"""([\w:.-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?""")
_CONTROL = re.compile(
    r"<input\b[^>]*>|<textarea\b[^>]*>.*?</textarea>|<select\b[^>]*>.*?</select>", re.DOTALL | re.IGNORECASE
)
_OPTION = re.compile(r"<option\b[^>]*>([^<]*)", re.IGNORECASE)
_TAG = re.compile(r"<(\w+)\b([^>]*)>")
_MARKS = re.compile(r'<em class="req".*?</em>|<span class="sr-only">.*?</span>', re.DOTALL)
_ANY_TAG = re.compile(r"<[^>]+>")
_NOT_TYPED = ("submit", "button", "reset", "image", "file", "password")
_TICKS = ("checkbox", "radio")


def attributes(tag: str) -> dict[str, str]:
    """The attributes of a tag; one that holds nothing is empty."""
    found = _TAG.match(tag)
    inside = found[2] if found else ""
    return {one[1].lower(): html.unescape(one[2] or one[3] or "") for one in _ATTRIBUTE.finditer(inside)}


@dataclass(frozen=True)
class Control:
    """A control of a form. ``kind``: ``line``, ``hidden``, ``tick``, ``area`` or ``choice``; ``start`` and ``end`` are
    its place in the form's markup.
    """

    kind: str
    name: str
    values: tuple[str, ...]
    markup: str
    start: int
    end: int
    unseen: bool = False


@dataclass
class FormMarkup:
    """One form of a page."""

    markup: str
    start: int
    attributes: dict[str, str] = field(init=False)
    controls: list[Control] = field(init=False)

    def __post_init__(self) -> None:
        opening = _OPENING.match(self.markup)
        self.attributes = attributes(opening[0]) if opening else {}
        self.controls = list(_controls(self.markup))

    @property
    def opening_end(self) -> int:
        """Where the inside of the form begins."""
        found = _OPENING.match(self.markup)
        return found.end() if found else 0

    @property
    def posts(self) -> bool:
        """Whether it writes something."""
        return self.attributes.get("method", "").lower() == "post"

    @property
    def asks_a_secret(self) -> bool:
        """Whether a password is typed into it."""
        return any(attributes(tag[0]).get("type") == "password" for tag in re.finditer(r"<input\b[^>]*>", self.markup))

    def long_texts(self) -> int:
        """How many texts of several lines are typed into it."""
        return sum(1 for one in self.controls if one.kind == "area" and not one.unseen)

    def fields(self) -> int:
        """How many things are filled in; buttons of one choice are one."""
        return len({one.name for one in self.controls if one.kind != "hidden" and not one.unseen})

    def values(self) -> dict[str, list[str]]:
        """What a browser would send of it."""
        found: dict[str, list[str]] = {}
        for one in self.controls:
            if one.values:
                found.setdefault(one.name, []).extend(one.values)
        return found

    def id_of(self, name: str) -> str:
        """By which an address leads to a field."""
        return next((attributes(one.markup).get("id", "") for one in self.controls if one.name == name), "")

    def label_of(self, name: str) -> str:
        """What the page calls a field."""
        group = re.search(rf'id="{re.escape(name)}-label"[^>]*>(.*?)</span>', self.markup, re.DOTALL)
        own = self._label(self.id_of(name))
        return _words(group[1]) if group else own or name

    def said(self, name: str, values: Sequence[str]) -> str:
        """Values of a field as a reader sees them: a choice by its words."""
        words = {}
        for one in self.controls:
            if one.name == name and one.kind == "choice":
                every = [(attributes(found[0]), found[1]) for found in _OPTION.finditer(one.markup)]
                words.update({own.get("value", _words(text)): _words(text) for own, text in every})
            elif one.name == name and one.kind == "tick":
                own = attributes(one.markup)
                words[own.get("value", "on")] = self._label(own.get("id", "")) or self._around(one)
        return "\n".join(words.get(value) or value for value in values)

    def _label(self, control: str) -> str:
        found = re.search(rf'<label[^>]*\bfor="{re.escape(control)}"[^>]*>(.*?)</label>', self.markup, re.DOTALL)
        return _words(found[1]) if found and control else ""

    def _around(self, one: Control) -> str:
        """The words behind a tick within its label."""
        return _words(self.markup[one.end :].partition("</label>")[0])

    def filled(self, typed: Iterable[tuple[str, str]]) -> str:
        """The form with these values in its controls; what has no value here stays, but ticks go."""
        values: dict[str, list[str]] = defaultdict(list)
        for name, value in typed:
            values[name].append(value)
        parts, at = [], 0
        for one in self.controls:
            parts += [self.markup[at : one.start], _with(one, values)]
            at = one.end
        return "".join([*parts, self.markup[at:]])


def forms_of(text: str) -> Iterator[FormMarkup]:
    """The forms of a page, in their order."""
    for found in FORM.finditer(text):
        yield FormMarkup(found[0], found.start())


def _controls(markup: str) -> Iterator[Control]:
    for found in _CONTROL.finditer(markup):
        own = attributes(found[0])
        name, kind = own.get("name", ""), own.get("type", "text").lower()
        tag = found[0][1:].partition(" ")[0].lower()
        if not name or (tag == "input" and kind in _NOT_TYPED):
            continue
        place = (found[0], found.start(), found.end(), "hidden" in own or "disabled" in own)
        if tag == "textarea":
            yield Control("area", name, (_area_text(found[0]),), *place)
        elif tag == "select":
            yield Control("choice", name, _chosen(found[0], many="multiple" in own), *place)
        elif kind in _TICKS:
            yield Control("tick", name, (own.get("value", "on"),) if "checked" in own else (), *place)
        else:
            yield Control("hidden" if kind == "hidden" else "line", name, (own.get("value", ""),), *place)


def _words(markup: str) -> str:
    """The text of a label without its marks."""
    return " ".join(html.unescape(_ANY_TAG.sub("", _MARKS.sub("", markup))).split())


def _area_text(markup: str) -> str:
    inside = markup[markup.index(">") + 1 : markup.rindex("</")]
    text = html.unescape(inside).replace("\r\n", "\n")
    return text.removeprefix("\n")


def _chosen(markup: str, *, many: bool) -> tuple[str, ...]:
    every = [(attributes(one[0]), html.unescape(one[1]).strip()) for one in _OPTION.finditer(markup)]
    values = [(own.get("value", text), "selected" in own) for own, text in every]
    chosen = tuple(value for value, selected in values if selected)
    if chosen or many or not values:
        return chosen
    return (values[0][0],)


def _with(one: Control, values: dict[str, list[str]]) -> str:
    given = values.get(one.name)
    if one.kind == "tick":
        tag = _set(one.markup, "checked", None)
        own = attributes(tag).get("value", "on")
        return _set(tag, "checked", "") if given and own in given else tag
    if not given:
        return one.markup
    if one.kind == "choice":
        return _OPTION.sub(lambda found: _option(found[0], found[1], given), one.markup)
    value = given.pop(0) if len(given) > 1 else given[0]
    if one.kind == "area":
        opening = one.markup[: one.markup.index(">") + 1]
        return f"{opening}\n{html.escape(value)}</textarea>"
    return _set(one.markup, "value", value)


def _option(markup: str, text: str, given: list[str]) -> str:
    tag = markup[: markup.index(">") + 1]
    value = attributes(tag).get("value", html.unescape(text).strip())
    tag = _set(tag, "selected", None)
    return (_set(tag, "selected", "") if value in given else tag) + text


def _set(tag: str, name: str, value: str | None) -> str:
    """The tag with this attribute, or without it for None."""
    bare = re.sub(rf"""\s{name}(?:\s*=\s*(?:"[^"]*"|'[^']*'))?(?=[\s/>])""", "", tag, count=1)
    if value is None:
        return bare
    written = f' {name}="{html.escape(value)}"' if value or name == "value" else f" {name}"
    cut = len(bare) - (2 if bare.endswith("/>") else 1)
    return bare[:cut].rstrip() + written + bare[cut:]
