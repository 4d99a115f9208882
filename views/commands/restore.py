"""``run.py restore FILE``: an office out of its backup, verified before it takes its place (R39, R40)."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from backoffice import database_settings
from backoffice.clock import Clock
from backoffice.services.backup import check
from backoffice.services.restore import Restored, restore
from policies.message import Message
from views.commands import check_data, data_option, data_path, input_file, language_option, spoken
from views.commands.passphrase import passphrase, passphrase_option
from views.commands.verify import chain_name
from views.language import say


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command's options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "restore",
        parents=[data_option(), language_option(), passphrase_option()],
        help="bring an office back from its backup",
        description="Makes the office anew beside the place where it is to be, verifies it, and puts it in place in "
        "one step. Without --replace it never touches an office that is there; with it the former one is kept aside "
        "and named. $BACKOFFICE_DATABASE_URL says into which database, whichever the backup came from. Stop the "
        "console and the workers first.",
    )
    parser.add_argument("file", metavar="FILE", help="the backup")
    parser.add_argument("--replace", action="store_true", help="put it in the place of the office that is there")
    parser.add_argument("--check", action="store_true", help="only read the backup to its end; nothing is written")
    parser.add_argument(
        "--accept-faults", action="store_true", help="restore an office whose history does not hold, and name what not"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Restore, or only check; 1 when the history that was accepted does not hold, or files are missing."""
    language, path, folder = spoken(args), input_file(args.file), data_path(args)
    check_data(folder)
    secret = passphrase(args, language, new=False)
    if args.check:
        said = check(path, secret)
        print(
            say(
                Message("backup.whole", {"path": str(path), "made_at": datetime.fromisoformat(said["made_at"])}),
                language,
            )
        )
        return 0
    url, at = database_settings.url_for(folder), Clock().now()
    done = restore(path, secret, folder, url, at, replace=args.replace, accept=args.accept_faults)
    return _told(done, str(folder), language)


def _told(done: Restored, folder: str, language: str) -> int:
    for chain in done.checked.broken:
        print(f"{chain_name(chain, language)}: {say(chain.fault, language)}")
    for name in done.missing:
        print(say(Message("backup.missing", {"name": name}), language))
    if done.held:
        print(say(Message("backup.held", {"count": done.held}), language))
    if done.folder_aside is not None:
        print(say(Message("backup.folder_aside", {"path": str(done.folder_aside)}), language))
    if done.schema_aside is not None:
        print(say(Message("backup.schema_aside", {"name": done.schema_aside}), language))
    facts = {"path": folder, "made_at": datetime.fromisoformat(done.made_at), "rows": done.rows, "files": done.files}
    checked = {"complaints": done.checked.complaints, "events": done.checked.events}
    print(say(Message("backup.restored", {**facts, **checked}), language))
    return 1 if done.checked.broken or done.missing else 0
