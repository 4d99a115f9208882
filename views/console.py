"""The console: the table of its menu, and the Flask-Admin frame in which the office's own data is kept.

A menu entry names an endpoint and asks the guard who may open it; an entry whose page a person may not
open is not shown. Flask-Admin lives under ``/settings``; its pages extend ``base.html``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_admin import Admin, AdminIndexView, BaseView, expose
from flask_admin.theme import Bootstrap4Theme
from sqlalchemy.orm import Session

from policies.access import Actor, Permission, may_any
from views import context, guard
from views.headers import csp_nonce
from views.language import _, lazy
from views.screens import Screen, close_session


@dataclass(frozen=True)
class Count:
    """How many wait behind a menu entry, and whether one of them is overdue."""

    number: int
    hot: bool = False


Counter = Callable[[Session, Actor, datetime], Count | None]


@dataclass(frozen=True)
class Entry:
    """A line of the menu: its words (catalogue key), icon, endpoint and what waits there. The endpoint says who may."""

    key: str
    icon: str
    endpoint: str
    count: Counter | None = None


@dataclass(frozen=True)
class Group:
    """A heading of the menu with its lines."""

    key: str
    entries: tuple[Entry, ...]


MENU: tuple[Group, ...] = (
    Group(
        "layout.menu.work",
        (
            Entry("layout.menu.today", "fa-home", "home.index"),
            Entry("layout.menu.register", "fa-pencil-square-o", "intake.register"),
            Entry("layout.menu.complaints", "fa-list-ul", "complaints.index"),
        ),
    ),
    Group(
        "layout.menu.office",
        (Entry("layout.menu.settings", "fa-sliders", "console.index"),),
    ),
)


@dataclass(frozen=True)
class ShownEntry:
    """A menu line as one person sees it now."""

    text: str
    icon: str
    address: str
    is_current: bool
    count: str | None
    is_hot: bool


@dataclass(frozen=True)
class ShownGroup:
    """A menu heading with what one person sees under it."""

    text: str
    entries: list[ShownEntry]


@dataclass(frozen=True)
class ShownScreen:
    """A screen of the settings as one person sees it: its name, address and what it is for."""

    text: str
    address: str
    summary: str


COUNT_BOUND = 999


def menu() -> list[ShownGroup]:
    """The menu of the signed-in person; empty groups are left out, and so are pages that are not there."""
    actor = g.get("actor")
    if actor is None:
        return []
    with context.reading() as session:
        shown = [(group, _entries(group, actor, session)) for group in MENU]
    return [ShownGroup(_(group.key), entries) for group, entries in shown if entries]


def _entries(group: Group, actor: Actor, session: Session) -> list[ShownEntry]:
    return [
        _shown(entry, actor, session)
        for entry in group.entries
        if entry.endpoint in current_app.view_functions and _may_open(entry.endpoint, actor)
    ]


def _may_open(endpoint: str, actor: Actor) -> bool:
    """What the guard will answer when the entry is pressed."""
    rule = guard.rule_of(current_app, endpoint)
    return rule is not None and (not rule.permissions or may_any(actor, rule.permissions))


def _shown(entry: Entry, actor: Actor, session: Session) -> ShownEntry:
    count = entry.count(session, actor, context.now()) if entry.count else None
    blueprint = entry.endpoint.rpartition(".")[0]
    return ShownEntry(
        text=_(entry.key),
        icon=entry.icon,
        address=url_for(entry.endpoint),
        is_current=request.endpoint == entry.endpoint or request.blueprint == blueprint,
        count=None if count is None else _count(count.number),
        is_hot=count is not None and count.hot,
    )


def _count(number: int) -> str:
    return str(number) if number <= COUNT_BOUND else f"{COUNT_BOUND}+"


class Console(Screen, AdminIndexView):
    """The overview of the office's settings: the screens that this person may open."""

    permissions = (Permission.CONFIGURATION_EDIT, Permission.USER_MANAGE, Permission.AUDIT_VIEW)

    @expose("/")
    def index(self) -> Any:
        """The screens, by their category."""
        groups: dict[str, list[ShownScreen]] = {}
        for view in self._screens():
            if view.is_accessible():
                groups.setdefault(str(view.category or self.name), []).append(_shown_screen(view))
        return self.render("admin/index.html", groups=groups)

    def _screens(self) -> list[BaseView]:
        admin = self.admin
        return [] if admin is None else [view for view in admin._views if view is not self]  # noqa: SLF001 (it has no other way)


def _shown_screen(view: BaseView) -> ShownScreen:
    address = url_for(f"{view.endpoint}.{view._default_view}")  # noqa: SLF001 (Flask-Admin keeps it there alone)
    return ShownScreen(str(view.name), address, str(getattr(view, "summary", "")))


def init_app(app: Flask, screens: tuple[BaseView, ...]) -> Admin:
    """Opens the console with its screens of reference data."""
    admin = Admin(
        app,
        name=lazy("layout.menu.settings"),
        index_view=Console(name=lazy("layout.menu.settings"), endpoint="console", url="/settings"),
        theme=Bootstrap4Theme(base_template="base.html"),
        csp_nonce_generator=csp_nonce,
    )
    for screen in screens:
        admin.add_view(screen)
    app.teardown_request(close_session)
    return admin
