"""What an office says of itself: its name, time zone, language, phone and the form of its numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from policies.calendar import CalendarError
from policies.calendar_form import read_zone
from policies.message import Refusal
from policies.numbering import refuse_pattern
from policies.reference import LONGEST_NAME, check_choice, check_text, check_whole, refused
from policies.vocabulary import Language

LONGEST_PHONE = 40
PHONE = re.compile(r"[0-9+() -]*", re.ASCII)
SHORTEST_IDLE, LONGEST_IDLE = 5, 480  # minutes after which a session that nobody uses ends


@dataclass(frozen=True)
class OfficeSays:
    """What an administrator says of the office; one name is enough, the other language falls back to it."""

    name_zh: str
    name_en: str
    time_zone: str
    language: str
    service_phone: str = ""
    complaint_number_format: str = "TS{yyyymmdd}-{nnnn}"
    order_number_format: str = "GD{yyyymmdd}-{nnnn}"
    idle_minutes: int | None = 30

    @property
    def names(self) -> tuple[str, str]:
        """The names as they are kept: one that is missing is the other."""
        name_zh, name_en = self.name_zh.strip(), self.name_en.strip()
        return name_zh or name_en, name_en or name_zh


def check_office(says: OfficeSays) -> list[Refusal]:
    """Every fault of what an office says of itself, each beside its field."""
    named = bool(says.name_zh.strip() or says.name_en.strip())
    return [
        *([] if named else [refused("missing", "name_zh")]),
        *check_text("name_zh", says.name_zh, longest=LONGEST_NAME),
        *check_text("name_en", says.name_en, longest=LONGEST_NAME),
        *check_zone(says.time_zone),
        *check_choice("language", says.language, list(Language)),
        *_check_phone(says.service_phone),
        *check_whole("idle_minutes", says.idle_minutes, SHORTEST_IDLE, LONGEST_IDLE),
        *_check_pattern("complaint_number_format", says.complaint_number_format),
        *_check_pattern("order_number_format", says.order_number_format),
    ]


def check_zone(name: str) -> list[Refusal]:
    """A time zone that the tables of the world know."""
    try:
        read_zone(name)
    except CalendarError as fault:
        return [Refusal(fault.refusal.key, fault.refusal.params, "time_zone", 422)]
    return []


def _check_phone(phone: str) -> list[Refusal]:
    if problems := check_text("service_phone", phone, longest=LONGEST_PHONE):
        return problems
    return [] if PHONE.fullmatch(phone.strip()) else [refused("phone", "service_phone")]


def _check_pattern(field: str, pattern: str) -> list[Refusal]:
    return [Refusal(fault.key, fault.params, field, 422) for fault in refuse_pattern(pattern)]
