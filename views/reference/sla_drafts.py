"""Drafts of the clocks in the console (R23, R25, R26): drawn up, changed part by part, checked, put into force."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from flask import flash, redirect, request, url_for
from flask_admin import expose
from sqlalchemy.orm import Session
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.models.configuration import MessageTemplate, SlaPolicy
from backoffice.models.office import Role
from backoffice.services import sla_draft as service
from backoffice.services.core import sla_definition as parts
from forms.reference.sla_draft import (
    ApprovalsForm,
    ExtensionForm,
    ForceForm,
    LaddersForm,
    extension_data,
    ladders_data,
    ladders_form,
)
from forms.reference.sla_policy import SlaForm, filled, sla_form
from policies.ladder_check import CUSTOMER
from policies.message import Message, Refusal
from policies.sla_version import refuse_editing
from policies.step_holder import OWNER
from policies.vocabulary import Severity
from policies.warning_ladder import WarnAt
from views import context
from views.addresses import whole_number
from views.errors import onto_form
from views.filters import named
from views.language import _
from views.reference.base import Page, in_use, reading
from views.reference.naming import amount_words
from views.reference.sla_words import clock_words, recipient_words, step_words
from views.reference.words import words


class Placing(Protocol):
    """A form that knows under which name it has a field that the rules refused."""

    def place_of(self, field: str) -> str:
        """Its name in the form."""


def placed(error: DomainError, form: Placing) -> DomainError:
    """The same refusals beside the form's own fields."""
    return DomainError(
        Refusal(one.key, one.params, form.place_of(one.field) if one.field else None, one.status)
        for one in error.refusals
    )


class SlaDraftPages:
    """The pages of a draft, beside those of the versions in force."""

    render: Callable[..., str]
    _asked: Callable[[], SlaPolicy]
    _fill: Callable[[SlaForm, SlaPolicy], None]

    @expose("/draft/", methods=("POST",))
    def draft(self) -> Page:
        """A draft with everything that a version says."""
        base = self._asked()
        with context.writing() as session:
            made = service.draw_up(session, context.actor(), context.now(), base.id)
        flash(_("reference.sla.drafted", version=made.version), "success")
        return redirect(url_for("sla_policies.index", version=made.version), 303)

    @expose("/targets/", methods=("GET", "POST"))
    def targets(self) -> Page:
        """The table of targets and the special rows of a draft."""
        draft = self._asked()
        posted = request.form if request.method == "POST" else None
        rows = None if posted is None else whole_number(posted.get("rows"), highest=60)
        form = sla_form(draft.definition, rows)(posted, data=filled(draft.definition))
        self._fill(form, draft)

        def part() -> service.Part:
            facts = form.facts()
            return service.Part(targets=facts.targets, overrides=facts.overrides)

        return self._part_page(
            draft, form, part, "reference/sla_form.html",
            base=draft, next_version=draft.version, draft=draft, severities=list(Severity), amount_words=amount_words,
            clock_names={row.clock: clock_words(row.clock) for row in form.table()},
            row_names={(row.clock, row.phase): clock_words(row.clock, row.phase) for row in form.table()},
        )  # fmt: skip

    @expose("/ladders/", methods=("GET", "POST"))
    def ladders(self) -> Page:
        """The warning ladders of a draft."""
        draft = self._asked()
        data, sizes = ladders_data(parts.ladders_of(draft.definition))
        posted = request.form if request.method == "POST" else None
        form = ladders_form(_sizes(posted.get("sizes")) or sizes if posted else sizes)(
            posted, data={**data, "revision": draft.revision}
        )
        _fill_ladders(form, draft)
        return self._part_page(
            draft, form, lambda: service.Part(ladders=form.rows()), "reference/sla_ladders.html", draft=draft,
            when=_when,
        )  # fmt: skip

    @expose("/extension/", methods=("GET", "POST"))
    def extension(self) -> Page:
        """The extension settings of a draft."""
        draft = self._asked()
        posted = request.form if request.method == "POST" else None
        form = ApprovalsForm(posted, data={**extension_data(draft.definition), "revision": draft.revision})
        _fill_extension(form, draft)
        return self._part_page(
            draft, form, lambda: service.Part(extension=form.settings()), "reference/sla_extension.html", draft=draft
        )

    @expose("/check/", methods=("POST",))
    def check(self) -> Page:
        """Check a draft as a whole; what is wrong is listed on its page."""
        draft = self._asked()
        seen = whole_number(request.form.get("revision"))
        try:
            with context.writing() as session:
                service.check(session, context.actor(), context.now(), draft.id, seen)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            page = self.render("reference/sla_faults.html", draft=draft, refusals=error.refusals)
            return page, 422
        flash(_("reference.sla.checked", version=draft.version), "success")
        return redirect(url_for("sla_policies.index", version=draft.version), 303)

    @expose("/force/", methods=("GET", "POST"))
    def force(self) -> Page:
        """Have a checked draft hold from a date."""
        draft = self._asked()
        form = ForceForm(request.form if request.method == "POST" else None, data={"revision": draft.revision})

        def act(session: Session) -> SlaPolicy:
            return service.put_in_force(
                session, context.actor(), context.now(), draft.id, form.seen(), form.valid_from.data, form.reason.data
            )

        return self._page(draft, form, act, "reference/sla_force.html", "reference.sla.in_force", draft=draft)

    def _part_page(
        self, of: SlaPolicy, form: Any, part: Callable[[], service.Part], template: str, /, **more: Any
    ) -> Page:
        def act(session: Session) -> SlaPolicy:
            seen = whole_number(request.form.get("revision"))
            return service.change(session, context.actor(), context.now(), of.id, seen, part())

        return self._page(of, form, act, template, "reference.sla.draft_saved", **more)

    def _page(
        self, of: SlaPolicy, form: Form, act: Callable[[Session], SlaPolicy], template: str, done: str, /, **more: Any
    ) -> Page:
        """A form of a draft: shown, or carried out; what is refused comes back with all that was typed."""
        refusals: Sequence[Message] = ()
        if request.method == "GET" and (closed := refuse_editing(parts.plain_version(of))):
            refusals = (closed,)
        if request.method == "POST" and form.validate():
            try:
                with context.writing() as session:
                    made = act(session)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                refusals = onto_form(placed(error, form) if hasattr(form, "place_of") else error, form)
            else:
                flash(_(done, version=made.version, day=made.valid_from), "success")
                return redirect(url_for("sla_policies.index", version=made.version), 303)
        page = self.render(template, form=form, refusals=refusals, **more)
        return (page, 422) if request.method == "POST" else page


