"""Commands in processes of their own, some of which are killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.support.backups import SECRET
from tests.support.sources import PROJECT

PROGRAM = "import sys; from views.cli import main; sys.exit(main(sys.argv[1:]))"


def start(*arguments: object, **variables: str) -> subprocess.Popen[str]:
    """``run.py`` with these arguments, the passphrase in its environment."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "BACKOFFICE_BACKUP_PASSPHRASE": SECRET, **variables}
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def killed_after(seconds: float, *arguments: object, **variables: str) -> bool:
    """Start it and kill it so many seconds later; False when it had ended by then."""
    with start(*arguments, **variables) as process:
        time.sleep(seconds)
        alive = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
    return alive


def killed_once_there(pattern: str, folder: Path, seconds: float, *arguments: object, **variables: str) -> bool:
    """The same, counted from the moment when something of this name stands in the folder."""
    with start(*arguments, **variables) as process:
        while process.poll() is None and not list(folder.glob(pattern)):
            time.sleep(0.005)
        time.sleep(seconds)
        alive = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
    return alive
