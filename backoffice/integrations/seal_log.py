"""The log of daily seals: a file in the data directory, apart from the database; lines are only added (R40)."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER, FILE = "seals", "seals.log"


def path_in(data: Path) -> Path:
    """Where the log of an office is; it need not be there yet."""
    return data / FOLDER / FILE


def lines(data: Path) -> list[str]:
    """Every line, oldest first; none where there is no log."""
    try:
        text = path_in(data).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return [line for line in text.splitlines() if line.strip()]


def append(data: Path, line: str) -> None:
    """Add a line and see that it is on the disk. What a crash left half written gets an end of its own first."""
    path = path_in(data)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b") as log:
        size = log.seek(0, os.SEEK_END)
        if size:
            log.seek(size - 1)
            line = line if log.read(1) == b"\n" else f"\n{line}"
        log.write(f"{line}\n".encode())
        log.flush()
        os.fsync(log.fileno())
