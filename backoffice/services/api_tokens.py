"""Tokens of the JSON API (R1, R39): made, shown once, revoked; let in, counted and logged at each use.

Every use is a link of the access chain before anything is answered, and a genuine token that is not let in is one too;
what is no token at all is in the log of requests alone, so that nobody can fill the chain from outside.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.database import Database
from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.api import ApiToken
from backoffice.models.office import Staff
from backoffice.services.core import upkeep
from backoffice.services.core.access_log import log_access
from backoffice.services.core.staff_messages import tell_in_words
from backoffice.services.core.work import Work
from policies.access import Actor, Permission, Scope
from policies.api_token import ApiScope, NewToken, TokenFacts, Window, check_token, counted, refuse_token
from policies.message import Message, Name, Refusal
from policies.vocabulary import label_key

SUBJECT = "api_token"
MARK = "cdk"
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
SHOWN = 200  # tokens in the list
Speak = Callable[[Message, str], str]


@dataclass(frozen=True)
class Admitted:
    """A token that was let in: which, whose, and what it opens."""

    id: int
    prefix: str
    staff_id: int
    scopes: frozenset[ApiScope]


@dataclass(frozen=True)
class Made:
    """A new token in clear, which nobody can ask for again."""

    row: ApiToken
    text: str


class WaitError(DomainError):
    """Too many calls in this minute; ``seconds`` until the next one is let in."""

    def __init__(self, seconds: int, per_minute: int) -> None:
        self.seconds = seconds
        super().__init__(Refusal("api.refused.wait", {"seconds": seconds, "per_minute": per_minute}, status=429))


def listed(session: Session) -> list[ApiToken]:
    """The tokens, newest first, with their people."""
    statement = sa.select(ApiToken).options(joinedload(ApiToken.staff))
    return list(session.scalars(statement.order_by(ApiToken.id.desc()).limit(SHOWN)))


def create(session: Session, keys: Keys, actor: Actor, at: datetime, new: NewToken, address: str, speak: Speak) -> Made:
    """A new token; its text is in what is returned and nowhere else. Whose rights it has is told, where it is somebody
    else's doing.
    """
    _begin(session, actor)
    upkeep.ensure(check_token(new, at))
    holder = session.get(Staff, new.staff_id)
    if holder is None or holder.retired_at is not None:
        raise DomainError(Refusal("api.token.wrong.staff_id", field="staff_id", status=422))
    prefix = "".join(secrets.choice(READABLE) for _ in range(8))
    text = f"{MARK}_{prefix}_{secrets.token_urlsafe(32)}"
    row = ApiToken(
        prefix=prefix,
        digest=digest_of(text),
        name=new.name.strip(),
        staff_id=holder.id,
        scopes=sorted(new.scopes),
        addresses=list(new.addresses),
        per_minute=new.per_minute or 1,
        created_at=at,
        created_by_id=actor.staff_id,
        expires_at=new.expires_at,
        window_calls=0,
    )
    said = {"name": row.name, "staff_id": holder.code, "scopes": row.scopes, "addresses": row.addresses,
            "per_minute": row.per_minute, "expires_at": row.expires_at}  # fmt: skip
    upkeep.add(session, actor, at, SUBJECT, row, said)
    facts = {"token": prefix, "staff": holder.code, "scopes": row.scopes}
    log_access(session, keys, actor, at, "api_token_made", facts, address=address)
    scopes = tuple(Message(label_key(one)) for one in ApiScope if one in new.scopes)
    _tell(Work(session, keys, actor, at, at), row, "made", speak, until=row.expires_at, scopes=scopes)
    return Made(row, text)


def revoke(
    session: Session, keys: Keys, actor: Actor, at: datetime, token_id: int, address: str, speak: Speak
) -> ApiToken:
    """From now on the token opens nothing, and its holder is told. Once more is no fault."""
    _begin(session, actor)
    row = upkeep.row_of(session, ApiToken, token_id)
    if row.revoked_at is None:
        upkeep.change(session, actor, at, SUBJECT, row, {"revoked_at": at})
        log_access(session, keys, actor, at, "api_token_revoked", {"token": row.prefix}, address=address)
        _tell(Work(session, keys, actor, at, at), row, "revoked", speak)
    return row


def _tell(work: Work, row: ApiToken, what: str, speak: Speak, **facts: object) -> None:
    """The holder reads in the console what somebody else did in their name."""
    if work.actor.staff_id == row.staff_id:
        return
    person = work.session.get(Staff, work.actor.staff_id or 0)
    who = Name(person.name_zh, person.name_en) if person is not None else ""
    params = {"who": who, "code": work.actor.code, "name": row.name, **facts}

    def words(language: str) -> tuple[str, str]:
        title = speak(Message(f"api.token.told.{what}.title"), language)
        return title, speak(Message(f"api.token.told.{what}.text", params), language)

    tell_in_words(work, SUBJECT, (row.staff_id,), words, key=f"{SUBJECT}:{row.id}:{what}", in_person=True)


def _begin(session: Session, actor: Actor) -> None:
    """Whoever manages the users of the whole office: a token may have anybody's rights."""
    upkeep.begin(session, actor, Permission.USER_MANAGE)
    if actor.scope(Permission.USER_MANAGE) is not Scope.ALL:
        raise DomainError(Refusal("access.refused.scope", {"permission": Permission.USER_MANAGE}, status=403))


