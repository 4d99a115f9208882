"""R13, R35, R38: what a page reads does not grow with the complaints.

The statements of each page are taken as they are sent, and the database is asked how it answers them: over 100,000
complaints, by what it counted of them itself, with no setting of its planner changed. Of the tables that grow none is
read from end to end, which a covering index does not excuse. Allowed are the beginning of an order (``LIMIT`` over an
index or over nothing at all, no condition, nothing to sort), and an index of what is open alone.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.jobs import kept_figures
from backoffice.jobs.running import Workshop, work_off
from backoffice.models.office import Staff
from backoffice.services import office_keys
from backoffice.services.core import heartbeat
from tests.conftest import missing
from tests.support import postgresql
from tests.support.databases import with_default_office
from tests.support.live import give_passwords
from tests.support.many_rows import COMMON, RARE, fill, multiply
from tests.support.played import Play
from views.app import create_app

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
BASE, TIMES = 2_000, 50
GROWING = frozenset({"complaint", "event", "clock", "complaint_person", "complaint_department", "blind_index"})
THROUGH = ("Subquery Scan", "Nested Loop", "Hash Join", "Memoize", "Result")
"""What hands the rows of its first part on as they come, so that a bound above it holds below it."""
NEARLY_ALL = "((status)::text <> ALL ('{draft,registered,"
"""A condition that the newest rows meet almost always: only what is open does not."""
MANAGER, DISPATCHER, CLERK, HEAD, HANDLER, INSPECTOR, CALLER = "S002", "S008", "S005", "S015", "S013", "S022", "S010"
LIST, HOME, FIGURES = 11, 45, 36  # statements at most
DEEP = "n2026-11-20T00:00:00+00:00~77777"
NARROWED = ("status=investigating", "severity=major", "severity=general", "category=/1/", "channel=1", "department=5",
            "due=today", "due=overdue", "from=2026-11-15&to=2026-11-18", "owner=13", "priority=high")  # fmt: skip
PLACES = ("WyJvcGVuIiwicmVjZWl2ZWQiLHt9XQ.3.1795132800000000.1", "WyJvcGVuIiwiZHVlIix7fV0.3.1795132800000000.1",
          "WyJhbGwiLCJyZWNlaXZlZCIse31d.3.1795132800000000.1")  # fmt: skip
"""The first complaint as opened from a list: what is open by its days received and due, everything."""
PAGES = [
    *((who, "/complaints?list=open", LIST) for who in (MANAGER, DISPATCHER, CLERK, HEAD, HANDLER, INSPECTOR, CALLER)),
    *((MANAGER, f"/complaints?list=open&sort={sort}&at={DEEP}", LIST) for sort in ("due", "received")),
    *((MANAGER, f"/complaints?list=open&{narrowed}", LIST) for narrowed in NARROWED),
    *((MANAGER, f"/complaints?list=open&sort=received&{narrowed}", LIST) for narrowed in NARROWED),
    *((MANAGER, f"/complaints?list={code}", LIST)
      for code in ("all", "due", "overdue", "to_take", "to_check", "to_review", "watch", "to_dispatch", "to_approve",
                   "to_decide", "rework", "to_regrade", "extensions", "to_vote")),
    *((HEAD, f"/complaints?list={code}", LIST) for code in ("department", "to_appoint", "mine", "helping", "due")),
    *((CLERK, f"/complaints?list={code}", LIST) for code in ("due", "to_take", "to_check", "to_acknowledge", "watch")),
    *((MANAGER, f"/complaints?q={text}", LIST + 1) for text in (RARE, COMMON, "13900000007", "TS20261120-1")),
    (HANDLER, f"/complaints?q={COMMON}", LIST + 1),
    (MANAGER, "/work/management", HOME),
    (DISPATCHER, "/work/intake", HOME),
    (CLERK, "/work/intake", HOME),
    (HANDLER, "/work/handling", HOME),
    (HEAD, "/work/handling", HOME),
    (INSPECTOR, "/work/inspection", HOME),
    (MANAGER, "/complaints/{number}", 60),
    *((MANAGER, f"/complaints/{{number}}?place={place}", 63) for place in PLACES),
    (MANAGER, "/overview?period=2026-11", FIGURES),
    (HEAD, "/overview?period=2026-Q3", FIGURES),
    (MANAGER, "/statistics?period=2026-11", FIGURES),
    (MANAGER, "/indicators/on_time_rate?month=2026-11&level=department", FIGURES),
]  # fmt: skip


SCAN = re.compile(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")
NO_CONDITION = re.compile(r"WHERE (?:(?:1 = 1|1|true)(?! =|\w)|\(complaint\.status NOT IN \((?:\?, )*\?\)\))")
"""None, or that of nearly all: what is not at work."""


class Grown:
    """The desk of an office with many complaints, and what it sends to its database."""

    def __init__(self, database, folder):
        give_passwords(database)
        keys = office_keys.open_for(database, folder / "keys")
        play = Play(database, keys, folder)
        play.register()
        play.dispatch()
        self.number, self.keys, self.folder = play.number, keys, folder
        fill(database, keys, BASE, NOW)
        multiply(database, TIMES)
        self.app = create_app(
            {"DATA_DIR": str(folder), "DATABASE_URL": database.url, "CLOCK": SetClock(NOW), "TESTING": True}
        )
        self.database = self.app.extensions["desk"].database
        with database.reading() as session:
            self.people = {row.code: row for row in session.scalars(sa.select(Staff))}
            self.partial = {
                index["name"]
                for table in GROWING
                for index in sa.inspect(session.connection()).get_indexes(table)
                if any(name.endswith("_where") for name in index.get("dialect_options", {}))
            }

    def browser(self, who):
        """A browser in which somebody is signed in."""
        at, person, browser = int(NOW.timestamp()), self.people[who], self.app.test_client()
        with browser.session_transaction() as cookie:
            cookie["staff"] = {"id": person.id, "epoch": person.session_epoch, "began": at, "seen": at, "keep": False}
        return browser

    def count(self, who, address):
        """Look at a page of figures that has none yet, and let a worker count them."""
        with self.database.writing() as session:
            heartbeat.beat(session, "here", "worker", NOW)
        assert self.browser(who).get(address).status_code == 202, address
        shop = Workshop(self.database, self.keys, SetClock(NOW), self.folder)
        assert work_off(shop, {kept_figures.COUNT: kept_figures.count}).done == 1

    def sent(self, who, address):
        """The statements of a page, each with its values."""
        found, browser = [], self.browser(who)

        def note(_connection, _cursor, statement, values, *_more):
            if statement.startswith(("SELECT", "WITH")):
                found.append((statement, values))

        sa.event.listen(self.database.engine, "before_cursor_execute", note)
        try:
            status = browser.get(address.format(number=self.number)).status_code
        finally:
            sa.event.remove(self.database.engine, "before_cursor_execute", note)
        assert status == 200, address
        return found

    def faults(self, statement, values=()):
        """What of a statement would grow with the complaints."""
        found = unbounded_counts(statement)
        with self.database.engine.connect() as connection:
            if self.database.dialect == "sqlite":
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
                return found | self._of_sqlite(statement, [row[3] for row in rows])
            plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values).scalar()
        return found | set(self._of_postgresql(plan[0]["Plan"], limited=False))

    def _of_sqlite(self, statement, lines):
        aliases = {alias: table for table, alias in re.findall(r"\b(\w+) AS (\w+)", statement)}
        found = set()
        for line in lines:
            if (scan := SCAN.match(line)) is None:
                continue
            name, index = scan.groups()
            table = aliases.get(name, name)
            if table in GROWING and index not in self.partial and not beginning(statement, table):
                found.add(line)
        return found

    def _of_postgresql(self, node, *, limited):
        index, table = node.get("Index Name"), node.get("Relation Name")
        whole = node["Node Type"].endswith("Seq Scan") or ("Index" in node["Node Type"] and "Index Cond" not in node)
        bounded = (limited and node.get("Filter", NEARLY_ALL).startswith(NEARLY_ALL)) or index in self.partial
        if whole and table in GROWING and not bounded:
            yield f"{node['Node Type']} of {table} by {index}: {node.get('Filter')}"
        goes_on = node["Node Type"] == "Limit" or (limited and node["Node Type"] in THROUGH)
        for place, below in enumerate(node.get("Plans", ())):
            yield from self._of_postgresql(below, limited=goes_on and place == 0)


def unbounded_counts(statement):
    """Counts over a table that grows with nothing to bound them."""
    found = re.findall(r"count\(\*\)[^()]*?\sFROM (\w+)(?!.*\bWHERE\b)", " ".join(statement.split()))
    return {f"count(*) of {table}" for table in found if table in GROWING}


def beginning(statement, table):
    """Whether a table is read from the beginning of an order up to a bound, without any condition."""
    text = NO_CONDITION.sub("", " ".join(statement.split()))
    return re.search(rf"FROM {table}\b(?:(?!WHERE|SELECT).)*\bLIMIT\b", text) is not None


@pytest.fixture(scope="module")
def grown(templates, tmp_path_factory):
    """100,000 complaints, made once for a database."""
    made = {}

    def of(dialect):
        if dialect not in made:
            folder = tmp_path_factory.mktemp(f"grown_{dialect}")
            kept = templates.copy(dialect, with_default_office, folder)
            made[dialect] = (kept, Grown(kept.__enter__(), folder))
        return made[dialect][1]

    yield of
    for kept, desk in made.values():
        desk.database.dispose()
        kept.__exit__(None, None, None)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def desk(request, grown):
    """Each database in turn."""
    if request.param == "postgresql" and (reason := postgresql.why_not()):
        missing(reason)
    return grown(request.param)


@pytest.mark.parametrize(("who", "address", "most"), PAGES)
def test_R13_no_page_reads_more_as_complaints_grow(desk, who, address, most):
    if most == FIGURES:
        desk.count(who, address)  # what the counting reads are its months
    sent = desk.sent(who, address)
    faults = {fault: statement for statement, values in sent for fault in desk.faults(statement, values)}
    assert faults == {}
    assert len(desk.sent(who, address)) <= most  # the second time: what is kept of the settings is read by the first


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT number FROM complaint WHERE symptom = 'x' ORDER BY received_at LIMIT 20",
        "SELECT count(*) FROM complaint WHERE confidential",
        "SELECT count(*) FROM event",
        "SELECT complaint_id FROM clock WHERE override = 'x'",
        "SELECT number FROM complaint WHERE transfers = 7 ORDER BY received_at DESC, id DESC LIMIT 20",
    ],
)
def test_R13_what_reads_all_is_seen(desk, statement):
    assert desk.faults(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT number FROM complaint ORDER BY received_at DESC, id DESC LIMIT 20",
        "SELECT count(*) FROM (SELECT 1 FROM complaint LIMIT 1001) AS found",
        "SELECT number FROM complaint WHERE number = 'x'",
    ],
)
def test_R13_what_reads_a_beginning_is_let_through(desk, statement):
    assert desk.faults(statement) == set()
