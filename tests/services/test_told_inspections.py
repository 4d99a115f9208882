"""R28, R29, R31: the told inspections of ``inspection_cases.yaml``, played through the services on both databases."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.jobs.demonstration.told_cases import Player, told_cases
from backoffice.jobs.demonstration.told_inspections import is_played, play_inspection, play_told_inspections
from backoffice.keys import Keys
from backoffice.models.inspection import Inspection, InspectionAppeal, InspectionMark, ScoreChange
from backoffice.models.office import Staff
from backoffice.services import inspection
from backoffice.services.core.inspections import look_at_inspection
from policies.access import SYSTEM
from policies.vocabulary_inspection import AppealResult, InspectionStatus
from tests.support.told_cases import local, office

INSPECTED = [case for case in told_cases() if "inspection" in case]
APPEALED = [case for case in INSPECTED if "appeal" in case["inspection"]]


def told_figures(case, indicator):
    """Person → (numerator, denominator) as the case tells them."""
    return {
        row["subject"]: (Decimal(str(row["numerator"])), Decimal(str(row["denominator"])))
        for row in case["indicators"]
        if row["indicator"] == indicator
    }


@pytest.fixture
def player(office_database, tmp_path):
    return Player(office_database, Keys.fresh(), tmp_path / "files")


def row_of(session, number):
    return session.scalars(sa.select(Inspection).where(Inspection.number == number)).one()


def record_points(session, row):
    """Person → points and weight of the items of ``record`` that apply, reckoned from the rows and the office's card."""
    card = next(one for one in office("scorecards")["cards"] if one["code"] == row.card.code)
    weights = {item["code"]: item["weight"] for item in card["items"] if item["group"] == "record"}
    codes = dict(session.execute(sa.select(Staff.id, Staff.code)).all())
    found = defaultdict(lambda: [Decimal(0), Decimal(0)])
    mine = sa.select(InspectionMark).where(InspectionMark.inspection_id == row.id, InspectionMark.round == 0)
    for mark in session.scalars(mine):
        if weights.get(mark.item) and mark.percent is not None:
            found[codes[mark.staff_id]][0] += weights[mark.item] * mark.percent / 100
            found[codes[mark.staff_id]][1] += weights[mark.item]
    return {code: tuple(sums) for code, sums in found.items()}


def test_two_cases_tell_of_an_inspection_and_one_of_an_appeal():
    assert [case["code"][:7] for case in INSPECTED] == ["case_02", "case_10"]
    assert [case["code"][:7] for case in APPEALED] == ["case_10"]


@pytest.mark.parametrize("case", INSPECTED, ids=lambda case: case["code"])
def test_R28_R31_a_told_inspection_ends_as_it_is_told(player, case):
    told = case["inspection"]
    player.play(case)
    assert not is_played(player, case)
    number = play_inspection(player, case)
    assert is_played(player, case)
    with player.database.reading() as session:
        row = row_of(session, number)
        assert (row.score, row.weighted_points) == (Decimal(str(told["score"])), Decimal(told["weighted_points"]))
        assert row.applied_weight == told["applied_weight"]
        assert (row.inspector.code, row.published_at) == (told["inspector"], local(told["published_at"]))
        assert row.status is InspectionStatus.FINAL
        assert not row.fatal
        # whose indicators it counts for
        score = told_figures(case, "inspection_score")
        assert score == {row.subject.code: (row.score, Decimal(1))}
        assert record_points(session, row) == told_figures(case, "record_accuracy")


def test_R29_without_an_appeal_the_score_is_final_at_the_end_of_the_third_working_day(player):
    case = INSPECTED[0]
    player.play(case)
    number = play_inspection(player, case, until="published")
    with player.database.writing() as session:
        row = row_of(session, number)
        # Monday 12 October 10:00, three working days, to closing time
        assert row.appeal_until == local("2026-10-15T18:00")
        work = player.work(session, "system", local("2026-10-15T18:00"))
        assert work.actor is SYSTEM
        assert inspection.finalise(work, row.id) is False  # the last minute still counts
        assert inspection.finalise(player.work(session, "system", local("2026-10-15T18:01")), row.id) is True


def test_R29_the_told_appeal_is_lodged_decided_by_the_told_inspector_and_dismissed(player):
    case = APPEALED[0]
    told = case["inspection"]["appeal"]
    player.play(case)
    number = play_inspection(player, case, until="appealed")
    with player.database.reading() as session:
        assert row_of(session, number).status is InspectionStatus.UNDER_APPEAL
        appeal = session.scalars(sa.select(InspectionAppeal)).one()
        assert (appeal.by.code, appeal.submitted_at) == (told["by"], local(told["at"]))
        assert appeal.items == ["res_solved"]
        assert appeal.decide_due_at == local("2026-10-21T18:00")  # five working days after the 14th


def test_R29_the_told_decision_leaves_the_score_and_changes_no_sheet(player):
    case = APPEALED[0]
    told = case["inspection"]["appeal"]
    player.play(case)
    number = play_inspection(player, case)
    with player.database.reading() as session:
        row, appeal = row_of(session, number), session.scalars(sa.select(InspectionAppeal)).one()
        assert (appeal.decider.code, appeal.decided_at) == (told["decided_by"], local(told["decided_at"]))
        assert (appeal.result, appeal.new_score) == (AppealResult(told["result"]), row.score)
        assert row.final_at == local(told["decided_at"])
        assert session.scalars(sa.select(ScoreChange)).all() == []
        one = look_at_inspection(player.work(session, "S024", row.final_at), number)
        kinds = [event.kind for event in one.events]
        assert kinds[-3:] == ["published", "appealed", "appeal_decided"]


def test_the_demonstration_plays_what_was_over_by_its_present_and_plays_it_once(player):
    for case in INSPECTED:
        player.play(case)
    assert play_told_inspections(player, local("2026-10-18T12:00")) == []
    first = play_told_inspections(player, local("2026-10-20T12:00"))
    both = [*first, *play_told_inspections(player, local("2026-11-20T12:00"))]
    assert (len(first), len(both)) == (1, 2)
    assert play_told_inspections(player, local("2026-11-20T12:00")) == []
    with player.database.reading() as session:
        assert {row_of(session, number).status for number in both} == {InspectionStatus.FINAL}
