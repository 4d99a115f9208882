"""Why an action is not open to a person at this moment: small named rules over plain facts (R4, R11, R14–R22).

Each answers with a ``Refusal`` that says what to do next, or None. They ask nothing of what the form will bring; rules
over entered values are in ``policies/entries.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from policies import dispatch, disputes, duties, extension, guards_regrade, teamwork_guards
from policies.access import Actor, Permission, Scope, may_any, refuse_each
from policies.action import HANDLER_ROLE, ActionKind, ActionRule, Archived
from policies.attempts import attempts_that_count
from policies.casefacts import CaseFacts, FlowSettings
from policies.message import Name, Refusal
from policies.process import NEW_PROCESS, NextAction, Process, StepDef
from policies.vocabulary import ComplaintStatus, OrderStatus, Outcome


@dataclass(frozen=True)
class Ask:
    """The question: may this actor do this, on these facts? ``way`` is the process's way out, None for an act."""

    facts: CaseFacts
    rule: ActionRule
    way: NextAction | None
    actor: Actor
    settings: FlowSettings

    @property
    def step(self) -> StepDef | None:
        return self.facts.at

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """Of which one suffices."""
        return self.rule.permissions_at(self.facts.status)


Guard = Callable[[Ask], Refusal | None]


def named(name: Mapping[str, str] | None, code: str = "") -> Name:
    """A name held as data, in both languages; the code where it has none."""
    zh, en = (name or {}).get("zh"), (name or {}).get("en")
    return Name(zh or en or code, en or zh or code)


def evidence_name(settings: FlowSettings, code: str) -> Name:
    return named(settings.evidence_names.get(code), code)


def role_names(settings: FlowSettings, codes: Iterable[str]) -> tuple[Name, ...]:
    return tuple(named(settings.role_names.get(code), code) for code in codes)


def refused(reason: str, *, status: int = 409, field: str | None = None, **params: object) -> Refusal:
    """A refusal of this room."""
    return Refusal(f"workflow.refused.{reason}", params, field=field, status=status)


# Is it open at all?


def frozen(ask: Ask) -> Refusal | None:
    """R22: what is archived is frozen; later papers are added, and only then."""
    if ask.facts.archived and ask.rule.archived is Archived.NEVER:
        return refused("archived")
    if not ask.facts.archived and ask.rule.archived is Archived.ONLY:
        return refused("not_archived")
    return None


def in_its_place(ask: Ask) -> Refusal | None:
    """R14: a move is a way of the process out of the present step; an act belongs to certain statuses."""
    facts, rule = ask.facts, ask.rule
    if rule.kind is ActionKind.MOVE and ask.way is None:
        step = facts.at
        if step is not None and any(way.action == rule.code for way in step.next):
            return refused("order_sent" if facts.order_sent else "no_order")
        return refused("not_here", action=rule.title, step=named(step.name if step else None))
    out_of_place = rule.kind is ActionKind.ACT and not facts.archived and facts.status not in rule.statuses
    if out_of_place or facts.severity not in rule.severities or not rule.belongs_to(facts.process):
        return refused("not_now", action=rule.title, status_now=facts.status)
    return None


def order_as_needed(ask: Ask) -> Refusal | None:
    """R11: some actions are for complaints without an order, some for those with one, whatever a process says."""
    if ask.rule.when is None or ask.rule.when.holds(ask.facts.order_sent):
        return None
    return refused("order_sent" if ask.facts.order_sent else "no_order")


def is_desk(process: Process, code: str) -> bool:
    """Whether a step lies before the work order: there the desk takes in or sends."""
    step = process.find(code)
    return step is not None and (
        step.status in (ComplaintStatus.REGISTERED, ComplaintStatus.ACCEPTED)
        or any(way.action == "send_order" for way in step.next)
    )


def never_backwards(ask: Ask) -> Refusal | None:
    """R11: no way leads a dispatched complaint back to the desk, even if a process should offer one."""
    if ask.way is None or ask.way.to == NEW_PROCESS or not ask.facts.order_sent:
        return None
    return refused("no_way_back") if is_desk(ask.facts.process, ask.way.to) else None


# Is it this person's?


