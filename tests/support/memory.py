"""How much memory this process has held at most: of its own, not of the process that started it."""

from __future__ import annotations

from pathlib import Path


def peak() -> int:
    """KiB. ``getrusage`` would not do: its greatest size survives the start of a program, so that a process begins with
    what its parent held.
    """
    said = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in said.splitlines() if line.startswith("VmHWM:"))
