"""The office's own lists, one tab each: causes, evidence types, dispatch elements, routes … (R7, R10, R18, R25)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from flask import abort, request, url_for
from flask_admin import expose
from sqlalchemy.orm import Session
from wtforms import Form

from backoffice.errors import DomainError
from backoffice.models.configuration import ListEntry
from backoffice.services import list_entry as service
from forms.reference.list_entry import ElementForm, EntryForm, NotedEntryForm
from policies.dispatch_values import ElementKind
from policies.list_entries import MOST_PLACES, OfficeList
from policies.message import Refusal
from views import context
from views.language import lazy
from views.reference.base import ReferenceScreen, reading
from views.reference.words import words

FORMS: dict[OfficeList, type[Form]] = {
    OfficeList.DISPATCH_ELEMENTS: ElementForm,
    OfficeList.ROUTES: NotedEntryForm,
}


class ListEntryScreen(ReferenceScreen):
    """Six lists in one screen."""

    subject = service.SUBJECT
    list_template = "reference/list_entries.html"
    column_list = ("name_zh",)

    def __init__(self) -> None:
        super().__init__(
            ListEntry,
            name=lazy("reference.lists.title"),
            category=lazy("reference.group.handling"),
            endpoint="list_entries",
        )
        self.summary = lazy("reference.lists.summary")

    @expose("/")
    def index_view(self) -> Any:
        """One list, those out of use at its end."""
        name = self._asked()
        statement = sa.select(ListEntry).where(ListEntry.list == name).order_by(ListEntry.position, ListEntry.id)
        entries = list(reading().scalars(statement))
        ordered = [row for row in entries if row.retired_at is None] + [row for row in entries if row.retired_at]
        rows = [(row, service.facts_of(row)) for row in ordered]
        tabs = [
            {
                "text": words("reference.list", one.value),
                "address": url_for("list_entries.index_view", list=one.value),
                "count": "",
                "is_current": one is name,
            }
            for one in OfficeList
        ]
        return self.render(
            self.list_template,
            rows=rows,
            tabs=tabs,
            chosen=name.value,
            noted=name in (OfficeList.DISPATCH_ELEMENTS, OfficeList.ROUTES),
            is_elements=name is OfficeList.DISPATCH_ELEMENTS,
        )

    def get_one(self, id: Any) -> ListEntry:  # noqa: A002 (Flask-Admin's name)
        """An entry of a list that an office may extend; those of the others are not there."""
        row: ListEntry = super().get_one(id)
        return row if row.list in list(OfficeList) else abort(404)

    @staticmethod
    def _asked() -> OfficeList:
        """The list of the address, the first when it names none; 404 for one that there is not."""
        name = request.args.get("list", OfficeList.CAUSES.value)
        return OfficeList(name) if name in list(OfficeList) else abort(404)

    def _list(self, row: ListEntry | None) -> OfficeList:
        return self._asked() if row is None else OfficeList(row.list)

    def form_of(self, row: ListEntry | None) -> type[Form]:
        """Elements and routes say more than the others."""
        return FORMS.get(self._list(row), EntryForm)

    def start(self) -> dict[str, Any]:
        """At the end of its list."""
        last = reading().scalar(sa.select(sa.func.max(ListEntry.position)).where(ListEntry.list == self._asked()))
        return {"position": 0 if last is None else min(last + 1, MOST_PLACES), "kind": ElementKind.TEXT.value}

    def data_of(self, row: ListEntry) -> dict[str, Any]:
        """What is said of it now."""
        return asdict(service.facts_of(row))

    def fill(self, form: Any, row: ListEntry | None) -> None:
        """The kinds of elements."""
        if "kind" in form:
            form.kind.choices = [(kind.value, words("reference.element_kind", kind.value)) for kind in ElementKind]

    def page_facts(self, row: ListEntry | None) -> dict[str, Any]:
        """Which list it is."""
        name = self._list(row).value
        return {"part": words("reference.list", name), "back": url_for("list_entries.index_view", list=name)}

    def after(self, row: ListEntry) -> str:
        """Back to its list."""
        return url_for("list_entries.index_view", list=row.list)

    def create(self, session: Session, form: EntryForm) -> ListEntry:
        """A new entry."""
        name = self._asked()
        return service.create(session, context.actor(), context.now(), name, form.code.data, form.facts())

    def change(self, session: Session, row_id: int, form: EntryForm) -> ListEntry:
        """Another name, note or place."""
        return service.change(session, context.actor(), context.now(), row_id, form.facts())

    def retire(self, session: Session, row_id: int, reason: str) -> ListEntry:
        """No longer offered."""
        return service.retire(session, context.actor(), context.now(), row_id, reason)

    def restore(self, session: Session, row_id: int, reason: str) -> ListEntry:
        """Offered again."""
        return service.restore(session, context.actor(), context.now(), row_id, reason)

    def hangs_on(self, row: ListEntry) -> Sequence[Refusal]:
        """What still asks for it."""
        try:
            return service.why_not_retire(reading(), row)
        except DomainError as error:
            return error.refusals
