"""An inspection as its reader may see it: opened without a lock, its record veiled, blind where it is blind."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.inspection import Inspection
from backoffice.queries.inspections import hidden_from
from backoffice.services.core.case import is_blind_to
from backoffice.services.core.inspections import Inspecting, look_at_inspection
from backoffice.services.dossier.blind import BlindSource
from backoffice.services.dossier.source import Source
from backoffice.services.dossier.veil import Copy
from policies.access import CustomerView, customer_view
from policies.card import Card
from policies.inspection import Standing, refuse_look
from policies.vocabulary_inspection import InspectionStatus
from views.case.looking import Looked, work_in


@dataclass
class Opened:
    """One inspection for one reader."""

    one: Inspecting
    looked: Looked
    standing: Standing
    card: Card
    blind: bool

    @property
    def row(self) -> Inspection:
        return self.one.inspection

    @property
    def source(self) -> Source:
        return self.looked.source

    @property
    def is_mine(self) -> bool:
        return self.standing.is_of(self.one.work.actor)

    @property
    def can_score(self) -> bool:
        """Whether this reader may enter marks now; own work refuses it even where the row says so."""
        row = self.row
        return self.is_mine and row.status.is_to_score and self.own_work is None and not self.one.case.seal.erased

    @property
    def own_work(self) -> object | None:
        """Why its own inspector may not inspect it (R27), or None."""
        unpublished = not self.row.status.is_published and self.row.status is not InspectionStatus.CANCELLED
        return self.one.refuse_own(self.one.work.actor.staff_id) if self.is_mine and unpublished else None


def open_for(session: Session, number: str) -> Opened:
    """Open an inspection by its number; 404 when it is not there, 403 with a sentence when it is not this reader's."""
    work = work_in(session)
    one = look_at_inspection(work, number)
    standing = one.standing
    refusal = refuse_look(work.actor, standing)
    if refusal is not None:
        raise DomainError(refusal)
    hidden = customer_view(work.actor, one.case.subject) is CustomerView.HIDDEN
    copy = Copy.HIDDEN if hidden else Copy.MASKED
    blind = hidden_from(one.inspection, work.actor) or is_blind_to(work, one.inspection.complaint_id)
    source = BlindSource(one.case, copy) if blind else Source(one.case, copy)
    card = one.rules.card(one.inspection.card_id)
    return Opened(one, Looked(one.case, source), standing, card, blind)
