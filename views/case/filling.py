"""What many at once left open for want of what only the complaint itself could give (R10, R13): filled in one by one.

The form is that of the act on one complaint, filled with what was typed for all of them, with what is missing marked.
Sent, it goes through the service of the single act, the result says so, and the next one that waits comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, request, url_for
from sqlalchemy.orm import Session
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.models.many import ManyRun
from backoffice.queries.still_open import still_open
from backoffice.services import many
from backoffice.services.core import elements
from backoffice.services.many import Order, Outcome
from policies.dispatch_values import FIELD_PREFIX
from policies.fields import FIELD_KINDS, FieldKind
from policies.message import Message, Refusal
from policies.vocabulary import ContactWay
from views import context, language
from views.addresses import whole_number
from views.case.looking import Looked, look

ARGUMENT = "many"
LOOKED_AT = 5
"""So many are looked at to find the next one that has its form."""


@dataclass(frozen=True)
class Filling:
    """One of those that wait to be filled in: which run, what was typed for all, what is missing here, what comes
    next ("" for nothing), and how many wait with it.
    """

    run_id: int
    action: str
    values: Mapping[str, Any]
    outcome: Outcome
    next: str
    waiting: int

    @property
    def args(self) -> dict[str, str]:
        """What the addresses of the form carry."""
        return {ARGUMENT: str(self.run_id)}

    @property
    def back(self) -> str:
        """The page of the result."""
        return url_for("many.result", run_id=self.run_id)

    @property
    def onward(self) -> str:
        """The form of the next one, or the result where there is none."""
        return address(self.run_id, self.next, self.action) if self.next else self.back


def address(run_id: int, number: str, action: str) -> str:
    """The form in which one of them is filled in."""
    return url_for("acting.act", number=number, action=action, **{ARGUMENT: str(run_id)})


def way_back() -> str:
    """The result that this request came from; nothing where it came from none."""
    run_id = whole_number(request.args.get(ARGUMENT))
    return "" if run_id is None else url_for("many.result", run_id=run_id)


def waiting(session: Session, run: ManyRun, order: Order) -> list[Outcome]:
    """Those that can still be done once something is filled in, in their order; not what was done elsewhere, nor what
    this person sees no more.
    """
    left = [one for one in order.outcomes if one.missing and not one.done]
    revisions = dict(order.items)
    seen = {one.number: revisions[one.number] for one in left}
    still = still_open(session, context.actor(), run.action, seen, run.asked_at)
    return [one for one in left if one.number in still]


def here(session: Session, number: str, action: str) -> Filling | None:
    """What this request fills in; nothing where it comes from no result of this person's, or it waits no more."""
    asked = _asked(session, number, action)
    if asked is None:
        return None
    run, order = asked
    left = waiting(session, run, order)
    place = next((place for place, one in enumerate(left) if one.number == number), None)
    if place is None:
        return None
    others = [*left[place + 1 :], *left[:place]]
    onward = others[0].number if others else ""
    return Filling(run.id, action, order.values, left[place], onward, len(left))


def result(session: Session, number: str, action: str) -> str:
    """The result that this request comes from, where it is this person's."""
    return way_back() if _asked(session, number, action) is not None else ""


def past(session: Session, number: str, action: str) -> str:
    """Where to go on from one that cannot be filled in any more: the next after it whose form there is, so that none
    comes twice; else the result; nothing where this request comes from no result of this person's.
    """
    asked = _asked(session, number, action)
    if asked is None:
        return ""
    run, order = asked
    numbers = [one.number for one in order.outcomes]
    later = set(numbers[numbers.index(number) + 1 :])
    ahead = [one.number for one in waiting(session, run, order) if one.number in later]
    onward = next((one for one in ahead[:LOOKED_AT] if _has_form(session, one, action)), None)
    return address(run.id, onward, action) if onward is not None else way_back()


def _has_form(session: Session, number: str, action: str) -> bool:
    try:
        return look(session, number).offer(action) is not None
    except DomainError:
        return False


def _asked(session: Session, number: str, action: str) -> tuple[ManyRun, Order] | None:
    """The result that this request comes from, where it is this person's, all had their turn, and this was one."""
    run_id = whole_number(request.args.get(ARGUMENT))
    if run_id is None:
        return None
    try:
        run, order = many.find(session, context.desk().keys, context.actor().staff_id, run_id)
    except DomainError:
        return None
    mine = run.action == action and run.finished_at is not None
    return (run, order) if mine and any(one.number == number for one in order.outcomes) else None


def defaults(filling: Filling | None) -> dict[str, Any]:
    """What the form is filled with of what was typed for all."""
    return {} if filling is None else {code: _typed(code, value) for code, value in filling.values.items()}


def mark(filling: Filling, form: Form, looked: Looked) -> list[Refusal]:
    """Puts what is missing beside its fields; returns what stands beside the elements of an order."""
    for name, sentence in filling.outcome.missing:
        field = getattr(form, name, None) if not name.startswith(FIELD_PREFIX) else None
        if field is not None:
            field.errors = [*field.errors, sentence]
    return list(elements.refusals(looked.case, looked.source.rules)) if filling.action == "send_order" else []


def settle(session: Session, filling: Filling, warnings: tuple[Message, ...]) -> None:
    """Say in the result that it was done, in the transaction of the act."""
    why = tuple(str(language.say(one)) for one in warnings)
    many.settle(session, context.desk().keys, filling.run_id, filling.outcome.number, why)


def pass_by(number: str, error: DomainError) -> None:
    """Says why one of them cannot be filled in any more."""
    for refusal in error.refusals:
        flash(language.say(Message("many.passed_by", {"number": number, "why": refusal})), "warning")


def tell(filling: Filling, title: Message) -> str:
    """Says that it was done; where to go now."""
    words = {"number": filling.outcome.number, "action": title}
    flash(language.say(Message("many.filled_next" if filling.next else "many.filled_last", words)), "success")
    return filling.onward


def _typed(code: str, value: Any) -> Any:
    """A value as its control takes it."""
    kind = FIELD_KINDS.get(code)
    if isinstance(value, ContactWay):
        return value.value
    if kind is FieldKind.STAFF_LIST:
        return [str(one) for one in value or ()]
    return str(value) if kind in (FieldKind.STAFF, FieldKind.DEPARTMENT) and value is not None else value
