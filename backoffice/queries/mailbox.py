"""The mailbox as it is set and as it stands (R1): its figures, what came in lately, what waits for a person."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.keys import Keys
from backoffice.models.configuration import Channel, Setting
from backoffice.models.incoming_mail import IncomingMail
from backoffice.queries import delivery
from backoffice.sealing import open_for_office
from policies.gateways import MailSettings, read
from policies.incoming_mail import MailState
from policies.mailbox import MailboxSettings
from policies.vocabulary import EntryWay

SETTING, STATE = "mailbox", "mailbox_state"
LATELY = timedelta(days=7)
MOST_ASIDE, BOUND = 50, 10_000


@dataclass(frozen=True)
class Position:
    """How far the mailbox is read. ``unseen_until``: up to here lay what was there before the desk first looked, of
    which only what is unread is taken; ``to_mark`` and ``again``: uids that are to be marked, or read once more.
    """

    validity: int = 0
    last: int = 0
    unseen_until: int = 0
    to_mark: tuple[int, ...] = ()
    again: tuple[int, ...] = ()
    tries: Mapping[str, int] = field(default_factory=dict)
    at: str = ""
    good_at: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Lately:
    """What came in during the last days: (state, reason) and how many, up to a bound."""

    counts: tuple[tuple[str, str, int], ...]
    newest: datetime | None


def settings_kept(session: Session) -> tuple[dict[str, Any], bytes]:
    """What the office says, without its password, and the password as it is sealed."""
    row = session.get(Setting, SETTING)
    value = dict(row.value) if row is not None and row.value else {}
    sealed = value.pop(delivery.SEALED, None)
    return value, base64.b64decode(sealed) if sealed else b""


def settings(session: Session, keys: Keys) -> MailboxSettings:
    """The settings in force; raises ``SealError`` where the office's key is another."""
    value, sealed = settings_kept(session)
    secret = open_for_office(keys, sealed, delivery.CONTEXT).decode() if sealed else ""
    found: MailboxSettings = read(MailboxSettings, {**value, "secret": secret})
    return found


def own_addresses(session: Session, keys: Keys) -> frozenset[str]:
    """Every address that is the desk's own, in small letters."""
    value, _sealed = settings_kept(session)
    mailbox: MailboxSettings = read(MailboxSettings, value)
    sender = delivery.senders(session, keys)["email"].settings
    sent = {sender.sender, sender.reply_to} if isinstance(sender, MailSettings) else set()
    return mailbox.own | {one.lower() for one in sent if one}


def position(session: Session) -> Position:
    """How far the mailbox is read."""
    row = session.get(Setting, STATE)
    return position_of(row.value if row is not None else {})


def position_of(value: Any) -> Position:
    """The same of what is kept."""
    said = value if isinstance(value, dict) else {}
    lists = {name: tuple(said.get(name) or ()) for name in ("to_mark", "again")}
    plain = {
        name: said[name] for name in ("validity", "last", "unseen_until", "at", "good_at", "fault") if name in said
    }
    return Position(**plain, **lists, tries=dict(said.get("tries") or {}))


def channel(session: Session) -> str | None:
    """The channel of e-mail; None where the office has none in use."""
    mine = sa.select(Channel.code).where(Channel.entry_way == EntryWay.EMAIL.value, Channel.retired_at.is_(None))
    return session.scalar(mine.order_by(Channel.id).limit(1))


def lately(session: Session, at: datetime) -> Lately:
    """What came in during the last days."""
    rows = (
        sa.select(IncomingMail.state, IncomingMail.reason)
        .where(IncomingMail.arrived_at > at - LATELY)
        .order_by(IncomingMail.arrived_at.desc(), IncomingMail.id.desc())
        .limit(BOUND)
        .subquery()
    )
    counted = sa.select(rows.c.state, rows.c.reason, sa.func.count()).group_by(rows.c.state, rows.c.reason)
    counts = tuple((MailState(state).value, reason, count) for state, reason, count in session.execute(counted))
    newest = sa.select(IncomingMail.arrived_at).order_by(IncomingMail.arrived_at.desc(), IncomingMail.id.desc())
    return Lately(tuple(sorted(counts)), session.scalar(newest.limit(1)))


def aside(session: Session) -> list[IncomingMail]:
    """What was put aside and waits for a person, oldest first; at most ``MOST_ASIDE``."""
    mine = sa.select(IncomingMail).where(IncomingMail.state == MailState.PUT_ASIDE)
    return list(session.scalars(mine.order_by(IncomingMail.id).limit(MOST_ASIDE)))
