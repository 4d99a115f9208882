"""Editing a draft of a scorecard (R28): new, from a file, its head with its groups, and its items one form each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.integrations.process_file import read_process
from backoffice.models.inspection import Scorecard
from backoffice.services import scorecard as service
from forms.reference.scorecard import (
    BLANK_GROUPS,
    CardFileForm,
    ItemForm,
    NewCardForm,
    head_data,
    head_form,
    item_data,
)
from policies.message import Refusal
from policies.vocabulary_inspection import AttributedTo, EvidenceTopic, ItemKind, UnitKind
from views import context
from views.addresses import whole_number
from views.filters import named
from views.language import _, label, say
from views.reference.base import Page
from views.reference.process_checking import seen_revision
from views.reference.process_editing import with_file


class EditingCards:
    """Pages of ``ScorecardScreen`` on which a draft is written."""

    get_one: Any
    render: Any
    acted: Callable[..., Page]
    page_of: Callable[..., str]

    @expose("/new/", methods=("GET", "POST"))
    def new_card(self) -> Page:
        """The first draft of a new card."""
        form = NewCardForm(request.form if request.method == "POST" else None)
        form.applies_to.choices = [(kind.value, label(kind)) for kind in UnitKind]

        def command(session: Session) -> Scorecard:
            name = {"zh": form.name_zh.data, "en": form.name_en.data}
            said = (form.code.data, form.applies_to.data, name, form.reason.data)
            return service.begin(session, context.actor(), context.now(), *said)

        return self.acted(form, command, "reference/card_new.html", "card_editor.begun")

    @expose("/file/", methods=("GET", "POST"))
    def file(self) -> Page:
        """A draft from a file in the console's own form; what was read comes back when it will not do."""
        form = CardFileForm(with_file() if request.method == "POST" else None)

        def command(session: Session) -> Scorecard:
            definition = read_process(form.text.data)
            if isinstance(definition, Refusal):
                raise DomainError(definition)
            return service.from_file(session, context.actor(), context.now(), definition, form.reason.data)

        return self.acted(form, command, "reference/card_file.html", "versions.drawn_up")

    @expose("/edit/", methods=("GET", "POST"))
    def edit(self) -> Page:
        """Name and groups of a draft."""
        row = self._draft()
        posted = request.form if request.method == "POST" else None
        rows = len(row.definition["groups"]) + BLANK_GROUPS
        if posted is not None:
            rows = whole_number(posted.get("rows"), highest=40) or rows
        form = head_form(rows)(posted, data=head_data(row.definition))

        def command(session: Session) -> Scorecard:
            at = (context.actor(), context.now(), row.id, seen_revision())
            return service.change_head(session, *at, form.name(), form.said())

        return self.acted(form, command, "reference/card_head.html", "versions.saved", row=row)

    @expose("/item/", methods=("GET", "POST"))
    def item(self) -> Page:
        """One item of a draft."""
        row = self._draft()
        said = self._item_of(row)
        form = self._item_form(row, said)

        def command(session: Session) -> Scorecard:
            at = (context.actor(), context.now(), row.id, seen_revision())
            return service.change_item(session, *at, said["code"], form.said(said["code"]))

        return self.acted(form, command, "reference/card_item.html", "versions.saved", row=row, item=said)

    @expose("/new_item/", methods=("GET", "POST"))
    def new_item(self) -> Page:
        """One item more."""
        row = self._draft()
        form = self._item_form(row, None)

        def command(session: Session) -> Scorecard:
            at = (context.actor(), context.now(), row.id, seen_revision())
            return service.add_item(session, *at, form.said(""))

        return self.acted(form, command, "reference/card_item.html", "versions.saved", row=row, item=None)

    @expose("/move/", methods=("POST",))
    def move(self) -> Page:
        """An item one place up or down within its group."""
        row, code = self._draft(), request.form.get("item") or ""
        by = -1 if request.form.get("by") == "up" else 1
        return self._pressed(row, lambda session, *at: service.move_item(session, *at, code, by), f"item-{code}")

    @expose("/drop/", methods=("POST",))
    def drop(self) -> Page:
        """One item less."""
        row, code = self._draft(), request.form.get("item") or ""
        return self._pressed(row, lambda session, *at: service.drop_item(session, *at, code), "items")

    # How

    def _draft(self) -> Scorecard:
        """The version that is asked for; what is in force has no such page."""
        row: Scorecard = self.get_one(request.args.get("id"))
        if not row.state.is_open:
            raise DomainError(Refusal("process.refused.in_force", {"version": row.version}))
        return row

    @staticmethod
    def _item_of(row: Scorecard) -> Mapping[str, Any]:
        code = request.args.get("item")
        return next((one for one in row.definition["items"] if one["code"] == code), None) or abort(404)

    @staticmethod
    def _item_form(row: Scorecard, said: Mapping[str, Any] | None) -> ItemForm:
        start = item_data(said) if said is not None else {**_START, "group": request.args.get("group")}
        form = ItemForm(request.form if request.method == "POST" else None, data=start)
        blank = ("", _("card_editor.choose"))
        speaker = row.applies_to is UnitKind.CALL_OR_CHAT
        form.group.choices = [blank, *((one["code"], named(dict(one["name"]))) for one in row.definition["groups"])]
        form.kind.choices = [(kind.value, label(kind)) for kind in ItemKind]
        people = [one for one in AttributedTo if speaker or one is not AttributedTo.SPEAKER]
        form.attributed_to.choices = [blank, *((one.value, label(one)) for one in people)]
        form.evidence.choices = [(topic.value, label(topic)) for topic in EvidenceTopic]
        return form

    def _pressed(self, row: Scorecard, command: Callable[..., Scorecard], anchor: str) -> Page:
        try:
            with context.writing() as session:
                command(session, context.actor(), context.now(), row.id, seen_revision())
        except DomainError as error:
            if error.status in (403, 404):
                raise
            for refusal in error.refusals:
                flash(say(refusal), "error")
        return redirect(url_for("scorecards.details_view", id=row.id, _anchor=anchor), 303)


_START = {"kind": ItemKind.LEVELS.value, "levels": "100, 50, 0"}
"""What the form of a new item starts with."""
