"""The folder that all workers of a run share, and the clearing away of folders whose run was killed.

A folder bears the number of the process that made it. One whose process is gone is a leftover, whatever state its
database cluster was killed in: clearing it away never stops the run that comes after.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from tests.support import postgresql

PREFIX = "desk-tests-"


def make(place: Path) -> Path:
    """An empty folder of this process's own in the place."""
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=place))


def sweep(place: Path) -> None:
    """Clear away what a run left in the place that was killed."""
    for folder in place.glob(f"{PREFIX}[0-9]*-*"):
        owner = folder.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdecimal() and not _runs(int(owner)) and _ours(folder):
            remove(folder)


def remove(folder: Path) -> None:
    """Stop the cluster in the folder, if one runs, and take the folder away."""
    postgresql.stop(folder / "postgresql")
    shutil.rmtree(folder, ignore_errors=True)


def _ours(folder: Path) -> bool:
    try:
        return folder.stat().st_uid == os.geteuid()
    except FileNotFoundError:  # another run was faster
        return False


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
