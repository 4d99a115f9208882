"""Trials on past complaints (R14, R23, R24): page by page, gone on with after a kill, nothing written but the trial."""

from __future__ import annotations

import copy
import hashlib
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.jobs import what_if as job
from backoffice.jobs.demonstration.told_cases import Player, told_cases
from backoffice.jobs.running import LEASE, Workshop, take, work_off
from backoffice.keys import Keys
from backoffice.models import Base
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import ProcessVersion, SlaPolicy
from backoffice.models.what_if import WhatIfChange, WhatIfRun
from backoffice.models.work import Job
from backoffice.queries import trial as trials
from backoffice.services import what_if
from backoffice.services.what_if import Question
from benchmarks.what_if import ask
from policies.calendar_trial import TypedDays
from policies.vocabulary import VersionState, WhatIfKind
from policies.what_if_tally import Cell, Tally
from tests.support.bulk_past import FIRST, LAST, insert_past
from tests.support.counting import statements_of
from tests.support.offices import actor_of, said

HANDLERS = {job.KIND: job.replay}
VERY_MANY = 100_000
OWN_TABLES = {"what_if_run", "what_if_change", "job"}


@pytest.fixture
def shop(office_database, clock, tmp_path):
    return Workshop(office_database, Keys.fresh(), clock, tmp_path)


def play_all(shop, cases):
    """Told cases, each as far as it is told to be closed."""
    player = Player(shop.database, shop.keys, shop.folder / "files")
    for case in cases:
        player.play(case, until="archive" if case["severity"] == "major" else None)


def draft(session, at, change):
    """Another version of the clocks, of which ``change`` alters the targets: (clock, severity) → (amount, unit)."""
    base = session.scalars(sa.select(SlaPolicy).order_by(SlaPolicy.id)).first()
    definition = copy.deepcopy(base.definition)
    for row in definition["targets"]:
        if (row["clock"], row["severity"]) in change:
            row["amount"], row["unit"] = change[row["clock"], row["severity"]]
    names = {"code": base.code, "name_zh": "试", "name_en": "Trial"}
    made = SlaPolicy(version=2, valid_from=at.date(), state=VersionState.DRAFT, definition=definition, **names)
    session.add(made)
    session.flush()
    return made.id


def asked(shop, change=None, **more):
    """A trial of the clocks as they are, but for ``change``."""
    with shop.database.writing() as session:
        version = draft(session, shop.clock.now(), change or {})
        question = Question(WhatIfKind.POLICY, FIRST, LAST, version, **more)
        return what_if.ask(session, actor_of(session), shop.clock.now(), question).id


def found(shop, run_id):
    with shop.database.reading() as session:
        run = session.get_one(WhatIfRun, run_id)
        changes = session.scalars(sa.select(WhatIfChange).where(WhatIfChange.run_id == run_id)).all()
        return run, Tally.of(run.result), changes


def everything_else(shop):
    """A digest of every table but the trial's own."""
    digest = hashlib.sha256()
    with shop.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            if table.name not in OWN_TABLES:
                keys = list(table.primary_key.columns)
                for row in session.execute(sa.select(table).order_by(*keys)):
                    digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


def whole(tally):
    """The counts of each clock over all departments."""
    cells: dict[str, Cell] = {}
    for row in tally.lines():
        cells[row.what] = cells.get(row.what, Cell()).plus(row.cell)
    return cells


def test_R23_the_same_version_over_the_told_cases_as_they_were_lived_changes_nothing(shop):
    play_all(shop, told_cases())
    run_id = asked(shop)
    before = everything_else(shop)
    assert work_off(shop, HANDLERS).done == 1
    run, tally, changes = found(shop, run_id)
    assert (run.total, run.done, tally.changed, changes) == (10, 10, 0, [])
    assert all((cell.met_before, cell.late_before) == (cell.met_after, cell.late_after)
               for cell in whole(tally).values())  # fmt: skip
    assert everything_else(shop) == before


def test_R23_other_targets_change_what_was_worked_out_by_hand_in_each_department(shop):
    """Of ten told cases, with eight days for general: the resolve clock of case 10 and its answer no longer late."""
    insert_past(shop.database, 20)
    run_id = asked(shop, {("resolve", "general"): (8, "working_day")})
    before = everything_else(shop)
    work_off(shop, HANDLERS)
    run, tally, changes = found(shop, run_id)
    cells = whole(tally)
    assert (run.done, tally.changed) == (20, 2)
    assert (cells["resolve"].late_before, cells["resolve"].late_after, cells["resolve"].earlier) == (2, 0, 2)
    assert (cells["answer"].late_before, cells["answer"].late_after, cells["answer"].earlier) == (2, 0, 2)
    departments = {row.department_id for row in tally.lines() if row.cell.earlier}
    assert len(departments) == 2, "one of each ten, and the tens take turns"
    assert {(change.what, change.before, change.after) for change in changes} == {
        ("resolve", False, True), ("answer", False, True),
    }  # fmt: skip
    assert everything_else(shop) == before


