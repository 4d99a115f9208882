"""The course of a corrective action (R30): which act leads from where to where, who may do it, and what it must say.

One owner carries it out, a second person verifies it, and some weeks later somebody looks whether the fault came back.
What was cancelled, or verified and then found effective, never changes again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from types import MappingProxyType

from policies.duties import no_own_verification
from policies.fields import is_blank
from policies.message import Message, Refusal
from policies.vocabulary_teamwork import CorrectiveStatus as Status


@unique
class CorrectiveAct(StrEnum):
    """What can be done to a corrective action, in the order in which a page offers it."""

    ACCEPT = "accept"
    START = "start"
    REPORT = "report"
    FINISH = "finish"
    VERIFY = "verify"
    REJECT = "reject"
    CONFIRM_EFFECT = "confirm_effect"
    CAME_BACK = "came_back"
    ASK_EXTENSION = "ask_extension"
    GRANT_EXTENSION = "grant_extension"
    REFUSE_EXTENSION = "refuse_extension"
    SET_HELPERS = "set_helpers"
    HAND_OVER = "hand_over"
    CANCEL = "cancel"


@unique
class Who(StrEnum):
    """Whose act it is. ``ASSIGNER``: whoever assigned it (see ``may_answer_for_it``); ``WORKER``: owner or helper."""

    OWNER = "owner"
    WORKER = "worker"
    ASSIGNER = "assigner"
    OWNER_OR_ASSIGNER = "owner_or_assigner"
    VERIFIER = "verifier"


@dataclass(frozen=True)
class Rule:
    """One act: from which statuses, to which (None: it stays), whose it is, its required and its optional fields."""

    act: CorrectiveAct
    sources: frozenset[Status]
    target: Status | None
    who: Who
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


A, S = CorrectiveAct, Status
UNDER_WAY = frozenset({S.ACCEPTED, S.IN_PROGRESS, S.REOPENED})
NOT_DONE = UNDER_WAY | {S.ASSIGNED}
_DONE, _VERIFIED = frozenset({S.DONE}), frozenset({S.VERIFIED})
_ALL = (
    Rule(A.ACCEPT, frozenset({S.ASSIGNED}), S.ACCEPTED, Who.OWNER, optional=("root_cause", "expected_effect")),
    Rule(A.START, frozenset({S.ACCEPTED, S.REOPENED}), S.IN_PROGRESS, Who.OWNER),
    Rule(A.REPORT, UNDER_WAY, None, Who.WORKER, ("text",), ("file",)),
    Rule(A.FINISH, UNDER_WAY, S.DONE, Who.OWNER, ("result",), ("evidence", "file")),
    Rule(A.VERIFY, _DONE, S.VERIFIED, Who.VERIFIER, ("text",), ("file",)),
    Rule(A.REJECT, _DONE, S.REOPENED, Who.VERIFIER, ("reason", "due_on"), ("file",)),
    Rule(A.CONFIRM_EFFECT, _VERIFIED, S.VERIFIED, Who.VERIFIER, ("text",), ("file",)),
    Rule(A.CAME_BACK, _VERIFIED, S.REOPENED, Who.VERIFIER, ("reason", "due_on"), ("file",)),
    Rule(A.ASK_EXTENSION, NOT_DONE, None, Who.OWNER, ("due_on", "reason")),
    Rule(A.GRANT_EXTENSION, NOT_DONE, None, Who.ASSIGNER, (), ("text",)),
    Rule(A.REFUSE_EXTENSION, NOT_DONE, None, Who.ASSIGNER, ("reason",)),
    Rule(A.SET_HELPERS, NOT_DONE, None, Who.OWNER_OR_ASSIGNER, (), ("helpers",)),
    Rule(A.HAND_OVER, NOT_DONE, S.ASSIGNED, Who.ASSIGNER, ("owner", "reason")),
    Rule(A.CANCEL, NOT_DONE, S.CANCELLED, Who.ASSIGNER, ("reason",)),
)
COURSE: Mapping[CorrectiveAct, Rule] = MappingProxyType({rule.act: rule for rule in _ALL})
"""Every act by its code, in the order of the page."""

WORKING = frozenset({A.ACCEPT, A.START, A.REPORT, A.FINISH})
"""Acts by which somebody has worked on it, so that another person verifies it, whoever owns it by then."""
FILE_NEEDED = frozenset({"document_check"})
"""Ways to verify that look at a document: done needs the file itself. Of the others a text or a file is evidence."""
EFFECT_LEAST_DAYS: Mapping[str, int] = MappingProxyType({"indicator_trend": 62})
"""Ways to verify whose effect shows no earlier: a trend needs two months running, which have 62 days at most."""


@dataclass(frozen=True)
class Facts:
    """One corrective action as its rules see it; ids of staff.

    ``assigned_by``: None where a rule opened it. ``assigner_there``: whoever assigned it is still in service.
    ``asked_until``: to when an extension is asked for and not answered yet; ``extended``: it had its one extension.
    ``explained``: root cause and expected effect are written down. ``worked``: whoever did one of ``WORKING`` on it.
    """

    status: Status
    owner: int
    due_on: date
    verification: str
    helpers: frozenset[int] = frozenset()
    assigned_by: int | None = None
    assigner_there: bool = True
    asked_until: date | None = None
    extended: bool = False
    explained: bool = True
    effect_due_at: datetime | None = None
    effect_checked: bool = False
    worked: frozenset[int] = frozenset()

    @property
    def closed(self) -> bool:
        """Whether nothing changes it any more."""
        return self.status is Status.CANCELLED or (self.status is Status.VERIFIED and self.effect_checked)


@dataclass(frozen=True)
class Asker:
    """Who wants to act. ``assigns`` and ``verifies``: holds the permission, and it reaches this corrective action."""

    staff_id: int | None
    assigns: bool = False
    verifies: bool = False


@dataclass(frozen=True)
class Offer:
    """An act that this person may do, or why not now."""

    rule: Rule
    refusal: Refusal | None = None
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def act(self) -> CorrectiveAct:
        return self.rule.act


def refused(reason: str, *, status: int = 409, at: str | None = None, **params: object) -> Refusal:
    """A refusal of this room."""
    return Refusal(f"corrective.refused.{reason}", params, field=at, status=status)


def may_answer_for_it(facts: Facts, asker: Asker) -> bool:
    """Whoever assigned it, while he or she is there and not its owner; else whoever may assign, but not the owner.

    The second is for what a rule opened, for what somebody assigned to themselves, and for assigners who have left: an
    extension needs somebody else's agreement all the same.
    """
    if asker.staff_id is None or asker.staff_id == facts.owner:
        return False
    if facts.assigned_by is not None and facts.assigner_there and facts.assigned_by != facts.owner:
        return asker.staff_id == facts.assigned_by
    return asker.assigns


def is_theirs(rule: Rule, facts: Facts, asker: Asker) -> bool:
    """Whether this person does such acts on this corrective action at all, whatever its status."""
    owner, helper = asker.staff_id == facts.owner, asker.staff_id in facts.helpers
    return {
        Who.OWNER: owner,
        Who.WORKER: owner or helper,
        Who.ASSIGNER: may_answer_for_it(facts, asker),
        Who.OWNER_OR_ASSIGNER: owner or may_answer_for_it(facts, asker),
        Who.VERIFIER: asker.verifies,
    }[rule.who]


def refuse_act(act: CorrectiveAct, facts: Facts, asker: Asker, at: datetime) -> Refusal | None:
    """Why this person cannot do it now, or None. 403 for whose act it is not, 409 where it has no place now."""
    rule = COURSE[act]
    if not is_theirs(rule, facts, asker):
        return refused(f"not_{rule.who}", status=403)
    if rule.who is Who.VERIFIER and (own := _refuse_own_work(facts, asker)) is not None:
        return own
    if facts.closed:
        return refused("closed")
    if facts.status not in rule.sources:
        return refused("not_in_status", status_name=Message(f"label.corrective_status.{facts.status}"))
    return _not_yet(act, facts, at)


def _refuse_own_work(facts: Facts, asker: Asker) -> Refusal | None:
    """A second person verifies: neither owner nor helper, nor whoever worked on it before it was handed over."""
    if (own := no_own_verification(asker.staff_id, facts.owner)) is not None:
        return own
    if asker.staff_id in facts.helpers:
        return refused("helper_verifies", status=403)
    return refused("worker_verifies", status=403) if asker.staff_id in facts.worked else None


def _not_yet(act: CorrectiveAct, facts: Facts, at: datetime) -> Refusal | None:
    """What else must be so for an act that has its place."""
    waiting = facts.asked_until is not None
    if act is A.ASK_EXTENSION and facts.extended:
        return refused("extended_already")
    if act is A.ASK_EXTENSION and waiting:
        return refused("extension_asked")
    if act in (A.GRANT_EXTENSION, A.REFUSE_EXTENSION) and not waiting:
        return refused("no_extension_asked")
    if act is A.CONFIRM_EFFECT and facts.effect_due_at is not None and at < facts.effect_due_at:
        return refused("effect_early", due=facts.effect_due_at)
    return None


def fields_of(rule: Rule, facts: Facts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Required and optional fields of an act as things stand: what a rule opened is explained by who accepts it."""
    if rule.act is not A.ACCEPT:
        return rule.required, rule.optional
    return ((), ()) if facts.explained else (rule.optional, ())


