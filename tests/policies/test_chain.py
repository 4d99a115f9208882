"""The event chain (R40): every kind of tampering is found, and the first bad event is named."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.chain import (
    ChainEvent,
    ChainFault,
    ChainFaultKind,
    Head,
    append,
    check_chain,
    encode_body,
    event_mac,
    first_head,
    head_after,
    seal,
)

KEY = b"k" * 32
OTHER_KEY = b"o" * 32
LOCAL = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
bodies = st.lists(st.text(max_size=30), min_size=1, max_size=8)


def chain(texts: list[str], complaint_id: int | str = 7, key: bytes = KEY) -> tuple[list[ChainEvent], Head]:
    head = first_head(key, complaint_id)
    events = []
    for text in texts:
        event, head = append(key, head, text)
        events.append(event)
    return events, head


@given(bodies)
def test_R40_an_untouched_chain_is_whole(texts: list[str]) -> None:
    events, head = chain(texts)
    assert check_chain(KEY, 7, events, head) is None


@given(bodies, st.data())
def test_R40_a_changed_event_is_named(texts: list[str], data: st.DataObject) -> None:
    events, head = chain(texts)
    at = data.draw(st.integers(0, len(events) - 1))
    text = data.draw(st.text(max_size=30).filter(lambda other: other != texts[at]))
    events[at] = dataclasses.replace(events[at], body=text)
    assert check_chain(KEY, 7, events, head) == ChainFault(ChainFaultKind.CHANGED, at + 1)


@given(bodies, st.data())
def test_R40_an_event_rewritten_with_a_mac_of_another_key_is_named(texts: list[str], data: st.DataObject) -> None:
    events, head = chain(texts)
    at = data.draw(st.integers(0, len(events) - 1))
    before = first_head(KEY, 7) if at == 0 else head_after(KEY, events[at - 1])
    forged = event_mac(OTHER_KEY, before.mac, at + 1, "forged")
    events[at] = ChainEvent(at + 1, "forged", forged)
    assert check_chain(KEY, 7, events, head) == ChainFault(ChainFaultKind.CHANGED, at + 1)


@given(st.lists(st.text(max_size=30), min_size=2, max_size=8), st.data())
def test_R40_an_event_removed_from_the_middle_is_named(texts: list[str], data: st.DataObject) -> None:
    events, head = chain(texts)
    at = data.draw(st.integers(0, len(events) - 2))
    del events[at]
    assert check_chain(KEY, 7, events, head) == ChainFault(ChainFaultKind.MISSING, at + 1)


@given(st.lists(st.text(max_size=30), min_size=2, max_size=8), st.data())
def test_R40_an_event_removed_and_the_rest_renumbered_is_named(texts: list[str], data: st.DataObject) -> None:
    events, head = chain(texts)
    at = data.draw(st.integers(0, len(events) - 2))
    del events[at]
    events = [dataclasses.replace(event, sequence=place) for place, event in enumerate(events, start=1)]
    assert check_chain(KEY, 7, events, head) == ChainFault(ChainFaultKind.CHANGED, at + 1)


@given(st.lists(st.text(max_size=30), min_size=2, max_size=8, unique=True), st.data())
def test_R40_two_events_that_changed_places_are_named(texts: list[str], data: st.DataObject) -> None:
    events, head = chain(texts)
    first = data.draw(st.integers(0, len(events) - 2))
    second = data.draw(st.integers(first + 1, len(events) - 1))
    events[first], events[second] = events[second], events[first]
    assert check_chain(KEY, 7, events, head) == ChainFault(ChainFaultKind.MISSING, first + 1)
    renumbered = [dataclasses.replace(event, sequence=place) for place, event in enumerate(events, start=1)]
    assert check_chain(KEY, 7, renumbered, head) == ChainFault(ChainFaultKind.CHANGED, first + 1)


@given(bodies, st.data())
def test_R40_events_cut_off_at_the_end_are_named(texts: list[str], data: st.DataObject) -> None:
    events, head = chain(texts)
    kept = data.draw(st.integers(0, len(events) - 1))
    assert check_chain(KEY, 7, events[:kept], head) == ChainFault(ChainFaultKind.CUT_OFF, kept + 1)


@given(bodies, st.data())
def test_R40_a_tail_cut_off_with_the_head_set_back_is_found(texts: list[str], data: st.DataObject) -> None:
    """The forger sees every stored MAC of the events, but no earlier head."""
    events, head = chain(texts)
    kept = data.draw(st.integers(0, len(events) - 1))
    seen = [event.mac for event in events] + [head.mac]
    for mac in seen:
        fault = check_chain(KEY, 7, events[:kept], Head(kept, mac))
        assert fault == ChainFault(ChainFaultKind.HEAD_CHANGED, kept + 1)


@given(bodies)
def test_R40_an_event_doubled_or_added_behind_the_head_is_found(texts: list[str]) -> None:
    events, head = chain(texts)
    assert check_chain(KEY, 7, [*events, events[-1]], head) == ChainFault(ChainFaultKind.OUT_OF_ORDER, len(events) + 1)
    extra, _ = append(KEY, head, "one more")
    assert check_chain(KEY, 7, [*events, extra], head) == ChainFault(ChainFaultKind.HEAD_CHANGED, len(events) + 1)


@given(bodies, st.integers(0, 10**9).filter(lambda other: other != 7))
def test_R40_a_chain_moved_to_another_complaint_is_found(texts: list[str], other: int) -> None:
    events, head = chain(texts)
    assert check_chain(KEY, other, events, head) == ChainFault(ChainFaultKind.CHANGED, 1)


def test_R40_a_chain_named_by_text_is_not_that_of_the_number() -> None:
    assert first_head(KEY, 7) != first_head(KEY, "7")


def test_R40_a_missing_head_is_a_fault_even_when_the_events_are_gone_too() -> None:
    events, _ = chain(["a"])
    assert check_chain(KEY, 7, events, None) == ChainFault(ChainFaultKind.HEAD_MISSING, 1)
    assert check_chain(KEY, 7, [], None) == ChainFault(ChainFaultKind.HEAD_MISSING, 1)


@given(
    st.tuples(st.binary(max_size=6), st.integers(0, 999), st.text(max_size=6)),
    st.tuples(st.binary(max_size=6), st.integers(0, 999), st.text(max_size=6)),
)
def test_R40_different_parts_never_give_the_same_mac(one: tuple, other: tuple) -> None:
    assert (event_mac(KEY, *one) == event_mac(KEY, *other)) == (one == other)


def test_R40_the_fault_says_which_event_in_the_words_of_the_catalogue() -> None:
    message = ChainFault(ChainFaultKind.CUT_OFF, 3).message
    assert (message.key, message.params) == ("history.fault.cut_off", {"sequence": 3})


def test_R40_the_text_of_an_event_is_one_whatever_the_order_of_its_names() -> None:
    at = datetime(2026, 9, 18, 16, 40, tzinfo=timezone(timedelta(hours=8)))
    text = encode_body({"b": Decimal("30.00"), "a": [at, at.date(), None, True, 3], "c": {"姓": "𠮷"}})
    assert text == '{"a":["2026-09-18T08:40:00+00:00","2026-09-18",null,true,3],"b":"30.00","c":{"姓":"𠮷"}}'
    assert text == encode_body({"c": {"姓": "𠮷"}, "b": Decimal("30.00"), "a": [at, at.date(), None, True, 3]})
    assert json.loads(text)["c"] == {"姓": "𠮷"}


@pytest.mark.parametrize("content", [{"a": 1.5}, {"a": [0.1]}, {1: "a"}, {"a": LOCAL}, {"a": b"x"}, {"a": {1, 2}}])
def test_R40_an_event_refuses_what_has_no_lasting_text(content: dict) -> None:
    with pytest.raises(TypeError):
        encode_body(content)


@given(st.dictionaries(st.integers(1, 50), st.integers(1, 9), min_size=1, max_size=6), st.data())
def test_R40_the_seal_reveals_a_complaint_deleted_whole_or_set_back(
    lengths: dict[int, int], data: st.DataObject
) -> None:
    heads = {number: chain(["e"] * length, number)[1] for number, length in lengths.items()}
    sealed = seal(KEY, sorted(heads.items()))
    assert seal(KEY, sorted(heads.items())) == sealed
    victim = data.draw(st.sampled_from(sorted(heads)))
    without = {number: head for number, head in heads.items() if number != victim}
    assert seal(KEY, sorted(without.items())) != sealed
    set_back = heads | {victim: chain(["e"] * (lengths[victim] - 1), victim)[1]}
    assert seal(KEY, sorted(set_back.items())) != sealed


def test_R40_an_old_seal_can_be_made_again_from_the_events_of_that_day() -> None:
    events, _ = chain(["a", "b", "c"])
    that_day = head_after(KEY, events[1])
    assert seal(KEY, [(7, that_day)]) == seal(KEY, [(7, chain(["a", "b"])[1])])


def test_R40_heads_are_sealed_by_rising_id() -> None:
    head = chain(["a"])[1]
    for ids in ([2, 1], [1, 1]):
        with pytest.raises(ValueError, match="rising"):
            seal(KEY, [(number, head) for number in ids])


def test_R40_a_time_of_another_zone_is_stored_in_utc() -> None:
    assert encode_body({"at": datetime(2026, 1, 1, tzinfo=UTC)}) == '{"at":"2026-01-01T00:00:00+00:00"}'
