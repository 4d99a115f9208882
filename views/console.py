"""The console: the Flask-Admin frame in which the office's own data is kept, under ``/settings``.

Its pages extend ``base.html``; what stands in the menu at their side is the table of ``views/menu.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, url_for
from flask_admin import Admin, AdminIndexView, BaseView, expose
from flask_admin.theme import Bootstrap4Theme

from policies.access import Permission
from views.headers import csp_nonce
from views.language import lazy
from views.screens import Screen, close_session


@dataclass(frozen=True)
class ShownScreen:
    """A screen of the settings as one person sees it: its name, address and what it is for."""

    text: str
    address: str
    summary: str


class Console(Screen, AdminIndexView):
    """The overview of the office's settings: the screens that this person may open."""

    permissions = (
        Permission.CONFIGURATION_EDIT,
        Permission.SAMPLING_PLAN_APPROVE,
        Permission.USER_MANAGE,
        Permission.AUDIT_VIEW,
    )

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
