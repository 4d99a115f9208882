"""Preview and print a dossier (R22, R39): allowed, logged in the access chain with its reason, then handed out."""

from __future__ import annotations

import base64

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.history import AccessEvent, AccessHead
from backoffice.reports.dossier import DossierContent
from backoffice.reports.pdf import require_printing
from backoffice.services.core.access_log import log_access
from backoffice.services.core.case import Case, open_case
from backoffice.services.core.work import Work
from backoffice.services.dossier.content import Making, dossier_content
from backoffice.services.dossier.source import Source
from backoffice.services.dossier.veil import Copy
from policies.access import CustomerView, Permission, customer_view, may
from policies.message import Message, Refusal

PREVIEWED, PRINTED = "dossier_preview", "dossier_print"
LONGEST_REASON = 400


def preview(work: Work, complaint_id: int, language: str) -> DossierContent:
    """The masked dossier for the screen; the look is logged. Raises ``DomainError`` (404, 403)."""
    case = open_case(work, complaint_id)
    case.refuse_unless(Permission.DOSSIER_PRINT)
    log_access(
        work.session, work.keys, work.actor, work.at, PREVIEWED, {}, complaint_id=complaint_id, address=work.address
    )
    return _content(case, language, _masked(case), copy=0)


def take_copy(work: Work, complaint_id: int, language: str, *, full: bool = False, reason: str = "") -> DossierContent:
    """The dossier to be printed, numbered as the next copy; the print is logged in this transaction.

    ``full``: with customer data in clear and the files inside, for a written reason. Raises ``DomainError`` when it is
    not allowed (404, 403), without a reason (422), and when this machine cannot print (409): then nothing is logged.
    """
    case = open_case(work, complaint_id)
    case.refuse_unless(Permission.DOSSIER_PRINT_FULL if full else Permission.DOSSIER_PRINT)
    reason = reason.strip()
    if full and not reason:
        raise DomainError(Refusal("dossier.refusal.reason", field="reason", status=422))
    if len(reason) > LONGEST_REASON:
        raise DomainError(Refusal("dossier.refusal.long_reason", {"limit": LONGEST_REASON}, "reason", 422))
    require_printing()
    copy = _next_copy(work, complaint_id)
    content = _content(case, language, Copy.FULL if full else _masked(case), copy)
    facts: dict[str, object] = {"copy": copy, "full": full, "language": language}
    if full:
        facts["files"] = [file.sha256 for file in content.files if file.data is not None]
        sealed = case.seal.seal_json({"reason": reason}, "access") if not case.seal.erased else b""
        facts["sealed_reason"] = base64.b64encode(sealed).decode()
    log_access(
        work.session, work.keys, work.actor, work.at, PRINTED, facts, complaint_id=complaint_id, address=work.address
    )
    return content


def _masked(case: Case) -> Copy:
    """Masked; on a case whose customer asked for confidentiality others see nothing of the customer."""
    view = customer_view(case.work.actor, case.subject)
    return Copy.HIDDEN if view is CustomerView.HIDDEN else Copy.MASKED


def _content(case: Case, language: str, kind: Copy, copy: int) -> DossierContent:
    source, work = Source(case, kind), case.work
    by = source.staff(work.actor.staff_id) or Message("dossier.system")
    with_files = kind is Copy.FULL and may(work.actor, Permission.ATTACHMENT_OPEN, case.subject)
    return dossier_content(source, Making(language, work.at, by, copy, with_files))


def _next_copy(work: Work, complaint_id: int) -> int:
    """Counts the copies of this dossier; the access chain's head is locked first, so that no two are the same."""
    work.session.scalars(sa.select(AccessHead).where(AccessHead.id == 1).with_for_update()).one_or_none()
    printed = sa.select(sa.func.count()).select_from(AccessEvent)
    mine = printed.where(AccessEvent.complaint_id == complaint_id, AccessEvent.kind == PRINTED)
    return (work.session.scalar(mine) or 0) + 1
