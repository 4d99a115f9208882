"""Many people at once: requests, waiting times and what was lost (nothing).

    python -m benchmarks.crowd [sqlite|postgresql] [PEOPLE] [SECONDS]

Default: ten people for a minute on SQLite under ``run.py serve``; ``postgresql``: gunicorn with two processes of four
threads, and a worker.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.support.crowd import work
from tests.support.plugged_desk import PluggedDesk, PluggedServers


def main() -> int:
    """Prints one table."""
    asked = sys.argv[1:]
    kind = PluggedServers if asked[:1] == ["postgresql"] else PluggedDesk
    people = int(asked[1]) if len(asked) > 1 else 10
    seconds = float(asked[2]) if len(asked) > 2 else 60.0
    with tempfile.TemporaryDirectory() as folder:
        worked = work(kind, Path(folder), people, seconds)
    print(worked.pace.table(f"{kind.name}, {people} people, {worked.seconds:.0f} s"))
    found = worked.found
    print(
        f"\nanswered {found.answered}, there {found.there}, lost {len(found.lost)}, doubled {len(found.doubled)}; ",
        end="",
    )
    print(f"told of another's change {worked.pace.told}; chains {'hold' if worked.verified[0] == 0 else 'BROKEN'}")
    for fault in worked.wrong[:20]:
        print(f"* {fault}")
    return 1 if worked.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
