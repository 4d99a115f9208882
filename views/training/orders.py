"""What is due of one person (R34): ordered by hand, coached, looked at again, called off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.training import TrainingOrder
from backoffice.queries import training as queries
from backoffice.services import training as service
from backoffice.services.core import training
from backoffice.services.core.work import Work
from backoffice.services.training_paper import record_name
from forms.training import OrderForm, ReasonForm, TalkForm
from policies.access import Permission, may
from policies.message import Message, Name, Refusal
from policies.training_entry import BY_HAND
from policies.training_reach import READERS, may_coach, may_read
from policies.vocabulary_training import DueKind, DueState
from views import context
from views.addresses import whole_number
from views.case.looking import work_in
from views.filters import named
from views.guard import needs, signed_in
from views.language import _, label
from views.training.room import (
    blueprint,
    course_choices,
    filled_in,
    look_of,
    order_name,
    said_hours,
    staff_choices,
)

USUAL_DAYS = timedelta(days=30)


@blueprint.route("/training/orders/new", methods=["GET", "POST"])
@needs(Permission.TRAINING_MANAGE)
def order() -> Any:
    """Order a course, or hours of further training, for several people."""
    start = {
        "due": context.today() + USUAL_DAYS,
        "source": BY_HAND[0].value,
        "course_id": whole_number(request.args.get("course")),
        "people": request.args.getlist("person")[:50],
    }
    form = OrderForm(request.form if request.method == "POST" else None, data=start)
    with context.reading() as session:
        hours = {"": [("", named(training.KINDS[DueKind.TRAINING]))]}
        form.course_id.choices = {**hours, **course_choices(session)}
        form.people.choices = staff_choices(session)
    form.source.choices = [(one.value, label(one)) for one in BY_HAND]

    def command(work: Work) -> str:
        made = service.order_training(work, form.facts())
        return url_for("training.index", month=f"{made[0].due:%Y-%m}")

    return filled_in(
        "training/order_new.html",
        form,
        command,
        lambda: Message("training.ordered", {"n": len(form.people.data or ())}),
    )


@blueprint.get("/training/orders/<int:order_id>")
@signed_in
def show(order_id: int) -> Any:
    """One entry: whose, by when, on whose word, how far it is; of a coaching its talks."""
    with context.reading() as session:
        row = _readable(session, order_id)
        actor, keys = context.actor(), context.desk().keys
        talks = queries.attended_for(session, row.id)
        open_ = row.state is DueState.OPEN
        coaches = may_coach(actor, row.staff_id, row.staff.department_id)
        return render_template(
            "training/order.html",
            row=row,
            name=order_name(row),
            mark=look_of(row),
            hours=said_hours,
            words=training.opened(keys, row.sealed, training.ORDER),
            talks=[
                {
                    "row": one,
                    "name": record_name(one),
                    "words": training.opened(keys, one.session.sealed, training.SESSION)
                    if row.kind is DueKind.COACHING
                    else {},
                }
                for one in talks
            ],
            may_coach=coaches and open_ and row.kind is DueKind.COACHING,
            may_review=coaches and row.review_on is not None and row.reviewed_on is None,
            may_cancel=open_ and may(actor, Permission.TRAINING_MANAGE),
            reads_plan=may(actor, Permission.TRAINING_MANAGE) or may(actor, Permission.SHEET_APPROVE),
            own=row.staff_id == actor.staff_id,
        )


@blueprint.route("/training/orders/<int:order_id>/coach", methods=["GET", "POST"])
@needs(*READERS)
def coach(order_id: int) -> Any:
    """Write up a talk."""
    with context.reading() as session:
        row = _readable(session, order_id)
        if not may_coach(context.actor(), row.staff_id, row.staff.department_id):
            raise DomainError(Refusal("training.refused.own_talk", status=403))
        if row.state is not DueState.OPEN or row.kind is not DueKind.COACHING:
            raise DomainError(Refusal("training.refused.not_open", status=409))
        of = Message("training.of_person", {"what": order_name(row), "name": _person(row)})
        words = training.opened(context.desk().keys, row.sealed, training.ORDER)
    form = TalkForm(request.form if request.method == "POST" else None, data={"held_on": context.today(), **words})
    back = url_for("training.show", order_id=order_id)

    def command(work: Work) -> str:
        service.coach(work, order_id, form.says())
        return back

    return filled_in(
        "training/form.html",
        form,
        command,
        lambda: Message("training.talk_kept"),
        name=_("training.coach"),
        of=of,
        back=back,
    )


@blueprint.post("/training/orders/<int:order_id>/review")
@needs(*READERS)
def review(order_id: int) -> Any:
    """Note that a coaching was looked at again."""
    with context.writing() as session:
        _readable(session, order_id)
        service.review(work_in(session), order_id)
    flash(_("training.reviewed"), "success")
    return redirect(url_for("training.show", order_id=order_id), 303)


@blueprint.route("/training/orders/<int:order_id>/cancel", methods=["GET", "POST"])
@needs(Permission.TRAINING_MANAGE)
def cancel_order(order_id: int) -> Any:
    """Call off what is due."""
    with context.reading() as session:
        row = _readable(session, order_id)
        if row.state is not DueState.OPEN:
            raise DomainError(Refusal("training.refused.not_open", status=409))
        of = Message("training.of_person", {"what": order_name(row), "name": _person(row)})
    form = ReasonForm(request.form if request.method == "POST" else None)
    back = url_for("training.show", order_id=order_id)

    def command(work: Work) -> str:
        service.cancel_order(work, order_id, form.reason.data or "")
        return back

    return filled_in(
        "training/form.html",
        form,
        command,
        lambda: Message("training.order_cancelled"),
        name=_("training.cancel_order"),
        of=of,
        back=back,
    )


def _person(row: TrainingOrder) -> Name:
    return Name(row.staff.name_zh, row.staff.name_en)


def _readable(session: Session, order_id: int) -> TrainingOrder:
    """One's own, or of somebody whose training one reads."""
    row = queries.order_of(session, order_id)
    if row is None:
        raise DomainError(Refusal("access.refused.unknown", status=404))
    if not may_read(context.actor(), row.staff_id, row.staff.department_id):
        raise DomainError(Refusal("training.refused.not_yours", status=403))
    return row
