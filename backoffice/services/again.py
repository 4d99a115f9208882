"""A complaint that begins anew (R16): the customer is not satisfied when called some time after closing.

The new one is registered by the same rules as any other, in the same transaction, with the story so far; it is linked
with the old one on both sides and waits to be taken over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from backoffice.models.configuration import Category, Channel
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import history
from backoffice.services.core.case import Case
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.intake_record import TEXTS, Registration
from backoffice.services.intake import register
from policies.access import SYSTEM
from policies.vocabulary import ContactWay, Severity

SEVERITY = Severity.IMPORTANT
"""Grave enough for a task force; whether it is an emergency again is for whoever takes it over."""
LONGEST = 4000
REFERRED = "referred"
"""The kind of channels by which others pass complaints on (``office/channels.yaml``)."""


def begin_again(case: Case, holdings: Holdings, values: Mapping[str, Any]) -> Case | None:
    """Register the new complaint of an unsatisfied customer; None where the follow-up gives no cause."""
    row = holdings.follow_up
    if row is None or not values.get("reached") or satisfied(case, values):
        return None
    work = replace(case.work, actor=SYSTEM, at=case.work.recorded_at)
    made = register(work, _registration(case, values))
    made.complaint.previous_id = case.complaint.id
    row.new_complaint_id = made.complaint.id
    case.work.session.flush()
    history.record(made, "follow_up_of", {"previous": case.complaint.number})
    return made


def satisfied(case: Case, values: Mapping[str, Any]) -> bool:
    """Whether it was called solved with a score that counts as satisfied (R21)."""
    enough = int((Rulebook(case.work.session).setting("process") or {}).get("satisfied_from_score", 4))
    return values.get("resolved_flag") is True and int(values.get("satisfaction") or 0) >= enough


def _registration(case: Case, values: Mapping[str, Any]) -> Registration:
    """The record of the old complaint, with what the customer says now before what was said then."""
    complaint, record = case.complaint, case.record
    texts = {code: str(record.get(code) or "") for code in TEXTS}
    now = str(values.get("customer_opinion") or "")
    texts |= {
        "what": "\n".join(filter(None, (now, f"{complaint.number}: {texts['what']}")))[:LONGEST],
        "demand": str(values.get("new_demand") or texts["demand"])[:LONGEST],
        "severity_reason": now[:LONGEST],
        "summary": "",
    }
    preferred = record.get("preferred_contact")
    return Registration(
        channel=_channel(case),
        category=_category(case),
        severity=SEVERITY,
        urgency=complaint.urgency,
        impact=complaint.impact,
        received_at=case.work.recorded_at,
        texts={code: text for code, text in texts.items() if text},
        preferred_contact=ContactWay(str(preferred)) if preferred else None,
        occurred_at=complaint.occurred_at,
        confidential=complaint.confidential,
        external_number=complaint.external_number or "",
        nth_complaint=complaint.nth_complaint + 1,
        elements=dict(record.get("elements") or {}),
        told={"previous": complaint.number},
    )


def _channel(case: Case) -> str:
    """The channel of the old complaint; the first by which one calls where that is not in use any more, or where
    somebody else referred the old one: nobody referred this one, and an authority's appeals are counted (R31).
    """
    channel = case.complaint.channel
    if channel.retired_at is None and channel.kind != REFERRED:
        return channel.code
    live = sa.select(Channel.code).where(Channel.retired_at.is_(None))
    order = ((Channel.kind == REFERRED).asc(), Channel.live.desc(), Channel.position)
    return case.work.session.scalars(live.order_by(*order).limit(1)).one()


def _category(case: Case) -> str:
    """The leaf of the old complaint; where it is not in use any more, one beside it."""
    category = case.complaint.category
    if category.retired_at is None:
        return category.code
    beside = sa.select(Category.code).where(Category.level == category.level, Category.retired_at.is_(None))
    near = (Category.parent_id != category.parent_id, Category.path)
    return case.work.session.scalars(beside.order_by(*near).limit(1)).one()
