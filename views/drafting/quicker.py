"""Who was quicker (R40): a form that was refused because somebody else had changed the same is told who and when.

Acts of a complaint and the plain forms of the office's own data say it themselves, with what they know of it; all other
forms are told by the history of what they change, found by the room that they are sent to.
"""

from __future__ import annotations

from flask import request

from backoffice.queries.quicker import Done, last_done
from policies.message import Message
from views import context
from views.drafting import comparing, keeping
from views.drafting.comparing import Line
from views.filters import named
from views.language import current, texts

LOG = "reference.act."
ROOMS: dict[str, tuple[str, str, str]] = {
    "knowledge": ("knowledge", "number", "knowledge.act."),
    "fault_notices": ("fault_notice", "number", "fault_notices.act."),
    "corrective": ("corrective", "number", "corrective.event."),
    "scoring": ("inspection", "number", "inspection.event."),
    "passing": ("inspection", "number", "inspection.event."),
    "appraisal": ("appraisal", "number", "appraisal.event."),
    "training": ("training_session", "session_id", LOG),
    "processes": ("process_version", "id", LOG),
    "sla_policies": ("sla_policy", "id", LOG),
    "sampling_plans": ("sampling_plan", "id", LOG),
    "scorecards": ("scorecard", "id", LOG),
    "intake_scripts": ("intake_script", "id", LOG),
    "appraisal_schemes": ("appraisal_scheme", "id", LOG),
    "appraisal_rules": ("appraisal_rules", "id", LOG),
    "figures": ("figures", "", LOG),
}
"""By the room that a form is sent to: the history, what of the address says which of it, the words of its acts."""
PARTLY = ("inspection",)
"""Histories that do not hold every change: what is saved while one is scored is not an event."""


def tell() -> None:
    """Say who changed it since the form was opened, unless the form's own page has said it."""
    if comparing.said_meanwhile() or (request.blueprint or "") not in ROOMS:
        return
    kind, argument, act = ROOMS[request.blueprint or ""]
    key = str((request.view_args or {}).get(argument) or request.args.get(argument) or "") if argument else kind
    with context.reading() as session:
        found = list(last_done(session, kind, key))
        comparing.say_meanwhile([_line(one, act) for one in reversed(_since(found, kind))])


def _since(found: list[Done], kind: str) -> list[Done]:
    """What was done since the form was opened; where the clock tells none, what was done last, for it was that."""
    opened = keeping.opened_at()
    since = [one for one in found if opened is not None and one.at > opened]
    return since or ([] if kind in PARTLY else found[:1])


def _line(one: Done, act: str) -> Line:
    what = next((key for key in (act + one.act, LOG + one.act) if key in texts(current())), LOG + "change")
    who = named(one.who) if one.who is not None else Message("reference.changes.system")
    return Line(one.at, who, Message(what))
