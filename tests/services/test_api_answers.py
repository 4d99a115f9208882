"""R40: a write of the API that comes twice is done once; R39: a token lets in as often and as long as it says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.api import ApiAnswer
from backoffice.models.history import AccessEvent
from backoffice.queries.actor import load_actor
from backoffice.services import api_answers, api_tokens
from backoffice.services.api_answers import Answer, Call
from policies.api_token import ANSWERS_KEPT, ApiScope, NewToken
from tests.support.scenes import staff
from views.language import say

KEYS = Keys.fresh()
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ANSWER = Answer(201, '{"customer": "欧阳静"}\n'.encode(), "/api/v1/complaints/TS20261123-0001")


@pytest.fixture
def token(office_database):
    return made(office_database)


def made(database, **more):
    said = {
        "name": "an app",
        "scopes": frozenset({ApiScope.READ}),
        "expires_at": NOW + timedelta(days=1),
        "per_minute": 3,
    }
    with database.writing() as session:
        administrator = load_actor(session, staff(session, "S030").id)
        new = NewToken(**{**said, "staff_id": staff(session, "S005").id, **more})
        return api_tokens.create(session, KEYS, administrator, NOW, new, "192.0.2.1", say)


def admit(database, token, at=NOW):
    try:
        return api_tokens.admit(database, KEYS, at, token.text, "192.0.2.9", "read_complaint").prefix
    except DomainError as error:
        return error.refusals[0].key


def write(database, call, at=NOW, answer=ANSWER):
    """Whether it was done now, and what it was answered."""
    with database.writing() as session:
        before = api_answers.known(session, KEYS, call, at)
        if before is None:
            api_answers.keep(session, KEYS, call, at, answer)
        return before is None, before or answer


def test_R40_the_same_key_and_body_get_the_same_answer_and_nothing_is_done_twice(office_database, token):
    call = Call(token.row.id, "order-4711", "a" * 64)
    assert write(office_database, call) == (True, ANSWER)
    assert write(office_database, call, NOW + ANSWERS_KEPT - timedelta(seconds=1)) == (False, ANSWER)


def test_R40_the_same_key_with_another_body_is_refused(office_database, token):
    write(office_database, Call(token.row.id, "order-4711", "a" * 64))
    with pytest.raises(DomainError) as found:
        write(office_database, Call(token.row.id, "order-4711", "b" * 64))
    assert (found.value.status, found.value.refusals[0].key) == (409, "api.refused.key_taken")


def test_R40_another_token_has_keys_of_its_own(office_database, token):
    write(office_database, Call(token.row.id, "order-4711", "a" * 64))
    assert write(office_database, Call(made(office_database).row.id, "order-4711", "b" * 64))[0]


def test_R40_after_its_time_the_key_is_free_again_and_the_old_answer_is_gone(office_database, token):
    write(office_database, Call(token.row.id, "order-4711", "a" * 64))
    assert write(office_database, Call(token.row.id, "order-4711", "b" * 64), NOW + ANSWERS_KEPT)[0]
    with office_database.reading() as session:
        assert session.scalars(sa.select(ApiAnswer.digest)).all() == ["b" * 64]


def test_R39_an_answer_that_has_had_its_time_goes_without_another_write(office_database, token):
    write(office_database, Call(token.row.id, "order-4711", "a" * 64))
    write(office_database, Call(token.row.id, "order-4712", "a" * 64), NOW + timedelta(seconds=1))
    with office_database.writing() as session:
        assert not api_answers.clear(session, NOW + ANSWERS_KEPT)
    with office_database.reading() as session:
        assert session.scalars(sa.select(ApiAnswer.key)).all() == ["order-4712"]


def test_R40_two_copies_at_one_moment_are_done_once(office_database, token):
    together, call = Barrier(2), Call(token.row.id, "order-4711", "a" * 64)

    def send(_copy):
        together.wait(timeout=20)
        return write(office_database, call)

    with ThreadPoolExecutor(2) as sending:
        found = sorted(done for done, _answer in sending.map(send, (1, 2)))
    assert found == [False, True]


def test_R39_a_kept_answer_lies_sealed(office_database, token):
    write(office_database, Call(token.row.id, "order-4711", "a" * 64))
    with office_database.reading() as session:
        assert "欧阳静".encode() not in session.scalars(sa.select(ApiAnswer.sealed)).one()


def test_R39_a_token_ends_with_its_time_and_when_it_is_revoked(office_database, token):
    assert admit(office_database, token) == token.row.prefix
    assert admit(office_database, token, NOW + timedelta(days=1)) == "api.refused.expired"
    other = made(office_database)
    with office_database.writing() as session:
        administrator = load_actor(session, staff(session, "S030").id)
        api_tokens.revoke(session, KEYS, administrator, NOW, other.row.id, "192.0.2.1", say)
    assert admit(office_database, other) == "api.refused.revoked"


def test_R39_its_pace_holds_for_calls_at_one_moment_and_the_log_tells_it_once(office_database, token):
    with ThreadPoolExecutor(4) as calling:
        found = list(calling.map(lambda _call: admit(office_database, token), range(6)))
    assert sorted(found) == sorted([token.row.prefix] * 3 + ["api.refused.wait"] * 3)
    assert admit(office_database, token, NOW + timedelta(seconds=61)) == token.row.prefix
    with office_database.reading() as session:
        assert list(session.scalars(sa.select(AccessEvent.kind))).count("api_limited") == 1
