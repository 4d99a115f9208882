"""How messages leave the office: the figures of its mail server and its SMS gateway, checked before they hold (R5).

The gateway is the office's own provider's: its address, method, headers and body are settings with the places ``{to}``,
``{text}``, ``{id}`` (the same for every try of one message) and ``{secret}`` (kept sealed, never shown).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum, unique
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from policies.delivery import LONGEST_TIMEOUT, MOST_TRIES
from policies.message import Refusal

PLACE = re.compile(r"\{([a-z_]*)\}")
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(rf"[^\s@<>,;:\"()\[\]\\\x00-\x20\x7f]{{1,64}}@(?:{LABEL}\.)+[A-Za-z][A-Za-z0-9-]{{1,62}}")
HOST = re.compile(rf"(?:{LABEL}\.)*{LABEL}|\[?[0-9A-Fa-f:.]+\]?")
HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e]*)")
PHONE = re.compile(r"\+?[0-9][0-9 ()-]{3,30}")
SMS_PLACES = frozenset({"to", "text", "id", "secret"})
MOST_PER_MINUTE = 6000
MOST_MOST_TRIES = 20
LONGEST = 2000
LONGEST_ADDRESS, LONGEST_PHONE = 254, 40  # what the columns hold


@unique
class Security(StrEnum):
    """How the way to a mail server is secured."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@unique
class SmsBody(StrEnum):
    """In what form a gateway is told what to send."""

    JSON = "json"
    FORM = "form"


@dataclass(frozen=True)
class MailSettings:
    """The office's mail server. ``timeout`` in seconds, for the whole of one message."""

    host: str = ""
    port: int = 587
    security: str = Security.STARTTLS
    user: str = ""
    secret: str = ""
    sender: str = ""
    sender_name: str = ""
    reply_to: str = ""
    timeout: int = 20
    per_minute: int = 60
    most_tries: int = MOST_TRIES


@dataclass(frozen=True)
class SmsSettings:
    """The office's SMS gateway. ``success_path`` (``data.status``): where in its answer ``success_value`` stands."""

    url: str = ""
    method: str = "POST"
    headers: str = ""
    form: str = SmsBody.JSON
    body: str = '{"to": "{to}", "text": "{text}", "id": "{id}"}'
    secret: str = ""
    success_path: str = ""
    success_value: str = ""
    timeout: int = 15
    per_minute: int = 60
    most_tries: int = MOST_TRIES


MAIL_SECRET = ("host", "port", "security", "user")
SMS_SECRET = ("url", "method", "headers", "form", "body")
"""What decides to whom a password or key is given, and where it stands in what is sent."""


def refused(reason: str, field: str, **params: object) -> Refusal:
    """Why a figure does not hold, at its field."""
    return Refusal(f"delivery.refused.{reason}", params, field, 422)


def check_mail(settings: MailSettings) -> Iterator[Refusal]:
    """What is wrong with the figures of a mail server."""
    if not HOST.fullmatch(settings.host):
        yield refused("host", "host")
    if not 1 <= settings.port <= 65535:
        yield refused("port", "port")
    if settings.security not in list(Security):
        yield refused("choice", "security")
    if not ADDRESS.fullmatch(settings.sender):
        yield refused("address", "sender")
    if settings.reply_to and not ADDRESS.fullmatch(settings.reply_to):
        yield refused("address", "reply_to")
    if re.search(r"[\x00-\x1f\x7f]", settings.sender_name + settings.user):
        yield refused("control", "sender_name")
    if settings.user and settings.security == Security.NONE:
        yield refused("sign_in_in_clear", "security")
    yield from _check_pace(settings)


def check_secret_again(
    places: Iterable[str],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    is_kept: bool,
    reason: str = "secret_again",
) -> Iterator[Refusal]:
    """A password that is kept was entrusted to one server: another one gets it only when it is typed again.

    Whoever may change the address would else have it sent to an address of their own. ``is_kept``: there is one, and it
    is neither typed anew nor to be forgotten.
    """
    if is_kept and any(old.get(name) != new.get(name) for name in places):
        yield refused(reason, "secret")


def check_sms(settings: SmsSettings) -> Iterator[Refusal]:
    """What is wrong with the figures of a gateway."""
    yield from _check_url(settings.url)
    if settings.method not in ("POST", "GET", "PUT"):
        yield refused("choice", "method")
    if settings.form not in list(SmsBody):
        yield refused("choice", "form")
    for number, line in enumerate(settings.headers.splitlines(), 1):
        if line.strip() and not HEADER.fullmatch(line.strip()):
            yield refused("header", "headers", line=number)
    yield from _check_body(settings)
    if bool(settings.success_path) != bool(settings.success_value):
        yield refused("success", "success_value")
    yield from _check_places(settings)
    yield from _check_pace(settings)


