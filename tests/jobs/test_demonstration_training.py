"""The demonstration's training (R34): posts on file, sessions, an absence, a failed exam, something overdue, once."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from backoffice.jobs.demonstration.schooling import play_training
from backoffice.jobs.demonstration.told_cases import Player
from backoffice.models.office import Staff
from backoffice.models.training import Attendance, Qualification, TrainingOrder, TrainingSession
from backoffice.queries.actor import load_actor
from policies.vocabulary_training import DueKind, DueState
from tests.support.inspections import KEYS

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def test_R34_the_demonstration_shows_training_in_every_state_and_everybody_can_work(office_database, tmp_path):
    player = Player(office_database, KEYS, tmp_path)
    play_training(player, AT)
    with office_database.reading() as session:
        people = session.scalars(sa.select(Staff.id)).all()
        assert {load_actor(session, one, AT.date()).withheld for one in people} == {frozenset()}
        assert session.scalar(sa.select(sa.func.count()).select_from(Qualification)) > 10
        seen = set(session.execute(sa.select(Attendance.present, Attendance.passed)).all())
        assert {(True, True), (True, False), (False, None), (None, None)} <= seen
        overdue = sa.select(TrainingOrder).where(TrainingOrder.state == DueState.OPEN, TrainingOrder.due < AT.date())
        assert DueKind.TRAINING in {row.kind for row in session.scalars(overdue)}
        states = set(session.scalars(sa.select(TrainingOrder.state)))
        assert {DueState.OPEN, DueState.DONE} <= states
        count = session.scalar(sa.select(sa.func.count()).select_from(TrainingSession))
    play_training(player, AT)
    with office_database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(TrainingSession)) == count
