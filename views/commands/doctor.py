"""`run.py doctor`: what works, what is missing, and how to get it.

The exit code is 1 only when the console cannot run; what merely does without something is a note.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import io
import os
import platform
import re
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from policies.message import Message
from views.commands import PROJECT, CommandError, check_data, data_option, data_path, language_option, spoken
from views.commands.parts import CHINESE_FONT, CHROMIUM, PANGO, POSTGRESQL, install_command

OLDEST = (3, 11)
ROOM = 512 * 1024 * 1024  # bytes; below this an office's files and their copies soon have no place
RARE = "\U00020bb7\u36c3"  # characters of real names that common fonts lack


class State(StrEnum):
    """How a finding stands; only ``broken`` keeps the console from running."""

    OK = "ok"
    NOTE = "note"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    state: State
    message: Message

    @classmethod
    def of(cls, state: State, key: str, **params: object) -> Finding:
        """A finding with the text ``doctor.<key>``."""
        return cls(state, Message(f"doctor.{key}", params))


def add_parser(subparsers: Any) -> None:
    """Declare the options."""
    parser = subparsers.add_parser(
        "doctor",
        parents=[data_option(), language_option()],
        help="say what works, what is missing and how to get it",
        description="Looks at Python, packages, printing, data directory, keys, database and calendar.",
        epilog="The exit code is 1 only when the console cannot run.",
    )
    parser.add_argument("--install", action="store_true", help="first try again to install missing parts of the system")


def run(args: argparse.Namespace) -> int:
    """Print one line a finding and a last one that sums up."""
    from views.language import say

    language = spoken(args)
    states = []
    for finding in findings(data_path(args)):
        states.append(finding.state)
        mark = say(Message(f"doctor.state.{finding.state}"), language)
        print(f"{mark:<7} {say(finding.message, language)}", flush=True)
    broken = states.count(State.BROKEN)
    end = "cannot_run" if broken else "runs_with_notes" if State.NOTE in states else "runs"
    print(say(Message(f"doctor.end.{end}"), language))
    return 1 if broken else 0


def findings(folder: Path) -> Iterator[Finding]:
    """Everything that is looked at, in the order in which it matters."""
    for look in (python, packages, time_zones):
        yield from look()
    place = list(data_directory(folder))
    yield from place
    if all(finding.state is not State.BROKEN for finding in place):
        yield from keys(folder)
        yield from database(folder)
        yield from file_store(folder)
    yield from printing()
    yield from optional_parts()


def python() -> Iterator[Finding]:
    """The interpreter's version."""
    state = State.OK if sys.version_info >= OLDEST else State.BROKEN
    yield Finding.of(state, "python", version=platform.python_version(), oldest="3.11")


def packages() -> Iterator[Finding]:
    """Whether the environment holds what ``requirements/run.txt`` pins."""
    wrong = []
    for name, version, marker in pinned((PROJECT / "requirements" / "run.txt").read_text(encoding="utf-8")):
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            if not marker:  # what holds for another system only may be absent here
                wrong.append(name)
            continue
        if found != version:
            wrong.append(f"{name} {found} ({version})")
    if wrong:
        yield Finding.of(State.BROKEN, "packages.wrong", packages=", ".join(wrong))
    else:
        yield Finding.of(State.OK, "packages.right")


def pinned(requirements: str) -> Iterator[tuple[str, str, bool]]:
    """Name, version, and whether a marker limits it, of each line of a requirements file."""
    for match in re.finditer(r"^([\w.-]+)==([^\s;]+)( ;)?", requirements, re.MULTILINE):
        yield match[1], match[2], match[3] is not None


def time_zones() -> Iterator[Finding]:
    """Whether time zones are known: every deadline needs them."""
    try:
        ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        yield Finding.of(State.BROKEN, "time_zones.missing")
    else:
        yield Finding.of(State.OK, "time_zones.there")


