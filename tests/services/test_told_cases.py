"""The told cases played through the real services, on both databases: clocks, completeness and outcome as told (R2–R24)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.jobs.demonstration.told_cases import Player, told_cases
from backoffice.keys import Keys
from backoffice.models.complaint import ClockRow, Complaint, WorkOrder
from backoffice.models.handling import CallBack
from backoffice.models.office import Department, Staff
from backoffice.models.teamwork import CorrectiveAction, FollowUp, Statement
from backoffice.models.work import Outbox
from backoffice.queries.verification import verify
from policies.vocabulary import ComplaintStatus
from tests.support.told_cases import local, office

REPEATING = {"progress", "report"}
CASES = {case["code"].removeprefix("case_")[:2]: case for case in told_cases()}


@pytest.fixture(params=sorted(CASES), ids=lambda number: CASES[number]["code"])
def number(request):
    return request.param


@pytest.fixture
def player(office_database, tmp_path):
    return Player(office_database, Keys.fresh(), tmp_path / "files")


def rows_of(session, complaint_id):
    """The clocks of a complaint as the told cases write them."""
    for row in session.scalars(sa.select(ClockRow).where(ClockRow.complaint_id == complaint_id)):
        yield {
            "clock": row.code,
            "occurrence": row.occurrence if row.code in REPEATING else None,
            "start": row.started_at,
            "amount": row.amount,
            "unit": row.unit,
            "phase": row.phase,
            "due": row.due_at,
            "original_due": row.original_due_at,
            "extended_by_working_days": row.extended_days,
            "stopped_at": row.stopped_at,
            "met": row.met,
        }


def told_rows(case):
    """The told rows; an extended clock is due as it was extended, and says how."""
    for row in case["clocks"]:
        yield {
            "clock": row["clock"],
            "occurrence": row.get("occurrence"),
            "start": local(row["start"]),
            "amount": row["amount"],
            "unit": row["unit"],
            "phase": row.get("phase"),
            "due": local(row.get("extended_due", row["due"])),
            "original_due": local(row["due"]) if "extended_due" in row else None,
            "extended_by_working_days": row.get("extended_by_working_days", 0),
            "stopped_at": local(row["stopped_at"]),
            "met": row["met"],
        }


def in_order(rows):
    return sorted(rows, key=lambda row: (row["clock"], row["start"], row["occurrence"] or 0))


def test_a_told_case_lives_as_it_is_told(player, number):
    case = CASES[number]
    complaint_id = player.play(case)
    with player.database.reading() as session:
        complaint = session.get_one(Complaint, complaint_id)
        assert in_order(rows_of(session, complaint_id)) == in_order(told_rows(case))
        assert (complaint.number, float(complaint.completeness)) == (case["number"], case["completeness"]["score"])
        assert (complaint.category.code, complaint.severity, complaint.priority) == (
            case["category"], case["severity"], case["priority"],
        )  # fmt: skip
        assert (complaint.outcome, complaint.fault) == (case["outcome"], case["fault"])
        assert complaint.received_at == local(case["received_at"])
        assert complaint.status is ComplaintStatus.ARCHIVED
        assert verify(session, player.keys.chain).broken == []


def test_R11_the_disputed_order_goes_the_told_way_and_nobody_has_it_twice_at_once(player):
    complaint_id = player.play(CASES["06"])
    with player.database.reading() as session:
        statement = (
            sa.select(Department.code, WorkOrder.status)
            .join(WorkOrder, WorkOrder.department_id == Department.id)
            .where(WorkOrder.complaint_id == complaint_id)
            .order_by(WorkOrder.id)
        )
        went = session.execute(statement).all()
    assert [code for code, _ in went] == CASES["06"]["order_departments"]
    assert [status.is_current for _, status in went] == [False, False, True]


def test_R21_each_round_is_counted_and_called_back_by_somebody_who_did_not_handle_it(player):
    complaint_id = player.play(CASES["10"])
    with player.database.reading() as session:
        complaint = session.get_one(Complaint, complaint_id)
        calls = session.scalars(sa.select(CallBack).where(CallBack.complaint_id == complaint_id)).all()
        assert [(call.round, call.solved, call.satisfaction) for call in calls] == [(1, False, 1), (2, False, 2)]
        assert complaint.round == 3
        assert complaint.owner_id not in {call.by_id for call in calls}


def test_R9_what_was_taken_on_paper_keeps_its_times_and_its_number(player):
    complaint_id = player.play(CASES["04"])
    with player.database.reading() as session:
        complaint = session.get_one(Complaint, complaint_id)
        assert complaint.registered_at == local(CASES["04"]["entered_at"])
        assert complaint.acknowledged_at == local("2026-10-12T09:14")
        assert complaint.nth_complaint == CASES["04"]["nth_complaint"]


def test_R16_the_follow_up_of_an_important_complaint_is_due_as_it_is_told(player):
    complaint_id = player.play(CASES["08"])
    with player.database.reading() as session:
        row = session.scalars(sa.select(FollowUp).where(FollowUp.complaint_id == complaint_id)).one()
        assert (row.due_at, row.done_at) == (local(CASES["08"]["follow_up_due"]), None)


def test_R17_the_alarm_of_the_told_major_complaint_goes_out_with_its_registration_and_once(player):
    complaint_id = player.play(CASES["09"])
    with player.database.reading() as session:
        sent = session.scalars(sa.select(Outbox).where(Outbox.template == "major_alert_sms")).all()
        roles = ("complaints_manager", "duty_manager", "senior_manager")
        people = [row["code"] for row in office("organisation")["staff"] if set(row["roles"]) & set(roles)]
        told = session.scalars(sa.select(Staff.code).where(Staff.id.in_({row.staff_id for row in sent}))).all()
        assert sorted(told) == sorted(people)
        assert {row.complaint_id for row in sent} == {complaint_id}
        assert {row.created_at for row in sent} == {local("2026-10-02T09:25")}
        assert len(sent) == len(people)


def test_R17_the_told_statements_are_written_approved_and_published_by_two_people(player):
    complaint_id = player.play(CASES["09"])
    with player.database.reading() as session:
        rows = session.scalars(sa.select(Statement).where(Statement.complaint_id == complaint_id)).all()
        assert [(row.kind, row.published_at) for row in rows] == [
            ("regulator", local("2026-10-02T11:00")), ("media", local("2026-10-02T12:30")),
        ]  # fmt: skip
        assert all(row.written_by_id != row.decided_by_id for row in rows)


def test_R17_R30_the_told_post_review_opens_two_corrective_actions_with_owner_and_date(player):
    complaint_id = player.play(CASES["09"])
    with player.database.reading() as session:
        rows = session.scalars(sa.select(CorrectiveAction).where(CorrectiveAction.complaint_id == complaint_id)).all()
        assert [(row.source, row.type, row.status) for row in rows] == [("post_review", "rule_change", "assigned")] * 2
        # 20 working days from Wednesday 14 October: 23 October the office closes
        assert {row.due_at for row in rows} == {local("2026-11-12T18:00")}
        notices = session.scalars(sa.select(Outbox.staff_id).where(Outbox.template == "corrective_notice")).all()
        assert notices == [row.owner_id for row in rows]
