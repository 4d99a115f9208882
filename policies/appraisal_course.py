"""The course of an appraisal sheet (R33): which act leads from where to where, whose it is, and until when.

Computed, checked, published; then the person acknowledges, appeals once or keeps silent; then the head approves, and
when all sheets of a month are approved the month is locked. From then on nothing on them changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from types import MappingProxyType

from policies.completeness import holds_something
from policies.deadline import is_met
from policies.duties import no_own_sheet_approval
from policies.message import Message, Name, Refusal
from policies.vocabulary_appraisal import PeriodState, SheetAppealResult, SheetStatus

S = SheetStatus
APPEAL_WORKING_DAYS, DECIDE_WORKING_DAYS = 3, 5
"""Where the office's rules say nothing else (``appeal`` of ``office/appraisal.yaml``)."""
AFTER_DECISION_WORKING_DAYS = 1
"""Days to acknowledge what an appeal has come to: with the office's others they end on the day of the approval."""
MOST_FILES = 5
LONGEST = 4000


@unique
class SheetAct(StrEnum):
    """What can be done to a sheet, in the order in which a page offers it."""

    CHECK = "check"
    PUBLISH = "publish"
    ACKNOWLEDGE = "acknowledge"
    APPEAL = "appeal"
    NAME_DECIDER = "name_decider"
    DECIDE = "decide"
    APPROVE = "approve"


@unique
class Who(StrEnum):
    """Whose act it is. ``SUBJECT``: the person; for a department's sheet its head."""

    CHECKER = "checker"
    SUBJECT = "subject"
    DECIDER = "decider"
    SENIOR = "senior"
    APPROVER = "approver"


@dataclass(frozen=True)
class Rule:
    """One act: from which status, to which (None: it stays), and whose it is."""

    act: SheetAct
    source: SheetStatus
    target: SheetStatus | None
    who: Who


A = SheetAct
_ALL = (
    Rule(A.CHECK, S.COMPUTED, S.CHECKED, Who.CHECKER),
    Rule(A.PUBLISH, S.CHECKED, S.PUBLISHED, Who.CHECKER),
    Rule(A.ACKNOWLEDGE, S.PUBLISHED, S.ACKNOWLEDGED, Who.SUBJECT),
    Rule(A.APPEAL, S.PUBLISHED, S.APPEALED, Who.SUBJECT),
    Rule(A.NAME_DECIDER, S.APPEALED, None, Who.SENIOR),
    Rule(A.DECIDE, S.APPEALED, S.PUBLISHED, Who.DECIDER),
    Rule(A.APPROVE, S.ACKNOWLEDGED, S.APPROVED, Who.APPROVER),
)
COURSE: Mapping[SheetAct, Rule] = MappingProxyType({rule.act: rule for rule in _ALL})
"""Every act by its code, in the order of the page."""
ORDER: tuple[SheetStatus, ...] = (S.COMPUTED, S.CHECKED, S.PUBLISHED, S.APPEALED, S.ACKNOWLEDGED, S.APPROVED, S.LOCKED)
SHOWN_TO_SUBJECT = frozenset(ORDER[2:])
"""From the publication on the person sees the own sheet."""
OPEN_TO_FIGURES = frozenset({S.COMPUTED, S.CHECKED})
"""Until the publication a sheet follows the records and the lines outside the formula."""


def compared_with(status: SheetStatus) -> frozenset[SheetStatus]:
    """With which sheets of the month before one at this status is compared: with every one until its person sees it,
    then with what that person has seen, in the end with what is locked. What is not locked may change yet.
    """
    if status is S.LOCKED:
        return frozenset({S.LOCKED})
    return frozenset(ORDER) if status in OPEN_TO_FIGURES else SHOWN_TO_SUBJECT


NEEDS_DECIDED_LINES = frozenset({A.CHECK, A.PUBLISH, A.APPROVE})
"""No signature while a line outside the formula waits: afterwards it could count no more (R33)."""