def _check_url(url: str) -> Iterator[Refusal]:
    try:
        parts = urlsplit(url)
        port_is_one = parts.port is None or parts.port > 0
    except ValueError:
        yield refused("url", "url")
        return
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or not port_is_one
        or re.search(r"[^\x21-\x7e]", url)
    ):
        yield refused("url", "url")
    elif parts.username is not None:
        yield refused("url_with_password", "url")


def _check_body(settings: SmsSettings) -> Iterator[Refusal]:
    if settings.form == SmsBody.JSON and settings.method != "GET":
        try:
            readable = isinstance(json.loads(settings.body), dict | list)
        except (ValueError, RecursionError):
            readable = False
        if not readable:
            yield refused("json", "body")
    elif not parse_qsl(settings.body, keep_blank_values=True):
        yield refused("form_body", "body")


def _check_places(settings: SmsSettings) -> Iterator[Refusal]:
    everywhere = settings.url + settings.headers + settings.body
    found = set(PLACE.findall(everywhere))
    for name in sorted(found - SMS_PLACES - {""}):
        yield refused("place", "body", place=name, known=", ".join(sorted(SMS_PLACES)))
    in_message = set(PLACE.findall(settings.url + settings.body))
    for name in ("to", "text"):
        if name not in in_message:
            yield refused("place_missing", "body", place=name)


def _check_pace(settings: MailSettings | SmsSettings) -> Iterator[Refusal]:
    if not 1 <= settings.timeout <= LONGEST_TIMEOUT:
        yield refused("range", "timeout", least=1, most=LONGEST_TIMEOUT)
    if not 1 <= settings.per_minute <= MOST_PER_MINUTE:
        yield refused("range", "per_minute", least=1, most=MOST_PER_MINUTE)
    if not 1 <= settings.most_tries <= MOST_MOST_TRIES:
        yield refused("range", "most_tries", least=1, most=MOST_MOST_TRIES)


def check_contact(email: str, phone: str) -> Iterator[Refusal]:
    """What is wrong with where a member of staff is reached; both may be left empty."""
    if email and (len(email) > LONGEST_ADDRESS or not ADDRESS.fullmatch(email)):
        yield Refusal("staff.refused.email", field="email", status=422)
    if phone and (len(phone) > LONGEST_PHONE or not PHONE.fullmatch(phone)):
        yield Refusal("staff.refused.phone", field="phone", status=422)


def mail_from_url(url: str) -> MailSettings:
    """The mail server of ``BACKOFFICE_SMTP_URL``: ``smtp+starttls://user:password@host:587/?from=desk@example.com``.

    ``smtps`` for TLS from the start, ``smtp`` for none; ``name``, ``reply_to``, ``timeout`` and ``per_minute`` may
    follow. Raises ``ValueError`` where it cannot be read.
    """
    parts = urlsplit(url.strip())
    schemes = {"smtp+starttls": Security.STARTTLS, "smtps": Security.TLS, "smtp": Security.NONE}
    usual = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}
    security = schemes.get(parts.scheme)
    if security is None:
        raise ValueError("scheme")
    said = dict(parse_qsl(parts.query))
    return MailSettings(
        host=parts.hostname or "",
        port=parts.port or usual[security],
        security=security,
        user=unquote(parts.username or ""),
        secret=unquote(parts.password or ""),
        sender=said.get("from", ""),
        sender_name=said.get("name", ""),
        reply_to=said.get("reply_to", ""),
        timeout=int(said.get("timeout", 20)),
        per_minute=int(said.get("per_minute", 60)),
    )


def read(kind: type[Any], kept: Mapping[str, Any]) -> Any:
    """Settings as they are kept; what is not known is left out, what is missing is the usual."""
    known = {one.name for one in fields(kind)}
    return kind(**{name: value for name, value in kept.items() if name in known})


def filled(template: str, values: Mapping[str, str]) -> str:
    """A text with its places filled in one go: a value that holds braces stays as it is."""
    return PLACE.sub(lambda match: values.get(match[1], match[0]), template)


def filled_json(body: str, values: Mapping[str, str]) -> Any:
    """A JSON body with its places filled inside its strings, so that no text can change its form."""
    return _inside(json.loads(body), values)


def _inside(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return filled(value, values)
    if isinstance(value, list):
        return [_inside(item, values) for item in value]
    if isinstance(value, dict):
        return {key: _inside(item, values) for key, item in value.items()}
    return value


def at_path(answer: Any, path: str) -> str | None:
    """What stands in an answer at a path such as ``data.0.status``, as text; None where nothing stands there."""
    for part in path.split("."):
        if isinstance(answer, dict) and part in answer:
            answer = answer[part]
        elif isinstance(answer, list) and part.isascii() and part.isdigit() and int(part) < len(answer):
            answer = answer[int(part)]
        else:
            return None
    if isinstance(answer, bool):
        return "true" if answer else "false"
    return None if isinstance(answer, dict | list) or answer is None else str(answer)
