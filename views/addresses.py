"""Addresses that come in from a browser: where to go back to, and numbers in a query.

What comes in is never trusted: an address of another site becomes home, a page that is no number becomes the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit

from flask import Flask, current_app, request, url_for
from werkzeug.routing import IntegerConverter

HOME = "/"
LONGEST = 2000
HIGHEST_PAGE = 10_000
HIGHEST_ID = 2**63 - 1


def local_address(target: str | None) -> str:
    """An address of this desk alone: a path with its query; anything else becomes home."""
    if not target or len(target) > LONGEST or not target.startswith("/"):
        return HOME
    if any(ord(sign) < 0x20 or sign in "\\\x7f" for sign in target):  # a browser reads \ as / and drops control signs
        return HOME
    try:
        parts = urlsplit(target)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc or target.startswith("//") else target


def guarded_cookie(name: str) -> str:
    """The name of a cookie: over https one that no other host and no other path can set."""
    return f"__Host-{name}" if request.is_secure else name


CUSTOMERS = "/public/"


def is_for_customers() -> bool:
    """Whether this request is for a page for customers, there or not: it knows no session and no console."""
    return request.path.startswith(CUSTOMERS) or request.path == CUSTOMERS.rstrip("/")


def fixed(endpoint: str, **values: str) -> str:
    """``url_for`` for what stands on every page: made once for each place under which the desk is served.

    The values come from our own tables, never from a reader: what was made is kept.
    """
    kept: dict[object, str] = current_app.extensions.setdefault("desk_addresses", {})
    key = (request.script_root, endpoint, *values.items())
    found = kept.get(key)
    if found is None:
        found = kept[key] = url_for(endpoint, **values)  # type: ignore[arg-type]
    return found


def of_complaint(number: str) -> str:
    """The page of a complaint, for lists."""
    return fixed("complaint.page", number="0")[:-1] + quote(number, safe="")


def of_list(values: Mapping[str, str]) -> str:
    """The address of a list of complaints, narrowed as these arguments say."""
    return f"{fixed('complaints.index')}?{urlencode(values)}"


def init_app(app: Flask) -> None:
    """Gives templates the addresses."""
    app.jinja_env.globals.update(fixed_address=fixed, complaint_address=of_complaint, list_address=of_list)


def page_number(name: str = "page") -> int:
    """The page that the query asks for, counted from 1; 1 when it says nothing that can be read."""
    return whole_number(request.args.get(name), lowest=1, highest=HIGHEST_PAGE) or 1


def whole_number(text: str | None, *, lowest: int = 0, highest: int = HIGHEST_ID) -> int | None:
    """A whole number in ASCII digits within its bounds, or nothing."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > len(str(highest)):
        return None
    number = int(text)
    return number if lowest <= number <= highest else None


class BoundedInteger(IntegerConverter):
    """``<int:…>`` in a route: no more than a database's whole number holds; beyond it the page is not there."""

    def __init__(self, map: object, *args: object, **kwargs: object) -> None:  # noqa: A002 (werkzeug's name)
        kwargs.setdefault("max", HIGHEST_ID)
        super().__init__(map, *args, **kwargs)  # type: ignore[arg-type]
