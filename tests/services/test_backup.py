"""R39, R40: an office is backed up while it is in use, in one file under a passphrase, and restored as it was."""

from __future__ import annotations

import errno
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from backoffice import migrate
from backoffice.database import Database
from backoffice.errors import DomainError
from backoffice.integrations import files, tables
from backoffice.keys import load_keys
from backoffice.models.complaint import Complaint
from backoffice.queries.customer import earlier_complaints
from backoffice.queries.search import holds
from backoffice.services.backup import back_up, check
from backoffice.services.restore import restore
from tests.support.backups import PLAIN, SECRET, faults, files_of, fill, moved_in, records, sqlite_office
from tests.support.played import Play

NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)


@pytest.fixture
def office(office_database, tmp_path):
    return fill(office_database, tmp_path / "data")


@pytest.fixture
def backup(office, tmp_path):
    """The file of a finished backup."""
    return back_up(office.database, office.folder, tmp_path / "office.backup", SECRET, NOW).path


@pytest.fixture
def empty_url(dialect, templates, tmp_path):
    """Where an office may be restored to, of the same kind of database."""
    from tests.support.databases import empty

    if dialect == "sqlite":
        yield "sqlite:///unused"
        return
    with templates.copy(dialect, empty, tmp_path) as database:
        database.dispose()
        yield database.url


def opened(url, folder):
    return Database(url if url.startswith("postgresql") else f"sqlite:///{folder / 'office.db'}")


def refusal(error):
    return error.value.refusals[0].key


def refused(call, *args, **more):
    with pytest.raises(DomainError) as error:
        call(*args, **more)
    return refusal(error)


def test_R39_a_restored_office_is_the_one_that_was_backed_up_and_goes_on(office, backup, empty_url, tmp_path):
    done = restore(backup, SECRET, tmp_path / "new", empty_url, NOW)
    database = opened(empty_url, tmp_path / "new")
    try:
        assert records(database) == records(office.database)
        assert files_of(tmp_path / "new") == files_of(office.folder)
        found = load_keys(tmp_path / "new" / "keys")
        assert replace(found, session=office.keys.session) == office.keys
        assert found.session != office.keys.session
        assert faults(database, tmp_path / "new") == []
        assert migrate.current(database) == migrate.head()
        with database.reading() as session:
            assert session.scalar(sa.select(sa.func.count()).where(holds(session, "掉线")).select_from(Complaint)) == 2
            assert len(earlier_complaints(session, office.keys, "13900004172")) == 1
        play = Play(database, office.keys, tmp_path / "new" / "files")
        play.register(texts={"contact_phone": "13900004199"})
        assert play.number.endswith("0003")
        assert faults(database, tmp_path / "new") == []
    finally:
        database.dispose()
    assert (done.checked.complaints, done.folder_aside, done.missing) == (2, None, ())


def test_R39_nothing_stands_in_the_open(office, backup):
    raw = backup.read_bytes()
    keys = office.keys
    known = [
        *(text.encode() for text in PLAIN),
        keys.blind,
        keys.chain,
        keys.session,
        keys.seal[0].secret,
        b"office.db",
    ]
    assert [one for one in known if one in raw] == []
    assert backup.stat().st_mode & 0o077 == 0


def test_R39_an_office_that_is_there_is_touched_only_with_replace(office, backup, empty_url, tmp_path):
    place = tmp_path / "new"
    restore(backup, SECRET, place, empty_url, NOW)
    database = opened(empty_url, place)
    with database.writing() as session:
        session.execute(sa.text("UPDATE office SET name_zh = 'later'"))
    database.dispose()
    assert refused(restore, backup, SECRET, place, empty_url, NOW) == "backup.refused.office_there"
    done = restore(backup, SECRET, place, empty_url, NOW, replace=True)
    database = opened(empty_url, place)
    try:
        assert records(database) == records(office.database)
        if done.schema_aside is not None:
            with database.engine.connect() as connection:
                aside = connection.exec_driver_sql(f"SELECT name_zh FROM {done.schema_aside}.office").scalar()
        else:
            with sqlite_office(done.folder_aside) as old, old.engine.connect() as connection:
                aside = connection.exec_driver_sql("SELECT name_zh FROM office").scalar()
        assert aside == "later"
    finally:
        database.dispose()


