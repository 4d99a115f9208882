"""The office's mailbox (R1): its settings with the password sealed, how far it is read, and what was put aside."""

from __future__ import annotations

import base64
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.configuration import Setting
from backoffice.models.incoming_mail import IncomingMail
from backoffice.queries import mailbox
from backoffice.queries.delivery import CONTEXT, SEALED
from backoffice.queries.mailbox import SETTING, STATE, Position
from backoffice.sealing import seal_for_office
from backoffice.services.core import upkeep
from backoffice.services.core.reference import log_change
from backoffice.services.core.upkeep import plain
from policies.access import Actor, Permission, refuse_unless
from policies.gateways import MAIL_SECRET, check_secret_again
from policies.incoming_mail import MailState
from policies.mailbox import MailboxSettings, check_mailbox
from policies.message import Refusal

SUBJECT = "mailbox"
CHANGED = "•••"  # what the log says of a password, old or new
MOST_TO_MARK = 500
MOST_TRIES = 3


def save(
    session: Session, actor: Actor, at: datetime, keys: Keys, settings: MailboxSettings, *, forget: bool = False
) -> None:
    """Keep the settings. An empty password keeps the one that there is, unless it is to be forgotten; for another
    server or user it is typed again.
    """
    upkeep.begin(session, actor)
    old, sealed = mailbox.settings_kept(session)
    new = {name: value for name, value in asdict(settings).items() if name != "secret"}
    is_kept = bool(sealed) and not settings.secret and not forget
    upkeep.ensure(check_mailbox(settings), check_secret_again(MAIL_SECRET, old, new, is_kept=is_kept))
    changes: dict[str, tuple[object, object]] = {name: (old.get(name), value) for name, value in new.items()}
    if settings.secret or (forget and sealed):
        changes["secret"] = (CHANGED if sealed else None, f"{CHANGED}{CHANGED}" if settings.secret else None)
    if settings.secret:
        sealed = seal_for_office(keys, settings.secret, CONTEXT)
    elif forget:
        sealed = b""
    value = {**new, **({SEALED: base64.b64encode(sealed).decode()} if sealed else {})}
    row = session.get(Setting, SETTING)
    if row is None:
        session.add(Setting(key=SETTING, value=value))
    else:
        row.value = value
    places = ("host", "user", "folder")
    if any(old.get(name) != new[name] for name in places) and (state := session.get(Setting, STATE)) is not None:
        state.value = {}  # another mailbox is read from its beginning
    log_change(session, actor, at, SUBJECT, SUBJECT, "change", changes)
    upkeep.count_change(session)


def may_fetch(session: Session, actor: Actor, keys: Keys) -> MailboxSettings:
    """The settings in force, for whoever may try them; raises ``DomainError`` where there are none."""
    if (refusal := refuse_unless(actor, Permission.CONFIGURATION_EDIT)) is not None:
        raise DomainError(refusal)
    settings = mailbox.settings(session, keys)
    if not settings.host:
        raise DomainError(Refusal("mailbox.refused.not_set_up"))
    return settings


def begin(session: Session, at: datetime, validity: int, next_uid: int) -> Position:
    """How far the mailbox is read; one that counts anew, or is seen for the first time, from its unread messages."""
    found = _locked(session)
    if found.validity != validity:
        found = Position(validity, 0, next_uid - 1, good_at=found.good_at)
    return _keep(session, replace(found, at=at.isoformat()))


def taken(session: Session, uid: int, *, mark: bool) -> None:
    """A message is kept, in the transaction of the keeping itself; ``mark``: the mailbox is to be told."""
    found = _locked(session)
    to_mark = (*found.to_mark, uid)[-MOST_TO_MARK:] if mark else found.to_mark
    again = tuple(one for one in found.again if one != uid)
    tries = {name: count for name, count in found.tries.items() if name != str(uid)}
    _keep(session, replace(found, last=max(found.last, uid), to_mark=to_mark, again=again, tries=tries))


def looked_through(session: Session, until: int) -> None:
    """Up to this uid nothing more is to be fetched; what lies beyond has not been looked at yet."""
    found = _locked(session)
    _keep(session, replace(found, last=max(found.last, until)))


def marked(session: Session, uid: int) -> None:
    """The mailbox was told."""
    found = _locked(session)
    _keep(session, replace(found, to_mark=tuple(one for one in found.to_mark if one != uid)))


def tried(session: Session, uid: int) -> None:
    """A message is about to be read: counted before it is, in case that nobody lives to tell."""
    found = _locked(session)
    _keep(session, replace(found, tries={**found.tries, str(uid): found.tries.get(str(uid), 0) + 1}))


def not_tried(session: Session, uid: int) -> None:
    """What stood in the way was not the message: an outage, which says nothing of it."""
    found = _locked(session)
    count = found.tries.get(str(uid), 0) - 1
    others = {name: kept for name, kept in found.tries.items() if name != str(uid)}
    _keep(session, replace(found, tries={**others, str(uid): count} if count > 0 else others))


def ended(session: Session, at: datetime, fault: str) -> None:
    """A round is over, with what stood in its way."""
    found = _locked(session)
    good = found.good_at if fault else at.isoformat()
    _keep(session, replace(found, at=at.isoformat(), good_at=good, fault=fault))


def settle(session: Session, actor: Actor, at: datetime, mail_id: int, *, again: bool) -> None:
    """Done with a message that was put aside: by hand, or it is to be read once more; with its line in the log."""
    if (refusal := refuse_unless(actor, Permission.CONFIGURATION_EDIT)) is not None:
        raise DomainError(refusal)
    row = session.get(IncomingMail, mail_id, with_for_update=True)
    if row is None or row.state is not MailState.PUT_ASIDE:
        raise DomainError(Refusal("mailbox.refused.not_aside", status=409 if row is not None else 404))
    found = _locked(session)
    facts = {"uid": (None, row.uid), "arrived_at": (None, plain(row.arrived_at)), "put_aside": (None, row.reason)}
    log_change(session, actor, at, SUBJECT, SUBJECT, "read_again" if again else "see_to", facts)
    if again and row.uid is not None and row.validity == found.validity:
        _keep(session, replace(found, again=tuple(dict.fromkeys((*found.again, row.uid)))[-MOST_TO_MARK:]))
        session.delete(row)
    elif again:
        raise DomainError(Refusal("mailbox.refused.moved"))
    else:
        row.state = MailState.SETTLED


def settings_of(said: dict[str, Any]) -> MailboxSettings:
    """Settings from what a form says."""
    return MailboxSettings(**said)


def _locked(session: Session) -> Position:
    row = session.get(Setting, STATE, with_for_update=True, populate_existing=True)
    return mailbox.position_of(row.value if row is not None else {})


def _keep(session: Session, found: Position) -> Position:
    value = {**asdict(found), "to_mark": list(found.to_mark), "again": list(found.again)}
    session.merge(Setting(key=STATE, value=value))
    session.flush()
    return found
