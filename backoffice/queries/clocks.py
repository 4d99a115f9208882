"""The clocks of a complaint as pages read them (R23, R24): the version that holds, and why each is due when it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.configuration import Category
from backoffice.queries.rulebook import Rulebook
from policies import deadline_steps, targets
from policies.clocks import Definitions, parse_clocks
from policies.deadline import Deadline, Whole, extend
from policies.message import Message, Name, Refusal
from policies.targets import Target, TargetTable
from policies.vocabulary import ClockCode, ClockEvent, Unit, label_key
from policies.warning_ladder import Ladders, parse_ladders

AGAIN = {ClockCode.PROGRESS: ClockEvent.PROGRESS_TOLD, ClockCode.REPORT: ClockEvent.REPORT_SUBMITTED}


@dataclass(frozen=True)
class ClockBook:
    """The clocks of one version, parsed."""

    definitions: Definitions
    table: TargetTable
    ladders: Ladders


def book(rules: Rulebook, sla_id: int) -> ClockBook:
    """The clocks of a version by its id."""

    def load() -> ClockBook:
        document = rules.sla(sla_id)
        ladders = parse_ladders(document)
        kept: Ladders = {} if isinstance(ladders, Refusal) else ladders  # none is checked in that cannot be read
        return ClockBook(parse_clocks(document), targets.parse_targets(document), kept)

    return rules.keep_for_good(("clock book", sla_id), load)


def explain(rules: Rulebook, complaint: Complaint, row: ClockRow, rows: Sequence[ClockRow]) -> Deadline:
    """A clock's deadline reckoned again with its steps, for the page (R24)."""
    whole = whole_of(rows) if row.unit == Unit.PERCENT_OF_RESOLVE.value else None
    event = _start_event(rules, complaint, row)
    found = targets.due(rules.calendar(), (_target(row),), row.started_at, resolve=whole, event=event)
    if isinstance(found, Refusal):
        raise DomainError(found)
    deadline, counted = _extended(rules, row, found.deadline), row.extended_days or row.unit != Unit.HOUR.value
    if row.stopped_at is None and counted and deadline.due < row.due_at:
        steps = partial(deadline_steps.stays, rules.calendar(), deadline.explanation, row.due_at)
        return Deadline(row.due_at, deadline.provisional, steps)
    return deadline


def _extended(rules: Rulebook, row: ClockRow, deadline: Deadline) -> Deadline:
    """The deadline with the extensions that were granted, each as a step (R25)."""
    names = {entry.code: entry for entry in rules.entries("extension_reasons", retired=True)}
    for one in row.facts.get("extensions", ()):
        named = names.get(one["reason"])
        reason = Message("clock.named", {"name": Name(named.name_zh, named.name_en)}) if named is not None else None
        later = extend(rules.calendar(), deadline, int(one["days"]), reason=reason)
        if isinstance(later, Refusal):
            raise DomainError(later)
        deadline = later
    return deadline


def categories_of(session: Session, category: Category) -> tuple[str, ...]:
    """Codes of a category and those above it, the leaf first."""
    ids = [int(part) for part in category.path.split("/") if part]
    rows = session.execute(sa.select(Category.code).where(Category.id.in_(ids)).order_by(Category.level.desc()))
    return tuple(row.code for row in rows)


def _start_event(rules: Rulebook, complaint: Complaint, row: ClockRow) -> Message | None:
    """What happened at the start of a clock, in words; nothing for the receipt."""
    definition = book(rules, complaint.sla_id).definitions.get(ClockCode(row.code))
    if definition is None or definition.starts in (ClockEvent.RECEIVED, ClockEvent.RESOLVE_STARTED):
        return None
    again = definition.repeating and row.occurrence > 1
    return Message(label_key(AGAIN.get(definition.code, definition.starts) if again else definition.starts))


def whole_of(rows: Sequence[ClockRow]) -> Whole | None:
    """The resolve clock, of which percentages are taken."""
    row = next((row for row in rows if row.code == ClockCode.RESOLVE.value), None)
    if row is None:
        return None
    due = row.original_due_at or row.due_at  # a share is taken of what the policy gives, not of an extension
    return Whole(row.started_at, due, _target(row).reckoned if row.unit == Unit.HOUR.value else None)


def _target(row: ClockRow) -> Target:
    return Target(row.amount, Unit(row.unit), row.override)
