"""R28: a calibration session of a blind record stays blind, members' marks are kept as drafts, minutes of what closed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.complaint import Complaint
from backoffice.models.work import Outbox
from backoffice.sealing import open_for_office
from backoffice.services import calibration as service
from backoffice.services.core.calibrations import look_at_sitting
from backoffice.services.core.case import look_at
from policies.vocabulary_inspection import CalibrationState, InspectionStatus
from tests.services.test_calibration import call, marks, row, scores
from tests.support.inspections import INSPECTOR, KEYS, MANAGER, SECOND, Inspected
from tests.support.offices import said


@pytest.fixture
def scene(archived_database, tmp_path):
    return Inspected(archived_database, KEYS, tmp_path / "files").resumed()


def blind_session(scene):
    """Called by the quality manager, who is no member, from a record scored twice blind; both scorings are published."""
    first = scene.published(INSPECTOR, blind=True)
    second = scene.published(SECOND, "60.00", pair_of=first, status=InspectionStatus.FINAL, blind=True)
    return call(scene, source=second, complaint="", card_id=None)


def is_closed_to(scene, code):
    with scene.database.reading() as session:
        try:
            look_at(scene.work(session, code), scene.play.complaint_id)
        except DomainError as error:
            return said(error_of(error)) == [(None, "blind")]
    return False


def error_of(error):
    return type("Raised", (), {"value": error})()


def hidden(scene, code, number):
    with scene.database.reading() as session:
        return look_at_sitting(scene.work(session, code), number).hidden


def test_R28_a_session_is_as_blind_as_the_scorings_that_it_comes_from(scene):
    number = blind_session(scene)
    assert row(scene, number).blind
    assert [hidden(scene, code, number) for code in (INSPECTOR, SECOND, MANAGER)] == [True, True, False]
    assert [is_closed_to(scene, code) for code in (INSPECTOR, SECOND, MANAGER)] == [True, True, False]


def test_R28_a_chosen_record_that_is_inspected_blind_is_scored_blind_too(scene):
    assert not row(scene, call(scene)).blind
    drawn = scene.drawn(None, blind=True)
    assert row(scene, call(scene)).blind
    with scene.database.writing() as session:
        session.execute(sa.update(type(scene.row(drawn))).values(status=InspectionStatus.CANCELLED))
    assert not row(scene, call(scene)).blind


def test_R28_the_record_is_named_once_the_standard_is_agreed_and_not_before(scene):
    number = blind_session(scene)
    scene.do(INSPECTOR, service.score, number, marks())
    scene.do(SECOND, service.score, number, marks())
    assert row(scene, number).state is CalibrationState.DISCUSSING
    assert hidden(scene, INSPECTOR, number)
    assert is_closed_to(scene, INSPECTOR)
    scene.do(MANAGER, service.close, number, "按例", marks())
    assert not hidden(scene, INSPECTOR, number)
    assert not is_closed_to(scene, INSPECTOR)


def test_R28_the_notice_of_a_blind_session_neither_names_the_record_nor_leads_to_it(scene):
    number = blind_session(scene)
    with scene.database.reading() as session:
        told = session.scalars(sa.select(Outbox).where(Outbox.template == "calibration_notice")).all()
        texts = [open_for_office(KEYS, one.sealed, "outbox").decode() for one in told]
    assert len(texts) == 2
    assert {one.complaint_id for one in told} == {None}
    assert all(number in text and scene.play.number not in text for text in texts)


def test_R28_a_members_draft_is_kept_sealed_and_goes_when_the_marks_are_submitted(scene):
    number = call(scene)
    typed = {"mark-rec_basic": "50", "remark-rec_5w1h": "周㛃敏没说何时", "value-odd": "x"}
    scene.do(INSPECTOR, service.save_draft, number, typed)
    mine = scores(scene, number)[0]
    assert mine.scored_at is None
    assert "周㛃敏".encode() not in mine.sealed_draft
    with scene.database.reading() as session:
        sitting = look_at_sitting(scene.work(session, INSPECTOR), number)
        assert [sitting.draft(one) for one in sitting.scores] == [typed, {}]
    scene.do(INSPECTOR, service.score, number, marks())
    assert scores(scene, number)[0].sealed_draft is None


def test_R28_two_windows_do_not_write_over_each_others_draft(scene):
    number = call(scene)
    seen = scores(scene, number)[0].revision
    scene.do(INSPECTOR, service.save_draft, number, {"mark-rec_basic": "50"}, seen)
    for command, what in ((service.save_draft, {"mark-rec_basic": "0"}), (service.score, marks())):
        with pytest.raises(DomainError) as error:
            scene.do(INSPECTOR, command, number, what, revision=seen)
        assert (said(error), error.value.status) == ([(None, "changed_meanwhile")], 409)
    scene.do(INSPECTOR, service.score, number, marks(), revision=scores(scene, number)[0].revision)


@pytest.mark.parametrize("code", [MANAGER, "S016"])
def test_R28_who_is_no_member_keeps_no_draft(scene, code):
    number = call(scene)
    with pytest.raises(DomainError) as error:
        scene.do(code, service.save_draft, number, {})
    assert said(error) == [(None, "no_member")]


def test_R39_once_the_record_is_erased_a_session_can_only_be_cancelled(scene):
    number = call(scene)
    with scene.database.writing() as session:
        session.get_one(Complaint, scene.play.complaint_id).sealed_key = None
    for command, what in ((service.save_draft, {"a": "b"}), (service.score, marks())):
        with pytest.raises(DomainError) as error:
            scene.do(INSPECTOR, command, number, what)
        assert said(error) == [(None, "erased")]
    scene.do(MANAGER, service.cancel, number, "资料已清除")
    assert row(scene, number).state is CalibrationState.CANCELLED
