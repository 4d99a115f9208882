"""The office's mailbox (R1): its settings, what came in by it lately and what became of it, what waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import BaseView, expose
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.integrations.mailbox import MailboxError, opened
from backoffice.jobs import incoming_mail
from backoffice.jobs.running import Workshop
from backoffice.queries import mailbox, turned_away
from backoffice.services import mailbox_settings as service
from forms.filters import key
from forms.reference.mailbox import MailboxForm
from policies.access import Permission
from policies.gateways import Security
from policies.incoming_mail import MailState
from policies.mailbox import MailboxSettings
from policies.message import Message
from views import context
from views.errors import onto_form
from views.language import _, lazy, say
from views.reference.base import Page, log_of, reading
from views.reference.words import words
from views.screens import Screen

PUT_ASIDE = MailState.PUT_ASIDE.value


@dataclass(frozen=True)
class Counted:
    """One line of what came in: what became of it, why, how often."""

    state: str
    reason: str
    count: int


class MailboxScreen(Screen, BaseView):
    """One form, and beside it how the mailbox stands."""

    permissions = (Permission.CONFIGURATION_EDIT,)

    def __init__(self) -> None:
        super().__init__(name=lazy("mailbox.title"), category=lazy("reference.group.handling"), endpoint="mailbox")
        self.summary = lazy("mailbox.summary")

    @expose("/", methods=("GET", "POST"))
    def index(self) -> Page:
        """What is set, what is to hold from now on, and what came in."""
        session = reading()
        said, sealed = mailbox.settings_kept(session)
        form = _form(said)
        refusals: Sequence[Message] = ()
        if request.method == "POST" and form.validate():
            settings = service.settings_of(form.says())
            try:
                with context.writing() as writing:
                    service.save(
                        writing, context.actor(), context.now(), context.desk().keys, settings,
                        forget=bool(form.forget.data),
                    )  # fmt: skip
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                refusals = onto_form(error, form)
            else:
                flash(_("mailbox.saved"), "success")
                return redirect(url_for("mailbox.index"), 303)
        position, lately = mailbox.position(session), mailbox.lately(session, context.now())
        page = self.render(
            "reference/mailbox.html",
            form=form,
            refusals=refusals,
            has_secret=bool(sealed),
            is_on=bool(said.get("on")),
            is_set_up=bool(said.get("host")),
            channel=mailbox.channel(session),
            position=position,
            good_at=_moment(position.good_at),
            tried_at=_moment(position.at),
            newest=lately.newest,
            counts=_counted(lately),
            aside=mailbox.aside(session),
            turned_away=[one.said("mailbox.turned_away") for one in turned_away.told(session, context.now())],
            changes=log_of(service.SUBJECT, service.SUBJECT),
        )
        return (page, 422) if request.method == "POST" else page

    @expose("/try/", methods=("POST",))
    def try_out(self) -> Response:
        """Sign in and open the folder by the settings that hold now; nothing is fetched."""
        try:
            with context.reading() as session:
                settings = service.may_fetch(session, context.actor(), context.desk().keys)
            with opened(settings) as box:
                flash(_("mailbox.test.good", folder=settings.folder, count=max(box.next_uid - 1, 0)), "success")
        except MailboxError as error:
            flash(_("mailbox.test.failed", why=words("mailbox.fault", error.fault.value)), "danger")
        except DomainError as error:
            _flash_or_raise(error)
        return redirect(url_for("mailbox.index"), 303)

    @expose("/fetch/", methods=("POST",))
    def fetch(self) -> Response:
        """Have it fetched by the worker as soon as it looks."""
        desk = context.desk()
        try:
            with context.reading() as session:
                settings = service.may_fetch(session, context.actor(), desk.keys)
        except DomainError as error:
            _flash_or_raise(error)
        else:
            if settings.on:
                folder = Path(desk.config["DATA_DIR"])
                incoming_mail.ask(Workshop(desk.database, desk.keys, desk.clock, folder))
                flash(_("mailbox.fetch.asked"), "success")
            else:
                flash(_("mailbox.fetch.off"), "warning")
        return redirect(url_for("mailbox.index"), 303)

    @expose("/settle/", methods=("POST",))
    def settle(self) -> Response:
        """Done with a message that was put aside, by hand or by reading it once more."""
        again = request.values.get("again") == "1"
        try:
            with context.writing() as session:
                mail_id = key(request.values.get("id", "")) or 0
                service.settle(session, context.actor(), context.now(), mail_id, again=again)
        except DomainError as error:
            _flash_or_raise(error)
        else:
            flash(_("mailbox.settle.again" if again else "mailbox.settle.done"), "success")
        return redirect(url_for("mailbox.index"), 303)


def _flash_or_raise(error: DomainError) -> None:
    if error.status in (403, 404):
        raise error
    for refusal in error.refusals:
        flash(say(refusal), "danger")


def _form(said: dict[str, Any]) -> Any:
    start = {**{name: value for name, value in asdict(MailboxSettings()).items() if name != "secret"}, **said}
    form: Any = MailboxForm(request.form if request.method == "POST" else None, data=start)
    form.security.choices = [(one.value, words("mailbox.security", one.value)) for one in Security]
    return form


def _counted(lately: mailbox.Lately) -> list[Counted]:
    return [
        Counted(
            words("mailbox.state", state),
            words(f"mailbox.reason.{PUT_ASIDE if state == MailState.SETTLED else state}", reason) if reason else "",
            count,
        )
        for state, reason, count in lately.counts
    ]


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
