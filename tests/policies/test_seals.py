"""The line of a daily seal (R40): it says the same each time, and ids in short lose none."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.chain import Head, SealMaker, seal
from policies.seals import Seal, day_of, missing, written

SEAL = Seal(date(2026, 11, 23), datetime(2026, 11, 22, 16, 0, tzinfo=UTC), 2, 5, 40, "1,5", b"\x01" * 32)
ids = st.sets(st.integers(1, 60))


def test_R40_a_line_names_its_day_and_is_one_line():
    assert day_of(SEAL.line) == SEAL.day
    assert "\n" not in SEAL.line
    assert '"mac":"' + "01" * 32 + '"' in SEAL.line


@pytest.mark.parametrize("line", ["", "{}", "[1]", '{"day": 5}', '{"day": "soon"}', "null"])
def test_R40_a_line_that_cannot_be_read_has_no_day(line):
    assert day_of(line) is None


def test_R40_ids_are_written_as_spans():
    assert written([(1, 3), (5, 5), (7, 8)]) == "1-3,5,7-8"
    assert written([]) == ""


def short(ids):
    return written((one, one) for one in sorted(ids))


@given(ids, ids)
def test_R40_the_missing_are_those_that_were_there_and_are_no_more(before, now):
    gone = missing(short(before), short(now))
    assert {one for first, last in gone for one in range(first, last + 1)} == before - now


def test_R40_a_seal_made_head_by_head_is_the_same_and_takes_each_complaint_once():
    heads = [(1, Head(3, b"a")), (4, Head(1, b"b"))]
    made = SealMaker(b"k")
    for complaint_id, head in heads:
        made.add(complaint_id, head)
    assert made.mac() == seal(b"k", heads)
    with pytest.raises(ValueError, match="rising"):
        made.add(4, Head(2, b"c"))
