"""Knowledge (R38): articles and cases, from a draft by one person to a release by another; how a case is anonymised."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique

from policies.completeness import holds_something
from policies.masked_text import mask_text
from policies.masking import HIDDEN, mask_address
from policies.message import Refusal
from policies.search import index_words

LONGEST_TITLE, LONGEST_BODY = 120, 4000
MOST_CATEGORIES = 40
LONGEST_TYPED, MOST_WORDS_ASKED = 2000, 60
LEAST_SHARED = 2
LEAST_LATIN = 4
BESIDE = 5
"""So many articles and cases stand beside a complaint at most."""
LANGUAGES: Mapping[str, str] = {"zh_Hans": "zh", "en": "en"}


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
    traces: Collection[str],
) -> Refusal | None:
    """R38: a second person releases, after looking at the text; a case only while its original can be compared.

    ``writers``: who wrote at it since it was last released; ``gone``: the complaint behind a case is erased;
    ``traces``: what of its customer the text still holds.
    """
    if state is not KnowledgeState.DRAFT:
        return refused("not_draft", status=409)
    if actor is None or actor in writers:
        return refused("own", status=403)
    if gone:
        return refused("erased", status=409)
    if traces:
        return refused("traces", "checked", n=len(traces))
    return None if checked else refused("unchecked", "checked")


# A case shows nobody


@dataclass(frozen=True)
class Customer:
    """What of a complaint says who its customer is: names, numbers, addresses, and its own numbers."""

    names: tuple[str, ...] = ()
    values: tuple[str, ...] = ()

    @property
    def traces(self) -> tuple[str, ...]:
        """Every piece that may not stand in a case, the longest first."""
        found = {one.strip() for one in (*self.names, *self.values)}
        return tuple(sorted((one for one in found if len(one) >= LEAST_TRACE), key=len, reverse=True))


LEAST_TRACE = 2
_STARRED = re.compile(r"[\w.+@-]*\*{2,}[\w.+@*-]*", re.ASCII)
_NUMBERS = re.compile(r"[A-Za-z]{0,4}\d{5,}(?:[-_]\d+)*[A-Za-z]?")
_SEVERAL = re.compile(r"(?:\*{3}[\s-]*){2,}")


def customer_of(record: Mapping[str, object], numbers: Iterable[str]) -> Customer:
    """What a complaint's record says of its customer; ``numbers``: its own and those of its orders."""
    address = str(record.get("address") or "")
    shown = mask_address(address).rstrip("*").strip() if address else ""
    detail = address.removeprefix(shown)
    pieces = [one for one in re.split(r"[\s,;]+", detail) if len(one) >= 3]
    values = [address, detail, *pieces, *(str(record.get(name) or "") for name in ("contact_phone", "email"))]
    elements = record.get("elements")
    if isinstance(elements, Mapping):
        values += [str(one) for one in elements.values() if any(sign.isdigit() for sign in str(one))]
    return Customer((str(record.get("customer_name") or ""),), tuple(one for one in (*values, *numbers) if one))


def anonymised(text: str, customer: Customer) -> str:
    """The text with everything hidden that says who the customer was; of numbers not even the last digits stay."""
    for trace in customer.traces:
        text = text.replace(trace, HIDDEN)
    text = mask_text(text, customer.names)
    text = _STARRED.sub(HIDDEN, text)
    return _SEVERAL.sub(HIDDEN, _NUMBERS.sub(HIDDEN, text))


def traces_in(texts: Iterable[str], customer: Customer) -> list[str]:
    """What of the customer still stands in these texts."""
    whole = "\n".join(texts)
    return [trace for trace in customer.traces if trace in whole]


# Found while a complaint is typed


def words_of(*texts: str) -> frozenset[str]:
    """The words by which it is found: pairs of Chinese characters, and longer words of other scripts."""
    found = (word for text in texts for word in index_words(text))
    return frozenset(word for word in found if len(word) >= (LEAST_LATIN if word.isascii() else 2))


def asked(typed: str) -> list[str]:
    """The words that are looked for of what is typed, so many at most, those that come first."""
    found = (word for word in index_words(typed[:LONGEST_TYPED]))
    kept = (word for word in found if len(word) >= (LEAST_LATIN if word.isascii() else 2))
    return list(dict.fromkeys(kept))[:MOST_WORDS_ASKED]
