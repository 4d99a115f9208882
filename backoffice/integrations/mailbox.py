"""The office's mailbox over IMAP (R1): what lies there, one message at a time, and what is marked once it is kept.

A message is read without being marked. The whole talk ends after its time, an answer larger than a message may be is
not read, and nothing of what the other side says is told on.
"""

from __future__ import annotations

import base64
import contextlib
import imaplib
import re
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backoffice.integrations.time_limit import TimeLimit
from policies.gateways import Security
from policies.mailbox import MailboxFault, MailboxSettings

WINDOW, MOST_WINDOWS = 2000, 500  # messages a search goes over, and searches in one round
ROOM = 2**20  # beside the message itself
SIZE = re.compile(rb"UID (\d+)\b.*?RFC822\.SIZE (\d+)|RFC822\.SIZE (\d+)\b.*?UID (\d+)", re.DOTALL)
NUMBERS = re.compile(rb"(UIDNEXT|UIDVALIDITY) (\d+)")
UID = re.compile(rb"UID (\d+)")


class MailboxError(Exception):
    """The talk came to nothing, and why; ``str()`` is the fault's code."""

    def __init__(self, fault: MailboxFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True)
class Lying:
    """A message that lies there: where, how large, since when."""

    uid: int
    size: int
    received_at: datetime | None


@dataclass(frozen=True)
class Seen:
    """What a look found, and up to which uid it found everything: beyond it nobody has looked yet."""

    there: list[Lying]
    until: int


class _Talk(imaplib.IMAP4):
    """``imaplib.IMAP4`` with TLS from the start where asked, a socket that can be shut, and a bound on what is read."""

    def __init__(self, settings: MailboxSettings, context: ssl.SSLContext, line: _Line) -> None:
        self.sock = None  # type: ignore[assignment]
        self._wrap = context if settings.security == Security.TLS else None
        self._line = line
        self._most = settings.most_bytes + ROOM
        super().__init__(settings.host.strip("[]"), settings.port, float(settings.timeout))

    def _create_socket(self, timeout: float | None) -> socket.socket:  # what imaplib.IMAP4_SSL overrides too
        raw = socket.create_connection((self.host, self.port), timeout)
        self._line.sock = raw
        if self._wrap is None:
            return raw
        wrapped = self._wrap.wrap_socket(raw, server_hostname=self.host, do_handshake_on_connect=False)
        self._line.sock = wrapped
        wrapped.do_handshake()
        return wrapped

    def log_in(self, user: str, secret: str) -> bool:
        """``LOGIN``: imaplib's own sends a name with blanks as two words and refuses what is not ASCII."""
        self._encoding = "utf-8"
        kind, _rows = self.xatom("LOGIN", _string(user), _string(secret))
        self.state = "AUTH" if kind == "OK" else self.state
        return kind == "OK"

    def read(self, size: int) -> bytes:
        if size > self._most:
            raise self.abort("too large")
        return super().read(size)


@dataclass
class _Line:
    """The socket as it is now, for the time limit."""

    sock: socket.socket | None = None


