"""An office whose real server is started, killed and started again: `run.py serve` on SQLite, gunicorn with a worker of
its own on PostgreSQL. Every program gets a group of its own, so that one signal ends it with all its children.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa

from backoffice.database import Database
from backoffice.keys import Keys
from backoffice.models.office import Office
from backoffice.services import office_keys
from tests.support import postgresql, run_folder
from tests.support.databases import with_default_office
from tests.support.live import give_passwords
from tests.support.sources import PROJECT

PATIENCE = 120.0  # seconds in which a server must answer; on a busy machine it may take long
SAFE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
"""What the other tests switch off: here an answered request has to survive the database being killed."""


class Program:
    """A program in a group of its own; what it says goes to a file."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], said: Path) -> None:
        with said.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *words],
                cwd=PROJECT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def number(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL to the whole group, and wait until it is gone."""
        self.strike()
        self._process.wait()

    def strike(self) -> None:
        """The signal alone: nothing is waited for."""
        os.killpg(self._process.pid, signal.SIGKILL)


class PluggedDesk:
    """The office on SQLite. ``environment`` is what its programs are told besides, for example where mail goes."""

    name = "SQLite, run.py serve"

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder / "office"
        self.folder.mkdir()
        self.port = _free_port()
        self.said = folder / "server.log"
        self.programs: list[Program] = []
        self.url = self._database_url()
        self.environment = {
            **environment,
            "BACKOFFICE_DATA": str(self.folder),
            "BACKOFFICE_DATABASE_URL": self.url,
        }
        self.keys = self._furnish()

    def _database_url(self) -> str:
        return f"sqlite:///{self.folder / 'office.db'}"

    def _furnish(self) -> Keys:
        """The default office with passwords for all, as a real office and not as a demonstration."""
        database = Database(self.url)
        with_default_office(database)
        give_passwords(database)
        with database.writing() as session:
            session.execute(sa.update(Office).values(demonstration=False))
        keys = office_keys.open_for(database, self.folder / "keys")
        database.dispose()
        return keys

    def commands(self) -> list[list[str]]:
        """What runs in this office."""
        return [["run.py", "serve", "--data", str(self.folder), "--port", str(self.port)]]

    def start(self) -> float:
        """Start everything; returns the seconds until the first page came."""
        began = time.monotonic()
        self.programs = [Program(words, self.environment, self.said) for words in self.commands()]
        while not self._answers():
            if time.monotonic() - began > PATIENCE or not self.programs[0].runs:
                raise AssertionError(f"the server did not start again: {self.last_words()}")
            time.sleep(0.02)
        return time.monotonic() - began

    def kill(self) -> None:
        """Pull the plug on everything at once."""
        for program in self.programs:
            program.strike()
        for program in self.programs:
            program.kill()

    def close(self) -> None:
        """Leave nothing running."""
        for program in self.programs:
            if program.runs:
                program.kill()

    def last_words(self) -> str:
        """The end of what the programs said."""
        if not self.said.is_file():  # /dev/full can be read for ever
            return ""
        return self.said.read_text(encoding="utf-8", errors="replace")[-2000:]

    def verified(self) -> tuple[int, str]:
        """What `run.py verify` says: its exit code and words."""
        done = subprocess.run(
            [sys.executable, "run.py", "verify", "--data", str(self.folder), "--language", "en"],
            cwd=PROJECT, env={**os.environ, **self.environment}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/sign-in")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class PluggedServers(PluggedDesk):
    """The office on a PostgreSQL of its own, with two gunicorn processes of four threads and a worker."""

    name = "PostgreSQL, gunicorn"

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.cluster = run_folder.make(Path(tempfile.gettempdir())) / "postgresql"
        self.cluster.mkdir()
        postgresql.start(self.cluster, SAFE)
        super().__init__(folder, environment)

    def _database_url(self) -> str:
        return postgresql.url(self.cluster, "postgres")

    def commands(self) -> list[list[str]]:
        serve = ["-m", "gunicorn", "--workers", "2", "--threads", "4", "--bind", f"127.0.0.1:{self.port}"]
        return [[*serve, "run:create_app()"], ["run.py", "worker", "--data", str(self.folder)]]

    def kill_database(self) -> None:
        """Stop the database server at once, as a kill would, and let it come up again by its log."""
        postgresql.stop(self.cluster)
        postgresql.start_again(self.cluster)

    def close(self) -> None:
        super().close()
        run_folder.remove(self.cluster.parent)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
