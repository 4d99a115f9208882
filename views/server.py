"""The desk's own server (waitress), which ``run.py serve`` starts: its limits, and what its own refusals carry.

A message that cannot be read, is too long, or does not say clearly where it ends never reaches the application; the
server answers it alone. That answer holds no page, but it bears the same headers as every other.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from waitress import serve
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

from views.headers import FIXED, HANDED_OUT

LIMITS: dict[str, Any] = {
    "threads": 8,
    "ident": "desk",
    "max_request_body_size": 80 * 1024 * 1024,  # above the application's own limit, which answers with a page
    # What a proxy says reaches the application: it believes as many as BACKOFFICE_PROXIES names, and to /metrics any of
    # it shows that the asker is not on this machine.
    "clear_untrusted_proxy_headers": False,
}
SAFE = {**FIXED, "Content-Security-Policy": HANDED_OUT, "Cache-Control": "no-store"}


class Refused(ErrorTask):
    """The server's own answer to what it cannot read."""

    def execute(self) -> None:
        """Write it."""
        self.response_headers.extend(SAFE.items())
        super().execute()


def guard_refusals() -> None:
    """From now on this process's servers put the headers on what they refuse."""
    HTTPChannel.error_task_class = Refused


def open_to(app: Flask, host: str, port: int) -> None:
    """Serve until stopped."""
    guard_refusals()
    serve(app, host=host, port=port, **LIMITS)
