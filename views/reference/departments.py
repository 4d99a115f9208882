"""Departments as a tree: who heads them, whether they receive orders, what hangs on them (R10, R12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_admin import expose
from sqlalchemy.orm import Session, joinedload

from backoffice.models.office import Department, Staff
from backoffice.queries import usage
from backoffice.services import department as service
from forms.reference.department import DepartmentForm
from policies.message import Refusal
from policies.reference import in_tree_order, under
from views import context
from views.language import _, lazy
from views.reference.base import ReferenceScreen, choices, in_use, reading
from views.reference.words import words

DEEPEST = 6  # how far the list is indented


@dataclass(frozen=True)
class TreeRow:
    """A department in its place, with how many people and open orders it has."""

    row: Department
    depth: int
    people: int
    orders: int


class DepartmentScreen(ReferenceScreen):
    """The tree of departments."""

    subject = service.SUBJECT
    form_class = DepartmentForm
    list_template = "reference/departments.html"
    column_list = ("name_zh",)

    def __init__(self) -> None:
        super().__init__(
            Department,
            name=lazy("reference.departments.title"),
            category=lazy("reference.group.organisation"),
            endpoint="departments",
        )
        self.summary = lazy("reference.departments.summary")

    @expose("/")
    def index_view(self) -> Any:
        """The tree; departments out of use only when asked for."""
        with_retired = request.args.get("retired") == "1"
        statement = sa.select(Department).options(joinedload(Department.head)).order_by(Department.id)
        rows = {row.id: row for row in reading().scalars(statement)}
        shown = [row for row in rows.values() if with_retired or row.retired_at is None]
        people = usage.staff_by_department(reading())
        orders = usage.open_orders_by_department(reading())
        tree = [
            TreeRow(rows[row_id], min(depth, DEEPEST), people.get(row_id, 0), orders.get(row_id, 0))
            for row_id, depth in in_tree_order((row.id, row.parent_id) for row in shown)
        ]
        retired = sum(row.retired_at is not None for row in rows.values())
        return self.render(self.list_template, tree=tree, with_retired=with_retired, retired=retired)

    def fill(self, form: Any, row: Department | None) -> None:
        """Kinds, parents that are not below it, people in service."""
        form.kind.choices = [(kind, words("reference.department_kind", kind)) for kind in service.KINDS]
        parents = {item.id: item.parent_id for item in reading().scalars(sa.select(Department))}
        below = under(row.id, parents) if row else frozenset()
        departments = reading().scalars(in_use(Department, row.parent_id if row else None))
        form.parent_id.choices = choices(
            [item for item in departments if item.id not in below], blank=_("reference.departments.top")
        )
        people = in_use(Staff, row.head_id if row else None).order_by(None).order_by(Staff.code)
        form.head_id.choices = choices(reading().scalars(people), blank=_("reference.none"))

    def start(self) -> dict[str, Any]:
        """Most departments serve."""
        return {"kind": "service"}

    def create(self, session: Session, form: DepartmentForm) -> Department:
        """A new department."""
        return service.create(session, context.actor(), context.now(), form.code.data, form.facts())

    def change(self, session: Session, row_id: int, form: DepartmentForm) -> Department:
        """Another name, head or place."""
        return service.change(session, context.actor(), context.now(), row_id, form.facts())

    def retire(self, session: Session, row_id: int, reason: str) -> Department:
        """Out of use."""
        return service.retire(session, context.actor(), context.now(), row_id, reason)

    def restore(self, session: Session, row_id: int, reason: str) -> Department:
        """Back into use."""
        return service.restore(session, context.actor(), context.now(), row_id, reason)

    def hangs_on(self, row: Department) -> Sequence[Refusal]:
        """People, orders, channels, categories, departments."""
        return service.why_not_retire(reading(), row)
