"""R33: what payroll gets, read back by another program; it reconciles with the papers to the cent."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from backoffice.errors import DomainError
from backoffice.models.history import AccessEvent
from backoffice.models.office import Staff
from backoffice.reports.sheet import print_sheet
from backoffice.services.appraisal_papers.export import KINDS, LEGEND, take_export
from backoffice.services.appraisal_papers.sheet import take_sheet
from backoffice.services.appraisal_papers.summary import take_summary
from tests.support.appraisal_papers import ANALYST, HR, MONTH, PHONE, QUALITY, Papers, full_marks, worked_example
from tests.support.inspections import KEYS
from tests.support.printing import printing, read_back
from views.language import say

__all__ = ["printing", "read_back"]
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "users" / "hr_export.md"


@pytest.fixture
def scene(office_database, tmp_path):
    made = Papers(office_database, KEYS, tmp_path / "files")
    made.month()
    return made


def taken(scene, code=HR, language="zh_Hans", form="xlsx"):
    room = io.BytesIO()

    def write(work):
        export = take_export(work, MONTH, form, language, lambda message, one: say(message, one))
        (export.workbook if form == "xlsx" else export.archive)(room)

    scene.do(code, write)
    room.seek(0)
    return room


def tables(room):
    """Sheet → rows as dictionaries of column code → cell."""
    book = CalamineWorkbook.from_filelike(room)
    found = {}
    for code, title in zip((*KINDS, "legend"), book.sheet_names, strict=True):
        rows = book.get_sheet_by_name(title).to_python()
        found[code] = [dict(zip(rows[1], row, strict=True)) for row in rows[2:]]
    return found


def test_R33_a_told_sheet_stands_in_the_workbook_to_the_last_digit(scene):
    found = tables(taken(scene))
    for told in worked_example():
        person = next(row for row in found["persons"] if row["employee_no"] == told["staff"])
        assert person["final_score"] == told["final_score"]
        assert person["base_score"] == told["base_score"]
        assert (person["grade"], person["rated_weight"]) == (told["grade"], told["rated_weight"])
        lines = {row["indicator_code"]: row for row in found["lines"] if row["subject_code"] == told["staff"]}
        for row in told["rows"]:
            line = lines[row["indicator"]]
            assert line["numerator"] == row["numerator"]
            assert line["denominator"] == row["denominator"]
            assert line["value"] == row["value"]
            assert line["rated"] == int(row["rated"])
            assert line["score"] == row.get("score", "")
            assert line["contribution"] == row.get("contribution", "")


def test_R33_cells_are_typed_and_employee_numbers_are_text(scene):
    with scene.database.writing() as session:
        session.scalars(sa.select(Staff).where(Staff.code == "S005")).one().code = "000142"
    rows = {row["employee_no"]: row for row in tables(taken(scene))["persons"]}
    assert "000142" in rows
    person = rows["000142"]
    assert person["from_day"] == date(2026, 9, 1)
    assert isinstance(person["bonus_amount"], float)
    assert person["locked_at"].isoformat() == "2026-10-28T10:00:00"


def test_R33_sums_of_workbook_csv_and_paper_are_the_same_to_the_cent(scene, printing, read_back):
    scene.sheet("billing", "department_2026", full_marks("department_2026"))
    scene.sheet("S020", "handler_2026", full_marks("handler_2026"), more=[
        {"code": "bonus_top", "kind": "bonus", "amount": "12.35", "unit": "CNY", "cause": "line:0"}])  # fmt: skip
    found = tables(taken(scene))
    whole = next(row for row in found["totals"] if row["department_code"] == "*")
    amounts = [Decimal(str(row["bonus_amount"])) for part in ("persons", "departments") for row in found[part]]
    items = [Decimal(str(row["amount"])) for row in found["rewards_penalties"] if row["amount"] != ""]
    assert sum(amounts) == sum(items) == Decimal("612.35")
    assert Decimal(str(whole["bonus_amount"])) == Decimal("612.35")
    with zipfile.ZipFile(taken(scene, form="csv")) as room:
        rows = list(csv.DictReader(io.StringIO(room.read("persons.csv").decode("utf-8-sig"))))
    assert sum(Decimal(row["bonus_amount"]) for row in rows) == Decimal("212.35")
    paper = scene.do(HR, take_summary, MONTH, "zh_Hans")
    text = read_back(print_sheet(paper, lambda message: say(message, "zh_Hans")).data, "-layout")
    assert "+612.35" in text.split()


def test_R33_columns_are_those_that_the_document_lists(scene):
    said = DOCUMENT.read_text(encoding="utf-8")
    for table, columns in KINDS.items():
        part = said.split(f"## `{table}`")[1].split("\n## ")[0]
        listed = [line.split("`")[1] for line in part.splitlines() if line.startswith("| `")]
        assert listed == [code for code, _kind, _width in columns], table
    room = taken(scene, form="csv")
    with zipfile.ZipFile(room) as files:
        assert files.namelist() == [f"{code}.csv" for code in (*KINDS, "legend")]
        for code, columns in {**KINDS, "legend": LEGEND}.items():
            head = next(csv.reader(io.StringIO(files.read(f"{code}.csv").decode("utf-8-sig"))))
            assert head == [column for column, _kind, _width in columns]


def test_R33_the_legend_names_every_column_in_both_languages(scene):
    legend = tables(taken(scene, language="en"))["legend"]
    assert len(legend) == sum(len(columns) for columns in KINDS.values())
    assert all(row["column_zh"] and row["column_en"] for row in legend)
    assert legend[0]["column_zh"] == "月份"


def test_R39_nothing_that_was_written_about_a_customer_leaves_with_the_export(scene):
    with zipfile.ZipFile(taken(scene, form="csv")) as files:
        text = "".join(files.read(name).decode("utf-8-sig") for name in files.namelist())
    assert PHONE not in text
    assert "来电" not in text


def test_R39_a_name_that_begins_a_formula_stays_a_text(scene):
    with scene.database.writing() as session:
        session.scalars(sa.select(Staff).where(Staff.code == "S005")).one().name_zh = "=1+1"
    rows = tables(taken(scene))["persons"]
    assert "=1+1" in {row["name"] for row in rows}
    with zipfile.ZipFile(taken(scene, form="csv")) as files:
        text = files.read("persons.csv").decode("utf-8-sig")
    assert ",'=1+1," in text
    assert ",=1+1," not in text


def test_R33_points_taken_are_numbers_in_the_csv_too(scene):
    with zipfile.ZipFile(taken(scene, form="csv")) as files:
        rows = list(csv.DictReader(io.StringIO(files.read("rewards_penalties.csv").decode("utf-8-sig"))))
    taken_away = {row["score_points"] for row in rows if row["item_code"] == "overdue_after_urge"}
    assert {Decimal(one) for one in taken_away} == {Decimal(-1)}


@pytest.mark.parametrize(("code", "people"), [(HR, 3), (QUALITY, 3), (ANALYST, 3), ("S012", 1), ("S004", 1)])
def test_R39_an_export_holds_what_one_may_read_and_take_along(scene, code, people):
    assert len(tables(taken(scene, code))["persons"]) == people


@pytest.mark.parametrize("code", ["S005", "S013", "S029", "S030", "S001"])
def test_R39_who_may_not_export_gets_nothing_and_nothing_is_logged(scene, code):
    with pytest.raises(DomainError) as refused:
        taken(scene, code)
    assert refused.value.status == 403
    with scene.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(AccessEvent)) == 0


def test_R40_the_export_is_logged_with_month_form_and_reach(scene):
    taken(scene, "S012")
    with scene.database.reading() as session:
        event = session.scalars(sa.select(AccessEvent)).one()
        department = session.scalar(sa.select(Staff.department_id).where(Staff.code == "S012"))
    assert event.kind == "appraisal_export"
    assert json.loads(event.body)["facts"] == {"month": MONTH, "form": "xlsx", "reach": [department]}


def test_R32_R33_a_deduction_from_wages_is_money_taken_and_reconciles_in_workbook_and_papers(
    scene, printing, read_back
):  # fmt: skip
    deducted = {
        "code": "wage_deduction",
        "kind": "wage_deduction",
        "amount": "-99.95",
        "unit": "CNY",
        "cause": "line:0",
    }
    number = scene.sheet("S020", "handler_2026", full_marks("handler_2026"), more=[deducted])
    found = tables(taken(scene))
    person = next(row for row in found["persons"] if row["sheet_no"] == number)
    assert (person["bonus_amount"], person["wage_deduction"]) == (100.05, -99.95)
    item = next(row for row in found["rewards_penalties"] if row["kind_code"] == "wage_deduction")
    assert (item["amount"], item["quantity"], item["unit"]) == (-99.95, "", "CNY")
    whole = next(row for row in found["totals"] if row["department_code"] == "*")
    items = [Decimal(str(row["amount"])) for row in found["rewards_penalties"] if row["amount"] != ""]
    people = [Decimal(str(row["wage_deduction"])) for row in found["persons"]]
    assert Decimal(str(whole["bonus_amount"])) == sum(items) == Decimal("300.05")
    assert Decimal(str(whole["wage_deduction"])) == sum(people) == Decimal("-99.95")
    paper = scene.do(HR, take_summary, MONTH, "zh_Hans")
    text = read_back(print_sheet(paper, lambda message: say(message, "zh_Hans")).data, "-layout").split()
    assert {"+300.05", "\u221299.95"} <= set(text)
    sheet = scene.do(HR, take_sheet, number, "zh_Hans")
    assert ([one.amount for one in sheet.items][-1], sheet.items_total[1]) == ("\u221299.95", "+100.05")


def test_R32_reductions_of_a_bonus_together_take_at_most_the_whole_of_it(scene):
    twenty = {"code": "bonus_reduction_20", "kind": "bonus_reduction", "amount": "20", "unit": "percent"}
    more = [{**twenty, "cause": f"line:{number}"} for number in range(-6, 0)]
    number = scene.sheet("S020", "handler_2026", full_marks("handler_2026"), more=more)
    person = next(row for row in tables(taken(scene))["persons"] if row["sheet_no"] == number)
    assert person["bonus_reduction_percent"] == 100
