"""Pages of figures and long lists, which may be read from the standby (``BACKOFFICE_STANDBY_URL``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from flask import g
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from views import context

View = Callable[..., Any]


@contextmanager
def reporting(*, large: bool = False) -> Iterator[Session]:
    """A session for looking at what need not be of this very second."""
    database = context.desk().database
    way = database.reading if g.get("past_standby") else database.reporting
    with way(large=large) as session:
        g.from_standby = bool(session.info.get("standby"))
        yield session


def reports(view: View) -> View:
    """Shows a page again from the database itself when the standby breaks off in the middle of it."""

    @wraps(view)
    def shown(*args: Any, **values: Any) -> Any:
        try:
            return view(*args, **values)
        except DBAPIError:
            if not g.pop("from_standby", False):
                raise
        g.past_standby = True
        return view(*args, **values)

    return shown
