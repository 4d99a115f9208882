"""What tells in a case who its customer was (R38, R39): found however it is written, and taken out.

Texts are compared without blanks, hyphens and other signs, without case and width: ``139 1234 4172`` is
``13912344172``, ``mary smith`` is ``Mary Smith``. Numbers and Latin words count only whole, so that nothing is cut out
of another one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from policies.masked_text import mask_text
from policies.masking import (
    HIDDEN,
    HONORIFICS,
    LATIN_HONORIFICS,
    mask_address,
    normalise_phone,
    split_phones,
)
from policies.masking_words import LATIN_ORGANISATIONS

LEAST_SIGNS, LEAST_LATIN, LEAST_DIGITS = 2, 3, 5
"""What is shorter stands in too many texts to tell anything."""
LONGEST_SHOWN = 40
PASSES = 8
WORDS_TOO = frozenset({
    "art", "bill", "dawn", "faith", "frank", "grace", "hope", "joy", "long", "mark", "may", "pat", "rich", "rob",
    "rose", "sue", "summer", "will", "young",
})  # fmt: skip
"""Names that are words besides: they count where they stand with a capital."""

_STARRED = re.compile(r"[\w.+@-]*\*{2,}[\w.+@*-]*", re.ASCII)
_NUMBERS = re.compile(r"[A-Za-z]{0,4}\d{5,}(?:[-_]\d+)*[A-Za-z]?")
_SEVERAL = re.compile(r"(?:\*{3}[\s-]*){2,}")
_DAYS = re.compile(r"(?:19|20)\d{2}\s?[-/.年]\s?\d{1,2}(?:\s?[-/.月]\s?\d{1,2})?(?!\d)|\d{1,2}[:：]\d{2}(?::\d{2})?")
_ACCOUNTS = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{0,6}[-_]?\d(?:[ _-]?\d){5,}[A-Za-z]?")
_STREETS = re.compile(r"[路街道巷弄村苑园]\s*\d|\d\s*[栋幢室]|小区|社区")
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_ROOMS = re.compile(r"\d{3,}\s*[室号]")
_LATIN_STREET = re.compile(r"[A-Za-z][A-Za-z.'-]*(?: [A-Za-z][A-Za-z.'-]*)+")
_CLAUSES = re.compile(r"[，。；！？\n]")
_BESIDE = re.compile(r"[A-Za-z0-9@.+_-]", re.ASCII)


@dataclass(frozen=True)
class Customer:
    """What of a complaint says who its customer is: names, numbers, addresses, and its own numbers.

    ``words``: single parts of a name in Latin letters, which count as whole words alone.
    """

    names: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def traces(self) -> tuple[str, ...]:
        """Every piece that may not stand in a case, folded, the longest first."""
        found = {folded(one) for one in (*self.names, *self.values, *self.words)}
        return tuple(sorted(filter(_tells, found), key=lambda one: (-len(one), one)))

    def __or__(self, other: Customer) -> Customer:
        """What one or the other says."""
        return Customer(
            tuple(dict.fromkeys((*self.names, *other.names))),
            tuple(dict.fromkeys((*self.values, *other.values))),
            tuple(dict.fromkeys((*self.words, *other.words))),
        )


def folded(text: str) -> str:
    """Its letters and digits alone, without case and width."""
    return _fold(text)[0]


def _fold(text: str) -> tuple[str, list[int]]:
    """The same, and for each sign of it the place in the text where it comes from."""
    signs, places = list[str](), list[int]()
    for place, sign in enumerate(text):
        for one in unicodedata.normalize("NFKD", sign).casefold():
            if one.isalnum():
                signs.append(one)
                places.append(place)
    return "".join(signs), places


def _tells(trace: str) -> bool:
    if trace.isdigit():
        return len(trace) >= LEAST_DIGITS
    return len(trace) >= (LEAST_LATIN if trace.isascii() else LEAST_SIGNS)


# What a complaint says of its customer


def customer_of(record: Mapping[str, object], numbers: Iterable[str]) -> Customer:
    """What a complaint's record says of its customer; ``numbers``: its own and those of its orders."""
    names, words = _names(str(record.get("customer_name") or ""))
    values = [*_address(str(record.get("address") or "")), *_phones(str(record.get("contact_phone") or ""))]
    values.append(str(record.get("email") or ""))
    elements = record.get("elements")
    for one in elements.values() if isinstance(elements, Mapping) else ():
        values += _of_element(str(one))
    return Customer(names, tuple(dict.fromkeys(one for one in (*values, *numbers) if one)), words)


