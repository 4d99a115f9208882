"""R31: a month's figures read the month and no more, however long the office has been at work."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from backoffice.models.complaint import Complaint
from backoffice.queries.indicators import COUNTING, contributions, counts_for, figures, month_of
from policies.vocabulary_appraisal import SubjectKind
from tests.support.counted_many import put_in
from tests.support.databases import with_default_office
from tests.support.told_cases import SHANGHAI

MONTH = month_of("2026-06", SHANGHAI, datetime(2026, 7, 10, tzinfo=UTC))
GROWING = ("complaint", "clock", "work_order", "call_back", "blind_index", "event", "complaint_person")
EACH = [(code, level) for code in COUNTING for level in SubjectKind if counts_for(code, level)]


@pytest.fixture(scope="module")
def grown(templates, tmp_path_factory):
    """24,000 complaints of two years, with what belongs to them; made once for a database."""
    made = {}

    def of(dialect):
        if dialect not in made:
            kept = templates.copy(dialect, with_default_office, tmp_path_factory.mktemp(f"grown_{dialect}"))
            database = kept.__enter__()
            put_in(database, 24_000, 730)
            made[dialect] = (kept, database)
        return made[dialect][1]

    yield of
    for kept, _ in made.values():
        kept.__exit__(None, None, None)


class Explain(sa.sql.expression.Executable, sa.ClauseElement):
    """Asks the database how it would answer a statement, with its values bound as they are at work."""

    inherit_cache = False

    def __init__(self, statement):
        self.statement = statement


@compiles(Explain, "sqlite")
def _sqlite(element, compiler, **more):
    return "EXPLAIN QUERY PLAN " + compiler.process(element.statement, **more)


@compiles(Explain, "postgresql")
def _postgresql(element, compiler, **more):
    return "EXPLAIN (FORMAT JSON) " + compiler.process(element.statement, **more)


@pytest.fixture
def dialect():
    """The database whose plans are looked at."""
    return "sqlite"


def scanned(session, statement):
    """The names of the growing tables that a statement reads from end to end."""
    rows = session.connection().execute(Explain(statement)).all()
    if session.get_bind().dialect.name == "postgresql":
        plan = rows[0][0][0]["Plan"]
        return {node["Relation Name"] for node in nodes(plan) if node["Node Type"].endswith("Seq Scan")} & set(GROWING)
    aliases = aliases_of(statement)
    read = [row[3].split() for row in rows]
    whole = {words[1] for words in read if words[0] == "SCAN"}
    return {aliases.get(name, name) for name in whole} & set(GROWING)


def nodes(plan):
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def aliases_of(statement):
    """Alias → table of everything that a statement reads."""
    found = {}
    for one in sa.sql.visitors.iterate(statement):
        if isinstance(one, sa.sql.selectable.Alias) and isinstance(one.element, sa.Table):
            found[str(one.name)] = one.element.name
    return found


@pytest.mark.parametrize(("code", "level"), EACH)
def test_R31_no_indicator_reads_more_of_a_growing_table_than_its_month(grown, dialect, code, level):
    with grown(dialect).reading() as session:
        assert scanned(session, contributions(code, MONTH, level)) == set()


def test_R31_a_full_scan_would_be_seen(grown, dialect):
    with grown(dialect).reading() as session:
        assert scanned(session, sa.select(Complaint.number).where(Complaint.symptom == "x")) == {"complaint"}


def test_R31_the_month_holds_what_was_put_in(grown, dialect):
    with grown(dialect).reading() as session:
        found = figures(session, "acknowledge_rate", MONTH, SubjectKind.PERSON).values()
    assert 900 < sum(figure.sample for figure in found) < 1000  # 24,000 over 730 days, without the merged ones
