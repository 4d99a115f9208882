"""Who calls the JSON API: the token of this request, the member of staff behind it, and what it may (R39).

Asked by the guard before any view; no session is looked at, and what a browser keeps opens nothing here.
"""

from __future__ import annotations

import re

from flask import g, request

from backoffice.errors import DomainError
from backoffice.queries.actor import load_person
from backoffice.services import api_tokens
from policies.api_token import ApiScope, narrowed
from policies.message import Message, Refusal
from policies.vocabulary import label_key
from views import context

BEARER = "bearer "
CODE = re.compile(r"[A-Za-z][\w-]{0,39}", re.ASCII)
"""What may stand in the log: a number of the office begins with letters, what somebody dials does not."""


def enter(scope: ApiScope | None) -> None:
    """Put the token's person into ``g.person`` and ``g.actor``, with no more rights than the token has."""
    g.person = g.actor = None
    desk = context.desk()
    admitted = api_tokens.admit(
        desk.database, desk.keys, context.now(), _token(), request.remote_addr or "", _operation(), _about()
    )
    with context.reading() as session:
        context.read_office(session.connection())
        loaded = load_person(session, admitted.staff_id, context.today())
    if loaded is None:
        raise DomainError(Refusal("api.refused.holder_retired", status=401))
    g.token = admitted
    g.person, g.actor = loaded[0], narrowed(loaded[1], admitted.scopes)
    if scope is not None and scope not in admitted.scopes:
        raise DomainError(Refusal("api.refused.scope", {"scope": Message(label_key(scope))}, status=403))


def _token() -> str:
    header = request.headers.get("Authorization", "")
    if not header[: len(BEARER)].lower() == BEARER:
        raise DomainError(Refusal("api.refused.no_token", status=401))
    return header[len(BEARER) :].strip()


def _operation() -> str:
    return (request.endpoint or "").rpartition(".")[2]


def _about() -> dict[str, str]:
    """Which complaint and which action the address names, as far as they can be such."""
    named = {part: str((request.view_args or {}).get(part) or "") for part in ("number", "action")}
    return {part: code for part, code in named.items() if CODE.fullmatch(code)}
