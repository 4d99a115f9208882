"""The way of a draft into force (R14): checked, put into force from a date, thrown away, taken back, retired."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.models.configuration import ProcessVersion
from backoffice.services import process as service
from forms.reference.list_entry import ReasonForm
from forms.reference.process import ForceForm
from policies.message import Message, Refusal
from policies.process_version import Standing, refuse_force, refuse_retiring, where
from views import context
from views.addresses import whole_number
from views.drafting import comparing
from views.errors import onto_form
from views.filters import named
from views.language import _, say
from views.reference.base import Page, reading


class CheckingProcesses:
    """Pages of ``ProcessScreen`` on which a version changes its state."""

    get_one: Any
    render: Any

    def row_title(self, row: ProcessVersion) -> str:
        """The process with its version."""
        return _("reference.processes.named", name=named(row), version=row.version)

    @expose("/check/", methods=("POST",))
    def check(self) -> Page:
        """Check a draft; what is wrong stands on its page."""
        row = self.get_one(request.args.get("id"))
        try:
            with context.writing() as session:
                found = service.check(session, context.actor(), context.now(), row.id, seen_revision())
        except DomainError as error:
            return _back(row, error)
        if found:
            flash(_("process_editor.found", n=len(found)), "error")
        else:
            flash(_("process_editor.checked", version=row.version), "success")
        return redirect(url_for("processes.details_view", id=row.id, _anchor="check"), 303)

    @expose("/put_into_force/", methods=("GET", "POST"))
    def put_into_force(self) -> Page:
        """Let a checked version hold from a day on."""
        row = self.get_one(request.args.get("id"))
        form = ForceForm(request.form if request.method == "POST" else None, data={"valid_from": context.today()})
        status, refusals = 422, self._against_force(row)
        if request.method == "POST" and form.validate():
            try:
                with context.writing() as session:
                    made = service.put_into_force(
                        session,
                        context.actor(),
                        context.now(),
                        row.id,
                        seen_revision(),
                        form.valid_from.data,
                        form.reason.data,
                    )
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                status, refusals = error.status, placed(error, form)
            else:
                flash(_("process_editor.in_force", name=self.row_title(row), day=made.valid_from), "success")
                return redirect(url_for("processes.details_view", id=row.id), 303)
        page = self.render("reference/process_force.html", form=form, row=row, refusals=refusals)
        return (page, status) if request.method == "POST" else page

    @staticmethod
    def _against_force(row: ProcessVersion) -> Sequence[Message]:
        """What speaks against it before a date is typed."""
        found = refuse_force(service.facts_of(row), [], context.today(), context.today())
        return found or (service.faults(reading(), row, context.today()) if request.method == "GET" else ())

    @expose("/retire/", methods=("GET", "POST"))
    def retire_view(self) -> Page:
        """Throw a draft away, take back what is to come, retire what was replaced."""
        row = self.get_one(request.args.get("id"))
        every = service.all_facts(service.versions_of(reading(), row.severity))
        facts = service.facts_of(row, service.running(reading(), row.id))
        refusal = refuse_retiring(facts, every, context.today())
        form = ReasonForm(request.form if request.method == "POST" else None)
        refusals: Sequence[Message] = () if refusal is None else (refusal,)
        status = 422
        if request.method == "POST" and form.validate():
            try:
                with context.writing() as session:
                    service.retire(session, context.actor(), context.now(), row.id, form.reason.data)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                status, refusals = error.status, placed(error, form)
            else:
                flash(_("process_editor.retired", name=self.row_title(row)), "success")
                return redirect(url_for("processes.index_view"), 303)
        stands = where(facts, every, context.today())
        act = {Standing.DRAFT: "discard", Standing.CHECKED: "discard", Standing.COMING: "take_back"}.get(
            stands, "retire"
        )
        page = self.render("reference/process_retire.html", form=form, row=row, refusals=refusals, act=act)
        return (page, status) if request.method == "POST" else page


def seen_revision() -> int | None:
    """The revision that the person's page was made of."""
    return whole_number(request.form.get("revision"))


def placed(error: DomainError, form: Form) -> list[Refusal]:
    """Each refusal beside its field; those that name a step of the process, which is no field, stand above the form."""
    comparing.note(error.refusals)
    beside = [one for one in error.refusals if one.field is not None and one.field in form]
    above = [one for one in error.refusals if one not in beside]
    return [*above, *(onto_form(DomainError(beside), form) if beside else ())]


def _back(row: ProcessVersion, error: DomainError) -> Page:
    """A button that did not go: why, on the version's own page."""
    if error.status in (403, 404):
        raise error
    for refusal in error.refusals:
        flash(say(refusal), "error")
    return redirect(url_for("processes.details_view", id=row.id), 303)
