"""Score a drawn record (R27, R28): begin, keep a draft, submit, take back, publish, hand on, cancel, make final.

Every command locks the inspection, asks anew who worked on the record, and refuses what somebody else changed
meanwhile. A draft keeps what was typed, whatever it is; marks are written when they are complete. A second, independent
scoring counts for nobody: it is final with its publication, and nobody is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import attributes

from backoffice.errors import DomainError
from backoffice.models.inspection import Inspection, InspectionMark
from backoffice.models.office import Staff
from backoffice.queries import recipients
from backoffice.queries.eligible import inspectors
from backoffice.queries.inspection_rules import inspection_figures, scoring_rules
from backoffice.services.core.corrective_findings import open_for_inspection
from backoffice.services.core.draw_notices import tell_lots
from backoffice.services.core.inspection_evidence import evidence_for
from backoffice.services.core.inspection_notices import LEADERS, tell_due, tell_result
from backoffice.services.core.inspection_outcome import item_people
from backoffice.services.core.inspections import FIRST_ROUND, Inspecting, open_inspection, open_inspection_by_id
from backoffice.services.core.lots import decide_lots
from backoffice.services.core.work import Work
from policies.access import Permission, refuse_unless
from policies.card import Card, Mark, Marks
from policies.deadline import DAY, reckon
from policies.evidence_kept import keep_evidence
from policies.inspection import (
    CancelReason,
    InspectionAct,
    is_final,
    refuse_canceller,
    refuse_inspector,
    refuse_keeper,
    refuse_publisher,
    refuse_reason,
    refuse_state,
    refuse_summary,
)
from policies.message import Refusal
from policies.sampling_plan import is_of_another_department
from policies.scorecard import Score, refuse_marks, score_card, settled
from policies.vocabulary_inspection import InspectionStatus

A, S = InspectionAct, InspectionStatus


@dataclass(frozen=True)
class Entered:
    """What an inspector entered: the marks that could be read, the summary, and the fields as they were typed."""

    marks: Marks = field(default_factory=dict)
    summary: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[Refusal, ...] = ()
    """What could not be read at all, each beside its field; a draft keeps it, submitting refuses it."""


def start(work: Work, number: str, revision: int | None = None) -> Inspecting:
    """Begin to score; twice does no harm. The first saved draft begins by itself."""
    one = _opened_by_inspector(work, number, A.START, revision)
    _begin(one)
    return one


def save_draft(work: Work, number: str, entered: Entered, revision: int | None = None) -> Inspecting:
    """Keep what was typed, nothing of it required."""
    one = _opened_by_inspector(work, number, A.DRAFT, revision)
    _begin(one)
    one.write_draft(entered.typed)
    _touch(one)
    return one


def score(work: Work, number: str, entered: Entered, revision: int | None = None) -> Inspecting:
    """Submit complete marks: the score follows from them by the card's version (R28). Not visible to others yet."""
    one = _opened_by_inspector(work, number, A.SCORE, revision)
    row, card, rules = one.inspection, one.rules.card(one.inspection.card_id), scoring_rules(one.rules)
    summary = refuse_summary(entered.summary)
    refusals = [*([summary] if summary else []), *refuse_marks(card, entered.marks, rules, unread=entered.unread)]
    if refusals:
        raise DomainError(refusals)
    _begin(one)
    found = score_card(card, entered.marks, rules)
    _write_marks(one, card, entered.marks)
    one.write_draft(None)
    one.write_texts(summary=entered.summary.strip())
    row.status, row.scored_at = S.SCORED, work.at
    row.score, row.result, row.fatal = found.score, found.result, bool(found.fatal_hits)
    row.applied_weight, row.weighted_points = found.applied_weight, found.weighted_points
    one.note("scored", _score_facts(found))
    work.session.flush()
    return one


def reopen(work: Work, number: str, typed: Mapping[str, str], revision: int | None = None) -> Inspecting:
    """Take submitted marks back to a draft before they are published; ``typed``: the form that shows them again."""
    one = _opened_by_inspector(work, number, A.REOPEN, revision)
    row = one.inspection
    mine = sa.delete(InspectionMark).where(InspectionMark.inspection_id == row.id)
    one.note("reopened", {"score": f"{row.score:.2f}"})
    work.session.execute(mine.where(InspectionMark.round == FIRST_ROUND))
    one.write_draft(typed)
    row.status, row.scored_at, row.fatal = S.IN_PROGRESS, None, False
    row.score = row.result = row.applied_weight = row.weighted_points = None
    work.session.flush()
    return one