def offers(facts: Facts, asker: Asker, at: datetime) -> tuple[Offer, ...]:
    """The acts that have their place now and are this person's, each with what still stands in its way.

    What a duty forbids is offered with its reason; what belongs to another status, or to somebody else, is left out.
    """
    found = []
    for rule in _ALL:
        if facts.closed or facts.status not in rule.sources or not is_theirs(rule, facts, asker):
            continue
        if rule.act in (A.GRANT_EXTENSION, A.REFUSE_EXTENSION) and facts.asked_until is None:
            continue
        required, optional = fields_of(rule, facts)
        found.append(Offer(rule, refuse_act(rule.act, facts, asker, at), required, optional))
    return tuple(found)


def refuse_values(
    act: CorrectiveAct, facts: Facts, values: Mapping[str, object], today: date, staff: Collection[int] | None = None
) -> Iterator[Refusal]:
    """What is missing or wrong in what was entered, each at its field. ``staff``: ids of who may be named."""
    required, _optional = fields_of(COURSE[act], facts)
    for name in required:
        if is_blank(values.get(name)):
            yield refused("field_missing", status=422, at=name, name=Message(f"corrective.field.{name}"))
    yield from _refuse_day(act, facts, values, today)
    if act is A.FINISH:
        yield from _refuse_evidence(facts, values)
    yield from _refuse_people(facts, values, staff)


