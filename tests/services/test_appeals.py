"""R29: an appeal against an inspection, lodged and decided through the services on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.integrations.files import Upload
from backoffice.keys import Keys
from backoffice.models.inspection import AppealFile, InspectionAppeal, ScoreChange
from backoffice.models.work import Outbox
from backoffice.queries.appeals import overturned
from backoffice.queries.verification import verify
from backoffice.services import appeals
from backoffice.services.core.appeals import Appealing
from backoffice.services.core.inspections import look_at_inspection
from policies.card import Mark
from policies.vocabulary_inspection import AppealResult, InspectionStatus
from tests.support.appealed import marked, publish
from tests.support.inspections import HANDLER, HEAD, INSPECTOR, MANAGER, SECOND, Inspected
from tests.support.told_cases import local

REASON = "首次响应在时限内：周㛃敏的电话 10:35 已回"
GROUND = "查沟通记录：首次响应 10:35，在时限内"
PHOTO = Upload("周㛃敏通话记录.txt", b"10:35 called back\n", "text/plain")
FULL, HALF = Decimal(100), Decimal(50)
U, P, D = AppealResult.UPHELD, AppealResult.PARTLY_UPHELD, AppealResult.DISMISSED


@pytest.fixture
def scene(office_database, tmp_path):
    """A complaint of Monday 23 November 2026, inspected by S022 and published; its handler is S016."""
    made = Inspected(office_database, Keys.fresh(), tmp_path / "files").archived()
    publish(made)
    return made


def appeal(scene, items=("tim_steps",), who=HANDLER, reasons=REASON, uploads=(), number=None):
    return scene.do(who, appeals.submit, number or scene.number, items, reasons, uploads)


def decide(scene, result=U, who=SECOND, ground=GROUND, number=None, **marks):
    given = {item: Mark(mark) if not isinstance(mark, Mark) else mark for item, mark in marks.items()}
    return scene.do(who, appeals.decide, number or scene.number, result, ground, given)


def refused(call, *arguments, **values):
    with pytest.raises(DomainError) as caught:
        call(*arguments, **values)
    return [(one.key.removeprefix("appeals.refused."), one.status) for one in caught.value.refusals]


def the_appeal(scene):
    with scene.database.reading() as session:
        return session.scalars(sa.select(InspectionAppeal)).one()


def told(scene, template):
    """Codes of whoever was told in the console, and what they read."""
    with scene.database.reading() as session:
        rows = session.scalars(sa.select(Outbox).where(Outbox.template == template, Outbox.way == "in_app")).all()
        seal = scene.look(session, INSPECTOR).case.seal
        codes = {scene.play.staff(code): code for code in (HANDLER, HEAD, INSPECTOR, SECOND, MANAGER, "S005")}
        return sorted((codes[row.staff_id], seal.open_json(row.sealed, "outbox")["text"]) for row in rows)


def test_R29_the_handler_appeals_another_inspector_agrees_and_the_score_follows(scene):
    before = scene.row()
    assert (before.score, before.status) == (Decimal("84.24"), InspectionStatus.PUBLISHED)
    appeal(scene, uploads=(PHOTO,))
    assert scene.row().status is InspectionStatus.UNDER_APPEAL
    waiting = the_appeal(scene)
    assert (waiting.items, waiting.old_score, waiting.result) == (["tim_steps"], Decimal("84.24"), None)
    decide(scene, tim_steps=FULL)
    row, done = scene.row(), the_appeal(scene)
    # 7750 + 9 × 50 = 8200 weighted points of 92: 89.13, which is "good" from 85 on
    assert (row.score, row.weighted_points, row.applied_weight) == (Decimal("89.13"), Decimal(8200), 92)
    assert (row.result, row.status, row.final_at) == ("good", InspectionStatus.FINAL, scene.at)
    assert (done.result, done.new_score, done.decided_at) == (U, Decimal("89.13"), scene.at)
    assert done.decider_id == scene.play.staff(SECOND)
    assert scene.events() == ["drawn", "appealed", "appeal_decided"]


def test_R29_the_first_marks_stay_and_the_second_round_holds_the_whole_card(scene):
    first = marked(scene, scene.number)
    appeal(scene)
    decide(scene, tim_steps=FULL)
    assert marked(scene, scene.number) == first
    assert marked(scene, scene.number, 1) == {**first, "tim_steps": FULL}
    with scene.database.reading() as session:
        one = scene.look(session, SECOND)
        kept, old = one.marks(1), one.marks(0)
        assert {item: row.staff_id for item, row in kept.items()} == {item: row.staff_id for item, row in old.items()}
        assert one.remark(kept["pro_investigate"]) == one.remark(old["pro_investigate"]) != ""


def test_R29_a_dismissed_appeal_changes_nothing_and_makes_the_score_final(scene):
    appeal(scene)
    decide(scene, D, tim_steps=HALF)
    row = scene.row()
    assert (row.score, row.result, row.status) == (Decimal("84.24"), "pass", InspectionStatus.FINAL)
    assert marked(scene, scene.number, 1) == {}
    with scene.database.reading() as session:
        assert session.scalars(sa.select(ScoreChange)).all() == []


def test_R29_R33_a_changed_score_is_written_down_once_with_the_month_it_counts_in(scene):
    appeal(scene, ["tim_steps", "pro_investigate"])
    decide(scene, P, tim_steps=FULL, pro_investigate=HALF)
    with scene.database.reading() as session:
        change = session.scalars(sa.select(ScoreChange)).one()
        assert (change.old_score, change.new_score, change.cause) == (Decimal("84.24"), Decimal("89.13"), "appeal")
        assert (change.period, change.at) == ("2026-11", scene.at)
        assert change.by_id == scene.play.staff(SECOND)


def test_R29_overturning_the_fatal_finding_gives_the_score_back(office_database, tmp_path):
    scene = Inspected(office_database, Keys.fresh(), tmp_path / "files").archived()
    publish(scene, fatal_hits=("fat_leak",))
    assert (scene.row().score, scene.row().fatal, scene.row().result) == (Decimal(0), True, "fail")
    appeal(scene, ["fat_leak"])
    decide(scene, U, fat_leak=FULL)
    assert (scene.row().score, scene.row().fatal, scene.row().result) == (Decimal("84.24"), False, "pass")


def test_R29_the_time_to_decide_is_five_working_days_to_closing_time(scene):
    scene.play.at = local("2026-11-25T09:00")
    appeal(scene)
    assert the_appeal(scene).decide_due_at == local("2026-12-02T18:00")


def test_R29_it_is_told_whose_turn_it_is_and_everybody_hears_the_decision(scene):
    appeal(scene, who="S005", items=["rec_5w1h"])
    turn = the_appeal(scene)
    assert turn.decider_id == scene.play.staff(SECOND)
    [(who, text)] = told(scene, "appeal_to_decide_notice")
    assert who == SECOND
    assert scene.play.number in text
    decide(scene, U, rec_5w1h=FULL)
    assert told(scene, "appeal_notice") == [("S005", "您的申诉已裁定：改判，最终得分 87.50。")]
    other = f"{scene.play.number} 的质检申诉已裁定：改判，最终得分 87.50。"
    assert told(scene, "appeal_result_notice") == [(HANDLER, other), (INSPECTOR, other)]


def test_R29_deciders_take_turns_and_one_with_a_part_in_it_has_none(scene):
    appeal(scene)
    second = publish(scene, plan="spot_check")
    appeal(scene, number=second)
    third = publish(scene, inspector=MANAGER)
    appeal(scene, number=third)
    with scene.database.reading() as session:
        turns = session.scalars(sa.select(InspectionAppeal.decider_id).order_by(InspectionAppeal.id)).all()
    # INSPECTOR inspected the same record, so that the third goes to SECOND again
    assert turns == [scene.play.staff(code) for code in (SECOND, MANAGER, SECOND)]


@pytest.mark.parametrize(("cancelled", "decider"), [(False, MANAGER), (True, SECOND)])
def test_R29_whoever_inspects_the_same_record_by_another_plan_leaves_the_decision_to_others(scene, cancelled, decider):
    other = {"status": InspectionStatus.CANCELLED} if cancelled else {}
    scene.drawn(SECOND, plan="spot_check", **other)
    appeal(scene)
    assert the_appeal(scene).decider_id == scene.play.staff(decider)
    decide(scene, who=decider, tim_steps=FULL)


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (INSPECTOR, ("access.duty.no_own_appeal_decision", 403)),
        (HANDLER, ("access.refused.permission", 403)),
        (HEAD, ("access.refused.permission", 403)),
    ],
)
def test_R29_nobody_decides_about_an_own_scoring_or_an_own_score(scene, who, why):
    appeal(scene)
    assert refused(decide, scene, who=who, tim_steps=FULL) == [why]
    assert the_appeal(scene).decided_at is None


def test_R29_a_second_scorer_leaves_the_decision_to_somebody_who_has_not_judged_the_record(scene):
    scene.drawn(SECOND, pair_of=scene.number)
    appeal(scene)
    assert the_appeal(scene).decider_id == scene.play.staff(MANAGER)
    assert refused(decide, scene, who=SECOND, tim_steps=FULL) == [("score_first", 409)]
    decide(scene, who=MANAGER, tim_steps=FULL)


def test_R29_who_has_scored_the_record_too_does_not_decide_while_others_can(scene):
    scene.published(SECOND, pair_of=scene.number)
    appeal(scene)
    assert refused(decide, scene, who=SECOND, tim_steps=FULL) == [("second_scorer", 403)]


def test_R29_once_in_all_also_for_somebody_else_and_also_after_the_decision(scene):
    appeal(scene)
    assert refused(appeal, scene) == [("once", 409)]
    assert refused(appeal, scene, who="S005", items=["rec_5w1h"]) == [("once_by_other", 409)]
    decide(scene, tim_steps=FULL)
    assert refused(appeal, scene) == [("once", 409)]
    assert refused(decide, scene, tim_steps=FULL) == [("decided", 409)]


def test_R29_within_the_period_and_for_whom_it_concerns(scene):
    assert refused(appeal, scene, who="S013") == [("not_inspected", 403)]
    assert refused(appeal, scene, who="S029") == [("access.refused.permission", 403)]  # an auditor appeals nothing
    assert refused(appeal, scene, who="S028") == [("foreign_item", 422)]  # who archived it, to another's mark
    scene.later(days=10)
    assert refused(appeal, scene)[0] == ("late", 409)
    drawn = scene.drawn(SECOND)
    assert refused(appeal, scene, number=drawn) == [("not_published", 409)]
    assert refused(appeal, scene, number="NO-SUCH-1")[0][1] == 404
    assert refused(decide, scene, number=drawn, tim_steps=FULL) == [("no_appeal", 404)]


def test_R29_every_gap_is_told_at_once_and_nothing_is_kept(scene):
    assert refused(appeal, scene, items=(), reasons=" ") == [("items", 422), ("reasons", 422)]
    assert refused(appeal, scene, items=["tim_ack"]) == [("foreign_item", 422)]
    assert refused(appeal, scene, reasons="因" * 4001) == [("reasons_long", 422)]
    many = [Upload(f"{n}.txt", f"{n}".encode(), "text/plain") for n in range(6)]
    assert refused(appeal, scene, uploads=many) == [("files", 422)]
    assert scene.row().status is InspectionStatus.PUBLISHED
    with scene.database.reading() as session:
        assert session.scalars(sa.select(InspectionAppeal)).all() == []


@pytest.mark.parametrize(
    ("result", "ground", "marks", "why"),
    [
        (U, GROUND, {"tim_steps": HALF}, ["result_upheld"]),
        (D, GROUND, {"tim_steps": FULL}, ["result_dismissed"]),
        (None, " ", {"tim_steps": FULL}, ["result", "ground"]),
        (U, GROUND, {}, ["not_contested", "result_upheld"]),
        (U, GROUND, {"tim_steps": FULL, "res_lesson": FULL}, ["not_contested"]),
        (D, GROUND, {"tim_steps": Decimal(0)}, ["worse", "result_dismissed"]),
        (U, GROUND, {"tim_steps": Decimal(75)}, ["scorecard.refused.unknown_level"]),
    ],
)
def test_R29_a_decision_that_does_not_agree_with_itself_is_told_why(scene, result, ground, marks, why):
    appeal(scene)
    assert [key for key, _ in refused(decide, scene, result, ground=ground, **marks)] == why
    assert scene.row().status is InspectionStatus.UNDER_APPEAL


def test_R29_leaving_an_item_out_must_not_lower_the_whole(office_database, tmp_path):
    scene = Inspected(office_database, Keys.fresh(), tmp_path / "files").archived()
    low = dict.fromkeys(("rec_basic", "rec_5w1h", "rec_class", "tim_ack", "res_solved", "res_lesson"), 0)
    rest = {"pro_check": 0, "pro_elements": 0, "pro_investigate": 0, "pro_plan": 0, "tim_resolve": 0}
    levels = {**low, **rest, "tim_steps": 50, "ton_written": 0, "ton_progress": 0, "rec_read_back": None}
    publish(scene, levels={**levels, "pro_no_reverse": None})
    appeal(scene)
    assert refused(decide, scene, U, tim_steps=Mark(None)) == [("lower_score", 422)]


def test_R39_reasons_ground_and_files_are_sealed_and_go_with_the_complaint(scene):
    appeal(scene, uploads=(PHOTO, PHOTO))
    decide(scene, tim_steps=FULL)
    with scene.database.reading() as session:
        row = session.scalars(sa.select(InspectionAppeal)).one()
        file = session.scalars(sa.select(AppealFile)).one()
        for sealed in (bytes(row.sealed), bytes(file.sealed_name)):
            assert not any(word.encode() in sealed for word in ("周㛃敏", "10:35", "通话"))
        one = Appealing(look_at_inspection(scene.work(session, MANAGER), scene.number))
        assert one.texts == {"reasons": REASON, "ground": GROUND}
        assert (one.file_name(file), one.content(file)) == (PHOTO.name, PHOTO.content)
        assert not any(PHOTO.content in path.read_bytes() for path in scene.files.rglob("*") if path.is_file())
        assert verify(session, scene.keys.chain).broken == []  # the archived complaint itself is as it was


def test_R29_of_two_decisions_at_once_one_holds_and_the_other_is_told(scene):
    appeal(scene)
    came, barrier = [], threading.Barrier(2)

    def one(who, result, mark):
        barrier.wait(10)
        try:
            with scene.database.writing() as session:
                work = scene.work(session, who)
                appeals.decide(work, scene.number, result, GROUND, {"tim_steps": Mark(mark)})
            came.append("decided")
        except DomainError as error:
            came.extend(refusal.key for refusal in error.refusals)

    both = [
        threading.Thread(target=one, args=(SECOND, U, FULL)),
        threading.Thread(target=one, args=(MANAGER, D, HALF)),
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(30)
    assert sorted(came) == ["appeals.refused.decided", "decided"]
    assert scene.events() == ["drawn", "appealed", "appeal_decided"]


def test_R29_of_two_appeals_at_once_one_holds(scene):
    came, barrier = [], threading.Barrier(2)

    def one(who, item):
        barrier.wait(10)
        try:
            with scene.database.writing() as session:
                appeals.submit(scene.work(session, who), scene.number, [item], REASON)
            came.append("lodged")
        except DomainError as error:
            came.extend(refusal.key for refusal in error.refusals)

    both = [threading.Thread(target=one, args=pair) for pair in ((HANDLER, "tim_steps"), ("S005", "rec_5w1h"))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(30)
    assert sorted(came) == ["appeals.refused.once_by_other", "lodged"]


def test_R29_an_erased_record_takes_no_appeal(scene):
    with scene.database.writing() as session:
        session.execute(sa.text("UPDATE complaint SET sealed_key = NULL"))
    assert refused(appeal, scene) == [("keys.case.erased", 409)]


def test_R29_time_passes_between_publication_and_appeal(scene):
    scene.play.at = scene.row().appeal_until - timedelta(hours=1)
    appeal(scene)  # an hour later, in the very last minute
    assert scene.row().status is InspectionStatus.UNDER_APPEAL


def test_R30_what_an_appeal_took_away_is_known_where_it_is_put_right(scene):
    number, inspection_id = scene.number, scene.row().id

    def taken(item):
        with scene.database.reading() as session:
            return overturned(session, inspection_id, item)

    assert not any(taken(item) for item in ("tim_steps", "pro_investigate", None))
    appeal(scene, ["tim_steps", "pro_investigate"], number=number)
    decide(scene, P, tim_steps=FULL, pro_investigate=HALF)
    assert [taken(item) for item in ("tim_steps", "pro_investigate", "no_such", None)] == [True, False, False, False]
    with scene.database.reading() as session:
        assert overturned(session, None, "tim_steps") is False
