"""The forms of a page as a browser reads it: read by the HTML standard's own rules, each field with what it takes.

The tests that break in walk forms with it, so that a new field is tried without anybody thinking of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote_plus, urljoin, urlsplit
from xml.etree.ElementTree import Element

import tinyhtml5

TYPED = frozenset({"text", "search", "tel", "email", "url", "password", "textarea"})
CHOSEN = frozenset({"select", "radio", "checkbox"})
UNSENT = frozenset({"submit", "button", "image", "reset"})
GOOD = {"date": "2026-11-20", "datetime-local": "2026-11-20T10:00", "time": "09:00", "month": "2026-10", "number": "1",
        "email": "somebody@example.com", "tel": "13900005555"}  # fmt: skip


@dataclass(frozen=True)
class Control:
    """A field: its name, its kind (``text``, ``date``, ``select`` …), what stands in it, what may be chosen."""

    name: str
    kind: str
    values: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def is_text(self) -> bool:
        return self.kind in TYPED

    def good(self) -> tuple[str, ...]:
        """What a person could leave standing in it or enter."""
        if self.kind in CHOSEN:
            return self.values or tuple(option for option in self.options if option)[-1:]
        if self.kind == "hidden" or any(self.values):
            return self.values
        return (GOOD.get(self.kind, "文字 text"),)


@dataclass(frozen=True)
class PageForm:
    """A form: where it goes, how, its fields in order, and the buttons with a name by which it can be sent."""

    action: str
    method: str
    controls: tuple[Control, ...]
    has_file: bool = False

    def texts(self) -> list[Control]:
        return [control for control in self.controls if control.is_text]

    def filled(self, change: Callable[[Control], tuple[str, ...] | None] = lambda _: None) -> list[tuple[str, str]]:
        """Name and value of each field: as ``change`` says, otherwise what a person could enter."""
        found = []
        for control in self.controls:
            if control.kind != "file":
                values = change(control)
                found += [(control.name, value) for value in (control.good() if values is None else values)]
        return found


def tree_of(page: str) -> Element:
    """The page as a browser would build it."""
    found: Element = tinyhtml5.parse(page, namespace_html_elements=False)
    return found


def forms_of(tree: Element, address: str) -> list[PageForm]:
    """All forms of a page; fields outside their form (``form=…``) belong to it, too."""
    outside: dict[str, list[Element]] = {}
    for element in tree.iter():
        if isinstance(element.tag, str) and element.get("form") and element.get("name"):
            outside.setdefault(element.get("form") or "", []).append(element)
    found = []
    for form in tree.iter("form"):
        elements = [*form.iter(), *outside.get(form.get("id") or "-", ())]
        controls = _merged(_controls(elements))
        action = urlsplit(urljoin(f"http://localhost{address}", form.get("action") or address))
        target = action.path + (f"?{action.query}" if action.query else "")
        has_file = any(control.kind == "file" for control in controls)
        found.append(PageForm(target, (form.get("method") or "get").upper(), tuple(controls), has_file))
    return found


def _controls(elements: list[Element]) -> Iterator[Control]:
    for element in elements:
        name, tag = element.get("name"), element.tag
        if not name or element.get("disabled") is not None:
            continue
        if tag == "textarea":
            yield Control(name, "textarea", ((element.text or "").removeprefix("\n"),))
        elif tag == "select":
            options = list(element.iter("option"))
            chosen = tuple(_value(one) for one in options if one.get("selected") is not None)
            single = element.get("multiple") is None
            values = chosen or (tuple(_value(one) for one in options[:1]) if single else ())
            yield Control(name, "select", tuple(value for value in values if value), tuple(map(_value, options)))
        elif tag == "button" and element.get("value"):
            yield Control(name, "radio", (), (element.get("value") or "",))
        elif tag == "input" and (kind := (element.get("type") or "text").lower()) not in UNSENT:
            yield _input(element, name, kind)


def _input(element: Element, name: str, kind: str) -> Control:
    value = element.get("value")
    if kind in ("checkbox", "radio"):
        sent = "on" if value is None else value
        return Control(name, kind, (sent,) if element.get("checked") is not None else (), (sent,))
    return Control(name, kind, (value or "",))


def _value(option: Element) -> str:
    value = option.get("value")
    return "".join(option.itertext()).strip() if value is None else value


def _merged(controls: Iterator[Control]) -> list[Control]:
    """Radio buttons and boxes of one name are one field with several options."""
    found: dict[Any, Control] = {}
    for place, control in enumerate(controls):
        key: Any = control.name if control.kind in ("radio", "checkbox") else (control.name, place)
        known = found.get(key)
        found[key] = control if known is None else replace(
            known, values=known.values + control.values, options=known.options + control.options
        )  # fmt: skip
    return list(found.values())


def encoded(pairs: list[tuple[str, str]]) -> bytes:
    """A form's body as it goes over the line; half a surrogate stays what it is, as no library would send it."""
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs).encode("ascii")


def _quoted(text: str) -> str:
    return quote_plus(text.encode("utf-8", "surrogatepass"))


@dataclass
class Answers:
    """How calls were answered: counted by kind, with the broken ones by their name."""

    calls: int = 0
    good: int = 0
    sent_on: int = 0
    refused: int = 0
    broken: list[str] = field(default_factory=list)

    def count(self, status: int, said: str) -> None:
        self.calls += 1
        self.good += 200 <= status < 300
        self.sent_on += 300 <= status < 400
        self.refused += 400 <= status < 500
        if status >= 500:
            self.broken.append(f"{status} {said}")

    @property
    def share(self) -> float:
        """What share was answered 2xx, 0 to 1."""
        return self.good / self.calls if self.calls else 0.0

    def __str__(self) -> str:
        return (f"{self.calls} calls: {self.good} answered 2xx ({self.share:.0%}), {self.sent_on} sent on, "
                f"{self.refused} refused, {len(self.broken)} broken")  # fmt: skip
