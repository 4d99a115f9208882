"""Who asks for which figures (R35, R39): the address, the reader's reach, and the windows of time they stand for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from flask import request, url_for
from sqlalchemy.orm import Session

from backoffice.queries.indicators import Window
from backoffice.queries.kept import Moment, OverviewQuestion
from backoffice.queries.overview.targets import Aims, aims_on
from backoffice.queries.rulebook import Rulebook
from forms.overview import Asked, read_asked
from policies.access import Actor, Permission, Scope
from policies.overview import Stretch, compared_with
from views import context
from views.kept_figures import Counted

COUNTED_AT = "counted"
"""The name of the moment in the address of a list that its figure was counted at."""


def reach_of(actor: Actor) -> frozenset[int] | None:
    """Departments whose figures somebody reads; None: all of them."""
    scope = actor.scope(Permission.STATISTICS_VIEW)
    if scope is Scope.ALL:
        return None
    return actor.departments if scope is Scope.DEPARTMENT else frozenset()


@dataclass(frozen=True)
class Asking:
    """One request: what is asked, by whom; ``counted``: the figures, once there are any."""

    session: Session
    actor: Actor
    asked: Asked
    counted: Counted | None = None

    @property
    def question(self) -> OverviewQuestion:
        """What the view at a glance counts."""
        return OverviewQuestion(self.asked.period, self.asked.narrow, self.asked.map)

    def showing(self, counted: Counted) -> Asking:
        """The same with its figures, as of the moment that they were counted at."""
        return replace(self, counted=counted)

    @property
    def figures(self) -> Any:
        """The figures themselves."""
        if self.counted is None:
            raise ValueError("nothing was counted yet")
        return self.counted.figures

    @cached_property
    def moment(self) -> Moment:
        """As of when this view stands."""
        if self.counted is not None:
            return self.counted.moment
        return Moment(self.session, context.now(), context.zone())

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
        return compared_with(self.asked.period, self.moment.today)

    def window(self, stretch: Stretch, code: str = "") -> Window:
        """A stretch of local days as moments, as ``Moment`` has it."""
        return self.moment.window(stretch, code)

    def within(self, path: str) -> str:
        """A category's path for a list narrowed to it: the narrower one where one below it was asked for."""
        chosen = self.asked.narrow.category
        return chosen if chosen and chosen.startswith(path) else path

    def address(self, **other: Any) -> str:
        """This view with something else asked for."""
        return url_for("overview.index", **self.asked.args(**other))

    def records(self, what: str, **other: Any) -> str:
        """The list behind a figure; behind one that was kept it says so, since the list is read anew."""
        if self.counted is not None and self.counted.kept:
            other.setdefault(COUNTED_AT, self.counted.at.isoformat(timespec="seconds"))
        return url_for("overview.records_behind", **self.asked.args(what=what, map=None, **other))


def counted_at(text: str | None) -> datetime | None:
    """The moment that the figure was counted at from which somebody came to a list; None for what is none."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo is not None and found <= context.now() else None


def asking(session: Session) -> Asking:
    """The request at hand."""
    actor = context.actor()
    asked = read_asked(request.values, context.today()).within(reach_of(actor))
    return Asking(session, actor, asked)
