"""What somebody would type to have it run on another's page (R39), and how it is seen whether a page let it in.

Every payload carries ``MARK``. A page is read as a browser reads it; what came from a payload may only be text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import pytest
import sqlalchemy as sa

from backoffice.database import Database
from backoffice.models.base import Base
from policies.fields import FIELD_KINDS, FieldKind
from tests.support import access_scene, played
from tests.support.access_scene import Scene

MARK = "zqx7"
PRODUCT = str(7919 * 7919)
PAYLOADS = (
    f'"><script data-{MARK}>window.__hacked=1</script>',
    f"'\"><img src=x onerror=window.__hacked=1 data-{MARK}>",
    f"</textarea></title></style></script><{MARK} onclick=1>",
    f"javascript:window.__hacked=1//{MARK}",
    f"<svg/onload=window.__hacked=1 data-{MARK}>",
    f"{{{{7919*7919}}}}{{%if 1%}}${{7919*7919}} {MARK}",
    f"%({MARK})s %s%n {{0.__class__}} {{{MARK}}}",
    f'=HYPERLINK("http://{MARK}.example","{MARK}")',
    f"<style>*{{background:url(//{MARK}.example)}}</style>",
    f"&lt;script data-{MARK}&gt;&#60;{MARK}&#62;",
    f"]]>--><iframe srcdoc='<script>{MARK}</script>'>",
    f"' {MARK}=1 style='x:expression(1)' autofocus onfocus='1",
)
SHORT = f'"><{MARK} onclick=1>'
STORED = f"'{SHORT}{{{{7919*7919}}}}{{0.__class__}}%(a)s"
LEADS = (
    "href",
    "src",
    "action",
    "formaction",
    "srcset",
    "data",
    "poster",
    "background",
    "xlink:href",
    "ping",
    "content",
)
OURS = ("localhost", "", "desk.test")


SHOWN_COLUMN = re.compile(
    r"(^|_)(name|title|subject|note|reason|duty|duties|content|trainer|place|description)(_zh|_en)?$"
)
SHOWN_KEY = re.compile(r"_(zh|en)$|^(name|title|text|label|note|reason|help|question)$")
CODES = frozenset({"sign_in_failure", "extension", "reference_change", "message_template"})
"""Tables in which such a column holds a code, a digest, or a template that is checked when it is written."""


def poisoned_scene(folder: Path) -> Scene:
    """The scene of the access matrix with a payload at the end of every free text, of complaints and configuration."""
    with pytest.MonkeyPatch.context() as patch:
        poison_what_is_played(patch)
        scene = access_scene.build(folder)
    database = Database(access_scene.url_of(folder))
    texts = poison_what_is_kept(database)
    database.dispose()
    assert texts > 1000, texts
    return scene


def poison_what_is_kept(database: Database) -> int:
    """Put a payload into every text of the tables that people read, JSON included; returns how many texts."""
    count = 0
    with database.writing() as session:
        for table in Base.metadata.sorted_tables:
            keys = list(table.primary_key.columns)
            columns = [one for one in table.columns if _is_shown(one)]
            if not columns or table.name in CODES:
                continue
            for row in session.execute(sa.select(table)).mappings().all():
                changed = {one.name: _ended(row[one.name], one) for one in columns if row[one.name]}
                changed = {name: value for name, value in changed.items() if value != row[name]}
                if changed:
                    where = [key == row[key.name] for key in keys]
                    session.execute(table.update().where(*where).values(changed))
                    count += len(changed)
    return count


def _is_shown(column: sa.Column[Any]) -> bool:
    if isinstance(column.type, sa.JSON):
        return column.name in ("definition", "content")
    return type(column.type) in (sa.String, sa.Text) and bool(SHOWN_COLUMN.search(column.name))


def _ended(value: Any, column: sa.Column[Any]) -> Any:
    if isinstance(column.type, sa.JSON):
        return _ended_within(value)
    room = getattr(column.type, "length", None) or 10_000
    return "=" + value[: room - len(STORED) - 1] + STORED


def _ended_within(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _ended_within(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_ended_within(one, key) for one in value]
    return value + STORED if isinstance(value, str) and value and SHOWN_KEY.search(key) else value


def faults(tree: Element, text: str) -> list[str]:
    """Whatever of a page came from a payload and is more than text."""
    found = [fault for element in tree.iter() for fault in _of(element)]
    if PRODUCT in text:
        found.append("a template was run")
    if "&lt;class" in text or "<class '" in text:
        found.append("a format string was filled in")
    return found


def _of(element: Element) -> Iterator[str]:
    tag = str(element.tag)
    if MARK in tag or tag in ("iframe", "object", "embed", "base", "style", "frame", "applet", "marquee"):
        yield f"element {tag}"
    if tag == "script" and not _is_ours(element):
        yield "script"
    for name, value in element.attrib.items():
        known = str(name).lower()
        if MARK in known or known.startswith("on") or known in ("style", "srcdoc"):
            yield f"attribute {known} of {tag}"
        if known in LEADS and _leads_away(value):
            yield f"{known} of {tag}: {value[:60]}"


def _is_ours(script: Element) -> bool:
    """A script of the desk: by its nonce and its address; or values for it, in which nothing opens or closes a mark."""
    text = script.text or ""
    if script.get("type") == "application/json":
        return "<" not in text
    return bool(script.get("nonce")) and not text.strip()


def _leads_away(value: str) -> bool:
    bare = "".join(sign for sign in value if sign > " ").lower()
    if bare.startswith(("javascript:", "vbscript:", "data:text")):
        return True
    try:
        parts = urlsplit(bare)
    except ValueError:
        return True
    return MARK in (parts.netloc or "") or (parts.scheme in ("http", "https") and parts.hostname not in OURS)


def poison_what_is_played(patch: pytest.MonkeyPatch) -> None:
    """From now on every free text of a complaint that a test plays ends in a payload, from its registration on."""
    payloads = cycle(PAYLOADS)
    act, register = played.act, played.register

    def poisoned(values: dict[str, Any]) -> dict[str, Any]:
        return {code: _poisoned(code, value, payloads) for code, value in values.items()}

    def acted(work: Any, complaint_id: int, action: str, values: dict[str, Any], *more: Any, **named: Any) -> Any:
        return act(work, complaint_id, action, poisoned(values), *more, **named)

    def registered(work: Any, registration: Any, *more: Any, **named: Any) -> Any:
        texts = {
            code: value if code in ("contact_phone", "email", "severity_reason") else _joined(value, next(payloads))
            for code, value in registration.texts.items()
        }
        uploads = tuple(replace(one, name=f"{SHORT}{one.name}") for one in registration.uploads)
        return register(work, replace(registration, texts=texts, uploads=uploads), *more, **named)

    patch.setattr(played, "act", acted)
    patch.setattr(played, "register", registered)


def _joined(value: str, payload: str) -> str:
    """A formula counts only where it begins a cell; all else stands at the end, so that the text is found by its words."""
    return payload + value if payload.startswith("=") else value + payload


def _poisoned(code: str, value: Any, payloads: Iterator[str]) -> Any:
    if type(value) is str and code != "measure" and FIELD_KINDS.get(code) in (FieldKind.TEXT, FieldKind.LINE):
        return _joined(value, next(payloads))
    if code == "elements":
        return {name: one + next(payloads) if isinstance(one, str) else one for name, one in value.items()}
    if code == "measures":
        return [{**one, "text": one["text"] + next(payloads)} for one in value]
    return value
