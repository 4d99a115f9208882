"""Complaints on which somebody is waited for beside their steps (R16): opinions on a plan, follow-ups after closing."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.models.handling import StepEntry
from backoffice.models.teamwork import FollowUp, PlanReviewer
from policies.access import Permission
from policies.vocabulary import ComplaintStatus

PLANS = ("submit_plan", "redo")
VOTERS = (Permission.PLAN_APPROVE, Permission.PLAN_WRITE, Permission.INSPECTION_SCORE)
"""Whoever is likely to be named to review a plan: writers and approvers of plans, inspectors."""


def waits_for_opinion(staff_id: int | None) -> sa.ColumnElement[bool]:
    """Complaints whose present plan waits for this person's opinion."""
    newest = (
        sa.select(sa.func.max(StepEntry.id))
        .where(StepEntry.complaint_id == PlanReviewer.complaint_id, StepEntry.action.in_(PLANS))
        .scalar_subquery()
    )
    asked = sa.select(PlanReviewer.complaint_id).where(
        PlanReviewer.staff_id == staff_id,
        PlanReviewer.voted_at.is_(None),
        PlanReviewer.released_at.is_(None),
        PlanReviewer.plan_id == newest,
    )
    return sa.and_(Complaint.status == ComplaintStatus.PLANNING, Complaint.id.in_(asked))


def follow_up_before(moment: datetime) -> sa.ColumnElement[bool]:
    """Complaints whose follow-up is due before a moment and has not been made."""
    due = sa.select(FollowUp.complaint_id).where(FollowUp.done_at.is_(None), FollowUp.due_at < moment)
    return Complaint.id.in_(due)
