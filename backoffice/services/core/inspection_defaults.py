"""The default office's scorecards and sampling plans as first versions (R27, R28); what is there already stays."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.inspection import Scorecard
from backoffice.models.sampling import SamplingPlan
from backoffice.office import document
from policies.vocabulary_inspection import PlanKind, UnitKind


def load_scorecards(session: Session) -> None:
    """The office's scorecards (R28), each a version of its own."""
    known = set(session.scalars(sa.select(Scorecard.code)))
    session.add_all(
        Scorecard(
            code=row["code"],
            version=row["version"],
            name_zh=row["name"]["zh"],
            name_en=row["name"]["en"],
            applies_to=UnitKind(row["applies_to"]),
            valid_from=date.fromisoformat(row["valid_from"]),
            definition=row,
        )
        for row in document("scorecards")["cards"]
        if row["code"] not in known
    )


def load_sampling_plans(session: Session) -> None:
    """The office's sampling plans (R27), each a version of its own."""
    known = set(session.scalars(sa.select(SamplingPlan.code)))
    since = date.fromisoformat(document("sampling")["meta"]["valid_from"])
    session.add_all(
        SamplingPlan(
            code=row["code"],
            version=row["version"],
            name_zh=row["name"]["zh"],
            name_en=row["name"]["en"],
            kind=PlanKind(row["kind"]),
            valid_from=since,
            definition=row,
        )
        for row in document("sampling")["plans"]
        if row["code"] not in known
    )
