"""Work orders (R10–R12): complete when sent, never backwards, in no circles; decided by a rule and by every sequence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from policies.dispatch import (
    Course,
    Department,
    decide,
    raise_dispute,
    refuse_deadline,
    refuse_decision,
    refuse_department,
    refuse_dispute,
    refuse_elements,
    refuse_transfer,
    required_elements,
    send,
    transfer,
)
from policies.dispatch_values import ElementDefinition, ElementValue, refuse_value
from policies.message import Name, Refusal

OFFICE = Path(__file__).resolve().parents[2] / "backoffice/office"
CATEGORIES = yaml.safe_load((OFFICE / "categories.yaml").read_text(encoding="utf-8"))
DEFINITIONS = {entry["code"]: ElementDefinition.from_data(entry) for entry in CATEGORIES["dispatch_elements"]}
BASE = CATEGORIES["element_rules"]["base"]
LEAVES = {
    leaf["code"]: leaf
    for trunk in CATEGORIES["categories"]
    for branch in trunk["children"]
    for leaf in branch["children"]
}
AT = datetime(2026, 9, 18, 9, 10, tzinfo=UTC)
DESK, NETWORK, BILLING, FIELD, IT = 1, 2, 3, 4, 5


def reason(refusal: Refusal | None) -> str | None:
    return refusal.key.removeprefix("dispatch_rules.") if refusal else None


def test_R10_the_offices_elements_are_all_of_a_known_kind() -> None:
    assert len(DEFINITIONS) == len(CATEGORIES["dispatch_elements"]) >= 38
    assert DEFINITIONS["signal_reading"].shown == Name("信号读数", "Signal reading")


def test_R10_an_order_carries_the_base_elements_and_those_of_its_leaf_each_once() -> None:
    leaf = LEAVES["net_call_setup"]["required_elements"]
    assert required_elements(leaf, BASE) == (
        "customer_number",
        "contact_phone",
        "customer_demand",
        "pre_check_result",
        "fault_time",
        "fault_location",
        "device_model",
        "opposite_number",
    )
    assert required_elements(["photo"], BASE) == (*BASE, "photo")


def test_R10_a_repeat_names_the_complaint_before_it() -> None:
    assert required_elements([], BASE, repeat=True)[-1] == "previous_number"
    assert required_elements(["previous_number"], BASE, repeat=True).count("previous_number") == 1
    assert required_elements(["gone"], BASE, known=DEFINITIONS) == tuple(BASE)


def test_R10_every_leaf_of_the_office_asks_for_known_elements() -> None:
    for leaf in LEAVES.values():
        required = required_elements(leaf["required_elements"], BASE)
        assert set(required) <= set(DEFINITIONS)
        assert [reason(one) for one in refuse_elements(required, DEFINITIONS, {})] == ["element.missing"] * len(
            required
        )


def test_R10_what_is_missing_is_listed_by_name_beside_its_field() -> None:
    values = {"customer_number": ElementValue("13900004172"), "signal_reading": ElementValue("  ")}
    refusals = refuse_elements(["customer_number", "fault_location", "signal_reading"], DEFINITIONS, values)
    assert [(one.field, one.params["element"], one.status) for one in refusals] == [
        ("element-fault_location", Name("故障地点", "Place of the fault"), 422),
        ("element-signal_reading", Name("信号读数", "Signal reading"), 422),
    ]


def test_R10_the_customer_does_not_know_needs_its_reason() -> None:
    model = DEFINITIONS["device_model"]
    assert refuse_value(model, ElementValue(unknown=True, reason="老人机，看不到型号")) is None
    assert reason(refuse_value(model, ElementValue(unknown=True))) == "element.unknown_without_reason"
    assert reason(refuse_value(model, ElementValue("x", unknown=True, reason="—"))) == "element.unknown_without_reason"
    assert reason(refuse_value(model, ElementValue(reason="不知道"))) == "element.missing"


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("contact_phone", "0571-88886666", None),
        ("contact_phone", "找他妻子", "element.not_a_phone"),
        ("bill_month", "2026-08", None),
        ("bill_month", "2026-13", "element.not_a_month"),
        ("bill_month", "八月", "element.not_a_month"),
        ("disputed_amount", "30.00", None),
        ("disputed_amount", "1,200.5", None),
        ("disputed_amount", "0", None),
        ("disputed_amount", "-3", "element.not_a_money"),
        ("disputed_amount", "3.141", "element.not_a_money"),
        ("disputed_amount", "30元", "element.not_a_money"),
        ("disputed_amount", "NaN", "element.not_a_money"),
        ("disputed_amount", "Infinity", "element.not_a_money"),
        ("appointment_time", "2026-09-17 09:30", None),
        ("appointment_time", "2026-09-17T09:30+08:00", None),
        ("appointment_time", "明天", "element.not_a_date_time"),
        ("fault_time", "每晚七点半到十一点", None),
        ("fault_time", "2026-09-01T19:30/2026-09-01T23:00", None),
        ("fault_time", "2026-09-02T19:30/2026-09-01T23:00", "element.not_a_period"),
        ("identity_checked", "yes", None),
        ("identity_checked", "maybe", "element.not_a_yes_no"),
        ("indoor_outdoor", "电梯", None),
        ("photo", "7", None),
        ("photo", "", "element.missing"),
        ("fault_location", "云栖苑 3 栋 1102 室", None),
        ("fault_location", "？", "element.missing"),
        ("fault_location", "长" * 1001, "element.too_long"),
    ],
)
def test_R10_a_value_is_checked_by_its_kind(code: str, text: str, expected: str | None) -> None:
    assert reason(refuse_value(DEFINITIONS[code], ElementValue(text))) == expected


def test_R10_a_choice_of_named_ones_must_be_among_them() -> None:
    element = ElementDefinition.from_data({"code": "side", "kind": "choice", "choices": ["in", "out"]})
    assert refuse_value(element, ElementValue("in")) is None
    assert reason(refuse_value(element, ElementValue("up"))) == "element.not_a_choice"


@pytest.mark.parametrize("data", ["a text", {"unknown": True, "reason": "why"}, "yes"])
def test_R10_values_are_stored_and_read_back(data: object) -> None:
    assert ElementValue.from_data(data).as_data() == data


def test_R10_a_stored_yes_or_nothing_is_read() -> None:
    assert ElementValue.from_data(True) == ElementValue("yes")
    assert ElementValue.from_data(None) == ElementValue("")
    with pytest.raises(ValueError, match="riddle"):
        ElementDefinition.from_data({"code": "a", "kind": "riddle"})


@pytest.mark.parametrize(
    ("department", "expected"),
    [
        (Department(NETWORK), None),
        (Department(NETWORK, receives_orders=False), "department.takes_no_orders"),
        (Department(NETWORK, retired=True), "department.retired"),
    ],
)
def test_R10_orders_go_to_departments_that_take_them(department: Department, expected: str | None) -> None:
    assert reason(refuse_department(department)) == expected


def test_R12_the_deadline_of_an_order_lies_ahead() -> None:
    assert reason(refuse_deadline(AT, AT)) == "deadline.past"
    assert refuse_deadline(AT + timedelta(minutes=1), AT) is None


def transferred(course: Course, target: int = BILLING, **change: object) -> str | None:
    given: dict = {"desk": DESK, "cap": 1, "reason": "属计费"} | change
    return reason(refuse_transfer(course, Department(target), **given))


def test_R11_one_transfer_with_a_reason_is_allowed() -> None:
    assert transferred(send(NETWORK)) is None
    assert transferred(send(NETWORK), reason=" ") == "transfer.reason_missing"


def test_R11_an_order_goes_back_neither_to_the_desk_nor_to_a_department_that_had_it() -> None:
    course = transfer(send(NETWORK), BILLING)
    for cap in (1, 2, 9):
        assert transferred(course, DESK, cap=cap) == "transfer.to_desk"
        assert transferred(course, NETWORK, cap=cap) == "transfer.backwards"
        assert transferred(course, BILLING, cap=cap) == "transfer.backwards"


def test_R11_after_the_cap_only_a_dispute_is_left() -> None:
    course = transfer(send(NETWORK), BILLING)
    assert transferred(course, FIELD) == "transfer.cap_reached"
    assert transferred(course, FIELD, cap=2) is None
    assert refuse_dispute(course, ground=FIELD, reason="属装维") is None


def test_R11_a_transfer_goes_to_departments_that_take_orders() -> None:
    refusal = refuse_transfer(send(NETWORK), Department(IT, receives_orders=False), desk=DESK, cap=1, reason="属信息")
    assert reason(refusal) == "department.takes_no_orders"


def test_R11_a_dispute_is_decided_once_and_binds() -> None:
    """Case 06 of the told cases: transferred once, disputed, decided."""
    course = raise_dispute(transfer(send(NETWORK), BILLING), FIELD)
    assert transferred(course, FIELD) == "transfer.disputed"
    assert reason(refuse_dispute(course, ground=IT, reason="属信息")) == "dispute.open"
    assert refuse_decision(course, Department(NETWORK), desk=DESK, reason="终端配置") is None
    assert reason(refuse_decision(course, Department(NETWORK), desk=DESK, reason="")) == "decision.reason_missing"
    assert reason(refuse_decision(course, Department(DESK), desk=DESK, reason="退回")) == "transfer.to_desk"
    decided = decide(course, NETWORK)
    assert decided.departments == (NETWORK, BILLING, NETWORK)
    assert transferred(decided, FIELD, cap=9) == "transfer.bound"
    assert reason(refuse_dispute(decided, ground=FIELD, reason="还是属装维")) == "dispute.decided_before"
    assert reason(refuse_dispute(decided, ground=None, reason="不属我们")) == "dispute.decided_before"
    assert refuse_dispute(decided, ground=IT, reason="新证据：系统割接") is None
    assert reason(refuse_decision(decided, Department(IT), desk=DESK, reason="x")) == "decision.no_dispute"


@pytest.mark.parametrize(
    ("ground", "why", "expected"),
    [(BILLING, "", "dispute.reason_missing"), (NETWORK, "属我们", "dispute.own_department"), (None, "不属我们", None)],
)
def test_R11_a_dispute_needs_a_reason_and_another_department(
    ground: int | None, why: str, expected: str | None
) -> None:
    assert reason(refuse_dispute(send(NETWORK), ground=ground, reason=why)) == expected


departments = st.integers(DESK, 6)


class OrderMachine(RuleBasedStateMachine):
    """Whatever is tried in whatever order: an order returns to nobody, except that a decision names a department."""

    @initialize(first=st.integers(NETWORK, 6), cap=st.integers(0, 3))
    def sent_out(self, first: int, cap: int) -> None:
        self.cap = cap
        self.course = send(first)
        self.had = [first]
        self.transfers = 0
        self.decisions = 0
        self.last = "dispatch"

    @rule(named=departments, why=st.sampled_from(["", "属他们"]))
    def try_transfer(self, named: int, why: str) -> None:
        if refuse_transfer(self.course, Department(named), desk=DESK, cap=self.cap, reason=why) is None:
            assert named not in self.had
            assert named != DESK
            assert why
            assert self.decisions == 0
            self.course = transfer(self.course, named)
            self.had.append(named)
            self.transfers += 1

    @rule(ground=st.none() | departments, why=st.sampled_from(["", "属他们"]))
    def try_dispute(self, ground: int | None, why: str) -> None:
        before = self.course
        if refuse_dispute(before, ground=ground, reason=why) is None:
            assert ground not in before.grounds
            self.course = raise_dispute(before, ground)
            assert self.course.current == before.current

    @precondition(lambda self: self.course.disputed)
    @rule(named=departments, why=st.sampled_from(["", "裁定"]))
    def try_decision(self, named: int, why: str) -> None:
        if refuse_decision(self.course, Department(named), desk=DESK, reason=why) is None:
            ground = self.course.dispute_ground
            self.course = decide(self.course, named)
            self.had.append(named)
            self.decisions += 1
            assert self.course.bound == named
            assert refuse_dispute(self.course, ground=ground, reason="再提") is not None

    @invariant()
    def never_at_the_desk_again(self) -> None:
        assert self.course.current != DESK

    @invariant()
    def transfers_stay_within_the_cap(self) -> None:
        assert self.transfers <= self.cap
        assert self.course.transfers == self.transfers

    @invariant()
    def no_department_twice_without_a_decision(self) -> None:
        repeated = len(self.course.departments) - len(set(self.course.departments))
        assert repeated <= self.decisions

    @invariant()
    def the_course_forgets_nobody(self) -> None:
        assert list(self.course.departments) == self.had


def test_R11_no_sequence_of_acts_takes_an_order_back() -> None:
    run_state_machine_as_test(OrderMachine, settings=settings(max_examples=150, stateful_step_count=30, deadline=None))
