"""Filters of a list by one of a few values that are data: departments, roles, kinds of change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from flask import has_request_context
from flask_admin.contrib.sqla.filters import BaseSQLAFilter

from views.language import lazy
from views.screens import DataScreen

Narrow = Callable[[str], Any]


class Choice(BaseSQLAFilter):
    """Rows for which ``narrow`` gives a condition; ``offer`` says at each request which values there are."""

    def __init__(self, column: Any, name: Any, offer: Callable[[], list[tuple[str, str]]], narrow: Narrow) -> None:
        super().__init__(column, name)
        self.offer = offer
        self.narrow = narrow

    def get_options(self, view: Any) -> list[tuple[str, str]]:
        """What there is to choose; nothing before there is a request."""
        return self.offer() if has_request_context() else []

    def validate(self, value: Any) -> bool:
        """Only what is offered is a filter; anything else in an address is left out."""
        return any(value == key for key, _words in self.get_options(None))

    def apply(self, query: Any, value: Any, alias: Any = None) -> Any:
        """Narrow the query."""
        return query.filter(self.narrow(value))

    def operation(self) -> Any:
        """What stands between name and value."""
        return lazy("reference.staff.filter.is")


class Choosing(DataScreen):
    """A list whose filters offer what there is now, in the reader's language."""

    def _get_filter_groups(self) -> OrderedDict[str, list[dict[str, Any]]] | None:
        groups = super()._get_filter_groups()
        for group in (groups or {}).values():
            for item in group:
                item["options"] = self._filters[item["index"]].get_options(self)
        return groups