def digest_of(text: str) -> str:
    """What is kept of a token. It holds 256 random bits, which no list of likely ones can hold."""
    return hashlib.sha256(text.encode()).hexdigest()


def admit(
    database: Database,
    keys: Keys,
    at: datetime,
    text: str,
    address: str,
    operation: str,
    about: Mapping[str, str] = MappingProxyType({}),
) -> Admitted:
    """Let a token in and write down that it was used; raises ``WaitError`` (429) or ``DomainError`` (401, 403).

    ``about``: the number of the complaint and the action that the call names, for the log.
    A transaction of its own, since a call that is refused was made all the same.
    """
    with database.reading() as session:
        genuine = _genuine(session, text)
    if genuine is None:
        raise DomainError(Refusal("api.refused.unknown", status=401))
    with database.writing() as session:
        row = session.get(ApiToken, genuine, with_for_update=True, populate_existing=True)
        if row is None:
            raise DomainError(Refusal("api.refused.unknown", status=401))
        found = _let_in(session, keys, at, row, address, {"operation": operation, **about})
    if isinstance(found, DomainError):
        raise found
    return found


def _genuine(session: Session, text: str) -> int | None:
    """The id of the token that this is."""
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != MARK or len(text) > 100 or not text.isascii():
        return None
    row = session.scalars(sa.select(ApiToken).where(ApiToken.prefix == parts[1])).one_or_none()
    stands = row.digest if row is not None else digest_of("")
    return row.id if hmac.compare_digest(stands, digest_of(text)) and row is not None else None


def _let_in(
    session: Session, keys: Keys, at: datetime, row: ApiToken, address: str, call: Mapping[str, str]
) -> Admitted | DomainError:
    holder = session.get(Staff, row.staff_id)
    window, wait = counted(Window(row.window_at, row.window_calls), at, row.per_minute)
    row.window_at, row.window_calls = window.since, window.calls
    facts: dict[str, object] = {"token": row.prefix, **call}
    actor = Actor(holder.id, holder.code) if holder is not None else None
    if wait is not None:
        if window.calls == row.per_minute + 1:  # once a minute: a flood does not fill the chain
            log_access(session, keys, actor, at, "api_limited", facts, address=address)
        return WaitError(wait, row.per_minute)
    in_service = holder is not None and holder.retired_at is None
    token = TokenFacts(row.expires_at, row.revoked_at is not None, in_service, tuple(row.addresses))
    refusal = refuse_token(token, at, address)
    if refusal is not None:
        facts["why"] = refusal.key.rpartition(".")[2]
        log_access(session, keys, actor, at, "api_refused", facts, address=address)
        return DomainError(refusal)
    row.last_used_at = at
    log_access(session, keys, actor, at, "api_used", facts, address=address)
    known = set(ApiScope)
    return Admitted(row.id, row.prefix, row.staff_id, frozenset(ApiScope(one) for one in row.scopes if one in known))
