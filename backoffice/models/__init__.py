"""The tables. Importing this package imports them all, so that the metadata is whole."""

from backoffice.models import (
    clock_change,
    complaint,
    configuration,
    duty,
    extension,
    handling,
    history,
    office,
    regrade,
    teamwork,
    what_if,
    work,
)
from backoffice.models.base import Base

__all__ = [
    "Base",
    "clock_change",
    "complaint",
    "configuration",
    "duty",
    "extension",
    "handling",
    "history",
    "office",
    "regrade",
    "teamwork",
    "what_if",
    "work",
]
