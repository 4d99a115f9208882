"""Screens on which nothing is changed, and the message templates (R5, R13)."""

from __future__ import annotations

from flask import request
from flask_admin import expose
from wtforms import Form

from backoffice.models.configuration import MessageTemplate
from policies.access import Permission
from views.filters import named
from views.language import lazy
from views.reference.base import Page, name_cell, state_cell
from views.reference.words import Worded, words
from views.screens import DataScreen


class ReadScreen(Worded, DataScreen):
    """A screen on which nothing is changed."""

    standing = "in_use"

    permissions = (Permission.CONFIGURATION_EDIT,)
    form = Form
    list_template = "reference/read_list.html"
    column_sortable_list = ()
    # Routes of Flask-Admin that this desk does not have.
    create_view = None
    edit_view = None
    delete_view = None
    action_view = None
    export = None
    ajax_lookup = None
    ajax_update = None


class TemplateScreen(ReadScreen):
    """The texts that go to customers and staff."""

    details_template = "reference/message_template.html"
    column_list = ("name_zh", "kind", "audience", "channel", "retired_at")
    column_labels = {
        "name_zh": lazy("reference.field.template"),
        "kind": lazy("reference.field.template_kind"),
        "audience": lazy("reference.field.audience"),
        "channel": lazy("reference.field.way"),
        "retired_at": lazy("reference.field.state"),
        "name_en": lazy("reference.field.name_en"),
        "code": lazy("reference.field.code"),
    }
    column_default_sort = "id"
    column_searchable_list = ("name_zh", "name_en", "code")
    column_formatters = {
        "name_zh": name_cell,
        "kind": lambda _view, _context, row, _name: words("reference.template_kind", row.kind),
        "audience": lambda _view, _context, row, _name: words("reference.audience", row.audience),
        "channel": lambda _view, _context, row, _name: words("reference.way", row.channel),
        "retired_at": state_cell,
    }

    def __init__(self) -> None:
        super().__init__(
            MessageTemplate,
            name=lazy("reference.templates.title"),
            category=lazy("reference.group.handling"),
            endpoint="message_templates",
        )
        self.summary = lazy("reference.templates.summary")

    def row_title(self, row: MessageTemplate) -> str:
        """Its name."""
        return named(row)

    @expose("/details/")
    def details_view(self) -> Page:
        """A text in both languages, with the places that are filled in."""
        row = self.get_one(request.args.get("id"))
        return self.render(
            self.details_template,
            row=row,
            kind=words("reference.template_kind", row.kind),
            audience=words("reference.audience", row.audience),
            way=words("reference.way", row.channel),
        )
