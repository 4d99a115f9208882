"""The way of a version of a document into force and out of it, as pages: drawn up, checked, in force, retired.

A screen over rows that ``services/core/versions.py`` keeps puts this beside its list and says ``kept``; its templates
are ``reference/version_*.html``, their words the room ``versions``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy.orm import Session
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.services.core.versions import Versions, facts_of
from forms.reference.list_entry import ReasonForm
from forms.reference.versions import DrawUpForm, ForceForm
from policies.access import Permission, may
from policies.message import Message, Refusal
from policies.process_version import Standing, refuse_force, refuse_retiring, where
from views import context
from views.addresses import whole_number
from views.filters import day, named
from views.language import _, say
from views.reference.base import Page, reading
from views.reference.process_checking import placed, seen_revision
from views.reference.words import words

LOOK = {
    Standing.DRAFT: "", Standing.CHECKED: "wait", Standing.COMING: "wait", Standing.HOLDS: "good", Standing.PAST: "",
    Standing.RETIRED: "bad",
}  # fmt: skip
ENDS = {Standing.DRAFT: "discard", Standing.CHECKED: "discard", Standing.COMING: "take_back"}


@dataclass(frozen=True)
class ShownVersion:
    """A version in the list beside another one."""

    row: Any
    standing: Standing
    look: str


def standing_cell(versions: Sequence[Any], row: Any) -> str:
    """Where a version stands, as a mark in a list; ``versions`` are those of its code."""
    stands = where(facts_of(row), [facts_of(one) for one in versions], context.today())
    return Markup('<span class="state state-{}">{}</span>').format(LOOK[stands], words("versions.standing", stands))


def holds(row: Any, versions: Sequence[Any]) -> bool:
    """Whether this version is the one that holds today."""
    return where(facts_of(row), [facts_of(one) for one in versions], context.today()) is Standing.HOLDS


def from_cell(row: Any) -> str:
    """From when a version holds; a draft has no date yet."""
    return _("layout.none") if row.state.is_open else day(row.valid_from)


class VersionedPages:
    """The pages of a version that are the same whatever it is a version of."""

    kept: Versions
    get_one: Any
    render: Any
    endpoint: str

    def row_title(self, row: Any) -> str:
        """The document with its version."""
        return _("versions.named", name=named(row), version=row.version)

    def page_of(self, row: Any, anchor: str | None = None) -> str:
        """The address of a version's own page."""
        return url_for(f"{self.endpoint}.details_view", id=row.id, _anchor=anchor)

    def shown_versions(self, row: Any) -> list[ShownVersion]:
        """Every version of its code, the newest first."""
        rows = self.kept.of(reading(), row.code)
        facts = [facts_of(one) for one in rows]
        stands = [where(facts_of(one), facts, context.today()) for one in rows]
        return [ShownVersion(one, standing, LOOK[standing]) for one, standing in zip(rows, stands, strict=True)]

    def version_facts(self, row: Any) -> dict[str, Any]:
        """What the page of a version shows of its way: standing, versions beside it, faults, what may be done."""
        versions = self.shown_versions(row)
        here = next(version for version in versions if version.row.id == row.id)
        every = [facts_of(one.row) for one in versions]
        return {
            "row": row,
            "versions": versions,
            "here": here,
            "may_edit": row.state.is_open,
            "may_draw_up": self.may(self.kept.drawing_up),
            "may_approve": self.may(self.kept.approving),
            "ends": ENDS.get(here.standing, "retire"),
            "may_retire": self.may(self.kept.ending(row))
            and refuse_retiring(facts_of(row), every, context.today()) is None,
            "faults": self._faults(row) if row.state.is_open else (),
        }

    def mend_page(self, row: Any, refusal: Refusal) -> str:
        """Where what a check found is put right."""
        return f"{url_for(f'{self.endpoint}.edit', id=row.id)}#{refusal.field}"

    def sides(self) -> tuple[Any, Any, list[Any]]:
        """The version that is asked for, the one that it is compared with (None: there is no other), and all others."""
        after = self.get_one(request.args.get("id"))
        others = [one for one in self.kept.of(reading(), after.code) if one.id != after.id]
        asked = request.args.get("with")
        before = next((one for one in others if one.id == whole_number(asked)), None)
        if asked is not None and before is None:
            abort(404)
        earlier = [one for one in others if one.version < after.version]
        return after, before or next(iter(earlier or others), None), others

    def compared(self, differences: Callable[[Any, Any], Sequence[Any]], section: str) -> Page:
        """Two versions side by side: what the second says otherwise than the first."""
        after, before, others = self.sides()
        rows = [] if before is None else differences(before.definition, after.definition)
        return self.render(
            "reference/version_compare.html",
            row=after,
            before=before,
            others=others,
            rows=rows,
            section_head=_(section),
        )

    def _faults(self, row: Any) -> Sequence[Refusal]:
        return self.kept.faults(reading(), row.definition, context.today())

    @expose("/draw_up/", methods=("GET", "POST"))
    def draw_up(self) -> Page:
        """A new draft that starts with all that another version says."""
        self.ensure(self.kept.drawing_up)
        base = self.get_one(request.args.get("id"))
        form = DrawUpForm(request.form if request.method == "POST" else None)

        def command(session: Session) -> Any:
            return self.kept.draw_up(session, context.actor(), context.now(), base.id, form.reason.data)

        return self.acted(form, command, "reference/version_draw_up.html", "versions.drawn_up", row=base)

    @expose("/check/", methods=("POST",))
    def check(self) -> Page:
        """Check a draft; what is wrong stands on its page."""
        self.ensure(self.kept.drawing_up)
        row = self.get_one(request.args.get("id"))
        try:
            with context.writing() as session:
                found = self.kept.check(session, context.actor(), context.now(), row.id, seen_revision())
        except DomainError as error:
            if error.status in (403, 404):
                raise
            for refusal in error.refusals:
                flash(say(refusal), "error")
            return redirect(self.page_of(row), 303)
        if found:
            flash(_("versions.found", n=len(found)), "error")
        else:
            flash(_("versions.checked", name=self.row_title(row)), "success")
        return redirect(self.page_of(row, "check"), 303)

    @expose("/put_into_force/", methods=("GET", "POST"))
    def put_into_force(self) -> Page:
        """Let a checked version hold from a day on."""
        self.ensure(self.kept.approving)
        row = self.get_one(request.args.get("id"))
        form = ForceForm(request.form if request.method == "POST" else None, data={"valid_from": context.today()})

        def command(session: Session) -> Any:
            said = (seen_revision(), form.valid_from.data, form.reason.data)
            return self.kept.put_into_force(session, context.actor(), context.now(), row.id, *said)

        against = refuse_force(facts_of(row), [], context.today(), context.today())
        own = self.kept.against_force(reading(), context.actor(), row)
        before = against or own or (self._faults(row) if request.method == "GET" else ())
        return self.acted(form, command, "reference/version_force.html", "versions.in_force", before, row=row)

    @expose("/retire/", methods=("GET", "POST"))
    def retire_view(self) -> Page:
        """Throw a draft away, take back what is to come, retire what was replaced."""
        row = self.get_one(request.args.get("id"))
        self.ensure(self.kept.ending(row))
        form = ReasonForm(request.form if request.method == "POST" else None)
        facts = self.version_facts(row)
        every = [facts_of(one.row) for one in facts["versions"]]
        refusal = refuse_retiring(facts_of(row), every, context.today())

        def command(session: Session) -> Any:
            return self.kept.retire(session, context.actor(), context.now(), row.id, form.reason.data)

        before = () if refusal is None else (refusal,)
        return self.acted(
            form, command, "reference/version_retire.html", "versions.retired", before, row=row, act=facts["ends"]
        )

    @staticmethod
    def may(permission: Permission) -> bool:
        """Whether the reader may do what this permission is for."""
        return may(context.actor(), permission)

    @classmethod
    def ensure(cls, permission: Permission) -> None:
        """A page of this screen that not everybody opens who reads it."""
        if not cls.may(permission):
            abort(403)

    def acted(
        self,
        form: Form,
        command: Callable[[Session], Any],
        template: str,
        done: str,
        refusals: Sequence[Message] = (),
        **more: Any,
    ) -> Page:
        """A form that is shown, or carried out: what is refused comes back with all that was typed."""
        status = 422
        if request.method == "POST" and form.validate():
            try:
                with context.writing() as session:
                    made = command(session)
                    title, page, since = self.row_title(made), self.page_of(made), made.valid_from
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                status, refusals = error.status, placed(error, form)
            else:
                flash(_(done, name=title, day=since), "success")
                return redirect(page, 303)
        page = self.render(template, form=form, refusals=refusals, revision=self._revision(more.get("row")), **more)
        return (page, status) if request.method == "POST" else page

    @staticmethod
    def _revision(row: Any) -> Any:
        """What the form says of the state that it was made from: on a posted page still what it said."""
        return request.form.get("revision", "") if request.method == "POST" else getattr(row, "revision", "")
