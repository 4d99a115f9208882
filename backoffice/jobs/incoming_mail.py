"""Job ``incoming_mail``: fetch what lies in the office's mailbox, every few minutes and when somebody asks (R1).

Each message is kept in a transaction of its own, together with how far the mailbox is read; only then is the mailbox
told. Whoever is stopped in between tells it in the next round, and what comes again is recognised. What cannot be taken
in is put aside and stays where it is: the others go on.
"""

from __future__ import annotations

import logging
import ssl
import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.integrations.mailbox import Lying, Mailbox, MailboxError, opened
from backoffice.integrations.store import StoreError
from backoffice.jobs.running import Taken, Workshop, plan
from backoffice.outage import outage_of
from backoffice.queries import mailbox
from backoffice.sealing import SealError
from backoffice.services import incoming_mail, mailbox_settings
from backoffice.services.core.work import Work
from backoffice.services.incoming_mail import Came, PutAsideError
from policies.access import SYSTEM
from policies.incoming_mail import MailWay, PutAside
from policies.mail_message import Incoming
from policies.mailbox import MailboxFault, MailboxSettings
from policies.message import Message

KIND = "incoming_mail"
PORTION = 50
LEFT = 5.0  # seconds before the end of the talk in which no new message is begun
MARKING = frozenset({MailboxFault.NO_FOLDER, MailboxFault.NONSENSE})

log = logging.getLogger("desk.jobs")


@dataclass
class Fetched:
    """What came of a round."""

    taken: int = 0
    known: int = 0
    aside: int = 0
    fault: str = ""


