"""What an intake record may say (R2), repeats (R2, R3), joining (R4), and the summary."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.intake import (
    EarlierComplaint,
    IntakeRecord,
    is_email,
    is_phone,
    refuse_merge,
    refuse_record,
    repeat_of,
    summarise,
    text_width,
)
from policies.vocabulary import ContactWay

NOW = datetime(2026, 11, 23, 2, 30, 20, tzinfo=UTC)
RECEIVED = datetime(2026, 11, 23, 2, 12, tzinfo=UTC)
GOOD = IntakeRecord(
    received_at=RECEIVED,
    channel_kind="voice",
    fields={"what": "账单多出 30 元", "contact_phone": "139 0000 4172", "customer_name": "周敏"},
    preferred_contact=ContactWay.PHONE,
    occurred_at=RECEIVED - timedelta(days=2),
    bought_on=date(2025, 11, 16),
    call_started_at=RECEIVED,
    call_seconds=400,
)


def refused(**change: object) -> list[tuple[str, str | None]]:
    fields = change.pop("fields", None)
    record = dataclasses.replace(GOOD, **change)
    if fields is not None:
        record = dataclasses.replace(record, fields={**GOOD.fields, **fields})
    refusals = refuse_record(record, NOW)
    assert all(refusal.status == 422 for refusal in refusals)
    return [(refusal.key.removeprefix("intake_rules."), refusal.field) for refusal in refusals]


def test_R2_a_sound_record_is_not_refused() -> None:
    assert refused() == []


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"received_at": NOW + timedelta(minutes=1)}, "received.in_future", "received_at"),
        ({"occurred_at": RECEIVED + timedelta(minutes=1)}, "occurred.after_received", "occurred_at"),
        ({"bought_on": date(2026, 11, 25)}, "bought.after_received", "bought_on"),
        ({"call_started_at": NOW + timedelta(minutes=5)}, "call.in_future", "call_started_at"),
        ({"call_seconds": -1}, "call.negative", "call_length"),
        ({"call_seconds": 90000}, "call.too_long", "call_length"),
        ({"fields": {"what": " "}}, "what.missing", "what"),
        ({"fields": {"what": "？？"}}, "what.missing", "what"),
        ({"fields": {"what": "长" * 4001}}, "text.too_long", "what"),
        ({"fields": {"why": "a\x00b"}}, "text.control_characters", "why"),
        ({"fields": {"contact_phone": "不知道"}}, "phone.unreadable", "contact_phone"),
        ({"fields": {"email": "周敏@"}}, "email.unreadable", "email"),
        ({"preferred_contact": ContactWay.EMAIL}, "contact.email_missing", "email"),
        (
            {"preferred_contact": ContactWay.SMS, "fields": {"contact_phone": ""}},
            "contact.contact_phone_missing",
            "contact_phone",
        ),
        ({"preferred_contact": ContactWay.LETTER}, "contact.address_missing", "address"),
        ({"preferred_contact": ContactWay.VISIT}, "contact.address_missing", "address"),
        ({"channel_kind": "referred"}, "external_number.missing", "external_number"),
        ({"channel_kind": "referred", "external_number": "  "}, "external_number.missing", "external_number"),
    ],
)
def test_R2_what_contradicts_itself_is_refused_beside_its_field(change: dict, reason: str, field: str) -> None:
    assert refused(**change) == [(reason, field)]


@pytest.mark.parametrize(
    "change",
    [
        {"received_at": NOW},
        {"occurred_at": RECEIVED},
        {"occurred_at": RECEIVED + timedelta(seconds=30)},
        {"call_seconds": 0},
        {"preferred_contact": ContactWay.EMAIL, "fields": {"email": "zhou@example.com"}},
        {"preferred_contact": ContactWay.WECHAT},
        {"preferred_contact": None, "fields": {"contact_phone": ""}},
        {"channel_kind": "referred", "external_number": "12345-2026-77"},
        {"occurred_at": None, "bought_on": None, "call_started_at": None, "call_seconds": None},
    ],
)
def test_R2_what_stands_at_the_edge_is_taken(change: dict) -> None:
    assert refused(**change) == []


def test_R9_a_record_of_an_outage_keeps_its_earlier_time_of_receipt() -> None:
    assert refused(received_at=NOW - timedelta(days=3), occurred_at=NOW - timedelta(days=4)) == []


def test_R2_all_faults_are_told_at_once() -> None:
    assert len(refused(call_seconds=-5, occurred_at=NOW, preferred_contact=ContactWay.EMAIL)) == 3


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("13900004172", True),
        ("139 0000 4172", True),
        ("+86 139-0000-4172", True),
        ("0571-8888 6666", True),
        ("(0571) 88886666 转 801", False),
        ("0571-88886666转801", True),
        ("10000", True),
        ("１３９００００４１７２", True),
        ("13900004172 / 0571-88881234", True),
        ("13900004172、0571-88886666转801", True),
        ("13900004172 / 家里", False),
        ("13900004172 / 12", False),
        ("/", False),
        ("12", False),
        ("139000041721390000417213900004172", False),
        ("电话 13900004172", False),
        ("", False),
        ("+", False),
    ],
)
def test_R2_a_phone_number_is_told_from_other_text(text: str, good: bool) -> None:
    assert is_phone(text) is good


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("zhou.min@example.com", True),
        ("周敏@例子.公司", True),
        ("a@b", False),
        ("a b@example.com", False),
        ("a@example.com,b@example.com", False),
        ("a@@example.com", False),
        ("", False),
        ("x" * 250 + "@example.com", False),
    ],
)
def test_R2_an_email_address_is_told_from_other_text(text: str, good: bool) -> None:
    assert is_email(text) is good


LEAF = "svc_repair_repeat"


def earlier(days: float, number: str = "TS20260921-0015", category: str = LEAF) -> EarlierComplaint:
    return EarlierComplaint(number, category, RECEIVED - timedelta(days=days))


def test_R2_the_told_second_complaint_within_21_days_is_the_second() -> None:
    """Case 04 of the told cases: earlier TS20260921-0015, received on 12 October 2026."""
    repeat = repeat_of(
        LEAF,
        datetime(2026, 10, 12, 1, 5, tzinfo=UTC),
        [EarlierComplaint("TS20260921-0015", LEAF, datetime(2026, 9, 21, 2, tzinfo=UTC))],
    )
    assert (repeat.nth, repeat.previous) == (2, "TS20260921-0015")
    assert repeat.warning is not None
    assert repeat.warning.params == {"nth": 2, "days": 30, "number": "TS20260921-0015"}


@pytest.mark.parametrize(
    ("before", "nth"),
    [
        ([], 1),
        ([earlier(30)], 2),
        ([earlier(30.01)], 1),
        ([earlier(1, category="att_hall_rude")], 1),
        ([earlier(1), earlier(29), earlier(40)], 3),
        ([earlier(-1)], 1),
    ],
)
def test_R3_only_the_same_leaf_within_thirty_days_before_counts(before: list, nth: int) -> None:
    repeat = repeat_of(LEAF, RECEIVED, before)
    assert repeat.nth == nth
    assert (repeat.warning is None) == (nth == 1)


def test_R3_the_one_before_is_the_latest() -> None:
    assert repeat_of(LEAF, RECEIVED, [earlier(3, "B"), earlier(9, "A"), earlier(20, "C")]).previous == "B"


def test_R4_a_complaint_is_joined_to_another_that_stands_by_itself() -> None:
    assert refuse_merge("A", "B", target_merged=False) is None
    for number, target, merged, archived in (("A", "A", False, False), ("A", "B", True, True), ("A", "B", False, True)):
        refusal = refuse_merge(number, target, merged, archived)
        assert refusal is not None
        assert refusal.field == "merged_into"


@pytest.mark.parametrize(
    ("what", "summary"),
    [
        ("账单多出 30 元流量费。提醒短信晚发六小时。", "账单多出 30 元流量费"),
        ("  家中\n\n没有信号  ", "家中 没有信号"),
        ("Speed is 3.5 Mbit/s at night. It was 100 before.", "Speed is 3.5 Mbit/s at night"),
        ("为什么又扣费？我没有开通。", "为什么又扣费？"),
        ("……没有信号", "……没有信号"),
        ("", ""),
        ("𠮷野家断网", "𠮷野家断网"),
    ],
)
def test_R2_the_summary_is_the_first_sentence(what: str, summary: str) -> None:
    assert summarise(what) == summary


def test_R2_a_long_summary_is_cut_to_its_width_between_words() -> None:
    assert summarise("断" * 60) == "断" * 39 + "…"
    assert summarise(
        "the broadband connection fails every evening and nobody has come to repair it although I called twice"
    ) == ("the broadband connection fails every evening and nobody has come to repair it…")


@given(st.text(max_size=300), st.integers(10, 100))
def test_R2_a_summary_is_one_line_and_never_wider_than_asked(what: str, width: int) -> None:
    summary = summarise(what, width)
    assert text_width(summary) <= width
    assert len(summary.splitlines()) <= 1
