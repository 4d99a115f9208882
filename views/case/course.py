"""The way of a complaint on the diagram of its process (R14): steps it came through, ways it took, and when."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template
from markupsafe import Markup

from backoffice.models.configuration import ProcessVersion
from backoffice.queries.rulebook import Rulebook
from backoffice.reports.process_diagram import Arrow, Box, Diagram, draw
from policies.access import Permission
from policies.process import END, NEW_PROCESS, Process, parse_process
from policies.process_track import Leg, Move, Visit, legs
from policies.regrading import REGRADES
from views import context
from views.case.looking import Looked, look
from views.filters import duration, named, short
from views.guard import needs
from views.language import _
from views.reference.process_words import ProcessWords

blueprint = Blueprint("course", __name__)


@dataclass(frozen=True)
class ShownVisit:
    """A stay at a step, in words."""

    step: str
    came: datetime
    left: datetime | None
    stayed: str
    action: str
    to: str


@dataclass(frozen=True)
class ShownLeg:
    """What the complaint went through in one process: the version, its picture, its stays."""

    row: ProcessVersion
    title: str
    diagram: Markup
    visits: list[ShownVisit]


@blueprint.get("/complaints/<number>/process")
@needs(Permission.COMPLAINT_VIEW)
def course(number: str) -> Any:
    """The processes that a complaint ran by, each with the way it took; the present one first."""
    with context.reading() as session:
        looked = look(session, number)
        found = legs(_moves(looked), looked.complaint.severity.value)
        shown = [_shown(looked, leg, last=n == len(found) - 1) for n, leg in enumerate(found)]
        return render_template("complaint/process.html", complaint=looked.complaint, legs=list(reversed(shown)))


def _moves(looked: Looked) -> list[Move]:
    moves = []
    for event in looked.source.events:
        if event.to_step is None:
            continue
        facts = json.loads(event.body).get("facts") or {} if event.action in REGRADES else {}
        was, now = (facts.get(side) or {} for side in ("was", "now"))
        moves.append(
            Move(event.at, event.action, event.from_step, event.to_step, was.get("severity"), now.get("severity"))
        )
    return moves


def _shown(looked: Looked, leg: Leg, *, last: bool) -> ShownLeg:
    """A leg; of an earlier one the version is the one that held for its severity when the complaint came in."""
    complaint, rules = looked.complaint, looked.source.rules
    row = complaint.process if last else _version(rules, leg.severity, complaint.received_at)
    process, worded = parse_process(row.definition), ProcessWords(row.definition)
    title = _("reference.processes.named", name=named(row), version=row.version)
    picture = draw(_diagram(process, worded, leg, complaint.step if last else None, title))
    # draw escapes every text
    return ShownLeg(row, title, Markup(picture), [_visit(visit, worded) for visit in leg.visits])  # noqa: S704


def _version(rules: Rulebook, severity: str, received: datetime) -> ProcessVersion:
    return rules.process_for(severity, received.astimezone(rules.zone()).date())


def _diagram(process: Process, worded: ProcessWords, leg: Leg, here: str | None, title: str) -> Diagram:
    boxes = [
        Box(
            step.code,
            named(dict(step.name)),
            str(n),
            worded.role(step.role),
            "now" if step.code == here else "done" if step.code in leg.steps else "",
            _times(leg.of(step.code)),
        )
        for n, step in enumerate(process.steps, 1)
    ]
    arrows, counted = [], set()
    for step in process.steps:
        for way in step.next:
            key = (step.code, way.action)
            taken = 0 if key in counted else leg.ways[key]
            counted |= {key} if taken else set()
            arrows.append(Arrow(step.code, way.to, worded.way(way), taken))
    archived = END in leg.steps
    ends = [
        Box(box.code, box.name, state="done" if (box.code == END and archived) else "", last=True)
        for box in worded.ends(arrows)
    ]
    return Diagram(title, (*boxes, *ends), tuple(arrows))


def _times(visits: list[Visit]) -> str:
    """When it came to a step and left it; of several stays the last, and how many there were."""
    if not visits:
        return ""
    last = visits[-1]
    text = _("process_course.since", at=short(last.came))
    if last.left is not None:
        text = _("process_course.from_to", came=short(last.came), left=short(last.left))
    return text if len(visits) == 1 else _("process_course.times", text=text, n=len(visits))


def _visit(visit: Visit, worded: ProcessWords) -> ShownVisit:
    stayed = (visit.left or context.now()) - visit.came
    return ShownVisit(
        worded.target(visit.step) if visit.step != END else _("process_course.archived"),
        visit.came,
        visit.left,
        duration(max(stayed, timedelta())) if visit.step not in (END, NEW_PROCESS) else "",
        worded.action(visit.action) if visit.action else "",
        worded.target(visit.to) if visit.to else "",
    )
