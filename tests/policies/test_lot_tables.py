"""Lots by the public tables (R27): the rows below are typed from MIL-STD-105E, Tables I, II-A, II-B and II-C.

Each row of a master table is written as it is printed: letter, size, and from the first limit that has numbers on the
acceptance numbers (in reduced inspection both numbers) to the right; the arrows beside them are read by the test.
"""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.lot_tables import (
    PERCENT_LIMITS,
    QUALITY_LIMITS,
    LotPlan,
    code_letter,
    lot_plan,
    plan_for,
    would_pass_tighter,
)
from policies.vocabulary_inspection import LotSeverity

NORMAL, TIGHTENED, REDUCED = LotSeverity.NORMAL, LotSeverity.TIGHTENED, LotSeverity.REDUCED

# Table II-A: where 0 stands (two arrows follow it), then where 1 stands and all numbers to the right of it.
TABLE_II_A = """
A 2    6.5    25    1 2 3 5 7 10 14 21 30
B 3    4.0    15    1 2 3 5 7 10 14 21 30 44
C 5    2.5    10    1 2 3 5 7 10 14 21 30 44
D 8    1.5    6.5   1 2 3 5 7 10 14 21 30 44
E 13   1.0    4.0   1 2 3 5 7 10 14 21 30 44
F 20   0.65   2.5   1 2 3 5 7 10 14 21
G 32   0.40   1.5   1 2 3 5 7 10 14 21
H 50   0.25   1.0   1 2 3 5 7 10 14 21
J 80   0.15   0.65  1 2 3 5 7 10 14 21
K 125  0.10   0.40  1 2 3 5 7 10 14 21
L 200  0.065  0.25  1 2 3 5 7 10 14 21
M 315  0.040  0.15  1 2 3 5 7 10 14 21
N 500  0.025  0.10  1 2 3 5 7 10 14 21
P 800  0.015  0.065 1 2 3 5 7 10 14 21
Q 1250 0.010  0.040 1 2 3 5 7 10 14 21
R 2000 -      0.025 1 2 3 5 7 10 14 21
"""
TABLE_II_B = """
A 2    -      40    1 2 3 5 8 12 18 27
B 3    6.5    25    1 2 3 5 8 12 18 27 41
C 5    4.0    15    1 2 3 5 8 12 18 27 41
D 8    2.5    10    1 2 3 5 8 12 18 27 41
E 13   1.5    6.5   1 2 3 5 8 12 18 27 41
F 20   1.0    4.0   1 2 3 5 8 12 18
G 32   0.65   2.5   1 2 3 5 8 12 18
H 50   0.40   1.5   1 2 3 5 8 12 18
J 80   0.25   1.0   1 2 3 5 8 12 18
K 125  0.15   0.65  1 2 3 5 8 12 18
L 200  0.10   0.40  1 2 3 5 8 12 18
M 315  0.065  0.25  1 2 3 5 8 12 18
N 500  0.040  0.15  1 2 3 5 8 12 18
P 800  0.025  0.10  1 2 3 5 8 12 18
Q 1250 0.015  0.065 1 2 3 5 8 12 18
R 2000 0.010  0.040 1 2 3 5 8 12 18
"""
TABLE_II_C = """
A 2    6.5    25    1/2 2/3 3/4 5/6 7/8 10/11 14/15 21/22 30/31
B 2    4.0    15    0/2 1/3 2/4 3/5 5/6 7/8 10/11 14/15 21/22 30/31
C 2    2.5    10    0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 14/17 21/24
D 3    1.5    6.5   0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 14/17 21/24
E 5    1.0    4.0   0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 14/17 21/24
F 8    0.65   2.5   0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13
G 13   0.40   1.5   0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13
H 20   0.25   1.0   0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13
J 32   0.15   0.65  0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13
K 50   0.10   0.40  0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13
L 80   0.065  0.25  0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13
M 125  0.040  0.15  0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13
N 200  0.025  0.10  0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13
P 315  0.015  0.065 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13
Q 500  0.010  0.040 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13
R 800  -      0.025 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13
"""
TABLES = {NORMAL: TABLE_II_A, TIGHTENED: TABLE_II_B, REDUCED: TABLE_II_C}


