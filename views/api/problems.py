"""How the JSON API says no: ``application/problem+json`` (RFC 9457) with a code, a sentence in the caller's language,
and every fault beside the name of its field.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response, request

from policies.message import Message, Refusal
from views import language
from views.language import say
from views.logging import request_id

MEDIA_TYPE = "application/problem+json"
WORDED = (400, 401, 403, 404, 405, 409, 413, 422, 429, 500)
OWN = (401, 404, 405, 412, 415, 428, 503)
"""Statuses that the API has other words for than the pages."""
LIMIT = 50  # faults in one answer


def is_api() -> bool:
    """Whether this request is a call of the API, matched or not."""
    return request.path.startswith("/api/")


def answer(
    status: int, messages: Iterable[Message] = (), *, more: Mapping[str, Any] | None = None
) -> tuple[Response, int]:
    """A problem as an answer; ``messages`` say why, the first of them names the whole."""
    said = list(messages)[:LIMIT]
    known = status if status in WORDED or status in OWN else 500 if status >= 500 else 400
    room = "api.problem" if status in OWN else "error"
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": say(Message(f"{room}.{known}.title")),
        "status": status,
        "code": said[0].key if said else f"{room}.{known}",
        "detail": say(said[0]) if said else say(Message(f"{room}.{known}.text")),
        "reference": request_id(),
    }
    faults = [
        {"field": one.field, "code": one.key, "detail": say(one)}
        for one in said
        if isinstance(one, Refusal) and one.field
    ]
    if faults:
        body["errors"] = faults
    body |= more or {}
    response = Response(json.dumps(body, ensure_ascii=False), status, content_type=MEDIA_TYPE)
    response.headers["Content-Language"] = language.HTML_CODES[language.current()]
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="complaint-desk"'
    return response, status
