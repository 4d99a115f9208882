"""Numbers of complaints and work orders (R2) by a pattern of the office, such as ``TS{yyyymmdd}-{nnnn}``.

The counter starts at 1 in each slot (a day, a month, a year or for ever, as the pattern's date says); it grows beyond
its width without being cut. Only patterns that can never give the same number twice are accepted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from policies.message import Refusal

DATE_PARTS = {"yyyymmdd": 8, "yyyymm": 6, "yyyy": 4, "mm": 2, "dd": 2}
SLOTS: tuple[frozenset[str], ...] = (
    frozenset(),
    frozenset({"yyyy"}),
    frozenset({"yyyy", "mm"}),
    frozenset({"yyyy", "mm", "dd"}),
)
LONGEST = 32
PIECE = re.compile(r"\{([^{}]*)\}|([^{}]+)|([{}])")
COUNTER = re.compile(r"n{1,9}")
PLAIN = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True)
class ParsedNumber:
    """What a number says: its slot (digits of its date) and its place in it, from 1."""

    slot: str
    place: int


@dataclass(frozen=True)
class NumberPattern:
    """A pattern that ``refuse_pattern`` accepts; ``ValueError`` for any other."""

    text: str

    def __post_init__(self) -> None:
        if refuse_pattern(self.text):
            raise ValueError(f"a number cannot be made by {self.text!r}")

    def slot(self, day: date) -> str:
        """In which the counter runs: the digits of the date that the pattern shows; empty when it shows none."""
        return "".join(_date_text(part, day) for kind, part in _pieces(self.text) if kind == "date")

    def format(self, day: date, place: int) -> str:
        """The number at a place (from 1) of the day's slot."""
        if place < 1:
            raise ValueError("places count from 1")
        made = []
        for kind, part in _pieces(self.text):
            if kind == "date":
                made.append(_date_text(part, day))
            else:
                made.append(str(place).zfill(len(part)) if kind == "counter" else part)
        return "".join(made)

    def of_slot(self, slot: str, place: int) -> str | None:
        """The number at a place of a slot; None for a slot that is not of this pattern."""
        widths = [DATE_PARTS[part] for kind, part in _pieces(self.text) if kind == "date"]
        if len(slot) != sum(widths) or (slot and not slot.isdecimal()):
            return None
        made, at = [], 0
        for kind, part in _pieces(self.text):
            if kind == "date":
                made.append(slot[at : at + DATE_PARTS[part]])
                at += DATE_PARTS[part]
            else:
                made.append(str(place).zfill(len(part)) if kind == "counter" else part)
        return "".join(made)

    def parse(self, number: str) -> ParsedNumber | None:
        """What a number typed by hand says, in any case, with blanks around it; None when not of this pattern."""
        match = re.fullmatch(self._expression(), number.strip(), re.IGNORECASE | re.ASCII)
        if match is None or int(match["place"]) < 1:
            return None
        parts = sorted((name, value) for name, value in match.groupdict().items() if name.startswith("date"))
        return ParsedNumber("".join(value for _, value in parts), int(match["place"]))

    def _expression(self) -> str:
        made = []
        for index, (kind, part) in enumerate(_pieces(self.text)):
            if kind == "date":
                made.append(rf"(?P<date{index:02}>\d{{{DATE_PARTS[part]}}})")
            elif kind == "counter":
                made.append(rf"(?P<place>\d{{{len(part)}}}|[1-9]\d{{{len(part)},}})")
            else:
                made.append(re.escape(part))
        return "".join(made)


def refuse_pattern(text: str, field: str = "number_format") -> tuple[Refusal, ...]:
    """Why a pattern cannot be used: it would not be unique, not readable, or not fit into names of files."""

    def refusal(reason: str, **params: object) -> Refusal:
        return Refusal(f"intake_rules.pattern.{reason}", params, field=field, status=422)

    refusals = []
    pieces = _pieces(text)
    unknown = [part for kind, part in pieces if kind == "unknown"]
    if unknown:
        return (refusal("unknown_place", place=unknown[0]),)
    if sum(kind == "counter" for kind, _ in pieces) != 1:
        refusals.append(refusal("one_counter"))
    shown = [name for kind, part in pieces if kind == "date" for name in _names(part)]
    if frozenset(shown) not in SLOTS or len(set(shown)) != len(shown):
        refusals.append(refusal("date_not_whole"))
    if any(kind == "plain" and not PLAIN.fullmatch(part) for kind, part in pieces):
        refusals.append(refusal("characters"))
    if sum(_width(kind, part) for kind, part in pieces) > LONGEST:
        refusals.append(refusal("too_long", longest=LONGEST))
    return tuple(refusals)


def _pieces(text: str) -> list[tuple[str, str]]:
    pieces = []
    for place, plain, stray in PIECE.findall(text):
        if plain:
            pieces.append(("plain", plain))
        elif place in DATE_PARTS:
            pieces.append(("date", place))
        elif COUNTER.fullmatch(place):
            pieces.append(("counter", place))
        else:
            pieces.append(("unknown", stray or "{" + place + "}"))
    return pieces


def _names(part: str) -> list[str]:
    return {"yyyymmdd": ["yyyy", "mm", "dd"], "yyyymm": ["yyyy", "mm"]}.get(part, [part])


def _width(kind: str, part: str) -> int:
    return DATE_PARTS[part] if kind == "date" else len(part)


def _date_text(part: str, day: date) -> str:
    texts = {"yyyy": f"{day.year:04}", "mm": f"{day.month:02}", "dd": f"{day.day:02}"}
    return "".join(texts[name] for name in _names(part))
