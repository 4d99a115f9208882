"""How often somebody came to a customer's page within the hour, counted in the database for all processes (R1).

Nothing of an address is kept but a keyed digest, and that for an hour.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.public import PublicTry
from backoffice.services.core.once import one_at_a_time
from policies.message import Refusal
from policies.public_pages import HOUR, hour_wait, minutes_until


class WaitError(DomainError):
    """Too often within the hour; ``seconds`` until the next one is let in."""

    def __init__(self, until: datetime, at: datetime) -> None:
        self.seconds = minutes_until(until, at) * 60
        super().__init__(Refusal("public.refused.wait", {"n": minutes_until(until, at)}, status=429))


def admit(session: Session, keys: Keys, at: datetime, limits: Mapping[str, int]) -> WaitError | None:
    """Count a post under each of these subjects, or give what speaks against it: then nothing is counted.

    ``limits``: how many an hour each subject may have.
    """
    one_at_a_time(session, "public_try")
    session.execute(sa.delete(PublicTry).where(PublicTry.at <= at - HOUR))
    digests = {_digest(keys, subject): most for subject, most in limits.items()}
    waits = [hour_wait(most, _newest(session, digest, most), at) for digest, most in digests.items()]
    if until := max((wait for wait in waits if wait is not None), default=None):
        return WaitError(until, at)
    session.add_all(PublicTry(subject=digest, at=at) for digest in digests)
    session.flush()
    return None


def _newest(session: Session, digest: str, most: int) -> list[datetime]:
    statement = sa.select(PublicTry.at).where(PublicTry.subject == digest)
    return list(session.scalars(statement.order_by(PublicTry.at.desc()).limit(most)))


def _digest(keys: Keys, subject: str) -> str:
    return hmac.digest(keys.blind, f"public/{subject}".encode(), "sha256").hex()