@dataclass(frozen=True)
class SheetFacts:
    """A sheet as its rules see it; ids of staff, moments aware UTC.

    ``answers_id``: who speaks for it, the person or the head of the department. ``of_head``: a head's own sheet or a
    department's, which a senior manager approves. ``of_checker``: of somebody who checks sheets. ``open_lines``: lines
    outside the formula that nobody has decided yet. ``unknown_lines``: the names of approved ones that the month's
    rules do not have. ``had_a_hand``: of a contested sheet, who scored an inspection or proposed a line that the
    objection is about. ``checked_by`` and the rest as far as it has come.
    """

    status: SheetStatus
    answers_id: int | None
    is_department: bool = False
    of_head: bool = False
    of_checker: bool = False
    open_lines: int = 0
    unknown_lines: tuple[Name, ...] = ()
    computed_by: int | None = None
    checked_by: int | None = None
    acknowledge_until: datetime | None = None
    appealed: bool = False
    against_check: bool = False
    appellant_id: int | None = None
    decider_id: int | None = None
    had_a_hand: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Asker:
    """Who wants to act, and what they hold that reaches this sheet. ``senior``: approves for the whole office."""

    staff_id: int | None
    checks: bool = False
    approves: bool = False
    senior: bool = False
    appeals: bool = False
    decides: bool = False


def refused(reason: str, *, status: int = 409, at: str | None = None, **params: object) -> Refusal:
    """A refusal of this room."""
    return Refusal(f"appraisal.refused.{reason}", params, field=at, status=status)


# Who


def refuse_person(act: SheetAct, facts: SheetFacts, asker: Asker) -> Refusal | None:
    """Why it is not this person's act, or None. 403."""
    return {
        Who.CHECKER: _refuse_checker,
        Who.SUBJECT: _refuse_subject,
        Who.DECIDER: _refuse_decider,
        Who.SENIOR: _refuse_senior,
        Who.APPROVER: _refuse_approver,
    }[COURSE[act].who](act, facts, asker)


def is_theirs(act: SheetAct, facts: SheetFacts, asker: Asker) -> bool:
    """Whether a page shows the act to this person at all, if need be with what forbids it."""
    own = asker.staff_id is not None and asker.staff_id == facts.answers_id
    return {
        Who.CHECKER: asker.checks or (asker.senior and facts.of_checker),
        Who.SUBJECT: own,
        Who.DECIDER: (asker.decides and asker.checks) or _is_named(facts, asker),
        Who.SENIOR: asker.senior,
        Who.APPROVER: asker.approves,
    }[COURSE[act].who]


def _refuse_checker(act: SheetAct, facts: SheetFacts, asker: Asker) -> Refusal | None:
    if not asker.checks and not (asker.senior and facts.of_checker):
        return refused("not_checker", status=403)
    if act is A.CHECK and facts.answers_id is not None:
        return no_own_sheet_approval(asker.staff_id, facts.answers_id)
    return None


def _refuse_subject(act: SheetAct, facts: SheetFacts, asker: Asker) -> Refusal | None:
    if asker.staff_id is None or asker.staff_id != facts.answers_id:
        return refused("not_subject", status=403)
    if act is A.APPEAL and not (asker.appeals or facts.is_department):
        return Refusal("access.refused.permission", {"permission": "appeal_submit"}, status=403)
    return None


def _refuse_senior(_act: SheetAct, _facts: SheetFacts, asker: Asker) -> Refusal | None:
    return None if asker.senior else refused("not_senior", status=403)


def _refuse_approver(_act: SheetAct, facts: SheetFacts, asker: Asker) -> Refusal | None:
    """The head, of heads and departments a senior manager; never who checked it: ``sign_off`` has two signatures."""
    if not asker.approves:
        return refused("not_approver", status=403)
    if asker.staff_id is not None and asker.staff_id == facts.checked_by:
        return refused("checked_it", status=403)
    return no_own_sheet_approval(
        asker.staff_id, facts.answers_id or 0, subject_is_head=facts.of_head, approver_is_senior=asker.senior
    )


def _refuse_decider(_act: SheetAct, facts: SheetFacts, asker: Asker) -> Refusal | None:
    """The quality manager; where the check itself is at issue, or somebody was named, only whoever was named."""
    if asker.staff_id is None or not asker.decides:
        return refused("not_decider", status=403)
    if asker.staff_id in (facts.appellant_id, facts.answers_id):
        return refused("own_appeal", status=403)
    if asker.staff_id == facts.computed_by:
        return refused("decider_computed", status=403)
    if asker.staff_id in facts.had_a_hand:
        return refused("decider_had_a_hand", status=403)
    if facts.decider_id is not None:
        return None if _is_named(facts, asker) else refused("other_decider", status=403)
    if facts.against_check:
        return refused("to_be_named", status=403)
    return None if asker.checks else refused("not_decider", status=403)


def _is_named(facts: SheetFacts, asker: Asker) -> bool:
    return asker.staff_id is not None and asker.staff_id == facts.decider_id


# When


