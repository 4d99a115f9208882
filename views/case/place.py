"""The place of a complaint in the list from which it was opened (R13): the list, its order and filters, the row's key.

It stands in the address (``place``), so that nothing is kept between two requests, and grants nothing: whoever follows
it is held to what they may see. One that cannot be read is as if it were not there. The words of a search may name a
customer, and addresses are written down in many places: the token carries them sealed, for who searched alone (R39).
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, request
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.queries import worklist
from backoffice.queries.beside import Neighbour, beside
from backoffice.queries.paging import PAGE, SORTS, moment_of
from backoffice.queries.worklist import Asking
from backoffice.sealing import open_for_office, seal_for_office
from forms.filters import filter_args, key, read_filters
from views import context
from views.addresses import of_complaint, of_list, whole_number

ARGUMENT = "place"
WORDS = "q"
LONGEST = 1500
DEEPEST = 10**9
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEP = timedelta(microseconds=1)


@dataclass(frozen=True)
class Place:
    """Which list, in which order and narrowed how; the row's key in it; how far down it stood, 0 where that is not
    known. ``sealed``: the words that were looked for, as the token carries them.
    """

    code: str
    sort: str
    args: Mapping[str, str]
    at: datetime
    id: int
    nth: int = 0
    sealed: str = ""

    @property
    def token(self) -> str:
        """As an address carries it."""
        return _token(_head(self.code, self.sort, self.args, self.sealed), self.nth, self.at, self.id)

    def of(self, other: Neighbour, nth: int) -> Place:
        """The place of a neighbour."""
        return replace(self, at=other.at, id=other.id, nth=max(nth, 0))

    def list_address(self) -> str:
        """The list, at the page on which the row stands; one that is not far down at its beginning."""
        args = {**self.args, "list": self.code, "sort": self.sort}
        if self.nth > PAGE:  # a cursor names the row before the page: one that would come just before this one
            newest = SORTS[self.sort][1]
            args |= {"at": f"n{self.at.isoformat()}~{self.id + (1 if newest else -1)}", "from_row": str(self.nth - 1)}
        return of_list(args)


@dataclass(frozen=True)
class Shown:
    """What the page of a complaint says of its place: addresses, empty where there is nothing; ``searched``: it was
    found by words.
    """

    code: str
    searched: bool
    nth: int
    stands: bool
    previous: str
    next: str
    back: str


def tails(code: str, sort: str, args: Mapping[str, str], rows: Iterable[Any], before: int) -> list[str]:
    """What is put behind the addresses of the rows of a page; ``before``: how many rows came before it."""
    head = _head(code, sort, args, _sealed(args.get(WORDS, "")))
    return [
        f"?{ARGUMENT}={_token(head, nth, moment_of(row, sort), row.id)}" for nth, row in enumerate(rows, before + 1)
    ]


def read(token: str | None) -> Place | None:
    """The place that a token names."""
    head, *rest = (token or "")[:LONGEST].split(".")
    if len(rest) != 3:
        return None
    nth, micros, row_id = whole_number(rest[0], highest=DEEPEST), whole_number(rest[1]), key(rest[2])
    try:
        code, sort, args, *more = json.loads(_bytes(head))
        at = EPOCH + (micros or 0) * STEP
    except (ValueError, TypeError, binascii.Error, RecursionError, OverflowError):
        return None
    if micros is None or row_id is None or nth is None or not (isinstance(code, str) and isinstance(sort, str)):
        return None
    if code not in worklist.LISTS or sort not in SORTS:
        return None
    if not isinstance(args, dict) or not all(isinstance(value, str) for value in args.values()):
        return None
    sealed = more[0] if more else ""
    words = _opened(sealed)
    if words is None:
        return None
    return Place(code, sort, filter_args(read_filters({**args, WORDS: words})), at, row_id, nth, sealed)


def here() -> dict[str, str]:
    """The place that this request came with, for the addresses of what follows it."""
    place = read(request.args.get(ARGUMENT))
    return {ARGUMENT: place.token} if place is not None else {}


def shown(session: Session, complaint_id: int) -> Shown | None:
    """Where the complaint stands in the list that it was opened from; nothing where it was not opened from one."""
    place = read(request.args.get(ARGUMENT))
    if place is None or place.id != complaint_id:
        return None
    ask = Asking(context.actor(), context.now(), context.zone())
    one = next((one for one in worklist.lists_for(ask.actor) if one.code == place.code), None)
    if one is None:
        return None
    filters = read_filters(place.args)
    found = beside(
        session, context.desk().keys, ask, one, filters, sort=place.sort, at=place.at, complaint_id=complaint_id
    )
    after = place.nth + 1 if found.stands else place.nth
    return Shown(
        place.code,
        bool(place.sealed),
        place.nth,
        found.stands,
        _address(place, found.previous, place.nth - 1),
        _address(place, found.next, after if place.nth else 0),
        place.list_address(),
    )


def _address(place: Place, other: Neighbour | None, nth: int) -> str:
    return "" if other is None else f"{of_complaint(other.number)}?{ARGUMENT}={place.of(other, nth).token}"


def _head(code: str, sort: str, args: Mapping[str, str], sealed: str = "") -> str:
    said: list[object] = [code, sort, {name: value for name, value in args.items() if name != WORDS}]
    plain = json.dumps([*said, sealed] if sealed else said, separators=(",", ":"), ensure_ascii=False)
    return _text(plain.encode())


def _token(head: str, nth: int, at: datetime, row_id: int) -> str:
    return f"{head}.{nth}.{(at - EPOCH) // STEP}.{row_id}"


def _sealed(words: str) -> str:
    """Words that are looked for, for this person alone; nothing for none."""
    return _text(seal_for_office(context.desk().keys, words, _bound())) if words else ""


def _opened(sealed: object) -> str | None:
    """The words again; None for what was not sealed for who asks."""
    if sealed == "":
        return ""
    try:
        return open_for_office(context.desk().keys, _bytes(str(sealed)), _bound()).decode()
    except (DomainError, ValueError):  # another's, or of a key that is gone
        return None


def _bound() -> str:
    return f"{ARGUMENT}:{context.actor().staff_id}"


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def init_app(app: Flask) -> None:
    """Gives templates the place to hand on."""
    app.jinja_env.globals.update(in_list=here)
