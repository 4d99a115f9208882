"""Working together on important and major complaints (R16, R17): what the rules must know of team, review, statements,
required acts and the follow-up, as plain values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from policies.process import ActDef, Process
from policies.vocabulary_teamwork import PlanVote, StatementKind, StatementState

TEAMS = ("set_up_team", "form_team", "change_team")
"""Actions that name leader and members."""
RESPONSES = ("respond", "report_emergency")
"""Actions that are the emergency response."""
CONTAINED_BY = ("contain", "record_contained")
"""Actions that say that a major complaint is under control."""
NEEDS = ("submit_plan", "decide_statement")
"""Actions that say whether a statement is needed."""
MADE_UP_BY: Mapping[str, tuple[str, str]] = MappingProxyType({
    "form_team": ("task_force", "set_up_team"),
    "report_emergency": ("emergency_response", "respond"),
    "give_executive_feedback": ("executive_feedback", "tell_result"),
})  # fmt: skip
"""An action that makes up an act whose step was jumped over → the act, and the move that does it at its own step."""
DONE_BY: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "task_force": TEAMS,
    "emergency_response": RESPONSES,
    "progress_report": ("submit_report",),
    "executive_feedback": ("tell_result", "give_executive_feedback"),
    "post_review": ("finish_review",),
})  # fmt: skip
"""An act of a process → the actions that do it; statements and the follow-up have rows of their own."""
ASKED_AT: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "approve": ("task_force", "emergency_response"),
    "tell_result": ("task_force", "emergency_response", "progress_report"),
    "give_executive_feedback": ("progress_report",),
    "archive": ("executive_feedback",),
})  # fmt: skip
"""An action → the required acts that must be done before it, so that none is left out where a step was jumped over."""
IN_PERSON = "executive_feedback"


@dataclass(frozen=True)
class Doing:
    """An action as it was done: at which step, by whom (None: the system), when."""

    action: str
    step: str
    by_id: int | None
    at: datetime


@dataclass(frozen=True)
class Ballot:
    """A named reviewer of the present plan: a member of staff, or an expert from outside (no id)."""

    staff_id: int | None
    vote: PlanVote | None = None
    released: bool = False

    @property
    def open(self) -> bool:
        """Whether the opinion is still waited for."""
        return self.vote is None and not self.released


@dataclass(frozen=True)
class StatementFacts:
    """A statement: to whom it speaks, where it stands, who wrote it."""

    id: int
    kind: StatementKind
    state: StatementState
    writer_id: int | None = None


@dataclass(frozen=True)
class FollowUpFacts:
    """The call some time after closing: from when it may be made, whether it is over, attempts without an answer."""

    opens_at: datetime
    done: bool = False
    attempts: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class Teamwork:
    """All of it for one complaint. Ids are those of staff and departments.

    ``heads``: department → its head. ``acts_done``: codes of the acts of the process that were done; None: not asked.
    ``statement_needed``: what the crisis plan or a later decision says; None where nothing was said yet.
    ``reviewers_allowed``: who may be named to review; None where the action names nobody.
    """

    leader_id: int | None = None
    in_charge_id: int | None = None
    heads: Mapping[int, int] = field(default_factory=dict)
    ballots: tuple[Ballot, ...] = ()
    statements: tuple[StatementFacts, ...] = ()
    statement_needed: bool | None = None
    acts_done: frozenset[str] | None = None
    contained: bool = False
    follow_up: FollowUpFacts | None = None
    reviewers_allowed: frozenset[int] | None = None

    @property
    def has_team(self) -> bool:
        return self.leader_id is not None

    @property
    def cast(self) -> tuple[PlanVote, ...]:
        """The votes that were given, those of released reviewers left out."""
        return tuple(ballot.vote for ballot in self.ballots if ballot.vote is not None and not ballot.released)

    def waits_for(self, staff_id: int | None) -> bool:
        """Whether this person's opinion is waited for."""
        return any(ballot.open and ballot.staff_id == staff_id is not None for ballot in self.ballots)

    def published(self, kind: StatementKind | None = None) -> int:
        """How many statements were published, of a kind or of any."""
        return sum(1 for one in self.statements if one.state is StatementState.PUBLISHED and kind in (None, one.kind))


def acts_done(process: Process, doings: Iterable[Doing]) -> dict[str, Doing]:
    """Which acts of the process were done, each with its newest doing.

    Telling the result counts as an executive's feedback only at a step that is meant for it.
    """
    found: dict[str, Doing] = {}
    for doing in doings:
        for act in process.acts:
            if doing.action in DONE_BY.get(act.code, ()) and _counts(process, act, doing):
                found[act.code] = doing
    return found


def _counts(process: Process, act: ActDef, doing: Doing) -> bool:
    if act.code != IN_PERSON or doing.action != "tell_result":
        return True
    step = process.find(doing.step)
    return step is not None and act.code in step.acts


def own_step(process: Process, act: str, move: str) -> int | None:
    """The place of the step at which an act is done in the ordinary course; None where the process has no such step."""
    places = (
        place for place, step in enumerate(process.steps)
        if act in step.acts and any(way.action == move for way in step.next)
    )  # fmt: skip
    return next(places, None)


def speaks_from(process: Process) -> int | None:
    """The place of the first step at which statements may be made (R17); None where the process knows none."""
    kinds = {kind.act for kind in StatementKind}
    return next((place for place, step in enumerate(process.steps) if kinds & set(step.acts)), None)


def more_fields(required: Iterable[str], action: str) -> tuple[str, ...]:
    """What an action may bring besides because its step asks for something that can be answered with no (R17)."""
    return ("communication_reason",) if action == "submit_plan" and "communication_needed" in required else ()
