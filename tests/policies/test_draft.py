"""Drafts of forms (R40): which forms keep one, what may be kept of it, how much and how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from policies import draft

NOW = datetime(2026, 11, 23, 6, 5, tzinfo=UTC)


@pytest.mark.parametrize(("texts", "fields", "expected"), [(1, 1, True), (0, 5, False), (0, 6, True), (0, 0, False)])
def test_R40_a_form_with_a_long_text_or_with_more_than_five_fields_keeps_a_draft(texts, fields, expected):
    assert draft.keeps_a_draft(texts, fields) is expected


@pytest.mark.parametrize("name", ["password", "new_password", "csrf_token", "api_secret", "passphrase", "X-Token", ""])
def test_R39_a_secret_and_a_form_token_are_never_kept(name):
    assert draft.kept_of([(name, "x", "")]) == []


def test_R40_what_is_kept_stands_in_the_order_of_the_form():
    typed = [("what", "a", "What"), ("csrf_token", "t", ""), ("where", "b", "w" * 300), ("what", "c", "What")]
    assert draft.kept_of(typed) == [("what", "a", "What"), ("where", "b", "w" * 200), ("what", "c", "What")]


@pytest.mark.parametrize(
    ("typed", "others", "last", "pressed", "status"),
    [
        ([("what", "x" * 1000, "")], 0, None, False, None),
        ([("what", "x" * 200_000, "")], 0, None, False, 413),
        ([(f"f{n}", "x", "") for n in range(501)], 0, None, False, 413),
        ([("what", "x", "")], 60, None, True, 409),  # none is thrown away for a new one
        ([("what", "x", "")], 60, timedelta(minutes=5), False, None),  # this one is among them
        ([("what", "x", "")], 0, timedelta(milliseconds=400), False, 429),
        ([("what", "x", "")], 0, timedelta(milliseconds=400), True, None),  # somebody pressed the button
        ([("what", "x", "")], 0, timedelta(seconds=1), False, None),
    ],
)
def test_R40_too_much_too_many_and_too_often_are_refused(typed, others, last, pressed, status):
    before = None if last is None else NOW - last
    refusal = draft.refuse(typed, NOW, others=others, last=before, pressed=pressed)
    assert (refusal.status if refusal else None) == status


def test_R40_a_draft_goes_fourteen_days_after_its_last_word():
    assert draft.goes_at(NOW) == NOW + timedelta(days=14)
