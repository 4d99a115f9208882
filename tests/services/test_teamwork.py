"""R16, R17, R30: team, experts, review, alarm, statements, required acts, post-review and follow-up, on both databases."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint, ComplaintPerson
from backoffice.models.configuration import Channel
from backoffice.models.handling import Addition, StepEntry
from backoffice.models.history import Event
from backoffice.models.office import Role, StaffRole
from backoffice.models.teamwork import CorrectiveAction, FollowUp, PlanReviewer, Statement
from backoffice.models.work import Outbox
from backoffice.queries.indicators import month_of, overall
from backoffice.queries.verification import verify
from backoffice.sealing import CaseSeal
from backoffice.services.core.alarm import alarm
from backoffice.services.core.case import open_case
from backoffice.services.core.corrective import texts_of
from policies.vocabulary import CaseFunction, ComplaintStatus, ContactWay, Severity
from policies.vocabulary_teamwork import PlanVote, StatementKind
from tests.support.grave import EXPERT, PUT_RIGHT, Grave
from tests.support.played import RECEIVED

KEYS = Keys.fresh()
DAY = timedelta(days=1)


@pytest.fixture
def play(office_database, tmp_path):
    return Grave(office_database, KEYS, tmp_path)


def why(play, code, action, **values):
    with pytest.raises(DomainError) as error:
        play.act(code, action, **values)
    return [refusal.key.removeprefix("teamwork.refused.") for refusal in error.value.refusals]


def rows(play, model):
    with play.database.reading() as session:
        return session.scalars(sa.select(model).where(model.complaint_id == play.complaint_id).order_by(model.id)).all()


def complaint(play):
    with play.database.reading() as session:
        return session.get_one(Complaint, play.complaint_id)


def opened(play, sealed, context):
    return CaseSeal(KEYS, complaint(play).sealed_key, play.number).open_json(sealed, context)


# The team


def test_R16_outside_experts_are_kept_sealed_and_the_team_may_act(play):
    play.begin()
    play.team()
    with play.database.reading() as session:
        functions = {row.function for row in session.scalars(sa.select(ComplaintPerson))}
        raw = (
            session.execute(sa.select(StepEntry.sealed)).scalars().all()
            + session.execute(sa.select(Event.body)).scalars().all()
        )
    assert {CaseFunction.TASK_FORCE_LEADER, CaseFunction.TASK_FORCE_MEMBER} <= functions
    assert not any(EXPERT["name"].encode() in (one.encode() if isinstance(one, str) else bytes(one)) for one in raw)
    play.order()
    play.act("S021", "note_progress", text="组员也可记录")  # not the owner, but of the team


def test_R16_the_head_of_the_department_at_fault_does_not_lead(play):
    play.begin()
    play.team(leader="S012", members=("S013",))
    elements = dict.fromkeys(
        ("customer_number", "pre_check_result", "speed_test", "device_model", "available_time"), "x"
    )
    values = {
        "requirements": "查",
        "handover_reason": "网络侧",
        "deadline": play.at + DAY,
        "promised_time": play.at + DAY,
    }
    assert why(play, "S008", "send_order", department=play.department("network"), elements=elements, **values) == [
        "department_led"
    ]
    play.act(
        "S003",
        "change_team",
        task_force_leader=play.staff("S003"),
        task_force_members=[play.staff("S013")],
        reason="回避",
    )
    play.order()
    changed = {"task_force_leader": play.staff("S012"), "task_force_members": [play.staff("S021")], "reason": "改"}
    assert why(play, "S003", "change_team", **changed) == ["leader_heads"]


def test_R16_who_left_the_team_acts_no_more_and_the_history_keeps_who_was_in_it(play):
    play.begin()
    play.team(members=("S013", "S032"))
    play.order()
    play.act(
        "S003",
        "change_team",
        task_force_leader=play.staff("S003"),
        task_force_members=[play.staff("S013")],
        reason="调离",
    )
    with pytest.raises(DomainError) as error:
        play.act("S032", "note_progress", text="还在吗")
    assert [one.key for one in error.value.refusals] == ["workflow.refused.not_order_holder"]
    teams = [
        opened(play, row.sealed, "entry")["task_force_members"] for row in rows(play, StepEntry) if "team" in row.action
    ]
    assert teams == [[play.staff("S013"), play.staff("S032")], [play.staff("S013")]]


# The review of the plan


def test_R16_a_plan_passes_with_enough_opinions_and_more_for_it_than_against(play):
    play.to_review()
    assert why(play, "S003", "pass_review", review_conclusion="过") == ["votes_few"]
    assert why(play, "S003", "name_reviewers", reviewers=[play.staff("S013")]) == ["own_plan"]
    play.act("S003", "name_reviewers", reviewers=[play.staff("S015"), play.staff("S021")])
    assert why(play, "S016", "vote_on_plan", vote=PlanVote.AGREE, text="路过") != []
    play.act("S015", "vote_on_plan", vote=PlanVote.AGREE, text="可行")
    assert why(play, "S015", "vote_on_plan", vote=PlanVote.DISAGREE, text="改主意") == ["not_a_reviewer"]
    assert why(play, "S003", "pass_review", review_conclusion="过") == ["votes_open"]
    play.act("S003", "release_reviewer", reviewer=play.staff("S021"), reason="出差")
    assert why(play, "S003", "pass_review", review_conclusion="过") == ["votes_few"]
    expert = {"expert_name": "外聘甲", "expert_organisation": "江州理工学院"}
    play.act("S003", "record_expert_review", vote=PlanVote.DISAGREE, text="路由仍同沟", **expert)
    assert why(play, "S003", "pass_review", review_conclusion="过") == ["votes_against"]
    play.act("S003", "record_expert_review", vote=PlanVote.AGREE_WITH_CHANGES, text="加验收", **expert)
    play.evidence("review_minutes", code="S003")
    play.act("S003", "pass_review", review_conclusion="通过")
    assert complaint(play).step == "coordinate"


def test_R16_a_new_plan_asks_for_new_opinions(play):
    play.to_review()
    play.review(("S015", PlanVote.DISAGREE), ("S021", PlanVote.DISAGREE))
    assert why(play, "S003", "pass_review", review_conclusion="过") == ["votes_against"]
    play.act("S003", "return_plan", approval_opinion_text="重拟")
    play.plan("另一条路由")
    assert why(play, "S003", "pass_review", review_conclusion="过") == ["votes_few"]
    play.pass_review()
    assert [row.vote for row in rows(play, PlanReviewer)] == ["disagree", "disagree", "agree", "agree_with_changes"]
    assert len({row.plan_id for row in rows(play, PlanReviewer)}) == 2


def test_R16_a_reviewer_sees_the_complaint_because_of_being_named(play):
    play.to_review()
    with pytest.raises(DomainError) as error:
        play.act("S020", "vote_on_plan", vote=PlanVote.AGREE, text="可行")
    assert error.value.status == 404
    play.act("S003", "name_reviewers", reviewers=[play.staff("S020")])
    play.act("S020", "vote_on_plan", vote=PlanVote.AGREE, text="可行")
    refused = why(
        play, "S003", "name_reviewers", reviewers=[play.staff("S030")]
    )  # the administrator opens no complaint
    assert refused == ["reviewer_sees_nothing"]


def test_R16_that_no_coordination_is_needed_is_said_with_a_reason(play):
    play.to_review()
    play.pass_review()
    assert why(play, "S002", "coordinate", coordination_needed=False, coordination_decisions="无需协调") == [
        "coordination_reason"
    ]
    play.act("S002", "coordinate", coordination_needed=False, coordination_decisions="只涉及网络部一个部门，无需协调")
    assert complaint(play).step == "approve"


# The alarm, and who is in charge


def alerts(play):
    with play.database.reading() as session:
        return session.scalars(sa.select(Outbox).where(Outbox.template == "major_alert_sms")).all()


def test_R17_registering_as_major_alarms_at_once_and_never_twice(play):
    play.register(severity=Severity.MAJOR, texts={"severity_reason": "大面积断网"})
    told = {row.staff_id for row in alerts(play)}
    assert told == {play.staff(code) for code in ("S001", "S002", "S003", "S009")}
    assert {row.created_at for row in alerts(play)} == {RECEIVED}
    with play.database.writing() as session:
        assert alarm(open_case(play.work(session, "S003"), play.complaint_id)) == ()
    assert len(alerts(play)) == len(told)
    with play.database.reading() as session:
        actions = session.scalars(sa.select(Event.action).order_by(Event.sequence)).all()
        assert actions == ["register", "alarm"]
        assert verify(session, KEYS.chain).broken == []


def test_R17_a_complaint_that_becomes_major_alarms_then(play):
    play.register()
    assert alerts(play) == []
    play.act(
        "S004", "regrade", severity="major", regrade_reason="整条街断网，有人拍视频", urgency="high", impact="high"
    )
    assert {row.created_at for row in alerts(play)} == {play.at}


def test_R17_the_duty_manager_starts_it_and_a_senior_manager_takes_charge(play):
    play.register(severity=Severity.MAJOR, texts={"severity_reason": "大面积断网"})
    play.act("S005", "start_check")
    play.act("S009", "communicate", way=ContactWay.PHONE, text="致电客户")
    play.act("S009", "respond", containment_measures="抢修")
    assert CaseFunction.IN_CHARGE not in people(play)
    assert why(play, "S003", "take_charge", text="我来") != []
    play.act("S002", "take_charge", text="全力抢修")
    play.act("S001", "take_charge", text="改由我负责")
    play.act("S002", "take_charge", text="仍由我负责")
    assert why(play, "S002", "take_charge", text="再来") == ["in_charge_already"]
    newest = max(people(play)[CaseFunction.IN_CHARGE], key=lambda row: row.since)
    assert newest.staff_id == play.staff("S002")


def people(play):
    with play.database.reading() as session:
        found = {}
        for row in session.scalars(sa.select(ComplaintPerson).where(ComplaintPerson.complaint_id == play.complaint_id)):
            found.setdefault(row.function, []).append(row)
        return found


# Acts whose step was jumped over


def test_R16_R17_what_was_jumped_over_is_made_up_before_approval_and_before_the_result(play):
    """A general complaint under investigation becomes major: no emergency response, no team, no containment."""
    play.register()
    play.dispatch()
    play.act("S004", "regrade", severity="major", regrade_reason="整条街断网", urgency="high", impact="high")
    assert complaint(play).step == "investigate"
    for kind in ("system_record", "department_opinion", "staff_statement", "expert_opinion"):
        play.act("S016", "record_evidence", evidence_type=kind, text="一份")
    play.act("S016", "communicate", way=ContactWay.PHONE, text="说明")
    play.act("S016", "submit_facts", facts="属实", root_cause="拥塞", cause_code="network_capacity", fault="our_fault",
             responsible_party="技术支撑部")  # fmt: skip
    plan = {"root_cause": "拥塞", "measures": [{"text": "扩容"}], "owner": play.staff("S016"), "alternatives": "无",
            "expected_completion": play.at + DAY, "compensation_amount": 0, "improvements": "扩容同批验收"}  # fmt: skip
    with pytest.raises(DomainError) as error:
        play.act("S016", "submit_plan", **plan, communication_needed=False)
    assert [one.field for one in error.value.refusals] == ["communication_reason"]
    play.act("S016", "submit_plan", **plan, communication_needed=False, communication_reason="只涉及一户，无人关注")
    play.pass_review()
    with pytest.raises(DomainError) as error:
        play.act("S001", "approve", approval_opinion_text="同意")
    assert [(one.zh) for one in error.value.refusals[0].params["acts"]] == ["专项小组", "应急响应"]
    assert why(play, "S016", "report_emergency", containment_measures="已恢复") != []
    play.act("S009", "report_emergency", containment_measures="临时割接")
    play.act("S003", "form_team", task_force_leader=play.staff("S003"), task_force_members=[play.staff("S016")])
    assert why(
        play, "S003", "form_team", task_force_leader=play.staff("S003"), task_force_members=[play.staff("S016")]
    ) == ["act_done"]
    play.act("S001", "approve", approval_opinion_text="同意")
    play.act("S016", "record_contained", contained_at=play.at - timedelta(hours=2), containment_measures="临时割接")
    with play.database.reading() as session:
        measure = session.scalars(sa.text("SELECT id FROM measure WHERE done_at IS NULL AND NOT dropped")).one()
    play.act("S016", "tick_measure", measure=str(measure), result="好")
    play.act("S016", "communicate", way=ContactWay.PHONE, text="告知")
    play.act("S016", "complete_measures", measure_results="好")
    play.act("S001", "apologise", way=ContactWay.VISIT, text="致歉")
    told = {"result_channel": ContactWay.VISIT, "customer_opinion": "接受"}
    with pytest.raises(DomainError) as error:
        play.act("S001", "tell_result", **told)
    assert [one.zh for one in error.value.refusals[0].params["acts"]] == ["进展汇报"]
    play.act("S003", "submit_report", text="进展")
    play.act("S001", "tell_result", **told)
    play.call()
    play.post_review()
    play.act("S028", "archive", lesson="先扩容")  # the plan's no with its reason stands in the place of statements
    assert complaint(play).status is ComplaintStatus.ARCHIVED


def test_R17_what_is_still_to_come_is_done_at_its_step_and_not_made_up(play):
    play.begin(severity=Severity.MAJOR)
    team = {"task_force_leader": play.staff("S003"), "task_force_members": [play.staff("S013")]}
    assert why(play, "S003", "form_team", **team) == ["act_at_its_step"]
    contained = {"contained_at": play.at, "containment_measures": "恢复"}
    assert why(play, "S003", "record_contained", **contained) == ["act_at_its_step"]


# Statements


def test_R17_a_statement_is_written_by_one_approved_by_another_and_never_changed(play):
    play.begin(severity=Severity.MAJOR)
    play.act("S028", "draft_statement", statement_kind=StatementKind.MEDIA, addressee="本地媒体", text="第一稿")
    first = play.newest_statement()
    assert why(play, "S028", "publish_statement", statement=first, publication_way="官网") == ["no_approved"]
    assert why(play, "S003", "approve_statement", statement=first) != []
    play.act("S001", "return_statement", statement=first, reason="语气太硬")
    play.speak()
    published = play.newest_statement()
    assert why(play, "S001", "approve_statement", statement=published) == ["no_draft"]
    play.act("S028", "draft_statement", statement_kind=StatementKind.REGULATOR, addressee="通信管理局", text="报告")
    assert why(play, "S028", "draft_statement", statement_kind=StatementKind.REGULATOR, addressee="x", text="y",
               corrects=published) == ["corrects_other"]  # fmt: skip
    play.speak(corrects=published)
    found = rows(play, Statement)
    assert [(row.state, row.corrects_id) for row in found] == [
        ("returned", None), ("published", None), ("draft", None), ("published", int(published)),
    ]  # fmt: skip
    assert opened(play, found[1].sealed, "statement")["text"] == "通信已恢复，深表歉意"
    assert "深表歉意".encode() not in bytes(found[1].sealed)


def test_R17_the_writer_does_not_approve_even_with_the_right_to(play):
    play.begin(severity=Severity.MAJOR)
    with play.database.writing() as session:
        role = session.scalars(sa.select(Role.id).where(Role.code == "spokesperson")).one()
        session.add(StaffRole(staff_id=play.staff("S001"), role_id=role))
    play.act("S001", "draft_statement", statement_kind=StatementKind.MEDIA, addressee="媒体", text="稿")
    one = play.newest_statement()
    assert why(play, "S001", "approve_statement", statement=one) == ["own_statement"]
    play.act("S002", "approve_statement", statement=one)


def test_R17_a_plan_that_asks_for_a_statement_holds_the_result_until_one_is_published(play):
    play.to_review(severity=Severity.MAJOR)
    play.pass_review()
    play.approve()
    play.report()
    play.measures()
    play.act("S001", "apologise", way=ContactWay.VISIT, text="致歉")
    told = {"result_channel": ContactWay.VISIT, "customer_opinion": "接受"}
    assert why(play, "S001", "tell_result", **told) == ["statement_missing"]
    play.speak()
    play.act("S001", "tell_result", **told)


def test_R17_statements_are_for_major_complaints_and_not_before_the_emergency_response(play):
    play.register(severity=Severity.MAJOR, texts={"severity_reason": "断网"})
    draft = {"statement_kind": StatementKind.MEDIA, "addressee": "媒体", "text": "稿"}
    assert why(play, "S028", "draft_statement", **draft) == ["too_early_to_speak"]
    other = Grave(play.database, KEYS, play.files, play.at)
    other.begin()
    assert why(other, "S028", "draft_statement", **draft) == ["workflow.refused.not_now"]


# Post-review and corrective actions


def test_R17_a_post_review_brings_at_least_one_change_to_rules_process_or_training(play):
    play.to_close(severity=Severity.MAJOR)
    play.evidence("post_review_minutes", code="S003")
    row = {**PUT_RIGHT, "owner": play.staff("S012")}
    finish = {"improvements": "改规则"}
    with pytest.raises(DomainError) as error:
        play.act(
            "S024", "finish_review", **finish, corrective_actions=[{**row, "type": "discipline"}, {**row, "title": " "}]
        )
    assert [one.key for one in error.value.refusals] == ["corrective.refused.row_incomplete"]
    with pytest.raises(DomainError) as error:
        play.act("S024", "finish_review", **finish, corrective_actions=[{**row, "type": "discipline"}])
    assert [one.key for one in error.value.refusals] == ["corrective.refused.no_improvement"]
    early = {**row, "due_on": (play.at - DAY).date()}
    with pytest.raises(DomainError) as error:
        play.act("S024", "finish_review", **finish, corrective_actions=[early])
    assert [one.key for one in error.value.refusals] == ["corrective.refused.due_past"]
    play.act(
        "S024", "finish_review", **finish, corrective_actions=[row, {**row, "type": "training", "level": "urgent"}]
    )
    found = rows(play, CorrectiveAction)
    assert [(one.number, one.source, one.status) for one in found] == [
        ("CA2026-0001", "post_review", "assigned"), ("CA2026-0002", "post_review", "assigned"),
    ]  # fmt: skip
    with play.database.reading() as session:
        assert texts_of(KEYS, session.get_one(CorrectiveAction, found[0].id))["title"] == PUT_RIGHT["title"]
    assert found[1].due_on < found[0].due_on  # 15 days halved, against 20


def test_R18_a_corrective_action_is_opened_from_any_complaint_and_its_owner_is_told(play):
    play.register()
    play.dispatch()
    row = {**PUT_RIGHT, "owner": play.staff("S016"), "type": "customer_remedy"}
    play.act("S003", "open_corrective_action", corrective_action=[row])
    (one,) = rows(play, CorrectiveAction)
    assert (one.source, one.owner_id, one.assigned_by_id) == ("complaint", play.staff("S016"), play.staff("S003"))
    assert one.due_at == datetime(2026, 11, 26, 10, tzinfo=UTC)  # three working days from Monday 23 November, 18:00
    with play.database.reading() as session:
        told = session.scalars(sa.select(Outbox).where(Outbox.template == "corrective_notice")).one()
        assert told.staff_id == play.staff("S016")
    assert "修订断网通报规则" in opened(play, told.sealed, "outbox")["text"]


# The follow-up


ANSWER = {"callback_method": ContactWay.PHONE, "reached": True, "customer_opinion": "又断了一次"}


def test_R16_the_follow_up_waits_for_its_day_and_is_not_made_by_a_handler(play):
    play.to_close()
    closed = play.at
    play.archive()
    (row,) = rows(play, FollowUp)
    assert row.closed_at == closed
    # closed on 24 November: the 30th day is Thursday 24 December, a working day
    assert row.due_at == datetime(2026, 12, 24, 10, tzinfo=UTC)
    happy = {**ANSWER, "resolved_flag": True, "satisfaction": 5}
    assert why(play, "S011", "follow_up", **happy) == ["follow_up_early"]
    play.at = datetime(2026, 12, 24, 1, tzinfo=UTC)
    assert why(play, "S013", "follow_up", **happy) != []
    before = complaint(play)
    play.act("S011", "follow_up", **happy)
    (row,) = rows(play, FollowUp)
    assert (row.done_at, row.solved, row.satisfaction, row.new_complaint_id) == (play.at, True, 5, None)
    after = complaint(play)
    assert (after.archived_at, after.status, after.satisfaction) == (
        before.archived_at,
        before.status,
        before.satisfaction,
    )
    (paper,) = rows(play, Addition)
    assert (paper.at, opened(play, paper.sealed, "addition")["follow_up"]["satisfaction"]) == (play.at, 5)
    assert why(play, "S011", "follow_up", **happy) == ["follow_up_done"]


def test_R16_an_unsatisfied_customer_begins_anew_with_a_complaint_linked_on_both_sides(play):
    play.to_close()
    play.archive()
    play.at = datetime(2026, 12, 24, 1, tzinfo=UTC)
    unhappy = {**ANSWER, "resolved_flag": False, "satisfaction": 2}
    with pytest.raises(DomainError) as error:
        play.act("S011", "follow_up", **unhappy)
    assert [one.field for one in error.value.refusals] == ["new_demand"]
    play.act("S011", "follow_up", **unhappy, new_demand="彻底修复")
    (row,) = rows(play, FollowUp)
    with play.database.reading() as session:
        old, new = session.get_one(Complaint, play.complaint_id), session.get_one(Complaint, row.new_complaint_id)
        assert (new.previous_id, new.nth_complaint, new.severity) == (old.id, old.nth_complaint + 1, Severity.IMPORTANT)
        assert (new.category_id, new.registered_by_id, new.received_at) == (old.category_id, None, play.at)
        record = CaseSeal(KEYS, new.sealed_key, new.number).open_json(new.sealed_record, "record")
        assert record["what"].startswith("又断了一次")
        assert (record["demand"], record["contact_phone"]) == ("彻底修复", "13900004172")
        bodies = session.scalars(
            sa.select(Event.body).where(Event.action.in_(("follow_up", "follow_up_of"))).order_by(Event.complaint_id)
        ).all()
        named = [json.loads(body)["facts"] for body in bodies]
        assert {"new_complaint": new.number}.items() <= named[0].items()
        assert {"previous": old.number}.items() <= named[1].items()
        assert verify(session, KEYS.chain).broken == []


def test_R31_a_complaint_that_begins_anew_was_referred_by_nobody(play):
    play.to_close()
    with play.database.writing() as session:
        old = session.get_one(Complaint, play.complaint_id)
        old.external_number = "GX-2026-1"
        old.channel_id = session.scalars(sa.select(Channel.id).where(Channel.code == "regulator_referral")).one()
    play.archive()
    play.at = datetime(2026, 12, 24, 1, tzinfo=UTC)
    play.act("S011", "follow_up", **{**ANSWER, "resolved_flag": False, "satisfaction": 2}, new_demand="彻底修复")
    (row,) = rows(play, FollowUp)
    with play.database.reading() as session:
        new = session.get_one(Complaint, row.new_complaint_id)
        assert (new.channel.code, new.previous_id) == ("hotline", play.complaint_id)
        december = month_of("2026-12", ZoneInfo("Asia/Shanghai"), datetime(2027, 1, 9, tzinfo=UTC))
        assert overall(session, "regulator_appeal_count", december).numerator == 0


def test_R16_who_is_not_reached_is_tried_again_and_three_attempts_end_the_follow_up(play):
    play.to_close()
    play.archive()
    play.at = datetime(2026, 12, 24, 1, tzinfo=UTC)
    for _ in range(3):
        play.at += timedelta(hours=5)
        play.act("S011", "follow_up", callback_method=ContactWay.PHONE, reached=False)
    (row,) = rows(play, FollowUp)
    assert (row.done_at, row.reached, row.satisfaction, len(row.attempts)) == (play.at, False, None, 3)


def test_R16_what_ends_without_a_result_is_not_followed_up(play):
    play.begin()
    play.team()
    play.order()
    play.act("S013", "withdraw", closing_reason_text="客户撤诉")
    assert rows(play, FollowUp) == []
