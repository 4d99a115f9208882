"""Before a regrading is confirmed: what it would change, on a page of its own (R3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request

from backoffice.services.handling import act_on
from backoffice.services.regrading import preview_regrade
from policies.regrading import REGRADES
from policies.workflow import Offer
from views import context
from views.case.looking import Looked, seen_revision, work_in

CONFIRMED, EDIT = "confirmed", "edit"
APART = frozenset({"csrf_token", CONFIRMED, EDIT})


def is_to_be_shown(looked: Looked, action: str, entered: Mapping[str, Any]) -> bool:
    """Whether the severity would change and nobody has looked at what that brings."""
    stays = action == "regrade" and entered.get("severity") == looked.complaint.severity
    return action in REGRADES and not stays and not request.form.get(CONFIRMED)


def is_to_be_edited(action: str) -> bool:
    """Whether somebody came back from that page to change what was entered."""
    return action in REGRADES and bool(request.form.get(EDIT))


def shown(looked: Looked, offer: Offer, entered: Mapping[str, Any]) -> str:
    """The page; raises ``DomainError`` where the regrading would be refused."""
    preview = preview_regrade(
        context.desk().database,
        work_in,
        looked.complaint.id,
        lambda case: act_on(case, offer.action, entered, revision=seen_revision(request.form.get("revision"))),
    )
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in APART]
    return render_template(
        "complaint/regrade.html", complaint=looked.complaint, offer=offer, preview=preview, typed=typed
    )
