"""The commands of `run.py`, one module each, and what they share.

A module offers ``add_parser(subparsers)``, which declares its options, and ``run(args) -> int``, which does it and
gives the exit code. Only the module of the command that was asked for is imported: a short answer comes quickly.
Standard library only: this is read before the environment is there.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
LANGUAGES = {"zh": "zh_Hans", "en": "en"}


class CommandError(Exception):
    """Wrong use, or something outside the program that is not as it must be: one line for stderr, exit code 2."""


@dataclass(frozen=True)
class Command:
    """A command's name, the module that does it, and its line in the help."""

    name: str
    module: str
    summary: str


COMMANDS = (
    Command("serve", "views.commands.serve", "open the console (the default command)"),
    Command("doctor", "views.commands.doctor", "say what works, what is missing and how to get it"),
    Command("status", "views.commands.status", "say how the office stands now"),
    Command("import", "views.commands.import_", "bring complaints in from a CSV or TSV file"),
    Command("paper-forms", "views.commands.paper_forms", "reserve numbers, print blank forms, name those still out"),
    Command("verify", "views.commands.verify", "check that no history was changed"),
    Command("worker", "views.commands.worker", "do what waits, in a process of its own"),
    Command("deliver-mail", "views.commands.deliver_mail", "take in one e-mail that the mail server hands over"),
    Command("copy-database", "views.commands.copy_database", "carry the office to another database"),
    Command("deadline", "views.commands.deadline", "work out when something is due, and say why"),
    Command("conform", "views.commands.conform", "say which cases of a log followed a process, and why not"),
    Command("backup", "views.commands.backup", "write the whole office into one file under a passphrase"),
    Command("restore", "views.commands.restore", "bring an office back from its backup"),
    Command("rotate-keys", "views.commands.rotate_keys", "change the office's key, and put everything under it"),
    Command("bundle", "views.commands.bundle", "pack everything for an office without internet into one file"),
    Command("service", "views.commands.service", "print what starts the desk with the machine"),
    Command("certificate", "views.commands.certificate", "make the office's own certificate for its intranet"),
    Command("test", "views.commands.test", "run the project's checks and tests"),
)


def data_option() -> argparse.ArgumentParser:
    """The parent parser with ``--data``: ``subparsers.add_parser(name, parents=[data_option()])``."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(
        "--data",
        metavar="DIR",
        help="the data directory: database, keys, files (default: $BACKOFFICE_DATA, else instance/ in the project)",
    )
    return parent


def language_option() -> argparse.ArgumentParser:
    """The parent parser with ``--language``; ``spoken(args)`` gives the answer."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(
        "--language", choices=sorted(LANGUAGES), help="language of the answer (default: the terminal's)"
    )
    return parent


def spoken(args: argparse.Namespace) -> str:
    """The language of the answer: as asked for, else the terminal's (``LC_ALL``, ``LC_MESSAGES``, ``LANG``)."""
    asked = getattr(args, "language", None)
    if asked in LANGUAGES:
        return LANGUAGES[asked]
    locale = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return LANGUAGES["zh" if locale.lower().startswith("zh") else "en"]


def data_path(args: argparse.Namespace, default: str = "instance") -> Path:
    """Where the office's data are, whether they are there or not; a relative path is the caller's own."""
    named = getattr(args, "data", None) or os.environ.get("BACKOFFICE_DATA")
    return Path(named).expanduser().absolute() if named else PROJECT / default


def existing_data(args: argparse.Namespace) -> Path:
    """The data directory of an office that is already there; raises ``CommandError`` where it cannot be used."""
    path = data_path(args)
    check_data(path)
    if not path.exists():
        raise CommandError(
            f"there is no data directory {path}: name the right one with --data, or open the console once"
        )
    return path


def check_data(path: Path) -> None:
    """Refuse a path that is no directory or may not be used, before anything is tried there."""
    try:
        if not path.exists():
            return
        if not path.is_dir():
            raise CommandError(f"{path} is a file, not a data directory")
    except OSError as error:
        raise CommandError(f"the data directory {path} cannot be reached: {error.strerror}") from error
    if not os.access(path, os.R_OK | os.X_OK):
        raise CommandError(f"the data directory {path} cannot be read by this user")
    if not os.access(path, os.W_OK):
        raise CommandError(f"the data directory {path} cannot be written by this user")


def input_file(name: str) -> Path:
    """A file that the caller named; raises ``CommandError`` when it is not there or cannot be read."""
    path = Path(name).expanduser()
    try:
        if path.is_dir():
            raise CommandError(f"{path} is a directory, not a file")
        with path.open("rb"):
            return path
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {(error.strerror or 'unknown reason').lower()}") from error


def announce(text: str) -> None:
    """Say that something runs. Where nobody can be told (a full disk under the log), it runs all the same."""
    with contextlib.suppress(OSError):
        print(text, flush=True)
