"""The life of an invented complaint, act by act: who does what after which time, drawn from a seed.

A ``Life`` says what is to become of a complaint; ``acts`` plays it as a generator, one act at a time, so that the
stage may put others' acts between them. The same life at another day of a like week, with another customer, has the
same acts at the same hours: that is what patterns are copied by.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from backoffice.models.complaint import ClockRow
from backoffice.models.handling import Measure
from backoffice.models.teamwork import FollowUp, Statement
from backoffice.office import document
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import elements
from backoffice.services.core.case import Case
from backoffice.services.intake import Registration
from benchmarks.many.words import Leaf
from policies.dispatch import REPEAT_ELEMENT
from policies.dispatch_values import ElementKind
from policies.vocabulary import ClockCode, ContactWay, Fault, Level, MeasureKind, Severity
from policies.vocabulary_teamwork import PlanVote, StatementKind

Act = tuple[timedelta, str, str, dict[str, Any]]
GENERAL = ("solved",) * 22 + ("handled",) * 5 + ("not_established", "withdrawn") * 2 + (
    "returned", "rework", "extended", "transferred", "unsatisfied")  # fmt: skip
CHANNELS = ("hotline",) * 6 + ("website", "wechat", "mobile_app", "service_hall", "online_chat")
READ_BACK = frozenset({"customer_name", "contact_phone", "address", "what", "occurred_at", "demand", "product_symptom"})
HANDLERS = {
    "network": ("S012", ("S013", "S014")), "technical_support": ("S015", ("S016",)), "market": ("S017", ("S018",)),
    "billing": ("S019", ("S020",)), "it_support": ("S021", ("S032",)), "service_hall": ("S026", ("S031",)),
}  # fmt: skip
CAUSES = {
    Fault.OUR_FAULT: ("staff_error", "network_fault", "network_capacity"),
    Fault.BOTH_FAULT: ("information_missing",),
    Fault.CUSTOMER_FAULT: ("customer_side",),
}
REVIEWERS = ("S015", "S017", "S021", "S012", "S019")
PHONE = ContactWay.PHONE


@dataclass(frozen=True)
class Life:
    """What is to become of a complaint. ``texts``: the customer's; ``moments``: when each act happens, where it is
    known because the life was lived before (else it is drawn)."""

    seed: int
    severity: Severity
    course: str
    channel: str
    leaf: Leaf
    received_at: datetime
    texts: dict[str, str]
    slow: bool = False
    moments: tuple[datetime, ...] | None = None


class Actions:
    """The acts of one life. ``ids``: staff and departments by code; ``session`` is read for what only shows then."""

    def __init__(self, life: Life, ids: dict[str, dict[str, int]], session: Any) -> None:
        self.life, self.ids, self.session = life, ids, session
        self.chance = random.Random(life.seed)
        self.words = document("demonstration")
        self.clerk = "S035" if life.channel == "service_hall" else self.one("S005", "S005", "S006", "S007")
        self.head, handlers = HANDLERS[life.leaf.department]
        self.owner = self.one(*handlers)
        faults = (Fault.OUR_FAULT, Fault.OUR_FAULT, Fault.BOTH_FAULT, Fault.CUSTOMER_FAULT)
        self.fault = Fault.OUR_FAULT if life.severity is Severity.MAJOR else self.one(*faults)

    def registration(self) -> Registration:
        """What the door hands in."""
        life, chance = self.life, self.chance
        dropped = {code for code in ("who", "where", "why", "email") if chance.random() < 0.25}
        texts = {code: text for code, text in life.texts.items() if code not in dropped}
        grave = life.severity is not Severity.GENERAL
        level = Level.HIGH if grave else self.one(Level.MEDIUM, Level.MEDIUM, Level.LOW)
        voice = life.channel == "hotline"
        return Registration(
            channel=life.channel, category=life.leaf.code, severity=life.severity, urgency=level,
            impact=level if grave else Level.LOW, received_at=life.received_at,
            texts={**texts, "severity_reason": "同一原因涉及多户" if grave else "按分类默认登记"},
            preferred_contact=self.one(PHONE, ContactWay.SMS),
            occurred_at=life.received_at - timedelta(hours=chance.randrange(2, 100)),
            call_started_at=life.received_at if voice else None,
            call_seconds=chance.randrange(90, 900) if voice else None,
            read_back=READ_BACK if chance.random() < 0.7 else READ_BACK - {"demand", "address"},
            confidential=chance.random() < 0.03,
        )  # fmt: skip

    def acts(self, case: Case) -> Iterator[Act]:
        """Each act with the time that passes before it."""
        if self.life.severity is not Severity.GENERAL:
            yield from self._grave(case)
            return
        yield self.minutes(2, 8), self.clerk, "start_check", {}
        way = PHONE if self.life.channel == "hotline" else ContactWay.SMS
        yield self.minutes(1, 30), self.clerk, "acknowledge", {"way": way, "text": self.say("first_response")}
        courses = {"solved": self._solved, "not_established": self._not_established}
        if self.life.course in courses:
            yield from courses[self.life.course]()
            return
        yield self.minutes(3, 60), self.clerk, "accept", {}
        yield from self._handled(case)

    # the general ones

    def _solved(self) -> Iterator[Act]:
        values = {"solution": self.say("solution"), "customer_opinion": self.say("customer_opinion")}
        yield self.minutes(2, 10), self.clerk, "solve_at_first_contact", {
            **values, "compensation_amount": Decimal(self.one("0", "10", "20", "30"))}  # fmt: skip
        yield from self._called_back()
        yield self._archive()

    def _not_established(self) -> Iterator[Act]:
        reason = self.say("not_established")
        yield self.hours(1, 4), self.clerk, "find_not_established", {"check_reason": reason}
        reviewer = "S026" if self.clerk == "S035" else "S004"
        yield self.hours(1, 3), reviewer, "review_check", {"text": self.say("opinion")}
        yield self.hours(1, 3), self.clerk, "communicate", {"way": PHONE, "text": reason}
        yield self.minutes(1, 5), self.clerk, "explain", {"customer_opinion": self.say("customer_opinion")}
        yield self._archive()

    def _handled(self, case: Case) -> Iterator[Act]:
        yield from self._sent(case)
        yield self.minutes(20, 120), self.owner, "respond_first", {"way": PHONE, "text": self.say("first_response")}
        if self.life.course == "withdrawn":
            yield self.hours(1, 5), self.owner, "withdraw", {"closing_reason_text": self.say("withdrawn")}
            yield self._archive()
            return
        if self.life.course == "extended":
            yield from self._extended(case)
        yield self.hours(1, 5), self.owner, "record_evidence", self._evidence("system_record")
        yield self.hours(2, 8), self.owner, "submit_facts", self._facts()
        yield self.hours(1, 6), self.owner, "submit_plan", self._plan()
        if self.life.course == "returned":
            yield self.hours(1, 3), self.head, "return_plan", {"approval_opinion_text": self.say("return_opinion")}
            yield self.hours(1, 3), self.owner, "submit_plan", self._plan()
        yield self.hours(1, 4), self.head, "approve", {"approval_opinion_text": self.say("opinion")}
        yield from self._carried_out(case)
        yield from self._afterwards(case)

    def _sent(self, case: Case) -> Iterator[Act]:
        department = self.life.leaf.department
        if self.life.course == "transferred":
            first = self.one(*(code for code in HANDLERS if code != department))
            yield self.minutes(10, 90), self.desk(), "send_order", self._order(case, first)
            onward = {"department": self.ids["department"][department], "handover_reason": self.say("handover_reason")}
            yield self.minutes(20, 90), HANDLERS[first][0], "transfer", onward
        else:
            yield self.minutes(10, 90), self.desk(), "send_order", self._order(case, department)
        yield self.minutes(20, 150), self.head, "appoint", {"owner": self.ids["staff"][self.owner]}

    def _extended(self, case: Case) -> Iterator[Act]:
        asked = {"extension_reason": "force_majeure", "reason": self.say("handover_reason"), "extension_days": 2}
        yield self.hours(2, 5), self.owner, "request_extension", {**asked, "extension_ground": "停电检修通知"}
        granted = {"extension_days": 2, "extension_opinion": self.say("opinion")}
        yield self.hours(1, 4), "S003", "grant_extension", granted
        until = self._due(case, ClockCode.RESOLVE) + timedelta(days=4)
        told = {"way": PHONE, "text": self.say("progress"), "promised_time": until}
        yield self.minutes(10, 60), self.owner, "tell_delay", told

    def _carried_out(self, case: Case) -> Iterator[Act]:
        yield self.hours(1, 5), self.owner, "tell_progress", {"way": PHONE, "text": self.say("progress")}
        yield from self._ticked(case)
        yield self.minutes(5, 50), self.owner, "complete_measures", {"measure_results": self.say("results")}
        way = self.one(PHONE, PHONE, ContactWay.SMS)
        told = {"result_channel": way, "customer_opinion": self.say("customer_opinion")}
        apology = {"apologised": True} if self.fault in (Fault.OUR_FAULT, Fault.BOTH_FAULT) else {}
        yield self.minutes(10, 90), self.owner, "communicate", {"way": PHONE, "text": self.say("results")}
        yield self.minutes(1, 5), self.owner, "tell_result", {**told, **apology}

    def _ticked(self, case: Case) -> Iterator[Act]:
        mine = sa.select(Measure.id).where(Measure.complaint_id == case.complaint.id, Measure.done_at.is_(None))
        for measure in list(self.session.scalars(mine.where(Measure.dropped.is_(False)).order_by(Measure.id))):
            yield self.hours(1, 4), self.owner, "tick_measure", {"measure": str(measure), "result": self.say("results")}

    def _afterwards(self, case: Case) -> Iterator[Act]:
        if self.life.course in ("rework", "unsatisfied"):
            call = {"callback_method": PHONE, "resolved_flag": False, "satisfaction": 2}
            words = {"dissatisfaction_reason": self.say("dissatisfied"), "new_demand": self.say("new_demand")}
            yield self.hours(4, 12), self.one("S010", "S011"), "report_unsatisfied", {**call, **words}
            if self.life.course == "unsatisfied":
                reason = {"closing_reason_text": self.say("closing_reason")}
                yield self.hours(6, 20), "S003", "close_unsatisfied", reason
                yield self._archive()
                return
            yield self.hours(2, 8), self.owner, "communicate", {"way": PHONE, "text": self.say("progress")}
            yield self.hours(1, 6), self.owner, "carry_out_again", {"measures": [self._measure(0)]}
            yield from self._carried_out(case)
        if self.chance.random() < 0.15:
            yield self.hours(2, 6), "S011", "record_attempt", {"callback_method": PHONE}
        yield from self._called_back()
        yield self._archive()

    def _called_back(self) -> Iterator[Act]:
        score = self.one(5, 5, 4, 4, 5)
        values = {"callback_method": PHONE, "resolved_flag": True, "satisfaction": score}
        opinion = {"customer_opinion": self.say("customer_opinion")}
        yield self.hours(3, 14), self.one("S010", "S011", "S011"), "confirm_satisfied", {**values, **opinion}

    def _archive(self) -> Act:
        lesson = {"lesson": self.say("lesson")}
        ours = self.fault in (Fault.OUR_FAULT, Fault.BOTH_FAULT) and self.life.course not in ("solved", "withdrawn")
        ours &= self.life.severity is not Severity.MAJOR  # there the review after it opened a corrective action
        reason = {"no_corrective_reason": self.say("no_corrective")} if ours else {}
        return self.hours(6, 20), self.desk(), "archive", {**lesson, **reason}

    # the important and the major ones

    def _grave(self, case: Case) -> Iterator[Act]:
        major = self.life.severity is Severity.MAJOR
        yield self.minutes(2, 8), self.clerk, "start_check", {}
        yield self.minutes(1, 20), self.clerk, "acknowledge", {"way": PHONE, "text": self.say("first_response")}
        if major:
            yield self.minutes(5, 20), "S002", "communicate", {"way": PHONE, "text": self.say("first_response")}
            yield self.minutes(2, 15), "S002", "respond", {"containment_measures": self.say("measures")}
        yield self.minutes(3, 40), self.clerk, "accept", {}
        team = {"task_force_leader": self.ids["staff"]["S003"],
                "task_force_members": [self.ids["staff"][one] for one in (self.owner, "S024")]}  # fmt: skip
        yield self.minutes(10, 60), "S002" if major else "S003", "set_up_team", team
        yield self.minutes(10, 60), self.desk(), "send_order", self._order(case, self.life.leaf.department)
        yield self.minutes(10, 90), self.head, "appoint", {"owner": self.ids["staff"][self.owner]}
        yield from self._looked_into(major)
        need = {"communication_needed": True} if major else {}
        yield self.hours(2, 8), self.owner, "submit_plan", {**self._plan(), **need}
        yield from self._reviewed(major)
        yield self.hours(1, 5), "S001", "approve", {"approval_opinion_text": self.say("opinion")}
        yield self.hours(1, 3), "S003", "submit_report", {"text": self.say("progress")}
        yield from self._ticked(case)
        yield self.minutes(10, 60), self.owner, "communicate", {"way": PHONE, "text": self.say("progress")}
        yield self.minutes(5, 50), self.owner, "complete_measures", {"measure_results": self.say("results")}
        yield from self._told_and_closed(case, major)

    def _looked_into(self, major: bool) -> Iterator[Act]:
        if major:
            yield self.hours(1, 3), self.owner, "record_evidence", self._evidence("system_record")
            yield self.minutes(5, 50), self.owner, "communicate", {"way": PHONE, "text": self.say("progress")}
            yield self.hours(1, 5), self.owner, "contain", {}
        else:
            yield self.minutes(20, 90), self.owner, "respond_first", {"way": PHONE, "text": self.say("first_response")}
        for kind in ("system_record", "department_opinion", "staff_statement", *(("expert_opinion",) * major)):
            yield self.hours(1, 4), self.owner, "record_evidence", self._evidence(kind)
        if major:
            yield self.hours(1, 4), self.owner, "communicate", {"way": PHONE, "text": self.say("progress")}
        yield self.hours(1, 6), self.owner, "submit_facts", self._facts()

    def _reviewed(self, major: bool) -> Iterator[Act]:
        able = [one for one in REVIEWERS if one != self.head][:2]
        yield self.hours(1, 4), "S003", "name_reviewers", {"reviewers": [self.ids["staff"][one] for one in able]}
        for code in able:
            yield self.hours(1, 4), code, "vote_on_plan", {"vote": PlanVote.AGREE, "text": self.say("opinion")}
        yield self.minutes(10, 50), "S003", "record_evidence", self._evidence("review_minutes")
        yield self.minutes(10, 50), "S003", "pass_review", {"review_conclusion": self.say("opinion")}
        if not major:
            agreed = {"coordination_needed": True, "coordination_decisions": self.say("opinion")}
            yield self.hours(1, 5), "S002", "coordinate", agreed

    def _told_and_closed(self, case: Case, major: bool) -> Iterator[Act]:
        if major:
            text = {"statement_kind": StatementKind.MEDIA, "addressee": "本地媒体", "text": self.say("results")}
            yield self.hours(1, 2), "S028", "draft_statement", text
            newest = sa.select(Statement.id).where(Statement.complaint_id == case.complaint.id)
            statement = {"statement": str(self.session.scalar(newest.order_by(Statement.id.desc()).limit(1)))}
            yield self.minutes(20, 90), "S001", "approve_statement", statement
            yield self.minutes(5, 40), "S028", "publish_statement", {**statement, "publication_way": "官方网站"}
        yield self.hours(1, 5), "S001", "apologise", {"way": ContactWay.VISIT, "text": self.say("results")}
        told = {
            "result_channel": ContactWay.VISIT,
            "customer_opinion": self.say("customer_opinion"),
            "apologised": True,
        }
        yield self.minutes(10, 40), "S001", "tell_result", told
        yield from self._called_back()
        if major:
            yield self.hours(4, 16), "S003", "record_evidence", self._evidence("post_review_minutes")
            row = {"title": self.say("improvements"), "type": "rule_change", "root_cause": self.say("root_cause"),
                   "expected_effect": self.say("improvements"), "owner": self.ids["staff"][self.head]}  # fmt: skip
            yield self.hours(1, 8), "S024", "finish_review", {
                "improvements": self.say("improvements"), "corrective_actions": [row]}  # fmt: skip
        yield self.hours(6, 20), "S028", "archive", self._archive()[3]
        opens = self.session.scalar(sa.select(FollowUp.opens_at).where(FollowUp.complaint_id == case.complaint.id))
        if opens is not None:
            heard = {"callback_method": PHONE, "reached": True, "resolved_flag": True, "satisfaction": self.one(4, 5),
                     "customer_opinion": self.say("customer_opinion")}  # fmt: skip
            yield Until(opens, self.minutes(600, 900)), "S010", "follow_up", heard

    # what is entered

    def _order(self, case: Case, department: str) -> dict[str, Any]:
        rules, due = Rulebook(self.session), self._due(case, ClockCode.RESOLVE)
        known, definitions = elements.values(case, rules), elements.definitions(rules)
        wanted = [code for code in elements.required(case, rules) if code not in known]
        return {
            "department": self.ids["department"][department], "requirements": self.say("requirements"), "deadline": due,
            "handover_reason": self.say("handover_reason"), "promised_time": due,
            "elements": {code: self._element(code, definitions[code].kind) for code in wanted},
        }  # fmt: skip

    def _due(self, case: Case, code: ClockCode) -> datetime:
        mine = sa.select(ClockRow.due_at).where(ClockRow.complaint_id == case.complaint.id)
        return self.session.scalars(mine.where(ClockRow.code == code.value).order_by(ClockRow.id.desc())).first()

    def _element(self, code: str, kind: ElementKind) -> str | dict[str, Any]:
        if code == REPEAT_ELEMENT:
            return {"unknown": True, "reason": self.say("not_remembered")}
        day = self.life.received_at
        return {
            ElementKind.PHONE: self.life.texts["contact_phone"],
            ElementKind.MONTH: "2025-09",
            ElementKind.MONEY: self.one("30.00", "58.00", "128.50"),
            ElementKind.DATE_TIME: f"{day - timedelta(days=2):%Y-%m-%dT%H:%M}",
            ElementKind.YES_NO: "yes",
            ElementKind.PERIOD: self.one(*self.words["elements"]["period"]),
            ElementKind.ADDRESS: self.life.texts["address"],
        }.get(kind) or self.one(*self.words["elements"]["text"])  # fmt: skip

    def _evidence(self, kind: str) -> dict[str, Any]:
        return {"evidence_type": kind, "text": self.say("evidence")}

    def _facts(self) -> dict[str, Any]:
        facts = self.say("facts").format(leaf=self.life.leaf.name)
        return {"facts": facts, "root_cause": self.say("root_cause"), "cause_code": self.one(*CAUSES[self.fault]),
                "fault": self.fault, "responsible_party": self.say("responsible")}  # fmt: skip

    def _plan(self) -> dict[str, Any]:
        amount = self.one(0, 0, 20, 100 if self.fault is Fault.OUR_FAULT else 30)
        several = [self._measure(amount)] + ([self._measure(0)] if self.chance.random() < 0.5 else [])
        return {
            "root_cause": self.say("root_cause"), "measures": several, "owner": self.ids["staff"][self.owner],
            "expected_completion": self.life.received_at + timedelta(days=12),
            "alternatives": self.say("alternatives"), "compensation_amount": Decimal(amount),
            "improvements": self.say("improvements"),
        }  # fmt: skip

    def _measure(self, amount: int) -> dict[str, Any]:
        kind = MeasureKind.COMPENSATION if amount else MeasureKind.REPAIR
        return {"text": self.say("measures"), "kind": kind.value, "amount": Decimal(amount) if amount else None,
                "owner": self.ids["staff"][self.owner]}  # fmt: skip

    def one(self, *among: Any) -> Any:
        """One of these, by the life's own chance."""
        return self.chance.choice(among)

    def desk(self) -> str:
        """Somebody of the dispatch desk."""
        return str(self.one("S008", "S008", "S009"))

    def say(self, name: str) -> str:
        """Something that staff write while handling."""
        return str(self.chance.choice(self.words["handling"][name]))

    def minutes(self, least: int, most: int) -> timedelta:
        """Some time, to the second."""
        return timedelta(seconds=self.chance.randrange(least * 60, most * 60 + 1))

    def hours(self, least: int, most: int) -> timedelta:
        """Some hours, to the second."""
        return self.minutes(least * 60, most * 60)


class Until(timedelta):
    """Time that is counted from a moment that was fixed before, not from the act before."""

    since: datetime

    def __new__(cls, since: datetime, more: timedelta) -> Until:
        made = super().__new__(cls, seconds=more.total_seconds())
        made.since = since
        return made
