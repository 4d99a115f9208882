"""The office's texts (R5, R13): a list, and a form with the places that may be named and a preview with samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request
from flask_admin import expose
from sqlalchemy.orm import Session

from backoffice.models.configuration import MessageTemplate
from backoffice.services import message_template as service
from forms.reference.message_template import NewTemplateForm, TemplateForm
from policies.message import Name
from policies.message_template import LANGUAGES, OCCASIONS, WAYS_FOR, WITH_SUBJECT, TemplateFacts, filled
from policies.sms_length import SmsLength, measure
from views import context
from views.language import lazy
from views.reference.base import Page, ReferenceScreen, name_cell, state_cell
from views.reference.words import words

HTML = {"zh": "zh-CN", "en": "en"}


@dataclass(frozen=True)
class Preview:
    """A text in one language as somebody would get it, with samples; ``length`` where it is an SMS."""

    language: str
    html: str
    subject: str
    body: str
    length: SmsLength | None


@dataclass(frozen=True)
class ShownPlace:
    """A place that may be named: what to write, what it means, what might stand there."""

    code: str
    name: Name
    sample: Name


class TemplateScreen(ReferenceScreen):
    """The texts that go to customers and staff."""

    subject = service.SUBJECT
    form_class = TemplateForm
    form_template = "reference/template_form.html"
    column_list = ("name_zh", "occasion", "channel", "retired_at")
    column_labels = {
        "name_zh": lazy("reference.field.template"),
        "occasion": lazy("template.field.occasion"),
        "channel": lazy("reference.field.way"),
        "retired_at": lazy("reference.field.state"),
        "name_en": lazy("reference.field.name_en"),
        "code": lazy("reference.field.code"),
    }
    column_default_sort = "id"
    column_searchable_list = ("name_zh", "name_en", "code")
    column_formatters = {
        "name_zh": name_cell,
        "occasion": lambda _view, _context, row, _name: words("template.occasion", row.occasion),
        "channel": lambda _view, _context, row, _name: words("reference.way", row.channel),
        "retired_at": state_cell,
    }

    def __init__(self) -> None:
        super().__init__(
            MessageTemplate,
            name=lazy("reference.templates.title"),
            category=lazy("reference.group.handling"),
            endpoint="message_templates",
        )
        self.summary = lazy("reference.templates.summary")

    def form_of(self, row: MessageTemplate | None) -> type[TemplateForm]:
        """A new text says more."""
        return NewTemplateForm if row is None else TemplateForm

    def fill(self, form: Any, row: MessageTemplate | None) -> None:
        """Occasions and ways; a text that has no subject is not asked for one."""
        if row is None:
            form.occasion.choices = [(code, words("template.occasion", code)) for code in OCCASIONS]
            ways = dict.fromkeys(way for found in WAYS_FOR.values() for way in found)
            form.channel.choices = [(way, words("reference.way", way)) for way in ways]
        elif row.channel not in WITH_SUBJECT:
            for name in ("subject_zh", "subject_en"):
                form[name].render_kw = {**(form[name].render_kw or {}), "readonly": True}

    def create(self, session: Session, form: Any) -> MessageTemplate:
        """A new text."""
        facts = form.facts(form.code.data, form.occasion.data or "", form.channel.data or "")
        return service.create(session, context.actor(), context.now(), facts)

    def change(self, session: Session, row_id: int, form: Any) -> MessageTemplate:
        """Other words."""
        row = self.get_one(str(row_id))
        facts = form.facts(row.code, row.occasion, row.channel)
        return service.change(session, context.actor(), context.now(), row_id, facts)

    def retire(self, session: Session, row_id: int, reason: str) -> MessageTemplate:
        """Out of use."""
        return service.retire(session, context.actor(), context.now(), row_id, reason)

    def restore(self, session: Session, row_id: int, reason: str) -> MessageTemplate:
        """Back into use."""
        return service.restore(session, context.actor(), context.now(), row_id, reason)

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Page:
        """A new text, or a look at what it would read like."""
        return self._previewed(None) or super().create_view()

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> Page:
        """A text, or a look at what it would read like."""
        return self._previewed(request.args.get("id")) or super().edit_view()

    def _previewed(self, row_id: str | None) -> Page | None:
        """The form as it was typed, with its preview; nothing is saved."""
        if request.method != "POST" or "preview" not in request.form:
            return None
        row = self.get_one(row_id) if row_id is not None else None
        form = self._form(row)
        form.validate()
        page = self._form_page(form, row)
        return page[0] if isinstance(page, tuple) else page

    def page_facts(self, row: MessageTemplate | None) -> dict[str, Any]:
        """The preview and the places of the occasion."""
        facts = _typed(row)
        occasion = OCCASIONS.get(facts.occasion)
        known = service.known_places()
        codes = [code for code in known if occasion is None or code in occasion.places]
        return {
            "occasion": words("template.occasion", facts.occasion) if facts.occasion else "",
            "way": words("reference.way", facts.channel) if facts.channel else "",
            "previews": [_preview(facts, language) for language in LANGUAGES if facts.text("body", language).strip()],
            "places": [ShownPlace(code, Name(**known[code]["name"]), Name(**known[code]["sample"])) for code in codes],
        }


def _typed(row: MessageTemplate | None) -> TemplateFacts:
    """The text as it was typed just now, else as it is kept."""

    def said(name: str) -> str:
        if request.method == "POST" and name in request.form:
            return request.form[name].replace("\r\n", "\n")
        return str(getattr(row, name, "") or "")

    names = ("name_zh", "name_en", "occasion", "channel", "subject_zh", "subject_en", "body_zh", "body_en")
    return TemplateFacts(str(getattr(row, "code", "")), *(said(name) for name in names))


def _preview(facts: TemplateFacts, language: str) -> Preview:
    samples = {code: str(place["sample"][language]) for code, place in service.known_places().items()}
    body = filled(facts.text("body", language), samples)
    length = measure(body) if facts.channel == "sms" else None
    return Preview(language, HTML[language], filled(facts.text("subject", language), samples), body, length)
