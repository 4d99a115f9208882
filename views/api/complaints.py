"""Calls about complaints: register one, read it, look at its customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import url_for
from sqlalchemy.orm import Session

from backoffice.services import arrivals, intake
from backoffice.services.core.case import id_of
from backoffice.services.reveal import reveal as reveal_once
from policies.access import Permission
from policies.api_token import ApiScope
from policies.vocabulary import EntryWay
from views import context
from views.api import drafts
from views.api.operation import LARGE, Told, late, looks, writes
from views.case.looking import look, work_in

if TYPE_CHECKING:
    from backoffice.integrations.files import Upload
    from forms.api import NewComplaint, RevealIn


@writes(
    "/complaints",
    Permission.COMPLAINT_REGISTER,
    scope=ApiScope.CREATE,
    body="NewComplaint",
    answer="Registered",
    largest=LARGE,
    other=(202, "Draft"),
)
def create_complaint(session: Session, asked: NewComplaint, uploads: tuple[Upload, ...]) -> Told:
    """Register a complaint, as the form does; what comes by a channel that waits for a clerk is a draft."""
    if arrivals.waits_for_clerk(session, asked.channel):
        return drafts.handed_in(session, asked, uploads)
    found = asked.registration(context.now(), uploads, EntryWay.API.value)
    showing, told = late("showing"), late("told")
    case = intake.register(work_in(session), found)
    session.flush()
    complaint = case.complaint
    return Told(
        told.Registered(
            number=complaint.number,
            status=showing.value(complaint.status),
            revision=complaint.revision,
            severity=showing.value(complaint.severity),
            priority=showing.value(complaint.priority),
            received_at=complaint.received_at,
            due_at=complaint.next_due_at,
            completeness=complaint.completeness,
            nth_complaint=complaint.nth_complaint,
        ),
        headers={"Location": url_for("api.read_complaint", number=complaint.number)},
    )


@looks("/complaints/<number>", Permission.COMPLAINT_VIEW, scope=ApiScope.READ, answer="Complaint")
def read_complaint(number: str) -> Any:
    """One complaint as the token may see it."""
    showing = late("showing")
    with context.reading() as session:
        looked = look(session, number)
        return Told(showing.complaint(looked), headers={"ETag": showing.etag(looked.complaint.revision)})


@writes(
    "/complaints/<number>/reveal",
    Permission.CUSTOMER_REVEAL,
    scope=ApiScope.REVEAL,
    body="RevealIn",
    answer="Revealed",
    status=200,
    keeps=False,
)
def reveal_customer(session: Session, asked: RevealIn, number: str) -> Any:
    """The customer's data in clear, with the reason, and in the access log before it is shown.

    The same key once more is one more look, asked for and logged like the first: no copy in clear lies anywhere.
    """
    shown = reveal_once(work_in(session), id_of(session, number), asked.reason)
    return late("told").Revealed(number=shown.number, customer=shown.values)