def refuse_act(act: SheetAct, facts: SheetFacts, asker: Asker, at: datetime) -> Refusal | None:
    """Why this person cannot do it now, or None. 403 for whose act it is not, 409 where it has no place now."""
    if facts.status is S.LOCKED:
        return refused("locked")
    person = refuse_person(act, facts, asker)
    if person is not None:
        return person
    rule = COURSE[act]
    if act is A.APPEAL and facts.appealed:
        return refused("once")
    if facts.status is not rule.source:
        return refused("not_in_status", status_name=Message(f"appraisal.status.{facts.status}"))
    if act in NEEDS_DECIDED_LINES and facts.open_lines:
        return refused("open_lines", n=facts.open_lines)
    if act in NEEDS_DECIDED_LINES and facts.unknown_lines:
        return refused("unknown_lines", names=facts.unknown_lines)
    if act is A.APPEAL and (facts.acknowledge_until is None or not is_met(facts.acknowledge_until, at)):
        return refused("late_appeal")
    return None


@dataclass(frozen=True)
class Offer:
    """An act that this person may do, or why not now."""

    act: SheetAct
    refusal: Refusal | None = None


def offers(facts: SheetFacts, asker: Asker, at: datetime) -> tuple[Offer, ...]:
    """The acts that have their place now and are this person's; what a duty forbids comes with its reason."""
    found = []
    for rule in _ALL:
        if rule.source is not facts.status or not is_theirs(rule.act, facts, asker):
            continue
        if rule.act is A.APPEAL and facts.appealed:
            continue
        found.append(Offer(rule.act, refuse_act(rule.act, facts, asker, at)))
    return tuple(found)


def is_silent(facts: SheetFacts, at: datetime) -> bool:
    """R33: published, the days ran out, and nothing was said: this counts as acknowledged, and is recorded as such."""
    return (
        facts.status is S.PUBLISHED and facts.acknowledge_until is not None and not is_met(facts.acknowledge_until, at)
    )


def period_state(statuses: Iterable[SheetStatus], computed: bool) -> PeriodState:
    """Where a month stands: as far as its last sheet."""
    found = set(statuses)
    if not computed or not found:
        return PeriodState.COMPUTED if computed else PeriodState.OPEN
    least = min(found, key=ORDER.index)
    return {
        S.COMPUTED: PeriodState.COMPUTED,
        S.CHECKED: PeriodState.CHECKED,
        S.LOCKED: PeriodState.LOCKED,
    }.get(least, PeriodState.PUBLISHED)


# What an appeal says


def refuse_appeal(items: Iterable[str], known: Iterable[str], reasons: str) -> tuple[Refusal, ...]:
    """R33: what is contested is named, and why; each gap beside its field."""
    chosen, found = tuple(items), []
    if not chosen:
        found.append(refused("items", status=422, at="items"))
    elif not set(chosen) <= set(known):
        found.append(refused("unknown_item", status=422, at="items"))
    if not holds_something(reasons):
        found.append(refused("reasons", status=422, at="reasons"))
    if len(reasons) > LONGEST:
        found.append(refused("too_long", status=422, at="reasons", limit=LONGEST))
    return tuple(found)


def refuse_decision(result: SheetAppealResult | None, ground: str, *, changes: bool) -> tuple[Refusal, ...]:
    """R33: an outcome that agrees with whether anything changes, and a written ground."""
    found = []
    if result is None:
        found.append(refused("result", status=422, at="result"))
    elif result is SheetAppealResult.DISMISSED and changes:
        found.append(refused("dismissed_changes", status=422, at="result"))
    elif result is not SheetAppealResult.DISMISSED and not changes:
        found.append(refused("upheld_unchanged", status=422, at="result"))
    if not holds_something(ground):
        found.append(refused("ground", status=422, at="ground"))
    if len(ground) > LONGEST:
        found.append(refused("too_long", status=422, at="ground", limit=LONGEST))
    return tuple(found)


def refuse_named(staff_id: int | None, facts: SheetFacts, holders: Iterable[int]) -> Refusal | None:
    """Who may be named to decide: holds the permission, neither appealed nor computed nor checked it, and had no hand
    in what is contested (R29: an appeal is decided by somebody other than the first).
    """
    if staff_id is None or staff_id not in set(holders):
        return refused("decider_unknown", status=422, at="decider")
    if staff_id in (facts.appellant_id, facts.answers_id, facts.computed_by, facts.checked_by):
        return refused("decider_involved", status=422, at="decider")
    return refused("decider_to_name_had_a_hand", status=422, at="decider") if staff_id in facts.had_a_hand else None
