"""What the database says of how the desk stands, on both databases; and the signs of its workers."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice import migrate
from backoffice.database import Database
from backoffice.jobs import digest, pulse, survey
from backoffice.jobs.handlers import HANDLERS
from backoffice.jobs.running import Workshop
from backoffice.keys import Keys, open_keys
from backoffice.models.configuration import Setting
from backoffice.models.office import Office
from backoffice.models.work import Job, Outbox
from backoffice.services import health
from backoffice.services.core import heartbeat
from policies.health import Beat, FilesWord, Stored
from policies.message import Message
from policies.vocabulary import MessageState
from tests.support.counting import statements_of
from tests.support.played import RECEIVED, Play

MINUTE = timedelta(minutes=1)


def stored(database, at):
    found = health.stored(database, at, HANDLERS)
    assert isinstance(found, Stored)
    return found


@pytest.fixture
def keys(tmp_path):
    return open_keys(tmp_path / "keys")


@pytest.fixture
def office(office_database):
    with office_database.writing() as session:
        session.execute(sa.update(Office).values(set_up_at=RECEIVED))
    return office_database


def test_what_is_there_is_told_in_a_bounded_number_of_statements(office, keys, tmp_path):
    play = Play(office, keys, tmp_path / "files")
    play.register()
    later = play.at + timedelta(days=30)
    with statements_of(office.engine) as sent:
        found = stored(office, later)
    assert len(sent) <= 20
    assert (found.is_set_up, found.is_current, found.complaints, found.open) == (True, True, 1, 1)
    assert found.overdue > 0
    assert found.bytes > 100_000
    assert found.newest <= later
    assert (found.clock is None) == (office.dialect == "sqlite")
    assert stored(office, play.at).overdue == 0


def test_jobs_are_told_by_kind_and_state_and_the_oldest_that_nobody_began(office, at):
    def job(kind, slot, **values):
        return Job(kind=kind, slot=slot, **{"due_at": at - MINUTE, "payload": {}, **values})

    with office.writing() as session:
        session.add_all(
            [
                job(digest.KIND, "1"),
                job(digest.KIND, "2", due_at=at - 40 * MINUTE),
                job(digest.KIND, "3", due_at=at - 90 * MINUTE, leased_until=at + MINUTE),
                job(survey.KIND, "4", due_at=at + MINUTE),
                job(survey.KIND, "5", due_at=at + MINUTE, error="KeyError"),
                job(survey.KIND, "6", done_at=at),
                job("of_a_later_version", "7", due_at=at - 900 * MINUTE),
            ]
        )
    found = stored(office, at)
    told = {(count.kind, count.state): count.count for count in found.jobs}
    assert told == {(digest.KIND, "waiting"): 2, (digest.KIND, "running"): 1, (survey.KIND, "planned"): 1,
                    (survey.KIND, "failed"): 1, ("of_a_later_version", "waiting"): 1}  # fmt: skip
    assert found.late_since == at - 40 * MINUTE


def test_messages_are_told_by_state_and_those_of_the_console_are_not_among_them(office, at):
    with office.writing() as session:
        for state, way in ((MessageState.WAITING, "sms"), (MessageState.WAITING, "in_app"), (MessageState.GIVEN_UP, "email"),
                           (MessageState.SENT, "email")):  # fmt: skip
            session.add(Outbox(template="x", way=way, created_at=at, due_at=at, state=state, sealed=b"x"))
    assert stored(office, at).outbox == {"waiting": 1, "sending": 0, "uncertain": 0, "given_up": 1}


def test_a_backup_is_told_by_when_it_was_made(office, at):
    assert stored(office, at).backup_at is None
    with office.writing() as session:
        session.add(Setting(key="last_backup", value={"at": at.isoformat()}))
    assert stored(office, at).backup_at == at


def test_a_database_of_another_shape_is_told_and_not_asked_further(office, at):
    with office.writing() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    assert stored(office, at) == Stored(office.dialect, "0001", migrate.head())


def test_a_database_without_tables_is_told(tmp_path, at):
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    assert stored(database, at).revision is None
    database.dispose()


def test_a_database_that_is_away_is_told_without_its_password(at):
    database = Database("postgresql+psycopg://desk:lantern-secret@127.0.0.1:1/desk")
    found = health.stored(database, at, HANDLERS)
    database.dispose()
    assert isinstance(found, Message)
    assert found.key == "database.fault.server"
    assert "lantern" not in str(found.params)


def test_a_worker_is_heard_of_while_it_is_there_and_taken_off_when_it_goes(office, clock, tmp_path):
    shop = Workshop(office, Keys.fresh(), clock, tmp_path)
    with pulse.pulse(shop, "worker", seconds=0.02):
        for _ in range(200):
            if beats := stored(office, clock.now()).beats:
                break
            time.sleep(0.02)
        assert beats == (Beat(heartbeat.own_name(), "worker", clock.now()),)
    assert stored(office, clock.now()).beats == ()
    assert not [thread for thread in threading.enumerate() if thread.name == "desk-pulse"]


def test_a_worker_that_was_killed_is_forgotten_after_a_day(office, at):
    with office.writing() as session:
        heartbeat.beat(session, "gone.1", "worker", at)
    with office.writing() as session:
        heartbeat.beat(session, "here.2", "console", at + timedelta(hours=23))
    assert [beat.name for beat in stored(office, at).beats] == ["gone.1", "here.2"]
    with office.writing() as session:
        heartbeat.beat(session, "here.2", "console", at + timedelta(hours=25))
    assert [beat.name for beat in stored(office, at).beats] == ["here.2"]


@pytest.mark.parametrize("value", [7, "soon", None, {"at": "yesterday"}, {"role": "worker"}])
def test_a_sign_that_cannot_be_read_is_no_sign_and_goes_away(office, at, value):
    with office.writing() as session:
        session.add(Setting(key="worker.odd", value=value))
    assert stored(office, at).beats == ()
    with office.writing() as session:
        heartbeat.beat(session, "here.2", "console", at)
    assert [beat.name for beat in stored(office, at).beats] == ["here.2"]


def test_the_name_of_a_worker_fits_its_row():
    assert len("worker." + heartbeat.own_name()) <= 64


def test_the_machine_says_whether_a_file_can_be_kept(tmp_path):
    assert health.on_machine(tmp_path / "nowhere").files is FilesWord.MISSING
    found = health.on_machine(tmp_path)
    assert found.files is FilesWord.OK
    assert found.free > 0
    assert found.keys is not None  # there are none in this folder
    open_keys(tmp_path / "keys")
    assert health.on_machine(tmp_path).keys is None
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "server.pem").write_text("no certificate")
    assert health.on_machine(tmp_path).certificate_fault
