"""A process that freezes a population and is killed before it makes the nonce (R27).

    python -m tests.support.killed_draw URL FOLDER

The database's URL and the folder of the office's keys; it ends by SIGKILL.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from backoffice.database import Database
from backoffice.services import office_keys, sampling
from backoffice.services.core.work import Work
from backoffice.services.sampling import Order
from policies.access import SYSTEM

AT = datetime(2026, 10, 9, 2, 0, tzinfo=UTC)


def main(url: str, folder: str) -> None:
    """Freeze, then die."""
    database = Database(url)
    keys = office_keys.open_for(database, Path(folder) / "keys")
    sampling.freeze(database, lambda session: Work(session, keys, SYSTEM, AT, AT), Order("monthly_regular"))
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
