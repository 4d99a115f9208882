"""What the columns of a foreign table might hold (R1): by their names in both languages, else by what stands in them.

A suggestion for the person who maps them; nothing is imported by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from rapidfuzz import fuzz

from backoffice.integrations.dates import DateOrder, UnreadableTimeError, read_moment
from policies.intake import EMAIL, is_phone

WORDS = Path(__file__).resolve().parents[1] / "office" / "import_words.yaml"
ALIKE = 84
"""From here on (of 100) a name resembles a word."""
MOSTLY = 0.8
FEWEST_DIGITS = 7
LONG = 12
"""So many characters on average are a story rather than a name."""
_SIGNS = re.compile(r"[\W_]+")
_ANY_ZONE = ZoneInfo("UTC")


@cache
def words() -> Mapping[str, tuple[str, ...]]:
    """What a column can be, each with the words by which it is known."""
    said = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return {target: tuple(_plain(str(word)) for word in known) for target, known in said.items()}


def suggest(header: Sequence[str], rows: Sequence[Sequence[str]], without: Container[int] = ()) -> dict[int, str]:
    """Of each column (by its place) what it might be; nothing twice. ``without``: places of which nothing is said."""
    found: dict[int, str] = {}
    asked = [(place, name) for place, name in enumerate(header) if place not in without]
    merits = sorted(((merit, -place, target) for place, name in asked for target, merit in _named(name)), reverse=True)
    for _merit, place, target in merits:
        if -place not in found and target not in found.values():
            found[-place] = target
    for target, holds in CONTENT.items():
        if target in found.values():
            continue
        for place, _name in asked:
            if place not in found and _mostly(holds, [row[place] for row in rows if place < len(row)]):
                found[place] = target
                break
    return found


def nearest(text: str, named: Iterable[tuple[str, str]]) -> str:
    """The code whose name (pairs of name and code) is this text, resembles it, or alone holds it; else empty."""
    plain, known = _plain(text), [(_plain(name), code) for name, code in named]
    same = [code for other, code in known if code == text or other == plain]
    if same or not plain:
        return same[0] if same else ""
    merit, code = max(((fuzz.ratio(plain, other), code) for other, code in known), default=(0.0, ""))
    if merit >= ALIKE:
        return code
    within = {code for other, code in known if len(plain) > 1 and len(other) > 1 and (plain in other or other in plain)}
    return within.pop() if len(within) == 1 else ""


def _named(name: str) -> list[tuple[str, float]]:
    plain = _plain(name)
    if not plain:
        return []
    merits = ((target, max(fuzz.ratio(plain, word) for word in known)) for target, known in words().items())
    return [(target, merit) for target, merit in merits if merit >= ALIKE]


def _plain(text: str) -> str:
    return _SIGNS.sub("", text).casefold()


def _mostly(holds: Callable[[str], bool], cells: Sequence[str]) -> bool:
    said = [cell.strip() for cell in cells if cell.strip()]
    return bool(said) and sum(map(holds, said)) >= MOSTLY * len(said)


def _is_phone(text: str) -> bool:
    return is_phone(text) and sum(char.isdigit() for char in text) >= FEWEST_DIGITS and "." not in text


def _is_moment(text: str) -> bool:
    try:
        read_moment(text, DateOrder.DAY_FIRST, _ANY_ZONE)
    except UnreadableTimeError:
        return False
    return True


CONTENT: Mapping[str, Callable[[str], bool]] = {
    "received_at": _is_moment,
    "email": lambda text: bool(EMAIL.fullmatch(text)),
    "contact_phone": _is_phone,
    "what": lambda text: len(text) >= LONG and not _is_moment(text) and not text.isdecimal(),
}
