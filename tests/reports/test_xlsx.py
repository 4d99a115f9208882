"""Workbooks (R31, R35): what was written is read back by another program; nothing in them runs."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook

from backoffice.reports import xlsx
from backoffice.reports.xlsx import Kind, Sheet, SheetColumn, write_workbook

COLUMNS = (
    SheetColumn("编号", width=20),
    SheetColumn("件数", Kind.WHOLE),
    SheetColumn("得分", Kind.NUMBER),
    SheetColumn("比率", Kind.PERCENT),
    SheetColumn("公布日", Kind.DAY),
    SheetColumn("定案时刻", Kind.MOMENT),
)
SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 9, 30, 17, 45, tzinfo=SHANGHAI)


def written(*sheets):
    room = io.BytesIO()
    write_workbook(room, sheets)
    return room


def read_back(room, title):
    room.seek(0)
    return CalamineWorkbook.from_filelike(room).get_sheet_by_name(title).to_python()


def test_R31_numbers_days_and_moments_come_back_as_what_they_are():
    rows = [
        ["QI-1", 3, Decimal("84.24"), Decimal("0.875"), date(2026, 9, 28), AT],
        ["QI-2", None, None, None, None, None],
    ]
    found = read_back(written(Sheet("质检", COLUMNS, rows)), "质检")
    assert found[0] == ["编号", "件数", "得分", "比率", "公布日", "定案时刻"]
    assert found[1] == ["QI-1", 3, 84.24, 0.875, date(2026, 9, 28), AT.replace(tzinfo=None)]
    assert found[2] == ["QI-2", "", "", "", "", ""]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        '=HYPERLINK("http://a.example")',
        "\t=1",
        "{=1}",
        "http://a.example/",
        "007",
        "1e5",
        "mailto:a@a.example",
        "中文 𠮷",
    ],
)
def test_R35_a_text_stays_a_text_whatever_it_begins_with(text):
    room = written(Sheet("a", (SheetColumn("x"),), [[text]]))
    assert read_back(room, "a")[1] == [text]
    with zipfile.ZipFile(room) as book:
        page = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in page
        assert "<f " not in page
        assert "hyperlink" not in page


def test_R35_what_no_workbook_can_hold_is_left_out_and_the_file_still_opens():
    rows = [
        ["a\x00b\x0bc\ud800d", "x" * 40_000, "n", "1", "gestern", date(1899, 1, 1)],
        ["", "", float("nan"), True, "", ""],
    ]
    found = read_back(written(Sheet("a", COLUMNS, rows)), "a")
    assert found[1][0] == "abc\ufffdd"
    assert len(found[1][1]) == 32_767
    assert found[1][2:] == ["n", "1", "gestern", "1899-01-01"]
    assert found[2][2:4] == ["nan", "True"]


def test_R35_heads_are_frozen_and_can_be_filtered():
    with zipfile.ZipFile(written(Sheet("a", COLUMNS, [["1", 2, 3, 4, None, None]]))) as book:
        page = book.read("xl/worksheets/sheet1.xml").decode()
    assert 'state="frozen"' in page
    assert '<autoFilter ref="A1:F2"/>' in page


def test_R35_a_title_that_no_workbook_takes_is_made_fit():
    titles = ["a/b:c*?", "a b c", "x" * 40, "x" * 40, "", "历史 History"]
    room = written(*(Sheet(title, (SheetColumn("h"),), [["1"]]) for title in titles))
    room.seek(0)
    names = CalamineWorkbook.from_filelike(room).sheet_names
    assert names == ["a b c", "a b c (2)", "x" * 31, "x" * 27 + " (2)", "1", "历史 History"]


def test_R35_rows_beyond_one_sheet_go_on_in_the_next(monkeypatch):
    monkeypatch.setattr(xlsx, "MOST_ROWS", 4)
    room = written(Sheet("a", (SheetColumn("n", Kind.WHOLE),), ([number] for number in range(7))))
    assert [read_back(room, title) for title in ("a", "a (2)", "a (3)")] == [
        [["n"], [0], [1], [2]],
        [["n"], [3], [4], [5]],
        [["n"], [6]],
    ]


def test_R35_a_row_of_another_length_is_a_fault():
    with pytest.raises(ValueError, match="a cell for each column"):
        written(Sheet("a", COLUMNS, [["1"]]))


def test_R35_ten_times_the_rows_take_no_more_memory():
    def peak(count):
        rows = ([f"QI-{number}", number, number / 7, 0.5, date(2026, 9, 1), AT] for number in range(count))
        tracemalloc.start()
        try:
            write_workbook(io.BytesIO(), [Sheet("a", COLUMNS, rows)])
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few, many = peak(500), peak(5_000)
    assert many < few + 3_000_000


def test_R33_codes_of_columns_are_a_second_frozen_line_of_heads():
    columns = (SheetColumn("工号", code="employee_no"), SheetColumn("结果", Kind.EXACT, code="value"))
    room = written(Sheet("a", columns, [["000142", Decimal("94.4444")]]))
    assert read_back(room, "a") == [["工号", "结果"], ["employee_no", "value"], ["000142", 94.4444]]
    with zipfile.ZipFile(room) as book:
        page = book.read("xl/worksheets/sheet1.xml").decode()
    assert 'ySplit="2"' in page
    assert '<autoFilter ref="A2:B3"/>' in page