class Mailbox:
    """An open folder. Made by ``opened``; every method raises ``MailboxError``."""

    def __init__(self, talk: Any, folder: str, limit: TimeLimit, can: frozenset[str]) -> None:
        self._talk = talk
        self._can = can
        self._limit = limit
        rows = self._said("status", _quoted(folder), "(UIDNEXT UIDVALIDITY)", missing=MailboxFault.NO_FOLDER)
        figures = dict(NUMBERS.findall(_plain(rows)))
        there = self._said("select", _quoted(folder), missing=MailboxFault.NO_FOLDER)
        if b"UIDVALIDITY" not in figures or b"UIDNEXT" not in figures:
            raise MailboxError(MailboxFault.NONSENSE)
        self.validity, self.next_uid = int(figures[b"UIDVALIDITY"]), int(figures[b"UIDNEXT"])
        self._count = int(there[-1]) if there and bytes(there[-1]).isdigit() else 0

    def lying(self, first: int, most: int, *, unseen_until: int = 0, end: float | None = None) -> Seen:
        """At most ``most`` messages from a uid on, in their order; those up to ``unseen_until`` only while unread.

        ``end``: the moment (monotonic) at which no further search is begun and no further message asked about; the
        first one always is.
        """
        found: list[int] = []
        until = max(first, 1) - 1
        for start, last in self._windows(until + 1):
            found += self._search(start, min(last, unseen_until), "UNSEEN")
            found += self._search(max(start, unseen_until + 1), last)
            until = last
            if len(found) >= most or _over(end):
                break
        found.sort()
        there: list[Lying] = []
        for number, uid in enumerate(found):
            if number and (number >= most or _over(end)):
                return Seen(there, found[number - 1])
            there += self.these([uid])
        return Seen(there, until)

    def _windows(self, first: int) -> Iterator[tuple[int, int]]:
        """Spans of uids that follow one another without a gap, each of about ``WINDOW`` messages however high uids are.

        Where they end is asked by the numbers of the messages; those change while others take messages away, the uids
        do not, so that nothing is passed over.
        """
        start, last = first, self.next_uid - 1
        place = self._below(first) if last - first >= WINDOW and first > 1 else 0
        for _window in range(MOST_WINDOWS):
            if start > last:
                return
            place += WINDOW
            upper = last if last - start < WINDOW else max(self._uid_at(place) or last, start)
            yield start, min(upper, last)
            start = upper + 1

    def _below(self, uid: int) -> int:
        """How many messages lie below a uid; perhaps one fewer."""
        low, high = 0, self._count
        while high - low > 1:
            middle = (low + high) // 2
            there = self._uid_at(middle)
            low, high = (middle, high) if there is not None and there < uid else (low, middle)
        return low

    def _uid_at(self, place: int) -> int | None:
        """The uid of the message with this number; None beyond the last."""
        if place >= self._count:
            return None
        try:
            rows = self._said("fetch", str(place), "(UID)")
        except MailboxError as error:  # fewer by now: some servers refuse a number that is no more
            if error.fault is not MailboxFault.NONSENSE:
                raise
            return None
        for row in rows:
            if isinstance(row, bytes) and row.split(b" ")[0] == str(place).encode() and (match := UID.search(row)):
                return int(match[1])
        return None

    def these(self, uids: Sequence[int]) -> list[Lying]:
        """These messages, as far as they are there."""
        found = []
        for uid in uids:
            rows = self._said("uid", "FETCH", str(uid), "(UID RFC822.SIZE INTERNALDATE)")
            plain = _plain(rows)
            if match := SIZE.search(plain):
                found.append(Lying(uid, int(match[2] or match[3]), _moment(plain)))
        return found

    def message(self, uid: int) -> bytes:
        """The bytes of one message; it is not marked by being read."""
        rows = self._said("uid", "FETCH", str(uid), "(UID BODY.PEEK[])")
        return next((bytes(one[1]) for one in rows if isinstance(one, tuple) and len(one) > 1), b"")

    def mark(self, uid: int, folder: str) -> None:
        """A message that is kept: read, and moved into ``folder`` where there is one."""
        self._said("uid", "STORE", str(uid), "+FLAGS.SILENT", "(\\Seen)")
        if not folder:
            return
        with contextlib.suppress(MailboxError):
            self._said("create", _quoted(folder))  # there already: a refusal that says nothing
        if "MOVE" in self._can:
            self._said("uid", "MOVE", str(uid), _quoted(folder), missing=MailboxFault.NO_FOLDER)
            return
        self._said("uid", "COPY", str(uid), _quoted(folder), missing=MailboxFault.NO_FOLDER)
        self._said("uid", "STORE", str(uid), "+FLAGS.SILENT", "(\\Deleted)")
        if "UIDPLUS" in self._can:
            self._said("uid", "EXPUNGE", str(uid))

    def flag(self, uid: int) -> None:
        """A message that waits for a person."""
        self._said("uid", "STORE", str(uid), "+FLAGS.SILENT", "(\\Flagged)")

    def _search(self, first: int, last: int, *more: str) -> list[int]:
        if last < first:
            return []
        rows = self._said("uid", "SEARCH", "UID", f"{first}:{last}", *more)
        found = (int(one) for row in rows if row for one in row.split() if one.isdigit())
        return [uid for uid in found if first <= uid <= last]

    def _said(self, command: str, *args: str, missing: MailboxFault = MailboxFault.NONSENSE) -> list[Any]:
        """What the server answers; a refusal is the fault ``missing``."""
        with _told(self._limit):
            kind, rows = getattr(self._talk, command)(*args)
        if kind != "OK":
            raise MailboxError(missing)
        return [row for row in rows if row is not None]


