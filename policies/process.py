"""A process per severity, as data (R14): its steps, what may follow, and whether a definition can be used at all.

``parse_process`` reads one process in the JSON form of ``office/processes.yaml``; ``policies/process_check.py`` says
what is wrong with one, step by step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum, unique
from functools import cached_property
from typing import Any, TypeVar

from policies.vocabulary import ClockCode, ComplaintStatus, Outcome, Severity

END = "end"
"""Where the last action leads: archived."""
NEW_PROCESS = "new_process"
"""Where regrading leads: the like step of the process of the new severity."""


E = TypeVar("E", bound=StrEnum)


class ProcessFormError(ValueError):
    """A definition that cannot be read at all: ``where`` (the step) and ``what`` (the key) is not as it must be."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what


@unique
class When(StrEnum):
    """A condition that a way may carry, so that no dispatched complaint returns to the desk (R11)."""

    NO_ORDER_SENT = "no_order_sent"
    ORDER_SENT = "order_sent"

    def holds(self, order_sent: bool) -> bool:
        """Whether the way is open to a complaint with, or without, a work order."""
        return order_sent is (self is When.ORDER_SENT)


@dataclass(frozen=True)
class NextAction:
    """A way out of a step: by which action, where to, what that action itself must bring."""

    action: str
    to: str
    requires: tuple[str, ...] = ()
    outcome: Outcome | None = None
    when: When | None = None

    def is_open(self, order_sent: bool) -> bool:
        return self.when is None or self.when.holds(order_sent)


@dataclass(frozen=True)
class ApprovalLimit:
    """Who may approve at a step, up to which amount in yuan (None: no limit)."""

    role: str
    up_to_cny: Decimal | None = None


@dataclass(frozen=True)
class StepDef:
    """One step: who, which status, its share of the resolve clock in percent, what it needs, what may follow."""

    code: str
    name: Mapping[str, str]
    status: ComplaintStatus
    role: str
    clock_share: Decimal
    clock: ClockCode | None
    required_fields: tuple[str, ...]
    required_evidence: tuple[str, ...]
    next: tuple[NextAction, ...]
    approvals: tuple[ApprovalLimit, ...] = ()
    acts: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    note: Mapping[str, str] | None = None

    def way(self, action: str, order_sent: bool) -> NextAction | None:
        """The way out by this action that is open, or None."""
        return next((way for way in self.next if way.action == action and way.is_open(order_sent)), None)

    @property
    def limits(self) -> dict[str, Decimal | None]:
        """Role → amount up to which it approves here (None: no limit)."""
        return {limit.role: limit.up_to_cny for limit in self.approvals}


@dataclass(frozen=True)
class ActDef:
    """Something that a process has done beside its steps: by whom, whether it must be, with which fields and evidence.

    ``after_days``: calendar days after closing on which it is due; None where it has no such day.
    """

    code: str
    name: Mapping[str, str]
    role: str
    required: bool = False
    fields: tuple[str, ...] = ()
    evidence: str | None = None
    after_days: int | None = None
    text: Mapping[str, str] | None = None
    rule: str | None = None


@dataclass(frozen=True)
class Process:
    """The ordered steps for a severity, in one version; the first step is where a complaint begins."""

    code: str
    version: int
    severity: Severity
    name: Mapping[str, str]
    steps: tuple[StepDef, ...]
    acts: tuple[ActDef, ...] = ()

    def act(self, code: str) -> ActDef | None:
        """What the process says of an act, or None where it has none such."""
        return next((act for act in self.acts if act.code == code), None)

    def place(self, code: str) -> int:
        """The place of a step in order, from 0; past the last one for ``END`` and what it does not have."""
        order = [step.code for step in self.steps]
        return order.index(code) if code in order else len(order)

    @cached_property
    def _by_code(self) -> dict[str, StepDef]:
        return {step.code: step for step in self.steps}

    def step(self, code: str) -> StepDef:
        """The step of this code; KeyError where the process has none."""
        return self._by_code[code]

    def find(self, code: str) -> StepDef | None:
        """The step of this code, or None (also for ``END``)."""
        return self._by_code.get(code)

    @property
    def first(self) -> StepDef:
        return self.steps[0]


def status_of(process: Process, step: str) -> ComplaintStatus:
    """The status that a complaint at this step has (R14); past the last step it is archived. KeyError if unknown."""
    return ComplaintStatus.ARCHIVED if step == END else process.step(step).status


def like_step(step: StepDef, process: Process) -> StepDef | None:
    """The step of another process at which a regraded complaint goes on (R3).

    The one of the same code; else the first of that status that an action leaves by which this one is left (telling the
    result, for one); else the first of that status.
    """
    same = process.find(step.code)
    if same is not None:
        return same
    of_status = [other for other in process.steps if other.status is step.status]
    actions = {way.action for way in step.next} - {"regrade"}
    alike = (other for other in of_status if actions & {way.action for way in other.next})
    return next(alike, of_status[0] if of_status else None)


