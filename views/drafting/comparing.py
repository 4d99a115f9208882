"""Two people edit the same thing (R40): what stood when the form was opened, what the other has saved, what I typed.

Beside the form lies what stood in it when it was opened. When it is refused because of somebody else's change, the page
is made anew as it stands now; where only the other changed a field, theirs is taken over, where both did, mine stays
and theirs stands beside it. The form then names the state that its reader has been shown, so that it can be sent again.
"""

from __future__ import annotations

import binascii
import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, g, request

from policies.message import Message, Refusal
from views.drafting.markup import FormMarkup, forms_of

START = "draft_start"
"""The hidden field that holds what stood in a form when it was opened."""
STATES = ("revision", "version", "seen")
"""Hidden fields that name the state of a record that its reader has seen."""
CONFLICT = ".changed_meanwhile"
INNER = "desk.inner"
LONGEST = 40_000
LARGEST = 400_000

Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Line:
    """Something that happened since the form was opened."""

    at: datetime
    who: str | Message
    what: str | Message


@dataclass(frozen=True)
class Compared:
    """One field that somebody else has changed, in words. ``mine_stays``: I changed it as well."""

    id: str
    label: str
    start: str
    theirs: str
    mine: str
    mine_stays: bool


@dataclass(frozen=True)
class Comparison:
    """A form with both versions: the fields that differ, and the form to be sent again."""

    fields: list[Compared]
    markup: str
    start: str


def note(refusals: Sequence[Refusal]) -> None:
    """Remember that this request was refused because somebody else was quicker, where it was."""
    if any(refusal.key.endswith(CONFLICT) for refusal in refusals):
        g.changed_meanwhile = True


def refused() -> bool:
    """Whether this request was refused for that."""
    return bool(g.get("changed_meanwhile"))


def say_meanwhile(lines: Sequence[Line]) -> None:
    """What happened meanwhile, to be shown with the comparison."""
    g.meanwhile = list(lines)


def said_meanwhile() -> list[Line]:
    """The same again."""
    found: list[Line] = g.get("meanwhile", [])
    return found


def names_a_state(form: FormMarkup) -> bool:
    """Whether a form says which state of a record its reader has seen."""
    return any(one.kind == "hidden" and one.name in STATES for one in form.controls)


def packed(values: Values) -> str:
    """What stands in a form, to be laid beside it; empty where it is too much."""
    said = {name: list(found) for name, found in values.items() if name not in UNCOMPARED}
    packed = urlsafe_b64encode(zlib.compress(json.dumps(said, ensure_ascii=False).encode(), 6)).decode()
    return packed if len(packed) <= LONGEST else ""


def unpacked(text: str | None) -> dict[str, list[str]] | None:
    """The same back; None for what cannot be read."""
    if not text or len(text) > LONGEST:
        return None
    try:
        unpacking = zlib.decompressobj()
        raw = unpacking.decompress(urlsafe_b64decode(text), LARGEST)
        found = json.loads(raw.decode()) if unpacking.eof else None
    except (ValueError, binascii.Error, zlib.error, RecursionError):
        return None
    if not isinstance(found, dict) or not all(_is_list(one) for one in found.values()):
        return None
    return found


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


UNCOMPARED = ("csrf_token", "draft", START, "submission", *STATES)


def compare(form: FormMarkup, stands: FormMarkup, start: Values | None) -> Comparison:
    """Both versions of a form: as I sent it, and as it stands now."""
    mine, theirs = form.values(), stands.values()
    before = theirs if start is None else start
    merged: dict[str, Sequence[str]] = dict(mine)
    found = []
    for name in dict.fromkeys(one.name for one in (*form.controls, *stands.controls) if one.kind != "hidden"):
        if name in UNCOMPARED:
            continue
        now, then, typed = (_plain(values.get(name)) for values in (theirs, before, mine))
        if now in (then, typed):
            continue
        stays = typed != then
        if not stays:
            merged[name] = theirs.get(name, ())
        words = (stands.said(name, then), stands.said(name, now), form.said(name, typed))
        found.append(Compared(form.id_of(name), form.label_of(name), *words, stays))
    for name in STATES:
        if name in theirs:
            merged[name] = theirs[name]
    pairs = [(name, value) for name, values in merged.items() for value in values]
    return Comparison(found, form.filled(pairs), packed(theirs))


def _plain(values: Sequence[str] | None) -> list[str]:
    """As two sayings of the same are alike: line ends and the ends of a text do not count."""
    return [value.replace("\r\n", "\n").strip() for value in values or ()]


def as_it_stands(page: str, action: str) -> FormMarkup | None:
    """The form as its page shows it to this reader now: the page itself is asked, with all that it asks of them."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 (there is no other way)
    asked = {"environ_overrides": {INNER: True, "REMOTE_ADDR": request.remote_addr or ""}}
    cookie = {"Cookie": request.headers.get("Cookie", "")}
    with app.app_context(), app.test_request_context(page, base_url=request.host_url, headers=cookie, **asked):
        answer = app.full_dispatch_request()
        text = answer.get_data(as_text=True) if answer.status_code == 200 and answer.mimetype == "text/html" else ""
    return next((form for form in forms_of(text) if form.posts and _same(form, action)), None)


def _same(form: FormMarkup, action: str) -> bool:
    return form.attributes.get("action", "").partition("?")[0] == action.partition("?")[0]