def _names(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ways in which a name may be written, and single words of it."""
    name = unicodedata.normalize("NFKC", name).strip()
    if not name:
        return (), ()
    names = [name]
    title = next((one for one in HONORIFICS if name.endswith(one)), "")
    if title and len(name) - len(title) >= LEAST_SIGNS:
        names.append(name.removesuffix(title))
    parts = re.findall(r"[^\W\d_]+", name)
    if len(parts) > 1 and all(part.isascii() for part in parts):
        names.append(" ".join([parts[-1], *parts[:-1]]))
    elif len(parts) > 1:
        names += [part for part in parts if not part.isascii() and len(part) >= LEAST_SIGNS]
    no_names = LATIN_HONORIFICS | frozenset(LATIN_ORGANISATIONS)
    latin = [part for part in re.findall(r"[^\W\d_]+", name) if _is_latin(part) and part.casefold() not in no_names]
    return tuple(names), tuple(part for part in latin if len(part) >= LEAST_LATIN)


def _is_latin(word: str) -> bool:
    return all("LATIN" in unicodedata.name(sign, "") for sign in word)


def _phones(text: str) -> Iterator[str]:
    """Each number of a field, as it is dialled; one of the fixed network also without its area."""
    for one in split_phones(text):
        number = normalise_phone(one).partition("x")[0].removeprefix("+")
        yield number or one
        line = re.fullmatch(r"0(?:10|2\d|[3-9]\d{2})(\d{7,8})", number)
        if line:
            yield line[1]


def _address(text: str) -> Iterator[str]:
    """What of an address tells more than its district: the whole of it, its streets and its rooms."""
    address = unicodedata.normalize("NFKC", text).strip()
    if not address:
        return
    shown = folded(mask_address(address))
    plain, places = _fold(address)
    if plain == shown:
        return
    detail = address[places[len(shown)] :] if plain.startswith(shown) else address
    yield from (one for one in (address, detail) if len(folded(one)) > LEAST_SIGNS)
    yield from (one for one in _LETTERS.findall(detail) if not one.isascii())
    yield from _ROOMS.findall(detail)
    yield from _LATIN_STREET.findall(detail)


def _of_element(text: str) -> Iterator[str]:
    """What of a dispatch element is a phone, an address or an account; days, speeds and the like are not."""
    plain = _DAYS.sub(" ", unicodedata.normalize("NFKC", text))
    for one in split_phones(plain):
        if len(normalise_phone(one)) > LEAST_DIGITS:
            yield from _phones(one)
    for found in _ACCOUNTS.findall(plain):
        yield found
        yield re.sub(r"\D", "", found)
    if len(plain) <= 2 * LONGEST_SHOWN and _STREETS.search(plain):
        yield from _address(plain)


# Found and taken out


def _spans(text: str, customer: Customer) -> Iterator[tuple[int, int]]:
    """Where something of the customer stands, the longest first; they may overlap."""
    plain, places = _fold(text)
    words = {folded(one) for one in customer.words}
    for trace in customer.traces:
        at = plain.find(trace)
        while at >= 0:
            first, end = places[at], places[at + len(trace) - 1] + 1
            if _whole(text, first, end, trace) and (trace not in words or _is_word(text, first, end, trace)):
                yield first, end
            at = plain.find(trace, at + 1)


def _whole(text: str, first: int, end: int, trace: str) -> bool:
    """Whether a number is not a part of a longer one, nor a Latin word of a longer word."""
    for sign, beside in ((trace[0], text[first - 1 : first]), (trace[-1], text[end : end + 1])):
        if beside and ((sign.isdigit() and beside.isdigit()) or (_latin(sign) and _latin(beside))):
            return False
    return True


def _latin(sign: str) -> bool:
    return sign.isalpha() and _is_latin(unicodedata.normalize("NFKC", sign))


def _is_word(text: str, first: int, end: int, trace: str) -> bool:
    """Whether a single part of a name stands there in one piece, and as a name where it is a word besides."""
    found = text[first:end]
    apart = any(not sign.isalnum() and not unicodedata.combining(sign) for sign in found)
    return not apart and (trace not in WORDS_TOO or not found[0].islower())


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    reached, kept = 0, list[str]()
    for first, end in sorted(spans):
        if first >= reached:
            kept += [text[reached:first], HIDDEN]
        reached = max(reached, end)
    return "".join(kept) + text[reached:]


def anonymised(text: str, customer: Customer) -> str:
    """The text with everything hidden that says who the customer was; of numbers not even the last digits stay."""
    if _masked(text, customer) is not None:
        text = _narrow(text)
    for _again in range(PASSES):  # what stood beside a finding may be one itself
        before = text
        text = mask_text(_without(text, _spans(text, customer)), _han_names(customer))
        text = _SEVERAL.sub(HIDDEN, _NUMBERS.sub(HIDDEN, _STARRED.sub(HIDDEN, text)))
        if text == before:
            break
    return text


def traces_in(texts: Iterable[str], customer: Customer) -> list[str]:
    """What of the customer, or of any person, still stands in these texts, as it is written there."""
    found = dict[str, None]()
    for text in texts:
        spans = sorted(_spans(text, customer), key=lambda one: (one[0], -one[1]))
        reached = 0
        for first, end in spans:
            if end > reached:
                found[text[first:end][:LONGEST_SHOWN]] = None
                reached = end
        rest = _without(text, spans)
        if _masked(rest, customer) is not None:
            found |= dict.fromkeys(_changed(rest, customer))
    return list(found)


def _narrow(text: str) -> str:
    """Wide letters and digits as plain ones; what else is wide (the signs of a Chinese sentence) stays."""
    plain = (unicodedata.normalize("NFKC", sign) for sign in text)
    return "".join(
        one if one.isascii() and len(one) == 1 and (one.isalnum() or one in "+@-._") else sign
        for sign, one in zip(text, plain, strict=True)
    )


def _han_names(customer: Customer) -> list[str]:
    """Names that are no words of an alphabet: those are looked for whole, not within other words."""
    return [name for name in customer.names if not name.isascii()]


def _masked(text: str, customer: Customer) -> str | None:
    """The text as the house masks it; None where it leaves it as it is."""
    plain = _narrow(text)
    masked = mask_text(plain, _han_names(customer))
    return masked if masked != plain else None


def _changed(text: str, customer: Customer) -> Iterator[str]:
    """The pieces that are masked: the middle of each clause, with the number or word around it."""
    some = False
    for clause in _CLAUSES.split(_narrow(text)):
        masked = _masked(clause, customer)
        if masked is not None:
            some = True
            yield _middle(clause, masked)[:LONGEST_SHOWN]
    if not some:
        yield text.strip()[:LONGEST_SHOWN]


def _middle(plain: str, masked: str) -> str:
    """What of a clause is not the same when it is masked."""
    first = next((n for n, (one, other) in enumerate(zip(plain, masked, strict=False)) if one != other), len(masked))
    end = len(plain)
    shortest = min(len(plain), len(masked)) - first
    same = next((n for n in range(shortest) if plain[-1 - n] != masked[-1 - n]), max(shortest, 0))
    end -= same
    while first > 0 and _BESIDE.match(plain[first - 1]):
        first -= 1
    while end < len(plain) and _BESIDE.match(plain[end]):
        end += 1
    return plain[first:end].strip() or plain.strip()
