"""``run.py bundle FILE``: everything that an office without internet needs, in one file that installs itself.

The file is a ZIP that Python runs (``python3 FILE``). It holds the project without its tests, the packages as wheels
with the hashes that ``requirements/run.txt`` pins, pip itself, a Chinese font, on request the system's packages, and
the SHA-256 of each of them. Two bundles of the same files are the same bytes: names sorted, no times.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from views.commands import PROJECT, CommandError, bundle_installer
from views.commands.parts import PANGO

LEFT_OUT = (".ci/", "tests/", "benchmarks/")
NEVER = {".git", ".venv", "__pycache__", "instance", "instance-demo", "node_modules", "wheels", "fonts", "system"}
FONTS = ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc", "NotoSerifCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc")
FONT_SETTINGS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir prefix="relative">.</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""
READ_ME = """Complaint Desk · 投诉处理工作台

本文件无需互联网即可安装：  python{python} {name} --to 目录
This file installs without internet:  python{python} {name} --to DIR

--check 只核对文件；--upgrade 在原目录换上新版本，数据不动。
--check only checks the files; --upgrade puts this version into the same place and leaves the data alone.
"""
GLIBC = range(35, 16, -1)  # the second number of the glibc that a wheel may ask for, the newest first
TAGS = {
    "linux-x86_64": (*(f"manylinux_2_{minor}_x86_64" for minor in GLIBC), "manylinux2014_x86_64"),
    "linux-aarch64": (*(f"manylinux_2_{minor}_aarch64" for minor in GLIBC), "manylinux2014_aarch64"),
    "win-amd64": ("win_amd64",),
}
"""Platform (as Python names it) → the tags of its wheels."""
EARLIEST = (1980, 1, 1, 0, 0, 0)  # a ZIP knows no earlier time


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command's options."""
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "bundle",
        help="pack everything for an office without internet into one file",
        description="Packs the project, its packages, a Chinese font and the hashes of all of them into FILE, which "
        "installs itself on a machine without any network: python3 FILE --to DIR.",
        epilog="Needs a package registry. Without --platform and --python the file is for machines like this one.",
    )
    parser.add_argument("file", metavar="FILE", help="where to write the bundle, for instance complaint-desk.zip")
    parser.add_argument("--platform", choices=sorted(TAGS), help=f"for machines of this kind (here: {_platform()})")
    parser.add_argument("--python", metavar="X.Y", type=_version, help=f"for this version of Python (here: {here})")
    parser.add_argument(
        "--font", metavar="FILE", action="append", help="a font to carry (default: Noto CJK of this machine)"
    )
    parser.add_argument("--without-font", action="store_true", help="carry no font: the office has one")
    parser.add_argument(
        "--with-system", action="store_true", help="carry the system's packages for printing (Debian, Ubuntu)"
    )
    parser.add_argument("--wheels", metavar="DIR", help="take the packages from this folder instead of a registry")
    return parser


def run(args: argparse.Namespace) -> int:
    """Collect, pack, and say what came of it."""
    target = Path(args.file).expanduser().absolute()
    if target.is_dir() or not target.parent.is_dir():
        raise CommandError(f"{target} cannot be written: name a file in a folder that is there")
    python = args.python or sys.version_info[:2]
    platform = args.platform or _platform()
    with tempfile.TemporaryDirectory(prefix="desk-bundle-") as folder:
        wheels = Path(args.wheels).expanduser() if args.wheels else Path(folder) / "wheels"
        if not args.wheels:
            print("Fetching the packages …", file=sys.stderr, flush=True)
            fetch_wheels(wheels, platform, python, foreign=bool(args.platform or args.python))
        members: dict[str, Path | bytes] = {f"project/{name}": PROJECT / name for name in project_files()}
        members |= {f"wheels/{path.name}": path for path in wheels_in(wheels)}
        if not args.without_font:
            members |= {f"fonts/{path.name}": path for path in fonts(args.font)}
            members["fonts/fonts.conf"] = FONT_SETTINGS.encode()
        if args.with_system:
            print("Fetching the system's packages …", file=sys.stderr, flush=True)
            members |= {f"system/{path.name}": path for path in system_packages(Path(folder) / "system")}
        said = ".".join(map(str, python))
        members["README.txt"] = READ_ME.format(python=said, name=target.name).encode()
        pack(target, members, platform, python)
    size = target.stat().st_size
    print(f"{target}: {len(members)} files, {size / 2**20:.0f} MiB, for Python {said} on {platform}")
    print(f"SHA-256 {_digest_of(target)}")
    print(f"On the office's machine: python{said} {target.name} --to DIR")
    return 0


