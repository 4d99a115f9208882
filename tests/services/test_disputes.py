"""R11: that an order belongs elsewhere is put to a manager, whose decision binds; never does it go back to the desk."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint, WorkOrder
from backoffice.models.office import Department
from tests.support.played import Play

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
