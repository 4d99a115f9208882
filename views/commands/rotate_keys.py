"""``run.py rotate-keys``: a new office key, and everything put under it, while the office is in use (R39)."""

from __future__ import annotations

import argparse
from typing import Any

from backoffice.services.rotation import rotate
from policies.message import Message
from views.commands import data_option, existing_data, language_option, spoken
from views.commands.desk import open_desk
from views.language import say


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command's options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "rotate-keys",
        parents=[data_option(), language_option()],
        help="change the office's key and put everything under the new one",
        description="Adds a new office key, puts everything under it in small steps while the office is in use, and "
        "lets the old one go. If it is broken off, call it again: it goes on. With several machines they must share "
        "the folder of the keys. Exit code 1 when the old key is still needed.",
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Rotate and say what came of it; 1 when something could not be opened and the old key had to stay for it."""
    folder, language = existing_data(args), spoken(args)
    database, _keys = open_desk(folder)
    try:
        done = rotate(database, folder)
    finally:
        database.dispose()
    if done.resumed:
        print(say(Message("rotation.resumed"), language))
    if done.signed:
        print(say(Message("rotation.signed", {"count": done.signed}), language))
    if done.unopened:
        print(say(Message("rotation.unopened", {"count": done.unopened}), language))
    print(say(Message("rotation.done", {"count": done.renewed, "path": str(done.kept)}), language))
    return 1 if done.unopened else 0
