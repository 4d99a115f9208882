"""Messages of an office that comes out of a backup (R40): what waited may have been sent since."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.work import Outbox
from policies.delivery import WAYS, Outcome, Reason, Verdict
from policies.vocabulary import MessageState


def hold(session: Session) -> int:
    """Make every message that is still to go out uncertain, for a person to decide; how many."""
    open_ones = (Outbox.state.in_((MessageState.WAITING, MessageState.SENDING)), Outbox.way.in_(WAYS))
    said = Outcome(Verdict.UNCERTAIN, Reason.RESTORED).said
    values = {"state": MessageState.UNCERTAIN, "error": said, "leased_until": None}
    return session.execute(sa.update(Outbox).where(*open_ones).values(values)).rowcount  # type: ignore[attr-defined, no-any-return]
