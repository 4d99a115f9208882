"""Versions of the scorecards (R28): a new card, one from a file, drafts item by item, and their way into force.

An inspection keeps the version of its draw; what is in force is never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.inspection import Scorecard
from backoffice.services.core import upkeep
from backoffice.services.core.versions import LONGEST_REASON, Versions, facts_of
from policies.access import Actor
from policies.card_check import CardFormError, check_card, check_form, check_texts
from policies.card_form import Definition, moved_item, tidy, with_groups, with_item, with_new_item, without_item
from policies.message import Refusal
from policies.reference import check_choice, check_code, check_names
from policies.vocabulary_inspection import UnitKind

__all__ = ["CARDS", "LONGEST_REASON", "SUBJECT", "begin", "facts_of", "from_file"]

SUBJECT = "scorecard"


def faults(_session: Session, definition: Mapping[str, Any], _on: date) -> Sequence[Refusal]:
    """Everything that is wrong with a card."""
    return check_card(definition)


CARDS = Versions(
    Scorecard, SUBJECT, faults, check_texts, lambda definition: {"applies_to": UnitKind(definition["applies_to"])}
)


def begin(
    session: Session,
    actor: Actor,
    at: datetime,
    code: str,
    applies_to: str | None,
    name: Mapping[str, str],
    reason: str,
) -> Scorecard:
    """The first draft of a new card, still without groups and items."""
    upkeep.begin(session, actor)
    upkeep.ensure(
        check_choice("applies_to", applies_to, frozenset(one.value for one in UnitKind)),
        check_code(code, upkeep.codes_of(session, Scorecard)),
        check_names(name["zh"], name["en"]),
    )
    start = {
        "code": code, "version": 1, "name": dict(name), "applies_to": applies_to, "rule": "R28", "total": 100,
        "groups": [], "items": [],
    }  # fmt: skip
    made: Scorecard = CARDS.begin(session, actor, at, start, reason)
    return made


def from_file(session: Session, actor: Actor, at: datetime, given: Mapping[str, Any], reason: str) -> Scorecard:
    """A draft from a card in the console's own form: the next version of its code, or the first of a new one."""
    upkeep.begin(session, actor)
    definition = _read(given)
    upkeep.ensure(check_code(str(definition["code"]), field="text"), check_texts(definition))
    newest = session.scalars(
        sa.select(Scorecard).where(Scorecard.code == definition["code"]).order_by(Scorecard.version.desc())
    ).first()
    if newest is None:
        made: Scorecard = CARDS.begin(session, actor, at, definition, reason)
        return made
    draft = CARDS.draw_up(session, actor, at, newest.id, reason)
    changed: Scorecard = CARDS.change(session, actor, at, draft.id, draft.revision, definition)
    return changed


def change_head(
    session: Session,
    actor: Actor,
    at: datetime,
    card_id: int,
    seen: int | None,
    name: Mapping[str, str],
    groups: Sequence[Mapping[str, Any]],
) -> Scorecard:
    """What the card is called, and its groups with their weights."""
    return _edit(session, actor, at, card_id, seen, lambda card: {**with_groups(card, groups), "name": dict(name)})


def change_item(
    session: Session, actor: Actor, at: datetime, card_id: int, seen: int | None, code: str, said: Mapping[str, Any]
) -> Scorecard:
    """What one item says."""
    return _edit(session, actor, at, card_id, seen, lambda card: with_item(card, code, said), code)


def add_item(
    session: Session, actor: Actor, at: datetime, card_id: int, seen: int | None, said: Mapping[str, Any]
) -> Scorecard:
    """One item more, at the end of its group."""
    return _edit(session, actor, at, card_id, seen, lambda card: with_new_item(card, said))


def drop_item(session: Session, actor: Actor, at: datetime, card_id: int, seen: int | None, code: str) -> Scorecard:
    """One item less."""
    return _edit(session, actor, at, card_id, seen, lambda card: without_item(card, code), code)


def move_item(
    session: Session, actor: Actor, at: datetime, card_id: int, seen: int | None, code: str, by: int
) -> Scorecard:
    """An item one place up (-1) or down (1) within its group."""
    return _edit(session, actor, at, card_id, seen, lambda card: moved_item(card, code, by), code)


def _edit(
    session: Session,
    actor: Actor,
    at: datetime,
    card_id: int,
    seen: int | None,
    edit: Callable[[Definition], Definition],
    code: str | None = None,
) -> Scorecard:
    """Change a draft. ``seen``: the revision that the person saw; a draft that changed since is refused as a whole."""
    upkeep.begin(session, actor)
    row = upkeep.row_of(session, Scorecard, card_id)
    session.refresh(row)
    if code is not None and all(one["code"] != code for one in row.definition["items"]):
        raise DomainError(Refusal("access.refused.unknown", status=404))
    after = _read(edit(tidy(row.definition)))
    changed: Scorecard = CARDS.change(session, actor, at, card_id, seen, after)
    return changed


def _read(definition: Mapping[str, Any]) -> Definition:
    """A definition put in order; raises where it cannot be read."""
    try:
        check_form(definition)
    except CardFormError as error:
        raise DomainError(Refusal("card.refused.form", {"what": str(error)}, field="text", status=422)) from error
    read = tidy(definition)
    return {key: value for key, value in read.items() if key not in ("version", "valid_from")}
