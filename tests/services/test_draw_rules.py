"""R27, R28: a share scored twice, plans narrowed down for good and stopped, draws cancelled, absences, who is told."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.duty import Absence
from backoffice.models.history import AccessEvent, ChainHead, ReferenceChange
from backoffice.models.inspection import Inspection, InspectionEvent
from backoffice.models.office import RoleGrant
from backoffice.models.sampling import Draw, SamplingPlan
from backoffice.models.work import Outbox
from backoffice.sealing import open_for_office
from backoffice.services import inspection, sampling
from backoffice.services import sampling_plan as plans
from backoffice.services.lots import decide_and_tell
from policies.chain import first_head
from policies.inspection import CancelReason
from policies.vocabulary import VersionState
from policies.vocabulary_inspection import DrawState, InspectionStatus
from tests.support.closed import september
from tests.support.drawing import KEYS, OCTOBER_9, Desk
from tests.support.lots import draw_lots, inspect
from tests.support.offices import said

MANAGER, ADMINISTRATOR, INSPECTOR = "S024", "S030", "S022"
REGULAR = "monthly_regular"


@pytest.fixture
def desk(office_database):
    return Desk(office_database)


def told(desk, template):
    """Who was told by this template, with the text."""
    with desk.database.reading() as session:
        rows = session.scalars(sa.select(Outbox).where(Outbox.template == template).order_by(Outbox.id)).all()
        return [(row.staff_id, json.loads(open_for_office(KEYS, row.sealed, "outbox"))["text"]) for row in rows]


# A share scored twice


def test_R28_a_share_of_what_was_drawn_is_scored_a_second_time_by_somebody_else(desk):
    desk.put(*september(desk.office, 200), desk.office.row("TS9999", severity="major"))
    desk.say(REGULAR, double_share_percent=25)
    draw = desk.draw()
    rows = desk.inspections(draw)
    firsts = {row.id: row for row in rows if row.position}
    seconds = [row for row in rows if not row.position]
    assert (draw.drawn_count, len(firsts), len(seconds)) == (13, 13, math.ceil(13 * 0.25))
    lowest = sorted(
        (row.unit_key for row in firsts.values()),
        key=lambda number: hashlib.sha256(f"{draw.seed}/double/{number}".encode()).hexdigest(),
    )[:4]
    assert {row.unit_key for row in seconds} == set(lowest)
    for second in seconds:
        first = firsts[second.pair_of_id]
        assert first.unit_key == second.unit_key
        assert second.inspector_id not in (None, first.inspector_id)
        assert (second.card_id, second.subject_id, second.status) == (
            first.card_id,
            first.subject_id,
            InspectionStatus.DRAWN,
        )
    # each went to the one who had the least of those who may: all seconds may be of one inspector's records
    everybody = {row.inspector_id for row in rows}
    loads: Counter[int] = Counter()
    for row in sorted(rows, key=lambda row: row.id):
        others = everybody - ({firsts[row.pair_of_id].inspector_id} if row.pair_of_id else set())
        assert loads[row.inspector_id] == min(loads[one] for one in others)
        loads[row.inspector_id] += 1
    assert desk.broken() == []


def test_R28_a_plan_that_says_no_share_scores_nothing_twice(desk):
    desk.put(*september(desk.office, 60))
    assert all(row.pair_of_id is None for row in desk.inspections(desk.draw()))


BREAKS = {
    "another record": "UPDATE inspection SET unit_key = unit_key || 'x' WHERE position = 0",
    "one taken away": "DELETE FROM inspection WHERE position = 0 AND id = (SELECT max(id) FROM inspection)",
    "a key of one's own": "UPDATE inspection SET sort_key = '0' WHERE position = 0",
    "no longer a second one": "UPDATE inspection SET pair_of_id = NULL WHERE position = 0",
}


@pytest.mark.parametrize("statement", BREAKS.values(), ids=BREAKS.keys())
def test_R28_what_was_changed_of_second_scorings_is_found_when_it_is_drawn_again(desk, statement):
    desk.put(*september(desk.office, 120))
    desk.say(REGULAR, double_share_percent=40)
    desk.draw()
    assert desk.broken() == []
    with desk.database.writing() as session:
        if statement.startswith("DELETE"):
            newest = session.scalar(sa.select(sa.func.max(Inspection.id)))
            session.execute(sa.delete(InspectionEvent).where(InspectionEvent.inspection_id == newest))
        session.execute(sa.text(statement))
    assert [key for _name, key in desk.broken()] == ["draws.fault.twice"]


def test_R28_a_record_of_a_plan_with_a_share_is_not_drawn_for_second_scoring_once_more(desk):
    desk.put(*(desk.office.row(f"TS{n}") for n in range(6)))
    desk.say(REGULAR, double_share_percent=100)
    draw = desk.draw()
    with desk.database.writing() as session:
        mine = sa.update(Inspection).where(Inspection.draw_id == draw.id, Inspection.position > 0)
        session.execute(mine.values(status=InspectionStatus.SCORED, scored_at=OCTOBER_9))
    desk.at = datetime(2026, 11, 3, 2, 0, tzinfo=OCTOBER_9.tzinfo)
    second = desk.draw("double_scoring", first=date(2026, 10, 1), last=date(2026, 10, 31))
    assert (second.population_count, second.exclusions) == (0, {"scored_twice": 3})


def test_R28_a_second_scoring_goes_with_the_first_that_is_cancelled(desk):
    desk.put(*september(desk.office, 60))
    desk.say(REGULAR, double_share_percent=10)
    draw = desk.draw()
    (second,) = [row for row in desk.inspections(draw) if not row.position]
    first = next(row for row in desk.inspections(draw) if row.id == second.pair_of_id)
    inspector = desk.person(next(code for code, key in desk.office.staff.items() if key == first.inspector_id))
    with desk.database.writing() as session:
        session.add(
            ChainHead(complaint_id=first.complaint_id, sequence=0, mac=first_head(KEYS.chain, first.complaint_id).mac)
        )
        session.flush()
        inspection.cancel(inspector(session), first.number, CancelReason.NOT_FIT, "录音缺失")
    assert {row.status for row in desk.inspections(draw) if row.id in (first.id, second.id)} == {
        InspectionStatus.CANCELLED
    }


# Narrowed down for good

NARROWED = {
    "departments": (["billing"], {"TS1"}),
    "channels": (["service_hall"], {"TS2"}),
    "a branch of categories": (["network"], {"TS0", "TS1", "TS2", "TS4"}),
    "severities": (["major"], {"TS4"}),
}


@pytest.mark.parametrize(("name", "said_of_it"), NARROWED.items(), ids=NARROWED.keys())
def test_R27_a_regular_plan_draws_from_what_it_is_narrowed_down_to(desk, name, said_of_it):
    codes, expected = said_of_it
    row = desk.office.row
    desk.put(
        row("TS0"),
        row("TS1", department="billing"),
        row("TS2", channel="service_hall"),
        row("TS3", category="bill_unknown_charge"),
        row("TS4", severity="major"),
    )
    name = "categories" if "categories" in name else name
    desk.say(REGULAR, filters={name: codes})
    draw = desk.draw()
    assert set(desk.population(draw)) == expected
    assert draw.query["filters"] == {name: codes}
    assert desk.broken() == []


def test_R27_second_scorings_are_narrowed_down_as_well(desk):
    desk.put(desk.office.row("TS0"), desk.office.row("TS1", department="billing"))
    draw = desk.draw()
    with desk.database.writing() as session:
        mine = sa.update(Inspection).where(Inspection.draw_id == draw.id)
        session.execute(mine.values(status=InspectionStatus.SCORED, scored_at=OCTOBER_9))
    desk.say("double_scoring", filters={"departments": ["billing"]})
    desk.at = datetime(2026, 11, 3, 2, 0, tzinfo=OCTOBER_9.tzinfo)
    second = desk.draw("double_scoring", first=date(2026, 10, 1), last=date(2026, 10, 31))
    assert second.population_count == 1


# Draws cancelled


def test_R27_a_draw_that_nobody_has_begun_is_cancelled_with_its_inspections_and_drawn_anew(desk):
    desk.put(*september(desk.office, 90))
    draw = desk.draw()
    count = desk.do(MANAGER, sampling.cancel, draw.id, " 总体条件有误 ")
    with desk.database.reading() as session:
        row = session.get_one(Draw, draw.id)
        assert (row.state, row.cancel_reason, row.cancelled_at) == (DrawState.CANCELLED, "总体条件有误", OCTOBER_9)
        events = session.scalars(sa.select(InspectionEvent).where(InspectionEvent.kind == "cancelled")).all()
        logged = session.scalars(sa.select(AccessEvent.kind).order_by(AccessEvent.id)).all()
    rows = desk.inspections(draw)
    assert (count, len(events)) == (len(rows), len(rows))
    assert {one.status for one in rows} == {InspectionStatus.CANCELLED}
    assert logged[-1] == "draw_cancelled"
    assert desk.broken() == []
    again = desk.draw()
    assert (again.sequence, again.population_count, again.exclusions) == (2, 90, {})
    assert desk.broken() == []


def test_R27_the_calendar_draws_a_cancelled_period_again(desk):
    desk.put(*september(desk.office, 30))
    draw = desk.draw()
    with desk.database.reading() as session:
        assert REGULAR not in {order.plan for order in sampling.due(session, OCTOBER_9)}
    desk.do(MANAGER, sampling.cancel, draw.id, "总体条件有误")
    with desk.database.reading() as session:
        due = [(order.plan, order.first) for order in sampling.due(session, OCTOBER_9)]
    assert (REGULAR, date(2026, 9, 1)) in due


def test_R27_a_draw_of_which_an_inspection_was_begun_is_not_cancelled(desk):
    desk.put(*september(desk.office, 30))
    draw = desk.draw()
    with desk.database.writing() as session:
        newest = sa.select(sa.func.max(Inspection.id)).scalar_subquery()
        session.execute(
            sa.update(Inspection).where(Inspection.id == newest).values(status=InspectionStatus.IN_PROGRESS)
        )
    with pytest.raises(DomainError) as error:
        desk.do(MANAGER, sampling.cancel, draw.id, "换一批")
    assert said(error) == [(None, "begun")]
    assert {row.status for row in desk.inspections(draw)} == {InspectionStatus.DRAWN, InspectionStatus.IN_PROGRESS}


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (INSPECTOR, "换一批", [(None, "permission")]),
        (MANAGER, "  ", [("reason", "missing")]),
        (MANAGER, "长" * 401, [("reason", "too_long")]),
    ],
)
def test_R27_who_draws_does_not_cancel_and_a_reason_is_needed(desk, code, reason, expected):
    desk.put(*september(desk.office, 9))
    draw = desk.draw()
    with pytest.raises(DomainError) as error:
        desk.do(code, sampling.cancel, draw.id, reason)
    assert said(error) == expected


def test_R27_a_frozen_draw_is_cancelled_and_not_gone_on_with(desk):
    desk.put(*september(desk.office, 9))
    draw_id = sampling.freeze(desk.database, desk.work_in, sampling.Order(REGULAR))
    assert desk.do(MANAGER, sampling.cancel, draw_id, "总体条件有误") == 0
    with desk.database.reading() as session:
        assert sampling.unfinished(session) == []
    with pytest.raises(DomainError) as error:
        sampling.go_on(desk.database, desk.work_in, draw_id)
    assert said(error) == [(None, "cancelled_already")]
    assert desk.broken() == []


def test_R40_a_draw_that_somebody_changed_is_not_signed_anew_by_cancelling_it(desk):
    desk.put(*september(desk.office, 9))
    draw = desk.draw()
    with desk.database.writing() as session:
        session.execute(sa.text("UPDATE draw SET nonce = 'abc'"))
    with pytest.raises(DomainError) as error:
        desk.do(MANAGER, sampling.cancel, draw.id, "换一批")
    assert said(error) == [(None, "changed")]


def test_R40_a_cancelled_draw_that_is_made_to_hold_again_is_found(desk):
    desk.put(*september(desk.office, 9))
    draw = desk.draw()
    desk.do(MANAGER, sampling.cancel, draw.id, "总体条件有误")
    with desk.database.writing() as session:
        session.execute(sa.text("UPDATE draw SET state = 'drawn', cancel_reason = NULL"))
    assert {key for _name, key in desk.broken()} == {"draws.fault.column", "draws.fault.logged"}


# Away, and who is told


def away(desk, code, days):
    with desk.database.writing() as session:
        begins = OCTOBER_9.replace(hour=0)
        span = {"begins_at": begins, "ends_at": begins + timedelta(days=days)}
        session.add(Absence(staff_id=desk.office.staff[code], **span))


def test_R27_who_is_away_gets_nothing_while_others_are_there(desk):
    away(desk, INSPECTOR, 9)
    desk.put(*september(desk.office, 120))
    found = Counter(one.inspector_id for one in desk.inspections(desk.draw()))
    assert set(found) == {desk.office.staff["S023"], desk.office.staff["S024"]}


def test_R27_a_day_off_keeps_nobody_out_of_a_draw(desk):
    away(desk, INSPECTOR, 1)
    desk.put(*september(desk.office, 120))
    assert desk.office.staff[INSPECTOR] in {one.inspector_id for one in desk.inspections(desk.draw())}


def test_R27_each_inspector_is_told_once_of_all_that_is_new(desk):
    desk.put(*september(desk.office, 120))
    desk.say(REGULAR, double_share_percent=50)
    draw = desk.draw()
    loads = Counter(one.inspector_id for one in desk.inspections(draw))
    messages = told(desk, "inspections_given_notice")
    assert {who for who, _text in messages} == set(loads)
    assert len(messages) == len(loads) == 3
    for who, text in messages:
        assert f"{loads[who]} 件" in text
        assert "月度常规抽检" in text
        assert "TS2026" not in text


LOTS = {
    "accepted": (["90.00"] * 20, None),
    "not accepted": (["60.00"] * 3 + ["90.00"] * 17, "lot_not_accepted_notice"),
}


@pytest.mark.parametrize(("scores", "template"), LOTS.values(), ids=LOTS.keys())
def test_R27_head_and_quality_manager_hear_of_a_lot_that_is_not_accepted(desk, scores, template):
    desk.put(desk.office.row("TS1"))
    with desk.database.writing() as session:
        inspect(session, draw_lots(session, {"technical_support": 100}), "technical_support", scores)
    with desk.database.writing() as session:
        assert decide_and_tell(desk.work_in(session)) == 1
        assert decide_and_tell(desk.work_in(session)) == 0
    found = [template for template in ("lot_not_accepted_notice", "lot_stopped_notice") if told(desk, template)]
    assert found == ([template] if template else [])
    if template:
        assert {who for who, _text in told(desk, template)} == {desk.office.staff["S015"], desk.office.staff[MANAGER]}
        assert all("不合格 3 件" in text and "2 件" in text for _who, text in told(desk, template))


def test_R27_they_hear_once_that_sampling_stops(desk):
    """Two of two lots lead to tightened inspection; five more that are not accepted end the sampling."""
    desk.put(desk.office.row("TS1"))
    for _ in range(7):
        with desk.database.writing() as session:
            inspect(session, draw_lots(session, {"technical_support": 100}), "technical_support", ["60.00"] * 20)
        with desk.database.writing() as session:
            decide_and_tell(desk.work_in(session))
    assert len(told(desk, "lot_not_accepted_notice")) == 2 * 6
    stopped = told(desk, "lot_stopped_notice")
    assert [who for who, _text in stopped] == sorted([desk.office.staff["S015"], desk.office.staff[MANAGER]])
    assert all("停止" in text for _who, text in stopped)


# Approved and stopped


def drafted(desk, code=ADMINISTRATOR):
    """A checked second version of the regular plan, drawn up by somebody."""
    with desk.database.writing() as session:
        actor = desk.person(code)(session).actor
        base = session.scalars(sa.select(SamplingPlan).where(SamplingPlan.code == REGULAR)).one()
        row = plans.PLANS.draw_up(session, actor, desk.at, base.id, "评审决定")
        session.flush()
        row = plans.PLANS.change(session, actor, desk.at, row.id, row.revision, {"double_share_percent": 10})
        assert plans.PLANS.check(session, actor, desk.at, row.id, row.revision) == []
        return row.id, row.revision


def force(desk, code, version_id, revision):
    with desk.database.writing() as session:
        actor = desk.person(code)(session).actor
        return plans.PLANS.put_into_force(session, actor, desk.at, version_id, revision, OCTOBER_9.date(), "同意")


def may_edit(desk, code_of_role):
    with desk.database.writing() as session:
        role = session.scalar(sa.text(f"SELECT id FROM role WHERE code = '{code_of_role}'"))
        session.add(RoleGrant(role_id=role, permission="configuration_edit", scope="all"))


def test_R27_a_version_is_put_into_force_by_who_approves_not_by_who_drew_it_up(desk):
    version = drafted(desk)
    with pytest.raises(DomainError) as error:
        force(desk, ADMINISTRATOR, *version)
    assert (said(error), error.value.status) == ([(None, "permission")], 403)
    row = force(desk, MANAGER, *version)
    assert row.state is VersionState.EFFECTIVE
    with desk.database.reading() as session:
        line = session.scalars(sa.select(ReferenceChange).order_by(ReferenceChange.id.desc()).limit(1)).one()
        assert (line.action, line.actor_id) == ("put_into_force", desk.office.staff[MANAGER])


def test_R27_nobody_approves_a_version_that_they_drew_up_or_changed(desk):
    may_edit(desk, "quality_manager")
    version = drafted(desk, MANAGER)
    with pytest.raises(DomainError) as error:
        force(desk, MANAGER, *version)
    assert (said(error), error.value.status) == ([(None, "own_version")], 409)


def test_R27_a_plan_that_is_stopped_draws_nothing_until_a_later_version_holds(desk):
    desk.put(*september(desk.office, 30))
    with desk.database.writing() as session:
        row = session.scalars(sa.select(SamplingPlan).where(SamplingPlan.code == REGULAR)).one()
        actor = desk.person(MANAGER)(session).actor
        plans.stop(session, actor, desk.at, row.id, row.revision, OCTOBER_9.date(), "改由批次抽检")
    with desk.database.reading() as session:
        assert REGULAR not in {order.plan for order in sampling.due(session, OCTOBER_9)}
    with pytest.raises(DomainError) as error:
        desk.draw()
    assert said(error) == [("plan", "no_plan")]
    desk.at = OCTOBER_9 + timedelta(days=60)
    version = drafted(desk)
    with desk.database.writing() as session:
        actor = desk.person(MANAGER)(session).actor
        day = desk.at.date()
        plans.PLANS.put_into_force(session, actor, desk.at, *version, day, "恢复")
    with desk.database.reading() as session:
        # two months were missed while it was stopped; they are not caught up
        orders = sampling.due(session, desk.at + timedelta(days=31))
        assert [order.first for order in orders if order.plan == REGULAR] == [date(2026, 12, 1)]


def test_R27_until_the_day_on_which_it_stops_a_plan_draws(desk):
    desk.put(*september(desk.office, 30))
    with desk.database.writing() as session:
        row = session.scalars(sa.select(SamplingPlan).where(SamplingPlan.code == REGULAR)).one()
        actor = desk.person(MANAGER)(session).actor
        plans.stop(session, actor, desk.at, row.id, row.revision, date(2026, 11, 1), "改由批次抽检")
    assert desk.draw().state is DrawState.DRAWN


@pytest.mark.parametrize("code", [ADMINISTRATOR, INSPECTOR])
def test_R27_who_may_not_approve_does_not_stop_a_plan(desk, code):
    with desk.database.writing() as session:
        row = session.scalars(sa.select(SamplingPlan).where(SamplingPlan.code == REGULAR)).one()
        actor = desk.person(code)(session).actor
        with pytest.raises(DomainError) as error:
            plans.stop(session, actor, desk.at, row.id, row.revision, OCTOBER_9.date(), "x")
    assert said(error) == [(None, "permission")]
