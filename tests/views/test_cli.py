"""The command line: wrong use gets one clear line and a non-zero exit, never a trace."""

import argparse
import importlib
import os
import socket
import subprocess
import sys

import pytest

from backoffice.errors import DomainError
from policies.message import Refusal
from tests.support.sources import PROJECT
from views import cli
from views.commands import COMMANDS, Command, CommandError, existing_data, input_file, spoken

NAMES = [command.name for command in COMMANDS]
NEEDED = {
    "import": (str(PROJECT / "pyproject.toml"), "--mapping", "boston311"),
    "deadline": ("--start", "2026-09-25T18:20", "--amount", "5", "--unit", "working_day"),
}


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("BACKOFFICE_DATA", "BACKOFFICE_DATABASE_URL", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def said(capsys):
    """Runs a command line in this process; gives exit code, standard output and the lines of standard error."""

    def run(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return code, captured.out, captured.err.splitlines()

    return run


def planted(monkeypatch, action):
    """Puts a command ``planted`` in the list, which does what is given."""

    class Module:
        run = staticmethod(action)

        @staticmethod
        def add_parser(subparsers):
            subparsers.add_parser("planted").add_argument("--data")

    monkeypatch.setitem(sys.modules, "tests.planted", Module)
    monkeypatch.setattr(cli, "COMMANDS", (*COMMANDS, Command("planted", "tests.planted", "-")))


def test_help_names_every_command(said):
    code, out, err = said("--help")
    assert (code, err) == (0, [])
    assert [name for name in NAMES if f"\n    {name}" not in out] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_command_explains_itself(said, name):
    code, out, err = said(name, "--help")
    assert (code, err) == (0, [])
    assert out.startswith(f"usage: run.py {name}")


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_every_command_module_is_there(command):
    module = importlib.import_module(command.module)
    assert callable(module.add_parser)
    assert callable(module.run)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "test"])
def test_an_unknown_option_is_told_in_one_line(said, name):
    code, out, err = said(name, "--no-such-option")
    assert (code, out, len(err)) == (2, "", 1)


def test_an_unknown_command_is_told_in_one_line_with_those_that_there_are(said):
    code, out, err = said("srve")
    assert (code, out, len(err)) == (2, "", 1)
    assert "'srve'" in err[0]
    assert "serve" in err[0]


def test_an_unknown_option_without_a_command_belongs_to_the_console(said):
    code, _, err = said("--prot", "5001")
    assert (code, len(err)) == (2, 1)
    assert "--prot" in err[0]


def test_the_data_directory_may_be_named_before_the_command(said, monkeypatch, tmp_path):
    seen = []
    planted(monkeypatch, lambda args: seen.append(args.data) or 0)
    assert said("--data", tmp_path, "planted")[0] == 0
    assert said(f"--data={tmp_path}", "planted")[0] == 0
    assert said("planted", "--data", tmp_path)[0] == 0
    assert seen == [str(tmp_path)] * 3


@pytest.mark.parametrize("name", ["serve", "verify", "import", "deadline"])
def test_a_file_as_data_directory_is_told_in_one_line(said, tmp_path, name):
    file = tmp_path / "office.txt"
    file.touch()
    code, _, err = said(name, *NEEDED.get(name, ()), "--data", file)
    assert (code, len(err)) == (2, 1)
    assert "is a file" in err[0]


@pytest.mark.parametrize("name", ["verify", "import"])
def test_a_missing_data_directory_is_told_in_one_line_and_not_made(said, tmp_path, name):
    code, _, err = said(name, *NEEDED.get(name, ()), "--data", tmp_path / "nowhere")
    assert (code, len(err)) == (2, 1)
    assert str(tmp_path / "nowhere") in err[0]
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(("right", "word"), [(os.R_OK, "read"), (os.W_OK, "written")])
def test_a_data_directory_without_rights_is_told_in_one_line(monkeypatch, tmp_path, right, word):
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & right)  # root may do everything
    with pytest.raises(CommandError, match=word):
        existing_data(argparse.Namespace(data=str(tmp_path)))


def test_the_data_directory_is_the_option_before_the_environment_before_the_project(monkeypatch, tmp_path):
    monkeypatch.setenv("BACKOFFICE_DATA", str(tmp_path / "environment"))
    assert cli.data_path(argparse.Namespace(data="here")).parts[-1] == "here"
    assert cli.data_path(argparse.Namespace(data=None)) == tmp_path / "environment"
    monkeypatch.delenv("BACKOFFICE_DATA")
    assert cli.data_path(argparse.Namespace()) == PROJECT / "instance"


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_told_in_one_line(said, port):
    code, _, err = said("--port", port)
    assert (code, len(err)) == (2, 1)
    assert port in err[0]