def permitted(ask: Ask) -> Refusal | None:
    """R39: one of the permissions, on this complaint."""
    permissions = ask.permissions
    if may_any(ask.actor, permissions, ask.facts.subject):
        return None
    if not permissions:
        return refused("not_yours", status=403)
    return refuse_each(ask.actor, permissions, ask.facts.subject) or refused("not_yours", status=403)


def _widest(ask: Ask) -> Scope:
    return max((ask.actor.scope(permission) for permission in ask.permissions), key=lambda scope: scope.width)


def holds_order(ask: Ask) -> Refusal | None:
    """R12: handling belongs to owner and co-handlers, their head, or who may act for everybody."""
    order = ask.facts.order
    if not ask.rule.holds_order or order is None or not order.status.is_current or ask.actor.is_system:
        return None
    if ask.actor.staff_id in ask.facts.order_holders:
        return None
    scope = _widest(ask)
    if scope is Scope.ALL or (scope is Scope.DEPARTMENT and order.department_id in ask.actor.departments):
        return None
    return refused("not_order_holder", status=403)


def of_department(ask: Ask) -> Refusal | None:
    """R11, R12: only the department that has the order now appoints, transfers or disputes."""
    if not ask.rule.of_department:
        return None
    order = ask.facts.order
    if order is None:
        return refused("no_order")
    if ask.actor.is_system or order.department_id in ask.actor.departments or _widest(ask) is Scope.ALL:
        return None
    return refused("not_your_order", status=403)


def in_step_role(ask: Ask) -> Refusal | None:
    """R16, R17: what a step or an act of the process leaves to a role is done by it, or whoever may stand in for it."""
    roles = _meant(ask)
    if not roles or ask.actor.roles & (roles | ask.rule.stand_ins):
        return None
    return refused("step_role", status=403, roles=role_names(ask.settings, sorted(roles)))


def _meant(ask: Ask) -> frozenset[str]:
    if ask.rule.act_role:
        acts = (ask.facts.process.act(code) for code in ask.rule.process_acts)
        return frozenset(act.role for act in acts if act is not None)
    in_person = ask.rule.step_role and ask.step is not None and ask.step.role != HANDLER_ROLE
    return frozenset({ask.step.role}) if in_person and ask.step is not None else frozenset()


def among_approvers(ask: Ask) -> Refusal | None:
    """R4, R19, R21: where a step names who approves, one of these roles must act."""
    step = ask.step
    if not ask.rule.approvers or step is None or not step.approvals or ask.actor.roles & set(step.limits):
        return None
    return refused("approvers_only", status=403, roles=role_names(ask.settings, step.limits))


def duties_apart(ask: Ask) -> Refusal | None:
    """The separation of duties that this action asks (``policies/duties.py``)."""
    facts, actor = ask.facts, ask.actor
    for duty in ask.rule.duties:
        refusal = _DUTIES[duty](facts, actor)
        if refusal is not None:
            return refusal
    return None


def _limits(facts: CaseFacts) -> dict[str, Decimal | None]:
    return facts.at.limits if facts.at is not None else {}


_DUTIES: Mapping[str, Callable[[CaseFacts, Actor], Refusal | None]] = MappingProxyType({
    "no_own_plan_approval": lambda facts, actor: duties.no_own_plan_approval(
        actor.staff_id, () if facts.plan_author_id is None else (facts.plan_author_id,)
    ),
    "approver_outranks_writer": lambda facts, actor: duties.approver_outranks_writer(
        actor.roles, facts.plan_author_roles, _limits(facts)
    ),
    "no_own_call_back": lambda facts, actor: duties.no_own_call_back(actor.staff_id, facts.handlers_ever),
    "dossier_checked_by_other": lambda facts, actor: duties.dossier_checked_by_other(
        actor.staff_id, facts.handlers_ever
    ),
    "regrade_approved_by_other": guards_regrade.approved_by_other,
    "dispute_decided_by_other": lambda facts, actor: disputes.refuse_adjudicator(facts.dispute, actor),
    "decision_reviewed_by_other": lambda facts, actor: duties.decision_reviewed_by_other(
        actor.staff_id, facts.check_decided_by_id
    ),
})  # fmt: skip


