"""Versions of a document that is edited as a whole (R14, R27): drafts, checked, in force from a date, retired.

A subject says what its rows are, what is wrong with a definition, and which columns repeat what it says; the way of a
version is the same for all. What is in force is never changed; of two who change a draft the second is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.services.core import upkeep
from backoffice.services.core.reference import log_change
from policies.access import Actor, Permission
from policies.message import Refusal
from policies.process_version import (
    ProcessVersionFacts,
    refuse_changing,
    refuse_force,
    refuse_outdated,
    refuse_retiring,
)
from policies.reference import check_text
from policies.vocabulary import VersionState

LONGEST_REASON = 400
Sides = dict[str, tuple[object, object]]
Definition = Mapping[str, Any]


@dataclass(frozen=True)
class Versions:
    """One kind of such documents. ``model`` has code, version, names, state, valid_from, revision and definition.

    ``faults``: what is wrong with a definition on a day; ``unkept``: what of it could not even be kept as a draft;
    ``columns``: further columns that a definition says. ``drawing_up``: the permission of who drafts; ``approving``: of
    who puts into force and takes back; ``against_force``: what else speaks against this person doing it;
    ``against_holding``: what speaks against letting it hold from a day on, though nothing in it is wrong.
    """

    model: Any
    subject: str
    faults: Callable[[Session, Definition, date], Sequence[Refusal]]
    unkept: Callable[[Definition], Sequence[Refusal]]
    columns: Callable[[Definition], Mapping[str, Any]]
    drawing_up: Permission = Permission.CONFIGURATION_EDIT
    approving: Permission = Permission.CONFIGURATION_EDIT
    against_force: Callable[[Session, Actor, Any], Sequence[Refusal]] = lambda _session, _actor, _row: ()
    against_holding: Callable[[Session, Definition, date], Sequence[Refusal]] = lambda _session, _definition, _day: ()

    def of(self, session: Session, code: str) -> list[Any]:
        """Every version of a code, the newest first."""
        mine = sa.select(self.model).where(self.model.code == code)
        return list(session.scalars(mine.order_by(self.model.version.desc())))

    def begin(self, session: Session, actor: Actor, at: datetime, definition: Definition, reason: str) -> Any:
        """The first draft of a new code; its faults are told by its check, not here."""
        upkeep.begin(session, actor, self.drawing_up)
        _ensure_reason(reason)
        return self._add(session, actor, at, definition, reason, 1, None)

    def draw_up(self, session: Session, actor: Actor, at: datetime, base_id: int, reason: str) -> Any:
        """A draft that says all that another version says."""
        upkeep.begin(session, actor, self.drawing_up)
        base = upkeep.row_of(session, self.model, base_id)
        _ensure_reason(reason)
        newest = self.of(session, base.code)[0]
        return self._add(session, actor, at, base.definition, reason, newest.version + 1, base.version)

    def change(
        self, session: Session, actor: Actor, at: datetime, version_id: int, seen: int | None, said: Definition
    ) -> Any:
        """Change what a draft says, seen in revision ``seen``; a checked one is a draft again. No change, no line."""
        row = self._open(session, actor, version_id, seen)
        before = row.definition
        after = {**deepcopy(dict(before)), **said}
        changes: Sides = {key: (before.get(key), after.get(key)) for key in after if before.get(key) != after.get(key)}
        if not changes:
            return row
        upkeep.ensure(self.unkept(after))
        _to(row, VersionState.DRAFT, changes)
        self._say(row, after)
        row.revision += 1
        log_change(session, actor, at, self.subject, row.id, "change", changes)
        return row

    def check(
        self, session: Session, actor: Actor, at: datetime, version_id: int, seen: int | None
    ) -> Sequence[Refusal]:
        """Everything that is wrong with a draft; without a fault it becomes checked."""
        row = self._open(session, actor, version_id, seen)
        found = self.faults(session, row.definition, upkeep.local_today(session, at))
        changes: Sides = {}
        if not found:
            _to(row, VersionState.CHECKED, changes)
        if changes:
            row.revision += 1
            log_change(session, actor, at, self.subject, row.id, "check", changes)
        return found

    def put_into_force(
        self,
        session: Session,
        actor: Actor,
        at: datetime,
        version_id: int,
        seen: int | None,
        valid_from: date | None,
        reason: str,
    ) -> Any:
        """A checked version holds from a day on; it is checked once more, by that day."""
        row = self.seen(session, actor, version_id, seen, self.approving)
        upkeep.ensure(self.against_force(session, actor, row))
        others = [facts_of(one) for one in self.of(session, row.code) if one.id != row.id]
        upkeep.ensure(
            refuse_force(facts_of(row), others, valid_from, upkeep.local_today(session, at)),
            check_text("reason", reason, longest=LONGEST_REASON, required=True),
        )
        if valid_from is None:
            raise ValueError("a version without its date was let through")
        upkeep.ensure(
            self.faults(session, row.definition, valid_from), self.against_holding(session, row.definition, valid_from)
        )
        changes: Sides = {"valid_from": (None, valid_from)}
        _to(row, VersionState.EFFECTIVE, changes)
        row.valid_from = valid_from
        row.revision += 1
        log_change(session, actor, at, self.subject, row.id, "put_into_force", changes, reason.strip())
        upkeep.count_change(session)
        return row

    def retire(self, session: Session, actor: Actor, at: datetime, version_id: int, reason: str) -> Any:
        """Throw a draft away, take back what is to come, retire what was replaced."""
        row = upkeep.row_of(session, self.model, version_id)
        upkeep.begin(session, actor, self.ending(row))
        session.refresh(row)
        versions = [facts_of(one) for one in self.of(session, row.code)]
        if refusal := refuse_retiring(facts_of(row), versions, upkeep.local_today(session, at)):
            raise DomainError(refusal)
        upkeep.retire(session, actor, at, self.subject, row, reason)
        row.state = VersionState.RETIRED
        row.revision += 1
        return row

    def ending(self, row: Any) -> Permission:
        """What who ends a version must be allowed: a draft is thrown away by who drafts, the rest by who approves."""
        return self.drawing_up if row.state.is_open else self.approving

    def _add(
        self,
        session: Session,
        actor: Actor,
        at: datetime,
        definition: Definition,
        reason: str,
        number: int,
        base: int | None,
    ) -> Any:
        row = self.model(
            code=definition["code"],
            version=number,
            state=VersionState.DRAFT,
            valid_from=upkeep.local_today(session, at),
            revision=1,
        )
        self._say(row, {**deepcopy(dict(definition)), "version": number})
        said = {"version": number, "base": base, "state": VersionState.DRAFT}
        upkeep.add(session, actor, at, self.subject, row, said, reason=reason.strip())
        return row

    def _open(self, session: Session, actor: Actor, version_id: int, seen: int | None) -> Any:
        row = self.seen(session, actor, version_id, seen, self.drawing_up)
        if refusal := refuse_changing(facts_of(row)):
            raise DomainError(refusal)
        return row

    def seen(self, session: Session, actor: Actor, version_id: int, seen: int | None, allowed: Permission) -> Any:
        """The version as it stands after everybody who came first; refused when that is not what the person saw."""
        upkeep.begin(session, actor, allowed)
        row = upkeep.row_of(session, self.model, version_id)
        session.refresh(row)
        if refusal := refuse_outdated(row.revision, seen):
            raise DomainError(refusal)
        return row

    def _say(self, row: Any, definition: Definition) -> None:
        row.definition = dict(definition)
        row.name_zh, row.name_en = definition["name"]["zh"], definition["name"]["en"]
        for column, value in self.columns(definition).items():
            setattr(row, column, value)


def facts_of(row: Any) -> ProcessVersionFacts:
    """A version as the rules ask for it; nothing runs by one longer than what was drawn by it."""
    return ProcessVersionFacts(row.version, row.state, row.valid_from)


def _ensure_reason(reason: str) -> None:
    upkeep.ensure(check_text("reason", reason, longest=LONGEST_REASON, required=True))


def _to(row: Any, state: VersionState, changes: Sides) -> None:
    if row.state is not state:
        changes["state"] = (row.state.value, state.value)
        row.state = state
