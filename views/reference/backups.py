"""The nightly backup: its settings, and how it stands with the last ones (R39)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from flask import flash, redirect, request, url_for
from flask_admin import BaseView, expose

from backoffice.errors import DomainError
from backoffice.services import backup_plan as service
from forms.reference.backups import BackupForm
from policies.access import Permission
from policies.message import Message
from views import context
from views.errors import onto_form
from views.language import _, lazy
from views.reference.base import Page, log_of, reading
from views.screens import Screen

MEBIBYTE = 1 << 20


class BackupScreen(Screen, BaseView):
    """One form, and beside it what came of it."""

    permissions = (Permission.CONFIGURATION_EDIT,)

    def __init__(self) -> None:
        super().__init__(name=lazy("backup.title"), category=lazy("reference.group.handling"), endpoint="backups")
        self.summary = lazy("backup.summary")

    @expose("/", methods=("GET", "POST"))
    def index(self) -> Page:
        """Show the plan; keep what was entered, or say beside each field why not."""
        data = Path(context.desk().config["DATA_DIR"])
        standing = service.standing(reading(), data, context.now())
        form = BackupForm(request.form if request.method == "POST" else None, data=asdict(standing.plan))
        refusals: Sequence[Message] = ()
        if request.method == "POST" and form.validate():
            try:
                with context.writing() as session:
                    service.save(session, context.actor(), context.now(), form.says(), data)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                refusals = onto_form(error, form)
            else:
                flash(_("backup.saved"), "success")
                return redirect(url_for("backups.index"), 303)
        page = self.render(
            "reference/backups.html",
            form=form,
            refusals=refusals,
            standing=standing,
            size=f"{standing.last.get('size', 0) / MEBIBYTE:.1f}",
            changes=log_of(service.SUBJECT, service.SUBJECT),
        )
        return (page, 422) if request.method == "POST" else page
