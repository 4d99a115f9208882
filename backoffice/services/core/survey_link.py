"""The link to the survey (R21): signed, for one complaint, until its call-back is due; sent when it was solved at once.

Who cannot be reached by a message, and who has no text of the office for it, is called as always.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import ClockRow
from backoffice.queries import public_pages
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import messages, signed
from backoffice.services.core.case import Case
from backoffice.services.core.notices import REACHES, SENT_BY
from backoffice.services.core.places import places
from policies.vocabulary import ClockCode, ContactWay, Severity

PURPOSE = "survey"
PATH = "/public/s/"
ID_BYTES, MINUTE_BYTES = 6, 4
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Asked:
    """Of which complaint a link asks, and until when; the minute of the end is still in time."""

    complaint_id: int
    until: datetime


def link(keys: Keys, asked: Asked) -> str:
    """The part of the address that is signed."""
    minutes = int(asked.until.timestamp()) // 60
    content = asked.complaint_id.to_bytes(ID_BYTES, "big") + minutes.to_bytes(MINUTE_BYTES, "big")
    return signed.sign(keys, PURPOSE, content)


def read(keys: Keys, text: str) -> Asked | None:
    """What a link asks; None for one that this office did not send."""
    content = signed.opened(keys, PURPOSE, text)
    if content is None or len(content) != ID_BYTES + MINUTE_BYTES:
        return None
    until = datetime.fromtimestamp(int.from_bytes(content[ID_BYTES:], "big") * 60, UTC)
    return Asked(int.from_bytes(content[:ID_BYTES], "big"), until)


def invite(case: Case) -> None:
    """Send the link to the customer of a general complaint that was solved at first contact, where that is wanted."""
    settings = public_pages.settings(case.work.session)
    if not settings.survey or case.complaint.severity is not Severity.GENERAL:
        return
    until, reached = due(case), _recipient(case)
    if until is None or reached is None:
        return
    way, recipient = reached
    template = messages.template_for(case, "survey", way)
    if template is None:
        return
    address = settings.address.rstrip("/") + PATH + link(case.work.keys, Asked(case.complaint.id, until))
    language = Rulebook(case.work.session).office().language
    try:
        filled = messages.fill(template, {**places(case, {}, language), "survey_link": address}, language)
    except DomainError:
        return  # the text names what is not known of this complaint
    messages.queue(case, filled, recipient)


def due(case: Case) -> datetime | None:
    """Until when a call-back is awaited; None when none is."""
    waiting = (ClockRow.code == ClockCode.CALL_BACK.value, ClockRow.stopped_at.is_(None))
    return case.work.session.scalar(
        sa.select(ClockRow.due_at).where(ClockRow.complaint_id == case.complaint.id, *waiting)
    )


def _recipient(case: Case) -> tuple[str, str] | None:
    """By which way the customer is reached, and where: by e-mail who prefers it, else by SMS, else by e-mail."""
    wanted = ["sms", "email"]
    if case.record.get("preferred_contact") == ContactWay.EMAIL.value:
        wanted.reverse()
    for way in wanted:
        recipient = unicodedata.normalize("NFKC", str(case.record.get(SENT_BY[way]) or "")).strip()
        if REACHES[way].fullmatch(recipient):
            return way, recipient
    return None
