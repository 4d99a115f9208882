"""How many statements a request sends to the database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa
from flask import Flask


@contextlib.contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Collects the SELECTs, INSERTs … that the application sends while this is open; BEGIN and the like are left out."""
    with statements_of(app.extensions["desk"].database.engine) as sent:
        yield sent


@contextlib.contextmanager
def statements_of(engine: sa.Engine) -> Iterator[list[str]]:
    """The same of one engine."""
    sent: list[str] = []

    def note(_connection, _cursor, statement: str, *_more) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
