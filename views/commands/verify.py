"""``run.py verify``: read every history chain, the daily seals and the locked months of the appraisal again, draw every
draw again, and name what does not hold (R27, R33, R40).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from backoffice.database import Database
from backoffice.integrations import seal_log
from backoffice.keys import Keys
from backoffice.queries.office_check import OfficeCheck, check_office
from backoffice.queries.verification import BrokenChain
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
        description="Reads every history chain and draws every sample again. Exit code 1 when something does not hold; "
        "what does not is named.",
    )
    parser.add_argument("--language", choices=sorted(LANGUAGES), default="en", help="language of the findings")
    return parser


def run(args: argparse.Namespace) -> int:
    """Print each broken chain and a last line that counts; 1 when one is broken."""
    folder = existing_data(args)
    database, keys = open_desk(folder)
    try:
        return tell(checked(database, keys, folder), LANGUAGES[args.language])
    finally:
        database.dispose()


def checked(database: Database, keys: Keys, folder: Path) -> OfficeCheck:
    """Read everything again that says of itself whether it was changed; ``folder`` holds the log of the seals."""
    with database.reading() as session:
        return check_office(session, keys.chain, seal_log.lines(folder))


def tell(found: OfficeCheck, language: str) -> int:
    """Print what does not hold, and what was read; the exit code."""
    for chain in found.broken:
        print(f"{chain_name(chain, language)}: {say(chain.fault, language)}")
    print(say(Message("history.sealed", {"seals": found.seals}), language))
    print(say(Message("draws.verified", {"draws": found.draws}), language))
    print(say(Message("appraisal.verified", {"months": found.months}), language))
    facts = {"complaints": found.complaints, "events": found.events, "broken": len(found.broken)}
    print(say(Message("history.verified", facts), language))
    return 1 if found.broken else 0


def chain_name(chain: BrokenChain, language: str) -> str:
    """What a chain is called."""
    if isinstance(chain.number, Message):
        return say(chain.number, language)
    return chain.number or say(Message("history.access_chain"), language)
