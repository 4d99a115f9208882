"""R2: a customer who complains again need not say everything again; what was typed stands."""

from __future__ import annotations

import pytest

from policies.same_customer import carried, offered

KNOWN = {
    "customer_name": "欧阳静",
    "address": "云栖路 18 号",
    "email": "",
    "what": "掉线",
    "preferred_contact": "phone",
}


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ({}, {"customer_name": "欧阳静", "address": "云栖路 18 号"}),
        ({"customer_name": "欧阳静之母"}, {"address": "云栖路 18 号"}),
        ({"customer_name": "  ", "address": "新址"}, {"customer_name": "欧阳静"}),
        ({"customer_name": "甲", "address": "乙"}, {}),
    ],
)
def test_R2_only_what_was_left_empty_is_taken_over(typed, taken):
    assert carried(typed, KNOWN) == taken


def test_R2_the_story_of_the_earlier_complaint_is_never_taken_over():
    assert offered(KNOWN) == ("customer_name", "address", "preferred_contact")
    assert offered({}) == ()
