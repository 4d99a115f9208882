"""A full disk, a read-only one, a database that is held or gone: a page that says so, nothing typed is lost, nothing is
half done, and the desk goes on by itself when it is over.

The faults are the database's and the system's own: a database that may not grow, one that may not be written, a lock that
is held, a server that ends its sessions, a process that may write no larger file.
"""

from __future__ import annotations

import io
import logging
import re
import resource
import sqlite3
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from backoffice.clock import SetClock
from backoffice.models.complaint import Complaint
from backoffice.models.handling import Attachment
from backoffice.models.history import Event
from backoffice.outage import Outage, outage_of
from backoffice.queries.verification import verify
from tests.support.forms import SAME_ORIGIN, token
from tests.support.live import give_passwords
from tests.views.test_errors import kept
from tests.views.test_intake import PAGE, TYPED
from views.app import create_app

PAGES = {
    Outage.FULL: ("磁盘已满，暂时不能保存", "The disk is full; nothing can be saved now"),
    Outage.READ_ONLY: ("数据只能读取，暂时不能保存", "The data is read-only; nothing can be saved now"),
    Outage.FAULTY: ("磁盘出错，暂时不能保存", "The disk reports a fault; nothing can be saved now"),
    Outage.BUSY: ("系统正忙，请稍候再试", "The system is busy; please try again"),
    Outage.AWAY: ("暂时连不上数据库", "The database cannot be reached at the moment"),
}


@contextmanager
def every_connection(app, statement):
    """Says something to each connection of the application, and takes all of them away at the end."""
    engine = app.extensions["desk"].database.engine

    def say(connection, _record):
        connection.execute(statement)
        connection.commit()

    engine.dispose()
    sa.event.listen(engine, "connect", say)
    yield
    sa.event.remove(engine, "connect", say)
    engine.dispose()


@contextmanager
def full(app, office):
    """The database may not grow by a page."""
    with office.reading() as session:
        pages = session.scalar(sa.text("PRAGMA page_count"))
    with every_connection(app, f"PRAGMA max_page_count = {pages}"):
        yield


@contextmanager
def read_only(app, office):
    with every_connection(app, "PRAGMA query_only = ON"):
        yield


