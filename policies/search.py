"""Words of a text and of a question, the same for both databases (R38): pairs of characters for Chinese, else words.

Chinese has no blanks between words, so a run of its characters is cut into overlapping pairs, and any part of two
characters or more is found as pairs that follow one another. The last character of a run also stands alone, so that
every single character is the beginning of something. What is asked becomes a phrase per group between blanks; all
groups must be there. Only letters and digits reach a database, so no question can be anything but words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from policies.message import Refusal

MOST_WORDS = 12_000  # PostgreSQL counts places in a text up to 16,383
LONGEST_WORD = 64
LONGEST_QUESTION = 200
MOST_GROUPS = 8
PREFIX_FROM = 3


@dataclass(frozen=True)
class Phrase:
    """Words that follow one another; with ``prefix`` the last one may go on."""

    words: tuple[str, ...]
    prefix: bool


def index_words(text: str) -> list[str]:
    """The words of a text in their order, as they stand in the index; a text beyond the bound is cut."""
    words: list[str] = []
    for run, wide in _runs(text):
        words.extend([*_pairs(run), run[-1]] if wide and len(run) > 1 else [run[:LONGEST_WORD]])
        if len(words) >= MOST_WORDS:
            return words[:MOST_WORDS]
    return words


def phrases(question: str) -> tuple[Phrase, ...]:
    """What is asked for; empty when the question holds no letter or digit. Repeated groups count once."""
    groups = (_phrase(list(_runs(group))) for group in question[:LONGEST_QUESTION].split())
    found = [phrase for phrase in groups if phrase is not None]
    return tuple(dict.fromkeys(found))[:MOST_GROUPS]


def refuse_question(question: str) -> Refusal | None:
    """A question needs two characters in a row: a single one stands in nearly every text."""
    asked = phrases(question)
    if any(sum(map(len, phrase.words)) >= 2 for phrase in asked):
        return None
    return Refusal("search.question.too_short", field="q", status=422)


def fts5_match(question: str) -> str:
    """The question for SQLite's FTS5; empty when there is nothing to ask."""
    asked = []
    for phrase in phrases(question):
        quoted = '"' + " ".join(phrase.words) + '"'
        asked.append(quoted + "*" if phrase.prefix else quoted)
    return " AND ".join(asked)


def tsquery(question: str) -> str:
    """The question for PostgreSQL as the text of a ``tsquery``; empty when there is nothing to ask."""
    asked = []
    for phrase in phrases(question):
        words = [f"'{word}'" for word in phrase.words]
        if phrase.prefix:
            words[-1] += ":*"
        asked.append("(" + " <-> ".join(words) + ")")
    return " & ".join(asked)


def fts5_words(text: str) -> str:
    """A text as it is stored in SQLite's index."""
    return " ".join(index_words(text))


def tsvector(text: str) -> str:
    """A text as it is stored in PostgreSQL's index: the text of a ``tsvector``."""
    return vector(index_words(text))


def vector(words: list[str]) -> str:
    """Words in their order as the text of a ``tsvector``."""
    return " ".join(f"'{word}':{place}" for place, word in enumerate(words, start=1))


def _phrase(runs: list[tuple[str, bool]]) -> Phrase | None:
    """One group: its runs follow one another, and a run that another follows ends with its single character."""
    words: list[str] = []
    for place, (run, wide) in enumerate(runs):
        last = place == len(runs) - 1
        if wide and len(run) > 1:
            words.extend(_pairs(run) if last else [*_pairs(run), run[-1]])
        else:
            words.append(run[:LONGEST_WORD])
    if not words:
        return None
    run, wide = runs[-1]
    return Phrase(tuple(words), prefix=len(run) == 1 if wide else len(run) >= PREFIX_FROM)


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Runs of letters and digits, each with whether it is written without blanks (Chinese, Japanese, Korean)."""
    run: list[str] = []
    run_wide = False
    for character in unicodedata.normalize("NFKC", text).casefold():
        if unicodedata.combining(character):
            continue  # a mark over a letter makes no difference to what is found
        if not character.isalnum():
            if run:
                yield "".join(run), run_wide
            run = []
            continue
        wide = unicodedata.east_asian_width(character) in "WF"
        if run and wide != run_wide:
            yield "".join(run), run_wide
            run = []
        run.append(character if wide else _bare(character))
        run_wide = wide
    if run:
        yield "".join(run), run_wide


def _bare(letter: str) -> str:
    """A Latin letter without its marks."""
    if letter.isascii():
        return letter
    base = unicodedata.normalize("NFD", letter)[0]
    return base if base.isascii() and base.isalnum() else letter
