"""Extensions on the page of a complaint (R25): what one would make of each clock, before and after it is decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backoffice.errors import DomainError
from backoffice.models.extension import Extension
from backoffice.queries import extensions as queries
from policies.deadline import is_met
from policies.deadline_steps import Step
from policies.extension import Approval
from policies.vocabulary import ClockCode, ExtensionState
from policies.workflow import Offer
from views import context
from views.case.looking import Looked

PREVIEWED = frozenset({"request_extension", "grant_extension"})
DECIDED = frozenset({"grant_extension", "refuse_extension"})
MOST_SHOWN = 15  # lines of a preview; no office extends farther line by line


@dataclass(frozen=True)
class EffectLine:
    """What so many working days make of each clock; ``asked``: the days that were asked for."""

    days: int
    dues: tuple[datetime, ...]
    asked: bool = False


@dataclass(frozen=True)
class EffectShown:
    """The clocks that would move with their deadlines, a line for each number of days, and the count of one of them."""

    clocks: tuple[tuple[ClockCode, datetime], ...]
    lines: tuple[EffectLine, ...]
    days: int
    steps: tuple[Step, ...]


def effect_of(looked: Looked, offer: Offer) -> EffectShown | None:
    """The effect on each clock, for every number of days that may be asked for or granted."""
    pending, approval = pending_of(looked), _approval(looked)
    code = _leading(looked, pending)
    if offer.action not in PREVIEWED or approval is None or code is None:
        return None
    asked = pending.days_asked if pending is not None else 0
    most = min(asked or approval.most_days, approval.most_days, MOST_SHOWN)
    rules, rows, sla = looked.source.rules, looked.source.holdings.clocks, looked.complaint.sla_id
    try:
        effects = {days: queries.effects(rules, sla, rows, code, days) for days in range(1, most + 1)}
    except DomainError:
        return None  # a calendar by which nothing can be counted; the act itself says so
    told = effects[most]
    return EffectShown(
        clocks=tuple((one.code, one.old) for one in told),
        lines=tuple(
            EffectLine(days, tuple(one.new for one in found), days == asked) for days, found in effects.items()
        ),
        days=most,
        steps=told[0].deadline.steps,
    )


def pending_of(looked: Looked) -> Extension | None:
    """The extension that is not settled yet."""
    return next((one for one in reversed(looked.source.holdings.extensions) if one.state.is_pending), None)


def waiting(looked: Looked) -> dict[str, Any] | None:
    """The extension that waits, with what it would move, in the form of its panel."""
    one = pending_of(looked)
    if one is None:
        return None
    days = one.days_granted or one.days_asked
    code = _leading(looked, one)
    rules, rows = looked.source.rules, looked.source.holdings.clocks
    try:
        effects = queries.effects(rules, looked.complaint.sla_id, rows, code, days) if code is not None else []
    except DomainError:
        effects = []
    words = looked.source.opened(one.sealed, "extension")
    lapsed = not effects or not is_met(effects[0].old, context.now())
    return {
        "lapsed": lapsed,
        "state": ExtensionState.LAPSED if lapsed else one.state,
        "row": one,
        "days": days,
        "granted": one.state is ExtensionState.GRANTED,
        "effects": effects,
        "reason_class": looked.source.listed("extension_reasons", one.reason),
        "reason": looked.source.words(words, "reason"),
        "ground": looked.source.words(words, "ground"),
        "role": _role(looked, one.approver_role),
    }


def promised(looked: Looked) -> datetime | None:
    """The new deadline of the extension that waits: what the customer is to be told."""
    found = waiting(looked)
    return found["effects"][0].new if found is not None and found["effects"] else None


def _approval(looked: Looked) -> Approval | None:
    rules = queries.rules_of(looked.source.rules, looked.complaint.sla_id)
    return rules.approvals.get(looked.complaint.severity)


def _leading(looked: Looked, pending: Extension | None) -> ClockCode | None:
    return queries.leading(looked.source.rules, looked.complaint.sla_id, looked.source.holdings.clocks, pending)


def _role(looked: Looked, code: str) -> Any:
    names = looked.source.rules.role_names().get(code)
    return names or {"zh": code, "en": code}
