"""Tokens of the JSON API (R1, R39): what a scope opens, who is let in how often, what a new one says.

A token acts for a member of staff and can never do more than they may: its scopes only narrow what they hold.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum, unique
from types import MappingProxyType

from policies.access import CLEAR_DATA, Actor, Permission
from policies.actions import ACTIONS
from policies.message import Refusal

P = Permission
MINUTE = timedelta(minutes=1)
LONGEST_LIFE = timedelta(days=366)
MOST_A_MINUTE = 6000
MOST_ADDRESSES = 20
LONGEST_NAME = 120
ANSWERS_KEPT = timedelta(hours=24)
"""For how long the same key of a write is answered the same again."""
KEY = re.compile(r"[\x21-\x7e]{8,120}")


@unique
class ApiScope(StrEnum):
    """What a token is for."""

    CREATE = "create"
    READ = "read"
    ACT = "act"
    FILES = "files"
    REVEAL = "reveal"
    REFERENCE = "reference"


_NOT_BY_ACTING = CLEAR_DATA | {P.COMPLAINT_REGISTER, P.COMPLAINT_IMPORT, P.DOSSIER_PRINT}
_ACTING = frozenset(
    permission
    for rule in ACTIONS.values()
    for permission in (*rule.permissions, *(one for several in rule.permissions_in.values() for one in several))
)
OPENS: Mapping[ApiScope, frozenset[Permission]] = MappingProxyType({
    ApiScope.CREATE: frozenset({P.COMPLAINT_REGISTER}),
    ApiScope.READ: frozenset({P.COMPLAINT_VIEW}),
    ApiScope.ACT: (_ACTING - _NOT_BY_ACTING) | {P.COMPLAINT_VIEW},
    ApiScope.FILES: frozenset({P.COMPLAINT_VIEW, P.ATTACHMENT_OPEN, P.EVIDENCE_ADD}),
    ApiScope.REVEAL: frozenset({P.COMPLAINT_VIEW, P.CUSTOMER_REVEAL}),
    ApiScope.REFERENCE: frozenset(),
})  # fmt: skip
"""Scope → the permissions of the person that a token with it may use."""


def narrowed(actor: Actor, scopes: Iterable[ApiScope]) -> Actor:
    """The person as a token with these scopes acts for them."""
    opened = frozenset().union(*(OPENS[scope] for scope in scopes))
    grants = MappingProxyType({one: width for one, width in actor.grants.items() if one in opened})
    return replace(actor, grants=grants, withheld=actor.withheld & opened)


@dataclass(frozen=True)
class TokenFacts:
    """What is known of a token when somebody shows it."""

    expires_at: datetime
    revoked: bool
    holder_in_service: bool
    addresses: tuple[str, ...]


def refuse_token(token: TokenFacts, at: datetime, address: str) -> Refusal | None:
    """Why a token that is genuine is not let in all the same."""
    if token.revoked:
        return _no("revoked")
    if token.expires_at <= at:
        return _no("expired", at=token.expires_at)
    if not token.holder_in_service:
        return _no("holder_retired")
    if not comes_from(address, token.addresses):
        return Refusal("api.refused.address", status=403)
    return None


def comes_from(address: str, allowed: Sequence[str]) -> bool:
    """Whether an address is one of these, or within one of these networks; everything is where none are named."""
    if not allowed:
        return True
    try:
        here = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = here.ipv4_mapped if isinstance(here, ipaddress.IPv6Address) else None
    return any((mapped or here) in ipaddress.ip_network(one, strict=False) for one in allowed)


@dataclass(frozen=True)
class Window:
    """The minute that is counted: since when, and how many calls it has seen."""

    since: datetime | None
    calls: int


def counted(window: Window, at: datetime, per_minute: int) -> tuple[Window, int | None]:
    """One call more, and how many seconds to wait where that is too many."""
    if window.since is None or not timedelta() <= at - window.since < MINUTE:
        window = Window(at, 0)
    since = window.since or at
    after = Window(since, window.calls + 1)
    if after.calls <= per_minute:
        return after, None
    return after, max(1, -(-int((since + MINUTE - at).total_seconds() * 1000) // 1000))


@dataclass(frozen=True)
class NewToken:
    """What an administrator says of a token: whose rights it has, for what, until when, from where, how often."""

    name: str
    staff_id: int | None
    scopes: frozenset[str]
    expires_at: datetime | None
    addresses: tuple[str, ...] = ()
    per_minute: int | None = 60


def check_token(new: NewToken, at: datetime) -> list[Refusal]:
    """What speaks against a new token, each beside its field."""
    found = []
    if not new.name.strip() or len(new.name) > LONGEST_NAME:
        found.append(_wrong("name", longest=LONGEST_NAME))
    if new.staff_id is None:
        found.append(_wrong("staff_id"))
    if not new.scopes or not new.scopes <= set(ApiScope):
        found.append(_wrong("scopes"))
    if new.expires_at is None or not at < new.expires_at <= at + LONGEST_LIFE:
        found.append(_wrong("expires_at", days=LONGEST_LIFE.days))
    if new.per_minute is None or not 1 <= new.per_minute <= MOST_A_MINUTE:
        found.append(_wrong("per_minute", most=MOST_A_MINUTE))
    bad = [one for one in new.addresses if not is_network(one)]
    if bad:
        found.append(_wrong("addresses", address=bad[0][:60]))
    if len(new.addresses) > MOST_ADDRESSES:
        found.append(Refusal("api.token.wrong.too_many_addresses", {"most": MOST_ADDRESSES}, "addresses", 422))
    return found


def is_network(text: str) -> bool:
    """Whether a text names an address or a network."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def refuse_key(key: str) -> Refusal | None:
    """Why a write is not taken by this key."""
    return None if KEY.fullmatch(key) else Refusal("api.refused.key", field="Idempotency-Key", status=400)


def _no(code: str, **params: object) -> Refusal:
    return Refusal(f"api.refused.{code}", params, status=401)


def _wrong(field: str, **params: object) -> Refusal:
    return Refusal(f"api.token.wrong.{field}", params, field=field, status=422)
