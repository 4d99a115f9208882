"""``run.py backup`` and ``restore``: what they say, and that a kill at any moment takes no half for a whole (R39, R40)."""

from __future__ import annotations

import contextlib
import random
import shutil

import pytest
import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.keys import load_keys
from backoffice.models.complaint import Complaint
from backoffice.sealing import CaseSeal
from backoffice.services.backup import check
from tests.support.backups import SECRET, content, faults, fill, moved_in, sqlite_office
from tests.support.databases import with_default_office
from tests.support.killing import killed_once_there, start
from tests.support.played import RECEIVED
from views import cli


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("BACKOFFICE_DATA", "BACKOFFICE_DATABASE_URL", "BACKOFFICE_BACKUP_PASSPHRASE", "LC_ALL", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for command in ("backup", "restore"):
        monkeypatch.setattr(f"views.commands.{command}.Clock", lambda: SetClock(RECEIVED))


@pytest.fixture
def data(templates, tmp_path):
    """An office's data directory with two complaints."""
    folder = tmp_path / "data"
    with templates.copy("sqlite", with_default_office, tmp_path) as database:
        fill(database, folder)
        moved_in(database, folder)
    return folder


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "passphrase"
    path.write_text(f"{SECRET}\nwhatever follows is not read\n", encoding="utf-8")
    return path


def run(capsys, *arguments):
    code = cli.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    return code, captured.out.splitlines() + captured.err.splitlines()


def test_R39_backup_and_restore_say_what_they_did(data, secret, capsys, tmp_path):
    file, new = tmp_path / "office.backup", tmp_path / "new"
    code, said = run(capsys, "backup", file, "--data", data, "--passphrase-file", secret, "--language", "en")
    assert code == 0
    assert said[0].startswith(f"Backup written: {file} (")
    assert "complaints: 2" in said[0]
    code, said = run(capsys, "restore", file, "--check", "--passphrase-file", secret, "--data", new, "--language", "en")
    assert (code, new.exists()) == (0, False)
    assert said[0].endswith("read to the end.")
    code, said = run(capsys, "restore", file, "--data", new, "--passphrase-file", secret, "--language", "en")
    assert code == 0
    assert said[0].startswith(f"Restored to {new}: ")
    code, said = run(capsys, "restore", file, "--data", new, "--passphrase-file", secret, "--language", "zh")
    assert code == 1
    assert said == [f"run.py: {new} 中已有数据。请用 --data 恢复到别处，或加 --replace：原有数据会改名保留。"]
    code, said = run(
        capsys, "restore", file, "--data", new, "--passphrase-file", secret, "--replace", "--language", "en"
    )
    assert code == 0
    assert said[0].startswith(f"The former data directory is kept as {new}.before-")
    code, said = run(capsys, "verify", "--data", new)
    assert code == 0


def test_R39_the_passphrase_comes_from_the_environment_too_but_never_by_itself(data, monkeypatch, capsys, tmp_path):
    file = tmp_path / "office.backup"
    code, said = run(capsys, "backup", file, "--data", data, "--language", "en")
    assert (code, len(said)) == (2, 1)
    assert "--passphrase-file" in said[0]
    monkeypatch.setenv("BACKOFFICE_BACKUP_PASSPHRASE", "short")
    code, said = run(capsys, "backup", file, "--data", data, "--language", "en")
    assert (code, file.exists()) == (2, False)
    monkeypatch.setenv("BACKOFFICE_BACKUP_PASSPHRASE", SECRET)
    assert run(capsys, "backup", file, "--data", data)[0] == 0


def test_R39_the_passphrase_is_asked_for_twice(data, monkeypatch, capsys, tmp_path):
    typed = [SECRET, "another one that was mistyped"]
    monkeypatch.setattr("views.commands.passphrase.getpass.getpass", lambda _asked: typed.pop(0))
    monkeypatch.setattr("views.commands.passphrase.sys.stdin.isatty", lambda: True, raising=False)
    code, said = run(capsys, "backup", tmp_path / "b", "--data", data, "--language", "en")
    assert (code, said) == (2, ["run.py: The two passphrases differ. Start again."])


def test_R39_a_file_that_is_no_backup_is_named_in_one_line(secret, capsys, tmp_path):
    arguments = ("--data", tmp_path / "new", "--passphrase-file", secret, "--language", "en")
    assert run(capsys, "restore", secret, *arguments) == (
        1,
        ["run.py: This file is not a backup made by this program. Choose another file."],
    )
    code, said = run(capsys, "restore", tmp_path / "none", *arguments)
    assert (code, len(said)) == (2, 1)


def kill_and_look(data, folder, rounds, chance):
    """Kill backups, then restores over an office, at random moments; how many were killed in the middle."""
    whole = folder / "whole.backup"
    with start("backup", whole, "--data", data) as process:
        assert process.wait(120) == 0
    with sqlite_office(data) as database:
        expected = content(database)
    killed = 0
    for number in range(rounds):
        file = folder / f"{number}.backup"
        killed += killed_once_there(f".{file.name}.*", folder, chance.uniform(0, 0.4), "backup", file, "--data", data)
        if file.exists():
            assert check(file, SECRET)["kind"] == "asked"
        place = folder / "place"
        if not place.exists():
            shutil.copytree(data, place)
        killed += killed_once_there(
            f".{place.name}.*", folder, chance.uniform(0, 3), "restore", whole, "--data", place, "--replace"
        )
        with sqlite_office(place) as database:
            assert content(database) == expected
        assert faults_of(place) == []
    with start("restore", whole, "--data", folder / "place", "--replace") as process:
        assert process.wait(120) == 0, process.stderr.read()
    assert list(folder.glob(".place.*")) == []  # what the killed ones left is swept away
    return killed


def faults_of(place):
    with sqlite_office(place) as database:
        return faults(database, place)


def test_R39_killed_at_any_moment_nothing_half_is_taken_for_whole(data, tmp_path):
    assert kill_and_look(data, tmp_path, 2, random.Random(7)) >= 1


@pytest.mark.long
def test_R39_killed_forty_times_nothing_half_is_taken_for_whole(data, tmp_path):
    assert kill_and_look(data, tmp_path, 20, random.Random()) >= 36


def test_R39_a_worker_that_has_the_office_open_keeps_it_from_being_replaced(data, secret, capsys, tmp_path):
    file = tmp_path / "office.backup"
    assert run(capsys, "backup", file, "--data", data, "--passphrase-file", secret)[0] == 0
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(sqlite_office(data))
        stack.enter_context(database.engine.connect()).exec_driver_sql("SELECT 1 FROM office")
        code, said = run(
            capsys, "restore", file, "--data", data, "--passphrase-file", secret, "--replace", "--language", "en"
        )
    assert (code, said) == (
        1, [f"run.py: {data} is in use. Stop the desk and the workers first, then restore."]
    )  # fmt: skip


def test_R39_a_rotation_that_is_killed_goes_on_and_the_office_opens_in_between(data, capsys):
    keys = data / "keys"
    assert killed_once_there("office.before-*.json", keys, 0.3, "rotate-keys", "--data", data)
    assert load_keys(keys).rotating
    assert run(capsys, "verify", "--data", data)[0] == 0
    with start("rotate-keys", "--data", data, "--language", "en") as process:
        said, _errors = process.communicate(timeout=120)
    assert process.returncode == 0
    assert said.splitlines()[0] == "The last key rotation was interrupted; it has now been completed."
    assert (len(load_keys(keys).seal), load_keys(keys).rotating) == (1, False)
    with sqlite_office(data) as database, database.reading() as session:
        for one in session.scalars(sa.select(Complaint)):
            seal = CaseSeal(load_keys(keys), one.sealed_key, one.number)
            assert seal.open_json(one.sealed_record, "record")["customer_name"]
