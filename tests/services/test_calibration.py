"""R28: calibration sessions from the call to the agreed standard."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.calibration import Calibration, CalibrationScore
from backoffice.models.inspection import Inspection, Scorecard
from backoffice.models.work import Outbox
from backoffice.services import calibration as service
from backoffice.services.calibration import Call
from backoffice.services.core.calibrations import look_at_sitting
from policies.card import Mark
from policies.vocabulary_inspection import CalibrationCause, CalibrationState, InspectionStatus
from tests.support.inspections import CARD, HANDLER, INSPECTOR, KEYS, MANAGER, SECOND, Inspected, entered
from tests.support.offices import said
from tests.support.told_cases import office

WEEK = timedelta(days=7)


@pytest.fixture
def scene(archived_database, tmp_path):
    return Inspected(archived_database, KEYS, tmp_path / "files").resumed()


def card_of(scene):
    with scene.database.reading() as session:
        return session.scalars(sa.select(Scorecard.id).where(Scorecard.code == CARD)).one()


def call(scene, by=MANAGER, members=(INSPECTOR, SECOND), **more):
    values = {"complaint": scene.play.number, "card_id": card_of(scene), "due_at": scene.at + WEEK, **more}
    return scene.do(by, service.call, Call(members=tuple(scene.play.staff(one) for one in members), **values)).number


def marks(**changed):
    """The marks of the office's worked example, 84.24 points, with a remark wherever one is due."""
    return dict(entered(changed).marks)


def row(scene, number):
    with scene.database.reading() as session:
        return session.scalars(sa.select(Calibration).where(Calibration.number == number)).one()


def scores(scene, number):
    with scene.database.reading() as session:
        mine = sa.select(CalibrationScore).where(CalibrationScore.calibration_id == row(scene, number).id)
        return list(session.scalars(mine.order_by(CalibrationScore.staff_id)))


def test_R28_a_session_is_called_and_its_members_are_told_once(scene):
    number = call(scene)
    found = row(scene, number)
    assert (found.state, found.cause, found.number) == (CalibrationState.SCORING, CalibrationCause.CHOSEN, "JZ2026-001")
    with scene.database.reading() as session:
        told = session.scalars(sa.select(Outbox).where(Outbox.template == "calibration_notice")).all()
        assert {one.staff_id for one in told} == {scene.play.staff(INSPECTOR), scene.play.staff(SECOND)}
    assert call(scene) == "JZ2026-002"


@pytest.mark.parametrize(
    ("by", "members", "more", "refused"),
    [
        (MANAGER, (INSPECTOR,), {}, [("members", "members")]),
        (MANAGER, (INSPECTOR, HANDLER), {}, [("members", "no_inspector"), ("members", "worked_on_it")]),
        (MANAGER, (INSPECTOR, SECOND), {"complaint": "TS20990101-0001"}, [("complaint", "no_complaint")]),
        (MANAGER, (INSPECTOR, SECOND), {"card_id": None}, [("card_id", "no_card")]),
        (MANAGER, (INSPECTOR, SECOND), {"card_id": 10**15}, [("card_id", "no_card")]),
        (MANAGER, (INSPECTOR, SECOND), {"due_at": None}, [("due_at", "no_due")]),
        (HANDLER, (INSPECTOR, SECOND), {}, [(None, "permission")]),
    ],
)
def test_R27_R28_what_cannot_be_called_says_why(scene, by, members, more, refused):
    with pytest.raises(DomainError) as error:
        call(scene, by, members, **more)
    assert said(error) == refused


@pytest.mark.parametrize("status", ["drawn", "in_progress", "scored"])
def test_R28_who_still_has_to_score_the_record_alone_is_not_called_to_score_it_together(scene, status):
    number = scene.drawn(SECOND, status=InspectionStatus(status))
    with pytest.raises(DomainError) as error:
        call(scene)
    assert said(error) == [("members", "scores_it")]
    with scene.database.writing() as session:
        mine = sa.update(Inspection).where(Inspection.number == number)
        session.execute(mine.values(status=InspectionStatus.CANCELLED))
    assert call(scene)


def test_R28_a_record_that_is_still_open_is_not_scored(office_database, tmp_path):
    scene = Inspected(office_database, KEYS, tmp_path / "files")
    scene.play.register()
    with pytest.raises(DomainError) as error:
        call(scene)
    assert said(error) == [("complaint", "no_complaint")]


def test_R28_each_scores_unseen_and_with_the_last_one_all_marks_lie_open(scene):
    number = call(scene)
    scene.do(INSPECTOR, service.score, number, marks())
    assert row(scene, number).state is CalibrationState.SCORING
    scene.do(SECOND, service.score, number, marks(rec_5w1h=100))
    found = row(scene, number)
    assert (found.state, found.discussed_from) == (CalibrationState.DISCUSSING, scene.at)
    assert [one.score for one in scores(scene, number)] == [Decimal("84.24"), Decimal("87.5")]


def test_R28_the_score_is_that_of_the_offices_worked_example(scene):
    examples = office("scorecards")["scoring"]["worked_examples"]
    example = next(one for one in examples if one["code"] == "record_card_example")
    number = call(scene)
    scene.do(INSPECTOR, service.score, number, marks())
    assert scores(scene, number)[0].score == Decimal(str(example["score"]))


def test_R39_remarks_are_sealed_and_read_without_the_customers_name(scene):
    number = call(scene)
    typed = marks()
    typed["rec_5w1h"] = Mark(Decimal(50), remark="周㛃敏的电话 13900004172 没有复述")
    scene.do(INSPECTOR, service.score, number, typed)
    mine = scores(scene, number)[0]
    assert "复述".encode() not in mine.sealed
    assert "复述" not in str(mine.marks)
    with scene.database.reading() as session:
        sitting = look_at_sitting(scene.work(session, MANAGER), number)
        remark = sitting.remarks(sitting.scores[0])["rec_5w1h"]
    assert "复述" in remark
    assert "周㛃敏" not in remark
    assert "13900004172" not in remark


