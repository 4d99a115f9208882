"""The category tree (R3, R10): three levels, complaints under leaves alone, and what a leaf must say."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from policies.message import Refusal
from policies.reference import CODE, LONGEST_CODE, LONGEST_NAME, check_choice, check_choices, refused
from policies.vocabulary import Level, Severity

TRUNK, BRANCH, LEAF = 1, 2, 3
MOST_SYMPTOMS = 30


@dataclass(frozen=True)
class Symptom:
    """What a customer sees, as intake ticks it (R7)."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True)
class Leaf:
    """What a leaf gives to a complaint filed under it; ``department_id`` None: that of the branch or the trunk."""

    department_id: int | None = None
    severity: str | None = None
    urgency: str | None = None
    impact: str | None = None
    route: str | None = None
    elements: tuple[str, ...] = ()
    symptoms: tuple[Symptom, ...] = ()


@dataclass(frozen=True)
class Surroundings:
    """What a leaf is checked against.

    ``departments``: ids of those in use → whether they receive orders; ``inherited``: the department of the nearest
    node above that names one; ``base_elements``: those that every work order carries.
    """

    departments: Mapping[int, bool] = field(default_factory=dict)
    inherited: int | None = None
    routes: Collection[str] = ()
    elements: Collection[str] = ()
    base_elements: Collection[str] = ()


def level_under(parent_level: int | None) -> int:
    """The level of what stands under a node of this level; past ``LEAF`` there is none."""
    return TRUNK if parent_level is None else parent_level + 1


def check_place(level: int, parent_level: int | None, *, parent_retired: bool = False) -> list[Refusal]:
    """A node stands one level under its parent: trunks at the top, leaves under branches, nothing under a leaf."""
    if parent_level == LEAF:
        return [refused("under_a_leaf", "parent_id")]
    if level_under(parent_level) != level:
        return [refused("other_level", "parent_id", level=level)]
    return [refused("parent_retired", "parent_id")] if parent_retired else []


def check_department(department_id: int | None, around: Surroundings, *, leaf: bool) -> list[Refusal]:
    """R10: the department, or the one above it, is in use and receives orders; a leaf must come to one."""
    if department_id is not None and department_id not in around.departments:
        return [refused("unknown", "default_department_id")]
    if department_id is None and not leaf:
        return []
    found = around.inherited if department_id is None else department_id
    if found is None:
        return [refused("no_department", "default_department_id")]
    if not around.departments.get(found, False):
        return [refused("receives_no_orders", "default_department_id")]
    return []


def check_leaf(leaf: Leaf, around: Surroundings) -> list[Refusal]:
    """Everything that a leaf needs so that intake can grade by it and the desk can dispatch by it (R3, R10)."""
    missing = [code for code in around.base_elements if code not in leaf.elements]
    return [
        *check_department(leaf.department_id, around, leaf=True),
        *check_choice("default_severity", leaf.severity, list(Severity)),
        *check_choice("default_urgency", leaf.urgency, list(Level)),
        *check_choice("default_impact", leaf.impact, list(Level)),
        *check_choice("route", leaf.route, around.routes),
        *check_choices("required_elements", leaf.elements, around.elements),
        *([refused("base_elements", "required_elements", elements=tuple(missing))] if missing else []),
        *check_symptoms(leaf.symptoms),
    ]


def check_symptoms(symptoms: Sequence[Symptom]) -> list[Refusal]:
    """Codes of their own within the leaf, names in both languages; the first fault is told with its line."""
    if len(symptoms) > MOST_SYMPTOMS:
        return [refused("too_many", "symptoms", most=MOST_SYMPTOMS)]
    seen: set[str] = set()
    for line, symptom in enumerate(symptoms, 1):
        if not (CODE.fullmatch(symptom.code) and len(symptom.code) <= LONGEST_CODE):
            return [refused("symptom_code", "symptoms", line=line)]
        if symptom.code in seen:
            return [refused("symptom_twice", "symptoms", line=line, code=symptom.code)]
        if not all(0 < len(name) <= LONGEST_NAME and name.isprintable() for name in (symptom.name_zh, symptom.name_en)):
            return [refused("symptom_names", "symptoms", line=line)]
        seen.add(symptom.code)
    return []
