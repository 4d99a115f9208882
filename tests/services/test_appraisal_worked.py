"""R31–R33: the worked example of ``office/appraisal.yaml`` from the records through to the sheets, on both databases.

Complaints, clocks, call-backs and inspections of September 2026 are put in so that they tell the three stories; the
month is computed from them by the registry of indicators, without any figure being given.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from backoffice.keys import Keys
from tests.services.test_appraisal import told_lines
from tests.support.appraised import Month, worked_example
from tests.support.worked_records import put_in

KEYS = Keys.fresh()


@pytest.fixture
def month(office_database, tmp_path) -> Month:
    with office_database.writing() as session:
        put_in(session)
    return Month(office_database, KEYS, tmp_path)


def test_R31_R33_the_records_of_the_worked_example_come_to_its_sheets(month):
    told_lines(month)
    month.compute()
    wrong = []
    for wanted in worked_example():
        sheet = month.sheet(wanted["staff"])
        lines = {line.indicator: line for line in sheet.lines}
        for row in wanted["rows"]:
            line = lines[row["indicator"]]
            found = (Decimal(line.numerator), Decimal(line.denominator), line.sample, line.score)
            told = (
                Decimal(str(row["numerator"])), Decimal(str(row["denominator"])), row["sample"],
                Decimal(str(row["score"])) if row["rated"] else None,
            )  # fmt: skip
            if found != told:
                wrong.append((wanted["staff"], row["indicator"], found, told))
        whole = (sheet.weighted_sum, sheet.base_score, sheet.final_score, sheet.grade_by_score, sheet.grade)
        told_whole = (
            *(Decimal(str(wanted[name])) for name in ("weighted_sum", "base_score", "final_score")),
            wanted["grade_by_score"], wanted["grade"],
        )  # fmt: skip
        if whole != told_whole:
            wrong.append((wanted["staff"], whole, told_whole))
    assert wrong == []


def test_R33_department_sheets_come_from_the_same_records(month):
    month.compute()
    line = next(line for line in month.sheet("network").lines if line.indicator == "on_time_rate")
    # the 43 of S013, the three repeats and the hundred that S011 called back on: two missed
    assert (line.numerator, line.denominator, line.sample) == ("144", "146", 146)
