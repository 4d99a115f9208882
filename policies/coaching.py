"""When somebody is coached (R27, R34): from when, until when, why; one time after another for a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from policies.message import Refusal
from policies.reference import check_reason

LONGEST = timedelta(days=366)
FURTHEST_BACK = timedelta(days=92)
FURTHEST_AHEAD = timedelta(days=366)


@dataclass(frozen=True)
class Span:
    """Local days, both included; without an end it runs until somebody ends it."""

    since: date
    until: date | None

    def meets(self, other: Span) -> bool:
        """Whether two times have a day in common."""
        return self.since <= (other.until or date.max) and other.since <= (self.until or date.max)


def check_begin(
    since: date | None, until: date | None, reason: str, taken: Iterable[Span], today: date
) -> list[Refusal]:
    """A day to begin that is neither long past nor far off, an end after it, a reason, and no other at that time."""
    found = check_reason(reason)
    if since is None:
        return [_refused("no_day", "since"), *found]
    if not today - FURTHEST_BACK <= since <= today + FURTHEST_AHEAD:
        found.append(_refused("too_far", "since", first=today - FURTHEST_BACK, last=today + FURTHEST_AHEAD))
    if until is not None:
        found += check_end(since, until)
    meeting = next((one for one in taken if one.meets(Span(since, until))), None)
    if meeting is not None and meeting.until is None:
        found.append(_refused("coached_already", "staff_id", since=meeting.since))
    elif meeting is not None:
        found.append(_refused("coached_until", "since", since=meeting.since, until=meeting.until))
    return found


def check_end(since: date, until: date | None) -> list[Refusal]:
    """The last day is not before the first, and at most a year after it."""
    if until is None:
        return [_refused("no_end", "until")]
    if until < since:
        return [_refused("turned_round", "until", since=since)]
    return [_refused("too_long", "until", days=LONGEST.days)] if until - since > LONGEST else []


def refuse_ending(until: date | None, today: date) -> Refusal | None:
    """What is over is not ended again."""
    return Refusal("coaching.refused.over", {"until": until}) if until is not None and until < today else None


def _refused(key: str, field: str, **params: object) -> Refusal:
    return Refusal(f"coaching.refused.{key}", params, field, 422)
