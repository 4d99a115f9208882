"""Versions of the clocks (R23): what holds, what is to come, what each changed; a new one is drawn up from another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category, Channel, SlaPolicy
from backoffice.queries import usage
from backoffice.services import sla_policy as service
from forms.reference.list_entry import ReasonForm
from forms.reference.sla_policy import SlaForm, filled, sla_form
from policies.access import Permission
from policies.message import Message
from policies.sla_version import (
    Standing,
    refuse_retiring,
    standing,
)
from policies.vocabulary import ClockCode, Severity, Unit
from views import context
from views.addresses import whole_number
from views.errors import onto_form
from views.filters import named
from views.language import _, label, lazy
from views.reference.base import coded, in_use, log_of, reading
from views.reference.naming import amount_words
from views.reference.sla_drafts import SlaDraftPages, placed
from views.reference.sla_trial import trial
from views.reference.sla_words import (
    all_differences,
    changed_rows,
    clock_words,
    shown_extension,
    shown_ladders,
    shown_override,
    table_of,
)
from views.reference.words import Worded
from views.screens import Screen

Page = Response | str | tuple[str, int]
LOOK = {
    Standing.HOLDS: "good", Standing.COMING: "wait", Standing.PAST: "", Standing.RETIRED: "bad",
    Standing.DRAFT: "wait", Standing.CHECKED: "wait",
}  # fmt: skip


@dataclass(frozen=True)
class ShownVersion:
    """A version in the list beside the table."""

    row: SlaPolicy
    standing: Standing
    look: str
    running: int


class SlaPolicyScreen(SlaDraftPages, Screen, Worded):
    """The table of one version, with the list of all beside it."""

    permissions = (Permission.CONFIGURATION_EDIT,)

    def __init__(self) -> None:
        super().__init__(
            name=lazy("reference.sla.title"), category=lazy("reference.group.clocks"), endpoint="sla_policies"
        )
        self.summary = lazy("reference.sla.summary")

    @expose("/")
    def index(self) -> Page:
        """The version that is asked for; otherwise the one that holds."""
        versions = service.all_versions(reading())
        if not versions:
            return self.render("reference/sla_none.html")
        shown = self._shown(versions)
        asked = request.args.get("version")
        policy = _chosen(versions, asked) if asked is not None else _holding(shown)
        before = _before(versions, policy, request.args.get("against"))
        changed = [] if before is None else changed_rows(before, policy)
        return self.render(
            "reference/sla_policies.html",
            policy=policy,
            versions=shown,
            here=next(version for version in shown if version.row is policy),
            rows=table_of(policy, changed),
            overrides=[shown_override(row) for row in service.overrides_of(policy.definition)],
            before=before,
            differences=[] if before is None else all_differences(before, policy),
            extension=shown_extension(policy),
            changes=log_of(service.SUBJECT, policy.id),
            ladders=shown_ladders(policy),
            trial=trial(policy, before),
            others=[row for row in versions if row.id != policy.id],
            is_draft=policy.state.is_open and policy.retired_at is None,
            may_retire=refuse_retiring(service.plain_version(policy), context.today()) is None,
        )

    @expose("/new/", methods=("GET", "POST"))
    def new(self) -> Page:
        """Draw up a version from another: the form starts with all that the other one says."""
        base = self._asked()
        posted = request.form if request.method == "POST" else None
        rows = None if posted is None else whole_number(posted.get("rows"), highest=60)
        form = sla_form(base.definition, rows)(posted, data=filled(base.definition))
        self._fill(form, base)
        refusals: Sequence[Message] = ()
        if request.method == "POST" and form.validate():
            try:
                with context.writing() as session:
                    made = service.create_version(session, context.actor(), context.now(), base.id, form.facts())
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                refusals = onto_form(placed(error, form), form)
            else:
                flash(_("reference.sla.created", version=made.version, day=made.valid_from), "success")
                return redirect(url_for("sla_policies.index", version=made.version), 303)
        page = self.render(
            "reference/sla_form.html",
            form=form,
            base=base,
            next_version=max(version.version for version in service.all_versions(reading())) + 1,
            refusals=refusals,
            severities=list(Severity),
            amount_words=amount_words,
            clock_names={row.clock: clock_words(row.clock) for row in form.table()},
            row_names={(row.clock, row.phase): clock_words(row.clock, row.phase) for row in form.table()},
        )
        return (page, 422) if request.method == "POST" else page

    @expose("/retire/", methods=("GET", "POST"))
    def retire(self) -> Page:
        """Take back a version that is still to come."""
        policy = self._asked()
        refusal = refuse_retiring(service.plain_version(policy), context.today())
        form = ReasonForm(request.form if request.method == "POST" else None)
        refusals: Sequence[Message] = () if refusal is None else (refusal,)
        if request.method == "POST" and form.validate():
            try:
                with context.writing() as session:
                    service.retire_version(session, context.actor(), context.now(), policy.id, form.reason.data)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                refusals = onto_form(error, form)
            else:
                flash(_("reference.sla.taken_back", version=policy.version), "success")
                return redirect(url_for("sla_policies.index"), 303)
        page = self.render("reference/sla_retire.html", form=form, policy=policy, refusals=refusals)
        return (page, 422) if request.method == "POST" else page

    @staticmethod
    def _asked() -> SlaPolicy:
        number = whole_number(request.args.get("id"))
        return (None if number is None else reading().get(SlaPolicy, number)) or abort(404)

    @staticmethod
    def _shown(versions: Sequence[SlaPolicy]) -> list[ShownVersion]:
        plain = service.plain_versions(versions)
        running = usage.open_complaints_by(reading(), Complaint.sla_id, [row.id for row in versions])
        shown = []
        for row in versions:
            where = standing(service.plain_version(row), plain, context.today())
            shown.append(ShownVersion(row, where, LOOK[where], running.get(row.id, 0)))
        return shown

    @staticmethod
    def _fill(form: SlaForm, base: SlaPolicy) -> None:
        """Units, clocks, categories and channels in the reader's language."""
        units = [(unit.value, label(unit)) for unit in _units()]
        for row in form.table():
            for cell in row.cells:
                cell.unit.choices = units
        held = service.overrides_of(base.definition)
        categories = [("", _("reference.sla.any")), *_categories({row.category for row in held})]
        named_already = _ids(Channel, {row.channel for row in held})
        channels = coded(reading().scalars(in_use(Channel, *named_already)), blank=_("reference.sla.any"))
        severities = [("", _("reference.sla.any"))] + [(value.value, label(value)) for value in Severity]
        clocks = [("", _("reference.sla.choose"))] + [(value.value, clock_words(value.value)) for value in ClockCode]
        for special in form.rows():
            special["category"].choices = categories
            special["channel"].choices = channels
            special["severity"].choices = severities
            special["clock"].choices = clocks
            special["unit"].choices = units


