"""R28: an inspection opened for a command: sealed under the record's key, its events in order, 404 for none."""

from __future__ import annotations

import pytest

from backoffice.errors import DomainError
from backoffice.models.inspection import InspectionMark
from backoffice.services.core.inspections import open_inspection
from tests.support.inspections import INSPECTOR, KEYS, Inspected

REMARK = "周㛃敏的电话少一位"


@pytest.fixture
def scene(archived_database, tmp_path):
    made = Inspected(archived_database, KEYS, tmp_path).resumed()
    made.drawn()
    return made


def test_R28_remarks_are_sealed_under_the_key_of_the_record_and_read_again(scene):
    with scene.database.writing() as session:
        opened = open_inspection(scene.work(session, INSPECTOR), scene.number)
        mark = InspectionMark(inspection_id=opened.inspection.id, round=0, item="rec_basic")
        session.add(mark)
        opened.seal_remark(mark, REMARK)
        opened.write_texts(summary="复核周㛃敏一案")
        opened.note("started", {"round": 0})
    with scene.database.reading() as session:
        looked = scene.look(session, INSPECTOR)
        mark = looked.marks()["rec_basic"]
        assert looked.remark(mark) == REMARK
        assert looked.texts == {"summary": "复核周㛃敏一案"}
        assert REMARK.encode() not in mark.sealed_remark
        assert [event.sequence for event in looked.events] == [1, 2]


def test_R39_what_is_erased_is_empty(scene):
    with scene.database.writing() as session:
        opened = open_inspection(scene.work(session, INSPECTOR), scene.number)
        opened.write_texts(summary="复核")
        opened.case.complaint.sealed_key = None
    with scene.database.reading() as session:
        assert scene.look(session, INSPECTOR).texts == {}


def test_R27_everybody_who_worked_on_the_record_is_known_by_now(scene):
    with scene.database.reading() as session:
        looked = scene.look(session, INSPECTOR)
        for code in ("S005", "S008", "S016", "S015", "S011", "S028"):
            refusal = looked.refuse_own(scene.play.staff(code))
            assert refusal is not None, code
            assert refusal.status == 403
        assert looked.refuse_own(scene.play.staff(INSPECTOR)) is None


def test_R28_an_inspection_that_is_not_there_is_not_found(scene):
    with scene.database.writing() as session, pytest.raises(DomainError) as error:
        open_inspection(scene.work(session, INSPECTOR), "nothing")
    assert error.value.status == 404
