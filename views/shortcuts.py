"""Keys that do something by themselves: the sheet that names them, and whether this person wants them (WCAG 2.1.4)."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.services import preference
from views import context
from views.guard import signed_in
from views.language import _

blueprint = Blueprint("shortcuts", __name__)
WANTED = {"on": True, "off": False}

# Where they hold: the keys, and the text of each by its key in the catalogue.
KEYS = (
    ("everywhere", (("/", "search"), ("?", "sheet"), ("g h", "home"), ("g l", "lists"), ("g m", "messages"),
                    ("g n", "register"), ("Ctrl Enter", "send"))),
    ("home", (("j", "down"), ("k", "up"), ("d", "do"), ("o", "open"))),
    ("list", (("j", "down"), ("k", "up"), ("o", "open"), ("x", "tick"), ("]", "next_page"), ("[", "previous_page"))),
    ("complaint", (("j", "next"), ("k", "previous"), ("u", "back"), ("d", "do"), ("a", "acts"), ("p", "print"))),
    ("intake", (("F2", "read_back"), ("F4", "same_as"))),
)  # fmt: skip


@blueprint.get("/account/keys")
@signed_in
def index() -> str:
    """The sheet of keys, with the switch."""
    return render_template("sign_in/keys.html", keys=KEYS, on=g.person.shortcuts)


@blueprint.post("/account/keys")
@signed_in
def choose() -> Response:
    """Switch them on or off for oneself."""
    wanted = request.form.get("shortcuts", "")
    if wanted not in WANTED:
        abort(400)
    with context.writing() as session:
        preference.use_shortcuts(session, g.person.id, wanted=WANTED[wanted])
    flash(_("shortcuts.switched_" + wanted), "success")
    return redirect(url_for("shortcuts.index"), 303)
