"""R12, R21: whoever is named on a complaint is in service and may do it, whatever a form offered."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import WorkOrder
from backoffice.models.office import Department, Staff
from tests.support.played import Play

KEYS = Keys.fresh()
NOBODY = 987_654


@pytest.fixture
def play(office_database, tmp_path):
    """A complaint whose order technical support has, owned by S016."""
    play = Play(office_database, KEYS, tmp_path)
    play.register()
    play.dispatch()
    return play


def why(play, code, action, **values):
    with pytest.raises(DomainError) as error:
        play.act(code, action, **values)
    return [(refusal.key.removeprefix("workflow.refused."), refusal.field) for refusal in error.value.refusals]


def change(play, code, **values):
    with play.database.writing() as session:
        session.execute(sa.update(Staff).where(Staff.code == code).values(**values))


def test_R12_an_order_goes_to_people_in_service_of_its_department_and_to_nobody_else(play):
    other, archivist = play.staff("S013"), play.staff("S028")
    for one in (other, archivist, NOBODY):
        assert why(play, "S015", "change_owner", owner=one, reason="休假") == [("not_an_owner", "owner")]
        assert why(play, "S015", "add_co_handlers", co_handlers=[one]) == [("not_an_owner", "co_handlers")]
    head = play.staff("S015")
    play.act("S015", "add_co_handlers", co_handlers=[head])
    change(play, "S013", department_id=play.department("technical_support"), retired_at=play.at)
    assert why(play, "S015", "change_owner", owner=other, reason="休假") == [("not_an_owner", "owner")]


def test_R12_a_department_under_the_one_that_has_the_order_handles_it_too(play):
    with play.database.writing() as session:
        over = session.scalars(sa.select(Department.id).where(Department.code == "technical_support")).one()
        under = Department(code="field_north", name_zh="北片", name_en="North", parent_id=over, receives_orders=True)
        session.add(under)
        session.flush()
        below = under.id
    change(play, "S013", department_id=below)
    play.act("S015", "change_owner", owner=play.staff("S013"), reason="片区")
    with play.database.reading() as session:
        assert session.scalars(sa.select(WorkOrder.owner_id)).one() == play.staff("S013")


def test_R19_a_plan_names_an_owner_of_the_department_and_measures_of_people_in_service(play):
    play.act("S016", "respond_first", way="phone", text="约定今晚上门")
    play.act("S016", "record_evidence", evidence_type="system_record", text="峰值 92%")
    play.act(
        "S016", "submit_facts", facts="拥塞", root_cause="端口", cause_code="network_capacity", fault="our_fault",
        responsible_party="技术支撑部",
    )  # fmt: skip
    plan = {
        "root_cause": "端口", "measures": [{"text": "扩容", "owner": NOBODY}], "owner": NOBODY,
        "expected_completion": play.at, "alternatives": "无", "compensation_amount": 0, "improvements": "复测",
    }  # fmt: skip
    assert why(play, "S016", "submit_plan", **plan) == [("not_an_owner", "owner"), ("not_in_service", "measures")]


def test_R21_a_call_back_goes_to_somebody_in_service_who_may_call(play):
    play.handle("0")
    handler = play.staff("S028")
    for one in (handler, NOBODY):
        assert why(play, "S011", "assign_callback", caller_back=one) == [("not_a_caller", "caller_back")]
    play.act("S011", "assign_callback", caller_back=play.staff("S011"))
