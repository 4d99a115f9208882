"""R2, R39, R40: a repeat takes over the customer of an earlier complaint of the same phone, unseen, and says so."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import BlindIndex, Complaint
from backoffice.models.history import Event
from backoffice.queries.verification import verify
from backoffice.sealing import CaseSeal, blind
from policies.vocabulary import ContactWay
from tests.support.played import TEXTS, Play

KEYS = Keys.fresh()
LEFT_EMPTY = {"customer_name": "", "address": "", "email": ""}


@pytest.fixture
def play(office_database, tmp_path):
    return Play(office_database, KEYS, tmp_path / "files")


def again(play: Play, number: str, code: str = "S005", *, way: ContactWay | None = None, **texts: str) -> dict:
    """Registers a repeat; the record that it left."""
    play.register(code, uploads=(), texts={**LEFT_EMPTY, **texts}, same_as=number, preferred_contact=way)
    with play.database.reading() as session:
        row = session.scalars(sa.select(Complaint).where(Complaint.number == play.number)).one()
        return dict(CaseSeal(KEYS, row.sealed_key, row.number).open_json(row.sealed_record, "record") or {})


def test_R2_what_was_left_empty_comes_from_the_earlier_complaint(play):
    play.register(uploads=())
    first = play.number
    record = again(play, first.lower())
    assert {code: record[code] for code in LEFT_EMPTY} == {code: TEXTS[code] for code in LEFT_EMPTY}
    assert record["preferred_contact"] == ContactWay.PHONE
    with play.database.reading() as session:
        event = session.scalars(sa.select(Event).where(Event.action == "register").order_by(Event.id.desc())).first()
        assert first in json.dumps(json.loads(event.body))
        token = blind(KEYS, "name", TEXTS["customer_name"])
        found = sa.select(sa.func.count()).select_from(BlindIndex).where(BlindIndex.token == token)
        assert session.scalar(found) == 2  # the repeat is found by the name too
        assert verify(session, KEYS.chain).broken == []


def test_R2_what_was_typed_stands(play):
    play.register(uploads=())
    record = again(play, play.number, way=ContactWay.SMS, customer_name="周大山")
    assert (record["customer_name"], record["address"]) == ("周大山", TEXTS["address"])
    assert record["preferred_contact"] == ContactWay.SMS


@pytest.mark.parametrize("phone", ["13900004173", ""])
def test_R39_another_phone_takes_nothing_over(play, phone):
    play.register(uploads=())
    with pytest.raises(DomainError) as refused:
        again(play, play.number, contact_phone=phone)
    assert refused.value.refusals[0].key == "intake.refused.same_as"
    assert refused.value.refusals[0].field == "contact_phone"


def test_R39_a_confidential_complaint_gives_nothing_to_whoever_is_not_on_it(play):
    play.register(uploads=(), confidential=True)
    first = play.number
    with pytest.raises(DomainError, match="same_as"):
        again(play, first, "S006")
    assert again(play, first)["customer_name"] == TEXTS["customer_name"]


def test_R2_a_number_that_is_none_is_refused_in_words(play):
    with pytest.raises(DomainError, match="same_as"):
        again(play, "TS19990101-0001")
