"""Asking something that may hang: never longer than a moment, and never two questions at once.

A database that is away may keep a connection waiting for minutes. The question is asked in a thread of its own; who
waits longer than allowed goes on without an answer, and as long as one question hangs no other is begun, so that
probes do not pile up. An answer is good for a second, so that a flood of probes asks the database once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")

FRESH = 1.0  # seconds


class Question(Generic[Answer]):
    """One question; ``ask`` gives its answer, or what stands for "no answer in time"."""

    def __init__(self, seconds: float, silence: Answer) -> None:
        self.seconds = seconds
        self.silence = silence
        self._lock = threading.Lock()
        self._known: tuple[float, Answer] | None = None
        self._hangs: threading.Event | None = None

    def ask(self, find: Callable[[], Answer]) -> Answer:
        """The answer of ``find``, which itself turns its faults into answers."""
        with self._lock:
            if self._known is not None and time.monotonic() - self._known[0] < FRESH:
                return self._known[1]
            if self._hangs is None:
                self._hangs = threading.Event()
                threading.Thread(target=self._find, args=(find, self._hangs), name="desk-probe", daemon=True).start()
            done = self._hangs
        if not done.wait(self.seconds):
            return self.silence
        with self._lock:
            return self._known[1] if self._known is not None else self.silence

    def _find(self, find: Callable[[], Answer], done: threading.Event) -> None:
        try:
            found = find()
        except Exception:  # noqa: BLE001 (whatever it is, who asked hears that there is no answer)
            found = self.silence
        with self._lock:
            self._known = (time.monotonic(), found)
            self._hangs = None
        done.set()
