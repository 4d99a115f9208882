"""Keys and database belong together (R39): another office's keys, or newly made ones, open nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from backoffice.database import Database
from backoffice.keys import FILE_NAME, Keys, KeysError
from backoffice.services.office_keys import open_for, remember


def refusal_of(database: Database, folder: Path) -> str:
    with pytest.raises(KeysError) as refused:
        open_for(database, folder)
    return refused.value.refusals[0].key


def test_R39_keys_are_made_for_a_new_database_and_found_again(database: Database, tmp_path: Path) -> None:
    keys = open_for(database, tmp_path / "keys")
    assert open_for(database, tmp_path / "keys") == keys


def test_R39_a_database_without_tables_waits_for_the_next_time(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'office.db'}")
    keys = open_for(database, tmp_path / "keys")
    assert sa.inspect(database.engine).get_table_names() == []
    assert open_for(database, tmp_path / "keys") == keys
    database.dispose()


def test_R39_keys_of_another_office_are_refused(database: Database, tmp_path: Path) -> None:
    open_for(database, tmp_path / "ours")
    assert refusal_of(database, tmp_path / "theirs") == "keys.file.missing"
    open_for(Database(f"sqlite:///{tmp_path / 'theirs.db'}"), tmp_path / "theirs")
    assert refusal_of(database, tmp_path / "theirs") == "keys.file.foreign"


def test_R39_lost_keys_are_not_made_anew(database: Database, tmp_path: Path) -> None:
    open_for(database, tmp_path / "keys")
    (tmp_path / "keys" / FILE_NAME).unlink()
    assert refusal_of(database, tmp_path / "keys") == "keys.file.missing"
    assert not (tmp_path / "keys" / FILE_NAME).exists()


def test_R39_the_identity_once_remembered_stays(database: Database, tmp_path: Path) -> None:
    keys = open_for(database, tmp_path / "keys")
    remember(database, Keys.fresh())
    assert open_for(database, tmp_path / "keys") == keys


def test_R39_an_added_wrapping_key_leaves_the_identity(database: Database, tmp_path: Path) -> None:
    from backoffice.keys import rotate_keys

    open_for(database, tmp_path / "keys")
    rotated = rotate_keys(tmp_path / "keys")
    assert open_for(database, tmp_path / "keys") == rotated
