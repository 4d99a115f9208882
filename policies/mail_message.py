"""An e-mail as it came in (R1): bytes of whatever state read into plain values; what cannot be read is said so.

Nobody answers for what stands in a message: charsets that are named wrongly, headers with raw bytes, encoded words cut
in two, parts within parts without end. Nothing here raises but ``UnreadableError``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import quopri
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import Message as Part
from email.utils import parseaddr, parsedate_to_datetime
from types import MappingProxyType

from policies.mail_text import tidy, words_of_html

MOST_PARTS = 200
MOST_REFERENCES = 20
LONGEST_HEADER, LONGEST_TEXT_PART = 4000, 1_000_000
WORD = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?]*)\?=")
BETWEEN = re.compile(r"(\?=)\s+(=\?)")
MESSAGE_ID = re.compile(r"<([^<>\s]{1,400})>")
SAME_EVERYWHERE = ("message-id", "from", "date", "subject")
# what is written under these names is, in practice, the wider set
WIDER: Mapping[str, str] = MappingProxyType({
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "big5": "big5hkscs",
    "us-ascii": "utf-8", "ascii": "utf-8", "unknown-8bit": "utf-8", "iso-8859-1": "cp1252",
})  # fmt: skip
GUESSES = ("utf-8", "gb18030", "big5hkscs")


class UnreadableError(Exception):
    """No message can be made of these bytes."""


@dataclass(frozen=True)
class MailFile:
    """A file that came with a message, as it names itself."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Incoming:
    """One message. ``digest``: equal for the same message by whatever way it came, and for no other.

    ``headers``: those that rules ask, by their names in small letters, the first of each. ``references``: ids of the
    messages that it answers, the nearest last. ``text``: what it says, quotes included.
    """

    digest: str
    message_id: str
    sender: str
    sender_name: str
    subject: str
    references: tuple[str, ...]
    sent_at: datetime | None
    headers: Mapping[str, str]
    content_type: str
    report_type: str
    text: str
    files: tuple[MailFile, ...]


def read_message(raw: bytes) -> Incoming:
    """The message of these bytes; raises ``UnreadableError`` where there is none."""
    raw = _without_envelope(raw)
    try:
        whole = message_from_bytes(raw)
        headers = _headers(whole)
        texts, pages, files = _contents(whole)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnreadableError(type(error).__name__) from error
    if not headers:
        raise UnreadableError("headers")
    name, address = _sender(headers.get("from", ""))
    text = "\n\n".join(one for one in texts if one.strip()) or "\n\n".join(words_of_html(page) for page in pages)
    return Incoming(
        digest=_digest(raw, headers),
        message_id=next(iter(MESSAGE_ID.findall(headers.get("message-id", ""))), ""),
        sender=address,
        sender_name=name,
        subject=" ".join(headers.get("subject", "").split()),
        references=_references(headers),
        sent_at=_moment(headers.get("date", "")),
        headers=headers,
        content_type=whole.get_content_type(),
        report_type=str(_param(whole, "report-type")).lower(),
        text=tidy(text),
        files=tuple(files),
    )


def decoded(raw: bytes, charset: str = "") -> str:
    """Bytes as text by the charset that they name, else by the likeliest that holds them; nothing is lost silently."""
    named = charset.strip().strip("\"'").partition("*")[0].lower()
    for one in dict.fromkeys((*((WIDER.get(named, named),) if named else ()), *GUESSES)):
        try:
            return raw.decode(one)
        except (UnicodeError, LookupError, ValueError):
            continue
    return raw.decode("utf-8", "replace")


def header_text(value: str) -> str:
    """A header as people read it: encoded words put together and decoded, raw bytes by the likeliest charset."""
    plain = decoded(value.encode("utf-8", "surrogateescape"))[:LONGEST_HEADER]
    plain = BETWEEN.sub(r"\1\2", plain.replace("\r", "").replace("\n", " "))
    found, at, held, charset = [], 0, b"", ""
    for match in WORD.finditer(plain):
        between = plain[at : match.start()]
        content = _word(match[2], match[3])
        if held and (between or match[1].lower() != charset):
            found.append(decoded(held, charset))
            held = b""
        found.append(between)
        held, charset, at = held + content, match[1].lower(), match.end()
    return _printable("".join((*found, decoded(held, charset) if held else "", plain[at:])))