def test_R24_days_that_would_be_otherwise_are_tried_and_no_calendar_changes(shop):
    insert_past(shop.database, 10)
    before = everything_else(shop)
    days = (
        TypedDays(date(2026, 9, 19), None, "make_up"),
        TypedDays(date(2026, 9, 20), None, "holiday"),
    )
    with shop.database.writing() as session:
        question = Question(WhatIfKind.CALENDAR, FIRST, LAST, days=days)
        run_id = what_if.ask(session, actor_of(session), shop.clock.now(), question).id
    work_off(shop, HANDLERS)
    _run, tally, changes = found(shop, run_id)
    assert sorted((change.what, change.before, change.after) for change in changes) == [
        ("appoint", True, False), ("first_response", True, False),
    ]  # fmt: skip
    assert tally.changed == 1
    assert everything_else(shop) == before


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_R14_a_process_is_walked_by_the_courses_of_its_severity_alone(shop):
    played = [case for case in told_cases() if case["code"][:7] in ("case_01", "case_02", "case_08")]
    play_all(shop, played)
    with shop.database.writing() as session:
        base = session.scalars(sa.select(ProcessVersion).where(ProcessVersion.severity == "general")).one()
        definition = copy.deepcopy(base.definition)
        check = next(step for step in definition["steps"] if step["code"] == "check")
        check["next"] = [way for way in check["next"] if way["action"] != "solve_at_first_contact"]
        names = {"code": base.code, "name_zh": "试", "name_en": "Trial", "severity": "general"}
        made = ProcessVersion(
            version=2, valid_from=FIRST, state=VersionState.DRAFT, definition=definition, **names
        )  # fmt: skip
        session.add(made)
        session.flush()
        question = Question(WhatIfKind.PROCESS, FIRST, LAST, made.id)
        run_id = what_if.ask(session, actor_of(session), shop.clock.now(), question).id
    work_off(shop, HANDLERS)
    run, tally, changes = found(shop, run_id)
    assert (run.total, run.done) == (2, 2), "the important one goes its own way"
    assert tally.stops() == [("no_way", "check", "solve_at_first_contact", 1)]
    assert [(change.what, change.why, change.action) for change in changes] == [
        ("check", "no_way", "solve_at_first_contact")
    ]


def test_R23_a_killed_trial_goes_on_where_it_was_kept_and_counts_nothing_twice(shop, clock, monkeypatch):
    insert_past(shop.database, 50)
    monkeypatch.setattr(trials, "PAGE", 7)
    whole_run = asked(shop, {("resolve", "general"): (8, "working_day")})
    kept = what_if.keep
    pages = []

    def killed(*arguments):
        if len(pages) == 3:
            raise KeyboardInterrupt
        pages.append(1)
        return kept(*arguments)

    monkeypatch.setattr(what_if, "keep", killed)
    with pytest.raises(KeyboardInterrupt):
        job.replay(shop, take(shop, HANDLERS))
    monkeypatch.setattr(what_if, "keep", kept)
    assert found(shop, whole_run)[0].done == 21
    assert work_off(shop, HANDLERS).done == 0, "it is still leased"
    clock.at += LEASE + timedelta(seconds=1)
    assert work_off(shop, HANDLERS).done == 1
    run, tally, changes = found(shop, whole_run)
    assert (run.done, tally.changed, len(changes)) == (50, 5, 10)
    assert run.finished_at is not None


def test_R23_a_stopped_trial_keeps_what_it_found_and_does_nothing_more(shop):
    insert_past(shop.database, 10)
    run_id = asked(shop)
    with shop.database.writing() as session:
        what_if.stop(session, actor_of(session), shop.clock.now(), run_id)
    assert work_off(shop, HANDLERS).done == 1
    assert found(shop, run_id)[0].done == 0
    with pytest.raises(DomainError) as error, shop.database.writing() as session:
        what_if.stop(session, actor_of(session), shop.clock.now(), run_id)
    assert said(error) == [(None, "ended")]


def test_a_page_asks_a_bounded_number_of_questions(shop):
    """Two thousand complaints in two pages: complaints, clocks and regradings of each, the run and the job kept."""
    insert_past(shop.database, 2_000)
    run_id = asked(shop, {("resolve", "general"): (8, "working_day")})
    with statements_of(shop.database.engine) as sent:
        work_off(shop, HANDLERS)
    assert found(shop, run_id)[0].done == 2_000
    reading = [text for text in sent if "FROM complaint" in text or "FROM clock" in text or "FROM event" in text]
    assert len(reading) == 7, "three for each page, and a last look that finds no complaint left"
    assert len(sent) <= 45


