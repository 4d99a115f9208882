"""Versions of the sampling plans (R27): new ones, drafts, their check, putting them into force, taking them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.configuration import Category, Channel
from backoffice.models.history import ReferenceChange
from backoffice.models.inspection import Scorecard
from backoffice.models.office import Department
from backoffice.models.sampling import SamplingPlan
from backoffice.services.core import upkeep
from backoffice.services.core.reference import log_change
from backoffice.services.core.versions import LONGEST_REASON, Versions, facts_of
from policies.access import Actor, Permission
from policies.message import Refusal
from policies.reference import check_choice, check_code, check_names, check_text
from policies.sampling_plan_check import KnownToPlans, check_plan, check_texts, known_values
from policies.sampling_stop import refuse_own_version, refuse_stop
from policies.vocabulary import VersionState
from policies.vocabulary_inspection import PlanKind, UnitKind

__all__ = ["LONGEST_REASON", "PLANS", "SUBJECT", "begin", "facts_of", "faults", "plans_with", "stop"]

SUBJECT = "sampling_plan"

# What a plan of a kind starts with; everything else is said in its form.
_STARTS: Mapping[PlanKind, Mapping[str, Any]] = {
    PlanKind.REGULAR: {"period": "previous_month", "draw_on": "working_day_2", "stratify_by": ["handler"]},
    PlanKind.AD_HOC: {"period": "chosen", "draw_on": "any_time", "stratify_by": ["department"]},
    PlanKind.LOT: {
        "period": "previous_month",
        "draw_on": "working_day_2",
        "stratify_by": ["department"],
        "inspection_level": "II",
        "nonconforming_when": {"score_below": 75, "fatal": True},
        "reduced_inspection": True,
    },
}


def begin(
    session: Session, actor: Actor, at: datetime, code: str, kind: str | None, name: Mapping[str, str], reason: str
) -> SamplingPlan:
    """The first draft of a new plan; ``kind`` is one of ``PlanKind``."""
    upkeep.begin(session, actor)
    taken = upkeep.codes_of(session, SamplingPlan)
    upkeep.ensure(
        check_choice("kind", kind, frozenset(one.value for one in PlanKind)),
        check_code(code, taken),
        check_names(name["zh"], name["en"]),
        check_text("reason", reason, longest=LONGEST_REASON, required=True),
    )
    start = {
        "code": code,
        "version": 1,
        "kind": kind,
        "name": dict(name),
        "population": {"zh": "", "en": ""},
        "source": "standing",
        "share_percent": None,
        "number": None,
        "minimum_per_stratum": 0,
        "all_of": [],
        "exclude_outcomes": [],
        "scorecard": None,
        "due_working_days": 10,
        "rule": "R27",
        "note": {"zh": "", "en": ""},
        **_STARTS[PlanKind(str(kind))],
    }
    made: SamplingPlan = PLANS.begin(session, actor, at, start, reason)
    return made


def faults(session: Session, definition: Mapping[str, Any], on: date) -> Sequence[Refusal]:
    """Everything that is wrong with a plan, against the office as it is on a day."""
    return check_plan(definition, known(session, on))


def known(session: Session, on: date) -> KnownToPlans:
    """What a plan may name: scorecards that hold on a day, channels, categories and departments in use."""
    cards = sa.select(Scorecard.code, Scorecard.applies_to).where(
        Scorecard.state == VersionState.EFFECTIVE, Scorecard.retired_at.is_(None), Scorecard.valid_from <= on
    )
    in_use = [
        list(session.scalars(sa.select(model.code).where(model.retired_at.is_(None))))
        for model in (Channel, Category, Department)
    ]
    return KnownToPlans({row.code: UnitKind(row.applies_to) for row in session.execute(cards)}, known_values(*in_use))


def plans_with(session: Session) -> list[SamplingPlan]:
    """Every version of every plan, plan by plan, the newest first."""
    rows = sa.select(SamplingPlan).order_by(SamplingPlan.code, SamplingPlan.version.desc())
    return list(session.scalars(rows))


def against_approval(session: Session, actor: Actor, row: SamplingPlan) -> Sequence[Refusal]:
    """Who drew up or changed a version does not approve it (R27): the log of the version says who did."""
    wrote = sa.select(ReferenceChange.actor_id).where(
        ReferenceChange.subject == SUBJECT,
        ReferenceChange.subject_id == str(row.id),
        ReferenceChange.action.in_(("create", "change")),
    )
    refusal = refuse_own_version(actor.staff_id, frozenset(session.scalars(wrote)))
    return [] if refusal is None else [refusal]


def stop(
    session: Session,
    actor: Actor,
    at: datetime,
    version_id: int,
    seen: int | None,
    stopped_from: date | None,
    reason: str,
) -> SamplingPlan:
    """Let a plan draw nothing from a day on, without a successor; a later version in force takes it up again."""
    row: SamplingPlan = PLANS.seen(session, actor, version_id, seen, PLANS.approving)
    versions = [facts_of(one) for one in PLANS.of(session, row.code)]
    today = upkeep.local_today(session, at)
    upkeep.ensure(
        refuse_stop(facts_of(row), versions, row.stopped_from, stopped_from, today),
        check_text("reason", reason, longest=LONGEST_REASON, required=True),
    )
    changes = {"stopped_from": (row.stopped_from, stopped_from)}
    row.stopped_from = stopped_from
    row.revision += 1
    log_change(session, actor, at, SUBJECT, row.id, "stop", changes, reason.strip())
    upkeep.count_change(session)
    return row


PLANS = Versions(
    SamplingPlan,
    SUBJECT,
    faults,
    check_texts,
    lambda definition: {"kind": PlanKind(definition["kind"])},
    approving=Permission.SAMPLING_PLAN_APPROVE,
    against_force=against_approval,
)
