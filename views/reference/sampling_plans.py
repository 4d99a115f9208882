"""Sampling plans in the console (R27): their versions, a new plan, what a draft says, and its way into force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort, request
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy.orm import Session

from backoffice.models.configuration import Channel
from backoffice.models.office import Department
from backoffice.models.sampling import SamplingPlan
from backoffice.queries import draws
from backoffice.services import sampling_plan as service
from backoffice.services.core.versions import facts_of
from forms.reference.sampling_plan import FILTER, NewPlanForm, PlanForm, StopForm, plan_data, plan_form
from policies.access import Permission
from policies.lot_tables import PERCENT_LIMITS
from policies.sampling_period import PeriodRule
from policies.sampling_plan import CALL_STRATA, COMPLAINT_STRATA, SCORED_STRATA, Source
from policies.sampling_plan_check import LOT_PERIODS, LOT_SOURCES
from policies.sampling_stop import refuse_stop
from policies.vocabulary import Outcome, Priority, Severity, VersionState
from policies.vocabulary_inspection import PlanKind
from views import context
from views.filters import named
from views.language import _, label, lazy
from views.reference import plan_words
from views.reference.base import Page, log_of, name_cell, once, reading
from views.reference.process_checking import seen_revision
from views.reference.processes import ReadScreen
from views.reference.versioned import VersionedPages, from_cell, holds, standing_cell
from views.reference.words import words

Pairs = list[tuple[str, str]]


def _standing(_view: Any, _context: Any, row: SamplingPlan, _name: str) -> str:
    every = once("sampling plans", lambda: service.plans_with(reading()))
    mine = [one for one in every if one.code == row.code]
    if row.stopped_from and row.stopped_from <= context.today() and holds(row, mine):
        return Markup('<span class="state state-bad">{}</span>').format(_("plans.standing.stopped"))
    return standing_cell(mine, row)


class SamplingPlanScreen(VersionedPages, ReadScreen):
    """The versions of the sampling plans."""

    kept = service.PLANS
    permissions = (Permission.CONFIGURATION_EDIT, Permission.SAMPLING_PLAN_APPROVE)
    list_template = "reference/plan_list.html"
    details_template = "reference/plan.html"
    column_list = ("name_zh", "kind", "version", "valid_from", "state")
    column_labels = {
        "name_zh": lazy("plans.field.plan"),
        "kind": lazy("plans.field.kind"),
        "version": lazy("reference.field.version"),
        "valid_from": lazy("reference.field.valid_from"),
        "state": lazy("reference.field.state"),
    }
    column_numbers = ("version",)
    column_default_sort = [("code", False), ("version", True)]
    column_formatters = {
        "name_zh": name_cell,
        "kind": lambda _view, _context, row, _name: words("plans.kind", row.kind),
        "valid_from": lambda _view, _context, row, _name: from_cell(row),
        "state": _standing,
    }

    def __init__(self) -> None:
        super().__init__(
            SamplingPlan,
            name=lazy("plans.title"),
            category=lazy("plans.category"),
            endpoint="sampling_plans",
        )
        self.summary = lazy("plans.summary")

    @expose("/details/")
    def details_view(self) -> Page:
        """A version: what it says, what its check finds, and the versions beside it."""
        row = self.get_one(request.args.get("id"))
        return self.render(
            self.details_template,
            said=plan_words.shown(row.definition),
            changes=log_of(service.SUBJECT, row.id),
            **self._facts(row),
        )

    def _facts(self, row: SamplingPlan) -> dict[str, Any]:
        facts = self.version_facts(row)
        every = [facts_of(one.row) for one in facts["versions"]]
        today = context.today()
        may_stop = facts["may_approve"] and not refuse_stop(facts_of(row), every, row.stopped_from, today, today)
        own = service.against_approval(reading(), context.actor(), row) if facts["may_approve"] else ()
        return facts | {"may_stop": may_stop, "own": own if row.state is VersionState.CHECKED else ()}

    @expose("/stop/", methods=("GET", "POST"))
    def stop(self) -> Page:
        """Let a plan draw nothing from a day on."""
        self.ensure(self.kept.approving)
        row = self.get_one(request.args.get("id"))
        form = StopForm(request.form if request.method == "POST" else None, data={"stopped_from": context.today()})
        today, every = context.today(), [facts_of(one) for one in self.kept.of(reading(), row.code)]

        def command(session: Session) -> SamplingPlan:
            said = (seen_revision(), form.stopped_from.data, form.reason.data)
            return service.stop(session, context.actor(), context.now(), row.id, *said)

        before = refuse_stop(facts_of(row), every, row.stopped_from, today, today)
        return self.acted(form, command, "reference/plan_stop.html", "plans.stopped", before, row=row)

    def render(self, template: str, **kwargs: Any) -> str:
        """A list says whether the reader may begin a new plan."""
        return super().render(template, **{"may_draw_up": self.may(self.kept.drawing_up), **kwargs})

    @expose("/new/", methods=("GET", "POST"))
    def new_plan(self) -> Page:
        """The first draft of a new plan."""
        self.ensure(self.kept.drawing_up)
        form = NewPlanForm(request.form if request.method == "POST" else None)
        form.kind.choices = [(kind.value, words("plans.kind", kind)) for kind in PlanKind]

        def command(session: Session) -> SamplingPlan:
            name = {"zh": form.name_zh.data, "en": form.name_en.data}
            said = (form.code.data, form.kind.data, name, form.reason.data)
            return service.begin(session, context.actor(), context.now(), *said)

        return self.acted(form, command, "reference/plan_new.html", "plans.begun")

    @expose("/edit/", methods=("GET", "POST"))
    def edit(self) -> Page:
        """What a draft says."""
        self.ensure(self.kept.drawing_up)
        row = self.get_one(request.args.get("id"))
        if not row.state.is_open:
            abort(409)
        form = plan_form(row.definition)(
            request.form if request.method == "POST" else None, data=plan_data(row.definition)
        )
        _fill(form, row.definition)

        def command(session: Session) -> SamplingPlan:
            at = (context.actor(), context.now(), row.id, seen_revision())
            return self.kept.change(session, *at, form.facts(row.definition))

        return self.acted(form, command, "reference/plan_form.html", "versions.saved", row=row)

    @expose("/compare/")
    def compare(self) -> Page:
        """Two versions of a plan side by side: what the second says otherwise than the first."""
        after, before, others = self.sides()
        rows = [] if before is None else plan_words.differences(before.definition, after.definition)
        return self.render(
            "reference/plan_compare.html",
            row=after,
            before=before,
            others=others,
            rows=[(_("plans.field.plan"), *row) for row in rows],
        )


def _fill(form: PlanForm, definition: Mapping[str, Any]) -> None:
    """Give the form's choices their words; what the draft says already is offered, too."""
    kind = PlanKind(definition["kind"])
    lot = kind is PlanKind.LOT
    blank = ("", _("plans.choose"))
    form.source.choices = [(one.value, words("plans.source", one)) for one in (LOT_SOURCES if lot else Source)]
    form.exclude_outcomes.choices = [(one.value, label(one)) for one in Outcome]
    periods = LOT_PERIODS if lot else PeriodRule
    form.period.choices = _with([(one.value, words("plans.period", one)) for one in periods], definition, "period")
    form.draw_on.choices = _with(plan_words.draw_days(kind), definition, "draw_on", plan_words.draw_day)
    form.scorecard.choices = [blank, *plan_words.card_names().items()]
    if lot:
        form["quality_limit"].choices = [blank, *((limit, f"{limit} %") for limit in PERCENT_LIMITS)]
        return
    strata = dict.fromkeys((*COMPLAINT_STRATA, *CALL_STRATA, *SCORED_STRATA))
    form["stratify_by"].choices = [(one, words("plans.stratum", one)) for one in strata]
    form["all_of"].choices = _compulsory(definition)
    if kind is PlanKind.REGULAR:
        _fill_filters(form, definition.get("filters") or {})


