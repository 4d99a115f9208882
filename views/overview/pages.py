"""Pages of the manager's view (R35, R36): a period at a glance, the list behind each figure, and the figures as a file.

Heads read their departments, managers all. No data of a customer is shown, but in lists of work that the reader may
open anyway, masked as everywhere.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from backoffice.queries import choices
from backoffice.queries.indicators import Part
from backoffice.queries.overview.records import OPEN, STEP, Wanted, records
from backoffice.queries.overview.targets import are_locked
from backoffice.queries.overview.volume import Flow
from backoffice.reports.csv_export import csv_lines
from backoffice.reports.xlsx import write_workbook
from backoffice.services.core.access_log import log_access
from forms.filters import key, member
from forms.overview import MAPS
from policies.access import Permission, may, may_any
from policies.indicator import shown
from policies.overview import AGES, Span, around
from policies.vocabulary import ClockCode, Fault, Outcome, Priority, Severity
from views import context, frame
from views.filters import named, plain_number
from views.guard import needs
from views.kept_figures import count_anew, figures_as_shown, figures_of, waits
from views.language import _
from views.overview import course, piles
from views.overview.asking import COUNTED_AT, Asking, asking, counted_at, reach_of
from views.overview.export import flat, workbook
from views.overview.tiles import TILES, tiles
from views.overview.waiting import inbox
from views.overview.words import period_name, short_name, stretch_name
from views.reporting import reporting, reports

blueprint = Blueprint("overview", __name__, url_prefix="/overview")
COUNTED = (*dict.fromkeys((*TILES, *MAPS)),)
"""Indicators whose lists this view leads to."""
EXTRA = ("age", "overdue", "late", "cause", "leaf", "clock", "priority", "outcome", "fault")
"""What narrows a list further than the view itself is narrowed."""
LISTED = (*Flow, OPEN, STEP, *COUNTED)


@blueprint.get("")
@needs(Permission.STATISTICS_VIEW)
@reports
@waits
def index() -> Any:
    """A period at a glance."""
    with reporting() as session:
        ask = asking(session)
        ask = ask.showing(figures_of(session, ask.question))
        found, period = course.course(ask), ask.asked.period
        months = [month.text for month in period.months()]
        return render_template(
            "overview/index.html",
            ask=ask,
            title=period_name(period),
            compared=stretch_name(ask.compared),
            locked=are_locked(session, months),
            spans=_spans(ask),
            tiles=tiles(ask),
            volume=found.volume,
            volume_plot=course.volume_plot(found.volume),
            forecast=found.forecast,
            next_month=period_name(around(Span.MONTH, ask.moment.today)),
            categories=(categories := course.categories(ask)),
            category_plot=course.category_plot(categories),
            causes=(causes := piles.causes(ask)),
            cause_plot=piles.pile_plot(causes, _("overview.causes")),
            leaves=(leaves := piles.leaves(ask)),
            leaf_plot=piles.pile_plot(leaves, _("overview.leaves")),
            steps=piles.slow_steps(ask),
            ages=piles.ages(ask),
            map=piles.department_map(ask),
            maps=[(code, named(ask.aims.indicators[code].name)) for code in MAPS],
            inbox=inbox(ask),
            works=may(ask.actor, Permission.COMPLAINT_VIEW),
            volume_said=course.volume_said,
            category_said=course.category_said,
            trunk_name=course.trunk_name,
            pile_said=piles.pile_said,
            stretch_name=stretch_name,
            short_name=short_name,
            exports=may(ask.actor, Permission.DATA_EXPORT),
            **_choices(session, ask),
        )


@blueprint.post("/count")
@needs(Permission.STATISTICS_VIEW)
def count() -> Any:
    """Have the figures of a view counted anew."""
    with context.reading() as session:
        ask = asking(session)
    count_anew(ask.question)
    return redirect(ask.address(), 303)


def _spans(ask: Asking) -> dict[str, Any]:
    """The way to the month, quarter or year around, and to the period before and after."""
    period, today = ask.asked.period, context.today()
    day = today if period.first <= today < period.end else period.first
    return {
        "chips": [
            {
                "text": _("overview.span." + span.value),
                "address": ask.address(period=around(span, day).text),
                "is_current": span is period.span,
            }
            for span in Span
        ],
        "previous": ask.address(period=period.previous.text),
        "next": ask.address(period=period.next.text) if period.end <= today else "",
    }


def _choices(session: Session, ask: Asking) -> dict[str, Any]:
    """What the filters let one choose from, within the reader's reach."""
    reach = ask.asked.narrow.departments
    return {
        "choices": {
            "department": [one for one in choices.departments(session) if reach is None or int(one.value) in reach],
            "category": choices.categories(session),
            "channel": choices.channels(session),
        },
        "severities": list(Severity),
        "chosen": ask.asked.narrow,
    }


