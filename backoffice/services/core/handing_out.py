"""A result handed out (R27, R28): an inspection for each drawn record, its inspector, and second scorings by others.

Whoever worked on a record never gets it; who is away for most of the time gets it only where nobody else may.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.complaint import Complaint, ComplaintPerson
from backoffice.models.inspection import Inspection, InspectionEvent, Scorecard
from backoffice.models.office import Staff
from backoffice.models.sampling import Draw
from backoffice.queries import draw_check, eligible
from backoffice.queries.assignments import absences_between, third_month, waiting_by_inspector
from backoffice.queries.frozen import Line
from backoffice.queries.rulebook import Rulebook
from backoffice.queries.sampling_plans import card_on
from backoffice.services.core import numbering
from backoffice.services.core.work import Work
from policies.message import Refusal
from policies.sampling import Drawn, stratum_text
from policies.sampling_assignment import Assigned, Inspector, ToInspect, assign, is_away
from policies.sampling_double import double_key, doubled
from policies.sampling_plan import Plan
from policies.vocabulary_inspection import InspectionStatus

CHUNK = 500
NOON = time(12)
NUMBER = "ZJ{month}-{place:04d}"
"""Numbers of inspections: two letters for inspection, the month of the draw, and a place in it."""


def hand_out(
    work: Work, draw: Draw, plan: Plan, result: Sequence[Drawn], lines: Mapping[str, Line]
) -> list[Inspection]:
    """The inspections of a result, each with its inspector, and the second scorings that the plan asks for."""
    desk = _Desk(work, draw, plan)
    rows = _inspections(work, draw, plan, result, lines, desk)
    twice = doubled(draw.seed or "", [row.unit_key for row in rows], plan.double_share)
    return [*rows, *_second_scorings(work, draw, rows, twice, desk)]


def _inspections(
    work: Work, draw: Draw, plan: Plan, result: Sequence[Drawn], lines: Mapping[str, Line], desk: _Desk
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
    return _keep(work, draw, rows, desk.give(rows, scored_by))


def _second_scorings(
    work: Work, draw: Draw, rows: Sequence[Inspection], twice: Sequence[str], desk: _Desk
) -> list[Inspection]:
    """A second, independent inspection of these records by somebody else; outside the result, so at no place in it."""
    firsts = {row.unit_key: row for row in rows}
    seconds = [_second_of(work, draw, firsts[number]) for number in twice]
    if not seconds:
        return []
    return _keep(work, draw, seconds, desk.give(seconds, {row.id: row.inspector_id for row in rows}))


def _second_of(work: Work, draw: Draw, first: Inspection) -> Inspection:
    return Inspection(
        number=_number(work, draw),
        draw_id=draw.id,
        complaint_id=first.complaint_id,
        unit=first.unit,
        unit_key=first.unit_key,
        position=0,
        stratum=first.stratum,
        sort_key=double_key(draw.seed or "", first.unit_key),
        compulsory=first.compulsory,
        card_id=first.card_id,
        subject_id=first.subject_id,
        department_id=first.department_id,
        blind=first.blind,
        pair_of_id=first.id,
        status=InspectionStatus.DRAWN,
        assigned_at=work.at,
        due_at=draw.due_at,
    )


def _keep(work: Work, draw: Draw, rows: list[Inspection], assigned: Sequence[Assigned]) -> list[Inspection]:
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


class _Desk:
    """The inspectors while a draw is handed out: what each has waiting grows with what is given."""

    def __init__(self, work: Work, draw: Draw, plan: Plan) -> None:
        self._work, self._plan = work, plan
        self._inspectors = _inspectors(work, draw)

    def give(self, rows: Sequence[Inspection], scored_by: Mapping[int, int | None]) -> list[Assigned]:
        """Whom each of these goes to; ``scored_by``: first inspection → who scores that one."""
        session, plan = self._work.session, self._plan
        complaint_ids = sorted({row.complaint_id for row in rows})
        worked, inspected = _worked(self._work, complaint_ids), _inspected(self._work, complaint_ids)
        units = [
            ToInspect(
                frozenset(worked.get(row.complaint_id, ())),
                row.subject_id,
                row.department_id,
                scored_by.get(row.pair_of_id or 0),
                frozenset(inspected.get((row.complaint_id, row.unit), ())),
            )
            for row in rows
        ]
        zone = Rulebook(session).zone()
        today = self._work.at.astimezone(zone).date()
        running = third_month(session, zone, today, {row.subject_id for row in rows})
        found = assign(units, self._inspectors, running, other_department_only=plan.other_department_only)
        given = Counter(one.inspector for one in found)
        self._inspectors = [replace(one, waiting=one.waiting + given[one.id]) for one in self._inspectors]
        return found


def _inspectors(work: Work, draw: Draw) -> list[Inspector]:
    """Whoever may score, by code, with what waits for them and whether they are away until the draw is due."""
    session = work.session
    waiting, away = waiting_by_inspector(session), _away(work, draw)
    today = work.at.astimezone(Rulebook(session).zone()).date()
    staff = session.execute(
        sa.select(Staff.id, Staff.code, Staff.department_id)
        .where(Staff.id.in_(eligible.inspectors(session, today)))
        .order_by(Staff.code)
    )
    return [Inspector(row.id, row.code, row.department_id, waiting.get(row.id, 0), row.id in away) for row in staff]


def _away(work: Work, draw: Draw) -> frozenset[int]:
    """Who is away, by the roster, for at least half of the working days from the draw's day through the last one."""
    rules = Rulebook(work.session)
    zone, calendar = rules.zone(), rules.calendar()
    first = work.at.astimezone(zone).date()
    last = max(first, (draw.due_at or work.at).astimezone(zone).date())
    every = (first + timedelta(days=n) for n in range((last - first).days + 1))
    noons = [datetime.combine(day, NOON, zone) for day in every if calendar.day(day).is_working]
    begins = datetime.combine(first, time.min, zone)
    spans = absences_between(work.session, begins, datetime.combine(last + timedelta(days=1), time.min, zone))
    return frozenset(person for person, mine in spans.items() if is_away(mine, noons))


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


def _inspected(work: Work, complaint_ids: Sequence[int]) -> dict[tuple[int, str], set[int]]:
    """Who has an inspection of the same record, or of the same talk in it, that was not cancelled (R28)."""
    found: dict[tuple[int, str], set[int]] = {}
    for first in range(0, len(complaint_ids), CHUNK):
        rows = work.session.execute(
            sa.select(Inspection.complaint_id, Inspection.unit, Inspection.inspector_id).where(
                Inspection.complaint_id.in_(complaint_ids[first : first + CHUNK]),
                Inspection.status != InspectionStatus.CANCELLED,
            )
        )
        for complaint_id, unit, inspector_id in rows:
            found.setdefault((complaint_id, unit), set()).update(() if inspector_id is None else (inspector_id,))
    return found
