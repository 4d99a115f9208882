"""Finds personal data inside free text and masks it (R39): phones, identity and bank cards, e-mails, number plates.

A name cannot be told from other words, so the names that are known (the customer's own) are passed in. Numbers that
only look alike (a date, a complaint's number, an amount) stay readable. The stored text is left as it was.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date

from policies.masking import (
    HIDDEN,
    mask_bank_card,
    mask_email,
    mask_id_card,
    mask_name,
    mask_phone,
    mask_plate,
)

_NOT_INSIDE = r"(?<![\dA-Za-z*])"
_NOT_AFTER = r"(?![\dA-Za-z])"
_GAP = r"[\s.-]?"


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _passes_luhn(digits: str) -> bool:
    """The check digit that payment cards share."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_date(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return digits[:2] in ("19", "20")


def _card(found: re.Match[str]) -> str:
    """A card of 16–19 digits always; one of 13–15 only with a right check digit, since long counters look alike."""
    digits = _digits(found.group())
    if len(digits) < 16 and not (len(digits) >= 13 and _passes_luhn(digits)):
        return found.group()
    return mask_bank_card(digits)


def _birth_inside(found: re.Match[str]) -> str:
    """An old identity card has fifteen digits with the birthday in the middle."""
    return mask_id_card(found.group()) if _is_date("19" + found.group()[6:12]) else found.group()


def _said_number(found: re.Match[str]) -> str:
    """A number of five to eight digits that the text itself calls a phone number."""
    number = found["number"]
    if _is_date(_digits(number)) and "电" not in found["word"]:
        return found.group()
    return found["word"] + mask_phone(number)


def _abroad(found: re.Match[str]) -> str:
    digits = _digits(found.group())
    return mask_phone("+" + digits) if 8 <= len(digits) <= 15 else found.group()


# In this order: what is longer goes first, so that no phone is found inside a card.
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"[\w.+=-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII), lambda found: mask_email(found.group())),
    (
        re.compile(rf"{_NOT_INSIDE}\d{{6}}(?:18|19|20)\d{{2}}[01]\d[0-3]\d{{4}}[\dXx]{_NOT_AFTER}"),
        lambda found: mask_id_card(found.group()),
    ),
    (re.compile(rf"{_NOT_INSIDE}\d{{15}}{_NOT_AFTER}"), _birth_inside),
    (
        re.compile(rf"{_NOT_INSIDE}[A-Z]{{2}}\d{{2}}(?:\s?[A-Z0-9]{{4}}){{2,7}}(?:\s?[A-Z0-9]{{1,3}})?{_NOT_AFTER}"),
        lambda found: mask_bank_card(found.group()),
    ),
    (re.compile(r"(?<!\d)\d(?:[\s-]?\d){12,18}(?!\d)"), _card),
    (re.compile(r"(?<![\d*])\d{3}-\d{2}-\d{4}(?!\d)"), lambda _: f"{HIDDEN}-**-****"),
    (
        re.compile(rf"(?<![\d*])(?:(?:\+|00)?86{_GAP})?0?1[3-9]\d(?:{_GAP}\d){{8}}(?!\d)"),
        lambda found: mask_phone(found.group()),
    ),
    (re.compile(r"(?<!\d)(?:\+|00)[1-9](?:[\s().-]{0,2}\d){7,14}(?!\d)"), _abroad),
    (
        re.compile(
            rf"(?<![\d*])\(?0(?:10|2\d|[3-9]\d{{2}})[)\s-]{{0,2}}[1-9]\d{{2,3}}{_GAP}\d{{4}}(?:(?:转|-|ext\.?\s?)\d{{1,6}})?(?!\d)"
        ),
        lambda found: mask_phone(found.group()),
    ),
    (
        re.compile(r"(?<![\d*])(?:\+\d{1,2}\s)?\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}(?!\d)"),
        lambda found: mask_phone(found.group()),
    ),
    (
        re.compile(
            r"(?P<word>(?:电话|手机|座机|固话|号码|短号|联系方式|phone|tel|mobile)\D{0,6}?)(?P<number>\d(?:[\s-]?\d){4,9})(?!\d)",
            re.IGNORECASE,
        ),
        _said_number,
    ),
    (re.compile(r"[零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]{7,}"), lambda _: HIDDEN),
    (
        re.compile(
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][A-Z][·\s-]?[A-Z0-9]{5,6}(?![A-Z0-9])"
        ),
        lambda found: mask_plate(found.group()),
    ),
)


# What every rule needs at the least: five digits, an e-mail's sign, an account, a spoken number, a plate.
_HOLDS_SOME = re.compile(
    r"@|\d(?:\D*\d){4}|[A-Z]{2}\d{2}|[零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]{7}"
    r"|[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][A-Z]"
)


def mask_text(text: str, names: Iterable[str] = ()) -> str:
    """The text with what identifies a person masked; ``names`` are names known to belong to the customer."""
    text = text.translate(_WIDE_DIGITS)
    for name in sorted({unicodedata.normalize("NFKC", name).strip() for name in names}, key=len, reverse=True):
        if len(name) > 1 and name in text:
            text = text.replace(name, mask_name(name))
    while _HOLDS_SOME.search(text) and (again := _pass(text)) != text:  # what stood beside a finding may be one itself
        text = again
    return text


def _pass(text: str) -> str:
    for pattern, masked in _RULES:
        text = pattern.sub(masked, text)
    return text


_WIDE_DIGITS = {0xFF10 + digit: str(digit) for digit in range(10)} | {
    0xFF0B: "+",
    0xFF20: "@",
    0xFF0D: "-",
    0xFF0E: ".",
}
