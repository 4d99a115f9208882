"""Breaks planted one by one in the rules: each is found, and by the rule that it breaks.

Somebody tries what the rule forbids. With the rules as they are it is refused, and the ledger finds nothing; with the
one rule out of force it is done, and what the ledger reads in the rows names the rule.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.configuration import ProcessVersion
from backoffice.services import handling
from policies import clocks, dispatch, entries, guards, workflow
from policies.vocabulary import ComplaintStatus, Severity
from tests.proofs.crew import Crew
from tests.proofs.drive import walk
from tests.proofs.ledger import Broken
from tests.support.databases import with_default_office

TO_THE_HANDLER = ("start_check", "accept", "send_order", "appoint")
TO_THE_CALL = (*TO_THE_HANDLER, "submit_facts", "submit_plan", "approve", "complete_measures", "tell_result")


class Stage:
    """A crew, and a complaint that is brought to where a rule bites."""

    def __init__(self, crew: Crew, plant: Callable[[], None]) -> None:
        self.crew, self.plant, self.chance = crew, plant, Random(11)
        self.complaint = 0

    def bring(self, *course: str, severity: Severity = Severity.GENERAL) -> None:
        self.complaint = self.crew.register(severity, self.chance)
        for action in course:
            leg = ("appoint", {"owner": self.handler()}) if action == "appoint" else action
            walk(self.crew, self.complaint, (leg,), self.chance)

    def handler(self) -> int:
        """Somebody of the department that has the order who handles and does not lead: heads may own orders too."""
        order = self.crew.facts(self.complaint).order
        able = (who for who in self.crew.people if order is not None and who.department_id == order.department_id)
        return next(who.staff_id for who in able if who.staff_id is not None and "handler" in who.roles)

    def person(self, *, role: str = "", owner: bool = False, head: bool = False) -> str:
        """The code of somebody: of a role, or the owner of the present order, or the head who has it."""
        order = self.crew.facts(self.complaint).order
        for who in self.crew.people:
            if owner and order is not None and who.staff_id == order.owner_id:
                return who.code
            if (
                head
                and order is not None
                and who.department_id == order.department_id
                and "department_head" in who.roles
            ):
                return who.code
            if role and role in who.roles:
                return who.code
        raise LookupError(role)

    def tries(self, code: str, action: str, **given: Any) -> None:
        """This person does it, with everything that it asks for; whatever the console offers them."""
        crew, facts = self.crew, self.crew.facts(self.complaint)
        offers = [offer for _, offer in crew.offers_even_hidden(facts, crew.by_code[code]) if offer.action == action]
        wanted = offers[0].required if offers else ()
        values = crew.fill_in(self.complaint, facts, crew.by_code[code], action, wanted, self.chance)
        crew.act(self.complaint, action, crew.by_code[code], values | given)


def backwards(stage: Stage) -> None:
    """A process that offers a way back, in spite of every check, is not followed."""
    with stage.crew.database.writing() as session:
        row = session.scalars(sa.select(ProcessVersion).where(ProcessVersion.code == "process_general")).one()
        steps = json.loads(json.dumps(row.definition))
        investigate = next(step for step in steps["steps"] if step["code"] == "investigate")
        way = next(way for way in investigate["next"] if way["action"] == "withdraw")
        way.update({"to": "dispatch", "outcome": None})
        session.execute(sa.update(ProcessVersion).where(ProcessVersion.id == row.id).values(definition=steps))
    stage.bring(*TO_THE_HANDLER)
    stage.plant()
    stage.tries(stage.person(owner=True), "withdraw")


def thawed(stage: Stage) -> None:
    stage.bring("start_check", "withdraw", "archive")
    stage.plant()
    stage.tries("S008", "record_evidence", evidence_type="photo", text="补一张")


def handed_on(stage: Stage) -> None:
    stage.bring("start_check", "accept", "send_order", "transfer")
    stage.plant()
    stage.tries(stage.person(head=True), "transfer")


def decided_for_the_desk(stage: Stage) -> None:
    stage.bring("start_check", "accept", "send_order", "raise_dispute")
    desk = next(one for one, code in stage.crew.ledger.departments.items() if code == "dispatch_desk")
    opinion = {"evidence_type": "department_opinion", "text": "见附"}
    stage.tries("S003", "record_evidence", **opinion)
    stage.plant()
    stage.tries("S003", "decide_dispute", department=desk)


def told_by_the_handler(stage: Stage) -> None:
    course = ("start_check", "accept", "set_up_team", "send_order", "appoint", "submit_facts", "submit_plan",
              "pass_review", "coordinate", "approve", "complete_measures")  # fmt: skip
    stage.bring(*course, severity=Severity.IMPORTANT)
    owner = stage.person(owner=True)
    for action in ("communicate", "apologise"):
        stage.tries(owner, action)
    stage.tries("S003", "submit_report")
    stage.plant()
    stage.tries(owner, "tell_result", apologised=True)


def without_evidence(stage: Stage) -> None:
    stage.bring(*TO_THE_HANDLER)
    stage.plant()
    stage.tries(stage.person(owner=True), "submit_facts")


def the_same_round(stage: Stage) -> None:
    stage.bring(*TO_THE_CALL)
    stage.plant()
    stage.tries("S011", "report_unsatisfied")


def no_outcome(stage: Stage) -> None:
    stage.bring("start_check")
    stage.plant()
    stage.tries("S008", "withdraw")


def to_planning(stage: Stage) -> None:
    stage.bring(*TO_THE_HANDLER)
    owner = stage.person(owner=True)
    stage.tries(owner, "communicate")
    stage.tries(owner, "record_evidence", evidence_type="system_record", text="见附")
    stage.plant()
    stage.tries(owner, "submit_facts")


def refused(stage: Stage) -> None:
    stage.bring("start_check")
    stage.plant()
    stage.tries("S008", "archive")


def ones_own_plan(stage: Stage) -> None:
    stage.bring(*TO_THE_HANDLER, "submit_facts")
    head = stage.person(head=True)
    stage.tries(head, "submit_plan", compensation_amount=0, improvements="纳入验收")
    stage.plant()
    stage.tries(head, "approve")


def too_much(stage: Stage) -> None:
    stage.bring(*TO_THE_HANDLER, "submit_facts")
    stage.tries(stage.person(owner=True), "submit_plan", compensation_amount=9000, improvements="纳入验收")
    head = stage.person(head=True)
    stage.plant()
    stage.tries(head, "approve")


def unacknowledged(stage: Stage) -> None:
    stage.bring("start_check", "solve_at_first_contact", "confirm_satisfied")
    stage.plant()
    stage.tries("S028", "archive", improvements="纳入验收")


def without_permission(stage: Stage) -> None:
    stage.bring()
    stage.plant()
    stage.tries("S029", "start_check")


def measures_left(stage: Stage) -> None:
    stage.bring(*TO_THE_HANDLER, "submit_facts", "submit_plan", "approve")
    owner = stage.person(owner=True)
    stage.tries(owner, "communicate")
    stage.plant()
    stage.tries(owner, "complete_measures")


def tried_once(stage: Stage) -> None:
    stage.bring(*TO_THE_CALL)
    stage.tries("S011", "record_attempt")
    stage.plant()
    stage.tries("S011", "report_unreachable")


def ones_own_finding(stage: Stage) -> None:
    stage.bring("start_check")
    here = stage.crew.facts(stage.complaint).subject.departments
    lead = next(who.code for who in stage.crew.people if "shift_lead" in who.roles and who.department_id in here)
    stage.tries(lead, "find_not_established")
    stage.plant()
    stage.tries(lead, "review_check")


def clocks_left(stage: Stage) -> None:
    stage.bring("start_check")
    stage.plant()
    stage.tries("S008", "withdraw")


def untold(stage: Stage) -> None:
    stage.bring("start_check")
    stage.plant()
    stage.tries("S008", "communicate")


@dataclass(frozen=True)
class Break:
    """A rule out of force: how, who then does what, and which rule the ledger must name."""

    scene: Callable[[Stage], None]
    plant: Callable[[pytest.MonkeyPatch], None]
    names: str


def without(name: str, guard: str) -> Callable[[pytest.MonkeyPatch], None]:
    """One of the general guards left out."""
    kept = tuple(one for one in getattr(guards, name) if one.__name__ != guard)
    assert len(kept) == len(getattr(guards, name)) - 1
    return lambda patch: patch.setattr(guards, name, kept)


def unguarded(action: str) -> Callable[[pytest.MonkeyPatch], None]:
    """An action without the guards of its own."""
    assert guards.READINESS[action]
    return lambda patch: patch.setattr(guards, "READINESS", {**guards.READINESS, action: ()})


def unchecked(action: str) -> Callable[[pytest.MonkeyPatch], None]:
    assert entries.CHECKS[action]
    return lambda patch: patch.setattr(entries, "CHECKS", {**entries.CHECKS, action: ()})


def no_cap(patch: pytest.MonkeyPatch) -> None:
    real = dispatch.refuse_transfer
    patch.setattr(dispatch, "refuse_transfer", lambda *said, cap, **more: real(*said, cap=99, **more))


def wrong_status(patch: pytest.MonkeyPatch) -> None:
    real = workflow.status_of
    patch.setattr(
        workflow,
        "status_of",
        lambda process, step: ComplaintStatus.EXECUTING if step == "plan" else real(process, step),
    )


def kept_refusal(patch: pytest.MonkeyPatch) -> None:
    real = handling.act_on

    def act_on(case, action, *more, **named):
        try:
            return real(case, action, *more, **named)
        except DomainError:
            handling.history.record(case, action)
            case.work.session.commit()
            raise

    patch.setattr(handling, "act_on", act_on)


BREAKS = {
    "a way back": Break(backwards, without("PLACE", "never_backwards"), "R11 nothing goes back"),
    "the archive not frozen": Break(thawed, without("PLACE", "frozen"), "R22 an archived case is frozen"),
    "transfers without a cap": Break(handed_on, no_cap, "R11 transfers are capped"),
    "a decision for the desk": Break(
        decided_for_the_desk, unchecked("decide_dispute"), "R11 an order goes to a department that takes orders"
    ),
    "anybody in the executive's place": Break(
        told_by_the_handler, without("PERSON", "in_step_role"), "R16 done in person"
    ),
    "a step without its evidence": Break(
        without_evidence,
        lambda patch: patch.setattr(guards, "evidence_there", lambda ask: None),
        "R14 no step is finished without its evidence",
    ),
    "a round not begun": Break(
        the_same_round,
        lambda patch: patch.setattr(workflow, "ROUND_OPENERS", frozenset()),
        "R21 a round follows each dissatisfaction",
    ),
    "an outcome lost": Break(
        no_outcome, lambda patch: patch.setattr(workflow, "_outcome", lambda entry: None),
        "R22 the outcome is that of the way",
    ),
    "a status that is not its step's": Break(to_planning, wrong_status, "R14 each status has its steps"),
    "a refusal that writes": Break(refused, kept_refusal, "R40 a refusal writes nothing"),
    "a plan of one's own approved": Break(
        ones_own_plan, without("PERSON", "duties_apart"), "R19 nobody approves a plan of their own"
    ),
    "more than the approver's limit": Break(
        too_much, unguarded("approve"), "R19 the approver's limit reaches the amount"
    ),
    "a dossier with a part missing": Break(
        unacknowledged, unguarded("archive"), "R22 no archiving with a part missing"
    ),
    "no permission asked": Break(
        without_permission, without("PERSON", "permitted"), "R39 nobody acts without a permission"
    ),
    "measures not done": Break(measures_left, unguarded("complete_measures"), "R20 every measure is ticked off"),
    "unreachable at the first try": Break(
        tried_once, unguarded("report_unreachable"), "R21 unreachable means three attempts"
    ),
    "a finding reviewed by its finder": Break(
        ones_own_finding, without("PERSON", "duties_apart"), "R4 a finding is reviewed by another"
    ),
    "clocks that outlive their case": Break(
        clocks_left,
        lambda patch: patch.setattr(clocks, "_fallen_away", lambda running, happening: ()),
        "R23 what is closed waits for its archiving alone",
    ),
    "a change without its event": Break(
        untold, lambda patch: patch.setattr(handling.history, "record", lambda *said, **more: None),
        "R40 every change has its event",
    ),
}  # fmt: skip


WITHOUT_A_REFUSAL = (the_same_round, no_outcome, to_planning, clocks_left, untold)
"""What is allowed, and done wrongly by the planted break; elsewhere the rule in force refuses."""


@pytest.fixture
def crew(templates, tmp_path):
    with templates.copy("sqlite", with_default_office, tmp_path) as database:
        yield Crew(database, tmp_path / "files")


@pytest.mark.parametrize("name", BREAKS)
def test_a_planted_break_is_found_and_named(crew, name, monkeypatch):
    planted = BREAKS[name]
    planted.scene(Stage(crew, lambda: None))  # with the rules as they are nothing is found
    refusals = set(crew.refused)
    crew.refused.clear()
    try:
        planted.scene(Stage(crew, lambda: planted.plant(monkeypatch)))
    except Broken as broken:
        found = broken.rule
    else:
        found = f"nothing, and refused was {sorted(crew.refused)}"
    assert found == planted.names
    assert refusals or planted.scene in WITHOUT_A_REFUSAL


def test_at_least_ten_rules_are_broken_each_with_a_name_of_its_own():
    assert len(BREAKS) >= 10
    assert len({planted.names for planted in BREAKS.values()}) == len(BREAKS)
