"""A PostgreSQL of the tests' own: made in a folder of its own, reached by a socket there, gone when the run ends.

All workers of a run share one cluster; the first that needs it starts it, and the run itself stops it. `initdb` refuses
root, so that root hands the folder to the user ``postgres``.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from views.commands.parts import postgresql_programs

USER = "desk"
SETTINGS = {
    # A test's database is thrown away: what makes it safe against a power cut only costs time.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "''",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "jit": "off",
    "max_wal_size": "256MB",
    "timezone": "'Asia/Shanghai'",  # not UTC, so that a moment that was kept without its zone shows
}


def why_not() -> str | None:
    """Why there can be no cluster here, None when there can."""
    if postgresql_programs() is None:
        return "PostgreSQL is not installed"
    if os.geteuid() == 0 and _server_user() is None:
        return "PostgreSQL does not run as root, and there is no user postgres"
    return None


def start(folder: Path, settings: Mapping[str, str] | None = None) -> None:
    """Make and start a cluster in an empty folder; raises ``RuntimeError`` with the log when it does not come up.

    ``settings`` stand over the usual ones.
    """
    programs = postgresql_programs()
    assert programs is not None
    if os.geteuid() == 0:
        shutil.chown(folder, user=_server_user())
        folder.parent.chmod(0o755)  # the way to the folder; the folder itself stays closed to others
    data = folder / "data"
    _run(
        programs / "initdb", "-D", data, "-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"
    )
    options = {**SETTINGS, **(settings or {}), "unix_socket_directories": f"'{folder}'"}
    with (data / "postgresql.conf").open("a", encoding="utf-8") as configuration:
        configuration.writelines(f"{name} = {value}\n" for name, value in options.items())
    start_again(folder)


def start_again(folder: Path) -> None:
    """Start a cluster that was stopped, or killed: it comes up by its log."""
    programs = postgresql_programs()
    assert programs is not None
    _run(programs / "pg_ctl", "-D", folder / "data", "-l", folder / "log", "-w", "-s", "start")


def stop(folder: Path) -> None:
    """Stop the cluster in the folder, if one runs there; one that was killed left its file behind, and that is no fault."""
    programs = postgresql_programs()
    if programs is not None and (folder / "data" / "postmaster.pid").exists():
        _ended_with(programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-s", "stop")


def url(folder: Path, name: str) -> str:
    """The SQLAlchemy URL of one of the cluster's databases."""
    return f"postgresql+psycopg://{USER}@/{name}?host={folder}"


def _server_user() -> str | None:
    names = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in names else None


def _run(*words: str | Path) -> None:
    if code := _ended_with(*words):
        raise RuntimeError(f"{' '.join(map(str, words))} ended with {code}")


def _ended_with(*words: str | Path) -> int:
    user = _server_user() if os.geteuid() == 0 else None
    # A file, not a pipe, for what it says: the server that pg_ctl leaves behind would hold a pipe open.
    done = subprocess.run(
        [str(word) for word in words],
        user=user,
        group=user,
        extra_groups=[] if user else None,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode
