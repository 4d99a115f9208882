"""Hours of a day: windows from one local time to another, half-open, and what may be done with them (R24)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from policies.message import Refusal

DAY_SECONDS = 86_400
TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?", re.ASCII)
SHOWN = 60  # characters of a wrong value that a sentence repeats


class Window(NamedTuple):
    """Open (or closed) from ``start`` up to, but not including, ``end``: seconds since local midnight, 0 to 86,400."""

    start: int
    end: int


def check_windows(windows: Iterable[Window]) -> Refusal | None:
    """Why a day's windows cannot be used: outside the day, reversed, empty or overlapping.

    They may come in any order, and one may begin where another ends.
    """
    last_end = 0
    for window in sorted(windows):
        if not (window.start >= 0 and window.end <= DAY_SECONDS):
            return Refusal("clock.fault.window_outside_day", {"window": show_window(window)}, status=422)
        if window.start >= window.end:
            return Refusal("clock.fault.window_reversed", {"window": show_window(window)}, status=422)
        if window.start < last_end:
            return Refusal("clock.fault.window_overlaps", {"window": show_window(window)}, status=422)
        last_end = window.end
    return None


def read_windows(value: object) -> tuple[Window, ...] | Refusal:
    """Windows, in order, from their written form ``[["08:30", "12:00"], ["13:30", "24:00"]]``; ``[]``: closed."""
    if not isinstance(value, list | tuple):
        return Refusal("clock.fault.windows_no_list", {"value": shown(value)}, status=422)
    windows = []
    for pair in value:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            return Refusal("clock.fault.window_no_pair", {"value": shown(pair)}, status=422)
        start, end = read_time(pair[0]), read_time(pair[1])
        for bound, text in ((start, pair[0]), (end, pair[1])):
            if bound is None:
                return Refusal("clock.fault.time_unreadable", {"value": shown(text)}, status=422)
        windows.append(Window(start or 0, end or 0))
    return check_windows(windows) or tuple(sorted(windows))


def read_time(value: object) -> int | None:
    """Seconds since midnight of ``8:30``, ``08:30:15`` or ``24:00``; nothing for what is no time of day."""
    found = TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    second = hours * 3600 + minutes * 60 + seconds
    return second if minutes < 60 and seconds < 60 and second <= DAY_SECONDS else None


def shown(value: object) -> str:
    """A wrong value as a sentence may repeat it: one line, not too long, whatever it is."""
    try:
        text = str(value) if isinstance(value, str | Decimal) else json.dumps(value, ensure_ascii=False, default=str)
    except (RecursionError, ValueError, TypeError):  # nested too deep; a number of too many digits; odd keys
        text = type(value).__name__
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in text[: 4 * SHOWN]).split())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def show_time(second: int) -> str:
    """A second of the day as ``08:30``, with seconds only where there are some."""
    text = f"{second // 3600:02d}:{second // 60 % 60:02d}"
    return f"{text}:{second % 60:02d}" if second % 60 else text


def show_window(window: Window) -> str:
    """A window as ``08:30–12:00``."""
    return f"{show_time(window.start)}–{show_time(window.end)}"


def without(windows: Iterable[Window], closed: Iterable[Window]) -> tuple[Window, ...]:
    """What is left of ``windows`` when ``closed`` is taken out."""
    left = list(windows)
    for hole in closed:
        parts = [
            part
            for start, end in left
            for part in (Window(start, min(end, hole.start)), Window(max(start, hole.end), end))
            if part.start < part.end
        ]
        left = parts
    return tuple(sorted(left))
