"""Pull the plug on a real server while people write, and print what became of it.

    python -m benchmarks.plug [sqlite|postgresql] [KILLS] [MINUTES]

Six people with several accounts each register, attach, acknowledge, talk, accept, send orders and appoint by the real
forms over HTTP; the server is killed with SIGKILL and started again on what it left. On PostgreSQL every tenth kill is
the database server's. What was answered is then looked for in the database, row by row. Exit code 1 when anything was
lost, doubled or left by half. After MINUTES it stops and tells of the kills that there were.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.support.plugged_desk import PluggedDesk, PluggedServers
from tests.support.pulled_plug import pull

KINDS: dict[str, type[PluggedDesk]] = {"sqlite": PluggedDesk, "postgresql": PluggedServers}
USUAL = 20
DATABASE_EVERY = 10


def main(arguments: list[str]) -> int:
    """Run it; the table goes to standard output, how far it is to standard error."""
    name = arguments[0] if arguments else "sqlite"
    kills = int(arguments[1]) if len(arguments) > 1 else USUAL
    seconds = 60 * float(arguments[2]) if len(arguments) > 2 else float("inf")

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="desk-plug-") as folder:
        figures = pull(KINDS[name], Path(folder), kills, tell=tell, database_every=DATABASE_EVERY, seconds=seconds)
    print(figures.table())
    for line in figures.wrong[:20]:
        print(f"- {line}")
    return 1 if figures.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
