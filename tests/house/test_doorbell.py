"""The doorbell: quick when all is there, one clear sentence when something is missing."""

import ast
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.support.sources import PROJECT
from views.commands import parts


@pytest.fixture
def doorbell(tmp_path, monkeypatch):
    """The file, loaded as a module that has its environment elsewhere."""
    spec = importlib.util.spec_from_file_location("doorbell", PROJECT / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    environment = tmp_path / "environment"
    monkeypatch.setattr(module, "ENVIRONMENT", environment)
    monkeypatch.setattr(module, "PYTHON", environment / "bin" / "python")
    monkeypatch.setattr(module, "STAMP", environment / "desk-ready.json")
    monkeypatch.setattr(module, "LOG", environment / "desk-setup.log")
    return module


def made(doorbell):
    """An environment, as far as the doorbell looks."""
    doorbell.PYTHON.parent.mkdir(parents=True)
    doorbell.PYTHON.touch()
    (doorbell.ENVIRONMENT / "pyvenv.cfg").touch()


@pytest.fixture
def clone(tmp_path):
    """As much of the project as the doorbell needs, elsewhere and without an environment."""
    folder = tmp_path / "clone"
    for file in ("run.py", "requirements/run.txt", "requirements/test.txt", "views/__init__.py", "views/cli.py",
                 "views/commands/__init__.py", "views/commands/parts.py"):  # fmt: skip
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / file, folder / file)
    return folder


def rung(folder, *arguments, path):
    # Nothing is fetched and nothing outside the clone is touched, whatever the doorbell may try.
    environment = {"PATH": str(path), "HOME": str(folder), "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    command = [sys.executable, "run.py", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def program(folder, name, script):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return folder


def failing_uv(folder, message):
    """A uv that cannot do anything but say why."""
    return program(folder, "uv", f"[ $1 = --version ] && exit 0\necho '{message}' >&2\nexit 1")


def test_an_old_python_can_read_the_file_and_is_told_what_is_needed(monkeypatch):
    source = (PROJECT / "run.py").read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 6))
    assert "__future__" not in source  # a Python that does not know the feature stops there
    first = [node for node in tree.body if not isinstance(node, ast.Expr)][:2]
    monkeypatch.setattr(sys, "version_info", (3, 6, 8, "final", 0))
    with pytest.raises(SystemExit) as stopped:
        exec(compile(ast.Module(first, []), "run.py", "exec"), {})
    assert stopped.value.code == (
        "Complaint Desk needs Python 3.11 or later, and this is 3.6.8: start it with python3.11 run.py"
    )


def test_a_second_start_only_compares_a_stamp(doorbell, monkeypatch):
    made(doorbell)
    digest = hashlib.sha256((PROJECT / "requirements" / "run.txt").read_bytes()).hexdigest()
    doorbell.STAMP.write_text(json.dumps({"run": digest, "run parts": "asked"}))

    def refuse(*_arguments, **_options):
        raise AssertionError("nothing may be started")

    monkeypatch.setattr(subprocess, "run", refuse)
    monkeypatch.setattr(parts, "provide", refuse)
    doorbell._prepare("run", ask_again=False)
    assert doorbell._read_stamp() == {"run": digest, "run parts": "asked"}


def test_other_requirements_are_installed_again(doorbell, monkeypatch):
    made(doorbell)
    doorbell.STAMP.write_text(json.dumps({"run": "of an older version", "run parts": "asked"}))
    installed = []
    monkeypatch.setattr(doorbell, "_install_packages", installed.append)
    doorbell._prepare("run", ask_again=False)
    doorbell._prepare("run", ask_again=False)
    assert installed == [PROJECT / "requirements" / "run.txt"]


def test_parts_that_could_not_be_had_are_asked_for_again_only_when_told_to(doorbell, monkeypatch):
    made(doorbell)
    asked = []
    monkeypatch.setattr(doorbell, "_install_packages", lambda requirements: None)
    monkeypatch.setattr(parts, "provide", lambda wanted, log: asked.append(wanted))
    doorbell._prepare("run", ask_again=False)
    doorbell._prepare("run", ask_again=False)
    assert asked == ["run"]
    doorbell._prepare("run", ask_again=True)
    assert asked == ["run", "run"]