@contextlib.contextmanager
def opened(settings: MailboxSettings, context: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """The mailbox, signed in and its folder open, for as long as the settings' timeout at most.

    ``context``: what TLS trusts; by default what the system trusts. Raises ``MailboxError``.
    """
    line = _Line()
    talk: Any = None
    with TimeLimit(settings.timeout, lambda: talk.sock if talk is not None else line.sock) as limit:
        try:
            with _told(limit):
                trusted = context or ssl.create_default_context()
                talk = _Talk(settings, trusted, line)
                if settings.security == Security.STARTTLS:
                    _start_tls(talk, trusted)
            _sign_in(talk, settings, limit)
            with _told(limit):  # a server says more of itself to whoever has signed in
                can = b" ".join(one for one in talk.capability()[1] if one).decode("ascii", "replace").upper().split()
            if "ID" in can:
                _introduce(talk, limit)
            yield Mailbox(talk, settings.folder, limit, frozenset(can))
        finally:
            _leave(talk, line)


@contextlib.contextmanager
def _told(limit: TimeLimit) -> Iterator[None]:
    """Whatever breaks in here is told as a fault."""
    try:
        yield
    except ssl.SSLError as error:
        raise MailboxError(MailboxFault.TIMEOUT if limit.passed else MailboxFault.NO_TLS) from error
    except imaplib.IMAP4.abort as error:
        raise MailboxError(MailboxFault.TIMEOUT if limit.passed else MailboxFault.BROKEN_OFF) from error
    except imaplib.IMAP4.error as error:
        raise MailboxError(MailboxFault.TIMEOUT if limit.passed else MailboxFault.NONSENSE) from error
    except TimeoutError as error:
        raise MailboxError(MailboxFault.TIMEOUT) from error
    except OSError as error:
        there = isinstance(error, ConnectionResetError | BrokenPipeError)
        fault = MailboxFault.BROKEN_OFF if there else MailboxFault.UNREACHABLE
        raise MailboxError(MailboxFault.TIMEOUT if limit.passed else fault) from error
    except (ValueError, UnicodeError, LookupError, AttributeError) as error:  # an answer that is none
        raise MailboxError(MailboxFault.TIMEOUT if limit.passed else MailboxFault.NONSENSE) from error


def _start_tls(talk: Any, context: ssl.SSLContext) -> None:
    if "STARTTLS" not in talk.capabilities:
        raise MailboxError(MailboxFault.NO_TLS)
    try:
        talk.starttls(context)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise MailboxError(MailboxFault.NO_TLS) from error


def _sign_in(talk: Any, settings: MailboxSettings, limit: TimeLimit) -> None:
    try:
        if "AUTH=PLAIN" in talk.capabilities:
            said = f"\0{settings.user}\0{settings.secret}".encode()
            talk.authenticate("PLAIN", lambda _challenge: said)
        elif not talk.log_in(settings.user, settings.secret):
            raise MailboxError(MailboxFault.SIGN_IN)
    except imaplib.IMAP4.abort as error:
        raise MailboxError(MailboxFault.TIMEOUT if limit.passed else MailboxFault.BROKEN_OFF) from error
    except (imaplib.IMAP4.error, UnicodeError) as error:
        raise MailboxError(MailboxFault.SIGN_IN) from error
    except OSError as error:
        raise MailboxError(MailboxFault.TIMEOUT if limit.passed else MailboxFault.BROKEN_OFF) from error


def _introduce(talk: Any, limit: TimeLimit) -> None:
    """Say what program this is (RFC 2971): some providers else open no folder. A refusal says nothing."""
    try:
        with _told(limit):
            talk.xatom("ID", '("name" "Complaint Desk")')
    except MailboxError as error:
        if error.fault is not MailboxFault.NONSENSE:
            raise


def _leave(talk: Any, line: _Line) -> None:
    """Close without waiting for anybody's goodbye."""
    for sock in {id(one): one for one in (getattr(talk, "sock", None), line.sock) if one is not None}.values():
        with contextlib.suppress(OSError, ValueError):
            sock.sendall(b"Z LOGOUT\r\n")
        with contextlib.suppress(OSError, ValueError):
            sock.close()
    with contextlib.suppress(OSError, ValueError, AttributeError):  # what the socket waits for; its name changed
        (getattr(talk, "_file", None) or talk.file).close()


def _over(end: float | None) -> bool:
    return end is not None and time.monotonic() >= end


def _plain(rows: Sequence[Any]) -> bytes:
    """An answer in one piece, whatever pieces it came in."""
    return b" ".join(one if isinstance(one, bytes) else b" ".join(one) for one in rows)


def _moment(plain: bytes) -> datetime | None:
    found = imaplib.Internaldate2tuple(plain)
    try:
        return None if found is None else datetime.fromtimestamp(time.mktime(found), UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _quoted(folder: str) -> str:
    """A folder's name as IMAP writes it: modified UTF-7 (RFC 3501, 5.1.3) between quotation marks."""
    found, held = [], ""
    for one in [*folder, ""]:
        if one and not " " <= one <= "~":
            held += one
            continue
        if held:
            coded = base64.b64encode(held.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
            found.append(f"&{coded}-")
            held = ""
        found.append("&-" if one == "&" else one)
    return _string("".join(found))


def _string(text: str) -> str:
    """A text between quotation marks."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
