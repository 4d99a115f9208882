"""R13, R39: with whom a filter may be shared, and the columns of a list."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from policies.access import Actor, Permission, Scope
from policies.saved_lists import ALWAYS, COLUMNS, Reach, columns_of, may_drop, reaches, refuse


def actor(*permissions: Permission, department: int | None = 1) -> Actor:
    grants = MappingProxyType(dict.fromkeys(permissions, Scope.ALL))
    return Actor(1, "S001", department, frozenset({1}), frozenset(), grants, frozenset())


CLERK = actor(Permission.COMPLAINT_VIEW)
MANAGER = actor(Permission.COMPLAINT_VIEW, Permission.COMPLAINT_CLOSE_UNSATISFIED)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (CLERK, (Reach.OWN, Reach.DEPARTMENT)),
        (MANAGER, (Reach.OWN, Reach.DEPARTMENT, Reach.EVERYBODY)),
        (actor(Permission.CONFIGURATION_EDIT), (Reach.OWN, Reach.DEPARTMENT, Reach.EVERYBODY)),
        (actor(Permission.COMPLAINT_VIEW, department=None), (Reach.OWN,)),
    ],
)
def test_R39_everybody_shares_with_their_department_and_who_looks_after_the_whole_with_all(who, expected):
    assert reaches(who) == expected


@pytest.mark.parametrize(
    ("name", "reach", "kept", "keys"),
    [
        ("本周到期", Reach.OWN, 0, []),
        ("", Reach.OWN, 0, ["name"]),
        ("长" * 41, Reach.OWN, 0, ["long"]),
        ("x", None, 0, ["reach"]),
        ("x", Reach.EVERYBODY, 0, ["share"]),
        ("x", Reach.OWN, 30, ["many"]),
        ("", Reach.EVERYBODY, 30, ["name", "share", "many"]),
    ],
)
def test_R13_a_filter_that_cannot_be_saved_says_everything_that_is_wrong(name, reach, kept, keys):
    assert [one.key.rpartition(".")[2] for one in refuse(CLERK, name, reach, kept)] == keys


def test_R13_columns_stand_in_their_order_and_none_gives_those_of_always():
    assert columns_of(["status", "due_at", "gone"]) == ("due_at", "status")
    assert columns_of([]) == columns_of(["gone"]) == ALWAYS
    assert columns_of(reversed(COLUMNS)) == COLUMNS


@pytest.mark.parametrize(
    ("who", "maker", "reach", "expected"),
    [
        (CLERK, 1, Reach.OWN, True),
        (CLERK, 2, Reach.EVERYBODY, False),
        (MANAGER, 2, Reach.EVERYBODY, True),
        (MANAGER, 2, Reach.DEPARTMENT, True),
        (MANAGER, 2, Reach.OWN, False),
    ],
)
def test_R39_a_filter_is_dropped_by_its_maker_a_shared_one_by_who_may_share_with_all(who, maker, reach, expected):
    assert may_drop(who, maker, reach) is expected
