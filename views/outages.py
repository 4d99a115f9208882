"""An outage in one line for whoever ran a command."""

from __future__ import annotations

from backoffice.outage import outage_of
from policies.message import Message
from views.language import say


def in_words(error: Exception, language: str) -> str | None:
    """What is the matter and what to do; None for a fault of the desk, and for a file that a person may not use."""
    outage = None if isinstance(error, PermissionError) else outage_of(error)
    return None if outage is None else say(Message(f"error.outage.{outage.value}.command"), language)
