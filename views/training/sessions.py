"""Sessions of training (R34): planned, written up for everybody at once, called off."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.training import TrainingSession
from backoffice.queries import training as queries
from backoffice.queries.fitness import rules_of
from backoffice.services import training_sessions as service
from backoffice.services.core import training
from backoffice.services.core.work import Work
from forms.training import AddForm, ReasonForm, SessionForm, WriteUpForm, write_up_form
from policies.access import Permission, may
from policies.message import Message, Name, Refusal
from policies.training_reach import READERS, departments_read
from policies.vocabulary_training import CourseKind, TrainingForm
from views import context
from views.addresses import HIGHEST_PAGE, whole_number
from views.case.looking import seen_revision, work_in
from views.errors import onto_form
from views.guard import needs
from views.language import _, label
from views.training.room import (
    blueprint,
    course_choices,
    filled_in,
    role_choices,
    role_names,
    said_hours,
    staff_choices,
)


@blueprint.get("/training/sessions")
@needs(*READERS)
def sessions() -> Any:
    """Sessions, the latest first."""
    page = whole_number(request.args.get("page"), lowest=1, highest=HIGHEST_PAGE) or 1
    with context.reading() as session:
        rows, more = queries.sessions(session, departments_read(context.actor()), page)
        return render_template(
            "training/sessions.html",
            rows=rows,
            turnouts=queries.turnouts(session, [row.id for row in rows]),
            roles=role_names(session),
            hours=said_hours,
            page=page,
            more=more,
            today=context.today(),
            address=lambda number: url_for("training.sessions", page=number),
            manages=may(context.actor(), Permission.TRAINING_MANAGE),
        )


@blueprint.route("/training/sessions/new", methods=["GET", "POST"])
@needs(Permission.TRAINING_MANAGE)
def plan_session() -> Any:
    """A new session."""
    start = {
        "held_on": context.today(),
        "course_id": whole_number(request.args.get("course")),
        "form": TrainingForm.CLASSROOM.value,
        "people": request.args.getlist("person")[:50],
    }
    form = SessionForm(request.form if request.method == "POST" else None, data=start)
    with context.reading() as session:
        form.course_id.choices = {"": [("", _("form.choose"))], **course_choices(session)}
        rules = rules_of(session)
        form.role_code.choices = [("", _("training.no_post")), *role_choices(session, rules.roles)]
        form.people.choices = staff_choices(session)
        _take_over(session, form)
    form.form.choices = [(one.value, label(one)) for one in TrainingForm if one is not TrainingForm.COACHING]

    def command(work: Work) -> str:
        row = service.plan_session(work, form.facts())
        return url_for("training.session", session_id=row.id)

    return filled_in(
        "training/session_new.html", form, command, lambda: Message("training.planned", {"day": form.held_on.data})
    )


def _take_over(session: Session, form: SessionForm) -> None:
    """A course that was asked for in the address brings its hours and its form."""
    if request.method == "GET" and form.course_id.data:
        for row in queries.courses(session):
            if row.id == form.course_id.data:
                form.hours.data, form.form.data = row.hours, row.form.value


@blueprint.get("/training/sessions/<int:session_id>")
@needs(*READERS)
def session(session_id: int) -> Any:
    """One session with its list."""
    with context.reading() as opened:
        row = _readable(opened, session_id)
        return _page(opened, row, _form(row)(data=_present(row)))


@blueprint.post("/training/sessions/<int:session_id>/attendance")
@needs(Permission.TRAINING_MANAGE)
def write_up(session_id: int) -> Any:
    """Who was there, for everybody on the list at once."""
    with context.reading() as opened:
        form = _form(_readable(opened, session_id))(request.form)
    refusals: Any = ()
    status = 422
    if form.validate():
        try:
            with context.writing() as opened:
                seen = seen_revision(form.revision.data)
                service.write_up(work_in(opened), session_id, form.rows(), form.findings.data or "", seen)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            refusals, status = onto_form(error, form), error.status
        else:
            flash(_("training.written_up"), "success")
            return redirect(url_for("training.session", session_id=session_id), 303)
    with context.reading() as opened:
        row = _readable(opened, session_id)
        form.revision.data = str(row.revision)  # what was typed stays; saved again, it goes over what is there now
        return _page(opened, row, form, refusals), status


@blueprint.route("/training/sessions/<int:session_id>/people", methods=["GET", "POST"])
@needs(Permission.TRAINING_MANAGE)
def add_people(session_id: int) -> Any:
    """Somebody else comes as well."""
    form = AddForm(request.form if request.method == "POST" else None)
    with context.reading() as opened:
        row = _readable(opened, session_id)
        form.people.choices = staff_choices(opened, [one.staff_id for one in row.attendance])
        named_row = _title(row)
    back = url_for("training.session", session_id=session_id)

    def command(work: Work) -> str:
        service.add_people(work, session_id, form.ids())
        return back

    done = Message("training.added", {"n": len(form.people.data or ())})
    return filled_in(
        "training/form.html", form, command, lambda: done, name=_("training.add_people"), of=named_row, back=back
    )


@blueprint.route("/training/sessions/<int:session_id>/cancel", methods=["GET", "POST"])
@needs(Permission.TRAINING_MANAGE)
def cancel_session(session_id: int) -> Any:
    """Call a session off."""
    with context.reading() as opened:
        row = _readable(opened, session_id)
        if row.cancelled_at is not None:
            raise DomainError(Refusal("training.refused.called_off", status=409))
        named_row = _title(row)
    back = url_for("training.session", session_id=session_id)

    def command(work: Work) -> str:
        service.cancel_session(work, session_id, form.reason.data or "")
        return back

    form = ReasonForm(request.form if request.method == "POST" else None)
    return filled_in(
        "training/form.html",
        form,
        command,
        lambda: Message("training.session_cancelled"),
        name=_("training.cancel_session"),
        of=named_row,
        back=back,
    )


def _readable(opened: Session, session_id: int) -> TrainingSession:
    """A session of a course; for a head one that the own people are listed for."""
    row = queries.session_of(opened, session_id)
    reach = departments_read(context.actor())
    if row is None or row.course is None:
        raise DomainError(Refusal("access.refused.unknown", status=404))
    if reach is not None and not any(one.staff.department_id in reach for one in row.attendance):
        raise DomainError(Refusal("training.refused.not_yours", status=403))
    return row


def _form(row: TrainingSession) -> type[WriteUpForm]:
    people = [(one.staff_id, Name(one.staff.name_zh, one.staff.name_en)) for one in row.attendance]
    course = row.course
    return write_up_form(
        people,
        has_exam=course is not None and course.exam_pass is not None,
        is_drill=course is not None and course.kind is CourseKind.DRILL,
    )


def _present(row: TrainingSession) -> dict[str, Any]:
    """What the form starts with: what is on file, or everybody there for the whole time."""
    words = training.opened(context.desk().keys, row.sealed, training.SESSION)
    start: dict[str, Any] = {"revision": row.revision, "findings": words.get("findings", "")}
    for one in row.attendance:
        unwritten = one.present is None
        start[f"present-{one.staff_id}"] = row.written_at is None or bool(one.present)
        start[f"hours-{one.staff_id}"] = row.hours if unwritten else one.hours
        start[f"score-{one.staff_id}"] = one.exam_score
        start[f"excellent-{one.staff_id}"] = one.excellent
    return start


def _page(opened: Session, row: TrainingSession, form: WriteUpForm, refusals: Any = ()) -> str:
    actor, reach = context.actor(), departments_read(context.actor())
    manages = may(actor, Permission.TRAINING_MANAGE)
    listed = [one for one in row.attendance if reach is None or one.staff.department_id in reach]
    words = training.opened(context.desk().keys, row.sealed, training.SESSION) if manages else {}
    return render_template(
        "training/session.html",
        row=row,
        title=_title(row),
        role=role_names(opened).get(row.role_code or ""),
        listed=listed,
        hidden=len(row.attendance) - len(listed),
        findings=words.get("findings", ""),
        form=form,
        refusals=refusals,
        hours=said_hours,
        manages=manages,
        may_write=manages and row.cancelled_at is None and row.held_on <= context.today() and bool(listed),
        today=context.today(),
    )


def _title(row: TrainingSession) -> Name:
    return Name(row.course.name_zh, row.course.name_en) if row.course is not None else Name("", "")
