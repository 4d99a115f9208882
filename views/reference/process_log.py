"""What the log says of a version of a process, in words: steps and properties by name, not by code (R14)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from backoffice.models.configuration import ProcessVersion
from backoffice.models.history import ReferenceChange
from policies.process_difference import HEAD, Difference
from views.reference.base import once, reading
from views.reference.naming import field_name
from views.reference.process_words import ProcessWords
from views.reference.words import value_words, words

PLAIN = ("version", "base", "valid_from", "retired_at")


def process_values(row: ReferenceChange) -> Iterator[tuple[str, str, str]]:
    """Each line of a change as what, from what, to what."""
    worded = _words_of(row.subject_id)
    for key, (old, new) in row.changes.items():
        if key == "state":
            yield field_name(key), *(words("label.version_state", side) if side else "" for side in (old, new))
        elif key in PLAIN or (difference := _difference(key, old, new)) is None:
            yield field_name(key), value_words(old), value_words(new)
        else:
            section, item, before, after = worded.difference(difference)
            yield f"{section} · {item}" if difference.step else item, before, after


def _difference(key: str, old: Any, new: Any) -> Difference | None:
    if key in HEAD:
        return Difference(None, key, old, new)
    step, _dot, rest = key.partition(".")
    item, _dot, rest = rest.partition(".")
    action, _dot, when = rest.partition(".")
    return Difference(step, item, old, new, action, when) if item else None


def _words_of(version_id: str) -> ProcessWords:
    """The words of every version of the process: a step that was removed is still called by its name."""
    rows = once("process versions", lambda: list(reading().scalars(sa.select(ProcessVersion))))
    mine = next((row for row in rows if str(row.id) == version_id), None)
    same = [row for row in rows if mine is not None and row.severity == mine.severity and row is not mine]
    return ProcessWords(*(row.definition for row in (*same, mine) if row is not None))
