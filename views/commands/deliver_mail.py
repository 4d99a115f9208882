"""``run.py deliver-mail``: take in one e-mail from standard input, for a mail server's alias or pipe (R1).

The exit code is one that mail servers know (``sysexits.h``): what is accepted is kept, what cannot be kept now is
offered again by the server, what never can be goes back to its sender.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from views.commands import CommandError, data_option, existing_data, language_option

if TYPE_CHECKING:
    from pathlib import Path

    from backoffice.database import Database
    from backoffice.keys import Keys
    from backoffice.services.incoming_mail import Came
    from policies.mail_message import Incoming
    from policies.turned_away import Why

ACCEPTED, NO_MESSAGE, LATER = 0, 65, 75  # EX_OK, EX_DATAERR, EX_TEMPFAIL


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command's options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "deliver-mail",
        parents=[data_option(), language_option()],
        help="take in one e-mail that the mail server hands over",
        description="Reads one e-mail from standard input: it becomes a draft, is added to the complaint that it "
        "answers, or is ignored where a machine wrote it. The same e-mail twice is taken in once.",
        epilog='In /etc/aliases: complaints: "|/path/to/run.py deliver-mail --data /path/to/data". Exit code 0: '
        "accepted; 75: not now, offer it again; 65: no e-mail, or larger than the settings allow.",
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Take it in; whatever is wrong with the desk itself is a reason to offer it again."""
    try:
        return _deliver(args)
    except CommandError as error:
        return _later(str(error))
    except Exception as error:  # noqa: BLE001 (a mail server would give the message back for good)
        return _later(type(error).__name__)


def _deliver(args: argparse.Namespace) -> int:
    from backoffice.queries import mailbox
    from backoffice.services import incoming_mail
    from policies.gateways import read
    from policies.incoming_mail import MailWay
    from policies.mailbox import MEGABYTE, MOST_MEGABYTES, MailboxSettings
    from views.commands.desk import open_desk

    raw = sys.stdin.buffer.read(MOST_MEGABYTES * MEGABYTE + 1)
    folder = existing_data(args)
    database, keys = open_desk(folder)
    try:
        with database.reading() as session:
            settings: MailboxSettings = read(MailboxSettings, mailbox.settings_kept(session)[0])
        if not raw.strip() or len(raw) > settings.most_bytes:
            return _refused("empty" if not raw.strip() else "larger than the settings allow")
        came = incoming_mail.Came(raw, MailWay.DELIVERED, datetime.now(UTC))
        try:
            mail = incoming_mail.read_in(came)  # before the transaction: others write meanwhile
        except incoming_mail.PutAsideError as error:
            return _refused(error.reason.value)
        return _take_in(database, keys, folder, came, mail)
    finally:
        database.dispose()


def _take_in(database: Database, keys: Keys, folder: Path, came: Came, mail: Incoming) -> int:
    """Keep it; what is turned away for now is counted, so that an administrator sees it."""
    from sqlalchemy.exc import IntegrityError

    from backoffice.file_settings import files_of
    from backoffice.services import incoming_mail, turned_away
    from backoffice.services.core.work import Work
    from policies.access import SYSTEM
    from policies.incoming_mail import MailState
    from policies.turned_away import Why
    from views.language import say

    at = came.received_at
    for last in (False, True):
        try:
            with database.writing() as session:
                work = Work(session, keys, SYSTEM, at, at, files_of(folder))
                row, known = incoming_mail.take_in(work, came, say, mail)
                if row.state is MailState.DRAFTED and not known:
                    turned_away.mended(session)
            return ACCEPTED
        except incoming_mail.PutAsideError as error:
            return _turned_away(database, Why.FLOOD, at, error.reason.value)
        except incoming_mail.NoChannelError:
            return _turned_away(database, Why.NO_CHANNEL, at, Why.NO_CHANNEL.value)
        except IntegrityError as error:  # the same message came by the mailbox in this moment
            if last:
                return _turned_away(database, Why.FAULT, at, type(error).__name__)
        except Exception as error:  # noqa: BLE001 (whatever it is: it is counted, and offered again)
            return _turned_away(database, Why.FAULT, at, type(error).__name__)
    return ACCEPTED


def _turned_away(database: Database, why: Why, at: datetime, said: str) -> int:
    from backoffice.services import turned_away

    with contextlib.suppress(Exception), database.writing() as session:  # else the mail server's log has it
        turned_away.count(session, why, at)
    return _later(said)


def _later(why: str) -> int:
    print(f"run.py: not taken in now: {why}", file=sys.stderr)
    return LATER


def _refused(why: str) -> int:
    print(f"run.py: this is no e-mail that can be taken in: {why}", file=sys.stderr)
    return NO_MESSAGE
