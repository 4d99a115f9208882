"""The room of the pages of training, and what they all say alike (R34)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request
from sqlalchemy.orm import Session, joinedload
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.models.office import Role, Staff
from backoffice.models.training import TrainingOrder
from backoffice.queries import training as queries
from backoffice.services.core.training import name_of
from backoffice.services.core.work import Work
from policies.message import Message, Name
from policies.vocabulary_training import DueState
from views import context
from views.case.looking import work_in
from views.errors import onto_form
from views.filters import named
from views.language import _, label, say
from views.spoken import spoken

blueprint = Blueprint("training", __name__)
LOOK = {DueState.OPEN: "wait", DueState.DONE: "good", DueState.CANCELLED: ""}


def said_hours(hours: Decimal | None) -> str:
    """Hours or a score without needless noughts; a dash for none."""
    return _("layout.none") if hours is None else f"{hours.normalize():f}"


def look_of(row: TrainingOrder) -> tuple[str, str]:
    """How an entry stands, in words and as a look: overdue is what is open past its day."""
    if row.state is DueState.OPEN and row.due < context.today():
        return _("training.state.overdue"), "bad"
    if row.state is DueState.DONE and row.done_on is not None and row.done_on > row.due:
        return _("training.state.done_late"), "wait"
    return label(row.state), LOOK[row.state]


def order_name(row: TrainingOrder) -> Name:
    """What is due."""
    return name_of(row.course, row.kind)


def course_choices(session: Session) -> dict[str, list[tuple[int, str]]]:
    """Courses in use under the names of their kinds."""
    found: dict[str, list[tuple[int, str]]] = {}
    for row in queries.courses(session):
        found.setdefault(label(row.kind), []).append((row.id, named(row)))
    return found


def staff_choices(session: Session, without: Iterable[int] = ()) -> list[tuple[str, str]]:
    """Everybody in service, by department and code."""
    rows = session.scalars(
        sa.select(Staff)
        .where(Staff.retired_at.is_(None), Staff.id.not_in(sorted(without)))
        .options(joinedload(Staff.department))
        .order_by(Staff.department_id, Staff.code)
    )
    return [(str(row.id), f"{named(row)} · {named(row.department)}") for row in rows]


def role_choices(session: Session, codes: Iterable[str] | None = None) -> list[tuple[str, str]]:
    """Roles in use, or those of these codes."""
    statement = sa.select(Role).where(Role.retired_at.is_(None)).order_by(Role.id)
    if codes is not None:
        statement = statement.where(Role.code.in_(list(codes)))
    return [(row.code, named(row)) for row in session.scalars(statement)]


def role_names(session: Session) -> dict[str, Name]:
    """Code of a role → its name, retired ones among them."""
    return {row.code: Name(row.name_zh, row.name_en) for row in session.scalars(sa.select(Role))}


def filled_in(
    template: str, form: Form, command: Callable[[Work], str], done: Callable[[], Message], **more: Any
) -> Any:
    """A form that is shown, or carried out and left for the address that the command gives.

    What is refused comes back as it was typed, each refusal beside its field.
    """
    if "of" in more:
        more["of"] = named(more["of"]) if isinstance(more["of"], Name) else say(more["of"])
    refusals: Any = ()
    status = 200 if request.method == "GET" else 422
    if request.method == "POST" and form.validate():
        try:
            with context.writing() as session:
                address = command(work_in(session))
        except DomainError as error:
            if error.status in (403, 404):
                raise
            refusals, status = onto_form(error, form), error.status
        else:
            flash(say(done()), "success")
            return redirect(address, 303)
    return render_template(template, form=spoken(form), refusals=refusals, **more), status
