"""Figures and exports are read from a standby where one is set and keeps up, and from the primary database else."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from backoffice.database import Database, Pool
from backoffice.database_faults import DatabaseError
from backoffice.database_settings import connect, standby_of
from backoffice.standby import LEFT_ALONE, LOOKED_AT_EVERY, Standby
from tests.support import postgresql
from tests.support.databases import migrated, with_default_office
from tests.support.forms import post
from tests.support.live import give_passwords
from tests.support.played import Play
from tests.support.replica import replicated
from views.app import create_app

pytestmark = pytest.mark.postgresql
NOWHERE = "postgresql+psycopg://desk@127.0.0.1:1/nowhere"
MANAGER = "S003"
OVERVIEW = "/overview?period=2026-11"


class Moment:
    """A clock that a test moves."""

    def __init__(self):
        self.at = 1000.0

    def __call__(self):
        return self.at


@pytest.fixture
def office(templates, tmp_path):
    """The database, with a complaint that the standby does not know."""
    with templates.copy("postgresql", with_default_office, tmp_path) as database:
        give_passwords(database)
        yield database


@pytest.fixture
def behind(templates, tmp_path):
    """What stands for a standby: the same office without the complaint."""
    with templates.copy("postgresql", with_default_office, tmp_path) as database:
        yield database


@pytest.fixture
def desk(office, behind, tmp_path, clock, monkeypatch):
    """An application that reads reports from ``behind``."""
    monkeypatch.setenv("BACKOFFICE_STANDBY_URL", behind.url)
    app = create_app({"DATA_DIR": str(tmp_path / "desk"), "DATABASE_URL": office.url, "CLOCK": clock, "TESTING": True})
    app.config["PROPAGATE_EXCEPTIONS"] = False
    opened = app.extensions["desk"]
    Play(office, opened.keys, tmp_path / "desk" / "files").register()
    yield app
    opened.database.dispose()


@pytest.fixture
def manager(desk, office, clock):
    with office.reading() as session:
        from backoffice.models.office import Staff

        staff = session.scalars(sa.select(Staff).where(Staff.code == MANAGER)).one()
    at, browser = int(clock.now().timestamp()), desk.test_client()
    with browser.session_transaction() as cookie:
        cookie["staff"] = {"id": staff.id, "epoch": staff.session_epoch, "began": at, "seen": at, "keep": False}
    return browser


def asked(database):
    """The statements that a database was asked from now on."""
    seen = []
    sa.event.listen(database, "before_cursor_execute", lambda _c, _cursor, statement, *_: seen.append(statement))
    return seen


def test_R35_figures_lists_behind_them_and_exports_are_read_from_the_standby(desk, manager):
    standby = desk.extensions["desk"].database.standby
    seen = asked(standby.engine)
    for address in (OVERVIEW, "/overview/records?what=received&period=2026-11", "/statistics?period=2026-11",
                    "/indicators/on_time_rate?month=2026-11"):  # fmt: skip
        seen.clear()
        assert manager.get(address).status_code == 200, address
        assert len(seen) > 1, address
    seen.clear()
    assert "TS2026" not in post(manager, "/complaints/export.csv", "/account", list="all").text
    assert any("complaint" in statement for statement in seen)


def test_R2_what_somebody_works_with_is_read_from_the_database_itself(desk, manager):
    seen = asked(desk.extensions["desk"].database.standby.engine)
    for address in ("/complaints", "/complaints/TS20261123-0001", "/messages"):
        page = manager.get(address)
        assert page.status_code == 200, address
    assert "TS20261123-0001" in manager.get("/complaints").text
    assert seen == []


def test_a_standby_that_breaks_off_in_the_middle_is_passed_by_within_the_request(desk, manager, behind, caplog):
    standby = desk.extensions["desk"].database.standby
    assert standby.fit(desk.extensions["desk"].database.engine) is not None
    with behind.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE complaint RENAME TO gone")
    page = manager.get(OVERVIEW)
    assert page.status_code == 200
    assert not standby.standing.fits
    assert manager.get(OVERVIEW).status_code == 200


def test_nothing_can_be_written_by_the_way_of_reports(desk):
    database = desk.extensions["desk"].database
    with pytest.raises(DBAPIError, match="read-only"), database.reporting() as session:
        session.execute(sa.text("DELETE FROM setting"))
    with database.reading() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM setting")) > 0


def test_a_standby_that_is_down_is_left_alone_for_a_while_and_tried_again(office, behind, caplog):
    now = Moment()
    standby = Standby(NOWHERE, Pool(1, 0), now=now)
    assert standby.fit(office.engine) is None
    assert standby.standing.fault == "OperationalError"
    standby.engine = behind.engine  # it is up again
    now.at += LEFT_ALONE - 1
    assert standby.fit(office.engine) is None
    now.at += 1
    assert standby.fit(office.engine) is behind.engine
    standby.failed(DBAPIError("x", {}, Exception("x")))
    assert standby.fit(office.engine) is None
    standby.dispose()


def test_the_standby_is_looked_at_every_few_seconds_and_not_at_every_request(office, behind):
    now = Moment()
    standby = Standby(behind.url, Pool(2, 0), now=now)
    with closing(standby.engine.connect()):
        pass
    seen = asked(standby.engine)
    for _ in range(10):
        standby.fit(office.engine)
    assert len([one for one in seen if "pg_is_in_recovery" in one]) == 1
    now.at += LOOKED_AT_EVERY
    standby.fit(office.engine)
    assert len([one for one in seen if "pg_is_in_recovery" in one]) == 2
    standby.dispose()


@pytest.mark.parametrize(("url", "said"), [
    ("sqlite:///office.db", {"BACKOFFICE_STANDBY_URL": NOWHERE}),
    ("postgresql+psycopg://h/n", {"BACKOFFICE_STANDBY_URL": "sqlite:///x.db"}),
    ("postgresql+psycopg://h/n", {"BACKOFFICE_STANDBY_URL": "nonsense"}),
    ("postgresql+psycopg://h/n", {"BACKOFFICE_STANDBY_URL": NOWHERE, "BACKOFFICE_STANDBY_LAG": "soon"}),
])  # fmt: skip
def test_a_standby_that_cannot_be_one_is_refused(url, said):
    with pytest.raises(DatabaseError):
        standby_of(said, sa.make_url(url).get_backend_name(), Pool())


def test_without_a_standby_reports_are_read_as_everything(office):
    with office.reporting() as session:
        assert session.get_bind() is office.engine


@pytest.mark.long
def test_a_streaming_replica_is_read_until_it_falls_behind_and_again_when_it_has_caught_up(
    templates, tmp_path, monkeypatch
):
    monkeypatch.setattr("backoffice.standby.LOOKED_AT_EVERY", 0.0)
    monkeypatch.setattr("backoffice.standby.LEFT_ALONE", 0.0)
    with templates.copy("postgresql", migrated, tmp_path) as database:
        cluster = Path(sa.make_url(database.url).query["host"])
        room = Path(tempfile.mkdtemp(dir=cluster.parent))
        room.chmod(0o755)
        with replicated(cluster, room / "replica") as replica:
            url = sa.make_url(database.url).update_query_dict({"host": str(replica)}).render_as_string(False)
            said = {"BACKOFFICE_STANDBY_URL": url, "BACKOFFICE_STANDBY_LAG": "1"}
            desk = connect(database.url, said)
            until(lambda: desk.standby.fit(desk.engine) is not None)
            write(desk, "one")
            until(lambda: read(desk) == ["one"])
            assert from_standby(desk)

            admin = Database(url)
            with admin.reading() as session:
                session.execute(sa.text("SELECT pg_wal_replay_pause()"))
            write(desk, "two")
            until(lambda: not from_standby(desk), seconds=10)
            assert desk.standby.standing.behind > 1
            assert read(desk) == ["one", "two"], "the database itself"
            with admin.reading() as session:
                session.execute(sa.text("SELECT pg_wal_replay_resume()"))
            until(lambda: from_standby(desk))
            assert read(desk) == ["one", "two"]
            with pytest.raises(DatabaseError) as raised:
                connect(url, {})
            assert raised.value.refusals[0].key == "database.fault.read_only"
            admin.dispose()
            postgresql.stop(replica)
            assert read(desk) == ["one", "two"]
            assert not from_standby(desk)
            desk.dispose()
        shutil.rmtree(room)


def write(desk, value):
    with desk.writing() as session:
        session.execute(sa.text("INSERT INTO setting (key, value) VALUES (:value, '1')"), {"value": value})


def read(desk):
    with desk.reporting() as session:
        return list(session.scalars(sa.text("SELECT key FROM setting ORDER BY key")))


def from_standby(desk):
    with desk.reporting() as session:
        return bool(session.info.get("standby"))


def until(true, seconds=20):
    for _ in range(seconds * 10):
        if true():
            return
        time.sleep(0.1)
    pytest.fail("it did not come to this")