def _units() -> list[Unit]:
    return [Unit.WORKING_DAY, Unit.WORKING_HOUR, Unit.HOUR, Unit.PERCENT_OF_RESOLVE]


def _ids(model: Any, codes: set[str | None]) -> list[int]:
    return list(reading().scalars(sa.select(model.id).where(model.code.in_([code for code in codes if code]))))


def _categories(held: set[str | None]) -> list[tuple[str, str]]:
    """Every category that may be named, each under its own; deeper ones are set off by a stroke."""
    statement = in_use(Category, *_ids(Category, held)).order_by(None).order_by(Category.path)
    return [(row.code, f"{'– ' * (row.level - 1)}{named(row)}") for row in reading().scalars(statement)]


def _chosen(versions: Sequence[SlaPolicy], asked: str) -> SlaPolicy:
    number = whole_number(asked)
    return next((row for row in versions if row.version == number), None) or abort(404)


def _holding(shown: Sequence[ShownVersion]) -> SlaPolicy:
    holding = [version.row for version in shown if version.standing is Standing.HOLDS]
    return holding[0] if holding else shown[0].row


def _before(versions: Sequence[SlaPolicy], policy: SlaPolicy, asked: str | None) -> SlaPolicy | None:
    """The version that it is compared with: the one asked for, else the one in force before it."""
    number = whole_number(asked)
    wanted = next((row for row in versions if row.version == number and row.id != policy.id), None)
    if wanted is not None:
        return wanted
    earlier = [row for row in versions if row.version < policy.version and service.plain_version(row).binds]
    return max(earlier, key=lambda row: row.version) if earlier else None
