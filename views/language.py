"""Texts for people: catalogue keys, messages of the rules and values, in the reader's language.

``_("room.key", name=value)`` in Python and templates, ``lazy`` where a text is needed before there is a reader (a
form's label), ``say(message)`` for what the floors below hand up. A parameter may be text, a number, a ``Decimal``,
an aware moment (shown in the office's time zone), a date, a closed-set value (its label), a ``Message`` or a tuple
of these. A text with a plural chooses its form by the parameter ``n``. An unknown key or a missing parameter raises
in tests and development; in production the key is shown and the fault is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, g, has_app_context, has_request_context, request

from policies.message import Message, Name
from policies.vocabulary import Language, label_key
from views import compile_messages, wording
from views.addresses import guarded_cookie

LANGUAGES: tuple[str, ...] = tuple(Language)
DEFAULT = Language.ZH_HANS.value
HTML_CODES = {"zh_Hans": "zh-CN", "en": "en"}
BABEL_LOCALES = {"zh_Hans": "zh_Hans_CN", "en": "en"}  # names that Flask-Admin and WTForms have their own texts under
COOKIE = "language"
SPOKEN = {"zh": "zh_Hans", "zh-CN": "zh_Hans", "zh-Hans": "zh_Hans", "en": "en"}
"""What a call of the JSON API may ask for in ``Accept-Language``."""

Here = Callable[[], tuple[ZoneInfo, date]]  # the office's time zone and its date; asked only when a moment is shown

log = logging.getLogger("desk.language")


class MissingTextError(LookupError):
    """A key that the catalogue of a language does not hold, or a place in its text that got no value."""


class Texts:
    """The catalogue of one language, and the form in which it shows values."""

    def __init__(self, language: str, fallback: Path | None = None) -> None:
        self.language = language
        self._entries = compile_messages.load(language, fallback=fallback)

    def __contains__(self, key: str) -> bool:
        return key in self._entries or (key, 0) in self._entries

    def text(self, key: str, params: Mapping[str, object], here: Here) -> str:
        """The text of a key with its places filled. Raises ``MissingTextError``."""
        text = self._entries.get(key)
        if text is None:
            text = self._entries.get((key, self._form(params.get("n"))))
            if text is None:
                raise MissingTextError(f"{key} has no text in {self.language}")
        if "%" not in text:
            return text
        try:
            return text % {name: self._named(name, value, here) for name, value in params.items()}
        except (KeyError, ValueError, TypeError) as fault:
            raise MissingTextError(f"{key} in {self.language}: {fault!r}") from fault

    def _form(self, number: object) -> int:
        """Chinese has one form, English a second one for everything but one."""
        return 0 if self.language == "zh_Hans" or number == 1 else 1

    def _named(self, name: str, value: object, here: Here) -> object:
        """A parameter by its name: a month, kept as ``2026-09``, is written out."""
        if name == "month" and isinstance(value, str):
            return wording.month(value, lambda key, **params: self.text(key, params, here))
        return self.value(value, here)

    def value(self, value: object, here: Here) -> object:
        """A parameter as a reader of this language expects it."""
        if isinstance(value, Message):
            return self.text(value.key, value.params, here)
        if isinstance(value, StrEnum):
            return self.text(label_key(value), {}, here)
        if isinstance(value, (str, int)):
            return value
        if isinstance(value, Name):
            names = (value.zh, value.en) if self.language == "zh_Hans" else (value.en, value.zh)
            return names[0] or names[1]
        return self._shown(value, here)

    def _shown(self, value: object, here: Here) -> object:
        """What is not plain text or a whole number."""

        def text(key: str, **params: object) -> str:
            return self.text(key, params, here)

        if isinstance(value, datetime):
            return wording.moment(value, text, *here())
        if isinstance(value, date):
            return wording.day(value, text, here()[1])
        if isinstance(value, timedelta):
            return wording.duration(value, text)
        if isinstance(value, Decimal):
            return format(value, ",f")
        if isinstance(value, (tuple, list)):
            return text("layout.list.separator").join(str(self.value(item, here)) for item in value)
        return str(value)


@cache
def texts(language: str) -> Texts:
    """The catalogue of a language, read once a process. Raises ``ValueError`` for one that the desk does not have."""
    if language not in LANGUAGES:
        raise ValueError(f"no such language: {language}")
    fallback = current_app.extensions["desk"].config.get("DATA_DIR") if has_app_context() else None
    return Texts(language, Path(fallback) / "translations" if fallback else None)


def current() -> str:
    """The reader's language: the signed-in person's own, else this browser's, else the office's."""
    try:
        found: str = g.language  # asked for every text of a page
    except (AttributeError, RuntimeError):
        if not has_request_context():
            return DEFAULT
        found = g.language = _chosen()
    return found


def _chosen() -> str:
    from views import context

    if request.path.startswith("/api/"):
        return SPOKEN[request.accept_languages.best_match(SPOKEN, "zh")]
    person = context.person()
    candidates = (
        person.language if person else None,
        request.cookies.get(guarded_cookie(COOKIE)),
        context.office().language,
    )
    return next((candidate for candidate in candidates if candidate in LANGUAGES), DEFAULT)


def _surroundings() -> tuple[ZoneInfo, date]:
    """The office's time zone and its date today; UTC outside of a request."""
    if not has_app_context():
        zone = ZoneInfo("UTC")
        return zone, datetime.now(zone).date()
    from views import context

    return context.zone(), context.today()


def say(message: Message, language: str | None = None) -> str:
    """A message of the floors below in the reader's language, or in the one named."""
    return _text(message.key, message.params, language)


def _(key: str, /, **params: object) -> str:
    """The text of a key in the reader's language."""
    return _text(key, params, None)


def _text(key: str, params: Mapping[str, object], language: str | None) -> str:
    try:
        return texts(language or current()).text(key, params, _surroundings)
    except MissingTextError as fault:
        if not has_app_context() or current_app.testing or current_app.debug:
            raise
        log.error("text missing", extra={"desk": {"text": str(fault)}})
        return key


def label(value: StrEnum) -> str:
    """The label of a closed-set value in the reader's language."""
    return _(label_key(value))


def say_all(messages: Iterable[Message], language: str | None = None) -> list[str]:
    """Several messages, each in the reader's language."""
    return [say(message, language) for message in messages]


class LazyText:
    """A text that is looked up when it is shown. It has no ``__html__``: a template escapes it like any text."""

    __slots__ = ("key", "params")

    def __init__(self, key: str, params: Mapping[str, object]) -> None:
        self.key = key
        self.params = params

    def __str__(self) -> str:
        return _text(self.key, self.params, None)

    def __repr__(self) -> str:
        return f"lazy({self.key!r})"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(self.key)

    def __len__(self) -> int:
        return len(str(self))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(str(self), name)

    def __add__(self, other: object) -> str:
        return str(self) + str(other)

    def __radd__(self, other: object) -> str:
        return str(other) + str(self)

    def __mod__(self, other: Any) -> str:
        return str(self) % other


def lazy(key: str, /, **params: object) -> LazyText:
    """A text for a class attribute or a module constant: looked up when shown."""
    return LazyText(key, params)
