"""Rules over what is entered with team, review, statements, post-review and follow-up (R16, R17, R30)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from types import MappingProxyType

from policies.corrective import refuse_review, refuse_rows
from policies.entry import Check, Entry
from policies.fields import is_blank
from policies.message import Message, Refusal
from policies.teamwork import StatementFacts
from policies.teamwork_guards import refused
from policies.vocabulary_teamwork import StatementState

REASON_LENGTH = 8  # characters; less than that is no reason
EXPERT_PARTS = ("name", "organisation", "field")


def _missing(code: str) -> Refusal:
    return Refusal("workflow.refused.field_missing", {"name": Message(f"workflow.field.{code}")}, code, 422)


# The team: R16


def _leader_heads_no_department_of_the_case(entry: Entry) -> Iterator[Refusal]:
    """The head of the department that has the order does not lead, nor is the leader a member besides."""
    leader, order = entry.values.get("task_force_leader"), entry.facts.order
    if leader is not None and order is not None and entry.facts.teamwork.heads.get(order.department_id) == leader:
        yield refused("leader_heads", status=422, field="task_force_leader")
    members = entry.values.get("task_force_members")
    if isinstance(members, (list, tuple, set, frozenset)) and set(members) == {leader}:
        yield refused("leader_alone", status=422, field="task_force_members")


def _new_department_not_led(entry: Entry) -> Iterator[Refusal]:
    """An order does not go to the department whose head leads the team: another leader is named first."""
    teamwork = entry.facts.teamwork
    department = entry.values.get("department")
    if is_blank(department) or teamwork.leader_id is None:
        return
    if teamwork.heads.get(int(str(department))) == teamwork.leader_id:
        yield refused("department_led", status=422, field="department", action=Message("workflow.change_team.title"))


def _experts_whole(entry: Entry) -> Iterator[Refusal]:
    rows = entry.values.get("experts")
    for number, row in enumerate(rows if isinstance(rows, (list, tuple)) else (), 1):
        if any(is_blank(row.get(part)) for part in EXPERT_PARTS):
            yield refused("expert_incomplete", status=422, field="experts", n=number)


# Review of the plan: R16


def _reviewers_may(entry: Entry) -> Iterator[Refusal]:
    """Nobody reviews an own plan; who was named is not named twice; who is named can open the complaint."""
    named, teamwork = set(_ids(entry.values.get("reviewers"))), entry.facts.teamwork
    if entry.facts.plan_author_id in named:
        yield refused("own_plan", status=422, field="reviewers")
    if named & {ballot.staff_id for ballot in teamwork.ballots}:
        yield refused("named_already", status=422, field="reviewers")
    if teamwork.reviewers_allowed is not None and not named <= teamwork.reviewers_allowed:
        yield refused("reviewer_sees_nothing", status=422, field="reviewers")


def _reviewer_open(entry: Entry) -> Iterator[Refusal]:
    person = entry.values.get("reviewer")
    if person is not None and not entry.facts.teamwork.waits_for(int(str(person))):
        yield refused("reviewer_not_open", status=422, field="reviewer")


def _ids(value: object) -> Iterable[int]:
    return (int(str(one)) for one in value) if isinstance(value, (list, tuple, set, frozenset)) else ()


# Coordination, statements: R16, R17


def _not_needed_with_reason(entry: Entry) -> Iterator[Refusal]:
    """That no coordination is needed is a decision with a reason."""
    text = str(entry.values.get("coordination_decisions") or "")
    if entry.values.get("coordination_needed") is False and len("".join(text.split())) < REASON_LENGTH:
        yield refused("coordination_reason", status=422, field="coordination_decisions", n=REASON_LENGTH)


def _silence_with_reason(entry: Entry) -> Iterator[Refusal]:
    if entry.values.get("communication_needed") is False and not entry.has("communication_reason"):
        yield _missing("communication_reason")


def _statement(entry: Entry, field: str = "statement") -> StatementFacts | None:
    wanted = str(entry.values.get(field) or "")
    return next((one for one in entry.facts.teamwork.statements if str(one.id) == wanted), None)


def _in_state(state: StatementState, why: str) -> Check:
    def check(entry: Entry) -> Iterator[Refusal]:
        found = _statement(entry)
        if entry.has("statement") and (found is None or found.state is not state):
            yield refused(why, status=422, field="statement")

    return check


def _not_ones_own(entry: Entry) -> Iterator[Refusal]:
    """R17: whoever wrote a statement does not approve it."""
    found = _statement(entry)
    if found is not None and found.writer_id is not None and found.writer_id == entry.actor.staff_id:
        yield refused("own_statement", status=403, field="statement")


def _corrects_a_published_one(entry: Entry) -> Iterator[Refusal]:
    found = _statement(entry, "corrects")
    if not entry.has("corrects"):
        return
    if found is None or found.state is not StatementState.PUBLISHED:
        yield refused("corrects_nothing", status=422, field="corrects")
    elif entry.has("statement_kind") and found.kind != entry.values["statement_kind"]:
        yield refused("corrects_other", status=422, field="corrects")


# Post-review, corrective actions, follow-up: R17, R30


def _rows(field: str) -> Check:
    def check(entry: Entry) -> Iterator[Refusal]:
        yield from refuse_rows(entry.values.get(field), field, entry.settings.corrective_types, _today(entry))

    return check


def _today(entry: Entry) -> date | None:
    zone = entry.settings.zone
    return None if zone is None else entry.at.astimezone(zone).date()


def _improves_something(entry: Entry) -> Iterator[Refusal]:
    yield from refuse_review(entry.values.get("corrective_actions"), "corrective_actions")


def _not_before_its_day(entry: Entry) -> Iterator[Refusal]:
    call = entry.facts.teamwork.follow_up
    if call is not None and entry.at < call.opens_at:
        yield refused("follow_up_early", opens=call.opens_at)


def _answers_there(entry: Entry) -> Iterator[Refusal]:
    """Who was reached said whether it is solved and how satisfied; who is not says what is still wanted."""
    if entry.values.get("reached") is not True:
        return
    for code in ("resolved_flag", "satisfaction", "customer_opinion"):
        if not entry.has(code):
            yield _missing(code)
    answered = entry.has("resolved_flag") and entry.has("satisfaction")
    if answered and not satisfied(entry) and not entry.has("new_demand"):
        yield _missing("new_demand")


def satisfied(entry: Entry) -> bool:
    """Whether the customer called it solved and gave a score that counts as satisfied."""
    score = int(str(entry.values.get("satisfaction") or 0))
    return entry.values.get("resolved_flag") is True and score >= entry.settings.satisfied_from_score


_TEAM = (_leader_heads_no_department_of_the_case, _experts_whole)
CHECKS: Mapping[str, tuple[Check, ...]] = MappingProxyType({
    "set_up_team": _TEAM,
    "form_team": _TEAM,
    "change_team": _TEAM,
    "send_order": (_new_department_not_led,),
    "transfer": (_new_department_not_led,),
    "decide_dispute": (_new_department_not_led,),
    "name_reviewers": (_reviewers_may,),
    "release_reviewer": (_reviewer_open,),
    "coordinate": (_not_needed_with_reason,),
    "submit_plan": (_silence_with_reason,),
    "decide_statement": (_silence_with_reason,),
    "draft_statement": (_corrects_a_published_one,),
    "approve_statement": (_in_state(StatementState.DRAFT, "not_a_draft"), _not_ones_own),
    "return_statement": (_in_state(StatementState.DRAFT, "not_a_draft"), _not_ones_own),
    "publish_statement": (_in_state(StatementState.APPROVED, "not_approved"),),
    "finish_review": (_rows("corrective_actions"), _improves_something),
    "open_corrective_action": (_rows("corrective_action"),),
    "follow_up": (_not_before_its_day, _answers_there),
})  # fmt: skip
"""What these actions ask of their entries besides what is required."""
