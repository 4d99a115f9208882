"""The categories that an import needs (R1, R3): made once from its mapping, then the office's own like any others."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.integrations.mapping_file import ImportMapping, Leaf
from backoffice.models.configuration import Category, Setting
from backoffice.models.office import Department
from backoffice.services import category
from backoffice.services.category import CategoryFacts
from backoffice.services.core import upkeep
from policies.access import Actor
from policies.category_tree import LEAF
from policies.message import Name, Refusal
from policies.vocabulary import Severity

POSITION = 90


def ensure_categories(session: Session, actor: Actor, at: datetime, mapping: ImportMapping) -> None:
    """Make what is missing of the mapping's trunk; raises ``DomainError`` when a code is taken by something else."""
    trunk = mapping.trunk
    if trunk is None:
        return
    there = _there(session, mapping)
    if len(there) < len(_codes(mapping)):
        upkeep.begin(session, actor)  # another import of the same kind may be making them at this moment
        there = _there(session, mapping)
    unusable = [code for code in mapping.leaves.values() if code in there and not _usable(there[code])]
    if unusable:
        raise DomainError(Refusal("import.category.unusable", {"code": unusable[0]}, status=409))
    if len(there) == len(_codes(mapping)):
        return
    department = session.scalars(sa.select(Department.id).where(Department.code == trunk.department)).one_or_none()
    if department is None:
        raise DomainError(Refusal("import.category.no_department", {"code": trunk.department}, status=409))

    def made(code: str, facts: CategoryFacts) -> Category:
        return there[code] if code in there else category.create(session, actor, at, code, facts)

    root = made(trunk.code, _node(trunk.name, None, department))
    for branch in trunk.branches:
        node = made(branch.code, _node(branch.name, root.id, None))
        for leaf in branch.leaves:
            made(leaf.code, _leaf(session, leaf, node.id, trunk.route))


def _there(session: Session, mapping: ImportMapping) -> dict[str, Category]:
    statement = sa.select(Category).where(Category.code.in_(sorted(_codes(mapping))))
    return {row.code: row for row in session.scalars(statement)}


def _codes(mapping: ImportMapping) -> set[str]:
    if mapping.trunk is None:
        return set()
    branches = mapping.trunk.branches
    leaves = [leaf.code for branch in branches for leaf in branch.leaves]
    return {mapping.trunk.code, *(branch.code for branch in branches), *leaves}


def _usable(row: Category) -> bool:
    return row.level == LEAF and row.retired_at is None


def _node(name: Name, parent_id: int | None, department_id: int | None) -> CategoryFacts:
    return CategoryFacts(name.zh, name.en, parent_id, department_id, POSITION)


def _leaf(session: Session, leaf: Leaf, parent_id: int, route: str) -> CategoryFacts:
    base = session.get(Setting, "element_rules")
    return CategoryFacts(
        leaf.name.zh,
        leaf.name.en,
        parent_id,
        position=POSITION,
        default_severity=Severity.GENERAL.value,
        default_urgency=leaf.urgency.value,
        default_impact=leaf.impact.value,
        route=route,
        required_elements=tuple(base.value.get("base", ())) if base else (),
    )
