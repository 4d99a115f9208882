"""Closed sets of quality inspection: plans, draws, inspections, appeals, calibration (R27–R29)."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class PlanKind(StrEnum):
    """How a sampling plan comes to draw (R27): by its calendar, when somebody wants it, or lot by lot (ISO 2859-1)."""

    REGULAR = "regular"
    AD_HOC = "ad_hoc"
    LOT = "lot"


@unique
class UnitKind(StrEnum):
    """What one inspection looks at: a closed complaint, or one call or chat of a complaint (R28)."""

    CLOSED_COMPLAINT = "closed_complaint"
    CALL_OR_CHAT = "call_or_chat"


@unique
class DrawState(StrEnum):
    """Where a draw stands (R27): the population is frozen before the nonce is made; a drawn one never changes."""

    FROZEN = "frozen"
    DRAWN = "drawn"
    CANCELLED = "cancelled"


@unique
class LotSeverity(StrEnum):
    """How strictly the lots of a department are inspected (ISO 2859-1, 9.3); discontinued until it has improved."""

    NORMAL = "normal"
    TIGHTENED = "tightened"
    REDUCED = "reduced"
    DISCONTINUED = "discontinued"


@unique
class ItemKind(StrEnum):
    """How an item of a scorecard is marked (R28)."""

    LEVELS = "levels"
    YES_NO = "yes_no"
    POINTS = "points"
    DEDUCTION = "deduction"


@unique
class AttributedTo(StrEnum):
    """Whose indicator an item of a card counts for (R31): the person who had this function on the record."""

    INTAKE_CLERK = "intake_clerk"
    DISPATCHER = "dispatcher"
    DEPARTMENT_HEAD = "department_head"
    HANDLER = "handler"
    CALLBACK_CLERK = "callback_clerk"
    ARCHIVIST = "archivist"
    SPEAKER = "speaker"


@unique
class EvidenceTopic(StrEnum):
    """What the system itself knows of a record and shows beside an item of a card (R28)."""

    INTAKE_DATA = "intake_data"
    FIVE_W = "five_w"
    READ_BACK = "read_back"
    GRADING = "grading"
    CHECK = "check"
    DISPATCH = "dispatch"
    TRANSFERS = "transfers"
    INVESTIGATION = "investigation"
    PLAN = "plan"
    ACKNOWLEDGE_CLOCK = "acknowledge_clock"
    STEP_CLOCKS = "step_clocks"
    RESOLVE_CLOCK = "resolve_clock"
    SOLVED = "solved"
    DOSSIER = "dossier"
    PROGRESS = "progress"
    REVEALS = "reveals"


@unique
class InspectionStatus(StrEnum):
    """Where an inspection stands (R28, R29); ``cancelled`` with a reason, when nobody may or can inspect it."""

    DRAWN = "drawn"
    IN_PROGRESS = "in_progress"
    SCORED = "scored"
    PUBLISHED = "published"
    UNDER_APPEAL = "under_appeal"
    FINAL = "final"
    CANCELLED = "cancelled"

    @property
    def is_published(self) -> bool:
        """Whether the inspected may see it."""
        return self in (InspectionStatus.PUBLISHED, InspectionStatus.UNDER_APPEAL, InspectionStatus.FINAL)

    @property
    def is_to_score(self) -> bool:
        """Whether its inspector still has to score it."""
        return self in (InspectionStatus.DRAWN, InspectionStatus.IN_PROGRESS)


@unique
class AppealResult(StrEnum):
    """What the second inspector decided (R29)."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    DISMISSED = "dismissed"


@unique
class CalibrationState(StrEnum):
    """Where a calibration session stands: everybody scores unseen, then all talk, then a standard is agreed (R28).

    ``cancelled`` with a reason, when it cannot be held."""

    SCORING = "scoring"
    DISCUSSING = "discussing"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@unique
class CalibrationCause(StrEnum):
    """Why a session was called (R28): a record was chosen, two scorings of it lie apart, or somebody drifts."""

    CHOSEN = "chosen"
    AGREEMENT = "agreement"
    DRIFT = "drift"
