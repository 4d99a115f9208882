"""Lots of a lot plan (R27): sizes by the tables, decided once when all is final, switched, stopped and resumed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.inspection import Inspection
from backoffice.models.office import Department
from backoffice.models.sampling import InspectionLot
from backoffice.models.teamwork import CorrectiveAction
from backoffice.queries.lots import progress
from backoffice.services import inspection
from backoffice.services import lots as service
from backoffice.services.core import lots
from policies.lot_switching import Switch
from policies.vocabulary_inspection import InspectionStatus, LotSeverity
from policies.vocabulary_teamwork import CorrectiveLevel, CorrectiveStatus
from tests.support.inspections import Inspected
from tests.support.lots import AT, PLAN, decided, draw_lots, inspect, plan_of
from tests.support.offices import actor_of, changes_of, said

KEYS = Keys.fresh()
TECH, NETWORK = "technical_support", "billing"
MANAGER, CLERK = "S024", "S005"


@pytest.fixture
def office(office_database, tmp_path):
    Inspected(office_database, KEYS, tmp_path).play.register()
    return office_database


def department(session, code=TECH):
    return session.scalars(sa.select(Department.id).where(Department.code == code)).one()


def lot_of(session, draw, code=TECH):
    mine = sa.select(InspectionLot).where(InspectionLot.draw_id == draw.id)
    return session.scalars(mine.where(InspectionLot.department_id == department(session, code))).one()


def test_R27_each_department_is_a_lot_with_the_sizes_of_the_tables(office):
    with office.writing() as session:
        draw = draw_lots(session, {TECH: 100, NETWORK: 30})
        tech, network = lot_of(session, draw), lot_of(session, draw, NETWORK)
        assert (tech.severity, tech.code_letter, tech.sample_size) == ("normal", "F", 20)
        assert (tech.acceptance_number, tech.rejection_number, tech.quality_limit) == (2, 3, "4.0")
        # a lot of 30 has the letter D; at 4.0 % its arrow leads down to E
        assert (network.code_letter, network.sample_size, network.acceptance_number) == ("E", 13, 1)


def test_R27_a_department_without_records_has_no_lot(office):
    with office.writing() as session:
        assert lots.plans_for(session, plan_of(session), {TECH: 0, "no_such_department": 5}) == {}


@pytest.mark.parametrize(
    ("scores", "fatal", "nonconforming", "accepted"),
    [
        (["75.00"] * 20, 0, 0, True),  # 75 conforms, less does not
        (["74.99"] * 2 + ["90.00"] * 18, 0, 2, True),
        (["74.99"] * 3 + ["90.00"] * 17, 0, 3, False),
        (["90.00"] * 18, 2, 2, True),  # a fatal fault counts whatever the score
        (["90.00"] * 17, 3, 3, False),
    ],
)
def test_R27_a_lot_is_decided_by_what_does_not_conform(office, scores, fatal, nonconforming, accepted):
    with office.writing() as session:
        draw = draw_lots(session, {TECH: 100})
        inspect(session, draw, TECH, scores)
        inspect(session, draw, TECH, ["95.00"] * fatal, fatal=True)
        (row,) = lots.decide_lots(session, draw.id, AT)
        assert (row.nonconforming, row.accepted, row.decided_at) == (nonconforming, accepted, AT)
        assert row.next_severity is LotSeverity.NORMAL
        assert lots.decide_lots(session, draw.id, AT + timedelta(days=1)) == []
        assert row.decided_at == AT


def test_R27_not_before_every_inspection_is_final(office):
    with office.writing() as session:
        draw = draw_lots(session, {TECH: 100, NETWORK: 30})
        (waiting,) = inspect(session, draw, TECH, [None])
        inspect(session, draw, TECH, ["90.00"] * 19)
        inspect(session, draw, NETWORK, ["90.00"] * 13)
        assert [row.department_id for row in lots.decide_lots(session, draw.id, AT)] == [department(session, NETWORK)]
        assert service.decide_ripe(session, AT) == 0
        waiting.status, waiting.score = InspectionStatus.FINAL, Decimal("60.00")
        session.flush()
        assert service.decide_ripe(session, AT) == 1
        assert service.decide_ripe(session, AT) == 0
        assert lot_of(session, draw).nonconforming == 1


def test_R27_second_scorings_compulsory_and_cancelled_ones_do_not_count(office):
    with office.writing() as session:
        draw = draw_lots(session, {TECH: 100})
        first = inspect(session, draw, TECH, ["90.00"] * 20)[0]
        inspect(session, draw, TECH, ["10.00"], pair_of_id=first.id)
        inspect(session, draw, TECH, ["10.00"], compulsory=True)
        inspect(session, draw, TECH, ["10.00"], status=InspectionStatus.CANCELLED)
        (row,) = lots.decide_lots(session, draw.id, AT)
        assert row.nonconforming == 0


def test_R27_a_lot_of_which_all_was_cancelled_stays_open(office):
    with office.writing() as session:
        draw = draw_lots(session, {TECH: 100})
        inspect(session, draw, TECH, ["10.00"] * 20, status=InspectionStatus.CANCELLED)
        assert lots.decide_lots(session, draw.id, AT) == []


@pytest.mark.parametrize(
    ("found", "left_out", "decision"),
    [
        (0, 0, True),
        (0, 1, None),  # Ac 2 belongs to a sample of 20
        (2, 1, None),
        (3, 5, False),  # Re 3 is reached whatever the others had shown
    ],
)
def test_R27_a_lot_is_accepted_on_its_whole_sample_alone(office, found, left_out, decision):
    with office.writing() as session:
        draw = draw_lots(session, {TECH: 100})
        inspect(session, draw, TECH, ["60.00"] * found + ["90.00"] * (20 - found - left_out))
        inspect(session, draw, TECH, ["60.00"] * left_out, status=InspectionStatus.CANCELLED)
        lots.decide_lots(session, draw.id, AT)
        row = lot_of(session, draw)
        assert row.accepted is decision
        missing = {one.missing for one in progress(session, [row]).values()}
        assert missing == ({left_out} if decision is None else set())


def test_R27_a_lot_smaller_than_its_sample_is_decided_when_all_of_it_is_inspected(office):
    with office.writing() as session:
        draw = draw_lots(session, {TECH: 5})
        inspect(session, draw, TECH, ["90.00"] * 5)
        assert [row.accepted for row in lots.decide_lots(session, draw.id, AT)] == [True]


def test_R27_departments_switch_each_for_themselves(office):
    with office.writing() as session:
        decided(session, TECH, 15)
        last = decided(session, TECH, 15)
        assert last.next_severity is LotSeverity.TIGHTENED
        plans = lots.plans_for(session, plan_of(session), {TECH: 1_000, NETWORK: 1_000})
        # J at 4.0 %: 80 with 7/8; tightened 5/6
        assert (plans[TECH].severity, plans[TECH].plan.accept) == (LotSeverity.TIGHTENED, 5)
        assert (plans[NETWORK].severity, plans[NETWORK].plan.accept) == (LotSeverity.NORMAL, 7)
        past = lots.past_of(session, PLAN, [department(session)])
        assert [one.after.switch for one in past] == [None, Switch.TWO_OF_FIVE]


def test_R27_ten_good_lots_lead_to_a_smaller_sample(office):
    with office.writing() as session:
        rows = [decided(session, TECH, 0) for _ in range(10)]
        assert [row.switching_score for row in rows] == [3, 6, 9, 12, 15, 18, 21, 24, 27, 0]
        assert rows[-1].next_severity is LotSeverity.REDUCED
        plan = lots.plans_for(session, plan_of(session), {TECH: 1_000})[TECH]
        assert (plan.severity, plan.size, plan.plan.accept, plan.plan.reject) == (LotSeverity.REDUCED, 32, 3, 6)


def stopped(session):
    for _ in range(6):
        decided(session, TECH, 15)
    last = decided(session, TECH, 15)
    assert last.next_severity is LotSeverity.DISCONTINUED
    return last


def action(session, number="CA202603-0001", status=CorrectiveStatus.VERIFIED, code=TECH):
    row = CorrectiveAction(
        number=number, source="inspection", type="process_change", level=CorrectiveLevel.NORMAL, status=status,
        verification="sample_check", department_id=department(session, code), owner_id=actor_of(session).staff_id,
        assigned_at=AT, due_on=AT.date(), due_at=AT, first_due_on=AT.date(), sealed=b"",
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def test_R27_five_lots_refused_on_tightened_inspection_stop_the_sampling(office):
    with office.writing() as session:
        stopped(session)
        plan = lots.plans_for(session, plan_of(session), {TECH: 1_000})[TECH]
        assert (plan.severity, plan.plan, plan.size) == (LotSeverity.DISCONTINUED, None, 0)
        draw = draw_lots(session, {TECH: 1_000})
        assert session.scalar(sa.select(sa.func.count()).where(InspectionLot.draw_id == draw.id)) == 0


def test_R27_sampling_goes_on_tightened_after_a_verified_improvement(office):
    at = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    with office.writing() as session:
        last = stopped(session)
        action(session)
        manager = actor_of(session, MANAGER)
        made = service.record_improvement(session, manager, at, last.id, " ca202603-0001 ", "整改已核实")
        assert (made.reason, made.at, made.by_id) == ("整改已核实", at, manager.staff_id)
        plan = lots.plans_for(session, plan_of(session), {TECH: 1_000})[TECH]
        assert (plan.severity, plan.plan.accept) == (LotSeverity.TIGHTENED, 5)
        (change,) = changes_of(session, "inspection_lot")
        assert (change.changes, change.reason) == ({"improvement": [None, "CA202603-0001"]}, "整改已核实")
        with pytest.raises(DomainError) as again:
            service.record_improvement(session, manager, at, last.id, "CA202603-0001", "再一次")
        assert said(again) == [(None, "not_stopped")]


@pytest.mark.parametrize(
    ("given", "number", "reason", "expected"),
    [
        ({}, "CA209901-0001", "整改已核实", [("action_number", "no_such_action")]),
        ({"status": CorrectiveStatus.DONE}, "CA202603-0001", "整改已核实", [("action_number", "not_verified")]),
        ({"code": NETWORK}, "CA202603-0001", "整改已核实", [("action_number", "other_department")]),
        ({}, "CA202603-0001", " ", [("reason", "missing")]),
    ],
)
def test_R27_a_stop_ends_only_with_a_verified_corrective_action_of_the_department(
    office, given, number, reason, expected
):
    with office.writing() as session:
        last = stopped(session)
        action(session, **given)
        with pytest.raises(DomainError) as refused:
            service.record_improvement(session, actor_of(session, MANAGER), AT, last.id, number, reason)
        assert said(refused) == expected


def test_R27_who_verifies_no_corrective_actions_ends_no_stop(office):
    with office.writing() as session:
        last = stopped(session)
        with pytest.raises(DomainError) as refused:
            service.record_improvement(session, actor_of(session, CLERK), AT, last.id, "CA202603-0001", "x")
        assert refused.value.status == 403


def test_R27_a_lot_decided_late_takes_its_place_in_the_order_of_the_draws(office):
    with office.writing() as session:
        early = draw_lots(session, {TECH: 1_000})
        decided(session, TECH, 15)
        inspect(session, early, TECH, ["50.00"] * 15)
        lots.decide_lots(session, early.id, AT)
        course = lots.courses_of(session, PLAN, [department(session)])[department(session)]
        assert course.severity is LotSeverity.TIGHTENED
        assert session.scalar(sa.select(sa.func.count()).select_from(Inspection)) == 15 + 80


def test_R27_the_last_inspection_that_becomes_final_decides_its_lot(office_database, tmp_path):
    scene = Inspected(office_database, KEYS, tmp_path)
    scene.play.register()
    number = scene.published(plan=PLAN, score="60.00")
    with office_database.writing() as session:
        row = session.scalars(sa.select(Inspection).where(Inspection.number == number)).one()
        lots.open_lots(session, row.draw, lots.plans_for(session, row.draw.plan, {TECH: 100}))
        inspect(session, row.draw, TECH, ["90.00"] * 19)
        inspection_id = row.id
    scene.later(days=30)
    with office_database.writing() as session:
        assert inspection.finalise(scene.work(session, MANAGER), inspection_id)
        lot = session.scalars(sa.select(InspectionLot)).one()
        assert (lot.nonconforming, lot.accepted) == (1, True)
