"""The description of the JSON API: OpenAPI 3.1, made of the table of calls and the models that they take and give.

What an office has of its own stands in it as well: the codes of its channels and categories that are in use, so that
a program written by the description asks for nothing that is not there.
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

from backoffice.models.configuration import Category, Channel
from backoffice.queries.worklist import lists_for
from policies.api_token import ANSWERS_KEPT
from policies.message import Message
from views import context, language
from views.api.operation import KEY, OPERATIONS, Operation, late, looks
from views.api.problems import MEDIA_TYPE
from views.language import _, say

VERSION = "1"
REFERENCE = "#/components/schemas/{model}"
REFUSED = (400, 401, 403, 429)
PROBLEM = "Problem"
PARTS = {"number": "string", "file_id": "integer", "draft_id": "integer", "action": "string"}
HOURS = ANSWERS_KEPT.total_seconds() / 3600


@looks("/openapi.json", scope=None, answer="Description")
def read_description() -> Any:
    """OpenAPI 3.1 of all calls, in the language of the call."""
    return late("told").Description(**document())


def document() -> dict[str, Any]:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {"title": _("api.title"), "version": VERSION, "description": _("api.about", hours=int(HOURS))},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
        },
    }


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for one in OPERATIONS.values():
        paths.setdefault(path_of(one), {})[one.method.lower()] = _call(one)
    return paths


def path_of(one: Operation) -> str:
    """Its address as OpenAPI writes it."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", one.path)


def _call(one: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": one.name,
        "summary": say(Message(f"api.call.{one.name}")),
        "parameters": [*_in_path(one), *_in_query(one), *_in_headers(one)],
        "responses": _responses(one),
    }
    if one.scope is not None:
        found["description"] = _("api.needs_scope", scope=one.scope)
    if one.body:
        content = {"application/json": {"schema": {"$ref": REFERENCE.format(model=one.body)}}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _in_path(one: Operation) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", path_of(one))
    return [{"name": name, "in": "path", "required": True, "schema": {"type": PARTS[name]}} for name in names]


def _in_query(one: Operation) -> list[dict[str, Any]]:
    if not one.query:
        return []
    schema = schema_of("forms.api", one.query)
    if one.query == "ListQuery":
        _narrowing(schema["properties"])
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": part}
        for name, part in schema["properties"].items()
    ]


def _in_headers(one: Operation) -> list[dict[str, Any]]:
    found = []
    if one.writes:
        pattern = {"type": "string", "minLength": 8, "maxLength": 120, "pattern": r"^[!-~]{8,120}$"}
        about = _("api.header.key", hours=int(HOURS))
        found.append({"name": KEY, "in": "header", "required": True, "schema": pattern, "description": about})
    if one.locks:
        revision = {"type": "string", "pattern": r'^"[0-9]{1,9}"$'}
        about = _("api.header.if_match")
        found.append({"name": "If-Match", "in": "header", "required": False, "schema": revision, "description": about})
    return found


def _responses(one: Operation) -> dict[str, Any]:
    good = {"application/json": {"schema": {"$ref": REFERENCE.format(model=one.answer)}}}
    if not one.answer:
        good = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    refused = {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model=PROBLEM)}}}
    codes = {*REFUSED, *({404} if "<" in one.path else ()), 422, *((409, 413, 415) if one.writes else ()),
             *((412, 428) if one.locks else ())}  # fmt: skip
    found = {str(one.status): {"description": _("api.answer.good"), "content": good}}
    if one.other is not None:
        status, model = one.other
        content = {"application/json": {"schema": {"$ref": REFERENCE.format(model=model)}}}
        found[str(status)] = {"description": say(Message(f"api.answer.{status}")), "content": content}
    said = {code: say(Message(f"api.answer.{code}")) for code in sorted(codes)}
    return found | {str(code): {"description": text, "content": refused} for code, text in said.items()}


def schema_of(module: str, name: str) -> dict[str, Any]:
    """The JSON schema of a model with what it refers to written out."""
    from importlib import import_module

    whole = getattr(import_module(module), name).model_json_schema(ref_template="#/$defs/{model}")
    parts = whole.pop("$defs", {})
    found: dict[str, Any] = _written_out(whole, parts)
    return found


def _written_out(schema: Any, parts: dict[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            return {**_written_out(parts[schema["$ref"].rpartition("/")[2]], parts), **rest}
        return {key: _written_out(value, parts) for key, value in schema.items()}
    return [_written_out(one, parts) for one in schema] if isinstance(schema, list) else schema


def _schemas() -> dict[str, Any]:
    from pydantic.json_schema import models_json_schema

    import forms.api

    told = late("told")
    bodies = [(getattr(forms.api, name), "validation") for name in sorted({o.body for o in OPERATIONS.values()} - {""})]
    names = {o.answer for o in OPERATIONS.values()} | {o.other[1] for o in OPERATIONS.values() if o.other}
    answers = [(getattr(told, name), "serialization") for name in sorted(names - {""})]
    whole = models_json_schema([*bodies, *answers], ref_template=REFERENCE)[1]  # type: ignore[arg-type]
    schemas: dict[str, Any] = whole["$defs"]
    _of_this_office(schemas)
    return schemas | {PROBLEM: _problem()}


def _of_this_office(schemas: dict[str, Any]) -> None:
    """The codes that a new complaint may name."""
    with context.reading() as session:
        channels = list(session.scalars(sa.select(Channel.code).where(Channel.retired_at.is_(None))))
        leaves = sa.select(Category.code).where(Category.level == 3, Category.retired_at.is_(None))
        categories = list(session.scalars(leaves.order_by(Category.path)))
    new = schemas["NewComplaint"]["properties"]
    new["channel"] |= {"enum": channels}
    new["category"] = {"anyOf": [{"type": "string", "enum": categories}, {"type": "null"}], "default": None}


def _narrowing(properties: dict[str, Any]) -> None:
    """What a list may be narrowed to, also by what is out of use."""
    with context.reading() as session:
        channels = list(session.scalars(sa.select(Channel.code).order_by(Channel.position, Channel.id)))
        categories = list(session.scalars(sa.select(Category.code).order_by(Category.path)))
    properties["list"]["enum"] = [one.code for one in lists_for(context.actor())]
    properties["channel"] = {"type": "string", "enum": channels}
    properties["category"] = {"type": "string", "enum": categories}


def _problem() -> dict[str, Any]:
    text = {"type": "string"}
    fault = {"type": "object", "required": ["field", "code", "detail"],
             "properties": {"field": text, "code": text, "detail": text}}  # fmt: skip
    return {
        "type": "object",
        "description": _("api.problem.about", language=language.HTML_CODES[language.current()]),
        "required": ["type", "title", "status", "code", "detail", "reference"],
        "properties": {
            "type": text, "title": text, "status": {"type": "integer"}, "code": text, "detail": text,
            "reference": text, "errors": {"type": "array", "items": fault}, "current": {"type": "object"},
        },
    }  # fmt: skip
