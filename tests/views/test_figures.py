"""The page of the figures: shown, changed, refused with what was typed, and never overwritten unseen."""

from __future__ import annotations

import pytest

from tests.support.filled import SAME_ORIGIN, faults, form_of, send

ADDRESS = "/settings/figures/"


@pytest.fixture
def browser(sign_in):
    return sign_in("S030")


def test_figures_are_changed_and_the_change_stands_beside_them(browser):
    answer = send(browser, ADDRESS, transfers_before_escalation="2", cluster_hours="12")
    assert answer.status_code == 303
    page = browser.get(ADDRESS).text
    assert 'name="cluster_hours"' in page
    assert "集中投诉的小时数" in page
    assert "24" in page  # the old value, in the log


@pytest.mark.parametrize("typed", ["", "-1", "1e3", "九", "99999999999", "4.5"])
def test_a_bad_figure_comes_back_as_it_was_typed_with_a_sentence(browser, typed):
    answer = send(browser, ADDRESS, repeat_days=typed, cluster_hours="13")
    assert answer.status_code == 422
    assert 'value="13"' in answer.text
    assert set(faults(answer.text)) == {"repeat_days"}


def test_a_second_administrator_is_told_and_keeps_what_was_typed(browser, sign_in):
    other = sign_in("S030")
    shown = {**form_of(other.get(ADDRESS).text), "repeat_days": "10"}
    assert send(browser, ADDRESS, repeat_days="60").status_code == 303
    answer = other.post(ADDRESS, data=shown, headers=SAME_ORIGIN)
    assert answer.status_code == 422
    assert "其他人刚改过" in answer.text
    assert 'value="10"' in answer.text


def test_nonsense_in_the_hidden_field_is_no_fault_of_the_desk(browser):
    assert send(browser, ADDRESS, seen="a=b,=,=1,repeat_days=x").status_code == 422
