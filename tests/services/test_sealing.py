"""Personal data under a key per complaint (R39): opened only where and for what it was sealed, gone with its key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.sealing import (
    ERASED,
    CaseSeal,
    SealError,
    blind,
    new_case_key,
    open_for_office,
    rewrap,
    seal_for_office,
)

KEYS = Keys.fresh()
CASE = "TS20260916-0021"


@pytest.fixture
def case() -> CaseSeal:
    return CaseSeal(KEYS, new_case_key(KEYS, CASE), CASE)


@given(st.binary(max_size=200), st.text(max_size=20))
def test_R39_what_was_sealed_is_opened_again(content: bytes, context: str) -> None:
    seal = CaseSeal(KEYS, new_case_key(KEYS, CASE), CASE)
    sealed = seal.seal(content, context)
    assert seal.open(sealed, context) == content
    assert len(content) < 4 or content not in sealed


def test_R39_text_and_values_come_back_as_they_were(case: CaseSeal) -> None:
    assert case.open_text(case.seal("吉野家 𠮷 㛃", "name"), "name") == "吉野家 𠮷 㛃"
    values = {"what": "扣费 30 元", "read_back": ["what"], "n": 2, "none": None}
    assert case.open_json(case.seal_json(values, "record"), "record") == values
    assert case.open_json(None, "record") is None
    with pytest.raises(TypeError):
        case.seal_json({"amount": object()}, "record")


def test_R39_the_same_text_sealed_twice_does_not_look_the_same(case: CaseSeal) -> None:
    assert case.seal("13800000000", "phone") != case.seal("13800000000", "phone")


def test_R39_a_ciphertext_moved_to_another_column_is_refused(case: CaseSeal) -> None:
    with pytest.raises(SealError):
        case.open(case.seal("x", "phone"), "address")


def test_R39_a_ciphertext_moved_to_another_complaint_is_refused(case: CaseSeal) -> None:
    other = CaseSeal(KEYS, new_case_key(KEYS, "TS20260916-0022"), "TS20260916-0022")
    with pytest.raises(SealError):
        other.open(case.seal("x", "phone"), "phone")


def test_R39_a_complaint_that_was_given_anothers_key_and_data_is_refused() -> None:
    wrapped = new_case_key(KEYS, CASE)
    sealed = CaseSeal(KEYS, wrapped, CASE).seal("x", "phone")
    with pytest.raises(SealError):
        CaseSeal(KEYS, wrapped, "TS20260916-0022").open(sealed, "phone")


@given(st.integers(0, 44), st.integers(1, 255))
def test_R39_a_changed_ciphertext_is_refused(at: int, flip: int) -> None:
    seal = CaseSeal(KEYS, new_case_key(KEYS, CASE), CASE)
    sealed = bytearray(seal.seal(b"sixteen bytes ok", "c"))
    assert len(sealed) == 45
    sealed[at] ^= flip
    if at == 0:
        return  # the first byte only says which format it is
    with pytest.raises(SealError):
        seal.open(bytes(sealed), "c")


@pytest.mark.parametrize("length", [0, 1, 5, 12, 13, 20])
def test_R39_a_cut_ciphertext_is_refused(case: CaseSeal, length: int) -> None:
    with pytest.raises(SealError):
        case.open(case.seal("content", "c")[:length], "c")


@pytest.mark.parametrize("gone", [None, b""])
def test_R39_an_erased_complaint_reads_as_erased_and_takes_no_more(case: CaseSeal, gone: bytes | None) -> None:
    sealed = case.seal("王女士", "name")
    erased = CaseSeal(KEYS, gone, CASE)
    assert erased.erased
    assert erased.open(sealed, "name") is ERASED
    assert erased.open_text(sealed, "name") is ERASED
    assert erased.open_json(sealed, "name") is ERASED
    assert not ERASED
    assert str(ERASED) == ""
    with pytest.raises(DomainError) as refused:
        erased.seal("more", "name")
    assert refused.value.refusals[0].key == "keys.case.erased"


def test_R39_a_new_wrapping_key_opens_the_old_and_wraps_the_new() -> None:
    wrapped = new_case_key(KEYS, CASE)
    sealed = CaseSeal(KEYS, wrapped, CASE).seal("x", "c")
    rotated = KEYS.rotated()
    assert CaseSeal(rotated, wrapped, CASE).open(sealed, "c") == b"x"
    again = rewrap(rotated, wrapped, CASE)
    assert again != wrapped
    assert rewrap(rotated, again, CASE) == again
    newest_only = Keys(rotated.seal[-1:], blind=KEYS.blind, chain=KEYS.chain, session=KEYS.session)
    assert CaseSeal(newest_only, again, CASE).open(sealed, "c") == b"x"
    with pytest.raises(SealError) as refused:
        CaseSeal(newest_only, wrapped, CASE).open(sealed, "c")
    assert refused.value.refusals[0].key == "keys.case.other_office_key"


def test_R39_the_blind_index_is_equal_for_equal_and_bound_to_its_kind_and_office() -> None:
    assert blind(KEYS, "phone", "13800000000") == blind(KEYS, "phone", "13800000000")
    others = [
        blind(KEYS, "phone", "13800000001"),
        blind(KEYS, "email", "13800000000"),
        blind(KEYS, "phone1", "3800000000"),
        blind(Keys.fresh(), "phone", "13800000000"),
    ]
    assert blind(KEYS, "phone", "13800000000") not in others
    assert len(set(others)) == 4


def test_R39_what_belongs_to_no_complaint_is_sealed_by_the_office() -> None:
    sealed = seal_for_office(KEYS, "to S005", "outbox")
    assert open_for_office(KEYS.rotated(), sealed, "outbox") == b"to S005"
    for keys, context in ((KEYS, "setting"), (Keys.fresh(), "outbox")):
        with pytest.raises(SealError):
            open_for_office(keys, sealed, context)
