"""Which form, opened when: the token that a form carries, so that what is typed into it finds its way back (R40).

The desk itself writes the token when it shows the form and signs it for its reader: nobody makes drafts of forms that
they were not shown.
"""

from __future__ import annotations

import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from backoffice.services.drafts import Opened
from views import context
from views.case import filling, place
from views.guard import rule_of

FIELD = "draft"
"""The hidden field that holds the token; also the argument of an address that asks for a draft by its id."""
PASSING = (FIELD, place.ARGUMENT, filling.ARGUMENT, "url", "next")
"""Arguments of an address that do not say which form it is."""
LONGEST = 400
LONGEST_TITLE = 200
LONGEST_TOKEN = 4000
SITTING_BYTES = 12


def key_of(address: str) -> str:
    """Which form is sent to this address; empty where it is none of the desk's."""
    parts = urlsplit(address)
    path = parts.path.removeprefix(request.script_root)
    said = sorted((name, value) for name, value in parse_qsl(parts.query) if name not in PASSING)
    key = path + (f"?{urlencode(said)}" if said else "")
    return key if path.startswith("/") and len(key) <= LONGEST else ""


def sent_to(form: Opened) -> str:
    """The address that a form is sent to, which it may share with others of its page."""
    return form.form.partition("#")[0]


def target_of(key: str) -> tuple[str, dict[str, object]] | None:
    """The endpoint to which a form is sent, with what its address says; None where there is none (any more)."""
    try:
        endpoint, values = current_app.url_map.bind("").match(urlsplit(key).path, method="POST")
    except (HTTPException, RequestRedirect):
        return None
    return (endpoint, dict(values)) if rule_of(current_app, endpoint) is not None else None


def new(key: str, page: str, title: str) -> Opened:
    """A form that its reader opens now."""
    target = target_of(key)
    number = str(target[1].get("number") or "") if target else ""
    sitting = secrets.token_urlsafe(SITTING_BYTES)
    return Opened(sitting, key, page, title[:LONGEST_TITLE], context.now(), number)


def anew(form: Opened) -> Opened:
    """The same sitting on the record as it stands now, which its reader has just been shown."""
    return replace(form, opened_at=context.now())


def page_here() -> str:
    """The address at which this page can be had again; empty where it answers a post that has no page of its own."""
    rule = request.url_rule
    if request.method not in ("GET", "HEAD") and (rule is None or "GET" not in (rule.methods or ())):
        return ""
    said = [(name, value) for name, value in request.args.items(multi=True) if name != FIELD]
    return request.path + (f"?{urlencode(said)}" if said else "")


def written(form: Opened) -> str:
    """The token."""
    said = [form.sitting, form.form, form.page, form.title, form.number, form.opened_at.isoformat()]
    body = urlsafe_b64encode(json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()).decode().rstrip("=")
    return f"{body}.{_signature(body)}"


def read(token: str | None) -> Opened | None:
    """The form that a token names; None for one that was not written for who asks."""
    body, dot, signature = (token or "")[:LONGEST_TOKEN].partition(".")
    if not dot or not body.isascii() or not signature.isascii():
        return None
    if not hmac.compare_digest(signature.encode(), _signature(body).encode()):
        return None
    sitting, form, page, title, number, opened = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return Opened(sitting, form, page, title, datetime.fromisoformat(opened), number)


def _signature(body: str) -> str:
    """Of the office's own key for sessions, for this person alone."""
    secret = current_app.secret_key or b""
    key = secret.encode() if isinstance(secret, str) else secret
    return hmac.new(key, f"draft:{context.actor().staff_id}:{body}".encode(), "sha256").hexdigest()
