"""R31–R33: the worked example of ``office/appraisal.yaml`` from the records through to sheets, PDF text and XLSX cells.

On both databases. Complaints, clocks, call-backs and inspections of September 2026 are put in so that they tell the
three stories; the month is computed from them by the registry of indicators, without any figure being given.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from backoffice.keys import Keys
from backoffice.queries.appraisal_check import verify_appraisal
from backoffice.reports.appraisal_sheet import print_appraisal
from backoffice.services import appraisal_lock
from backoffice.services.appraisal_papers.sheet import take_sheet
from tests.services.test_appraisal import told_lines
from tests.services.test_hr_export import tables, taken
from tests.support.appraisal_papers import HR
from tests.support.appraised import MONTH, QUALITY, Month, worked_example
from tests.support.printing import printing, read_back
from tests.support.worked_records import put_in
from views.language import say

__all__ = ["printing", "read_back"]
KEYS = Keys.fresh()


@pytest.fixture
def month(office_database, tmp_path) -> Month:
    with office_database.writing() as session:
        put_in(session)
    return Month(office_database, KEYS, tmp_path)


@pytest.fixture
def locked(month) -> Month:
    """Computed from the records, with the told lines, and gone its whole way."""
    told_lines(month)
    month.to_lock()
    month.do(QUALITY, appraisal_lock.lock, MONTH)
    return month


def exactly(value) -> Decimal:
    return Decimal(str(value))


def faults(found: dict, told: dict) -> dict:
    return {key: (found.get(key), told[key]) for key in told if found.get(key) != told[key]}


# What the office works: each place where a figure stands is read into the same form and held to the document.


def told_rows(sheet: dict) -> dict:
    return {
        (sheet["staff"], row["indicator"]): (
            exactly(row["weight"]), exactly(row["numerator"]), exactly(row["denominator"]), row["sample"],
            exactly(row["value"]), exactly(row["score"]) if row["rated"] else None,
            exactly(row["contribution"]) if row["rated"] else None,
        )
        for row in sheet["rows"]
    }  # fmt: skip


def told_results(sheet: dict) -> dict:
    found = {name: exactly(sheet[name]) for name in ("rated_weight", "base_score", "final_score")}
    return found | {name: sheet[name] for name in ("grade_by_score", "grade")}


def on_sheets(month: Month) -> tuple[dict, dict]:
    """Lines and results as the sheets hold them."""
    lines, results = {}, {}
    for wanted in worked_example():
        code, sheet = wanted["staff"], month.sheet(wanted["staff"])
        for line in sheet.lines:
            lines[code, line.indicator] = (
                line.weight, Decimal(line.numerator), Decimal(line.denominator), line.sample, Decimal(line.value),
                line.score, None if line.contribution is None else Decimal(line.contribution),
            )  # fmt: skip
        results[code] = {name: getattr(sheet, name) for name in told_results(wanted)}
        assert sheet.weighted_sum == exactly(wanted["weighted_sum"])
        assert [one["code"] for one in sheet.effects] == wanted["effects"]
        assert (sheet.scheme.code, sheet.vetoes) == (wanted["scheme"], wanted["vetoes"])
        assert sheet.adjustment == sum(one["points"] for one in wanted["adjustments"])
    return lines, results


def cell(value) -> Decimal | None:
    return None if value == "" else exactly(value)


def in_the_workbook(month: Month) -> tuple[dict, dict]:
    """Lines and results as another program reads them from the exported cells."""
    found = tables(taken(month))
    lines = {
        (row["subject_code"], row["indicator_code"]): (
            cell(row["weight"]), cell(row["numerator"]), cell(row["denominator"]), int(row["sample"]), cell(row["value"]),
            cell(row["score"]), cell(row["contribution"]),
        )
        for row in found["lines"]
    }  # fmt: skip
    results = {
        row["employee_no"]: {
            **{name: cell(row[name]) for name in ("rated_weight", "base_score", "final_score")},
            **{name: row[name] for name in ("grade_by_score", "grade")},
        }
        for row in found["persons"]
    }
    return lines, results


def words_on_paper(wanted: dict) -> set[str]:
    """Every told figure as a paper writes it: values with four decimals, scores with two, the rest as it is."""
    found = {f"{wanted[name]:.2f}" for name in ("base_score", "final_score")} | {wanted["grade"], wanted["staff"]}
    for row in wanted["rows"]:
        shown = f"{row['value']:.4f}"
        found.add(f"{shown}%" if row["indicator"].endswith("_rate") or row["indicator"] == "record_accuracy" else shown)
        found |= {plainly(row["numerator"]), plainly(row["denominator"]), str(row["sample"]), str(row["weight"])}
        if row["rated"]:
            found |= {f"{row['score']:.2f}", plainly(row["contribution"])}
    return found


def plainly(number) -> str:
    text = f"{exactly(number):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def test_R31_R33_the_records_of_the_worked_example_come_to_its_sheets_papers_and_cells(locked, printing, read_back):
    told_lines_of = {key: row for sheet in worked_example() for key, row in told_rows(sheet).items()}
    results = {sheet["staff"]: told_results(sheet) for sheet in worked_example()}
    for of_lines, of_sheets in (on_sheets(locked), in_the_workbook(locked)):
        assert faults(of_lines, told_lines_of) == {}
        assert faults(of_sheets, results) == {}
    for wanted in worked_example():
        for language in ("zh_Hans", "en"):
            paper = locked.do(HR, take_sheet, locked.sheet(wanted["staff"]).number, language)
            printed = print_appraisal(paper, lambda message, language=language: say(message, language))
            assert printed.pages == 1
            assert words_on_paper(wanted) - set(read_back(printed.data, "-layout").split()) == set()
    with locked.database.reading() as session:
        assert verify_appraisal(session, KEYS.chain) == (1, [])


def test_R33_department_sheets_come_from_the_same_records(month):
    month.compute()
    line = next(line for line in month.sheet("network").lines if line.indicator == "on_time_rate")
    # the 43 of S013, the three repeats and the hundred that S011 called back on: two missed
    assert (line.numerator, line.denominator, line.sample) == ("144", "146", 146)
