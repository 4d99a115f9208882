"""What views of figures ask for, counted in one go, and as it is kept (R31, R35, R38).

A question says all that its figures depend on but the complaints themselves; it is counted part by part by the very
statements of ``queries/overview`` and ``queries/indicators``, and what was counted becomes JSON and back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from backoffice.queries.kept.indicator import IndicatorQuestion
from backoffice.queries.kept.moment import Moment
from backoffice.queries.kept.overview import OverviewQuestion
from backoffice.queries.kept.packing import Packed, Told
from backoffice.queries.kept.statistics import StatisticsQuestion
from backoffice.queries.rulebook import Rulebook
from policies.kept_figures import sign_of

__all__ = ["VIEWS", "IndicatorQuestion", "Moment", "OverviewQuestion", "Question", "StatisticsQuestion", "as_of",
           "key_of", "read_question"]  # fmt: skip


class Question(Protocol):
    """What one view asks for."""

    view: str
    parts: int

    def said(self) -> Packed:
        """All of it as JSON, the same for the same question."""

    def rules(self, session: Session, moment: Moment) -> Packed:
        """The versions of the rules that its figures rest on."""

    def count(self, session: Session, moment: Moment, told: Told) -> Any:
        """The figures as of a moment; ``told`` hears after each part how many are counted."""

    def pack(self, figures: Any) -> Packed:
        """Figures as JSON."""

    def unpack(self, kept: Mapping[str, Any]) -> Any:
        """The same figures again."""


VIEWS: dict[str, Any] = {one.view: one for one in (OverviewQuestion, StatisticsQuestion, IndicatorQuestion)}


def read_question(view: str, said: Mapping[str, Any]) -> Question:
    """A question as ``said`` wrote it down."""
    found: Question = VIEWS[view].read(said)
    return found


def key_of(session: Session, question: Question, moment: Moment) -> str:
    """What the figures of a question are kept under, by the rules as they stand."""
    return sign_of(question.view, question.said(), question.rules(session, moment))


def as_of(session: Session, at: datetime) -> Moment:
    """A moment of the office, in its time zone."""
    return Moment(session, at, Rulebook(session).zone())