def publish(work: Work, number: str, revision: int | None = None) -> Inspecting:
    """Show the result to the inspected, who may appeal within the office's days (R29); a low one is put right (R30)."""
    one = _opened(work, number, A.PUBLISH, revision)
    row = one.inspection
    _refuse(refuse_publisher(work.actor, one.standing, leader_free=bool(free_leaders(one))))
    _refuse(one.refuse_own(work.actor.staff_id))
    _refuse(one.refuse_own(row.inspector_id))
    row.published_at, row.published_by_id, row.status = work.at, work.actor.staff_id, S.PUBLISHED
    if row.pair_of_id is not None:
        row.status, row.final_at = S.FINAL, work.at
        one.note("published", {"second": True})
        work.session.flush()
        return one
    row.appeal_until = _appeal_until(one, work.at)
    low = row.fatal or (row.score is not None and row.score < scoring_rules(one.rules).corrective_action_below)
    one.note("published", {"score": f"{row.score:.2f}", "appeal_until": row.appeal_until.isoformat()})
    work.session.flush()
    tell_result(one, low=low)
    open_for_inspection(work, row)
    return one


def hand_on(work: Work, number: str, to: int, reason: str, revision: int | None = None) -> Inspecting:
    """Give an inspection to another inspector, or one that has none to its first; a draft does not go along."""
    one = _opened(work, number, A.HAND_ON, revision)
    row = one.inspection
    _refuse(refuse_keeper(work.actor, one.standing))
    problems = [refuse_reason(reason, "reason"), _refuse_recipient(one, to)]
    if found := [problem for problem in problems if problem is not None]:
        raise DomainError(found)
    before, row.inspector_id = row.inspector_id, to
    row.status, row.started_at, row.assigned_at = S.DRAWN, None, work.at
    one.write_draft(None)
    if not one.case.seal.erased:
        one.write_texts(hand_on_reason=reason.strip())
    one.note("handed_on", {"from": before, "to": to})
    work.session.flush()
    tell_due(one, f"given:{len(one.events)}")
    return one


def cancel(work: Work, number: str, why: CancelReason, text: str, revision: int | None = None) -> Inspecting:
    """Leave a drawn record uninspected, with the reason; the draw stays as it was. A second scoring of it that nobody
    has finished goes with it, whoever has that.
    """
    one = _opened(work, number, A.CANCEL, revision)
    _refuse(refuse_canceller(work.actor, one.standing, was_scored=one.was_scored))
    _refuse(refuse_reason(text, "text"))
    _cancel(one, why, text)
    for second in _seconds_to_score(one):
        _cancel(open_inspection(work, second), why, text)
    return one


def _cancel(one: Inspecting, why: CancelReason, text: str) -> None:
    one.inspection.status = S.CANCELLED
    if not one.case.seal.erased:  # what is erased leaves only the code of the reason
        one.write_draft(None)
        one.write_texts(cancel_reason=text.strip())
    one.note("cancelled", {"reason": why.value})
    one.work.session.flush()


def _seconds_to_score(one: Inspecting) -> list[str]:
    """Second scorings that nobody has finished: without a first one there is nothing to compare them with."""
    mine = sa.select(Inspection.number).where(
        Inspection.pair_of_id == one.inspection.id, Inspection.status.in_((S.DRAWN, S.IN_PROGRESS))
    )
    return list(one.work.session.scalars(mine.order_by(Inspection.id)))


def finalise(work: Work, inspection_id: int) -> bool:
    """Make a published result final once the time to appeal has passed, as of that moment; False where it is not."""
    one = open_inspection_by_id(work, inspection_id)
    row = one.inspection
    if row.appeal_until is None or not is_final(row.status, row.appeal_until, work.at):
        return False
    row.status, row.final_at = S.FINAL, row.appeal_until
    one.note("final", {"score": f"{row.score:.2f}"}, at=row.appeal_until)
    work.session.flush()
    tell_lots(work, decide_lots(work.session, row.draw_id, work.at))
    return True


# What the commands share


def _opened(work: Work, number: str, act: InspectionAct, revision: int | None) -> Inspecting:
    _refuse(refuse_unless(work.actor, Permission.INSPECTION_SCORE))
    one = open_inspection(work, number)
    if revision is not None and revision != one.inspection.revision:
        raise DomainError(Refusal("inspection.refused.changed_meanwhile", status=409))
    _refuse(refuse_state(act, one.inspection.status))
    return one


