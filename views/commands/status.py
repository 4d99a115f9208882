"""``run.py status``: how the office stands now: database, room, files, keys, jobs, messages, seal, backup, certificate.

``doctor`` looks whether this machine can run the desk; ``status`` looks at an office that runs.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backoffice import database_settings
from backoffice.database import Database
from backoffice.jobs.handlers import HANDLERS
from backoffice.services import health
from policies.health import Finding, Level, worst
from policies.message import Message
from views.commands import CommandError, data_option, existing_data, language_option, spoken
from views.language import say
from views.status_words import rows

FIRST = 7  # columns of the mark


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command's options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "status",
        parents=[data_option(), language_option()],
        help="say how the office stands now",
        description="Looks at an office that runs: its database, room, files, keys, jobs, workers, messages, daily "
        "seal, backup and certificate. It changes nothing.",
        epilog="The exit code is 0 when nothing is wrong (notes do not count) and 1 when something is.",
    )
    parser.add_argument("--json", action="store_true", help="answer for a program: one JSON object")
    return parser


def run(args: argparse.Namespace) -> int:
    """Print what was found; 1 when something is wrong."""
    folder = existing_data(args)
    database = Database(_url(folder))
    at = datetime.now(UTC)
    try:
        found = health.findings(database, folder, at, HANDLERS)
    finally:
        database.dispose()
    language = spoken(args)
    print(_json(found, at, language) if args.json else _table(found, language))
    return 1 if worst(found) is Level.WRONG else 0


def _url(folder: Path) -> str:
    """The office's database; a file that is not there is not made by looking for it."""
    if not database_settings.is_there(folder):
        raise CommandError(f"there is no office in {folder}: open the console there once, or name another --data")
    return database_settings.url_for(folder)


def _table(found: tuple[Finding, ...], language: str) -> str:
    lines = []
    for row in rows(found, language):
        lines.append(f"{row.mark:<{FIRST}} {row.name}{say(Message('layout.colon'), language)}{row.said}")
        if row.todo:
            lines.append(f"{'':<{FIRST}} → {row.todo}")
    lines.append(say(Message(f"status.end.{worst(found)}"), language))
    return "\n".join(lines)


def _json(found: tuple[Finding, ...], at: datetime, language: str) -> str:
    parts = [
        {
            "part": finding.part,
            "level": finding.level.value,
            "key": finding.said.key,
            "facts": {name: _plain(value, language) for name, value in finding.said.params.items()},
            "text": row.said,
            "next": row.todo or None,
        }
        for finding, row in zip(found, rows(found, language), strict=True)
    ]
    return json.dumps({"at": at.isoformat(), "level": worst(found).value, "parts": parts}, ensure_ascii=False, indent=1)


def _plain(value: object, language: str) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Message):
        return say(value, language)
    return [_plain(item, language) for item in value] if isinstance(value, tuple) else value
