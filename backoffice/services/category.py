"""The category tree (R3, R10): trunks, branches, leaves; a leaf gives complaints department, grading and elements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import Category, ListEntry, Setting
from backoffice.models.office import Department
from backoffice.queries import usage
from backoffice.services.core import upkeep
from policies.access import Actor
from policies.category_tree import (
    LEAF,
    Leaf,
    Surroundings,
    Symptom,
    check_department,
    check_leaf,
    check_place,
    level_under,
)
from policies.message import Refusal
from policies.reference import check_code, check_names, check_whole, refused

SUBJECT = "category"
MOST_PLACES = 999


@dataclass(frozen=True)
class CategoryFacts:
    """What an administrator says of a category; what stands after ``position`` counts for a leaf alone."""

    name_zh: str
    name_en: str
    parent_id: int | None = None
    default_department_id: int | None = None
    position: int | None = 0
    default_severity: str | None = None
    default_urgency: str | None = None
    default_impact: str | None = None
    first_contact_possible: bool = False
    route: str | None = None
    required_elements: tuple[str, ...] = ()
    symptoms: tuple[Symptom, ...] = ()

    @property
    def leaf(self) -> Leaf:
        """As the rules ask for it."""
        return Leaf(
            self.default_department_id,
            self.default_severity,
            self.default_urgency,
            self.default_impact,
            self.route,
            self.required_elements,
            self.symptoms,
        )


def create(session: Session, actor: Actor, at: datetime, code: str, facts: CategoryFacts) -> Category:
    """A new trunk, branch or leaf, by where it stands; its code and its level stay for good."""
    upkeep.begin(session, actor)
    parent = _parent(session, facts)
    level = level_under(parent.level if parent else None)
    taken = check_code(code, upkeep.codes_of(session, Category))
    upkeep.ensure(taken, _check(session, None, level, parent, facts))
    category = Category(code=code, level=level, parent_id=facts.parent_id, **_columns(facts, level))
    upkeep.add(session, actor, at, SUBJECT, category)
    category.path = f"{parent.path if parent else '/'}{category.id}/"
    return category


def change(session: Session, actor: Actor, at: datetime, category_id: int, facts: CategoryFacts) -> Category:
    """Another name, defaults, or another place on the same level; what stands under it moves along."""
    upkeep.begin(session, actor)
    category = upkeep.row_of(session, Category, category_id)
    parent = _parent(session, facts)
    upkeep.ensure(_check(session, category, category.level, parent, facts))
    values = {**_columns(facts, category.level), "parent_id": facts.parent_id}
    upkeep.change(session, actor, at, SUBJECT, category, values)
    _place(session, category, f"{parent.path if parent else '/'}{category.id}/")
    return category


def retire(session: Session, actor: Actor, at: datetime, category_id: int, reason: str) -> Category:
    """Out of use: no complaint is filed under it any more, those filed keep it. What stands under it goes first."""
    upkeep.begin(session, actor)
    category = upkeep.row_of(session, Category, category_id)
    if category.retired_at is None:
        upkeep.ensure(why_not_retire(session, category))
    upkeep.retire(session, actor, at, SUBJECT, category, reason)
    return category


def restore(session: Session, actor: Actor, at: datetime, category_id: int, reason: str) -> Category:
    """Back into use, under a category in use; a leaf must still be able to reach a department (R10)."""
    upkeep.begin(session, actor)
    category = upkeep.row_of(session, Category, category_id)
    if category.retired_at is not None:
        upkeep.ensure(_check(session, category, category.level, category.parent, facts_of(category)))
        if category.parent is not None and category.parent.retired_at is not None:
            raise DomainError(refused("parent_retired", name=upkeep.name_of(category.parent)))
    upkeep.restore(session, actor, at, SUBJECT, category, reason)
    return category


def why_not_retire(session: Session, category: Category) -> list[Refusal]:
    """What still stands under a category."""
    children = usage.categories_under(session, category.id)
    if not children:
        return []
    return [Refusal("reference.refused.category_has_children", {"count": children.count, "names": children.names})]


def base_elements(session: Session) -> tuple[str, ...]:
    """The elements that every work order carries (R10)."""
    rules = session.get(Setting, "element_rules")
    return tuple(rules.value.get("base", ())) if rules else ()


def facts_of(category: Category) -> CategoryFacts:
    """What is said of a category now."""
    return CategoryFacts(
        name_zh=category.name_zh,
        name_en=category.name_en,
        parent_id=category.parent_id,
        default_department_id=category.default_department_id,
        position=category.position,
        default_severity=category.default_severity,
        default_urgency=category.default_urgency,
        default_impact=category.default_impact,
        first_contact_possible=category.first_contact_possible,
        route=category.route,
        required_elements=tuple(category.required_elements),
        symptoms=tuple(Symptom(row["code"], row["name"]["zh"], row["name"]["en"]) for row in category.symptoms),
    )


def _parent(session: Session, facts: CategoryFacts) -> Category | None:
    if facts.parent_id is None:
        return None
    parent = session.get(Category, facts.parent_id)
    if parent is None:
        raise DomainError(refused("unknown", "parent_id"))
    return parent


def _check(
    session: Session, category: Category | None, level: int, parent: Category | None, facts: CategoryFacts
) -> list[Refusal]:
    moved = category is None or category.parent_id != facts.parent_id
    parent_retired = moved and parent is not None and parent.retired_at is not None
    place = check_place(level, parent.level if parent else None, parent_retired=parent_retired)
    around = _surroundings(session, category, parent)
    common = [
        *check_names(facts.name_zh, facts.name_en),
        *place,
        *check_whole("position", facts.position, 0, MOST_PLACES),
    ]
    if place or level != LEAF:
        return [
            *common,
            *check_department(facts.default_department_id, around, leaf=False),
            *_check_heirs(session, category, facts, around),
        ]
    return common + check_leaf(facts.leaf, around)


def _check_heirs(
    session: Session, category: Category | None, facts: CategoryFacts, around: Surroundings
) -> list[Refusal]:
    """A trunk or branch gives up its department only when no leaf under it lives by it (R10)."""
    given = facts.default_department_id or around.inherited
    if category is None or (given is not None and around.departments.get(given, False)):
        return []
    under = sa.select(Category).where(Category.path.startswith(category.path), Category.retired_at.is_(None))
    nodes = {node.id: node for node in session.scalars(under)}

    def lives_by(leaf: Category) -> bool:
        node: Category | None = leaf
        while node is not None and node.id != category.id:
            if node.default_department_id is not None:
                return False
            node = nodes.get(node.parent_id or 0)
        return node is not None

    heirs = [leaf for leaf in nodes.values() if leaf.level == LEAF and lives_by(leaf)]
    if not heirs:
        return []
    names = tuple(upkeep.name_of(leaf) for leaf in heirs[: usage.NAMED])
    return [refused("leaves_need_department", "default_department_id", count=len(heirs), names=names)]


def _surroundings(session: Session, category: Category | None, parent: Category | None) -> Surroundings:
    departments = session.execute(sa.select(Department.id, Department.receives_orders, Department.retired_at))
    return Surroundings(
        departments={row.id: row.receives_orders for row in departments if row.retired_at is None},
        inherited=inherited_department(parent),
        routes=_codes(session, "routes", {category.route} if category else set()),
        elements=_codes(session, "dispatch_elements", set(category.required_elements) if category else set()),
        base_elements=base_elements(session),
    )


def inherited_department(node: Category | None) -> int | None:
    """The department that this node, or the nearest above it, names."""
    while node is not None:
        if node.default_department_id is not None:
            return node.default_department_id
        node = node.parent
    return None


def _codes(session: Session, name: str, held: set[Any]) -> frozenset[str]:
    """The codes of a list that may be chosen: those in use, and what the category has already."""
    statement = sa.select(ListEntry.code).where(ListEntry.list == name, ListEntry.retired_at.is_(None))
    return frozenset(session.scalars(statement)) | frozenset(code for code in held if code)


def _place(session: Session, category: Category, path: str) -> None:
    """Move a node with all that stands under it to a new path."""
    if category.path == path:
        return
    old = category.path
    for node in session.scalars(sa.select(Category).where(Category.path.startswith(old))):
        node.path = path + node.path[len(old) :]
    session.flush()


def _columns(facts: CategoryFacts, level: int) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "name_zh": facts.name_zh.strip(),
        "name_en": facts.name_en.strip(),
        "default_department_id": facts.default_department_id,
        "position": facts.position,
    }
    if level == LEAF:
        columns |= {
            "default_severity": facts.default_severity,
            "default_urgency": facts.default_urgency,
            "default_impact": facts.default_impact,
            "first_contact_possible": facts.first_contact_possible,
            "route": facts.route,
            "required_elements": list(facts.required_elements),
            "symptoms": [_symptom(symptom) for symptom in facts.symptoms],
        }
    return columns


def _symptom(symptom: Symptom) -> dict[str, Any]:
    return {"code": symptom.code, "name": {"zh": symptom.name_zh.strip(), "en": symptom.name_en.strip()}}
