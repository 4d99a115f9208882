"""The life of one invented complaint, act by act through the real services, until it ends or the present is reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from backoffice.database import Database
from backoffice.jobs.demonstration.cast import Cast
from backoffice.jobs.demonstration.material import Material
from backoffice.keys import Keys
from backoffice.models.complaint import ClockRow
from backoffice.models.configuration import Category
from backoffice.models.handling import Measure
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import elements
from backoffice.services.core.case import Case
from backoffice.services.core.work import Work
from backoffice.services.handling import act_on
from backoffice.services.intake import Registration, register
from policies.calendar import WorkingCalendar
from policies.dispatch import REPEAT_ELEMENT
from policies.dispatch_values import ElementKind
from policies.vocabulary import ClockCode, ContactWay, Fault, Level, MeasureKind, Severity

Act = tuple[timedelta, str, str, dict[str, Any]]
READ_BACK = frozenset({"customer_name", "contact_phone", "address", "what", "occurred_at", "demand", "product_symptom"})
PUT_RIGHT = 10
CAUSES = {
    Fault.OUR_FAULT: "staff_error",
    Fault.BOTH_FAULT: "information_missing",
    Fault.CUSTOMER_FAULT: "customer_side",
}


@dataclass
class Stage:
    """Where the plays take place: the database, the cast, the material, the office's hours, and the present."""

    database: Database
    keys: Keys
    cast: Cast
    material: Material
    calendar: WorkingCalendar
    present: datetime
    trunks: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plot:
    """What is to become of a complaint."""

    received_at: datetime
    channel: str
    leaf: Category
    department: str
    ending: str  # solved, not_established, withdrawn, handled, rework, unsatisfied
    slow: bool = False
    stops_before: str = ""  # an action that nobody has come to yet, so that every stage can be seen


def play(stage: Stage, plot: Plot) -> str:
    """Play a complaint in one transaction; gives its number."""
    with stage.database.writing() as session:
        return _Life(stage, plot, session).play()


