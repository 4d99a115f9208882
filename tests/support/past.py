"""The ten told cases as past cases of a replay, and a slow clockwork to check one by: it counts minutes one by one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache

from policies.vocabulary import ClockCode, Severity
from policies.what_if import PastCase, PastClock, Regrading
from tests.support.clocks import told_clocks
from tests.support.told_cases import SHANGHAI, local, office, told

MINUTE = timedelta(minutes=1)


def category_path(leaf):
    """Codes from a leaf up to its trunk, by the office's own tree."""

    def walk(nodes, above):
        for node in nodes:
            here = (node["code"], *above)
            found = here if node["code"] == leaf else walk(node.get("children") or [], here)
            if found:
                return found
        return None

    return walk(office("categories")["categories"], ())


@cache
def past_cases() -> dict[str, PastCase]:
    """Each told case by its code, with its clocks as they were told; extensions are in the told deadline."""
    lines = defaultdict(list)
    for row in told_clocks():
        lines[row["case"]].append(row)
    return {case["code"]: _past(case, lines[case["code"]]) for case in told()}


def _past(case, rows) -> PastCase:
    regraded = ()
    if "regraded_at" in case:
        before = Severity(case["severity_at_registration"])
        path = category_path(case.get("category_at_registration", case["category"]))
        regraded = (Regrading(local(case["regraded_at"]), before, path),)
    clocks = tuple(_clock(number, row) for number, row in enumerate(rows, 1))
    return PastCase(Severity(case["severity"]), category_path(case["category"]), case["channel"], clocks, regraded)


def _clock(number, row) -> PastClock:
    days = row["extended_by_working_days"]
    return PastClock(
        code=ClockCode(row["clock"]),
        occurrence=number,
        started_at=local(row["start"]),
        due_at=local(row["extended_due"] or row["due"]),
        stopped_at=local(row["stopped_at"]),
        met=row["met"] == "true",
        phase=row["phase"] or None,
        extended=(int(days),) if days else (),
    )


# The slow clockwork: no prefix sums, no years, nothing of policies/


@cache
def _open() -> tuple[list[datetime], list[date]]:
    """Every open minute of 2026 (local, naive), and every working day."""
    document, public = office("calendar"), office("public_holidays")
    hours = next(one for one in document["calendars"] if one["code"] == document["deadline_calendar"])
    kinds = {str(day["date"]): day["kind"] for day in public["days"]}
    closed = {}
    for closure in document["own_closures"]:
        if document["deadline_calendar"] in closure["calendars"]:
            closed[str(closure["date"])] = closure["closed"]
    minutes, days = [], []
    day = date(2026, 1, 1)
    while day.year == 2026:
        weekday = day.strftime("%A").lower()
        kind = kinds.get(day.isoformat())
        windows = {"holiday": [], "make_up": hours["make_up_day_hours"]}.get(kind, hours["weekly_hours"][weekday])
        found = [at for at in _minutes(day, windows) if at not in set(_minutes(day, closed.get(day.isoformat(), [])))]
        minutes += found
        days += [day] if found else []
        day += timedelta(days=1)
    return minutes, days


def _minutes(day, windows):
    for first, last in windows:
        start = datetime.fromisoformat(f"{day}T{first}")
        end = datetime.fromisoformat(f"{day}T00:00") + timedelta(days=1) if last == "24:00" else \
            datetime.fromisoformat(f"{day}T{last}")  # fmt: skip
        while start < end:
            yield start
            start += MINUTE


def slow_due(start, amount, unit, resolve=None):
    """When something is due, local and naive; ``resolve``: (start, due, hours or None) of the whole."""
    minutes, days = _open()
    at = bisect_left(minutes, start)
    if unit == "hour":
        return start + timedelta(hours=amount)
    if unit == "working_hour":
        return minutes[at + amount * 60 - 1] + MINUTE
    if unit == "working_day":
        return _closing(days.index(minutes[at].date()) + amount)
    begin, end, hours = resolve
    if hours is not None:
        return start + timedelta(hours=hours) * amount / 100
    whole = bisect_left(minutes, end) - bisect_left(minutes, begin)
    part = int(Fraction(whole * amount, 100) + Fraction(1, 2))
    return min(minutes[at + part - 1] + MINUTE if part else minutes[at], end)


def slow_extended(due, days):
    """A deadline moved by working days: the closing time of the N-th one after its date."""
    return _closing(bisect_right(_open()[1], due.date()) - 1 + days)


def _closing(number):
    minutes, days = _open()
    return (
        minutes[bisect_left(minutes, datetime.combine(days[number] + timedelta(days=1), datetime.min.time())) - 1]
        + MINUTE
    )


def naive(at):
    """A moment as the office's clock shows it, without its zone."""
    return at.astimezone(SHANGHAI).replace(tzinfo=None)
