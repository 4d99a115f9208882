"""Reads what a call of the JSON API says; what cannot be read is refused with the name of its field."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from backoffice.errors import DomainError
from policies.message import Refusal

JSON = "application/json"
SHORT = 60  # signs of a name that nobody knows, shown back

KINDS = {
    "missing": "missing",
    "extra_forbidden": "unknown",
    "enum": "choice",
    "literal_error": "choice",
    "string_too_long": "too_long",
    "too_long": "too_many",
    "string_too_short": "missing",
    "timezone_aware": "moment",
    "year": "year",
    "greater_than_equal": "range",
    "less_than_equal": "range",
    "base64_decode": "base64",
    "recursion_loop": "json",
}
FAMILIES = (("datetime", "moment"), ("date", "day"), ("int", "whole"), ("bool", "yes_no"), ("string", "text"),
            ("list", "list"), ("dict", "object"), ("model", "object"))  # fmt: skip


def query_of(name: str) -> Any:
    """The arguments of the address as the model of this name; None without one, and then none are taken."""
    from pydantic import ValidationError

    several = [key for key, values in request.args.lists() if len(values) > 1]
    if several:
        raise DomainError([_refused("twice", key[:SHORT]) for key in several[:5]])
    values = request.args.to_dict()
    if not name:
        if values:
            raise DomainError([_refused("unknown", key[:SHORT]) for key in list(values)[:5]])
        return None
    try:
        return getattr(import_module("forms.api"), name).model_validate(values)
    except ValidationError as error:
        raise DomainError(refusals_of(error)) from error


def body_of(name: str, largest: int) -> tuple[bytes, Any]:
    """The body as it came and as the model of this name."""
    from pydantic import ValidationError

    if request.mimetype != JSON:
        raise DomainError(Refusal("api.refused.media_type", status=415))
    if (request.content_length or 0) > largest or len(raw := request.get_data(cache=False)) > largest:
        raise RequestEntityTooLarge
    try:
        return raw, getattr(import_module("forms.api"), name).model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise DomainError(refusals_of(error)) from error


def refusals_of(error: Any) -> list[Refusal]:
    """The faults of a model, each with the name of its field; a body that is no JSON at all is one fault."""
    faults = error.errors(include_url=False, include_input=False)[:20]
    if any(fault["type"] == "json_invalid" for fault in faults):
        return [Refusal("api.refused.json", status=400)]
    return [_fault(fault) for fault in faults]


def revision_of(said: int | None) -> tuple[int, bool]:
    """The revision that the caller saw, and whether ``If-Match`` said so. Raises 428 where nothing says it."""
    header = request.headers.get("If-Match", "").strip()
    if header:
        text = header.removeprefix("W/").strip('"')
        return (int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1), True
    if said is None:
        raise DomainError(Refusal("api.refused.no_revision", field="revision", status=428))
    return said, False


def _fault(fault: dict[str, Any]) -> Refusal:
    field = ".".join(str(part) for part in fault["loc"] if part != "[key]")[:120] or "body"
    kind, about = fault["type"], fault.get("ctx") or {}
    found = KINDS.get(kind) or next((code for family, code in FAMILIES if kind.startswith(family)), "wrong")
    params: dict[str, object] = {}
    if found == "choice":
        params["choices"] = str(about.get("expected", ""))
    elif found in ("too_long", "too_many"):
        params["longest"] = int(about.get("max_length", 0))
    elif found == "range":
        params["bound"] = str(about.get("le", about.get("ge", "")))
    return _refused(found, field, **params)


def _refused(code: str, field: str, **params: object) -> Refusal:
    printable = "".join(sign if sign.isprintable() else "?" for sign in field)
    shown = printable.encode("utf-8", "replace").decode()
    return Refusal(f"api.field.{code}", {"field": shown, **params}, field=shown, status=422)
