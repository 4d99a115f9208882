"""R39, R40: whatever goes wrong while an office is put in place, the former one is whole; and what a restore ends."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from backoffice.database import Database
from backoffice.errors import DomainError
from backoffice.integrations import placing
from backoffice.models.work import Outbox
from backoffice.services import restore as restoring
from backoffice.services.backup import back_up, check
from backoffice.services.restore import restore
from policies.vocabulary import MessageState
from tests.support.backups import SECRET, faults, fill
from tests.support.databases import empty

NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
LATER = datetime(2026, 11, 25, 18, 30, tzinfo=UTC)


@pytest.fixture
def office(office_database, tmp_path):
    """With a message to a customer that waits."""
    filled = fill(office_database, tmp_path / "data", complaints=1)
    waiting = {"state": MessageState.WAITING, "way": "sms", "created_at": NOW, "due_at": NOW}
    with office_database.writing() as session:
        session.add(Outbox(template="acknowledgement", sealed=b"as it was sealed", **waiting))
    return filled


@pytest.fixture
def backup(office, tmp_path):
    return back_up(office.database, office.folder, tmp_path / "office.backup", SECRET, NOW).path


@pytest.fixture
def url(dialect, templates, tmp_path):
    if dialect == "sqlite":
        yield "sqlite:///unused"
        return
    with templates.copy(dialect, empty, tmp_path) as database:
        database.dispose()
        yield database.url


@pytest.fixture
def place(backup, url, tmp_path):
    """An office that is there, and has a name of its own since."""
    folder = tmp_path / "place"
    restore(backup, SECRET, folder, url, NOW)
    (folder / "tls").mkdir(mode=0o700)
    (folder / "tls" / "server.key").write_text("its own", encoding="utf-8")
    with opened(url, folder) as database, database.writing() as session:
        session.execute(sa.text("UPDATE office SET name_zh = 'later'"))
    return folder


class opened:
    """The office of a place, closed afterwards."""

    def __init__(self, url, folder):
        self.database = Database(url if url.startswith("postgresql") else f"sqlite:///{folder / 'office.db'}")

    def __enter__(self):
        return self.database

    def __exit__(self, *_):
        self.database.dispose()


def is_whole(url, folder):
    with opened(url, folder) as database, database.reading() as session:
        return session.scalar(sa.text("SELECT name_zh FROM office")) == "later" and not faults(database, folder)


def test_R40_a_folder_that_cannot_be_put_in_place_leaves_folder_and_database_as_they_were(
    backup, place, url, monkeypatch
):
    def busy(*_):
        raise OSError(errno.EBUSY, "Device or resource busy", str(place))

    monkeypatch.setattr(placing, "put_in_place", busy)
    with pytest.raises(DomainError) as error:
        restore(backup, SECRET, place, url, LATER, replace=True)
    assert error.value.refusals[0].key == "backup.refused.disk"
    assert is_whole(url, place)
    monkeypatch.undo()
    assert restore(backup, SECRET, place, url, LATER, replace=True).folder_aside is not None


def test_R40_an_office_that_was_opened_while_the_other_was_made_is_not_replaced(backup, place, url, monkeypatch):
    checked = restoring._checked
    with opened(url, place) as database, ExitStack() as connections:

        def meanwhile(*arguments, **more):
            connection = connections.enter_context(database.engine.connect())
            connection.exec_driver_sql("SELECT 1 FROM office")
            return checked(*arguments, **more)

        monkeypatch.setattr(restoring, "_checked", meanwhile)
        monkeypatch.setattr(restoring, "CLOSING_SECONDS", 0.2)
        with pytest.raises(DomainError) as error:
            restore(backup, SECRET, place, url, LATER, replace=True)
        assert error.value.refusals[0].key == "backup.refused.in_use"
    assert is_whole(url, place)


def test_R39_a_restore_ends_all_sessions_holds_what_waited_and_keeps_what_is_the_machines(backup, office, place, url):
    if owned := hasattr(os, "geteuid") and os.geteuid() == 0:
        os.chown(place, 65534, 65534)
    done = restore(backup, SECRET, place, url, LATER, replace=True)
    with opened(url, place) as database:
        with database.reading() as session:
            states = list(session.scalars(sa.select(Outbox.state).where(Outbox.way == "sms")))
            if database.dialect == "postgresql":
                assert session.scalar(sa.text("SELECT reltuples FROM pg_class WHERE oid = 'event'::regclass")) > 0
        assert faults(database, place) == []
    assert states
    assert set(states) == {MessageState.UNCERTAIN}
    assert done.held == len(states)
    assert (place / "tls" / "server.key").read_text(encoding="utf-8") == "its own"
    if owned:
        assert {path.stat().st_uid for path in (place, *place.rglob("*"))} == {65534}


class TestOfFolders:
    """What is the same for both databases."""

    @pytest.fixture
    def dialect(self):
        return "sqlite"

    def test_R40_killed_right_after_the_exchange_the_former_folder_bears_its_lasting_name(self, tmp_path, monkeypatch):
        new, place, aside = (tmp_path / name for name in (".place.7-a.unfinished", "place", "place.before"))
        for folder in (new, place):
            folder.mkdir()
            (folder / "office.db").write_text(folder.name, encoding="utf-8")
        exchange = placing._exchange

        def killed(*names):
            if not exchange(*names):
                pytest.skip("this system does not exchange two names in one step")
            raise KeyboardInterrupt

        monkeypatch.setattr(placing, "_exchange", killed)
        with pytest.raises(KeyboardInterrupt):
            placing.put_in_place(new, place, aside)
        assert (place / "office.db").read_text(encoding="utf-8") == ".place.7-a.unfinished"
        assert (aside / "office.db").read_text(encoding="utf-8") == "place"
        assert not new.exists()

    def test_R40_a_name_for_the_former_folder_that_is_taken_changes_nothing(self, tmp_path):
        new, place, aside = (tmp_path / name for name in ("new", "place", "aside"))
        for folder in (new, place, aside):
            folder.mkdir()
            (folder / "office.db").write_text(folder.name, encoding="utf-8")
        with pytest.raises(OSError, match="not empty"):
            placing.put_in_place(new, place, aside)
        assert [(one / "office.db").read_text(encoding="utf-8") for one in (new, place, aside)] == [
            "new", "place", "aside",
        ]  # fmt: skip

    def test_R39_a_mapping_of_whatever_name_is_in_the_backup(self, office, tmp_path):
        (office.folder / "mappings").mkdir()
        (office.folder / "mappings" / "tmp-2026.yaml").write_text("columns: {}", encoding="utf-8")
        path = back_up(office.database, office.folder, tmp_path / "mapped.backup", SECRET, NOW).path
        check(path, SECRET)
        restore(path, SECRET, tmp_path / "new", "sqlite:///unused", NOW)
        assert (tmp_path / "new" / "mappings" / "tmp-2026.yaml").is_file()