def test_R39_an_office_in_use_is_not_replaced(office, backup, empty_url, tmp_path):
    place = tmp_path / "new"
    restore(backup, SECRET, place, empty_url, NOW)
    database = opened(empty_url, place)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1 FROM office")
        assert refused(restore, backup, SECRET, place, empty_url, NOW, replace=True) == "backup.refused.in_use"
    database.dispose()
    assert restore(backup, SECRET, place, empty_url, NOW, replace=True).folder_aside is not None


def test_R39_every_answered_command_is_in_a_backup_made_under_writers_and_none_is_half(office, empty_url, tmp_path):
    answered, stop = [], threading.Event()

    def write(number):
        count = 0
        while not stop.is_set() and count < 12:
            play = office.play()
            play.register(texts={"contact_phone": f"1390001{number}{count:03}"})
            answered.append(play.number)
            count += 1

    writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for writer in writers:
        writer.start()
    while len(answered) < 4:
        stop.wait(0.01)
    before = list(answered)
    back_up(office.database, office.folder, tmp_path / "hot.backup", SECRET, NOW)
    during = len(answered) - len(before)
    stop.set()
    for writer in writers:
        writer.join()
    done = restore(tmp_path / "hot.backup", SECRET, tmp_path / "new", empty_url, NOW)
    database = opened(empty_url, tmp_path / "new")
    try:
        with database.reading() as session:
            numbers = set(session.scalars(sa.select(Complaint.number)))
        assert set(before) <= numbers <= {*answered, *numbers_of(office)}
        assert faults(database, tmp_path / "new") == []
        assert done.missing == ()
        assert during >= 0
    finally:
        database.dispose()


def numbers_of(office):
    with office.database.reading() as session:
        return set(session.scalars(sa.select(Complaint.number)))


def test_R40_a_file_that_came_after_the_rows_were_read_does_no_harm(office, tmp_path, monkeypatch):
    once = []

    def register():
        if not once:
            once.append(True)
            office.play().register(
                texts={"contact_phone": "13900004188"}, uploads=[files.Upload("a.txt", b"x\n", "text/plain")]
            )

    back_up(office.database, office.folder, tmp_path / "b", SECRET, NOW, tick=register)
    done = restore(tmp_path / "b", SECRET, tmp_path / "new", "sqlite://", NOW)
    assert done.checked.complaints == 2
    assert done.files == 3


