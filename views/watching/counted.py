"""Requests counted by one process, and put together where several serve one office.

A request is counted under its route (the pattern, never the address), its method and the class of its status: all
closed sets, so that no visitor can make new series. Where a server runs several processes each keeps its figures in a
file of the data directory, and whoever is asked shows those of all that live; each process's series bear its number,
so that none ever goes backwards.
"""

from __future__ import annotations

import json
import os
import threading
import time
from bisect import bisect_left
from contextlib import suppress
from pathlib import Path
from typing import Any

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
FOLDER = "run/metrics"
SECONDS = 5.0  # how often a process writes its file
STARTED = time.time()


class Counts:
    """What one process counted; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, str, str], int] = {}
        self._times: dict[str, tuple[list[int], float]] = {}
        self._keeper: threading.Thread | None = None

    def note(self, route: str, method: str, status: int, seconds: float) -> None:
        """One request more."""
        method = method if method in METHODS else "other"
        key = (route, method, f"{status // 100}xx")
        place = bisect_left(BOUNDS, seconds)
        with self._lock:
            self._requests[key] = self._requests.get(key, 0) + 1
            buckets, total = self._times.setdefault(route, ([0] * (len(BOUNDS) + 1), 0.0))
            buckets[place] += 1
            self._times[route] = (buckets, total + seconds)

    def state(self) -> dict[str, Any]:
        """Everything as plain values: what the file of a process holds."""
        with self._lock:
            requests = [[*key, count] for key, count in self._requests.items()]
            times = [[route, list(buckets), total] for route, (buckets, total) in self._times.items()]
        return {"process": os.getpid(), "requests": requests, "times": times, **_of_process()}

    def keep(self, data: Path) -> None:
        """From now on write a file for the other processes of this server; once a process, after it was forked."""
        with self._lock:
            if self._keeper is not None:
                return
            self._keeper = threading.Thread(target=self._keep_on, args=(data,), name="desk-metrics", daemon=True)
            self._keeper.start()

    def _keep_on(self, data: Path) -> None:
        while True:
            with suppress(OSError):  # a full disk shall not count as a fault of counting
                _write(data / FOLDER, self.state())
            time.sleep(SECONDS)


def of_all(data: Path, own: Counts) -> list[dict[str, Any]]:
    """The figures of this process and of the others of this office on this machine; files of the dead are removed."""
    found = [own.state()]
    with suppress(OSError):
        for path in sorted((data / FOLDER).glob("*.json")):
            if path.stem == str(os.getpid()):
                continue
            if not (path.stem.isdecimal() and _lives(int(path.stem))):
                path.unlink(missing_ok=True)
                continue
            with suppress(ValueError, OSError):
                found.append(json.loads(path.read_text(encoding="utf-8")))
    return found


def _write(folder: Path, state: dict[str, Any]) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{os.getpid()}.json"
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(state), encoding="utf-8")
    beside.replace(path)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _of_process() -> dict[str, Any]:
    """Memory (bytes), processor time (seconds) and start of this process; memory only where the system tells it."""
    times = os.times()
    found: dict[str, Any] = {"cpu": times.user + times.system, "started": STARTED}
    with suppress(OSError, ValueError, IndexError, AttributeError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        found["memory"] = pages * os.sysconf("SC_PAGE_SIZE")
    return found
