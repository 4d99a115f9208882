"""R39, R40: passwords and the throttle in the database: counted before they are compared, for account and address."""

from __future__ import annotations

import contextlib
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.history import AccessEvent
from backoffice.models.office import Office, SignInFailure, Staff
from backoffice.services.core import credentials
from backoffice.services.core.credentials import TooManyTriesError, network_of
from backoffice.services.sign_in import change_password, end_other_sessions, sign_in
from tests.support.live import PASSWORD, give_passwords
from tests.support.offices import actor_of
from tests.support.scenes import staff

KEYS = Keys.fresh()
HERE = "192.0.2.7"


@pytest.fixture
def office(office_database):
    give_passwords(office_database)
    with office_database.writing() as session:
        session.execute(sa.update(Office).values(demonstration=False))
    return office_database


def failures(office):
    with office.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(SignInFailure))


def fail(office, at, login="handler", address=HERE):
    with pytest.raises(DomainError) as error:
        sign_in(office, KEYS, at, login, "wrong", address)
    return error.value


def test_R39_a_right_password_lets_in_and_leaves_no_failure(office, at):
    signed = sign_in(office, KEYS, at, "handler", PASSWORD, HERE)
    with office.reading() as session:
        person = staff(session, "S013")
    assert (signed.staff_id, signed.epoch, signed.must_change_password) == (person.id, person.session_epoch, False)
    assert failures(office) == 0


def test_R39_a_login_may_be_typed_in_capitals_and_wide_letters(office, at):
    assert sign_in(office, KEYS, at, " Handler ", PASSWORD, HERE)
    assert sign_in(office, KEYS, at, "ｈａｎｄｌｅｒ", PASSWORD, HERE)


@pytest.mark.parametrize("login", ["handler", "no-such-account", "", "x" * 5000, "' OR 1=1 --"])
def test_R39_a_wrong_account_and_a_wrong_password_get_the_same_answer(office, at, login):
    error = fail(office, at, login)
    refusal = error.refusals[0]
    assert (error.status, refusal.key, refusal.params) == (422, "sign_in.refused.wrong", {"n": 4})


def test_R39_an_account_without_a_password_cannot_be_entered(office, at):
    with office.writing() as session:
        staff(session, "S013").password_hash = None
    for password in ("", "wrong", "nobody's password, made once a process"):
        with pytest.raises(DomainError):
            sign_in(office, KEYS, at, "handler", password, HERE)


def test_R39_an_unknown_account_costs_as_much_work_as_a_known_one(office, at, monkeypatch):
    compared = []
    monkeypatch.setattr(credentials.HASHER.__class__, "verify", lambda self, stored, password: compared.append(stored))
    for login in ("handler", "no-such-account"):
        with contextlib.suppress(DomainError):
            sign_in(office, KEYS, at, login, "any", HERE)
    assert len(compared) == 2
    assert all(stored.startswith("$argon2id$") for stored in compared)


def test_R39_five_failures_and_the_account_waits_longer_each_time(office, at):
    for _ in range(4):
        fail(office, at)
    assert fail(office, at).refusals[0].params == {"until": at + timedelta(minutes=1)}
    waiting = fail(office, at)
    assert isinstance(waiting, TooManyTriesError)
    assert (waiting.status, waiting.until) == (429, at + timedelta(minutes=1))
    assert failures(office) == 10  # five of the account, five of the address; a try that must wait is not counted
    at += timedelta(minutes=1)
    assert fail(office, at).refusals[0].params == {"until": at + timedelta(minutes=2)}
    with pytest.raises(TooManyTriesError):
        sign_in(office, KEYS, at, "handler", PASSWORD, "198.51.100.1")  # from anywhere, with the right password too
    at += timedelta(minutes=2)
    assert sign_in(office, KEYS, at, "handler", PASSWORD, HERE)
    assert fail(office, at).refusals[0].params == {"n": 4}  # the account starts anew


def test_R39_an_address_that_tries_many_accounts_waits_for_all_of_them(office, at):
    for number in range(30):
        fail(office, at, f"name-{number}")
    with pytest.raises(TooManyTriesError):
        sign_in(office, KEYS, at, "handler", PASSWORD, HERE)
    assert sign_in(office, KEYS, at, "handler", PASSWORD, "198.51.100.1")


