"""The ground of Flask-Admin's screens: who may open them, and what keeps a stock screen from failing on bad input.

``Screen`` is for any ``BaseView``; ``DataScreen`` for a ``ModelView`` over rows of the office. Changes go through the
services: a screen that creates or edits overrides ``create_model`` and ``update_model`` and calls them there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import abort, g, request
from flask_admin.contrib.sqla import ModelView
from flask_admin.model.base import ViewArgs
from flask_admin.model.filters import BaseFilter
from sqlalchemy.orm import Session

from policies.access import Permission, may_any
from views import context, filters
from views.addresses import HIGHEST_PAGE, whole_number
from views.language import _

LONGEST_SEARCH = 100
FILTER = "filter"
FILTER_VALUE = "filter_value"


class RequestSession:
    """The session that Flask-Admin reads through: one a request, opened when first asked for, closed at its end."""

    @property
    def session(self) -> RequestSession:
        """Itself: Flask-Admin looks for a session here, before there is any request."""
        return self

    @staticmethod
    def current() -> Session:
        """This request's session, for reading."""
        if "screen_session" not in g:
            opened = context.reading()
            g.screen_session = opened.__enter__()
            g.close_screen_session = lambda: opened.__exit__(None, None, None)
        return g.screen_session

    def __getattr__(self, name: str) -> Any:
        if name.startswith(
            "_"
        ):  # Flask-Admin looks for marks on everything that a view holds, before there is a request
            raise AttributeError(name)
        return getattr(self.current(), name)


def close_session(_fault: BaseException | None = None) -> None:
    """Closes the request's session, if one was opened; called at the end of every request."""
    close = g.pop("close_screen_session", None)
    g.pop("screen_session", None)
    if close is not None:
        close()


class Screen:
    """A Flask-Admin view that one of ``permissions`` opens: its menu entry, its pages and its hidden routes alike."""

    permissions: tuple[Permission, ...] = ()

    def is_accessible(self) -> bool:
        """Whether the signed-in person may open this screen."""
        actor = g.get("actor")
        return actor is not None and may_any(actor, self.permissions)

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        """Signing in first, or no."""
        abort(401 if g.get("actor") is None else 403)

    def _run_view(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Runs the view; a ``TypeError`` of its own stays what it is (Flask-Admin would call it a second time)."""
        return fn(self, *args, **kwargs)


def _shown(words: Callable[[Any], str]) -> Callable[..., str]:
    """A formatter for Flask-Admin, which also hands over the view and the column's name."""
    return lambda _view, value, _name: words(value)


class DataScreen(Screen, ModelView):
    """A list, details and form over one table. What refers to others is never deleted here, and nothing is exported."""

    can_view_details = True
    can_create = False
    can_edit = False
    can_delete = False  # what others refer to is retired
    can_export = False
    can_set_page_size = False
    page_size = 50
    column_editable_list = ()  # it writes without a form, a service or a trace
    create_modal = edit_modal = details_modal = False
    column_type_formatters = {
        bool: _shown(lambda value: _("layout.yes") if value else _("layout.no")),
        type(None): _shown(lambda _value: _("layout.none")),
        datetime: _shown(filters.moment),
        date: _shown(filters.day),
        Decimal: _shown(filters.money),
    }
    column_type_formatters_detail = column_type_formatters
    column_numbers: tuple[str, ...] = ()
    """Columns of figures, aligned at the right."""

    def row_title(self, row: Any) -> str:
        """What a row is called on its own page."""
        return str(self.get_list_value(None, row, self._list_columns[0][0]))

    def __init__(self, model: type[Any], **kwargs: Any) -> None:
        super().__init__(model, RequestSession(), **kwargs)  # type: ignore[arg-type]

    def get_one(self, id: Any) -> Any:  # noqa: A002 (Flask-Admin's name)
        """The row of a key that came in, within what the list shows. 404 when there is none or the key is no key."""
        keys = self.model.__mapper__.primary_key
        number = whole_number(id) if isinstance(id, str) else None
        if number is None or len(keys) != 1:
            abort(404)
        row = self.get_query().filter(keys[0] == number).one_or_none()
        return row if row is not None else abort(404)

    def render(self, template: str, **kwargs: Any) -> str:
        """Renders a template; a list's also gets what its filters and figures need."""
        if "list_columns" in kwargs:
            kwargs["numbers"] = self.column_numbers
            kwargs["without_filter"] = self._without_filter
            kwargs["filter_value"] = _filter_value
        return super().render(template, **kwargs)

    def _without_filter(self, position: int) -> str:
        """The list's address without its filter at a position."""
        args = self._get_list_extra_args()
        rest = [found for index, found in enumerate(args.filters or []) if index != position]
        return self._get_list_url(args.clone(filters=rest, page=0))

    def _get_list_extra_args(self) -> ViewArgs:
        """The list's arguments, within bounds; what cannot be read is left out."""

        def number(name: str, highest: int = HIGHEST_PAGE) -> int | None:
            return whole_number(request.args.get(name), highest=highest)

        columns = len(self._list_columns)
        return ViewArgs(
            page=number("page") or 0,
            page_size=number("page_size", 200) or 0,
            sort=number("sort", max(columns - 1, 0)),
            sort_desc=number("desc", 1),
            search=(request.args.get("search") or "").strip()[:LONGEST_SEARCH] or None,
            filters=self._get_list_filter_args(),
        )

    def _get_list_filter_args(self) -> list[Any] | None:
        """The filters of the address, and the one that the filter form has just added (``name`` or ``name:value``)."""
        found = super()._get_list_filter_args()
        name, has_value, value = request.args.get(FILTER, "").partition(":")
        chosen = self._filter_args.get(name) if self._filter_args else None
        if chosen is None:
            return found
        index, added = chosen
        if not has_value:
            value = request.args.get(FILTER_VALUE, "").strip()[:LONGEST_SEARCH]
        return [*(found or []), (index, str(added.name), value)] if added.validate(value) else found


def _filter_value(chosen: BaseFilter, value: str) -> str:
    """A filter's value in words, where it is one of a list."""
    options = chosen.get_options(None) or []
    return next((str(text) for key, text in options if str(key) == value), value)
