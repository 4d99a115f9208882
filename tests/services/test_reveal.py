"""R39: each look at customer data in clear is in the access chain, with its reason sealed, on both databases."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.history import AccessEvent, AccessHead
from backoffice.queries.verification import verify
from backoffice.sealing import CaseSeal
from backoffice.services.reveal import reveal
from tests.support.played import TEXTS, Play

KEYS = Keys.fresh()


@pytest.fixture
def play(office_database, tmp_path):
    played = Play(office_database, KEYS, tmp_path / "files")
    played.register()
    played.dispatch()
    return played


def look(play, code, reason="约上门时间"):
    with play.database.writing() as session:
        return reveal(play.work(session, code), play.complaint_id, reason)


def events(play):
    with play.database.reading() as session:
        return list(session.scalars(sa.select(AccessEvent).order_by(AccessEvent.sequence)))


def test_R39_the_reason_is_kept_and_only_the_key_of_the_complaint_opens_it(play):
    shown = look(play, "S016")
    assert shown.values["customer_name"] == TEXTS["customer_name"]
    assert shown.values["contact_phone"] == TEXTS["contact_phone"]
    (event,) = events(play)
    sealed = bytes.fromhex(json.loads(event.body)["facts"]["reason"])
    with play.database.reading() as session:
        key = session.scalar(sa.text("SELECT sealed_key FROM complaint"))
    assert CaseSeal(KEYS, bytes(key), play.number).open_text(sealed, "reveal-reason") == "约上门时间"
    assert (event.kind, event.actor_id, event.address) == ("reveal", play.staff("S016"), "192.0.2.7")


@pytest.mark.parametrize(("code", "status"), [("S011", 403), ("S022", 403), ("S029", 403), ("S013", 404)])
def test_R39_a_refused_look_shows_nothing_and_leaves_nothing(play, code, status):
    with pytest.raises(DomainError) as refused:
        look(play, code)
    assert refused.value.status == status
    assert events(play) == []


@pytest.mark.parametrize("reason", ["", " ", "…"])
def test_R39_without_a_reason_there_is_no_look(play, reason):
    with pytest.raises(DomainError):
        look(play, "S016", reason)
    assert events(play) == []


def test_R39_an_erased_complaint_has_nothing_to_show(play):
    with play.database.writing() as session:
        session.execute(sa.text("UPDATE complaint SET sealed_key = NULL"))
    with pytest.raises(DomainError) as refused:
        look(play, "S016")
    assert refused.value.refusals[0].key == "complaint.refused.erased"


CHANGES = {
    "a look laid to another": "UPDATE access_event SET body = replace(body, 'reveal', 'signin') WHERE sequence = 2",
    "a look taken away": "DELETE FROM access_event WHERE sequence = 2",
    "the last look cut off": "DELETE FROM access_event WHERE sequence = 3",
    "all looks taken away": "DELETE FROM access_event",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_R40_a_changed_access_chain_is_found(play, change):
    for code in ("S016", "S005", "S003"):
        look(play, code)
    with play.database.reading() as session:
        assert verify(session, KEYS.chain).broken == []
    with play.database.writing() as session:
        session.execute(sa.text(change))
    with play.database.reading() as session:
        broken = verify(session, KEYS.chain).broken
    assert [one.number for one in broken] == [""]
    with play.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(AccessHead)) == 1
