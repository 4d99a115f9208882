"""Known-fault notices (R8): when one may be published or lifted, which fit a complaint, how customers are told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from policies.completeness import holds_something
from policies.gateways import ADDRESS, PHONE
from policies.message import LANGUAGES, Refusal
from policies.search import index_words
from policies.vocabulary import ContactWay
from policies.vocabulary_notice import CallReason, NoticeKind, NoticeState

LONGEST_TITLE, LONGEST_AREA, LONGEST_TEXT, LONGEST_ANSWER = 60, 300, 1000, 200
MOST_CATEGORIES = 40
MOST_OPEN = 50
"""So many notices at most are looked at beside a complaint; more at once would not be read by anybody."""
LONGEST_TYPED = 2000
LEAST_SHARED = 2
"""From so many shared pairs of characters on a notice fits by its words alone."""
LEAST_LATIN = 4
"""Shorter words of a Latin script stand in any text."""


@dataclass(frozen=True)
class NoticeFacts:
    """A notice as it is to be saved. ``tell``: what customers are told meanwhile; moments are aware."""

    kind: NoticeKind
    title_zh: str
    title_en: str
    area: str
    tell_zh: str
    tell_en: str
    categories: tuple[str, ...]
    since: datetime | None
    expected_at: datetime | None


@dataclass(frozen=True)
class LiftFacts:
    """How a notice ends: when, what happened, and of a suggestion the answer to everybody."""

    at: datetime | None
    happened: str
    answer_zh: str = ""
    answer_en: str = ""


def refused(reason: str, field: str | None = None, status: int = 422, **params: object) -> Refusal:
    """Why something is not done with a notice."""
    return Refusal(f"fault_notices.refused.{reason}", params, field, status)


def check(facts: NoticeFacts, known: Collection[str], language: str, now: datetime) -> Iterator[Refusal]:
    """What speaks against saving a notice. ``known``: the office's leaves; ``language``: the one customers get."""
    short = LANGUAGES.get(language, "zh")
    for part in ("title", "tell"):
        if not holds_something(str(getattr(facts, f"{part}_{short}"))):
            yield refused(part, f"{part}_{short}")
    longest = {"title": LONGEST_TITLE, "tell": LONGEST_TEXT}
    for part, most in longest.items():
        for one in LANGUAGES.values():
            if len(str(getattr(facts, f"{part}_{one}"))) > most:
                yield refused("long", f"{part}_{one}", most=most)
    if len(facts.area) > LONGEST_AREA:
        yield refused("long", "area", most=LONGEST_AREA)
    if facts.kind is NoticeKind.KNOWN_FAULT and not holds_something(facts.area):
        yield refused("area", "area")
    yield from _check_categories(facts.categories, known)
    yield from _check_moments(facts, now)


def _check_categories(categories: tuple[str, ...], known: Collection[str]) -> Iterator[Refusal]:
    if not categories:
        yield refused("categories", "categories")
    elif len(categories) > MOST_CATEGORIES:
        yield refused("too_many_categories", "categories", most=MOST_CATEGORIES)
    elif set(categories) - set(known):
        yield refused("unknown_category", "categories")


def _check_moments(facts: NoticeFacts, now: datetime) -> Iterator[Refusal]:
    if facts.since is None:
        yield refused("since", "since")
        return
    if facts.since > now:
        yield refused("since_later", "since")
    if facts.expected_at is not None and facts.expected_at <= facts.since:
        yield refused("expected", "expected_at")


def check_lift(kind: NoticeKind, since: datetime, facts: LiftFacts, language: str, now: datetime) -> Iterator[Refusal]:
    """What speaks against lifting a notice like this."""
    if not holds_something(facts.happened):
        yield refused("happened", "happened")
    elif len(facts.happened) > LONGEST_TEXT:
        yield refused("long", "happened", most=LONGEST_TEXT)
    if facts.at is None:
        yield refused("lifted_at", "lifted_at")
    elif facts.at < since:
        yield refused("lifted_before", "lifted_at")
    elif facts.at > now:
        yield refused("lifted_later", "lifted_at")
    if kind is NoticeKind.SUGGESTION:
        short = LANGUAGES.get(language, "zh")
        if not holds_something(str(getattr(facts, f"answer_{short}"))):
            yield refused("answer", f"answer_{short}")
        for one in LANGUAGES.values():
            if len(str(getattr(facts, f"answer_{one}"))) > LONGEST_ANSWER:
                yield refused("long", f"answer_{one}", most=LONGEST_ANSWER)


def refuse_state(state: NoticeState, seen: int | None, version: int) -> Refusal | None:
    """A lifted notice is not changed, lifted or linked any more; one that somebody else changed is looked at first."""
    if state is NoticeState.LIFTED:
        return refused("lifted", status=409)
    if seen is not None and seen != version:
        return refused("changed_meanwhile", status=409)
    return None


# Which notices fit


@dataclass(frozen=True)
class Open:
    """What matching knows of a notice that is in force."""

    id: int
    categories: frozenset[str]
    words: frozenset[str]
    since: datetime


@dataclass(frozen=True)
class Fit:
    """How well a notice fits: by its category, by so many shared words, or not (yet) at all."""

    id: int
    by_category: bool
    shared: int

    @property
    def fits(self) -> bool:
        return self.by_category or self.shared >= LEAST_SHARED


def words_of(*texts: str) -> frozenset[str]:
    """The words of texts as the search cuts them: pairs of Chinese characters, and longer words of other scripts."""
    found = (word for text in texts for word in index_words(text[:LONGEST_TYPED]))
    return frozenset(word for word in found if len(word) >= (LEAST_LATIN if word.isascii() else 2))


def fitting(notices: Iterable[Open], category: str, typed: str) -> list[Fit]:
    """All of these notices, what fits best first: the category counts most, then shared words, then the newest."""
    words = words_of(typed)
    rows = [(Fit(one.id, category in one.categories, len(words & one.words)), one.since) for one in notices]
    rows.sort(key=lambda row: (row[0].by_category, row[0].shared >= LEAST_SHARED, row[0].shared, row[1]), reverse=True)
    return [fit for fit, _since in rows]


# How a customer is told


@dataclass(frozen=True)
class Telling:
    """By which way a customer is told, to which number or address; or why somebody has to call."""

    way: str = ""
    to: str = ""
    call: CallReason | None = None


BY_MESSAGE: Sequence[tuple[str, str]] = (("sms", "contact_phone"), ("email", "email"))
SPOKEN = frozenset({ContactWay.PHONE.value, ContactWay.VISIT.value, ContactWay.LETTER.value})
REACHES = {"sms": PHONE, "email": ADDRESS}


def telling(preferred: str, record: Mapping[str, str], texts: Collection[str]) -> Telling:
    """The customer's own way where a message can go it; who wishes to be spoken to is called; else what reaches.

    ``texts``: ways for which the office has a text of this occasion. Numbers and addresses that cannot arrive count as
    none.
    """
    if preferred in SPOKEN:
        return Telling(call=CallReason.WISHED)
    ways = sorted(BY_MESSAGE, key=lambda pair: pair[0] != preferred)
    reached = [(way, to) for way, field in ways if REACHES[way].fullmatch(to := record.get(field, ""))]
    if not reached:
        return Telling(call=CallReason.NO_ADDRESS)
    sent = next(((way, to) for way, to in reached if way in texts), None)
    return Telling(*sent) if sent is not None else Telling(call=CallReason.NO_TEXT)
