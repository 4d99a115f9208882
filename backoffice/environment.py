"""What the machine that runs the desk says about sending (R5): variables that stand over the office's own settings.

``BACKOFFICE_SMTP_URL`` is the mail server, ``BACKOFFICE_SMS_URL`` the gateway, whose other figures stand in variables
of their own (``BACKOFFICE_SMS_BODY`` …). What cannot be read is a fault that the pages and ``doctor`` tell; then
nothing is sent by that way.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from policies.gateways import MailSettings, SmsSettings, check_mail, check_sms, mail_from_url, read
from policies.message import Refusal

MAIL, SMS = "BACKOFFICE_SMTP_URL", "BACKOFFICE_SMS_URL"
SMS_MORE = ("method", "headers", "form", "body", "secret", "success_path", "success_value", "timeout", "per_minute")
WHOLE = ("timeout", "per_minute")


def mail(environment: Mapping[str, str] | None = None) -> MailSettings | Refusal | None:
    """The mail server that the machine names; None where it names none."""
    said = os.environ if environment is None else environment
    if not said.get(MAIL):
        return None
    try:
        settings = mail_from_url(said[MAIL])
    except ValueError:
        return Refusal("delivery.refused.environment", {"name": MAIL}, status=422)
    return next(_named(check_mail(settings), MAIL), settings)


def sms(environment: Mapping[str, str] | None = None) -> SmsSettings | Refusal | None:
    """The gateway that the machine names; None where it names none."""
    said = os.environ if environment is None else environment
    if not said.get(SMS):
        return None
    kept: dict[str, Any] = {"url": said[SMS]}
    for name in SMS_MORE:
        if text := said.get(f"BACKOFFICE_SMS_{name.upper()}"):
            if name in WHOLE and not (text.isascii() and text.isdigit() and len(text) < 6):
                return Refusal("delivery.refused.environment", {"name": f"BACKOFFICE_SMS_{name.upper()}"}, status=422)
            kept[name] = int(text) if name in WHOLE else text
    settings: SmsSettings = read(SmsSettings, kept)
    return next(_named(check_sms(settings), SMS), settings)


def _named(refusals: Any, variable: str) -> Any:
    return (Refusal("delivery.refused.environment", {"name": variable}, status=422) for _refusal in refusals)