class TestOnOneKindOfDatabase:
    """What does not depend on the database is looked at on SQLite alone."""

    @pytest.fixture
    def dialect(self):
        return "sqlite"

    def test_R39_a_backup_overwrites_nothing(self, office, backup):
        before = backup.read_bytes()
        assert refused(back_up, office.database, office.folder, backup, SECRET, NOW) == "backup.refused.exists"
        assert backup.read_bytes() == before

    def test_R39_a_weak_passphrase_makes_no_backup(self, office, tmp_path):
        said = refused(back_up, office.database, office.folder, tmp_path / "b", "aaaaaaaaaaaaaaaaaaaa", NOW)
        assert said == "backup.passphrase.guessable"
        assert not (tmp_path / "b").exists()

    def test_R39_a_file_of_the_records_that_is_gone_is_named(self, office, tmp_path):
        lost = next(path for path in (office.folder / "files").rglob("*") if path.is_file())
        lost.unlink()
        made = back_up(office.database, office.folder, tmp_path / "b", SECRET, NOW)
        assert made.missing == (lost.name,)
        assert restore(tmp_path / "b", SECRET, tmp_path / "new", "sqlite://", NOW).missing == (lost.name,)

    def test_R40_an_office_whose_history_does_not_hold_is_put_in_place_only_when_that_is_accepted(
        self, office, tmp_path
    ):
        with office.database.writing() as session:
            session.execute(sa.text("DELETE FROM event WHERE sequence = 2"))
        back_up(office.database, office.folder, tmp_path / "b", SECRET, NOW)
        assert refused(restore, tmp_path / "b", SECRET, tmp_path / "new", "sqlite://", NOW) == "backup.refused.faults"
        assert not (tmp_path / "new").exists()
        done = restore(tmp_path / "b", SECRET, tmp_path / "new", "sqlite://", NOW, accept=True)
        assert done.checked.broken

    @pytest.mark.parametrize("change", ["cut", "bit", "passphrase", "empty"])
    def test_R39_a_backup_that_does_not_hold_changes_nothing(self, office, backup, tmp_path, change):
        raw, secret, expected = backup.read_bytes(), SECRET, "backup.refused.broken"
        if change == "cut":
            backup.write_bytes(raw[: len(raw) * 2 // 3])
        elif change == "bit":
            backup.write_bytes(raw[:-200] + bytes([raw[-200] ^ 4]) + raw[-199:])
        elif change == "empty":
            backup.write_bytes(b"")
            expected = "backup.refused.no_backup"
        else:
            secret, expected = SECRET.upper(), "backup.refused.passphrase"
        before = sorted(tmp_path.iterdir())
        assert refused(restore, backup, secret, tmp_path / "new", "sqlite://", NOW) == expected
        assert refused(check, backup, secret) == expected
        assert sorted(tmp_path.iterdir()) == before

    def test_R39_a_backup_of_a_newer_program_is_refused(self, office, tmp_path):
        with office.database.writing() as session:
            session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        back_up(office.database, office.folder, tmp_path / "b", SECRET, NOW)
        assert refused(restore, tmp_path / "b", SECRET, tmp_path / "new", "sqlite://", NOW) == "backup.refused.newer"

    def test_R39_files_on_a_share_are_in_the_backup_and_go_where_the_restored_office_keeps_them(
        self, office_database, tmp_path, monkeypatch
    ):
        monkeypatch.setenv("BACKOFFICE_FILES_URL", str(tmp_path / "share"))
        office = fill(office_database, tmp_path / "data")
        assert not (office.folder / "files").exists()
        made = back_up(office.database, office.folder, tmp_path / "b", SECRET, NOW)
        assert (made.files, made.missing) == (2, ())
        shared = files_of(tmp_path / "share" / "files", ("",))
        monkeypatch.setenv("BACKOFFICE_FILES_URL", str(tmp_path / "elsewhere"))
        assert restore(tmp_path / "b", SECRET, tmp_path / "new", "sqlite://", NOW).missing == ()
        assert files_of(tmp_path / "elsewhere" / "files", ("",)) == shared
        assert not (tmp_path / "new" / "files").exists()
        monkeypatch.delenv("BACKOFFICE_FILES_URL")
        assert restore(tmp_path / "b", SECRET, tmp_path / "own", "sqlite://", NOW).missing == ()
        assert files_of(tmp_path / "own" / "files", ("",)) == shared

    def test_R39_a_full_disk_leaves_nothing_behind(self, office, backup, tmp_path, monkeypatch):
        before = sorted(tmp_path.iterdir())

        def full(*_):
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("os.fsync", full)
            assert (
                refused(back_up, office.database, office.folder, tmp_path / "b2", SECRET, NOW)
                == "backup.refused.no_space"
            )
            assert refused(restore, backup, SECRET, tmp_path / "new", "sqlite://", NOW) == "backup.refused.no_space"
        assert sorted(tmp_path.iterdir()) == before

    def test_R39_a_folder_that_is_not_there_is_named(self, office, tmp_path):
        place = tmp_path / "nowhere" / "b"
        assert refused(back_up, office.database, office.folder, place, SECRET, NOW) == "backup.refused.disk"

    def test_R39_what_ends_it_from_outside_leaves_nothing(self, office, tmp_path):
        before, calls = sorted(tmp_path.iterdir()), []

        def tick():
            calls.append(1)
            if len(calls) > 5:
                raise RuntimeError("the lease is lost")

        with pytest.raises(RuntimeError):
            back_up(office.database, office.folder, tmp_path / "b", SECRET, NOW, tick=tick)
        assert sorted(tmp_path.iterdir()) == before

    def test_R40_seals_of_the_restored_office_agree_with_its_log(self, office, backup, tmp_path):
        done = restore(backup, SECRET, tmp_path / "new", "sqlite://", NOW)
        assert (done.checked.seals, done.checked.broken) == (1, ())

    def test_R39_the_former_office_keeps_its_name_and_can_be_opened(self, office, backup, tmp_path):
        moved_in(office.database, office.folder)
        done = restore(backup, SECRET, office.folder, "sqlite://", NOW + timedelta(days=1), replace=True)
        assert done.folder_aside.name == "data.before-20261125T183000Z"
        with sqlite_office(done.folder_aside) as old:
            assert faults(old, done.folder_aside) == []


def test_R39_an_index_of_words_says_the_same_in_both_databases():
    vector = "'光猫':2 '晚上':1,4 'hg6145f':3"
    assert tables._words(vector) == "晚上 光猫 hg6145f 晚上"
    assert tables._vector("晚上 光猫") == "'晚上':1 '光猫':2"
