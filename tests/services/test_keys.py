"""The office's keys (R39, R40): made once, guarded, and never exchanged for others without a word."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from backoffice.keys import FILE_NAME, Keys, KeysError, load_keys, open_keys, rotate_keys


def refusal_of(directory: Path, known: str | None = None) -> str:
    with pytest.raises(KeysError) as refused:
        open_keys(directory, known)
    return refused.value.refusals[0].key


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_R39_keys_are_made_once_and_found_again(tmp_path: Path) -> None:
    directory = tmp_path / "data" / "keys"
    keys = open_keys(directory)
    assert open_keys(directory) == keys
    assert open_keys(directory, keys.identity) == keys
    assert [path.name for path in directory.iterdir()] == [FILE_NAME]


def test_R39_only_the_owner_may_read_them(tmp_path: Path) -> None:
    directory = tmp_path / "keys"
    old = os.umask(0)
    try:
        open_keys(directory)
    finally:
        os.umask(old)
    assert mode(directory) == 0o700
    assert mode(directory / FILE_NAME) == 0o600


def test_R39_every_secret_is_its_own() -> None:
    keys = Keys.fresh()
    assert len({keys.seal[0].secret, keys.blind, keys.chain, keys.session}) == 4
    assert {len(secret) for secret in (keys.seal[0].secret, keys.blind, keys.chain, keys.session)} == {32}


def test_R39_keys_do_not_show_their_secrets_when_printed() -> None:
    keys = Keys.fresh()
    for secret in (keys.seal[0].secret, keys.blind, keys.chain, keys.session):
        assert repr(secret) not in repr(keys)


@pytest.mark.parametrize(("name", "bits"), [("", 0o750), ("", 0o701), (FILE_NAME, 0o640), (FILE_NAME, 0o604)])
def test_R39_keys_readable_by_others_are_refused(tmp_path: Path, name: str, bits: int) -> None:
    open_keys(tmp_path / "keys")
    (tmp_path / "keys" / name).chmod(bits)
    assert refusal_of(tmp_path / "keys") == "keys.file.open_to_others"


def test_R39_missing_keys_are_not_made_anew_over_a_database_with_data(tmp_path: Path) -> None:
    assert refusal_of(tmp_path / "keys", "0011223344556677") == "keys.file.missing"
    assert not (tmp_path / "keys").exists()


def test_R39_keys_of_another_office_are_refused(tmp_path: Path) -> None:
    open_keys(tmp_path / "keys")
    assert refusal_of(tmp_path / "keys", Keys.fresh().identity) == "keys.file.foreign"


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", "not json", '{"format": 2, "seal": ["AA=="]}', '{"format": 1, "seal": []}'],
)
def test_R39_damaged_keys_are_refused(tmp_path: Path, content: str) -> None:
    open_keys(tmp_path / "keys")
    (tmp_path / "keys" / FILE_NAME).write_text(content)
    assert refusal_of(tmp_path / "keys") == "keys.file.damaged"


@pytest.mark.parametrize("secret", ["AA==", "***", "", None, 5])
def test_R39_a_damaged_secret_is_refused(tmp_path: Path, secret: object) -> None:
    open_keys(tmp_path / "keys")
    path = tmp_path / "keys" / FILE_NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | {"chain": secret}))
    assert refusal_of(tmp_path / "keys") == "keys.file.damaged"


def test_R39_a_wrapping_key_is_added_and_the_file_before_kept(tmp_path: Path) -> None:
    keys = open_keys(tmp_path)
    rotated = rotate_keys(tmp_path)
    assert rotated.seal[:-1] == keys.seal
    assert (rotated.blind, rotated.chain, rotated.session) == (keys.blind, keys.chain, keys.session)
    assert rotated.identity == keys.identity
    assert load_keys(tmp_path) == rotated
    assert {mode(path) for path in tmp_path.iterdir()} == {0o600}
    assert len(list(tmp_path.iterdir())) == 2


def _identity(directory: str) -> str:
    return open_keys(Path(directory)).identity


def test_R39_processes_that_start_together_agree_on_one_set(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        identities = pool.map(_identity, [str(tmp_path / "keys")] * 8)
    assert len(set(identities)) == 1
