"""The office's people at work on several complaints at once: they act through the services, and the ledger looks on.

``Crew`` is what the state machine, the planted breaks and the long runs share. Chance comes from outside as a
``random.Random``, so that a walk can be told again by its seed.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.errors import DomainError
from backoffice.integrations.files import Upload
from backoffice.integrations.mapping_file import load_mapping
from backoffice.jobs import handlers
from backoffice.jobs.demonstration import told_values
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.office import Department, Staff
from backoffice.office import document
from backoffice.queries import eligible
from backoffice.queries.actor import load_actor
from backoffice.queries.rulebook import Rulebook
from backoffice.queries.verification import verify
from backoffice.services import handling
from backoffice.services.core.case import look_at
from backoffice.services.core.facts import case_facts, flow_settings
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.work import Work
from backoffice.services.importing import Import, bring_in
from backoffice.services.intake import Registration, register
from policies.access import SYSTEM, Actor, Scope
from policies.actions import ACTIONS
from policies.casefacts import CaseFacts, FlowSettings
from policies.message import Refusal
from policies.vocabulary import ContactWay, Level, Severity
from policies.workflow import Offer, available
from tests.proofs.elsewhere import ELSEWHERE
from tests.proofs.ledger import (
    Broken,
    Ledger,
    Snapshot,
    Story,
    archived_stays,
    broken,
    clocks_hold,
    only_this_one,
    orders_go_forward,
    refused_changes_nothing,
    story,
    told_by_an_event,
)
from tests.proofs.persons import Deed, check
from tests.proofs.values import Scene, fill, spoil
from tests.support.played import TEXTS

BEGUN = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # Monday 10:00 in Shanghai
INTAKE = ("S005", "S006", "S007", "S035")
CREW = frozenset({
    "S001", "S002", "S003", "S004", "S005", "S006", "S007", "S008", "S009", "S010", "S011", "S012", "S013", "S014",
    "S015", "S016", "S017", "S018", "S021", "S024", "S026", "S027", "S028", "S029", "S032", "S035",
})  # fmt: skip
"""Everybody of the front and the middle, heads and handlers of four departments: each role twice where it has two."""
HANDLING = ("network", "technical_support", "market", "it_support")
ALL_AGAIN = 10
OPENS_OTHERS: frozenset[str] = frozenset()
"""Actions that open another complaint."""


class Crew:
    """Some complaints, everybody in service, a clock that is moved on, and what was seen so far."""

    def __init__(self, database: Database, files: Path, done: Counter[str] | None = None) -> None:
        self.database, self.files = database, files
        self.keys = Keys.fresh()
        self.clock = SetClock(BEGUN)
        self.done: Counter[str] = Counter() if done is None else done
        self.refused: Counter[str] = Counter()
        self.ledger = Ledger(database)
        self.cases: list[int] = []
        self.looks = 0
        self.led: Counter[tuple[str, str]] = Counter()
        with database.reading() as session:
            ids = session.scalars(sa.select(Staff.id).where(Staff.retired_at.is_(None)).order_by(Staff.id))
            found = [load_actor(session, one) for one in ids]
            self.people: list[Actor] = [one for one in found if one is not None and one.code in CREW]
            departments = list(session.scalars(sa.select(Department).order_by(Department.id)))
            self.receivers = tuple(one.id for one in departments if one.code in HANDLING)
            self.owners = {one: tuple(sorted(session.scalars(eligible.owners(session, one)))) for one in self.receivers}
            self.callers = tuple(sorted(session.scalars(eligible.callers(session))))
            self.evidence_types = tuple(row["code"] for row in document("processes")["evidence_types"])
            self.settings: FlowSettings = flow_settings(Rulebook(session))
        self.by_code = {actor.code: actor for actor in self.people}
        self.seen: Snapshot = self.ledger.take()

    @property
    def at(self) -> datetime:
        return self.clock.at

    def later(self, hours: float) -> None:
        self.clock.at += timedelta(hours=hours)

    def work(self, session: Session, actor: Actor) -> Work:
        return Work(session, self.keys, actor, self.at, self.at, self.files, "192.0.2.7")

    # What is done

    def register(self, severity: Severity, chance: Random, *, by_itself: bool = False) -> int:
        """A complete record of this severity comes in, taken down by somebody of the intake, or by itself."""
        actor = SYSTEM if by_itself else self.by_code[chance.choice(INTAKE)]
        reason = "同一原因涉及多户" if severity is not Severity.GENERAL else ""
        with self.database.reading() as session:
            given = told_values.elements(session, "net_broadband_slow", _MADE_UP)
        registration = Registration(
            channel="hotline", category="net_broadband_slow", severity=severity, urgency=Level.MEDIUM,
            impact=Level.LOW, received_at=self.at,
            texts={**TEXTS, "contact_phone": f"139{len(self.cases):08d}", "severity_reason": reason},
            preferred_contact=ContactWay.PHONE, call_started_at=self.at, call_seconds=552,
            occurred_at=self.at - timedelta(days=1), elements=given,
            read_back=frozenset({"customer_name", "contact_phone", "address", "what", "demand"}),
        )  # fmt: skip
        with self.database.writing() as session:
            case = register(self.work(session, actor), registration)
            complaint_id = case.complaint.id
        self.cases.append(complaint_id)
        self._look("register", complaint_id)
        return complaint_id

    def bring_in(self, rows: list[dict[str, str]]) -> None:
        """Rows of another system's file come in, closed ones as history."""
        path = self.files.parent / f"rows{len(self.seen)}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        job = Import(path, load_mapping("boston311"), SYSTEM, SetClock(BEGUN), self.keys)
        assert bring_in(self.database, job).came_in == len(rows)
        self._look("", None)

    def act(
        self, complaint_id: int, action: str, actor: Actor, values: dict[str, Any], uploads: tuple[Upload, ...] = ()
    ) -> tuple[Refusal, ...]:
        """One action by one person; gives what it was refused for (nothing: it was done). The ledger looks after it."""
        try:
            with self.database.writing() as session:
                work = self.work(session, actor)
                if action in handling.ELSEWHERE:
                    ELSEWHERE[action](work, complaint_id, values)
                else:
                    handling.act(work, complaint_id, action, values, uploads=uploads)
        except DomainError as error:
            self.refused.update(refusal.key for refusal in error.refusals)
            self._look_refused(action, complaint_id, actor)
            return error.refusals
        self._look(action, complaint_id)
        return ()

    def ring(self) -> None:
        """The worker comes by and does what is due."""
        shop = Workshop(self.database, self.keys, self.clock, self.files.parent)
        handlers.plan_timed(shop)
        worked = work_off(shop, handlers.HANDLERS)
        if worked.failed:
            broken("jobs do what is due", f"{worked.failed} failed")
        self._look("", None)

    # What is seen

    def _take(self, complaint_id: int | None) -> Snapshot:
        """How everything stands now. All complaints are read after every tenth act and after what concerns more than
        one; between these the one alone that was acted on, so that a walk does not grow slower with every complaint.
        """
        self.looks += 1
        if complaint_id is None or complaint_id not in self.seen or self.looks % ALL_AGAIN == 0:
            return self.ledger.take()
        return {**self.seen, **self.ledger.take(complaint_id)}

    def _look_refused(self, action: str, complaint_id: int, actor: Actor) -> None:
        after = self._take(complaint_id)
        try:
            refused_changes_nothing(self.seen, after)
        except Broken as error:
            broken(error.rule, f"{error} (refused: {action} by {actor.code})")

    def _look(self, action: str, complaint_id: int | None) -> None:
        before, self.seen = self.seen, self._take(None if action in OPENS_OTHERS else complaint_id)
        archived_stays(before, self.seen)
        if complaint_id is not None and action not in OPENS_OTHERS:
            only_this_one(before, self.seen, complaint_id)
        for one, rows in self.seen.items():
            was = before.get(one)
            if was is not None and was.tables == rows.tables:
                continue
            told_by_an_event(was, rows)
            heard = story(rows)
            orders_go_forward(rows, self.ledger.departments)
            clocks_hold(rows)
            self._judge(0 if was is None else len(was.events), one)
            for event in rows.events[0 if was is None else len(was.events) :]:
                self.done[event["action"]] += 1
            self.led.update(heard.moves)
        if action in handling.ELSEWHERE and action != "correct_record":
            self.done[action] += 1

    def _judge(self, known: int, complaint_id: int) -> None:
        rows = self.seen[complaint_id]
        before = Story()
        for event in rows.events:
            if event["sequence"] > max(known, 1):
                check(Deed(self.ledger, replace(before, moves=[]), rows, event))
            before.hear(event)

    def verify(self) -> None:
        """Nothing changed unseen, and every chain holds."""
        refused_changes_nothing(self.seen, self.ledger.take())
        with self.database.reading() as session:
            found = verify(session, self.keys.chain)
        if found.broken:
            broken("R40 the chain is whole", str(found.broken))

    # What can be done

    def facts(self, complaint_id: int) -> CaseFacts:
        with self.database.reading() as session:
            case = look_at(self.work(session, SYSTEM), complaint_id)
            return case_facts(case, Holdings(case))

    def offers(self, facts: CaseFacts, people: Iterable[Actor] | None = None) -> list[tuple[Actor, Offer]]:
        """What each of these people could do now, open or not; what is not their business is left out."""
        return [
            (actor, offer)
            for actor in (self.people if people is None else people)
            for offer in available(facts, actor, self.settings)
            if not offer.is_hidden
        ]

    def offers_even_hidden(self, facts: CaseFacts, actor: Actor) -> list[tuple[Actor, Offer]]:
        """What has its place now, whether it is this person's business or not."""
        return [(actor, offer) for offer in available(facts, actor, self.settings)]

    def able(self, action: str) -> list[Actor]:
        """Whoever holds a permission of this action at all."""
        rule = ACTIONS[action]
        wanted = {*rule.permissions, *(one for some in rule.permissions_in.values() for one in some)}
        return [who for who in self.people if any(who.scope(one) is not Scope.NONE for one in wanted)]

    def scene(self, complaint_id: int, facts: CaseFacts, actor: Actor) -> Scene:
        rows = self.seen[complaint_id]
        measures = tuple(row["id"] for row in rows.of("measure") if not row["dropped"] and row["done_at"] is None)
        others = (self.seen[one].row for one in self.cases if one != complaint_id)
        numbers = tuple(
            row["number"] for row in others if row["merged_into_id"] is None and row["status"] != "archived"
        )
        return Scene(
            facts, self.at, actor.staff_id, self.receivers, self.owners, self.callers,
            tuple(one.staff_id for one in self.people if one.staff_id), measures, numbers, self.evidence_types,
            self._elements(complaint_id),
        )  # fmt: skip

    def _elements(self, complaint_id: int) -> dict[str, Any]:
        with self.database.reading() as session:
            code = session.get_one(Complaint, complaint_id).category.code
            return told_values.elements(session, code, _MADE_UP)

    def fill(self, complaint_id: int, facts: CaseFacts, actor: Actor, offer: Offer, chance: Random) -> dict[str, Any]:
        """Values for an offer: what is required, and some of what may be entered besides."""
        optional = tuple(code for code in offer.optional if code != "at" and chance.random() < 0.7)
        return self.fill_in(complaint_id, facts, actor, offer.action, (*offer.required, *optional), chance)

    def fill_in(
        self, complaint_id: int, facts: CaseFacts, actor: Actor, action: str, fields: tuple[str, ...], chance: Random
    ) -> dict[str, Any]:
        """Values for these fields of an action."""
        return fill(action, fields, self.scene(complaint_id, facts, actor), chance)

    def uploads(self, offer_fields: Iterable[str], chance: Random) -> tuple[Upload, ...]:
        if "file" not in offer_fields:
            return ()
        text = f"附件 {chance.randrange(10**9)}\n".encode()
        return (Upload("记录.txt", text, "text/plain"),)

    # Walks

    def somebody_goes_on(self, complaint_id: int, chance: Random, *, spoiled: float = 0.1) -> str | None:
        """Somebody takes an open offer, by preference one that was seldom taken; gives the action."""
        facts = self.facts(complaint_id)
        people = chance.sample(self.people, 9) + [who for who in self.people if who.staff_id in facts.order_holders]
        open_ones = [(who, offer) for who, offer in self.offers(facts, people) if offer.is_open]
        if not open_ones:
            return None
        moves = {offer.action for _, offer in open_ones if offer.way is not None}
        acts = {offer.action for _, offer in open_ones} - moves
        among = sorted(moves if moves and (not acts or chance.random() < 0.45) else acts)
        action = min(chance.sample(among, min(3, len(among))), key=lambda one: self.done[one])
        actor, offer = chance.choice([one for one in open_ones if one[1].action == action])
        values = self.fill(complaint_id, facts, actor, offer, chance)
        if chance.random() < spoiled:
            values = spoil(values, chance)
        refused = self.act(
            complaint_id, action, actor, values, self.uploads((*offer.required, *offer.optional), chance)
        )
        return None if refused else action

    def somebody_tries(self, complaint_id: int, chance: Random) -> tuple[Refusal, ...]:
        """Anybody tries anything, offered or not, with values that fit or do not."""
        facts = self.facts(complaint_id)
        rule = ACTIONS[chance.choice(sorted(set(ACTIONS)))]
        actor = chance.choice([*self.people, SYSTEM])
        ways = [way for way in (facts.at.next if facts.at else ()) if way.action == rule.code]
        wanted = (*rule.fields, *(ways[0].requires if ways else ()), *(facts.at.required_fields if facts.at else ()))
        values = fill(rule.code, tuple(dict.fromkeys(wanted)), self.scene(complaint_id, facts, actor), chance)
        if chance.random() < 0.4:
            values = spoil(values, chance)
        return self.act(complaint_id, rule.code, actor, values)


_MADE_UP = {
    "received_at": "2026-03-02T10:00", "summary": {"zh": "宽带每晚掉线"}, "number": "TS-2026-00001",
    "customer": {"zh": "周㛃敏"}, "timeline": [{"text": {"zh": "宽带每晚掉线"}}], "title": {"zh": "宽带掉线"},
    "code": "made_up", "completeness": {"missing": [], "not_applicable": [], "not_read_back": []},
}  # fmt: skip
