"""R13: what a customer may say on the page where they ask how it goes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from policies.customer_words import Wish, refuse_closed, refuse_page, refuse_words, urging_of

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wish", "text", "trapped", "why"),
    [
        ("urge", "", False, None),
        ("urge", "还没人来", False, None),
        ("add", "光猫灯是红的", False, None),
        ("add", "", False, "public.refused.missing"),
        ("add", "  。", False, "public.refused.missing"),
        ("urge", "", True, "public.refused.trapped"),
        ("add", "光猫灯是红的", True, "public.refused.trapped"),
        ("close", "光猫灯是红的", False, "public.refused.form"),
        ("", "", False, "public.refused.form"),
    ],
)
def test_R13_who_urges_need_say_nothing_and_who_adds_says_something(wish, text, trapped, why):
    found = refuse_words(wish, text, trapped=trapped)
    assert (found and found.key) == why


@pytest.mark.parametrize(
    ("shown", "held"),
    [(AT, True), (AT - timedelta(hours=12), True), (AT - timedelta(hours=13), False), (AT + timedelta(1), False)],
)
def test_R13_a_page_holds_for_half_a_day(shown, held):
    assert (refuse_page(shown, AT) is None) is held


def test_R13_a_page_of_somebody_else_holds_for_nothing():
    assert refuse_page(None, AT).key == "public.refused.old_words"


def test_R13_nothing_is_said_to_what_is_closed():
    assert refuse_closed(is_open=True) is None
    assert refuse_closed(is_open=False).key == "public.refused.closed"


def test_R13_a_customer_urges_once_a_day():
    assert urging_of(date(2026, 11, 24)) == urging_of(date(2026, 11, 24))
    assert urging_of(date(2026, 11, 24)) != urging_of(date(2026, 11, 25))
    assert list(Wish) == ["urge", "add"]
