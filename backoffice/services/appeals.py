"""Appeals against inspections (R29): lodged once by the inspected, decided once by another inspector.

The score, the marks and the figures after them follow the decision in its own transaction; an inspection under appeal
is not final, so that whatever waits for final scores (lots, sheets) waits for the decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from backoffice.errors import DomainError
from backoffice.integrations.files import Upload
from backoffice.models.inspection import InspectionAppeal, InspectionMark
from backoffice.queries import my_inspections
from backoffice.queries.appeals import load_of
from backoffice.queries.inspection_rules import inspection_figures
from backoffice.services.core import score_changes
from backoffice.services.core.appeal_messages import tell_decided, tell_decider
from backoffice.services.core.appeals import Appealing
from backoffice.services.core.corrective_findings import withdraw_for_inspection
from backoffice.services.core.draw_notices import tell_lots
from backoffice.services.core.inspections import AFTER_APPEAL, open_inspection
from backoffice.services.core.lots import decide_lots
from backoffice.services.core.work import Work
from policies.access import Permission, refuse_unless
from policies.appeal import (
    Remark,
    may_decide,
    next_decider,
    refuse_appeal,
    refuse_appellant,
    refuse_decision,
    refuse_lower_score,
    refuse_to_decide,
)
from policies.card import Mark
from policies.deadline import DAY, reckon
from policies.message import Refusal
from policies.scorecard import (
    Score,
    is_hit,
    mark_field,
    refuse_marks,
    remark_field,
    score_card,
    settled,
    value_field,
)
from policies.vocabulary_inspection import AppealResult, InspectionStatus

LONGEST = 4000


def submit(work: Work, number: str, items: Sequence[str], reasons: str, uploads: Sequence[Upload] = ()) -> Appealing:
    """Object to an inspection: the items contested, why, and files that show it.

    Raises ``DomainError``: 403 for whom it does not concern, 404 for no such inspection, 409 when it is not open to an
    appeal (any more), 422 for what is missing, all gaps at once.
    """
    _permitted(work, Permission.APPEAL_SUBMIT)
    one = Appealing(open_inspection(work, number))
    _raise(refuse_appellant(one.facts, work.actor.staff_id, work.at))
    gaps = list(refuse_appeal(one.facts, work.actor.staff_id, items, reasons))
    gaps += _too_long(reasons, "reasons")
    if gaps:
        raise DomainError(gaps)
    _lodge(work, one, tuple(item for item in one.first if item in items), reasons.strip(), uploads)
    return one


def _lodge(work: Work, one: Appealing, items: Sequence[str], reasons: str, uploads: Sequence[Upload]) -> None:
    inspection = one.inspection
    if inspection.score is None or work.actor.staff_id is None:
        raise DomainError(Refusal("appeals.refused.no_score", status=409))
    appeal = InspectionAppeal(
        inspection_id=inspection.id,
        by_id=work.actor.staff_id,
        submitted_at=work.at,
        items=list(items),
        decide_due_at=decide_by(one, work.at),
        old_score=inspection.score,
        decider_id=_whose_turn(work, one, work.actor.staff_id),
        sealed=one.sealed(reasons=reasons),
    )
    work.session.add(appeal)
    work.session.flush()
    one.appeal = appeal
    one.keep(appeal, uploads)
    inspection.status = InspectionStatus.UNDER_APPEAL
    one.of.note("appealed", {"items": list(items), "decider": appeal.decider_id, "files": len(one.files)})
    work.session.flush()
    tell_decider(one, appeal)


def decide_by(one: Appealing, at: datetime) -> datetime:
    """Until when an appeal of this moment must be decided: the end of the last of its working days (aware UTC)."""
    days = inspection_figures(one.of.rules).appeal_decide_working_days
    deadline = reckon(one.of.rules.calendar(), at, days, DAY)
    if isinstance(deadline, Refusal):
        raise DomainError(deadline)
    return deadline.due


def _whose_turn(work: Work, one: Appealing, appellant: int) -> int | None:
    """The one of those who may decide who has the fewest before them; None where nobody may: somebody must be named."""
    able = may_decide(replace(one.facts, appellant_id=appellant), one.holders)
    load = load_of(work.session, able)
    return next_decider(able, load.waiting, load.last)


def decide(
    work: Work, number: str, result: AppealResult | None, ground: str, marks: Mapping[str, Mark]
) -> InspectionAppeal:
    """Decide an appeal: the outcome, its ground, and the contested items marked anew (a remark left out stays).

    ``marks`` has every contested item, changed or not. Raises ``DomainError``: 403 for whoever has a part in it, 404
    where there is no appeal, 409 when it was decided meanwhile, 422 for a decision that does not agree with itself.
    """
    _permitted(work, Permission.APPEAL_DECIDE)
    one = Appealing(open_inspection(work, number))
    _raise(refuse_unscored(work, number))
    appeal = one.appeal
    if appeal is None:
        raise DomainError(Refusal("appeals.refused.no_appeal", status=404))
    _raise(refuse_to_decide(one.facts, work.actor.staff_id, one.holders))
    if appeal.decided_at is not None:
        raise DomainError(Refusal("appeals.refused.decided", status=409))
    after, score = _weigh(one, appeal, result, ground, marks)
    _write(work, one, appeal, result, ground.strip(), after, score)
    return appeal


def refuse_unscored(work: Work, number: str) -> Refusal | None:
    """R28: whoever still has to score the record reads and decides nothing of another inspection of it before."""
    if my_inspections.is_to_be_scored_first(work.session, work.actor, number):
        return Refusal("appeals.refused.score_first", status=409)
    return None


def _weigh(
    one: Appealing, appeal: InspectionAppeal, result: AppealResult | None, ground: str, marks: Mapping[str, Mark]
) -> tuple[dict[str, Mark], Score]:
    """All marks after the decision and what they come to; raises for a decision that may not be."""
    before = one.marks(one.first)
    new = {item: _anew(one, item, mark, before[item]) for item, mark in marks.items() if item in before}
    changes = {item: Remark(before[item].percent, mark.percent) for item, mark in new.items()}
    after = {**before, **new}
    gaps = [
        *_of_these(refuse_marks(one.card, after, one.scoring), appeal.items),
        *refuse_decision(result, ground, changes, appeal.items),
        *_too_long(ground, "ground"),
    ]
    if gaps:
        raise DomainError(gaps)
    score = score_card(one.card, after, one.scoring)
    _raise(refuse_lower_score(appeal.old_score, score.score if score.score is not None else Decimal(0)))
    return after, score


def _anew(one: Appealing, item: str, mark: Mark, before: Mark) -> Mark:
    """A contested mark with its percent reckoned; without a remark of its own it keeps the inspector's."""
    found = one.card.find(item)
    mark = mark if mark.remark.strip() else replace(mark, remark=before.remark)
    return mark if found is None else settled(found, mark)


