"""The ground of the screens of the office's own data: forms go through the services, rows are retired, never deleted.

A screen names its permission, its form and its commands; list, search and pages are Flask-Admin's. Of Flask-Admin's own
routes those that could write or carry off rows past the services do not exist here: deletion, bulk actions, inline
updates, lookups and exports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, TypeVar

import sqlalchemy as sa
from flask import abort, flash, g, redirect, request, url_for
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.models.history import ReferenceChange
from backoffice.services.core import upkeep
from forms.reference.list_entry import ReasonForm
from policies.access import Permission
from policies.message import Message, Refusal
from views.addresses import whole_number
from views.drafting import comparing, keeping
from views.drafting.comparing import Line
from views.errors import onto_form
from views.filters import named
from views.language import _
from views.reference.changes import SHOWN, ShownChange, shown_changes
from views.reference.choosing import Choosing
from views.reference.words import Worded, words
from views.screens import RequestSession

Page = Response | str | tuple[str, int]
T = TypeVar("T")
SEEN = "seen"  # the hidden field that names the newest line of the log when a form was opened
LOGGED = 20  # lines of a row's own log beside its form
DONE = {"retire": "reference.retired", "restore": "reference.restored"}


def reading() -> Session:
    """The session through which this request's screens read."""
    return RequestSession.current()


def once(name: str, make: Callable[[], T]) -> T:
    """What ``make`` gives, made once a request: for the cells of a list, which ask row by row."""
    kept: dict[str, Any] = g.setdefault("made_once", {})
    if name not in kept:
        kept[name] = make()
    return kept[name]  # type: ignore[no-any-return]  # one store for values of many types


def choices(rows: Iterable[Any], *, blank: str | None = None) -> list[tuple[Any, str]]:
    """Rows with a name in both languages as choices by their id; ``blank`` is the words for none."""
    offered: list[tuple[Any, str]] = [] if blank is None else [("", blank)]
    return offered + [(row.id, named(row)) for row in rows]


def coded(rows: Iterable[Any], *, blank: str | None = None) -> list[tuple[Any, str]]:
    """The same by their code."""
    offered: list[tuple[Any, str]] = [] if blank is None else [("", blank)]
    return offered + [(row.code, named(row)) for row in rows]


def in_use(model: Any, *also: Any) -> sa.Select[Any]:
    """Rows in use, and those of these ids, which something has already."""
    kept = [row_id for row_id in also if row_id is not None]
    return sa.select(model).where(sa.or_(model.retired_at.is_(None), model.id.in_(kept))).order_by(model.id)


def log_of(subject: str, subject_id: object) -> list[ShownChange]:
    """The newest lines that the log has of a row."""
    return shown_changes(reading().scalars(_log(subject, subject_id)))


def _log(subject: str, subject_id: object) -> sa.Select[Any]:
    mine = (ReferenceChange.subject == subject, ReferenceChange.subject_id == str(subject_id))
    return sa.select(ReferenceChange).where(*mine).order_by(ReferenceChange.id.desc()).limit(LOGGED)


def name_cell(view: Any, _context: Any, row: Any, _name: str) -> str:
    """A row's name in the reader's language, leading to its page, with its code under it."""
    address = url_for(f"{view.endpoint}.{'edit_view' if view.can_edit else 'details_view'}", id=row.id)
    return Markup('<a class="title" href="{}">{}</a><span class="sub no">{}</span>').format(
        address, named(row), row.code
    )


def state_cell(view: Any, _context: Any, row: Any, _name: str) -> str:
    """Whether a row is in use."""
    if row.retired_at is None:
        return Markup('<span class="state state-good">{}</span>').format(words("reference.state", view.standing))
    return Markup('<span class="state">{}</span>').format(_("reference.state.retired"))


def named_cell(attribute: str) -> Callable[..., str]:
    """The name of a row that another one points at."""
    return lambda _view, _context, row, _name: named(getattr(row, attribute)) or _("layout.none")


