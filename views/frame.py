"""What the frame of a page asks for: reader, office, language, menu, and the helpers of the form macros.

Everything here is a function of the templates; ``templates/base.html`` and ``templates/macros/`` call them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request
from wtforms import Field, Form
from wtforms.widgets import ListWidget

from views import context, inbox, language, menu
from views.addresses import fixed, guarded_cookie
from views.language import _

THEME_COOKIE = "theme"
THEMES = ("light", "dark")
SEARCH = "complaints.index"
SIGN_OUT = "sign_in.sign_out"

# What stands in the person's own menu: endpoint, catalogue key, icon.
ACCOUNT_LINKS = (
    ("account.index", "sign_in.account.title", "fa-user-o"),
    ("drafts.index", "drafts.title", "fa-file-text-o"),
    ("sign_in.change_password", "layout.account.password", "fa-key"),
    ("shortcuts.index", "shortcuts.title", "fa-keyboard-o"),
)


@dataclass(frozen=True)
class Link:
    """An address with its words."""

    address: str
    text: str
    icon: str = ""


@dataclass(frozen=True)
class Problem:
    """One fault of a form, with the id of the field that it is in."""

    id: str
    label: str
    text: str


def has_endpoint(endpoint: str) -> bool:
    """Whether this application has such a page."""
    return endpoint in current_app.view_functions


def html_language() -> str:
    """The language of the page for its ``lang`` attribute."""
    return language.HTML_CODES[language.current()]


def look() -> str:
    """Light or dark: the person's own choice, else this browser's, else light."""
    person = context.person()
    chosen = (person.theme if person else None) or request.cookies.get(guarded_cookie(THEME_COOKIE))
    return chosen if chosen in THEMES else THEMES[0]


def here() -> str:
    """The address to come back to after a choice made in the frame: this page, or home where a page cannot be got."""
    rule = request.url_rule
    if request.method in ("GET", "HEAD"):
        return request.full_path.rstrip("?")
    if rule is not None and "GET" in (rule.methods or ()):
        return request.path
    return "/"


def search_address() -> str | None:
    """Where the search at the top leads, for a person who may look at complaints."""
    actor = g.get("actor")
    return fixed(SEARCH) if actor is not None and menu.may_open(SEARCH, actor) else None


def held_back() -> bool:
    """Whether a post of this person grants nothing yet because the entry training is missing (R34)."""
    actor = g.get("actor")
    return actor is not None and bool(actor.withheld)


def keys_alone() -> bool:
    """Whether a key alone does something on the pages of this reader."""
    person = context.person()
    return person is not None and bool(person.shortcuts)


def sign_out_address() -> str | None:
    """Where signing out is posted to."""
    return fixed(SIGN_OUT) if has_endpoint(SIGN_OUT) else None


def account_links() -> list[Link]:
    """The person's own pages."""
    return [Link(fixed(end), _(key), icon) for end, key, icon in ACCOUNT_LINKS if has_endpoint(end)]


def form_problems(form: Form | None) -> list[Problem]:
    """Every fault of a form in the order of its fields, for the list on top of it."""
    return [] if form is None else [problem for field in form for problem in _problems(field)]


def _problems(field: Field) -> list[Problem]:
    label = _error(field.label.text)
    if isinstance(field.errors, dict):  # a form within a form
        return [problem for inner in field for problem in _problems(inner)]
    return [Problem(str(field.id), label, _error(error)) for error in field.errors if not isinstance(error, dict)]


def _error(error: Any) -> str:
    return str(language.say(error)) if isinstance(error, language.Message) else str(error)


def field_kind(field: Field) -> str:
    """How a field is laid out: ``hidden``, ``choices`` (a list of buttons or ticks), ``tick`` or ``control``."""
    if isinstance(field.widget, ListWidget):
        return "choices"
    kind = getattr(field.widget, "input_type", None)
    return {"hidden": "hidden", "checkbox": "tick"}.get(kind or "", "control")


def described_by(field: Field, help_text: str = "") -> str:
    """The ids of the notes under a field, for ``aria-describedby``."""
    notes = []
    if help_text or field.description:
        notes.append(f"{field.id}-help")
    if field.errors:
        notes.append(f"{field.id}-error")
    return " ".join(notes)


def with_notes(field: Field, help_text: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a control: its class, whether it is wrong, and which notes describe it."""
    found = dict(attributes)
    kind = getattr(field.widget, "input_type", "")
    if kind == "file":
        found.setdefault("class", "form-control-file")
    elif kind != "checkbox":
        found.setdefault("class", "form-control")
    if field.errors:
        found["aria-invalid"] = "true"
    if described := described_by(field, help_text):
        found["aria-describedby"] = described
    return found


def pager_address(generator: Callable[[int], str]) -> Callable[[int], str]:
    """Flask-Admin counts pages from 0, the pager from 1."""
    return lambda page: generator(page - 1)


def init_app(app: Flask) -> None:
    """Gives the templates the functions."""
    app.jinja_env.globals.update(
        has_endpoint=has_endpoint,
        html_language=html_language,
        language=language.current,
        look=look,
        here=here,
        person=context.person,
        office=context.office,
        now=context.now,
        today=context.today,
        held_back=held_back,
        keys_alone=keys_alone,
        search_address=search_address,
        sign_out_address=sign_out_address,
        account_links=account_links,
        side_menu=menu.menu,
        unread=inbox.unread,
        form_problems=form_problems,
        field_kind=field_kind,
        described_by=described_by,
        with_notes=with_notes,
        pager_address=pager_address,
    )
