"""Rules over what is entered with an action: what is missing, and what contradicts the case (R6, R11, R18–R22).

Values come typed from the form: text, ``Decimal``, aware ``datetime``, whole numbers, booleans, ids, closed-set values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from policies import entries_dispatch, entries_regrade, extension, naming, put_right, teamwork_entries
from policies.action import ActionRule
from policies.casefacts import CaseFacts
from policies.entry import Check, Entry
from policies.fields import STEP_FIELDS, is_blank
from policies.guards import beyond_usual, refused
from policies.message import Message, Refusal
from policies.process import NextAction
from policies.vocabulary import ClockCode, ContactWay, Fault, Severity

TIMES = ("at", "result_told_at", "contained_at")
"""When it happened, where that may be told later than it was done."""
ANSWERS: Mapping[str, ClockCode] = MappingProxyType({
    "respond_first": ClockCode.FIRST_RESPONSE, "tell_progress": ClockCode.PROGRESS, "tell_delay": ClockCode.PROGRESS,
    "reply_formally": ClockCode.FORMAL_REPLY,
})  # fmt: skip
"""Talks that end a clock: none lies before that clock began (R13, R23)."""
OF_THE_STEP = frozenset({"record_attempt", "tick_measure"})
"""Acts that belong to their step: no call-back before the result was told, no measure done before its approval."""


def required_fields(facts: CaseFacts, rule: ActionRule, way: NextAction | None) -> tuple[str, ...]:
    """Fields that must come with the action: its own, the way's, and what the step still lacks if it is finished."""
    step = facts.at
    of_step = step.required_fields if step is not None and rule.finishes else ()
    lacking = [code for code in of_step if code not in facts.fields]
    wanted = (*rule.fields, *(way.requires if way is not None else ()), *lacking)
    return tuple(dict.fromkeys(code for code in wanted if code not in given_fields(facts, rule)))


def given_fields(facts: CaseFacts, rule: ActionRule) -> frozenset[str]:
    """Fields that nobody need enter, because the action or the case itself answers them."""
    given = set(rule.gives)
    if rule.code == "tell_result":
        given.add("result_told_at")
    elif rule.code == "contain":
        given.add("contained_at")
    elif rule.code == "archive" and facts.outcome is not None:
        given.add("outcome")
    elif rule.code == "report_unreachable" and facts.attempts:
        given.add("attempts")
    return frozenset(given)


def of_the_action(
    facts: CaseFacts, rule: ActionRule, way: NextAction | None, values: Mapping[str, object]
) -> Mapping[str, object]:
    """What belongs to this action: an answer of the step that another action asks for is not taken with it (R14).

    Otherwise an act could bring the department beforehand, and an order would then be sent that names none.
    """
    step = facts.at
    of_step = step.required_fields if step is not None and rule.finishes else ()
    own = {*rule.fields, *rule.optional, *(way.requires if way is not None else ()), *of_step}
    return {code: value for code, value in values.items() if code in own or code not in STEP_FIELDS}


def refusals(entry: Entry) -> tuple[Refusal, ...]:
    """Everything that is missing or wrong in what was entered; empty: it can be done."""
    found = [*_missing(entry), *_times(entry), *naming.refuse_people(entry.facts, entry.values)]
    code = entry.rule.code
    for check in (*CHECKS.get(code, ()), *teamwork_entries.CHECKS.get(code, ())):
        found.extend(check(entry))
    return tuple(found)


def _missing(entry: Entry) -> Iterator[Refusal]:
    if entry.rule.code == "confirm_satisfied" and _survey_ran_out(entry):
        return
    for code in required_fields(entry.facts, entry.rule, entry.way):
        if not entry.has(code):
            yield refused("field_missing", status=422, field=code, name=Message(f"workflow.field.{code}"))


def _times(entry: Entry) -> Iterator[Refusal]:
    for code in TIMES:
        moment = entry.values.get(code)
        if not isinstance(moment, datetime):
            continue
        early = entry.rule.code not in OF_THE_STEP and (code == "at" or entry.way is None)
        since = _since(entry) if early else entry.facts.step_since
        if moment > entry.at:
            yield refused("in_the_future", status=422, field=code)
        elif since is not None and moment < since:
            yield refused("too_early", status=422, field=code, since=since)


def _since(entry: Entry) -> datetime | None:
    """What answers a clock lies in its run: after the receipt, and the next progress after the last; to the minute."""
    clock = ANSWERS.get(entry.rule.code)
    began = entry.facts.clocks_since.get(clock) if clock is not None else None
    starts = [moment for moment in (entry.facts.received_at, began) if moment is not None]
    return max(starts).replace(second=0, microsecond=0) if starts else None


# At intake: R4 and R6


