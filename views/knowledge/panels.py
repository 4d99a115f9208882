"""Articles and cases where complaints are written and read (R38)."""

from __future__ import annotations

from flask import render_template
from werkzeug.datastructures import MultiDict

from backoffice.queries import knowledge as queries
from policies.access import Permission, may
from policies.knowledge import LONGEST_TYPED
from policies.vocabulary import ComplaintStatus
from views import context
from views.case.looking import Looked
from views.fault_notices.panels import TYPED
from views.knowledge.room import Shown, shown

ON_COMPLAINT = 3


def panel(said: MultiDict[str, str]) -> str:
    """The panel beside the registration form, for what stands in it."""
    typed = " ".join(said.get(name, "")[:LONGEST_TYPED] for name in TYPED)
    place = f"form:{said.get('submission', '')[:64]}"
    with context.reading() as session:
        found = queries.fitting(session, said.get("category", "")[:64], typed, context.today())
        rows = [shown(row) for row in found]
    return render_template("knowledge/beside.html", rows=rows, place=place)


def on_complaint(looked: Looked) -> list[Shown]:
    """What fits a complaint that is worked on."""
    case, complaint = looked.case, looked.complaint
    if not case.is_current:
        return []
    typed = " ".join(str(case.record.get(name) or "") for name in TYPED)
    return [
        shown(row)
        for row in queries.fitting(case.work.session, complaint.category.code, typed, context.today(), ON_COMPLAINT)
    ]


def makes_case(looked: Looked) -> bool:
    """Whether this reader may make a case of the complaint (R22)."""
    archived = looked.complaint.status is ComplaintStatus.ARCHIVED and not looked.case.seal.erased
    return archived and may(looked.case.work.actor, Permission.KNOWLEDGE_EDIT)
