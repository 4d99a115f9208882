"""R30, R34: corrective actions of the kind "training or coaching" become entries with a date, and these follow them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from backoffice.keys import Keys
from backoffice.models.inspection import Inspection
from backoffice.models.sampling import Coaching
from backoffice.models.teamwork import CorrectiveAction
from backoffice.models.training import TrainingOrder
from backoffice.services import inspection
from backoffice.services.core.corrective_findings import withdraw_for_inspection
from backoffice.services.corrective import act, assign
from policies.corrective_course import CorrectiveAct as A
from policies.vocabulary_training import DueKind, DueSource, DueState
from tests.support.grave import PUT_RIGHT
from tests.support.inspections import INSPECTOR, MANAGER, Inspected, entered
from tests.support.inspections import KEYS as INSPECTION_KEYS
from tests.support.played import Play

KEYS = Keys.fresh()
ASSIGNER, OWNER, HELPER, OTHER = "S024", "S016", "S014", "S018"
DUE, LATER = date(2027, 10, 29), date(2027, 11, 12)


class Life(Play):
    """One corrective action, an hour between two acts."""

    number = ""

    def assigns(self, **more):
        values = {**PUT_RIGHT, "source": "audit", "type": "training", "owner": self.staff(OWNER), "due_on": DUE, **more}
        with self.database.writing() as session:
            self.number = assign(self.work(session, ASSIGNER), values).number

    def does(self, code, action, **values):
        self.at += timedelta(hours=1)
        with self.database.writing() as session:
            act(self.work(session, code), self.number, action, values)

    def entries(self):
        with self.database.reading() as session:
            rows = session.scalars(sa.select(TrainingOrder).where(TrainingOrder.key.is_not(None)))
            return {(row.staff_id, row.state): row.due for row in rows}


@pytest.fixture
def life(office_database, tmp_path):
    return Life(office_database, KEYS, tmp_path / "files")


def test_R34_a_corrective_action_orders_the_training_of_its_owner_by_its_date(life):
    life.assigns()
    with life.database.reading() as session:
        (row,) = session.scalars(sa.select(TrainingOrder).where(TrainingOrder.key.is_not(None)))
        action = session.scalars(sa.select(CorrectiveAction)).one()
        assert (row.kind, row.source, row.source_id) == (DueKind.TRAINING, DueSource.CORRECTIVE_ACTION, action.id)
        assert (row.staff_id, row.due, row.state) == (life.staff(OWNER), DUE, DueState.OPEN)


def test_R34_other_kinds_of_corrective_actions_order_none(life):
    life.assigns(type="rule_change")
    assert life.entries() == {}


def test_R34_the_entries_follow_helpers_and_the_date_and_fall_with_the_action(life):
    owner, helper, other = (life.staff(code) for code in (OWNER, HELPER, OTHER))
    life.assigns()
    life.does(ASSIGNER, A.SET_HELPERS, helpers=[helper, other])
    assert life.entries() == {
        (owner, DueState.CANCELLED): DUE, (helper, DueState.OPEN): DUE, (other, DueState.OPEN): DUE,
    }  # fmt: skip
    life.does(OWNER, A.ACCEPT)
    life.does(OWNER, A.ASK_EXTENSION, due_on=LATER, reason="讲师另有安排")
    life.does(ASSIGNER, A.GRANT_EXTENSION)
    assert life.entries()[helper, DueState.OPEN] == LATER
    life.does(ASSIGNER, A.CANCEL, reason="另行处理")
    assert {state for _staff, state in life.entries()} == {DueState.CANCELLED}


def test_R30_R34_what_failed_its_verification_is_trained_anew(life):
    owner = life.staff(OWNER)
    life.assigns()
    life.does(OWNER, A.ACCEPT)
    with life.database.writing() as session:
        row = session.scalars(sa.select(TrainingOrder)).one()
        row.state, row.done_on = DueState.DONE, DUE
    life.does(OWNER, A.FINISH, result="已培训", evidence="签到表 1 份")
    life.does(ASSIGNER, A.REJECT, reason="考试未到 80 分", due_on=LATER)
    assert life.entries() == {(owner, DueState.DONE): DUE, (owner, DueState.OPEN): LATER}


def test_R28_R34_a_fatal_hit_has_the_inspected_coached_until_an_appeal_raises_the_score(archived_database, tmp_path):
    scene = Inspected(archived_database, INSPECTION_KEYS, tmp_path).resumed()
    scene.drawn()
    scene.do(INSPECTOR, inspection.start, scene.number)
    scene.do(INSPECTOR, inspection.score, scene.number, entered(hits=("fat_leak",)))
    scene.do(MANAGER, inspection.publish, scene.number)
    with scene.database.writing() as session:
        found = session.scalars(sa.select(Inspection)).one()
        row = session.scalars(sa.select(TrainingOrder).where(TrainingOrder.key.is_not(None))).one()
        action = session.scalars(sa.select(CorrectiveAction)).one()
        assert (row.kind, row.source, row.source_id) == (DueKind.COACHING, DueSource.INSPECTION, found.id)
        assert (row.staff_id, row.due) == (found.subject_id, action.due_on)
        coached = session.scalars(sa.select(Coaching)).one()
        assert (coached.staff_id, coached.until) == (found.subject_id, action.due_on)
        found.score, found.fatal = 84, False
        withdraw_for_inspection(scene.work(session, MANAGER), found)
        assert row.state is DueState.CANCELLED
        assert coached.until < action.due_on
