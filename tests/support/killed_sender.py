"""A worker in a process of its own that stands still at one place of a sending, so that a test can kill it there.

Called as ``python -m tests.support.killed_sender <database> <folder> <moment> before|after``; it prints ``here`` when it
has come to the place.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime
from pathlib import Path

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.integrations import sms
from backoffice.jobs.running import Workshop
from backoffice.jobs.sending import send_due
from backoffice.keys import load_keys
from backoffice.services import sending


def stand_still(*_anything: object) -> None:
    """Say so, and wait to be killed."""
    sys.stdout.write("here\n")
    sys.stdout.flush()
    time.sleep(60)


def main() -> None:
    """Send what waits; stop before it is handed over, or after that before it is written down."""
    url, folder, moment, place = sys.argv[1:]
    if place == "before":
        sms.send = stand_still  # type: ignore[assignment]
    else:
        sending.record = stand_still  # type: ignore[assignment]
    at = datetime.fromisoformat(moment)
    send_due(Workshop(Database(url), load_keys(Path(folder)), SetClock(at), Path(folder)))


if __name__ == "__main__":
    main()
