"""R2, R31: which complaint one follows is found anew when leaf or phone is put right, so that repeats are counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category
from backoffice.queries.indicators import month_of, overall
from backoffice.services.record import Corrected, correct
from policies.vocabulary import Outcome, Severity
from tests.support.played import TEXTS, Play
from tests.support.told_cases import SHANGHAI

KEYS = Keys.fresh()
SLOW = "net_broadband_slow"


@dataclass
class Customer:
    """Complaints of one customer, each some days after the first."""

    database: Any
    files: Any

    def complains(self, day: int, category: str = SLOW, **more: Any) -> Play:
        play = Play(self.database, KEYS, self.files)
        play.at += timedelta(days=day)
        texts = {"severity_reason": "与前次同一原因，影响不大", **more.pop("texts", {})}
        play.register(category=category, texts=texts, **more)
        return play


@pytest.fixture
def customer(office_database, tmp_path):
    return Customer(office_database, tmp_path)


@pytest.fixture
def other(office_database):
    """Another leaf."""
    with office_database.reading() as session:
        leaves = sa.select(Category.code).where(Category.level == 3, Category.retired_at.is_(None))
        return session.scalars(leaves.where(Category.code != SLOW, Category.code.like("net_broadband%"))).first()


def put_in(play, category):
    play.act("S004", "regrade", severity=Severity.GENERAL, regrade_reason="归错类", category=category)


def follows(play):
    with play.database.reading() as session:
        row = session.get_one(Complaint, play.complaint_id)
        return row.previous_id, row.nth_complaint


def closed(play, days):
    """As if it had been closed so many days after it was received."""
    with play.database.writing() as session:
        row = session.get_one(Complaint, play.complaint_id)
        row.closed_at, row.open, row.outcome = row.received_at + timedelta(days=days), False, Outcome.RESOLVED


def test_R31_a_complaint_put_into_the_leaf_of_an_earlier_one_repeats_it(customer, other):
    first, second = customer.complains(0), customer.complains(3, other)
    assert follows(second) == (None, 1)
    put_in(second, SLOW)
    assert follows(second) == (first.complaint_id, 2)
    closed(first, 1)
    closed(second, 2)
    with customer.database.reading() as session:
        window = month_of(f"{first.at:%Y-%m}", SHANGHAI, first.at + timedelta(days=60))
        assert overall(session, "repeat_rate", window).numerator == 1


def test_R31_a_complaint_put_into_another_leaf_repeats_nothing_and_what_followed_it_follows_the_one_before(
    customer, other
):
    first, second, third = customer.complains(0), customer.complains(3), customer.complains(5)
    assert follows(third) == (second.complaint_id, 3)
    put_in(second, other)
    assert follows(second) == (None, 1)
    assert follows(third) == (first.complaint_id, 2)


def test_R31_what_came_soon_after_follows_a_complaint_that_is_put_into_its_leaf(customer, other):
    first, second = customer.complains(0, other), customer.complains(29)
    later = customer.complains(31)
    put_in(first, SLOW)
    assert follows(second) == (first.complaint_id, 2)
    assert follows(later) == (second.complaint_id, 2)


def test_R2_R31_a_phone_put_right_finds_the_customers_earlier_complaint(customer):
    first = customer.complains(0)
    second = customer.complains(3, texts={"contact_phone": "13900004173"})
    assert follows(second) == (None, 1)
    with second.database.writing() as session:
        right = Corrected({**TEXTS, "contact_phone": "13900004172"})
        correct(second.work(session, "S005"), second.complaint_id, right, "号码听错")
    assert follows(second) == (first.complaint_id, 2)


def test_R31_a_count_told_without_the_earlier_complaint_stays(customer, other):
    first = customer.complains(0, nth_complaint=3)
    put_in(first, other)
    assert follows(first) == (None, 3)
