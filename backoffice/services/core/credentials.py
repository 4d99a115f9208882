"""Passwords and the throttle before them (R39): hashing, comparing, counting the tries of an account and an address.

A try is counted *before* its password is compared and taken back when it was right, so that many tries at the same
moment are not let in together. An unknown, a retired and a wrong account cost the same work and get the same answer.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.office import Department, Office, Role, SignInFailure, Staff
from policies import throttle
from policies.message import Refusal
from policies.password import DEMO_PASSWORD, MAX_LENGTH, prepared

LONGEST_LOGIN = 64
HASHER = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)  # 32 MiB: eight at once fit a small machine
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else when it is read out
_SIGN_IN_LOCK = 0x51676E496E  # any number of our own


@dataclass(frozen=True)
class Account:
    """An account that a password is tried for; what is None was not found. ``network`` is where the try comes from."""

    login: str
    network: str
    staff_id: int | None = None
    code: str | None = None
    password_hash: str | None = None
    demonstration: bool = False
    epoch: int | None = None


@dataclass(frozen=True)
class Try:
    """A try that was let in and counted: its account, what is left after it, and when the next one may be made."""

    account: Account
    counted: tuple[int, ...]
    left: int
    next_at: datetime | None


class TooManyTriesError(DomainError):
    """The throttle does not let this try in; ``until`` is when the next one may be made."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(Refusal("sign_in.refused.wait", {"until": until}, status=429))


def hash_password(password: str) -> str:
    """A password as it is stored: argon2id with a salt of its own."""
    return HASHER.hash(prepared(password))


def temporary_password() -> str:
    """A password to be read out once and changed at the first sign-in: four groups of four, about 79 bits."""
    return "-".join("".join(secrets.choice(READABLE) for _ in range(4)) for _ in range(4))


def one_spelling(login: str) -> str:
    """A login as it is stored and compared: without blanks around it, in small letters."""
    return prepared(login).strip().casefold()[: LONGEST_LOGIN + 1]


def admit(session: Session, keys: Keys, at: datetime, login: str, address: str) -> Try | TooManyTriesError:
    """Let a try in and count it, or answer when the next one may be made. For a transaction that is then committed."""
    account = _account(session, one_spelling(login), network_of(address))
    _one_after_another(session)
    session.execute(sa.delete(SignInFailure).where(SignInFailure.at <= at - throttle.MEMORY))
    failures = {limit: _failures(session, subject) for limit, subject in _subjects(keys, account).items()}
    waits = [throttle.wait_until(limit, found, at) for limit, found in failures.items()]
    if until := max((wait for wait in waits if wait is not None), default=None):
        return TooManyTriesError(until)
    counted = [SignInFailure(subject=subject, at=at) for subject in _subjects(keys, account).values()]
    session.add_all(counted)
    session.flush()
    after = {limit: [*found, at] for limit, found in failures.items()}
    waits = [throttle.wait_until(limit, found, at) for limit, found in after.items()]
    return Try(
        account,
        counted=tuple(row.id for row in counted),
        left=min(throttle.tries_left(limit, found, at) for limit, found in after.items()),
        next_at=max((wait for wait in waits if wait is not None), default=None),
    )


def is_right(account: Account, password: str) -> bool:
    """Whether this is the account's password; the same work where there is no account."""
    stand_in = _nobodys_hash()
    password = prepared(password)
    too_long = len(password) > MAX_LENGTH
    try:
        HASHER.verify(account.password_hash or stand_in, "" if too_long else password)
    except (VerificationError, InvalidHashError):
        return False
    return account.password_hash is not None and not too_long


def wrong_password(tried: Try, field: str) -> DomainError:
    """The answer to a wrong try: how many are left, or when the next one may be made."""
    if tried.next_at is None:
        return DomainError(Refusal("sign_in.refused.wrong", {"n": tried.left}, field=field, status=422))
    return DomainError(Refusal("sign_in.refused.wrong_wait", {"until": tried.next_at}, field=field, status=422))


def take_back(session: Session, keys: Keys, tried: Try) -> None:
    """The password was right: the account starts anew; of the address only this try is taken back."""
    account = _subjects(keys, tried.account)[throttle.ACCOUNT]
    mine = sa.or_(SignInFailure.subject == account, SignInFailure.id.in_(tried.counted))
    session.execute(sa.delete(SignInFailure).where(mine))


def needs_new_hash(stored: str) -> bool:
    """Whether a hash was made with weaker settings than today's."""
    return HASHER.check_needs_rehash(stored)


def is_the_demonstrations(password: str) -> bool:
    """Whether this is the published password of the demonstration."""
    return prepared(password).casefold() == DEMO_PASSWORD


def is_demonstration(session: Session) -> bool:
    """Whether this database is a demonstration office."""
    return bool(session.scalar(sa.select(Office.demonstration).order_by(Office.id).limit(1)))


def words_of_the_office(session: Session) -> tuple[str, ...]:
    """What the office calls itself, its departments and its roles, in both languages: no password is made of these."""
    tables = (Office, Department, Role)
    names = sa.union(*(sa.select(column) for one in tables for column in (one.name_zh, one.name_en)))
    return tuple(session.scalars(names))


def digest_of(keys: Keys, kind: str, value: str) -> str:
    """An account or address as the failures and the log name it: a keyed digest, since people mistype
    passwords there.
    """
    return f"{kind}:{hmac.digest(keys.blind, f'sign-in/{kind}/{value}'.encode(), 'sha256').hex()}"


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the network (/64) that a line is given in IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped) if mapped is not None else str(ipaddress.ip_network((found, 64), strict=False))


def _account(session: Session, login: str, network: str) -> Account:
    statement = sa.select(Staff.id, Staff.code, Staff.password_hash, Staff.session_epoch)
    found = session.execute(statement.where(Staff.login == login, Staff.retired_at.is_(None))).first()
    demonstration = is_demonstration(session)
    if found is None:
        return Account(login, network, demonstration=demonstration)
    return Account(login, network, found.id, found.code, found.password_hash, demonstration, found.session_epoch)


def _subjects(keys: Keys, account: Account) -> dict[throttle.Limit, str]:
    return {
        throttle.ACCOUNT: digest_of(keys, "account", account.login),
        throttle.ADDRESS: digest_of(keys, "address", account.network),
    }


def _failures(session: Session, subject: str) -> list[datetime]:
    """The newest failures of the last day; more than the longest wait needs are not read."""
    statement = sa.select(SignInFailure.at).where(SignInFailure.subject == subject)
    return list(session.scalars(statement.order_by(SignInFailure.at.desc()).limit(60)))


def _one_after_another(session: Session) -> None:
    """Two tries are counted one after another; SQLite's writing transactions are so by themselves."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SIGN_IN_LOCK})


@cache
def _nobodys_hash() -> str:
    """What an unknown account's password is compared with."""
    return HASHER.hash("nobody's password, made once a process")
