"""Tables of text, however they were written and torn (R1): what is read, what is refused, and with which line."""

from __future__ import annotations

import csv
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.integrations import tabular
from backoffice.integrations.tabular import Row, Table, TableError, TornRow, open_table

BOSTON = Path(__file__).resolve().parents[1] / "data/boston311"
CHINESE = "编号,姓名,内容\n1,周敏,宽带掉线，重启无效\n2,吕𠮷㛃,信号弱\n"


def write(folder: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def read(path: Path, required: tuple[str, ...] = ()) -> tuple[Table, list[Row | TornRow]]:
    with open_table(path, required) as table:
        return table, list(table)


def rows(path: Path) -> list[tuple[int, tuple[str, ...] | str]]:
    """Each row by its line: its cells, or why it is refused."""
    return [
        (row.line, row.cells if isinstance(row, Row) else row.reason.key.removeprefix("import.row."))
        for row in read(path)[1]
    ]


def refusals(path: Path, required: tuple[str, ...] = (), **bounds: int) -> list[str]:
    with pytest.raises(TableError) as refused, open_table(path, required, **bounds) as table:
        list(table)
    return [refusal.key.removeprefix("import.file.") for refusal in refused.value.refusals]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8-sig"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_R1_chinese_is_read_from_each_encoding_and_line_ending(
    tmp_path: Path, encoding: str, found: str, newline: str
) -> None:
    table, read_rows = read(write(tmp_path, CHINESE.replace("\n", newline), encoding))
    assert (table.encoding, table.header) == (found, ("编号", "姓名", "内容"))
    assert read_rows == [Row(2, ("1", "周敏", "宽带掉线，重启无效")), Row(3, ("2", "吕𠮷㛃", "信号弱"))]


def test_R1_gb18030_is_recognised_although_its_first_chinese_comes_late(tmp_path: Path) -> None:
    content = "id,text\n" + "".join(f"{number},plain\n" for number in range(40000)) + "40000,宽带掉线\n"
    table, read_rows = read(write(tmp_path, content, "gb18030"))
    assert table.encoding == "gb18030"
    assert read_rows[-1] == Row(40002, ("40000", "宽带掉线"))


@pytest.mark.parametrize("text", ["㛃", "𠮷"])
def test_R1_a_single_rare_character_in_gb18030_is_read(tmp_path: Path, text: str) -> None:
    assert rows(write(tmp_path, f"id,name\n1,{text}\n", "gb18030")) == [(2, ("1", text))]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("クレームの電話がありました。至急対応してください", "shift-jis"),
        ("réclamation très détaillée à propos de café", "latin-1"),
    ],
)
def test_R1_another_encoding_is_refused_and_not_guessed_into(tmp_path: Path, text: str, encoding: str) -> None:
    assert refusals(write(tmp_path, f"id,text\n1,{text}\n", encoding)) in (["encoding_other"], ["encoding_unknown"])


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_R1_the_delimiter_is_recognised(tmp_path: Path, delimiter: str) -> None:
    content = f'id{delimiter}"a, b; c|d\te"{delimiter}c\n1{delimiter}2{delimiter}3\n'
    table, read_rows = read(write(tmp_path, content))
    assert (table.delimiter, table.header[0], read_rows) == (delimiter, "id", [Row(2, ("1", "2", "3"))])


def test_R1_the_names_asked_for_decide_which_delimiter_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, "a;b,c,d;e,f\n1;2,3,4;5,6\n")
    assert read(path, ("a", "e,f"))[0].delimiter == ";"
    assert read(path)[0].delimiter == ","


def test_R1_quoted_cells_hold_delimiters_quotes_and_line_breaks(tmp_path: Path) -> None:
    path = write(tmp_path, 'a,b\n"x, y","say ""no"""\n"one\ntwo\r\nthree",z\nlast,row')
    assert rows(path) == [(2, ("x, y", 'say "no"')), (3, ("one\ntwo\r\nthree", "z")), (6, ("last", "row"))]


def test_R1_rows_with_too_many_or_too_few_cells_are_refused_with_their_line(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b,c\n1,2,3\n1,2\n\n1,2,3,4\n,,\n7,8,9\n")
    assert rows(path) == [
        (2, ("1", "2", "3")),
        (3, "too_few_cells"),
        (5, "too_many_cells"),
        (7, ("7", "8", "9")),
    ]
    torn = read(path)[1][1]
    assert isinstance(torn, TornRow)
    assert (torn.reason.params, torn.cells) == ({"found": 2, "expected": 3}, ("1", "2"))


def test_R1_an_open_quote_costs_its_own_row_only(tmp_path: Path) -> None:
    path = write(tmp_path, 'a,b\n1,"open\n2,fine\n3,"also ""fine"""\n')
    assert rows(path) == [(2, "quote_open"), (3, ("2", "fine")), (4, ("3", 'also "fine"'))]


def test_R1_an_open_quote_that_a_later_quote_closes_badly_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, 'a,b\n1,"open\n2,"next"\n3,fine\n')
    assert rows(path) == [(2, "quote_open"), (3, ("2", "next")), (4, ("3", "fine"))]


