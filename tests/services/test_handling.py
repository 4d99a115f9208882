"""R5–R21: acts on a complaint write down when they happened, how much is granted, and what the customer is told."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.handling import Communication, Measure
from backoffice.models.history import Event
from backoffice.models.office import RoleGrant
from backoffice.models.work import Outbox
from policies.vocabulary import CommunicationKind, ContactWay, Fault
from tests.support.played import RECEIVED, Play

KEYS = Keys.fresh()


@pytest.fixture
def play(office_database, tmp_path):
    """A complaint that its handler S016 has in hand."""
    play = Play(office_database, KEYS, tmp_path)
    play.register()
    play.dispatch()
    return play


def plan(play, amount):
    """Findings, and a plan that grants this much."""
    play.act("S016", "respond_first", way=ContactWay.PHONE, text="约定今晚上门")
    play.act("S016", "record_evidence", evidence_type="system_record", text="峰值 92%")
    found = {"cause_code": "network_capacity", "fault": Fault.OUR_FAULT, "responsible_party": "技术支撑部"}
    play.act("S016", "submit_facts", facts="晚高峰拥塞", root_cause="端口利用率过高", **found)
    play.plan("扩容端口", amount)


def measure(play):
    with play.database.reading() as session:
        return session.scalars(sa.select(Measure).where(Measure.dropped.is_(False))).first()


def why(play, code, action, **values):
    with pytest.raises(DomainError) as error:
        play.act(code, action, **values)
    return [refusal.key for refusal in error.value.refusals]


def test_R20_a_measure_is_ticked_at_the_time_when_it_was_done_and_never_before_its_approval(play):
    plan(play, "100")
    before = play.at
    play.act("S015", "approve", approval_opinion_text="同意")
    approved = play.at
    one = str(measure(play).id)
    assert why(play, "S016", "tick_measure", measure=one, at=before) == ["workflow.refused.too_early"]
    play.act("S016", "tick_measure", measure=one, at=approved + timedelta(minutes=5))
    assert measure(play).done_at == approved + timedelta(minutes=5)


def test_R19_a_rework_that_names_no_amount_is_approved_within_the_limit_of_the_amount_that_stands(play):
    plan(play, "3000")
    assert why(play, "S015", "approve", approval_opinion_text="同意") == ["access.duty.amount_too_high"]
    play.act("S003", "approve", approval_opinion_text="同意")
    play.act("S016", "communicate", way=ContactWay.PHONE, text="已约时间")
    play.act("S016", "tick_measure", measure=str(measure(play).id))
    play.act("S016", "complete_measures", measure_results="已扩容")
    play.act(
        "S016", "tell_result", result_channel=ContactWay.PHONE, customer_opinion="再看看", apologised=True,
        result_told_at=play.at,
    )  # fmt: skip
    play.act(
        "S011", "report_unsatisfied", callback_method=ContactWay.PHONE, resolved_flag=False, satisfaction=2,
        dissatisfaction_reason="仍掉线", new_demand="换线路",
    )  # fmt: skip
    play.act("S016", "communicate", way=ContactWay.PHONE, text="问清诉求")
    play.act("S016", "redo", measures=[{"text": "换线路"}])
    assert why(play, "S015", "approve", approval_opinion_text="同意") == ["access.duty.amount_too_high"]


def test_R21_no_attempt_to_call_back_lies_before_the_result_was_told(play):
    plan(play, "100")
    play.act("S015", "approve", approval_opinion_text="同意")
    play.act("S016", "communicate", way=ContactWay.PHONE, text="已约时间")
    play.act("S016", "tick_measure", measure=str(measure(play).id))
    play.act("S016", "complete_measures", measure_results="已扩容")
    early = play.at
    play.act("S016", "tell_result", result_channel=ContactWay.PHONE, customer_opinion="再看看", apologised=True)
    values = {"callback_method": ContactWay.PHONE, "at": early}
    assert why(play, "S011", "record_attempt", **values) == ["workflow.refused.too_early"]


def test_R13_a_delay_goes_out_by_message_with_the_new_time_and_not_without(play):
    values = {"way": ContactWay.SMS, "text": "道路封闭"}
    assert why(play, "S016", "tell_delay", **values) == ["message.refused.empty_places"]
    play.act("S016", "tell_delay", **values, promised_time=play.at + timedelta(days=9))
    with play.database.reading() as session:
        template = session.scalars(sa.select(Outbox.template).order_by(Outbox.id.desc())).first()
        kinds = list(session.scalars(sa.select(Communication.kind)))
    assert template == "delay_sms"
    assert CommunicationKind.DELAY.value in kinds


def test_R6_what_was_solved_at_first_contact_is_marked_so(office_database, tmp_path):
    play = Play(office_database, KEYS, tmp_path)
    play.register()
    play.act("S005", "start_check")
    play.act("S005", "solve_at_first_contact", solution="已重启端口", customer_opinion="满意")
    with play.database.reading() as session:
        assert session.get(Complaint, play.complaint_id).first_contact is True


def test_R3_a_wrong_leaf_is_put_right_under_the_same_severity_and_its_clocks_with_it(office_database, tmp_path):
    play = Play(office_database, KEYS, tmp_path)
    play.register()
    play.act("S005", "start_check")
    play.act(
        "S004", "regrade", severity="general", category="net_broadband_down", impact="medium", regrade_reason="断网"
    )
    with play.database.reading() as session:
        complaint = session.get(Complaint, play.complaint_id)
        assert (complaint.step, complaint.severity, complaint.category.code) == (
            "check",
            "general",
            "net_broadband_down",
        )
        resolve = session.scalars(sa.select(ClockRow).where(ClockRow.code == "resolve")).one()
        assert (resolve.amount, resolve.unit, resolve.started_at) == (48, "hour", complaint.received_at)
        event = session.scalars(sa.select(Event).order_by(Event.sequence.desc())).first()
    facts = json.loads(event.body)["facts"]
    kept = [(facts[when]["category"], facts[when]["impact"]) for when in ("was", "now")]
    assert kept == [("net_broadband_slow", "low"), ("net_broadband_down", "medium")]
    assert (event.from_step, event.to_step) == (None, None)


def test_R4_a_complaint_is_merged_only_into_one_that_its_reader_sees_and_that_takes_more_in(office_database, tmp_path):
    target, play = Play(office_database, KEYS, tmp_path), Play(office_database, KEYS, tmp_path)
    target.register("S006")
    play.register()
    play.act("S005", "start_check")
    merge = {"merged_into": target.number, "check_reason": "同一件"}

    def set_target(**values):
        with play.database.writing() as session:
            session.execute(sa.update(Complaint).where(Complaint.id == target.complaint_id).values(**values))

    with play.database.writing() as session:  # intake sees its own alone
        whole = sa.update(RoleGrant).where(RoleGrant.permission == "complaint_view").values(scope="own")
        session.execute(whole)
        session.execute(sa.delete(RoleGrant).where(RoleGrant.permission == "complaint_take"))
    assert why(play, "S005", "merge", **merge) == ["complaint.refused.merge_target"]
    with play.database.writing() as session:
        session.execute(whole.values(scope="all"))
    set_target(status="archived")
    assert why(play, "S005", "merge", **merge) == ["intake_rules.merge.into_archived"]
    set_target(status="registered")
    play.act("S005", "merge", **merge)
    other = Play(office_database, KEYS, tmp_path)
    other.register()
    other.act("S005", "start_check")
    assert why(other, "S005", "merge", **{**merge, "merged_into": play.number}) == ["intake_rules.merge.into_merged"]


def test_R13_progress_is_told_after_the_acknowledgement_and_after_the_progress_before_it(play):
    progress = {"way": ContactWay.PHONE, "text": "已派人"}
    early = ["workflow.refused.too_early"]
    received = RECEIVED + timedelta(minutes=20)  # twenty minutes before the acknowledgement
    assert why(play, "S016", "tell_progress", **progress, at=received) == early
    told = play.at
    play.act("S016", "tell_progress", **progress, at=told)
    assert why(play, "S016", "tell_progress", **progress, at=told - timedelta(minutes=1)) == early
    later = play.at + timedelta(days=9)
    assert why(play, "S016", "tell_delay", **progress, promised_time=later, at=told - timedelta(minutes=1)) == early
    play.act("S016", "tell_progress", **progress, at=told + timedelta(minutes=1))
