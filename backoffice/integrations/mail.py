"""Hand one e-mail to the office's mail server (R5), and say what is certain of it.

Until the full stop that ends the message nothing is accepted, so that every fault before it is certain. What breaks off
after it may have arrived.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from backoffice.integrations.time_limit import TimeLimit
from policies.delivery import SENT, Outcome, Reason, Verdict, smtp_outcome
from policies.gateways import ADDRESS, MailSettings, Security

ENHANCED = re.compile(rb"^([245]\.\d{1,3}\.\d{1,3})\b")
ACCEPTED, GO_ON = 250, 354


@dataclass(frozen=True)
class Letter:
    """An e-mail; ``reference`` is the same for every try of one message and becomes its Message-ID."""

    to: str
    subject: str
    text: str
    reference: str
    at: datetime


class _EndedError(Exception):
    """The talk has come to its end with this outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.said)
        self.outcome = outcome


def send(settings: MailSettings, letter: Letter, context: ssl.SSLContext | None = None) -> Outcome:
    """Hand over one e-mail within the settings' timeout; never raises for what the other side does.

    ``context``: what TLS trusts; by default what the system trusts.
    """
    if not ADDRESS.fullmatch(letter.to):
        return Outcome(Verdict.NEVER, Reason.ADDRESS)
    try:
        content = as_bytes(settings, letter)
    except (ValueError, IndexError, HeaderParseError):  # an address that no server would understand
        return Outcome(Verdict.NEVER, Reason.ADDRESS)
    server = _Server(timeout=settings.timeout)
    with TimeLimit(settings.timeout, lambda: server.sock) as limit:
        try:
            _until_data(server, settings, letter, limit, context)
            _content(server, content, limit)
        except _EndedError as ended:
            return ended.outcome
        finally:
            _leave(server)
    return SENT


def as_bytes(settings: MailSettings, letter: Letter) -> bytes:
    """The e-mail as it goes over the line: UTF-8 in an encoding that every server passes on."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = Address(display_name=settings.sender_name, addr_spec=settings.sender)
    mail["To"] = Address(addr_spec=letter.to)
    if settings.reply_to:
        mail["Reply-To"] = Address(addr_spec=settings.reply_to)
    mail["Subject"] = " ".join(letter.subject.split())
    mail["Date"] = format_datetime(letter.at)
    mail["Message-ID"] = f"<{letter.reference}@{settings.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text, charset="utf-8", cte="base64")
    return mail.as_bytes(policy=policy.SMTP.clone(utf8=not letter.to.isascii()))


class _Server(smtplib.SMTP):
    """``smtplib.SMTP`` that does not connect by itself; ``wrap`` is the TLS that is there from the start."""

    wrap: ssl.SSLContext | None = None

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # what smtplib.SMTP_SSL overrides too
        raw = socket.create_connection((host, port), timeout)
        self.sock = raw  # so that the time limit ends a handshake as well
        return self.wrap.wrap_socket(raw, server_hostname=host) if self.wrap is not None else raw


def _until_data(
    server: _Server, settings: MailSettings, letter: Letter, limit: TimeLimit, context: ssl.SSLContext | None
) -> None:
    """Everything up to the server's leave to send; raises ``_EndedError`` with a certain outcome."""
    try:
        _connect(server, settings, context or ssl.create_default_context())
        _sign_in(server, settings)
        options = ["SMTPUTF8"] if not letter.to.isascii() and server.has_extn("smtputf8") else []
        if not letter.to.isascii() and not options:
            raise _EndedError(Outcome(Verdict.NEVER, Reason.ADDRESS))
        _expect(server.mail(settings.sender, options), ACCEPTED)
        code, said = server.rcpt(letter.to)
        if code not in (250, 251):
            raise _EndedError(smtp_outcome(code, _enhanced(said), recipient=True))
        _expect(server.docmd("DATA"), GO_ON)
    except ssl.SSLError as error:
        raise _EndedError(Outcome(Verdict.LATER, Reason.NO_TLS, type(error).__name__)) from error
    except smtplib.SMTPConnectError as error:
        raise _EndedError(smtp_outcome(error.smtp_code, _enhanced(error.smtp_error))) from error
    except (OSError, smtplib.SMTPException) as error:
        late = Outcome(Verdict.LATER, Reason.TIMEOUT_BEFORE)
        raise _EndedError(late if _timed_out(error, limit) else _unreachable(error)) from error
    except (ValueError, UnicodeError, LookupError) as error:  # an answer that is none
        raise _EndedError(Outcome(Verdict.LATER, Reason.NONSENSE)) from error


