"""Draws that anybody can repeat and nobody can foresee (R27): hash, seed, keys, sizes per stratum, selection.

By ``draw_rules`` of the office's sampling plans. A population is a list of numbers in ascending order of their bytes;
its SHA-256 is taken over the numbers with a line feed between two of them and none at the end. The nonce of the seed
is made after the population is frozen. The sort key of a number is the SHA-256 of seed, "/" and number.

Memory grows with the sample, not with the population: a draw reads its population twice, once to count the strata and
once to keep the lowest keys of each.
"""

from __future__ import annotations

import hashlib
import heapq
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import NamedTuple

METHOD = "sha256-lowest-keys-per-stratum/1"
"""What a draw says of how it was drawn; another way would get another name."""
NONCE_BYTES = 16

Stratum = tuple[str, ...]
"""Codes, in the order of the plan's ``stratify_by``; ``stratum_text`` writes one."""


class Unit(NamedTuple):
    """One line of a population: its number, its stratum, and whether it is inspected in any case (``all_of``)."""

    number: str
    stratum: Stratum
    compulsory: bool = False


class Drawn(NamedTuple):
    """One unit of the result; ``key`` is its sort key."""

    number: str
    stratum: Stratum
    compulsory: bool
    key: str


@dataclass(frozen=True)
class StratumCount:
    """How many units a stratum has, the compulsory ones among them."""

    size: int
    compulsory: int = 0

    @property
    def free(self) -> int:
        """Those that may or may not be drawn."""
        return self.size - self.compulsory


@dataclass(frozen=True)
class SizeRule:
    """How many are drawn: a share of each stratum in percent, or a number over all; at least ``minimum`` of each."""

    share_percent: Fraction | None = None
    number: int | None = None
    minimum: int = 0


class PopulationDigest:
    """The SHA-256 of a population, number by number; one that does not ascend is a ``ValueError``."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._last: bytes | None = None
        self.count = 0

    def add(self, number: str) -> None:
        """The next number, behind all before it in the order of its bytes."""
        raw = number.encode()
        if self._last is not None:
            if raw <= self._last:
                raise ValueError("numbers of a population ascend, each once")
            self._digest.update(b"\n")
        self._digest.update(raw)
        self._last = raw
        self.count += 1

    def hexdigest(self) -> str:
        """What it is so far."""
        return self._digest.hexdigest()


def population_sha256(numbers: Iterable[str]) -> str:
    """The hash of a whole population in ascending order."""
    digest = PopulationDigest()
    for number in numbers:
        digest.add(number)
    return digest.hexdigest()


def seed_of(plan: str, period: str, sequence: int, nonce: str) -> str:
    """The seed of a draw: ``{plan}/{period}/{sequence}/{nonce}``."""
    return f"{plan}/{period}/{sequence}/{nonce}"


def sort_key(seed: str, number: str) -> str:
    """Where a number stands in the order of a draw, 64 hexadecimal digits."""
    return hashlib.sha256(f"{seed}/{number}".encode()).hexdigest()


def stratum_text(stratum: Stratum) -> str:
    """A stratum in one text."""
    return "/".join(stratum)


def sample_sizes(strata: Mapping[Stratum, StratumCount], rule: SizeRule) -> dict[Stratum, int]:
    """How many of each stratum are drawn besides the compulsory ones.

    By share: the larger of the minimum and the share of the whole stratum rounded up. By number: see ``spread``. Never
    more than the stratum has besides its compulsory units, which are all taken and do not count.
    """
    if rule.share_percent is None:
        return spread(strata, rule.number or 0, rule.minimum)
    share = rule.share_percent / 100
    return {stratum: min(max(rule.minimum, ceil(count.size * share)), count.free) for stratum, count in strata.items()}


def spread(strata: Mapping[Stratum, StratumCount], number: int, minimum: int) -> dict[Stratum, int]:
    """A number spread over strata: each gets the minimum first, even when that alone is more than the number.

    What is left is shared out in proportion to what the strata still have; the parts of a unit go to the largest
    remainders, those of equal ones to the stratum that comes first.
    """
    sizes = {stratum: min(minimum, count.free) for stratum, count in strata.items()}
    rest = {stratum: count.free - sizes[stratum] for stratum, count in strata.items()}
    total, left = sum(rest.values()), number - sum(sizes.values())
    if left <= 0 or total == 0:
        return sizes
    left = min(left, total)
    quotas = {stratum: Fraction(left * size, total) for stratum, size in rest.items()}
    for stratum, quota in quotas.items():
        sizes[stratum] += int(quota)
    left -= sum(int(quota) for quota in quotas.values())
    by_remainder = sorted(quotas, key=lambda stratum: (int(quotas[stratum]) - quotas[stratum], stratum))
    for stratum in by_remainder[:left]:
        sizes[stratum] += 1
    return sizes


def count_strata(units: Iterable[Unit]) -> dict[Stratum, StratumCount]:
    """The strata of a population, for tests and for drawing again; grows with the strata alone."""
    sizes: dict[Stratum, list[int]] = {}
    for unit in units:
        count = sizes.setdefault(unit.stratum, [0, 0])
        count[0] += 1
        count[1] += unit.compulsory
    return {stratum: StratumCount(*count) for stratum, count in sorted(sizes.items())}


@dataclass
class Selection:
    """A draw while its population goes by: the lowest keys of each stratum, and every compulsory unit."""

    seed: str
    sizes: Mapping[Stratum, int]
    _lowest: dict[Stratum, list[tuple[int, Drawn]]] = field(default_factory=dict)
    _compulsory: list[Drawn] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._prefix = hashlib.sha256(f"{self.seed}/".encode())

    def add(self, unit: Unit) -> None:
        """One unit of the population, in whatever order."""
        digest = self._prefix.copy()
        digest.update(unit.number.encode())
        key = digest.hexdigest()
        if unit.compulsory:
            self._compulsory.append(Drawn(unit.number, unit.stratum, True, key))
            return
        size = self.sizes.get(unit.stratum, 0)
        if size < 1:
            return
        kept = self._lowest.setdefault(unit.stratum, [])
        place = -int(key, 16)  # a heap gives its lowest: of negatives, the highest key is thrown out
        if len(kept) < size:
            heapq.heappush(kept, (place, Drawn(unit.number, unit.stratum, False, key)))
        elif place > kept[0][0]:
            heapq.heapreplace(kept, (place, Drawn(unit.number, unit.stratum, False, key)))

    def result(self) -> list[Drawn]:
        """What was drawn: stratum after stratum, in each by ascending key, the compulsory ones behind."""
        found = [drawn for kept in self._lowest.values() for _place, drawn in kept]
        return sorted([*found, *self._compulsory], key=lambda one: (one.stratum, one.compulsory, one.key))


def select(units: Iterable[Unit], seed: str, sizes: Mapping[Stratum, int]) -> list[Drawn]:
    """A whole draw at once."""
    selection = Selection(seed, sizes)
    for unit in units:
        selection.add(unit)
    return selection.result()


def result_sha256(result: Sequence[Drawn]) -> str:
    """The hash of a result: its numbers in their order, a line feed between two."""
    return hashlib.sha256("\n".join(drawn.number for drawn in result).encode()).hexdigest()


def draw_mac(key: bytes, body: str) -> bytes:
    """The keyed signature of what a draw says, so that who can write the database cannot make up another."""
    return hmac.digest(key, b"complaint-desk/draw/1\0" + body.encode(), "sha256")
