"""What a post needs before somebody takes it (R34): the entry training, for so long, not after an absence.

Which posts, how many hours and which score are the office's (setting ``training``, ``entry`` of
``office/training.yaml``); ``required`` false switches the demand off without forgetting who is fit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum, unique
from typing import Any

from policies.access import Permission
from policies.message import Name, Refusal
from policies.training import add_months

DOING = frozenset({
    Permission.COMPLAINT_REGISTER,
    Permission.COMPLAINT_IMPORT,
    Permission.COMPLAINT_TAKE,
    Permission.COMPLAINT_EDIT,
    Permission.COMPLAINT_CHECK,
    Permission.COMPLAINT_ACKNOWLEDGE,
    Permission.COMPLAINT_REGRADE,
    Permission.COMPLAINT_SOLVE,
    Permission.COMPLAINT_WITHDRAW,
    Permission.COMPLAINT_ARCHIVE,
    Permission.ORDER_SEND,
    Permission.ORDER_TRANSFER,
    Permission.INVESTIGATION_RECORD,
    Permission.EVIDENCE_ADD,
    Permission.COMMUNICATION_RECORD,
    Permission.PLAN_WRITE,
    Permission.MEASURE_RECORD,
    Permission.RESULT_TELL,
    Permission.ORDER_ANSWER,
    Permission.EXTENSION_REQUEST,
    Permission.CALLBACK_RECORD,
    Permission.INSPECTION_SCORE,
})  # fmt: skip
"""Registering, dispatching, handling, calling back, inspecting: what a role of an entry post does not grant until its
holder is fit for it. Reading, urging, saying how an order stands and the own papers stay."""


@dataclass(frozen=True)
class EntryRules:
    """The office's demands; hours and scores in points of ``exam_full``, days are calendar days."""

    required: bool = True
    minimum_hours: int = 40
    exam_pass: int = 80
    exam_full: int = 100
    retakes: int = 1
    wait_days: int = 3
    validity_months: int = 24
    absence_days: int = 90
    roles: tuple[str, ...] = ()


def read_rules(value: Mapping[str, Any] | None) -> EntryRules:
    """The setting ``training``; an office that has none asks for nothing."""
    if not value:
        return EntryRules(required=False)
    usual = EntryRules()
    return EntryRules(
        required=bool(value.get("required", True)),
        minimum_hours=value.get("minimum_hours", usual.minimum_hours),
        exam_pass=value.get("exam_pass", usual.exam_pass),
        exam_full=value.get("exam_full", usual.exam_full),
        retakes=value.get("retakes", usual.retakes),
        wait_days=value.get("wait_days_before_retake", usual.wait_days),
        validity_months=value.get("validity_months", usual.validity_months),
        absence_days=value.get("lapses_after_absence_days", usual.absence_days),
        roles=tuple(value.get("roles", ())),
    )


def withheld(grants: Iterable[tuple[str | None, Permission]], unfit: Collection[str]) -> frozenset[Permission]:
    """The permissions of ``DOING`` that somebody holds by roles alone for which he or she is not fit.

    ``grants``: role and permission, one by one; ``unfit``: codes of roles. Another role that grants it is enough.
    """
    lost: set[Permission] = set()
    held: set[Permission] = set()
    for role, permission in grants:
        (lost if role in unfit and permission in DOING else held).add(permission)
    return frozenset(lost - held)


# A qualification


@dataclass(frozen=True)
class Held:
    """A qualification for a post: first and last day, and the day on which it ended before that."""

    role: str
    from_day: date
    until_day: date
    ended_on: date | None = None

    def holds(self, on: date) -> bool:
        return self.from_day <= on <= self.until_day and (self.ended_on is None or on < self.ended_on)


@unique
class Fitness(StrEnum):
    """How somebody stands for a post."""

    FIT = "fit"
    RECOGNISED = "recognised"
    RETEST = "retest"
    ENDED = "ended"
    EXPIRED = "expired"
    UNTRAINED = "untrained"

    @property
    def is_fit(self) -> bool:
        return self in (Fitness.FIT, Fitness.RECOGNISED)


