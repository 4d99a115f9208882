"""Which complaints are like the one that is being written (R7, R38): what is looked for, and what is told of the finds.

A text is looked for by pieces of its words, three characters of Chinese or two words: whatever shares one of them is a
candidate, and how much two texts share decides. What the same customer complained of comes first.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from policies.search import index_words

LEAST_WORDS = 3
"""Fewer words than these stand in too many complaints to say anything."""
MOST_PIECES = 20
LONGEST_TEXT = 600
"""Characters of a text that are looked at: the first sentences say what it is about."""
LEAST_SCORE = 30
MOST_SHOWN = 6
RECENT_DAYS = 90
"""Open complaints are shown whenever they came in, closed ones when they came in within these days."""


@dataclass(frozen=True)
class Found:
    """A complaint that may be like it: its id, how much of the text it shares (0 to 100), and whose it is."""

    id: int
    score: float
    same_customer: bool = False


def words_of(text: str) -> list[str]:
    """The words of a text that are compared."""
    return index_words(text[:LONGEST_TEXT])


def pieces(text: str) -> tuple[tuple[str, str], ...]:
    """Pairs of words that follow one another, spread evenly over the text; none for a text that says too little."""
    words = words_of(text)
    if len(words) < LEAST_WORDS:
        return ()
    found = [pair for pair in itertools.pairwise(words) if len(pair[0]) > 1 and len(pair[1]) > 1]
    pairs = list(dict.fromkeys(found))
    step = max(1, -(-len(pairs) // MOST_PIECES))
    return tuple(pairs[::step])


def fts5_match(text: str) -> str:
    """What SQLite's FTS5 is asked: any of the pieces; empty where there is nothing to ask."""
    return " OR ".join(f'"{first} {second}"' for first, second in pieces(text))


def tsquery(text: str) -> str:
    """What PostgreSQL is asked: any of the pieces, as the text of a ``tsquery``; empty where there is none."""
    return " | ".join(f"('{first}' <-> '{second}')" for first, second in pieces(text))


def ranked(found: Iterable[Found]) -> list[Found]:
    """The customer's own complaints first, the likest before the rest, the newest of two that are alike first."""
    kept = {one.id: one for one in sorted(found, key=lambda one: one.same_customer)}  # the customer's own takes place
    shown = [one for one in kept.values() if one.same_customer or one.score >= LEAST_SCORE]
    return sorted(shown, key=lambda one: (not one.same_customer, -one.score, -one.id))[:MOST_SHOWN]
