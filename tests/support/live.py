"""A desk that really listens: the application on a port of its own, in a thread of the test's process."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import waitress
from argon2 import PasswordHasher
from flask import Flask

from backoffice.clock import Clock, SetClock
from backoffice.database import Database
from backoffice.models.office import Office, Staff
from views.app import create_app

PASSWORD = "lanterns-over-quiet-water"
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass(frozen=True)
class Live:
    """A desk that listens at ``url``; ``clock`` moves its time when it is a ``SetClock``."""

    url: str
    app: Flask
    database: Database
    clock: Clock

    def move_to(self, at: Any) -> None:
        """Sets the desk's time."""
        assert isinstance(self.clock, SetClock)
        self.clock.at = at


def give_passwords(database: Database) -> None:
    """Everybody of the sample staff may sign in with ``PASSWORD``, and the office counts as set up."""
    with database.writing() as session:
        session.execute(sa.update(Staff).values(password_hash=_CHEAP.hash(PASSWORD), must_change_password=False))
        session.execute(sa.update(Office).values(set_up_at=sa.func.coalesce(Office.set_up_at, sa.func.now())))


@contextlib.contextmanager
def listening(database: Database, folder: Path, clock: Clock, **config: Any) -> Iterator[Live]:
    """Serves a database on a port that the system chooses; stopped at the end."""
    app = create_app({"DATA_DIR": str(folder), "DATABASE_URL": database.url, "CLOCK": clock, "TESTING": True, **config})
    # A fault must reach the page and the log as in production, not the server's thread.
    app.config["PROPAGATE_EXCEPTIONS"] = False
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4, clear_untrusted_proxy_headers=True)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield Live(f"http://127.0.0.1:{server.effective_port}", app, database, clock)
    finally:
        server.close()
        thread.join(timeout=10)
        app.extensions["desk"].database.dispose()
