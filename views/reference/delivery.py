"""How messages leave the office: the mail server, the SMS gateway, and a test message to oneself (R5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import BaseView, expose
from werkzeug.wrappers import Response
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.queries import delivery
from backoffice.services import delivery_settings as service
from forms.reference.delivery import MailForm, SmsForm
from policies.access import Permission
from policies.delivery import WAYS, Verdict
from policies.gateways import MailSettings, Security, SmsBody, SmsSettings
from policies.message import Message
from views import context
from views.errors import onto_form
from views.language import _, lazy, say
from views.outbox_words import reason_words
from views.reference.base import Page, log_of, reading
from views.reference.words import words
from views.screens import Screen

FORMS: dict[str, type[Form]] = {"email": MailForm, "sms": SmsForm}
USUAL = {"email": MailSettings(), "sms": SmsSettings()}
METHODS = ("POST", "GET", "PUT")


class DeliveryScreen(Screen, BaseView):
    """Two forms, one for each way."""

    permissions = (Permission.CONFIGURATION_EDIT,)

    def __init__(self) -> None:
        super().__init__(name=lazy("delivery.title"), category=lazy("reference.group.handling"), endpoint="delivery")
        self.summary = lazy("delivery.summary")

    @expose("/", methods=("GET", "POST"))
    def index(self) -> Page:
        """What is set, and what is to hold from now on."""
        way = request.args.get("way", "email")
        if way not in WAYS:
            abort(404)
        said, has_secret = service.kept(reading(), way)
        form = _form(way, said)
        refusals: Sequence[Message] = ()
        if request.method == "POST" and form.validate():
            settings = service.settings_of(way, form.says())
            try:
                with context.writing() as session:
                    service.save(
                        session, context.actor(), context.now(), context.desk().keys, way, settings,
                        forget=bool(form.forget.data),
                    )  # fmt: skip
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                refusals = onto_form(error, form)
            else:
                flash(_("delivery.saved"), "success")
                return redirect(url_for("delivery.index", way=way), 303)
        page = self.render(
            "reference/delivery.html",
            form=form,
            refusals=refusals,
            way=way,
            ways=WAYS,
            has_secret=has_secret,
            sender=delivery.senders(reading(), context.desk().keys)[way],
            changes=log_of(service.SUBJECT, way),
        )
        return (page, 422) if request.method == "POST" else page

    @expose("/try/", methods=("POST",))
    def try_out(self) -> Response:
        """Send a test message to oneself by the settings that hold now, and say what came of it."""
        way = request.values.get("way", "")
        if way not in WAYS:
            abort(404)
        try:
            with context.reading() as session:
                settings, to = service.prepare_trial(session, context.actor(), context.desk().keys, way)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            for refusal in error.refusals:
                flash(say(refusal), "danger")
            return redirect(url_for("delivery.index", way=way), 303)
        outcome = service.try_out(settings, to, _("delivery.test.subject"), _("delivery.test.text"), context.now())
        if outcome.verdict is Verdict.SENT:
            flash(_("delivery.test.sent", to=to), "success")
        else:
            flash(_("delivery.test.failed", why=reason_words(outcome.said)), "danger")
        return redirect(url_for("delivery.index", way=way), 303)


def _form(way: str, said: dict[str, Any]) -> Any:
    start = {**{name: value for name, value in asdict(USUAL[way]).items() if name != "secret"}, **said}
    form: Any = FORMS[way](request.form if request.method == "POST" else None, data=start)
    if way == "email":
        form.security.choices = [(one.value, words("delivery.security", one.value)) for one in Security]
    else:
        form.method.choices = [(one, one) for one in METHODS]
        form.form.choices = [(one.value, words("delivery.form", one.value)) for one in SmsBody]
    return form
