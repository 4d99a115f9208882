"""Calendars (R24): the hours of a week, own closures, public holidays and make-up days year by year."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import Calendar, CalendarDay
from backoffice.services import calendar as service
from forms.reference.calendar import CalendarForm, ClosureForm, OfficialListForm, PublicDayForm
from forms.reference.list_entry import ReasonForm
from policies.calendar_days import (
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST_LIST,
    OfficialYear,
    PublicDay,
    read_official_list,
    show_hours,
)
from policies.calendar_form import WEEKDAYS
from policies.message import Message, Refusal
from policies.reference import refused
from policies.vocabulary import ClockCode, label_key
from views import context
from views.addresses import whole_number
from views.errors import onto_form
from views.language import _, lazy
from views.reference import calendar_moves
from views.reference.base import Page, ReferenceScreen, log_of, reading
from views.reference.words import words

RECENT = 30  # closures shown of each calendar, the newest first


@dataclass(frozen=True)
class ShownCalendar:
    """A calendar with its week in words and its closures."""

    row: Calendar
    week: list[tuple[str, str]]
    make_up: str
    closures: list[tuple[CalendarDay, str]]


@dataclass(frozen=True)
class ShownYear:
    """A year of public days: how many, and whether its list is published."""

    year: int
    holidays: int
    make_up: int
    published: bool


class CalendarScreen(ReferenceScreen):
    """All calendars, and the years of public days."""

    subject = service.SUBJECT
    form_class = CalendarForm
    list_template = "reference/calendars.html"
    form_template = "reference/calendar_form.html"
    column_list = ("name_zh",)
    retire_view = None  # channels and deadlines name calendars; they stay
    restore_view = None

    def __init__(self) -> None:
        super().__init__(
            Calendar,
            name=lazy("reference.calendars.title"),
            category=lazy("reference.group.clocks"),
            endpoint="calendars",
        )
        self.summary = lazy("reference.calendars.summary")

    @expose("/")
    def index_view(self) -> Page:
        """Every calendar with its hours and closures; the years beside them."""
        rows = reading().scalars(sa.select(Calendar).order_by(Calendar.for_deadlines.desc(), Calendar.id))
        return self.render(
            self.list_template,
            calendars=[_shown(row) for row in rows],
            years=_years(),
            this_year=context.today().year,
            recent=calendar_moves.recent(),
        )

    def data_of(self, row: Calendar) -> dict[str, Any]:
        """Names, and the hours of each weekday."""
        hours = {weekday: row.weekly_hours.get(weekday, []) for weekday in WEEKDAYS}
        return super().data_of(row) | hours

    def create(self, session: Session, form: CalendarForm) -> Calendar:
        """A further calendar."""
        return service.create(session, context.actor(), context.now(), form.code.data, form.facts())

    def change(self, session: Session, row_id: int, form: CalendarForm) -> Calendar:
        """Other names or hours."""
        return service.change(session, context.actor(), context.now(), row_id, form.facts())

    @expose("/moves/")
    def moves_view(self) -> Page:
        """What one change did to open clocks."""
        revision = whole_number(request.args.get("id"))
        after = whole_number(request.args.get("after", "0"))
        found = None if revision is None or after is None else calendar_moves.change_page(revision, after)
        if found is None:
            abort(404)
        return self.render("reference/calendar_moves.html", clock_name=_clock_name, **calendar_moves.shown_page(found))

    # Own closures

    @expose("/closure/", methods=("GET", "POST"))
    def closure_view(self) -> Page:
        """Close the office for a day or a part of it."""
        row = self.get_one(request.args.get("id"))
        form = ClosureForm(request.form if request.method == "POST" else None)

        def add(session: Session) -> CalendarDay:
            return service.add_closure(session, context.actor(), context.now(), row.id, form.facts())

        return self._day_page(form, add, "reference/closure_form.html", url_for("calendars.index_view"), calendar=row)

    @expose("/reopen/", methods=("GET", "POST"))
    def reopen_view(self) -> Page:
        """The office is open after all."""
        return self._drop_page(service.drop_closure, closure=True)

    # Public days

    @expose("/year/")
    def year_view(self) -> Page:
        """The public days of a year."""
        year = self._year(request.args.get("year"))
        return self.render(
            "reference/calendar_year.html",
            year=year,
            days=_public_days(year),
            published=year in service.published_years(reading()),
            years=[shown.year for shown in _years()],
            changes=log_of("public_holidays", year),
        )

    @expose("/day/", methods=("GET", "POST"))
    def day_view(self) -> Page:
        """One more public day."""
        year = self._year(request.args.get("year"))
        form = PublicDayForm(request.form if request.method == "POST" else None)
        form.kind.choices = [(kind.value, words("reference.day_kind", kind.value)) for kind in PublicDay]

        def add(session: Session) -> CalendarDay:
            return service.add_public_day(session, context.actor(), context.now(), form.facts())

        back = url_for("calendars.year_view", year=year)
        return self._day_page(form, add, "reference/public_day_form.html", back, year=year)

    @expose("/drop/", methods=("GET", "POST"))
    def drop_view(self) -> Page:
        """A public day that is as its weekday after all."""
        return self._drop_page(service.drop_public_day, closure=False)

    @expose("/import/", methods=("GET", "POST"))
    def import_view(self) -> Page:
        """Take over a year's official list: what it would change is shown first, then it is confirmed."""
        form = OfficialListForm(request.form if request.method == "POST" else None)
        if request.method == "GET":
            return self._import_page(form)
        official = _read(form)
        if isinstance(official, Refusal):
            refused_field = form.file if official.field == "file" else form.text
            refused_field.errors = [official]
            return self._import_page(form), 422
        if form.confirmed.data != str(official.year):
            form.confirmed.data = str(official.year)
            return self._import_page(form, official)
        with context.writing() as session:
            changes = service.take_official_list(session, context.actor(), context.now(), official)
        flash(_("reference.calendars.taken", year=official.year, n=len(changes.days)), "success")
        return redirect(url_for("calendars.year_view", year=official.year), 303)

    # How

    def _import_page(self, form: OfficialListForm, official: OfficialYear | None = None) -> str:
        changes = None if official is None else service.changes_by(reading(), official)
        spanning = None
        if official is not None and changes is not None and changes.days:
            spanning = calendar_moves.spanning(changes.days, public=True)
        return self.render(
            "reference/calendar_import.html", form=form, official=official, changes=changes, spanning=spanning,
            refusals=(),
        )  # fmt: skip

    def _day_page(
        self,
        form: Any,
        command: Callable[[Session], CalendarDay],
        template: str,
        back: str,
        calendar: Calendar | None = None,
        **facts: Any,
    ) -> Page:
        refusals: Sequence[Message] = ()
        looks = request.method == "POST" and "look" in request.form
        if looks:
            touches = calendar is None or calendar.for_deadlines
            facts["spanning"] = (
                calendar_moves.spanning([form.day.data], public=calendar is None)
                if form.validate() and touches
                else None
            )
        elif request.method == "POST" and form.validate():
            try:
                with context.writing() as session:
                    row = command(session)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                refusals = onto_form(error, form)
            else:
                flash(_("reference.calendars.day_kept", day=row.day), "success")
                return redirect(back, 303)
        page = self.render(template, form=form, back=back, refusals=refusals, calendar=calendar, **facts)
        return (page, 422) if request.method == "POST" and (form.errors or not looks) else page

    def _drop_page(self, command: Callable[..., None], *, closure: bool) -> Page:
        number = whole_number(request.args.get("id"))
        row = None if number is None else reading().get(CalendarDay, number)
        if row is None or (row.calendar_id is not None) != closure:
            abort(404)
        back = url_for("calendars.index_view") if closure else url_for("calendars.year_view", year=row.day.year)
        form = ReasonForm(request.form if request.method == "POST" else None)
        refusals: Sequence[Message] = ()
        if request.method == "POST" and form.validate():
            try:
                with context.writing() as session:
                    command(session, context.actor(), context.now(), row.id, form.reason.data)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                refusals = onto_form(error, form)
            else:
                flash(_("reference.calendars.day_dropped", day=row.day), "success")
                return redirect(back, 303)
        counts = row.calendar is None or row.calendar.for_deadlines
        spanning = calendar_moves.spanning([row.day], public=not closure) if counts else None
        page = self.render(
            "reference/day_drop.html", form=form, row=row, back=back, refusals=refusals, spanning=spanning
        )
        return (page, 422) if request.method == "POST" else page

    @staticmethod
    def _year(asked: str | None) -> int:
        """A year that a calendar can hold; this one when none is asked for."""
        if asked is None:
            return context.today().year
        return whole_number(asked, lowest=FIRST_YEAR, highest=LAST_YEAR) or abort(404)


