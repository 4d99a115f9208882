"""R17: when complaints of one kind are a cluster, and which severity is proposed, by the criteria of the severities."""

from __future__ import annotations

import pytest

from policies.clusters import (
    ClusterRule,
    Seen,
    customers,
    is_cluster,
    parse_rule,
    proposed_severity,
    refuse_rule,
    to_be_raised,
)
from policies.vocabulary import Severity
from tests.support.told_cases import office


def seen(*phones, severity=Severity.GENERAL):
    return [Seen(n, severity, None if phone is None else phone.encode()) for n, phone in enumerate(phones, 1)]


def test_R17_the_default_is_ten_customers_of_one_category_in_a_day():
    assert parse_rule(None) == ClusterRule(10, 24)
    important = next(row for row in office("processes")["severities"] if row["code"] == "important")
    assert "10 户" in important["criteria"][0]["zh"]


@pytest.mark.parametrize(
    ("phones", "count"),
    [((), 0), (("a", "a", "a"), 1), (("a", "b", "a"), 2), ((None, None, "a"), 3)],
)
def test_R17_one_customer_who_complains_often_counts_once(phones, count):
    assert customers(seen(*phones)) == count


def test_R17_ten_complaints_of_nine_customers_are_no_cluster():
    nine = [str(n) for n in range(9)]
    assert not is_cluster(seen(*nine, "0"), ClusterRule())
    assert is_cluster(seen(*nine, "9"), ClusterRule())


@pytest.mark.parametrize(
    ("default", "expected"),
    [(None, Severity.IMPORTANT), (Severity.GENERAL, Severity.IMPORTANT), (Severity.IMPORTANT, Severity.IMPORTANT),
     (Severity.MAJOR, Severity.MAJOR)],
)  # fmt: skip
def test_R17_many_customers_make_it_important_and_what_is_major_by_default_major(default, expected):
    assert proposed_severity(default) is expected


def test_R17_only_what_stands_lower_is_to_be_raised():
    found = [Seen(1, Severity.GENERAL), Seen(2, Severity.IMPORTANT), Seen(3, Severity.MAJOR)]
    assert to_be_raised(found, Severity.IMPORTANT) == (1,)
    assert to_be_raised(found, Severity.MAJOR) == (1, 2)


@pytest.mark.parametrize(
    ("rule", "fields"),
    [((10, 24), []), ((2, 1), []), ((1, 24), ["complaints"]), ((1001, 24), ["complaints"]), ((10, 0), ["hours"]),
     ((0, 337), ["complaints", "hours"])],
)  # fmt: skip
def test_R17_figures_that_make_no_sense_are_refused(rule, fields):
    assert [one.field for one in refuse_rule(ClusterRule(*rule))] == fields


@pytest.mark.parametrize(
    "data", [{}, {"complaints": "ten"}, {"complaints": True}, {"complaints": 0, "hours": 24}, {"hours": None}]
)
def test_R17_a_setting_that_cannot_be_read_leaves_the_default(data):
    assert parse_rule(data) == ClusterRule()
