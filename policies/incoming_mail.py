"""E-mail that comes in (R1): what is no complaint at all, to which complaint an answer belongs, and what becomes of it.

An answer is put to a complaint only where its sender is known to that complaint: neither a number in the subject nor
the id of a message of ours is a secret. Nothing that comes in moves a complaint; what is closed is for a clerk to open.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum, unique

from policies.completeness import holds_something
from policies.intake import LONGEST_TEXT, is_email
from policies.mail_message import Incoming
from policies.mail_text import own_words, phone_in
from policies.mail_words import ABSENT

MOST_FROM_ONE, FLOOD = 20, timedelta(hours=1)
"""Messages that one sender may send in this time; more is a machine that answers a machine."""
MOST_FILES = 20
MOST_NUMBERS = 5
KEPT_SENDERS = timedelta(days=2)
OURS = re.compile(r"message-(\d{1,18})\.(\d{14})@(.+)", re.IGNORECASE)
TOKEN = re.compile(r"[A-Za-z0-9._-]{4,32}")
MACHINES = ("mailer-daemon", "postmaster", "mail-daemon", "maildaemon")
SUPPRESSED = ("all", "oof", "autoreply")
AUTO_HEADERS = ("x-autoreply", "x-autorespond", "x-auto-reply", "x-autoresponder")
BULK = ("bulk", "junk", "list", "auto_reply")


@unique
class MailState(StrEnum):
    """What became of a message that came in."""

    DRAFTED = "drafted"
    ADDED = "added"
    IGNORED = "ignored"
    PUT_ASIDE = "put_aside"
    SETTLED = "settled"


@unique
class MailWay(StrEnum):
    """How a message came into the house: fetched from the mailbox, or handed over by the mail server."""

    MAILBOX = "mailbox"
    DELIVERED = "delivered"


@unique
class Ignored(StrEnum):
    """Why a message is no complaint."""

    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    BULK = "bulk"
    OWN = "own"
    EMPTY = "empty"


@unique
class PutAside(StrEnum):
    """Why a message waits for a person: it stays in the mailbox, and others go on."""

    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    TOO_COMPLICATED = "too_complicated"
    FLOOD = "flood"
    REFUSED = "refused"
    FAULT = "fault"


@unique
class Belongs(StrEnum):
    """What a message that names a complaint becomes; all but the first are drafts, which say why."""

    ADDED = "added"
    CLOSED = "closed"
    REFUSED = "refused"
    STRANGER = "stranger"


def why_ignored(mail: Incoming, own: frozenset[str]) -> Ignored | None:
    """Why a message is no complaint; None for one that a person wrote. ``own``: the desk's addresses, small letters."""
    if is_bounce(mail):
        return Ignored.BOUNCE
    if mail.sender.lower() in own:
        return Ignored.OWN
    if is_auto_reply(mail):
        return Ignored.AUTO_REPLY
    if "list-id" in mail.headers or mail.headers.get("precedence", "").strip().lower() in BULK:
        return Ignored.BULK
    if not holds_something(mail.text) and not holds_something(mail.subject) and not mail.files:
        return Ignored.EMPTY
    return None


def is_bounce(mail: Incoming) -> bool:
    """Whether a mail server says that something did not arrive, or that it was read."""
    path = mail.headers.get("return-path")
    local = mail.sender.rpartition("@")[0].lower()
    return (
        mail.content_type == "multipart/report"
        or mail.report_type in ("delivery-status", "disposition-notification")
        or (path is not None and path.replace(" ", "") in ("<>", ""))
        or "x-failed-recipients" in mail.headers
        or local in MACHINES
    )


def is_auto_reply(mail: Incoming) -> bool:
    """Whether a machine answers for somebody (RFC 3834, and what programs do instead). A subject alone says so only
    where the message answers another: whoever complains of automatic answers writes of their own accord.
    """
    said = mail.headers.get("auto-submitted", "no").split(";")[0].strip().lower()
    suppress = re.split(r"[,;\s]+", mail.headers.get("x-auto-response-suppress", "").lower())
    return (
        said not in ("no", "")
        or any(one in suppress for one in SUPPRESSED)
        or any(name in mail.headers for name in AUTO_HEADERS)
        or (bool(mail.references) and ABSENT.fullmatch(mail.subject) is not None)
    )


def ours(references: Sequence[str], domains: frozenset[str]) -> tuple[tuple[int, str], ...]:
    """Which messages of the desk's own are answered: their ids and when they were made, as their references say."""
    found = [OURS.fullmatch(one) for one in references]
    return tuple((int(one[1]), one[2]) for one in found if one is not None and one[3].lower() in domains)


def numbers_in(subject: str) -> tuple[str, ...]:
    """What in a subject may be a complaint's number, in the form in which numbers are kept."""
    tokens = (token.strip("._-").upper() for token in TOKEN.findall(subject))
    return tuple(dict.fromkeys(one for one in tokens if any(char.isdigit() for char in one)))[:MOST_NUMBERS]


def belongs(*, known: bool, is_open: bool) -> Belongs:
    """What a message becomes that names a complaint. ``known``: the complaint has the sender's address."""
    if not known:
        return Belongs.STRANGER
    return Belongs.ADDED if is_open else Belongs.CLOSED


@dataclass(frozen=True)
class Written:
    """What a message says for the desk: fields of the registration, and whether its text had to be cut."""

    fields: dict[str, str]
    cut: bool


def as_fields(mail: Incoming, notes: Sequence[str], nothing: str) -> Written:
    """The fields that a draft starts with. ``notes`` of the desk's own stand below what the customer wrote;
    ``nothing`` stands for a text where there is none.
    """
    said = "\n\n".join(one for one in (mail.subject, mail.text) if holds_something(one)) or nothing
    below = "".join(f"\n\n※ {note}" for note in notes)[: LONGEST_TEXT // 2]
    room = LONGEST_TEXT - len(below)
    fields = {"what": said[:room] + below}
    if holds_something(mail.sender_name) and "@" not in mail.sender_name:
        fields["customer_name"] = mail.sender_name
    if is_email(mail.sender):
        fields |= {"email": mail.sender, "preferred_contact": "email"}
    if phone := phone_in(own_words(mail.text)):
        fields["contact_phone"] = phone
    return Written(fields, len(said) > room or bool(mail.rest))


def as_addition(mail: Incoming, heading: str, notes: Sequence[str]) -> Written:
    """What is added to a complaint: the sender's own words, under a heading that says whence they come."""
    said = own_words(mail.text) if holds_something(mail.text) else mail.subject
    below = "".join(f"\n\n※ {note}" for note in notes)[: LONGEST_TEXT // 2]
    room = LONGEST_TEXT - len(below) - len(heading) - 2
    return Written({"text": f"{heading}\n\n{said[:room]}{below}"}, len(said) > room or bool(mail.rest))
