"""The form of a page as a browser would send it: every field with what stands in it, ready to be changed and posted."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

SAME_ORIGIN = {"Origin": "http://localhost"}


class _Form(HTMLParser):
    """Collects the fields of the form on a page that has most of them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, list[str]]] = []
        self._open: dict[str, list[str]] | None = None
        self._select: str | None = None
        self._first: str | None = None
        self._text: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = dict(attributes)
        if tag == "form":
            self._open = {}
            self.forms.append(self._open)
        if self._open is None:
            return
        name = said.get("name")
        if tag == "input" and name and said.get("type") not in ("file", "submit"):
            if said.get("type") not in ("checkbox", "radio") or "checked" in said:
                self._open.setdefault(name, []).append(said.get("value") or ("y" if "checked" in said else ""))
        elif tag == "textarea" and name:
            self._text = (name, [])
        elif tag == "select" and name:
            self._select, self._first = name, None
        elif tag == "option" and self._select:
            if self._first is None:
                self._first = said.get("value") or ""
            if "selected" in said:
                self._open[self._select] = [said.get("value") or ""]

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea" and self._text is not None and self._open is not None:
            # HTML drops the line break that a textarea begins with
            self._open[self._text[0]] = ["".join(self._text[1]).removeprefix("\r\n").removeprefix("\n")]
            self._text = None
        elif tag == "select" and self._select is not None and self._open is not None:
            self._open.setdefault(self._select, [self._first or ""])
            self._select = None


def form_of(page: str) -> dict[str, list[str]]:
    """The fields of the largest form of a page's own part, its frame apart."""
    reader = _Form()
    reader.feed(page[page.find("<main") :])
    return max(reader.forms, key=len)


def send(client: FlaskClient, address: str, **changes: Any) -> TestResponse:
    """Opens a form, changes some of its fields, and posts it; None leaves a field out."""
    page = client.get(address)
    assert page.status_code == 200, f"{address}: {page.status_code}"
    fields: dict[str, Any] = form_of(page.text)
    for name, value in changes.items():
        if value is None:
            fields.pop(name, None)
        else:
            fields[name] = value
    return client.post(address, data=fields, headers=SAME_ORIGIN)


def faults(page: str) -> dict[str, str]:
    """What a page says is wrong, field by field: the id of each field with its fault."""
    reader = _Faults()
    reader.feed(page)
    return {name: " ".join(text.split()) for name, text in reader.found.items()}


class _Faults(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._open: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = dict(attributes)
        name = said.get("id") or ""
        if tag == "span" and "error" in (said.get("class") or "").split() and name.endswith("-error"):
            self._open = name.removesuffix("-error")
            self.found[self._open] = ""

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self.found[self._open] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "span":
            self._open = None
