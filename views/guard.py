"""The door of every page (R39): nothing opens that does not say who may open it.

A view says it with ``@public``, ``@signed_in`` or ``@needs(Permission.…)`` (any of them, in whatever width), a
Flask-Admin screen with its attribute ``permissions``. An endpoint that says nothing is refused, and a house test finds
it. The record itself is asked for by the view, with ``demand()``; the menu entry names the same permission.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask_admin import BaseView
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from policies.access import Permission, Subject, may_any, refuse_lacking, refuse_unless
from policies.api_token import ApiScope
from views import context, session
from views.api import door, problems
from views.logging import facts

log = logging.getLogger("desk.guard")

View = TypeVar("View", bound=Callable[..., object])

SET_UP = "setup"  # the blueprint in which a new office says what it is
CHANGE_PASSWORD = "sign_in.change_password"  # noqa: S105 (an endpoint)
# Open before a temporary password was changed: the change itself, leaving, and the choice of the language.
BEFORE_THE_CHANGE = frozenset({CHANGE_PASSWORD, "sign_in.sign_out"})


@dataclass(frozen=True)
class Rule:
    """Who may open an endpoint: everybody, everybody who is signed in, or who holds one of the permissions.

    ``for_machines``: nobody signs in there and no session is looked at; the view itself says which machine may ask.
    ``for_customers``: a page for the public, likewise without a session; the view itself says whether it is on.
    ``for_tokens``: a call of the JSON API; only a token opens it, which must hold the ``scope`` where one is named.
    """

    permissions: tuple[Permission, ...] = ()
    is_public: bool = False
    for_machines: bool = False
    for_customers: bool = False
    for_tokens: bool = False
    scope: ApiScope | None = None


PUBLIC = Rule(is_public=True)
MACHINES = Rule(is_public=True, for_machines=True)
CUSTOMERS = Rule(is_public=True, for_customers=True)


def public(view: View) -> View:
    """Open without signing in."""
    return _marked(view, PUBLIC)


def for_machines(view: View) -> View:
    """Open to a probe, without a session."""
    return _marked(view, MACHINES)


def for_customers(view: View) -> View:
    """Open to the public where the office switched it on, without a session."""
    return _marked(view, CUSTOMERS)


def signed_in(view: View) -> View:
    """Open to everybody who is signed in: a person's own pages."""
    return _marked(view, Rule())


def needs(*permissions: Permission) -> Callable[[View], View]:
    """Open to who holds one of these permissions, in any width; what is shown is then narrowed to what it reaches."""
    if not permissions:
        raise ValueError("name a permission, or say signed_in")
    return lambda view: _marked(view, Rule(permissions))


def _marked(view: View, rule: Rule) -> View:
    view.access_rule = rule  # type: ignore[attr-defined]
    return view


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    """What an endpoint says of who may open it; None when it says nothing."""
    if endpoint == "static" or endpoint.endswith(".static"):
        return PUBLIC
    own: Rule | None = getattr(app.view_functions[endpoint], "access_rule", None)
    if own is not None:
        return own
    screen = _screens(app).get(endpoint.rpartition(".")[0])
    permissions = tuple(getattr(screen, "permissions", ()))
    return Rule(permissions) if permissions else None


def _screens(app: Flask) -> dict[str, BaseView]:
    """Flask-Admin's screens by the name of their blueprint."""
    known: dict[str, BaseView] | None = app.extensions.get("desk_screens")
    if known is None:
        known = {
            str(view.endpoint): view
            for admin in app.extensions.get("admin", [])
            for view in admin._views  # noqa: SLF001 (it has no other way)
        }
        app.extensions["desk_screens"] = known
    return known


def demand(permission: Permission, subject: Subject | None = None) -> None:
    """Refuse unless the signed-in person holds a permission on this record: 403, or 404 where they may not read it."""
    refusal = refuse_unless(context.actor(), permission, subject)
    if refusal is not None:
        raise DomainError(refusal)


def _guard() -> Response | None:
    """Before every request: who asks, and may they open this at all."""
    endpoint = request.endpoint
    if endpoint is not None and (endpoint == "static" or endpoint.endswith(".static")):
        return None
    if endpoint is not None and rule_of(current_app, endpoint) in (MACHINES, CUSTOMERS):
        g.person = g.actor = None
        return None
    if problems.is_api():
        _enter_by_token(endpoint)
        return None
    session.load()
    if endpoint is None:  # there is no such page, and everybody may know that
        return None
    rule = rule_of(current_app, endpoint)
    if rule is None:
        log.error("no access rule", extra={"desk": {**facts(), "endpoint": endpoint}})
        abort(403)
    if rule.is_public:
        return None
    if g.actor is None:
        abort(401)
    if (first := _what_comes_first(endpoint)) is not None:
        g.turned_away = True  # the view was never asked: what was typed is kept
        return first
    if rule.permissions and not may_any(g.actor, rule.permissions):
        raise DomainError(refuse_lacking(g.actor, rule.permissions))
    return None


def _enter_by_token(endpoint: str | None) -> None:
    """A call of the JSON API: what is no address of it is not there for everybody, all others ask for a token."""
    g.person = g.actor = None
    if endpoint is None:
        return
    rule = rule_of(current_app, endpoint)
    if rule is None or not rule.for_tokens:
        log.error("no access rule", extra={"desk": {**facts(), "endpoint": endpoint}})
        abort(403)
    door.enter(rule.scope)
    if rule.permissions and not may_any(g.actor, rule.permissions):
        raise DomainError(refuse_lacking(g.actor, rule.permissions))


def _what_comes_first(endpoint: str) -> Response | None:
    """A temporary password is changed, and a new office is set up, before anything else."""
    if endpoint in BEFORE_THE_CHANGE:
        return None
    if g.person.must_change_password:
        return redirect(url_for(CHANGE_PASSWORD), 303)
    set_up = f"{SET_UP}.index"
    if endpoint.startswith(f"{SET_UP}.") or set_up not in current_app.view_functions or context.office().set_up:
        return None
    may_set_up = may_any(g.actor, (Permission.CONFIGURATION_EDIT,))
    return redirect(url_for(set_up), 303) if may_set_up else None


def init_app(app: Flask) -> None:
    """Guards every request of the application; before the check of form tokens, so that its page knows who asks."""
    app.before_request(_guard)
