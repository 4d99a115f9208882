"""The office's mail server and SMS gateway (R5): kept with their secrets sealed, changed with a line in the log.

A secret is never given out again: who leaves its field empty keeps it. What the machine's own variables say stands over
this.
"""

from __future__ import annotations

import base64
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.integrations import mail, sms
from backoffice.keys import Keys
from backoffice.models.configuration import Setting
from backoffice.models.office import Staff
from backoffice.queries import delivery
from backoffice.queries.delivery import CONTEXT, SEALED, SETTING
from backoffice.sealing import seal_for_office
from backoffice.services.core import upkeep
from backoffice.services.core.reference import log_change
from policies.access import Actor, Permission, refuse_unless
from policies.delivery import Outcome
from policies.gateways import (
    MAIL_SECRET,
    SMS_SECRET,
    MailSettings,
    SmsSettings,
    check_mail,
    check_secret_again,
    check_sms,
    read,
)
from policies.message import Refusal

SUBJECT = "delivery"
CHANGED = "•••"  # what the log says of a secret, old or new

Settings = MailSettings | SmsSettings


def kept(session: Session, way: str) -> tuple[dict[str, Any], bool]:
    """What the office says of a way, without its secret, and whether it has one; empty where it says nothing."""
    row = session.get(Setting, SETTING[way])
    value = dict(row.value) if row is not None and row.value else {}
    sealed = value.pop(SEALED, None)
    return value, bool(sealed)


def save(
    session: Session, actor: Actor, at: datetime, keys: Keys, way: str, settings: Settings, *, forget: bool = False
) -> None:
    """Keep the settings of a way. An empty secret keeps the one that there is, unless it is to be forgotten;
    where it is to go elsewhere, it is typed again.
    """
    upkeep.begin(session, actor)
    is_mail = isinstance(settings, MailSettings)
    old, had_secret = kept(session, way)
    new = {name: value for name, value in asdict(settings).items() if name != "secret"}
    upkeep.ensure(
        check_mail(settings) if isinstance(settings, MailSettings) else check_sms(settings),
        check_secret_again(
            MAIL_SECRET if is_mail else SMS_SECRET, old, new,
            is_kept=had_secret and not settings.secret and not forget,
            reason="secret_again" if is_mail else "key_again",
        ),
    )  # fmt: skip
    row = session.get(Setting, SETTING[way])
    sealed = (dict(row.value) if row is not None and row.value else {}).get(SEALED)
    if settings.secret:
        sealed = base64.b64encode(seal_for_office(keys, settings.secret, CONTEXT)).decode()
    elif forget:
        sealed = None
    changes: dict[str, tuple[object, object]] = {name: (old.get(name), value) for name, value in new.items()}
    if settings.secret or (forget and had_secret):
        changes["secret"] = (CHANGED if had_secret else None, f"{CHANGED}{CHANGED}" if settings.secret else None)
    value = {**new, **({SEALED: sealed} if sealed else {})}
    if row is None:
        session.add(Setting(key=SETTING[way], value=value))
    else:
        row.value = value
    log_change(session, actor, at, SUBJECT, way, "change", changes)
    upkeep.count_change(session)


def prepare_trial(session: Session, actor: Actor, keys: Keys, way: str) -> tuple[Settings, str]:
    """What a test message to oneself needs: the settings in force and one's own address.

    Raises ``DomainError`` where one is missing.
    """
    if (refusal := refuse_unless(actor, Permission.CONFIGURATION_EDIT)) is not None:
        raise DomainError(refusal)
    sender = delivery.senders(session, keys)[way]
    if not sender.ready:
        raise DomainError(sender.fault or Refusal("delivery.refused.not_set_up", status=409))
    person = session.get(Staff, actor.staff_id or 0)
    to = (person.email if way == "email" else person.phone) if person is not None else ""
    if not to:
        raise DomainError(Refusal(f"delivery.refused.no_own_{way}", status=409))
    return sender.settings, to


def try_out(settings: Settings, to: str, subject: str, text: str, at: datetime) -> Outcome:
    """Send a test message now; nothing is queued, and no transaction is open meanwhile."""
    reference = f"test-{at:%Y%m%d%H%M%S%f}"
    if isinstance(settings, MailSettings):
        return mail.send(settings, mail.Letter(to, subject, text, reference, at))
    return sms.send(settings, sms.ShortMessage(to, text, reference))


def settings_of(way: str, said: dict[str, Any]) -> Settings:
    """Settings from what a form says."""
    settings: Settings = read(MailSettings if way == "email" else SmsSettings, said)
    return settings
