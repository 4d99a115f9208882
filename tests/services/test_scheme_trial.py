"""R32: a scheme tried on a month comes to what the month itself came to, part months, lines and appeals included."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.keys import Keys
from backoffice.models.appraisal import AppraisalPeriod, AppraisalRules, AppraisalScheme, AppraisalSheet, StaffPost
from backoffice.models.office import Department, Staff
from backoffice.services import appraisal_appeal, appraisal_lines, scheme_trial
from backoffice.services.appraisal_appeal import Decision, Figures
from backoffice.services.trial_left_out import left_out
from policies.appraisal_lines import Proposal
from policies.appraisal_trial import Outside, Tried, outcome_of
from policies.vocabulary import VersionState
from policies.vocabulary_appraisal import LineKind, SheetAppealResult, SubjectKind
from tests.support.appraised import ANALYST, COMPUTED, HEAD, MONTH, QUALITY, Month, Told, worked_example

KEYS = Keys.fresh()
MOVED = date(2026, 9, 15)


@pytest.fixture
def month(office_database, tmp_path, monkeypatch) -> Month:
    """The worked example's figures, told as contributions."""
    month = Month(office_database, KEYS, tmp_path, told=Told().patch(monkeypatch))
    month.tell_example()
    return month


def moves(month: Month, code: str) -> None:
    mover, front = month.staff(code), month.department("front_desk")
    with month.database.writing() as session:
        home = month.department("network")
        said = {"staff_id": mover, "roles": ["handler"]}
        session.add(StaffPost(**said, department_id=home, from_day=date(2019, 7, 1), until_day=date(2026, 9, 14)))
        session.add(StaffPost(**said, department_id=front, from_day=MOVED))
    before, after = datetime(2026, 9, 10, 4, tzinfo=UTC), datetime(2026, 9, 20, 4, tzinfo=UTC)
    for code, good, bad in (("on_time_rate", 6, 1), ("satisfaction_score", 5, 4), ("resolution_rate", 9, 0),
                            ("inspection_score", 90, 81)):  # fmt: skip
        for number in range(10):
            told = month.told
            told.add(code, mover, good if code.endswith("score") else 1, at=before)
            told.add(code, mover, bad if code.endswith("score") else number % 2, at=after)
            told.add("dispatch_accuracy", mover, 1, at=before)
            told.add("dispatch_accuracy", mover, 0, at=after)


def line(month: Month, code: str, kind: LineKind, what: str, amount: Decimal | None = None) -> None:
    asked = appraisal_lines.Asked(MONTH, month.staff(code), None, Proposal(kind, what, "已核实", amount))
    month.do(QUALITY, appraisal_lines.decide, month.do(ANALYST, appraisal_lines.propose, asked).id, approve=True)


def question(session: Session, code: str, version: int) -> scheme_trial.Question:
    scheme = session.scalars(
        sa.select(AppraisalScheme).where(AppraisalScheme.code == code, AppraisalScheme.version == version)
    ).one()
    rules = session.scalars(sa.select(AppraisalRules)).one()
    period = session.scalars(sa.select(AppraisalPeriod).where(AppraisalPeriod.month == MONTH)).one()
    return scheme_trial.question(scheme, rules, period)


def tried(month: Month, code: str, version: int = 1) -> tuple[list[Tried], AppraisalRules]:
    with month.database.reading() as session:
        asked = question(session, code, version)
        return scheme_trial.tried(session, asked, COMPUTED), asked.rules


def other(month: Month, code: str, change: object) -> None:
    """A second version of a scheme, a draft."""
    with month.database.writing() as session:
        base = session.scalars(sa.select(AppraisalScheme).where(AppraisalScheme.code == code)).one()
        definition = copy.deepcopy(base.definition)
        change(definition)
        session.add(
            AppraisalScheme(code=code, version=2, name_zh=base.name_zh, name_en=base.name_en, subject=base.subject,
                            valid_from=base.valid_from, state=VersionState.DRAFT, definition=definition)
        )  # fmt: skip


