"""Versions of the intake scripts (R7): a new script, drafts question by question, and their way into force.

A complaint keeps the version by which its customer was asked; what is in force is never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import Category, ListEntry
from backoffice.models.script import IntakeScript
from backoffice.office import document
from backoffice.services.core import upkeep
from backoffice.services.core.script_defaults import COMMON
from backoffice.services.core.versions import Versions
from policies.access import Actor, Permission
from policies.message import Refusal
from policies.reference import check_choice, check_code, check_names
from policies.script_check import KnownToScripts, check_script, check_words
from policies.script_form import (
    Definition,
    moved_question,
    with_new_question,
    with_question,
    without_question,
)

SUBJECT = "intake_script"


def known(session: Session) -> KnownToScripts:
    """What a script may name: the leaves in use with their symptoms, the dispatch elements in use."""
    leaves = sa.select(Category.code, Category.symptoms).where(Category.level == 3, Category.retired_at.is_(None))
    elements = sa.select(ListEntry.code).where(ListEntry.list == "dispatch_elements", ListEntry.retired_at.is_(None))
    return KnownToScripts(
        {row.code: [one["code"] for one in row.symptoms or ()] for row in session.execute(leaves)},
        frozenset(session.scalars(elements)),
    )


def faults(session: Session, definition: Mapping[str, Any], _on: date) -> Sequence[Refusal]:
    """Everything that is wrong with a script, against the office as it is."""
    return check_script(definition, known(session))


SCRIPTS = Versions(
    IntakeScript,
    SUBJECT,
    faults,
    check_words,
    lambda definition: {"category": definition["category"]},
    drawing_up=Permission.KNOWLEDGE_EDIT,
    approving=Permission.KNOWLEDGE_EDIT,
)


def begin(
    session: Session, actor: Actor, at: datetime, code: str, category: str | None, name: Mapping[str, str], reason: str
) -> IntakeScript:
    """The first draft of a new script, with the office's closing and rules of listening, still without questions."""
    upkeep.begin(session, actor, Permission.KNOWLEDGE_EDIT)
    upkeep.ensure(
        check_choice("category", category, frozenset(known(session).leaves)),
        check_code(code, upkeep.codes_of(session, IntakeScript)),
        check_names(name["zh"], name["en"]),
    )
    start = {
        "code": code, "version": 1, "category": category, "symptoms": [], "name": dict(name),
        "opening": {"zh": "", "en": ""}, "start": "", "questions": [],
        **{part: document("scripts")[part] for part in COMMON},
    }  # fmt: skip
    made: IntakeScript = SCRIPTS.begin(session, actor, at, start, reason)
    return made


def change_head(
    session: Session, actor: Actor, at: datetime, script_id: int, seen: int | None, said: Mapping[str, Any]
) -> IntakeScript:
    """What is said of the script as a whole: its name, its leaf, its symptoms, opening, closing, listening, start."""
    changed: IntakeScript = SCRIPTS.change(session, actor, at, script_id, seen, said)
    return changed


def change_question(
    session: Session, actor: Actor, at: datetime, script_id: int, seen: int | None, code: str, said: Mapping[str, Any]
) -> IntakeScript:
    """What one question says, with its answers."""
    return _edit(session, actor, at, script_id, seen, lambda script: with_question(script, code, said), code)


def add_question(
    session: Session, actor: Actor, at: datetime, script_id: int, seen: int | None, said: Mapping[str, Any]
) -> IntakeScript:
    """One question more."""
    return _edit(session, actor, at, script_id, seen, lambda script: with_new_question(script, said))


def drop_question(
    session: Session, actor: Actor, at: datetime, script_id: int, seen: int | None, code: str
) -> IntakeScript:
    """One question less."""
    return _edit(session, actor, at, script_id, seen, lambda script: without_question(script, code), code)


def move_question(
    session: Session, actor: Actor, at: datetime, script_id: int, seen: int | None, code: str, by: int
) -> IntakeScript:
    """A question one place up (-1) or down (1)."""
    return _edit(session, actor, at, script_id, seen, lambda script: moved_question(script, code, by), code)


def _edit(
    session: Session,
    actor: Actor,
    at: datetime,
    script_id: int,
    seen: int | None,
    edit: Callable[[Mapping[str, Any]], Definition],
    code: str | None = None,
) -> IntakeScript:
    """Change a draft. ``seen``: the revision that the person saw; a draft that changed since is refused as a whole."""
    upkeep.begin(session, actor, Permission.KNOWLEDGE_EDIT)
    row = upkeep.row_of(session, IntakeScript, script_id)
    session.refresh(row)
    if code is not None and all(one["code"] != code for one in row.definition["questions"]):
        raise DomainError(Refusal("access.refused.unknown", status=404))
    changed: IntakeScript = SCRIPTS.change(session, actor, at, script_id, seen, edit(row.definition))
    return changed