def _opened_by_inspector(work: Work, number: str, act: InspectionAct, revision: int | None) -> Inspecting:
    _refuse(refuse_unless(work.actor, Permission.INSPECTION_SCORE))
    one = open_inspection(work, number)
    _refuse(refuse_inspector(work.actor, one.standing))  # before anything is told of it
    _refuse(one.refuse_own(work.actor.staff_id))
    if revision is not None and revision != one.inspection.revision:
        raise DomainError(Refusal("inspection.refused.changed_meanwhile", status=409))
    _refuse(refuse_state(act, one.inspection.status))
    if one.case.seal.erased:
        raise DomainError(Refusal("inspection.refused.erased"))
    return one


def _refuse(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise DomainError(refusal)


def _begin(one: Inspecting) -> None:
    if one.inspection.status is S.DRAWN:
        one.inspection.status, one.inspection.started_at = S.IN_PROGRESS, one.work.at
        one.note("started")


def _touch(one: Inspecting) -> None:
    """Count every saved draft as a change, so that two windows do not write over each other unseen."""
    attributes.flag_modified(one.inspection, "status")
    one.work.session.flush()


def _write_marks(one: Inspecting, card: Card, marks: Mapping[str, Mark]) -> None:
    people, shown = item_people(one, card), evidence_for(one.case, card)
    for item in card.items:
        mark = settled(item, marks[item.code])
        row = InspectionMark(
            inspection_id=one.inspection.id,
            round=FIRST_ROUND,
            item=item.code,
            percent=mark.percent,
            value=mark.value,
            fatal=item.fatal and mark.percent == 0,
            staff_id=people.get(item.code),
            evidence=keep_evidence(shown[item.code]) if item.code in shown else {},
        )
        one.seal_remark(row, mark.remark.strip())
        one.work.session.add(row)


def _score_facts(found: Score) -> dict[str, object]:
    return {
        "score": f"{found.score:.2f}",
        "result": found.result,
        "applied_weight": found.applied_weight,
        "weighted_points": f"{found.weighted_points:.2f}",
        "fatal": list(found.fatal_hits),
    }


def _appeal_until(one: Inspecting, at: datetime) -> datetime:
    days = inspection_figures(one.rules).appeal_submit_working_days
    found = reckon(one.rules.calendar(), at, days, DAY)
    if isinstance(found, Refusal):
        raise DomainError(found)
    return found.due


def free_leaders(one: Inspecting) -> list[int]:
    found = recipients.of_roles(one.work.session, LEADERS)
    return [staff_id for staff_id in found if one.refuse_own(staff_id) is None]


def _refuse_recipient(one: Inspecting, to: int) -> Refusal | None:
    """Who gets it must inspect, be in service, not be its inspector already, not have worked on it or scored it."""
    row = one.inspection
    if to == row.inspector_id:
        return Refusal("inspection.refused.same_inspector", field="to", status=422)
    if to not in set(one.work.session.scalars(_able(one))):
        return Refusal("inspection.refused.no_inspector", field="to", status=422)
    if one.refuse_own(to) is not None:
        return Refusal("inspection.refused.recipient_worked", field="to", status=422)
    if to in others_on_it(one):
        return Refusal("inspection.refused.recipient_scores", field="to", status=422)
    if to not in {staff.id for staff in possible_inspectors(one)}:
        return Refusal("inspection.refused.recipient_department", field="to", status=422)
    return None


def others_on_it(one: Inspecting) -> frozenset[int]:
    """Inspectors of other inspections of the same record, cancelled ones included: nobody gets it twice."""
    row = one.inspection
    same = sa.select(Inspection.inspector_id).where(
        Inspection.complaint_id == row.complaint_id,
        Inspection.unit == row.unit,
        Inspection.id != row.id,
        Inspection.inspector_id.is_not(None),
    )
    return frozenset(found for found in one.work.session.scalars(same) if found is not None)


def _able(one: Inspecting) -> sa.Select[int]:
    """Who may inspect it on this day."""
    return inspectors(one.work.session, one.work.at.astimezone(one.rules.zone()).date())


def possible_inspectors(one: Inspecting) -> list[Staff]:
    """To whom it may be handed on, in order of their codes; where the plan wants another department, those of the
    inspected one only if nobody else is left (R27).
    """
    taken = others_on_it(one) | {one.inspection.inspector_id}
    found = one.work.session.scalars(sa.select(Staff).where(Staff.id.in_(_able(one))).order_by(Staff.code))
    able = [staff for staff in found if staff.id not in taken and one.refuse_own(staff.id) is None]
    row = one.inspection
    if row.department_id is None or not is_of_another_department(row.draw.plan.definition):
        return able
    return [staff for staff in able if staff.department_id != row.department_id] or able
