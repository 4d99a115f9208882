"""How many parts a text takes as SMS (3GPP TS 23.038 and 23.040), and how long the office wants one to be (R5).

A text of the GSM alphabet has 160 places, 153 in each of several parts; signs of its extension take two. Any other sign
makes the whole text UCS-2: 70 places, 67 in each of several; a sign beyond the Basic Multilingual Plane takes two,
which no part may tear apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("\f^{}\\[~]|€")


@unique
class Coding(StrEnum):
    """How an SMS is coded."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"

    @property
    def single(self) -> int:
        """Places of a text that goes in one part."""
        return 160 if self is Coding.GSM7 else 70

    @property
    def part(self) -> int:
        """Places of each of several parts."""
        return 153 if self is Coding.GSM7 else 67


@dataclass(frozen=True)
class SmsLength:
    """``characters`` as people count them, ``places`` as the network does, and the parts that it takes."""

    coding: Coding
    characters: int
    places: int
    parts: int

    @property
    def fits(self) -> bool:
        """Whether it goes in one part."""
        return self.parts <= 1


def measure(text: str) -> SmsLength:
    """What a text takes as SMS."""
    coding = Coding.GSM7 if all(sign in GSM or sign in GSM_EXTENDED for sign in text) else Coding.UCS2
    widths = [_width(sign, coding) for sign in text]
    places = sum(widths)
    return SmsLength(coding, len(text), places, 1 if places <= coding.single else _parts(widths, coding.part))


def _width(sign: str, coding: Coding) -> int:
    if coding is Coding.GSM7:
        return 2 if sign in GSM_EXTENDED else 1
    return 2 if ord(sign) > 0xFFFF else 1


def _parts(widths: list[int], room: int) -> int:
    """How many parts when no sign is torn apart."""
    parts, used = 1, 0
    for width in widths:
        if used + width > room:
            parts, used = parts + 1, 0
        used += width
    return parts
