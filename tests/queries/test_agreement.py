"""R28: which records were scored twice, with what each inspector gave first; and each inspector's months."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.models.calibration import Calibration, CalibrationScore
from backoffice.models.inspection import Inspection, InspectionAppeal, InspectionMark
from backoffice.queries.agreement import Asked, count, pairs, plans_of_pairs
from backoffice.queries.drift import Months, courses
from policies.drift import Sums
from policies.vocabulary_inspection import AppealResult, CalibrationCause, CalibrationState, InspectionStatus
from tests.support.counting import statements_of
from tests.support.inspections import CARD, INSPECTOR, KEYS, MANAGER, SECOND, Inspected

YEAR = Asked(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
OCTOBER, NOVEMBER = datetime(2026, 10, 12, 2, tzinfo=UTC), datetime(2026, 11, 12, 2, tzinfo=UTC)


@pytest.fixture
def scene(archived_database, tmp_path):
    return Inspected(archived_database, KEYS, tmp_path / "files").resumed()


def marked(scene, number, **percents):
    with scene.database.writing() as session:
        row = session.scalars(sa.select(Inspection).where(Inspection.number == number)).one()
        for item, percent in percents.items():
            value = None if percent is None else Decimal(percent)
            session.add(InspectionMark(inspection_id=row.id, round=0, item=item, percent=value))


def twice(scene, scores=("90", "80"), at=NOVEMBER, key="", **more):
    """A record scored by both inspectors; ``key`` tells several on the same complaint apart."""
    first = scene.published(INSPECTOR, scores[0], scored_at=at, unit_key=f"a{key}", **more)
    second = scene.published(
        SECOND, scores[1], scored_at=at + timedelta(hours=1), unit_key=f"a{key}", pair_of=first, **more
    )
    return first, second


def test_R28_a_pair_holds_both_scorings_with_the_marks_first_given(scene):
    first, second = twice(scene)
    marked(scene, first, rec_basic=100, rec_5w1h=50, rec_read_back=None)
    marked(scene, second, rec_basic=100, rec_5w1h=100)
    with scene.database.reading() as session:
        (found,) = pairs(session, YEAR)
    assert (found.first.number, found.second.number) == (first, second)
    assert (found.first.score, found.second.score) == (Decimal(90), Decimal(80))
    assert found.complaint == scene.play.number
    assert found.at == NOVEMBER + timedelta(hours=1)
    assert found.marks == (
        {"rec_basic": Decimal(100), "rec_5w1h": Decimal(50), "rec_read_back": None},
        {"rec_basic": Decimal(100), "rec_5w1h": Decimal(100)},
    )


def test_R28_an_appeal_does_not_change_what_the_inspector_gave(scene):
    first, _ = twice(scene, ("70", "80"))
    with scene.database.writing() as session:
        row = session.scalars(sa.select(Inspection).where(Inspection.number == first)).one()
        row.score = Decimal(95)
        session.add(
            InspectionAppeal(
                inspection_id=row.id, by_id=row.subject_id, submitted_at=scene.at, decide_due_at=scene.at, items=[],
                decided_at=scene.at, result=AppealResult.UPHELD, old_score=Decimal(70), new_score=Decimal(95), sealed=b"",
            )
        )  # fmt: skip
        session.add(InspectionMark(inspection_id=row.id, round=1, item="rec_basic", percent=Decimal(100)))
    with scene.database.reading() as session:
        (found,) = pairs(session, YEAR)
        assert (found.first.score, found.marks[0]) == (Decimal(70), {})
        mine = next(one for one in courses(session, HALF_YEAR, Decimal(75)) if one.staff_id == found.first.staff_id)
    assert mine.months[4] == Sums(1, Decimal(70), Decimal(4900), 1)


@pytest.mark.parametrize("status", [InspectionStatus.DRAWN, InspectionStatus.SCORED, InspectionStatus.CANCELLED])
def test_R28_before_both_are_published_nothing_is_compared(scene, status):
    first = scene.published(INSPECTOR, scored_at=NOVEMBER)
    scene.published(SECOND, pair_of=first, status=status, scored_at=NOVEMBER)
    with scene.database.reading() as session:
        assert pairs(session, YEAR) == []


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ({}, True),
        ({"since": NOVEMBER}, True),  # the later scoring was in it
        ({"since": NOVEMBER + timedelta(hours=2)}, False),
        ({"until": NOVEMBER + timedelta(hours=1)}, False),
        ({"card": CARD}, True),
        ({"card": "call_quality_card"}, False),
        ({"plan": "monthly_regular"}, True),
        ({"plan": "double_scoring"}, False),
    ],
)
def test_R28_pairs_are_asked_for_by_period_card_and_plan(scene, asked, there):
    twice(scene)
    with scene.database.reading() as session:
        assert len(pairs(session, Asked(**{**vars(YEAR), **asked}))) == there


def test_R28_an_inspector_may_ask_for_the_own_pairs_alone(scene):
    twice(scene)
    with scene.database.reading() as session:
        found = {who: len(pairs(session, Asked(YEAR.since, YEAR.until, staff_id=scene.play.staff(who))))
                 for who in (INSPECTOR, SECOND, MANAGER)}  # fmt: skip
        assert plans_of_pairs(session) == ["monthly_regular"]
    assert found == {INSPECTOR: 1, SECOND: 1, MANAGER: 0}


def test_R28_many_pairs_take_two_queries_the_newest_come_first_and_there_is_a_bound(scene):
    for number in range(4):
        twice(scene, key=str(number), at=NOVEMBER + timedelta(days=number))
    with scene.database.reading() as session, statements_of(scene.database.engine) as sent:
        found = pairs(session, YEAR, most=3)
        assert len(sent) == 2
        assert count(session, YEAR, bound=3) == 4
    assert [one.at.day for one in found] == [15, 14, 13]


DAYS = [date(2026, month, 1) for month in range(7, 13)]
HALF_YEAR = Months(DAYS, [datetime(2026, month, 1, tzinfo=UTC) for month in range(7, 13)] + [YEAR.until])


def test_R28_scores_are_summed_up_by_inspector_and_month_in_five_queries(scene):
    for number, (score, at) in enumerate([("90.5", OCTOBER), ("70", OCTOBER), ("74.99", NOVEMBER)]):
        scene.published(INSPECTOR, score, scored_at=at, unit_key=f"a{number}")
    scene.published(SECOND, "75", scored_at=NOVEMBER)
    scene.published(SECOND, "10", scored_at=NOVEMBER, status=InspectionStatus.SCORED, unit_key="b")
    scene.published(SECOND, "10", scored_at=datetime(2026, 6, 30, tzinfo=UTC), unit_key="c")
    with scene.database.reading() as session, statements_of(scene.database.engine) as sent:
        found = {one.staff_id: one for one in courses(session, HALF_YEAR, Decimal(75))}
        assert len(sent) == 5
    assert found[scene.play.staff(INSPECTOR)].months == {
        3: Sums(2, Decimal("160.5"), Decimal("90.5") ** 2 + 4900, 1),
        4: Sums(1, Decimal("74.99"), Decimal("74.99") ** 2, 1),
    }
    assert found[scene.play.staff(SECOND)].months == {4: Sums(1, Decimal(75), Decimal(5625), 0)}


def test_R28_what_partners_and_standards_say_is_signed_and_seen_from_both_sides(scene):
    twice(scene, ("90", "80"))
    twice(scene, ("91", "95"), key="2")
    with scene.database.writing() as session:
        card_id = session.scalars(sa.select(Inspection.card_id).limit(1)).first()
        row = Calibration(
            number="JZ2026-001", complaint_id=scene.play.complaint_id, card_id=card_id, cause=CalibrationCause.CHOSEN,
            state=CalibrationState.CLOSED, opened_at=NOVEMBER, due_at=NOVEMBER, closed_at=NOVEMBER,
            standard_score=Decimal("84.24"),
        )  # fmt: skip
        session.add(row)
        session.flush()
        ids = [scene.play.staff(who) for who in (INSPECTOR, SECOND)]
        session.add(
            CalibrationScore(calibration_id=row.id, staff_id=ids[0], score=Decimal("80.24"), scored_at=NOVEMBER)
        )
        session.add(CalibrationScore(calibration_id=row.id, staff_id=ids[1]))
    with scene.database.reading() as session:
        found = {one.staff_id: one for one in courses(session, HALF_YEAR, Decimal(75))}
    assert found[ids[0]].partners == Sums(2, Decimal(6), Decimal(116))
    assert found[ids[1]].partners == Sums(2, Decimal(-6), Decimal(116))
    assert found[ids[0]].standards == Sums(1, Decimal(-4), Decimal(16))
    assert found[ids[1]].standards == Sums()
