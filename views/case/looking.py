"""A complaint as its reader may see it: opened without a lock, its customer data veiled, what can be done to it now."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flask import g, request
from sqlalchemy.orm import Session

from backoffice.file_settings import files_of
from backoffice.models.complaint import Complaint
from backoffice.services.core.case import Case, id_of, look_at
from backoffice.services.core.work import Work
from backoffice.services.dossier.source import Source
from backoffice.services.dossier.veil import Copy
from backoffice.services.handling import offers_of
from policies.access import CustomerView, customer_view
from policies.workflow import Offer
from views import context


def work_in(session: Session) -> Work:
    """The unit of work of this request."""
    desk, at = context.desk(), context.now()
    files = files_of(Path(desk.config["DATA_DIR"]))
    token = g.token.prefix if "token" in g else ""
    return Work(session, desk.keys, context.actor(), at, at, files, request.remote_addr or "", token)


def seen_revision(text: str | None) -> int:
    """The revision that a form says its reader saw; what says none, or nothing readable, saw none that there is."""
    text = text or ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else UNSEEN


UNSEEN = -1
"""No complaint's revision, so that it is refused as changed meanwhile (R40)."""


@dataclass
class Looked:
    """One complaint for one reader."""

    case: Case
    source: Source

    @property
    def complaint(self) -> Complaint:
        return self.case.complaint

    @property
    def customer(self) -> CustomerView:
        """How the customer appears to this reader."""
        return customer_view(self.case.work.actor, self.case.subject)

    @cached_property
    def offers(self) -> tuple[Offer, ...]:
        """What this reader can do now, with reasons; what is not theirs at all is left out."""
        return tuple(offer for offer in offers_of(self.case, self.source.holdings) if not offer.is_hidden)

    def offer(self, action: str) -> Offer | None:
        """One action, or None when it has no place here for this reader."""
        return next((offer for offer in self.offers if offer.action == action), None)


def look(session: Session, number: str) -> Looked:
    """Open a complaint by its number; 404 when it is not there or not visible."""
    case = look_at(work_in(session), id_of(session, number))
    hidden = customer_view(case.work.actor, case.subject) is CustomerView.HIDDEN
    return Looked(case, Source(case, Copy.HIDDEN if hidden else Copy.MASKED, only_shown=True))