@contextmanager
def held(app, office):
    """Another program holds the database, and nobody waits for long."""
    other = sqlite3.connect(office.engine.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with every_connection(app, "PRAGMA busy_timeout = 50"):
        yield
    other.close()


@contextmanager
def gone(app, office, monkeypatch=None):
    """The file is not there any more."""
    from pathlib import Path

    path = Path(office.engine.url.database)
    app.extensions["desk"].database.dispose()
    office.dispose()
    away = path.with_name("away")
    path.rename(away)
    path.mkdir()
    yield
    path.rmdir()
    app.extensions["desk"].database.dispose()
    away.rename(path)


CASES = {
    "full": (full, Outage.FULL),
    "read_only": (read_only, Outage.READ_ONLY),
    "held": (held, Outage.BUSY),
    "gone": (gone, Outage.AWAY),
}
LONG = {**TYPED, "what": "宽带每晚掉线。" * 500, "csrf_token": ""}


def state(office):
    with office.reading() as session:
        numbers = list(session.scalars(sa.select(Complaint.number).order_by(Complaint.id)))
        return numbers, session.scalar(sa.select(sa.func.count()).select_from(Event))


@pytest.mark.parametrize(("language", "index"), [("zh_Hans", 0), ("en", 1)])
@pytest.mark.parametrize("case", CASES)
def test_R2_what_cannot_be_saved_is_said_kept_and_sent_again_when_it_is_over(
    app, office, sign_in, case, language, index
):
    happens, outage = CASES[case]
    clerk = sign_in("S005")
    clerk.set_cookie("language", language)
    data = {**LONG, "csrf_token": token(clerk, PAGE)}
    with happens(app, office):
        answer = clerk.post(PAGE, data=data, headers=SAME_ORIGIN)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "30"
        assert f"<h1>{PAGES[outage][index]}</h1>" in answer.text
        address, fields = kept(answer.text)
        assert address == PAGE
        assert dict(fields) == {name: text for name, text in LONG.items() if name != "csrf_token"}
        assert 'href="/sign-in" target="_blank"' not in answer.text  # who sent it is signed in still
    assert state(office) == ([], 0)
    assert clerk.post(address, data=data, headers=SAME_ORIGIN).status_code == 302
    assert state(office) == (["TS20261123-0001"], 1)
    with office.reading() as session:
        assert verify(session, app.extensions["desk"].keys.chain).broken == []


@pytest.mark.parametrize("case", ["full", "read_only", "held"])
def test_while_nothing_can_be_saved_everything_can_be_read(app, office, sign_in, case):
    with CASES[case][0](app, office):
        for address in ("/", "/complaints", PAGE):
            assert sign_in("S005").get(address, follow_redirects=True).status_code == 200


@pytest.mark.parametrize("case", ["read_only", "held"])
def test_nobody_is_let_in_unrecorded_and_no_password_is_kept(app, office, client, case):
    typed = {"csrf_token": token(client), "login": "intake", "password": "lanterns-over-quiet-water"}
    with CASES[case][0](app, office):
        answer = client.post("/sign-in", data=typed, headers=SAME_ORIGIN)
    assert answer.status_code == 503
    assert "lanterns" not in answer.text


def test_R39_an_outage_is_logged_by_its_kind_without_what_was_typed(app, office, sign_in, caplog):
    caplog.set_level(logging.INFO, logger="desk")
    clerk = sign_in("S005")
    data = {**LONG, "csrf_token": token(clerk, PAGE)}
    with full(app, office):
        clerk.post(PAGE, data=data, headers=SAME_ORIGIN)
    line = next(record.desk for record in caplog.records if record.message == "outage")
    assert (line["outage"], line["status"], line["staff"]) == ("full", 503, "S005")
    assert "宽带" not in caplog.text


@pytest.fixture
def no_larger_file():
    """This process may write no file beyond a size, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    @contextmanager
    def limited(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited


def test_R2_a_file_for_which_there_is_no_room_leaves_no_half_behind(app, office, sign_in, tmp_path, no_larger_file):
    clerk = sign_in("S005")
    content = "没有空间\n".encode() * 20_000
    data = {**TYPED, "csrf_token": token(clerk, PAGE)}
    with no_larger_file(100_000):
        answer = clerk.post(PAGE, data={**data, "files": (io.BytesIO(content), "a.txt")}, headers=SAME_ORIGIN)
    assert answer.status_code == 503
    assert PAGES[Outage.FULL][0] in answer.text
    assert "附件无法保留" in answer.text
    assert [one for one in (tmp_path / "desk" / "files").rglob("*") if one.is_file()] == []
    assert state(office) == ([], 0)
    answer = clerk.post(PAGE, data={**data, "files": (io.BytesIO(content), "a.txt")}, headers=SAME_ORIGIN)
    assert answer.status_code == 302
    with office.reading() as session:
        assert session.scalar(sa.select(Attachment.size)) == len(content)


def test_a_disk_that_takes_no_byte_of_the_database_is_told_and_got_over(app, office, sign_in, no_larger_file):
    """The system itself refuses to write, not SQLite's own bound."""
    clerk = sign_in("S005")
    data = {**LONG, "csrf_token": token(clerk, PAGE)}
    with no_larger_file(4096):
        answer = clerk.post(PAGE, data=data, headers=SAME_ORIGIN)
    assert answer.status_code == 503
    assert PAGES[Outage.FAULTY][0] in answer.text
    assert clerk.post(PAGE, data=data, headers=SAME_ORIGIN).status_code == 302
    assert state(office) == (["TS20261123-0001"], 1)


# PostgreSQL -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def grown(office_database, tmp_path, at):
    """The application on each database, and a clerk's browser."""
    give_passwords(office_database)
    app = create_app({
        "DATA_DIR": str(tmp_path / "desk"), "DATABASE_URL": office_database.url, "CLOCK": SetClock(at), "TESTING": True,
    })  # fmt: skip
    app.config["PROPAGATE_EXCEPTIONS"] = False
    browser = app.test_client()
    with browser.session_transaction() as cookie, office_database.reading() as session:
        seen = int(at.timestamp())
        found = session.execute(sa.text("SELECT id, session_epoch FROM staff WHERE code = 'S005'")).one()
        cookie["staff"] = {"id": found[0], "epoch": found[1], "began": seen, "seen": seen, "keep": False}
    yield app, browser, office_database
    app.extensions["desk"].database.dispose()


def end_sessions(database):
    """Ends every session at the server but the one that asks for it."""
    with database.reading() as session:
        session.execute(sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ))  # fmt: skip


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_R2_a_server_that_goes_away_in_the_middle_is_told_and_got_over(grown):
    app, clerk, database = grown
    data = {**LONG, "csrf_token": token(clerk, PAGE)}
    engine, struck = app.extensions["desk"].database.engine, []

    def strike(connection, _cursor, statement, *_more):
        if statement.startswith("INSERT INTO complaint ") and not struck:
            struck.append(statement)
            end_sessions(database)

    sa.event.listen(engine, "before_cursor_execute", strike)
    answer = clerk.post(PAGE, data=data, headers=SAME_ORIGIN)
    assert struck
    assert answer.status_code == 503
    assert PAGES[Outage.AWAY][0] in answer.text
    assert dict(kept(answer.text)[1])["what"] == LONG["what"]
    assert state(database) == ([], 0)
    assert clerk.post(PAGE, data=data, headers=SAME_ORIGIN).status_code == 302
    assert state(database) == (["TS20261123-0001"], 1)


