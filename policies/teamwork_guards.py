"""Why an action of team, review, statements or follow-up is not open now (R16, R17); ``guards.py`` asks these rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from policies import duties
from policies.message import Message, Name, Refusal
from policies.process import ActDef
from policies.teamwork import ASKED_AT, MADE_UP_BY, own_step, speaks_from
from policies.vocabulary import ComplaintStatus, Outcome
from policies.vocabulary_teamwork import PlanVote, StatementState

if TYPE_CHECKING:  # guards reads this module
    from policies.guards import Ask

Guard = Callable[["Ask"], Refusal | None]
TOLD = frozenset({Outcome.RESOLVED, Outcome.CLOSED_UNSATISFIED, Outcome.CLOSED_UNREACHABLE})
"""Outcomes of complaints whose customer was told a result: only these owe an executive's feedback and a follow-up."""


def refused(reason: str, *, status: int = 409, field: str | None = None, **params: object) -> Refusal:
    """A refusal of this room."""
    return Refusal(f"teamwork.refused.{reason}", params, field=field, status=status)


def name_of(act: ActDef) -> Name:
    """The name of an act of a process."""
    return Name(act.name["zh"], act.name["en"])


# Required acts


def acts_made_up(ask: Ask) -> Refusal | None:
    """R16, R17: what the process requires beside its steps is done before the plan is approved or the result told."""
    facts = ask.facts
    done = facts.teamwork.acts_done
    if done is None or (ask.rule.code == "archive" and facts.outcome not in TOLD):
        return None
    wanted = (facts.process.act(code) for code in ASKED_AT.get(ask.rule.code, ()))
    missing = tuple(name_of(act) for act in wanted if act is not None and act.required and act.code not in done)
    return refused("acts_missing", acts=missing) if missing else None


def _to_be_made_up(ask: Ask) -> Refusal | None:
    """An act is made up only when its own step lies behind, and only once."""
    facts, (act, move) = ask.facts, MADE_UP_BY[ask.rule.code]
    if act in (facts.teamwork.acts_done or ()):
        return refused("act_done")
    place = own_step(facts.process, act, move)
    if place is not None and facts.process.place(facts.step) <= place:
        step = facts.process.steps[place]
        return refused("act_at_its_step", step=Name(step.name["zh"], step.name["en"]))
    return None


def _result_told(ask: Ask) -> Refusal | None:
    """Feedback on a result needs the result: it is told by the step of that name, or was told before."""
    told = ask.facts.status in (ComplaintStatus.AWAITING_CALLBACK, ComplaintStatus.CLOSED)
    return None if told else refused("no_result_yet")


def _team_there(ask: Ask) -> Refusal | None:
    return None if ask.facts.teamwork.has_team else refused("no_team")


def _not_in_charge_yet(ask: Ask) -> Refusal | None:
    return refused("in_charge_already") if ask.facts.teamwork.in_charge_id == ask.actor.staff_id else None


def _not_contained_yet(ask: Ask) -> Refusal | None:
    """Where the step of containment is still to come, it is recorded there."""
    facts = ask.facts
    if facts.teamwork.contained:
        return refused("contained_already")
    place = next((n for n, step in enumerate(facts.process.steps) if step.way("contain", True)), None)
    if place is not None and facts.process.place(facts.step) <= place:
        step = facts.process.steps[place]
        return refused("act_at_its_step", step=Name(step.name["zh"], step.name["en"]))
    return None


# Review of the plan


def _at_review(ask: Ask) -> Refusal | None:
    step = ask.step
    return None if step is not None and step.way("pass_review", ask.facts.order_sent) else refused("no_review_now")


def _is_asked(ask: Ask) -> Refusal | None:
    """R16: only who was named gives an opinion, once for each plan; and nobody on an own plan."""
    own = duties.no_own_plan_approval(
        ask.actor.staff_id, () if ask.facts.plan_author_id is None else (ask.facts.plan_author_id,)
    )
    if ask.facts.teamwork.waits_for(ask.actor.staff_id):
        return own
    return refused("not_a_reviewer", status=403)


def _somebody_open(ask: Ask) -> Refusal | None:
    there = any(ballot.open and ballot.staff_id is not None for ballot in ask.facts.teamwork.ballots)
    return None if there else refused("nobody_open")


def votes_carry(ask: Ask) -> Refusal | None:
    """R16: enough opinions, none of those named outstanding, and more for the plan than against it."""
    ballots, needed = ask.facts.teamwork.ballots, ask.settings.plan_reviewers
    cast = ask.facts.teamwork.cast
    waiting = sum(1 for ballot in ballots if ballot.open)
    if waiting:
        return refused("votes_open", n=waiting)
    if len(cast) < needed:
        return refused("votes_few", needed=needed, there=len(cast))
    against = sum(1 for vote in cast if vote is PlanVote.DISAGREE)
    if len(cast) - against > against:
        return None
    return refused("votes_against", yes=len(cast) - against, no=against, action=Message("workflow.return_plan.title"))


# Statements


def _may_speak(ask: Ask) -> Refusal | None:
    """R17: from the first step that names statements on, until the dossier is archived."""
    place = speaks_from(ask.facts.process)
    if place is None or ask.facts.process.place(ask.facts.step) >= place:
        return None
    step = ask.facts.process.steps[place]
    return refused("too_early_to_speak", step=Name(step.name["zh"], step.name["en"]))


def _one_in(state: StatementState, why: str) -> Guard:
    def guard(ask: Ask) -> Refusal | None:
        there = any(one.state is state for one in ask.facts.teamwork.statements)
        return None if there else refused(why)

    return guard


def _statement_out(ask: Ask) -> Refusal | None:
    """R17: where the plan says that a statement is needed, one was published before the result is told."""
    teamwork = ask.facts.teamwork
    if teamwork.statement_needed and not teamwork.published():
        return refused("statement_missing")
    return None


# Follow-up


def _follow_up_due(ask: Ask) -> Refusal | None:
    """R16: there is one, it is not over, and its day has come (the moment itself is asked with the entries)."""
    call = ask.facts.teamwork.follow_up
    if call is None:
        return refused("no_follow_up")
    return refused("follow_up_done") if call.done else None


_DRAFTED = _one_in(StatementState.DRAFT, "no_draft")

READINESS: Mapping[str, tuple[Guard, ...]] = MappingProxyType({
    "form_team": (_to_be_made_up,),
    "change_team": (_team_there,),
    "report_emergency": (_to_be_made_up,),
    "take_charge": (_not_in_charge_yet,),
    "record_contained": (_not_contained_yet,),
    "give_executive_feedback": (_result_told, _to_be_made_up, acts_made_up),
    "name_reviewers": (_at_review,),
    "vote_on_plan": (_at_review, _is_asked),
    "record_expert_review": (_at_review,),
    "release_reviewer": (_at_review, _somebody_open),
    "pass_review": (votes_carry,),
    "approve": (acts_made_up,),
    "tell_result": (acts_made_up, _statement_out),
    "archive": (acts_made_up,),
    "decide_statement": (_may_speak,),
    "draft_statement": (_may_speak,),
    "approve_statement": (_DRAFTED,),
    "return_statement": (_DRAFTED,),
    "publish_statement": (_one_in(StatementState.APPROVED, "no_approved"),),
    "follow_up": (_follow_up_due,),
})  # fmt: skip
"""What these actions ask besides the general rules."""
