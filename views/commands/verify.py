"""``run.py verify``: read every history chain, the daily seals and the locked months of the appraisal again, draw every
draw again, and name what does not hold (R27, R33, R40).
"""

from __future__ import annotations

import argparse
from typing import Any

from backoffice.integrations import seal_log
from backoffice.queries.appraisal_check import verify_appraisal
from backoffice.queries.draw_check import verify_draws
from backoffice.queries.seals import check_seals
from backoffice.queries.verification import BrokenChain, verify
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
        with database.reading() as session:
            found = verify(session, keys.chain)
            sealed, broken = check_seals(session, keys.chain, seal_log.lines(folder))
            draws, unlike = verify_draws(session, keys.chain)
            months, moved = verify_appraisal(session, keys.chain)
    finally:
        database.dispose()
    broken = [*found.broken, *broken, *unlike, *moved]
    language = LANGUAGES[args.language]
    for chain in broken:
        print(f"{_name(chain, language)}: {say(chain.fault, language)}")
    print(say(Message("history.sealed", {"seals": sealed}), language))
    print(say(Message("draws.verified", {"draws": draws}), language))
    print(say(Message("appraisal.verified", {"months": months}), language))
    facts = {"complaints": found.complaints, "events": found.events, "broken": len(broken)}
    print(say(Message("history.verified", facts), language))
    return 1 if broken else 0


def _name(chain: BrokenChain, language: str) -> str:
    if isinstance(chain.number, Message):
        return say(chain.number, language)
    return chain.number or say(Message("history.access_chain"), language)
