"""Importing tables of every kind (R1, R9), on both databases: the same rows become the same complaints, each once."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
import xlsxwriter

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.integrations.mapping import RefusedRow
from backoffice.integrations.mapping_file import parse_mapping
from backoffice.integrations.table_rows import Source, named_by_place
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category
from backoffice.models.history import Event
from backoffice.models.office import Staff
from backoffice.models.paper import ReservedNumber
from backoffice.sealing import CaseSeal
from backoffice.services.importing import Import, ImportResult, Step, bring_in
from policies.access import SYSTEM
from policies.vocabulary import Severity

KEYS = Keys.fresh()
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
OFFICE = {
    "code": "paper", "name": {"zh": "纸", "en": "Paper"}, "source": "paper", "time_zone": "Asia/Shanghai",
    "columns": {"received_at": "受理时间", "occurred_at": "发生时间", "category": "类别", "severity": "级别", "reserved": "编号"},
    "texts": {"what": {"columns": ["内容"]}, "contact_phone": {"columns": ["电话"]}, "customer_name": {"columns": ["姓名"]}},
    "fixed": {"channel": "hotline"},
    "values": {"category": {"broadband_drops": ["断网"]}, "severity": {"general": ["一般"], "important": ["重要"]}},
}  # fmt: skip
HEAD = ["受理时间", "发生时间", "类别", "级别", "编号", "内容", "电话", "姓名"]
ROWS = [
    ["2026-11-20 09:30", "2026-11-19", "断网", "", "", "宽带频繁断线", "13900000001", "周明"],
    ["2026-11-20 10:00", "", "断网", "一般", "", "=上网很慢", "13900000002", "吴芳"],
]


@pytest.fixture
def leaf(office_database: Database) -> str:
    """A leaf of the default office, by whatever code it has."""
    with office_database.reading() as session:
        wanted = sa.select(Category.code).where(Category.level == 3, Category.default_severity == "general")
        return session.scalars(wanted.order_by(Category.id)).first()


def mapping(leaf: str, **changes):
    data = json.loads(json.dumps(OFFICE))
    data["values"]["category"] = {leaf: ["断网"]}
    return parse_mapping(data | changes)


def run(database: Database, path: Path, given, **more) -> tuple[list[int], list[RefusedRow]]:
    refused: list[RefusedRow] = []
    result = bring_in(database, Import(path, given, SYSTEM, SetClock(AT), KEYS, refused=refused.append, **more))
    return [result.came_in, result.known, result.refused], refused


def text(rows: list[list[str]]) -> str:
    return "\n".join("\t".join(row) for row in [HEAD, *rows]) + "\n"


def write(folder: Path, kind: str, rows: list[list[str]] = ROWS) -> Path:
    path = folder / f"table.{kind}"
    if kind == "xlsx":
        with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate([HEAD, *rows]):
                sheet.write_row(number, 0, [int(cell) if cell.isdecimal() else cell for cell in row])
    elif kind == "jsonl":
        lines = (json.dumps(dict(zip(HEAD, row, strict=True)), ensure_ascii=False) for row in rows)
        path.write_text("\n".join(lines), encoding="utf-8")
    else:
        path.write_bytes(text(rows).encode(kind))
    return path


def complaints(database: Database) -> list[Complaint]:
    with database.reading() as session:
        return list(session.scalars(sa.select(Complaint).order_by(Complaint.received_at)))


@pytest.mark.parametrize("kind", ["utf-8", "gb18030", "jsonl", "xlsx"])
def test_R1_rows_of_any_kind_come_in_with_their_own_times_and_only_once(office_database, tmp_path, leaf, kind) -> None:
    path = write(tmp_path, kind)
    assert run(office_database, path, mapping(leaf))[0] == [2, 0, 0]
    first, second = complaints(office_database)
    assert first.received_at == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    assert first.occurred_at == datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
    assert (first.registered_at, first.severity, second.severity) == (AT, Severity.GENERAL, Severity.GENERAL)
    assert run(office_database, path, mapping(leaf))[0] == [0, 2, 0]


def test_R1_rows_without_a_key_are_known_by_their_place_in_this_very_file(office_database, tmp_path, leaf) -> None:
    assert run(office_database, write(tmp_path, "utf-8"), mapping(leaf))[0] == [2, 0, 0]
    again = write(tmp_path, "utf-8", [[*ROWS[0][:5], "另一件事", *ROWS[0][6:]]])
    assert run(office_database, again, mapping(leaf))[0] == [1, 0, 0]


def test_R1_the_rows_of_another_sheet_are_other_rows(office_database, tmp_path, leaf) -> None:
    path = tmp_path / "months.xlsx"
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        for name, row in zip(("一月", "二月"), ROWS, strict=True):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, HEAD)
            sheet.write_row(1, 0, row)
    for sheet, counts in (("一月", [1, 0, 0]), ("二月", [1, 0, 0]), ("二月", [0, 1, 0]), ("", [0, 1, 0])):
        source = Source(path.name, path.stat().st_size, lambda: path.open("rb"), sheet=sheet)
        assert run(office_database, source, mapping(leaf))[0] == counts, sheet


def test_R17_a_major_complaint_that_was_closed_already_alarms_nobody(office_database, tmp_path, leaf) -> None:
    with office_database.writing() as session:
        category = session.scalars(sa.select(Category).where(Category.code == leaf)).one()
        category.default_severity = Severity.MAJOR
    closing = {"columns": OFFICE["columns"] | {"closed_at": "发生时间"}}
    del closing["columns"]["occurred_at"]
    rows = [ROWS[1], [ROWS[1][0], "2026-11-21", *ROWS[1][2:]]]
    path = write(tmp_path, "utf-8", [[*row[:3], "", *row[4:]] for row in rows])
    assert run(office_database, path, mapping(leaf, **closing))[0] == [2, 0, 0]
    with office_database.reading() as session:
        alarmed = session.scalars(sa.select(Event.complaint_id).where(Event.action == "alarm")).all()
        opened = session.scalars(sa.select(Complaint.id).where(Complaint.open.is_(True))).all()
    assert alarmed == opened
    assert len(opened) == 1


def test_R1_of_a_value_that_is_refused_only_its_beginning_is_said(office_database, tmp_path, leaf) -> None:
    row = [*ROWS[0][:3], "重" * 5000, *ROWS[0][4:]]
    _counts, refused = run(office_database, write(tmp_path, "utf-8", [row]), mapping(leaf))
    assert [len(message.params["value"]) for message in refused[0].reasons] == [80]


def reserve(database: Database, number: str, **more) -> None:
    with database.writing() as session:
        by_id = session.scalars(sa.select(Staff.id).order_by(Staff.id)).first()
        row = ReservedNumber(number=number, day=date(2026, 11, 20), taken_by="前台", at=AT, by_id=by_id, **more)
        session.add(row)


def test_R9_a_row_brings_the_number_that_was_printed_on_paper(office_database, tmp_path, leaf) -> None:
    reserve(office_database, "TS20261120-0007")
    row = [*ROWS[0][:4], "TS20261120-0007", *ROWS[0][5:]]
    assert run(office_database, write(tmp_path, "utf-8", [row]), mapping(leaf))[0] == [1, 0, 0]
    assert [one.number for one in complaints(office_database)] == ["TS20261120-0007"]


def test_R9_a_row_with_a_number_that_nobody_reserved_or_that_is_void_is_refused(
    office_database, tmp_path, leaf
) -> None:
    reserve(office_database, "TS20261120-0008", void_at=AT, void_reason="写坏")
    rows = [[*ROWS[0][:4], number, *ROWS[0][5:]] for number in ("TS20261120-9998", "TS20261120-0008")]
    counts, refused = run(office_database, write(tmp_path, "utf-8", rows), mapping(leaf))
    assert counts == [0, 0, 2]
    reasons = [message.key for row in refused for message in row.reasons]
    assert reasons == ["paper_forms.refused.unknown", "paper_forms.refused.void"]


def test_R1_an_import_that_goes_on_begins_behind_the_rows_that_were_kept(office_database, tmp_path, leaf) -> None:
    path, steps = write(tmp_path, "utf-8"), list[Step]()
    counts, _refused = run(
        office_database, path, mapping(leaf), done=1, so_far=ImportResult(came_in=1),
        keep=lambda _session, step: steps.append(step),
    )  # fmt: skip
    # Where it begins is kept, too, so that whoever is killed before the first row goes on with this very run.
    assert (counts, [step.rows for step in steps]) == ([2, 0, 0], [1, 2])
    assert len(complaints(office_database)) == 1


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (3, "很严重", "value_unknown"), (2, "别的", "value_unknown"), (6, "1.39E+10", "number_shortened"),
        (1, "昨天", "time_unreadable"),
    ],
)  # fmt: skip
def test_R1_what_cannot_be_read_refuses_its_row_with_its_reason(
    office_database, tmp_path, leaf, place, value, reason
) -> None:
    row = [*ROWS[0][:place], value, *ROWS[0][place + 1 :]]
    counts, refused = run(office_database, write(tmp_path, "utf-8", [row, ROWS[1]]), mapping(leaf))
    assert counts == [1, 0, 1]
    assert [message.key for message in refused[0].reasons] == [f"import.row.{reason}"]


def test_R1_the_apostrophe_before_a_formula_is_taken_off_again(office_database, tmp_path, leaf) -> None:
    row = [*ROWS[0][:6], "'+8613900000001", ROWS[0][7]]
    assert run(office_database, write(tmp_path, "utf-8", [row]), mapping(leaf))[0] == [1, 0, 0]


def test_R1_a_deadline_beyond_all_years_refuses_its_row_and_holds_nothing_else_up(
    office_database, tmp_path, leaf
) -> None:
    ends = parse_mapping(json.loads(json.dumps(OFFICE)) | {
        "columns": {**{k: v for k, v in OFFICE["columns"].items() if k != "reserved"}, "due_at": "编号"},
        "values": {"category": {leaf: ["断网"]}},
    })  # fmt: skip
    beyond = [[*ROWS[0][:4], text, *ROWS[0][5:]] for text in ("9999-12-31T20:00:00Z", "9999-12-31T23:59:59Z", "")]
    counts, refused = run(office_database, write(tmp_path, "utf-8", beyond), ends)
    assert counts == [1, 0, 2]
    assert {reason.key for row in refused for reason in row.reasons} == {"import.row.time_unreadable"}


def test_R1_a_row_that_the_rules_refuse_keeps_its_day_and_month_too(office_database, tmp_path, leaf) -> None:
    rows = [["11/20/2026 09:30", *ROWS[0][1:]], ["11/02/2026 09:30", *ROWS[0][1:5], "", *ROWS[0][6:]]]
    rows[1][1] = ""
    counts, refused = run(office_database, write(tmp_path, "utf-8", rows), mapping(leaf))
    assert (counts, refused[0].cells[0]) == ([1, 0, 1], "2026-11-02 09:30")


def test_R1_a_number_that_another_complaint_has_already_refuses_its_row(office_database, tmp_path, leaf) -> None:
    """Tables that count from 1 each month: the second month is no repetition of the first."""
    columns = {name: column for name, column in OFFICE["columns"].items() if name != "reserved"} | {"key": "编号"}
    numbered = mapping(leaf, columns=columns, source="office:月报")
    first = [[*row[:4], str(number), *row[5:]] for number, row in enumerate(ROWS, start=1)]
    path = write(tmp_path, "utf-8", first)
    assert run(office_database, path, numbered)[0] == [2, 0, 0]
    assert run(office_database, path, numbered)[0] == [0, 2, 0]
    second = [["2026-11-21 08:00", "", *row[2:]] for row in first]
    for dry_run in (True, False):
        counts, refused = run(office_database, write(tmp_path, "utf-8", second), numbered, dry_run=dry_run)
        assert counts == [0, 0, 2]
        assert {reason.key for row in refused for reason in row.reasons} == {"import.row.key_of_another"}
    twice = [[*ROWS[0][:4], "7", *ROWS[0][5:]], ["2026-11-21 08:00", "", *ROWS[0][2:4], "7", *ROWS[0][5:]]]
    assert run(office_database, write(tmp_path, "utf-8", twice), numbered, dry_run=True)[0] == [1, 0, 1]


def test_R1_cells_under_an_empty_heading_are_kept_by_their_place() -> None:
    assert named_by_place(("a", "", "#4", "")) == ("a", "#2", "#4", "#4+")


def test_R1_two_columns_of_telephones_are_two_numbers_of_one_customer(office_database, tmp_path, leaf) -> None:
    texts = OFFICE["texts"] | {"contact_phone": {"columns": ["电话", "姓名"], "join": " / "}}
    rows = [[*ROWS[0][:6], "13900000001.0", "0571-88881234"], [*ROWS[1][:6], "13900000002", ""]]
    assert run(office_database, write(tmp_path, "utf-8", rows), mapping(leaf, texts=texts))[0] == [2, 0, 0]
    found = complaints(office_database)
    seals = [CaseSeal(KEYS, one.sealed_key, one.number) for one in found]
    records = [seal.open_json(one.sealed_record, "record") for seal, one in zip(seals, found, strict=True)]
    kept = [record["contact_phone"] for record in records]
    assert kept == ["13900000001 / 0571-88881234", "13900000002"]
