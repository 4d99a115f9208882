"""Acts on appraisal sheets (R33): checked, published, acknowledged, approved; silence is recorded as such.

Each act asks the rules of ``policies/appraisal_course.py``, writes its event and tells whom it concerns. Appeals stand
in ``appraisal_appeal.py``, locking in ``appraisal_lock.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.appraisal import AppraisalSheet
from backoffice.queries import recipients
from backoffice.services.core import appraisal_notes as notes
from backoffice.services.core.appraisal_notes import note, tell
from backoffice.services.core.appraisal_periods import days_after, find, is_running, refresh
from backoffice.services.core.appraisal_sheets import Held, asker_of, facts_of, hold, look_around
from backoffice.services.core.work import Work
from policies.appraisal_course import COURSE, LONGEST, Offer, SheetAct, is_silent, offers, refuse_act, refused
from policies.message import Refusal
from policies.vocabulary_appraisal import SheetStatus

A = SheetAct


@dataclass(frozen=True)
class Said:
    """What somebody says with an act, and which state of the sheet they saw."""

    note: str = ""
    revision: int | None = None


def offers_on(work: Work, sheet: AppraisalSheet) -> tuple[Offer, ...]:
    """What this person may do to a sheet now."""
    around = look_around(work.session, [sheet])
    return offers(facts_of(sheet, around), asker_of(work.actor, sheet), work.at)


def act(work: Work, number: str, action: SheetAct, said: Said | None = None) -> AppraisalSheet:
    """One act on one sheet; raises ``DomainError`` with why not."""
    held = hold(work, number)
    _do(held, action, said or Said())
    refresh(work, held.period)
    return held.sheet


@dataclass(frozen=True)
class Outcome:
    """What became of one sheet in an act on many; ``refusal``: why not."""

    number: str
    refusal: Refusal | None = None


def act_on_many(work: Work, month: str, action: SheetAct, numbers: Sequence[str]) -> list[Outcome]:
    """The same act on several sheets of a month: each that can be done is done, of the others it is said why not."""
    period = find(work.session, month, locked=True)
    if period is None:
        raise DomainError(Refusal("appraisal.refused.no_month", status=404))
    wanted = sa.select(AppraisalSheet).where(
        AppraisalSheet.period_id == period.id, AppraisalSheet.number.in_(list(numbers)), AppraisalSheet.body != ""
    )
    sheets = list(work.session.scalars(wanted.order_by(AppraisalSheet.number).with_for_update(of=AppraisalSheet)))
    around = look_around(work.session, sheets)
    found = {one: Outcome(one, Refusal("appraisal.refused.not_found", status=404)) for one in dict.fromkeys(numbers)}
    for sheet in sheets:
        try:
            _do(Held(work, period, sheet, around), action, Said())
        except DomainError as error:
            found[sheet.number] = Outcome(sheet.number, error.refusals[0])
        else:
            found[sheet.number] = Outcome(sheet.number)
    refresh(work, period)
    return list(found.values())


def _do(held: Held, action: SheetAct, said: Said) -> None:
    """Asked, written, told; nothing is written before everything is asked."""
    sheet, work = held.sheet, held.work
    refusal = refuse_act(action, held.facts, held.asker, work.at)
    if refusal is None and action in (A.CHECK, A.PUBLISH) and is_running(work.session, held.period):
        refusal = refused("running")
    if refusal is None and said.revision is not None and said.revision != sheet.revision:
        refusal = refused("changed_meanwhile")
    if refusal is None and len(said.note) > LONGEST:
        refusal = refused("too_long", status=422, at="note", limit=LONGEST)
    if refusal is not None:
        raise DomainError(refusal)
    _WRITES[action](held, said)
    sheet.status = COURSE[action].target or sheet.status
    note(work, held.period, action, {"sha256": sheet.sha256}, sheet=sheet, words={"note": said.note.strip()})
    work.session.flush()
    _TELLS.get(action, _nobody)(held)


def _check(held: Held, _said: Said) -> None:
    held.sheet.checked_at, held.sheet.checked_by_id = held.work.at, held.work.actor.staff_id


def _publish(held: Held, _said: Said) -> None:
    held.sheet.published_at = held.work.at
    held.sheet.acknowledge_until = days_after(held.work, held.period, "submit")


def _acknowledge(held: Held, said: Said) -> None:
    held.sheet.acknowledged_at, held.sheet.acknowledged_silently = held.work.at, False
    if said.note.strip():
        held.sheet.sealed = notes.sealed(held.work.keys, {"note": said.note.strip()})


def _approve(held: Held, _said: Said) -> None:
    held.sheet.approved_at, held.sheet.approved_by_id = held.work.at, held.work.actor.staff_id


_WRITES: Mapping[SheetAct, Callable[[Held, Said], None]] = {
    A.CHECK: _check,
    A.PUBLISH: _publish,
    A.ACKNOWLEDGE: _acknowledge,
    A.APPROVE: _approve,
}


# Who is told


def _nobody(_held: Held) -> None:
    """Nobody needs to be told."""


def _tell_subject(held: Held) -> None:
    answers = held.facts.answers_id
    if answers is not None:
        occasion = f"published:{held.sheet.revision}"  # one that was set back is published again
        tell(held.work, notes.PUBLISHED, [answers], held.sheet, until=held.sheet.acknowledge_until, occasion=occasion)


def tell_approver(held: Held) -> None:
    """Whoever approves: the head; of a head's sheet or a department's the senior managers."""
    facts, session = held.facts, held.work.session
    people: Sequence[int] = () if facts.of_head else recipients.head_of(session, held.sheet.department_id)
    if not people or facts.answers_id in people or facts.checked_by in people:
        people = [one for one in recipients.of_roles(session, ["senior_manager"]) if one != facts.checked_by]
    occasion = f"to_approve:{held.sheet.revision}"
    tell(held.work, notes.TO_APPROVE, people, held.sheet, until=None, occasion=occasion)


_TELLS: Mapping[SheetAct, Callable[[Held], None]] = {A.PUBLISH: _tell_subject, A.ACKNOWLEDGE: tell_approver}


# Silence


def silent_ones(session: Session, at: datetime, most: int) -> list[str]:
    """Numbers of published sheets whose days have run out."""
    rows = sa.select(AppraisalSheet.number).where(
        AppraisalSheet.status == SheetStatus.PUBLISHED, AppraisalSheet.acknowledge_until < at
    )
    return list(session.scalars(rows.order_by(AppraisalSheet.acknowledge_until).limit(most)))


def take_silence(work: Work, number: str) -> bool:
    """R33: the days ran out and nothing was said; recorded as such. False where somebody was quicker."""
    held = hold(work, number)
    if not is_silent(held.facts, work.at):
        return False
    held.sheet.status = SheetStatus.ACKNOWLEDGED
    held.sheet.acknowledged_at, held.sheet.acknowledged_silently = work.at, True
    note(work, held.period, "silent", {"until": held.sheet.acknowledge_until.isoformat()}, sheet=held.sheet)  # type: ignore[union-attr]
    work.session.flush()
    refresh(work, held.period)
    tell_approver(held)
    return True
