"""The steps of the process as a strip: what is done and by whom, where it stands, what is to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from policies.message import Name
from policies.process import END
from views.case.looking import Looked

ASIDE = frozenset({"explain", "dispute", "rework"})  # steps off the main way, shown only when they were taken


@dataclass(frozen=True)
class StripStep:
    """One step: ``state`` is done, now or to_come; who left it and when."""

    name: Name
    state: str
    who: Name | None = None
    at: datetime | None = None


def strip_of(looked: Looked) -> list[StripStep]:
    """The main way of the process, and those steps aside that this complaint came through."""
    process, here = looked.source.process, looked.complaint.step
    left = {event.from_step: event for event in looked.source.events if event.from_step}
    order = [step.code for step in process.steps]
    place = order.index(here) if here in order else len(order)
    found = []
    for index, step in enumerate(process.steps):
        event = left.get(step.code)
        if step.code in ASIDE and event is None and step.code != here:
            continue
        if event is None and index < place and step.code != here:
            continue  # this complaint went another way
        done = event is not None and step.code != here and (index < place or here == END)
        state = "now" if step.code == here else "done" if done else "to_come"
        actor = event.actor if event is not None and done else None
        found.append(
            StripStep(
                Name(step.name["zh"], step.name["en"]),
                state,
                Name(actor.name_zh, actor.name_en) if actor else None,
                event.at if event is not None and done else None,
            )
        )
    return found
