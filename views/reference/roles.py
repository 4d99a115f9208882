"""Roles and what they grant (R39): a table of all permissions; nobody widens an own role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from sqlalchemy.orm import Query, Session, selectinload

from backoffice.errors import DomainError
from backoffice.models.office import Role, Staff, StaffRole
from backoffice.services import role as service
from forms.reference.staff import GrantsForm, RoleForm, grant_field, grants_form
from policies.access import Permission, Scope
from policies.message import Message
from views import context
from views.errors import onto_form
from views.filters import named
from views.language import _, label, lazy
from views.reference.base import Page, ReferenceScreen, name_cell, once, reading, state_cell
from views.reference.words import words

# The permissions in the order of the catalogue, by what they are about: the first of each group.
GROUPS: tuple[tuple[str, Permission], ...] = (
    ("intake", Permission.COMPLAINT_REGISTER),
    ("dispatch", Permission.ORDER_SEND),
    ("handling", Permission.INVESTIGATION_RECORD),
    ("data", Permission.CUSTOMER_REVEAL),
    ("knowledge", Permission.NOTICE_PUBLISH),
    ("quality", Permission.SAMPLE_DRAW),
    ("figures", Permission.STATISTICS_VIEW),
    ("office", Permission.CONFIGURATION_EDIT),
)


class RoleScreen(ReferenceScreen):
    """The list of roles, and each role's grants."""

    permissions = (Permission.USER_MANAGE,)
    subject = service.SUBJECT
    form_class = RoleForm
    form_template = "reference/role_form.html"
    column_list = ("name_zh", "duties_zh", "grants", "people", "retired_at")
    column_labels = {
        "name_zh": lazy("reference.field.role"),
        "duties_zh": lazy("reference.field.duties"),
        "grants": lazy("reference.field.grants"),
        "people": lazy("reference.roles.people"),
        "retired_at": lazy("reference.field.state"),
        "name_en": lazy("reference.field.name_en"),
        "code": lazy("reference.field.code"),
    }
    column_sortable_list = ()
    column_default_sort = "id"
    column_searchable_list = ("name_zh", "name_en", "code")
    column_numbers = ("grants", "people")
    column_formatters = {
        "name_zh": name_cell,
        "duties_zh": lambda _view, _context, row, _name: named({"zh": row.duties_zh, "en": row.duties_en}),
        "grants": lambda _view, _context, row, _name: len(row.grants),
        "people": lambda _view, _context, row, _name: once("holders", _counted_holders).get(row.id, 0),
        "retired_at": state_cell,
    }

    def __init__(self) -> None:
        super().__init__(
            Role, name=lazy("reference.roles.title"), category=lazy("reference.group.organisation"), endpoint="roles"
        )
        self.summary = lazy("reference.roles.summary")

    def get_query(self) -> Query[Any]:
        """With the grants, which are counted."""
        return super().get_query().options(selectinload(Role.grants))

    def is_accessible(self) -> bool:
        """Roles hold for the whole office: who manages the users of one department does not see to them."""
        return super().is_accessible() and _manages_all()

    def create(self, session: Session, form: RoleForm) -> Role:
        """A new role, without grants for now."""
        return service.create(session, context.actor(), context.now(), form.code.data, form.facts(), {})

    def change(self, session: Session, row_id: int, form: RoleForm) -> Role:
        """Another name or description."""
        return service.rename(session, context.actor(), context.now(), row_id, form.facts())

    def retire(self, session: Session, row_id: int, reason: str) -> Role:
        """Out of use."""
        return service.retire(session, context.actor(), context.now(), row_id, reason)

    def restore(self, session: Session, row_id: int, reason: str) -> Role:
        """Back into use."""
        return service.restore(session, context.actor(), context.now(), row_id, reason)

    def hangs_on(self, row: Role) -> Sequence[Message]:  # type: ignore[override]  # refusals are messages
        """People who hold it, processes that name it."""
        return service.why_not_retire(reading(), row)

    def after(self, row: Role) -> str:
        """To the role's grants."""
        return url_for("roles.grants_view", id=row.id)

    def page_facts(self, row: Role | None) -> dict[str, Any]:
        """What it grants, in words, and who holds it."""
        return {"granted": _granted(row) if row else [], "holders": _holders(row) if row else []}

    @expose("/grants/", methods=("GET", "POST"))
    def grants_view(self) -> Page:
        """What a role grants, permission by permission."""
        row = self.get_one(request.args.get("id"))
        if row.retired_at is not None and request.method == "POST":
            abort(409)
        held = {grant_field(Permission(one.permission)): one.scope for one in row.grants if _is_known(one.permission)}
        form = grants_form()(request.form if request.method == "POST" else None, data=held)
        for field in form:
            field.choices = [("", words("label.scope", Scope.NONE.value))] + [
                (scope.value, label(scope)) for scope in Scope if scope is not Scope.NONE
            ]
        refusals: Sequence[Message] = ()
        if request.method == "POST" and form.validate():
            try:
                with context.writing() as session:
                    service.grant(session, context.actor(), context.now(), row.id, form.grants())
            except DomainError as error:
                if error.status == 404:
                    raise
                refusals = onto_form(error, form)
            else:
                flash(_("reference.saved", name=named(row)), "success")
                return redirect(url_for("roles.index_view"), 303)
        page = self.render(
            "reference/role_grants.html",
            form=form,
            row=row,
            refusals=refusals,
            groups=_groups(form),
            holders=_holders(row),
            is_own=row.code in context.actor().roles,
        )
        return (page, 422) if request.method == "POST" else page


def _manages_all() -> bool:
    return context.actor().scope(Permission.USER_MANAGE) is Scope.ALL


def _is_known(code: str) -> bool:
    return code in list(Permission)


def _granted(row: Role) -> list[tuple[str, str]]:
    """Permission and scope in words."""
    return [
        (label(Permission(one.permission)), label(Scope(one.scope))) for one in row.grants if _is_known(one.permission)
    ]


def _counted_holders() -> dict[int, int]:
    """How many people in service hold each role."""
    held = sa.select(StaffRole.role_id, sa.func.count()).join(Staff, Staff.id == StaffRole.staff_id)
    counted = reading().execute(held.where(Staff.retired_at.is_(None)).group_by(StaffRole.role_id))
    return {row[0]: row[1] for row in counted}


def _holders(row: Role) -> list[Staff]:
    """The people in service who hold it."""
    statement = sa.select(Staff).join(StaffRole, StaffRole.staff_id == Staff.id).where(StaffRole.role_id == row.id)
    return list(reading().scalars(statement.where(Staff.retired_at.is_(None)).order_by(Staff.code)))


def _groups(form: GrantsForm) -> list[tuple[str, list[tuple[Permission, Any]]]]:
    """The fields by what they are about."""
    starts = {first: name for name, first in GROUPS}
    groups: list[tuple[str, list[tuple[Permission, Any]]]] = []
    for permission in Permission:
        if permission in starts:
            groups.append((words("reference.grant_group", starts[permission]), []))
        groups[-1][1].append((permission, form[grant_field(permission)]))
    return groups
