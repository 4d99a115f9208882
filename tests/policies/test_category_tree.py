"""The category tree (R3, R10): levels, and what a leaf must say."""

import pytest

from backoffice.office import document
from policies.category_tree import (
    BRANCH,
    LEAF,
    TRUNK,
    Leaf,
    Surroundings,
    Symptom,
    check_department,
    check_leaf,
    check_place,
    check_symptoms,
)

DESK, NETWORK = 1, 2  # the desk receives no orders
AROUND = Surroundings(
    departments={DESK: False, NETWORK: True},
    inherited=NETWORK,
    routes={"field_or_network"},
    elements={"customer_number", "fault_time", "photo"},
    base_elements=("customer_number",),
)
GOOD = Leaf(NETWORK, "general", "high", "low", "field_or_network", ("customer_number", "fault_time"))


def said(refusals):
    return [(refusal.field, refusal.key.rpartition(".")[2]) for refusal in refusals]


@pytest.mark.parametrize(
    ("level", "parent_level", "why"),
    [
        (TRUNK, None, None),
        (BRANCH, TRUNK, None),
        (LEAF, BRANCH, None),
        (LEAF, TRUNK, "other_level"),
        (BRANCH, None, "other_level"),
        (TRUNK, BRANCH, "other_level"),
        (LEAF, LEAF, "under_a_leaf"),
        (4, LEAF, "under_a_leaf"),
    ],
)
def test_R3_the_tree_has_exactly_three_levels(level, parent_level, why):
    assert said(check_place(level, parent_level)) == ([("parent_id", why)] if why else [])


def test_R3_nothing_new_stands_under_a_retired_category():
    assert said(check_place(LEAF, BRANCH, parent_retired=True)) == [("parent_id", "parent_retired")]


def test_R3_a_whole_leaf_passes():
    assert check_leaf(GOOD, AROUND) == []


def test_R10_a_leaf_may_take_the_department_of_the_branch():
    assert check_leaf(Leaf(None, *list(vars(GOOD).values())[1:]), AROUND) == []


@pytest.mark.parametrize(
    ("department", "inherited", "why"),
    [
        (DESK, NETWORK, "receives_no_orders"),
        (99, NETWORK, "unknown"),
        (None, None, "no_department"),
        (None, DESK, "receives_no_orders"),
    ],
)
def test_R10_a_leaf_without_a_department_that_receives_orders_is_refused(department, inherited, why):
    around = Surroundings(AROUND.departments, inherited)
    assert said(check_department(department, around, leaf=True)) == [("default_department_id", why)]


def test_R10_a_branch_needs_no_department_of_its_own():
    assert check_department(None, Surroundings(), leaf=False) == []


def test_R10_the_elements_of_every_order_cannot_be_left_out():
    leaf = Leaf(NETWORK, "general", "high", "low", "field_or_network", ("fault_time",))
    refusals = check_leaf(leaf, AROUND)
    assert said(refusals) == [("required_elements", "base_elements")]
    assert refusals[0].params == {"elements": ("customer_number",)}


def test_R3_every_fault_of_a_leaf_is_told_at_once():
    leaf = Leaf(None, "grave", None, "low", "by_pigeon", ("customer_number", "horoscope"))
    assert said(check_leaf(leaf, AROUND)) == [
        ("default_severity", "unknown"),
        ("default_urgency", "missing"),
        ("route", "unknown"),
        ("required_elements", "unknown"),
    ]


@pytest.mark.parametrize(
    ("symptoms", "why"),
    [
        ([Symptom("no_bars", "无信号格", "No bars"), Symptom("weak", "弱", "Weak")], None),
        ([Symptom("no_bars", "无信号格", "No bars"), Symptom("no_bars", "弱", "Weak")], "symptom_twice"),
        ([Symptom("No Bars", "无信号格", "No bars")], "symptom_code"),
        ([Symptom("", "无信号格", "No bars")], "symptom_code"),
        ([Symptom("no_bars", "无信号格", "")], "symptom_names"),
        ([Symptom("no_bars", "无" * 121, "No bars")], "symptom_names"),
        ([Symptom(f"s{number}", "无", "None") for number in range(31)], "too_many"),
    ],
)
def test_R7_a_symptom_has_a_code_of_its_own_and_both_names(symptoms, why):
    assert said(check_symptoms(symptoms)) == ([("symptoms", why)] if why else [])


def test_R3_every_leaf_of_the_default_office_passes():
    categories, receives = document("categories"), {}
    for row in document("organisation")["departments"]:
        receives[row["code"]] = row["receives_orders"]
    numbers = {code: number for number, code in enumerate(receives)}
    leaves = 0

    def walk(rows, inherited):
        nonlocal leaves
        for row in rows:
            own = row.get("default_department")
            if not row.get("children"):
                leaves += 1
                leaf = Leaf(
                    numbers[own] if own else None,
                    row["default_severity"],
                    row["default_urgency"],
                    row["default_impact"],
                    row["route"],
                    tuple(row["required_elements"]),
                    tuple(Symptom(one["code"], one["name"]["zh"], one["name"]["en"]) for one in row["symptoms"]),
                )
                around = Surroundings(
                    {number: receives[code] for code, number in numbers.items()},
                    numbers[inherited] if inherited else None,
                    {route["code"] for route in categories["routes"]},
                    {element["code"] for element in categories["dispatch_elements"]},
                    tuple(categories["element_rules"]["base"]),
                )
                assert check_leaf(leaf, around) == [], row["code"]
            walk(row.get("children", []), own or inherited)

    walk(categories["categories"], None)
    assert leaves == 69