def _read(form: OfficialListForm) -> OfficialYear | Refusal:
    """The list as it was pasted, or as the chosen file holds it."""
    upload = request.files.get(form.file.name)
    if upload is None or not upload.filename:
        return read_official_list(form.text.data or "")
    content = upload.stream.read(4 * LONGEST_LIST + 1)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    if not text or len(content) > 4 * LONGEST_LIST:
        return refused("file_text", "file")
    form.text.data = text  # the confirmation carries it on
    return read_official_list(text)


def _clock_name(code: str) -> str:
    """The name of a clock; its code where this version does not know it."""
    return _(label_key(ClockCode(code))) if code in list(ClockCode) else code


def _shown(row: Calendar) -> ShownCalendar:
    closures = reading().scalars(
        sa.select(CalendarDay).where(CalendarDay.calendar_id == row.id).order_by(CalendarDay.day.desc()).limit(RECENT)
    )
    return ShownCalendar(
        row,
        [
            (words("reference.weekday", weekday), show_hours(row.weekly_hours.get(weekday)) or _("reference.closed"))
            for weekday in WEEKDAYS
        ],
        show_hours(row.make_up_day_hours) or _("reference.closed"),
        [(closure, _closed_words(closure)) for closure in closures],
    )


def _closed_words(closure: CalendarDay) -> str:
    hours = show_hours(closure.closed)
    return _("reference.calendars.whole_day") if hours == "00:00–24:00" else hours


def _years() -> list[ShownYear]:
    """Every year with public days, and the next one, which may still be missing; the newest first."""
    counted: dict[int, dict[str, int]] = {}
    rows = reading().execute(
        sa.select(sa.extract("year", CalendarDay.day), CalendarDay.kind, sa.func.count())
        .where(CalendarDay.calendar_id.is_(None))
        .group_by(sa.extract("year", CalendarDay.day), CalendarDay.kind)
    )
    for year, kind, number in rows:
        counted.setdefault(int(year), {})[kind] = number
    published = service.published_years(reading())
    this_year = context.today().year
    years = sorted({*counted, *published, this_year, this_year + 1}, reverse=True)
    return [
        ShownYear(
            year, counted.get(year, {}).get("holiday", 0), counted.get(year, {}).get("make_up", 0), year in published
        )
        for year in years
    ]


def _public_days(year: int) -> list[CalendarDay]:
    between = CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31))
    statement = sa.select(CalendarDay).where(CalendarDay.calendar_id.is_(None), between)
    return list(reading().scalars(statement.order_by(CalendarDay.day)))
