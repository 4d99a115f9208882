"""R28, R30: a published inspection with a fatal hit or too low a score opens a corrective action, by rule and once."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.models.inspection import Inspection
from backoffice.models.teamwork import CorrectiveAction
from backoffice.services import corrective, inspection
from backoffice.services.core.corrective_findings import open_for_inspection, withdraw_for_inspection
from backoffice.services.core.corrective_words import texts_of
from policies.corrective_course import CorrectiveAct as A
from tests.support.inspections import EXAMPLE, HEAD, INSPECTOR, KEYS, MANAGER, Inspected, entered


@pytest.fixture
def scene(archived_database, tmp_path):
    made = Inspected(archived_database, KEYS, tmp_path).resumed()
    made.drawn()
    return made


def published(scene, **marks):
    scene.do(INSPECTOR, inspection.start, scene.number)
    scene.do(INSPECTOR, inspection.score, scene.number, entered(**marks))
    scene.do(MANAGER, inspection.publish, scene.number)


def actions(scene):
    with scene.database.reading() as session:
        rows = session.scalars(sa.select(CorrectiveAction).order_by(CorrectiveAction.id)).all()
        return [(row, texts_of(KEYS, row)) for row in rows]


def test_R30_a_fatal_hit_opens_an_urgent_one_for_the_head_which_the_head_explains_on_accepting(scene):
    published(scene, hits=("fat_leak",))
    ((one, words),) = actions(scene)
    assert (one.source, one.item, one.level, one.assigned_by_id) == ("inspection", "fat_leak", "urgent", None)
    assert (one.owner_id, one.inspection_id) == (scene.play.staff(HEAD), scene.row().id)
    assert (one.type, one.complaint_id) == ("training", scene.play.complaint_id)
    assert "致命" in words["title"].split("、")[0]
    assert words["root_cause"] == ""
    with scene.database.writing() as session:
        work = scene.work(session, HEAD)
        offer = corrective.offers_on(work, corrective.look(work, one.number))[0]
        assert offer.required == ("root_cause", "expected_effect")
        corrective.act(work, one.number, A.ACCEPT, {"root_cause": "无人复核", "expected_effect": "不再发生"})
    assert actions(scene)[0][1]["root_cause"] == "无人复核"


def test_R30_a_score_below_75_opens_one_that_names_the_gravest_item_first(scene):
    published(scene, changes=dict.fromkeys(("tim_resolve", "res_solved", "pro_investigate"), 0))
    assert scene.row().score < Decimal(75)
    ((one, words),) = actions(scene)
    assert (one.item, one.level) == ("tim_resolve", "normal")  # weight 10, the most that was lost
    assert words["title"].startswith("按时告知结果")


def test_R30_a_good_score_opens_none(scene):
    published(scene)
    assert scene.row().score == Decimal("84.24")
    assert EXAMPLE["rec_5w1h"] == 50
    assert actions(scene) == []


def test_R29_R30_it_is_opened_once_and_falls_when_an_appeal_raises_the_score(scene):
    published(scene, hits=("fat_leak",))
    with scene.database.writing() as session:
        row = session.scalars(sa.select(Inspection)).one()
        again = open_for_inspection(scene.work(session, MANAGER), row)
        assert again is not None
    assert len(actions(scene)) == 1
    with scene.database.writing() as session:
        row = session.scalars(sa.select(Inspection)).one()
        row.score, row.fatal = Decimal("84.24"), False
        withdraw_for_inspection(scene.work(session, MANAGER), row)
    assert [one.status for one, _ in actions(scene)] == ["cancelled"]
