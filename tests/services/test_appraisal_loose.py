"""R32, R33: what was agreed for somebody who has no sheet in the month is paid, shown and signed all the same."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.keys import Keys
from backoffice.models.appraisal import AppraisalManualLine, StaffPost
from backoffice.models.training import TrainingOrder
from backoffice.queries.appraisal_check import verify_appraisal
from backoffice.services import appraisal_lines, appraisal_lock
from backoffice.services.appraisal_papers.export import take_export
from backoffice.services.appraisal_papers.summary import summary
from policies.vocabulary_appraisal import LineKind, SubjectKind
from tests.services.test_appraisal import agreed, refused
from tests.services.test_hr_export import tables
from tests.support.appraised import HEAD, MONTH, QUALITY, Month, Told, worked_example
from views.language import say

KEYS = Keys.fresh()
HR = "S025"


@pytest.fixture
def told(monkeypatch) -> Told:
    return Told().patch(monkeypatch)


@pytest.fixture
def example(office_database, tmp_path, told) -> Month:
    month = Month(office_database, KEYS, tmp_path, told=told)
    for sheet in worked_example():
        for row in sheet["rows"]:
            told.add_whole(row["indicator"], month.staff(sheet["staff"]), row)
    return month


def finish(example: Month) -> None:
    example.publish()
    example.keep_silent()
    example.approve()
    example.do(QUALITY, appraisal_lock.lock, example.month)


def exported(example: Month) -> dict[str, list[dict]]:
    stream = io.BytesIO()
    with example.database.writing() as session:
        take_export(
            example.work(session, HR), example.month, "xlsx", "zh_Hans", lambda message, one: say(message, one)
        ).workbook(stream)
    stream.seek(0)
    return tables(stream)


def test_R32_R33_a_reward_for_a_head_without_a_sheet_reaches_payroll_and_every_sum(example):
    example.compute()
    agreed(example, HEAD, LineKind.REWARD, "bonus_top")
    agreed(example, "S013", LineKind.REWARD, "bonus_top")
    finish(example)
    found = exported(example)
    assert HEAD not in {row["employee_no"] for row in found["persons"]}
    (mine,) = [row for row in found["rewards_penalties"] if row["subject_code"] == HEAD]
    assert (mine["sheet_no"], mine["item_code"], mine["amount"]) == ("", "bonus_top", 200)
    amounts = [Decimal(str(row["amount"])) for row in found["rewards_penalties"] if row["amount"] != ""]
    whole = next(row for row in found["totals"] if row["department_code"] == "*")
    assert Decimal(str(whole["bonus_amount"])) == sum(amounts)
    network = next(row for row in found["totals"] if row["department_code"] == "network")
    assert Decimal(str(network["bonus_amount"])) >= 400
    with example.database.writing() as session:
        paper = summary(example.work(session, HR), MONTH, "zh_Hans", None)
    facts = {fact.label.key.rpartition(".")[2]: fact.value for fact in paper.parts[0].blocks[0].facts}
    assert Decimal(str(facts["amount"]).replace(",", "")) == sum(amounts)
    assert paper.parts[-1].heading.key == "appraisal_summary.part.beside"


def test_R33_a_correction_for_who_has_left_is_decided_before_the_lock_and_listed(example, told):
    example.to_lock()
    example.do(QUALITY, appraisal_lock.lock, MONTH)
    with example.database.writing() as session:
        session.add(
            StaffPost(
                staff_id=example.staff("S013"), department_id=example.department("network"), roles=["handler"],
                from_day=date(2019, 7, 1), until_day=date(2026, 9, 30),
            )
        )  # fmt: skip
    rows = told.rows["on_time_rate", SubjectKind.PERSON]
    rows[-1] = (*rows[-1][:5], 0, *rows[-1][6:])
    example.clock.at, example.month = datetime(2026, 11, 4, 2, tzinfo=UTC), "2026-10"
    example.to_lock()
    assert refused(lambda: example.do(QUALITY, appraisal_lock.lock, "2026-10")) == "open_lines"
    with example.database.reading() as session:
        late = session.scalars(sa.select(AppraisalManualLine)).one()
    example.do(QUALITY, appraisal_lines.decide, late.id, approve=True)
    example.do(QUALITY, appraisal_lock.lock, "2026-10")
    (row,) = exported(example)["corrections"]
    assert (row["subject_code"], row["corrected_month"], Decimal(str(row["score_points"]))) == (
        "S013", MONTH, late.points,
    )  # fmt: skip


def test_R34_training_agreed_for_somebody_without_a_sheet_becomes_an_entry(example):
    example.compute()
    agreed(example, HEAD, LineKind.PENALTY, "training_8h")
    finish(example)
    with example.database.reading() as session:
        mine = sa.select(TrainingOrder).where(TrainingOrder.staff_id == example.staff(HEAD))
        assert [(row.hours, row.due) for row in session.scalars(mine)] == [(8, date(2026, 10, 31))]


def test_R40_a_line_without_a_sheet_is_signed_with_the_month(example):
    example.compute()
    line = agreed(example, HEAD, LineKind.REWARD, "bonus_top")
    finish(example)
    with example.database.writing() as session:
        session.execute(sa.update(AppraisalManualLine).where(AppraisalManualLine.id == line).values(amount=2000))
        broken = verify_appraisal(session, KEYS.chain)[1]
    assert [one.fault.key for one in broken] == ["appraisal.fault.lines"]