def _connect(server: _Server, settings: MailSettings, context: ssl.SSLContext) -> None:
    host = settings.host.strip("[]")
    if settings.security == Security.TLS:
        server.wrap = context
    server._host = host  # type: ignore[attr-defined]  # noqa: SLF001  # the name that ``starttls`` checks
    code, said = server.connect(host, settings.port)
    if code != 220:
        raise _EndedError(smtp_outcome(code, _enhanced(said)))
    server.ehlo_or_helo_if_needed()
    if settings.security == Security.STARTTLS:
        if not server.has_extn("starttls"):
            raise _EndedError(Outcome(Verdict.LATER, Reason.NO_TLS))
        try:
            server.starttls(context=context)
        except smtplib.SMTPResponseException as error:
            raise _EndedError(Outcome(Verdict.LATER, Reason.NO_TLS, str(error.smtp_code))) from error
        server.ehlo_or_helo_if_needed()


def _sign_in(server: _Server, settings: MailSettings) -> None:
    if not settings.user:
        return
    try:
        server.login(settings.user, settings.secret)
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
        detail = str(getattr(error, "smtp_code", ""))
        raise _EndedError(Outcome(Verdict.LATER, Reason.SIGN_IN, detail)) from error


def _content(server: _Server, content: bytes, limit: TimeLimit) -> None:
    """The message itself; from its last line on nothing is certain until the server has answered."""
    lines = re.sub(rb"(?m)^\.", b"..", content.rstrip(b"\r\n"))
    try:
        server.send(lines + b"\r\n")
    except (OSError, smtplib.SMTPException) as error:
        reason = Reason.TIMEOUT_BEFORE if _timed_out(error, limit) else Reason.BROKEN_OFF
        raise _EndedError(Outcome(Verdict.LATER, reason)) from error
    try:
        server.send(b".\r\n")
        code, said = server.getreply()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        reason = Reason.TIMEOUT_AFTER if _timed_out(error, limit) else Reason.BROKEN_OFF
        raise _EndedError(Outcome(Verdict.UNCERTAIN, reason)) from error
    if limit.passed:  # half an answer
        raise _EndedError(Outcome(Verdict.UNCERTAIN, Reason.TIMEOUT_AFTER))
    if code != ACCEPTED:
        outcome = smtp_outcome(code, _enhanced(said))
        uncertain = outcome.reason is Reason.NONSENSE
        raise _EndedError(Outcome(Verdict.UNCERTAIN, Reason.NONSENSE, outcome.detail) if uncertain else outcome)


def _expect(reply: tuple[int, bytes], wanted: int) -> None:
    code, said = reply
    if code != wanted:
        raise _EndedError(smtp_outcome(code, _enhanced(said)))


def _enhanced(said: bytes | str) -> str:
    """The code by RFC 3463 in an answer; never its words, which quote the customer's address."""
    found = ENHANCED.match(said if isinstance(said, bytes) else said.encode(errors="replace"))
    return found[1].decode() if found else ""


def _timed_out(error: BaseException, limit: TimeLimit) -> bool:
    """Whether time ran out; smtplib hides that behind a broken connection."""
    return limit.passed or isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


def _unreachable(error: Exception) -> Outcome:
    there = isinstance(error, smtplib.SMTPException | ConnectionResetError | BrokenPipeError)
    return Outcome(Verdict.LATER, Reason.BROKEN_OFF if there else Reason.UNREACHABLE, type(error).__name__)


def _leave(server: _Server) -> None:
    """Close without waiting for anybody's goodbye."""
    if getattr(server, "sock", None) is not None:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.send(b"QUIT\r\n")
    with contextlib.suppress(OSError):
        server.close()