@blueprint.get("/records")
@needs(Permission.STATISTICS_VIEW)
@reports
def records_behind() -> Any:
    """The list behind a figure, page by page."""
    with reporting() as session:
        ask = asking(session)
        wanted = _wanted(ask, request.args)
        page = records(session, ask.actor, wanted, key(request.args.get("page")) or 1)
        args = _list_args(wanted, request.args)
        return render_template(
            "overview/records.html",
            ask=ask,
            wanted=wanted,
            page=page,
            title=_list_name(ask, wanted),
            period=period_name(ask.asked.period),
            parts=_parts(ask, wanted, args),
            page_address=lambda number: ask.records(**args, page=number),
            counted_at=counted_at(request.args.get(COUNTED_AT)),
            definition=_definition(wanted.what),
            is_indicator=wanted.what in COUNTED,
            exact=lambda value: plain_number(shown(value)),
        )


def _wanted(ask: Asking, args: Mapping[str, str]) -> Wanted:
    """Which list is asked for; 404 for one that there is not."""
    what = args.get("what", Flow.RECEIVED.value)
    if what not in LISTED:
        abort(404)
    age = args.get("age", "")
    return Wanted(
        what=what,
        window=ask.window(ask.asked.period, what),
        narrow=ask.asked.narrow,
        part=member(Part, args.get("part")) or Part.DENOMINATOR,
        cause=args.get("cause", "")[:64],
        leaf=key(args.get("leaf")),
        age=int(age) if age in {str(place) for place in range(len(AGES) + 1)} else None,
        overdue=args.get("overdue") == "1",
        clock=member(ClockCode, args.get("clock")),
        late=args.get("late") == "1",
        priority=member(Priority, args.get("priority")),
        outcome=member(Outcome, args.get("outcome")),
        fault=member(Fault, args.get("fault")),
    )


def _list_args(wanted: Wanted, args: Mapping[str, str]) -> dict[str, str]:
    """The address of this list, as it was understood."""
    found = {name: args.get(name, "") for name in EXTRA}
    part = wanted.part.value if wanted.part is not Part.DENOMINATOR else ""
    if moment := counted_at(args.get(COUNTED_AT)):
        found[COUNTED_AT] = moment.isoformat(timespec="seconds")
    return {"what": wanted.what, "part": part} | {name: value for name, value in found.items() if value}


def _list_name(ask: Asking, wanted: Wanted) -> str:
    if wanted.what in COUNTED:
        return named(ask.aims.indicators[wanted.what].name)
    if wanted.what == STEP:
        return _("overview.list.step_of", clock=wanted.clock) if wanted.clock else _("overview.list.step")
    if wanted.what == OPEN and wanted.overdue:
        return _("overview.list.overdue")
    return _("overview.list." + wanted.what)


def _parts(ask: Asking, wanted: Wanted, args: dict[str, str]) -> list[dict[str, Any]]:
    """The tabs over the list of an indicator."""
    if wanted.what not in COUNTED:
        return []
    return [
        {
            "text": _("overview.part." + part.value),
            "address": ask.records(**{**args, "part": part.value if part is not Part.DENOMINATOR else ""}),
            "is_current": part is wanted.part,
            "count": 0,
        }
        for part in Part
    ]


def _definition(what: str) -> str:
    """Where an indicator is told in words."""
    known = frame.has_endpoint("indicators.show") and what in COUNTED
    return url_for("indicators.show", code=what) if known else ""


@blueprint.post("/export.xlsx")
@needs(Permission.DATA_EXPORT)
def export_workbook() -> Response:
    """The figures of the view as a workbook; who took it is kept before a byte goes out."""
    ask_and_log("xlsx")
    stream = io.BytesIO()
    with reporting() as session:
        ask = asking(session)
        ask = ask.showing(figures_as_shown(session, ask.question))
        write_workbook(stream, workbook(ask))
        name = f"overview-{ask.asked.period.text}.xlsx"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _file(stream.getvalue(), kind, name)


@blueprint.post("/export.csv")
@needs(Permission.DATA_EXPORT)
def export_csv() -> Response:
    """The same as one table of text."""
    ask_and_log("csv")
    with reporting() as session:
        ask = asking(session)
        ask = ask.showing(figures_as_shown(session, ask.question))
        head, rows = flat(ask)
        body = "".join(csv_lines(head, rows)).encode()
        name = f"overview-{ask.asked.period.text}.csv"
    return _file(body, "text/csv", name)


def ask_and_log(kind: str) -> None:
    """Keep who exports what; statistics reach no farther than the reader's own reach."""
    actor = context.actor()
    if not may_any(actor, (Permission.STATISTICS_VIEW,)):
        abort(403)
    desk = context.desk()
    with desk.database.writing() as session:
        ask = asking(session)
        reach = reach_of(actor)
        facts = {
            "list": "overview",
            "file": kind,
            "departments": "all" if reach is None else sorted(reach),
            **ask.asked.args(),
        }
        log_access(session, desk.keys, actor, context.now(), "export", facts, address=request.remote_addr or "")


def _file(body: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, mimetype=kind, headers=headers)
