"""Jobs of kept figures (R35, R38): ``count_figures`` counts what was asked for, part by part; ``warm_figures`` asks
every hour for what a manager looks at first; ``clear_figures`` throws away once a day what nobody asks for.

A worker that is killed while it counts loses its count: another one counts all parts again, as of its own moment.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from backoffice.jobs.running import Taken, Workshop
from backoffice.models.kept import KeptFigures
from backoffice.queries.kept import OverviewQuestion, as_of, key_of, read_question
from backoffice.queries.kept.packing import Told
from backoffice.queries.kept.rows import find, keeps_figures
from backoffice.queries.overview.narrow import Narrow
from backoffice.services import kept_figures as service
from policies.overview import Span, around

COUNT, WARM, CLEAR = service.JOB, "warm_figures", "clear_figures"
FIRST_MAP = "on_time_rate"
"""The indicator of the map where none was asked for."""


def count(shop: Workshop, job: Taken) -> None:
    """Count what the slot names, unless somebody did so already."""
    key, _, asked = job.slot.partition(":")
    wanted_at = datetime.fromisoformat(asked)
    with shop.database.reading() as session:
        row = find(session, key)
    if row is None or row.wanted_at != wanted_at:
        return

    def told(parts: int) -> None:
        at = shop.clock.now()
        with shop.database.writing() as session:
            job.go_on(session, at, {"parts": parts})
            service.note(session, key, wanted_at, parts)

    _count(shop, job, row, wanted_at, told)


def _count(shop: Workshop, job: Taken, row: KeptFigures, wanted_at: datetime, told: Told) -> None:
    question = read_question(row.view, row.question)
    began, at = time.perf_counter(), shop.clock.now()
    with shop.database.reporting(large=True) as session:
        moment = as_of(session, at)
        is_same = key_of(session, question, moment) == row.key
        figures = question.pack(question.count(session, moment, told)) if is_same else {}
    took = timedelta(seconds=time.perf_counter() - began)
    with shop.database.writing() as session:
        job.go_on(session, shop.clock.now(), job.payload)
        if is_same:
            service.keep(session, row.key, wanted_at, figures, at, took)
        else:
            service.forget(session, row.key)


def warm(shop: Workshop, _job: Taken) -> None:
    """Ask for this month, all of it, where figures are kept at all."""
    at = shop.clock.now()
    with shop.database.reading() as session:
        if not keeps_figures(session):
            return
        moment = as_of(session, at)
        question = OverviewQuestion(around(Span.MONTH, moment.today), Narrow(), FIRST_MAP)
        key = key_of(session, question, moment)
    with shop.database.writing() as session:
        service.want(session, key, question.view, question.said(), None, at)


def clear(shop: Workshop, _job: Taken) -> None:
    """Throw away what nobody asks for."""
    with shop.database.writing() as session:
        service.throw_away(session, shop.clock.now())
