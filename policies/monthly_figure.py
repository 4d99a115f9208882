"""Figures from outside, entered month by month (R31, ``source: import``): what may stand in one, and what not.

Numbers are kept as they were meant, to the hundredth; nothing is rounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from policies.indicator import Indicator
from policies.message import Refusal
from policies.vocabulary_appraisal import IndicatorSource, PeriodState

NUMBER = re.compile(r"\d{1,12}(\.\d{1,2})?")
LONGEST_NOTE = 400
MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
EARLIEST, LATEST = 2000, 2200


@dataclass(frozen=True)
class Entered:
    """What somebody typed: a month ("2026-09"), numerator and denominator as text."""

    month: str
    numerator: str
    denominator: str
    note: str = ""


def read_month(text: str | None) -> str | None:
    """A month that makes sense, "2026-09"; None for any other text."""
    found = MONTH.fullmatch((text or "").strip())
    return found[0] if found and EARLIEST <= int(found[1]) <= LATEST else None


def read_number(text: str) -> Decimal | None:
    """A number of nought or more with at most two decimals; spaces and separators of thousands are passed over."""
    plain = re.sub(r"[\s,，]", "", text)
    return Decimal(plain) if plain.isascii() and NUMBER.fullmatch(plain) else None


def shown_number(number: Decimal) -> str:
    """A number as it is kept and shown: without decimals that say nothing."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def refuse_figure(
    indicator: Indicator | None, entered: Entered, state: PeriodState | None, today: date
) -> tuple[Refusal, ...]:
    """Every reason why a figure cannot be kept; ``state``: that of its month, None while nobody opened it."""
    if indicator is None or indicator.source is not IndicatorSource.IMPORT:
        return (_refused("indicator", "indicator"),)
    month = read_month(entered.month)
    if month is None:
        return (_refused("month", "month"),)
    found = []
    if month > f"{today:%Y-%m}":
        found.append(_refused("month_to_come", "month", month=month))
    if state is PeriodState.LOCKED:
        found.append(_refused("month_locked", "month", month=month, status=409))
    return (*found, *_refuse_numbers(indicator, entered))


def _refuse_numbers(indicator: Indicator, entered: Entered) -> list[Refusal]:
    numerator, denominator = read_number(entered.numerator), read_number(entered.denominator)
    found = []
    if numerator is None:
        found.append(_refused("number", "numerator"))
    if denominator is None:
        found.append(_refused("number", "denominator"))
    elif denominator == 0:
        found.append(_refused("nothing", "denominator"))
    elif denominator % 1:
        found.append(_refused("whole", "denominator"))
    if not found and indicator.is_share and numerator is not None and denominator is not None:
        if numerator > denominator:
            found.append(_refused("more_than_all", "numerator"))
        elif numerator % 1:
            found.append(_refused("whole", "numerator"))
    if len(entered.note) > LONGEST_NOTE:
        found.append(_refused("note", "note", longest=LONGEST_NOTE))
    return found


def _refused(why: str, field: str, *, status: int = 422, **params: object) -> Refusal:
    return Refusal(f"monthly_figures.refused.{why}", dict(params), field, status)
