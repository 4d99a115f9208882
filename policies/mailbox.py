"""The office's mailbox (R1): its figures, checked before they hold, and what a fetch may meet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, unique

from policies.gateways import ADDRESS, HOST, Security, refused
from policies.message import Refusal

LONGEST_ROUND = 120
MOST_MEGABYTES = 50
MOST_MINUTES = 24 * 60
LONGEST_FOLDER = 120
MEGABYTE = 2**20


@unique
class MailboxFault(StrEnum):
    """Why nothing was fetched; a catalogue key, never a text of the other side."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    BROKEN_OFF = "broken_off"
    NO_TLS = "no_tls"
    SIGN_IN = "sign_in"
    NO_FOLDER = "no_folder"
    NONSENSE = "nonsense"
    NO_CHANNEL = "no_channel"
    SETTINGS = "settings"


@dataclass(frozen=True)
class MailboxSettings:
    """The mailbox. ``addresses``: further addresses of the desk's own, whose mail is never a complaint.
    ``done_folder``: where messages go once they are taken in; empty: they stay and are marked as read.
    """

    on: bool = False
    host: str = ""
    port: int = 993
    security: str = Security.TLS
    user: str = ""
    secret: str = ""
    folder: str = "INBOX"
    done_folder: str = ""
    addresses: str = ""
    every: int = 5
    timeout: int = 60
    largest: int = 25

    @property
    def most_bytes(self) -> int:
        """How many bytes a message may have."""
        return self.largest * MEGABYTE

    @property
    def own(self) -> frozenset[str]:
        """The desk's own addresses that these settings know of."""
        said = [*re.split(r"[\s,;，；]+", self.addresses), self.user]
        return frozenset(one.lower() for one in said if "@" in one)


def check_mailbox(settings: MailboxSettings) -> Iterator[Refusal]:
    """What is wrong with the figures of a mailbox."""
    if not HOST.fullmatch(settings.host):
        yield refused("host", "host")
    if not 1 <= settings.port <= 65535:
        yield refused("port", "port")
    if settings.security not in list(Security):
        yield refused("choice", "security")
    if not settings.user or re.search(r"[\x00-\x1f\x7f]", settings.user):
        yield Refusal("mailbox.refused.user", field="user", status=422)
    if settings.security == Security.NONE and settings.host not in ("localhost", "127.0.0.1", "::1", "[::1]"):
        yield refused("sign_in_in_clear", "security")
    yield from _check_places(settings)
    for name, most in (("every", MOST_MINUTES), ("timeout", LONGEST_ROUND), ("largest", MOST_MEGABYTES)):
        if not 1 <= getattr(settings, name) <= most:
            yield refused("range", name, least=1, most=most)


def _check_places(settings: MailboxSettings) -> Iterator[Refusal]:
    for name in ("folder", "done_folder"):
        if re.search(r"[\x00-\x1f\x7f*%]", getattr(settings, name)):
            yield refused("control", name)
    if not settings.folder or settings.folder == settings.done_folder:
        field = "done_folder" if settings.folder else "folder"
        yield Refusal("mailbox.refused.folder", field=field, status=422)
    if any(not ADDRESS.fullmatch(one) for one in re.split(r"[\s,;，；]+", settings.addresses) if one):
        yield refused("address", "addresses")
