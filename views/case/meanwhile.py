"""What happened to a complaint since somebody opened a form of it (R40): told when the form comes too late."""

from __future__ import annotations

from backoffice.services.dossier.closing import happened
from policies.message import Message
from views.case.looking import Looked
from views.drafting import comparing, keeping
from views.drafting.comparing import Line

MOST = 20


def since_opened(looked: Looked) -> list[Line]:
    """Who did what when, the newest last; nothing where the form does not say when it was opened."""
    opened = keeping.opened_at()
    if opened is None:
        return []
    events = [event for event in looked.source.events if event.recorded_at > opened][-MOST:]
    return [
        Line(
            event.at,
            looked.source.named(event.actor) or Message("dossier.system"),
            happened(looked.source, event.action, event.to_step),
        )
        for event in events
    ]


def say(looked: Looked) -> list[Line]:
    """The same, also for the form that is shown again."""
    lines = since_opened(looked)
    comparing.say_meanwhile(lines)
    return lines
