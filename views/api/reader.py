"""The description of the JSON API as a page shows it: each call with its scope, what it takes, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from policies.message import Message
from views.api import description
from views.api.operation import OPERATIONS, Operation
from views.language import _, label, say


@dataclass(frozen=True)
class Part:
    """A field or parameter: its name, kind, whether it must be there, what it may be."""

    name: str
    kind: str
    required: bool
    choices: str = ""


@dataclass(frozen=True)
class Chapter:
    """One call."""

    name: str
    method: str
    path: str
    title: str
    scope: str
    query: list[Part]
    body: list[Part]
    gives: list[Part]
    status: int
    other: tuple[int, list[Part]] | None


def chapters() -> list[Chapter]:
    """All calls, in the order in which they were written."""
    return [_chapter(one) for one in OPERATIONS.values()]


def _chapter(one: Operation) -> Chapter:
    return Chapter(
        one.name,
        one.method,
        f"/api/v1{description.path_of(one)}",
        say(Message(f"api.call.{one.name}")),
        label(one.scope) if one.scope else _("api.any_token"),
        _parts("forms.api", one.query),
        _parts("forms.api", one.body),
        [] if one.answer == "Description" else _parts("views.api.told", one.answer),
        one.status,
        (one.other[0], _parts("views.api.told", one.other[1])) if one.other else None,
    )


def _parts(module: str, name: str) -> list[Part]:
    if not name:
        return []
    schema = description.schema_of(module, name)
    required = schema.get("required", [])
    return [
        Part(key, _kind(part), key in required, ", ".join(_choices(part)))
        for key, part in schema.get("properties", {}).items()
    ]


def _kind(part: dict[str, Any]) -> str:
    """What a field holds, in words."""
    if "anyOf" in part:
        return next((_kind(one) for one in part["anyOf"] if one.get("type") != "null"), "")
    if part.get("format") in ("date-time", "date", "base64"):
        return say(Message(f"api.kind.{part['format'].replace('-', '_')}"))
    if part.get("type") == "array":
        return _("api.kind.array", of=_kind(part.get("items", {})))
    return say(Message(f"api.kind.{part.get('type', 'any')}"))


def _choices(part: dict[str, Any]) -> list[str]:
    if "anyOf" in part:
        return [choice for one in part["anyOf"] for choice in _choices(one)]
    found = part.get("enum") or (part.get("items") or {}).get("enum") or []
    return [str(one) for one in found]