def printed(severity):
    """Letter, limit, size and both numbers of every cell of a table that is no arrow."""
    for line in TABLES[severity].strip().splitlines():
        letter, size, zero, first, *numbers = line.split()
        cells = [] if zero == "-" else [(zero, "0/1")]
        cells += zip(QUALITY_LIMITS[QUALITY_LIMITS.index(first) :], numbers, strict=False)
        for limit, text in cells:
            accept, _, reject = text.partition("/")
            yield letter, limit, LotPlan(letter, int(size), int(accept), int(reject or int(accept) + 1))


@pytest.mark.parametrize("severity", TABLES)
def test_R27_every_printed_cell_of_the_master_tables(severity):
    cells = list(printed(severity))
    assert len(cells) > 130
    assert [(letter, limit) for letter, limit, plan in cells if plan_for(letter, limit, severity) != plan] == []


@pytest.mark.parametrize("severity", TABLES)
def test_R27_an_arrow_leads_to_the_next_printed_plan_of_its_column(severity):
    held = {(letter, limit): plan for letter, limit, plan in printed(severity)}
    letters = "ABCDEFGHJKLMNPQR"
    for limit in QUALITY_LIMITS:
        column = [held.get((letter, limit)) for letter in letters]
        for row, letter in enumerate(letters):
            above = next((plan for plan in reversed(column[:row]) if plan), None)
            below = next((plan for plan in column[row + 1 :] if plan), None)
            found = plan_for(letter, limit, severity)
            if column[row] is None and (severity, limit) != (TIGHTENED, "0.025"):
                assert found in (above, below), (letter, limit)


@pytest.mark.parametrize(
    ("letter", "limit", "severity", "expected"),
    [
        ("A", "1.0", NORMAL, ("E", 13, 0, 1)),
        ("C", "1.0", NORMAL, ("E", 13, 0, 1)),
        ("F", "1.0", NORMAL, ("E", 13, 0, 1)),
        ("G", "1.0", NORMAL, ("H", 50, 1, 2)),
        ("A", "10", NORMAL, ("C", 5, 1, 2)),
        ("R", "0.010", NORMAL, ("Q", 1250, 0, 1)),
        ("R", "0.015", NORMAL, ("P", 800, 0, 1)),
        ("K", "10", NORMAL, ("K", 125, 21, 22)),
        ("Q", "10", NORMAL, ("K", 125, 21, 22)),
        ("F", "100", NORMAL, ("E", 13, 21, 22)),
        ("R", "1000", NORMAL, ("B", 3, 44, 45)),
        ("A", "10", TIGHTENED, ("D", 8, 1, 2)),
        ("F", "1.5", TIGHTENED, ("H", 50, 1, 2)),
        ("G", "1.5", TIGHTENED, ("H", 50, 1, 2)),
        ("R", "0.025", TIGHTENED, ("S", 3150, 1, 2)),
        ("A", "15", REDUCED, ("B", 2, 0, 2)),
        ("G", "0.65", REDUCED, ("F", 8, 0, 1)),
        ("H", "0.65", REDUCED, ("J", 32, 0, 2)),
        ("R", "1000", REDUCED, ("B", 2, 30, 31)),
    ],
)
def test_R27_arrows_of_the_public_tables(letter, limit, severity, expected):
    assert plan_for(letter, limit, severity) == LotPlan(*expected)


@pytest.mark.parametrize(
    ("size", "letter"),
    [
        (1, "A"), (2, "A"), (8, "A"), (9, "B"), (15, "B"), (16, "C"), (25, "C"), (26, "D"), (50, "D"), (51, "E"),
        (90, "E"), (91, "F"), (150, "F"), (151, "G"), (280, "G"), (281, "H"), (500, "H"), (501, "J"), (1_200, "J"),
        (1_201, "K"), (3_200, "K"), (3_201, "L"), (10_000, "L"), (10_001, "M"), (35_000, "M"), (35_001, "N"),
        (150_000, "N"), (150_001, "P"), (500_000, "P"), (500_001, "Q"), (10_000_000, "Q"),
    ],
)  # fmt: skip
def test_R27_code_letters_of_general_level_II(size, letter):
    assert code_letter(size) == letter


