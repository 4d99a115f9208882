"""Staff (R39): accounts are created, changed, given roles, reset, retired, never deleted. A password is shown once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, request, url_for
from flask_admin import expose
from sqlalchemy.orm import Query, Session, joinedload, selectinload
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.models.office import Department, Role, Staff, StaffRole
from backoffice.services import staff as service
from backoffice.services.staff import Credentials
from forms.reference.staff import NewStaffForm, RolesForm, StaffForm
from policies.access import Permission, Scope
from policies.message import Message
from policies.vocabulary import Language
from views import context
from views.drafting import keeping
from views.errors import onto_form
from views.filters import named
from views.language import _, label, lazy
from views.reference.base import (
    Page,
    ReferenceScreen,
    choices,
    coded,
    in_use,
    name_cell,
    named_cell,
    reading,
    state_cell,
)
from views.reference.choosing import Choice


def _roles() -> list[tuple[str, str]]:
    return coded(reading().scalars(sa.select(Role).order_by(Role.id)))


def _departments() -> list[tuple[str, str]]:
    return coded(reading().scalars(sa.select(Department).order_by(Department.id)))


def _states() -> list[tuple[str, str]]:
    return [("in_use", _("reference.state.in_service")), ("retired", _("reference.state.retired"))]


def _has_role(code: str) -> Any:
    held = sa.select(StaffRole.staff_id).join(Role, Role.id == StaffRole.role_id).where(Role.code == code)
    return Staff.id.in_(held)


def _in_department(code: str) -> Any:
    return Staff.department_id.in_(sa.select(Department.id).where(Department.code == code))


def _in_state(state: str) -> Any:
    return Staff.retired_at.is_not(None) if state == "retired" else Staff.retired_at.is_(None)


class StaffScreen(ReferenceScreen):
    """The list of people, and each person's account."""

    permissions = (Permission.USER_MANAGE,)
    subject = service.SUBJECT
    form_class = StaffForm
    form_template = "reference/staff_form.html"
    standing = "in_service"
    column_list = ("name_zh", "login", "department", "roles", "fit_for_post", "retired_at")
    column_labels = {
        "name_zh": lazy("reference.field.person"),
        "login": lazy("reference.field.login"),
        "department": lazy("reference.field.department_id"),
        "roles": lazy("reference.field.roles"),
        "fit_for_post": lazy("reference.field.fit_for_post"),
        "retired_at": lazy("reference.field.state"),
        "code": lazy("reference.field.staff_code"),
        "name_en": lazy("reference.field.name_en"),
    }
    column_sortable_list = ("login", ("name_zh", Staff.code))
    column_default_sort = "code"
    column_searchable_list = ("name_zh", "name_en", "code", "login")
    column_filters = (
        Choice(Staff.department_id, lazy("reference.field.department_id"), _departments, _in_department),
        Choice(Staff.id, lazy("reference.field.roles"), _roles, _has_role),
        Choice(Staff.retired_at, lazy("reference.field.state"), _states, _in_state),
    )
    column_formatters = {
        "name_zh": name_cell,
        "department": named_cell("department"),
        "roles": lambda _view, _context, row, _name: _role_names(row),
        "retired_at": state_cell,
    }

    def __init__(self) -> None:
        super().__init__(
            Staff, name=lazy("reference.staff.title"), category=lazy("reference.group.organisation"), endpoint="staff"
        )
        self.summary = lazy("reference.staff.summary")

    def get_query(self) -> Query[Any]:
        """Those whom the reader manages: of the whole office, or of the own departments."""
        query = super().get_query().options(joinedload(Staff.department), selectinload(Staff.roles))
        return _within_reach(query)

    def get_count_query(self) -> Query[Any]:
        """The same people, counted."""
        return _within_reach(super().get_count_query())

    def form_of(self, row: Staff | None) -> type[StaffForm]:
        """A new account gets its roles at once."""
        return NewStaffForm if row is None else StaffForm

    def fill(self, form: Any, row: Staff | None) -> None:
        """Departments, languages, roles."""
        departments = in_use(Department, row.department_id if row else None)
        if (scope := context.actor().scope(Permission.USER_MANAGE)) is not Scope.ALL:
            departments = departments.where(Department.id.in_(context.actor().departments))
        blank = _("reference.none") if scope is Scope.ALL else None
        form.department_id.choices = choices(reading().scalars(departments), blank=blank)
        languages = [(value.value, label(value)) for value in Language]
        form.language.choices = [("", _("reference.staff.office_language")), *languages]
        if "roles" in form:
            form.roles.choices = coded(reading().scalars(in_use(Role)))

    def page_facts(self, row: Staff | None) -> dict[str, Any]:
        """The account beside the form."""
        return {"roles": _role_names(row) if row is not None else "", "is_self": row is not None and _is_self(row)}

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Page:
        """A new account; its password is shown on the answer and nowhere else."""
        form = self._form(None)
        if request.method == "POST" and form.validate():
            try:
                with keeping.carrying_out() as session:
                    made = service.create(
                        session,
                        context.actor(),
                        context.now(),
                        form.code.data,
                        form.facts(),
                        tuple(form.roles.data or ()),
                    )
            except DomainError as error:
                return self._again(form, None, error)
            return self._handover(made, "reference.staff.created")
        return self._form_page(form, None)

    def change(self, session: Session, row_id: int, form: StaffForm) -> Staff:
        """Another name, login or department."""
        return service.change(session, context.actor(), context.now(), row_id, form.facts())

    def retire(self, session: Session, row_id: int, reason: str) -> Staff:
        """End of service: no sign-in from now on."""
        return service.retire(session, context.actor(), context.now(), row_id, reason)

    def hangs_on(self, row: Staff) -> Sequence[Message]:  # type: ignore[override]  # refusals are messages
        """Open orders, departments that have no other head."""
        return service.why_not_retire(reading(), row)

    @expose("/restore/", methods=("GET", "POST"))
    def restore_view(self) -> Page:
        """Back into service, with a new password that is shown once."""
        return self._credentials_with_reason()

    @expose("/roles/", methods=("GET", "POST"))
    def roles_view(self) -> Page:
        """The roles that somebody holds."""
        row = self.get_one(request.args.get("id"))
        form = RolesForm(
            request.form if request.method == "POST" else None, data={"roles": [role.code for role in row.roles]}
        )
        form.roles.choices = coded(reading().scalars(in_use(Role)))
        refusals: Sequence[Message] = ()
        if request.method == "POST" and form.validate():
            try:
                with context.writing() as session:
                    wanted = tuple(form.roles.data or ())
                    service.assign_roles(session, context.actor(), context.now(), row.id, wanted)
            except DomainError as error:
                if error.status == 404:
                    raise
                refusals = onto_form(error, form)
            else:
                flash(_("reference.saved", name=named(row)), "success")
                return redirect(url_for("staff.edit_view", id=row.id), 303)
        duties = {role.code: role for role in reading().scalars(in_use(Role))}
        page = self.render("reference/staff_roles.html", form=form, row=row, refusals=refusals, duties=duties)
        return (page, 422) if request.method == "POST" else page

    @expose("/reset/", methods=("GET", "POST"))
    def reset_view(self) -> Page:
        """A new password to be handed over; all sessions of the account end."""
        row = self.get_one(request.args.get("id"))
        if request.method == "GET":
            return self.render("reference/staff_reset.html", row=row, refusals=())
        try:
            with context.writing() as session:
                made = service.reset_password(session, context.actor(), context.now(), row.id)
        except DomainError as error:
            if error.status == 404:
                raise
            return self.render("reference/staff_reset.html", row=row, refusals=error.refusals), error.status
        return self._handover(made, "reference.staff.was_reset")

    @expose("/sessions/", methods=("POST",))
    def sessions_view(self) -> Response:
        """End all sessions of an account."""
        row = self.get_one(request.args.get("id"))
        with context.writing() as session:
            service.end_sessions(session, context.actor(), context.now(), row.id)
        flash(_("reference.staff.sessions_ended", name=named(row)), "success")
        return redirect(url_for("staff.edit_view", id=row.id), 303)

    # How

    def _handover(self, made: Credentials, key: str) -> str:
        """The one page that shows a password; no cache keeps it (as no page), and no address brings it back."""
        with context.reading() as session:
            row = session.get_one(Staff, made.staff_id)
        return self.render("reference/staff_password.html", row=row, made=made, done=key)

    def _credentials_with_reason(self) -> Page:
        made: list[Credentials] = []

        def restore(session: Session, row_id: int, reason: str) -> None:
            made.append(service.restore(session, context.actor(), context.now(), row_id, reason))

        answer = self._with_reason(restore, "restore")
        return self._handover(made[0], "reference.staff.came_back") if made else answer


def _role_names(row: Staff) -> str:
    return _("layout.list.separator").join(named(role) for role in row.roles) or _("layout.none")


def _is_self(row: Staff) -> bool:
    return bool(row.id == context.actor().staff_id)


def _within_reach(query: Query[Any]) -> Query[Any]:
    actor = context.actor()
    scope = actor.scope(Permission.USER_MANAGE)
    if scope is Scope.ALL:
        return query
    if scope is Scope.DEPARTMENT:
        return query.filter(sa.or_(Staff.department_id.in_(actor.departments), Staff.id == actor.staff_id))
    return query.filter(Staff.id == actor.staff_id)
