"""R33 (sign_off.locked): posts that are put right after a month was locked are corrected, or at least written down."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from backoffice.keys import Keys
from backoffice.models.appraisal import StaffPost
from backoffice.queries.appraisal_check import verify_appraisal
from backoffice.services import appraisal_lines, appraisal_lock
from backoffice.services.core.appraisal_notes import opened
from policies.vocabulary_appraisal import LineKind, LineState
from tests.services.test_appraisal_corrections import compute, corrections, decide
from tests.services.test_appraisal_moved import BEST_AND_WORST
from tests.support.appraised import MONTH, QUALITY, Month, Told

KEYS = Keys.fresh()
WHO = "S013"
LONG_AGO, MIDDLE, THEN = date(2019, 7, 1), date(2026, 9, 14), date(2026, 9, 15)
EARLY, LATE = datetime(2026, 9, 3, 4, tzinfo=UTC), datetime(2026, 9, 20, 4, tzinfo=UTC)


def post(month: Month, *told: tuple[date, date | None, str]) -> None:
    """From now on these alone are written down of the person's posts."""
    staff = month.staff(WHO)
    rows = [
        {"staff_id": staff, "department_id": month.department(place), "from_day": since, "until_day": until,
         "roles": ["handler"]}
        for since, until, place in told
    ]  # fmt: skip
    with month.database.writing() as session:
        session.execute(sa.delete(StaffPost).where(StaffPost.staff_id == staff))
        session.execute(sa.insert(StaffPost), rows)


@pytest.fixture
def locked(office_database, tmp_path, monkeypatch) -> Month:
    """Good in the first days of the month, bad in the last; locked as one sheet."""
    month = Month(office_database, KEYS, tmp_path, told=Told().patch(monkeypatch))
    post(month, (LONG_AGO, None, "network"))
    for at, good in ((EARLY, True), (LATE, False)):
        for code, figures in BEST_AND_WORST.items():
            for _ in range(10):
                month.told.add(code, month.staff(WHO), figures[0 if good else 1], at=at)
    month.to_lock()
    month.do(QUALITY, appraisal_lock.lock, MONTH)
    return month


def test_R33_days_that_the_posts_took_away_are_counted_no_more_and_corrected(locked):
    post(locked, (LONG_AGO, MIDDLE, "network"), (THEN, None, "front_desk"))
    compute(locked, "2026-10")
    (line,) = corrections(locked, LineState.PROPOSED)
    said = opened(KEYS, line.sealed)
    assert (line.points != 0, said["days"], said["days_now"]) == (
        True, ["2026-09-01", "2026-09-30"], ["2026-09-01", "2026-09-14"],
    )  # fmt: skip
    assert all((one["went"], one["came"]) == (10, 0) for one in said["lines"])
    decide(locked)
    compute(locked, "2026-11")
    assert len(corrections(locked)) == 1


def test_R33_a_sheet_whose_first_day_moved_keeps_what_its_remaining_days_hold(locked):
    post(locked, (LONG_AGO, MIDDLE, "front_desk"), (THEN, None, "network"))
    compute(locked, "2026-10")
    (line,) = corrections(locked, LineState.PROPOSED)
    assert line.points < 0  # the good days went
    assert opened(KEYS, line.sealed)["days_now"] == ["2026-09-15", "2026-09-30"]


def test_R33_somebody_who_came_later_than_was_written_down_answers_for_the_same_records(locked):
    post(locked, (THEN, None, "network"))
    compute(locked, "2026-10")
    assert corrections(locked) == []


def test_R33_where_only_the_department_was_wrong_the_figures_stay_and_nothing_is_corrected(locked):
    post(locked, (LONG_AGO, None, "front_desk"))
    compute(locked, "2026-10")
    assert corrections(locked) == []


def test_R33_a_sheet_that_nobody_stands_behind_any_more_is_written_down_once_for_somebody_to_decide(locked):
    sheet = locked.sheet(WHO)
    post(locked, (date(2026, 10, 1), None, "network"))
    compute(locked, "2026-10")
    (line,) = corrections(locked, LineState.PROPOSED)
    said = opened(KEYS, line.sealed)
    assert (line.points, line.rule, said["number"], said["locked_grade"]) == (
        0, "late_posts", sheet.number, sheet.grade,
    )  # fmt: skip
    score = find(locked, "2026-10").final_score
    decide(locked)
    assert find(locked, "2026-10").final_score == score
    compute(locked, "2026-11")
    assert len(corrections(locked)) == 1
    with locked.database.reading() as session:
        assert verify_appraisal(session, KEYS.chain) == (1, [])


def find(month: Month, name: str):
    month.month = name
    return month.sheet(WHO)


def test_R33_what_was_written_down_of_lost_days_is_taken_back_when_the_posts_return(locked):
    post(locked, (date(2026, 10, 1), None, "network"))
    compute(locked, "2026-10")
    post(locked, (LONG_AGO, None, "network"))
    compute(locked, "2026-10")
    assert [line.state for line in corrections(locked)] == [LineState.WITHDRAWN]
    post(locked, (date(2026, 10, 1), None, "network"))
    compute(locked, "2026-10")
    (line,) = corrections(locked, LineState.PROPOSED)
    locked.do(QUALITY, appraisal_lines.decide, line.id, approve=False, ground="已另行处理")
    compute(locked, "2026-11")
    assert len(corrections(locked, LineState.PROPOSED)) == 0
    assert line.kind is LineKind.CORRECTION
