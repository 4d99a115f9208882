"""By what the office sends (R5): the machine's own settings, else the office's; secrets are opened only here."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice import environment
from backoffice.keys import Keys
from backoffice.models.configuration import Setting
from backoffice.sealing import SealError, open_for_office
from policies.gateways import MailSettings, SmsSettings, read
from policies.message import Refusal

SETTING = {"email": "delivery_email", "sms": "delivery_sms"}
SEALED = "secret_sealed"
CONTEXT = "delivery-secret"


@unique
class Source(StrEnum):
    """Where the settings of a way come from."""

    NONE = "none"
    OFFICE = "office"
    ENVIRONMENT = "environment"


@dataclass(frozen=True)
class Sender:
    """One way out of the office: its settings, or why there are none."""

    source: Source
    settings: Any = None
    fault: Refusal | None = None

    @property
    def ready(self) -> bool:
        return self.settings is not None


def senders(session: Session, keys: Keys) -> dict[str, Sender]:
    """Way → its sender; a way that is not set up has none, and its messages wait."""
    named = {"email": environment.mail(), "sms": environment.sms()}
    kept = dict(session.execute(sa.select(Setting.key, Setting.value).where(Setting.key.in_(SETTING.values()))).all())
    return {way: _sender(named[way], way, kept.get(SETTING[way]), keys) for way in SETTING}


def _sender(named: Any, way: str, kept: Any, keys: Keys) -> Sender:
    if isinstance(named, Refusal):
        return Sender(Source.ENVIRONMENT, fault=named)
    if named is not None:
        return Sender(Source.ENVIRONMENT, named)
    if not kept:
        return Sender(Source.NONE)
    try:
        return Sender(Source.OFFICE, opened(way, kept, keys))
    except SealError as error:
        return Sender(Source.OFFICE, fault=error.refusals[0])


def opened(way: str, kept: dict[str, Any], keys: Keys) -> MailSettings | SmsSettings:
    """Settings as they are kept, with their secret opened; raises ``SealError`` where the office's key is another."""
    sealed = kept.get(SEALED)
    secret = open_for_office(keys, base64.b64decode(sealed), CONTEXT).decode() if sealed else ""
    settings: MailSettings | SmsSettings = read(
        MailSettings if way == "email" else SmsSettings, {**kept, "secret": secret}
    )
    return settings
