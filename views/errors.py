"""What a person sees when something does not go: a page in their language that says what to do next, never a trace.

One template serves all (``templates/errors/page.html``); its words are the keys ``error.<status>.…`` of the catalogue.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from flask import Flask, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, StatementError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.outage import Outage, outage_of
from policies.message import Message, Refusal
from views import context, language, resend
from views.addresses import is_for_customers, local_address
from views.api import problems
from views.drafting import comparing
from views.frame import has_endpoint, here
from views.guard import rule_of
from views.language import say
from views.logging import facts, request_id

WORDED = (400, 401, 403, 404, 405, 409, 413, 422, 429, 500)
SIGN_IN = "sign_in.sign_in"
UNAVAILABLE = 503
COME_AGAIN = {"Retry-After": "30"}  # seconds; what is full or away seldom is for less

log = logging.getLogger("desk.error")

Answer = Response | tuple[Any, int] | tuple[Any, int, dict[str, str]]


def onto_form(error: DomainError, form: Form) -> list[Refusal]:
    """Puts each refusal beside the field that it names, in the reader's language; returns those without one."""
    comparing.note(error.refusals)
    rest = []
    for refusal in error.refusals:
        field = getattr(form, refusal.field, None) if refusal.field else None
        if field is None:
            rest.append(refusal)
        else:
            field.errors = [*field.errors, language.say(refusal)]
    return rest


def page(status: int, *, messages: tuple[Message, ...] = (), key: str = "", **more: Any) -> tuple[Any, int]:
    """The page of an error, or the problem that a call of the JSON API is answered with. ``messages`` say why, ``key``
    chooses other words than those of the status.
    """
    if problems.is_api():
        return problems.answer(status, messages, more=more.get("problem"))
    known = status if status in WORDED else 500 if status >= 500 else 400
    if request.method == "HEAD" or _wants_no_page():
        return say(Message(f"{key or f'error.{known}'}.title")), status
    template = _frame()
    text = render_template(
        template, status=status, key=key or f"error.{known}", messages=messages, reference=request_id(), **more
    )
    return text, status


def _frame() -> str:
    """In which frame: with the menu for who is signed in; a customer's page knows nothing of the console."""
    if is_for_customers():
        return "errors/public.html"
    return "errors/signed_in.html" if g.get("person") is not None else "errors/bare.html"


def _wants_no_page() -> bool:
    """A script, a picture or a program asked: it gets the title alone."""
    return request.headers.get("Sec-Fetch-Dest", "document") not in ("document", "iframe", "empty") or (
        request.accept_mimetypes.best == "application/json"
    )


def _refused(error: DomainError) -> Answer:
    comparing.note(error.refusals)
    current = getattr(error, "current", None)
    text, status = page(error.status, messages=error.refusals, **({"problem": {"current": current}} if current else {}))
    seconds = getattr(error, "seconds", None)
    return (text, status) if seconds is None else (text, status, {"Retry-After": str(seconds)})


def _http(error: HTTPException) -> Answer:
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    status = error.code or 500
    if status == 401:
        return _not_signed_in()
    if 300 <= status < 400:
        return error.get_response()  # type: ignore[return-value]
    if status >= 500:
        log.error("refused", extra={"desk": {**facts(), "status": status}})
    text, code = page(status)
    return text, code, _kept_headers(error)


def _kept_headers(error: HTTPException) -> dict[str, str]:
    """What a client must still be told: which methods a page takes, when to come again."""
    return {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}


def _not_signed_in() -> Answer:
    """Nobody is signed in (any more): a look goes to the sign-in page and back, a post keeps what was typed."""
    if problems.is_api():
        return page(401)
    if request.method in ("GET", "HEAD") and has_endpoint(SIGN_IN) and not _wants_no_page():
        return redirect(url_for(SIGN_IN, next=here()), 303)
    return page(401, kept=resend.kept())


