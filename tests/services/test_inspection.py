"""R27–R29: an inspection from its first draft to its final score, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.complaint import Complaint, ComplaintPerson
from backoffice.models.history import Event
from backoffice.models.inspection import Inspection
from backoffice.models.office import Department, Staff
from backoffice.models.teamwork import CorrectiveAction
from backoffice.models.work import Outbox
from backoffice.sealing import CaseSeal
from backoffice.services import inspection
from backoffice.services.inspection import Entered
from policies.inspection import CancelReason
from policies.vocabulary import CaseFunction
from policies.vocabulary_inspection import InspectionStatus
from tests.support.inspections import (
    EXAMPLE,
    FATAL,
    HANDLER,
    HEAD,
    INSPECTOR,
    KEYS,
    MANAGER,
    SECOND,
    Inspected,
    entered,
)

S = InspectionStatus


@pytest.fixture
def scene(archived_database, tmp_path):
    made = Inspected(archived_database, KEYS, tmp_path).resumed()
    made.drawn()
    return made


def why(scene, code, command, *arguments, **values):
    with pytest.raises(DomainError) as error:
        scene.do(code, command, *arguments, **values)
    return [refusal.key.removeprefix("inspection.refused.") for refusal in error.value.refusals]


def told(scene, template):
    """Codes of those who found this text in the console."""
    mine = sa.select(Staff.code).join(Outbox, Outbox.staff_id == Staff.id).where(Outbox.template == template)
    with scene.database.reading() as session:
        return sorted(session.scalars(mine.where(Outbox.way == "in_app")))


def text_of(scene, template):
    with scene.database.reading() as session:
        row = session.scalars(sa.select(Outbox).where(Outbox.template == template)).first()
        complaint = session.get_one(Complaint, scene.play.complaint_id)
        return CaseSeal(KEYS, complaint.sealed_key, complaint.number).open_json(row.sealed, "outbox")["text"]


def scored(scene, **more):
    scene.do(INSPECTOR, inspection.score, scene.number, entered(**more))


def published(scene, code=INSPECTOR, **more):
    scored(scene, **more)
    scene.do(code, inspection.publish, scene.number)


# Drafts


def test_R28_a_draft_keeps_what_was_typed_and_asks_for_nothing(scene):
    typed = {"mark-rec_basic": "50", "remark-rec_5w1h": "周㛃敏没说何时", "summary": "未写完"}
    scene.do(INSPECTOR, inspection.save_draft, scene.number, Entered(typed=typed))
    row = scene.row()
    assert (row.status, row.score) == (S.IN_PROGRESS, None)
    assert "周㛃敏".encode() not in row.sealed
    with scene.database.reading() as session:
        assert scene.look(session, INSPECTOR).draft == typed
    assert scene.events() == ["drawn", "started"]


def test_R28_two_windows_do_not_write_over_each_other(scene):
    seen = scene.row().revision
    scene.do(INSPECTOR, inspection.save_draft, scene.number, Entered(typed={"summary": "一"}), seen)
    assert why(scene, INSPECTOR, inspection.save_draft, scene.number, Entered(typed={"summary": "二"}), seen) == [
        "changed_meanwhile"
    ]
    scene.do(INSPECTOR, inspection.save_draft, scene.number, Entered(typed={"summary": "二"}), scene.row().revision)


# Scores


def test_R28_the_worked_example_of_the_office_comes_to_84_24(scene):
    scored(scene, summary="总体规范")
    row = scene.row()
    assert (row.status, row.score, row.result, row.fatal) == (S.SCORED, Decimal("84.24"), "pass", False)
    assert (row.applied_weight, row.weighted_points) == (92, Decimal("7750.00"))
    with scene.database.reading() as session:
        looked = scene.look(session, INSPECTOR)
        marks = looked.marks()
        assert {item: marks[item].percent for item in EXAMPLE} == EXAMPLE
        assert looked.remark(marks["rec_5w1h"]) == "录音 02:40 处可查"
        assert looked.texts["summary"] == "总体规范"
        assert looked.draft == {}


def test_R28_one_fatal_hit_makes_the_whole_score_0(scene):
    scored(scene, hits=("fat_leak",))
    row = scene.row()
    assert (row.score, row.result, row.fatal) == (Decimal("0.00"), "fail", True)


def test_R28_incomplete_marks_are_refused_all_at_once_and_nothing_is_written(scene):
    marks = {item: mark for item, mark in entered().marks.items() if item not in ("tim_ack", *FATAL[:1])}
    keys = why(scene, INSPECTOR, inspection.score, scene.number, Entered(marks))
    assert keys == ["scorecard.refused.not_marked"] * 2
    assert scene.row().status is S.DRAWN


def test_R28_what_is_scored_can_be_taken_back_until_it_is_published(scene):
    scored(scene)
    scene.do(INSPECTOR, inspection.reopen, scene.number, {"mark-rec_basic": "100"})
    row = scene.row()
    assert (row.status, row.score, row.applied_weight) == (S.IN_PROGRESS, None, None)
    with scene.database.reading() as session:
        looked = scene.look(session, INSPECTOR)
        assert looked.marks() == {}
        assert looked.draft == {"mark-rec_basic": "100"}
    published(scene, changes={"rec_basic": 50})
    assert why(scene, INSPECTOR, inspection.reopen, scene.number, {}) == ["reopen"]
    assert scene.events() == ["drawn", "started", "scored", "reopened", "scored", "published"]


# Who may


@pytest.mark.parametrize("command", ["start", "save_draft", "score"])
def test_R28_nobody_else_scores_it_not_even_the_quality_manager(scene, command):
    given = () if command == "start" else (entered(),)
    for code in (SECOND, MANAGER):
        assert why(scene, code, getattr(inspection, command), scene.number, *given) == ["not_yours"]
    for code in (HANDLER, HEAD, "S005"):
        assert why(scene, code, getattr(inspection, command), scene.number, *given) == ["access.refused.permission"]


@pytest.mark.parametrize("function", list(CaseFunction))
def test_R27_whoever_came_to_work_on_the_record_meanwhile_may_not_go_on(scene, function):
    with scene.database.writing() as session:
        person = ComplaintPerson(
            complaint_id=scene.play.complaint_id,
            staff_id=scene.play.staff(INSPECTOR),
            function=function,
            since=scene.at,
        )
        session.add(person)
    assert why(scene, INSPECTOR, inspection.start, scene.number) == ["access.duty.no_own_inspection"]
    assert why(scene, INSPECTOR, inspection.score, scene.number, entered()) == ["access.duty.no_own_inspection"]


def test_R27_a_scored_one_is_not_published_once_its_inspector_is_a_party(scene):
    scored(scene)
    with scene.database.writing() as session:
        who = scene.play.staff(INSPECTOR)
        session.add(ComplaintPerson(complaint_id=scene.play.complaint_id, staff_id=who, function=CaseFunction.OWNER,
                                    since=scene.at))  # fmt: skip
    for code in (INSPECTOR, MANAGER):
        assert why(scene, code, inspection.publish, scene.number) == ["access.duty.no_own_inspection"]


def test_R27_the_speaker_does_not_inspect_the_own_call(scene):
    number = scene.drawn(INSPECTOR, subject=INSPECTOR, unit="intake", card="call_quality_card")
    assert why(scene, INSPECTOR, inspection.start, number) == ["access.duty.no_own_inspection"]


def test_R28_an_ad_hoc_one_is_published_by_who_leads_the_inspectors(scene):
    number = scene.drawn(INSPECTOR, plan="spot_check")
    scene.do(INSPECTOR, inspection.score, number, entered())
    assert why(scene, INSPECTOR, inspection.publish, number) == ["leader_publishes"]
    scene.do(MANAGER, inspection.publish, number)
    assert scene.row(number).published_by_id == scene.play.staff(MANAGER)


def test_R28_where_nobody_who_leads_is_free_the_inspector_publishes(scene):
    number = scene.drawn(INSPECTOR, plan="spot_check")
    scene.do(INSPECTOR, inspection.score, number, entered())
    with scene.database.writing() as session:
        session.add(ComplaintPerson(complaint_id=scene.play.complaint_id, staff_id=scene.play.staff(MANAGER),
                                    function=CaseFunction.PLAN_REVIEWER, since=scene.at))  # fmt: skip
    scene.do(INSPECTOR, inspection.publish, number)
    assert scene.row(number).status is S.PUBLISHED


# Publication


def test_R29_the_inspected_hears_the_score_and_until_when_to_appeal(scene):
    scene.play.at = datetime(2026, 12, 3, 1, 0, tzinfo=UTC)  # Thursday 09:00; published at 11:00
    published(scene)
    row = scene.row()
    assert row.appeal_until == datetime(2026, 12, 8, 10, 0, tzinfo=UTC)  # the third working day after: Tuesday 18:00
    assert told(scene, "inspection_notice") == [HANDLER]
    text = text_of(scene, "inspection_notice")
    assert "84.24" in text
    assert "12月8日" in text
    assert told(scene, "inspection_failed_notice") == []


@pytest.mark.parametrize(
    "low",
    [{"hits": ("fat_false",)}, {"changes": {"tim_resolve": 0, "res_solved": 0}}],
    ids=["fatal", "below 75"],
)
def test_R28_the_head_hears_of_a_low_or_fatal_one(scene, low):
    published(scene, **low)
    assert scene.row().result == "fail"
    assert told(scene, "inspection_failed_notice") == [HEAD]
    with scene.database.reading() as session:
        found = session.scalars(sa.select(CorrectiveAction).where(CorrectiveAction.inspection_id == scene.row().id))
        actions = list(found)
    assert [action.item for action in actions] == ["fat_false" if "hits" in low else "tim_resolve"]


def test_R29_it_becomes_final_when_the_time_to_appeal_has_passed_as_of_then(scene):
    published(scene)
    until, inspection_id = scene.row().appeal_until, scene.row().id

    def make_final(at):
        scene.play.at = at
        with scene.database.writing() as session:
            return inspection.finalise(scene.work(session, MANAGER), inspection_id)

    assert not make_final(until)
    assert make_final(until + timedelta(hours=3))
    row = scene.row()
    assert (row.status, row.final_at) == (S.FINAL, until)
    assert not make_final(until + timedelta(hours=4))
    assert scene.events().count("final") == 1


def test_R28_a_second_scoring_is_final_at_once_and_told_to_nobody(scene):
    second = scene.drawn(SECOND, pair_of=scene.number)
    scene.do(SECOND, inspection.score, second, entered({"rec_basic": 50}))
    scene.do(SECOND, inspection.publish, second)
    row = scene.row(second)
    assert (row.status, row.appeal_until) == (S.FINAL, None)
    assert told(scene, "inspection_notice") == []


def test_R22_an_archived_record_stays_as_it_is(scene):
    def count():
        with scene.database.reading() as session:
            complaint = session.get_one(Complaint, scene.play.complaint_id)
            mine = sa.select(sa.func.count()).select_from(Event).where(Event.complaint_id == complaint.id)
            return session.scalar(mine), complaint.revision

    before = count()
    published(scene)
    assert count() == before


# Handing on, leaving it


def test_R28_handed_on_it_begins_anew_and_the_new_inspector_is_told(scene):
    scene.do(INSPECTOR, inspection.save_draft, scene.number, Entered(typed={"summary": "前一位的看法"}))
    scene.do(INSPECTOR, inspection.hand_on, scene.number, scene.play.staff(SECOND), "休假两周")
    row = scene.row()
    assert (row.inspector_id, row.status, row.started_at) == (scene.play.staff(SECOND), S.DRAWN, None)
    with scene.database.reading() as session:
        assert scene.look(session, SECOND).draft == {}
    assert told(scene, "inspection_due_notice") == [SECOND]
    assert why(scene, INSPECTOR, inspection.start, scene.number) == ["not_yours"]
    scene.do(SECOND, inspection.start, scene.number)


def test_R28_one_without_an_inspector_is_given_out_by_who_leads(scene):
    number = scene.drawn(None)
    assert why(scene, INSPECTOR, inspection.hand_on, number, scene.play.staff(INSPECTOR), "我来") == ["not_yours"]
    scene.do(MANAGER, inspection.hand_on, number, scene.play.staff(SECOND), "补派")
    assert scene.row(number).inspector_id == scene.play.staff(SECOND)


@pytest.mark.parametrize(
    ("to", "key"),
    [(INSPECTOR, "same_inspector"), (HANDLER, "no_inspector"), ("S011", "no_inspector"), ("worked", "recipient_worked"),
     ("scores", "recipient_scores")],
)  # fmt: skip
def test_R27_it_is_handed_on_only_to_an_inspector_without_a_part_in_it(scene, to, key):
    if to == "worked":
        with scene.database.writing() as session:
            session.add(ComplaintPerson(complaint_id=scene.play.complaint_id, staff_id=scene.play.staff(SECOND),
                                        function=CaseFunction.CALLER_BACK, since=scene.at))  # fmt: skip
    if to == "scores":
        scene.drawn(SECOND, pair_of=scene.number)
    recipient = scene.play.staff(SECOND if to in ("worked", "scores") else to)
    assert why(scene, INSPECTOR, inspection.hand_on, scene.number, recipient, "休假") == [key]


def moved(scene, code, department):
    with scene.database.writing() as session:
        there = sa.select(Department.id).where(Department.code == department).scalar_subquery()
        session.execute(sa.update(Staff).where(Staff.code == code).values(department_id=there))


def test_R27_it_is_handed_on_to_another_department_as_long_as_somebody_there_may_inspect(scene):
    number, to = scene.drawn(None, department="quality_management", unit="intake"), scene.play.staff(SECOND)
    moved(scene, MANAGER, "technical_support")
    assert why(scene, MANAGER, inspection.hand_on, number, to, "补派") == ["recipient_department"]
    with scene.database.reading() as session:
        assert [one.code for one in inspection.possible_inspectors(scene.look(session, MANAGER, number))] == [MANAGER]
    moved(scene, MANAGER, "quality_management")
    scene.do(MANAGER, inspection.hand_on, number, to, "补派")
    assert scene.row(number).inspector_id == to


def test_R28_a_reason_is_needed_to_hand_on_or_to_leave_it(scene):
    assert why(scene, INSPECTOR, inspection.hand_on, scene.number, scene.play.staff(SECOND), "—") == ["reason_missing"]
    assert why(scene, INSPECTOR, inspection.cancel, scene.number, CancelReason.OTHER, " ") == ["reason_missing"]


def test_R27_a_cancelled_one_says_why_and_ends_there(scene):
    scene.do(MANAGER, inspection.cancel, scene.number, CancelReason.NOT_FIT, "周㛃敏本人撤诉，不应入样")
    with scene.database.reading() as session:
        assert scene.look(session, MANAGER).texts["cancel_reason"].startswith("周㛃敏")
    assert why(scene, INSPECTOR, inspection.score, scene.number, entered()) == ["score"]
    assert scene.events() == ["drawn", "cancelled"]


@pytest.mark.parametrize("taken_back", [False, True])
def test_R27_who_scored_it_does_not_drop_the_result_but_who_leads_may(scene, taken_back):
    scored(scene)
    if taken_back:
        scene.do(INSPECTOR, inspection.reopen, scene.number, {})
    assert why(scene, INSPECTOR, inspection.cancel, scene.number, CancelReason.NOT_FIT, "录音缺失") == [
        "leader_cancels"
    ]
    scene.do(MANAGER, inspection.cancel, scene.number, CancelReason.NOT_FIT, "录音缺失")
    assert scene.row().status is S.CANCELLED


def test_R39_once_the_record_is_erased_it_can_only_be_cancelled(scene):
    scene.do(INSPECTOR, inspection.save_draft, scene.number, Entered(typed={"summary": "一"}))
    with scene.database.writing() as session:
        session.get_one(Complaint, scene.play.complaint_id).sealed_key = None
    assert why(scene, INSPECTOR, inspection.save_draft, scene.number, Entered(typed={})) == ["erased"]
    scene.do(INSPECTOR, inspection.cancel, scene.number, CancelReason.ERASED, "资料已清除")
    assert scene.row().status is S.CANCELLED


def test_R28_a_published_one_is_neither_cancelled_nor_handed_on(scene):
    published(scene)
    assert why(scene, MANAGER, inspection.cancel, scene.number, CancelReason.OTHER, "误抽") == ["cancel"]
    assert why(scene, MANAGER, inspection.hand_on, scene.number, scene.play.staff(SECOND), "休假") == ["hand_on"]
    assert why(scene, INSPECTOR, inspection.publish, scene.number) == ["publish"]


def test_R28_what_is_not_there_is_not_found(scene):
    assert why(scene, INSPECTOR, inspection.start, "ZJ-0") == ["not_found"]


def test_R28_each_act_is_an_event_with_its_actor(scene):
    published(scene)
    with scene.database.reading() as session:
        looked = scene.look(session, INSPECTOR)
        assert [event.kind for event in looked.events] == ["drawn", "started", "scored", "published"]
        assert {event.actor_id for event in looked.events[1:]} == {scene.play.staff(INSPECTOR)}
        facts = looked.events[2].facts
        assert (facts["score"], facts["applied_weight"], facts["weighted_points"]) == ("84.24", 92, "7750.00")
        assert session.scalar(sa.select(sa.func.count()).select_from(Inspection)) == 1