def data_directory(folder: Path) -> Iterator[Finding]:
    """Whether the data directory can be used and has room."""
    try:
        check_data(folder)
    except CommandError:
        yield Finding.of(State.BROKEN, "data.unusable", path=str(folder), command=f"ls -ld {folder}")
        return
    if folder.exists():
        yield Finding.of(State.OK, "data.there", path=str(folder))
    else:
        parent = next(parent for parent in folder.parents if parent.exists())
        if not os.access(parent, os.W_OK | os.X_OK):
            yield Finding.of(State.BROKEN, "data.cannot_be_made", path=str(folder), parent=str(parent))
            return
        yield Finding.of(State.OK, "data.not_yet", path=str(folder))
    free = shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.exists())).free
    state = State.OK if free >= ROOM else State.NOTE
    yield Finding.of(state, "disk.enough" if state is State.OK else "disk.little", mebibytes=free // 2**20)


def keys(folder: Path) -> Iterator[Finding]:
    """Whether the office's keys can be read, by their owner only."""
    from backoffice.errors import DomainError
    from backoffice.keys import FILE_NAME, load_keys

    path = folder / "keys" / FILE_NAME
    if not path.exists() and not (folder / "office.db").exists():
        yield Finding.of(State.OK, "keys.not_yet")
        return
    try:
        load_keys(folder / "keys")
    except DomainError as error:
        for refusal in error.refusals:
            yield Finding(State.BROKEN, refusal)
    else:
        yield Finding.of(State.OK, "keys.there", path=str(path), mode=f"{stat.S_IMODE(path.stat().st_mode):04o}")


def database(folder: Path) -> Iterator[Finding]:
    """Whether the database answers, has this version's shape, and knows its public holidays."""
    from sqlalchemy.exc import SQLAlchemyError

    from backoffice import database_settings, migrate
    from backoffice.database_faults import DatabaseError, fault_of

    if not database_settings.is_there(folder):
        yield Finding.of(State.OK, "database.not_yet")
        return
    url = database_settings.url_for(folder)
    try:
        desk = database_settings.connect(url)
    except DatabaseError as error:
        yield from (Finding(State.BROKEN, refusal) for refusal in error.refusals)
        return
    try:
        at = migrate.current(desk)
        if at == migrate.head():
            yield Finding.of(State.OK, "database.there", kind=desk.dialect, revision=at)
            yield from holidays(desk)
            yield from ways_out(desk, folder)
            yield from standby(desk)
        else:
            yield Finding.of(State.NOTE, "database.behind", kind=desk.dialect, revision=str(at))
    except SQLAlchemyError as error:
        yield Finding(State.BROKEN, fault_of(error, url))
    finally:
        desk.dispose()


def file_store(folder: Path) -> Iterator[Finding]:
    """Whether a place for files that the machine names can be written, read and cleared."""
    from backoffice.errors import DomainError
    from backoffice.file_settings import files_of
    from backoffice.integrations.store import at

    if not os.environ.get("BACKOFFICE_FILES_URL"):
        return
    name, content = f"doctor/{os.getpid()}", b"doctor"
    try:
        store = at(files_of(folder))
        store.put(name, content)
        kept = store.get(name)
        store.delete(name)
    except DomainError as error:
        yield from (Finding(State.BROKEN, refusal) for refusal in error.refusals)
    except OSError as error:
        yield Finding.of(State.BROKEN, "files.folder", path=str(files_of(folder)), why=error.strerror)
    else:
        yield Finding.of(State.OK if kept == content else State.BROKEN, "files.there")


def standby(desk: Any) -> Iterator[Finding]:
    """Whether reports can be read from the standby, where one is set."""
    if desk.standby is None:
        return
    found = desk.standby.look(desk.engine)
    if found.fits:
        yield Finding.of(State.OK, "standby.read", behind=round(found.behind or 0))
    elif found.behind is not None:
        yield Finding.of(State.NOTE, "standby.behind", behind=round(found.behind), most=desk.standby.most_behind)
    else:
        yield Finding.of(State.NOTE, "standby.silent", why=found.fault)


def holidays(desk: Any) -> Iterator[Finding]:
    """Whether the holidays of this year and the next are published; until then deadlines are provisional (R24)."""
    from backoffice.models.configuration import Setting

    with desk.reading() as session:
        setting = session.get(Setting, "published_years")
        years = {int(year) for year in (setting.value if setting else [])}
    this_year = datetime.now(UTC).year
    if not years:
        yield Finding.of(State.NOTE, "holidays.none")
    for year in (this_year, this_year + 1):
        if year in years:
            yield Finding.of(State.OK, "holidays.published", year=year)
        elif years:
            yield Finding.of(State.NOTE, "holidays.provisional", year=year)


def ways_out(desk: Any, folder: Path) -> Iterator[Finding]:
    """Whether e-mail and SMS are set up; until they are, their messages wait (R5)."""
    from backoffice.errors import DomainError
    from backoffice.keys import load_keys
    from backoffice.queries import delivery, outbox

    try:
        with desk.reading() as session:
            senders = delivery.senders(session, load_keys(folder / "keys"))
            waiting = outbox.waiting_by_way(session)
    except DomainError:
        return  # what is wrong with the keys is told of the keys
    for way, sender in senders.items():
        if sender.fault is not None:
            yield Finding(State.NOTE, sender.fault)
        elif sender.ready:
            yield Finding.of(State.OK, f"ways_out.{way}")
        else:
            yield Finding.of(State.NOTE, f"ways_out.no_{way}", count=waiting.get(way, 0))


def printing() -> Iterator[Finding]:
    """Whether papers can be printed, in Chinese, with the rare characters of names."""
    from backoffice.reports.glyphs import missing_warning
    from backoffice.reports.pdf import printing_available, write_pdf

    with contextlib.redirect_stdout(io.StringIO()):  # WeasyPrint prints a page of advice of its own
        missing = printing_available()
    if missing is not None:
        yield Finding(State.NOTE, missing)
        if not shutil.which("apt-get"):  # the text above says what to do where there is apt
            yield Finding.of(State.NOTE, "printing.command", command=install_command([PANGO, CHINESE_FONT]))
        return
    yield Finding.of(State.OK, "printing.works")
    warning = missing_warning(write_pdf(f"<p>{RARE}</p>", []).missing)
    if warning is None:
        yield Finding.of(State.OK, "printing.rare_characters", characters=RARE)
    else:
        yield Finding(State.NOTE, warning)


def optional_parts() -> Iterator[Finding]:
    """What only tests, or a larger office, need."""
    for part, key in ((POSTGRESQL, "postgresql"), (CHROMIUM, "chromium")):
        if part.is_there():
            yield Finding.of(State.OK, f"{key}.there")
        else:
            yield Finding.of(State.NOTE, f"{key}.missing", command=install_command([part]))
