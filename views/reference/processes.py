"""Processes (R14), message templates (R5, R13): what stands, to be read; they are changed as versions of data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_admin import expose
from markupsafe import Markup
from wtforms import Form

from backoffice.models.complaint import Complaint
from backoffice.models.configuration import ListEntry, MessageTemplate, ProcessVersion
from backoffice.models.office import Role
from backoffice.queries import usage
from policies.access import Permission
from policies.process import END, Process, ProcessFormError, StepDef, elapsed_shares, parse_process
from policies.sla_version import Standing, Version, standing
from policies.vocabulary import Severity
from views import context
from views.filters import named
from views.language import _, label, lazy
from views.reference.base import Page, name_cell, once, reading, state_cell
from views.reference.words import Worded, words
from views.screens import DataScreen

LOOK = {Standing.HOLDS: "good", Standing.COMING: "wait", Standing.PAST: "", Standing.RETIRED: "bad"}


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


def _version_state(_view: Any, _context: Any, row: ProcessVersion, _name: str) -> str:
    every = once("process_versions", lambda: list(reading().scalars(sa.select(ProcessVersion))))
    same = [one for one in every if one.severity == row.severity]
    versions = [Version(one.version, one.valid_from, one.retired_at is not None) for one in same]
    where = standing(Version(row.version, row.valid_from, row.retired_at is not None), versions, context.today())
    return Markup('<span class="state state-{}">{}</span>').format(
        LOOK[where], words("reference.standing", where.value)
    )


class ProcessScreen(ReadScreen):
    """The versions of the processes, and the steps of each."""

    details_template = "reference/process.html"
    column_list = ("name_zh", "severity", "version", "valid_from", "steps", "retired_at")
    column_labels = {
        "name_zh": lazy("reference.field.process"),
        "severity": lazy("reference.field.severity"),
        "version": lazy("reference.field.version"),
        "valid_from": lazy("reference.field.valid_from"),
        "steps": lazy("reference.field.steps"),
        "retired_at": lazy("reference.field.state"),
    }
    column_numbers = ("version", "steps")
    column_default_sort = "id"
    column_formatters = {
        "name_zh": name_cell,
        "severity": lambda _view, _context, row, _name: words("label.severity", row.severity),
        "steps": lambda _view, _context, row, _name: len(row.definition.get("steps", ())),
        "retired_at": _version_state,
    }

    def __init__(self) -> None:
        super().__init__(
            ProcessVersion,
            name=lazy("reference.processes.title"),
            category=lazy("reference.group.handling"),
            endpoint="processes",
        )
        self.summary = lazy("reference.processes.summary")

    def row_title(self, row: ProcessVersion) -> str:
        """The process with its version."""
        return _("reference.processes.named", name=named(row), version=row.version)

    @expose("/details/")
    def details_view(self) -> Page:
        """The steps of a version as a table."""
        row = self.get_one(request.args.get("id"))
        running = usage.open_complaints_by(reading(), Complaint.process_id, [row.id]).get(row.id, 0)
        try:
            process = parse_process(row.definition)
        except ProcessFormError as fault:
            return self.render(self.details_template, row=row, steps=[], running=running, fault=str(fault))
        names = _names(process)
        return self.render(
            self.details_template,
            row=row,
            steps=[_shown_step(step, process, names) for step in process.steps],
            running=running,
            fault="",
            severity=label(Severity(row.severity)),
        )


def _names(process: Process) -> dict[str, Mapping[str, str]]:
    """What steps, roles, fields, evidence and actions are called, by their lists."""
    found: dict[str, Mapping[str, str]] = {}
    for name in ("fields", "evidence_types", "actions"):
        entries = reading().scalars(sa.select(ListEntry).where(ListEntry.list == name))
        found |= {f"{name}/{row.code}": {"zh": row.name_zh, "en": row.name_en} for row in entries}
    roles = reading().scalars(sa.select(Role))
    found |= {f"roles/{row.code}": {"zh": row.name_zh, "en": row.name_en} for row in roles}
    return found | {f"steps/{step.code}": step.name for step in process.steps}


def _shown_step(step: StepDef, process: Process, names: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    def called(room: str, code: str) -> str:
        return named(dict(names.get(f"{room}/{code}", {"zh": code, "en": code})))

    return {
        "name": named(dict(step.name)),
        "code": step.code,
        "status": label(step.status),
        "role": called("roles", step.role),
        "share": step.clock_share,
        "elapsed": elapsed_shares(process)[step.code],
        "clock": words("label.clock_code", step.clock.value) if step.clock else "",
        "fields": [called("fields", code) for code in step.required_fields],
        "evidence": [called("evidence_types", code) for code in step.required_evidence],
        "ways": [
            (called("actions", way.action), _("reference.processes.end") if way.to == END else _target(way.to, called))
            for way in step.next
        ],
        "approvals": [(called("roles", limit.role), limit.up_to_cny) for limit in step.approvals],
    }


def _target(to: str, called: Any) -> str:
    return _("reference.processes.new_process") if to == "new_process" else called("steps", to)


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
