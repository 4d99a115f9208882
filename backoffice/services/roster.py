"""Keep the duty roster and who is away (R13). Everything entered can be taken back; both are on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.duty import Absence, Duty
from backoffice.models.office import Staff
from backoffice.queries import recipients, roster
from backoffice.services.core import upkeep
from backoffice.services.core.reference import log_change
from policies import roster as rules
from policies.access import Actor
from policies.message import Refusal
from policies.reference import check_text
from policies.roster import Span
from policies.vocabulary import DutyKind

Row = TypeVar("Row", Duty, Absence)

DUTY, ABSENCE = "duty", "absence"


@dataclass(frozen=True)
class DutyFacts:
    """A turn of duty as it was typed."""

    kind: DutyKind | None
    staff_id: int | None
    span: Span


@dataclass(frozen=True)
class AbsenceFacts:
    """An absence as it was typed."""

    staff_id: int | None
    stand_in_id: int | None
    span: Span
    reason: str = ""


def add_duty(session: Session, actor: Actor, at: datetime, facts: DutyFacts) -> Duty:
    """Put a turn on the roster; raises ``DomainError`` with every reason why not."""
    upkeep.wait_turn(session)
    if not rules.may_keep_roster(actor):
        raise DomainError(rules.refuse_planning())
    person = _person(session, facts.staff_id)
    upkeep.ensure(
        [] if facts.kind is not None else [_missing("kind")],
        [] if person is not None else [_missing("staff_id")],
        rules.check_span(facts.span, at, rules.LONGEST_TURN),
    )
    kind, row = facts.kind or DutyKind.MANAGER, _row(Duty, person, facts.span)
    upkeep.ensure(
        rules.check_duty(
            kind,
            row.staff_id,
            facts.span,
            turns=roster.entered_turns(session, kind, at),
            absences=roster.entered_absences(session, at, [row.staff_id]),
            managers=recipients.of_roles(session, [recipients.DUTY_MANAGER]),
        )
    )
    row.kind = kind
    _keep(session, actor, at, DUTY, row)
    return row


def add_absence(session: Session, actor: Actor, at: datetime, facts: AbsenceFacts) -> Absence:
    """Enter when somebody is away and who stands in; raises ``DomainError`` with every reason why not."""
    upkeep.wait_turn(session)
    person = _person(session, facts.staff_id)
    if person is not None and not rules.may_plan_for(actor, person.id, person.department_id):
        raise DomainError(rules.refuse_planning())
    upkeep.ensure(
        [] if person is not None else [_missing("staff_id")],
        rules.check_span(facts.span, at, rules.LONGEST_ABSENCE),
        check_text("reason", facts.reason, longest=rules.LONGEST_REASON),
    )
    row = _row(Absence, person, facts.span)
    people = [row.staff_id, *([facts.stand_in_id] if facts.stand_in_id else [])]
    upkeep.ensure(
        rules.check_absence(
            row.staff_id,
            facts.stand_in_id,
            facts.span,
            absences=roster.entered_absences(session, at, people),
            in_service=[one.id for one in roster.colleagues(session)],
        )
    )
    row.stand_in_id, row.reason = facts.stand_in_id, facts.reason.strip()
    _keep(session, actor, at, ABSENCE, row)
    return row


def withdraw_duty(session: Session, actor: Actor, at: datetime, duty_id: int) -> Duty:
    """Take a turn off the roster."""
    upkeep.wait_turn(session)
    if not rules.may_keep_roster(actor):
        raise DomainError(rules.refuse_planning())
    row = upkeep.row_of(session, Duty, duty_id)
    _withdraw(session, actor, at, DUTY, row)
    return row


def withdraw_absence(session: Session, actor: Actor, at: datetime, absence_id: int) -> Absence:
    """Take an absence back: the person is there."""
    upkeep.wait_turn(session)
    row = upkeep.row_of(session, Absence, absence_id)
    if not rules.may_plan_for(actor, row.staff_id, row.staff.department_id):
        raise DomainError(rules.refuse_planning())
    _withdraw(session, actor, at, ABSENCE, row)
    return row


def _person(session: Session, staff_id: int | None) -> Staff | None:
    person = session.get(Staff, staff_id) if staff_id is not None else None
    return person if person is not None and person.retired_at is None else None


def _missing(field: str) -> Refusal:
    return Refusal("roster.refused.missing", field=field, status=422)


def _row(model: type[Row], person: Staff | None, span: Span) -> Row:
    if person is None or span.begins_at is None or span.ends_at is None:
        raise ValueError("a gap was let through")
    return model(staff_id=person.id, begins_at=span.begins_at, ends_at=span.ends_at)


def _keep(session: Session, actor: Actor, at: datetime, subject: str, row: Duty | Absence) -> None:
    session.add(row)
    session.flush()
    said = {name: value for name, value in upkeep.columns_of(row).items() if value not in (None, "")}
    changes = {name: (None, upkeep.plain(value)) for name, value in said.items()}
    log_change(session, actor, at, subject, row.id, "create", changes)


def _withdraw(session: Session, actor: Actor, at: datetime, subject: str, row: Duty | Absence) -> None:
    if row.withdrawn_at is not None:
        raise DomainError(Refusal("roster.refused.withdrawn_already", status=409))
    row.withdrawn_at = at
    log_change(session, actor, at, subject, row.id, "retire", {"withdrawn_at": (None, upkeep.plain(at))})
