"""``run.py backup FILE``: the whole office in one file under a passphrase, while it is in use (R39, R40)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from backoffice.clock import Clock
from backoffice.services.backup import back_up
from backoffice.services.backup_plan import note_good
from policies.message import Message
from views.commands import data_option, existing_data, language_option, spoken
from views.commands.desk import open_desk
from views.commands.passphrase import passphrase, passphrase_option
from views.language import say

MEBIBYTE = 1 << 20


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command's options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "backup",
        parents=[data_option(), language_option(), passphrase_option()],
        help="write the whole office into one file under a passphrase",
        description="Writes database, files, daily seals and keys into one file under a passphrase, while the office "
        "is in use, and reads it back to its end. Without the passphrase nobody can open it, you included: keep it "
        "apart from the file. Exit code 1 when files that the records name are missing from the office.",
    )
    parser.add_argument("file", metavar="FILE", help="the file to write; it must not be there yet")
    return parser


def run(args: argparse.Namespace) -> int:
    """Write it and say what it holds; 1 when a file that the records name was not there."""
    folder, language = existing_data(args), spoken(args)
    database, _keys = open_desk(folder)
    try:
        secret = passphrase(args, language, new=True)
        at = Clock().now()
        made = back_up(database, folder, Path(args.file).expanduser().absolute(), secret, at)
        if not made.missing:
            with database.writing() as session:
                note_good(session, at, made.path.name, made.size, "asked")
    finally:
        database.dispose()
    facts = {"path": str(made.path), "complaints": made.complaints, "rows": made.rows, "files": made.files}
    print(say(Message("backup.made", {**facts, "size": f"{made.size / MEBIBYTE:.1f}"}), language))
    for name in made.missing:
        print(say(Message("backup.missing", {"name": name}), language))
    return 1 if made.missing else 0