POSTGRESQL = {
    "SET default_transaction_read_only = on": Outage.READ_ONLY,
    "SET lock_timeout = 50": Outage.BUSY,
    "SET statement_timeout = 50": Outage.BUSY,
}


@pytest.mark.parametrize("statement", POSTGRESQL)
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_what_postgresql_refuses_for_the_time_being_is_told(grown, statement):
    app, clerk, database = grown
    data = {**LONG, "csrf_token": token(clerk, PAGE)}
    with database.writing() as other, every_connection(app, statement):
        other.execute(sa.text("LOCK TABLE complaint IN EXCLUSIVE MODE"))
        answer = clerk.post(PAGE, data=data, headers=SAME_ORIGIN)
    assert answer.status_code == 503
    assert PAGES[POSTGRESQL[statement]][0] in answer.text
    assert clerk.post(PAGE, data=data, headers=SAME_ORIGIN).status_code == 302


def test_what_postgresql_says_of_a_full_disk_is_understood():
    from psycopg import errors

    for kind, outage in [
        (errors.DiskFull, Outage.FULL), (errors.AdminShutdown, Outage.AWAY), (errors.CannotConnectNow, Outage.AWAY),
        (errors.TooManyConnections, Outage.BUSY), (errors.DeadlockDetected, Outage.BUSY), (errors.IoError, Outage.FAULTY),
        (errors.OperationalError, Outage.AWAY), (errors.UniqueViolation, None), (errors.UndefinedTable, None),
    ]:  # fmt: skip
        assert outage_of(OperationalError("select", {}, kind("said"))) is outage, kind


@pytest.mark.parametrize(
    "error", [RuntimeError("x"), ValueError("x"), FileNotFoundError(2, "x"), sqlite3.OperationalError("x")]
)
def test_a_fault_of_the_desk_is_no_outage(error):
    assert outage_of(error) is None
    assert outage_of(OperationalError("select", {}, sqlite3.OperationalError("no such table"))) is None


# Sent again --------------------------------------------------------------------------------------------------------------


def test_R1_R40_a_form_whose_answer_was_cut_off_does_nothing_twice_when_it_is_sent_again(grown):
    _app, clerk, database = grown
    data = {**TYPED, "csrf_token": token(clerk, PAGE)}
    first, second = (clerk.post(PAGE, data=data, headers=SAME_ORIGIN) for _copy in range(2))
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.location == second.location
    acts = {
        "communicate": {"way": "phone", "text": "已说明"},
        "acknowledge": {"way": "sms"},
        "attach": {},
        "start_check": {},
    }
    for action, values in acts.items():
        address = f"{first.location}/{action}"
        hidden = dict(re.findall(r'name="(revision|submission)"[^>]*value="([^"]+)"', clerk.get(address).text))
        assert len(hidden) == 2
        known = set()
        for _copy in range(3):
            files = {"file": (io.BytesIO("原文".encode()), "a.txt")} if action == "attach" else {}
            act = {"csrf_token": data["csrf_token"], **hidden, **values, **files}
            answer = clerk.post(address, data=act, headers=SAME_ORIGIN)
            assert (answer.status_code, answer.location) == (302, first.location), action
            known.add(state(database)[1])
        assert len(known) == 1
        assert "没有重复办理" in clerk.get(first.location).text
    with database.reading() as session:
        actions = list(session.scalars(sa.select(Event.action).order_by(Event.id)))
    assert actions == ["register", *acts]


def test_R40_the_same_words_in_a_form_of_their_own_are_another_act(grown):
    _app, clerk, database = grown
    data = {**TYPED, "csrf_token": token(clerk, PAGE)}
    address = clerk.post(PAGE, data=data, headers=SAME_ORIGIN).location + "/communicate"
    for _copy in range(2):
        hidden = dict(re.findall(r'name="(revision|submission)"[^>]*value="([^"]+)"', clerk.get(address).text))
        act = {"csrf_token": data["csrf_token"], **hidden, "way": "phone", "text": "已说明"}
        assert clerk.post(address, data=act, headers=SAME_ORIGIN).status_code == 302
    assert state(database)[1] == 3
