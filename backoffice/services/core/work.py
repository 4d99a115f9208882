"""What every command on complaints is handed: the open transaction, the keys, who acts, and when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from backoffice.integrations.store import Place
from backoffice.keys import Keys
from policies.access import Actor


@dataclass(frozen=True)
class Work:
    """One unit of work. ``at`` is when the act happened, ``recorded_at`` when it is written down (both aware UTC).

    The two differ for what is entered later: a paper form of an outage, an imported history. ``files`` is where
    attachments lie; ``address`` is where the request came from, for the log; ``token`` is the public beginning of the
    API's token by which it came, empty for who acts in person.
    """

    session: Session
    keys: Keys
    actor: Actor
    at: datetime
    recorded_at: datetime
    files: Place | None = None
    address: str = ""
    token: str = ""

    @property
    def by_token(self) -> dict[str, object]:
        """What is added to the facts of a link of a chain where no person pressed the button."""
        return {"token": self.token} if self.token else {}

    def earlier(self, at: datetime) -> Work:
        """The same work for an act that happened at another time than it is recorded."""
        return replace(self, at=at)
