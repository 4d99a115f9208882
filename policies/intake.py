"""What an intake record must hold and may say (R2, R4, R9), repeats of a complaint, and its one-line summary.

Completeness is in ``completeness.py``, numbers in ``numbering.py``, severity and priority in ``grading.py``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from policies.completeness import holds_something
from policies.masking import split_phones
from policies.message import Message, Refusal
from policies.vocabulary import ContactWay

REFERRED = "referred"
REPEAT_DAYS = 30
LONGEST_CALL = timedelta(hours=24)
SUMMARY_WIDTH = 80
LONGEST_TEXT = 4000
LONGEST_EXTERNAL_NUMBER = 120
EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]{2,}")
PHONE = re.compile(r"\+?[\d][\d\s().*#-]*(?:(?:转|分机|ext\.?|x)\s*\d{1,6})?", re.IGNORECASE)
REACHED_BY = {
    ContactWay.EMAIL: "email",
    ContactWay.PHONE: "contact_phone",
    ContactWay.SMS: "contact_phone",
    ContactWay.LETTER: "address",
    ContactWay.VISIT: "address",
}


@dataclass(frozen=True)
class IntakeRecord:
    """What is checked of a record as it comes in; texts as typed, moments aware, ``fields`` by the codes of the record.

    ``fields`` holds the texts of customer_name, contact_phone, email, address, what, where, who, why, demand …
    """

    received_at: datetime
    channel_kind: str
    fields: Mapping[str, str] = field(default_factory=dict)
    preferred_contact: ContactWay | None = None
    external_number: str = ""
    occurred_at: datetime | None = None
    bought_on: date | None = None
    call_started_at: datetime | None = None
    call_seconds: int | None = None

    def text(self, code: str) -> str:
        return self.fields.get(code, "").strip()


@dataclass(frozen=True)
class EarlierComplaint:
    """A complaint of the same customer, closed or not: its number, leaf and moment of receipt."""

    number: str
    category: str
    received_at: datetime


@dataclass(frozen=True)
class Repeat:
    """Which complaint of this customer and leaf it is within the days of the rule; the one before it, if any."""

    nth: int
    previous: str | None
    days: int

    @property
    def warning(self) -> Message | None:
        if self.previous is None:
            return None
        params = {"nth": self.nth, "days": self.days, "number": self.previous}
        return Message("intake_rules.repeat.warning", params)


def refuse_record(record: IntakeRecord, now: datetime) -> tuple[Refusal, ...]:
    """Everything in a record that contradicts itself or is missing, each beside its field (R2)."""
    return (*_refuse_times(record, now), *_refuse_call(record, now), *_refuse_contact(record), *_refuse_texts(record))


def repeat_of(
    category: str, received_at: datetime, earlier: Iterable[EarlierComplaint], days: int = REPEAT_DAYS
) -> Repeat:
    """How often this customer complained of this leaf within ``days`` before, closed complaints included (R2, R3)."""
    since = received_at - timedelta(days=days)
    found = sorted(
        (one for one in earlier if one.category == category and since <= one.received_at < received_at),
        key=lambda one: one.received_at,
    )
    return Repeat(len(found) + 1, found[-1].number if found else None, days)


def refuse_merge(number: str, target: str, target_merged: bool, target_archived: bool = False) -> Refusal | None:
    """A complaint is joined to another one that stands by itself: never to itself, to one that was joined, or to one
    that is archived and so takes nothing more in (R4).
    """
    if number == target:
        return _refused("merge.itself", "merged_into")
    if target_merged:
        return _refused("merge.into_merged", "merged_into", number=target)
    if target_archived:
        return _refused("merge.into_archived", "merged_into", number=target)
    return None


def summarise(what: str, width: int = SUMMARY_WIDTH) -> str:
    """One line from what is told: its first sentence, cut at ``width`` columns (Han characters have two)."""
    line = " ".join(what.split())
    sentence = re.match(r".*?(?:[。！？!?；;]|\.(?=\s|$))", line)
    first = (sentence.group(0).rstrip("。.；;") if sentence else line).strip()
    if not holds_something(first):
        first = line
    if text_width(first) <= width:
        return first
    return _cut(first, width - 1).rstrip(" ,，、:：") + "…"


def text_width(text: str) -> int:
    """Columns of a text: two for a wide character, none for a mark that stands on another."""
    return sum(_columns(character) for character in text)


def is_phone(text: str) -> bool:
    """Whether a text can be a phone number, or several: 3 to 20 digits each with the usual signs and an extension."""
    numbers = split_phones(unicodedata.normalize("NFKC", text))
    return bool(numbers) and all(map(_is_number, numbers))


def _is_number(plain: str) -> bool:
    return PHONE.fullmatch(plain) is not None and 3 <= sum(character.isdigit() for character in plain) <= 20


def is_email(text: str) -> bool:
    """Whether a text can be an e-mail address."""
    return len(text) <= 254 and EMAIL.fullmatch(text.strip()) is not None


def _refuse_times(record: IntakeRecord, now: datetime) -> list[Refusal]:
    refusals = []
    if record.received_at > now:
        refusals.append(_refused("received.in_future", "received_at", now=now))
    if record.occurred_at is not None and _minute(record.occurred_at) > _minute(record.received_at):
        refusals.append(_refused("occurred.after_received", "occurred_at", received=record.received_at))
    # The day is the customer's own and the moment is UTC: only what is later in every time zone is refused.
    if record.bought_on is not None and record.bought_on > record.received_at.date() + timedelta(days=1):
        refusals.append(_refused("bought.after_received", "bought_on", received=record.received_at))
    return refusals


def _refuse_call(record: IntakeRecord, now: datetime) -> list[Refusal]:
    refusals = []
    if record.call_started_at is not None and record.call_started_at > now:
        refusals.append(_refused("call.in_future", "call_started_at", now=now))
    if record.call_seconds is not None and record.call_seconds < 0:
        refusals.append(_refused("call.negative", "call_length"))
    elif record.call_seconds is not None and timedelta(seconds=record.call_seconds) > LONGEST_CALL:
        refusals.append(_refused("call.too_long", "call_length"))
    return refusals


def _refuse_contact(record: IntakeRecord) -> list[Refusal]:
    refusals = []
    phone, email = record.text("contact_phone"), record.text("email")
    if phone and not is_phone(phone):
        refusals.append(_refused("phone.unreadable", "contact_phone"))
    if email and not is_email(email):
        refusals.append(_refused("email.unreadable", "email"))
    way = record.preferred_contact
    needed = REACHED_BY.get(way) if way else None
    if way and needed and not record.text(needed):
        refusals.append(_refused(f"contact.{needed}_missing", needed))
    if record.channel_kind == REFERRED and not record.external_number.strip():
        refusals.append(_refused("external_number.missing", "external_number"))
    return refusals


def _refuse_texts(record: IntakeRecord) -> list[Refusal]:
    refusals = []
    if not holds_something(record.text("what")):
        refusals.append(_refused("what.missing", "what"))
    refusals.extend(
        _refused("text.too_long", code, longest=LONGEST_TEXT)
        for code, text in record.fields.items()
        if len(text) > LONGEST_TEXT
    )
    if len(record.external_number.strip()) > LONGEST_EXTERNAL_NUMBER:
        refusals.append(_refused("text.too_long", "external_number", longest=LONGEST_EXTERNAL_NUMBER))
    refusals.extend(_refused("text.control_characters", code) for code, text in record.fields.items() if "\x00" in text)
    return refusals


def _refused(key: str, field_name: str, **params: object) -> Refusal:
    return Refusal(f"intake_rules.{key}", params, field=field_name, status=422)


def _minute(at: datetime) -> datetime:
    """To the minute, as times are typed: a call that began in the minute of receipt began before it."""
    return at.replace(second=0, microsecond=0)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cut(text: str, width: int) -> str:
    used = 0
    for place, character in enumerate(text):
        used += _columns(character)
        if used > width:
            whole = text[:place]
            space = whole.rfind(" ")
            return whole[:space] if space > place * 2 // 3 else whole
    return text