def test_R1_a_quote_inside_a_cell_is_a_character(tmp_path: Path) -> None:
    assert rows(write(tmp_path, 'a,b\n5" pipe,x\n6,y\n')) == [(2, ('5" pipe', "x")), (3, ("6", "y"))]


def test_R1_text_behind_a_closing_quote_is_refused(tmp_path: Path) -> None:
    assert rows(write(tmp_path, 'a,b\n"x"y,z\n1,2\n')) == [(2, "quote_misplaced"), (3, ("1", "2"))]


def test_R1_a_nul_is_refused_with_its_row(tmp_path: Path) -> None:
    assert rows(write(tmp_path, b"a,b\n1,x\x00y" + b"z" * 100 + b"\n2,fine\n")) == [(2, "nul"), (3, ("2", "fine"))]


def test_R1_a_line_without_end_is_refused_and_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabular, "LONGEST_LINE", 50)
    path = write(tmp_path, "a,b\n1," + "x" * 170 + "\n2,fine\n")
    assert rows(path) == [(2, "line_too_long"), (3, ("2", "fine"))]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\n  \n", "empty"),
        (b"PK\x03\x04" + b"x" * 30, "is_zip"),
        (b"%PDF-1.7\n" + b"x" * 30, "is_pdf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 30, "is_old_office"),
        (b"\x1f\x8b\x08" + b"x" * 30, "is_gzip"),
        (b"\x89PNG\r\n", "is_picture"),
        (b"{\\rtf1 hello}", "is_rtf"),
        (b"SQLite format 3\x00", "is_database"),
        (b"<!DOCTYPE html><p>", "is_markup"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>', "is_markup"),
        (b'{"a": }\n', "is_json"),
        (b'[{"a": 1}]', "is_json"),
        (bytes(range(32)) * 20, "binary"),
        ("a,b\n1,2\n".encode("utf-16-le"), "binary"),
        (b"a,a,b\n1,2,3\n", "column_twice"),
        (b"\xff\xfea\x00,\x00b", "encoding_unknown"),
    ],
)
def test_R1_what_is_no_table_is_refused_in_one_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    assert refusals(write(tmp_path, content)) == [reason]


def test_R1_missing_and_doubled_columns_are_named(tmp_path: Path) -> None:
    path = write(tmp_path, "id,text,id\n1,2,3\n")
    with pytest.raises(TableError) as refused, open_table(path, ("id", "opened", "closed")):
        pass
    assert [(one.key, one.params["columns"]) for one in refused.value.refusals] == [
        ("import.file.column_twice", ("id",)),
        ("import.file.column_missing", ("opened", "closed")),
    ]


def test_R1_a_missing_or_too_large_file_is_refused(tmp_path: Path) -> None:
    assert refusals(tmp_path / "none.csv") == ["missing"]
    assert refusals(tmp_path) == ["missing"]
    assert refusals(write(tmp_path, CHINESE), most_bytes=10) == ["too_large"]


def test_R1_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    assert rows(write(tmp_path, "\n\n a , b \n")) == []
    assert read(write(tmp_path, "\n\n a , b \n"))[0].header == ("a", "b")


@pytest.mark.parametrize(
    ("name", "good", "torn"),
    [
        ("boston311-100.csv", 100, []),
        ("boston311-dmy-100.csv", 100, []),
        ("boston311-100-with-nonascii.csv", 100, []),
        ("boston311-100-with-fake-pii.csv", 100, []),
        ("boston311-100-20dupes-random.csv", 100, []),
        ("boston311-100-deduped.csv", 80, []),
        ("boston311-100-bad.tsv", 99, [41]),
    ],
)
def test_R1_the_city_service_requests_are_read(name: str, good: int, torn: list[int]) -> None:
    table, read_rows = read(BOSTON / name)
    assert len(table.header) == 29
    assert sum(isinstance(row, Row) for row in read_rows) == good
    assert [row.line for row in read_rows if isinstance(row, TornRow)] == torn


cells = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from('\n\r\t"'), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(cells, cells, cells), max_size=8), st.sampled_from(",\t;"), st.sampled_from(["utf-8", "utf-16"])
)
def test_R1_what_was_written_properly_is_read_as_it_was(
    tmp_path: Path, table: list[tuple[str, str, str]], delimiter: str, encoding: str
) -> None:
    path = tmp_path / "table.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerow(["one", "two", "three"])
        writer.writerows(table)
    expected = [row for row in table if any(cell.strip() for cell in row)]
    assert [row.cells for row in read(path, ("one", "two"))[1]] == expected


def test_R1_a_large_file_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("a,b,c\n")
        for number in range(60000):
            file.write(f'{number},"宽带掉线, 重启无效",{"x" * 60}\n')
    tracemalloc.start()
    with open_table(path) as table:
        count = sum(1 for _ in table)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 60000
    assert peak < 4 * 1024 * 1024 < path.stat().st_size
