"""Which complaints are like the one that is being written (R7, R38): what is looked for, and what is told of the finds.

Words of a text are not alike: "broadband" stands in a third of all complaints, the name of an estate in a few. How many
complaints a word stands in is guessed from a sample; the words that stand in few are looked for each by itself, those
that stand in many only together. How much two texts share decides. What the same customer complained of comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from policies.search import index_words

LEAST_WORDS = 3
"""Fewer words than these stand in too many complaints to say anything."""
MOST_WORDS = 160
LONGEST_TEXT = 600
"""Characters of a text that are looked at: the first sentences say what it is about."""
SAMPLE = 160
"""Complaints of which the words are counted, spread evenly over those that came in of late."""
MOST_RARE = 16
HITS = 3000
"""So many complaints may the words that are looked for singly stand in, all of them counted together."""
TOGETHER, GROUPS = 3, 2
"""Words that stand in more are looked for so many at a time, in so many groups."""
LEAST_SCORE = 30
SAME_CATEGORY = 8
"""What a complaint of the same leaf is like besides its words."""
MOST_SHOWN = 6
RECENT_DAYS = 90
"""Open complaints are shown whenever they came in, closed ones when they came in within these days."""


@dataclass(frozen=True)
class Wanted:
    """What is looked for: any of the ``rare`` words, or all words of one of the groups in ``together``."""

    rare: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Found:
    """A complaint that may be like it: its id, how much of the text it shares (0 to 100), and whose it is."""

    id: int
    score: float
    same_customer: bool = False


def words_of(text: str) -> list[str]:
    """The words of a text that are compared."""
    return index_words(text[:LONGEST_TEXT])


def asked_words(*texts: str) -> tuple[str, ...]:
    """The words that are looked for, each once; none where the first text, what happened, says too little."""
    if not texts or len(words_of(texts[0])) < LEAST_WORDS:
        return ()
    words = (word for text in texts for word in words_of(text) if len(word) > 1)
    return tuple(dict.fromkeys(words))[:MOST_WORDS]


def wanted(words: Sequence[str], seen: Mapping[str, int], sample: int, total: int) -> Wanted:
    """Which of these words are looked for, and how.

    ``seen``: of the ``sample`` complaints that were read, in how many a word stands; ``total``: how many there are.
    """
    counted = sorted(dict.fromkeys(words), key=lambda word: seen.get(word, 0))
    left, rare = float(HITS), list[str]()
    for word in counted[:MOST_RARE]:
        left -= total * max(seen.get(word, 0), 0.5) / max(sample, 1)
        if left < 0 and rare:
            break
        rare.append(word)
    common = [word for word in counted[len(rare) :] if seen.get(word, 0)]
    groups = [tuple(common[start : start + TOGETHER]) for start in range(0, TOGETHER * GROUPS, TOGETHER)]
    return Wanted(tuple(rare), tuple(group for group in groups if len(group) == TOGETHER))


def fts5_matches(what: Wanted) -> tuple[str, ...]:
    """What SQLite's FTS5 is asked: any of the rare words, and any of the groups; nothing where there are none."""
    rare = " OR ".join(f'"{word}"' for word in what.rare)
    groups = " OR ".join("(" + " AND ".join(f'"{word}"' for word in group) + ")" for group in what.together)
    return tuple(asked for asked in (rare, groups) if asked)


def tsqueries(what: Wanted) -> tuple[str, ...]:
    """What PostgreSQL is asked, each as the text of a ``tsquery``."""
    rare = " | ".join(f"'{word}'" for word in what.rare)
    groups = " | ".join("(" + " & ".join(f"'{word}'" for word in group) + ")" for group in what.together)
    return tuple(asked for asked in (rare, groups) if asked)


def likeness(shared: int, written: int, told: int, *, same_category: bool = False) -> float:
    """How much two texts share, 0 to 100: half by the shorter of them, half by both, and a little for the leaf.

    ``shared``, ``written``, ``told``: words of both, of the one and of the other, each counted once.
    """
    if not shared:
        return 0.0
    of_words = 50 * shared * (1 / min(written, told) + 2 / (written + told))
    return min(100.0, of_words + (SAME_CATEGORY if same_category else 0))


def ranked(found: Iterable[Found]) -> list[Found]:
    """The customer's own complaints first, the likest before the rest, the newest of two that are alike first."""
    kept = {one.id: one for one in sorted(found, key=lambda one: one.same_customer)}  # the customer's own takes place
    shown = [one for one in kept.values() if one.same_customer or one.score >= LEAST_SCORE]
    return sorted(shown, key=lambda one: (not one.same_customer, -one.score, -one.id))[:MOST_SHOWN]
