"""R33: a month of any number of complaints is computed in memory and with statements that do not grow with them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
from fractions import Fraction

import pytest
import sqlalchemy as sa

from backoffice.models.appraisal import AppraisalInput
from backoffice.queries import indicators
from backoffice.queries.indicators import Part, month_of
from backoffice.services import appraisal_compute
from backoffice.services.core import appraisal_counting as counting
from backoffice.services.core.appraisal_counting import Counted
from policies.vocabulary_appraisal import SubjectKind
from tests.services.test_appraisal import KEYS
from tests.support.appraised import Month
from tests.support.counting import statements_of
from tests.support.databases import with_default_office
from tests.support.sources import PROJECT
from tests.support.told_cases import SHANGHAI
from tests.support.whole_month import COMPUTED, MONTH, hire, put_in

WINDOW = month_of(MONTH, SHANGHAI, COMPUTED)
PEOPLE = 40
MARGIN = 50
"""Sheets with a line more to score are written line by line; a statement for each complaint would be many hundreds."""


@pytest.fixture
def posts(office_database):
    return hire(office_database, PEOPLE)


def computed(database, folder) -> tuple[list[str], int]:
    """The statements of a computation of the month, and how much it was counted from."""
    month = Month(database, KEYS, folder)
    with statements_of(database.engine) as sent:
        month.compute()
    with database.reading() as session:
        return sent, session.scalar(sa.select(sa.func.sum(AppraisalInput.count)))


@pytest.fixture
def many(office_database, posts):
    """2,000 complaints of which 1,900 are copies, made within the database."""
    put_in(office_database, 2_000, posts, first=100)
    return office_database


def test_R33_a_computation_sends_as_many_statements_for_few_complaints_as_for_many(templates, dialect, tmp_path):
    found = []
    for count in (10, 200):
        with templates.copy(dialect, with_default_office, tmp_path) as database:
            put_in(database, count, hire(database, PEOPLE))
            found.append(computed(database, tmp_path))
    (few, counted), (many, more) = found
    assert more > 10 * counted > 100
    assert len(many) <= len(few) + MARGIN, [one for one in many if one not in few]
    assert len(many) < 1_000


def test_R33_copied_complaints_count_as_often_as_they_are_there(many):
    """What the benchmark measures by is right: twenty times as many complaints, twenty times the figure."""
    with many.reading() as session:
        for code, number in (("on_time_rate", 2_000), ("callback_reach_rate", 2_000), ("appoint_rate", 2_000)):
            page = indicators.drill(session, code, WINDOW, SubjectKind.DEPARTMENT, None)
            out = indicators.drill(session, code, WINDOW, SubjectKind.DEPARTMENT, None, Part.LEFT_OUT)
            assert page.count + out.count == number, code
            whole = indicators.overall(session, code, WINDOW)
            assert whole.numerator % 20 == whole.sample % 20 == 0
            assert Fraction(0) < whole.numerator < whole.denominator


def test_R33_a_list_is_counted_in_memory_of_its_compressed_part_alone():
    def memory_of(number):
        rows = ((1, f"complaint:{place}", 100, 100, 1) for place in range(1_000_000, 1_000_000 + number))
        tracemalloc.start()
        try:
            ((_, made),) = counting.count(rows, lambda row: row[0])
            return made, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few, small = memory_of(3_000)
    more, large = memory_of(30_000)
    assert (few.count, more.count) == (3_000, 30_000)
    assert large - small < 3 * len(more.lines) < 30_000 * 15, (small, large)


def test_R33_lists_wait_to_be_kept_only_until_they_are_many_or_large(monkeypatch):
    monkeypatch.setattr(appraisal_compute, "AT_ONCE", 3)
    monkeypatch.setattr(appraisal_compute, "BYTES_AT_ONCE", 100)
    sizes = [10, 10, 10, 200, 10, 90, 10]
    found = iter([(place, Counted(lines=b"x" * size)) for place, size in enumerate(sizes)])
    batches = [[len(one.lines) for _, one in batch] for batch in appraisal_compute._batches(found)]
    assert batches == [[10, 10, 10], [200], [10, 90], [10]]


def test_R33_what_sorts_a_month_does_so_in_a_file_and_nothing_else_does(office_database):
    if office_database.dialect != "sqlite":
        pytest.skip("PostgreSQL sorts within its own work_mem")

    def place(large):
        with office_database.reading(large=large) as session:
            return session.scalar(sa.text("PRAGMA temp_store"))

    file, memory = 1, 2
    assert [place(False), place(True), place(False), place(True)] == [memory, file, memory, file]
    with office_database.writing(large=True) as session:
        assert session.scalar(sa.text("PRAGMA temp_store")) == file
    with office_database.writing() as session:
        assert session.scalar(sa.text("PRAGMA temp_store")) == memory


@pytest.mark.long
def test_R33_a_month_of_many_complaints_is_computed_in_flat_memory(office_database):
    """In a process of its own: it may take 48 MiB more than it had when it began, for 500 staff."""
    put_in(office_database, 300_000, hire(office_database, 500))
    url = office_database.engine.url.render_as_string(hide_password=False)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-m", "benchmarks.appraisal", "--compute", url]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["inputs"] > 10 * 300_000
    assert found["most"] - found["before"] < 48, found  # mebibytes
