"""A calibration session opened for a command or a page (R28): its row, its record, members' marks, sealed texts.

Remarks and what was discussed may speak of the customer: they are sealed under the complaint's own key, and read with
personal data masked.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from backoffice.errors import DomainError
from backoffice.models.calibration import Calibration, CalibrationScore
from backoffice.models.inspection import Inspection
from backoffice.queries.inspection_rules import scoring_rules
from backoffice.services.core.case import Case, is_blind_to, look_at
from backoffice.services.core.work import Work
from policies.agreement import Percents
from policies.calibration import Session, hides_record
from policies.card import Card, Mark, Scoring
from policies.inspection import WORKED
from policies.masked_text import mask_text
from policies.message import Refusal
from policies.scorecard import percent_of


class Sitting:
    """One session inside one unit of work; its row is locked until the commit when it was opened for a change."""

    def __init__(self, work: Work, calibration: Calibration, case: Case) -> None:
        self.work, self.calibration, self.case = work, calibration, case

    @cached_property
    def card(self) -> Card:
        """The version of the scorecard on which everybody scores."""
        return self.case.rules.card(self.calibration.card_id)

    @cached_property
    def scoring(self) -> Scoring:
        """The office's rules of scoring, as they stand now."""
        return scoring_rules(self.case.rules)

    @cached_property
    def scores(self) -> list[CalibrationScore]:
        """The members with what they scored, in order."""
        mine = sa.select(CalibrationScore).where(CalibrationScore.calibration_id == self.calibration.id)
        rows = mine.options(joinedload(CalibrationScore.staff)).order_by(CalibrationScore.staff_id)
        return list(self.work.session.scalars(rows))

    def of(self, staff_id: int | None) -> CalibrationScore | None:
        """What one member scored; None for who is no member."""
        return next((one for one in self.scores if one.staff_id == staff_id), None)

    @property
    def facts(self) -> Session:
        """What the rules must know of it."""
        return Session(
            self.calibration.state,
            self.calibration.called_by_id,
            frozenset(one.staff_id for one in self.scores),
            frozenset(one.staff_id for one in self.scores if one.scored_at is not None),
        )

    @cached_property
    def hidden(self) -> bool:
        """Whether this reader must not learn which record it is, nor whose work (R28)."""
        row = self.calibration
        return hides_record(self.facts, self.work.actor, blind=row.blind) or is_blind_to(self.work, row.complaint_id)

    @property
    def worked(self) -> frozenset[int]:
        """Ids of everybody who worked on the record, as it is now, and of the inspected."""
        source = self.calibration.source_id
        inspected = self.work.session.get(Inspection, source) if source is not None else None
        return worked_on(self.case, inspected)

    # texts

    @property
    def texts(self) -> dict[str, str]:
        """What was said: {"discussion", "early_reason", "cancel_reason"}; empty once the record is erased."""
        return dict(self.case.seal.open_json(self.calibration.sealed, self._context) or {})

    def write(self, **texts: str) -> None:
        """Add to the sealed texts."""
        self.calibration.sealed = self.case.seal.seal_json({**self.texts, **texts}, self._context)

    def remarks(self, score: CalibrationScore) -> dict[str, str]:
        """Item → remark of a member, masked."""
        found = self.case.seal.open_json(score.sealed, self._remarks_context(score)) or {}
        return {item: self.masked(str(text)) for item, text in dict(found).items()}

    def seal_remarks(self, score: CalibrationScore, remarks: Mapping[str, str]) -> None:
        score.sealed = self.case.seal.seal_json(dict(remarks), self._remarks_context(score)) if remarks else None

    def draft(self, score: CalibrationScore) -> dict[str, str]:
        """The fields of a member's form as they were typed, until they are submitted; nobody else reads them."""
        return dict(self.case.seal.open_json(score.sealed_draft, self._draft_context(score)) or {})

    def seal_draft(self, score: CalibrationScore, fields: Mapping[str, str]) -> None:
        score.sealed_draft = self.case.seal.seal_json(dict(fields), self._draft_context(score)) if fields else None

    def masked(self, text: str) -> str:
        """A text without the customer's name and numbers (R39)."""
        return mask_text(text, [str(self.case.record.get("customer_name") or "")])

    @property
    def _context(self) -> str:
        return f"calibration:{self.calibration.number}"

    def _remarks_context(self, score: CalibrationScore) -> str:
        return f"calibration:{self.calibration.number}:{score.staff_id}"

    def _draft_context(self, score: CalibrationScore) -> str:
        return f"{self._remarks_context(score)}:draft"


def worked_on(case: Case, inspected: Inspection | None = None) -> frozenset[int]:
    """Ids of everybody with a function on a record, and of the one whom an inspection of it is about (R27)."""
    subject = inspected.subject_id if inspected is not None else None
    return case.with_function(*WORKED) | (frozenset() if subject is None else frozenset({subject}))


def open_sitting(work: Work, number: str) -> Sitting:
    """Lock a session by its number; 404 when there is none."""
    return _open(work, sa.select(Calibration).where(Calibration.number == number).with_for_update())


def look_at_sitting(work: Work, number: str) -> Sitting:
    """The same for a page that only shows."""
    return _open(work, sa.select(Calibration).where(Calibration.number == number))


def _open(work: Work, statement: sa.Select[Calibration]) -> Sitting:
    row = work.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise DomainError(Refusal("calibration.refused.not_found", status=404))
    return Sitting(work, row, look_at(work, row.complaint_id, veiled=True))


def kept(card: Card, marks: Mapping[str, Mark]) -> dict[str, str | None]:
    """Marks as they are kept: item → percentage in plain text, None: does not apply."""
    found = {}
    for item in card.items:
        if item.code in marks:
            percent = percent_of(item, marks[item.code])
            found[item.code] = None if percent is None else str(percent)
    return found


def read(marks: Mapping[str, str | None]) -> Percents:
    """The same as the rules read them."""
    return {item: None if percent is None else Decimal(percent) for item, percent in marks.items()}
