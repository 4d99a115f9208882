"""What masking leaves out for speed changes nothing (R39): what the rules would find is found, whatever stands around."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from policies import masked_text, masking
from policies.masked_text import mask_text

SIGNS = st.text(alphabet="0123456789 -.()+转电话手机tel@abAZ零一二三四五六七京沪X*：，号掉线０１", max_size=40)
PIECES = st.sampled_from([
    "13712345678", "0571-8888 1234", "+1 (617) 555-1234", "(010) 6655 4433", "110105194912310021", "GB29NWBK60161331",
    "京A12345", "沪 B·8K999", "a.b@example.com", "电话 88881", "６２２２０２１００１１１２２２３３３４", "一三七零零零零一一",
])  # fmt: skip


@pytest.mark.parametrize("length", [1, 3])
@settings(max_examples=300)
@given(data=st.data())
def test_R39_a_text_that_is_not_looked_through_holds_nothing_that_the_rules_would_find(data, length):
    text = "".join(data.draw(st.one_of(SIGNS, PIECES)) for _ in range(length))
    through = text.translate(masked_text._WIDE_DIGITS)
    while (again := masked_text._pass(through)) != through:
        through = again
    assert mask_text(text) == through


@given(name=st.text(alphabet="张欧阳先生女士老师司马公司*·a 豈", max_size=4))
@example("欧阳")
@example("先生")
@example("马先生")
def test_R39_a_short_name_is_masked_as_piece_by_piece(name):
    shown = unicodedata.normalize("NFKC", name).strip()
    while (again := masking._mask_pieces(shown)) != shown:
        shown = again
    assert masking.mask_name(name) == shown


@given(number=st.from_regex(r"\A1[3-9][0-9]{9}\Z"))
def test_R39_a_mobile_is_masked_as_any_number(number):
    assert masking.mask_phone(number) == masking._mask_number(number) == f"{number[:3]}****{number[7:]}"
