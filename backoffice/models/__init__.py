"""The tables. Importing this package imports them all, so that the metadata is whole."""

from backoffice.models import complaint, configuration, duty, handling, history, office, regrade, what_if, work
from backoffice.models.base import Base

__all__ = ["Base", "complaint", "configuration", "duty", "handling", "history", "office", "regrade", "what_if", "work"]
