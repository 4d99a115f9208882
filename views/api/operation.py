"""What a call of the JSON API is: its address, scope, what it takes and gives. The views and the description read it.

``looks`` marks a view that only reads, ``writes`` one that does something: in one transaction with the answer that is
kept under the caller's ``Idempotency-Key``, so that a call that comes twice is done once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any

from flask import Response, g, request
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.integrations.files import Upload, check_upload
from backoffice.services import api_answers
from policies.access import Permission
from policies.api_token import ApiScope, refuse_key
from policies.message import Refusal
from views import context
from views.api import blueprint
from views.api.reading import body_of, query_of
from views.guard import Rule

if TYPE_CHECKING:
    from pydantic import BaseModel

KEY = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KIBIBYTE = 1024
SMALL, LARGE = 512 * KIBIBYTE, 28 * 1024 * KIBIBYTE
"""How long a body may be: of texts alone, and with files in it."""


@dataclass(frozen=True)
class Operation:
    """One call. ``query``, ``body`` and ``answer`` name models of ``forms.api`` and ``views.api.told``; ``other`` is a
    status with the model of another answer that is as good.
    """

    name: str
    method: str
    path: str
    scope: ApiScope | None
    answer: str
    query: str = ""
    body: str = ""
    status: int = 200
    largest: int = SMALL
    locks: bool = False
    other: tuple[int, str] | None = None
    keeps: bool = True

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def takes_files(self) -> bool:
        """Only a body with files in it may be that long."""
        return self.largest == LARGE


OPERATIONS: dict[str, Operation] = {}
View = Callable[..., Any]


@dataclass(frozen=True)
class Told:
    """An answer with what stands beside its body."""

    model: BaseModel
    status: int | None = None
    headers: Mapping[str, str] | None = None


def looks(
    path: str, *needs: Permission, scope: ApiScope | None, answer: str, query: str = ""
) -> Callable[[View], View]:
    """A view that reads: it gets its query, if it has one, and gives a model, ``Told`` or an answer of its own.

    ``needs``: the token's person holds one of these, in any width.
    """

    def mark(view: View) -> View:
        operation = Operation(view.__name__, "GET", path, scope, answer, query)

        @wraps(view)
        def called(**values: Any) -> Response:
            asked = query_of(operation.query)
            found = view(asked, **values) if asked is not None else view(**values)
            return found if isinstance(found, Response) else _answered(found, 200)

        return _added(operation, called, needs)

    return mark


def writes(
    path: str,
    *needs: Permission,
    scope: ApiScope,
    body: str,
    answer: str,
    status: int = 201,
    largest: int = SMALL,
    locks: bool = False,
    other: tuple[int, str] | None = None,
    keeps: bool = True,
) -> Callable[[View], View]:
    """A view that does something: it gets the session of its transaction, its body, and as ``uploads`` the files of
    one that may be large, which are read before the transaction begins. ``locks``: it takes the revision that the
    caller saw. ``keeps``: its answer is kept under the caller's key; else it is done again for whoever comes again.
    """

    def mark(view: View) -> View:
        operation = Operation(
            view.__name__, "POST", path, scope, answer, "", body, status, largest, locks, other, keeps
        )

        @wraps(view)
        def called(**values: Any) -> Response:
            query_of("")
            raw, asked = body_of(operation.body, operation.largest)
            call = _call(raw)
            more = {"uploads": uploads_of(asked.files)} if operation.takes_files else {}
            with context.writing() as session:
                if not operation.keeps:
                    return _answered(view(session, asked, **values, **more), operation.status)
                return _once(session, call, operation, lambda: view(session, asked, **values, **more))

        return _added(operation, called, needs)

    return mark


def uploads_of(files: list[Any], field: str = "files") -> tuple[Upload, ...]:
    """The files of a body, checked like every upload; raises every refusal with the place of its file."""
    found, refusals = list[Upload](), list[Refusal]()
    for place, one in enumerate(files):
        checked = check_upload(one.name, one.raw, f"{field}.{place}")
        if isinstance(checked, Refusal):
            refusals.append(checked)
        else:
            found.append(checked)
    if refusals:
        raise DomainError(refusals)
    return tuple(found)


def late(name: str) -> Any:
    """A module of this package that needs pydantic, loaded when a call first needs it."""
    return import_module(f"views.api.{name}")


def _added(operation: Operation, view: View, needs: tuple[Permission, ...]) -> View:
    OPERATIONS[operation.name] = operation
    view.access_rule = Rule(needs, for_tokens=True, scope=operation.scope)  # type: ignore[attr-defined]
    blueprint.add_url_rule(operation.path, operation.name, view, methods=[operation.method])
    return view


def _call(raw: bytes) -> api_answers.Call:
    key = request.headers.get(KEY, "")
    if refusal := refuse_key(key):
        raise DomainError(refusal)
    said = b"\0".join((request.method.encode(), request.path.encode("utf-8", "surrogatepass"), raw))
    return api_answers.Call(g.token.id, key, hashlib.sha256(said).hexdigest())


def _once(session: Session, call: api_answers.Call, operation: Operation, view: Callable[[], Any]) -> Response:
    keys, at = context.desk().keys, context.now()
    before = api_answers.known(session, keys, call, at)
    if before is not None:
        known = {"Location": before.location} if before.location else {}
        return _sent(before.body, before.status, {**known, REPLAYED: "true"})
    answer = _answered(view(), operation.status)
    kept = api_answers.Answer(answer.status_code, answer.get_data(), answer.headers.get("Location", ""))
    api_answers.keep(session, keys, call, at, kept)
    return answer


def _answered(found: Any, status: int) -> Response:
    told = found if isinstance(found, Told) else Told(found)
    return _sent(told.model.model_dump_json().encode(), told.status or status, told.headers or {})


def _sent(body: bytes, status: int, headers: Mapping[str, str]) -> Response:
    answer = Response(body, status, content_type="application/json")
    answer.headers.update(headers)
    return answer
