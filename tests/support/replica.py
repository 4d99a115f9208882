"""A streaming replica of a test's cluster: a server of its own that repeats what the first one writes."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.support import postgresql
from views.commands.parts import postgresql_programs


@contextlib.contextmanager
def replicated(cluster: Path, folder: Path) -> Iterator[Path]:
    """The folder of a replica of the cluster in ``cluster``; stopped at the end."""
    programs = postgresql_programs()
    assert programs is not None
    folder.mkdir()
    if user := postgresql._server_user():
        shutil.chown(folder, user=user)
    data = folder / "data"
    postgresql._run(
        programs / "pg_basebackup", "-h", cluster, "-U", postgresql.USER, "-D", data, "-R", "-X", "stream",
        "--checkpoint=fast", "--no-sync",
    )  # fmt: skip
    with (data / "postgresql.conf").open("a", encoding="utf-8") as configuration:
        configuration.write(f"unix_socket_directories = '{folder}'\n")
    postgresql._run(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-s", "start")
    try:
        yield folder
    finally:
        postgresql.stop(folder)
