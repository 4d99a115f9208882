"""Channels: the ways in for complaints (R1)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.configuration import Calendar, Channel
from backoffice.models.office import Department
from backoffice.services import channel as service
from forms.reference.department import ChannelForm
from policies.vocabulary import EntryWay
from views import context
from views.language import label, lazy
from views.reference.base import (
    ReferenceScreen,
    choices,
    coded,
    in_use,
    name_cell,
    named_cell,
    once,
    reading,
    state_cell,
)


class ChannelScreen(ReferenceScreen):
    """The list of channels in the order in which intake offers them."""

    subject = service.SUBJECT
    form_class = ChannelForm
    column_list = ("name_zh", "kind", "entry_way", "default_department", "live", "position", "retired_at")
    column_labels = {
        "name_zh": lazy("reference.field.channel"),
        "kind": lazy("reference.field.kind"),
        "entry_way": lazy("reference.field.entry_way"),
        "default_department": lazy("reference.field.default_department_id"),
        "live": lazy("reference.field.live"),
        "position": lazy("reference.field.position"),
        "retired_at": lazy("reference.field.state"),
        "name_en": lazy("reference.field.name_en"),
        "code": lazy("reference.field.code"),
    }
    column_sortable_list = ("position", "name_zh")
    column_default_sort = "position"
    column_searchable_list = ("name_zh", "name_en", "code")
    column_select_related_list = (Channel.default_department,)
    column_numbers = ("position",)
    column_formatters = {
        "name_zh": name_cell,
        "kind": lambda view, _context, row, _name: view.kind_words(row.kind),
        "entry_way": lambda _view, _context, row, _name: label(EntryWay(row.entry_way)),
        "default_department": named_cell("default_department"),
        "retired_at": state_cell,
    }

    def __init__(self) -> None:
        super().__init__(
            Channel,
            name=lazy("reference.channels.title"),
            category=lazy("reference.group.intake"),
            endpoint="channels",
        )
        self.summary = lazy("reference.channels.summary")

    def kind_words(self, code: str) -> str:
        """The name of a kind."""
        return once("channel_kinds", lambda: dict(coded(service.kinds(reading())))).get(code, code)

    def fill(self, form: Any, row: Channel | None) -> None:
        """Kinds, ways of entry, departments in use, calendars."""
        form.kind.choices = coded(service.kinds(reading()))
        if row is not None and row.kind not in dict(form.kind.choices):
            form.kind.choices.append((row.kind, row.kind))
        form.entry_way.choices = [(way.value, label(way)) for way in EntryWay]
        departments = in_use(Department, row.default_department_id if row else None)
        form.default_department_id.choices = choices(reading().scalars(departments))
        form.hours.choices = coded(reading().scalars(sa.select(Calendar).order_by(Calendar.id)))

    def start(self) -> dict[str, Any]:
        """At the end of the list, typed in at the console."""
        last = reading().scalar(sa.select(sa.func.max(Channel.position))) or 0
        return {"position": min(last + 1, service.MOST_PLACES), "entry_way": EntryWay.CONSOLE.value, "hours": "office"}

    def create(self, session: Session, form: ChannelForm) -> Channel:
        """A new channel."""
        return service.create(session, context.actor(), context.now(), form.code.data, form.facts())

    def change(self, session: Session, row_id: int, form: ChannelForm) -> Channel:
        """Another name, department or place."""
        return service.change(session, context.actor(), context.now(), row_id, form.facts())

    def retire(self, session: Session, row_id: int, reason: str) -> Channel:
        """Out of use."""
        return service.retire(session, context.actor(), context.now(), row_id, reason)

    def restore(self, session: Session, row_id: int, reason: str) -> Channel:
        """Back into use."""
        return service.restore(session, context.actor(), context.now(), row_id, reason)