class _Life:
    def __init__(self, stage: Stage, plot: Plot, session: Any) -> None:
        self.stage, self.plot, self.session = stage, plot, session
        self.chance = stage.material.chance
        self.clerk = self._clerk()

    def play(self) -> str:
        case = register(self._work(self.clerk, self.plot.received_at), self._registration())
        at, acts = self.plot.received_at, self._acts(case)
        for delay, who, action, values in acts:
            at = self._next(at, delay, who)
            if at >= self.stage.present or action == self.plot.stops_before:
                break
            fresh = Case(self._work(who, at), case.complaint, case.head)
            case = act_on(fresh, action, values).case
        return case.complaint.number

    def _work(self, code: str, at: datetime) -> Work:
        return Work(self.session, self.stage.keys, self.stage.cast.actor(code), at, at, None, "127.0.0.1")

    def _next(self, at: datetime, delay: timedelta, who: str) -> datetime:
        """The hotline works round the clock; everybody else in office hours."""
        at += delay * (2 if self.plot.slow else 1)
        return at if who == self.clerk else self.stage.calendar.next_working_moment(at)

    def _clerk(self) -> str:
        at_hall = {"service_hall": ["S035"], "account_manager": ["S034"]}
        return str(self.chance.choice(at_hall.get(self.plot.channel, ["S005", "S006", "S007"])))

    def _registration(self) -> Registration:
        material, plot, chance = self.stage.material, self.plot, self.chance
        story = material.story(self.stage.trunks[plot.leaf.id], plot.leaf)
        dropped = {code for code in ("who", "where", "why") if chance.random() < 0.2}
        texts = {code: text for code, text in story.items() if code not in dropped}
        texts |= {"customer_name": material.name(), "contact_phone": material.phone(), "address": material.address()}
        texts["severity_reason"] = story["why"]
        voice = plot.channel == "hotline"
        read_back = READ_BACK if chance.random() < 0.7 else READ_BACK - {"demand", "address"}
        return Registration(
            channel=plot.channel,
            category=plot.leaf.code,
            severity=Severity(plot.leaf.default_severity or "general"),
            urgency=Level(plot.leaf.default_urgency or "medium"),
            impact=Level(plot.leaf.default_impact or "low"),
            received_at=plot.received_at,
            texts=texts,
            preferred_contact=chance.choice([ContactWay.PHONE, ContactWay.SMS]),
            occurred_at=plot.received_at - timedelta(hours=chance.randrange(2, 200)),
            call_started_at=plot.received_at if voice else None,
            call_seconds=chance.randrange(90, 900) if voice else None,
            read_back=read_back,
            confidential=chance.random() < 0.04,
        )

    # the acts of a life, each with the time that passes before it

    def _acts(self, case: Case) -> Iterator[Act]:
        yield self._minutes(2, 8), self.clerk, "start_check", {}
        way = ContactWay.PHONE if self.plot.channel == "hotline" else ContactWay.SMS
        yield self._minutes(1, 40), self.clerk, "acknowledge", {"way": way, "text": self._say("first_response")}
        if self.plot.ending == "solved" and case.complaint.severity is Severity.GENERAL:
            yield from self._solved()
        elif self.plot.ending == "not_established":
            yield from self._not_established()
        else:
            yield self._minutes(3, 60), self.clerk, "accept", {}
            if case.complaint.severity is Severity.GENERAL:
                yield from self._handled(case)

    def _solved(self) -> Iterator[Act]:
        values = {"solution": self._say("solution"), "customer_opinion": self._say("customer_opinion")}
        amount = {"compensation_amount": Decimal(self.chance.choice(["0", "10", "20", "30"]))}
        yield self._minutes(2, 10), self.clerk, "solve_at_first_contact", {**values, **amount}
        yield from self._called_back(("S010", "S011"))
        yield from self._archived()

    def _not_established(self) -> Iterator[Act]:
        reason = self._say("not_established")
        yield self._hours(1, 4), self.clerk, "find_not_established", {"check_reason": reason}
        reviewer = "S026" if self.clerk == "S035" else "S004"
        yield self._hours(1, 3), reviewer, "review_check", {"text": self._say("opinion")}
        talk = {"way": ContactWay.PHONE, "text": reason}
        yield self._hours(1, 3), self.clerk, "communicate", talk
        yield self._minutes(1, 5), self.clerk, "explain", {"customer_opinion": self._say("customer_opinion")}
        yield from self._archived()

    def _handled(self, case: Case) -> Iterator[Act]:
        head, owner = self._people()
        yield self._minutes(10, 90), self._desk(), "send_order", self._order(case)
        yield self._minutes(20, 200), head, "appoint", {"owner": self.stage.cast.ids[owner]}
        talk = {"way": ContactWay.PHONE, "text": self._say("first_response")}
        yield self._minutes(20, 120), owner, "respond_first", talk
        if self.plot.ending == "withdrawn":
            yield self._hours(1, 5), owner, "withdraw", {"closing_reason_text": self._say("withdrawn")}
            yield from self._archived()
            return
        yield (
            self._hours(1, 5),
            owner,
            "record_evidence",
            {"evidence_type": "system_record", "text": self._say("evidence")},
        )
        fault = self.chance.choice([Fault.OUR_FAULT, Fault.OUR_FAULT, Fault.BOTH_FAULT, Fault.CUSTOMER_FAULT])
        yield self._hours(2, 8), owner, "submit_facts", self._facts(fault)
        yield self._hours(1, 6), owner, "submit_plan", self._plan(owner, fault)
        if self.chance.random() < 0.1:
            yield self._hours(1, 3), head, "return_plan", {"approval_opinion_text": self._say("return_opinion")}
            yield self._hours(1, 3), owner, "submit_plan", self._plan(owner, fault)
        yield self._hours(1, 4), head, "approve", {"approval_opinion_text": self._say("opinion")}
        yield from self._carried_out(case, owner, fault)
        yield from self._after_result(case, owner, fault)

    def _carried_out(self, case: Case, owner: str, fault: Fault) -> Iterator[Act]:
        talk = {"way": ContactWay.PHONE, "text": self._say("progress")}
        yield self._hours(1, 5), owner, "tell_progress", talk
        for measure in self._open_measures(case):
            yield self._hours(1, 4), owner, "tick_measure", {"measure": str(measure), "result": self._say("results")}
        yield self._minutes(5, 50), owner, "complete_measures", {"measure_results": self._say("results")}
        told = {"result_channel": ContactWay.PHONE, "customer_opinion": self._say("customer_opinion")}
        apology = {"apologised": True} if fault in (Fault.OUR_FAULT, Fault.BOTH_FAULT) else {}
        talk = {"way": ContactWay.PHONE, "text": self._say("results")}
        yield self._minutes(10, 90), owner, "communicate", talk
        yield self._minutes(1, 5), owner, "tell_result", {**told, **apology}

    def _after_result(self, case: Case, owner: str, fault: Fault) -> Iterator[Act]:
        if self.plot.ending in ("rework", "unsatisfied"):
            call = {"callback_method": ContactWay.PHONE, "resolved_flag": False, "satisfaction": 2}
            words = {"dissatisfaction_reason": self._say("dissatisfied"), "new_demand": self._say("new_demand")}
            yield self._hours(4, 12), "S011", "report_unsatisfied", {**call, **words}
            if self.plot.ending == "unsatisfied":
                yield (
                    self._hours(6, 20),
                    "S003",
                    "close_unsatisfied",
                    {"closing_reason_text": self._say("closing_reason")},
                )
                yield from self._archived(fault)
                return
            talk = {"way": ContactWay.PHONE, "text": self._say("progress")}
            yield self._hours(2, 8), owner, "communicate", talk
            yield self._hours(1, 6), owner, "carry_out_again", {"measures": [self._measure(owner, 0)]}
            yield from self._carried_out(case, owner, fault)
        if self.chance.random() < 0.15:
            yield self._hours(2, 6), "S011", "record_attempt", {"callback_method": ContactWay.PHONE}
        yield from self._called_back(("S010", "S011"))
        yield from self._archived(fault)

    def _called_back(self, callers: tuple[str, ...]) -> Iterator[Act]:
        score = self.chance.choice([5, 5, 4, 4, 5])
        values = {"callback_method": ContactWay.PHONE, "resolved_flag": True, "satisfaction": score}
        opinion = {"customer_opinion": self._say("customer_opinion")}
        yield self._hours(3, 14), str(self.chance.choice(callers)), "confirm_satisfied", {**values, **opinion}

    def _archived(self, fault: Fault | None = None) -> Iterator[Act]:
        """Where the fault is ours, one in ``PUT_RIGHT`` opens the corrective action of its plan; of the others it is
        said why none is needed.
        """
        lesson = {"lesson": self._say("lesson")}
        ours = fault in (Fault.OUR_FAULT, Fault.BOTH_FAULT)
        settled = ours and bool(self.chance.randrange(PUT_RIGHT))
        reason = {"no_corrective_reason": self._say("no_corrective")} if settled else {}
        yield self._hours(6, 30), self._desk(), "archive", {**lesson, **reason}

    # what is entered

    def _order(self, case: Case) -> dict[str, Any]:
        rules, due = Rulebook(self.session), self._resolve_due(case)
        known = elements.values(case, rules)
        entered = {
            code: self._element(code, elements.definitions(rules)[code].kind)
            for code in elements.required(case, rules)
            if code not in known
        }
        return {
            "department": self.stage.cast.departments[self.plot.department],
            "requirements": self._say("requirements"),
            "deadline": due,
            "handover_reason": self._say("handover_reason"),
            "promised_time": due,
            "elements": entered,
        }

    def _resolve_due(self, case: Case) -> datetime:
        statement = sa.select(ClockRow.due_at).where(
            ClockRow.complaint_id == case.complaint.id, ClockRow.code == ClockCode.RESOLVE.value
        )
        return self.session.scalars(statement).one()

    def _element(self, code: str, kind: ElementKind) -> str | dict[str, Any]:
        if code == REPEAT_ELEMENT:
            return {"unknown": True, "reason": self._say("not_remembered")}
        material, day = self.stage.material, self.plot.received_at
        match kind:
            case ElementKind.PHONE:
                return material.phone()
            case ElementKind.MONTH:
                return f"{day:%Y-%m}"
            case ElementKind.MONEY:
                return str(self.chance.choice(["30.00", "58.00", "128.50"]))
            case ElementKind.DATE_TIME:
                return f"{day - timedelta(days=2):%Y-%m-%dT%H:%M}"
            case ElementKind.YES_NO:
                return "yes"
            case ElementKind.PERIOD:
                return material.one("elements", "period")
            case ElementKind.ADDRESS:
                return material.address()
        return material.one("elements", "text")

    def _facts(self, fault: Fault) -> dict[str, Any]:
        return {
            "facts": self.stage.material.handling("facts", leaf=self.plot.leaf.name_zh),
            "root_cause": self._say("root_cause"),
            "cause_code": CAUSES[fault],
            "fault": fault,
            "responsible_party": self._say("responsible"),
        }

    def _plan(self, owner: str, fault: Fault) -> dict[str, Any]:
        most = {Fault.OUR_FAULT: 300, Fault.BOTH_FAULT: 100, Fault.CUSTOMER_FAULT: 30}[fault]
        amount = self.chance.choice([0, 0, 20, most])
        measures = [self._measure(owner, amount)] + ([self._measure(owner, 0)] if self.chance.random() < 0.5 else [])
        return {
            "root_cause": self._say("root_cause"),
            "measures": measures,
            "owner": self.stage.cast.ids[owner],
            "expected_completion": self.plot.received_at + timedelta(days=6),
            "alternatives": self._say("alternatives"),
            "compensation_amount": Decimal(amount),
            "improvements": self._say("improvements"),
        }

    def _measure(self, owner: str, amount: int) -> dict[str, Any]:
        kind = MeasureKind.COMPENSATION if amount else MeasureKind.REPAIR
        return {
            "text": self._say("measures"),
            "kind": kind.value,
            "amount": Decimal(amount) if amount else None,
            "owner": self.stage.cast.ids[owner],
        }

    def _open_measures(self, case: Case) -> list[int]:
        statement = sa.select(Measure.id).where(
            Measure.complaint_id == case.complaint.id, Measure.done_at.is_(None), Measure.dropped.is_(False)
        )
        return list(self.session.scalars(statement))

    def _people(self) -> tuple[str, str]:
        cast, department = self.stage.cast, self.plot.department
        return cast.with_role("department_head", department)[0], str(
            self.chance.choice(cast.with_role("handler", department))
        )

    def _desk(self) -> str:
        return str(self.chance.choice(["S008", "S009"]))

    def _say(self, name: str) -> str:
        return self.stage.material.handling(name)

    def _minutes(self, least: int, most: int) -> timedelta:
        return timedelta(minutes=self.chance.randrange(least, most + 1))

    def _hours(self, least: int, most: int) -> timedelta:
        return timedelta(minutes=self.chance.randrange(least * 60, most * 60 + 1))
