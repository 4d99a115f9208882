"""People and their training files (R34): who is fit for which post, hours, what is overdue; posts opened and closed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import render_template, request, url_for
from sqlalchemy.orm import Session, joinedload

from backoffice.errors import DomainError
from backoffice.models.office import Staff
from backoffice.models.training import Qualification
from backoffice.queries import training as queries
from backoffice.queries.fitness import rules_of
from backoffice.services import training as service
from backoffice.services.core import training
from backoffice.services.core.upkeep import row_of
from backoffice.services.core.work import Work
from backoffice.services.training_paper import record_name, result_key, trainer_of
from forms.training import ReasonForm, RecogniseForm
from policies.access import Permission, may
from policies.fitness import EntryRules
from policies.message import Message, Name, Refusal
from policies.training_reach import READERS, departments_read, may_read
from policies.vocabulary_training import DueState
from views import context
from views.addresses import HIGHEST_PAGE, whole_number
from views.guard import needs, signed_in
from views.language import _
from views.training.room import (
    blueprint,
    filled_in,
    look_of,
    order_name,
    role_choices,
    role_names,
    said_hours,
)


@blueprint.get("/training/people")
@needs(*READERS)
def people() -> Any:
    """Everybody whose training this person reads."""
    page = whole_number(request.args.get("page"), lowest=1, highest=HIGHEST_PAGE) or 1
    today = context.today()
    with context.reading() as session:
        rows, more = queries.people(session, departments_read(context.actor()), page)
        ids = [row.id for row in rows]
        return render_template(
            "training/people.html",
            rows=rows,
            standing=training.standing(session, rules_of(session), rows, today),
            year=queries.hours_of(session, ids, today.replace(month=1, day=1), today.replace(month=12, day=31)),
            overdue=queries.overdue_of(session, ids, today),
            roles=role_names(session),
            hours=said_hours,
            page=page,
            more=more,
            address=lambda number: url_for("training.people", page=number),
        )


@blueprint.get("/training/people/<code>")
@signed_in
def person(code: str) -> Any:
    """One person's file."""
    with context.reading() as session:
        return render_template("training/person.html", **file_page(session, _person(session, code)))


def file_page(session: Session, staff: Staff) -> dict[str, Any]:
    """What a page of a file shows, one's own or another's."""
    today, rules, actor = context.today(), rules_of(session), context.actor()
    file = queries.file_of(session, staff)
    standing = training.standing(session, rules, [staff], today)[staff.id]
    return {
        "staff": staff,
        "standing": standing,
        "entry": _entry(session, rules, staff, [role for role, fitness, _held in standing if not fitness.is_fit]),
        "rules": rules,
        "qualifications": file.qualifications,
        "open_orders": [_order(row) for row in reversed(file.orders) if row.state is DueState.OPEN],
        "past_orders": [_order(row) for row in file.orders if row.state is not DueState.OPEN],
        "records_of": [
            {"row": row, "name": record_name(row), "trainer": trainer_of(row), "result": _(result_key(row))}
            for row in file.attendance
        ],
        "roles": role_names(session),
        "hours": said_hours,
        "today": today,
        "manages": may(actor, Permission.TRAINING_MANAGE),
        "reads_people": may(actor, Permission.TRAINING_MANAGE) or may(actor, Permission.SHEET_APPROVE),
        "own": staff.id == actor.staff_id,
    }


def _order(row: Any) -> dict[str, Any]:
    return {"row": row, "name": order_name(row), "look": look_of(row)}


def _entry(session: Session, rules: EntryRules, staff: Staff, roles: list[str]) -> list[dict[str, Any]]:
    """How far somebody is with the entry training, for each post that is not open."""
    if not roles:
        return []
    wanted = training.modules(session)
    names = {row.code: Name(row.name_zh, row.name_en) for row in wanted}
    rows = training.attended(session, [staff.id]).get(staff.id, [])
    found = []
    for role in roles:
        progress = training.progress_of(rules, wanted, rows, role)
        lacking = [(names[code], hours) for code, hours in progress.lacking.items()]
        found.append({"role": role, "progress": progress, "lacking": lacking})
    return found


@blueprint.route("/training/people/<code>/qualify", methods=["GET", "POST"])
@needs(Permission.TRAINING_MANAGE)
def recognise(code: str) -> Any:
    """Put a qualification on file that rests on an earlier training."""
    form = RecogniseForm(request.form if request.method == "POST" else None, data={"from_day": context.today()})
    with context.reading() as session:
        staff = _person(session, code)
        staff_id, of = staff.id, Name(staff.name_zh, staff.name_en)
        form.role_code.choices = [("", _("form.choose")), *role_choices(session, rules_of(session).roles)]
    back = url_for("training.person", code=code)

    def command(work: Work) -> str:
        service.recognise(work, staff_id, form.role_code.data or "", form.from_day.data, form.reason.data or "")
        return back

    return filled_in(
        "training/form.html",
        form,
        command,
        lambda: Message("training.recognised"),
        name=_("training.recognise"),
        of=of,
        back=back,
    )


@blueprint.route("/training/qualifications/<int:qualification_id>/withdraw", methods=["GET", "POST"])
@needs(Permission.TRAINING_MANAGE)
def withdraw(qualification_id: int) -> Any:
    """Take a qualification away."""
    with context.reading() as session:
        row = row_of(session, Qualification, qualification_id)
        if row.ended_on is not None or row.until_day < context.today():
            raise DomainError(Refusal("training.refused.ended_already", status=409))
        role = role_names(session).get(row.role_code, Name(row.role_code, row.role_code))
        name = Name(row.staff.name_zh, row.staff.name_en)
        of, back = (
            Message("training.of_person", {"what": role, "name": name}),
            url_for("training.person", code=row.staff.code),
        )
    form = ReasonForm(request.form if request.method == "POST" else None)

    def command(work: Work) -> str:
        service.withdraw(work, qualification_id, form.reason.data or "")
        return back

    return filled_in(
        "training/form.html",
        form,
        command,
        lambda: Message("training.withdrawn"),
        name=_("training.withdraw"),
        of=of,
        back=back,
    )


def _person(session: Session, code: str) -> Staff:
    """Somebody whose training this person reads."""
    staff = session.scalars(
        sa.select(Staff).where(Staff.code == code).options(joinedload(Staff.department))
    ).one_or_none()
    if staff is None:
        raise DomainError(Refusal("access.refused.unknown", status=404))
    if not may_read(context.actor(), staff.id, staff.department_id):
        raise DomainError(Refusal("training.refused.not_yours", status=403))
    return staff