def pack(target: Path, members: dict[str, Path | bytes], platform: str, python: tuple[int, int]) -> None:
    """Write the file beside its place and rename it when it is whole."""
    members = {**members, bundle_installer.INSTALLER: Path(bundle_installer.__file__)}
    hashes: dict[str, str] = {}
    manifest = {"format": bundle_installer.FORMAT, "python": list(python), "platform": platform, "members": hashes}
    beside = target.with_name(target.name + ".part")
    try:
        with zipfile.ZipFile(beside, "w") as bundle:
            for name in sorted(members):
                hashes[name] = _add(bundle, name, members[name])
            _add(bundle, bundle_installer.MANIFEST, (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode())
        beside.replace(target)
    except OSError as error:
        raise CommandError(f"{target} cannot be written: {(error.strerror or 'unknown reason').lower()}") from error
    finally:
        beside.unlink(missing_ok=True)


def _add(bundle: zipfile.ZipFile, name: str, content: Path | bytes) -> str:
    """Pack one member; gives the SHA-256 of the very bytes that went in, whatever happens to the file meanwhile."""
    entry = zipfile.ZipInfo(name, EARLIEST)
    entry.create_system = 3  # the same bytes wherever it is made
    entry.external_attr = 0o100644 << 16
    packed_already = name.endswith((".whl", ".deb", ".png"))
    entry.compress_type = zipfile.ZIP_STORED if packed_already else zipfile.ZIP_DEFLATED
    made = hashlib.sha256()
    with (
        io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source,
        bundle.open(entry, "w") as place,
    ):
        while block := source.read(1 << 20):
            made.update(block)
            place.write(block)
    return made.hexdigest()


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def project_files(project: Path = PROJECT) -> list[str]:
    """The project's own files, without its tests and without anything of an office."""
    listed = _by_git(project) or _by_manifest(project) or _by_looking(project)
    return sorted(name for name in listed if not name.startswith(LEFT_OUT) and (project / name).is_file())


def _by_git(project: Path) -> list[str]:
    if not (project / ".git").exists() or not shutil.which("git"):
        return []
    done = subprocess.run(["git", "-C", str(project), "ls-files", "-z"], capture_output=True, check=False)  # noqa: S607
    return [name for name in done.stdout.decode().split("\0") if name] if done.returncode == 0 else []


def _by_manifest(project: Path) -> list[str]:
    """The list of the bundle that this project was itself installed from."""
    try:
        manifest = json.loads((project / bundle_installer.MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    prefix = bundle_installer.PROJECT
    return [name.removeprefix(prefix) for name in manifest["members"] if name.startswith(prefix)]


def _by_looking(project: Path) -> Iterator[str]:
    for path in project.rglob("*"):
        parts = path.relative_to(project).parts
        if (
            path.is_file()
            and not NEVER & set(parts)
            and path.suffix not in (".pyc", ".mo")
            and not parts[0].startswith(".")
        ):
            yield "/".join(parts)


def wheels_in(folder: Path) -> list[Path]:
    """Every wheel of a folder; raises ``CommandError`` where pip or a pinned package is not among them."""
    found = sorted(folder.glob("*.whl"))
    if not any(path.name.startswith("pip-") for path in found):
        raise CommandError(f"{folder} holds no wheel of pip, which the installer needs")
    return found


def fetch_wheels(folder: Path, platform: str, python: tuple[int, int], *, foreign: bool) -> None:
    """The packages of ``requirements/run.txt`` by their hashes, and pip; raises ``CommandError``."""
    pip = _pip()
    fetch = [*pip, "download", "--disable-pip-version-check", "--no-input", "--quiet", "--only-binary", ":all:",
             "--no-deps", "--dest", str(folder)]  # fmt: skip
    kind = []
    if foreign:
        kind = ["--implementation", "cp", "--python-version", ".".join(map(str, python))]
        for tag in TAGS.get(platform, (platform.replace("-", "_").replace(".", "_"),)):
            kind += ["--platform", tag]
    requirements = str(PROJECT / "requirements" / "run.txt")
    for command in ([*fetch, *kind, "--require-hashes", "-r", requirements], [*fetch, "pip"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            why = next((line for line in done.stderr.splitlines() if line.startswith("ERROR")), "no answer")
            raise CommandError(f"the packages could not be fetched ({why}): see that this machine reaches a registry")


def _pip() -> list[str]:
    """A pip that runs: that of the environment, else that of the Python it was made from."""
    for python in (sys.executable, getattr(sys, "_base_executable", sys.executable), shutil.which("python3")):
        if (
            python
            and subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
        ):
            return [python, "-m", "pip"]
    raise CommandError("there is no pip on this machine to fetch the packages with: install python3-pip")


def fonts(named: list[str] | None) -> list[Path]:
    """The fonts to carry; raises ``CommandError`` where there is none."""
    if named:
        wanted = [Path(name).expanduser() for name in named]
        for path in wanted:
            if not path.is_file():
                raise CommandError(f"there is no font {path}")
        return wanted
    found = [path for name in FONTS for path in sorted(Path("/usr/share/fonts").rglob(name))[:1]]
    if not found:
        raise CommandError("this machine has no Noto CJK font to carry: name one with --font, or say --without-font")
    return found


def system_packages(folder: Path) -> list[Path]:
    """The Debian packages that printing needs, with whatever they need in turn, as files; raises ``CommandError``."""
    if not shutil.which("apt-get"):
        raise CommandError("--with-system works where there is apt-get (Debian, Ubuntu); leave it out here")
    (folder / "partial").mkdir(parents=True)
    empty = folder / "status"  # as on a machine that has nothing yet
    empty.touch()
    command = ["apt-get", "install", "--download-only", "--no-install-recommends", "-y", "-q",
               "-o", "Debug::NoLocking=1", "-o", f"Dir::State::status={empty}", "-o", f"Dir::Cache::archives={folder}",
               "-o", "APT::Sandbox::User=root", *PANGO.debian]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = sorted(folder.glob("*.deb"))
    if done.returncode != 0 or not found:
        raise CommandError("the system's packages could not be fetched: try apt-get update, then again")
    return found


def _platform() -> str:
    return sysconfig.get_platform()


def _version(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(3)\.(\d{1,2})", text)
    if not match or int(match[2]) < 11:
        raise argparse.ArgumentTypeError(f"{text!r} is no version of Python that the desk runs on (3.11 or later)")
    return int(match[1]), int(match[2])
