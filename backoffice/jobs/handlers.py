"""Who does which kind of job, and which kinds come with time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

import sqlalchemy as sa

from backoffice.jobs import (
    api_answers,
    appeals,
    appraisal,
    appraisal_papers,
    arrivals,
    clusters,
    corrective,
    daily_seal,
    digest,
    disputes,
    drafts,
    draws,
    extension_lapse,
    fault_notices,
    imports,
    incoming_mail,
    inspections,
    kept_figures,
    lot_decisions,
    many,
    measuring,
    nightly_backup,
    recalculation,
    survey,
    training,
    warnings_out,
    what_if,
)
from backoffice.jobs.running import Handler, Workshop, plan
from backoffice.models.configuration import Calendar
from backoffice.models.work import Job
from backoffice.queries.rulebook import Rulebook

HANDLERS: Mapping[str, Handler] = MappingProxyType({
    recalculation.KIND: recalculation.recalculate,
    daily_seal.KIND: daily_seal.seal_day,
    survey.KIND: survey.close_surveys,
    warnings_out.PLAN: warnings_out.plan_running,
    digest.KIND: digest.send_all,
    disputes.KIND: disputes.watch_disputes,
    clusters.KIND: clusters.find_clusters,
    corrective.KIND: corrective.remind_all,
    what_if.KIND: what_if.replay,
    extension_lapse.KIND: extension_lapse.lapse_extensions,
    fault_notices.KIND: fault_notices.tell_linked,
    inspections.FINALISE: inspections.finalise_inspections,
    inspections.REMIND: inspections.remind_inspectors,
    lot_decisions.KIND: lot_decisions.decide_lots,
    appeals.KIND: appeals.watch_appeals,
    draws.KIND: draws.draw_due,
    measuring.KIND: measuring.measure,
    appraisal.KIND: appraisal.compute,
    appraisal.WATCH: appraisal.watch,
    training.KIND: training.watch_training,
    appraisal_papers.KIND: appraisal_papers.print_month,
    nightly_backup.KIND: nightly_backup.back_up_nightly,
    kept_figures.COUNT: kept_figures.count,
    kept_figures.WARM: kept_figures.warm,
    kept_figures.CLEAR: kept_figures.clear,
    imports.KIND: imports.bring_in_upload,
    imports.CLEAR: imports.clear_away,
    many.KIND: many.go_through,
    incoming_mail.KIND: incoming_mail.fetch,
    many.CLEAR: many.clear,
    arrivals.CLEAR: arrivals.clear,
    drafts.CLEAR: drafts.clear,
    api_answers.CLEAR: api_answers.clear,
})  # fmt: skip

OFTEN = (
    survey.KIND,
    disputes.KIND,
    extension_lapse.KIND,
    corrective.KIND,
    inspections.FINALISE,
    inspections.REMIND,
    lot_decisions.KIND,
    appeals.KIND,
    appraisal.WATCH,
    kept_figures.WARM,
    incoming_mail.KIND,
)
KEPT = timedelta(days=30)


def plan_timed(shop: Workshop) -> None:
    """Put in what the present day and hour ask for, once each. An office that is not set up yet has nothing to do."""
    at = shop.clock.now()
    with shop.database.reading() as session:
        if session.scalar(sa.select(Calendar.id).where(Calendar.for_deadlines).limit(1)) is None:
            return
        local = at.astimezone(Rulebook(session).zone())
        day = digest.due_day(session, at)
        night = nightly_backup.due_day(session, local)
        mail = incoming_mail.slot(session, at)
    if day is not None:
        plan(shop.database, digest.KIND, day, at)
    if night is not None:
        plan(shop.database, nightly_backup.KIND, night, at)
    if mail is not None:
        plan(shop.database, incoming_mail.KIND, mail, at)
    plan(shop.database, warnings_out.PLAN, warnings_out.ONCE, at)
    plan(shop.database, measuring.KIND, measuring.ONCE, at)
    plan(shop.database, daily_seal.KIND, local.date().isoformat(), at)
    plan(shop.database, draws.KIND, local.date().isoformat(), at)
    plan(shop.database, training.KIND, local.date().isoformat(), at)
    plan(shop.database, kept_figures.CLEAR, local.date().isoformat(), at)
    plan(shop.database, imports.CLEAR, local.date().isoformat(), at)
    plan(shop.database, many.CLEAR, local.date().isoformat(), at)
    plan(shop.database, arrivals.CLEAR, local.date().isoformat(), at)
    plan(shop.database, drafts.CLEAR, local.date().isoformat(), at)
    plan(shop.database, api_answers.CLEAR, local.date().isoformat(), at)
    plan(shop.database, disputes.KIND, disputes.slot(at), at)
    plan(shop.database, clusters.KIND, disputes.slot(at), at)
    hour = at.strftime("%Y-%m-%dT%H")
    plan(shop.database, extension_lapse.KIND, hour, at)
    plan(shop.database, corrective.KIND, hour, at)
    plan(shop.database, inspections.FINALISE, hour, at)
    plan(shop.database, inspections.REMIND, hour, at)
    plan(shop.database, lot_decisions.KIND, hour, at)
    plan(shop.database, appeals.KIND, hour, at)
    plan(shop.database, appraisal.WATCH, hour, at)
    plan(shop.database, kept_figures.WARM, hour, at)
    if plan(shop.database, survey.KIND, hour, at):
        _clear_away(shop)


def _clear_away(shop: Workshop) -> None:
    """What came every hour, or more often, and is long done need not be kept."""
    old = Job.kind.in_(OFTEN) & (Job.done_at < shop.clock.now() - KEPT)
    with shop.database.writing() as session:
        session.execute(sa.delete(Job).where(old))
