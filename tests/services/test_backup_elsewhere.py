"""R39: attachments that lie on a shared folder or in a store of objects are in the backup and come back with it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from backoffice.database import Database
from backoffice.file_settings import URL
from backoffice.integrations.store import MissingError, Store
from backoffice.services import backup as backing_up
from backoffice.services import restore as restoring
from backoffice.services.backup import back_up
from backoffice.services.restore import restore
from tests.support.backups import SECRET, faults, files_of, fill

NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)


@pytest.fixture
def office(office_database, tmp_path, monkeypatch):
    monkeypatch.delenv(URL, raising=False)
    return fill(office_database, tmp_path / "data")


@pytest.fixture
def attachments(office):
    """Their contents by name."""
    return {
        name.removeprefix("files/"): raw for name, raw in files_of(office.folder).items() if name.startswith("files/")
    }


class Objects(Store):
    """A store that keeps its contents in memory."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self.contents = contents

    def put(self, name: str, content: bytes) -> None:
        self.contents[name] = content

    def get(self, name: str) -> bytes:
        if name not in self.contents:
            raise MissingError(name)
        return self.contents[name]

    def exists(self, name: str) -> bool:
        return name in self.contents

    def delete(self, name: str) -> None:
        self.contents.pop(name, None)

    def names(self, beginning: str = "") -> Iterator[str]:
        yield from sorted(name for name in self.contents if name.startswith(beginning))

    def part(self, name: str) -> Store:
        raise NotImplementedError


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_R39_from_one_shared_folder_to_another_and_to_an_office_of_its_own(office, attachments, tmp_path, monkeypatch):
    shared, other = tmp_path / "shared", tmp_path / "other"
    shared.mkdir()
    shutil.move(office.folder / "files", shared / "files")
    monkeypatch.setenv(URL, str(shared))
    made = back_up(office.database, office.folder, tmp_path / "office.backup", SECRET, NOW)
    assert (made.missing, made.files >= len(attachments) > 0) == ((), True)
    monkeypatch.setenv(URL, str(other))
    done = restore(made.path, SECRET, tmp_path / "new", "sqlite:///unused", NOW)
    assert done.missing == ()
    assert {name: (other / "files" / name).read_bytes() for name in attachments} == attachments
    assert not (tmp_path / "new" / "files").exists()
    monkeypatch.delenv(URL)
    restore(made.path, SECRET, tmp_path / "alone", "sqlite:///unused", NOW)
    assert files_of(tmp_path / "alone").items() >= {f"files/{name}": raw for name, raw in attachments.items()}.items()


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_R39_out_of_a_store_of_objects_and_into_one(office, attachments, tmp_path, monkeypatch):
    shutil.rmtree(office.folder / "files")
    monkeypatch.setattr(backing_up, "files_of", lambda _folder: Objects(attachments))
    made = back_up(office.database, office.folder, tmp_path / "office.backup", SECRET, NOW)
    assert made.missing == ()
    there, changed = min(attachments), max(attachments)
    target = Objects({there: b"as the office in use has it"})
    monkeypatch.setattr(restoring, "files_of", lambda _folder: target)
    restore(made.path, SECRET, tmp_path / "new", "sqlite:///unused", NOW)
    assert target.contents == {**attachments, there: b"as the office in use has it"}
    target.contents[changed] = b"spoilt"
    restore(made.path, SECRET, tmp_path / "new", "sqlite:///unused", NOW, replace=True)
    assert target.contents == attachments
    database = Database(f"sqlite:///{tmp_path / 'new' / 'office.db'}")
    try:
        assert faults(database, tmp_path / "new") == []
    finally:
        database.dispose()


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_R39_what_a_store_of_objects_has_lost_is_named(office, attachments, tmp_path, monkeypatch):
    shutil.rmtree(office.folder / "files")
    lost = min(attachments)
    del attachments[lost]
    monkeypatch.setattr(backing_up, "files_of", lambda _folder: Objects(attachments))
    made = back_up(office.database, office.folder, tmp_path / "office.backup", SECRET, NOW)
    assert made.missing == (lost.rpartition("/")[2],)
