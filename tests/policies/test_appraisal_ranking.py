"""R33: ranks among those who were rated."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.appraisal_ranking import ranks

SCORES = st.lists(st.none() | st.decimals(0, 100, places=2))


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([], []),
        (["90"], [1]),
        (["80", "90"], [2, 1]),
        (["90", "90", "80"], [1, 1, 3]),
        (["97.5", None, "97.50", "97.49"], [1, None, 1, 3]),
        ([None, None], [None, None]),
    ],
)
def test_R33_only_the_rated_are_ranked_and_equal_scores_share_a_rank(scores, expected):
    assert ranks([None if one is None else Decimal(one) for one in scores]) == expected


@given(SCORES)
def test_R33_somebody_is_first_and_nobody_is_behind_a_lower_score(scores):
    found = ranks(scores)
    assert [rank is None for rank in found] == [one is None for one in scores]
    rated = sorted((rank, score) for rank, score in zip(found, scores, strict=True) if rank is not None)
    assert not rated or rated[0][0] == 1
    assert all(mine >= theirs for (_, mine), (_, theirs) in pairwise(rated))