def _refuse_day(act: CorrectiveAct, facts: Facts, values: Mapping[str, object], today: date) -> Iterator[Refusal]:
    due = values.get("due_on")
    if not isinstance(due, date):
        return
    if due < today:
        yield refused("new_date_past", status=422, at="due_on")
    elif act is A.ASK_EXTENSION and due <= facts.due_on:
        yield refused("extension_not_later", status=422, at="due_on", due=facts.due_on)


def _refuse_evidence(facts: Facts, values: Mapping[str, object]) -> Iterator[Refusal]:
    """R30: not done without evidence, and where a document is looked at, not without the document."""
    has_file = not is_blank(values.get("file"))
    if facts.verification in FILE_NEEDED and not has_file:
        yield refused("file_needed", status=422, at="file")
    elif not has_file and is_blank(values.get("evidence")):
        yield refused("evidence_needed", status=422, at="evidence")


def _refuse_people(facts: Facts, values: Mapping[str, object], staff: Collection[int] | None) -> Iterator[Refusal]:
    owner, helpers = values.get("owner"), values.get("helpers")
    named = set(helpers) if isinstance(helpers, (list, tuple, set, frozenset)) else set()
    if owner is not None and owner == facts.owner:
        yield refused("same_owner", status=422, at="owner")
    if staff is not None and owner is not None and owner not in staff:
        yield refused("unknown_person", status=422, at="owner")
    if staff is not None and not named <= set(staff):
        yield refused("unknown_person", status=422, at="helpers")
    if facts.owner in named:
        yield refused("owner_helps", status=422, at="helpers")


def in_time(facts_done_at: datetime | None, due_at: datetime) -> bool:
    """Whether it was done by its date, as the indicator ``corrective_on_time_rate`` counts it (R31)."""
    return facts_done_at is not None and facts_done_at <= due_at


def effect_days(verification: str, figure: int) -> int:
    """Days from the verification to the check whether the fault came back: the office's figure, or longer."""
    return max(figure, EFFECT_LEAST_DAYS.get(verification, 0))
