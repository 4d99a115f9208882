"""An e-mail as it came in (R1): bytes of whatever state read into plain values; what cannot be read is said so.

Nobody answers for what stands in a message: charsets that are named wrongly, headers with raw bytes, encoded words cut
in two, parts within parts without end. Nothing here raises but ``UnreadableError``.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import hashlib
import quopri
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.feedparser import BytesFeedParser
from email.message import Message as Part
from email.policy import Compat32
from email.utils import parseaddr, parsedate_to_datetime
from types import MappingProxyType
from typing import Any

from policies.mail_text import tidy, words_of_html

MOST_PARTS, MOST_DEPTH = 200, 20
MOST_HEADERS, MOST_REFERENCES = 1000, 20
LONGEST_HEADER, LONGEST_TEXT_PART = 4000, 1_000_000  # in characters
SHORT = 300
"""Up to here a plain text that names HTML is taken for a hint that it has to be read as such."""
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
NOT_OF_MAIL = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"})


class UnreadableError(Exception):
    """No message can be made of these bytes."""


class TooComplicatedError(UnreadableError):
    """It has more parts, or parts within parts, than a person's mail program makes."""


@dataclass(frozen=True)
class MailFile:
    """A file that came with a message, as it names itself."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Incoming:
    """One message. ``digest``: equal for the same message by whatever way it came, and for no other.

    ``headers``: those that rules ask, by their names in small letters, the first of each. ``references``: ids of the
    messages that it answers, the nearest last. ``text``: what it says, quotes included; ``rest``: what follows, as it
    came, where that was too long to be read whole.
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
    rest: str = ""


def read_message(raw: bytes) -> Incoming:
    """The message of these bytes; raises ``UnreadableError`` where there is none."""
    raw = _without_envelope(raw)
    try:
        whole = _parsed(raw)
        headers = _headers(whole)
        contents = _Contents()
        said = contents.read(whole)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        raise UnreadableError(type(error).__name__) from error
    if not headers:
        raise UnreadableError("headers")
    name, address = _sender(headers.get("from", ""))
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
        text=tidy("\n\n".join(one.words for one in said if one.words.strip())),
        files=tuple(contents.files),
        rest="\n\n".join(one.rest for one in said if one.rest),
    )


def decoded(raw: bytes, charset: str = "") -> str:
    """Bytes as text by the charset that they name, else by the likeliest that holds them; nothing is lost silently."""
    named = charset.strip().strip("\"'").partition("*")[0].lower()
    for one in dict.fromkeys((*((WIDER.get(named, named),) if _is_of_mail(named) else ()), *GUESSES)):
        try:
            return _whole(raw.decode(one))
        except (UnicodeError, LookupError, ValueError):
            continue
    return raw.decode("utf-8", "replace")


def _whole(text: str) -> str:
    """Without halves of characters, which some charsets (UTF-7) can write and nothing can keep."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _as_it_came(value: str) -> bytes:
    """The bytes of a header, which the parser keeps as it found them; what no byte can have been is marked as lost."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return _whole(value).encode()


def _is_of_mail(charset: str) -> bool:
    """Whether texts are written in it: some codecs are made for something else, and slow on what is long."""
    try:
        return bool(charset) and codecs.lookup(charset).name.replace("_", "-") not in NOT_OF_MAIL
    except (LookupError, ValueError, UnicodeError):
        return charset in WIDER


def header_text(value: str) -> str:
    """A header as people read it: encoded words put together and decoded, raw bytes by the likeliest charset."""
    plain = decoded(_as_it_came(value))[:LONGEST_HEADER]
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
        if len(found) == MOST_HEADERS:
            break
        if key not in found:
            raw = str(value)
            found[key] = raw[:LONGEST_HEADER] if key in ("from", "references", "in-reply-to") else header_text(raw)
    return found


def _sender(value: str) -> tuple[str, str]:
    """Name and address; the name is decoded only after they were told apart, so that no name makes an address."""
    plain = " ".join(decoded(_as_it_came(value)).split())
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


class _Bounded(Compat32):
    """Headers no longer than the reading of their parameters bears."""

    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(list(sourcelines))
        return name, value[:LONGEST_HEADER]


class _Part(Part):
    """A part that knows how deep it lies."""

    depth = 0

    def attach(self, payload: Any) -> None:
        payload.depth = self.depth + 1
        if payload.depth > MOST_DEPTH:
            raise TooComplicatedError("depth")
        super().attach(payload)


def _parsed(raw: bytes) -> Part:
    """The message and its parts; raises ``TooComplicatedError`` as soon as there are too many."""
    made = 0

    def part(policy: Any = None) -> _Part:
        nonlocal made
        made += 1
        if made > MOST_PARTS:
            raise TooComplicatedError("parts")
        return _Part(policy=policy)

    parser = BytesFeedParser(part, policy=_Bounded())
    parser.feed(raw)
    return parser.close()


@dataclass(frozen=True)
class _Said:
    """What one part says. ``page``: it was HTML; ``rest``: what was not read of it."""

    words: str
    page: bool
    rest: str = ""


@dataclass
class _Contents:
    """The texts of a message in their order, and the files that come with it."""

    files: list[MailFile] = field(default_factory=list)

    def read(self, part: Part) -> list[_Said]:
        """What a part and the parts in it say; a message that is attached stays whole."""
        inner = part.get_payload()
        if not isinstance(inner, list) or part.get_content_maintype() == "message":
            return self._leaf(part, inner)
        ways = [self.read(one) for one in inner if isinstance(one, Part)]
        return _chosen(ways) if part.get_content_subtype() == "alternative" else [one for way in ways for one in way]

    def _leaf(self, part: Part, inner: object) -> list[_Said]:
        kind, name = part.get_content_type(), _name(part)
        named = bool(name) or str(part.get("Content-Disposition", "")).strip().lower().startswith("attachment")
        if kind in ("text/plain", "text/html") and not named:
            text = decoded(_payload(part), str(_param(part, "charset")))
            begins, rest = text[:LONGEST_TEXT_PART], text[LONGEST_TEXT_PART:]
            page = kind == "text/html"
            return [_Said(words_of_html(begins) if page else begins, page, rest)]
        if kind.startswith("message/") and inner and isinstance(inner, list):
            whole = b"\n".join(one.as_bytes() for one in inner if isinstance(one, Part))
            self.files.append(MailFile(name or "message.eml", whole))
        elif content := _payload(part):
            self.files.append(MailFile(name or f"file.{part.get_content_subtype()}", content))
        return []


def _chosen(ways: Sequence[list[_Said]]) -> list[_Said]:
    """Of several ways to say the same the plain one, unless it says much less or only that there is another."""
    plain = next((way for way in ways if _length(way) and not any(one.page for one in way)), [])
    rich = next((way for way in ways if _length(way) and any(one.page for one in way)), [])
    if not plain or not rich:
        return plain or rich
    hint = _length(plain) <= SHORT and any("html" in one.words.lower() for one in plain)
    return rich if hint or 2 * _length(plain) < _length(rich) else plain


def _length(way: Sequence[_Said]) -> int:
    return sum(len("".join(one.words.split())) for one in way)


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
