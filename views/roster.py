"""The duty roster week by week, and who is away with who stands in (R13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.models.duty import Duty
from backoffice.models.office import Staff
from backoffice.queries import recipients, roster
from backoffice.services import roster as service
from forms.roster import absence_form, absence_of, duty_form, duty_of, offer_absence, offer_duty
from policies import roster as rules
from policies.access import Permission, Scope
from policies.vocabulary import DutyKind
from views import context
from views.errors import onto_form
from views.filters import named
from views.guard import needs, signed_in
from views.language import _
from views.spoken import spoken

blueprint = Blueprint("roster", __name__)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class DayShown:
    """One day of the roster with the turns that begin on it, or that are running when the week begins."""

    on: date
    turns: list[Duty]
    is_today: bool


@blueprint.get("/duty")
@signed_in
def index() -> str:
    """A week of the roster (``day``: any day of it) and who is on duty now; everybody may know whom to ask."""
    monday = _monday(request.args.get("day", ""))
    zone = context.zone()
    begins = datetime.combine(monday, time.min, zone)
    with context.reading() as session:
        turns = roster.turns(session, begins, begins + WEEK)
        on_duty = roster.now_on_duty(session, context.now())
    days = [monday + timedelta(days=number) for number in range(7)]
    first = {turn.id: max(turn.begins_at.astimezone(zone).date(), monday) for turn in turns}
    return render_template(
        "roster/index.html",
        days=[DayShown(on, [one for one in turns if first[one.id] == on], on == context.today()) for on in days],
        on_duty=on_duty,
        before=(monday - WEEK).isoformat(),
        after=(monday + WEEK).isoformat(),
        monday=monday,
        keeps=rules.may_keep_roster(context.actor()),
        nothing=not turns,
    )


@blueprint.route("/duty/add", methods=["GET", "POST"])
@needs(Permission.DUTY_PLAN)
def add_duty() -> Any:
    """Put a turn on the roster."""
    if not rules.may_keep_roster(context.actor()):
        raise DomainError(rules.refuse_planning())
    with context.reading() as session:
        managers = set(recipients.of_roles(session, [recipients.DUTY_MANAGER]))
        people = roster.colleagues(session)
    offered = _people(sorted(people, key=lambda one: (one.id not in managers, one.code)))
    made = duty_form(context.zone())
    if request.method == "GET":
        return _page("roster/duty_form.html", spoken(offer_duty(made(data={"kind": DutyKind.MANAGER}), offered)))
    form = spoken(offer_duty(made(request.form), offered))
    return _posted(
        "roster/duty_form.html",
        form,
        lambda session: service.add_duty(session, context.actor(), context.now(), duty_of(form)),
        "roster.added",
        url_for("roster.index"),
    )


@blueprint.post("/duty/<int:duty_id>/remove")
@needs(Permission.DUTY_PLAN)
def remove_duty(duty_id: int) -> Response:
    """Take a turn off the roster."""
    with context.writing() as session:
        row = service.withdraw_duty(session, context.actor(), context.now(), duty_id)
        day = row.begins_at.astimezone(context.zone()).date().isoformat()
    flash(_("roster.removed"), "success")
    return redirect(url_for("roster.index", day=day), 303)


@blueprint.get("/absences")
@signed_in
def absences() -> str:
    """Who is away, now and later: oneself, and those for whom one may plan; and for whom one stands in."""
    actor = context.actor()
    with context.reading() as session:
        people = _planned_for(session)
        mine = roster.absences(session, context.now(), [one.id for one in people])
        stands = roster.standing_in(session, actor.staff_id, context.now())
    return render_template("roster/absences.html", absences=mine, stands=stands, plans=len(people) > 1)


@blueprint.route("/absences/add", methods=["GET", "POST"])
@signed_in
def add_absence() -> Any:
    """Enter that somebody is away: oneself, or whom one may plan for."""
    with context.reading() as session:
        people = _planned_for(session)
        others = roster.colleagues(session)
    made, offered = absence_form(context.zone()), (_people(people), _people(others))
    if request.method == "GET":
        return _page("roster/absence_form.html", spoken(offer_absence(made(data={"staff_id": g.person.id}), *offered)))
    form = spoken(offer_absence(made(request.form), *offered))
    return _posted(
        "roster/absence_form.html",
        form,
        lambda session: service.add_absence(session, context.actor(), context.now(), absence_of(form)),
        "roster.absence_added",
        url_for("roster.absences"),
    )


@blueprint.post("/absences/<int:absence_id>/remove")
@signed_in
def remove_absence(absence_id: int) -> Response:
    """Take an absence back."""
    with context.writing() as session:
        service.withdraw_absence(session, context.actor(), context.now(), absence_id)
    flash(_("roster.absence_removed"), "success")
    return redirect(url_for("roster.absences"), 303)


def _page(template: str, form: Any, refusals: Any = (), status: int = 200) -> tuple[str, int]:
    return render_template(template, form=form, refusals=refusals), status


def _posted(template: str, form: Any, command: Any, done: str, address: str) -> Any:
    """Carry a typed form out; what is refused comes back as it was typed, each fault beside its field."""
    if not form.validate():
        return _page(template, form, status=422)
    try:
        with context.writing() as session:
            command(session)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _page(template, form, onto_form(error, form), error.status)
    flash(_(done), "success")
    return redirect(address, 303)


def _planned_for(session: Session) -> Sequence[Staff]:
    """Whose absences one may enter: one's own first, then those of the department or of all."""
    actor = context.actor()
    scope = actor.scope(Permission.DUTY_PLAN)
    if scope is Scope.ALL:
        people = roster.colleagues(session)
    elif scope is Scope.DEPARTMENT:
        people = roster.colleagues(session, actor.departments)
    else:
        people = []
    own = [one for one in people if one.id == actor.staff_id] or [g.person]
    return [*own, *(one for one in people if one.id != actor.staff_id)]


def _people(people: Sequence[Staff]) -> list[tuple[int, str]]:
    return [(one.id, f"{named(one)} · {one.code}") for one in people]


def _monday(text: str) -> date:
    """The Monday of the week in which a day lies; of this week where none can be read."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = context.today()
    if not 1970 < day.year < 2200:
        day = context.today()
    return day - timedelta(days=day.weekday())
