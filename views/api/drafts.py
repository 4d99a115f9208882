"""Calls about drafts: one is handed in like a complaint; whoever handed it in may ask what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import url_for
from sqlalchemy.orm import Session

from backoffice.models.arrival import ArrivedDraft
from backoffice.services import arrivals
from policies.access import Permission
from policies.api_token import ApiScope
from policies.vocabulary import EntryWay
from views import context
from views.api.operation import Told, late, looks
from views.case.looking import work_in

if TYPE_CHECKING:
    from backoffice.integrations.files import Upload
    from forms.api import NewComplaint


def handed_in(session: Session, asked: NewComplaint, uploads: tuple[Upload, ...]) -> Told:
    """A new draft: what is missing a clerk asks for. The caller's key keeps it from coming twice."""
    found = arrivals.Arrival(EntryWay.API, asked.channel, asked.received_at or context.now(), asked.said(), uploads)
    row = arrivals.arrive(work_in(session), found)
    shown = _told(row, None)
    return Told(shown, 202, {"Location": shown.address})


@looks("/drafts/<int:draft_id>", Permission.COMPLAINT_REGISTER, scope=ApiScope.CREATE, answer="Draft")
def read_draft(draft_id: int) -> Any:
    """Whether it still waits, was completed as which complaint, or was discarded."""
    with context.reading() as session:
        return _told(*arrivals.brought(work_in(session), draft_id))


def _told(row: ArrivedDraft, number: str | None) -> Any:
    return late("told").Draft(
        draft=row.id,
        state=row.state.value,
        number=number,
        received_at=row.received_at,
        arrived_at=row.arrived_at,
        done_at=row.done_at,
        address=url_for("api.read_draft", draft_id=row.id),
    )
