"""R8: when a notice may be saved or lifted, which notices fit a complaint, and how each customer is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from policies.fault_notice import (
    LiftFacts,
    NoticeFacts,
    Open,
    Telling,
    check,
    check_lift,
    fitting,
    refuse_state,
    telling,
    words_of,
)
from policies.vocabulary_notice import CallReason, NoticeKind, NoticeState

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LEAVES = {"net_broadband_down", "net_broadband_slow", "net_area_outage"}
GOOD = NoticeFacts(
    kind=NoticeKind.KNOWN_FAULT, title_zh="城东光缆被挖断", title_en="", area="云栖苑 和风里", tell_zh="正在抢修，请稍候",
    tell_en="", categories=("net_broadband_down",), since=NOW - HOUR, expected_at=NOW + HOUR,
)  # fmt: skip


def refusals(facts, language="zh_Hans"):
    return {(one.key.removeprefix("fault_notices.refused."), one.field) for one in check(facts, LEAVES, language, NOW)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, set()),
        ({"title_zh": " "}, {("title", "title_zh")}),
        ({"tell_zh": ""}, {("tell", "tell_zh")}),
        ({"title_zh": "长" * 61}, {("long", "title_zh")}),
        ({"area": ""}, {("area", "area")}),
        ({"categories": ()}, {("categories", "categories")}),
        ({"categories": ("gone",)}, {("unknown_category", "categories")}),
        ({"since": None}, {("since", "since")}),
        ({"since": NOW + HOUR, "expected_at": None}, {("since_later", "since")}),
        ({"expected_at": NOW - HOUR}, {("expected", "expected_at")}),
        ({"expected_at": None}, set()),
        ({"kind": NoticeKind.SUGGESTION, "area": ""}, set()),
    ],
)
def test_R8_a_notice_says_what_where_since_when_and_what_to_tell(change, expected):
    assert refusals(replace(GOOD, **change)) == expected


def test_R8_an_office_that_writes_english_needs_the_english_words():
    assert refusals(GOOD, "en") == {("title", "title_en"), ("tell", "tell_en")}


@pytest.mark.parametrize(
    ("kind", "facts", "expected"),
    [
        (NoticeKind.KNOWN_FAULT, LiftFacts(NOW, "熔接完成"), set()),
        (NoticeKind.KNOWN_FAULT, LiftFacts(NOW, ""), {"happened"}),
        (NoticeKind.KNOWN_FAULT, LiftFacts(None, "熔接完成"), {"lifted_at"}),
        (NoticeKind.KNOWN_FAULT, LiftFacts(NOW - 2 * HOUR, "熔接完成"), {"lifted_before"}),
        (NoticeKind.KNOWN_FAULT, LiftFacts(NOW + HOUR, "熔接完成"), {"lifted_later"}),
        (NoticeKind.SUGGESTION, LiftFacts(NOW, "例会决定"), {"answer"}),
        (NoticeKind.SUGGESTION, LiftFacts(NOW, "例会决定", "下月起延长营业"), set()),
    ],
)
def test_R8_lifting_says_what_happened_and_when_and_a_suggestion_gets_its_answer(kind, facts, expected):
    found = check_lift(kind, NOW - HOUR, facts, "zh_Hans", NOW)
    assert {one.key.removeprefix("fault_notices.refused.") for one in found} == expected


def test_R8_a_lifted_notice_takes_no_change_and_an_outdated_look_saves_nothing():
    assert refuse_state(NoticeState.LIFTED, None, 3).key == "fault_notices.refused.lifted"
    assert refuse_state(NoticeState.PUBLISHED, 2, 3).key == "fault_notices.refused.changed_meanwhile"
    assert refuse_state(NoticeState.PUBLISHED, 3, 3) is None


def notice(key, *categories, words="", since=NOW):
    return Open(key, frozenset(categories), words_of(words), since)


CABLE = notice(1, "net_broadband_down", words="城东光缆被挖断 云栖苑 和风里")
BILL = notice(2, "bill_dispute", words="billing messages are late", since=NOW + HOUR)


@pytest.mark.parametrize(
    ("category", "typed", "first", "fits"),
    [
        ("net_broadband_down", "", 1, {1}),
        ("", "我住和风里，光缆断了吗", 1, {1}),
        ("bill_dispute", "和风里", 2, {1, 2}),
        ("", "the billing messages are wrong", 2, {2}),
        ("", "the line is down", 2, set()),
        ("", "", 2, set()),
    ],
)
def test_R8_a_notice_fits_by_its_category_or_by_words_that_it_shares(category, typed, first, fits):
    found = fitting([CABLE, BILL], category, typed)
    assert found[0].id == first
    assert {one.id for one in found if one.fits} == fits


BOTH = {"contact_phone": "13900004172", "email": "a@example.com"}


@pytest.mark.parametrize(
    ("preferred", "record", "texts", "expected"),
    [
        ("sms", BOTH, {"sms", "email"}, Telling("sms", "13900004172")),
        ("email", BOTH, {"sms", "email"}, Telling("email", "a@example.com")),
        ("wechat", BOTH, {"sms", "email"}, Telling("sms", "13900004172")),
        ("", {"email": "a@example.com"}, {"sms", "email"}, Telling("email", "a@example.com")),
        ("email", BOTH, {"sms"}, Telling("sms", "13900004172")),
        ("sms", {"contact_phone": "no number", "email": ""}, {"sms", "email"}, Telling(call=CallReason.NO_ADDRESS)),
        ("sms", BOTH, set(), Telling(call=CallReason.NO_TEXT)),
        ("phone", BOTH, {"sms", "email"}, Telling(call=CallReason.WISHED)),
        ("letter", BOTH, {"sms", "email"}, Telling(call=CallReason.WISHED)),
    ],
)
def test_R8_everybody_is_told_their_own_way_and_whom_no_message_reaches_is_called(preferred, record, texts, expected):
    assert telling(preferred, record, texts) == expected