# Is the case ready for it?


def evidence_there(ask: Ask) -> Refusal | None:
    """R14: the evidence that a step requires is there before it is finished; doing the action may itself make some."""
    step = ask.step
    if step is None or not ask.rule.finishes:
        return None
    there = ask.facts.evidence | set(ask.rule.evidence)
    missing = [code for code in step.required_evidence if code not in there]
    if not missing:
        return None
    names = tuple(evidence_name(ask.settings, code) for code in missing)
    return refused("evidence_missing", status=422, evidence=names)


def _taken(ask: Ask) -> Refusal | None:
    return refused("already_taken") if ask.facts.registered_by_id is not None else None


def _not_told_yet(ask: Ask) -> Refusal | None:
    return refused("already_acknowledged") if ask.facts.acknowledged else None


def _not_responded_yet(ask: Ask) -> Refusal | None:
    return refused("already_responded") if ask.facts.responded else None


def _found_not_to_stand(ask: Ask) -> Refusal | None:
    if ask.facts.outcome is not Outcome.NOT_ESTABLISHED:
        return refused("nothing_to_review")
    return refused("already_reviewed") if ask.facts.check_reviewed else None


def _reviewed(ask: Ask) -> Refusal | None:
    """R4: that a complaint does not stand is reviewed by the shift lead before the customer is told."""
    step = ask.step
    if ask.facts.outcome is not Outcome.NOT_ESTABLISHED or ask.facts.check_reviewed or step is None:
        return None
    return refused("check_not_reviewed", roles=role_names(ask.settings, step.limits)) if step.approvals else None


def _complete_enough(ask: Ask) -> Refusal | None:
    """R2: a record below the limit is not dispatched."""
    limit = ask.settings.refuse_dispatch_below
    if ask.facts.completeness >= limit:
        return None
    return refused("record_incomplete", status=422, score=ask.facts.completeness, limit=limit)


def course(facts: CaseFacts) -> dispatch.Course:
    """The way of the order so far, as the rules of dispatch see it (R11)."""
    disputed = facts.order is not None and facts.order.status is OrderStatus.DISPUTED
    bound = facts.departments_had[-1] if facts.dispute_decided and facts.departments_had else None
    ground = facts.dispute.ground_id if facts.dispute is not None else None
    return dispatch.Course(
        facts.departments_had, facts.transfers, ground, disputed=disputed, bound=bound, grounds=facts.dispute_grounds
    )


_SOMEWHERE, _SOME_REASON = dispatch.Department(0), "reason"
"""Stand for what the form will bring, so that the course alone is asked."""


def _may_transfer(ask: Ask) -> Refusal | None:
    """R11: no wandering: a decision binds, and transfers are capped."""
    cap = ask.settings.transfers_before_escalation
    return dispatch.refuse_transfer(course(ask.facts), _SOMEWHERE, desk=None, cap=cap, reason=_SOME_REASON)


def _may_dispute(ask: Ask) -> Refusal | None:
    """R11: one dispute at a time; on which ground is asked when it is named (``entries_dispatch.py``)."""
    anew = replace(course(ask.facts), bound=None, grounds=frozenset())
    return dispatch.refuse_dispute(anew, ground=None, reason=_SOME_REASON)


def _amount_within_limit(ask: Ask) -> Refusal | None:
    """R18, R19: the approver's limit reaches the amount; beyond what the fault usually brings a higher one approves."""
    step, facts = ask.step, ask.facts
    if step is None or not step.approvals:
        return None
    amount = facts.plan_compensation or Decimal(0)
    refusal = duties.approver_holds_the_amount(ask.actor.roles, step.limits, amount)
    if refusal is not None or not beyond_usual(facts, ask.settings, amount):
        return refusal
    higher = [limit.role for limit in step.approvals[1:]]
    if not higher or ask.actor.roles & set(higher):
        return None
    usual = ask.settings.faults[facts.fault].usual_limit_cny if facts.fault else Decimal(0)
    return refused("beyond_usual", status=403, amount=amount, limit=usual, roles=role_names(ask.settings, higher))


