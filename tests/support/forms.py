"""Filling and sending the forms of a page in tests, as a browser does: with the token of the page."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
SAME_ORIGIN = {"Origin": "http://localhost"}


def token(client: FlaskClient, page: str = "/sign-in") -> str:
    """The form token of a page."""
    found = TOKEN.search(client.get(page, follow_redirects=True).text)
    assert found, f"{page} has no form"
    return found.group(1)


def post(client: FlaskClient, address: str, page: str = "/sign-in", **fields: Any) -> TestResponse:
    """Posts a form with the token of ``page``."""
    return client.post(address, data={"csrf_token": token(client, page), **fields}, headers=SAME_ORIGIN)
