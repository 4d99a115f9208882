"""Calibration sessions (R28): called, scored unseen, laid open, closed with an agreed standard, or cancelled.

Nothing here touches an inspection: its score stays what its inspector gave and an appeal made of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from backoffice.errors import DomainError
from backoffice.models.calibration import Calibration, CalibrationScore
from backoffice.models.inspection import Inspection
from backoffice.models.office import Staff
from backoffice.queries.agreement import PUBLISHED
from backoffice.queries.eligible import inspectors
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.calibrations import Sitting, kept, open_sitting, worked_on
from backoffice.services.core.case import Case, id_of, look_at
from backoffice.services.core.inspections import UNFINISHED
from backoffice.services.core.numbering import next_value
from backoffice.services.core.places import Style
from backoffice.services.core.staff_messages import tell_staff
from backoffice.services.core.work import Work
from policies.access import Permission, refuse_unless
from policies.calibration import CalibrationAct, Member, refuse_act, refuse_call, refuse_text
from policies.card import Mark
from policies.message import Name, Refusal
from policies.scorecard import refuse_marks, remark_field, score_card
from policies.vocabulary_inspection import CalibrationCause, CalibrationState, InspectionStatus, UnitKind

TEMPLATE, SERIES = "calibration_notice", "calibration"
HIDDEN_NUMBER = "▇▇"
"""Stands for the number of a record that is scored blind, as it does in the record itself."""


@dataclass(frozen=True)
class Call:
    """What is said when a session is called.

    ``source``: number of a second scoring; it then gives record, unit and card. Without it ``complaint`` (number) and
    ``card_id`` do. ``members``: ids of staff.
    """

    complaint: str
    card_id: int | None
    members: tuple[int, ...]
    due_at: datetime | None
    cause: CalibrationCause = CalibrationCause.CHOSEN
    source: str = ""


def call(work: Work, facts: Call) -> Calibration:
    """Call a session; its members are told. Raises ``DomainError``."""
    _refuse(refuse_unless(work.actor, Permission.INSPECTION_SCORE))
    source = source_of(work.session, facts.source) if facts.source else None
    case = _closed_case(work, facts, source)
    members = _members(work.session, case, source, facts.members)
    card_id = source.card_id if source is not None else facts.card_id
    no_card = Refusal("calibration.refused.no_card", field="card_id", status=422)
    known = card_id is not None and (source is not None or card_id in cards(work))
    _refuse(*refuse_call(members, work.at, facts.due_at), None if known else no_card)
    slot = work.at.astimezone(case.rules.zone()).strftime("%Y")
    row = Calibration(
        number=f"JZ{slot}-{next_value(work.session, SERIES, slot):03d}",
        complaint_id=case.complaint.id,
        unit=source.unit if source is not None else "",
        card_id=card_id,
        cause=CalibrationCause.AGREEMENT if source is not None else facts.cause,
        source_id=source.id if source is not None else None,
        blind=_is_blind(work.session, case, source),
        state=CalibrationState.SCORING,
        called_by_id=work.actor.staff_id,
        opened_at=work.at,
        due_at=facts.due_at,
    )
    work.session.add(row)
    work.session.flush()
    work.session.add_all(CalibrationScore(calibration_id=row.id, staff_id=one.staff_id) for one in members)
    work.session.flush()
    _tell(work, case, row, [one.staff_id for one in members])
    return row


def _is_blind(session: Session, case: Case, source: Inspection | None) -> bool:
    """Whether it is blind: as the scoring that it comes from, or as any inspection of the record asked it to be."""
    if source is not None:
        return source.blind
    blind = sa.select(Inspection.id).where(
        Inspection.complaint_id == case.complaint.id, Inspection.blind, Inspection.status != InspectionStatus.CANCELLED
    )
    return session.scalar(blind.limit(1)) is not None


def source_of(session: Session, number: str) -> Inspection:
    """The second scoring from which a session is called; both scorings must be published."""
    first = aliased(Inspection)
    found = session.scalars(
        sa.select(Inspection)
        .join(first, first.id == Inspection.pair_of_id)
        .where(Inspection.number == number, Inspection.status.in_(PUBLISHED), first.status.in_(PUBLISHED))
    ).one_or_none()
    if found is None:
        raise DomainError(Refusal("calibration.refused.no_source", status=409))
    return found


def cards(work: Work) -> dict[int, Name]:
    """The scorecards of closed complaints that are in force today: id of the version → name."""
    rules = Rulebook(work.session)
    today = work.at.astimezone(rules.zone()).date()
    found = {card_id: rules.card(card_id) for card_id in rules.cards_on(today).values()}
    return {card_id: card.name for card_id, card in found.items() if card.applies_to is UnitKind.CLOSED_COMPLAINT}


def save_draft(work: Work, number: str, typed: Mapping[str, str], revision: int | None = None) -> CalibrationScore:
    """Keep what a member typed, whatever it is, until it is submitted; ``revision``: the draft that was seen last."""
    sitting, row = _member(work, number, revision)
    sitting.seal_draft(row, typed)
    work.session.flush()
    return row


def score(
    work: Work, number: str, marks: Mapping[str, Mark], unread: Sequence[Refusal] = (), revision: int | None = None
) -> Sitting:
    """Keep a member's marks, for good; when the last member has scored, all marks are laid open.

    ``unread``: what could not be read at all, each beside its field.
    """
    sitting, row = _member(work, number, revision)
    _refuse(*refuse_marks(sitting.card, marks, sitting.scoring, unread=unread))
    found = score_card(sitting.card, marks, sitting.scoring)
    row.sealed_draft = None
    row.marks, row.score, row.fatal = kept(sitting.card, marks), found.score, bool(found.fatal_hits)
    row.scored_at = work.at
    sitting.seal_remarks(row, {item: mark.remark.strip() for item, mark in marks.items() if mark.remark.strip()})
    if not sitting.facts.missing:
        _lay_open(sitting)
    return sitting


def _member(work: Work, number: str, revision: int | None) -> tuple[Sitting, CalibrationScore]:
    """A session opened by a member who has still to score."""
    sitting = open_sitting(work, number)
    _refuse(refuse_act(CalibrationAct.SCORE, sitting.facts, work.actor, sitting.worked), _refuse_erased(sitting))
    row = next(one for one in sitting.scores if one.staff_id == work.actor.staff_id)
    if revision is not None and revision != row.revision:
        raise DomainError(Refusal("inspection.refused.changed_meanwhile", status=409))
    return sitting, row


def _refuse_erased(sitting: Sitting) -> Refusal | None:
    return Refusal("calibration.refused.erased") if sitting.case.seal.erased else None


def end_scoring(work: Work, number: str, reason: str) -> Sitting:
    """Go on without those who have not scored, with a reason."""
    sitting = _led(work, number, CalibrationAct.END_SCORING)
    _refuse(_refuse_erased(sitting), *refuse_text(reason, "reason"))
    sitting.write(early_reason=reason.strip())
    _lay_open(sitting)
    return sitting


def close(
    work: Work, number: str, discussion: str, marks: Mapping[str, Mark], unread: Sequence[Refusal] = ()
) -> Sitting:
    """Write down what was discussed and the marks that were agreed; from then on nothing changes any more.

    The standard needs no remarks beside its marks: why it is so stands in the discussion.
    """
    sitting = _led(work, number, CalibrationAct.CLOSE)
    _refuse(_refuse_erased(sitting))
    plain = {item: replace(mark, remark="") for item, mark in marks.items()}
    beside = remark_field("")
    wrong = [
        one
        for one in refuse_marks(sitting.card, plain, sitting.scoring, unread=unread)
        if not (one.field or "").startswith(beside)
    ]
    _refuse(*refuse_text(discussion, "discussion"), *wrong)
    row = sitting.calibration
    row.standard = kept(sitting.card, plain)
    row.standard_score = score_card(sitting.card, plain, sitting.scoring).score
    sitting.write(discussion=discussion.strip())
    return _ended(sitting, CalibrationState.CLOSED)


def cancel(work: Work, number: str, reason: str) -> Sitting:
    """Call a session off, with a reason; what was scored is kept and shown to nobody else."""
    sitting = _led(work, number, CalibrationAct.CANCEL)
    _refuse(*refuse_text(reason, "reason"))
    if not sitting.case.seal.erased:
        sitting.write(cancel_reason=reason.strip())
    return _ended(sitting, CalibrationState.CANCELLED)


def _led(work: Work, number: str, act: CalibrationAct) -> Sitting:
    sitting = open_sitting(work, number)
    _refuse(refuse_act(act, sitting.facts, work.actor))
    return sitting


def _lay_open(sitting: Sitting) -> None:
    sitting.calibration.state = CalibrationState.DISCUSSING
    sitting.calibration.discussed_from = sitting.work.at


def _ended(sitting: Sitting, state: CalibrationState) -> Sitting:
    row = sitting.calibration
    row.state, row.closed_at, row.closed_by_id = state, sitting.work.at, sitting.work.actor.staff_id
    return sitting


def _closed_case(work: Work, facts: Call, source: Inspection | None) -> Case:
    """The record to be scored: its outcome must be fixed."""
    try:
        case = look_at(work, source.complaint_id if source is not None else id_of(work.session, facts.complaint))
    except DomainError as error:
        raise DomainError(Refusal("calibration.refused.no_complaint", field="complaint", status=422)) from error
    if case.complaint.open:
        raise DomainError(Refusal("calibration.refused.no_complaint", field="complaint", status=422))
    return case


def _members(session: Session, case: Case, source: Inspection | None, ids: Sequence[int]) -> list[Member]:
    people = session.scalars(sa.select(Staff).where(Staff.id.in_(sorted(set(ids)))).order_by(Staff.id)).all()
    today = case.work.at.astimezone(case.rules.zone()).date()
    able, worked = set(session.scalars(inspectors(session, today))), worked_on(case, source)
    scores = _inspecting(session, case.complaint.id)
    return [
        Member(one.id, Name(one.name_zh, one.name_en), one.id in able, one.id in worked, one.id in scores)
        for one in people
    ]


def _inspecting(session: Session, complaint_id: int) -> frozenset[int]:
    """Whoever still has to score this record alone, before hearing what others make of it (R28)."""
    mine = sa.select(Inspection.inspector_id).where(
        Inspection.complaint_id == complaint_id, Inspection.status.in_(UNFINISHED), Inspection.inspector_id.is_not(None)
    )
    return frozenset(one for one in session.scalars(mine) if one is not None)


def _tell(work: Work, case: Case, row: Calibration, members: Sequence[int]) -> None:
    def fill(language: str) -> dict[str, str]:
        style = Style(case.rules, language)
        return {
            "complaint_number": HIDDEN_NUMBER if row.blind else case.complaint.number,
            "session_number": row.number,
            "due_time": style.moment(row.due_at),
        }

    others = [one for one in members if one != work.actor.staff_id]
    # Under the record's key the inbox would lead to what a blind session hides.
    tell_staff(work, TEMPLATE, others, fill, case=None if row.blind else case, key=f"calibration:{row.id}")


def _refuse(*refusals: Refusal | None) -> None:
    found = [one for one in refusals if one is not None]
    if found:
        raise DomainError(found)
