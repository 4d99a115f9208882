"""Indicators over complaints received in the period: acknowledged, solved at first contact, complete (R2, R5, R6, R31).

They count for whoever registered; what came in by itself, for whoever took it over and checked it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category, Channel
from backoffice.queries.indicators.shape import (
    NOT_ESTABLISHED,
    ONE,
    Exclusion,
    clock_joined,
    clock_of,
    contribution,
    counted,
    excluded,
    judged,
    raw,
    responsible,
    seconds_between,
    within,
)
from backoffice.queries.indicators.window import OBSERVED_DAYS, Window
from policies.vocabulary import ClockCode, Outcome, Severity
from policies.vocabulary_appraisal import LeftOut, SubjectKind

OBSERVED = timedelta(days=OBSERVED_DAYS)
REGULATOR = "regulator_referral"
"""The channel by which the authority passes on an appeal that it accepted (``office/channels.yaml``)."""

Rows = sa.Select[Any]


def acknowledge_rate(window: Window, level: SubjectKind) -> Rows:
    """Complaints received; the acknowledge clock was met, by the original time where it was entered later."""
    clock = clock_of(ClockCode.ACKNOWLEDGE)
    left_out = [*excluded(LeftOut.MERGED, LeftOut.INTERNAL_DISCOVERY), *judged(clock, window)]
    columns = _received(level, counted(clock.met.is_(True)), left_out)
    return (
        sa.select(*columns)
        .select_from(Complaint)
        .outerjoin(clock, clock_joined(clock, ClockCode.ACKNOWLEDGE))
        .where(within(Complaint.received_at, window))
    )


def intake_completeness(window: Window, level: SubjectKind) -> Rows:
    """Complaints received; the score of completeness at registration."""
    columns = _received(level, raw(Complaint.completeness), excluded(LeftOut.MERGED))
    return sa.select(*columns).select_from(Complaint).where(within(Complaint.received_at, window))


def first_contact_rate(window: Window, level: SubjectKind) -> Rows:
    """General complaints of a leaf that can be solved at first contact; solved so, and no other one within 7 days.

    What is not observed for 7 days yet counts when the next month is computed.
    """
    again = aliased(Complaint, name="again")
    returned = sa.exists().where(
        again.previous_id == Complaint.id,
        again.category_id == Complaint.category_id,
        seconds_between(Complaint.received_at, again.received_at) <= OBSERVED_DAYS * 86400,
    )
    solved = sa.and_(Complaint.outcome == Outcome.FIRST_CONTACT_RESOLVED, sa.not_(returned))
    left_out: list[Exclusion] = [
        *excluded(*NOT_ESTABLISHED, LeftOut.KNOWN_FAULT_LINKED),
        (LeftOut.NOT_GENERAL, Complaint.severity != Severity.GENERAL),
        (LeftOut.NOT_YET, Complaint.received_at > window.computed_at - OBSERVED),
    ]
    since = within(Complaint.received_at, window)
    if window.carried_from is not None:
        since = sa.and_(Complaint.received_at > window.carried_from, Complaint.received_at < window.until)
    return (
        sa.select(*_received(level, counted(solved), left_out))
        .select_from(Complaint)
        .join(Category, Category.id == Complaint.category_id)
        .where(since, sa.or_(Category.first_contact_possible.is_(True), Complaint.severity != Severity.GENERAL))
    )


def regulator_appeal_count(window: Window, level: SubjectKind) -> Rows:
    """Appeals that the authority accepted and passed on, received in the period, for the responsible department."""
    columns = contribution(
        level,
        staff=None,
        department=responsible(),
        unit=("complaint", Complaint.id),
        complaint=Complaint.id,
        at=Complaint.received_at,
        numerator=ONE,
        denominator=0,
    )
    return (
        sa.select(*columns)
        .select_from(Complaint)
        .join(Channel, Channel.id == Complaint.channel_id)
        .where(within(Complaint.received_at, window), Channel.code == REGULATOR)
    )


def _received(level: SubjectKind, numerator: Any, left_out: list[Exclusion]) -> list[sa.Label[Any]]:
    """One row for a complaint that was received, for whoever registered it and that department."""
    return contribution(
        level,
        staff=Complaint.registered_by_id,
        department=Complaint.registered_department_id,
        unit=("complaint", Complaint.id),
        complaint=Complaint.id,
        at=Complaint.received_at,
        numerator=numerator,
        left_out=left_out,
    )
