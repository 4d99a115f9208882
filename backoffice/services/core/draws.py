"""The steps of a draw (R27), each in a transaction of its own: freeze the population, make the nonce, draw.

Whatever is killed between two of them goes on later with what was kept: a frozen population stays frozen, and a nonce
that was made is never made anew. Each step is told to the office's access chain, so that a draw that somebody threw
away to draw another is missed.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.inspection import Inspection, InspectionEvent
from backoffice.models.sampling import Draw, DrawPopulation, SamplingPlan
from backoffice.queries import draw_check, draw_record
from backoffice.queries.frozen import Again, Frame, Line
from backoffice.queries.populations import Asked
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import lots
from backoffice.services.core.access_log import log_access
from backoffice.services.core.corrective import closing, default_due
from backoffice.services.core.draw_notices import tell_inspectors
from backoffice.services.core.handing_out import hand_out
from backoffice.services.core.lots import DepartmentLot
from backoffice.services.core.work import Work
from policies.message import Refusal
from policies.sampling import METHOD, NONCE_BYTES, Stratum, sample_sizes, seed_of
from policies.sampling_plan import Plan
from policies.sampling_stop import refuse_cancelling
from policies.vocabulary_inspection import DrawState, InspectionStatus, PlanKind

CHUNK = 500
DRAW_CANCELLED = "draw_cancelled"
"""Why an inspection was cancelled that went with its draw, in its event."""


def lots_of(session: Session, row: SamplingPlan, plan: Plan, frame: Frame) -> dict[str, DepartmentLot]:
    """The lot of each department by the tables, of a lot plan; compulsory units belong to no lot."""
    if plan.kind is not PlanKind.LOT:
        return {}
    return lots.plans_for(session, row, {stratum[0]: count.free for stratum, count in frame.strata.items()})


def sizes_of(plan: Plan, frame: Frame, lots_by_department: Mapping[str, DepartmentLot]) -> dict[Stratum, int]:
    """How many of each stratum are drawn besides the compulsory ones: by share or number, or by the lots."""
    if plan.kind is not PlanKind.LOT:
        return sample_sizes(frame.strata, plan.size)
    return {
        stratum: min(lots_by_department[stratum[0]].size, count.free) if stratum[0] in lots_by_department else 0
        for stratum, count in frame.strata.items()
    }


def freeze(work: Work, row: SamplingPlan, asked: Asked, frame: Frame, *, reason: str, blind: bool) -> Draw:
    """Keep a population as it was read. Raises ``DomainError`` when the same plan was drawn from meanwhile."""
    session = work.session
    session.get_one(SamplingPlan, row.id, with_for_update=True)  # one draw of a plan after another
    if newest_of(work, row.code) != frame.newest:
        raise DomainError(Refusal("draws.refused.meanwhile"))
    by_department = lots_of(session, row, asked.plan, frame)
    sizes = sizes_of(asked.plan, frame, by_department)
    draw = Draw(
        plan_id=row.id,
        plan_code=row.code,
        period_label=asked.period.label,
        period_from=asked.period.first,
        period_until=asked.period.last,
        sequence=_sequence(work, row.code, asked.period.label),
        state=DrawState.FROZEN,
        query=asked.plain(),
        method=METHOD,
        blind=blind,
        reason=reason,
        population_count=frame.count,
        population_sha256=frame.sha256,
        exclusions=frame.exclusions,
        strata=[
            {"key": list(stratum), "size": count.size, "compulsory": count.compulsory, "n": sizes.get(stratum, 0)}
            for stratum, count in frame.strata.items()
        ],
        frozen_at=work.at,
        by_id=work.actor.staff_id,
        drawn_count=0,
    )
    session.add(draw)
    session.flush()
    if by_department:  # fixed before anybody can know what is drawn
        lots.open_lots(session, draw, by_department)
    for part, (count, lines) in enumerate(frame.parts()):
        session.execute(sa.insert(DrawPopulation).values(draw_id=draw.id, part=part, count=count, lines=lines))
    draw_record.sign(work.keys.chain, draw, lines_sha256=frame.lines_sha256)
    _log(work, draw, draw_check.FROZEN)
    return draw


def make_nonce(work: Work, draw: Draw) -> None:
    """The nonce of a frozen draw, once and for good; made after the population can no longer change."""
    _ensure_whole(work, draw)
    if draw.nonce is not None:
        return
    draw.nonce = secrets.token_hex(NONCE_BYTES)
    draw.seed = seed_of(draw.plan_code, draw.period_label, draw.sequence, draw.nonce)
    draw_record.sign(work.keys.chain, draw, lines_sha256=draw_record.body_of(draw)[draw_record.LINES])
    _log(work, draw, draw_check.SEEDED)


def finish(work: Work, draw: Draw, plan: Plan, again: Again, lines: Mapping[str, Line]) -> list[Inspection]:
    """Keep the result and hand the units out; ``again`` is what seed and stored population give."""
    _ensure_whole(work, draw)
    kept = draw_record.body_of(draw)[draw_record.LINES]
    if draw.seed is None or (again.sha256, again.lines_sha256) != (draw.population_sha256, kept):
        raise DomainError(Refusal("draws.refused.changed"))
    rules = Rulebook(work.session)
    today = work.at.astimezone(rules.zone()).date()
    calendar = rules.calendar()
    draw.due_at = closing(calendar, default_due(calendar, today, max(plan.due_working_days, 1)))
    inspections = hand_out(work, draw, plan, again.result, lines) if again.result else []
    draw.state, draw.drawn_at, draw.drawn_count = DrawState.DRAWN, work.at, len(again.result)
    draw.result_sha256 = again.result_sha256
    seconds = sorted((row for row in inspections if row.position == 0), key=lambda row: row.sort_key)
    twice = [row.unit_key for row in seconds]
    draw_record.sign(work.keys.chain, draw, lines_sha256=kept, result=again.result, twice=twice)
    _log(work, draw, draw_check.DRAWN)
    tell_inspectors(work, draw, Counter(row.inspector_id for row in inspections))
    return inspections


def cancel(work: Work, draw: Draw, reason: str) -> int:
    """Cancel a draw whose record nobody has begun, with all its inspections; gives how many those were.

    What was drawn stays on record and can still be drawn again and compared; the population may be drawn from anew.
    Raises ``DomainError`` where an inspection was begun, or where the draw is not what was signed.
    """
    rows = list(
        work.session.scalars(
            sa.select(Inspection)
            .where(Inspection.draw_id == draw.id)
            .order_by(Inspection.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
    if refusal := refuse_cancelling(draw.state, Counter(row.status for row in rows).items()):
        raise DomainError(refusal)
    _ensure_signed(work, draw)
    waiting = [row for row in rows if row.status is InspectionStatus.DRAWN]
    for row in waiting:
        row.status = InspectionStatus.CANCELLED
    work.session.flush()
    _note_cancelled(work, [row.id for row in waiting])
    draw.state, draw.cancelled_at, draw.cancelled_by_id = DrawState.CANCELLED, work.at, work.actor.staff_id
    draw.cancel_reason = reason
    draw_record.sign_again(work.keys.chain, draw)
    _log(work, draw, draw_check.CANCELLED)
    return len(waiting)


def _note_cancelled(work: Work, ids: list[int]) -> None:
    for first in range(0, len(ids), CHUNK):
        chunk = ids[first : first + CHUNK]
        newest = (
            sa.select(InspectionEvent.inspection_id, sa.func.max(InspectionEvent.sequence))
            .where(InspectionEvent.inspection_id.in_(chunk))
            .group_by(InspectionEvent.inspection_id)
        )
        before = dict(work.session.execute(newest).all())
        work.session.add_all(
            InspectionEvent(
                inspection_id=one,
                sequence=before.get(one, 0) + 1,
                at=work.at,
                actor_id=work.actor.staff_id,
                kind="cancelled",
                facts={"reason": DRAW_CANCELLED},
            )
            for one in chunk
        )
    work.session.flush()


def newest_of(work: Work, plan_code: str) -> int:
    """The id of the newest draw of a plan; 0 before the first."""
    return work.session.scalar(sa.select(sa.func.max(Draw.id)).where(Draw.plan_code == plan_code)) or 0


def _sequence(work: Work, plan_code: str, label: str) -> int:
    newest = sa.select(sa.func.max(Draw.sequence)).where(Draw.plan_code == plan_code, Draw.period_label == label)
    return (work.session.scalar(newest) or 0) + 1


def _ensure_whole(work: Work, draw: Draw) -> None:
    """Go on only with what was signed: a frozen population that somebody changed is never drawn from."""
    _ensure_signed(work, draw)
    if draw.state is DrawState.CANCELLED:
        raise DomainError(Refusal("draws.refused.cancelled_already"))
    if draw.state is not DrawState.FROZEN:
        raise DomainError(Refusal("draws.refused.drawn"))


def _ensure_signed(work: Work, draw: Draw) -> None:
    if not draw_record.is_signed(work.keys.chain, draw) or draw_record.differing(draw):
        raise DomainError(Refusal("draws.refused.changed"))


def _log(work: Work, draw: Draw, kind: str) -> None:
    facts = {"name": draw_check.name_of(draw), "value": getattr(draw, draw_check.LOGGED[kind])}
    log_access(work.session, work.keys, work.actor, work.at, kind, facts, address=work.address)
