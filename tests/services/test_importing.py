"""City service requests become complaints (R1, R9), on both databases: whole, once, with their own times."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.clock import SetClock
from backoffice.database import Database
from backoffice.errors import DomainError
from backoffice.integrations.mapping import RefusedRow
from backoffice.integrations.mapping_file import load_mapping
from backoffice.keys import Keys
from backoffice.models.complaint import ClockRow, Complaint, ComplaintDepartment
from backoffice.models.configuration import Category, Channel
from backoffice.models.history import Event, ReferenceChange
from backoffice.models.work import Counter as NumberCounter
from backoffice.models.work import ImportRun
from backoffice.queries.search import holds
from backoffice.queries.verification import verify
from backoffice.sealing import CaseSeal
from backoffice.services import importing
from backoffice.services.core.work import Work
from backoffice.services.handling import act
from backoffice.services.importing import Import, ImportResult, bring_in
from policies.access import SYSTEM, Actor
from policies.vocabulary import ComplaintStatus, Outcome

DATA = Path(__file__).resolve().parents[1] / "data/boston311"
BOSTON = load_mapping("boston311")
KEYS = Keys.fresh()
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def run(
    database: Database, path: Path, *, dry_run: bool = False, actor: Actor = SYSTEM
) -> tuple[list[int], list[RefusedRow]]:
    refused: list[RefusedRow] = []
    result = bring_in(
        database, Import(path, BOSTON, actor, SetClock(AT), KEYS, dry_run=dry_run, refused=refused.append)
    )
    return [result.came_in, result.known, result.refused], refused


def complaints(session: Session) -> dict[str | None, Complaint]:
    return {row.source_key: row for row in session.scalars(sa.select(Complaint))}


ROWS = list(csv.DictReader((DATA / "boston311-100.csv").read_text(encoding="utf-8").splitlines()))
NAMED = {"101004143000", "101004130437", "101004113637"}
LATE = {"case_status": "Closed", "ontime": "OVERDUE"}
OPEN = {"case_status": "Open"}


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """Ten of the requests: three named below, two closed late, two open, one of each rare channel, one more needle."""
    chosen = [row for row in ROWS if row["case_enquiry_id"] in NAMED]
    for wanted, number in ((LATE, 2), (OPEN, 2), ({"source": "Self Service"}, 1), ({"source": "City Worker App"}, 1)):
        chosen += [row for row in ROWS if row not in chosen and wanted.items() <= row.items()][:number]
    chosen += [row for row in ROWS if row not in chosen and row["type"] == "Needle Pickup"][:1]
    return write(tmp_path / "few.csv", chosen)


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def keys_of(name: str) -> set[str]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return {row["case_enquiry_id"] for row in csv.DictReader(file)}


def test_R1_the_files_of_the_city_come_in_as_expected_and_each_row_once(office_database: Database) -> None:
    dupes, whole = "boston311-100-20dupes-random.csv", "boston311-100.csv"
    assert run(office_database, DATA / dupes)[0] == [80, 20, 0]
    assert run(office_database, DATA / dupes)[0] == [0, 100, 0]
    assert run(office_database, DATA / "boston311-100-deduped.csv")[0] == [0, 80, 0]
    with office_database.reading() as session:
        assert set(complaints(session)) == keys_of("boston311-100-deduped.csv")
    counts, refused = run(office_database, DATA / "boston311-100-bad.tsv")
    assert (counts[2], [row.line for row in refused]) == (1, [41])
    assert counts[:2] in ([20, 79], [19, 80])
    assert run(office_database, DATA / whole)[0] == [20 - counts[0], 80 + counts[0], 0]
    for name in ("boston311-dmy-100.csv", "boston311-100-with-nonascii.csv", "boston311-100-with-fake-pii.csv"):
        assert run(office_database, DATA / name)[0] == [0, 100, 0]
    with office_database.reading() as session:
        assert set(complaints(session)) == keys_of(whole)
        assert verify(session, KEYS.chain).broken == []


@pytest.mark.parametrize(
    ("name", "counts", "lines"),
    [
        ("boston311-100.csv", [100, 0, 0], []),
        ("boston311-dmy-100.csv", [100, 0, 0], []),
        ("boston311-100-with-nonascii.csv", [100, 0, 0], []),
        ("boston311-100-with-fake-pii.csv", [100, 0, 0], []),
        ("boston311-100-20dupes-random.csv", [80, 20, 0], []),
        ("boston311-100-deduped.csv", [80, 0, 0], []),
        ("boston311-100-bad.tsv", [99, 0, 1], [41]),
    ],
)
@pytest.mark.long
def test_R1_each_file_of_the_city_comes_into_an_empty_office(
    office_database: Database, name: str, counts: list[int], lines: list[int]
) -> None:
    found, refused = run(office_database, DATA / name)
    assert (found, [row.line for row in refused]) == (counts, lines)
    assert run(office_database, DATA / name)[0] == [0, counts[0] + counts[1], counts[2]]


def test_R1_closed_ones_are_closed_history_with_their_own_dates_and_flag(office_database: Database, few: Path) -> None:
    run(office_database, few)
    with office_database.reading() as session:
        rows = complaints(session)
        assert Counter(row.open for row in rows.values()) == {False: 7, True: 3}
        pole = rows["101004130437"]  # opened 2022-01-19 11:18:00, closed 11:42:16 in Boston, no target, on time
        assert pole.received_at == datetime(2022, 1, 19, 16, 18, tzinfo=UTC)
        assert pole.closed_at == pole.resolved_at == pole.archived_at == datetime(2022, 1, 19, 16, 42, 16, tzinfo=UTC)
        assert (pole.status, pole.step, pole.outcome) == (ComplaintStatus.ARCHIVED, "end", Outcome.RESOLVED)
        assert (pole.registered_at, pole.next_due_at) == (AT, None)
        assert pole.external_number == "101004130437"
        resolve = sa.select(ClockRow).join(Complaint).where(ClockRow.code == "resolve", Complaint.open.is_(False))
        judged = session.scalars(resolve).all()
        assert Counter(row.met for row in judged) == {True: 5, False: 2}
        others = sa.select(ClockRow).join(Complaint).where(ClockRow.code != "resolve", Complaint.open.is_(False))
        assert {(row.met, row.stopped_at is None) for row in session.scalars(others)} == {(None, False)}


def test_R1_the_deadline_that_the_city_set_is_kept(office_database: Database, few: Path) -> None:
    run(office_database, few)
    with office_database.reading() as session:
        found = complaints(session)["101004113637"]  # target 2022-01-04 08:30:00, closed 2022-01-03 00:03:27, on time
        clock = session.scalars(
            sa.select(ClockRow).where(ClockRow.complaint_id == found.id, ClockRow.code == "resolve")
        ).one()
        assert clock.due_at == datetime(2022, 1, 4, 13, 30, tzinfo=UTC)
        assert clock.stopped_at == datetime(2022, 1, 3, 5, 3, 27, tzinfo=UTC)
        assert clock.met is True


def test_R1_open_ones_live_on_and_are_worked_on_like_any_other(office_database: Database, few: Path) -> None:
    run(office_database, few)
    with office_database.writing() as session:
        row = complaints(session)["101004143000"]
        assert (row.status, row.step, row.outcome) == (ComplaintStatus.REGISTERED, "register", None)
        assert row.next_due_at is not None
        assert row.received_at == datetime(2022, 1, 21, 18, 47, tzinfo=UTC)
        belongs = session.scalars(
            sa.select(ComplaintDepartment).where(ComplaintDepartment.complaint_id == row.id)
        ).all()
        assert [one.department_id for one in belongs] == [row.channel.default_department_id]
        done = act(Work(session, KEYS, SYSTEM, AT, AT), row.id, "start_check")
        assert done.case.complaint.status is ComplaintStatus.CHECKING


def test_R40_history_tells_what_came_in_and_how_it_had_ended(office_database: Database, few: Path) -> None:
    run(office_database, few)
    with office_database.reading() as session:
        row = complaints(session)["101004113637"]
        events = session.scalars(sa.select(Event).where(Event.complaint_id == row.id).order_by(Event.sequence)).all()
        assert [(event.action, event.at, event.recorded_at) for event in events] == [
            ("register", row.received_at, AT),
            ("bring_closed", row.closed_at, AT),
        ]
        told = json.loads(events[0].body)["facts"]["told"]
        assert told == {
            "due_at": "2022-01-04T13:30:00+00:00",
            "closed_at": "2022-01-03T05:03:27+00:00",
            "on_time": True,
            "line": told["line"],
        }
        assert "CLEAR" not in events[1].body  # the closing note is sealed
        seal = CaseSeal(KEYS, row.sealed_key, row.number)
        record = seal.open_json(row.sealed_record, "record")
        assert record["what"] == (
            "Parking Enforcement / Enforcement & Abandoned Vehicles / Transportation - Traffic Division"
        )
        assert record["address"] == "353-361 Athens St  South Boston  MA  02127"


def test_R1_imported_complaints_are_found_by_their_words_and_number(office_database: Database, few: Path) -> None:
    run(office_database, few)
    with office_database.reading() as session:
        needles = session.scalars(sa.select(Complaint).where(holds(session, "needle pickup"))).all()
        assert {row.category.code for row in needles} == {"city_needle"}
        assert len(needles) == 2
        (found,) = session.scalars(sa.select(Complaint).where(holds(session, "101004143000")))
        assert found.source_key == "101004143000"


def test_R3_the_trunk_of_the_city_is_made_once_and_logged(office_database: Database, few: Path) -> None:
    def made(session: Session) -> int:
        return session.scalar(sa.select(sa.func.count()).where(Category.code.startswith("city_"))) or 0

    run(office_database, few)
    with office_database.reading() as session:
        first = made(session)
        leaf = session.scalars(sa.select(Category).where(Category.code == "city_pothole")).one()
        assert (leaf.level, leaf.parent.code, leaf.parent.parent.code) == (3, "city_streets", "city_services")
        logged = sa.select(sa.func.count()).select_from(ReferenceChange).where(ReferenceChange.subject == "category")
        assert session.scalar(logged) == first == 1 + 5 + 19
    run(office_database, few)
    with office_database.reading() as session:
        assert made(session) == first


def test_R1_a_dry_run_tells_all_and_keeps_nothing(
    office_database: Database, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def state(session: Session) -> list[int | None]:
        tables = (Complaint, Event, Category, ImportRun, NumberCounter, ReferenceChange, ClockRow)
        return [session.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables]

    with office_database.reading() as session:
        before = state(session)
    monkeypatch.setattr(importing, "BATCH", 4)
    twice = tmp_path / "twice.csv"
    head, *lines = few.read_text(encoding="utf-8").splitlines()
    twice.write_text("\n".join([head, *lines, *lines[:3], lines[4] + ",one more"]), encoding="utf-8")
    counts, refused = run(office_database, twice, dry_run=True)
    assert (counts, [row.line for row in refused]) == ([10, 3, 1], [15])
    with office_database.reading() as session:
        assert state(session) == before


def test_R1_an_import_that_was_killed_is_simply_run_again(
    office_database: Database, few: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 3)
    register, calls = importing.intake.register, itertools.count(1)

    def dies(*arguments: object, **named: object) -> object:
        if next(calls) == 8:
            raise KeyboardInterrupt
        return register(*arguments, **named)

    monkeypatch.setattr(importing.intake, "register", dies)
    with pytest.raises(KeyboardInterrupt):
        run(office_database, few)
    with office_database.reading() as session:
        assert len(complaints(session)) == 6  # two whole batches, and nothing of the third
        stopped = session.scalars(sa.select(ImportRun)).one()
        assert (stopped.came_in, stopped.finished_at) == (6, None)
    assert run(office_database, few)[0] == [4, 6, 0]
    with office_database.reading() as session:
        numbers = [row.number for row in complaints(session).values()]
        assert sorted(numbers) == [f"TS20261123-{place:04}" for place in range(1, 11)]
        assert verify(session, KEYS.chain).broken == []


def test_R1_a_row_that_the_rules_refuse_holds_no_other_up(office_database: Database, tmp_path: Path) -> None:
    rows = [dict(row) for row in ROWS[:3]]
    rows[0]["open_dt"], rows[0]["target_dt"] = "2031-01-01 10:00:00", ""
    rows[1] |= {"case_title": " ", "type": "?", "reason": "-", "subject": ""}
    counts, refused = run(office_database, write(tmp_path / "three.csv", rows))
    assert counts == [1, 0, 2]
    assert [(row.line, [reason.key for reason in row.reasons]) for row in refused] == [
        (2, ["intake_rules.received.in_future"]),
        (3, ["intake_rules.what.missing"]),
    ]
    assert refused[0].cells[:2] == ("101004143000", "2031-01-01 10:00:00")
    with office_database.reading() as session:
        assert [row.number for row in complaints(session).values()] == ["TS20261123-0001"]


def test_R1_a_retired_channel_refuses_its_rows(office_database: Database, few: Path) -> None:
    with office_database.writing() as session:
        session.scalars(sa.select(Channel).where(Channel.code == "website")).one().retired_at = AT
    counts, refused = run(office_database, few)
    assert counts == [9, 0, 1]
    assert {reason.key for row in refused for reason in row.reasons} == {"complaint.refused.channel"}


def test_R1_a_retired_category_refuses_the_import_before_its_first_row(office_database: Database, few: Path) -> None:
    run(office_database, few)
    with office_database.writing() as session:
        session.scalars(sa.select(Category).where(Category.code == "city_noise")).one().retired_at = AT
    with pytest.raises(DomainError) as refusal:
        run(office_database, few)
    assert refusal.value.refusals[0].key == "import.category.unusable"


def test_R1_an_office_without_the_mappings_department_is_told(office_database: Database) -> None:
    with office_database.writing() as session:
        session.execute(sa.text("UPDATE department SET code = 'other_desk' WHERE code = 'front_desk'"))
    with pytest.raises(DomainError) as refusal:
        run(office_database, DATA / "boston311-100.csv", dry_run=True)
    assert refusal.value.refusals[0].key == "import.category.no_department"


def test_R39_only_who_may_import_imports(office_database: Database) -> None:
    with pytest.raises(DomainError) as refusal:
        run(office_database, DATA / "boston311-100.csv", actor=Actor(7, "S005"))
    assert refusal.value.status == 403


def test_R1_every_run_is_noted(office_database: Database, few: Path) -> None:
    with few.open("a", encoding="utf-8") as file:
        file.write("torn,row\n")
    run(office_database, few)
    digest = hashlib.sha256(few.read_bytes()).hexdigest()
    with office_database.reading() as session:
        noted = session.scalars(sa.select(ImportRun)).one()
        assert (noted.sha256, noted.mapping, noted.by_id) == (digest, "boston311", None)
        assert (noted.came_in, noted.known, noted.refused, noted.finished_at) == (10, 0, 1, AT)
        assert "few.csv" not in str(noted.__dict__)  # a file's name may be a customer's (R39)


def test_R1_progress_is_told_batch_by_batch(
    office_database: Database, few: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 4)
    seen: list[ImportResult] = []
    headers: list[tuple[str, ...]] = []
    job = Import(few, BOSTON, SYSTEM, SetClock(AT), KEYS, start=headers.append, progress=seen.append)
    bring_in(office_database, job)
    assert [result.rows for result in seen] == [4, 8, 10]
    assert [header[0] for header in headers] == ["case_enquiry_id"]


def test_R1_a_file_imported_twice_at_the_same_time_adds_each_row_once(
    office_database: Database, few: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: run(office_database, few)[0], range(2)))
    assert [sum(counts) for counts in both] == [10, 10]
    assert sum(counts[0] for counts in both) == 10
    with office_database.reading() as session:
        assert len(complaints(session)) == 10
        assert verify(session, KEYS.chain).broken == []
