"""Hand one SMS to the office's gateway over HTTP (R5), and say what is certain of it.

Until the request is sent nothing is accepted. After it, only the gateway's answer makes certain what came of it; its
idempotency key is the same for every try, for gateways that heed it. No redirect is followed: the text is the
customer's, and goes nowhere but where the office said.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from backoffice.integrations.time_limit import TimeLimit
from policies.delivery import SENT, Outcome, Reason, Verdict, http_outcome
from policies.gateways import PHONE, SmsBody, SmsSettings, at_path, filled, filled_json

MOST_BYTES = 64 * 1024
OWN_HEADERS = ("content-type", "content-length", "host", "connection", "transfer-encoding")


@dataclass(frozen=True)
class ShortMessage:
    """An SMS; ``reference`` is the same for every try of one message."""

    to: str
    text: str
    reference: str


@dataclass(frozen=True)
class Request:
    """What goes over the line."""

    target: str
    headers: dict[str, str]
    body: bytes | None


def send(settings: SmsSettings, message: ShortMessage, context: ssl.SSLContext | None = None) -> Outcome:
    """Hand over one SMS within the settings' timeout; never raises for what the other side does."""
    if not PHONE.fullmatch(message.to):
        return Outcome(Verdict.NEVER, Reason.ADDRESS)
    request = request_of(settings, message)
    connection = _connection(settings, context)
    with TimeLimit(settings.timeout, lambda: connection.sock) as limit:
        try:
            return _talk(settings, connection, request, limit)
        finally:
            with contextlib.suppress(OSError):
                connection.close()


def request_of(settings: SmsSettings, message: ShortMessage) -> Request:
    """The request with its places filled: each value in the form of where it stands."""
    to = "".join(sign for sign in message.to if sign.isdigit() or sign == "+")
    values = {"to": to, "text": message.text, "id": message.reference, "secret": settings.secret}
    parts = urlsplit(filled(settings.url, {name: quote(value, safe="") for name, value in values.items()}))
    target, query = parts.path or "/", parts.query
    headers = {"Idempotency-Key": message.reference, "Accept": "application/json", **_headers(settings, values)}
    body: bytes | None = None
    if settings.form == SmsBody.JSON and settings.method != "GET":
        body = json.dumps(filled_json(settings.body, values), ensure_ascii=False).encode()
        headers["Content-Type"] = "application/json; charset=utf-8"
    else:
        pairs = [(name, filled(value, values)) for name, value in parse_qsl(settings.body, keep_blank_values=True)]
        if settings.method == "GET":
            query = "&".join(part for part in (query, urlencode(pairs)) if part)
        else:
            body = urlencode(pairs).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
    return Request(target + (f"?{query}" if query else ""), headers, body)


def _headers(settings: SmsSettings, values: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for line in settings.headers.splitlines():
        name, colon, value = line.strip().partition(":")
        if colon and name.lower() not in OWN_HEADERS:
            said = filled(value.strip(), values)
            found[name] = said if said.isascii() and said.isprintable() else quote(said)
    return found


def _connection(settings: SmsSettings, context: ssl.SSLContext | None) -> http.client.HTTPConnection:
    parts = urlsplit(settings.url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        trusted = context or ssl.create_default_context()
        return _Tls(host, parts.port, timeout=settings.timeout, context=trusted)
    return http.client.HTTPConnection(host, parts.port, timeout=settings.timeout)


class _Tls(http.client.HTTPSConnection):
    """HTTPS whose socket is known before the handshake, so that the time limit ends that as well."""

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        raw: socket.socket = self.sock
        self.sock = self._context.wrap_socket(raw, server_hostname=self.host)  # type: ignore[attr-defined]


def _talk(settings: SmsSettings, connection: http.client.HTTPConnection, request: Request, limit: TimeLimit) -> Outcome:
    try:
        connection.connect()
    except ssl.SSLError as error:
        return Outcome(Verdict.LATER, Reason.NO_TLS, type(error).__name__)
    except TimeoutError:
        return Outcome(Verdict.LATER, Reason.TIMEOUT_BEFORE)
    except (OSError, ValueError) as error:
        reason = Reason.TIMEOUT_BEFORE if limit.passed else Reason.UNREACHABLE
        return Outcome(Verdict.LATER, reason, type(error).__name__)
    try:
        connection.request(settings.method, request.target, request.body, request.headers)
        response = connection.getresponse()
        answer = response.read(MOST_BYTES + 1)
    except TimeoutError:
        return Outcome(Verdict.UNCERTAIN, Reason.TIMEOUT_AFTER)
    except (OSError, http.client.HTTPException, ValueError) as error:
        nonsense = isinstance(error, http.client.BadStatusLine) and not isinstance(
            error, http.client.RemoteDisconnected
        )
        reason = Reason.TIMEOUT_AFTER if limit.passed else Reason.NONSENSE if nonsense else Reason.BROKEN_OFF
        return Outcome(Verdict.UNCERTAIN, reason)
    if limit.passed:
        return Outcome(Verdict.UNCERTAIN, Reason.TIMEOUT_AFTER)
    return http_outcome(response.status) or _judged(settings, answer)


def _judged(settings: SmsSettings, answer: bytes) -> Outcome:
    """What an accepted request says of the message: the office's criterion holds, fails, or cannot be read."""
    if not settings.success_path:
        return SENT
    try:
        said = at_path(json.loads(answer), settings.success_path) if len(answer) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        said = None
    if said is None:
        return Outcome(Verdict.UNCERTAIN, Reason.NONSENSE)
    if said == settings.success_value:
        return SENT
    return Outcome(Verdict.NEVER, Reason.NOT_ACCEPTED, said if said.isascii() and said.isalnum() else "")
