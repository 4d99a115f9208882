"""How the desk stands now, for administrators: the sister of ``run.py status``."""

from __future__ import annotations

from pathlib import Path

from flask_admin import BaseView, expose

from backoffice.jobs.handlers import HANDLERS
from backoffice.services import health
from policies.access import Permission
from policies.health import worst
from views import context
from views.language import lazy
from views.reference.base import Page
from views.screens import Screen
from views.status_words import rows

KINDS = {"good": "good", "note": "wait", "wrong": "bad"}
"""Level → the look of its badge."""


class StatusScreen(Screen, BaseView):
    """One list: each part, how it stands, what to do next."""

    permissions = (Permission.CONFIGURATION_EDIT,)

    def __init__(self) -> None:
        super().__init__(name=lazy("status.title"), category=lazy("status.group"), endpoint="status")
        self.summary = lazy("status.summary")

    @expose("/")
    def index(self) -> Page:
        """What was found just now."""
        desk = context.desk()
        folder = Path(desk.config["DATA_DIR"])
        found = health.findings(desk.database, folder, desk.clock.now(), HANDLERS)
        shown = sorted(rows(found), key=lambda row: ("wrong", "note", "good").index(row.level))
        return self.render("reference/status.html", rows=shown, level=worst(found).value, kinds=KINDS, at=context.now())
