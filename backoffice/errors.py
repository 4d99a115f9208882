"""How a command says no: one exception that carries the refusals of the rules."""

from __future__ import annotations

from collections.abc import Iterable

from policies.message import Refusal


class DomainError(Exception):
    """Raised by a service when the rules refuse; nothing was changed. The page shows every refusal in it."""

    def __init__(self, refusals: Refusal | Iterable[Refusal]) -> None:
        self.refusals: tuple[Refusal, ...] = (refusals,) if isinstance(refusals, Refusal) else tuple(refusals)
        super().__init__("; ".join(refusal.key for refusal in self.refusals))

    @property
    def status(self) -> int:
        """HTTP status of the gravest refusal: 404 before 403 before the rest."""
        statuses = [refusal.status for refusal in self.refusals]
        return next((status for status in (404, 403, 400) if status in statuses), statuses[0] if statuses else 409)
