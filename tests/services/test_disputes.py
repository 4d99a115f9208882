"""R11: that an order belongs elsewhere is put to a manager, whose decision binds; never does it go back to the desk."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint, WorkOrder
from backoffice.models.history import Event
from backoffice.models.office import Department, Staff
from backoffice.models.regrade import Dispute
from backoffice.models.work import Outbox
from backoffice.queries.disputes import disputes_by_department, overdue_disputes
from backoffice.sealing import CaseSeal
from backoffice.services.handling import act
from policies.vocabulary import DisputeState
from tests.support.played import Play
from tests.support.told_cases import local

KEYS = Keys.fresh()


@pytest.fixture
def play(office_database, tmp_path):
    """A complaint whose order lies with technical support (head S015), waiting for its handler."""
    play = Play(office_database, KEYS, tmp_path)
    play.register()
    play.send()
    return play


def why(play, code, action, **values):
    with pytest.raises(DomainError) as error:
        play.act(code, action, **values)
    return [(refusal.key, refusal.field) for refusal in error.value.refusals]


def desk_takes_orders(play):
    with play.database.writing() as session:
        session.execute(sa.update(Department).where(Department.code == "dispatch_desk").values(receives_orders=True))


def test_R11_a_decision_does_not_send_the_order_back_to_a_desk_though_the_desk_takes_orders(play):
    desk_takes_orders(play)
    play.act("S015", "raise_dispute", handover_reason="线路属网络部")
    play.act("S015", "record_evidence", evidence_type="department_opinion", text="端口在网络侧")
    desk = play.department("dispatch_desk")
    refused = why(play, "S003", "decide_dispute", department=desk, decision_reason="退回")
    assert refused == [("dispatch_rules.transfer.to_desk", "department")]
    with play.database.reading() as session:
        orders = session.scalars(sa.select(WorkOrder.department_id)).all()
        assert session.get_one(Complaint, play.complaint_id).step == "dispute"
    assert orders == [play.department("technical_support")]


def test_R11_neither_the_first_order_nor_a_transfer_goes_to_a_desk_that_takes_orders(play):
    desk_takes_orders(play)
    desk = play.department("dispatch_desk")
    assert why(play, "S015", "transfer", department=desk, handover_reason="非本部门") == [
        ("dispatch_rules.transfer.to_desk", "department")
    ]


def dispute(play, **claimed):
    play.act("S015", "raise_dispute", handover_reason="端口在网络侧，联系人 13900004172", **claimed)


def opinion(play):
    play.act("S015", "record_evidence", evidence_type="department_opinion", text="端口在网络侧")


def rows(play, model, *where):
    with play.database.reading() as session:
        return list(session.scalars(sa.select(model).where(*where).order_by(model.id)))


def of_department(play, since="2026-01-01T00:00", until="2027-01-01T00:00"):
    with play.database.reading() as session:
        found = disputes_by_department(session, local(since), local(until))
    return {one.department_id: one for one in found}


def test_R11_a_dispute_is_kept_with_its_ground_and_its_deadline_and_its_reason_is_sealed(play):
    dispute(play, claimed_department=play.department("network"))
    row = rows(play, Dispute)[0]
    assert (row.department_id, row.ground_id) == (play.department("technical_support"), play.department("network"))
    assert (row.state, row.raised_by_id, row.raised_at) == (DisputeState.OPEN, play.staff("S015"), play.at)
    assert "端口".encode() not in bytes(row.sealed)
    # raised on Monday at 13:20 in the lunch hour: four working hours from 13:30
    assert (play.at, row.due_at) == (local("2026-11-23T13:20"), local("2026-11-23T17:30"))
    with play.database.reading() as session:
        order = session.get_one(WorkOrder, row.order_id)
        assert order.status == "disputed"
        body = session.scalars(sa.select(Event.body).where(Event.action == "raise_dispute")).one()
    assert json.loads(body)["facts"]["claimed_department"] == play.department("network")


def test_R11_the_adjudicators_are_told_once_and_not_the_customers_number(play):
    dispute(play)
    told = rows(play, Outbox, Outbox.template == "dispute_notice")
    assert [one.staff_id for one in told if one.way == "in_app"] == [play.staff("S003")]
    with play.database.reading() as session:
        complaint = session.get_one(Complaint, play.complaint_id)
        text = CaseSeal(KEYS, complaint.sealed_key, complaint.number).open_json(told[0].sealed, "outbox")["text"]
    assert "端口在网络侧" in text
    assert "13900004172" not in text
    assert "11月23日17:30" in text


def test_R11_where_every_complaints_manager_is_a_party_senior_management_is_told(play):
    with play.database.writing() as session:
        session.execute(
            sa.update(Staff).where(Staff.code == "S003").values(department_id=play.department("technical_support"))
        )
    dispute(play)
    told = rows(play, Outbox, Outbox.template == "dispute_notice", Outbox.way == "in_app")
    assert {one.staff_id for one in told} == {play.staff("S001"), play.staff("S002")}
    opinion(play)
    named = {"department": play.department("network"), "decision_reason": "端口归网络部"}
    assert why(play, "S003", "decide_dispute", **named) == [("disputes.refused.is_party", None)]
    play.act("S002", "decide_dispute", **named)


def test_R11_a_decision_binds_and_its_grounds_are_not_heard_again(play):
    network = play.department("network")
    dispute(play, claimed_department=network)
    opinion(play)
    play.act("S003", "decide_dispute", department=network, decision_reason="端口归网络部")
    row = rows(play, Dispute)[0]
    assert (row.state, row.named_id, row.decided_by_id) == (DisputeState.UPHELD, network, play.staff("S003"))
    assert "端口".encode() not in bytes(row.sealed_decision)
    before = [("dispatch_rules.dispute.decided_before", "claimed_department")]
    support, billing = play.department("technical_support"), play.department("billing")
    assert why(play, "S012", "raise_dispute", handover_reason="不是") == before
    assert why(play, "S012", "raise_dispute", handover_reason="不是", claimed_department=support) == before
    play.act("S012", "raise_dispute", handover_reason="是账务问题", claimed_department=billing)  # a new ground
    assert [one.state for one in rows(play, Dispute)] == [DisputeState.UPHELD, DisputeState.OPEN]


def test_R11_disputes_are_counted_by_department_and_period(play):
    network, support = play.department("network"), play.department("technical_support")
    dispute(play, claimed_department=network)
    assert of_department(play)[support].open == 1
    opinion(play)
    play.act("S003", "decide_dispute", department=support, decision_reason="设备在用户侧")
    found = of_department(play)
    own, other = found[support], found[network]
    assert (own.raised, own.upheld, own.dismissed, own.open, own.against) == (1, 0, 1, 0, 0)
    assert (other.raised, other.against, other.given) == (0, 1, 0)
    assert of_department(play, until="2026-11-23T00:00") == {}
    assert of_department(play, since="2026-11-24T00:00") == {}


def test_R11_an_overdue_dispute_is_found_until_it_is_decided(play):
    dispute(play)
    due = rows(play, Dispute)[0].due_at
    with play.database.reading() as session:
        assert overdue_disputes(session, due) == []
        assert [one.complaint_id for one in overdue_disputes(session, due + timedelta(minutes=1))] == [
            play.complaint_id
        ]
    opinion(play)
    play.act("S003", "decide_dispute", department=play.department("network"), decision_reason="端口归网络部")
    with play.database.reading() as session:
        assert overdue_disputes(session, due + timedelta(days=1)) == []


def test_R11_of_two_managers_who_decide_at_once_one_decides_and_the_other_is_told(play):
    dispute(play)
    opinion(play)
    revision = rows(play, Complaint)[0].revision
    network, billing = play.department("network"), play.department("billing")
    ready, answers = threading.Barrier(2), {}

    def decide(code, department):
        ready.wait(timeout=20)
        try:
            with play.database.writing() as session:
                values = {"department": department, "decision_reason": "已核对"}
                act(play.work(session, code), play.complaint_id, "decide_dispute", values, revision=revision)
            answers[code] = "decided"
        except DomainError as error:
            answers[code] = error.refusals[0].key

    both = [threading.Thread(target=decide, args=one) for one in (("S003", network), ("S001", billing))]
    for one in both:
        one.start()
    for one in both:
        one.join(timeout=60)
    assert sorted(answers.values()) == ["complaint.refused.changed_meanwhile", "decided"]
    assert [one.state for one in rows(play, Dispute)] == [DisputeState.UPHELD]
    assert len(rows(play, WorkOrder)) == 2
