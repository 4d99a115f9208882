"""R33: who moved within a month has a sheet for each part, and is rewarded, punished and counted once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.keys import Keys
from backoffice.models.appraisal import AppraisalPeriod, AppraisalSheet, StaffPost
from backoffice.models.training import TrainingOrder
from backoffice.queries.appraisal_check import verify_appraisal
from backoffice.queries.appraisal_parts import bearing_number
from backoffice.services import appraisal_appeal, appraisal_lines, appraisal_lock
from backoffice.services.appraisal_appeal import Decision, Figures
from backoffice.services.core.appraisal_reckoning import lines_for
from policies.appraisal_course import SheetAct as A
from policies.appraisal_lines import Proposal
from policies.vocabulary_appraisal import LineKind, LineState, SheetAppealResult, SheetStatus
from tests.support.appraised import ANALYST, MONTH, QUALITY, SENIOR, Month, Told

KEYS = Keys.fresh()
MOVER = "S013"
FIRST, LAST = datetime(2026, 9, 5, 4, tzinfo=UTC), datetime(2026, 9, 20, 4, tzinfo=UTC)
BEST_AND_WORST = {
    "satisfaction_score": (5, 3), "resolution_rate": (1, 0), "on_time_rate": (1, 0), "first_response_rate": (1, 0),
    "inspection_score": (100, 10), "repeat_rate": (0, 1), "rework_rate": (0, 1),
}  # fmt: skip


@pytest.fixture
def month(office_database, tmp_path, monkeypatch) -> Month:
    """Somebody moves on 15 September: 10 working days in one department, 12 in another."""
    month = Month(office_database, KEYS, tmp_path, told=Told().patch(monkeypatch))
    staff = month.staff(MOVER)
    for code, since, until in (
        ("network", date(2019, 7, 1), date(2026, 9, 14)), ("front_desk", date(2026, 9, 15), None),
    ):  # fmt: skip
        place = month.department(code)
        with month.database.writing() as session:
            session.add(
                StaffPost(staff_id=staff, department_id=place, roles=["handler"], from_day=since, until_day=until)
            )
    return month


def tell(month: Month, at: datetime, *, good: bool) -> None:
    """Enough for a grade: an A or an E."""
    for code, figures in BEST_AND_WORST.items():
        for _ in range(6):
            month.told.add(code, month.staff(MOVER), figures[0 if good else 1], at=at)


def parts(month: Month, of: str = MONTH) -> list[AppraisalSheet]:
    wanted = sa.select(AppraisalSheet).join(AppraisalPeriod, AppraisalPeriod.id == AppraisalSheet.period_id)
    mine = wanted.where(AppraisalSheet.staff_id == month.staff(MOVER), AppraisalPeriod.month == of)
    with month.database.reading() as session:
        return list(session.scalars(mine.order_by(AppraisalSheet.from_day)))


def came(month: Month) -> list[tuple[str | None, Decimal, list[str]]]:
    """Of each part its grade, its money and what it brings."""
    return [(one.grade, one.amount, [effect["code"] for effect in one.effects]) for one in parts(month)]


def agree(month: Month, kind: LineKind, code: str, of: str = MONTH) -> int:
    asked = appraisal_lines.Asked(of, month.staff(MOVER), None, Proposal(kind, code, "已核实"))
    line = month.do(ANALYST, appraisal_lines.propose, asked).id
    month.do(QUALITY, appraisal_lines.decide, line, approve=True)
    return line


BY_A = ["bonus_top", "points_10", "certificate_month"]
BY_E = ["criticism", "training_8h", "retest", "bonus_reduction_20"]


def test_R33_two_good_parts_bring_the_bonus_of_the_month_once_on_the_longer_one(month):
    tell(month, FIRST, good=True)
    tell(month, LAST, good=True)
    month.compute()
    assert [one.days for one in parts(month)] == [10, 12]
    assert came(month) == [("A", 0, []), ("A", 200, BY_A)]
    with month.database.reading() as session:
        assert {bearing_number(session, one) for one in parts(month)} == {parts(month)[1].number}


def test_R33_where_the_longer_part_has_too_little_for_a_grade_the_other_bears_the_month(month):
    tell(month, FIRST, good=True)
    month.compute()
    assert came(month) == [("A", 200, BY_A), (None, 0, [])]


def test_R31_R33_a_veto_caps_the_grade_of_every_part_and_what_follows_comes_once(month):
    tell(month, FIRST, good=True)
    tell(month, LAST, good=True)
    month.compute()
    agree(month, LineKind.VETO, "veto_false_record")
    assert came(month) == [("E", 0, []), ("E", 0, BY_E)]
    assert [one.vetoes for one in parts(month)] == [["veto_false_record"]] * 2
    month.compute()
    assert came(month) == [("E", 0, []), ("E", 0, BY_E)]


def test_R33_points_and_rewards_outside_the_formula_count_once_with_the_part_that_bears_the_month(month):
    tell(month, FIRST, good=True)
    month.compute()
    for _ in range(2):
        agree(month, LineKind.ADJUSTMENT, "overdue_after_urge")
    agree(month, LineKind.REWARD, "bonus_top")
    first, last = parts(month)
    assert (first.adjustment, first.final_score, first.amount) == (-2, 98, 400)
    assert (last.adjustment, last.amount, last.effects) == (0, 0, [])


def test_R33_R34_two_bad_parts_order_their_training_once(month):
    tell(month, FIRST, good=False)
    tell(month, LAST, good=False)
    month.to_lock()
    month.do(QUALITY, appraisal_lock.lock, MONTH)
    with month.database.reading() as session:
        mine = sa.select(TrainingOrder).where(TrainingOrder.staff_id == month.staff(MOVER))
        orders = list(session.scalars(mine))
        assert verify_appraisal(session, KEYS.chain) == (1, [])
    assert sorted(one.kind for one in orders) == ["retest", "training"]
    assert {one.source_id for one in orders} == {parts(month)[1].id}


def test_R33_rules_over_months_see_the_grade_of_the_part_that_bore_the_month(month):
    tell(month, FIRST, good=False)  # the later, longer part has no grade
    tell(month, datetime(2026, 10, 10, 4, tzinfo=UTC), good=False)
    month.compute()
    month.clock.at, month.month = datetime(2026, 11, 4, 2, tzinfo=UTC), "2026-10"
    month.compute()
    (october,) = parts(month, "2026-10")
    assert [one["code"] for one in october.effects if one["cause"] == "two_e"] == ["interview", "training_8h"]


def test_R33_a_veto_struck_by_an_appeal_falls_on_every_part_and_the_others_are_checked_again(month):
    tell(month, FIRST, good=True)
    tell(month, LAST, good=True)
    month.compute()
    line = agree(month, LineKind.VETO, "veto_abuse")
    month.publish()
    first, last = parts(month)
    month.do(MOVER, appraisal_appeal.submit, first.number, [f"line:{line}"], "录音可证没有辱骂")
    month.do(QUALITY, appraisal_appeal.decide, first.number, Decision(SheetAppealResult.UPHELD, "属实", struck=[line]))
    assert came(month) == [("A", 0, []), ("A", 200, BY_A)]
    first, last = parts(month)
    assert (first.status, last.status) == (SheetStatus.PUBLISHED, SheetStatus.COMPUTED)
    assert (last.checked_at, last.published_at, last.acknowledge_until) == (None, None, None)
    month.act(QUALITY, MOVER, A.CHECK)
    month.act(QUALITY, MOVER, A.PUBLISH)
    month.keep_silent()
    month.all(SENIOR, A.APPROVE)
    month.do(QUALITY, appraisal_lock.lock, MONTH)


def test_R33_an_appeal_that_gives_the_longer_part_its_grade_takes_the_month_over_to_it(month):
    tell(month, FIRST, good=True)
    month.compute()
    month.publish()
    _first, last = parts(month)
    month.do(MOVER, appraisal_appeal.submit, last.number, list(BEST_AND_WORST), "件数漏计")
    figures = {code: Figures(Decimal(6 * good), Decimal(6), 6) for code, (good, _bad) in BEST_AND_WORST.items()}
    month.do(QUALITY, appraisal_appeal.decide, last.number, Decision(SheetAppealResult.UPHELD, "属实", figures))
    assert came(month) == [("A", 0, []), ("A", 200, BY_A)]
    assert [one.status for one in parts(month)] == [SheetStatus.COMPUTED, SheetStatus.PUBLISHED]


def test_R33_a_proposed_veto_holds_up_the_check_of_every_part_other_lines_that_of_the_bearing_one(month):
    tell(month, FIRST, good=True)
    tell(month, LAST, good=True)
    month.compute()
    asked = appraisal_lines.Asked(MONTH, month.staff(MOVER), None, Proposal(LineKind.REWARD, "points_5", "已核实"))
    reward = month.do(ANALYST, appraisal_lines.propose, asked).id
    open_now = {one.number for one in month.all(QUALITY, A.CHECK) if one.refusal is not None}
    assert {one.number for one in parts(month)} & open_now == {parts(month)[1].number}
    month.do(QUALITY, appraisal_lines.decide, reward, approve=True)
    asked = appraisal_lines.Asked(MONTH, month.staff(MOVER), None, Proposal(LineKind.VETO, "veto_abuse", "已核实"))
    month.do(ANALYST, appraisal_lines.propose, asked)
    held_up = {
        one.number for one in month.all(QUALITY, A.CHECK) if one.refusal and one.refusal.key.endswith("open_lines")
    }
    assert held_up == {parts(month)[1].number}  # the first was checked before, and is not checked twice
    with month.database.reading() as session:
        waiting = lines_for(session, MONTH, parts(month), LineState.PROPOSED)
    assert {sheet_id: [line.kind for line in lines] for sheet_id, lines in waiting.items()} == {
        one.id: [LineKind.VETO] for one in parts(month)
    }