def _of_these(refusals: Sequence[Refusal], items: Sequence[str]) -> list[Refusal]:
    """What is wrong with the contested marks; the others are not before the decider."""
    fields = {field(item) for item in items for field in (mark_field, value_field, remark_field)}
    return [refusal for refusal in refusals if refusal.field in fields or refusal.field == "marks"]


def _write(
    work: Work,
    one: Appealing,
    appeal: InspectionAppeal,
    result: AppealResult | None,
    ground: str,
    after: Mapping[str, Mark],
    score: Score,
) -> None:
    inspection, old = one.inspection, appeal.old_score
    changed = [item for item in appeal.items if after[item].percent != one.first[item].percent]
    if changed:
        _keep_marks(work, one, after)
        inspection.score, inspection.result = score.score, score.result
        inspection.fatal = bool(score.fatal_hits)
        inspection.applied_weight, inspection.weighted_points = score.applied_weight, score.weighted_points
    inspection.status, inspection.final_at = InspectionStatus.FINAL, work.at
    appeal.result, appeal.decided_at, appeal.decider_id = result, work.at, work.actor.staff_id
    appeal.new_score = inspection.score
    appeal.sealed = one.sealed(ground=ground)
    score_changes.changed(work, inspection, old, inspection.score)
    facts = {"result": result, "changed": changed, "old_score": str(old), "new_score": str(inspection.score)}
    one.of.note("appeal_decided", facts)
    work.session.flush()
    tell_lots(work, decide_lots(work.session, inspection.draw_id, work.at))
    tell_decided(one, appeal)
    withdraw_for_inspection(work, inspection)


def _keep_marks(work: Work, one: Appealing, after: Mapping[str, Mark]) -> None:
    """The whole card once more as the second round, so that either round can be read by itself."""
    rows = {
        item: InspectionMark(
            inspection_id=one.inspection.id,
            round=AFTER_APPEAL,
            item=item,
            percent=after[item].percent,
            value=after[item].value,
            fatal=(found := one.card.find(item)) is not None and is_hit(found, after[item]),
            staff_id=row.staff_id,
            evidence=row.evidence,
        )
        for item, row in one.first.items()
    }
    for item, row in rows.items():
        one.of.seal_remark(row, after[item].remark.strip())
    work.session.add_all(rows.values())
    one.__dict__.pop("second", None)


def _too_long(text: str, field: str) -> list[Refusal]:
    if len(text) <= LONGEST:
        return []
    return [Refusal(f"appeals.refused.{field}_long", {"limit": LONGEST}, field=field, status=422)]


def _permitted(work: Work, permission: Permission) -> None:
    _raise(refuse_unless(work.actor, permission))


def _raise(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise DomainError(refusal)