def elapsed_shares(process: Process) -> dict[str, Decimal]:
    """Step → percent of the resolve clock that is used up when it should be done (shares added up in order)."""
    total = Decimal(0)
    shares = {}
    for step in process.steps:
        total += step.clock_share
        shares[step.code] = total
    return shares


def parse_process(mapping: Mapping[str, Any]) -> Process:
    """Read one process in its JSON form; raises ``ProcessFormError`` naming the step and what cannot be read."""
    code = _text(mapping, "code", "process")
    steps = mapping.get("steps")
    if not isinstance(steps, Sequence) or isinstance(steps, str) or not steps:
        raise ProcessFormError(code, "steps")
    return Process(
        code=code,
        version=_whole(mapping, "version", code),
        severity=_member(Severity, mapping.get("severity"), code, "severity"),
        name=_names(mapping, code),
        steps=tuple(_parse_step(step, code, place) for place, step in enumerate(steps, 1)),
        acts=tuple(_parse_act(act, code) for act in _mappings(mapping, "acts", code)),
    )


LONGEST_WAIT = 366
"""Days after which an act may follow the closing at most."""


def _parse_act(mapping: Mapping[str, Any], process: str) -> ActDef:
    code = _text(mapping, "code", process)
    days, text = mapping.get("after_days"), mapping.get("text")
    if days is not None and (not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= LONGEST_WAIT):
        raise ProcessFormError(code, "after_days")
    return ActDef(
        code=code,
        name=_names(mapping, code),
        role=_text(mapping, "role", code),
        required=bool(mapping.get("required")),
        fields=_texts(mapping, "fields", code),
        evidence=mapping.get("evidence"),
        after_days=days,
        text=text if isinstance(text, Mapping) else None,
        rule=mapping.get("rule"),
    )


def _parse_step(mapping: object, process: str, place: int) -> StepDef:
    if not isinstance(mapping, Mapping):
        raise ProcessFormError(process, f"steps[{place}]")
    code = _text(mapping, "code", f"{process}[{place}]")
    clock = mapping.get("clock")
    note = mapping.get("note")
    return StepDef(
        code=code,
        name=_names(mapping, code),
        status=_member(ComplaintStatus, mapping.get("status"), code, "status"),
        role=_text(mapping, "role", code),
        clock_share=_number(mapping.get("clock_share", 0), code, "clock_share"),
        clock=None if clock is None else _member(ClockCode, clock, code, "clock"),
        required_fields=_texts(mapping, "required_fields", code),
        required_evidence=_texts(mapping, "required_evidence", code),
        next=tuple(_parse_way(way, code) for way in _mappings(mapping, "next", code)),
        approvals=tuple(_parse_limit(limit, code) for limit in _mappings(mapping, "approvals", code)),
        acts=_texts(mapping, "acts", code),
        rules=_texts(mapping, "rules", code),
        note=note if isinstance(note, Mapping) else None,
    )


def _parse_way(mapping: Mapping[str, Any], step: str) -> NextAction:
    outcome, when = mapping.get("outcome"), mapping.get("when")
    return NextAction(
        action=_text(mapping, "action", step),
        to=_text(mapping, "to", step),
        requires=_texts(mapping, "requires", step),
        outcome=None if outcome is None else _member(Outcome, outcome, step, "outcome"),
        when=None if when is None else _member(When, when, step, "when"),
    )


def _parse_limit(mapping: Mapping[str, Any], step: str) -> ApprovalLimit:
    amount = mapping.get("up_to_cny")
    return ApprovalLimit(
        role=_text(mapping, "role", step),
        up_to_cny=None if amount is None else _number(amount, step, "up_to_cny"),
    )


def _text(mapping: Mapping[str, Any], key: str, where: str) -> str:
    value = mapping.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ProcessFormError(where, key)
    return value


def _texts(mapping: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = mapping.get(key) or ()
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise ProcessFormError(where, key)
    return tuple(value)


def _mappings(mapping: Mapping[str, Any], key: str, where: str) -> tuple[Mapping[str, Any], ...]:
    value = mapping.get(key) or ()
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, Mapping) for item in value):
        raise ProcessFormError(where, key)
    return tuple(value)


def _names(mapping: Mapping[str, Any], where: str) -> Mapping[str, str]:
    value = mapping.get("name")
    if not isinstance(value, Mapping) or not all(
        isinstance(value.get(language), str) and value[language].strip() for language in ("zh", "en")
    ):
        raise ProcessFormError(where, "name")
    return {"zh": str(value["zh"]), "en": str(value["en"])}


def _whole(mapping: Mapping[str, Any], key: str, where: str) -> int:
    value = mapping.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ProcessFormError(where, key)
    return value


def _number(value: object, where: str, key: str) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ProcessFormError(where, key) from None
    if not number.is_finite() or number < 0:
        raise ProcessFormError(where, key)
    return number


def _member(words: type[E], value: object, where: str, key: str) -> E:
    try:
        return words(str(value))
    except ValueError:
        raise ProcessFormError(where, key) from None