def _when(at: str, value: int | None) -> str:
    """When a step warns, in a few words; a value that is still missing is left to the form."""
    return step_words({"at": at, "value": value}) if value is not None else words("reference.sla.ladder_at", at)


def _sizes(text: str | None) -> list[int]:
    """How many steps each ladder had on the page that was posted; nothing when that cannot be read."""
    found = [whole_number(part, highest=20) for part in (text or "").split(",")[:30]]
    return [size for size in found if size] if all(found) else []


def _clock_choices(draft: SlaPolicy) -> list[tuple[str, str]]:
    return [(row["code"], clock_words(row["code"])) for row in draft.definition.get("clocks", ())]


def _roles(*held: str | None) -> list[tuple[str, str]]:
    rows = list(reading().scalars(in_use(Role)))
    return [(row.code, named(row)) for row in rows if row.code not in (OWNER, *held)]


def _fill_ladders(form: LaddersForm, draft: SlaPolicy) -> None:
    clocks = _clock_choices(draft)
    moments = [("", _("reference.sla.choose")), *((at.value, words("reference.sla.ladder_at", at)) for at in WarnAt)]
    people = [(OWNER, recipient_words(OWNER)), *_roles()]
    staff = sa.select(MessageTemplate).where(
        MessageTemplate.retired_at.is_(None), MessageTemplate.audience != CUSTOMER
    )  # fmt: skip
    texts = [("", _("reference.sla.choose")), *((row.code, named(row)) for row in reading().scalars(staff))]
    for own, steps in form.ladders():
        own["applies_to"].choices = clocks
        for step in steps:
            step["at"].choices, step["to"].choices, step["message"].choices = moments, people, texts


def _fill_extension(form: ExtensionForm, draft: SlaPolicy) -> None:
    form.clocks.choices = _clock_choices(draft)
    roles = [("", _("reference.sla.extension.none")), *_roles()]
    for _severity, (role, _days, _times) in form.rows():
        role.choices = roles
