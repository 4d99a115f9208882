"""Trials on past complaints (R14, R23, R24): asked, watched while they run, read, taken along as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, g, redirect, request, url_for
from flask_admin import expose

from backoffice.errors import DomainError
from backoffice.models.configuration import ProcessVersion, SlaPolicy
from backoffice.models.what_if import WhatIfRun
from backoffice.queries import trial_result
from backoffice.services import what_if as service
from backoffice.services.calendar import deadline_calendar
from backoffice.services.core.access_log import log_access
from forms.reference.what_if import CalendarTrialForm, VersionTrialForm, WhatIfForm, last_year
from policies.access import Permission, may_any
from policies.calendar_form import WEEKDAYS
from policies.calendar_trial import TrialDay
from policies.message import Message
from policies.vocabulary import VersionState, WhatIfKind
from policies.what_if_question import refuse_asking
from policies.what_if_tally import Tally
from views import context, menu
from views.addresses import HIGHEST_PAGE, whole_number
from views.errors import onto_form
from views.filters import field_time, named
from views.language import _, label, lazy
from views.reference.base import Page, reading
from views.reference.trial_words import Words, day_changes, state_of, subject_of
from views.reference.words import Worded, words
from views.screens import Screen
from views.tables import table

COLUMNS = ("number", "department", "what", "before", "after", "due_before", "due_after")


class WhatIfScreen(Screen, Worded):
    """The trials, and each with what it found."""

    permissions = (Permission.CONFIGURATION_EDIT, Permission.STATISTICS_VIEW)

    def __init__(self) -> None:
        super().__init__(name=lazy("what_if.title"), category=lazy("reference.group.clocks"), endpoint="what_if")
        self.summary = lazy("what_if.summary")

    def is_accessible(self) -> bool:
        """Whoever may ask; figures of a department alone are not enough."""
        actor = g.get("actor")
        return actor is not None and refuse_asking(actor) is None

    def render(self, template: str, **kwargs: Any) -> str:
        """Renders a page; the way to the settings is shown to whom it is open."""
        return super().render(template, settings=menu.may_open("console.index", context.actor()), **kwargs)

    @expose("/")
    def index(self) -> Page:
        """The newest trials."""
        rows = trial_result.runs(reading(), service.KEPT)
        return self.render(
            "what_if/index.html",
            runs=[(run, subject_of(run), state_of(run)) for run in rows],
            kinds=list(WhatIfKind),
        )

    @expose("/new/", methods=("GET", "POST"))
    def new(self) -> Page:
        """Ask for a trial of one kind."""
        kind = _kind(request.args.get("kind"))
        form = self._form(kind)
        refusals: Sequence[Message] = ()
        if request.method == "POST" and form.validate():
            try:
                with context.writing() as session:
                    run = service.ask(session, context.actor(), context.now(), form.question(kind))
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                refusals = onto_form(error, form)
            else:
                return redirect(url_for("what_if.run", id=run.id), 303)
        page = self.render("what_if/new.html", form=form, kind=kind, refusals=refusals)
        return (page, 422) if request.method == "POST" else page

    @expose("/run/")
    def run(self) -> Page:
        """How far a trial has come; what it found."""
        run = self._asked()
        page = whole_number(request.args.get("page"), highest=HIGHEST_PAGE) or 1
        found, more = trial_result.changes(reading(), context.actor(), run.id, page - 1)
        tally = Tally.of(run.result)
        said = Words(run, tally)
        return self.render(
            "what_if/run.html",
            run=run,
            subject=subject_of(run),
            state=state_of(run),
            tiles=said.tiles(),
            groups=said.groups(),
            stops=said.stops(),
            days=day_changes(run),
            changes=[said.change(one) for one in found],
            visible=trial_result.count(reading(), context.actor(), run.id) if run.listed else 0,
            page=page,
            more=more,
            exports=may_any(context.actor(), (Permission.DATA_EXPORT,)),
        )

    @expose("/stop/", methods=("POST",))
    def stop(self) -> Page:
        """End a trial that is still running."""
        run = self._asked()
        with context.writing() as session:
            service.stop(session, context.actor(), context.now(), run.id)
        flash(_("what_if.stopped"), "success")
        return redirect(url_for("what_if.run", id=run.id), 303)

    @expose("/list.csv", methods=("POST",))
    def take_along(self) -> Page:
        """The changes within reach as a file; logged before its first line goes out."""
        if not may_any(context.actor(), (Permission.DATA_EXPORT,)):
            abort(403)
        run, desk, actor, at = self._asked(), context.desk(), context.actor(), context.now()
        with desk.database.writing() as session:
            facts = {"list": "what_if", "run": run.id}
            log_access(session, desk.keys, actor, at, "export", facts, address=request.remote_addr or "")
        said = Words(run, Tally.of(run.result))
        head = [_("what_if.column." + column) for column in COLUMNS]

        def rows() -> Iterator[list[Any]]:
            with desk.database.reading() as session:
                for one in trial_result.every(session, actor, run.id):
                    shown = said.change(one)
                    dues = [field_time(due) if due else "" for due in (one.change.due_before, one.change.due_after)]
                    yield [one.number, shown.department, shown.what, shown.before, shown.after, *dues]

        name = f"what-if-{run.id}-{at.astimezone(context.zone()):%Y%m%d-%H%M}"
        return table(head, rows, name, _("what_if.title"))

    def _form(self, kind: WhatIfKind) -> WhatIfForm:
        posted = request.form if request.method == "POST" else None
        start: dict[str, Any] = last_year(context.today())
        if kind is WhatIfKind.CALENDAR:
            return self._calendar_form(posted, start)
        asked = whole_number(request.args.get("id"))
        form = VersionTrialForm(posted, data=start | {"version": asked})
        form.version.choices = [("", _("reference.sla.choose")), *_versions(kind)]
        return form

    @staticmethod
    def _calendar_form(posted: Any, start: dict[str, Any]) -> WhatIfForm:
        calendar = _deadline_hours()
        form = CalendarTrialForm(posted, data=start | {weekday: calendar.get(weekday, []) for weekday in WEEKDAYS})
        for row in form.rows():
            row["kind"].choices = [
                ("", _("reference.sla.choose")),
                *((kind.value, words("what_if.day", kind.value)) for kind in TrialDay),
            ]
        return form

    @staticmethod
    def _asked() -> WhatIfRun:
        number = whole_number(request.args.get("id"))
        return (None if number is None else reading().get(WhatIfRun, number)) or abort(404)


def _kind(text: str | None) -> WhatIfKind:
    try:
        return WhatIfKind(text or WhatIfKind.POLICY.value)
    except ValueError:
        abort(404)


def _deadline_hours() -> dict[str, Any]:
    calendar = deadline_calendar(reading())
    return dict(calendar.weekly_hours) if calendar is not None else {}


def _versions(kind: WhatIfKind) -> list[tuple[int, str]]:
    """Every version that can be tried, the newest first; drafts are named as such."""
    model: Any = SlaPolicy if kind is WhatIfKind.POLICY else ProcessVersion
    rows = reading().scalars(sa.select(model).order_by(model.id.desc()))
    return [(row.id, _version_words(row)) for row in rows]


def _version_words(row: Any) -> str:
    name = _("what_if.version", name=named(row), version=row.version)
    return name if row.state is VersionState.EFFECTIVE else f"{name} · {label(row.state)}"
