"""R33 with people and months that the sample office does not have: through the services, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.keys import Keys
from backoffice.models.appraisal import AppraisalSheet, StaffPost
from backoffice.models.office import Department, Staff
from backoffice.queries.appraisal_check import verify_appraisal
from backoffice.services import appraisal_lines, appraisal_lock
from policies.appraisal_course import SheetAct
from policies.appraisal_lines import Proposal
from policies.vocabulary_appraisal import LineKind, PeriodState, SubjectKind
from tests.services.test_appraisal import agreed, refused
from tests.support.appraised import ANALYST, HEAD, QUALITY, SENIOR, Month, Told

KEYS = Keys.fresh()
A = SheetAct
FEBRUARY = "2027-02"


@pytest.fixture
def month(office_database, tmp_path, monkeypatch) -> Month:
    return Month(office_database, KEYS, tmp_path, told=Told().patch(monkeypatch))


@pytest.fixture
def february(month) -> Month:
    month.month, month.clock = FEBRUARY, SetClock(datetime(2027, 3, 2, 2, 0, tzinfo=UTC))
    return month


def day(number: int) -> date:
    return date(2027, 2, number)


def noon(number: int) -> datetime:
    return datetime(2027, 2, number, 4, 0, tzinfo=UTC)


def post(month: Month, code: str, *posts: tuple[str, list[str], date, date | None]) -> None:
    staff = month.staff(code)
    rows = [
        StaffPost(staff_id=staff, department_id=month.department(place), roles=roles, from_day=first, until_day=last)
        for place, roles, first, last in posts
    ]
    with month.database.writing() as session:
        session.add_all(rows)


def sheets_of(month: Month, code: str) -> list[AppraisalSheet]:
    with month.database.reading() as session:
        rows = sa.select(AppraisalSheet).where(AppraisalSheet.staff_id == month.staff(code))
        found = list(session.scalars(rows.order_by(AppraisalSheet.from_day)))
        assert all(sheet.lines for sheet in found)
        return found


def figure_on(sheet: AppraisalSheet, code: str) -> tuple[str, str, int]:
    return next((line.numerator, line.denominator, line.sample) for line in sheet.lines if line.indicator == code)


def test_R33_in_a_month_of_28_days_who_moves_twice_and_returns_has_three_sheets_that_share_everything_once(february):
    years_ago = date(2019, 7, 1)
    post(february, "S013", ("network", ["handler"], years_ago, day(9)), ("billing", ["handler"], day(10), day(18)),
         ("network", ["handler"], day(19), None))  # fmt: skip
    mover = february.staff("S013")
    for number in (1, 9, 10, 18, 19, 28):
        february.told.add("on_time_rate", mover, 1, at=noon(number))
    february.told.add("on_time_rate", mover, 0, at=datetime(2027, 2, 9, 15, 59, 59, tzinfo=UTC))  # 23:59:59 of the 9th
    february.told.add("on_time_rate", mover, 0, at=datetime(2027, 2, 9, 16, 0, tzinfo=UTC))  # midnight: the 10th
    february.compute()
    agreed_of_february(february)
    sheets = sheets_of(february, "S013")
    assert [(sheet.from_day.day, sheet.until_day.day) for sheet in sheets] == [(1, 9), (10, 18), (19, 28)]
    assert [figure_on(sheet, "on_time_rate") for sheet in sheets] == [("2", "3", 3), ("2", "3", 3), ("2", "2", 2)]
    assert {line.why_not for sheet in sheets for line in sheet.lines} == {"sample"}
    # a line outside the formula counts once, on the longest: 7, 7 and 6 working days, the later of the equal ones
    assert [sheet.adjustment for sheet in sheets] == [0, 1, 0]


def agreed_of_february(month: Month) -> None:
    one = Proposal(LineKind.ADJUSTMENT, "commendation_letter", "表扬信已核实")
    line = month.do(
        ANALYST, appraisal_lines.propose, appraisal_lines.Asked(FEBRUARY, month.staff("S013"), None, one)
    ).id
    month.do(QUALITY, appraisal_lines.decide, line, approve=True)


def test_R33_a_department_without_a_head_goes_its_way_to_the_lock_by_silence_and_a_senior_manager(month):
    with month.database.writing() as session:
        session.execute(sa.update(Department).values(head_id=None))
        session.execute(sa.update(Staff).where(Staff.code == HEAD).values(retired_at=datetime(2026, 8, 1, tzinfo=UTC)))
    network = month.department("network")
    for code in ("on_time_rate", "resolution_rate", "answer_rate"):
        month.told.add_whole(
            code, network, {"numerator": 10, "denominator": 10, "sample": 10}, level=SubjectKind.DEPARTMENT
        )
    month.compute()
    month.publish()
    assert refused(lambda: month.act(QUALITY, "network", A.ACKNOWLEDGE)) == "not_subject"
    month.keep_silent()
    assert month.sheet("network").acknowledged_silently
    month.approve()
    assert month.do(QUALITY, appraisal_lock.lock, month.month).state is PeriodState.LOCKED
    with month.database.reading() as session:
        assert verify_appraisal(session, KEYS.chain) == (1, [])


def test_R33_a_head_who_handles_too_has_a_sheet_that_only_a_senior_manager_approves(month):
    post(month, HEAD, ("network", ["department_head", "handler"], date(2019, 1, 1), None))
    month.told.add_whole("on_time_rate", month.staff(HEAD), {"numerator": 9, "denominator": 9, "sample": 9})
    month.compute()
    month.publish()
    month.act(HEAD, HEAD, A.ACKNOWLEDGE)
    assert refused(lambda: month.act(HEAD, HEAD, A.APPROVE)) in {"no_own_sheet_approval", "heads_by_senior_manager"}
    month.act(SENIOR, HEAD, A.APPROVE)
    assert month.sheet(HEAD).approved_by_id == month.staff(SENIOR)


def test_R33_with_nothing_counted_at_all_every_sheet_is_unrated_and_the_month_can_be_locked(month):
    month.to_lock()
    month.do(QUALITY, appraisal_lock.lock, month.month)
    with month.database.reading() as session:
        sheets = list(session.scalars(sa.select(AppraisalSheet)))
        assert {(sheet.base_score, sheet.grade, sheet.rank, sheet.amount) for sheet in sheets} == {
            (None, None, None, 0)
        }


def test_R32_R33_a_veto_a_reward_and_too_many_points_meet_on_one_sheet(month):
    staff = month.staff("S013")
    for code in ("on_time_rate", "resolution_rate", "first_response_rate", "rework_rate", "repeat_rate"):
        best = 0 if code in ("rework_rate", "repeat_rate") else 20
        month.told.add_whole(code, staff, {"numerator": best, "denominator": 20, "sample": 20})
    month.told.add_whole("satisfaction_score", staff, {"numerator": 90, "denominator": 20, "sample": 20})
    month.compute()
    for kind, code in [(LineKind.ADJUSTMENT, "lesson_adopted")] * 4 + [
        (LineKind.VETO, "veto_data_leak"),
        (LineKind.REWARD, "bonus_top"),
    ]:
        agreed(month, "S013", kind, code)
    sheet = month.sheet("S013")
    # 80 of weight rated, all at 100; three of four points count, and 100 is the end; the veto caps at D
    assert (sheet.rated_weight, sheet.base_score, sheet.adjustment, sheet.final_score) == (80, 100, 3, 100)
    assert (sheet.grade_by_score, sheet.grade) == ("A", "D")
    assert [one["code"] for one in sheet.effects] == ["coaching_4h", "points_minus_5", "bonus_top"]
    assert sheet.amount == Decimal(200)  # what somebody else approved by hand, once; the grade brings no money