def slot(session: Session, at: datetime) -> str | None:
    """The round that is due now; None while the mailbox is not to be read."""
    value, _sealed = mailbox.settings_kept(session)
    if not value.get("on") or not value.get("host"):
        return None
    seconds = max(1, int(value.get("every") or 5)) * 60
    return str(int(at.timestamp()) // seconds * seconds)


def ask(shop: Workshop) -> None:
    """Have it fetched as soon as a worker looks; asking twice in a moment is asking once."""
    at = shop.clock.now()
    plan(shop.database, KIND, f"asked-{at:%Y%m%dT%H%M%S}", at)


def fetch(shop: Workshop, _job: Taken) -> None:
    """One round, by the settings that hold now."""
    fetch_round(shop)


def fetch_round(shop: Workshop, context: ssl.SSLContext | None = None) -> Fetched:
    """One round; what stands in its way is written down and is no failure of the job. ``context``: whom TLS trusts."""
    found = Fetched()
    try:
        with shop.database.reading() as session:
            settings = mailbox.settings(session, shop.keys)
            channel = mailbox.channel(session)
    except SealError:
        settings, channel, found.fault = MailboxSettings(), None, MailboxFault.SETTINGS.value
    else:
        if not settings.on or not settings.host:
            return found
        if channel is None:
            found.fault = MailboxFault.NO_CHANNEL.value
    if not found.fault:
        try:
            with opened(settings, context) as box:
                _go_through(shop, settings, box, found)
        except MailboxError as error:
            found.fault = error.fault.value
    at = shop.clock.now()
    with shop.database.writing() as session:
        mailbox_settings.ended(session, at, found.fault)
        incoming_mail.forget_senders(session, at)
    level = logging.WARNING if found.fault else logging.INFO
    log.log(level, "mailbox", extra={"desk": {"taken": found.taken, "aside": found.aside, "fault": found.fault}})
    return found


def _go_through(shop: Workshop, settings: MailboxSettings, box: Mailbox, found: Fetched) -> None:
    end = time.monotonic() + max(settings.timeout - LEFT, settings.timeout / 2)
    with shop.database.writing() as session:
        position = mailbox_settings.begin(session, shop.clock.now(), box.validity, box.next_uid)
    for uid in position.to_mark:
        _mark(shop, settings, box, uid, found)
    again = box.these(position.again[:PORTION])
    for uid in set(position.again[:PORTION]) - {one.uid for one in again}:  # it is no more there
        with shop.database.writing() as session:
            mailbox_settings.taken(session, uid, mark=False)
    now = time.monotonic()  # half of the time is for the messages themselves
    seen = box.lying(position.last + 1, PORTION, unseen_until=position.unseen_until, end=now + (end - now) / 2)
    waiting, done = [*again, *seen.there], 0
    while done < len(waiting) and time.monotonic() < end:
        _one(shop, settings, box, waiting[done], found, position.tries.get(str(waiting[done].uid), 0))
        done += 1
    left = waiting[max(done, len(again)) :]
    until = min(left[0].uid - 1 if left else seen.until, position.unseen_until)
    if until > position.last:  # what was read before the desk came is passed over, as far as it was looked through
        with shop.database.writing() as session:
            mailbox_settings.looked_through(session, until)
    elif waiting and not done:  # neither taken nor looked through: the next round would end here, too
        found.fault = found.fault or MailboxFault.TIMEOUT.value


def _one(shop: Workshop, settings: MailboxSettings, box: Mailbox, one: Lying, found: Fetched, tries: int) -> None:
    at = shop.clock.now()
    place = Came(b"", MailWay.MAILBOX, one.received_at or at, one.uid, box.validity)
    if one.size > settings.most_bytes or tries >= mailbox_settings.MOST_TRIES:
        reason = PutAside.TOO_LARGE if one.size > settings.most_bytes else PutAside.FAULT
        _put_aside(shop, box, place, reason, found)
        return
    with shop.database.writing() as session:
        mailbox_settings.tried(session, one.uid)
    raw = box.message(one.uid)
    came = Came(raw, MailWay.MAILBOX, one.received_at or at, one.uid, box.validity)
    try:
        known = _take_in(shop, came, incoming_mail.read_in(came))
    except PutAsideError as error:
        _put_aside(shop, box, place, error.reason, found)
        return
    except StoreError:
        _not_tried(shop, one.uid)
        raise
    except DomainError as error:
        log.warning("mail refused", extra={"desk": {"why": [refusal.key for refusal in error.refusals]}})
        _put_aside(shop, box, place, PutAside.REFUSED, found)
        return
    except Exception as error:
        if outage_of(error) is not None:
            _not_tried(shop, one.uid)
            raise
        log.exception("mail not taken in", extra={"desk": {"uid": one.uid}})
        _put_aside(shop, box, place, PutAside.FAULT, found)
        return
    found.known, found.taken = found.known + known, found.taken + (not known)
    _mark(shop, settings, box, one.uid, found)


def _not_tried(shop: Workshop, uid: int) -> None:
    with shop.database.writing() as session:
        mailbox_settings.not_tried(session, uid)


def _take_in(shop: Workshop, came: Came, mail: Incoming) -> bool:
    """Keep it and how far the mailbox is read; whether it was here before. Another worker may be quicker, once."""
    for last in (False, True):
        at = shop.clock.now()
        try:
            with shop.database.writing() as session:
                _row, known = incoming_mail.take_in(
                    Work(session, shop.keys, SYSTEM, at, at, shop.files), came, shop.speak or _by_key, mail
                )
                mailbox_settings.taken(session, came.uid or 0, mark=True)
                return known
        except IntegrityError:
            if last:
                raise
    return True


def _put_aside(shop: Workshop, box: Mailbox, came: Came, reason: PutAside, found: Fetched) -> None:
    at = shop.clock.now()
    with shop.database.writing() as session:
        incoming_mail.put_aside(Work(session, shop.keys, SYSTEM, at, at), came, reason)
        mailbox_settings.taken(session, came.uid or 0, mark=False)
    found.aside += 1
    try:
        box.flag(came.uid or 0)
    except MailboxError as error:
        if error.fault not in MARKING:
            raise


def _mark(shop: Workshop, settings: MailboxSettings, box: Mailbox, uid: int, found: Fetched) -> None:
    """Tell the mailbox; where it refuses, what lies there is fetched all the same, and it is tried again next time."""
    try:
        box.mark(uid, settings.done_folder)
    except MailboxError as error:
        if error.fault not in MARKING:
            raise
        found.fault = error.fault.value
        return
    with shop.database.writing() as session:
        mailbox_settings.marked(session, uid)


def _by_key(message: Message, _language: str) -> str:
    return message.key