def test_a_port_in_use_is_told_in_one_line_before_anything_is_made(said, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = said("--port", taken.getsockname()[1], "--data", tmp_path / "new")
    assert (code, len(err)) == (2, 1)
    assert "choose another" in err[0]
    assert not (tmp_path / "new").exists()


def test_an_input_file_must_be_there_and_a_file(tmp_path):
    with pytest.raises(CommandError, match="no such file"):
        input_file(str(tmp_path / "a.csv"))
    with pytest.raises(CommandError, match="is a directory"):
        input_file(str(tmp_path))


def test_an_unexpected_error_is_one_line_and_its_place_is_in_the_log_without_what_it_said(said, monkeypatch, tmp_path):
    def break_down(_args):
        phone = "138" + "0013" + "8000"
        raise ValueError(f"caller {phone}")

    planted(monkeypatch, break_down)
    code, _, err = said("planted", "--data", tmp_path)
    assert (code, len(err)) == (1, 1)
    assert "ValueError" in err[0]
    log = tmp_path / "log" / "commands.log"
    assert str(log) in err[0]
    assert "in break_down" in log.read_text(encoding="utf-8")
    assert "13800138000" not in log.read_text(encoding="utf-8") + err[0]
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("zh_CN.UTF-8", "密钥文件 /k 已损坏"), ("en_US.UTF-8", "The key file /k is damaged"), ("C", "The key")],
)
def test_a_refusal_of_the_rules_is_said_in_the_language_of_the_terminal(said, monkeypatch, locale, expected):
    def refuse(_args):
        raise DomainError(Refusal("keys.file.damaged", {"path": "/k"}))

    monkeypatch.setenv("LANG", locale)
    planted(monkeypatch, refuse)
    code, _, err = said("planted")
    assert (code, len(err)) == (1, 1)
    assert expected in err[0]


def test_the_language_that_is_asked_for_goes_before_the_terminals(monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert spoken(argparse.Namespace(language=None)) == "zh_Hans"
    assert spoken(argparse.Namespace(language="en")) == "en"


def test_a_command_that_is_stopped_ends_quietly(said, monkeypatch):
    def stop(_args):
        raise KeyboardInterrupt

    planted(monkeypatch, stop)
    assert said("planted") == (130, "", [])


def test_a_reader_that_has_had_enough_is_no_error():
    command = f"{sys.executable} run.py doctor | true"
    done = subprocess.run(["bash", "-c", command], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_doctor_finds_nothing_broken_before_the_first_start(said, tmp_path):
    code, out, _ = said("doctor", "--data", tmp_path / "new", "--language", "en")
    assert code == 0
    assert "BROKEN" not in out
    assert "will be created when the desk is first opened" in out
    assert not (tmp_path / "new").exists()


def test_doctor_names_the_keys_that_others_can_read_and_fails(said, tmp_path):
    (tmp_path / "keys").mkdir(mode=0o700)
    (tmp_path / "keys" / "office.json").write_text("{}")
    (tmp_path / "keys" / "office.json").chmod(0o644)
    code, out, _ = said("doctor", "--data", tmp_path, "--language", "en")
    assert code == 1
    assert f"BROKEN  Other users can read {tmp_path}" in out
    assert out.splitlines()[-1] == "The desk cannot run until the faults are removed."


def test_doctor_says_so_when_the_data_directory_cannot_be_used_and_looks_no_further_there(said, tmp_path):
    file = tmp_path / "office.txt"
    file.touch()
    code, out, err = said("doctor", "--data", file, "--language", "en")
    assert (code, err) == (1, [])
    assert f"BROKEN  This user cannot use the data directory {file}; " in out
    assert "keys" not in out


def test_an_unexpected_error_without_a_data_directory_is_kept_elsewhere(said, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    planted(monkeypatch, lambda args: 1 // 0)
    code, _, err = said("planted", "--data", tmp_path / "file" / "nowhere")
    assert (code, len(err)) == (1, 1)
    assert str(tmp_path / "commands.log") in err[0]


def test_doctor_speaks_chinese(said, tmp_path):
    code, out, _ = said("doctor", "--data", tmp_path, "--language", "zh")
    assert code == 0
    assert "数据目录" in out


def test_doctor_says_that_a_year_without_published_holidays_is_provisional(office_database):
    from views.commands.doctor import holidays

    with time_of(2026, 11, 23):
        found = {finding.message.params["year"]: finding.message.key for finding in holidays(office_database)}
    assert found == {2026: "doctor.holidays.published", 2027: "doctor.holidays.provisional"}


def time_of(year, month, day):
    import time_machine

    return time_machine.travel(f"{year}-{month}-{day}T02:00:00Z", tick=False)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            OSError(28, "No space left on device"),
            "run.py: the disk is full and nothing was changed: make room on it, then run this again",
        ),
        (OSError(30, "Read-only file system"), "run.py: the disk, folder or database of the data can only be read"),
        (
            PermissionError(13, "Permission denied"),
            "run.py: this did not work (PermissionError); where it happened stands in ",
        ),
    ],
)
def test_a_full_or_read_only_disk_is_told_in_one_line(monkeypatch, said, tmp_path, error, words):
    def fails(_args):
        raise error

    planted(monkeypatch, fails)
    code, _out, err = said("planted", "--data", tmp_path)
    assert code == 1
    assert len(err) == 1
    assert err[0].startswith(words)
