"""Closed sets of the appraisal: indicators, schemes, sheets, what a grade brings, appeals (R31–R33)."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class SubjectKind(StrEnum):
    """Whose sheet it is (R33)."""

    PERSON = "person"
    DEPARTMENT = "department"


@unique
class IndicatorUnit(StrEnum):
    """What an indicator is counted in (R31)."""

    PERCENT = "percent"
    POINTS = "points"
    SCORE_5 = "score_5"
    WORKING_HOUR = "working_hour"
    SECOND = "second"
    COUNT = "count"


@unique
class Better(StrEnum):
    """Which way an indicator is to go."""

    HIGHER = "higher"
    LOWER = "lower"


@unique
class PeriodBy(StrEnum):
    """The moment by which something belongs to a month (``period_rules`` of ``office/appraisal.yaml``)."""

    CLOSED = "closed"
    RECEIVED = "received"
    CALLED_BACK = "called_back"
    ORDER_SENT = "order_sent"
    INSPECTION_FINAL = "inspection_final"
    INSPECTION_DUE = "inspection_due"
    CALLBACK_DUE = "callback_due"
    DUE = "due"


@unique
class IndicatorSource(StrEnum):
    """Where the figures of an indicator come from: the records, or an entry each month (R31)."""

    SYSTEM = "system"
    IMPORT = "import"


@unique
class ScoringKind(StrEnum):
    """How a value becomes a score of 0 to 100 (``scoring_functions``)."""

    AS_IS = "as_is"
    RATIO_TO_TARGET = "ratio_to_target"
    MINUS_PER_POINT = "minus_per_point"
    LINEAR = "linear"
    BANDS = "bands"


@unique
class EffectKind(StrEnum):
    """What a grade or a manual line brings (R32)."""

    BONUS = "bonus"
    POINTS = "points"
    CERTIFICATE = "certificate"
    COMMENDATION = "commendation"
    COACHING = "coaching"
    TRAINING = "training"
    RETEST = "retest"
    CRITICISM = "criticism"
    INTERVIEW = "interview"
    BONUS_REDUCTION = "bonus_reduction"
    POST_CHANGE = "post_change"
    WAGE_DEDUCTION = "wage_deduction"


@unique
class PeriodState(StrEnum):
    """Where the sheets of a month stand together (R33); a locked month never moves."""

    OPEN = "open"
    COMPUTED = "computed"
    CHECKED = "checked"
    PUBLISHED = "published"
    LOCKED = "locked"


@unique
class SheetStatus(StrEnum):
    """Where one sheet stands (``sheet_statuses`` of ``office/appraisal.yaml``)."""

    COMPUTED = "computed"
    CHECKED = "checked"
    PUBLISHED = "published"
    ACKNOWLEDGED = "acknowledged"
    APPEALED = "appealed"
    APPROVED = "approved"
    LOCKED = "locked"


@unique
class LineKind(StrEnum):
    """What a line outside the formula is (R32, R33): points more or less, a cap of the grade, a reward, a penalty, or
    the correction of a locked month.
    """

    ADJUSTMENT = "adjustment"
    VETO = "veto"
    REWARD = "reward"
    PENALTY = "penalty"
    CORRECTION = "correction"


@unique
class LineState(StrEnum):
    """A line outside the formula counts once somebody else has approved it."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@unique
class SheetAppealResult(StrEnum):
    """How an objection to a sheet was decided (R33)."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    DISMISSED = "dismissed"


@unique
class LeftOut(StrEnum):
    """Why something that looks like a part of an indicator is not counted in it (R31).

    The first are the office's ``exclusions`` and ``left_out_reasons``; the last ones say what is no part of the
    population yet, or never was: a clock that fell away or still runs, an observation that is not over.
    """

    NOT_ESTABLISHED = "not_established"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    REFERRED_OUT = "referred_out"
    CUSTOMER_FAULT = "customer_fault"
    UNREASONABLE = "unreasonable"
    UNREACHABLE = "unreachable"
    KNOWN_FAULT_LINKED = "known_fault_linked"
    NO_SCORE = "no_score"
    INTERNAL_DISCOVERY = "internal_discovery"
    NOT_DISPATCHED = "not_dispatched"
    ANSWERED_BY_SURVEY = "answered_by_survey"
    NOT_GENERAL = "not_general"
    SURVEY_UNANSWERED = "survey_unanswered"
    STILL_OPEN = "still_open"
    EARLIER_OPEN = "earlier_open"
    NOT_YET = "not_yet"
    FELL_AWAY = "fell_away"
    NOT_MEASURED = "not_measured"
    CANCELLED = "cancelled"
