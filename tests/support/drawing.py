"""The office on its second working day of October 2026, and whoever draws, for tests of draws from plain rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from backoffice.keys import Keys
from backoffice.models.inspection import Inspection
from backoffice.models.sampling import Draw, SamplingPlan
from backoffice.queries import frozen
from backoffice.queries.draw_check import verify_draws
from backoffice.services import sampling
from backoffice.services.core.work import Work
from backoffice.services.sampling import Order
from policies.access import SYSTEM
from tests.support.closed import Office, put_in
from tests.support.offices import actor_of

KEYS = Keys.fresh()
OCTOBER_9 = datetime(2026, 10, 9, 2, 0, tzinfo=UTC)  # the second working day of October 2026


class Desk:
    """The office on its second working day of October, and who draws."""

    def __init__(self, database, at=OCTOBER_9):
        self.database, self.at, self.office = database, at, Office(database)

    def work_in(self, session):
        return Work(session, KEYS, SYSTEM, self.at, self.at)

    def person(self, code):
        def work_in(session):
            return Work(session, KEYS, actor_of(session, code), self.at, self.at)

        return work_in

    def put(self, *rows):
        put_in(self.database, rows)

    def draw(self, plan="monthly_regular", **more):
        draw_id = sampling.draw(self.database, self.work_in, Order(plan, **more))
        with self.database.reading() as session:
            return session.get_one(Draw, draw_id)

    def population(self, draw):
        with self.database.reading() as session:
            return [line.unit.number for line in frozen.lines(session, draw.id)]

    def inspections(self, draw):
        with self.database.reading() as session:
            mine = sa.select(Inspection).where(Inspection.draw_id == draw.id).order_by(Inspection.position)
            return list(session.scalars(mine))

    def broken(self):
        with self.database.reading() as session:
            return [(one.number, one.fault.key) for one in verify_draws(session, KEYS.chain)[1]]

    def say(self, plan: str, **said: Any) -> None:
        """Let the version of a plan that holds say this, too."""
        with self.database.writing() as session:
            row = session.scalars(sa.select(SamplingPlan).where(SamplingPlan.code == plan)).one()
            row.definition = {**row.definition, **said}

    def do(self, code: str, command: Any, *arguments: Any) -> Any:
        """A command by a member of staff."""
        with self.database.writing() as session:
            return command(self.person(code)(session), *arguments)
