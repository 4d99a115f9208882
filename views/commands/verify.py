"""``run.py verify``: read every history chain again and name the complaints whose chain does not hold (R40)."""

from __future__ import annotations

import argparse
from typing import Any

from backoffice.queries.verification import verify
from policies.message import Message
from views.commands import data_option, existing_data
from views.commands.desk import open_desk
from views.language import say

LANGUAGES = {"zh": "zh_Hans", "en": "en"}


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command's options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "verify",
        parents=[data_option()],
        help="check that no history was changed",
        description="Reads every history chain again. Exit code 1 when one is broken; the complaints are named.",
    )
    parser.add_argument("--language", choices=sorted(LANGUAGES), default="en", help="language of the findings")
    return parser


def run(args: argparse.Namespace) -> int:
    """Print each broken chain and a last line that counts; 1 when one is broken."""
    database, keys = open_desk(existing_data(args))
    try:
        with database.reading() as session:
            found = verify(session, keys.chain)
    finally:
        database.dispose()
    language = LANGUAGES[args.language]
    for chain in found.broken:
        print(f"{chain.number or say(Message('history.access_chain'), language)}: {say(chain.fault, language)}")
    facts = {"complaints": found.complaints, "events": found.events, "broken": len(found.broken)}
    print(say(Message("history.verified", facts), language))
    return 1 if found.broken else 0
