"""What each act on a corrective action writes, and whom it concerns (R30); the service decides before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from backoffice.models.office import Staff
from backoffice.models.teamwork import CorrectiveAction
from backoffice.queries import recipients
from backoffice.queries.corrective import workers_of
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.case import Case
from backoffice.services.core.corrective import closing, tell
from backoffice.services.core.corrective_words import write
from backoffice.services.core.work import Work
from policies.corrective_course import CorrectiveAct, effect_days
from policies.figures import read_figures

A = CorrectiveAct


@dataclass
class Held:
    """A corrective action for one command: locked, with its complaint where it has one."""

    work: Work
    one: CorrectiveAction
    case: Case | None
    rules: Rulebook

    @property
    def today(self) -> date:
        return self.work.at.astimezone(self.rules.zone()).date()

    def set_date(self, day: date) -> None:
        """A new date, to the closing of that day."""
        self.one.due_on, self.one.due_at = day, closing(self.rules.calendar(), day)


# What each act writes; gives what the event shows in clear


def _accepted(held: Held, values: Mapping[str, Any]) -> dict[str, object]:
    held.one.accepted_at = held.work.at
    given = {name: str(values[name]) for name in ("root_cause", "expected_effect") if name in values}
    write(held.work.keys, held.one, **given)
    return {}


def _finished(held: Held, values: Mapping[str, Any]) -> dict[str, object]:
    one = held.one
    one.done_at, one.extension_until = held.work.at, None
    write(held.work.keys, one, result=str(values["result"]), evidence=str(values.get("evidence") or ""))
    return {"due_on": one.due_on.isoformat(), "in_time": one.done_at <= one.due_at}


def _passed(held: Held, _values: Mapping[str, Any]) -> dict[str, object]:
    one, work = held.one, held.work
    one.verified_at, one.verified_by_id = work.at, work.actor.staff_id
    days = effect_days(one.verification, figure(held.rules))
    one.effect_due_at = closing(held.rules.calendar(), held.today + timedelta(days=days))
    one.effect_checked_at = one.effect_checked_by_id = one.effective = None
    return {"effect_days": days}


def _reopened(held: Held, values: Mapping[str, Any]) -> dict[str, object]:
    one, was = held.one, held.one.due_on
    one.verified_at = one.verified_by_id = one.effect_due_at = one.done_at = None
    one.reopened += 1
    held.set_date(values["due_on"])
    return {"was_due_on": was.isoformat(), "due_on": one.due_on.isoformat()}


def _effective(held: Held, _values: Mapping[str, Any]) -> dict[str, object]:
    one, work = held.one, held.work
    one.effect_checked_at, one.effect_checked_by_id, one.effective = work.at, work.actor.staff_id, True
    return {}


def _asked(held: Held, values: Mapping[str, Any]) -> dict[str, object]:
    held.one.extension_until = values["due_on"]
    return {"until": held.one.extension_until.isoformat()}


def _granted(held: Held, _values: Mapping[str, Any]) -> dict[str, object]:
    one, was = held.one, held.one.due_on
    held.set_date(one.extension_until or one.due_on)
    one.extension_until, one.extended_at = None, held.work.at
    return {"was_due_on": was.isoformat(), "due_on": one.due_on.isoformat()}


def _not_granted(held: Held, _values: Mapping[str, Any]) -> dict[str, object]:
    held.one.extension_until = None
    return {"due_on": held.one.due_on.isoformat()}


def _helped(held: Held, values: Mapping[str, Any]) -> dict[str, object]:
    held.one.helper_ids = sorted({int(one) for one in values.get("helpers") or ()})
    return {"helpers": list(held.one.helper_ids)}


def _handed_over(held: Held, values: Mapping[str, Any]) -> dict[str, object]:
    one, was = held.one, held.one.owner_id
    owner = held.work.session.get_one(Staff, int(values["owner"]))
    one.owner, one.owner_id, one.department_id = owner, owner.id, owner.department_id
    one.helper_ids = [helper for helper in one.helper_ids if helper != owner.id]
    one.accepted_at = one.extension_until = None
    return {"from": was, "owner": owner.id}


def _cancelled(held: Held, _values: Mapping[str, Any]) -> dict[str, object]:
    held.one.cancelled_at, held.one.extension_until = held.work.at, None
    return {}


Write = Callable[[Held, Mapping[str, Any]], dict[str, object]]
WRITES: Mapping[CorrectiveAct, Write] = {
    A.ACCEPT: _accepted,
    A.FINISH: _finished,
    A.VERIFY: _passed,
    A.REJECT: _reopened,
    A.CONFIRM_EFFECT: _effective,
    A.CAME_BACK: _reopened,
    A.ASK_EXTENSION: _asked,
    A.GRANT_EXTENSION: _granted,
    A.REFUSE_EXTENSION: _not_granted,
    A.SET_HELPERS: _helped,
    A.HAND_OVER: _handed_over,
    A.CANCEL: _cancelled,
}


def figure(rules: Rulebook) -> int:
    """Days from the verification to the check of the effect, as the office has set them."""
    return read_figures({"corrective": dict(rules.setting("corrective") or {})})["effect_check_days"]


# Whom each act concerns


def tell_of(held: Held, action: CorrectiveAct, before: tuple[int, tuple[int, ...]], answerers: Collection[int]) -> None:
    """Tell whom an act concerns. ``before``: owner and helpers before it; ``answerers``: who agrees to more time."""
    one, was_owner, had_helped = held.one, *before
    told: dict[CorrectiveAct, list[tuple[str, Collection[int]]]] = {
        A.FINISH: [("corrective_to_verify", _verifiers(held))],
        A.VERIFY: [("corrective_verified", (one.owner_id,))],
        A.REJECT: [("corrective_reopened", (one.owner_id,))],
        A.CAME_BACK: [("corrective_reopened", (one.owner_id,))],
        A.ASK_EXTENSION: [("corrective_extension_asked", answerers)],
        A.GRANT_EXTENSION: [("corrective_extended", (one.owner_id,))],
        A.REFUSE_EXTENSION: [("corrective_not_extended", (one.owner_id,))],
        A.SET_HELPERS: [("corrective_helper", set(one.helper_ids) - set(had_helped))],
        A.HAND_OVER: [("corrective_notice", (one.owner_id,)), ("corrective_released", (was_owner,))],
        A.CANCEL: [("corrective_released", (was_owner,))],
    }
    for template, people in told.get(action, ()):
        wanted = [person for person in people if person != held.work.actor.staff_id]
        if wanted:
            until = one.extension_until if action is A.ASK_EXTENSION else None
            tell(held.work, one, template, wanted, case=held.case, until=until)


def _verifiers(held: Held) -> tuple[int, ...]:
    """The quality managers, else the inspectors, but never who worked on it."""
    working = {held.one.owner_id, *held.one.helper_ids, *workers_of(held.work.session, held.one.id)}
    for role in ("quality_manager", "inspector"):
        found = tuple(one for one in recipients.of_roles(held.work.session, [role]) if one not in working)
        if found:
            return found
    return ()