class ReferenceScreen(Worded, Choosing):
    """One kind of the office's own data."""

    permissions = (Permission.CONFIGURATION_EDIT,)
    can_create = True
    can_edit = True
    form = Form  # Flask-Admin would make one of the table's columns; the screen's own is made by ``fill``
    list_template = "reference/list.html"
    form_template = "reference/form.html"
    retire_template = "reference/retire.html"
    column_display_actions = True
    column_auto_select_related = False  # a screen says itself what it reads along

    subject: ClassVar[str] = ""
    form_class: ClassVar[type[Form]] = Form
    summary: Any = ""
    standing: ClassVar[str] = "in_use"  # what a row that is not retired is called

    # Routes of Flask-Admin that this desk does not have.
    delete_view = None
    action_view = None
    export = None
    ajax_lookup = None
    ajax_update = None

    # What a screen says

    def fill(self, form: Form, row: Any | None) -> None:
        """Give the form's choices their words; ``row`` is what is being changed."""

    def data_of(self, row: Any) -> dict[str, Any]:
        """What the form starts with for a row; by default the row's own columns."""
        return {column.key: getattr(row, column.key) for column in sa.inspect(type(row)).columns}

    def start(self) -> dict[str, Any]:
        """What the form of a new row starts with."""
        return {}

    def create(self, session: Session, form: Any) -> Any:
        """The service's command for a new row."""
        raise LookupError(f"{self.endpoint} creates nothing")

    def change(self, session: Session, row_id: int, form: Any) -> Any:
        """The service's command for a changed row."""
        raise LookupError(f"{self.endpoint} changes nothing")

    def retire(self, session: Session, row_id: int, reason: str) -> Any:
        """The service's command that takes a row out of use."""
        raise LookupError(f"{self.endpoint} retires nothing")

    def restore(self, session: Session, row_id: int, reason: str) -> Any:
        """The service's command that puts a row back into use."""
        raise LookupError(f"{self.endpoint} restores nothing")

    def hangs_on(self, row: Any) -> Sequence[Refusal]:
        """What speaks against retiring a row now, told before anybody tries."""
        return ()

    def row_title(self, row: Any) -> str:
        """What a row is called on its own page."""
        return named(row)

    def after(self, row: Any) -> str:
        """Where a saved form leads: to the list."""
        return url_for(f"{self.endpoint}.index_view")

    # Pages

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Page:
        """A new row: the form, or the row it makes."""
        form = self._form(None)
        if request.method == "POST" and form.validate():
            try:
                with keeping.carrying_out() as session:
                    row = self.create(session, form)
            except DomainError as error:
                return self._again(form, None, error)
            flash(_("reference.created", name=self.row_title(row)), "success")
            return redirect(self.after(row), 303)
        return self._form_page(form, None)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> Page:
        """A row: what it says now, to be changed."""
        seen = self._newest(request.args.get("id"))  # before the row is read, so that no change is taken as seen
        row = self.get_one(request.args.get("id"))
        form = self._form(row)
        if request.method == "POST" and form.validate():
            try:
                with keeping.carrying_out() as session:
                    self.refuse_outdated(session, row)
                    changed = self.change(session, row.id, form)
            except DomainError as error:
                return self._again(form, row, error)
            flash(_("reference.saved", name=self.row_title(changed)), "success")
            return redirect(self.after(changed), 303)
        return self._form_page(form, row, seen=seen)

    @expose("/details/")
    def details_view(self) -> Page:
        """A row's own page is its form."""
        row = self.get_one(request.args.get("id"))
        return redirect(url_for(f"{self.endpoint}.edit_view", id=row.id), 303)

    @expose("/retire/", methods=("GET", "POST"))
    def retire_view(self) -> Page:
        """Take a row out of use, with a reason; what hangs on it is told first."""
        return self._with_reason(self.retire, "retire")

    @expose("/restore/", methods=("GET", "POST"))
    def restore_view(self) -> Page:
        """Put a row back into use, with a reason."""
        return self._with_reason(self.restore, "restore")

    # How

    def _form(self, row: Any | None) -> Form:
        posted = request.form if request.method == "POST" else None
        form = self.form_of(row)(posted, data=self.start() if row is None else self.data_of(row))
        if row is not None and "code" in form:
            del form.code  # a code stays for good: rules and histories name things by it
        self.fill(form, row)
        return form

    def _newest(self, row_id: str | None) -> int:
        """The newest line of the log of a row, which its form carries as what its reader saw; nought without one."""
        if request.method == "POST":
            return whole_number(request.form.get(SEEN)) or 0
        mine = _log(self.subject, whole_number(row_id)).with_only_columns(ReferenceChange.id)
        return reading().scalars(mine.limit(1)).first() or 0

    def refuse_outdated(self, session: Session, row: Any) -> None:
        """Raise when the log of the row has a line that its form had not; who changed what is shown with it (R40).

        Who changes the office's data takes turns, so that the lines of a row follow one another as they are committed,
        whenever the change was begun.
        """
        if SEEN not in request.form or not self.subject:
            return
        upkeep.wait_turn(session)
        later = _log(self.subject, row.id).where(ReferenceChange.id > (whole_number(request.form[SEEN]) or 0))
        lines = shown_changes(session.scalars(later))
        if lines:
            comparing.say_meanwhile([Line(line.at, line.who, line.act) for line in reversed(lines)])
            raise DomainError(Refusal("reference.refused.changed_meanwhile"))

    def form_of(self, row: Any | None) -> type[Form]:
        """The form for a row, where not all rows have the same."""
        return self.form_class

    def _again(self, form: Form, row: Any | None, error: DomainError) -> Page:
        if error.status in (403, 404):
            raise error
        return self._form_page(form, row, onto_form(error, form), error.status)

    def _form_page(
        self, form: Form, row: Any | None, refusals: Sequence[Message] = (), status: int | None = None, seen: int = 0
    ) -> Page:
        failed = request.method == "POST"
        page = self.render(
            self.form_template,
            form=form,
            row=row,
            refusals=refusals,
            seen=request.form.get(SEEN) if failed else seen,
            changes=log_of(self.subject, row.id) if row is not None else [],
            changes_shown=SHOWN,
            **self.page_facts(row),
        )
        return (page, status or 422) if failed else page

    def page_facts(self, row: Any | None) -> dict[str, Any]:
        """What else the form's page shows."""
        return {}

    def _with_reason(self, command: Callable[[Session, int, str], Any], act: str) -> Page:
        row = self.get_one(request.args.get("id"))
        if (row.retired_at is None) != (act == "retire"):
            abort(409)
        form = ReasonForm(request.form if request.method == "POST" else None)
        refusals: Sequence[Message] = self.hangs_on(row) if act == "retire" and request.method == "GET" else ()
        if request.method == "POST" and form.validate():
            try:
                with keeping.carrying_out() as session:
                    command(session, row.id, form.reason.data)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                refusals = onto_form(error, form)
            else:
                flash(_(DONE[act], name=self.row_title(row)), "success")
                return redirect(url_for(f"{self.endpoint}.index_view"), 303)
        page = self.render(self.retire_template, form=form, row=row, act=act, refusals=refusals)
        return (page, 422) if request.method == "POST" else page
