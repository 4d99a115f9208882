"""Versions of the processes (R14): the list, a version with its diagram and steps, two side by side, and its papers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import abort, make_response, request
from flask_admin import expose
from markupsafe import Markup
from werkzeug.wrappers import Response

from backoffice.integrations.process_file import write_process
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import ProcessVersion
from backoffice.queries import usage
from backoffice.reports.flow_chart import Chart, ChartStep, print_chart
from backoffice.reports.process_diagram import draw
from backoffice.services import process as service
from policies.process import Process, ProcessFormError, parse_process
from policies.process_difference import differences
from policies.process_form import tidy, total_share
from policies.process_version import Standing, refuse_retiring, where
from policies.vocabulary import Severity, VersionState
from views import context
from views.addresses import whole_number
from views.filters import day, long_day, named
from views.language import _, current, label, lazy
from views.reference.base import Page, log_of, name_cell, once, reading
from views.reference.process_checking import CheckingProcesses
from views.reference.process_editing import EditingProcesses
from views.reference.process_words import ProcessWords
from views.reference.processes import ReadScreen
from views.reference.words import words

LOOK = {
    Standing.DRAFT: "", Standing.CHECKED: "wait", Standing.COMING: "wait", Standing.HOLDS: "good", Standing.PAST: "",
    Standing.RETIRED: "bad",
}  # fmt: skip


@dataclass(frozen=True)
class ShownVersion:
    """A version in the list beside another one."""

    row: ProcessVersion
    standing: Standing
    look: str
    running: int


def _version_state(_view: Any, _context: Any, row: ProcessVersion, _name: str) -> str:
    every = once("process_versions", lambda: list(reading().scalars(sa.select(ProcessVersion))))
    same = service.all_facts([one for one in every if one.severity == row.severity])
    stands = where(service.facts_of(row), same, context.today())
    return Markup('<span class="state state-{}">{}</span>').format(
        LOOK[stands], words("process_editor.standing", stands.value)
    )


class ProcessScreen(EditingProcesses, CheckingProcesses, ReadScreen):
    """The versions of the processes, and the steps of each."""

    list_template = "reference/process_list.html"
    details_template = "reference/process.html"
    column_list = ("name_zh", "severity", "version", "valid_from", "steps", "state")
    column_labels = {
        "name_zh": lazy("reference.field.process"),
        "severity": lazy("reference.field.severity"),
        "version": lazy("reference.field.version"),
        "valid_from": lazy("reference.field.valid_from"),
        "steps": lazy("reference.field.steps"),
        "state": lazy("reference.field.state"),
    }
    column_numbers = ("version", "steps")
    column_default_sort = [("severity", False), ("version", True)]
    column_formatters = {
        "name_zh": name_cell,
        "severity": lambda _view, _context, row, _name: words("label.severity", row.severity),
        "steps": lambda _view, _context, row, _name: len(row.definition.get("steps", ())),
        "valid_from": lambda _view, _context, row, _name: (
            _("layout.none") if row.state.is_open else day(row.valid_from)
        ),
        "state": _version_state,
    }

    def __init__(self) -> None:
        super().__init__(
            ProcessVersion,
            name=lazy("reference.processes.title"),
            category=lazy("reference.group.handling"),
            endpoint="processes",
        )
        self.summary = lazy("reference.processes.summary")

    @expose("/details/")
    def details_view(self) -> Page:
        """A version: its diagram, its steps as a table, what its check finds, and the versions beside it."""
        row = self.get_one(request.args.get("id"))
        versions = self._versions(row)
        here = next(version for version in versions if version.row is row)
        common = {
            "row": row,
            "versions": versions,
            "here": here,
            "severity": label(Severity(row.severity)),
            "changes": log_of(service.SUBJECT, row.id),
            "may_edit": row.state.is_open,
            "may_retire": refuse_retiring(
                service.facts_of(row, here.running), service.all_facts([one.row for one in versions]), context.today()
            ) is None,
        }  # fmt: skip
        try:
            process = parse_process(row.definition)
        except ProcessFormError as fault:
            return self.render(self.details_template, steps=[], fault=str(fault), **common)
        worded = ProcessWords(row.definition)
        return self.render(
            self.details_template,
            steps=[worded.shown(step, process) for step in process.steps],
            total=total_share(process),
            acts=list(worded.acts.values()),
            note=named(dict(row.definition.get("note") or {})),
            # draw escapes every text
            diagram=Markup(draw(worded.diagram(process, self.row_title(row)))),  # noqa: S704
            faults=service.faults(reading(), row, context.today()) if row.state.is_open else (),
            notes=service.notes(reading(), row, context.today()) if row.state.is_open else (),
            fault="",
            **common,
        )

    def _versions(self, row: ProcessVersion) -> list[ShownVersion]:
        rows = service.versions_of(reading(), row.severity)
        facts = service.all_facts(rows)
        running = usage.open_complaints_by(reading(), Complaint.process_id, [one.id for one in rows])
        found = []
        for one in rows:
            stands = where(service.facts_of(one), facts, context.today())
            found.append(ShownVersion(one, stands, LOOK[stands], running.get(one.id, 0)))
        return found

    @expose("/compare/")
    def compare(self) -> Page:
        """Two versions of a process side by side: what the second says otherwise than the first."""
        after = self.get_one(request.args.get("id"))
        others = [one for one in service.versions_of(reading(), after.severity) if one.id != after.id]
        asked = request.args.get("with")
        before = next((one for one in others if one.id == whole_number(asked)), None)
        if asked is not None and before is None:
            abort(404)
        earlier = [one for one in others if one.version < after.version]
        before = before or next(iter(earlier or others), None)
        rows = []
        if before is not None:
            worded = ProcessWords(before.definition, after.definition)
            rows = [worded.difference(one) for one in differences(tidy(before.definition), tidy(after.definition))]
        return self.render(
            "reference/process_compare.html",
            row=after,
            before=before,
            others=others,
            rows=rows,
        )

    @expose("/download/")
    def download(self) -> Response:
        """A version as a file in the console's own form, which a draft can be drawn up from."""
        row = self.get_one(request.args.get("id"))
        answer = make_response(write_process(row.definition))
        answer.mimetype = "application/yaml"
        answer.headers["Content-Disposition"] = f'attachment; filename="{row.code}-{row.version}.yaml"'
        return answer

    @expose("/chart/")
    def chart(self) -> Response:
        """The office's own flow chart, printed."""
        row = self.get_one(request.args.get("id"))
        process = self._readable(row)
        printed = print_chart(_chart(row, process), _, current())
        answer = make_response(printed.data)
        answer.mimetype = "application/pdf"
        answer.headers["Content-Disposition"] = f'inline; filename="{row.code}-{row.version}.pdf"'
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @staticmethod
    def _readable(row: ProcessVersion) -> Process:
        try:
            return parse_process(row.definition)
        except ProcessFormError:
            abort(404)


def _chart(row: ProcessVersion, process: Process) -> Chart:
    worded = ProcessWords(row.definition)
    title = _("reference.processes.named", name=named(row), version=row.version)
    dated = row.state is VersionState.EFFECTIVE
    steps = [
        ChartStep(
            str(n),
            shown["name"],
            shown["role"],
            f"{shown['share']}%",
            shown["fields"],
            shown["evidence"],
            [f"{action} → {to}" for action, to, _asks in shown["ways"]],
        )
        for n, step in enumerate(process.steps, 1)
        for shown in (worded.shown(step, process),)
    ]
    return Chart(
        office=named(context.office()),
        title=title,
        state=_("process_editor.chart.from", day=long_day(row.valid_from))
        if dated
        else words("label.version_state", row.state.value),
        made=_("process_editor.chart.made", day=long_day(context.today())),
        diagram=worded.diagram(process, title),
        steps=tuple(steps),
    )