def test_help_answers_before_there_is_an_environment(clone, tmp_path):
    done = rung(clone, "--help", path=tmp_path)
    assert done.returncode == 0
    assert "doctor" in done.stdout
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("error: dns error: Temporary failure in name resolution", "this machine reaches no package registry"),
        ("Hash mismatch for `flask==3.1.3`", "its hash differs"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "its hash differs"),
        ("write error: No space left on device", "no space left"),
        ("something else", "could not be installed; see "),
    ],
)
def test_what_keeps_the_packages_away_is_one_sentence(doorbell, said, sentence):
    doorbell.LOG.parent.mkdir()
    doorbell.LOG.write_text(f"$ uv pip install\n{said}\n")
    told = doorbell._why_not(PROJECT / "requirements" / "run.txt")
    assert sentence in told
    assert "\n" not in told


def test_packages_that_cannot_be_had_are_told_in_one_sentence_and_asked_for_again_at_the_next_start(clone, tmp_path):
    path = failing_uv(tmp_path / "bin", "dns error")
    # An environment whose pip cannot fetch anything either.
    program(clone / ".venv", "pyvenv.cfg", "")
    program(clone / ".venv" / "bin", "python", "[ $3 = --version ] && exit 0\necho 'No matching distribution'\nexit 1")
    for _ in range(2):
        done = rung(clone, "serve", path=path)
        assert done.returncode == 1
        said = done.stderr.splitlines()
        assert said[0].startswith("Preparing the environment")
        assert "this machine reaches no package registry" in said[1]
        assert len(said) == 2
        assert "dns error" in (clone / ".venv" / "desk-setup.log").read_text()


def test_an_environment_that_is_none_is_made_anew_and_never_installed_into(doorbell, tmp_path):
    doorbell.PYTHON.parent.mkdir(parents=True)
    doorbell.PYTHON.symlink_to(sys.executable)  # the machine's own Python, not an environment's
    doorbell.STAMP.write_text(json.dumps({"run": "digest"}))
    assert not doorbell._is_ready("run", "digest")


def test_a_broken_environment_is_told_and_not_handed_over_to_for_ever(doorbell, monkeypatch, capsys):
    monkeypatch.setenv(doorbell.HANDED_OVER, str(doorbell.ENVIRONMENT))
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("handed over a second time"))
    assert doorbell._hand_over(["serve"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_uv_that_does_not_run_is_left_alone(clone, tmp_path, doorbell, monkeypatch):
    program(tmp_path / "bin", "uv", "exit 127")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert doorbell._working_uv() is None


MISSING = parts.Part("Pango", "printing", lambda: False, ("libpango-1.0-0", "libpangoft2-1.0-0"))


def test_what_apt_may_not_install_is_one_sentence_with_the_command(monkeypatch, tmp_path, capsys):
    program(tmp_path / "bin", "apt-get", "exit 1")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(parts, "SETS", {"run": (MISSING,)})
    parts.provide("run", log=tmp_path / "log")
    assert capsys.readouterr().err == (
        "Without Pango there is no printing. To have it: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0\n"
    )


def test_what_is_missing_is_installed_by_apt_where_that_is_allowed(monkeypatch, tmp_path, capsys):
    calls = tmp_path / "calls"
    program(tmp_path / "bin", "apt-get", f'echo "$1 $DEBIAN_FRONTEND $*" >> {calls}')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    part = parts.Part("Pango", "printing", calls.exists, ("libpango-1.0-0",))
    monkeypatch.setattr(parts, "SETS", {"run": (part,)})
    parts.provide("run", log=tmp_path / "log")
    said = calls.read_text().splitlines()
    assert [line.split()[:2] for line in said] == [["update", "noninteractive"], ["install", "noninteractive"]]
    assert said[1].endswith("libpango-1.0-0")
    assert capsys.readouterr().err == "Installing Pango for printing …\n"


def test_nothing_is_said_when_nothing_is_missing(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(parts, "SETS", {"run": (parts.Part("Pango", "printing", lambda: True, ("libpango-1.0-0",)),)})
    parts.provide("run", log=tmp_path / "log")
    assert capsys.readouterr().err == ""
