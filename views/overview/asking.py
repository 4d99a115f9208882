"""Who asks for which figures (R35, R39): the address, the reader's reach, and the windows of time they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from functools import cached_property
from typing import Any

from flask import request, url_for
from sqlalchemy.orm import Session

from backoffice.queries.indicators import COUNTING, Window, as_counted, computed_months
from backoffice.queries.overview.targets import Aims, aims_on
from backoffice.queries.rulebook import Rulebook
from forms.overview import Asked, read_asked
from policies.access import Actor, Permission, Scope
from policies.overview import Period, Span, Stretch, compared_with
from views import context


def reach_of(actor: Actor) -> frozenset[int] | None:
    """Departments whose figures somebody reads; None: all of them."""
    scope = actor.scope(Permission.STATISTICS_VIEW)
    if scope is Scope.ALL:
        return None
    return actor.departments if scope is Scope.DEPARTMENT else frozenset()


@dataclass(frozen=True)
class Asking:
    """One request: what is asked, by whom, when."""

    session: Session
    actor: Actor
    asked: Asked

    @cached_property
    def rulebook(self) -> Rulebook:
        """Read once for all parts of a page."""
        return Rulebook(self.session)

    @cached_property
    def aims(self) -> Aims:
        return aims_on(self.session, self.asked.period.first)

    @cached_property
    def compared(self) -> Stretch:
        """What the period is compared with."""
        return compared_with(self.asked.period, context.today())

    @cached_property
    def _computed(self) -> dict[str, datetime]:
        return computed_months(self.session)

    def window(self, stretch: Stretch, code: str = "") -> Window:
        """A stretch of local days as moments, as of now; for an indicator of a whole month as its sheets count it."""
        if code in COUNTING and isinstance(stretch, Period) and stretch.span is Span.MONTH:
            return as_counted(stretch.text, context.zone(), context.now(), self._computed)
        zone = context.zone()
        since, until = (datetime.combine(day, time.min, zone) for day in (stretch.first, stretch.end))
        return Window(since, until, context.now())

    def within(self, path: str) -> str:
        """A category's path for a list narrowed to it: the narrower one where one below it was asked for."""
        chosen = self.asked.narrow.category
        return chosen if chosen and chosen.startswith(path) else path

    def address(self, **other: Any) -> str:
        """This view with something else asked for."""
        return url_for("overview.index", **self.asked.args(**other))

    def records(self, what: str, **other: Any) -> str:
        """The list behind a figure."""
        return url_for("overview.records_behind", **self.asked.args(what=what, map=None, **other))


def asking(session: Session) -> Asking:
    """The request at hand."""
    actor = context.actor()
    asked = read_asked(request.values, context.today()).within(reach_of(actor))
    return Asking(session, actor, asked)
