"""R3, R10, R21, R22: what random walks found that nobody could bring to its end, played through the services."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint, WorkOrder
from backoffice.models.handling import CallBack
from backoffice.services.core.case import open_case
from backoffice.services.core.facts import case_facts
from backoffice.services.core.holdings import Holdings
from policies.vocabulary import ContactWay
from tests.support.played import Play

KEYS = Keys.fresh()


@pytest.fixture
def play(office_database, tmp_path):
    play = Play(office_database, KEYS, tmp_path)
    play.register()
    return play


def lacking(play) -> set[str]:
    with play.database.writing() as session:
        case = open_case(play.work(session, "S003"), play.complaint_id)
        parts = case_facts(case, Holdings(case)).missing_parts
    return {item.key.rpartition(".")[2] for part in parts for item in part.params["items"]}


def why(play, code, action, **values):
    with pytest.raises(DomainError) as error:
        play.act(code, action, **values)
    return [refusal.key for refusal in error.value.refusals]


def test_R10_a_department_that_came_along_with_another_act_does_not_stand_for_that_of_the_order(play):
    play.act("S005", "start_check")
    play.act("S005", "accept", handover_reason="需上门", promised_time=play.at)
    play.act("S008", "communicate", way=ContactWay.PHONE, text="已联系", department=play.department("network"))
    assert "workflow.refused.field_missing" in why(play, "S008", "send_order", requirements="查清")
    with play.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(WorkOrder.id))) == 0


def test_R21_R22_who_closes_unsatisfied_writes_down_what_the_customer_said_and_it_can_be_archived(play):
    play.act("S005", "start_check")
    play.act("S005", "solve_at_first_contact", solution="重启端口", customer_opinion="再看看")
    play.act("S003", "close_unsatisfied", closing_reason_text="客户要求超出规定", dissatisfaction_reason="嫌补偿少")
    with play.database.reading() as session:
        calls = [(call.reached, call.solved) for call in session.scalars(sa.select(CallBack))]
    assert calls == [(True, False)]
    assert lacking(play) == {"acknowledgement"}
    play.act("S008", "acknowledge", way=ContactWay.PHONE, text="补告知受理编号")
    assert lacking(play) == set()
    play.act("S028", "archive", lesson="先说清补偿规定")
    with play.database.reading() as session:
        assert session.get(Complaint, play.complaint_id).step == "end"


def test_R3_R22_a_review_that_was_held_after_the_complaint_was_raised_is_filed_by_its_minutes(play):
    play.dispatch()
    play.handle()
    with play.database.writing() as session:  # raised after its plan was approved, without going back to the review
        session.execute(sa.update(Complaint).values(severity="important"))
    assert "plan_review" in lacking(play)
    play.act("S003", "record_evidence", evidence_type="review_minutes", text="论证会纪要")
    assert "plan_review" not in lacking(play)
