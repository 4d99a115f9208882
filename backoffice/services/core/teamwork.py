"""Team, review of plans, statements (R16, R17): the facts that the rules ask for, and what these actions write down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.complaint import ComplaintPerson
from backoffice.models.handling import StepEntry
from backoffice.models.office import Department
from backoffice.models.teamwork import PlanReviewer, Statement
from backoffice.queries import eligible
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import corrective, follow_up
from backoffice.services.core.case import Case
from backoffice.services.core.holdings import Holdings
from policies.message import Refusal
from policies.process import Process
from policies.teamwork import (
    CONTAINED_BY,
    NEEDS,
    TEAMS,
    Ballot,
    Doing,
    FollowUpFacts,
    StatementFacts,
    Teamwork,
    acts_done,
    speaks_from,
)
from policies.vocabulary import CaseFunction
from policies.vocabulary_teamwork import PlanVote, StatementKind, StatementState

PLANS = ("submit_plan", "redo")
Paper = Callable[[Case, Holdings, Mapping[str, Any], StepEntry | None], None]


# What the rules ask


def teamwork_facts(case: Case, holdings: Holdings, values: Mapping[str, Any]) -> Teamwork:
    """Everything that the rules of teamwork must know; little is asked for a process without acts."""
    rules = Rulebook(case.work.session)
    process = rules.process(case.complaint.process_id)
    leader, _members = team_of(holdings)
    charge = in_charge(case)
    return Teamwork(
        leader_id=leader,
        in_charge_id=charge.staff_id if charge is not None else None,
        heads=_heads(case, rules) if leader is not None or values.get("task_force_leader") else {},
        ballots=tuple(Ballot(row.staff_id, row.vote, row.released_at is not None) for row in present_review(holdings)),
        statements=tuple(
            StatementFacts(row.id, row.kind, row.state, row.written_by_id)
            for row in (holdings.statements if process.acts else ())
        ),
        statement_needed=statement_needed(holdings) if speaks_from(process) is not None else None,
        acts_done=frozenset(done_acts(process, holdings)),
        contained=holdings.latest(*CONTAINED_BY) is not None,
        follow_up=_follow_up(holdings) if not case.complaint.open else None,
        reviewers_allowed=_reviewers(case) if values.get("reviewers") else None,
    )


def team_of(holdings: Holdings) -> tuple[int | None, tuple[int, ...]]:
    """Leader and members of the team as it is now."""
    found = holdings.latest(*TEAMS)
    if found is None:
        return None, ()
    leader, members = found[1].get("task_force_leader"), found[1].get("task_force_members") or ()
    return (int(leader) if leader else None), tuple(int(one) for one in members)


def in_charge(case: Case) -> ComplaintPerson | None:
    """Who is in charge of a major complaint: whoever took it last."""
    people = [person for person in case.people if person.function is CaseFunction.IN_CHARGE]
    return max(people, key=lambda person: person.since, default=None)


def present_review(holdings: Holdings) -> list[PlanReviewer]:
    """Reviewers of the newest plan; a new plan has none yet."""
    plan = holdings.latest(*PLANS)
    return [] if plan is None else [row for row in holdings.reviewers if row.plan_id == plan[0].id]


def statement_needed(holdings: Holdings) -> bool | None:
    """What was said last about speaking in public; None where nothing was said."""
    for entry, values in zip(reversed(holdings.entries), reversed(holdings.values), strict=True):
        if entry.action in NEEDS and "communication_needed" in values:
            return bool(values["communication_needed"])
    return None


def done_acts(process: Process, holdings: Holdings) -> dict[str, Doing]:
    """The acts of the process that were done, each with its newest doing; statements and follow-up by their rows."""
    if not process.acts:
        return {}
    doings = [Doing(entry.action, entry.step, entry.by_id, entry.at) for entry in holdings.entries]
    found = acts_done(process, doings)
    for row in holdings.statements:
        if row.state is StatementState.PUBLISHED and row.published_at is not None:
            found[row.kind.act] = Doing("publish_statement", "", row.published_by_id, row.published_at)
    call = holdings.follow_up
    if call is not None and call.done_at is not None:
        found[follow_up.ACT] = Doing("follow_up", "", call.by_id, call.done_at)
    return found


def _follow_up(holdings: Holdings) -> FollowUpFacts | None:
    row = holdings.follow_up
    return None if row is None else FollowUpFacts(row.opens_at, row.done_at is not None, follow_up.moments(row))


def _heads(case: Case, rules: Rulebook) -> Mapping[int, int]:
    statement = sa.select(Department.id, Department.head_id).where(Department.head_id.is_not(None))
    return rules.keep(
        "heads", lambda: {row.id: row.head_id for row in case.work.session.execute(statement) if row.head_id}
    )


def _reviewers(case: Case) -> frozenset[int]:
    return frozenset(case.work.session.scalars(eligible.readers()))


# What the actions write


def _named(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    for staff_id in values["reviewers"]:
        _reviewer(case, holdings, staff_id=int(staff_id), texts={})


def _expert(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    """An opinion of somebody from outside, as the manager enters it."""
    texts = {"name": values["expert_name"], "organisation": values["expert_organisation"], "opinion": values["text"]}
    row = _reviewer(case, holdings, staff_id=None, texts=texts)
    row.vote, row.voted_at = PlanVote(str(values["vote"])), case.work.at


def _reviewer(case: Case, holdings: Holdings, *, staff_id: int | None, texts: Mapping[str, Any]) -> PlanReviewer:
    plan = holdings.latest(*PLANS)
    if plan is None:
        raise DomainError(Refusal("teamwork.refused.no_review_now"))
    row = PlanReviewer(
        complaint_id=case.complaint.id,
        plan_id=plan[0].id,
        staff_id=staff_id,
        named_by_id=case.work.actor.staff_id,
        named_at=case.work.at,
        sealed=case.seal.seal_json(dict(texts), "review"),
    )
    case.work.session.add(row)
    return row


def _voted(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    row = _open_ballot(holdings, case.work.actor.staff_id)
    row.vote, row.voted_at = PlanVote(str(values["vote"])), case.work.at
    row.sealed = case.seal.seal_json({"opinion": values["text"]}, "review")


def _released(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    row = _open_ballot(holdings, int(values["reviewer"]))
    row.released_at = case.work.at
    row.sealed = case.seal.seal_json({"reason": values["reason"]}, "review")


def _open_ballot(holdings: Holdings, staff_id: int | None) -> PlanReviewer:
    rows = [row for row in present_review(holdings) if row.staff_id == staff_id]
    row = next((row for row in rows if row.vote is None and row.released_at is None), None)
    if row is None:
        raise DomainError(Refusal("teamwork.refused.reviewer_not_open", status=422))
    return row


def _took_charge(case: Case, _holdings: Holdings, _values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    """Whoever had it before and takes it again is the newest once more."""
    for person in case.people:
        if person.function is CaseFunction.IN_CHARGE and person.staff_id == case.work.actor.staff_id:
            person.since = case.work.at


def _drafted(case: Case, _holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    corrects = values.get("corrects")
    content = {"text": values["text"], "addressee": values["addressee"], "opinion": "", "way": ""}
    case.work.session.add(
        Statement(
            complaint_id=case.complaint.id,
            kind=StatementKind(str(values["statement_kind"])),
            state=StatementState.DRAFT,
            corrects_id=int(corrects) if corrects else None,
            written_by_id=case.work.actor.staff_id,
            written_at=case.work.at,
            sealed=case.seal.seal_json(content, "statement"),
        )
    )


def _decided(state: StatementState, words: str) -> Paper:
    def paper(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
        row = _statement(holdings, values)
        row.state, row.decided_by_id, row.decided_at = state, case.work.actor.staff_id, case.work.at
        _add_words(case, row, "opinion", values.get(words))

    return paper


def _published(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    row = _statement(holdings, values)
    row.state = StatementState.PUBLISHED
    row.published_by_id, row.published_at = case.work.actor.staff_id, case.work.at
    _add_words(case, row, "way", values.get("publication_way"))


def _add_words(case: Case, row: Statement, name: str, words: object) -> None:
    content = dict(case.seal.open_json(row.sealed, "statement") or {})
    row.sealed = case.seal.seal_json({**content, name: str(words or "")}, "statement")


def _statement(holdings: Holdings, values: Mapping[str, Any]) -> Statement:
    return next(row for row in holdings.statements if str(row.id) == str(values["statement"]))


def _put_right(field: str, source: str) -> Paper:
    def paper(case: Case, _holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
        corrective.open_actions(case, values[field], source)

    return paper


def _followed_up(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    follow_up.record(case, holdings, values)


PAPERS: Mapping[str, Paper] = {
    "name_reviewers": _named,
    "record_expert_review": _expert,
    "vote_on_plan": _voted,
    "release_reviewer": _released,
    "take_charge": _took_charge,
    "draft_statement": _drafted,
    "approve_statement": _decided(StatementState.APPROVED, "text"),
    "return_statement": _decided(StatementState.RETURNED, "reason"),
    "publish_statement": _published,
    "finish_review": _put_right("corrective_actions", corrective.FROM_REVIEW),
    "open_corrective_action": _put_right("corrective_action", corrective.FROM_COMPLAINT),
    "follow_up": _followed_up,
}
"""What these actions write besides their entry."""
