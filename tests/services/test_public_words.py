"""R13: a customer urges and adds by the acts of the clerks, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.handling import Evidence
from backoffice.models.history import Event
from backoffice.models.office import Staff
from backoffice.models.work import Outbox
from backoffice.queries.verification import verify
from backoffice.sealing import CaseSeal
from backoffice.services import public_words
from backoffice.services.core.public_tries import WaitError
from backoffice.services.core.work import Work
from backoffice.services.public_words import Became
from policies.access import SYSTEM
from policies.customer_words import Wish, mark_of
from tests.support.played import Play

KEYS = Keys.fresh()


@pytest.fixture
def play(office_database, tmp_path):
    play = Play(office_database, KEYS, tmp_path)
    play.register()
    return play


def customers_work(play, session):
    return Work(session, KEYS, SYSTEM, play.at, play.at, play.files, "198.51.100.7")


def says(play, wish, text="", token=None):
    token = token or public_words.new_page(KEYS, play.complaint_id, play.number, play.at)
    with play.database.writing() as session:
        page = public_words.page_of(KEYS, token)
        return public_words.say(
            customers_work(play, session), page, token, wish, text, lambda message, _language: message.key
        )


def acts(play, action):
    with play.database.reading() as session:
        mine = (Event.complaint_id == play.complaint_id, Event.actor_id.is_(None), Event.action == action)
        return len(session.scalars(sa.select(Event.id).where(*mine)).all())


def told(play, template):
    with play.database.reading() as session:
        who = sa.select(Staff.code).join(Outbox, Outbox.staff_id == Staff.id).where(Outbox.template == template)
        return sorted(session.scalars(who))


def added(play):
    with play.database.reading() as session:
        seal = CaseSeal(KEYS, session.get(Complaint, play.complaint_id).sealed_key, play.number)
        rows = session.scalars(sa.select(Evidence).where(Evidence.type == "customer_document").order_by(Evidence.id))
        return [seal.open_json(row.sealed, "evidence")["text"] for row in rows if row.by_id is None]


def test_R13_an_order_in_hand_is_urged_and_its_owner_is_told_by_the_office_s_own_text(play):
    play.dispatch()
    assert says(play, Wish.URGE, "还没人来") is Became.URGED
    assert acts(play, "urge") == 1
    assert told(play, "urge_notice") == ["S016"]
    assert told(play, "customer_words") == ["S005"]  # who registered it learns that it was the customer
    with play.database.reading() as session:
        assert verify(session, KEYS.chain).broken == []


def test_R13_before_an_order_is_sent_the_wish_is_kept_and_who_registered_it_is_told(play):
    assert says(play, Wish.URGE) is Became.URGED
    assert acts(play, "urge") == 0
    assert added(play) == ["public.words.note.urge"]
    assert told(play, "customer_words") == ["S005"]


def test_R13_a_second_urging_on_the_same_day_is_told_so_and_the_next_day_it_is_one_more(play):
    play.dispatch()
    assert says(play, Wish.URGE) is Became.URGED
    assert says(play, Wish.URGE, "快一点") is Became.URGED_BEFORE
    assert acts(play, "urge") == 1
    play.at += timedelta(days=1)
    assert says(play, Wish.URGE) is Became.URGED
    assert acts(play, "urge") == 2


def test_R13_what_is_added_is_a_document_of_the_customer_and_the_same_sent_twice_is_one(play):
    play.dispatch()
    token = public_words.new_page(KEYS, play.complaint_id, play.number, play.at)
    for text in ("光猫灯是红的", "光猫灯是红的", "晚上八点最慢"):
        assert says(play, Wish.ADD, text, token) is Became.ADDED
    assert added(play) == ["public.words.note.add\n光猫灯是红的", "public.words.note.add\n晚上八点最慢"]
    assert told(play, "customer_words") == ["S005", "S005", "S016", "S016"]


def test_R13_nothing_is_taken_once_it_is_closed(play):
    play.dispatch()
    play.handle()
    play.close()
    for wish in Wish:
        with pytest.raises(DomainError) as error:
            says(play, wish, "还是不行")
        assert [one.key for one in error.value.refusals] == ["public.refused.closed"]
    assert acts(play, "urge") == 0
    assert added(play) == []


def test_R13_pressed_twice_at_one_moment_it_is_urged_once(play):
    play.dispatch()
    with ThreadPoolExecutor(2) as both:
        found = sorted(both.map(lambda _: says(play, Wish.URGE), range(2)))
    assert found == [Became.URGED, Became.URGED_BEFORE]
    assert acts(play, "urge") == 1


def test_R39_how_often_something_is_said_is_bounded_for_a_complaint(play):
    page = public_words.Page(play.complaint_id, mark_of(play.number), play.at)
    for _ in range(10):
        with play.database.writing() as session:
            public_words.admit(customers_work(play, session), page)
    with pytest.raises(WaitError), play.database.writing() as session:
        public_words.admit(customers_work(play, session), page)


@pytest.mark.parametrize("token", ["", "x", "A" * 60, "🙈", "A" * 300])
def test_R39_an_invented_page_is_none(token):
    assert public_words.page_of(KEYS, token) is None
