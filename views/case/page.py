"""The page of a complaint: head, clocks with their reasons, the process, what can be done now, and its
papers by tabs.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from backoffice.models.configuration import ProcessVersion, SlaPolicy
from backoffice.queries import my_inspections
from backoffice.reports.blocks import Block
from backoffice.services.dossier.content import WRITERS, chain_mark
from policies.access import CustomerView, Permission
from policies.action import ActionKind
from policies.workflow import Offer
from views import context
from views.case import extension, place
from views.case import teamwork as work
from views.case.clock_rows import clocks_of, explained
from views.case.files import additions_of, files_of
from views.case.looking import Looked, look
from views.case.messages import messages_of
from views.case.strip import strip_of
from views.case.warning_rows import warnings_of
from views.fault_notices.panels import on_complaint
from views.guard import needs
from views.knowledge import panels as knowledge
from views.menu import may_open
from views.outbox_words import reason_words

blueprint = Blueprint("complaint", __name__)

# tab → parts of the dossier that it shows
TABS: dict[str, tuple[str, ...]] = {
    "record": ("original_record", "check_record", "acknowledgement"),
    "orders": ("work_order", "extension"),
    "investigation": ("investigation", "evidence"),
    "plan": ("plan_drafts", "measures"),
    "talks": ("communications", "result_receipt"),
    "callbacks": ("call_back_record", "closing_reason"),
    "team": (),
    "files": ("post_review", "lesson"),
    "history": ("event_log",),
}
TEAM = "team"
# acts that are reached in other ways than by a button of their own
ELSEWHERE = frozenset({
    "tick_measure", "reveal", "open_attachment", "print_dossier", "print_dossier_full", "correct_record",
})  # fmt: skip


@blueprint.get("/complaints/<number>")
@needs(Permission.COMPLAINT_VIEW)
def page(number: str) -> Any:
    """One complaint as this reader may see it; the server renders the tab that is asked for."""
    with context.reading() as session:
        return render_page(look(session, number))


def render_page(looked: Looked) -> str:
    """The page, from a complaint that is open for looking."""
    tab = request.args.get("tab", "record")
    tabs = [code for code in TABS if code != TEAM or work.has_teamwork(looked)]
    tab = tab if tab in tabs else "record"
    source, complaint = looked.source, looked.complaint
    brief = source.opened(complaint.sealed_brief, "brief")
    return render_template(
        "complaint/page.html",
        complaint=complaint,
        process=source.rules.told(ProcessVersion, complaint.process_id),
        sla=source.rules.told(SlaPolicy, complaint.sla_id),
        charge=work.charge_of(looked),
        source=source,
        beside=place.shown(looked.case.work.session, complaint.id),
        summary=source.veil.text(str(brief.get("summary") or "")) or complaint.number,
        customer=source.veil.name(str(brief.get("name") or "")),
        phone=source.veil.phone(str(brief.get("phone") or "")),
        reveals=looked.customer is CustomerView.REVEALABLE,
        clocks=clocks_of(looked),
        explained=explained(looked),
        warnings=warnings_of(looked),
        extension=extension.waiting(looked),
        inspections=my_inspections.of_complaint(looked.case.work.session, looked.case.work.actor, complaint.id),
        notices=on_complaint(looked),
        knowledge=knowledge.on_complaint(looked),
        makes_case=knowledge.makes_case(looked),
        strip=strip_of(looked),
        moves=[offer for offer in looked.offers if offer.rule.kind is ActionKind.MOVE],
        acts=[offer for offer in looked.offers if _has_button(offer)],
        tick=looked.offer("tick_measure"),
        tab=tab,
        tabs=tabs,
        work=_teamwork(looked) if tab == TEAM else None,
        counts=_counts(looked),
        parts=[(code, blocks) for code in TABS[tab] if (blocks := _blocks(looked, code))],
        measures=[one for one in source.holdings.measures if one.done_at is None] if tab == "plan" else [],
        files=files_of(looked) if tab == "files" else [],
        messages=messages_of(looked) if tab == "talks" else [],
        reason=reason_words,
        additions=additions_of(looked) if tab == "files" else [],
        chain=chain_mark(source) if tab == "history" else None,
        category_path=source.categories,
        may_correct=_open(looked, "correct_record"),
        may_print=_open(looked, "print_dossier"),
        may_configure=may_open("processes.details_view", looked.case.work.actor),
    )


def _teamwork(looked: Looked) -> dict[str, Any]:
    """What the tab of working together shows."""
    looked.source.know_staff(work.people_of(looked))
    return {
        "charge": work.charge_of(looked),
        "acts": work.acts_of(looked),
        "team": work.team_of(looked),
        "votes": work.votes_of(looked),
        "reports": work.reports_of(looked),
        "statements": work.statements_of(looked),
        "corrective": work.corrective_of(looked),
        "follow_up": work.follow_up_of(looked),
    }


def _open(looked: Looked, action: str) -> bool:
    offer = looked.offer(action)
    return offer is not None and offer.is_open


def _has_button(offer: Offer) -> bool:
    return offer.rule.kind is ActionKind.ACT and offer.action not in ELSEWHERE


def _blocks(looked: Looked, code: str) -> tuple[Block, ...]:
    return WRITERS[code](looked.source)


def _counts(looked: Looked) -> dict[str, int]:
    holdings = looked.source.holdings
    return {
        "orders": len(holdings.orders),
        "talks": len(holdings.communications),
        "callbacks": len(holdings.call_backs),
        "files": len(holdings.attachments),
        "history": looked.case.head.sequence,
        TEAM: work.waits(looked) if looked.source.process.acts else 0,
    }
