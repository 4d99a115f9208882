"""The bell that has waiting jobs done: at once, then every half a minute, in a thread beside the console or alone.

The table of jobs is the truth; the bell only looks at it. A round that goes wrong is written down and the next one
comes all the same: a fault of a job never stops the console.
"""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from backoffice.jobs import kept_figures, many, sending, warnings_out
from backoffice.jobs.handlers import HANDLERS, plan_timed
from backoffice.jobs.pulse import pulse
from backoffice.jobs.running import Handlers, Worked, Workshop, is_waiting, work_off

SECONDS = 30.0
SOON = 3.0  # seconds after which it looks whether somebody waits before a page for a job
AWAITED = (kept_figures.COUNT, many.KIND)
PATIENCE = 10.0  # seconds in which a round may come to its end when the bell is stopped

log = logging.getLogger("desk.jobs")
_one_at_a_time = threading.Lock()


class Bell:
    """Rings until it is stopped. Two bells of one process never ring together."""

    def __init__(
        self, shop: Workshop, seconds: float = SECONDS, handlers: Handlers = HANDLERS, role: str = "console"
    ) -> None:
        self.shop = shop
        self.seconds = seconds
        self.handlers = handlers
        self.role = role
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.ring_on, name="desk-bell", daemon=True)

    def start(self) -> None:
        """Ring in a thread beside the caller."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more jobs, and give the one in hand a little time; a lease is there for what does not end."""
        self._stop.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(PATIENCE)

    def ring_on(self) -> None:
        """Ring until stopped, in the caller's own thread."""
        with pulse(self.shop, self.role):
            while not self._stop.is_set():
                try:
                    self.ring()
                except Exception:
                    log.exception("the round of jobs broke off")
                self._rest()

    def _rest(self) -> None:
        """Rest until the next round; only shortly where somebody waits before a page for what a job counts."""
        left = self.seconds
        while left > 0 and not self._stop.wait(min(SOON, left)):
            left -= SOON
            if left > 0 and self._is_awaited():
                return

    def _is_awaited(self) -> bool:
        try:
            return is_waiting(self.shop, {kind: self.handlers[kind] for kind in AWAITED if kind in self.handlers})
        except SQLAlchemyError:
            return False  # the round itself says what is wrong

    def ring(self) -> Worked:
        """One round: put in what is due by time, do everything that waits, and send what is to be sent."""
        if not _one_at_a_time.acquire(blocking=False):
            return Worked()
        try:
            plan_timed(self.shop)
            warnings_out.send_due(self.shop, self._stop.is_set)
            worked = work_off(self.shop, self.handlers, self._stop.is_set)
            sending.send_due(self.shop, self._stop.is_set)
            return worked
        finally:
            _one_at_a_time.release()
