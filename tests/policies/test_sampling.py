"""R27: a draw can be repeated by anybody and foreseen by nobody; the worked example is the office's own."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from policies.sampling import (
    PopulationDigest,
    Selection,
    SizeRule,
    StratumCount,
    Unit,
    count_strata,
    draw_mac,
    population_sha256,
    sample_sizes,
    seed_of,
    select,
    sort_key,
    spread,
)

OFFICE = yaml.safe_load((Path(__file__).parents[2] / "backoffice/office/sampling.yaml").read_text())
EXAMPLE = OFFICE["draw_rules"]["worked_example"]
SHARE = SizeRule(Fraction(5), minimum=3)


def units(numbers, stratum=("S016",), compulsory=()):
    return [Unit(number, stratum, number in compulsory) for number in numbers]


def test_R27_the_population_of_the_worked_example_has_the_hash_that_the_office_says():
    assert population_sha256(EXAMPLE["population"]) == EXAMPLE["population_sha256"]


def test_R27_the_worked_example_draws_the_three_that_the_office_says():
    population = units(EXAMPLE["population"])
    sizes = sample_sizes(count_strata(population), SHARE)
    assert sizes == {("S016",): EXAMPLE["n"]}
    assert [drawn.number for drawn in select(population, EXAMPLE["seed"], sizes)] == EXAMPLE["drawn"]


def test_R27_the_seed_is_plan_period_sequence_and_nonce():
    assert seed_of("monthly_regular", "2026-09", 1, "7f3a91c2") == EXAMPLE["seed"]


def test_R27_the_key_is_the_hash_of_seed_stroke_number():
    key = hashlib.sha256(f"{EXAMPLE['seed']}/TS20260916-0008".encode()).hexdigest()
    assert sort_key(EXAMPLE["seed"], "TS20260916-0008") == key


@pytest.mark.parametrize("numbers", [["TS2", "TS1"], ["TS1", "TS1"], ["TS1", "TS１", "TS2"]])
def test_R27_a_population_that_does_not_ascend_is_none(numbers):
    with pytest.raises(ValueError, match="ascend"):
        population_sha256(numbers)


def test_R27_an_empty_population_has_the_hash_of_nothing():
    assert PopulationDigest().hexdigest() == hashlib.sha256(b"").hexdigest()
    assert select([], "s", {}) == []


# size of the stratum, compulsory units in it, share in percent, minimum → how many are drawn besides
SIZES = [
    (12, 0, "5", 3, 3),  # 0.6 rounded up is 1; the minimum is 3
    (60, 0, "5", 3, 3),  # exactly 3
    (61, 0, "5", 3, 4),  # 3.05 rounded up
    (200, 0, "5", 3, 10),
    (2, 0, "5", 3, 2),  # fewer than three: all of them
    (0, 0, "5", 3, 0),
    (100, 4, "5", 3, 5),  # all major and all unsatisfied on top of the share
    (100, 98, "5", 3, 2),  # never more than the stratum has besides
    (3, 3, "5", 3, 0),
    (1000, 0, "0.1", 0, 1),
    (1000, 0, "100", 0, 1000),
    (7, 0, "33.34", 0, 3),  # 2.3338 rounded up
]


@pytest.mark.parametrize(("size", "compulsory", "share", "minimum", "n"), SIZES)
def test_R27_n_is_the_minimum_or_the_share_rounded_up(size, compulsory, share, minimum, n):
    strata = {("a",): StratumCount(size, compulsory)}
    assert sample_sizes(strata, SizeRule(Fraction(share), minimum=minimum)) == {("a",): n}


# number, minimum, sizes of the strata → drawn of each
SPREADS = [
    (10, 2, [50, 30, 20], [4, 3, 3]),  # 2 each; the 4 left as 4 × 48:28:18 / 94 = 2.04, 1.19, 0.77
    (10, 2, [1, 100], [1, 9]),
    (10, 2, [3, 3], [3, 3]),  # no more than there are
    (10, 2, [9] * 8, [2] * 8),  # the minimum goes first
    (3, 0, [10, 10], [2, 1]),  # equal remainders: the stratum that comes first
    (10, 0, [0, 40], [0, 10]),
    (0, 0, [5, 5], [0, 0]),
]


@pytest.mark.parametrize(("number", "minimum", "sizes", "drawn"), SPREADS)
def test_R27_a_number_is_spread_over_the_strata_by_their_size(number, minimum, sizes, drawn):
    strata = {(str(place),): StratumCount(size) for place, size in enumerate(sizes)}
    assert list(spread(strata, number, minimum).values()) == drawn


@given(
    number=st.integers(0, 60),
    minimum=st.integers(0, 4),
    sizes=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8),
)
def test_R27_a_spread_number_is_reached_unless_the_minimum_or_the_population_stands_against_it(number, minimum, sizes):
    strata = {(str(n),): StratumCount(free + forced, forced) for n, (free, forced) in enumerate(sizes)}
    given_out = spread(strata, number, minimum)
    free = sum(count.free for count in strata.values())
    lowest = sum(min(minimum, count.free) for count in strata.values())
    assert sum(given_out.values()) == max(min(number, free), lowest)
    assert all(min(minimum, count.free) <= given_out[stratum] <= count.free for stratum, count in strata.items())


numbers = st.sets(st.integers(1, 9999), max_size=60).map(lambda found: sorted(f"TS{n:04}" for n in found))


@given(numbers=numbers, forced=st.sets(st.integers(0, 59)), share=st.integers(0, 100), minimum=st.integers(0, 5))
def test_R27_what_is_drawn_are_the_lowest_keys_of_each_stratum_and_all_that_must_be(numbers, forced, share, minimum):
    population = [
        Unit(number, ("a" if int(number[2:]) % 3 else "b",), place in forced) for place, number in enumerate(numbers)
    ]
    sizes = sample_sizes(count_strata(population), SizeRule(Fraction(share), minimum=minimum))
    drawn = select(population, "p/2026-09/1/n", sizes)
    for stratum in (("a",), ("b",)):
        mine = [unit for unit in population if unit.stratum == stratum]
        free = sorted(sort_key("p/2026-09/1/n", unit.number) for unit in mine if not unit.compulsory)
        found = [one for one in drawn if one.stratum == stratum]
        assert [one.key for one in found if not one.compulsory] == free[: sizes.get(stratum, 0)]
        assert {one.number for one in found if one.compulsory} == {unit.number for unit in mine if unit.compulsory}


@given(numbers=numbers, order=st.randoms(use_true_random=False))
def test_R27_the_same_population_and_seed_give_the_same_result_however_it_was_read(numbers, order):
    population = units(numbers)
    sizes = {("S016",): 5}
    shuffled = list(population)
    order.shuffle(shuffled)
    assert select(shuffled, "s", sizes) == select(population, "s", sizes)


@given(numbers=numbers.filter(len))
def test_R27_one_number_more_or_less_changes_the_hash(numbers):
    assert population_sha256(numbers) != population_sha256(numbers[:-1])


def test_R27_a_signature_is_of_this_key_and_this_text():
    key = secrets.token_bytes(32)
    assert draw_mac(key, "a") == draw_mac(key, "a")
    assert len({draw_mac(key, "a"), draw_mac(key, "b"), draw_mac(bytes(32), "a")}) == 3


# The chi-square test of simple random sampling. Of m draws of n out of N, each unit is expected m·n/N times; the counts
# are not independent (n are drawn each time), so that the sum of (count - expected)² over m·p·(1 - p), p = n/N, times
# (N - 1)/N has N - 1 degrees of freedom. Critical values at 0.1 %: 11 degrees 31.264 and 19 degrees 43.820 from the
# tables (NIST/SEMATECH e-Handbook, 1.3.6.7.4); 219 degrees 289.4 by the approximation of Wilson and Hilferty.
CRITICAL = {11: 31.264, 19: 43.820, 219: 289.4}
SEEDS = 10_000


@pytest.fixture(scope="module")
def drawn_often():
    """10,000 draws of two strata, 3 of 12 and 5 of 20, with as many nonces."""
    population = units(EXAMPLE["population"], ("a",)) + units([f"TS20261001-{n:04}" for n in range(1, 21)], ("b",))
    sizes = {("a",): 3, ("b",): 5}
    found = []
    for nonce in range(SEEDS):
        drawn = select(population, seed_of("monthly_regular", "2026-09", 1, f"{nonce:08x}"), sizes)
        found.append({letter: frozenset(one.number for one in drawn if one.stratum == (letter,)) for letter in "ab"})
    return found


def statistic(counts, size, expected, share):
    found = sum((count - expected) ** 2 for count in counts) / (expected * (1 - share))
    return found * (size - 1) / size


@pytest.mark.parametrize(("letter", "size", "n"), [("a", 12, 3), ("b", 20, 5)])
def test_R27_over_ten_thousand_seeds_every_unit_of_a_stratum_is_drawn_as_often(drawn_often, letter, size, n):
    counts = Counter(number for one in drawn_often for number in one[letter])
    assert len(counts) == size
    assert statistic(counts.values(), size, SEEDS * n / size, n / size) < CRITICAL[size - 1]


def test_R27_over_ten_thousand_seeds_every_sample_is_drawn_as_often(drawn_often):
    """The 220 samples of 3 out of 12 exclude one another: Pearson's plain statistic with 219 degrees of freedom."""
    counts = Counter(one["a"] for one in drawn_often)
    samples = [frozenset(three) for three in combinations(EXAMPLE["population"], 3)]
    expected = SEEDS / len(samples)
    assert (len(samples), set(counts) <= set(samples)) == (220, True)
    assert sum((counts[sample] - expected) ** 2 for sample in samples) / expected < CRITICAL[219]


def test_R27_the_test_of_uniformity_would_find_a_draw_that_favours_the_first():
    """A planted fault: the first number is left out of one draw in five."""
    counts = Counter()
    population = units(EXAMPLE["population"])
    for nonce in range(SEEDS):
        drawn = select(population[1:] if nonce % 5 == 0 else population, f"{nonce}", {("S016",): 3})
        counts.update(one.number for one in drawn)
    assert statistic(counts.values(), 12, SEEDS * 3 / 12, 3 / 12) > CRITICAL[11]


def test_R27_a_selection_keeps_no_more_than_its_sample():
    selection = Selection("s", {("a",): 3})
    for number in range(5000):
        selection.add(Unit(f"{number}", ("a",)))
    assert sum(len(kept) for kept in selection._lowest.values()) == 3
    assert len(selection.result()) == 3
