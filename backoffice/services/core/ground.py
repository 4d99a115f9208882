"""What registrations are checked against, read once for all that are made in one transaction (R1, R2)."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.configuration import Category, Channel, ProcessVersion, SlaPolicy
from backoffice.queries.rulebook import Rulebook

T = TypeVar("T")


class Ground:
    """Channels, categories and the versions of the rules, as they stand while one transaction lasts: a form makes one
    for its complaint, an import one for the rows that it brings in together.

    What was read is held here, since a session forgets what nobody holds.
    """

    def __init__(self, session: Session) -> None:
        self.rules = Rulebook(session)
        self._session = session
        self._held: dict[object, Any] = {}

    def channel(self, code: str) -> Channel | None:
        """The channel of a code."""
        return self._coded(Channel, code)

    def category(self, code: str) -> Category | None:
        """The category of a code."""
        return self._coded(Category, code)

    def process_for(self, severity: str, day: date) -> ProcessVersion:
        """The version of a severity's process that holds on a day (local)."""
        return self._keep(self.rules.process_for(severity, day))

    def sla_for(self, day: date) -> SlaPolicy:
        """The version of the clocks that holds for complaints received on a day (local)."""
        return self._keep(self.rules.sla_for(day))

    def _coded(self, model: type[T], code: str) -> T | None:
        name = (model, code)
        if name not in self._held:
            coded: Any = model
            self._held[name] = self._session.scalars(sa.select(coded).where(coded.code == code)).one_or_none()
        found: T | None = self._held[name]
        return found

    def _keep(self, version: T) -> T:
        self._held[version] = version
        return version
