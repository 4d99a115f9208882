"""Parts of the system that no Python package brings: for printing, and for the tests.

Standard library only: `run.py` asks for them before the environment is there, ``doctor`` looks whether they are.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PROJECT = Path(__file__).resolve().parent.parent.parent
BUNDLED_FONTS = PROJECT / "fonts" / "fonts.conf"  # where fonts came along in a bundle
BUNDLED_SYSTEM = PROJECT / "system"  # the same of Debian packages
PANGO_LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Part:
    """One part: what it is called, what for, how to see it, and what brings it."""

    name: str
    purpose: str
    is_there: Callable[[], bool]
    debian: tuple[str, ...]
    fedora: tuple[str, ...] = ()
    brew: tuple[str, ...] = ()


def has_pango() -> bool:
    """Whether WeasyPrint's libraries load; on other systems than Linux only WeasyPrint itself can tell."""
    if sys.platform != "linux":
        return True
    return _loads(*PANGO_LIBRARIES)


def _loads(*names: str) -> bool:
    try:
        for name in names:
            ctypes.CDLL(name)
    except OSError:
        return False
    return True


def has_chinese_font() -> bool:
    """Whether a font for Chinese is installed; other systems than Linux bring one."""
    if sys.platform != "linux" or BUNDLED_FONTS.is_file():
        return True
    fc_list = shutil.which("fc-list")
    if fc_list:
        done = subprocess.run([fc_list, ":lang=zh-cn", "file"], capture_output=True, text=True, check=False)
        return bool(done.stdout.strip())
    return any(Path("/usr/share/fonts").rglob("*CJK*"))


def chromium() -> str | None:
    """The browser's program, if there is one."""
    return next((found for found in map(shutil.which, CHROMIUM_NAMES) if found), None)


def can_drive_chromium() -> bool:
    """Whether the browser is there and the program that drives it finds its library (a bare Debian lacks it)."""
    return chromium() is not None and (sys.platform != "linux" or _loads("libatomic.so.1"))


def postgresql_programs() -> Path | None:
    """The folder with ``initdb`` and ``pg_ctl`` of the newest PostgreSQL, if there is one."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def dovecot() -> str | None:
    """The mail server's program, if there is one; a user's path often lacks its folder."""
    return shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")


PANGO = Part(
    "Pango",
    "printing",
    has_pango,
    ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
    ("pango", "harfbuzz"),
    ("pango",),
)
CHINESE_FONT = Part(
    "a Chinese font", "printing", has_chinese_font, ("fonts-noto-cjk", "fontconfig"), ("google-noto-sans-cjk-fonts",)
)
CHROMIUM = Part(
    "Chromium",
    "the browser tests",
    can_drive_chromium,
    ("chromium", "libatomic1"),
    ("chromium", "libatomic"),
    ("chromium",),
)
POSTGRESQL = Part(
    "PostgreSQL",
    "the tests on PostgreSQL",
    lambda: postgresql_programs() is not None,
    ("postgresql",),
    ("postgresql-server",),
    ("postgresql",),
)
POPPLER = Part(
    "pdftotext",
    "the tests of paper",
    lambda: shutil.which("pdftotext") is not None,
    ("poppler-utils",),
    ("poppler-utils",),
    ("poppler",),
)
DOVECOT = Part(
    "Dovecot",
    "the tests of the mailbox",
    lambda: dovecot() is not None,
    ("dovecot-imapd",),
    ("dovecot",),
    ("dovecot",),
)
SETS = {"run": (PANGO, CHINESE_FONT), "test": (PANGO, CHINESE_FONT, CHROMIUM, POSTGRESQL, POPPLER, DOVECOT)}


def provide(wanted: str, *, log: Path) -> None:
    """Install what the set ``wanted`` lacks where apt and the right to use it are there; else say how, and go on."""
    missing = [part for part in SETS[wanted] if not part.is_there()]
    if not missing:
        return
    with contextlib.ExitStack() as stack:
        try:
            output = stack.enter_context(log.open("a", encoding="utf-8"))
        except OSError:
            output = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
        if may_use_apt():
            print(f"Installing {names(missing)} for {purposes(missing)} …", file=sys.stderr, flush=True)
            apt_install([package for part in missing for package in part.debian], log=output)
    missing = [part for part in missing if not part.is_there()]
    if missing:
        print(how_to_get(missing), file=sys.stderr, flush=True)


def how_to_get(missing: list[Part]) -> str:
    """One sentence: what is missing, what does not work without it, and the command that brings it."""
    return f"Without {names(missing)} there is no {purposes(missing)}. To have it: {install_command(missing)}"


def names(parts: list[Part]) -> str:
    """The parts' names as a list in a sentence."""
    return " and ".join(part.name for part in parts)


def purposes(parts: list[Part]) -> str:
    """What the parts are for, each once."""
    return " and ".join(dict.fromkeys(part.purpose for part in parts))


def install_command(parts: list[Part]) -> str:
    """The command that installs the parts on this kind of machine."""
    if shutil.which("apt-get"):
        return apt_command([package for part in parts for package in part.debian])
    if shutil.which("dnf"):
        return "sudo dnf install " + " ".join(package for part in parts for package in part.fedora)
    if sys.platform == "darwin":
        return "brew install " + " ".join(package for part in parts for package in part.brew)
    return "install " + " ".join(part.name for part in parts) + " as your system does it"


def apt_command(packages: list[str]) -> str:
    """What a person types on Debian or Ubuntu."""
    return f"{'' if _is_root() else 'sudo '}apt-get install {' '.join(packages)}"


def may_use_apt() -> bool:
    """Whether apt is there and may be used without asking anybody for a password."""
    return shutil.which("apt-get") is not None and _privilege() is not None


def apt_install(packages: list[str], *, log: IO[str]) -> bool:
    """Install Debian packages without questions. False when it may not be done or did not work; the log says why."""
    privilege = _privilege()
    if privilege is None or not shutil.which("apt-get"):
        return False
    options = ["-q", "-y", "-o", "Acquire::Retries=1", "-o", "DPkg::Lock::Timeout=120"]
    if files := [str(path) for path in sorted(BUNDLED_SYSTEM.glob("*.deb")) if not _has_package(path.name)]:
        return _run(
            [*privilege, "apt-get", "install", "--no-download", "--no-install-recommends", *options, *files], log
        )
    install = ["apt-get", "install", "--no-install-recommends", *options, *packages]
    # The list of packages on the machine may be old or empty: renewed first, and only then is a refusal final.
    return _run([*privilege, "apt-get", "update", *options], log) and _run([*privilege, *install], log)


def _has_package(file: str) -> bool:
    """Whether the package of a file (``name_version_machine.deb``) is installed, in whatever version."""
    command = ["dpkg-query", "--show", "--showformat=${Status}", file.partition("_")[0]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.endswith(" installed")


def _privilege() -> list[str] | None:
    """What to put before a command that needs root; None when root is not to be had without a password."""
    if _is_root():
        return ["env", "DEBIAN_FRONTEND=noninteractive"]
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n", "env", "DEBIAN_FRONTEND=noninteractive"]
    return None


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _run(command: list[str], log: IO[str]) -> bool:
    log.write("\n$ " + " ".join(command) + "\n")
    log.flush()
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, check=False)
    except OSError as error:
        log.write(f"{error}\n")
        return False
    return done.returncode == 0
