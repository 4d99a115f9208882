"""``run.py bundle``: one file that installs itself without any network, and finds what was changed in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from backoffice.reports import pdf
from tests.support.sources import PROJECT
from views import cli
from views.commands import bundle, bundle_installer, parts

HERE = sys.version_info[:2]


@pytest.fixture
def wheels(tmp_path):
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "pip-99-py3-none-any.whl").write_bytes(b"a wheel of pip, invented")
    (folder / "desk_part-1-py3-none-any.whl").write_bytes(b"another wheel")
    return folder


@pytest.fixture
def small(monkeypatch):
    """A project of three files: packing the whole one proves nothing more."""
    monkeypatch.setattr(bundle, "project_files", lambda: ["run.py", "requirements/run.txt", "README.md"])


def packed(wheels, name="desk.zip", *more):
    target = wheels.parent / name
    code = cli.main(["bundle", str(target), "--wheels", str(wheels), "--without-font", *more])
    return code, target


def run(target, *arguments, cwd=None):
    done = subprocess.run([sys.executable, str(target), *map(str, arguments)], capture_output=True, text=True, check=False,
                          cwd=cwd or target.parent, env={"PATH": os.environ["PATH"], "HOME": str(target.parent)})  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def changed(target, name, content=None, also=()):
    """The same bundle with one member changed (or left out), as somebody with a ZIP tool would."""
    other = target.with_name("changed.zip")
    with zipfile.ZipFile(target) as old, zipfile.ZipFile(other, "w") as new:
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
            elif content is not None:
                new.writestr(member, content)
        for member in also:
            new.writestr(member, b"more")
    return other


def test_the_project_is_packed_whole_without_its_tests_and_without_an_office():
    names = bundle.project_files()
    assert {"run.py", "requirements/run.txt", "views/app.py", "README.md", "docs/installing.md"} <= set(names)
    assert names == sorted(names)
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", ".ci/", "instance", ".venv"))]
    assert all((PROJECT / name).is_file() for name in names)


def test_where_there_is_no_git_the_files_are_found_by_looking_and_nothing_of_an_office_is_among_them(tmp_path):
    for name in ("run.py", "views/app.py", "views/__pycache__/app.pyc", "instance/office.db", "instance/keys/office.json",
                 ".venv/bin/python", "wheels/x.whl", "tests/test_x.py", "templates/a.mo"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert bundle.project_files(tmp_path) == ["run.py", "views/app.py"]


def test_every_member_has_its_hash_and_two_bundles_of_the_same_are_the_same_bytes(small, wheels, capsys):
    assert packed(wheels)[0] == packed(wheels, "again.zip")[0] == 0
    said = capsys.readouterr().out
    first, second = wheels.parent / "desk.zip", wheels.parent / "again.zip"
    with zipfile.ZipFile(first) as found:
        manifest = json.loads(found.read("MANIFEST.json"))
        assert set(manifest["members"]) == set(found.namelist()) - {"MANIFEST.json"}
        assert {"project/run.py", "wheels/pip-99-py3-none-any.whl", "__main__.py", "README.txt"} <= set(
            found.namelist()
        )
    assert tuple(manifest["python"]) == HERE
    assert bundle._digest_of(first) in said
    # The name in the README differs; nothing else may.
    with zipfile.ZipFile(second) as again, zipfile.ZipFile(first) as found:
        differ = [name for name in found.namelist() if found.read(name) != again.read(name)]
    assert sorted(differ) == ["MANIFEST.json", "README.txt"]
    second.rename(first.with_name("kept.zip"))
    packed(wheels, "again.zip")
    assert (wheels.parent / "again.zip").read_bytes() == (wheels.parent / "kept.zip").read_bytes()


def test_a_file_that_is_written_to_meanwhile_is_packed_as_its_hash_says(small, wheels, monkeypatch):
    """The hash is of the bytes that went in, not of a look before."""
    moving = wheels.parent / "moving.txt"
    moving.write_text("first")
    real = bundle._add

    def add(packing, name, content):
        moving.write_text(f"written while {name} was packed")
        return real(packing, name, content)

    monkeypatch.setattr(bundle, "_add", add)
    bundle.pack(
        wheels.parent / "moved.zip", {"project/a": b"1", "project/moving.txt": moving}, bundle._platform(), HERE
    )
    assert run(wheels.parent / "moved.zip", "--check")[0] == 0


def test_a_bundle_that_is_whole_says_so_and_check_installs_nothing(small, wheels):
    _, target = packed(wheels)
    code, out, err = run(target, "--check")
    assert (code, err) == (0, "")
    assert "as it was packed" in out
    assert not (target.parent / "complaint-desk").exists()


@pytest.mark.parametrize(
    ("name", "content", "also", "word"),
    [
        ("project/run.py", b"print('another program')", (), "project/run.py is not as it was packed"),
        ("wheels/desk_part-1-py3-none-any.whl", b"", (), "is not as it was packed"),
        ("project/run.py", None, (), "other files than its list names"),
        ("", None, ("project/more.py",), "other files than its list names"),
        ("", None, ("../outside.py",), "other files than its list names"),
        ("MANIFEST.json", None, (), "has no list of its files"),
        ("MANIFEST.json", b"{half", (), "has no list of its files"),
        ("MANIFEST.json", b'{"format": 7, "members": {}}', (), "of a kind that this installer does not know"),
    ],
)
def test_what_was_changed_is_found_before_anything_is_written(small, wheels, name, content, also, word):
    _, target = packed(wheels)
    code, _, err = run(changed(target, name, content, also), "--to", target.parent / "office")
    assert code == 1
    assert err.startswith("Nothing was installed: ")
    assert word in err
    assert not (target.parent / "office").exists()


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "C:/x", "a\\b"])
def test_no_member_leaves_its_folder(name):
    assert not bundle_installer.is_safe(name)


def test_a_file_that_was_cut_off_is_told(small, wheels):
    _, target = packed(wheels)
    cut = target.with_name("cut.zip")
    cut.write_bytes(target.read_bytes()[:-300])
    done = subprocess.run([sys.executable, str(cut)], capture_output=True, text=True, check=False)
    assert done.returncode != 0  # Python itself cannot read its list any more


def test_a_bundle_for_another_python_or_machine_is_refused_with_what_to_do(small, wheels):
    _, target = packed(wheels, "desk.zip", "--python", "3.19")
    code, _, err = run(target)
    assert code == 1
    assert "start it with python3.19" in err
    code, target = packed(wheels, "desk.zip", "--platform", "win-amd64")
    code, _, err = run(target)
    assert code == 1
    assert "is for win-amd64" in err


def test_installing_unpacks_has_the_desk_prepare_itself_and_says_what_comes_next(monkeypatch, wheels):
    """With a project of its own that only says what it was asked."""
    source = wheels.parent / "source"
    source.mkdir()
    (source / "run.py").write_text("import sys; print('asked for', sys.argv[1:])")
    members = {"project/run.py": source / "run.py", "project/old.txt": b"1"}
    first, second = wheels.parent / "first.zip", wheels.parent / "second.zip"
    bundle.pack(first, members, bundle._platform(), HERE)
    bundle.pack(second, {"project/run.py": source / "run.py", "project/new.txt": b"2"}, bundle._platform(), HERE)
    folder = wheels.parent / "office"
    code, out, err = run(first, "--to", folder)
    assert (code, err) == (0, "")
    assert "asked for ['doctor']" in out
    assert f"Next: cd {folder}" in out
    (folder / "instance").mkdir()
    (folder / "instance" / "office.db").write_text("data")
    # Not twice into the same place, unless it is to replace what is there; the office's data stay.
    assert run(first, "--to", folder)[0] == 1
    assert run(second, "--to", folder, "--upgrade")[0] == 0
    assert {path.name for path in folder.iterdir()} == {"run.py", "new.txt", "MANIFEST.json", "instance"}
    assert (folder / "instance" / "office.db").read_text() == "data"
    assert not folder.with_name("office.unpacking").exists()


def test_a_folder_that_holds_something_else_is_left_alone(small, wheels):
    _, target = packed(wheels)
    folder = wheels.parent / "papers"
    folder.mkdir()
    (folder / "letter.txt").write_text("x")
    for more in ((), ("--upgrade",)):
        code, _, err = run(target, "--to", folder, *more)
        assert code == 1
        assert "name another place with --to" in err
    assert [path.name for path in folder.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("{tmp}/no/such/desk.zip",), "cannot be written"),
        (("{tmp}",), "cannot be written"),
        (("{tmp}/x.zip", "--wheels", "{tmp}"), "no wheel of pip"),
        (("{tmp}/x.zip", "--wheels", "{tmp}/wheels", "--font", "{tmp}/none.ttf"), "there is no font"),
    ],
)
def test_what_cannot_be_packed_is_one_line(small, wheels, capsys, arguments, word):
    code = cli.main(["bundle", *(text.format(tmp=wheels.parent) for text in arguments)])
    err = capsys.readouterr().err.splitlines()
    assert code == 2
    assert len(err) == 1
    assert word in err[0]
    assert not (wheels.parent / "x.zip").exists()


def test_fonts_that_came_along_are_used_for_printing_and_count_as_there(monkeypatch, tmp_path):
    settings = tmp_path / "fonts.conf"
    settings.write_text(bundle.FONT_SETTINGS)
    monkeypatch.setattr(parts, "BUNDLED_FONTS", settings)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert parts.has_chinese_font()
    monkeypatch.setattr(pdf, "BUNDLED_FONTS", settings)
    monkeypatch.delenv("FONTCONFIG_FILE", raising=False)
    pdf.printing_available()
    assert os.environ.pop("FONTCONFIG_FILE") == str(settings)


def test_the_doorbell_installs_from_wheels_that_came_along_and_asks_no_network(tmp_path, monkeypatch):
    """As much of a project as the doorbell needs, with a pip that writes down what it was asked."""
    folder = tmp_path / "office"
    for name in ("run.py", "requirements/run.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, folder / name)
    (folder / "wheels").mkdir()
    with zipfile.ZipFile(folder / "wheels" / "pip-99-py3-none-any.whl", "w") as wheel:
        wheel.writestr("pip/__main__.py", "import sys; print('pip', *sys.argv[1:]); sys.exit(1)")
    done = subprocess.run([sys.executable, "run.py", "serve"], cwd=folder, capture_output=True, text=True, check=False,
                          env={"PATH": "/nowhere", "HOME": str(tmp_path)})  # fmt: skip
    assert done.returncode == 1
    log = (folder / ".venv" / "desk-setup.log").read_text()
    assert "pip install --isolated" in log
    assert "--no-index --find-links" in log
    assert "--require-hashes" in log
    assert "uv" not in log.split()


@pytest.mark.long
def test_an_office_without_a_network_installs_from_one_file_and_opens(tmp_path):
    """Everything for real: fetched, packed, and installed in a place from which no network can be reached."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("taking the network away needs root and unshare")
    target, folder, home = tmp_path / "desk.zip", tmp_path / "office", tmp_path / "home"
    home.mkdir()
    assert cli.main(["bundle", str(target)]) == 0
    away = ["unshare", "--net", "env", "-i", "PATH=/usr/bin:/bin", f"HOME={home}", "LANG=C.UTF-8", sys.executable]
    done = subprocess.run([*away, str(target), "--to", str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Documents can be printed" in done.stdout or "print" in done.stdout
    look = (
        "from views.app import create_app; from backoffice import migrate; from backoffice.reports.pdf import write_pdf;"
        "from pathlib import Path;"
        "app = create_app({'DATA_DIR': 'instance'}); migrate.upgrade(app.extensions['desk'].database);"
        "c = app.test_client(); print(c.get('/healthz').status_code, c.get('/sign-in').status_code);"
        "made = write_pdf('<p>投诉处理卷宗</p>', []); print(made.pages, sorted(made.missing))"
    )
    python = str(Path(folder) / ".venv" / "bin" / "python")
    done = subprocess.run([*away[:-1], python, "-c", look], cwd=folder, capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[-3:-1] == ["200 200", "1 []"], done.stdout + done.stderr
