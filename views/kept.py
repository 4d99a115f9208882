"""Parts of pages that are made once and shown many times: the menu of a person, the choices above a list.

Whatever a part is made of stands in its key: the reader's language, who they are and what they may (an ``Actor``), the
state of the office's rules (``context.rules``). What is not asked for any more is let go of when there are many.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from flask import Flask, current_app, request

from views import context, language

T = TypeVar("T")
MOST = 512


class Kept:
    """The newest so many values by their keys; several threads may ask."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._values)

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key; made when it is not there."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]  # type: ignore[no-any-return]  # one store for values of many types
        made = make()
        with self._lock:
            self._values[key] = made
            if len(self._values) > self._most:
                self._values.popitem(last=False)
        return made


def kept(key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
    """What ``make`` gives, kept for this application under the key and the place at which the desk is served."""
    store: Kept = current_app.extensions["desk_kept"]
    return store.of((request.script_root, *key), make)


def part(room: str, macro: Callable[..., str], *said: Hashable, of: object = None) -> str:
    """What a macro writes of these values for readers of a language, for as long as the office's rules stand.

    ``of``: the lists of the office that it is given as well; they change only with the rules.
    """
    key = (room, language.current(), context.rules(), said)
    return kept(key, lambda: macro(*said) if of is None else macro(*said, of))


def init_app(app: Flask) -> None:
    """Gives the application its store, and templates ``kept_part``."""
    app.extensions["desk_kept"] = Kept()
    app.jinja_env.globals.update(kept_part=part)
