"""Foreign tables become records (R1): the city service requests as expected, and every reason against a row."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from backoffice.integrations.dates import DateOrder
from backoffice.integrations.mapping import (
    Incoming,
    IncomingRecord,
    RefusedRow,
    date_order,
    read_records,
)
from backoffice.integrations.mapping_file import (
    SHIPPED,
    ImportMapping,
    MappingError,
    load_mapping,
    mapping_names,
    parse_mapping,
)
from backoffice.integrations.tabular import TableError, open_table

DATA = Path(__file__).resolve().parents[1] / "data/boston311"
BOSTON = load_mapping("boston311")
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def read(path: Path, mapping: ImportMapping = BOSTON) -> list[Incoming]:
    order = date_order(path, mapping)
    with open_table(path, mapping.required) as table:
        return list(read_records(table, mapping, order, NOW))


def refused(path: Path) -> list[RefusedRow]:
    return [row for row in read(path) if isinstance(row, RefusedRow)]


def records(path: Path) -> list[IncomingRecord]:
    return [row for row in read(path) if isinstance(row, IncomingRecord)]


@pytest.mark.parametrize(
    ("name", "rows", "keys", "refused_lines"),
    [
        ("boston311-100.csv", 100, 100, []),
        ("boston311-dmy-100.csv", 100, 100, []),
        ("boston311-100-with-nonascii.csv", 100, 100, []),
        ("boston311-100-with-fake-pii.csv", 100, 100, []),
        ("boston311-100-20dupes-random.csv", 100, 80, []),
        ("boston311-100-deduped.csv", 80, 80, []),
        ("boston311-100-bad.tsv", 99, 99, [41]),
    ],
)
def test_R1_the_city_service_requests_are_read_as_expected(
    name: str, rows: int, keys: int, refused_lines: list[int]
) -> None:
    found = records(DATA / name)
    assert len(found) == rows
    assert len({record.key for record in found}) == keys
    assert [row.line for row in refused(DATA / name)] == refused_lines


def test_R1_the_ragged_row_is_refused_with_its_reason() -> None:
    (row,) = refused(DATA / "boston311-100-bad.tsv")
    assert [(reason.key, reason.params) for reason in row.reasons] == [
        ("import.row.too_many_cells", {"found": 30, "expected": 29})
    ]
    assert len(row.cells) == 30


def test_R1_without_the_duplicates_remain_the_expected_rows() -> None:
    found = {record.key for record in records(DATA / "boston311-100-20dupes-random.csv")}
    with (DATA / "boston311-100-deduped.csv").open(encoding="utf-8", newline="") as file:
        expected = {row["case_enquiry_id"] for row in csv.DictReader(file)}
    assert found == expected
    assert len(expected) == 80


def test_R1_day_first_dates_give_the_same_records() -> None:
    def without_cells(name: str) -> list[IncomingRecord]:
        return [replace(record, cells=()) for record in records(DATA / name)]

    assert date_order(DATA / "boston311-dmy-100.csv", BOSTON) is DateOrder.DAY_FIRST
    assert without_cells("boston311-dmy-100.csv") == without_cells("boston311-100.csv")


def test_R1_times_are_bostons_and_blanks_are_nothing() -> None:
    first = records(DATA / "boston311-100.csv")[0]
    assert first.key == first.external_number == "101004143000"
    assert first.received_at == datetime(2022, 1, 21, 18, 47, tzinfo=UTC)
    assert first.due_at == datetime(2022, 2, 4, 18, 47, 30, tzinfo=UTC)
    assert (first.closed, first.closed_at, first.on_time, first.outcome) == (False, None, None, None)
    assert (first.channel, first.category, first.severity) == ("hotline", "city_other", "general")
    assert set(first.texts) == {"summary", "what"}


def test_R1_closed_ones_keep_their_dates_and_their_on_time_flag() -> None:
    """As told in SOURCE.txt: 85 closed, 15 open; 17 overdue, of which 5 were closed late and 12 are open."""
    found = records(DATA / "boston311-100.csv")
    assert Counter(record.closed for record in found) == {True: 85, False: 15}
    assert Counter(record.on_time for record in found if record.closed) == {True: 80, False: 5}
    assert Counter(record.channel for record in found) == {
        "mobile_app": 56,
        "hotline": 30,
        "internal_discovery": 11,
        "website": 3,
    }
    assert sum(record.due_at is None for record in found) == 11
    assert all(record.closed_at and record.closed_at >= record.received_at for record in found if record.closed)


def test_R1_every_type_of_the_city_has_a_leaf_of_its_own_kind() -> None:
    assert BOSTON.trunk is not None
    made = {leaf.code for branch in BOSTON.trunk.branches for leaf in branch.leaves}
    assert set(BOSTON.leaves.values()) <= made
    assert Counter(record.category for record in records(DATA / "boston311-100.csv"))["city_other"] == 1
    assert BOSTON.leaf("A type that the city adds") == "city_other"


def test_R1_text_beyond_ascii_is_kept() -> None:
    found = records(DATA / "boston311-100-with-nonascii.csv")
    assert any("Sàratoga" in record.texts.get("address", "") for record in found)
    assert any("Dëad rat" in record.closing_note for record in found)


ROW = {
    "case_enquiry_id": "7",
    "open_dt": "2022-01-21 13:47:00",
    "target_dt": "2022-02-04 13:47:30",
    "closed_dt": "2022-01-22 10:00:00",
    "ontime": "ONTIME",
    "case_status": "Closed",
    "closure_reason": "Case Closed. Resolved",
    "case_title": "Needle Pickup",
    "subject": "Mayor's 24 Hour Hotline",
    "reason": "Needle Program",
    "type": "Needle Pickup",
    "location": "42 Cross St",
    "neighborhood": "Boston",
    "source": "Self Service",
}


def one(tmp_path: Path, **change: str) -> Incoming:
    path = tmp_path / "one.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(ROW))
        writer.writeheader()
        writer.writerow(ROW | change)
    (row,) = read(path)
    return row


def test_R1_a_sound_row_is_a_record(tmp_path: Path) -> None:
    record = one(tmp_path)
    assert isinstance(record, IncomingRecord)
    assert record.texts == {
        "summary": "Needle Pickup",
        "what": "Needle Pickup / Needle Program / Mayor's 24 Hour Hotline",
        "address": "42 Cross St",
        "where": "Boston",
    }
    assert (record.outcome, record.closing_note, record.on_time) == ("resolved", "Case Closed. Resolved", True)


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"case_enquiry_id": " "}, ["key_missing"]),
        ({"case_enquiry_id": "9" * 200}, ["key_too_long"]),
        ({"open_dt": ""}, ["time_missing"]),
        ({"open_dt": "yesterday"}, ["time_unreadable"]),
        ({"target_dt": "31/31/2022"}, ["time_unreadable"]),
        ({"target_dt": "2022-01-21 13:47:00"}, ["due_before_received"]),
        ({"closed_dt": " "}, ["closed_without_time"]),
        ({"closed_dt": "soon"}, ["time_unreadable"]),
        ({"case_status": "Open"}, ["open_with_closing_time"]),
        ({"case_status": "Lost"}, ["value_unknown"]),
        ({"closed_dt": "2022-01-20 10:00:00"}, ["closed_before_received"]),
        ({"closed_dt": "2026-11-22 21:00:01"}, ["closed_in_future"]),
        ({"closed_dt": "2026-11-23"}, ["closed_in_future"]),
        ({"target_dt": "9999-12-31T20:00:00Z"}, ["time_unreadable"]),
        ({"ontime": "PERHAPS"}, ["value_unknown"]),
        ({"source": "Pigeon"}, ["value_unknown"]),
        (
            {"open_dt": "x", "source": "Pigeon", "case_enquiry_id": ""},
            ["key_missing", "time_unreadable", "value_unknown"],
        ),
    ],
)
def test_R1_a_row_that_cannot_come_in_has_all_its_reasons(tmp_path: Path, change: dict, reasons: list[str]) -> None:
    row = one(tmp_path, **change)
    assert isinstance(row, RefusedRow)
    assert [reason.key.removeprefix("import.row.") for reason in row.reasons] == reasons
    assert row.line == 2


@pytest.mark.parametrize(
    ("note", "outcome"),
    [
        ("Case Closed. Case Invalid", "not_established"),
        ("Closed Duplicate of Existing Case 1010", "merged"),
        ("Noted", "resolved"),
        ("", "resolved"),
    ],
)
def test_R1_the_closing_note_says_how_it_ended(tmp_path: Path, note: str, outcome: str) -> None:
    record = one(tmp_path, closure_reason=note)
    assert isinstance(record, IncomingRecord)
    assert record.outcome == outcome


def test_R1_an_unknown_on_time_flag_matters_only_for_closed_ones(tmp_path: Path) -> None:
    record = one(tmp_path, ontime="", closed_dt="", case_status="Open")
    assert isinstance(record, IncomingRecord)
    assert record.on_time is None


def test_R1_a_closing_of_today_without_its_time_was_by_now(tmp_path: Path) -> None:
    record = one(tmp_path, closed_dt="2026-11-22")  # in Boston it is still the evening of the 22nd
    assert isinstance(record, IncomingRecord)
    assert record.closed_at == NOW
    other = one(tmp_path, closed_dt="2026-11-21")
    assert isinstance(other, IncomingRecord)
    assert other.closed_at == datetime(2026, 11, 22, 4, 59, tzinfo=UTC)


def test_R1_a_receipt_of_a_day_only_is_not_before_what_occurred_on_that_day(tmp_path: Path) -> None:
    mapping = parse_mapping(changed(columns__occurred_at="subject"))
    path = tmp_path / "day.csv"

    def received(day: str, occurred: str) -> datetime:
        path.write_text(
            ",".join(ROW) + "\n" + ",".join((ROW | {"open_dt": day, "subject": occurred}).values()), "utf-8"
        )
        (record,) = read(path, mapping)
        assert isinstance(record, IncomingRecord)
        return record.received_at

    assert received("2022-01-21", "2022-01-21 09:30") == datetime(2022, 1, 21, 14, 30, tzinfo=UTC)
    assert received("2022-01-21", "2022-01-20 09:30") == datetime(2022, 1, 21, 5, 0, tzinfo=UTC)
    assert received("2022-01-21", "2022-01-22 09:30") == datetime(2022, 1, 21, 5, 0, tzinfo=UTC)  # the rules refuse it
    assert received("2022-01-21 00:00", "2022-01-21 09:30") == datetime(2022, 1, 21, 5, 0, tzinfo=UTC)


def test_R1_refused_rows_keep_their_day_and_month_when_they_are_sent_again(tmp_path: Path) -> None:
    """The other dates of the first file settle that the month is first; alone, 01/05/2022 would be read otherwise."""
    path = tmp_path / "month.csv"
    dates = {"target_dt": "", "closed_dt": "", "case_status": "Open"}
    told = [
        ROW | dates | {"open_dt": "01/21/2022 10:00"},
        ROW | dates | {"open_dt": "01/05/2022 10:00", "source": "Pigeon", "location": "01/06/2022"},
    ]
    lines = [",".join(row.values()) for row in told] + [
        ",".join((ROW | dates | {"open_dt": "02/03/2022"}).values()) + ",x"
    ]
    path.write_text("\n".join([",".join(ROW), *lines]), encoding="utf-8")
    torn = refused(path)
    assert [row.cells[1] for row in torn] == ["2022-01-05 10:00", "2022-02-03"]
    assert torn[0].cells[11] == "01/06/2022"
    (record,) = records(path)
    assert (record.cells[1], record.again[1]) == ("01/21/2022 10:00", "2022-01-21 10:00")


def test_R1_dates_that_contradict_each_other_refuse_the_file(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    header = ",".join(ROW)
    lines = [
        ",".join((ROW | {"case_enquiry_id": key, "open_dt": opened}).values())
        for key, opened in (("1", "21/01/2022 10:00"), ("2", "01/22/2022 10:00"))
    ]
    path.write_text("\n".join([header, *lines]), encoding="utf-8")
    with pytest.raises(MappingError) as refusal:
        date_order(path, BOSTON)
    assert refusal.value.refusals[0].params == {"file": "two.csv", "day_first": 2, "month_first": 3}


def test_R1_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("id,text\n1,2\n", encoding="utf-8")
    with pytest.raises(TableError) as refusal:
        date_order(path, BOSTON)
    assert refusal.value.refusals[0].key == "import.file.column_missing"


def test_R1_an_unknown_mapping_names_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(MappingError) as refusal:
        load_mapping("chicago")
    assert refusal.value.refusals[0].params["known"] == tuple(mapping_names())
    assert "boston311" in mapping_names()
    for name in ("../boston311", "", "boston311.yaml"):
        with pytest.raises(MappingError):
            load_mapping(name)


def test_R1_an_offices_own_mapping_comes_before_one_that_ships(tmp_path: Path) -> None:
    text = (SHIPPED / "boston311.yaml").read_text(encoding="utf-8")
    (tmp_path / "boston311.yaml").write_text(text.replace("source: boston311", "source: own"), encoding="utf-8")
    assert load_mapping("boston311", tmp_path).source == "own"
    assert load_mapping("boston311").source == "boston311"


def changed(**change: object) -> dict:
    data = yaml.safe_load((SHIPPED / "boston311.yaml").read_text(encoding="utf-8"))
    for place, value in change.items():
        *path, last = place.split("__")
        part = data
        for name in path:
            part = part[name]
        if value is None:
            del part[last]
        else:
            part[last] = value
    return data


@pytest.mark.parametrize(
    "change",
    [
        {"columns__received_at": None},
        {"columns__colour": "colour"},
        {"texts__what": None},
        {"texts__song": {"columns": ["x"]}},
        {"time_zone": "Mars/Olympus"},
        {"ambiguous_dates": "either"},
        {"fixed__severity": "awful"},
        {"fixed__key": "7"},
        {"values__channel__website": ["Constituent Call"]},
        {"otherwise_outcome": "lost"},
        {"name": None},
    ],
)
def test_R1_a_mapping_that_makes_no_sense_is_refused(change: dict, tmp_path: Path) -> None:
    with pytest.raises((ValueError, KeyError)):
        parse_mapping(changed(**change))
    (tmp_path / "broken.yaml").write_text(yaml.safe_dump(changed(**change), allow_unicode=True), encoding="utf-8")
    with pytest.raises(MappingError) as refusal:
        load_mapping("broken", tmp_path)
    assert refusal.value.refusals[0].key == "import.mapping.damaged"


@pytest.mark.parametrize("text", ["", "a: [", "[]", "- 1"])
def test_R1_a_mapping_file_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(MappingError):
        load_mapping("broken", tmp_path)
