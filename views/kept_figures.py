"""Figures of pages (R31, R35, R38): counted at once in a small office; in a large one shown as they were kept.

What is not counted yet is counted by a worker while a page says so and comes again by itself; where no worker is heard
of, the request counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from flask import flash, make_response, render_template, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from backoffice.models.kept import KeptFigures
from backoffice.queries.kept import Moment, Question, key_of
from backoffice.queries.kept.rows import before, find, has_worker, keeps_figures
from backoffice.services import kept_figures as service
from policies.kept_figures import is_lost, is_old, refuse_anew
from policies.message import Refusal
from views import context
from views.language import _, say

RELOAD_SECONDS = 3
View = Callable[..., Any]
Less = Callable[[Session, Moment], Any]


@dataclass(frozen=True)
class Counted:
    """Figures as of a moment; ``kept``: they stay until they are counted anew; ``again``: that is being done."""

    figures: Any
    moment: Moment
    kept: bool = False
    again: bool = False

    @property
    def at(self) -> datetime:
        """When they were counted."""
        return self.moment.at


class BeingCountedError(Exception):
    """There are no figures yet; ``refusal``: why they are not even asked for."""

    def __init__(self, question: Question, done: int, before: int, refusal: Refusal | None) -> None:
        self.question, self.done, self.before, self.refusal = question, done, before, refusal
        super().__init__(question.view)


def figures_of(session: Session, question: Question, less: Less | None = None) -> Counted:
    """The figures that a page shows. Raises ``BeingCountedError`` where a worker has to count them first.

    ``less`` counts in a small office only what this reader sees of them, where what is kept is more.
    """
    at = context.now()
    moment = Moment(session, at, context.zone())
    if not keeps_figures(session):
        return Counted(less(session, moment) if less else question.count(session, moment, _unheard), moment)
    key = key_of(session, question, moment)
    row = find(session, key)
    if row is not None and row.figures is not None and row.counted_at is not None:
        if not is_old(row.counted_at, row.took, at):
            return _shown(question, row, moment)
        if _is_awaited(row, at):
            return _shown(question, row, moment)
        if has_worker(session, at):
            with suppress(SQLAlchemyError):  # what cannot be written down now is asked for by the next reader
                _want(key, question, at)
            return _shown(question, row, moment, again=True)
    elif has_worker(session, at):
        refusal = _want(key, question, at)
        done, earlier = (row.done, before(session, row)) if row is not None else (0, 0)
        raise BeingCountedError(question, done, earlier, refusal)
    return _count_here(session, key, question, moment)


def figures_as_shown(session: Session, question: Question) -> Counted:
    """The figures for a file: those that the page shows; counted where it shows none. Nothing is asked for."""
    at = context.now()
    moment = Moment(session, at, context.zone())
    row = find(session, key_of(session, question, moment)) if keeps_figures(session) else None
    if row is not None and row.figures is not None:
        return _shown(question, row, moment)
    return Counted(question.count(session, moment, _unheard), moment)


def count_anew(question: Question) -> None:
    """Have figures counted anew because somebody asks so, and say what comes of it."""
    at = context.now()
    with context.reading() as session:
        if not keeps_figures(session):
            return  # the page counts whenever it is looked at
        moment = Moment(session, at, context.zone())
        key = key_of(session, question, moment)
        if has_worker(session, at):
            refusal = _want(key, question, at, anew=True)
        else:
            row = find(session, key)
            refusal = refuse_anew(row.counted_at, row.took, at) if row is not None else None
            if refusal is None:
                _count_here(session, key, question, moment)
    if refusal is not None:
        flash(say(refusal), "warning")


def waits(view: View) -> View:
    """Shows a page that comes again by itself while there are no figures for it."""

    @wraps(view)
    def shown(*args: Any, **values: Any) -> Any:
        try:
            return view(*args, **values)
        except BeingCountedError as found:
            text = render_template(
                "kept/waiting.html",
                done=found.done,
                parts=found.question.parts,
                before=found.before,
                refusal=found.refusal,
                again=request.full_path.rstrip("?"),
                title=_("kept.title"),
            )
        answer = make_response(text, 202)
        answer.headers["Refresh"] = str(RELOAD_SECONDS)
        return answer

    return shown


def _shown(question: Question, row: KeptFigures, now: Moment, *, again: bool = False) -> Counted:
    if row.counted_at is None or row.figures is None:
        raise ValueError("nothing was counted yet")
    moment = Moment(now.session, row.counted_at, now.zone)
    return Counted(question.unpack(row.figures), moment, kept=True, again=again or _is_awaited(row, now.at))


def _is_awaited(row: KeptFigures, at: datetime) -> bool:
    return row.wanted_at is not None and not is_lost(row.wanted_at, at)


def _want(key: str, question: Question, at: datetime, *, anew: bool = False) -> Refusal | None:
    with context.writing() as session:
        return service.want(session, key, question.view, question.said(), context.actor().staff_id, at, anew=anew)


def _count_here(session: Session, key: str, question: Question, moment: Moment) -> Counted:
    """Count while the page waits, and keep it."""
    began = time.perf_counter()
    figures = question.count(session, moment, _unheard)
    took = timedelta(seconds=time.perf_counter() - began)
    with suppress(SQLAlchemyError), context.writing() as writing:
        service.keep_at_once(
            writing, key, question.view, question.said(), question.pack(figures), moment.at, took,
            context.actor().staff_id,
        )  # fmt: skip
    return Counted(figures, moment, kept=True)


def _unheard(_parts: int) -> None:
    """Nobody is told how far a counting has come that its page waits for."""