def test_R28_marks_that_cannot_stand_are_refused_beside_their_items_and_nothing_is_kept(scene):
    number = call(scene)
    typed = marks()
    typed["rec_5w1h"] = Mark(Decimal(50))
    del typed["ton_written"]
    with pytest.raises(DomainError) as error:
        scene.do(INSPECTOR, service.score, number, typed)
    assert said(error) == [("remark-rec_5w1h", "remark_missing"), ("mark-ton_written", "not_marked")]
    assert scores(scene, number)[0].scored_at is None


def test_R28_nobody_scores_twice_nor_unasked(scene):
    number = call(scene)
    scene.do(INSPECTOR, service.score, number, marks())
    for who, reason in ((INSPECTOR, "scored_already"), (MANAGER, "no_member")):
        with pytest.raises(DomainError) as error:
            scene.do(who, service.score, number, marks())
        assert said(error) == [(None, reason)]


def test_R28_the_leader_goes_on_without_one_who_does_not_score_and_says_why(scene):
    number = call(scene, members=(INSPECTOR, SECOND, MANAGER))
    scene.do(INSPECTOR, service.score, number, marks())
    with pytest.raises(DomainError) as error:
        scene.do(MANAGER, service.end_scoring, number, "病假")
    assert said(error) == [(None, "too_few_scored")]
    scene.do(SECOND, service.score, number, marks())
    with pytest.raises(DomainError) as error:
        scene.do(MANAGER, service.end_scoring, number, " ")
    assert said(error) == [("reason", "reason_missing")]
    scene.do(MANAGER, service.end_scoring, number, "病假")
    with scene.database.reading() as session:
        sitting = look_at_sitting(scene.work(session, SECOND), number)
        assert sitting.calibration.state is CalibrationState.DISCUSSING
        assert sitting.texts == {"early_reason": "病假"}


def discussed(scene):
    number = call(scene)
    scene.do(INSPECTOR, service.score, number, marks())
    scene.do(SECOND, service.score, number, marks(rec_5w1h=100))
    return number


def test_R28_a_session_ends_with_what_was_said_and_a_mark_for_every_item_and_is_frozen(scene):
    number = discussed(scene)
    typed = marks(rec_5w1h=0)
    del typed["ton_written"]
    with pytest.raises(DomainError) as error:
        scene.do(MANAGER, service.close, number, "", typed)
    assert said(error) == [("discussion", "discussion_missing"), ("mark-ton_written", "not_marked")]
    scene.do(MANAGER, service.close, number, "缺两项即不得分", marks(rec_5w1h=0))
    found = row(scene, number)
    assert (found.state, found.closed_at) == (CalibrationState.CLOSED, scene.at)
    assert (found.standard["rec_5w1h"], found.standard["rec_read_back"]) == ("0", None)
    assert found.standard_score == Decimal("80.98")  # by hand: (7750 - 6 * 50) / 92
    assert "缺两项".encode() not in found.sealed
    for command in (
        lambda: scene.do(MANAGER, service.close, number, "另议", marks()),
        lambda: scene.do(MANAGER, service.cancel, number, "另议"),
        lambda: scene.do(INSPECTOR, service.score, number, marks()),
    ):
        with pytest.raises(DomainError):
            command()
    assert row(scene, number).standard == found.standard


def test_R28_only_who_leads_ends_or_cancels(scene):
    number = discussed(scene)
    for command in (
        lambda: scene.do(SECOND, service.close, number, "一致", marks()),
        lambda: scene.do(SECOND, service.cancel, number, "改期"),
    ):
        with pytest.raises(DomainError) as error:
            command()
        assert said(error) == [(None, "leads_not")]
    scene.do(MANAGER, service.cancel, number, "改期")
    assert row(scene, number).state is CalibrationState.CANCELLED


def test_R28_of_two_scorings_record_and_card_are_theirs_and_their_scores_never_move(scene):
    first = scene.published(INSPECTOR)
    second = scene.published(SECOND, "60.00", pair_of=first, status=InspectionStatus.FINAL)
    number = call(scene, by=INSPECTOR, source=second, complaint="", card_id=None)
    scene.do(INSPECTOR, service.score, number, marks())
    scene.do(SECOND, service.score, number, marks())
    scene.do(INSPECTOR, service.close, number, "按例", marks())
    found = row(scene, number)
    assert (found.cause, found.complaint_id) == (CalibrationCause.AGREEMENT, scene.play.complaint_id)
    with scene.database.reading() as session:
        before = dict(session.execute(sa.select(Inspection.number, Inspection.score)).all())
    assert before == {first: Decimal("84.24"), second: Decimal("60.00")}


@pytest.mark.parametrize("status", [InspectionStatus.DRAWN, InspectionStatus.SCORED, InspectionStatus.CANCELLED])
def test_R28_before_both_scorings_are_published_nobody_calls_for_their_sake(scene, status):
    """Marks that were only submitted can still be taken back: who knew the other's would not score unseen."""
    first = scene.published(INSPECTOR, status=status)
    second = scene.published(SECOND, pair_of=first)
    for number in (first, second, "NO-1"):
        with pytest.raises(DomainError) as error:
            call(scene, source=number)
        assert said(error) == [(None, "no_source")]


def test_R28_a_session_that_is_not_there_is_not_found(scene):
    with pytest.raises(DomainError) as error:
        scene.do(MANAGER, service.cancel, "JZ2026-999", "无")
    assert (said(error), error.value.status) == ([(None, "not_found")], 404)
