"""Closed sets of training: what is taught, how, how often, on whose word, and why a qualification ends (R34)."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class CourseKind(StrEnum):
    """What a course is for: a module or the exam of the entry training, a later course, or a drill."""

    MODULE = "module"
    EXAM = "exam"
    COURSE = "course"
    DRILL = "drill"


@unique
class TrainingForm(StrEnum):
    """How something is taught (``forms`` of ``office/training.yaml``)."""

    CLASSROOM = "classroom"
    PRACTICE = "practice"
    DRILL = "drill"
    ON_THE_JOB = "on_the_job"
    ONLINE = "online"
    EXTERNAL = "external"
    COACHING = "coaching"


@unique
class Interval(StrEnum):
    """How often a course comes round (``intervals``)."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


@unique
class DueKind(StrEnum):
    """What somebody has to do by a day: a course or drill, hours of training, hours of coaching, the entry exam."""

    COURSE = "course"
    TRAINING = "training"
    COACHING = "coaching"
    RETEST = "retest"


@unique
class DueSource(StrEnum):
    """On whose word (``ordered_by``); ``SCHEDULE`` is the interval of a course itself."""

    SCHEDULE = "schedule"
    APPRAISAL = "appraisal"
    INSPECTION = "inspection"
    CORRECTIVE_ACTION = "corrective_action"
    POST_REVIEW = "post_review"
    NEW_RULE = "new_rule"


@unique
class DueState(StrEnum):
    """Where it stands; overdue is what is open past its day, so no state of its own."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


@unique
class QualificationEnd(StrEnum):
    """Why a qualification ended before its last day."""

    ABSENCE = "absence"
    WITHDRAWN = "withdrawn"
    RENEWED = "renewed"
