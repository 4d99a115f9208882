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
from policies.message import Message, Refusal
from policies.sla_version import (
    Difference,
    Override,
    Standing,
    Target,
    differences,
    refuse_retiring,
    standing,
)
from policies.vocabulary import ClockCode, Severity, Unit
from views import context
from views.addresses import whole_number
from views.errors import onto_form
from views.filters import named
from views.language import _, label, lazy
from views.reference.base import coded, in_use, log_of, once, reading
from views.reference.naming import amount_words
from views.reference.sla_trial import trial
from views.reference.words import Worded, words
from views.screens import Screen

Page = Response | str | tuple[str, int]
LOOK = {Standing.HOLDS: "good", Standing.COMING: "wait", Standing.PAST: "", Standing.RETIRED: "bad"}


@dataclass(frozen=True)
class ShownVersion:
    """A version in the list beside the table."""

    row: SlaPolicy
    standing: Standing
    look: str
    running: int


@dataclass(frozen=True)
class ShownDifference:
    """One thing that a version says otherwise than the one before."""

    what: str
    before: str
    after: str


class SlaPolicyScreen(Screen, Worded):
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
        before = _before(versions, policy)
        changed = _differences(before, policy)
        return self.render(
            "reference/sla_policies.html",
            policy=policy,
            versions=shown,
            here=next(version for version in shown if version.row is policy),
            rows=_table(policy, changed),
            overrides=[_shown_override(row) for row in service.overrides_of(policy.definition)],
            before=before,
            differences=[_shown_difference(one) for one in changed],
            changes=log_of(service.SUBJECT, policy.id),
            ladders=_ladders(policy),
            trial=trial(policy, before),
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
                refusals = onto_form(_placed(error, form), form)
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
            clock_names={row.clock: _clock_words(row.clock) for row in form.table()},
            row_names={(row.clock, row.phase): _clock_words(row.clock, row.phase) for row in form.table()},
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
        clocks = [("", _("reference.sla.choose"))] + [(value.value, _clock_words(value.value)) for value in ClockCode]
        for special in form.rows():
            special["category"].choices = categories
            special["channel"].choices = channels
            special["severity"].choices = severities
            special["clock"].choices = clocks
            special["unit"].choices = units


def _units() -> list[Unit]:
    return [Unit.WORKING_DAY, Unit.WORKING_HOUR, Unit.HOUR, Unit.PERCENT_OF_RESOLVE]


def _placed(error: DomainError, form: SlaForm) -> DomainError:
    """The same refusals beside the form's own fields."""
    return DomainError(
        Refusal(one.key, one.params, form.place_of(one.field) if one.field else None, one.status)
        for one in error.refusals
    )


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


def _before(versions: Sequence[SlaPolicy], policy: SlaPolicy) -> SlaPolicy | None:
    """The version before, among those that were not taken back."""
    earlier = [row for row in versions if row.version < policy.version and row.retired_at is None]
    return max(earlier, key=lambda row: row.version) if earlier else None


def _rows_of(policy: SlaPolicy) -> tuple[tuple[Target, ...], tuple[Override, ...]]:
    return service.targets_of(policy.definition), service.overrides_of(policy.definition)


def _differences(before: SlaPolicy | None, policy: SlaPolicy) -> list[Difference]:
    return [] if before is None else differences(_rows_of(before), _rows_of(policy))


def _table(policy: SlaPolicy, changed: Sequence[Difference]) -> list[dict[str, Any]]:
    """The table of targets: a row a clock, a cell a severity, marked where it changed."""
    targets = {row.place: row for row in service.targets_of(policy.definition)}
    marked = {one.subject.place for one in changed if isinstance(one.subject, Target)}
    rows = []
    for clock, phase in service.places(policy.definition):
        cells = [
            {
                "text": _amount_words(targets.get((clock, severity.value, phase))),
                "is_set": (clock, severity.value, phase) in targets,
                "changed": (clock, severity.value, phase) in marked,
            }
            for severity in Severity
        ]
        if any(cell["is_set"] or cell["changed"] for cell in cells):
            rows.append({"name": _clock_words(clock, phase), "cells": cells})
    return rows


def _amount_words(row: Target | Override | None) -> str:
    if row is None or row.amount is None:
        return _("reference.sla.not_set")
    return amount_words(row.amount, row.unit)


def _clock_words(clock: str, phase: str | None = None) -> str:
    name = words("label.clock_code", clock)
    return name if phase is None else f"{name} · {words('reference.sla.phase', phase)}"


def _override_name(row: Override) -> str:
    return named({"zh": row.name_zh, "en": row.name_en})


def _shown_override(row: Override) -> dict[str, str]:
    return {
        "name": _override_name(row),
        "code": row.code,
        "when": _condition_words(row),
        "clock": _clock_words(row.clock),
        "amount": _amount_words(row),
        "reason": named({"zh": row.reason_zh, "en": row.reason_en}),
    }


def _condition_words(row: Override) -> str:
    parts = [
        _name_of(Category, row.category),
        _name_of(Channel, row.channel),
        label(Severity(row.severity)) if row.severity else "",
    ]
    return " · ".join(part for part in parts if part)


def _name_of(model: Any, code: str | None) -> str:
    if not code:
        return ""
    rows = once(model.__name__, lambda: {row.code: row for row in reading().scalars(sa.select(model))})
    return named(rows[code]) if code in rows else code


def _shown_difference(one: Difference) -> ShownDifference:
    row = one.subject
    if isinstance(row, Target):
        what = _("reference.sla.cell", clock=_clock_words(row.clock, row.phase), severity=label(Severity(row.severity)))
    else:
        what = _("reference.sla.override_named", name=_override_name(row))
    special = isinstance(row, Override)
    return ShownDifference(what, _side(one.before, special=special), _side(one.after, special=special))


def _side(row: Target | Override | None, *, special: bool) -> str:
    if special and row is None:
        return _("reference.sla.no_such_row")
    if isinstance(row, Override):
        return f"{_clock_words(row.clock)} {_amount_words(row)} · {_condition_words(row)}"
    return _amount_words(row)


def _ladders(policy: SlaPolicy) -> list[dict[str, Any]]:
    """When whom is warned, from the version itself (R26)."""
    ladders = policy.definition.get("warnings", {}).get("ladders", [])
    return [
        {
            "name": named(ladder["name"]),
            "clocks": _("layout.list.separator").join(_clock_words(code) for code in ladder["applies_to"]),
            "steps": [
                (
                    _ladder_words(step),
                    _("layout.list.separator").join(words("reference.recipient", code) for code in step["to"]),
                )
                for step in ladder["steps"]
            ],
        }
        for ladder in ladders
    ]


def _ladder_words(step: dict[str, Any]) -> str:
    if step["at"] == "percent_elapsed":
        return _("reference.sla.ladder.percent_elapsed", value=step["value"])
    if step["at"] == "working_hours_after":
        return _("reference.sla.ladder.working_hours_after", n=step["value"])
    if step["at"] == "hours_after":
        return _("reference.sla.ladder.hours_after", n=step["value"])
    return _("reference.sla.ladder.deadline")
