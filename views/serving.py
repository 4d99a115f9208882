"""The application for a server of one's own (gunicorn), with its settings from the machine's variables.

``BACKOFFICE_DATA`` is the data directory, ``BACKOFFICE_DATABASE_URL`` the database, ``BACKOFFICE_PROXIES`` how many
reverse proxies stand before the server. The shape of the database is looked at and not changed: several processes start
at once, and one command (``run.py serve --prepare``) brings it up to date before.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

from flask import Flask

from backoffice import migrate
from backoffice.database_faults import DatabaseError
from backoffice.errors import DomainError
from policies.message import Refusal
from views.app import create_app
from views.commands import spoken
from views.language import say

PROXIES = "BACKOFFICE_PROXIES"


def create_served(config: dict[str, Any] | None = None) -> Flask:
    """The application; raises ``DomainError`` when it cannot be opened."""
    app = create_app({**machine_settings(), **(config or {})})
    database = app.extensions["desk"].database
    try:
        at = migrate.current(database)
    finally:
        database.dispose()  # a process that is forked from this one makes its own connections
    if at != migrate.head():
        raise DatabaseError(Refusal("database.fault.behind" if migrate.is_known(at) else "database.fault.newer"))
    return app


def refusal_of(error: Exception) -> str | None:
    """Why it cannot be opened, in the terminal's language; None for what nobody foresaw."""
    if isinstance(error, DomainError):
        return " ".join(say(refusal, spoken(argparse.Namespace())) for refusal in error.refusals)
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be used: {error.strerror}"
    return None


def machine_settings() -> dict[str, Any]:
    """What the machine says of the pages themselves; raises ``DomainError`` for what cannot be meant."""
    proxies = os.environ.get(PROXIES, "").strip() or "0"
    if not (proxies.isascii() and proxies.isdigit() and len(proxies) < 3):
        raise DatabaseError(Refusal("database.fault.proxies", {"variable": PROXIES}))
    return {"PROXIES": int(proxies)}
