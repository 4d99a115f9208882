"""Signing in, signing out, and changing one's own password (R39): every try is on record in the access chain.

Comparing a password takes a tenth of a second on purpose and must hold no transaction. So these commands take the
database and make two short transactions of their own: one that counts the try, one that does what follows. This is the
one exception to the rule that the caller owns the transaction.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.database import Database
from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.office import EndedSession, Staff
from backoffice.services.core import credentials
from backoffice.services.core.access_log import log_access
from backoffice.services.core.credentials import Account, TooManyTriesError, Try
from policies.access import Actor
from policies.message import Refusal
from policies.password import check_password, prepared

LONGEST_SESSION = timedelta(hours=12)
"""No session outlives a working day; what ended one is kept as long."""


@dataclass(frozen=True)
class SignedIn:
    """What a session must remember, and whether the password has to be changed before anything else."""

    staff_id: int
    epoch: int
    must_change_password: bool


def sign_in(database: Database, keys: Keys, at: datetime, login: str, password: str, address: str) -> SignedIn:
    """Sign somebody in. Raises ``TooManyTriesError`` (429), or ``DomainError`` (422) with the tries that are left."""
    tried = _tried(database, keys, at, login, address)
    account = tried.account
    right = credentials.is_right(account, password)
    fresh = (
        credentials.hash_password(password)
        if right and credentials.needs_new_hash(account.password_hash or "")
        else None
    )
    published = right and credentials.is_the_demonstrations(password) and not account.demonstration
    with database.writing() as session:
        staff = _unchanged(session, account) if right and not published else None
        if staff is not None:
            credentials.take_back(session, keys, tried)
            staff.password_hash = fresh or staff.password_hash
            _log(session, keys, at, "sign_in", account, address)
            return SignedIn(staff.id, staff.session_epoch, staff.must_change_password)
        _log(session, keys, at, "sign_in_failed", account, address)
    if published:
        raise DomainError(Refusal("sign_in.refused.demonstration_password", field="password", status=422))
    raise credentials.wrong_password(tried, "password")


def sign_out(session: Session, keys: Keys, actor: Actor, at: datetime, address: str, name: str = "") -> None:
    """Put on record that somebody left; no copy of the session of this ``name`` opens anything any more."""
    if name:
        session.execute(sa.delete(EndedSession).where(EndedSession.until <= at))
        session.merge(EndedSession(digest=session_digest(name), until=at + LONGEST_SESSION))
    log_access(session, keys, actor, at, "sign_out", {"staff": actor.code}, address=address)


def session_digest(name: str) -> str:
    """What is kept of a session's name."""
    return hashlib.sha256(name.encode()).hexdigest()


def change_password(
    database: Database, keys: Keys, actor: Actor, at: datetime, current: str, new: str, address: str
) -> SignedIn:
    """Change one's own password, which ends all other sessions. The current one is throttled like a sign-in.

    Raises ``TooManyTriesError`` (429) or ``DomainError`` (422) with the fields ``current`` and ``password``.
    """
    with database.reading() as session:
        staff = session.get(Staff, actor.staff_id)
        if staff is None:
            raise DomainError(Refusal("access.refused.unknown", status=404))
        login, names = staff.login, (staff.name_zh, staff.name_en)
        demonstration = credentials.is_demonstration(session)
        office = credentials.words_of_the_office(session)
    tried = _tried(database, keys, at, login, address)
    if not credentials.is_right(tried.account, current):
        with database.writing() as session:
            _log(session, keys, at, "password_refused", tried.account, address)
        raise credentials.wrong_password(tried, "current")
    refusals = check_password(new, login=login, names=names, office=office, demonstration=demonstration)
    if prepared(new) == prepared(current):
        refusals = (*refusals, Refusal("sign_in.password.same", field="password", status=422))
    hashed = None if refusals else credentials.hash_password(new)
    with database.writing() as session:
        credentials.take_back(session, keys, tried)
        if hashed is not None and (row := _unchanged(session, tried.account)) is not None:
            row.password_hash = hashed
            row.must_change_password = False
            row.session_epoch += 1
            _log(session, keys, at, "password_changed", tried.account, address)
            return SignedIn(row.id, row.session_epoch, must_change_password=False)
    raise DomainError(refusals or Refusal("sign_in.refused.changed_meanwhile", status=409))


def end_other_sessions(session: Session, keys: Keys, actor: Actor, at: datetime, address: str) -> int:
    """End all sessions of one's own; returns the epoch under which the one that asked goes on."""
    staff = session.get(Staff, actor.staff_id, with_for_update=True)
    if staff is None:
        raise DomainError(Refusal("access.refused.unknown", status=404))
    staff.session_epoch += 1
    log_access(session, keys, actor, at, "sessions_ended", {"staff": staff.code}, address=address)
    return staff.session_epoch


def _tried(database: Database, keys: Keys, at: datetime, login: str, address: str) -> Try:
    """A try, counted and committed. Raises ``TooManyTriesError``."""
    with database.writing() as session:
        tried = credentials.admit(session, keys, at, login, address)
    if isinstance(tried, TooManyTriesError):
        raise tried
    return tried


def _unchanged(session: Session, account: Account) -> Staff | None:
    """The account's row, locked, unless it was retired or its password changed while this one was compared.

    The same password hashed anew by another sign-in is no change; a new password counts up the epoch of the sessions.
    """
    staff = session.get(Staff, account.staff_id, with_for_update=True) if account.staff_id is not None else None
    if staff is None or staff.retired_at is not None:
        return None
    return staff if account.password_hash == staff.password_hash or account.epoch == staff.session_epoch else None


def _log(session: Session, keys: Keys, at: datetime, kind: str, account: Account, address: str) -> None:
    """On record: who, if it is somebody; of an unknown login only a digest, since people mistype passwords there."""
    known = account.staff_id is not None and account.code is not None
    actor = Actor(account.staff_id, account.code or "") if known and not kind.endswith(("failed", "refused")) else None
    if known:
        facts: dict[str, object] = {"staff": account.code}
    else:
        facts = {"unknown": credentials.digest_of(keys, "account", account.login)[-16:]}
    log_access(session, keys, actor, at, kind, facts, address=address)
