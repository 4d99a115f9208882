"""R32, R33: months follow one another: locked in their order, reckoned anew where an earlier grade changes."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.keys import Keys
from backoffice.models.appraisal import AppraisalEvent, AppraisalScheme, AppraisalSheet
from backoffice.models.work import Outbox
from backoffice.services import appraisal_appeal, appraisal_lock
from backoffice.services.appraisal_appeal import Decision, Figures
from policies.appraisal_course import SheetAct
from policies.vocabulary_appraisal import LineKind, PeriodState, SheetAppealResult, SheetStatus, SubjectKind
from tests.services.test_appraisal import agreed, refused
from tests.support.appraised import MONTH, QUALITY, SENIOR, WITHIN, Month, Told, find_sheet

KEYS = Keys.fresh()
A = SheetAct
OCTOBER = "2026-10"
WORST = {
    "satisfaction_score": (5, 3), "resolution_rate": (1, 0), "on_time_rate": (1, 0), "first_response_rate": (1, 0),
    "inspection_score": (100, 10), "repeat_rate": (0, 1), "rework_rate": (0, 1),
}  # fmt: skip
"""Indicator of handlers → its best and a bad figure for one complaint."""


@pytest.fixture
def told(monkeypatch) -> Told:
    return Told().patch(monkeypatch)


@pytest.fixture
def month(office_database, tmp_path, told) -> Month:
    return Month(office_database, KEYS, tmp_path, told=told)


def fill(told: Told, staff: int, at: datetime, *, good: bool) -> None:
    for code, (best, bad) in WORST.items():
        for _ in range(6):
            told.add(code, staff, best if good else bad, at=at)


@pytest.fixture
def two(month, told) -> Month:
    """September with an objection of S013 to an E, and October, an E too, published on top of it."""
    staff = month.staff("S013")
    fill(told, staff, WITHIN, good=False)
    fill(told, staff, datetime(2026, 10, 10, 4, tzinfo=UTC), good=False)
    month.compute()
    month.publish()
    month.do("S013", appraisal_appeal.submit, month.sheet("S013").number, list(WORST), "全部不符")
    month.clock.at, month.month = datetime(2026, 11, 4, 2, tzinfo=UTC), OCTOBER
    month.compute()
    return month


def causes(month: Month) -> set[str]:
    return {one["cause"] for one in sheet_in(month, OCTOBER).effects}


def sheet_in(month: Month, name: str) -> AppraisalSheet:
    with month.database.reading() as session:
        return find_sheet(session, name, "S013")


def uphold(month: Month) -> None:
    figures = {code: Figures(Decimal(6 * best), Decimal(6), 6) for code, (best, _bad) in WORST.items()}
    decision = Decision(SheetAppealResult.UPHELD, "记录有误，已核实", figures)
    month.do(QUALITY, appraisal_appeal.decide, sheet_in(month, MONTH).number, decision)


@pytest.mark.parametrize("come_to", [SheetStatus.CHECKED, SheetStatus.PUBLISHED, SheetStatus.APPROVED])
def test_R32_R33_a_grade_put_right_by_an_objection_changes_the_month_after_which_begins_its_course_anew(two, come_to):
    assert causes(two) == {"grade", "two_e"}
    two.all(QUALITY, A.CHECK)
    if come_to is not SheetStatus.CHECKED:
        two.all(QUALITY, A.PUBLISH)
    if come_to is SheetStatus.APPROVED:
        two.act("S013", "S013", A.ACKNOWLEDGE)
        two.act(SENIOR, "S013", A.APPROVE)
    assert two.sheet("S013").status is come_to
    uphold(two)
    after = two.sheet("S013")
    assert (sheet_in(two, MONTH).grade, causes(two), after.status) == ("A", {"grade"}, SheetStatus.COMPUTED)
    assert (after.checked_by_id, after.published_at, after.acknowledged_at, after.approved_by_id) == (None,) * 4
    with two.database.reading() as session:
        event = session.scalars(sa.select(AppraisalEvent).where(AppraisalEvent.kind == "followed")).one()
    assert (event.sheet_id, event.facts["earlier"], event.facts["was"]) == (after.id, MONTH, come_to)
    two.publish()
    with two.database.reading() as session:
        told_of = sa.select(Outbox.key).where(Outbox.template == "sheet_notice", Outbox.staff_id == after.staff_id)
        times = [key for key in session.scalars(told_of) if key.startswith(f"sheet:{after.id}:")]
    assert len(times) == (1 if come_to is SheetStatus.CHECKED else 2)


def test_R32_R33_a_line_that_changes_a_grade_changes_the_month_after(month, told):
    fill(told, month.staff("S013"), WITHIN, good=True)
    fill(told, month.staff("S013"), datetime(2026, 10, 10, 4, tzinfo=UTC), good=False)
    month.compute()
    month.clock.at, month.month = datetime(2026, 11, 4, 2, tzinfo=UTC), OCTOBER
    month.compute()
    assert causes(month) == {"grade"}
    agreed(month, "S013", LineKind.VETO, "veto_false_record")  # E, in September
    assert causes(month) == {"grade", "two_e"}


def test_R32_R33_a_month_computed_again_changes_the_month_after(month, told):
    fill(told, month.staff("S013"), WITHIN, good=True)
    fill(told, month.staff("S013"), datetime(2026, 10, 10, 4, tzinfo=UTC), good=False)
    month.compute()
    month.clock.at, month.month = datetime(2026, 11, 4, 2, tzinfo=UTC), OCTOBER
    month.compute()
    for code, (_best, bad) in WORST.items():
        rows = told.rows[code, SubjectKind.PERSON]
        rows[:] = [(*row[:5], bad * 100, *row[6:]) if row[4] == WITHIN else row for row in rows]
    month.month = MONTH
    month.compute()
    assert causes(month) == {"grade", "two_e"}


def test_R33_months_are_locked_in_their_order(two):
    uphold(two)
    two.publish()
    two.keep_silent()
    two.approve()
    assert refused(lambda: two.do(QUALITY, appraisal_lock.lock, OCTOBER)) == "earlier_month"
    two.month = MONTH
    two.approve()
    assert two.do(QUALITY, appraisal_lock.lock, MONTH).state is PeriodState.LOCKED
    assert two.do(QUALITY, appraisal_lock.lock, OCTOBER).state is PeriodState.LOCKED


def test_R33_computed_by_another_version_of_the_scheme_a_sheet_says_so(month, told):
    fill(told, month.staff("S013"), WITHIN, good=True)
    month.compute()
    with month.database.writing() as session:
        old = session.scalars(sa.select(AppraisalScheme).where(AppraisalScheme.code == "handler_2026")).one()
        definition = copy.deepcopy(old.definition)
        definition["version"] = 2
        for item in definition["items"]:
            if item["indicator"] == "on_time_rate":
                item.update(weight=15, target=90)
            if item["indicator"] == "first_response_rate":
                item.update(
                    weight=10, indicator="first_response_hours", target=4,
                    scoring={"kind": "bands", "bands": [{"up_to": 4, "score": 100}, {"up_to": None, "score": 0}]},
                )  # fmt: skip
        session.add(
            AppraisalScheme(
                code=old.code, version=2, name_zh=old.name_zh, name_en=old.name_en, subject=old.subject,
                valid_from=date(2026, 9, 1), definition=definition, state=old.state,
            )
        )  # fmt: skip
    month.compute()
    mine = month.sheet("S013")
    with month.database.reading() as session:
        wanted = (AppraisalEvent.kind == "recomputed", AppraisalEvent.sheet_id == mine.id)
        facts = session.scalars(sa.select(AppraisalEvent).where(*wanted)).one().facts
    assert facts["scheme"] == [["handler_2026", 1], ["handler_2026", 2]]
    assert facts["lines"]["on_time_rate"]["weight"] == ["20", "15"]
    assert facts["lines"]["on_time_rate"]["target"] == ["98", "90"]
    assert facts["lines"]["first_response_rate"]["weight"] == ["5", None]
    assert facts["lines"]["first_response_hours"]["weight"] == [None, "10"]
