"""``run.py import FILE``: bring complaints in from CSV, TSV, XLSX or JSON lines by a named mapping (R1, R9).

The last line counts: came in, known already, refused. Refused rows are written with their reasons into a file of
their own beside the one read (in the data directory where that cannot be written); put right there, they can be
imported in turn.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from policies.message import Message
from views.commands import CommandError, data_option, existing_data, input_file, language_option, spoken
from views.language import say

if TYPE_CHECKING:
    from backoffice.integrations.mapping import RefusedRow
    from backoffice.services.importing import Import, ImportResult

SHOWN = 20
PROGRESS_EVERY = 1000


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command's options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "import",
        parents=[data_option(), language_option()],
        help="bring complaints in from a table (CSV, TSV, XLSX, JSON lines)",
        description="Brings complaints in from CSV or TSV (UTF-8, GB18030 or Big5), an XLSX workbook or JSON lines."
        " Rows that came in before are known; closed ones come in as closed history, open ones live on.",
    )
    parser.add_argument("file", metavar="FILE", help="the table to be read")
    parser.add_argument(
        "--mapping", metavar="NAME", required=True, help="how its columns are read, for example boston311"
    )
    parser.add_argument(
        "--encoding", choices=("utf-8", "gb18030", "big5", "utf-16"), default="", help="where the file is not to say it"
    )
    parser.add_argument(
        "--sheet", metavar="NAME", default="", help="which sheet of a workbook; else the first one seen"
    )
    parser.add_argument("--dry-run", action="store_true", help="try everything and write nothing")
    return parser


def run(args: argparse.Namespace) -> int:
    """Import one file; raises ``CommandError`` or ``DomainError`` when it cannot be begun."""
    from backoffice.clock import Clock
    from backoffice.integrations.mapping_file import load_mapping
    from backoffice.integrations.table_rows import source_of
    from backoffice.services.importing import Import, bring_in
    from policies.access import SYSTEM
    from views.commands.desk import open_desk

    path = input_file(args.file).absolute()
    folder = existing_data(args)
    language = spoken(args)
    mapping = load_mapping(args.mapping, folder / "mappings")
    database, keys = open_desk(folder)
    told = _Told(path, folder / "imports", language)
    job = Import(
        replace(source_of(path), encoding=args.encoding, sheet=args.sheet),
        mapping,
        SYSTEM,
        Clock(),
        keys,
        dry_run=args.dry_run,
        start=told.start,
        refused=told.refused,
        progress=told.progress,
    )
    try:
        result = _bring_in(bring_in, database, job)
        told.finish(dry_run=args.dry_run)
    finally:
        told.close()
        database.dispose()
    counts = {"came_in": result.came_in, "known": result.known, "refused": result.refused}
    print(say(Message("import.done", counts), language))
    return 0


def _bring_in(bring_in: Any, database: Any, job: Import) -> ImportResult:
    from sqlalchemy.exc import OperationalError

    try:
        result: ImportResult = bring_in(database, job)
    except OperationalError as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise CommandError(f"the import was stopped ({reason}): run it again, what came in stays") from error
    return result


class _Told:
    """What the person is told: the first refused rows here, all of them in a file, and how far it is."""

    def __init__(self, path: Path, fallback: Path, language: str) -> None:
        self.path = path
        self.fallback = fallback
        self.language = language
        self.header: tuple[str, ...] = ()
        self.count = 0
        self.announced = 0
        self.file: IO[str] | None = None
        self.written: Path | None = None

    def start(self, header: tuple[str, ...]) -> None:
        """The columns of the file, which the file of refused rows repeats."""
        self.header = header

    def refused(self, row: RefusedRow) -> None:
        """Write a refused row with its reasons; show it when it is among the first."""
        from backoffice.reports.csv_export import csv_lines
        from backoffice.reports.refused_rows import head_of, row_of

        reasons = "; ".join(say(reason, self.language) for reason in row.reasons)
        self.count += 1
        if self.count <= SHOWN:
            print(say(Message("import.refused_row", {"line": row.line, "reasons": reasons}), self.language))
        cells = row_of(row.line, reasons, row.cells, len(self.header))
        if self.file is None:
            self.written, self.file = _open_refused(self.path, self.fallback)
            head = head_of(self.header, lambda key: say(Message(key), self.language))
            self.file.writelines(csv_lines(head, [cells]))
        else:
            self.file.writelines(_without_head(csv_lines([], [cells])))

    def progress(self, result: ImportResult) -> None:
        """Say how far it is, where somebody watches."""
        if result.rows - self.announced >= PROGRESS_EVERY and sys.stderr.isatty():
            self.announced = result.rows
            print(say(Message("import.progress", {"rows": result.rows}), self.language), file=sys.stderr)

    def finish(self, *, dry_run: bool) -> None:
        """What remains to be said before the last line."""
        if self.count > SHOWN:
            print(say(Message("import.refused_more", {"count": self.count - SHOWN}), self.language))
        if self.written is not None:
            print(say(Message("import.refused_file", {"path": str(self.written)}), self.language))
        if dry_run:
            print(say(Message("import.dry_run"), self.language))

    def close(self) -> None:
        """Close the file of refused rows."""
        if self.file is not None:
            self.file.close()


def _without_head(lines: Iterator[str]) -> Iterator[str]:
    next(lines)
    yield from lines


def _open_refused(path: Path, fallback: Path) -> tuple[Path, IO[str]]:
    """The file of refused rows: beside the file that is read, else in the data directory; for its owner's eyes only."""
    name = f"{path.stem}.refused.csv"
    for folder in (path.parent, fallback):
        with contextlib.suppress(OSError):
            if folder is fallback:
                folder.mkdir(mode=0o700, exist_ok=True)
            place = folder / name
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.chmod(place, 0o600)  # noqa: PTH101 - an older file of that name may be readable by others
            return place, os.fdopen(descriptor, "w", encoding="utf-8", newline="")
    raise CommandError(f"the refused rows can be written neither beside {path} nor into {fallback}")
