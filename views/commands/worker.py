"""``run.py worker``: do the office's waiting jobs in a process of its own, beside or instead of the console's bell."""

from __future__ import annotations

import argparse
import signal
from typing import Any

from backoffice.clock import Clock
from backoffice.file_settings import files_of
from backoffice.jobs import pulse
from backoffice.jobs.bell import Bell
from backoffice.jobs.running import Workshop
from policies.message import Message
from views import logging
from views.commands import announce, data_option, existing_data, language_option, spoken
from views.commands.desk import open_desk
from views.language import say


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command's options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "worker",
        parents=[data_option(), language_option()],
        help="do what waits: moved deadlines, the daily seal, expired surveys",
        description="Does waiting jobs until it is stopped. Several workers share them. Exit code 1 when one failed.",
    )
    parser.add_argument("--once", action="store_true", help="do what is due now, then end")
    return parser


def run(args: argparse.Namespace) -> int:
    """One round with ``--once``, else rounds until Ctrl+C or SIGTERM."""
    folder = existing_data(args)
    files_of(folder)  # an address that is none is told now, not by every job
    database, keys = open_desk(folder)
    logging.set_up()
    bell = Bell(Workshop(database, keys, Clock(), folder, say), role="worker")
    try:
        if args.once:
            worked = bell.ring()
            pulse.once(bell.shop, bell.role)
            facts = {"done": worked.done, "failed": worked.failed}
            print(say(Message("history.worker.worked", facts), spoken(args)))
            return 1 if worked.failed else 0
        signal.signal(signal.SIGTERM, lambda *_: bell.stop())
        announce(say(Message("history.worker.waits"), spoken(args)))
        bell.ring_on()
        return 0
    finally:
        database.dispose()