def fitness(role: str, held: Collection[Held], *, recognised: bool, retest: bool, on: date) -> Fitness:
    """How somebody stands for a post on a day.

    ``recognised``: the account says that the person is fit (``fit_for_post``), which counts while no qualification is
    on file at all; ``retest``: an exam is to be taken again.
    """
    if retest:
        return Fitness.RETEST
    if not held:
        return Fitness.RECOGNISED if recognised else Fitness.UNTRAINED
    own = [one for one in held if one.role == role and one.from_day <= on]
    if any(one.holds(on) for one in own):
        return Fitness.FIT
    if not own:
        return Fitness.UNTRAINED
    newest = max(own, key=lambda one: (one.from_day, one.until_day))
    ended = newest.ended_on is not None and newest.ended_on <= min(on, newest.until_day)
    return Fitness.ENDED if ended else Fitness.EXPIRED


def valid_until(from_day: date, rules: EntryRules) -> date:
    """The last day of a qualification that begins on a day."""
    return add_months(from_day, rules.validity_months) - timedelta(days=1)


def lapse_day(away: Iterable[tuple[date, date]], rules: EntryRules, on: date) -> date | None:
    """The day on which a qualification lapsed because of the newest absence that was too long, up to ``on``.

    ``away``: first and last day of absences; those that follow on each other are one. Longer than ``absence_days``
    days, so that it lapses on the day after.
    """
    found = None
    begun: date | None = None
    last: date | None = None
    for first, until in sorted(away):
        if begun is None or last is None or first > last + timedelta(days=1):
            begun, last = first, until
        else:
            last = max(last, until)
        lapses = begun + timedelta(days=rules.absence_days)
        if lapses <= min(last, on):
            found = lapses
    return found


# The entry training


@dataclass(frozen=True)
class Module:
    """A module of the entry training and the hours that it takes."""

    code: str
    hours: Decimal


@dataclass(frozen=True)
class Progress:
    """How far somebody is: hours in all, modules that still lack hours (code → how many), the exam passed."""

    hours: Decimal
    lacking: Mapping[str, Decimal]
    enough: bool
    passed_on: date | None

    @property
    def is_complete(self) -> bool:
        return self.enough and self.passed_on is not None


def progress(
    rules: EntryRules, modules: Iterable[Module], attended: Mapping[str, Decimal], passed_on: date | None
) -> Progress:
    """Every module with its hours, the minimum in all, and the exam. ``attended``: module → hours that count."""
    lacking = {
        module.code: module.hours - attended.get(module.code, Decimal(0))
        for module in modules
        if attended.get(module.code, Decimal(0)) < module.hours
    }
    total = sum(attended.values(), Decimal(0))
    return Progress(total, lacking, not lacking and total >= rules.minimum_hours, passed_on)


@dataclass(frozen=True)
class Attempt:
    """An exam of the entry training for a post: the day, and whether it was passed."""

    day: date
    passed: bool


def counts_since(rules: EntryRules, attempts: Iterable[Attempt]) -> date | None:
    """The day after which hours and exams count: that of the last retake that failed. The training begins anew."""
    since, failed = None, 0
    for attempt in sorted(attempts, key=lambda one: one.day):
        failed = 0 if attempt.passed else failed + 1
        if failed > rules.retakes:
            since, failed = attempt.day, 0
    return since


def refuse_exam(
    rules: EntryRules, attempts: Collection[Attempt], on: date, name: Name, *, hours_enough: bool
) -> Refusal | None:
    """Whether somebody may sit the exam on a day: after a failure only some days later; after a failed retake only
    when the training has been attended again.
    """
    earlier = sorted((one for one in attempts if one.day <= on), key=lambda one: one.day)
    last = earlier[-1] if earlier else None
    if last is None or last.passed:
        return None
    since = counts_since(rules, earlier)
    if since == last.day and not hours_enough:
        return Refusal("fitness.refused.train_again", {"name": name, "day": last.day}, "people", 422)
    first = last.day + timedelta(days=rules.wait_days)
    return Refusal("fitness.refused.wait", {"name": name, "day": first}, "people", 422) if on < first else None


def check_rules(rules: EntryRules) -> list[Refusal]:
    """What an office may ask for: figures within reason, a pass mark that can be reached."""
    bounds = {
        "minimum_hours": (rules.minimum_hours, 0, 400),
        "exam_pass": (rules.exam_pass, 1, rules.exam_full),
        "retakes": (rules.retakes, 0, 9),
        "wait_days": (rules.wait_days, 0, 90),
        "validity_months": (rules.validity_months, 1, 120),
        "absence_days": (rules.absence_days, 1, 366),
    }
    return [
        Refusal("fitness.refused.bounds", {"least": least, "most": most}, field=name, status=422)
        for name, (value, least, most) in bounds.items()
        if not least <= value <= most
    ]