def _stale_form(_error: CSRFError) -> Answer:
    """A form's token is missing, old or of an ended session."""
    signed_in = g.get("person") is not None
    rule = rule_of(current_app, request.endpoint) if request.endpoint else None
    if not signed_in and rule is not None and rule.is_public:  # a sign-in page that was left open over night
        flash(say(Message("error.stale.text")), "warning")
        return redirect(local_address(request.form.get("next")), 303)
    return page(400 if signed_in else 401, key="error.stale" if signed_in else "error.401", kept=resend.kept())


def _unreadable(error: Exception) -> Answer:
    """The database could not even read what was asked for: a number out of bounds, a NUL sign."""
    log.warning("unreadable", exc_info=error, extra={"desk": {**facts(), "status": 400}})
    return page(400)


def _unavailable(error: Exception, outage: Outage) -> Answer:
    """The disk or the database cannot be used: what was typed is kept, and can be sent again when it can."""
    log.error("outage", exc_info=error, extra={"desk": {**facts(), "status": UNAVAILABLE, "outage": outage.value}})
    known: dict[str, Any] = {"key": f"error.outage.{outage.value}", "outage": outage, "kept": _kept()}
    if outage is Outage.AWAY:
        _without_database()
    try:
        return *page(UNAVAILABLE, **known), COME_AGAIN
    except Exception as second:  # it went away altogether
        log.error("outage page", exc_info=second, extra={"desk": facts()})
        _without_database()
        return *page(UNAVAILABLE, **known), COME_AGAIN


def _kept() -> resend.Kept | None:
    """What was typed, where it could be read at all: a large post lies in a file while it is."""
    try:
        return resend.kept()
    except Exception as second:
        log.error("outage, post not read", exc_info=second, extra={"desk": facts()})
        return None


def _without_database() -> None:
    """Let the page ask the database for nothing more; it still speaks the language of who is known by now."""
    person = g.get("person")
    if "office" not in g:
        g.office = context.OfficeFacts()
    chosen = request.cookies.get(language.COOKIE)
    g.language = person.language if person is not None else chosen if chosen in language.LANGUAGES else language.DEFAULT
    g.person = g.actor = None


def _broken(error: Exception) -> Answer:
    """A fault of the desk. Its reference stands on the page and in the log."""
    if (outage := outage_of(error)) is not None:
        return _unavailable(error, outage)
    log.error("broken", exc_info=error, extra={"desk": {**facts(), "status": 500}})
    try:
        return page(500)
    except Exception as second:  # the last net: the database itself may be away
        log.error("broken page", exc_info=second, extra={"desk": facts()})
        g.person = g.actor = None
        g.office = context.OfficeFacts()
        return page(500)


def _refuse_nul() -> None:
    """A NUL sign is in no text that a person types, and PostgreSQL cannot store it; what has no name is no field."""
    if "\0" in request.path or _holds_nul(request.args):
        abort(400)
    if request.method in ("POST", "PUT", "PATCH") and _holds_nul(request.form):
        abort(400)


def _holds_nul(values: Any) -> bool:
    return any(name is None or "\0" in name or "\0" in value for name, value in values.items(multi=True))


def init_app(app: Flask) -> None:
    """Makes the application answer every fault with a page."""
    handlers: tuple[tuple[type[Exception], Callable[..., Answer]], ...] = (
        (DomainError, _refused),
        (CSRFError, _stale_form),
        (HTTPException, _http),
        (DataError, _unreadable),
        (OverflowError, _unreadable),
        (StatementError, _statement),
        (Exception, _broken),
    )
    for kind, handler in handlers:
        app.register_error_handler(kind, handler)
    app.before_request(_refuse_nul)


def _statement(error: StatementError) -> Answer:
    """A statement that could not be made of its values: the asker's fault only when one was out of bounds."""
    if isinstance(error.orig, (OverflowError, UnicodeEncodeError)):
        return _unreadable(error)
    return _broken(error)
