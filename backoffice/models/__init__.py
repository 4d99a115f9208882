"""The tables. Importing this package imports them all, so that the metadata is whole."""

from backoffice.models import (
    appraisal,
    calibration,
    clock_change,
    complaint,
    configuration,
    duty,
    extension,
    handling,
    history,
    inspection,
    office,
    regrade,
    sampling,
    teamwork,
    training,
    what_if,
    work,
)
from backoffice.models.base import Base

__all__ = [
    "Base",
    "appraisal",
    "calibration",
    "clock_change",
    "complaint",
    "configuration",
    "duty",
    "extension",
    "handling",
    "history",
    "inspection",
    "office",
    "regrade",
    "sampling",
    "teamwork",
    "training",
    "what_if",
    "work",
]
