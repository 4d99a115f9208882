"""How many statements a request sends to the database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa
from flask import Flask


@contextlib.contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Collects the SELECTs, INSERTs … that the application sends while this is open; BEGIN and the like are left out."""
    engine = app.extensions["desk"].database.engine
    sent: list[str] = []

    def note(_connection, _cursor, statement: str, *_more) -> None:
        sent.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
