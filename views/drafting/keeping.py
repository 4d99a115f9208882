"""What becomes of the draft of a form that was sent (R40): carried out, it goes; not carried out, what was typed is
kept, whatever the answer was.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, g, request, session
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.queries import drafts as queries
from backoffice.queries.drafts import Found
from backoffice.services import drafts as service
from backoffice.services.core import draft_words
from backoffice.services.drafts import EndedError, Opened
from policies.draft import Typed
from views import context
from views.drafting import opening
from views.logging import facts

log = logging.getLogger("desk.drafts")
WRONG = ("danger", "error")


@dataclass(frozen=True)
class Shown:
    """A draft as its writer is shown it. ``typed``: name of the field, what stands in it, what the page calls it."""

    id: int
    form: Opened
    kept_at: datetime
    typed: list[Typed]

    @property
    def values(self) -> list[tuple[str, str]]:
        """What is filled in again."""
        return [(name, value) for name, value, _label in self.typed]


def opened(found: Found) -> Shown | None:
    """What was sealed; None where nothing is left of it."""
    content = draft_words.opened(context.desk().keys, found.sitting, found.sealed, found.bound)
    if content is None:
        return None
    form = Opened(found.sitting, found.form, str(content["page"]), str(content["title"]), found.opened_at, found.number)
    typed = [(str(name), str(value), str(label)) for name, value, label in content["typed"]]
    return Shown(found.id, form, found.kept_at, typed)


def opened_all(found: Iterable[Found]) -> list[Shown]:
    """The same of several; those of which nothing is left are not among them."""
    return [one for one in map(opened, found) if one is not None]


def find(draft_id: int) -> Shown | None:
    """A draft of the reader by its id."""
    with context.reading() as database:
        found = queries.one(database, context.actor(), context.now(), draft_id)
    return None if found is None else opened(found)


def keep(form: Opened, typed: Sequence[Typed], *, pressed: bool) -> datetime:
    """Keep what stands in a form; the moment from which it is kept. Raises like the service."""
    desk, at = context.desk(), context.now()
    with context.writing() as database:
        service.keep(database, desk.keys, context.actor(), at, form, typed, pressed=pressed)
    return at


def typed_of(values: Any) -> list[Typed]:
    """What a posted form holds, without what the page calls it."""
    return [(name, value, "") for name, value in values.items(multi=True) if name != opening.FIELD]


def sent() -> Opened | None:
    """The form that this post sent, where it is one with a draft and came to its own address."""
    if request.method != "POST" or g.get("actor") is None or request.mimetype == "application/json":
        return None
    form = opening.read(request.form.get(opening.FIELD))
    if form is None or opening.sent_to(form) != opening.key_of(request.full_path):
        return None
    return form


def opened_at() -> datetime | None:
    """When the form that this post sent was opened, where it says so."""
    form = sent()
    return None if form is None else form.opened_at


@contextmanager
def carrying_out() -> Iterator[Session]:
    """A session for the command that a form was sent for: its draft goes with it, in one transaction, so that nothing
    that comes between offers it again. What is refused leaves the draft as it was.
    """
    form, ended = sent(), False
    with context.writing() as database:
        yield database
        ended = form is not None and _ended_with_it(database, form)
    g.draft_ended = ended


def _ended_with_it(database: Session, form: Opened) -> bool:
    database.flush()
    try:
        with database.begin_nested():
            service.end(database, context.actor(), context.now(), form)
    except SQLAlchemyError:  # the act counts; ``settle`` asks once more
        log.exception("draft not ended", extra={"desk": facts()})
        return False
    return True


def settle(form: Opened, response: Response) -> bool:
    """After a form was sent: its draft goes when it was carried out. What was not carried out is kept, and said."""
    if g.get("draft_ended"):
        return False
    try:
        if carried_out(response):
            with context.writing() as database:
                service.end(database, context.actor(), context.now(), form)
            return False
        keep(form, typed_of(request.form), pressed=True)
    except (DomainError, EndedError):  # too much of it, or no longer theirs: the answer itself says what is wrong
        return False
    except Exception:  # the act itself is done or refused, and its answer must go out
        log.exception("draft not kept", extra={"desk": facts()})
        return False
    return True


def carried_out(response: Response) -> bool:
    """Whether the answer to a form says that it was done: it leads on, or hands a file out, and nothing was wrong.

    Where the guard leads elsewhere first, to a new password or to setting the office up, nothing was done.
    """
    if g.get("turned_away"):
        return False
    done = 300 <= response.status_code < 400 or (
        response.status_code == 200 and "attachment" in response.headers.get("Content-Disposition", "")
    )
    said: Sequence[Any] = session.get("_flashes", ())
    return done and not any(category in WRONG for category, _text in said)


def of_page(keys: Iterable[str]) -> Mapping[str, list[Shown]]:
    """The drafts of the forms of a page, by form."""
    found: dict[str, list[Shown]] = {}
    with context.reading() as database:
        rows = queries.of_forms(database, context.actor(), context.now(), sorted(set(keys)))
    for one in opened_all(rows):
        found.setdefault(one.form.form, []).append(one)
    return found
