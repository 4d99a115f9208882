"""Closed sets of teamwork on important and major complaints: votes, statements, corrective actions (R16, R17)."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class PlanVote(StrEnum):
    """What a named reviewer says of a plan (R16); agreeing with changes counts as for it."""

    AGREE = "agree"
    AGREE_WITH_CHANGES = "agree_with_changes"
    DISAGREE = "disagree"


@unique
class StatementKind(StrEnum):
    """To whom a statement speaks (R17)."""

    MEDIA = "media"
    REGULATOR = "regulator"

    @property
    def act(self) -> str:
        """The act of a process that it belongs to."""
        return f"{self.value}_statement"


@unique
class StatementState(StrEnum):
    """Where a statement stands (R17); published or returned it is never touched again."""

    DRAFT = "draft"
    APPROVED = "approved"
    RETURNED = "returned"
    PUBLISHED = "published"


@unique
class CorrectiveStatus(StrEnum):
    """Where a corrective action stands (R30)."""

    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    VERIFIED = "verified"
    REOPENED = "reopened"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether its owner or verifier still has something to do."""
        return self not in (CorrectiveStatus.VERIFIED, CorrectiveStatus.CANCELLED)


@unique
class CorrectiveLevel(StrEnum):
    """How pressing a corrective action is; an urgent one has half the days (R30)."""

    NORMAL = "normal"
    URGENT = "urgent"
