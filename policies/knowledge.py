"""Knowledge (R38): articles and cases, from a draft by one person to a release by another."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum, unique

from policies.completeness import holds_something
from policies.message import LANGUAGES, Refusal
from policies.search import index_words

LONGEST_TITLE, LONGEST_BODY = 120, 4000
MOST_CATEGORIES = 40
LONGEST_TYPED, MOST_WORDS_ASKED = 2000, 60
LEAST_SHARED = 2
MOST_PIECES = 12
LEAST_LATIN = 4
BESIDE = 5
"""So many articles and cases stand beside a complaint at most."""
FORM = "form:"
FORM_COUNTS_AGAIN, FORMS_GIVEN_UP = timedelta(days=1), 5
"""Of forms that have not become a complaint so many count in such a while, for each person and article."""
_FORM = re.compile(r"form:[A-Za-z0-9_-]{32}")


@unique
class KnowledgeKind(StrEnum):
    """Something to know, or how one complaint was handled."""

    ARTICLE = "article"
    CASE = "case"


@unique
class KnowledgeState(StrEnum):
    """Where it stands: only what is released is found beside complaints."""

    DRAFT = "draft"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class KnowledgeFacts:
    """An article or a case as it is to be saved. ``valid_from``, ``valid_until``: local days, both within."""

    title_zh: str
    title_en: str
    body_zh: str
    body_en: str
    categories: tuple[str, ...]
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def texts(self) -> dict[str, str]:
        return {name: str(getattr(self, name)).strip() for name in ("title_zh", "title_en", "body_zh", "body_en")}


def refused(reason: str, field: str | None = None, status: int = 422, **params: object) -> Refusal:
    """Why something is not done with an article or a case."""
    return Refusal(f"knowledge.refused.{reason}", params, field, status)


def refused_traces(traces: Collection[str], field: str, *, shown: bool) -> Refusal:
    """What of a customer still stands in a text: the pieces for who may read the complaint, else how many."""
    if not shown:
        return refused("traces", field, n=len(traces))
    return refused("traces_named", field, n=len(traces), pieces=tuple(traces)[:MOST_PIECES])


def check(facts: KnowledgeFacts, known: Collection[str], language: str) -> Iterator[Refusal]:
    """What speaks against saving it. ``known``: the office's leaves; ``language``: the office's own."""
    short = LANGUAGES.get(language, "zh")
    for part, longest in (("title", LONGEST_TITLE), ("body", LONGEST_BODY)):
        if not holds_something(str(getattr(facts, f"{part}_{short}"))):
            yield refused(part, f"{part}_{short}")
        for one in LANGUAGES.values():
            if len(str(getattr(facts, f"{part}_{one}"))) > longest:
                yield refused("long", f"{part}_{one}", most=longest)
    if not facts.categories:
        yield refused("categories", "categories")
    elif len(facts.categories) > MOST_CATEGORIES or set(facts.categories) - set(known):
        yield refused("unknown_category", "categories")
    if facts.valid_from and facts.valid_until and facts.valid_until < facts.valid_from:
        yield refused("validity", "valid_until")


def refuse_release(
    state: KnowledgeState,
    writers: Collection[int | None],
    actor: int | None,
    *,
    checked: bool,
    gone: bool,
    compares: bool,
    traces: Collection[str],
) -> Refusal | None:
    """R38: a second person releases, after looking at the text; a case only while its original can be compared.

    ``writers``: who wrote at it since it was last released; ``gone``: the complaint behind a case is erased;
    ``compares``: whether the actor may read it; ``traces``: what of its customer the text still holds.
    """
    if state is not KnowledgeState.DRAFT:
        return refused("not_draft", status=409)
    if actor is None or actor in writers:
        return refused("own", status=403)
    if gone:
        return refused("erased", status=409)
    if not compares:
        return refused("cannot_compare", status=403)
    if traces:
        return refused_traces(traces, "checked", shown=True)
    return None if checked else refused("unchecked", "checked")


# Found while a complaint is typed


def is_form(place: str) -> bool:
    """Whether a use came from a form of registration: named by the token that each of them bears."""
    return _FORM.fullmatch(place) is not None


def words_of(*texts: str) -> frozenset[str]:
    """The words by which it is found: pairs of Chinese characters, and longer words of other scripts."""
    found = (word for text in texts for word in index_words(text))
    return frozenset(word for word in found if len(word) >= (LEAST_LATIN if word.isascii() else 2))


def asked(typed: str) -> list[str]:
    """The words that are looked for of what is typed, so many at most, those that come first."""
    found = (word for word in index_words(typed[:LONGEST_TYPED]))
    kept = (word for word in found if len(word) >= (LEAST_LATIN if word.isascii() else 2))
    return list(dict.fromkeys(kept))[:MOST_WORDS_ASKED]