def beyond_usual(facts: CaseFacts, settings: FlowSettings, amount: Decimal) -> bool:
    """Whether an amount exceeds what the fault that was found usually brings (R18)."""
    rule = settings.faults.get(facts.fault) if facts.fault is not None else None
    return rule is not None and amount > rule.usual_limit_cny


def _measures_done(ask: Ask) -> Refusal | None:
    """R20: measures are ticked off one by one, and there is at least one."""
    if not ask.facts.measures:
        return refused("no_measure")
    return refused("measures_open", n=ask.facts.measures_open) if ask.facts.measures_open else None


def _nothing_left_open(ask: Ask) -> Refusal | None:
    """R20: a measure that was added since is done before the result is told; afterwards nobody could tick it off."""
    return refused("measures_open", n=ask.facts.measures_open) if ask.facts.measures_open else None


def _measure_left(ask: Ask) -> Refusal | None:
    return None if ask.facts.measures_open else refused("no_measure_open")


def _tried_often_enough(ask: Ask) -> Refusal | None:
    """R21: unreachable means so many attempts, each long enough after the one before."""
    settings = ask.settings
    counted = attempts_that_count(ask.facts.attempts, settings.unreachable_min_gap)
    if counted >= settings.unreachable_attempts:
        return None
    hours = Decimal(settings.unreachable_min_gap / timedelta(hours=1)).normalize()
    return refused("attempts_missing", needed=settings.unreachable_attempts, counted=counted, hours=f"{hours:f}")


def _solved_at_intake(ask: Ask) -> Refusal | None:
    return None if ask.facts.first_contact else refused("not_first_contact")


def _still_with_the_department(ask: Ask) -> Refusal | None:
    order = ask.facts.order
    done = order is None or order.status in (OrderStatus.COMPLETED, OrderStatus.CANCELLED)
    return refused("order_done") if done else None


def _dossier_complete(ask: Ask) -> Refusal | None:
    """R22: no archiving with a required part missing."""
    missing = ask.facts.missing_parts
    return refused("dossier_incomplete", status=422, missing=missing) if missing else None


def _more_time(ask: Ask) -> Refusal | None:
    """R25: a clock runs and is in time, nothing waits, and the extensions of this complaint are not used up."""
    return extension.refuse_asking(ask.facts.extension)


def _decides_extension(ask: Ask) -> Refusal | None:
    """R25: somebody else asked, in time, and it is for this person's level."""
    approval = ask.facts.extension.approval
    names = role_names(ask.settings, (approval.role,) if approval is not None else ())
    return extension.refuse_deciding(ask.facts.extension, ask.actor, names)


READINESS: Mapping[str, tuple[Guard, ...]] = MappingProxyType({
    "request_extension": (_more_time,),
    "grant_extension": (_decides_extension,),
    "refuse_extension": (_decides_extension,),
    "take": (_taken,),
    "acknowledge": (_not_told_yet,),
    "respond_first": (_not_responded_yet,),
    "review_check": (_found_not_to_stand,),
    "explain": (_reviewed,),
    "send_order": (_complete_enough,),
    "transfer": (_may_transfer,),
    "raise_dispute": (_may_dispute,),
    "approve": (_amount_within_limit,),
    "complete_measures": (_measures_done,),
    "tell_result": (_nothing_left_open,),
    "tick_measure": (_measure_left,),
    "report_unreachable": (_tried_often_enough,),
    "hand_over": (_solved_at_intake,),
    "urge": (_still_with_the_department,),
    "archive": (_dossier_complete,),
    **guards_regrade.READINESS,
})  # fmt: skip
"""What each action asks besides the general rules."""

PLACE: tuple[Guard, ...] = (frozen, in_its_place, order_as_needed, never_backwards)
PERSON: tuple[Guard, ...] = (permitted, holds_order, of_department, in_step_role, among_approvers, duties_apart)


def first_refusal(ask: Ask) -> Refusal | None:
    """Why not, or None: first whether it is open at all, then whether it is this person's, then whether it is ready."""
    code = ask.rule.code
    ready = (*READINESS.get(code, ()), *teamwork_guards.READINESS.get(code, ()))
    guards = (*PLACE, *PERSON, *ready, evidence_there)
    return next((refusal for guard in guards if (refusal := guard(ask)) is not None), None)
