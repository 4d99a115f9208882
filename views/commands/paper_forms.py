"""``run.py paper-forms``: reserve numbers for days when the system is down and print their blank forms (R9).

Without ``--count`` it names the numbers that are reserved and not entered yet. With ``--pdf`` the forms are printed
into a file: of the numbers that were reserved just now, else of those that are still out.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policies.message import Message
from views.commands import CommandError, data_option, existing_data, language_option, spoken
from views.language import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from backoffice.models.paper import ReservedNumber
    from backoffice.services.core.work import Work


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command's options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "paper-forms",
        parents=[data_option(), language_option()],
        help="reserve numbers for paper forms, print the forms, name those still out",
        description="Reserves numbers for days when the system is down and prints their blank forms. Without --count"
        " it names the numbers that are reserved and not entered yet.",
    )
    parser.add_argument("--count", type=int, metavar="N", help="reserve so many numbers")
    parser.add_argument("--day", type=_day, metavar="YYYY-MM-DD", help="of which day (default: today in the office)")
    parser.add_argument("--for", dest="taken_by", default="", metavar="WHO", help="who has the forms: a desk, a person")
    parser.add_argument(
        "--by", default="", metavar="CODE", help="who reserves them: the code of a member of staff who may import"
    )
    parser.add_argument("--pdf", metavar="FILE", help="print the blank forms into this file")
    return parser


def run(args: argparse.Namespace) -> int:
    """Reserve, or name what is out; raises ``CommandError`` or ``DomainError`` when it cannot be."""
    from backoffice.clock import Clock
    from backoffice.services import paper_forms as service
    from views.commands.desk import open_desk
    from views.paper_printing import MOST_PRINTED

    language = spoken(args)
    if args.count is not None and not args.by:
        raise CommandError("say who reserves the numbers: --by and the code of a member of staff, for example S004")
    target = _target(args.pdf) if args.pdf else None
    database, keys = open_desk(existing_data(args))
    clock = Clock()
    left_out = 0
    try:
        if args.count is None:
            with database.reading() as session:
                rows = service.unused(session, MOST_PRINTED)
                left_out = service.count_unused(session) - len(rows)
        else:
            with database.writing() as session:
                work, today = _work(session, keys, clock, args.by)
                rows = service.reserve(work, service.Wanted(args.count, args.day or today, args.taken_by), today)
        for row in rows:
            print(say(Message("paper_forms.told", {"number": row.number, "taken_by": row.taken_by}), language))
        if not rows:
            print(say(Message("paper_forms.none"), language))
        elif target is not None:
            with database.reading() as session:
                _print(session, rows, target, language, clock)
            print(say(Message("paper_forms.printed", {"count": len(rows), "path": str(target)}), language))
        if left_out > 0:
            print(say(Message("paper_forms.left_out", {"count": left_out, "most": MOST_PRINTED}), language))
    finally:
        database.dispose()
    return 0


def _work(session: Session, keys: Any, clock: Any, code: str) -> tuple[Work, date]:
    import sqlalchemy as sa

    from backoffice.models.office import Staff
    from backoffice.queries.actor import load_actor
    from backoffice.queries.rulebook import Rulebook
    from backoffice.services.core.work import Work

    now = clock.now()
    today = now.astimezone(Rulebook(session).zone()).date()
    staff_id = session.scalar(sa.select(Staff.id).where(Staff.code == code.strip().upper()))
    actor = None if staff_id is None else load_actor(session, staff_id, today)
    if actor is None:
        raise CommandError(f"nobody in the office has the code {code!r}: take one from Settings, Staff")
    return Work(session, keys, actor, now, now), today


def _print(session: Session, rows: Sequence[ReservedNumber], target: Path, language: str, clock: Any) -> None:
    from backoffice.reports.paper_form import print_forms
    from views.paper_printing import blank_forms

    forms = blank_forms(session, rows, language, clock.now())
    data = print_forms(forms, lambda message: say(message, language)).data
    try:
        target.write_bytes(data)
    except OSError as error:
        raise CommandError(
            f"{target} cannot be written ({(error.strerror or 'unknown reason').lower()}): the numbers are reserved; "
            "name another file with --pdf and leave --count out"
        ) from error


def _target(name: str) -> Path:
    path = Path(name).expanduser().absolute()
    if path.is_dir() or not path.parent.is_dir():
        raise CommandError(f"{path} is no place for a file: name a file in a folder that is there")
    return path


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: write it as 2026-11-23") from error