@pytest.mark.parametrize(
    ("size", "limit", "severity", "expected"),
    [
        # a lot of 1,000 and a limit of 1.0 %: the example that most textbooks print
        (1_000, "1.0", NORMAL, ("J", 80, 2, 3)),
        (1_000, "1.0", TIGHTENED, ("J", 80, 1, 2)),
        (1_000, "1.0", REDUCED, ("J", 32, 1, 3)),
        # a lot of 2,000 and 0.65 % (Montgomery, Introduction to Statistical Quality Control): 125/2, 125/1, 50/1
        (2_000, "0.65", NORMAL, ("K", 125, 2, 3)),
        (2_000, "0.65", TIGHTENED, ("K", 125, 1, 2)),
        (2_000, "0.65", REDUCED, ("K", 50, 1, 3)),
        (4_000, "2.5", NORMAL, ("L", 200, 10, 11)),
        (4_000, "2.5", TIGHTENED, ("L", 200, 8, 9)),
        (4_000, "4.0", NORMAL, ("L", 200, 14, 15)),
        (500, "4.0", NORMAL, ("H", 50, 5, 6)),
        (200, "4.0", NORMAL, ("G", 32, 3, 4)),
        (100, "4.0", NORMAL, ("F", 20, 2, 3)),
        (60, "4.0", NORMAL, ("E", 13, 1, 2)),
        (30, "4.0", NORMAL, ("E", 13, 1, 2)),
        (20, "4.0", NORMAL, ("B", 3, 0, 1)),
        (20, "6.5", NORMAL, ("D", 8, 1, 2)),
        # a sample as large as the lot: every record
        (12, "1.0", NORMAL, ("E", 12, 0, 1)),
        (13, "1.0", NORMAL, ("E", 13, 0, 1)),
        (3, "4.0", NORMAL, ("B", 3, 0, 1)),
        (1, "4.0", NORMAL, ("B", 1, 0, 1)),
    ],
)
def test_R27_plans_for_lots(size, limit, severity, expected):
    assert lot_plan(size, limit, severity) == LotPlan(*expected)


def accepted_at(plan, share):
    """The probability that a lot of this share of faults is accepted (binomial)."""
    return sum(
        comb(plan.size, n) * share**n * (1 - share) ** (plan.size - n) for n in range(min(plan.accept, plan.size) + 1)
    )


def test_R27_a_lot_at_its_limit_is_nearly_always_accepted_on_normal_inspection():
    chances = {
        (letter, limit): accepted_at(plan, float(limit) / 100)
        for letter, limit, plan in printed(NORMAL)
        if limit in PERCENT_LIMITS
    }
    assert [(cell, chance) for cell, chance in chances.items() if not 0.87 <= chance <= 0.995] == []


@pytest.mark.parametrize("letter", "ABCDEFGHJKLMNPQR")
def test_R27_tightened_inspection_is_never_easier_to_pass_than_normal(letter):
    for limit in PERCENT_LIMITS:
        normal, tightened = plan_for(letter, limit, NORMAL), plan_for(letter, limit, TIGHTENED)
        for share in (0.01, 0.05, 0.1):
            assert accepted_at(tightened, share) <= accepted_at(normal, share) + 1e-12


@pytest.mark.parametrize("severity", TABLES)
def test_R27_numbers_grow_with_the_limit_along_one_size(severity):
    for letter in "ABCDEFGHJKLMNPQR":
        own = [plan for row, _limit, plan in printed(severity) if row == letter]
        assert [plan.accept for plan in own] == sorted(plan.accept for plan in own)
        assert all(plan.reject > plan.accept for plan in own)


@given(st.integers(1, 2_000_000), st.sampled_from(PERCENT_LIMITS), st.sampled_from(list(TABLES)))
def test_R27_a_sample_is_never_more_than_its_lot_nor_empty(size, limit, severity):
    plan = lot_plan(size, limit, severity)
    assert 1 <= plan.size <= size
    assert 0 <= plan.accept < plan.reject


@pytest.mark.parametrize(
    ("size", "limit", "found", "passes"),
    [
        (1_000, "1.0", 1, True),  # at 0.65 % one may be found
        (1_000, "1.0", 2, False),
        (4_000, "2.5", 7, True),  # at 1.5 % seven
        (4_000, "2.5", 8, False),
    ],
)
def test_R27_a_limit_one_step_tighter_is_read_in_the_next_column(size, limit, found, passes):
    assert would_pass_tighter(lot_plan(size, limit, NORMAL), limit, found) is passes


def test_R27_what_the_tables_do_not_have_is_refused():
    for ask in (
        lambda: code_letter(0),
        lambda: plan_for("I", "1.0", NORMAL),
        lambda: plan_for("S", "1.0", TIGHTENED),
        lambda: plan_for("A", "3.0", NORMAL),
        lambda: plan_for("A", "1.0", LotSeverity.DISCONTINUED),
    ):
        with pytest.raises(ValueError, match=r"."):
            ask()
