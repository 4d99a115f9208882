"""Backups (R39): which passphrase will do, when the nightly one is due, and which old ones may go."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.backup import OVERDUE, Made, Plan, check_plan, due_on, is_overdue, plan_of, refuse_passphrase, to_remove

GOOD = ("lantern river seven quiet stones", "河灯 七块 安静的石头 慢慢走 回家吃饭", "Xk4#mQ9!vLp2@wZs")
WEAK = {
    "": "too_short",
    "short words": "too_short",
    "fifteen letters"[:15]: "too_short",
    "a" * 1001: "too_long",
    "aaaaaaaaaaaaaaaa": "guessable",
    "abababababababab": "guessable",
    "0123456789012345": "guessable",
    "abcdefghijklmnopqrst": "guessable",
    "qwertyuiopasdfghjkl": "guessable",
    "QWERTYUIOPASDFGHJKL": "guessable",
    "admin admin admin admin": "guessable",
}


@pytest.mark.parametrize("passphrase", GOOD)
def test_R39_a_passphrase_of_words_will_do(passphrase):
    assert refuse_passphrase(passphrase) is None


@pytest.mark.parametrize(("passphrase", "why"), WEAK.items())
def test_R39_a_weak_passphrase_is_refused(passphrase, why):
    assert refuse_passphrase(passphrase).key == f"backup.passphrase.{why}"


def nightly(*days):
    return [Made(f"{day}.backup", datetime.fromisoformat(f"{day}T02:30Z")) for day in days]


PLAN = Plan(on=True, folder="/backups", days=3, weeks=2, months=2)
KEPT = {
    "none": ([], []),
    "one": (["2026-11-20"], ["2026-11-20"]),
    "three days": (["2026-11-18", "2026-11-19", "2026-11-20"], ["2026-11-18", "2026-11-19", "2026-11-20"]),
    # 2026-11-20 is a Friday; the week before it ends with Sunday the 15th, October with the 31st.
    "days, weeks and months": (
        ["2026-09-30", "2026-10-30", "2026-10-31", "2026-11-08", "2026-11-14", "2026-11-15", "2026-11-16",
         "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"],
        ["2026-10-31", "2026-11-15", "2026-11-18", "2026-11-19", "2026-11-20"],
    ),
    "after a gap the last ones still stand": (["2026-01-05", "2026-01-06"], ["2026-01-05", "2026-01-06"]),
}  # fmt: skip


@pytest.mark.parametrize(("made", "kept"), KEPT.values(), ids=KEPT)
def test_R39_of_each_day_week_and_month_the_newest_is_kept(made, kept):
    all_made = nightly(*made)
    assert sorted(one.name for one in all_made if one.name not in to_remove(all_made, PLAN)) == [
        f"{day}.backup" for day in kept
    ]


def test_R39_two_of_a_day_leave_the_later_one():
    early, late = (Made(name, datetime(2026, 11, 20, hour, tzinfo=UTC)) for name, hour in (("a", 2), ("b", 9)))
    assert to_remove([late, early], PLAN) == {"a"}


@given(
    st.lists(st.integers(0, 900), max_size=60),
    st.integers(1, 10),
    st.integers(0, 10),
    st.integers(0, 10),
)
def test_R39_the_newest_always_stays_and_no_more_than_asked_for(days, keep_days, weeks, months):
    made = [
        Made(str(number), datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day)) for number, day in enumerate(days)
    ]
    gone = to_remove(made, Plan(days=keep_days, weeks=weeks, months=months))
    stay = [one for one in made if one.name not in gone]
    assert len(stay) <= keep_days + weeks + months
    assert bool(stay) == bool(made)
    if made:
        assert max(one.at for one in stay) == max(one.at for one in made)


def test_R39_the_last_one_that_lacked_nothing_stays_however_many_came_after_it():
    made = nightly(*(date(2026, 1, 1) + timedelta(days=day) for day in range(800)))
    good = made[0].name
    assert good in to_remove(made, PLAN)
    assert to_remove(made, PLAN, good) == to_remove(made, PLAN) - {good}


def test_R39_removing_twice_removes_nothing_more():
    made = nightly(*(date(2026, 1, 1) + timedelta(days=day) for day in range(200)))
    gone = to_remove(made, PLAN)
    assert to_remove([one for one in made if one.name not in gone], PLAN) == frozenset()


@pytest.mark.parametrize(
    ("plan", "local", "expected"),
    [
        (Plan(on=True, at="02:30"), datetime(2026, 11, 23, 2, 29, tzinfo=UTC), None),
        (Plan(on=True, at="02:30"), datetime(2026, 11, 23, 2, 30, tzinfo=UTC), date(2026, 11, 23)),
        (Plan(on=True, at="02:30"), datetime(2026, 11, 23, 23, 59, tzinfo=UTC), date(2026, 11, 23)),
        (Plan(on=False), datetime(2026, 11, 23, 12, 0, tzinfo=UTC), None),
    ],
)
def test_R39_the_nightly_backup_is_due_from_its_time_of_day_on(plan, local, expected):
    assert due_on(plan, local) == expected


def test_R39_a_missed_backup_is_overdue_a_night_and_half_a_day_later():
    now = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    on = Plan(on=True, folder="/b")
    assert not is_overdue(on, now - OVERDUE, None, now)
    assert is_overdue(on, now - OVERDUE - timedelta(seconds=1), None, now)
    assert is_overdue(on, None, now - timedelta(days=3), now)
    assert not is_overdue(on, None, now, now)
    assert not is_overdue(Plan(), now - timedelta(days=9), None, now)


@pytest.mark.parametrize(
    ("plan", "absolute", "fields"),
    [
        (PLAN, True, []),
        (Plan(), False, []),
        (Plan(on=True), False, ["folder"]),
        (Plan(on=True, folder="backups"), False, ["folder"]),
        (Plan(at="25:00"), True, ["at"]),
        (Plan(at="2:30"), True, ["at"]),
        (Plan(days=0, weeks=-1, months=401), True, ["days", "weeks", "months"]),
        (Plan(weeks=0, months=0), True, []),
    ],
)
def test_R39_what_a_plan_lacks_is_said_at_its_field(plan, absolute, fields):
    assert [refusal.field for refusal in check_plan(plan, absolute=absolute)] == fields


@pytest.mark.parametrize("kept", [None, {}, {"on": "yes", "days": "7", "other": 1}, {"at": "99:99"}, {"days": True}])
def test_R39_a_plan_that_cannot_be_read_is_as_if_it_were_not_there(kept):
    assert plan_of(kept) == Plan()


def test_R39_a_plan_is_read_as_it_was_kept():
    assert plan_of({"on": True, "at": "23:05", "folder": "/b", "days": 3, "weeks": 2, "months": 2}) == Plan(
        True, "23:05", "/b", 3, 2, 2
    )
