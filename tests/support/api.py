"""Another system that calls the JSON API: its token, made as an administrator makes it, and its calls."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backoffice.models.office import Staff
from backoffice.queries.actor import load_actor
from backoffice.services import api_tokens
from policies.api_token import ApiScope, NewToken
from views.language import say

ADMINISTRATOR = "S030"
EVERYTHING = tuple(ApiScope)
NEW = {
    "channel": "mobile_app", "category": "net_broadband_slow", "contact_phone": "13900004172", "customer_name": "欧阳静",
    "what": "宽带每晚 19:30 起掉线", "demand": "彻底修复", "received_at": "2026-11-23T09:30:00+08:00",
}  # fmt: skip
_keys = itertools.count(1)


def token_of(app: Flask, code: str, scopes: Any = EVERYTHING, **more: Any) -> str:
    """The text of a new token with the rights of this member of staff."""
    desk = app.extensions["desk"]
    at = desk.clock.now()
    with desk.database.writing() as session:
        ids = dict(session.execute(sa.select(Staff.code, Staff.id)).all())
        administrator = load_actor(session, ids[ADMINISTRATOR])
        said = {"name": "an app", "staff_id": ids[code], "scopes": frozenset(scopes), "expires_at": at + timedelta(days=30),
                "per_minute": 600, **more}  # fmt: skip
        return api_tokens.create(session, desk.keys, administrator, at, NewToken(**said), "192.0.2.1", say).text


class Caller:
    """A program with a token."""

    def __init__(self, app: Flask, token: str, language: str = "zh", address: str = "192.0.2.9") -> None:
        self.client: FlaskClient = app.test_client()
        self.headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
        self.address = address

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.client.get(
            f"/api/v1{path}", query_string=query, headers=self.headers, environ_base={"REMOTE_ADDR": self.address}
        )

    def post(self, path: str, body: Any, key: str | None = None, **headers: str) -> TestResponse:
        """A write; with a key of its own where none is given."""
        sent = {"Idempotency-Key": key or f"call-number-{next(_keys)}", **self.headers, **headers}
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.client.post(
            f"/api/v1{path}", data=data, content_type="application/json", headers=sent,
            environ_base={"REMOTE_ADDR": self.address},
        )  # fmt: skip


def caller(app: Flask, code: str = "S005", scopes: Any = EVERYTHING, **more: Any) -> Caller:
    """A program that has the rights of this member of staff."""
    return Caller(app, token_of(app, code, scopes, **more))
