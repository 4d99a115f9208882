"""The sampling plans that hold on a day, and the scorecard by which their records are scored (R27, R28)."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.inspection import Scorecard
from backoffice.models.sampling import SamplingPlan
from policies.vocabulary import VersionState


def plans_on(session: Session, day: date) -> dict[str, SamplingPlan]:
    """Code → the version of each plan that holds on a day (local), in the order in which the plans came to be; a plan
    that was stopped by then is left out until a later version holds.
    """
    rows = session.scalars(
        sa.select(SamplingPlan)
        .where(
            SamplingPlan.state == VersionState.EFFECTIVE,
            SamplingPlan.retired_at.is_(None),
            SamplingPlan.valid_from <= day,
        )
        .order_by(SamplingPlan.valid_from, SamplingPlan.version)
    )
    newest = {row.code: row for row in rows}
    running = {code: row for code, row in newest.items() if row.stopped_from is None or row.stopped_from > day}
    return dict(sorted(running.items(), key=lambda one: one[1].id))


def first_day(session: Session, code: str) -> date | None:
    """From when a plan has held at all."""
    return session.scalar(
        sa.select(sa.func.min(SamplingPlan.valid_from)).where(
            SamplingPlan.code == code, SamplingPlan.state == VersionState.EFFECTIVE
        )
    )


def running_since(session: Session, code: str, day: date) -> date | None:
    """From when a plan has held without having been stopped: what it missed while it was stopped is not caught up."""
    rows = session.execute(
        sa.select(SamplingPlan.valid_from, SamplingPlan.stopped_from)
        .where(
            SamplingPlan.code == code,
            SamplingPlan.state == VersionState.EFFECTIVE,
            SamplingPlan.retired_at.is_(None),
            SamplingPlan.valid_from <= day,
        )
        .order_by(SamplingPlan.valid_from, SamplingPlan.version)
    )
    since: date | None = None
    stopped: date | None = None
    for valid_from, stopped_from in rows:
        if since is None or (stopped is not None and stopped <= valid_from):
            since = valid_from
        stopped = stopped_from
    return since


def card_on(session: Session, code: str, day: date) -> Scorecard | None:
    """The version of a scorecard that holds on a day (local)."""
    return session.scalars(
        sa.select(Scorecard)
        .where(
            Scorecard.code == code,
            Scorecard.state == VersionState.EFFECTIVE,
            Scorecard.retired_at.is_(None),
            Scorecard.valid_from <= day,
        )
        .order_by(Scorecard.valid_from.desc(), Scorecard.version.desc())
        .limit(1)
    ).one_or_none()