def _fill_filters(form: PlanForm, held: Mapping[str, Any]) -> None:
    """What there is to narrow a plan down to; what it is narrowed down to already is offered, too."""
    tree = draws.categories(reading())
    offered: dict[str, Pairs] = {
        "departments": list(plan_words.coded_names(Department).items()),
        "channels": list(plan_words.coded_names(Channel).items()),
        "categories": [(code, f"{'· ' * (level - 1)}{named(name)}") for code, name, level in tree],
        "severities": [(one.value, label(one)) for one in Severity],
    }
    for name, pairs in offered.items():
        there = {code for code, _text in pairs}
        form[f"{FILTER}{name}"].choices = [*pairs, *((code, code) for code in held.get(name, ()) if code not in there)]


def _with(offered: Pairs, definition: Mapping[str, Any], name: str, worded: Any = None) -> Pairs:
    held = definition.get(name)
    if held is None or any(held == code for code, _text in offered):
        return offered
    return [*offered, (held, worded(held) if worded else words(f"plans.{name}", held))]


def _compulsory(definition: Mapping[str, Any]) -> Pairs:
    offered = [
        *(("severity", one.value) for one in Severity),
        *(("outcome", one.value) for one in Outcome),
        *(("priority", one.value) for one in Priority),
        *(("channel", code) for code in plan_words.coded_names(Channel)),
    ]
    held = [(one["field"], one["value"]) for one in definition.get("all_of") or ()]
    both = dict.fromkeys((*offered, *held))
    return [(f"{field}={value}", plan_words.compulsory(field, value)) for field, value in both]
