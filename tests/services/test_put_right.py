"""R30 ``our_fault_opens`` through the services: what archiving opens, what it asks, and what the dossier shows."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.history import Event
from backoffice.models.office import Department
from backoffice.models.teamwork import CorrectiveAction
from backoffice.models.work import Outbox
from backoffice.queries.verification import verify
from backoffice.services import corrective
from backoffice.services.core.corrective import texts_of
from policies.corrective_course import CorrectiveAct
from policies.vocabulary import ComplaintStatus, ContactWay, Fault
from policies.vocabulary_teamwork import CorrectiveStatus
from tests.support.played import Play

KEYS = Keys.fresh()
CLOSES = {"callback_method": ContactWay.PHONE, "resolved_flag": True, "satisfaction": 5, "customer_opinion": "好了"}


@pytest.fixture
def play(office_database, tmp_path):
    return Play(office_database, KEYS, tmp_path)


@pytest.fixture
def called_back(play):
    """Our fault; the plan names improvements; satisfied, not archived yet."""
    play.register()
    play.dispatch()
    play.handle()
    play.act("S011", "confirm_satisfied", **CLOSES)
    return play


@pytest.fixture
def solved(play):
    """Our fault, solved at first contact, so that there is no plan."""
    play.register()
    play.act("S005", "acknowledge", way=ContactWay.PHONE, text="已受理")
    play.act("S005", "start_check")
    play.act("S005", "solve_at_first_contact", solution="当场更正", customer_opinion="好", fault=Fault.OUR_FAULT,
             cause_code="staff_error")  # fmt: skip
    play.act("S011", "confirm_satisfied", **CLOSES)
    return play


def actions(play):
    with play.database.reading() as session:
        statement = sa.select(CorrectiveAction).where(CorrectiveAction.complaint_id == play.complaint_id)
        return list(session.scalars(statement.order_by(CorrectiveAction.id)))


def refused(play, **values):
    with pytest.raises(DomainError) as error:
        play.act("S028", "archive", lesson="先查上联", **values)
    return [(refusal.key.rpartition(".")[2], refusal.field, refusal.status) for refusal in error.value.refusals]


def status(play):
    with play.database.reading() as session:
        return session.get_one(Complaint, play.complaint_id).status


def assign(play, **more):
    values = {
        "source": "complaint", "complaint": play.number, "type": "process_change", "title": "改割接规则",
        "root_cause": "未同批", "owner": play.staff("S015"), "expected_effect": "不再发生", **more,
    }  # fmt: skip
    with play.database.writing() as session:
        return corrective.assign(play.work(session, "S024"), values).number


def test_R30_archiving_opens_one_from_the_improvements_of_the_plan_for_the_head_of_the_department(called_back):
    play = called_back
    play.act("S028", "archive", lesson="先查上联")
    (one,) = actions(play)
    with play.database.reading() as session:
        head = session.scalar(sa.select(Department.head_id).where(Department.code == "technical_support"))
        told = session.scalars(sa.select(Outbox.staff_id).where(Outbox.template == "corrective_notice")).all()
        words = texts_of(KEYS, session.get_one(CorrectiveAction, one.id))
        log = session.execute(sa.select(Event.action).where(Event.complaint_id == play.complaint_id)).scalars().all()
        assert verify(session, KEYS.chain).broken == []
    assert (one.source, one.status, one.assigned_by_id) == ("complaint", CorrectiveStatus.ASSIGNED, None)
    assert (one.owner_id, one.type) == (head, "network_improvement")  # cause network_capacity
    assert told == [head]
    assert words["title"] == words["expected_effect"] == "割接须与上联扩容同批验收"
    assert words["root_cause"] == "上联 2×10GE 拥塞"
    assert log[-2:] == ["corrective_opened", "archive"]
    assert status(play) is ComplaintStatus.ARCHIVED


def test_R30_with_a_reason_none_is_opened_and_the_reason_stands_with_the_archiving(called_back):
    called_back.act("S028", "archive", lesson="先查上联", no_corrective_reason="同类整改已在办")
    assert actions(called_back) == []
    assert status(called_back) is ComplaintStatus.ARCHIVED


def test_R30_one_that_somebody_assigned_before_stands_and_no_second_one_is_opened(called_back):
    number = assign(called_back)
    called_back.act("S028", "archive", lesson="先查上联")
    assert [one.number for one in actions(called_back)] == [number]


def test_R30_what_somebody_cancelled_is_not_opened_again_by_rule(called_back):
    number = assign(called_back)
    with called_back.database.writing() as session:
        corrective.act(called_back.work(session, "S024"), number, CorrectiveAct.CANCEL, {"reason": "重复"})
    assert refused(called_back) == [("neither", "no_corrective_reason", 422)]
    called_back.act("S028", "archive", lesson="先查上联", no_corrective_reason="与另一项重复")
    assert [one.status for one in actions(called_back)] == [CorrectiveStatus.CANCELLED]


def test_R30_without_plan_action_or_reason_it_is_not_archived(solved):
    assert refused(solved) == [("neither", "no_corrective_reason", 422)]
    assert refused(solved, improvements="办理前口头确认", no_corrective_reason="不需要") == [
        ("reason_beside_improvements", "no_corrective_reason", 422)
    ]
    assert status(solved) is ComplaintStatus.CLOSED


def test_R30_whoever_archives_may_name_the_improvements_of_what_was_solved_at_first_contact(solved):
    solved.act("S028", "archive", lesson="口头确认", improvements="办理前口头确认")
    (one,) = actions(solved)
    with solved.database.reading() as session:
        head = session.scalar(sa.select(Department.head_id).where(Department.code == "front_desk"))
    assert one.type == "training"  # cause staff_error
    assert one.owner_id == head


def test_R30_where_the_fault_is_the_customers_nothing_is_opened(play):
    play.register()
    play.act("S005", "acknowledge", way=ContactWay.PHONE, text="已受理")
    play.act("S005", "start_check")
    play.act("S005", "solve_at_first_contact", solution="已指导", customer_opinion="好", fault=Fault.CUSTOMER_FAULT)
    play.act("S011", "confirm_satisfied", **CLOSES)
    play.act("S028", "archive", lesson="多提醒", improvements="宣传页加一句")
    assert actions(play) == []
