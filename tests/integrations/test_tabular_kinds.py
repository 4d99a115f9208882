"""Tables of other kinds (R1): Big5, JSON lines, XLSX; what is odd in them is refused in a sentence, row by row or whole."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from backoffice.integrations.table_rows import MOST_COLUMNS, Row, Source, TableError, TornRow
from backoffice.integrations.tabular import open_table

DATA = Path(__file__).resolve().parents[1] / "data/boston311"
TOLD = "客戶來電投訴寬頻斷線，請盡快處理並回覆"


def write(tmp_path: Path, content: bytes, name: str = "table.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def read(path, required=()):
    with open_table(path, required) as table:
        return table, list(table)


def reasons(path) -> list[str]:
    with pytest.raises(TableError) as refused, open_table(path) as table:
        list(table)
    return [refusal.key.removeprefix("import.file.") for refusal in refused.value.refusals]


def workbook(tmp_path: Path, fill, **options) -> Path:
    path = tmp_path / "table.xlsx"
    with xlsxwriter.Workbook(str(path), options) as book:
        fill(book, book.add_worksheet("登记"))
    return path


def repacked(path: Path, changes: dict[str, bytes]) -> Path:
    """The same workbook with other parts."""
    found = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changes.pop(name, None) or old.read(name))
        for name, content in changes.items():
            new.writestr(name, content)
    path.write_bytes(found.getvalue())
    return path


def test_R1_big5_is_recognised_and_read(tmp_path: Path) -> None:
    table, rows = read(write(tmp_path, f"編號,內容\r\n1,{TOLD}\r\n".encode("big5")))
    assert (table.encoding, table.header, rows) == ("cp950", ("編號", "內容"), [Row(2, ("1", TOLD))])


@pytest.mark.parametrize(
    ("chosen", "text"), [("gb18030", "宽带"), ("big5", "寬頻"), ("utf-16", "宽带"), ("utf-8", "宽带")]
)
def test_R1_the_encoding_that_a_person_chose_is_taken(tmp_path: Path, chosen: str, text: str) -> None:
    content = f"a\n{text}\n".encode(chosen)
    assert read(Source("a.csv", len(content), lambda: io.BytesIO(content), encoding=chosen))[1] == [Row(2, (text,))]


def test_R1_an_encoding_that_the_file_is_not_in_is_refused(tmp_path: Path) -> None:
    content = "a\n宽带掉线\n".encode("gb18030")
    assert reasons(Source("a.csv", len(content), lambda: io.BytesIO(content), encoding="utf-8")) == ["not_in_encoding"]


def test_R1_the_delimiter_that_a_person_chose_is_taken(tmp_path: Path) -> None:
    content = b"a;b,c\n1;2,3\n"
    assert read(Source("a.csv", len(content), lambda: io.BytesIO(content), delimiter=","))[0].header == ("a;b", "c")


def test_R1_json_lines_are_a_table_and_keep_every_digit(tmp_path: Path) -> None:
    lines = b'{"id": 101004143000, "text": "\xe6\x96\xad\xe7\xbd\x91", "x": null, "y": 1.50, "z": true}\n\n{"id": 2, "z": [1]}\n'
    table, rows = read(write(tmp_path, lines, "a.jsonl"))
    assert (table.kind, table.header) == ("json", ("id", "text", "x", "y", "z"))
    assert rows == [Row(1, ("101004143000", "断网", "", "1.50", "true")), Row(3, ("2", "", "", "", "[1]"))]


def test_R1_what_is_nested_stays_as_it_is_written(tmp_path: Path) -> None:
    line = '{"a": {"n": 1.50, "t": "1", "l": [12345678901234567890, null, true, "宽"]}}\n'
    assert read(write(tmp_path, line.encode(), "a.jsonl"))[1] == [
        Row(1, ('{"n": 1.50, "t": "1", "l": [12345678901234567890, null, true, "宽"]}',))
    ]


def test_R1_what_a_line_names_otherwise_is_kept_with_its_row(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("backoffice.integrations.json_lines.LOOKED_AT", 1)
    _table, rows = read(write(tmp_path, b'{"a": 1}\n{"a": 2, "b": "x", "c": 3}\n', "a.jsonl"))
    assert rows[1].cells == ("2", "b: x", "c: 3")
    assert rows[1].reason.params == {"name": ("b", "c")}


@pytest.mark.parametrize(
    "line",
    [
        b'{"a": ',
        b"[1]",
        b'"a"',
        b'{"a": 1, "a": 2}',
        b"{" * 5000,
        b'{"a": 1, " a": 2}',
        b'{"a": "\\ud800"}',
        b'{"a": ["\\udc00"]}',
        b'{"\\ud800": 1}',
    ],
)
def test_R1_a_line_that_is_no_object_is_torn_and_the_next_is_read(tmp_path: Path, line: bytes) -> None:
    _table, rows = read(write(tmp_path, b'{"a": 1}\n' + line + b'\n{"a": 3}\n'))
    assert [(type(row), row.line) for row in rows] == [(Row, 1), (TornRow, 2), (Row, 3)]
    assert rows[1].reason.key == "import.row.no_object"


def test_R1_the_json_of_the_city_says_the_same_as_its_csv() -> None:
    _table, rows = read(DATA / "boston311-100.jsonl")
    with (DATA / "boston311-100.csv").open(encoding="utf-8", newline="") as file:
        keys = [row["case_enquiry_id"] for row in csv.DictReader(file)]
    assert [row.cells[0] for row in rows] == keys


def test_R1_a_workbook_is_read_as_it_is_meant(tmp_path: Path) -> None:
    def fill(book, sheet):
        day, moment = book.add_format({"num_format": "yyyy/m/d"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(0, 0, ["电话", "日期", "时间", "金额", "内容", "算式"])
        sheet.write_number(1, 0, 13900000001)
        sheet.write_datetime(1, 1, date(2026, 11, 20), day)
        sheet.write_datetime(1, 2, datetime(2026, 11, 20, 9, 30, tzinfo=UTC).replace(tzinfo=None), moment)
        sheet.write_number(1, 3, 12.5)
        sheet.write_rich_string(1, 4, "宽带", book.add_format({"bold": True}), "掉线")
        sheet.write_formula(1, 5, "=1+1", None, 2)
        sheet.write_string(3, 4, "  ")
        sheet.write_string(5, 0, "后面")

    table, rows = read(workbook(tmp_path, fill))
    assert (table.header, table.sheets) == (("电话", "日期", "时间", "金额", "内容", "算式"), ("登记",))
    assert rows == [
        Row(2, ("13900000001", "2026-11-20", "2026-11-20 09:30:00", "12.5", "宽带掉线", "2")),
        Row(6, ("后面", "", "", "", "", "")),
    ]


def test_R1_a_time_without_a_day_and_a_span_are_no_dates(tmp_path: Path) -> None:
    def fill(book, sheet):
        sheet.write_row(0, 0, ["时刻", "历时", "日期", "一天整"])
        for place, (value, form) in enumerate(
            [(0.604166666666667, "h:mm"), (1.25, "[h]:mm"), (46347.5, "yyyy/m/d h:mm"), (2, "[hh]:mm:ss")]
        ):
            sheet.write_number(1, place, value, book.add_format({"num_format": form}))

    rows = read(workbook(tmp_path, fill))[1]
    assert rows == [Row(2, ("14:30:00", "30:00:00", "2026-11-21 12:00:00", "48:00:00"))]


def test_R1_what_a_workbook_writes_out_for_xml_is_read_as_it_was_meant(tmp_path: Path) -> None:
    def fill(_book, sheet):
        sheet.write_row(0, 0, ["a", "b", "c"])
        sheet.write_row(1, 0, ["第一行\r\n第二行", "_x0041_", "plain_x"])

    path = workbook(tmp_path, fill)
    part = zipfile.ZipFile(path).read("xl/sharedStrings.xml")
    assert b"_x005F_x0041_" in part
    part = part.replace("第一行".encode(), "第一行_x000D__xD83D__xDE00_".encode())
    rows = read(repacked(path, {"xl/sharedStrings.xml": part}))[1]
    assert rows[0].cells[0].startswith("第一行\r\U0001f600")
    assert rows[0].cells[1:] == ("_x0041_", "plain_x")


def test_R1_days_that_count_from_1904_are_the_same_days(tmp_path: Path) -> None:
    def fill(book, sheet):
        sheet.write_row(0, 0, ["日期"])
        sheet.write_datetime(1, 0, date(2026, 11, 20), book.add_format({"num_format": "yyyy-mm-dd"}))

    assert read(workbook(tmp_path, fill, date_1904=True))[1] == [Row(2, ("2026-11-20",))]


def test_R1_the_first_sheet_that_is_seen_is_read_else_the_chosen_one(tmp_path: Path) -> None:
    def fill(book, sheet):
        other = book.add_worksheet("另一张")
        sheet.write_row(0, 0, ["a"])
        other.write_row(0, 0, ["b"])
        sheet.hide()
        other.activate()

    path = workbook(tmp_path, fill)
    assert read(path)[0].header == ("b",)
    source = Source("t.xlsx", path.stat().st_size, lambda: path.open("rb"), sheet="登记")
    assert read(source)[0].header == ("a",)
    assert reasons(Source("t.xlsx", path.stat().st_size, lambda: path.open("rb"), sheet="没有")) == ["no_sheet"]


def test_R1_a_formula_without_a_value_and_a_faulty_cell_refuse_their_row(tmp_path: Path) -> None:
    path = workbook(tmp_path, lambda _book, sheet: [sheet.write_row(r, 0, ["x", r]) for r in range(3)])
    part = (
        b'<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>a</v></c></row><row r="2"><c r="A2"><f>1+1</f></c></row>'
        b'<row r="3"><c r="A3" t="e"><v>#REF!</v></c></row><row r="4"><c r="A4"><v>7</v></c></row></sheetData></worksheet>'
    )
    _table, rows = read(repacked(path, {"xl/worksheets/sheet1.xml": part}))
    assert [row.reason.key if isinstance(row, TornRow) else row.cells for row in rows] == [
        "import.row.formula_without_value", "import.row.cell_error", ("7",),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"xl/worksheets/sheet1.xml": b"<worksheet>" + b"\0" * 300_000_000}, "packed"),
        ({"xl/worksheets/sheet1.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet/>'}, "packed"),
        ({"xl/vbaProject.bin": b"x"}, "packed"),
        ({"xl/worksheets/sheet1.xml": b"<worksheet><sheetData>"}, "workbook_damaged"),
        ({"xl/worksheets/sheet1.xml": b"<worksheet><sheetData/></worksheet>"}, "empty"),
        ({"xl/workbook.xml": b"<workbook/>"}, "no_sheet"),
        ({"xl/worksheets/sheet1.xml": b'<?xml version="1.0" encoding="nosuch"?><worksheet/>'}, "workbook_damaged"),
        ({"xl/worksheets/sheet1.xml": b'<row><c t="s"><v>77</v></c></row>'}, "workbook_damaged"),
    ],
)
def test_R1_a_workbook_that_is_a_bomb_or_broken_is_refused_in_one_sentence(tmp_path: Path, parts, reason: str) -> None:
    path = workbook(tmp_path, lambda _book, sheet: sheet.write_row(0, 0, ["a"]))
    assert reasons(repacked(path, parts)) == [reason]


def test_R1_a_number_beyond_all_measure_stays_as_it_is_written_and_a_line_comes_once(tmp_path: Path) -> None:
    path = workbook(tmp_path, lambda _book, sheet: sheet.write_row(0, 0, ["a"]))
    part = (
        b'<worksheet><sheetData><row r="1"><c t="str"><v>a</v></c></row><row r="5"><c><v>1e1000000</v></c></row>'
        b'<row r="5"><c><v>2</v></c></row><row r="3"><c><v>3</v></c></row></sheetData></worksheet>'
    )
    _table, rows = read(repacked(path, {"xl/worksheets/sheet1.xml": part}))
    assert rows == [Row(5, ("1e1000000",)), Row(6, ("2",)), Row(7, ("3",))]


def test_R1_a_row_of_far_too_many_characters_is_torn_and_the_next_is_read(tmp_path: Path) -> None:
    long = "x" * 700_000
    _table, rows = read(write(tmp_path, f'a,b\n"{long}\n","{long}"\n1,2\n'.encode()))
    assert [(type(row), row.line) for row in rows] == [(TornRow, 2), (Row, 4)]
    assert rows[0].reason.key == "import.row.line_too_long"
    assert sum(map(len, rows[0].cells)) < 200


def test_R1_a_table_of_far_too_many_columns_is_refused(tmp_path: Path) -> None:
    wide = ",".join(f"c{n}" for n in range(MOST_COLUMNS + 1)) + "\n"
    assert reasons(write(tmp_path, wide.encode())) == ["too_many_columns"]
    million = write(tmp_path, ("," * 1_000_000 + "\n1\n").encode())
    assert reasons(million) == ["too_many_columns"]
    path = workbook(tmp_path, lambda _book, sheet: sheet.write_row(0, 0, [f"c{n}" for n in range(MOST_COLUMNS + 30)]))
    assert reasons(path) == ["too_many_columns"]


def test_R1_an_archive_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a.txt", "b")
    assert reasons(path) == ["is_zip"]


@pytest.mark.parametrize("name", ["=sum", "-电话", "+86", "@who"])
def test_R1_a_heading_is_read_without_the_apostrophe_that_our_own_files_give_it(tmp_path: Path, name: str) -> None:
    assert read(write(tmp_path, f"a,'{name}\n1,2\n".encode()), (name,))[0].header == ("a", name)
    path = workbook(tmp_path, lambda _book, sheet: sheet.write_row(0, 0, ["a", f"'{name}"]))
    assert read(path, (name,))[0].header == ("a", name)


@pytest.mark.parametrize(
    ("content", "line", "delimiter"),
    [
        ("2026年1月投诉台账,,\n编号,内容,备注\n1,a,b\n", 2, ","),
        ("2026年1月投诉台账\n\n填报单位\n编号;内容;备注\n1;a;b\n", 4, ";"),
        ('"2026年1月\n投诉台账",,\n编号,内容,备注\n1,a,b\n', 3, ","),
        ("sep=;\n编号;内容;备注\n1;a;b\n", 2, ";"),
        ("\ufeffSEP=,\r\n编号,内容,备注\r\n1,a,b\r\n", 2, ","),
        ("编号\t内容\t备注\n1\ta\tb\n", 1, "\t"),
    ],
)
def test_R1_headings_stand_below_titles_and_rows_keep_their_lines(tmp_path, content, line, delimiter) -> None:
    table, rows = read(write(tmp_path, content.encode()))
    assert (table.header, table.header_line, table.delimiter) == (("编号", "内容", "备注"), line, delimiter)
    assert rows == [Row(line + 1, ("1", "a", "b"))]


def test_R1_a_table_of_one_column_has_its_first_line_as_heading(tmp_path: Path) -> None:
    table, rows = read(write(tmp_path, "内容\na\nb\n".encode()))
    assert (table.header, table.header_line, len(rows)) == (("内容",), 1, 2)


def test_R1_titles_of_a_workbook_and_a_cover_before_it_are_passed_over(tmp_path: Path) -> None:
    def fill(book, cover):
        cover.write(2, 3, "2026年1月投诉台账")
        book.add_worksheet("空")
        data = book.add_worksheet("数据")
        data.merge_range(0, 0, 0, 2, "2026年1月投诉台账")
        data.write_row(1, 0, ["编号", "内容", "备注"])
        data.write_row(2, 0, ["1", "a", "b"])

    path = workbook(tmp_path, fill)
    table, rows = read(path)
    assert (table.sheet, table.header, table.header_line) == ("数据", ("编号", "内容", "备注"), 2)
    assert rows == [Row(3, ("1", "a", "b"))]
    chosen = Source("t.xlsx", path.stat().st_size, lambda: path.open("rb"), sheet="空")
    with pytest.raises(TableError) as refused, open_table(chosen):
        pass
    assert (refused.value.refusals[0].key, refused.value.sheets) == ("import.file.empty", ("登记", "空", "数据"))


def test_R1_uncommon_names_in_a_short_file_do_not_hide_its_encoding(tmp_path: Path) -> None:
    text = "姓名,内容\n陈喆,断网\n李堃,断线\n王镕,慢\n赵珺,吵\n钱祎,错\n"
    table, rows = read(write(tmp_path, text.encode("gb18030")))
    assert (table.encoding, rows[0].cells) == ("gb18030", ("陈喆", "断网"))
