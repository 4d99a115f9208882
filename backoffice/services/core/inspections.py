"""An inspection opened for a command (R28): its row locked, its record at hand, its remarks sealed, its events kept.

Remarks, summary and reasons may speak of the customer: they are sealed under the complaint's own key and go with it
when its data is erased. What happens to an inspection stands in its own events; the record that it is about may be
archived, and an archived record never changes (R22).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.complaint import Complaint
from backoffice.models.history import ChainHead
from backoffice.models.inspection import Inspection, InspectionEvent, InspectionMark
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.case import Case
from backoffice.services.core.work import Work
from policies.inspection import WORKED, Standing, refuse_own
from policies.message import Refusal
from policies.vocabulary_inspection import InspectionStatus

FIRST_ROUND, AFTER_APPEAL = 0, 1
UNFINISHED = (InspectionStatus.DRAWN, InspectionStatus.IN_PROGRESS, InspectionStatus.SCORED)
DRAFT = "draft"
"""The sealed part that holds what was typed before the marks are submitted."""


class Inspecting:
    """One inspection inside one unit of work; locked until the commit when it was opened for a change."""

    def __init__(self, work: Work, inspection: Inspection, case: Case) -> None:
        self.work = work
        self.inspection = inspection
        self.case = case

    @property
    def rules(self) -> Rulebook:
        """The office's rules as they stand."""
        return self.case.rules

    @property
    def standing(self) -> Standing:
        """What the rules of who may see and score it ask."""
        row = self.inspection
        return Standing(row.status, row.inspector_id, row.draw.plan.kind, waits_on=self._waits())

    def _waits(self) -> bool:
        """Whether the reader has another inspection of the same record that is not published yet."""
        mine = sa.select(sa.literal(1)).where(
            Inspection.complaint_id == self.inspection.complaint_id,
            Inspection.unit == self.inspection.unit,
            Inspection.id != self.inspection.id,
            Inspection.inspector_id == self.work.actor.staff_id,
            Inspection.status.in_(UNFINISHED),
        )
        return self.work.session.scalar(mine.limit(1)) is not None

    @property
    def worked(self) -> frozenset[int]:
        """Ids of everybody who worked on the record, as it is now."""
        return self.case.with_function(*WORKED)

    def refuse_own(self, staff_id: int | None) -> Refusal | None:
        """Why this person may not inspect it (R27); None when nothing stands against it."""
        return refuse_own(staff_id, self.worked, self.inspection.subject_id)

    @cached_property
    def events(self) -> Sequence[InspectionEvent]:
        """What happened to it so far, oldest first."""
        mine = sa.select(InspectionEvent).where(InspectionEvent.inspection_id == self.inspection.id)
        return list(self.work.session.scalars(mine.order_by(InspectionEvent.sequence)))

    @property
    def was_scored(self) -> bool:
        """Whether its marks were submitted at any time, even if they were taken back."""
        return any(event.kind == "scored" for event in self.events)

    def note(self, kind: str, facts: Mapping[str, Any] | None = None, *, at: datetime | None = None) -> InspectionEvent:
        """Append an event: ``facts`` are codes, ids, figures and times in clear, never text."""
        newest = sa.select(sa.func.max(InspectionEvent.sequence))
        before = self.work.session.scalar(newest.where(InspectionEvent.inspection_id == self.inspection.id)) or 0
        event = InspectionEvent(
            inspection_id=self.inspection.id,
            sequence=before + 1,
            at=at or self.work.at,
            actor_id=self.work.actor.staff_id,
            kind=kind,
            facts=dict(facts or {}),
        )
        self.work.session.add(event)
        self.work.session.flush()
        self.__dict__.pop("events", None)
        return event

    # sealed texts

    @property
    def sealed(self) -> dict[str, Any]:
        """What is sealed with it, in clear; empty once the record is erased."""
        return dict(self.case.seal.open_json(self.inspection.sealed, self._context) or {})

    @property
    def texts(self) -> dict[str, str]:
        """Summary and reasons in clear: {"summary", "cancel_reason", …}; empty once the record is erased."""
        return {name: value for name, value in self.sealed.items() if name != DRAFT}

    def write_texts(self, **texts: str) -> None:
        """Add to the sealed texts or replace some of them; raises ``SealError`` once the record is erased."""
        self._seal({**self.sealed, **texts})

    @property
    def draft(self) -> dict[str, str]:
        """The fields of the form as they were typed, while it is not scored (R28)."""
        return dict(self.sealed.get(DRAFT) or {})

    def write_draft(self, fields: Mapping[str, str] | None) -> None:
        """Keep what was typed, or drop it; nothing in it needs to make sense yet."""
        rest = {name: value for name, value in self.sealed.items() if name != DRAFT}
        self._seal({**rest, DRAFT: dict(fields)} if fields else rest)

    def _seal(self, content: Mapping[str, Any]) -> None:
        if content != self.sealed:
            self.inspection.sealed = self.case.seal.seal_json(dict(content), self._context) if content else None

    @property
    def _context(self) -> str:
        return f"inspection:{self.inspection.number}"

    # marks

    def marks(self, round_: int = FIRST_ROUND) -> dict[str, InspectionMark]:
        """Item → its mark in a round."""
        mine = sa.select(InspectionMark).where(InspectionMark.inspection_id == self.inspection.id)
        return {row.item: row for row in self.work.session.scalars(mine.where(InspectionMark.round == round_))}

    def remark(self, mark: InspectionMark) -> str:
        """The remark beside a mark in clear; empty where there is none, and once the record is erased."""
        return str(self.case.seal.open_json(mark.sealed_remark, self._remark_context(mark)) or "")

    def seal_remark(self, mark: InspectionMark, text: str) -> None:
        """Keep a remark beside its mark; what stands there already is left as it is."""
        if text != self.remark(mark):
            mark.sealed_remark = self.case.seal.seal_json(text, self._remark_context(mark)) if text else None

    def _remark_context(self, mark: InspectionMark) -> str:
        return f"inspection:{self.inspection.number}:{mark.round}:{mark.item}"


def open_inspection(work: Work, number: str) -> Inspecting:
    """Lock an inspection by its number and load its record as it is now; 404 when there is none.

    Who may do what to it is asked by the command; this only opens it.
    """
    return _open(work, sa.select(Inspection).where(Inspection.number == number).with_for_update())


def open_inspection_by_id(work: Work, inspection_id: int) -> Inspecting:
    """The same by its id."""
    return _open(work, sa.select(Inspection).where(Inspection.id == inspection_id).with_for_update())


def look_at_inspection(work: Work, number: str) -> Inspecting:
    """The same for a page that only shows: nothing is locked, and nothing may be changed through it."""
    return _open(work, sa.select(Inspection).where(Inspection.number == number))


def _open(work: Work, statement: sa.Select[Inspection]) -> Inspecting:
    # PostgreSQL cannot lock the empty side of an outer join, so relations are loaded when they are asked for.
    row = work.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise DomainError(Refusal("inspection.refused.not_found", status=404))
    return Inspecting(work, row, case_of(work, row.complaint_id))


def case_of(work: Work, complaint_id: int) -> Case:
    """The record for reading, without a lock and without asking who looks."""
    session: Session = work.session
    head = session.get(ChainHead, complaint_id)
    complaint = session.get(Complaint, complaint_id)
    if head is None or complaint is None:
        raise DomainError(Refusal("complaint.refused.not_found", status=404))
    return Case(work, complaint, head)
