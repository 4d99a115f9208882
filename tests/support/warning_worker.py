"""A worker in a process of its own that rings its bell at the times that it is told, so that a test can kill it.

    python -m tests.support.warning_worker DATABASE_URL FOLDER

Reads a moment (ISO) a line, rings at that moment, and writes ``rang`` when the round is over.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.jobs.bell import Bell
from backoffice.jobs.running import Workshop
from backoffice.keys import open_keys


def main(url: str, folder: str) -> None:
    """Ring for every line until there is none."""
    clock = SetClock(datetime.now(UTC))
    bell = Bell(Workshop(Database(url), open_keys(Path(folder) / "keys"), clock, Path(folder)), handlers={})
    _say("here")
    for line in sys.stdin:
        clock.at = datetime.fromisoformat(line.strip())
        bell.ring()
        _say("rang")


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
