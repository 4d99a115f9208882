"""R27, R28: calls, new people, people under coaching, findings that a complaint does not stand, second scorings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.models.handling import CallBack, Communication
from backoffice.models.inspection import Inspection, Scorecard
from backoffice.models.office import Staff
from backoffice.models.sampling import Coaching, Draw, InspectionLot
from backoffice.office import document
from backoffice.queries.populations import Asked, rows
from backoffice.queries.rulebook import Rulebook
from backoffice.services import sampling
from policies.sampling_people import is_watched
from policies.sampling_period import month_of
from policies.sampling_plan import parse_plan
from policies.vocabulary_inspection import InspectionStatus
from tests.services.test_sampling import Desk
from tests.support.closed import SEPTEMBER

MONDAY = datetime(2026, 9, 21, 2, 0, tzinfo=UTC)
IN_THE_WEEK = datetime(2026, 9, 16, 2, 0, tzinfo=UTC)


@pytest.fixture
def desk(office_database):
    return Desk(office_database)


def talk(desk, number, at=SEPTEMBER, by="S016", **columns):
    with desk.database.writing() as session:
        complaint_id = session.scalars(sa.select(Complaint.id).where(Complaint.number == number)).one()
        row = {"kind": "progress", "way": "phone", "step": "investigate", "round": 1, "sealed": b""} | columns
        made = Communication(complaint_id=complaint_id, at=at, by_id=desk.office.staff[by], **row)
        session.add(made)
        session.flush()
        return f"{number}/talk:{made.id}"


def call_back(desk, number, at=SEPTEMBER, by="S011", **columns):
    with desk.database.writing() as session:
        complaint_id = session.scalars(sa.select(Complaint.id).where(Complaint.number == number)).one()
        row = {"round": 1, "way": "phone", "reached": True, "sealed": b""} | columns
        made = CallBack(complaint_id=complaint_id, at=at, by_id=desk.office.staff.get(by), **row)
        session.add(made)
        session.flush()
        return f"{number}/call_back:{made.id}"


def test_R27_calls_are_intakes_on_live_channels_talks_and_call_backs_by_whoever_spoke(desk):
    row = desk.office.row
    live, still = "hotline", next(code for code in desk.office.channels if "email" in code or "letter" in code)
    began = {"received_at": SEPTEMBER, "call_started_at": SEPTEMBER}
    desk.put(
        row("TS1", channel=live, **began),
        row("TS2", channel=still, **began),
        row("TS3", channel=live, **{**began, "call_started_at": SEPTEMBER - timedelta(days=2)}),  # a call of August
        row("TS4", channel=live, clerk=None, **began),
    )
    spoken = talk(desk, "TS1"), call_back(desk, "TS2")
    talk(desk, "TS1", way="sms")
    talk(desk, "TS1", kind="call_back")
    talk(desk, "TS1", at=SEPTEMBER + timedelta(days=40))
    call_back(desk, "TS2", way="survey_link")
    call_back(desk, "TS2", reached=False)
    draw = desk.draw("monthly_calls")
    assert desk.population(draw) == sorted(["TS1/intake", *spoken])
    assert [one["key"] for one in draw.strata] == [["S005"], ["S011"], ["S016"]]
    found = {one.unit_key: one for one in desk.inspections(draw)}
    assert found["TS1/intake"].unit == "intake"
    assert found[spoken[0]].subject_id == desk.office.staff["S016"]
    with desk.database.reading() as session:
        cards = {session.get_one(Scorecard, one.card_id).code for one in found.values()}
    assert cards == {"call_quality_card"}


def test_R27_that_complaints_do_not_stand_is_drawn_by_whoever_took_them(desk):
    desk.put(
        desk.office.row("TS1", outcome="not_established", clerk="S005"),
        desk.office.row("TS2", outcome="referred_out", clerk="S035"),
        desk.office.row("TS3"),
    )
    draw = desk.draw("not_established_check")
    assert desk.population(draw) == ["TS1", "TS2"]
    assert [one["key"] for one in draw.strata] == [["S005"], ["S035"]]
    assert {one.subject_id for one in desk.inspections(draw)} == {desk.office.staff[c] for c in ("S005", "S035")}


# joined so many days before, last published score → still watched
WATCHED = [
    (0, None, True),
    (89, "99", True),  # fewer than 90 days: whatever the score
    (90, "85", False),
    (90, "84.99", True),
    (90, None, True),
    (400, "60", True),
    (400, "90", False),
]


@pytest.mark.parametrize(("days", "score", "watched"), WATCHED)
def test_R27_more_is_drawn_of_new_people_until_ninety_days_with_a_last_score_of_85(days, score, watched):
    day = date(2026, 9, 14)
    assert is_watched(day - timedelta(days=days), day, None if score is None else Decimal(score)) is watched


def test_R27_the_plan_of_new_people_draws_their_calls_and_those_of_people_under_coaching(desk):
    desk.at = MONDAY
    began = {"received_at": IN_THE_WEEK, "call_started_at": IN_THE_WEEK}
    desk.put(*(desk.office.row(f"TS{code}", clerk=code, **began) for code in ("S005", "S035", "S016")))
    with desk.database.writing() as session:
        session.execute(sa.update(Staff).where(Staff.code == "S005").values(joined=date(2026, 8, 1)))
        session.add(Coaching(staff_id=desk.office.staff["S035"], since=date(2026, 9, 1), reason="连续两月低于 75",
                             ordered_at=MONDAY))  # fmt: skip
    draw = desk.draw("new_staff")
    assert draw.period_label == "2026-W38"
    assert desk.population(draw) == ["TSS005/intake", "TSS035/intake"]


def scored(desk, count=6, at=datetime(2026, 9, 20, 2, 0, tzinfo=UTC)):
    """Inspections of the regular plan, scored in September by whom they were given to."""
    desk.put(*(desk.office.row(f"TS{n}", outcome="closed_unsatisfied") for n in range(count)))
    first = desk.draw()
    with desk.database.writing() as session:
        for row in session.scalars(sa.select(Inspection).order_by(Inspection.id)):
            row.status, row.scored_at, row.score = InspectionStatus.SCORED, at, Decimal(90)
    return first


def test_R28_what_was_scored_is_scored_a_second_time_by_somebody_else(desk):
    scored(desk)
    draw = desk.draw("double_scoring", first=date(2026, 9, 1), last=date(2026, 9, 30))
    assert (draw.period_label, draw.population_count, draw.drawn_count) == ("2026-09", 6, 6)
    with desk.database.reading() as session:
        firsts = {row.id: row for row in session.scalars(sa.select(Inspection))}
    for second in desk.inspections(draw):
        first = firsts[second.pair_of_id]
        assert second.unit_key == first.number
        assert (second.complaint_id, second.card_id, second.subject_id) == (
            first.complaint_id, first.card_id, first.subject_id,
        )  # fmt: skip
        assert second.inspector_id not in (None, first.inspector_id)
    assert [one["key"] for one in draw.strata] == [["S022"], ["S023"], ["S024"]]
    assert desk.broken() == []


def test_R28_a_second_scoring_is_not_scored_a_third_time(desk):
    scored(desk, 3)
    desk.draw("double_scoring", first=date(2026, 9, 1), last=date(2026, 9, 30))
    with desk.database.writing() as session:
        for row in session.scalars(sa.select(Inspection)):
            row.status, row.scored_at = InspectionStatus.SCORED, datetime(2026, 9, 25, tzinfo=UTC)
    plan = parse_plan(document("sampling")["plans"][-1])
    with desk.database.reading() as session:
        asked = Asked(plan, month_of(date(2026, 9, 1)), Rulebook(session).zone())
        found = [(row.number, row.left_out) for row in rows(session, asked)]
    assert (plan.code, [why for _number, why in found]) == ("double_scoring", ["scored_twice"] * 3)


def test_R27_a_lot_plan_draws_of_each_department_what_the_tables_say(desk):
    """Lots of 30 and of 4: letters D and A, which at a quality limit of 4.0 % go to other letters by the arrows; the
    sizes are those of the lots, kept with the draw before its nonce is made."""
    desk.put(*(desk.office.row(f"TS1{n:02}") for n in range(30)))
    desk.put(*(desk.office.row(f"TS2{n}", department="service_hall", owner="S031") for n in range(4)))
    draw_id = sampling.freeze(desk.database, desk.work_in, sampling.Order("lots_by_department"))
    with desk.database.reading() as session:
        rows = {row.department.code: row for row in session.scalars(sa.select(InspectionLot))}
        assert {code: row.lot_size for code, row in rows.items()} == {"technical_support": 30, "service_hall": 4}
    sampling.go_on(desk.database, desk.work_in, draw_id)
    with desk.database.reading() as session:
        draw = session.get_one(Draw, draw_id)
    sizes = {one["key"][0]: one["n"] for one in draw.strata}
    assert sizes == {code: min(row.sample_size, row.lot_size) for code, row in rows.items()}
    assert draw.drawn_count == sum(sizes.values()) > 0
    assert desk.broken() == []
