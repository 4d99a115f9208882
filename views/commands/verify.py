"""``run.py verify``: read every history chain, the daily seals and the locked months of the appraisal again, draw every
draw again, and name what does not hold (R27, R33, R40). Numbers that nothing accounts for and forms on paper that were
not entered yet are named as well (R9); they break nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from backoffice.database import Database
from backoffice.integrations import seal_log
from backoffice.keys import Keys
from backoffice.queries.number_check import NumberCheck
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
        "what does not is named, and so are gaps in the numbers and paper forms that are still out.",
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
    tell_numbers(found.numbers, language)
    facts = {"complaints": found.complaints, "events": found.events, "broken": len(found.broken)}
    print(say(Message("history.verified", facts), language))
    return 1 if found.broken else 0


def tell_numbers(found: NumberCheck, language: str) -> None:
    """Print which numbers nothing accounts for, and which forms on paper are not entered yet (R9)."""
    for first, last in found.gaps:
        print(say(Message("paper_forms.check.gap", {"first": first, "last": last}), language))
    for one in found.waiting:
        facts = {"number": one.number, "taken_by": one.taken_by, "day": one.day}
        print(say(Message("paper_forms.check.waiting", facts), language))
    counts = {"missing": found.missing, "waiting": found.still_out}
    print(say(Message("paper_forms.check.counted", counts), language))


def chain_name(chain: BrokenChain, language: str) -> str:
    """What a chain is called."""
    if isinstance(chain.number, Message):
        return say(chain.number, language)
    return chain.number or say(Message("history.access_chain"), language)
