"""Editing a draft of a process (R14): drawn up from a version or a file; its head and its steps, one form each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.integrations.process_file import MOST_SIGNS, read_process
from backoffice.models.configuration import ProcessVersion
from backoffice.services import process as service
from forms.reference.process import (
    BLANK_APPROVALS,
    BLANK_WAYS,
    DrawUpForm,
    FileForm,
    HeadForm,
    StepForm,
    filled,
    step_form,
)
from policies.message import Message, Refusal
from policies.process_form import blank_step
from views import context
from views.addresses import whole_number
from views.language import _, say
from views.reference.base import Page
from views.reference.process_checking import placed, seen_revision
from views.reference.process_words import ProcessWords

Command = Callable[[Any], Any]


class EditingProcesses:
    """Pages of ``ProcessScreen`` on which a draft is written."""

    get_one: Any
    render: Any
    row_title: Any

    @expose("/draw_up/", methods=("GET", "POST"))
    def draw_up(self) -> Page:
        """A new draft that starts with all that another version says."""
        base = self.get_one(request.args.get("id"))
        form = DrawUpForm(request.form if request.method == "POST" else None)

        def command(session: Any) -> ProcessVersion:
            return service.draw_up(session, context.actor(), context.now(), base.id, form.reason.data)

        made, refusals, status = self._try(form, command)
        if made is not None:
            flash(_("process_editor.drawn_up", version=made.version), "success")
            return redirect(url_for("processes.details_view", id=made.id), 303)
        page = self.render("reference/process_draw_up.html", form=form, base=base, refusals=refusals)
        return (page, status) if request.method == "POST" else page

    @expose("/file/", methods=("GET", "POST"))
    def file(self) -> Page:
        """A new draft from a file in the console's own form; what was read comes back when it will not do."""
        posted = with_file() if request.method == "POST" else None
        form = FileForm(posted)

        def command(session: Any) -> ProcessVersion:
            definition = read_process(form.text.data)
            if isinstance(definition, Refusal):
                raise DomainError(definition)
            return service.draw_up_from(session, context.actor(), context.now(), definition, form.reason.data)

        made, refusals, status = self._try(form, command)
        if made is not None:
            flash(_("process_editor.drawn_up", version=made.version), "success")
            return redirect(url_for("processes.details_view", id=made.id), 303)
        page = self.render("reference/process_file.html", form=form, refusals=refusals)
        return (page, status) if request.method == "POST" else page

    @expose("/head/", methods=("GET", "POST"))
    def head(self) -> Page:
        """Name and note of a draft."""
        row = self._draft()
        note = row.definition.get("note") or {}
        start = {"name_zh": row.name_zh, "name_en": row.name_en, "note_zh": note.get("zh"), "note_en": note.get("en")}
        form = HeadForm(request.form if request.method == "POST" else None, data=start)

        def command(session: Any) -> Any:
            at = (context.actor(), context.now(), row.id, seen_revision())
            return service.change_head(session, *at, form.facts())

        done, refusals, status = self._try(form, command)
        if done is not None:
            return self._saved(row)
        page = self.render(
            "reference/process_head.html", form=form, row=row, refusals=refusals, revision=self._revision(row)
        )
        return (page, status) if request.method == "POST" else page

    @expose("/step/", methods=("GET", "POST"))
    def step(self) -> Page:
        """One step of a draft."""
        row = self._draft()
        code = request.args.get("step")
        step = next((one for one in row.definition["steps"] if one["code"] == code), None) or abort(404)
        form = self._step_form(row, step)

        def command(session: Any) -> Any:
            at = (context.actor(), context.now(), row.id, seen_revision())
            return service.change_step(session, *at, step["code"], form.facts())

        return self._step_page(row, form, command, step)

    @expose("/new_step/", methods=("GET", "POST"))
    def new_step(self) -> Page:
        """One step more."""
        row = self._draft()
        form = self._step_form(row, None)

        def command(session: Any) -> Any:
            at = (context.actor(), context.now(), row.id, seen_revision())
            return service.add_step(session, *at, form.facts(), form["after"].data)

        return self._step_page(row, form, command, None)

    def _step_page(self, row: ProcessVersion, form: StepForm, command: Command, step: Mapping[str, Any] | None) -> Page:
        more = request.form.get("more") if request.method == "POST" else None
        done, refusals, status = (None, (), 200) if more else self._try(form, command)
        if done is not None:
            return self._saved(row)
        page = self.render(
            "reference/process_step.html",
            form=form,
            row=row,
            step=step,
            refusals=refusals,
            revision=self._revision(row),
            asked=_asked(form),
        )
        return (page, status) if request.method == "POST" else page

    @staticmethod
    def _step_form(row: ProcessVersion, step: Mapping[str, Any] | None) -> StepForm:
        posted = request.form if request.method == "POST" else None
        shown: Mapping[str, Any] = step if step is not None else blank_step()
        ways, limits = len(shown["next"]) + BLANK_WAYS, len(shown.get("approvals") or ()) + BLANK_APPROVALS
        if posted is not None:
            more = 2 if posted.get("more") else 0
            ways = (whole_number(posted.get("ways"), highest=40) or ways) + more
            limits = (whole_number(posted.get("limits"), highest=40) or limits) + (1 if more else 0)
        start = filled(shown) | ({"after": request.args.get("after")} if step is None else {})
        form = step_form(ways, limits, new=step is None)(posted, data=start)
        form.offer(ProcessWords(row.definition).choices(row.definition, shown))
        return form

    @expose("/move/", methods=("POST",))
    def move(self) -> Page:
        """A step one place up or down."""
        row = self._draft()
        by = -1 if request.form.get("by") == "up" else 1
        code = request.form.get("step") or ""

        def command(session: Any) -> Any:
            at = (context.actor(), context.now(), row.id, seen_revision())
            return service.move_step(session, *at, code, by)

        return self._pressed(row, command, f"step-{code}")

    @expose("/drop/", methods=("GET", "POST"))
    def drop(self) -> Page:
        """One step less, after it was said what goes with it."""
        row = self._draft()
        code = request.args.get("step")
        step = next((one for one in row.definition["steps"] if one["code"] == code), None) or abort(404)
        refusals: Sequence[Message] = ()
        if request.method == "POST":
            try:
                with context.writing() as session:
                    at = (context.actor(), context.now(), row.id, seen_revision())
                    _row, dropped = service.drop_step(session, *at, step["code"])
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                refusals = error.refusals
            else:
                flash(_("process_editor.dropped", n=dropped), "success")
                return redirect(url_for("processes.details_view", id=row.id, _anchor="steps"), 303)
        worded = ProcessWords(row.definition)
        leading = [
            (worded.steps[one["code"]], worded.action(way["action"]))
            for one in row.definition["steps"]
            for way in one["next"]
            if way["to"] == step["code"] and one["code"] != step["code"]
        ]
        page = self.render(
            "reference/process_drop.html", row=row, step=step, leading=leading, refusals=refusals,
            revision=self._revision(row),
        )  # fmt: skip
        return (page, 409) if request.method == "POST" else page

    # How

    def _draft(self) -> ProcessVersion:
        """The version that is asked for; what is in force has no such page."""
        row: ProcessVersion = self.get_one(request.args.get("id"))
        if not row.state.is_open:
            raise DomainError(Refusal("process.refused.in_force", {"version": row.version}))
        return row

    @staticmethod
    def _revision(row: ProcessVersion) -> int:
        """The revision that the page's form names: after a refusal still the one that the person began with."""
        seen = seen_revision() if request.method == "POST" else None
        return row.revision if seen is None else seen

    @staticmethod
    def _try(form: Form, command: Command) -> tuple[Any, Sequence[Message], int]:
        """What the command gave, or what speaks against it, beside its fields where they are named."""
        if request.method != "POST" or not form.validate():
            return None, (), 422
        try:
            with context.writing() as session:
                return command(session), (), 200
        except DomainError as error:
            if error.status in (403, 404):
                raise
            return None, placed(error, form), error.status

    @staticmethod
    def _saved(row: ProcessVersion) -> Page:
        flash(_("process_editor.saved"), "success")
        return redirect(url_for("processes.details_view", id=row.id, _anchor="steps"), 303)

    @staticmethod
    def _pressed(row: ProcessVersion, command: Command, anchor: str) -> Page:
        try:
            with context.writing() as session:
                command(session)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            for refusal in error.refusals:
                flash(say(refusal), "error")
        return redirect(url_for("processes.details_view", id=row.id, _anchor=anchor), 303)


def _asked(form: StepForm) -> list[str]:
    """What each way asks for, in words, for the line under which its boxes are folded away."""
    found = []
    for way in form.ways():
        chosen = set(way["requires"].data or ())
        names = [str(text) for code, text in way["requires"].choices if code in chosen]
        found.append(_("layout.list.separator").join(names) or _("layout.none"))
    return found


def with_file() -> Any:
    """What was posted, with the text of an uploaded file in place of what was pasted."""
    posted = request.form.copy()
    upload = request.files.get("file")
    content = upload.read(4 * MOST_SIGNS + 1) if upload is not None and upload.filename else b""
    if content:
        posted["text"] = content.decode("utf-8-sig", errors="replace").replace("\0", "")
    return posted