def _word(kind: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if kind in "qQ":
        return quopri.decodestring(raw, header=True)
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except (binascii.Error, ValueError):
        return raw


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text).strip()


def _without_envelope(raw: bytes) -> bytes:
    """Without the line by which a delivery agent separates messages in a file."""
    return raw.partition(b"\n")[2] if raw.startswith(b"From ") else raw


def _headers(whole: Part) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in whole.raw_items():
        key = str(name).lower()
        if key not in found:
            raw = str(value)
            found[key] = raw[:LONGEST_HEADER] if key in ("from", "references", "in-reply-to") else header_text(raw)
    return found


def _sender(value: str) -> tuple[str, str]:
    """Name and address; the name is decoded only after they were told apart, so that no name makes an address."""
    plain = " ".join(decoded(value.encode("utf-8", "surrogateescape")).split())
    try:
        name, address = parseaddr(plain)
    except (ValueError, IndexError, TypeError):
        name, address = "", ""
    return header_text(name)[:120], address.strip() if "@" in address and not re.search(r"\s", address) else ""


def _references(headers: Mapping[str, str]) -> tuple[str, ...]:
    said = f"{headers.get('references', '')} {headers.get('in-reply-to', '')}"
    return tuple(dict.fromkeys(MESSAGE_ID.findall(said)))[-MOST_REFERENCES:]


def _moment(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo is not None else None


def _digest(raw: bytes, headers: Mapping[str, str]) -> str:
    """Over what stays the same on every way: who, when, what about, the body with one kind of line end."""
    plain = raw.replace(b"\r\n", b"\n")
    body = plain.partition(b"\n\n")[2].rstrip(b"\n")
    made = hashlib.sha256()
    for name in SAME_EVERYWHERE:
        made.update(headers.get(name, "").encode("utf-8", "replace") + b"\0")
    made.update(body)
    return made.hexdigest()


def _contents(whole: Part) -> tuple[list[str], list[str], list[MailFile]]:
    texts: list[str] = []
    pages: list[str] = []
    files: list[MailFile] = []
    for number, part in enumerate(_leaves(whole)):
        if number >= MOST_PARTS:
            raise UnreadableError("parts")
        kind, name = part.get_content_type(), _name(part)
        named = bool(name) or str(part.get("Content-Disposition", "")).strip().lower().startswith("attachment")
        if kind in ("text/plain", "text/html") and not named:
            text = decoded(_payload(part)[:LONGEST_TEXT_PART], str(_param(part, "charset")))
            (texts if kind == "text/plain" else pages).append(text)
        elif kind.startswith("message/") and (inner := part.get_payload()) and isinstance(inner, list):
            files.append(
                MailFile(name or "message.eml", b"\n".join(one.as_bytes() for one in inner if isinstance(one, Part)))
            )
        elif content := _payload(part):
            files.append(MailFile(name or f"file.{part.get_content_subtype()}", content))
    return texts, pages, files


def _leaves(whole: Part) -> Iterator[Part]:
    """The parts that hold something, in their order; a message that is attached stays whole."""
    waiting = [whole]
    while waiting:
        part = waiting.pop()
        inner = part.get_payload()
        if isinstance(inner, list) and part.get_content_maintype() != "message":
            waiting.extend(one for one in reversed(inner) if isinstance(one, Part))
        else:
            yield part


def _payload(part: Part) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _name(part: Part) -> str:
    try:
        found = part.get_filename("")
    except (ValueError, LookupError, TypeError):
        return ""
    return header_text(str(found))


def _param(part: Part, name: str) -> str:
    try:
        found = part.get_param(name, "")
    except (ValueError, LookupError, TypeError):
        return ""
    return str(found[2] if isinstance(found, tuple) else found or "")