def test_R39_an_own_account_in_between_does_not_clear_an_address(office, at):
    for number in range(29):
        fail(office, at, f"name-{number}")
    sign_in(office, KEYS, at, "handler", PASSWORD, HERE)
    fail(office, at, "name-30")
    with pytest.raises(TooManyTriesError):
        sign_in(office, KEYS, at, "handler", PASSWORD, HERE)


def test_R39_failures_are_forgotten_after_a_day(office, at):
    for _ in range(5):
        fail(office, at)
    assert fail(office, at + timedelta(hours=24)).refusals[0].params == {"n": 4}
    assert failures(office) == 2


def test_R39_many_tries_at_the_same_moment_are_not_let_in_together(office, at):
    answers = []

    def attempt():
        try:
            sign_in(office, KEYS, at, "handler", "wrong", HERE)
        except DomainError as error:
            answers.append(type(error))

    threads = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 12
    assert answers.count(TooManyTriesError) == 7


def test_R39_the_failures_name_nobody(office, at):
    fail(office, at, "handler")
    with office.reading() as session:
        subjects = list(session.scalars(sa.select(SignInFailure.subject)))
    assert sorted(subject.split(":")[0] for subject in subjects) == ["account", "address"]
    assert not any("handler" in subject or HERE in subject for subject in subjects)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_R39_one_line_is_one_address(address, network):
    assert network_of(address) == network


def test_R39_a_weak_hash_is_made_anew_at_the_next_sign_in(office, at):
    sign_in(office, KEYS, at, "handler", PASSWORD, HERE)
    with office.reading() as session:
        stored = staff(session, "S013").password_hash
    assert not credentials.needs_new_hash(stored)
    assert stored.startswith("$argon2id$v=19$m=32768,t=3,p=1$")
    assert sign_in(office, KEYS, at, "handler", PASSWORD, HERE)


def test_R39_another_sign_in_that_makes_the_hash_anew_does_not_turn_this_one_away(office, at, monkeypatch):
    compared = credentials.is_right

    def overtaken(account, password):
        monkeypatch.setattr(credentials, "is_right", compared)
        sign_in(office, KEYS, at, "handler", PASSWORD, HERE)
        return compared(account, password)

    monkeypatch.setattr(credentials, "is_right", overtaken)
    assert sign_in(office, KEYS, at, "handler", PASSWORD, HERE).staff_id


def test_R39_a_password_that_was_changed_while_it_was_compared_lets_nobody_in(office, at, monkeypatch):
    compared = credentials.is_right
    with office.reading() as session:
        actor = actor_of(session, "S013")

    def overtaken(account, password):
        monkeypatch.setattr(credentials, "is_right", compared)
        change_password(office, KEYS, actor, at, PASSWORD, "tall ships, small harbours", HERE)
        return compared(account, password)

    monkeypatch.setattr(credentials, "is_right", overtaken)
    with pytest.raises(DomainError):
        sign_in(office, KEYS, at, "handler", PASSWORD, HERE)


def test_R39_a_changed_password_counts_up_the_epoch(office, at):
    with office.reading() as session:
        actor, before = actor_of(session, "S013"), staff(session, "S013").session_epoch
    signed = change_password(office, KEYS, actor, at, PASSWORD, "tall ships, small harbours", HERE)
    assert signed.epoch == before + 1
    with pytest.raises(DomainError):
        sign_in(office, KEYS, at, "handler", PASSWORD, HERE)
    assert sign_in(office, KEYS, at, "handler", "tall ships, small harbours", HERE).epoch == before + 1


def test_R39_a_refused_new_password_changes_nothing_and_is_no_failure(office, at):
    with office.reading() as session:
        actor = actor_of(session, "S013")
    with pytest.raises(DomainError) as error:
        change_password(office, KEYS, actor, at, PASSWORD, "short", HERE)
    assert [(refusal.field, refusal.key) for refusal in error.value.refusals] == [
        ("password", "sign_in.password.too_short")
    ]
    assert failures(office) == 0
    assert sign_in(office, KEYS, at, "handler", PASSWORD, HERE).epoch == 0


def test_R39_ending_other_sessions_counts_up_the_epoch_and_is_on_record(office, at):
    with office.writing() as session:
        epoch = end_other_sessions(session, KEYS, actor_of(session, "S013"), at, HERE)
    with office.reading() as session:
        assert session.scalars(sa.select(Staff.session_epoch).where(Staff.code == "S013")).one() == epoch == 1
        assert [event.kind for event in session.scalars(sa.select(AccessEvent))] == ["sessions_ended"]
