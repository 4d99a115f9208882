"""The told cases of the default office (``office/inspection_cases.yaml``), played through the real services.

For the demonstration and for tests: each told line is done by its person at its time. What a timeline leaves unsaid
but a rule asks for (a piece of evidence, a measure ticked off, a talk) is done just before the line that needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.database import Database
from backoffice.jobs.demonstration import told_values as told
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.office import Department, Staff
from backoffice.models.teamwork import Statement
from backoffice.office import document
from backoffice.queries.actor import load_actor
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.case import open_case
from backoffice.services.core.facts import case_facts
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.work import Work
from backoffice.services.handling import act
from backoffice.services.intake import Registration, register
from policies.access import SYSTEM
from policies.actions import ACTIONS
from policies.vocabulary import ContactWay, Level, Outcome, Severity
from policies.vocabulary_teamwork import PlanVote

BY_ITSELF = ("customer", "system")
"""Actors of a timeline who are nobody of the office: what they bring about is entered by the system."""
WHILE_TOLD = {
    "customer_acknowledged": "acknowledge",
    "first_responded": "respond_first",
    "progress_told": "tell_progress",
    "formally_replied": "reply_formally",
    "report_submitted": "submit_report",
}
"""Events that are acts of their own, unless the action of the same line raises them."""


def told_cases(severity: Severity | None = None) -> list[dict[str, Any]]:
    """The told cases in their order, of one severity or of all."""
    cases: list[dict[str, Any]] = document("inspection_cases")["cases"]
    return [case for case in cases if severity is None or case["severity"] == severity.value]


@dataclass
class Player:
    """Plays told cases into a database. ``shift`` moves all told times; a moved case gets a number of its own."""

    database: Database
    keys: Keys
    files: Path | None = None
    shift: timedelta = timedelta()
    _staff: dict[str, int] = field(default_factory=dict)

    def play(self, case: Mapping[str, Any], *, until: str | None = None) -> int:
        """The told life of a complaint, whole or up to an action; returns its id.

        Raises ``DomainError`` where a rule says no.
        """
        return Life(self, case).play(until)

    def at(self, time: str | datetime) -> datetime:
        """A told local time as the moment (aware UTC) at which it is played."""
        naive = time if isinstance(time, datetime) else datetime.fromisoformat(time)
        with self.database.reading() as session:
            zone = Rulebook(session).zone()
        return told.moment(naive, zone) + self.shift

    def staff_id(self, code: str) -> int:
        if not self._staff:
            with self.database.reading() as session:
                self._staff = {row.code: row.id for row in session.execute(sa.select(Staff.code, Staff.id))}
        return self._staff[code]

    def work(self, session: Session, code: str, at: datetime) -> Work:
        """The unit of work of a told actor at a moment."""
        actor = SYSTEM if code in BY_ITSELF else load_actor(session, self.staff_id(code))
        if actor is None:
            raise LookupError(code)
        return Work(session, self.keys, actor, at, at, self.files)

    def department_id(self, code: str) -> int:
        with self.database.reading() as session:
            return session.scalars(sa.select(Department.id).where(Department.code == code)).one()


class Life:
    """One told case on its way through the services."""

    def __init__(self, player: Player, case: Mapping[str, Any]) -> None:
        self.player = player
        self.case = case
        self.more = told.MORE.get(case["code"], told.More())
        self.complaint_id = 0
        self.sent = 0
        self.called = 0

    def play(self, until: str | None) -> int:
        lines = [line for line in self.case["timeline"] if line.get("event") != "received"]
        place = next(n for n, line in enumerate(lines) if line.get("action") == "start_check")
        self._register(lines[place])
        for line in lines[:place]:  # told to the customer before it could be entered, as in an outage
            self._line({**line, "entered_at": lines[place]["at"]})
        for line in lines[place:]:
            if until is not None and line.get("action") == until:
                break
            self._line(line)
        return self.complaint_id

    def _register(self, line: Mapping[str, Any]) -> None:
        at = self.player.at(line["at"])
        with self.player.database.writing() as session:
            work = self.player.work(session, line["actor"], at)
            case = register(work, self._registration(session))
            self.complaint_id = case.complaint.id

    def _registration(self, session: Session) -> Registration:
        case, received = self.case, self.player.at(self.case["received_at"])
        category = case.get("category_at_registration", case["category"])
        severity = Severity(case.get("severity_at_registration", case["severity"]))
        texts = told.texts(case)
        called = "call_start_and_length" not in told.absent(case)
        return Registration(
            channel=case["channel"],
            category=category,
            severity=severity,
            urgency=Level(case["urgency"]),
            impact=Level(case["impact"]),
            received_at=received,
            texts=texts,
            preferred_contact=ContactWay.PHONE if "preferred_contact" not in told.absent(case) else None,
            occurred_at=received - timedelta(days=1) if "occurred_at" not in told.absent(case) else None,
            call_started_at=received if called else None,
            call_seconds=300 if called else None,
            read_back=told.read_back(case),
            not_applicable=frozenset(case["completeness"]["not_applicable"]),
            nth_complaint=case.get("nth_complaint"),
            elements=told.elements(session, category, case),
            reserved="" if self.player.shift else case["number"],
        )

    def _line(self, line: Mapping[str, Any]) -> None:
        """One told line: its action, and the act that its event is where the action does not raise it itself."""
        action, event = line.get("action"), line.get("event")
        if action is not None:
            self._take_over(line)
            self._prepare(line, action)
            self._do(line, action, self._values(line, action))
        raised = {one.value for one in ACTIONS[action].events} if action is not None else set()
        if self._extension(line):
            return
        if event in WHILE_TOLD and event not in raised:
            self._do(line, WHILE_TOLD[event], self._values(line, WHILE_TOLD[event]))
        if action is None and event is None and self._is_statement(line):
            self._speak(line)
        elif action is None and event is None and self._waits_for_review():
            self._do(line, "review_check", {"text": line["text"]["zh"]})

    def _extension(self, line: Mapping[str, Any]) -> bool:
        """R25: the told line in which the customer hears of an extension and it is asked for, or that grants it."""
        asked = self.case.get("extension")
        if asked is None or line.get("action") is not None:
            return False
        text = line["text"]["zh"]
        if (line["at"], line["actor"]) == (asked["customer_told_at"], asked["asked_by"]):
            until = self.player.at(told.extended_until(self.case))
            self._do(line, "tell_delay", {"way": told.way_of(line), "text": text, "promised_time": until})
            asks = {"extension_reason": asked["reason"], "extension_days": asked["working_days"]}
            self._do(line, "request_extension", {**asks, "reason": text, "extension_ground": text})
            return True
        if (line["at"], line["actor"]) == (asked["approved_at"], asked["approved_by"]):
            self._do(line, "grant_extension", {"extension_days": asked["working_days"], "extension_opinion": text})
            return True
        return False

    def _do(self, line: Mapping[str, Any], action: str, values: Mapping[str, Any]) -> None:
        at = self.player.at(line.get("entered_at", line["at"]))
        if "entered_at" in line:
            values = {**values, "at": self.player.at(line["at"])}
        with self.player.database.writing() as session:
            act(self.player.work(session, line["actor"], at), self.complaint_id, action, values)

    def _values(self, line: Mapping[str, Any], action: str) -> dict[str, Any]:
        """What is entered with an action: the told text where words are asked for, figures and names as told."""
        player, at = self.player, self.player.at(line["at"])
        values = told.values(action, line, self.case, self.more, at)
        if action in ("send_order", "transfer", "decide_dispute"):
            values["department"] = player.department_id(self._departments()[self.sent])
            self.sent += 1
        if action == "send_order":  # the leaf may be another than at registration
            with player.database.reading() as session:
                values["elements"] = told.elements(session, self.case["category"], self.case)
        if action in ("appoint", "submit_plan"):
            values["owner"] = player.staff_id(self._handler())
        if action in ("confirm_satisfied", "report_unsatisfied"):
            values["satisfaction"] = self.more.scores[self.called]
            self.called += 1
        if action == "set_up_team":
            values["task_force_leader"] = player.staff_id(line["actor"])
            values["task_force_members"] = [player.staff_id(self._handler())]
        if action == "finish_review":
            owner = player.staff_id(self._handler())
            values["corrective_actions"] = told.corrective_actions(self.case, line["text"]["zh"], owner)
        return values

    def _is_statement(self, line: Mapping[str, Any]) -> bool:
        """Whether a line without an action tells of a statement: that of the spokesperson of a major complaint."""
        return line["actor"] == told.SPOKESPERSON and self.case["severity"] == Severity.MAJOR.value

    def _speak(self, line: Mapping[str, Any]) -> None:
        """A told statement is drafted, approved by a senior manager, and published, all at its told time."""
        self._do(line, "draft_statement", told.statement(line))
        with self.player.database.reading() as session:
            newest = sa.select(Statement.id).where(Statement.complaint_id == self.complaint_id)
            statement = str(session.scalars(newest.order_by(Statement.id.desc()).limit(1)).one())
        self._do({**line, "actor": told.STATEMENT_APPROVER}, "approve_statement", {"statement": statement})
        way = {"statement": statement, "publication_way": line["text"]["zh"]}
        self._do(line, "publish_statement", way)

    def _review(self, line: Mapping[str, Any]) -> None:
        """The opinions that a passed review rests on."""
        ids = [self.player.staff_id(code) for code in told.REVIEWERS]
        self._do(line, "name_reviewers", {"reviewers": ids})
        for code in told.REVIEWERS:
            self._do({**line, "actor": code}, "vote_on_plan", {"vote": PlanVote.AGREE, "text": line["text"]["zh"]})

    def _departments(self) -> list[str]:
        """Codes of the departments that had the order, in turn."""
        told_ones = self.case.get("order_departments")
        if told_ones:
            return list(told_ones)
        appointing = next(line["actor"] for line in self.case["timeline"] if line.get("action") == "appoint")
        staff = document("organisation")["staff"]
        return [next(row["department"] for row in staff if row["code"] == appointing)]

    def _handler(self) -> str:
        """Code of the person who establishes the facts, and so has the order."""
        return next(str(line["actor"]) for line in self.case["timeline"] if line.get("action") == "submit_facts")

    def _take_over(self, line: Mapping[str, Any]) -> None:
        """What came in by itself is taken over by the first person of the office who acts on it."""
        if line["actor"] in BY_ITSELF:
            return
        with self.player.database.reading() as session:
            taken = session.get_one(Complaint, self.complaint_id).registered_by_id is not None
        if not taken:
            self._do(line, "take", {})

    def _waits_for_review(self) -> bool:
        with self.player.database.reading() as session:
            complaint = session.get_one(Complaint, self.complaint_id)
            return complaint.outcome is Outcome.NOT_ESTABLISHED and complaint.step == "explain"

    def _prepare(self, line: Mapping[str, Any], action: str) -> None:
        """Do what the rule of the step asks for before this action and the timeline does not tell apart."""
        if action == "complete_measures":
            for measure in self._open_measures():
                self._do(line, "tick_measure", {"measure": str(measure), "result": line["text"]["zh"]})
        if action == "pass_review":
            self._review(line)
        for kind in self._missing_evidence(line, action):
            if kind == "communication_record":
                self._do(line, "communicate", {"way": ContactWay.PHONE, "text": line["text"]["zh"]})
            elif kind == "apology_record":
                self._do(line, "apologise", {"way": ContactWay.VISIT, "text": line["text"]["zh"]})
            else:
                filed_by = told.EVIDENCE_BY.get(kind, line["actor"])
                values = {"evidence_type": kind, "text": line["text"]["zh"]}
                self._do({**line, "actor": filed_by}, "record_evidence", values)

    def _open_measures(self) -> list[int]:
        with self.player.database.writing() as session:
            case = open_case(
                self.player.work(session, "system", self.player.at(self.case["received_at"])), self.complaint_id
            )
            return [measure.id for measure in Holdings(case).measures if measure.done_at is None]

    def _missing_evidence(self, line: Mapping[str, Any], action: str) -> Iterable[str]:
        if not ACTIONS[action].finishes:
            return []
        with self.player.database.writing() as session:
            case = open_case(self.player.work(session, "system", self.player.at(line["at"])), self.complaint_id)
            facts = case_facts(case, Holdings(case))
        step = facts.at
        there = facts.evidence | set(ACTIONS[action].evidence)
        return [kind for kind in (step.required_evidence if step else ()) if kind not in there]
