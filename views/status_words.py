"""The findings on how the desk stands, in words: for the terminal and for the page of the settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from policies.health import Finding
from policies.message import Message
from views.language import say


@dataclass(frozen=True)
class Row:
    """One finding as it is read; ``level`` is ``good``, ``note`` or ``wrong``."""

    part: str
    level: str
    mark: str
    name: str
    said: str
    todo: str


def rows(found: Iterable[Finding], language: str | None = None) -> list[Row]:
    """The findings in a language, the reader's own where none is named."""

    def speak(message: Message) -> str:
        return say(message) if language is None else say(message, language)

    return [
        Row(
            part=finding.part,
            level=finding.level.value,
            mark=speak(Message(f"status.mark.{finding.level}")),
            name=speak(Message(f"status.part.{finding.part}")),
            said=speak(finding.said),
            todo=speak(finding.todo) if finding.todo is not None else "",
        )
        for finding in found
    ]
