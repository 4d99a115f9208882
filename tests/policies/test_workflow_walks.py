"""Random walks through the flow (R11, R22): whatever is offered is tried, and what must never happen never does.

The walker keeps the facts as a service would: it carries out each decision on plain values. It takes any open offer of
any member of the sample staff, in any process.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from policies.access import SYSTEM, Subject
from policies.actions import ACTIONS
from policies.casefacts import CaseFacts, OrderFacts
from policies.disputes import OpenDispute
from policies.fields import CARRIED_FIELDS, COMPLAINT_FIELDS, FIELD_KINDS, FieldKind
from policies.guards import is_desk
from policies.process import END
from policies.regrading import REGRADES, Proposal
from policies.vocabulary import CaseFunction, ContactWay, Fault, OrderStatus, Outcome, Severity
from policies.workflow import Decision, Offer, available, decide
from tests.support.flow import (
    DEPARTMENTS,
    DESK,
    EVERYBODY,
    FIELD,
    IT,
    NETWORK,
    NOW,
    PROCESSES,
    RECEIVERS,
    SETTINGS,
    at_step,
)

HANDLERS = {NETWORK: 13, FIELD: 16, IT: 32}
PEOPLE = [actor for actor in EVERYBODY if actor.code in {
    "S001", "S002", "S003", "S004", "S005", "S008", "S010", "S011", "S012", "S013", "S015", "S016", "S021", "S024",
    "S026", "S028", "S032",
}]  # fmt: skip
"""One or two of each role, so that a walk meets heads and handlers of three departments and no two alike."""
HANDLED_BY = frozenset({CaseFunction.OWNER, CaseFunction.CO_HANDLER})


class Walk(RuleBasedStateMachine):
    """One complaint from registration on."""

    @initialize(data=st.data(), severity=st.sampled_from(Severity))
    def it_stands_somewhere(self, data, severity):
        self.at = NOW
        step = data.draw(st.sampled_from([step.code for step in PROCESSES[severity].steps]), label="from")
        self.facts = replace(at_step(step, severity), received_at=self.at, step_since=self.at)
        ended = {"explain": Outcome.NOT_ESTABLISHED, "post_review": Outcome.RESOLVED, "archive": Outcome.RESOLVED}
        self.facts = replace(self.facts, outcome=ended.get(step))
        self.decided: set[int] = set()
        self.bound = False
        self.frozen: CaseFacts | None = None

    @precondition(lambda self: self.facts.at is not None)
    @rule(data=st.data(), hours=st.integers(0, 30), acts=st.sampled_from([False, False, False, True]))
    def somebody_acts(self, data, hours, acts):
        self.at += timedelta(hours=hours)
        if not acts:  # what the step asks for comes in, and somebody goes on
            needed = set(self.facts.at.required_evidence)
            self.facts = replace(self.facts, evidence=self.facts.evidence | needed)
        open_offers = [
            (who, offer)
            for who in (*PEOPLE, SYSTEM)
            for offer in available(self.facts, who, SETTINGS)
            if offer.is_open and (acts or offer.way is not None)
        ]
        if not open_offers:
            return
        action = data.draw(st.sampled_from(sorted({offer.action for _, offer in open_offers})), label="what")
        able = {who.code: (who, offer) for who, offer in open_offers if offer.action == action}
        who, offer = able[data.draw(st.sampled_from(sorted(able)), label="who")]
        values = {code: self._value(data, code) for code in (*offer.required, *offer.optional)}
        found = decide(self.facts, offer.action, values, who, self.at, SETTINGS)
        if isinstance(found, Decision):
            self._carry_out(offer, found, values, who)

    @precondition(lambda self: self.facts.archived)
    @rule(data=st.data())
    def somebody_tries_everything_on_the_archived(self, data):
        who = {who.code: who for who in PEOPLE}[data.draw(st.sampled_from([who.code for who in PEOPLE]), label="who")]
        values = {code: self._value(data, code) for code in FIELD_KINDS}
        for action in ACTIONS:
            found = decide(self.facts, action, values, who, self.at, SETTINGS)
            if isinstance(found, Decision):
                assert action in {"reveal", "open_attachment", "print_dossier", "print_dossier_full", "add_supplement"}
                assert not found.moves
                assert found.to_step == END

    def _value(self, data, code):
        department = self.facts.order.department_id if self.facts.order else None
        choices = {
            FieldKind.DEPARTMENT: lambda: st.sampled_from([NETWORK, FIELD, IT, DESK, DEPARTMENTS["management"]]),
            FieldKind.STAFF: lambda: st.just(HANDLERS.get(department, 13)),
            FieldKind.STAFF_LIST: lambda: st.just([HANDLERS.get(department, 13)]),
            FieldKind.SEVERITY: lambda: st.sampled_from([severity.value for severity in Severity]),
            FieldKind.FAULT: lambda: st.sampled_from([fault.value for fault in Fault]),
            FieldKind.MONEY: lambda: st.sampled_from([Decimal(0), Decimal(40), Decimal(400), Decimal(9000)]),
            FieldKind.SCORE: lambda: st.integers(1, 5),
            FieldKind.YES_NO: st.booleans,
            FieldKind.CONTACT_WAY: lambda: st.sampled_from([ContactWay.PHONE, ContactWay.VISIT, ContactWay.SMS]),
            FieldKind.MOMENT: lambda: st.just(self.at),
            FieldKind.OUTCOME: lambda: st.just(Outcome.RESOLVED.value),
            FieldKind.MEASURES: lambda: st.just(["一项"]),
        }
        return data.draw(choices.get(FIELD_KINDS[code], lambda: st.just("写明"))(), label=code)

    def _carry_out(self, offer: Offer, decision: Decision, values, who):
        before = self.facts
        if decision.order is not None and decision.order.department_id is not None:
            self._new_order(before, decision, offer)
        entered = {code for code in values if values[code] is not None}
        moved = decision.moves
        carried = {code for code in before.fields | entered if code in CARRIED_FIELDS | COMPLAINT_FIELDS}
        order = self._order(before, decision)
        people = before.subject.people | {person for _, person in decision.functions}
        departments = before.subject.departments | ({order.department_id} if order else set())
        attempts = () if moved else before.attempts
        if offer.action == "record_attempt":
            attempts = (*attempts, decision.happened_at)
        amount = values.get("compensation_amount", before.plan_compensation)
        author = CaseFunction.PLAN_AUTHOR in dict(decision.functions)
        self.facts = replace(
            before,
            process=decision.process,
            severity=decision.severity,
            step=decision.to_step,
            round=decision.round,
            outcome=decision.outcome,
            subject=Subject(people, departments),
            fields=frozenset(carried if moved else before.fields | entered),
            evidence=frozenset() if moved else before.evidence | set(decision.evidence),
            step_since=self.at if moved else before.step_since,
            order=order,
            order_sent=before.order_sent or order is not None,
            departments_had=self._had(before, decision),
            transfers=before.transfers + (offer.action == "transfer"),
            **self._put_to_a_manager(before, offer.action, values, who),
            dispute_decided=before.dispute_decided or offer.action == "decide_dispute",
            handlers_ever=before.handlers_ever | {p for f, p in decision.functions if f in HANDLED_BY},
            attempts=attempts,
            acknowledged=before.acknowledged or offer.action == "acknowledge",
            responded=before.responded or offer.action == "respond_first",
            check_decided_by_id=who.staff_id if offer.action == "find_not_established" else before.check_decided_by_id,
            check_reviewed=offer.action == "review_check"
            if moved or offer.action == "review_check"
            else before.check_reviewed,
            fault=Fault(values["fault"]) if offer.action == "submit_facts" else before.fault,
            plan_author_id=who.staff_id if author else before.plan_author_id,
            plan_author_roles=who.roles if author else before.plan_author_roles,
            plan_compensation=amount if offer.action in ("submit_plan", "redo") else before.plan_compensation,
            approved_compensation=before.plan_compensation
            if offer.action == "approve"
            else before.approved_compensation,
            measures=1 if before.order_sent else 0,
            measures_open=1
            if offer.action == "approve"
            else 0
            if offer.action == "tick_measure"
            else before.measures_open,
            apology_given=before.apology_given or offer.action == "apologise" or bool(values.get("apologised")),
            dissatisfied=before.dissatisfied or offer.action in ("report_unsatisfied", "hand_over"),
        )

    def _new_order(self, before, decision, offer):
        """R11: the desk sends once; afterwards only a transfer to a new department or a binding decision moves it."""
        target = decision.order.department_id
        assert target in RECEIVERS
        assert target != DESK
        if offer.action != "decide_dispute":
            assert not self.bound, "what was decided was moved again"
        if offer.action == "transfer":
            assert target not in before.departments_had
            assert before.transfers < SETTINGS.transfers_before_escalation
        elif offer.action == "send_order":
            assert not before.order_sent
        else:
            assert offer.action == "decide_dispute"
            assert before.dispute.ground_id not in before.dispute_grounds, "the same ground was heard twice"
            self.bound = True

    @staticmethod
    def _put_to_a_manager(before, action, values, who):
        """The dispute and the proposal that wait, and the grounds on which a dispute was decided."""
        dispute, proposal, grounds = before.dispute, before.proposal, before.dispute_grounds
        if action == "raise_dispute":
            dispute = OpenDispute(who.staff_id, before.order.department_id, values.get("claimed_department"))
        elif action == "decide_dispute":
            dispute, grounds = None, grounds | {dispute.department_id, dispute.ground_id}
        elif action == "propose_regrade":
            proposal = Proposal(who.staff_id, Severity(values["severity"]), {"regrade_reason": "写明"})
        elif action == "decline_regrade":
            proposal = None
        elif action in REGRADES:
            dispute = proposal = None
        return {"dispute": dispute, "proposal": proposal, "dispute_grounds": grounds}

    @staticmethod
    def _order(before, decision):
        effect, order = decision.order, before.order
        if effect is None:
            return order
        if effect.department_id is not None:
            return OrderFacts(OrderStatus.SENT, effect.department_id)
        owner = effect.owner_id or order.owner_id
        return replace(order, status=effect.status or order.status, owner_id=owner)

    @staticmethod
    def _had(before, decision):
        department = decision.order.department_id if decision.order else None
        return before.departments_had if department is None else (*before.departments_had, department)

    @invariant()
    def a_dispatched_complaint_is_never_at_the_desk(self):
        if self.facts.order_sent:
            assert not is_desk(self.facts.process, self.facts.step)

    @invariant()
    def somebody_can_always_go_on_until_it_is_archived(self):
        """With the evidence, talks and papers that the step asks for there is always a way out for somebody."""
        facts = self.facts
        if facts.archived:
            return
        ready = replace(
            facts, evidence=facts.evidence | set(facts.at.required_evidence), check_reviewed=True, measures=1,
            measures_open=0,
        )  # fmt: skip
        assert any(
            offer.is_open and offer.way is not None and offer.action != "regrade"
            for who in PEOPLE
            for offer in available(ready, who, SETTINGS)
        ), f"nobody can go on from {facts.step}"

    @invariant()
    def an_archived_complaint_does_not_change(self):
        if self.facts.archived:
            self.frozen = self.frozen or self.facts
            assert (self.facts.step, self.facts.outcome) == (END, self.frozen.outcome)
            assert isinstance(self.facts.outcome, Outcome)


TestWalk = Walk.TestCase
TestWalk.settings = settings(
    max_examples=30, stateful_step_count=50,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a walk is told step by step; making it shorter takes minutes
    deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)  # fmt: skip
