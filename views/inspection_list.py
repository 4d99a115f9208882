"""The list of inspections (R28, R31): filtered, page by page, and as a workbook that is logged before it goes out."""

from __future__ import annotations

from dataclasses import asdict
from tempfile import TemporaryFile
from typing import Any

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from backoffice.queries import choices, inspection_names
from backoffice.queries.inspection_filters import exported
from backoffice.queries.inspection_list import chosen, page, veil_of
from backoffice.queries.inspection_rules import scoring_rules
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.xlsx import write_workbook
from backoffice.services.core.access_log import log_access
from forms.filters import key
from forms.inspection_filters import inspection_args, read_inspection_filters
from policies.access import Permission, may
from policies.inspection_reach import READERS, inspects, sees_persons
from policies.vocabulary_inspection import InspectionStatus
from views import context
from views.guard import needs
from views.inspection_book import sheets
from views.streaming import blocks

blueprint = Blueprint("inspection_list", __name__, url_prefix="/inspection")
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/all")
@needs(*READERS)
def index() -> Any:
    """The inspections that this person may know of, narrowed by filters, one page of them (``before`` an id)."""
    actor, at = context.actor(), context.now()
    filters = read_inspection_filters(request.args, when="drawn")
    with context.reading() as session:
        rules = Rulebook(session)
        veil = veil_of(session, actor)
        where = chosen(actor, filters, veil, rules.zone(), at)
        return render_template(
            "inspection/all.html",
            page=page(session, where, veil, at, before=key(request.args.get("before"))),
            filters=filters,
            args=inspection_args(filters),
            statuses=[status for status in InspectionStatus if inspects(actor) or status.is_published],
            moments=("drawn", "due", "scored", "published", "final"),
            choices=_choices(session),
            results=scoring_rules(rules).bands,
            narrowed=_narrowed(session, filters),
            persons=sees_persons(actor),
            scores=may(actor, Permission.INSPECTION_SCORE),
            exports=may(actor, Permission.DATA_EXPORT),
        )


def _choices(session: Session) -> dict[str, list[choices.Choice]]:
    return {
        "department": choices.departments(session),
        "card": [choices.Choice(code, name) for code, name in inspection_names.card_names(session).items()],
        "plan": [choices.Choice(code, name) for code, name in inspection_names.plan_names(session).items()],
    }


def _narrowed(session: Session, filters: Any) -> list[tuple[str, Any]]:
    """What a list is narrowed to beyond its form, when it is the list behind a figure: (code of the filter, name)."""
    found: list[tuple[str, Any]] = []
    for name, value in (("subject", filters.subject_id), ("inspector", filters.inspector_id)):
        if value:
            named = inspection_names.staff_names(session, [value]) if sees_persons(context.actor()) else {}
            found.append((name, named.get(value, "")))
    if filters.item:
        items = (
            {item.code: item.name for item in inspection_names.card_items(session, filters.card)}
            if filters.card
            else {}
        )
        found.append((f"item.{filters.mark or 'applied'}", items.get(filters.item, filters.item)))
    for name, value in (("seconds", filters.seconds), ("in_time", filters.in_time), ("appeal", filters.appeal)):
        if value:
            found.append((f"{name}.{value}", ""))
    return found


@blueprint.post("/export.xlsx")
@needs(Permission.DATA_EXPORT)
def export() -> Response:
    """The inspections of a list with their marks and draws as a workbook; in the log before its first byte leaves."""
    desk, actor, at = context.desk(), context.actor(), context.now()
    filters = read_inspection_filters(request.form, when="drawn")
    with desk.database.writing() as session:
        narrowing = sorted(name for name, value in asdict(filters).items() if value and name != "when")
        facts = {"list": "inspections", "filters": narrowing}
        log_access(session, desk.keys, actor, at, "export", facts, address=request.remote_addr or "")
    file = TemporaryFile()  # noqa: SIM115 (it is read after this request's function has ended; sending it closes it)
    with desk.database.reading() as session:
        zone = Rulebook(session).zone()
        veil = veil_of(session, actor)
        where = [*chosen(actor, filters, veil, zone, at), *exported(actor)]
        write_workbook(file, sheets(session, where, veil, at))
    name = f"inspections-{at.astimezone(zone):%Y%m%d-%H%M}.xlsx"
    file.seek(0)
    return Response(blocks(file), mimetype=WORKBOOK, headers={"Content-Disposition": f'attachment; filename="{name}"'})