def _within_first_contact_limit(entry: Entry) -> Iterator[Refusal]:
    amount, limit = entry.amount(), entry.settings.first_contact_compensation_cny
    if amount is not None and amount > limit:
        yield refused("first_contact_limit", status=422, field="compensation_amount", amount=amount, limit=limit)


# While it is handled: R18 to R20


def _unreasonable_is_explained(entry: Entry) -> Iterator[Refusal]:
    """R18: what has no ground is explained, not planned for, where the process has that way."""
    fault = entry.values.get("fault") or entry.facts.fault
    step = entry.step
    if fault == Fault.UNREASONABLE and step is not None and step.way("find_not_established", entry.facts.order_sent):
        yield refused("explain_instead", field="fault")


def _compensation_fits_fault(entry: Entry) -> Iterator[Refusal]:
    amount = entry.amount()
    if amount is None:
        return
    if amount < 0:
        yield refused("amount_negative", status=422, field="compensation_amount")
    elif amount and entry.facts.fault is Fault.UNREASONABLE:
        yield refused("no_compensation", status=422, field="compensation_amount")


def _put_right(entry: Entry) -> Iterator[Refusal]:
    """R18: where the fault is ours too, the plan says what will be put right so that it does not happen again."""
    rule = entry.settings.faults.get(entry.facts.fault) if entry.facts.fault is not None else None
    done = entry.has("improvements") or "improvements" in entry.facts.fields
    if rule is not None and rule.corrective_action_required and not done:
        yield refused("improvements_missing", status=422, field="improvements")


def _apologised(entry: Entry) -> Iterator[Refusal]:
    """R16, R18: with our or shared fault the customer hears an apology no later than with the result."""
    rule = entry.settings.faults.get(entry.facts.fault) if entry.facts.fault is not None else None
    done = entry.facts.apology_given or "apology_record" in entry.facts.evidence
    if rule is not None and rule.apology_required and not done and not entry.values.get("apologised"):
        yield refused("apology_missing", status=422, field="apologised")


def _measures_within_compensation(entry: Entry) -> Iterator[Refusal]:
    """R19, R21: the measures give the customer no more than the compensation that is approved with them.

    A rework that names no amount keeps the last one; what is only carried out again stays within what was approved.
    """
    rows = entry.values.get("measures")
    given = [row.get("amount") for row in rows if isinstance(row, Mapping)] if isinstance(rows, (list, tuple)) else []
    amounts = [Decimal(str(amount)) for amount in given if not is_blank(amount)]
    facts, named = entry.facts, entry.amount()
    stands = facts.approved_compensation if entry.rule.code == "carry_out_again" else facts.plan_compensation
    limit = max(named if named is not None else stands or Decimal(0), Decimal(0))
    if any(amount < 0 for amount in amounts):
        yield refused("amount_negative", status=422, field="measures")
    elif sum(amounts) > limit:
        yield refused("measures_beyond", status=422, field="measures", amount=sum(amounts), limit=limit)


def _compensation_unchanged(entry: Entry) -> Iterator[Refusal]:
    """R21: a changed compensation needs a new approval."""
    amount = entry.amount()
    approved = entry.facts.approved_compensation or Decimal(0)
    if amount is not None and amount != approved:
        yield refused("compensation_changed", field="compensation_amount", approved=approved, amount=amount)


# At the call-back: R21


def _solved_and_satisfied(entry: Entry) -> bool:
    score = entry.values.get("satisfaction")
    return bool(entry.values.get("resolved_flag")) and (
        is_blank(score) or int(str(score)) >= entry.settings.satisfied_from_score
    )


def _survey_ran_out(entry: Entry) -> bool:
    """After a first-contact solution no answer to the survey by the deadline closes the complaint, without a score."""
    facts = entry.facts
    return (
        entry.actor.is_system
        and facts.first_contact
        and entry.values.get("callback_method") == ContactWay.SURVEY_LINK
        and not entry.has("resolved_flag")
        and facts.survey_due_at is not None
        and entry.at >= facts.survey_due_at
    )


def _score_in_range(entry: Entry) -> Iterator[Refusal]:
    score = entry.values.get("satisfaction")
    if not is_blank(score) and str(score) not in {"1", "2", "3", "4", "5"}:
        yield refused("score_range", status=422, field="satisfaction")


def _by_a_fitting_way(entry: Entry) -> Iterator[Refusal]:
    """R21: by phone or in person for important and major; a survey link only after a first-contact solution."""
    way = entry.values.get("callback_method")
    if is_blank(way):
        return
    if entry.facts.severity is not Severity.GENERAL and way not in (ContactWay.PHONE, ContactWay.VISIT):
        yield refused("call_in_person", status=422, field="callback_method")
    elif way == ContactWay.SURVEY_LINK and not entry.facts.first_contact:
        yield refused("survey_only_first_contact", status=422, field="callback_method")