def test_R32_the_scheme_in_force_tried_on_its_own_month_comes_to_the_month_itself_to_the_cent(month):
    moves(month, "S014")
    for sheet in worked_example():
        for one in sheet["adjustments"]:
            line(month, sheet["staff"], LineKind.ADJUSTMENT, one["code"])
        for veto in sheet["vetoes"]:
            line(month, sheet["staff"], LineKind.VETO, veto)
    for _ in range(3):  # two letters count at the most
        line(month, "S014", LineKind.ADJUSTMENT, "commendation_letter")
    line(month, "S013", LineKind.REWARD, "bonus_top", Decimal("66.50"))
    line(month, "S013", LineKind.PENALTY, "bonus_reduction_20")
    month.compute()
    month.publish()
    number = month.sheet("S013").number
    month.do("S013", appraisal_appeal.submit, number, ["on_time_rate"], "两件由协办人承担")
    figures = {"on_time_rate": Figures(Decimal(43), Decimal(43), 43)}
    month.do(QUALITY, appraisal_appeal.decide, number, Decision(SheetAppealResult.UPHELD, "属实", figures))
    with month.database.reading() as session:
        schemes = [row.code for row in session.scalars(sa.select(AppraisalScheme))]
        sheets = session.scalar(sa.select(sa.func.count()).select_from(AppraisalSheet))
    seen = 0
    for code in schemes:
        rows, rules = tried(month, code)
        assert [one.after for one in rows] == [one.before for one in rows]
        found = outcome_of(rows, rules)
        assert (found.same, found.cost_after - found.cost_before) == (found.count, 0)
        seen += found.count
    assert seen == sheets
    amounts = {one.number: one.before for one in tried(month, "handler_2026")[0]}
    assert (amounts[number].bonus, amounts[number].reduction) == (Decimal("66.50"), 20)


def test_R32_R33_what_a_sheet_had_no_line_for_is_counted_for_its_own_days_alone(month):
    moves(month, "S014")
    month.compute()

    def by_accuracy(definition):
        definition["items"] = [
            {"indicator": "dispatch_accuracy", "weight": 100, "target": 95, "scoring": {"kind": "as_is"}}
        ]

    other(month, "handler_2026", by_accuracy)
    rows, _rules = tried(month, "handler_2026", 2)
    mover = month.staff("S014")
    with month.database.reading() as session:
        mine = sa.select(AppraisalSheet.id).where(AppraisalSheet.staff_id == mover)
        parts = list(session.scalars(mine.order_by(AppraisalSheet.from_day)))
    after = {one.sheet_id: one.after.score for one in rows if one.after is not None}
    assert [after[one] for one in parts] == [100, 0]


def test_R32_the_limits_of_a_month_hold_in_a_trial(month):
    for _ in range(3):
        line(month, "S005", LineKind.ADJUSTMENT, "commendation_letter")
    month.compute()
    ((before, after),) = [
        (one.before.score, one.after.score)
        for one in tried(month, "intake_2026")[0]
        if one.number == month.sheet("S005").number and one.after is not None
    ]
    assert before == after == Decimal("93.32")  # 91.32 and two letters


def left_out_of(month: Month, code: str, version: int = 1) -> Outside:
    with month.database.reading() as session:
        asked = question(session, code, version)
        return left_out(session, asked.scheme, asked.period)


def test_R32_a_scheme_as_it_held_leaves_nobody_out_but_those_whom_no_scheme_is_for(month):
    month.compute()
    found = left_out_of(month, "handler_2026")
    with month.database.reading() as session:
        sheeted = set(session.scalars(sa.select(AppraisalSheet.staff_id).where(AppraisalSheet.staff_id.is_not(None))))
        people = set(session.scalars(sa.select(Staff.id)))
    assert (found.new, found.without) == ((), len(people - sheeted))


def test_R32_who_would_newly_have_a_sheet_is_named_with_the_reason(month):
    """The role of the heads, whom no scheme appraises, and that of the inspectors, whom another one does."""
    month.compute()

    def wider(definition):
        definition["roles"] = [*definition["roles"], "department_head"]

    before = left_out_of(month, "handler_2026").without
    other(month, "handler_2026", wider)
    found = left_out_of(month, "handler_2026", 2)
    with month.database.reading() as session:
        head = session.scalars(sa.select(Staff).where(Staff.code == HEAD)).one()
        sheets = sa.select(AppraisalSheet.staff_id).where(AppraisalSheet.staff_id.is_not(None))
        sheeted = {row.name_zh for row in session.scalars(sa.select(Staff).where(Staff.id.in_(sheets)))}
    mine = {one.name.zh: one for one in found.new}
    assert mine[head.name_zh].by is None
    assert mine[head.name_zh].place is not None
    assert all((one.name.zh in sheeted) == (one.by is not None) for one in found.new)
    assert found.without == before - sum(one.by is None for one in found.new)


def test_R32_a_department_that_a_scheme_would_newly_appraise_is_named_too(month):
    month.compute()
    with month.database.reading() as session:
        code = session.scalars(
            sa.select(AppraisalScheme.code).where(AppraisalScheme.subject == SubjectKind.DEPARTMENT)
        ).first()
        known = session.scalars(sa.select(AppraisalScheme).where(AppraisalScheme.code == code)).one().definition
        new = session.scalars(sa.select(Department).where(Department.code.not_in(known["departments"]))).first()

    def wider(definition):
        definition["departments"] = [*definition["departments"], new.code]

    other(month, code, wider)
    assert [one.name.zh for one in left_out_of(month, code, 2).new] == [new.name_zh]
    assert left_out_of(month, code).new == ()
