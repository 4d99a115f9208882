"""R5: how many parts an SMS takes, by 3GPP TS 23.038 and 23.040: 160 or 70 places alone, 153 or 67 in several."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.sms_length import Coding, measure

TABLE = [
    ("", Coding.GSM7, 0, 1),
    ("a" * 160, Coding.GSM7, 160, 1),
    ("a" * 161, Coding.GSM7, 161, 2),
    ("a" * 306, Coding.GSM7, 306, 2),
    ("a" * 307, Coding.GSM7, 307, 3),
    ("€" * 80, Coding.GSM7, 160, 1),
    ("€" * 81, Coding.GSM7, 162, 2),
    ("a" * 152 + "€" + "a" * 152, Coding.GSM7, 306, 3),  # the extended sign is not torn apart: 152 + 2 > 153
    ("投" * 70, Coding.UCS2, 70, 1),
    ("投" * 71, Coding.UCS2, 71, 2),
    ("投" * 134, Coding.UCS2, 134, 2),
    ("投" * 135, Coding.UCS2, 135, 3),
    ("a" * 69 + "“", Coding.UCS2, 70, 1),
    ("𠮷" * 35, Coding.UCS2, 70, 1),
    ("投" * 66 + "𠮷" + "投" * 66, Coding.UCS2, 134, 3),
    ("`", Coding.UCS2, 1, 1),  # not in the GSM alphabet
]


@pytest.mark.parametrize(("text", "coding", "places", "parts"), TABLE)
def test_R5_the_parts_of_an_sms(text, coding, places, parts):
    found = measure(text)
    assert (found.coding, found.places, found.parts) == (coding, places, parts)
    assert found.fits is (parts == 1)


@given(st.text(max_size=400))
def test_R5_a_longer_text_never_takes_fewer_parts(text):
    assert measure(text + "a").parts >= measure(text).parts
    assert measure(text).places >= measure(text).characters