def _is_satisfied(entry: Entry) -> Iterator[Refusal]:
    if entry.has("resolved_flag") and not _solved_and_satisfied(entry):
        other = "hand_over" if entry.facts.first_contact else "report_unsatisfied"
        yield refused(
            "not_satisfied",
            field="satisfaction",
            n=entry.settings.satisfied_from_score,
            action=Message(f"workflow.{other}.title"),
        )


def _is_not_satisfied(entry: Entry) -> Iterator[Refusal]:
    if entry.has("resolved_flag") and entry.has("satisfaction") and _solved_and_satisfied(entry):
        yield refused("is_satisfied", field="satisfaction", action=Message("workflow.confirm_satisfied.title"))


def _dissatisfaction_known(entry: Entry) -> Iterator[Refusal]:
    """R21: closed unsatisfied is only who was asked and is not satisfied."""
    if not entry.facts.dissatisfied and not entry.has("dissatisfaction_reason"):
        yield refused("dissatisfaction_unknown", status=422, field="dissatisfaction_reason")


def _called_by_other(entry: Entry) -> Iterator[Refusal]:
    if entry.has("caller_back") and entry.values["caller_back"] in entry.facts.handlers_ever:
        yield refused("caller_is_handler", status=422, field="caller_back")


# Papers


def _text_or_file(entry: Entry) -> Iterator[Refusal]:
    if not entry.has("text") and not entry.has("file"):
        yield refused("text_or_file", status=422, field="text")


# More time (R25)


def _asked_for_in_full(entry: Entry) -> Iterator[Refusal]:
    yield from extension.refuse_request(entry.facts.extension, entry.values)


def _granted_within_what_was_asked(entry: Entry) -> Iterator[Refusal]:
    yield from extension.refuse_grant(entry.facts.extension, entry.values)


_CALL: tuple[Check, ...] = (_score_in_range, _by_a_fitting_way)

CHECKS: Mapping[str, tuple[Check, ...]] = MappingProxyType({
    "request_extension": (_asked_for_in_full,),
    "grant_extension": (_granted_within_what_was_asked,),
    "solve_at_first_contact": (_compensation_fits_fault, _within_first_contact_limit),
    "regrade": (entries_regrade.regraded_to_another,),
    "raise_to_major": (entries_regrade.regraded_to_another,),
    "raise_to_important": (entries_regrade.regraded_to_another,),
    "confirm_regrade": (entries_regrade.regraded_to_another,),
    "propose_regrade": (entries_regrade.proposed_downwards,),
    "send_order": (
        entries_dispatch.to_a_department_that_takes_orders,
        entries_dispatch.deadline_ahead,
        entries_dispatch.elements_complete,
    ),
    "raise_dispute": (entries_dispatch.on_a_new_ground,),
    "transfer": (entries_dispatch.never_backwards,),
    "decide_dispute": (entries_dispatch.decided_for_a_department,),
    "submit_facts": (_unreasonable_is_explained,),
    "submit_plan": (_compensation_fits_fault, _measures_within_compensation, _put_right),
    "tell_result": (_apologised,),
    "give_executive_feedback": (_apologised,),
    "redo": (_compensation_fits_fault, _measures_within_compensation),
    "carry_out_again": (_compensation_unchanged, _measures_within_compensation),
    "confirm_satisfied": (*_CALL, _is_satisfied),
    "report_unsatisfied": (*_CALL, _is_not_satisfied),
    "hand_over": (*_CALL, _is_not_satisfied),
    "record_attempt": (_by_a_fitting_way,),
    "close_unsatisfied": (_dissatisfaction_known,),
    "archive": (put_right.archived_with_one,),
    "follow_up": _CALL,
    "assign_callback": (_called_by_other,),
    "record_evidence": (_text_or_file,),
    "add_supplement": (_text_or_file,),
})  # fmt: skip
"""What each action asks of its entries besides what is required."""


def warnings(entry: Entry) -> tuple[Message, ...]:
    """What the person should know though it does not stop the action (R18)."""
    facts, found = entry.facts, []
    amount = entry.amount()
    if (
        entry.rule.code in ("submit_plan", "redo")
        and amount is not None
        and beyond_usual(facts, entry.settings, amount)
    ):
        usual = entry.settings.faults[facts.fault].usual_limit_cny if facts.fault else Decimal(0)
        found.append(Message("workflow.warning.beyond_usual", {"amount": amount, "limit": usual}))
    rule = entry.settings.faults.get(facts.fault) if facts.fault is not None else None
    if entry.rule.code == "tell_result" and rule is not None and rule.corrective_action_required:
        found.append(Message("workflow.warning.corrective_action"))
    return (*found, *put_right.warn(entry))
