"""R11–R13, R19: who must act next is told in the console, by the office's text, in the transaction of its cause."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.office import Staff
from backoffice.models.work import Outbox
from backoffice.sealing import CaseSeal
from policies.vocabulary import ContactWay, Fault
from tests.support.played import Play

KEYS = Keys.fresh()


@pytest.fixture
def play(office_database, tmp_path):
    play = Play(office_database, KEYS, tmp_path)
    play.register()
    return play


def told(play, template):
    """Who was told by this template, and the newest text."""
    with play.database.reading() as session:
        rows = list(session.scalars(sa.select(Outbox).where(Outbox.template == template).order_by(Outbox.id)))
        complaint = session.get(Complaint, play.complaint_id)
        seal = CaseSeal(KEYS, complaint.sealed_key, complaint.number)
        people = [session.get(Staff, row.staff_id).code for row in rows]
        return people, seal.open_json(rows[-1].sealed, "outbox")["text"] if rows else ""


def plan(play, amount):
    play.act("S016", "respond_first", way=ContactWay.PHONE, text="约定今晚上门")
    play.act("S016", "record_evidence", evidence_type="system_record", text="峰值 92%")
    found = {"cause_code": "network_capacity", "fault": Fault.OUR_FAULT, "responsible_party": "技术支撑部"}
    play.act("S016", "submit_facts", facts="晚高峰拥塞", root_cause="端口利用率过高", **found)
    play.plan("扩容端口", amount)


def test_R12_the_head_of_the_department_is_told_of_a_new_order_with_its_number_and_deadline(play):
    play.dispatch()
    people, text = told(play, "order_sent_notice")
    assert people == ["S015"]
    assert "GD" in text
    assert play.number in text
    assert "技术支持与装维部" in text
    assert "—" not in text


class Unappointed(Play):
    """A department that has not appointed anybody yet."""

    def act(self, code, action, **values):
        if action != "appoint":
            super().act(code, action, **values)


def test_R11_a_department_to_which_an_order_is_passed_on_learns_of_it(office_database, tmp_path):
    play = Unappointed(office_database, KEYS, tmp_path)
    play.register()
    play.dispatch()
    play.act("S015", "transfer", department=play.department("network"), handover_reason="属无线网络")
    assert len(told(play, "order_sent_notice")[0]) == 2


def test_R13_urging_reaches_who_has_the_order_in_hand(play):
    play.dispatch()
    play.act("S008", "urge", text="客户来电催问")
    people, text = told(play, "urge_notice")
    assert people == ["S016"]
    assert "催办" in text
    assert "—" not in text


@pytest.mark.parametrize(("amount", "approvers"), [("100", ["S015"]), ("3000", ["S003"]), ("6000", ["S001"])])
def test_R19_the_first_whose_limit_reaches_the_amount_are_asked_to_approve(play, amount, approvers):
    play.dispatch()
    plan(play, amount)
    people, text = told(play, "approval_notice")
    assert set(approvers) <= set(people)
    assert f"{amount}.00 元" in text


def test_who_did_it_is_not_told_of_it_and_a_refused_act_tells_nobody(play):
    with pytest.raises(DomainError):
        play.act("S008", "urge", text="还没有工单")
    assert told(play, "urge_notice") == ([], "")
