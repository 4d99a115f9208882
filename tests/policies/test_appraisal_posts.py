"""R33: new, left and moved staff count by their days and departments; the scheme is the first of the office's order."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.appraisal_posts import Parts, Post, Ranked, days_of, next_month, scheme_for, working_days

SCHEMES = (
    Ranked("intake_2026", ("intake_clerk", "shift_lead", "account_manager")),
    Ranked("handler_2026", ("handler",)),
    Ranked("callback_2026", ("callback_clerk",)),
)
FIRST, LAST = date(2026, 9, 1), date(2026, 9, 30)
FRONT, NETWORK = 1, 2


def day(number: int) -> date:
    return date(2026, 9, number)


def parts(*posts: Post) -> Parts:
    return Parts(posts, FIRST, LAST, SCHEMES)


def of(found: Parts) -> list[tuple]:
    return [(one.department_id, one.scheme, one.from_day.day, one.until_day.day) for one in found.all]


def test_R33_a_whole_month_is_one_sheet():
    found = parts(Post(5, FRONT, ("intake_clerk",), date(2021, 4, 12)))
    assert of(found) == [(FRONT, "intake_2026", 1, 30)]
    assert found.is_whole


def test_R33_who_joins_or_leaves_has_a_sheet_for_those_days():
    assert of(parts(Post(6, FRONT, ("intake_clerk",), day(14)))) == [(FRONT, "intake_2026", 14, 30)]
    assert of(parts(Post(6, FRONT, ("intake_clerk",), date(2020, 1, 1), day(10)))) == [(FRONT, "intake_2026", 1, 10)]
    assert of(parts(Post(6, FRONT, ("intake_clerk",), date(2020, 1, 1), date(2026, 8, 31)))) == []


def test_R33_who_moves_has_a_sheet_in_each_department():
    found = parts(Post(7, FRONT, ("handler",), date(2019, 1, 1), day(14)), Post(7, NETWORK, ("handler",), day(15)))
    assert of(found) == [(FRONT, "handler_2026", 1, 14), (NETWORK, "handler_2026", 15, 30)]
    assert not found.is_whole
    assert [found.of_day(day(number)).department_id for number in (1, 14, 15, 30)] == [FRONT, FRONT, NETWORK, NETWORK]


def test_R33_another_role_of_the_same_scheme_is_the_same_sheet():
    found = parts(
        Post(7, FRONT, ("intake_clerk",), date(2019, 1, 1), day(14)), Post(7, FRONT, ("shift_lead",), day(15))
    )
    assert of(found) == [(FRONT, "intake_2026", 1, 30)]


def test_R33_a_post_without_a_scheme_has_no_sheet_and_what_happens_then_counts_for_none():
    found = parts(Post(7, FRONT, ("handler",), date(2019, 1, 1), day(14)), Post(7, NETWORK, ("archivist",), day(15)))
    assert of(found) == [(FRONT, "handler_2026", 1, 14)]
    assert found.of_day(day(20)) is None
    assert not found.is_whole


def test_R33_what_is_closed_after_somebody_left_counts_for_their_last_days():
    found = parts(Post(7, FRONT, ("handler",), date(2019, 1, 1), day(14)))
    assert found.of_day(day(29)).until_day == day(14)
    assert found.is_whole  # whatever the day, it is that sheet


def test_R32_of_several_schemes_the_first_in_the_offices_order_holds():
    assert scheme_for(("handler", "knowledge_editor", "intake_clerk"), SCHEMES) == ("intake_2026", "intake_clerk")
    assert scheme_for(("archivist",), SCHEMES) is None


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "2026-1", "09-2026", "", "2026-0９", "99999-01", "abcd-ef"])
def test_what_is_no_month_is_none(month):
    assert days_of(month) is None


def test_months_follow_one_another():
    assert days_of("2028-02") == (date(2028, 2, 1), date(2028, 2, 29))
    assert next_month("2026-12") == "2027-01"


def test_R33_working_days_are_the_calendars():
    assert working_days(day(1), day(7), lambda one: one.weekday() < 5) == 5


@given(
    st.lists(
        st.tuples(st.integers(1, 28), st.sampled_from([FRONT, NETWORK]), st.sampled_from(["handler", "archivist"]))
    )
)
def test_R33_every_day_belongs_to_one_sheet_at_most_and_sheets_never_overlap(changes):
    starts = sorted({number: (place, role) for number, place, role in changes}.items())
    posts = []
    for index, (number, (place, role)) in enumerate(starts):
        until = day(starts[index + 1][0]) - timedelta(days=1) if index + 1 < len(starts) else None
        posts.append(Post(7, place, (role,), day(number), until))
    found = parts(*posts)
    covered = [
        one.from_day + timedelta(days=n) for one in found.all for n in range((one.until_day - one.from_day).days + 1)
    ]
    assert len(covered) == len(set(covered))
    for one in found.all:
        assert found.of_day(one.from_day) == one
        assert found.of_day(one.until_day) == one
