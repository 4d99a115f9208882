"""The steps of a draw (R27), each in a transaction of its own: freeze the population, make the nonce, draw.

Whatever is killed between two of them goes on later with what was kept: a frozen population stays frozen, and a nonce
that was made is never made anew. Each step is told to the office's access chain, so that a draw that somebody threw
away to draw another is missed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.complaint import Complaint, ComplaintPerson
from backoffice.models.inspection import Inspection, InspectionEvent, Scorecard
from backoffice.models.office import Staff
from backoffice.models.sampling import Draw, DrawPopulation, SamplingPlan
from backoffice.queries import draw_check, draw_record, eligible
from backoffice.queries.assignments import third_month, waiting_by_inspector
from backoffice.queries.frozen import Again, Frame, Line
from backoffice.queries.populations import Asked
from backoffice.queries.rulebook import Rulebook
from backoffice.queries.sampling_plans import card_on
from backoffice.services.core import lots, numbering
from backoffice.services.core.access_log import log_access
from backoffice.services.core.corrective import closing, default_due
from backoffice.services.core.lots import DepartmentLot
from backoffice.services.core.work import Work
from policies.message import Refusal
from policies.sampling import METHOD, NONCE_BYTES, Drawn, Stratum, sample_sizes, seed_of, stratum_text
from policies.sampling_assignment import Assigned, Inspector, ToInspect, assign
from policies.sampling_plan import Plan
from policies.vocabulary_inspection import DrawState, InspectionStatus, PlanKind

CHUNK = 500
NUMBER = "ZJ{month}-{place:04d}"
"""Numbers of inspections: two letters for inspection, the month of the draw, and a place in it."""


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
    inspections = _inspections(work, draw, plan, again.result, lines) if again.result else []
    draw.state, draw.drawn_at, draw.drawn_count = DrawState.DRAWN, work.at, len(again.result)
    draw.result_sha256 = again.result_sha256
    draw_record.sign(work.keys.chain, draw, lines_sha256=kept, result=again.result)
    _log(work, draw, draw_check.DRAWN)
    return inspections


def newest_of(work: Work, plan_code: str) -> int:
    """The id of the newest draw of a plan; 0 before the first."""
    return work.session.scalar(sa.select(sa.func.max(Draw.id)).where(Draw.plan_code == plan_code)) or 0


def _sequence(work: Work, plan_code: str, label: str) -> int:
    newest = sa.select(sa.func.max(Draw.sequence)).where(Draw.plan_code == plan_code, Draw.period_label == label)
    return (work.session.scalar(newest) or 0) + 1


def _ensure_whole(work: Work, draw: Draw) -> None:
    """Go on only with what was signed: a frozen population that somebody changed is never drawn from."""
    if not draw_record.is_signed(work.keys.chain, draw) or draw_record.differing(draw):
        raise DomainError(Refusal("draws.refused.changed"))
    if draw.state is not DrawState.FROZEN:
        raise DomainError(Refusal("draws.refused.drawn"))


def _log(work: Work, draw: Draw, kind: str) -> None:
    facts = {"name": draw_check.name_of(draw), "value": getattr(draw, draw_check.LOGGED[kind])}
    log_access(work.session, work.keys, work.actor, work.at, kind, facts, address=work.address)


def _inspections(
    work: Work, draw: Draw, plan: Plan, result: Sequence[Drawn], lines: Mapping[str, Line]
) -> list[Inspection]:
    firsts = _firsts(work, result) if plan.source.is_second_scoring else {}
    complaints = {} if firsts else _complaints(work, result)
    card = None if firsts else _card(work, plan)
    rows = []
    for place, one in enumerate(result, 1):
        first, line = firsts.get(one.number), lines[one.number]
        number, _, unit = one.number.partition("/")
        rows.append(
            Inspection(
                number=_number(work, draw),
                draw_id=draw.id,
                complaint_id=first.complaint_id if first else complaints[number],
                unit=first.unit if first else unit,
                unit_key=one.number,
                position=place,
                stratum=stratum_text(one.stratum),
                sort_key=one.key,
                compulsory=one.compulsory,
                card_id=first.card_id if first else card.id if card else None,
                subject_id=line.subject_id,
                department_id=line.department_id,
                blind=draw.blind,
                pair_of_id=first.id if first else None,
                status=InspectionStatus.DRAWN,
                assigned_at=work.at,
                due_at=draw.due_at,
            )
        )
    scored_by = {first.id: first.inspector_id for first in firsts.values()}
    assigned = _assign(work, plan, rows, scored_by)
    for row, whom in zip(rows, assigned, strict=True):
        row.inspector_id = whom.inspector
    work.session.add_all(rows)
    work.session.flush()
    work.session.add_all(_event(work, draw, row, whom) for row, whom in zip(rows, assigned, strict=True))
    work.session.flush()
    return rows


def _event(work: Work, draw: Draw, row: Inspection, whom: Assigned) -> InspectionEvent:
    facts = {"draw": draw_check.name_of(draw), "inspector": whom.inspector, "hindered": dict(whom.hindered)}
    return InspectionEvent(
        inspection_id=row.id, sequence=1, at=work.at, actor_id=work.actor.staff_id, kind="drawn", facts=facts
    )


def _number(work: Work, draw: Draw) -> str:
    month = f"{draw.frozen_at.astimezone(Rulebook(work.session).zone()):%Y%m}"
    return NUMBER.format(month=month, place=numbering.next_value(work.session, "inspection", month))


def _card(work: Work, plan: Plan) -> Scorecard:
    today = work.at.astimezone(Rulebook(work.session).zone()).date()
    card = card_on(work.session, plan.scorecard, today)
    if card is None:
        raise DomainError(Refusal("draws.refused.no_card", {"card": plan.scorecard}, status=422))
    return card


def _chunks(wanted: Sequence[str]) -> list[Sequence[str]]:
    return [wanted[first : first + CHUNK] for first in range(0, len(wanted), CHUNK)]


def _complaints(work: Work, result: Sequence[Drawn]) -> dict[str, int]:
    wanted = sorted({one.number.partition("/")[0] for one in result})
    found: dict[str, int] = {}
    for chunk in _chunks(wanted):
        rows = work.session.execute(sa.select(Complaint.number, Complaint.id).where(Complaint.number.in_(chunk)))
        found.update((row.number, row.id) for row in rows)
    return found


def _firsts(work: Work, result: Sequence[Drawn]) -> dict[str, Inspection]:
    """The inspections that are scored a second time, by their numbers."""
    found: dict[str, Inspection] = {}
    for chunk in _chunks([one.number for one in result]):
        rows = work.session.scalars(sa.select(Inspection).where(Inspection.number.in_(chunk)))
        found.update((row.number, row) for row in rows)
    return found


def _assign(work: Work, plan: Plan, rows: Sequence[Inspection], scored_by: Mapping[int, int | None]) -> list[Assigned]:
    session = work.session
    waiting = waiting_by_inspector(session)
    staff = session.execute(
        sa.select(Staff.id, Staff.code, Staff.department_id)
        .where(Staff.id.in_(eligible.inspectors()))
        .order_by(Staff.code)
    )
    inspectors = [Inspector(row.id, row.code, row.department_id, waiting.get(row.id, 0)) for row in staff]
    worked = _worked(work, sorted({row.complaint_id for row in rows}))
    units = [
        ToInspect(
            frozenset(worked.get(row.complaint_id, ())),
            row.subject_id,
            row.department_id,
            scored_by.get(row.pair_of_id or 0),
        )
        for row in rows
    ]
    today = work.at.astimezone(Rulebook(session).zone()).date()
    running = third_month(session, Rulebook(session).zone(), today, {row.subject_id for row in rows})
    return assign(units, inspectors, running, other_department_only=plan.other_department_only)


def _worked(work: Work, complaint_ids: Sequence[int]) -> dict[int, set[int]]:
    """Everybody with any function on each record (R27: own work)."""
    found: dict[int, set[int]] = {}
    for first in range(0, len(complaint_ids), CHUNK):
        rows = work.session.execute(
            sa.select(ComplaintPerson.complaint_id, ComplaintPerson.staff_id).where(
                ComplaintPerson.complaint_id.in_(complaint_ids[first : first + CHUNK])
            )
        )
        for complaint_id, staff_id in rows:
            found.setdefault(complaint_id, set()).add(staff_id)
    return found
