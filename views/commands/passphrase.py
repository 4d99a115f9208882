"""The passphrase of a backup: out of a file, the environment, or asked for. Never an argument, which others can see."""

from __future__ import annotations

import argparse
import getpass
import os
import sys

from policies.backup import refuse_passphrase
from policies.message import Message
from views.commands import CommandError, input_file
from views.language import say

VARIABLE = "BACKOFFICE_BACKUP_PASSPHRASE"
LONGEST_FILE = 10_000


def passphrase_option() -> argparse.ArgumentParser:
    """The parent parser with ``--passphrase-file``."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(
        "--passphrase-file",
        metavar="PATH",
        help=f"a file whose first line is the passphrase (default: ${VARIABLE}, else it is asked for)",
    )
    return parent


def passphrase(args: argparse.Namespace, language: str, *, new: bool) -> str:
    """The passphrase as the caller gives it. ``new``: it has to be strong, and is asked for twice.

    Raises ``CommandError`` when there is none, it is weak, or the two differ.
    """
    given = _given(args)
    if given is None:
        if not sys.stdin.isatty():
            raise CommandError(say(Message("backup.passphrase.none", {"variable": VARIABLE}), language))
        given = getpass.getpass(say(Message("backup.passphrase.ask"), language))
        if new and getpass.getpass(say(Message("backup.passphrase.again"), language)) != given:
            raise CommandError(say(Message("backup.passphrase.differ"), language))
    if new and (refusal := refuse_passphrase(given)) is not None:
        raise CommandError(say(refusal, language))
    return given


def _given(args: argparse.Namespace) -> str | None:
    if args.passphrase_file:
        return first_line(args.passphrase_file)
    return os.environ.get(VARIABLE) or None


def first_line(name: str) -> str:
    """The first line of a passphrase file."""
    with input_file(name).open(encoding="utf-8", errors="replace") as file:
        return file.readline(LONGEST_FILE).rstrip("\r\n")
