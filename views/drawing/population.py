"""A draw's population to take along (R27): numbers alone, so that whoever doubts a draw repeats it by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response, abort, request, stream_with_context

from backoffice.models.sampling import Draw
from backoffice.queries import draw_check, draws, frozen
from backoffice.reports.xlsx import Kind
from backoffice.services.core.access_log import log_access
from policies.access import Permission
from views import context
from views.drawing.pages import blueprint
from views.guard import needs
from views.language import _
from views.tables import table


@blueprint.post("/inspection/draws/<int:draw_id>/numbers.txt")
@needs(Permission.SAMPLE_DRAW)
def numbers(draw_id: int) -> Any:
    """The very text whose SHA-256 the draw names: one number a line, no line end behind the last."""
    draw = _logged(draw_id, "numbers")

    def text() -> Iterator[str]:
        between = ""
        with context.desk().database.reading() as session:
            for line in frozen.lines(session, draw.id):
                yield between + line.unit.number
                between = "\n"

    return _file(text(), draw, "txt", "text/plain")


@blueprint.post("/inspection/draws/<int:draw_id>/population.csv")
@needs(Permission.SAMPLE_DRAW)
def population(draw_id: int) -> Any:
    """Number, stratum (by its place in the table) and whether it is inspected in any case; no names."""
    draw = _logged(draw_id, "population")
    places = {tuple(one["key"]): place for place, one in enumerate(draw.strata, 1)}
    head = [_("draws.column." + name) for name in ("unit", "stratum", "compulsory")]

    def rows() -> Iterator[list[Any]]:
        with context.desk().database.reading() as session:
            for line in frozen.lines(session, draw.id):
                yield [line.unit.number, places.get(line.unit.stratum, 0), int(line.unit.compulsory)]

    return table(head, rows, _name(draw), _("draws.population"), (Kind.TEXT, Kind.WHOLE, Kind.WHOLE))


def _logged(draw_id: int, what: str) -> Draw:
    """The draw; that its population was taken along is logged before the first line goes out."""
    desk, actor = context.desk(), context.actor()
    with desk.database.writing() as session:
        draw = draws.one(session, draw_id) or abort(404)
        if draws.is_blind_for(session, actor, draw):
            abort(403)
        facts = {"list": what, "draw": draw_check.name_of(draw)}
        log_access(session, desk.keys, actor, context.now(), "export", facts, address=request.remote_addr or "")
        return draw


def _name(draw: Draw) -> str:
    return f"{draw.plan_code}-{draw.period_label}-{draw.sequence}"


def _file(lines: Iterator[str], draw: Draw, ending: str, kind: str) -> Response:
    name = f"{_name(draw)}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(stream_with_context(lines), mimetype=kind, headers=headers)
