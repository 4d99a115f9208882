"""A hard end for a talk with another machine: a socket's own timeout starts anew with every byte that drips in."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable


class TimeLimit:
    """Ends a talk after so many seconds from now by shutting its socket; ``passed`` says that it did."""

    def __init__(self, seconds: float, current: Callable[[], socket.socket | None]) -> None:
        self._end = time.monotonic() + seconds
        self._current = current
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True
        self.passed = False

    def __enter__(self) -> TimeLimit:
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()

    @property
    def left(self) -> float:
        """Seconds that are left, never nought: for the timeouts of the steps in between."""
        return max(self._end - time.monotonic(), 0.05)

    def _shut(self) -> None:
        self.passed = True
        open_socket = self._current()
        if open_socket is not None:
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
