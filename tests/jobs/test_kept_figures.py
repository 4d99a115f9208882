"""R35, R38: figures of a large office are counted by a job, once, and are the very figures that a page counts at once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.jobs import kept_figures as job
from backoffice.jobs.running import LEASE, Workshop, plan, take, work_off
from backoffice.keys import Keys
from backoffice.models.appraisal import AppraisalScheme
from backoffice.models.kept import KeptFigures
from backoffice.models.office import Staff
from backoffice.models.work import Job
from backoffice.queries.kept import (
    IndicatorQuestion,
    OverviewQuestion,
    StatisticsQuestion,
    as_of,
    key_of,
    read_question,
)
from backoffice.queries.overview.crosstab import Dimension
from backoffice.queries.overview.narrow import Narrow
from backoffice.queries.overview.volume import Flow
from backoffice.services import kept_figures as service
from policies.kept_figures import MOST_WAITING
from policies.overview import Span, around
from policies.vocabulary import Severity
from policies.vocabulary_appraisal import SubjectKind
from tests.support.counted import Counted
from tests.support.told_cases import local

HANDLERS = {job.COUNT: job.count}
ALL = {**HANDLERS, job.WARM: job.warm, job.CLEAR: job.clear}
SEPTEMBER = around(Span.MONTH, local("2026-09-10T00:00").date())
QUARTER = around(Span.QUARTER, SEPTEMBER.first)
OVERVIEW = OverviewQuestion(SEPTEMBER, Narrow(), "on_time_rate")
QUESTIONS = (
    OVERVIEW,
    OverviewQuestion(QUARTER, Narrow(frozenset({1, 2}), 2, "/1/", 1, Severity.GENERAL), "satisfaction_score"),
    *(
        StatisticsQuestion(QUARTER, Narrow(), flow, rows, columns)
        for flow in Flow
        for rows, columns in ((Dimension.SEVERITY, Dimension.MONTH), (Dimension.CAUSE, Dimension.OUTCOME))
    ),
    StatisticsQuestion(SEPTEMBER, Narrow(), Flow.RECEIVED, Dimension.CATEGORY, Dimension.DEPARTMENT),
    IndicatorQuestion("on_time_rate", "2026-09", SubjectKind.PERSON),
    IndicatorQuestion("satisfaction_score", "2026-09", SubjectKind.DEPARTMENT),
)


@pytest.fixture
def shop(office_database, clock, tmp_path, monkeypatch):
    """An office of seven complaints that counts as large; it is the 8th of October."""
    monkeypatch.setattr("policies.kept_figures.LARGE", 1)
    clock.at = local("2026-10-08T10:00")
    with office_database.writing() as session:
        made = Counted(session)
        for number in range(7):
            made.complaint(
                missed=("resolve",) if number < 2 else (), cause_code="uplink" if number % 2 else None,
                severity=Severity.IMPORTANT if number == 3 else Severity.GENERAL,
            )  # fmt: skip
        made.complaint(received_at=local("2026-09-30T10:00"), closed_at=None, outcome=None)
    return Workshop(office_database, Keys.fresh(), clock, tmp_path)


def wanted(shop, question, **more):
    """Ask for it as a page does; its key."""
    with shop.database.reading() as session:
        key = key_of(session, question, as_of(session, shop.clock.now()))
    with shop.database.writing() as session:
        refusal = service.want(
            session, key, question.view, question.said(), more.pop("staff", None), shop.clock.now(), **more
        )
    assert refusal is None, refusal
    return key


def row(shop, key):
    with shop.database.reading() as session:
        return session.get(KeptFigures, key)


def jobs(shop):
    with shop.database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Job).where(Job.kind == job.COUNT))


def live(shop, question):
    with shop.database.reading() as session:
        return question.count(session, as_of(session, shop.clock.now()), lambda _parts: None)


def test_R35_what_is_kept_is_what_would_be_counted_at_once(shop):
    for question in QUESTIONS:
        key = wanted(shop, question)
        assert work_off(shop, HANDLERS).failed == 0
        kept = row(shop, key)
        assert kept.counted_at == shop.clock.now()
        assert (kept.wanted_at, kept.done) == (None, question.parts)
        assert question.unpack(json.loads(json.dumps(kept.figures))) == live(shop, question), question
        assert read_question(kept.view, kept.question) == question
    assert live(shop, OVERVIEW).flows.received == 8


def test_R38_what_is_awaited_or_as_good_as_new_is_not_asked_for_again(shop):
    key = wanted(shop, OVERVIEW)
    assert wanted(shop, OVERVIEW) == key
    assert jobs(shop) == 1
    work_off(shop, HANDLERS)
    shop.clock.at += timedelta(seconds=5)
    wanted(shop, OVERVIEW)
    assert jobs(shop) == 1
    shop.clock.at += timedelta(hours=1)
    wanted(shop, OVERVIEW)
    assert jobs(shop) == 2
    assert row(shop, key).figures is not None  # the old ones are there until the new ones are


def test_R38_what_somebody_waits_for_is_counted_before_what_comes_by_the_clock(shop):
    for slot in ("2026-09-01T08", "2026-09-01T09"):
        plan(shop.database, job.WARM, slot, shop.clock.now() - timedelta(hours=2))
    wanted(shop, OVERVIEW)
    assert take(shop, ALL).kind == job.COUNT
    assert take(shop, ALL).slot == "2026-09-01T08"


def test_R38_two_workers_keep_one_row_and_the_one_who_lost_the_job_keeps_nothing(shop):
    key = wanted(shop, OVERVIEW)
    first = take(shop, HANDLERS)
    shop.clock.at += LEASE + timedelta(seconds=1)  # the first is held up, or was killed
    assert work_off(shop, HANDLERS).done == 1
    counted = row(shop, key)
    job.count(shop, first)
    assert row(shop, key).counted_at == counted.counted_at
    with shop.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(KeptFigures)) == 1


def test_R38_what_a_killed_worker_counted_half_is_counted_again(shop, monkeypatch):
    key = wanted(shop, OVERVIEW)
    with monkeypatch.context() as broken:
        broken.setattr(service, "keep", lambda *_all: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            work_off(shop, HANDLERS)
    half = row(shop, key)
    assert (half.figures, half.done) == (None, OVERVIEW.parts)
    assert work_off(shop, HANDLERS).done == 0  # it is held until the lease ends
    shop.clock.at += LEASE + timedelta(seconds=1)
    assert work_off(shop, HANDLERS).done == 1
    assert row(shop, key).counted_at == shop.clock.now()


def test_R32_other_rules_have_another_key_and_what_was_asked_under_the_old_ones_is_forgotten(shop):
    key = wanted(shop, OVERVIEW)
    with shop.database.writing() as session:
        scheme = session.scalars(sa.select(AppraisalScheme).order_by(AppraisalScheme.id)).first()
        later = {"version": scheme.version + 1, "valid_from": SEPTEMBER.first}
        skipped = {"id", "version", "valid_from"}
        session.add(
            AppraisalScheme(**{
                column.key: getattr(scheme, column.key)
                for column in sa.inspect(AppraisalScheme).column_attrs if column.key not in skipped
            } | later)
        )  # fmt: skip
    assert wanted(shop, OVERVIEW) != key
    assert work_off(shop, HANDLERS).failed == 0
    assert row(shop, key) is None


def test_R38_one_person_has_only_so_many_views_waiting(shop):
    with shop.database.reading() as session:
        one, other = session.scalars(sa.select(Staff.id).order_by(Staff.id).limit(2))
    months = [around(Span.MONTH, local(f"2026-{month:02}-01T00:00").date()) for month in range(1, MOST_WAITING + 2)]
    questions = [OverviewQuestion(month, Narrow(), "on_time_rate") for month in months]
    for question in questions[:-1]:
        wanted(shop, question, staff=one)
    with pytest.raises(AssertionError, match="too_many"):
        wanted(shop, questions[-1], staff=one)
    wanted(shop, questions[-1], staff=other)


def test_R35_this_month_is_kept_ready_for_whoever_sees_all(shop):
    with shop.database.writing() as session:
        session.add(Job(kind=job.WARM, slot="now", due_at=shop.clock.now(), payload={}))
    assert work_off(shop, ALL).failed == 0
    month = around(Span.MONTH, local("2026-10-08T10:00").date())
    with shop.database.reading() as session:
        ready = OverviewQuestion(month, Narrow(), "on_time_rate")
        kept = session.get(KeptFigures, key_of(session, ready, as_of(session, shop.clock.now())))
    assert kept.figures is not None


def test_R35_a_small_office_keeps_nothing_ready(shop, monkeypatch):
    monkeypatch.setattr("policies.kept_figures.LARGE", 1000)
    with shop.database.writing() as session:
        session.add(Job(kind=job.WARM, slot="now", due_at=shop.clock.now(), payload={}))
    assert work_off(shop, ALL).failed == 0
    assert jobs(shop) == 0


def test_R38_what_nobody_asks_for_is_thrown_away(shop):
    key = wanted(shop, OVERVIEW)
    work_off(shop, HANDLERS)
    for days, there in ((6, True), (2, False)):
        shop.clock.at += timedelta(days=days)
        with shop.database.writing() as session:
            session.add(Job(kind=job.CLEAR, slot=str(days), due_at=shop.clock.now(), payload={}))
        assert work_off(shop, ALL).failed == 0
        assert (row(shop, key) is not None) is there
    assert jobs(shop) == 0
    wanted(shop, OVERVIEW)
    assert work_off(shop, HANDLERS).done == 1