@pytest.mark.long
@pytest.mark.parametrize("dialect", ["sqlite"])
def test_R23_a_trial_of_a_hundred_thousand_complaints_says_how_far_it_is_and_no_page_asks_more(shop, monkeypatch):
    insert_past(shop.database, VERY_MANY)
    run_id = ask(shop.database, WhatIfKind.POLICY)
    done, asked_by_page, kept = [], [], what_if.keep
    with statements_of(shop.database.engine) as sent:

        def watched(session, *arguments):
            goes_on = kept(session, *arguments)
            done.append(session.get_one(WhatIfRun, run_id).done)
            asked_by_page.append(len(sent))
            sent.clear()
            return goes_on

        monkeypatch.setattr(what_if, "keep", watched)
        work_off(shop, HANDLERS)
    assert done == [*range(trials.PAGE, VERY_MANY + 1, trials.PAGE), VERY_MANY], "and a last look that finds none left"
    assert max(asked_by_page) <= 20
    run, tally, _changes = found(shop, run_id)
    assert (run.done, run.total, run.finished_at is not None) == (VERY_MANY, VERY_MANY, True)
    assert tally.changed == run.result["changed"] > 0


REFUSED = [
    ({"first_day": None}, [("first_day", "missing")]),
    ({"first_day": LAST, "last_day": FIRST}, [("last_day", "reversed")]),
    ({"last_day": date(2026, 11, 24)}, [("last_day", "to_come")]),
    ({"first_day": date(2010, 1, 1)}, [("first_day", "too_long")]),
    ({"version_id": 4711}, [("version", "missing")]),
    ({"version_id": None}, [("version", "missing")]),
    ({"kind": WhatIfKind.CALENDAR}, [("day-0-first", "nothing")]),
    ({"kind": WhatIfKind.CALENDAR, "days": (TypedDays(None, None, "holiday"),)}, [("day-0-first", "missing")]),
    ({"kind": WhatIfKind.CALENDAR, "days": (TypedDays(FIRST, None, ""),)}, [("day-0-kind", "missing")]),
    ({"kind": WhatIfKind.CALENDAR, "days": (TypedDays(LAST, FIRST, "holiday"),)}, [("day-0-last", "run")]),
    ({"kind": WhatIfKind.CALENDAR, "days": (TypedDays(FIRST, None, "holiday"),) * 2}, [("day-1-first", "day_twice")]),
    (
        {"kind": WhatIfKind.CALENDAR, "days": (TypedDays(FIRST, None, "holiday", (("09:00", "10:00"),)),)},
        [("day-0-closed", "hours_of_closure")],
    ),
    ({"kind": WhatIfKind.CALENDAR, "weekly_hours": {}}, [("monday", "never_open")]),
]


@pytest.mark.parametrize(("wrong", "expected"), REFUSED)
@pytest.mark.parametrize("dialect", ["sqlite"])
def test_what_cannot_be_tried_is_refused_beside_its_field(shop, at, wrong, expected):
    with shop.database.writing() as session:
        given = {"kind": WhatIfKind.POLICY, "first_day": FIRST, "last_day": LAST, "version_id": draft(session, at, {})}
        with pytest.raises(DomainError) as error:
            what_if.ask(session, actor_of(session), at, Question(**given | wrong))
    assert said(error) == expected


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_R39_whoever_sees_neither_rules_nor_figures_of_the_office_asks_nothing(shop, at):
    with shop.database.writing() as session:
        question = Question(WhatIfKind.POLICY, FIRST, LAST, draft(session, at, {}))
        with pytest.raises(DomainError) as error:
            what_if.ask(session, actor_of(session, "S005"), at, question)
    assert error.value.status == 403


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_old_trials_are_thrown_away_with_their_jobs(shop, monkeypatch):
    monkeypatch.setattr(what_if, "KEPT", 2)
    insert_past(shop.database, 10)
    with shop.database.writing() as session:
        version = draft(session, shop.clock.now(), {})
    for _again in range(4):
        with shop.database.writing() as session:
            question = Question(WhatIfKind.POLICY, FIRST, LAST, version)
            what_if.ask(session, actor_of(session), shop.clock.now(), question)
        work_off(shop, HANDLERS)
    with shop.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(WhatIfRun.id))) == 2
        assert session.scalar(sa.select(sa.func.count(Job.id)).where(Job.kind == what_if.JOB)) == 2
        assert session.scalar(sa.select(sa.func.count(Complaint.id))) == 10
