"""A browser without a window: Flask's test client that signs in, keeps its cookies, and sends a page's form token."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TOKEN = re.compile(r'name="csrf_token"(?: type="hidden")? value="([^"]+)"')
HOST = "http://desk.test"


class Browser:
    """One person's browser. ``headers`` are those that a browser sends from a page of this desk."""

    def __init__(self, app: Flask, address: str = "192.0.2.7") -> None:
        self.client: FlaskClient = app.test_client()
        self.address = address

    def get(self, path: str, **more: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(path, base_url=HOST, environ_base=self._from(), **more)

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, page: str = "/sign-in", **more: Any
    ) -> TestResponse:
        """Send a form with the token of ``page``."""
        return self.send(path, {"csrf_token": self.token(page), **(data or {})}, **more)

    def send(self, path: str, data: dict[str, Any], **more: Any) -> TestResponse:
        """Send a form as it is."""
        headers = {"Origin": HOST, "Referer": HOST + "/", **more.pop("headers", {})}
        return self.client.post(path, data=data, base_url=HOST, headers=headers, environ_base=self._from(), **more)

    def token(self, page: str) -> str:
        """The form token of this session, read from a page; empty when the page has none."""
        found = TOKEN.search(self.get(page, follow_redirects=True).get_data(as_text=True))
        return found.group(1) if found else ""

    def sign_in(self, login: str, password: str, **more: Any) -> TestResponse:
        """Fill in and send the sign-in form."""
        return self.post("/sign-in", {"login": login, "password": password, **more})

    def cookies(self) -> dict[str, str]:
        """The cookies that this browser holds."""
        return {cookie.key: cookie.value for cookie in self.client._cookies.values()}

    def _from(self) -> dict[str, str]:
        return {"REMOTE_ADDR": self.address}


def text_of(response: TestResponse) -> str:
    """What a page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))
