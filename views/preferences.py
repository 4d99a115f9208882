"""What a person chooses for themselves in the frame: the language and the look of the pages."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from backoffice.services import preference
from views import context, language
from views.addresses import guarded_cookie, local_address
from views.frame import THEME_COOKIE
from views.guard import public

blueprint = Blueprint("preferences", __name__)

YEAR = 365 * 24 * 3600
CHOICES: dict[str, tuple[tuple[str, ...], str]] = {
    "language": (language.LANGUAGES, language.COOKIE),
    "theme": (preference.THEMES, THEME_COOKIE),
}


@blueprint.post("/preferences")
@public
def choose() -> Response:
    """Remembers a choice, with the person when one is signed in and in this browser, and goes back to the page."""
    chosen = {name: request.form[name] for name in CHOICES if name in request.form}
    if not chosen or any(value not in CHOICES[name][0] for name, value in chosen.items()):
        abort(400)
    if (person := context.person()) is not None:
        with context.writing() as session:
            preference.choose(session, person.id, language=chosen.get("language"), theme=chosen.get("theme"))
    answer = redirect(local_address(request.form.get("next")), 303)
    for name, value in chosen.items():
        cookie = guarded_cookie(CHOICES[name][1])
        answer.set_cookie(cookie, value, max_age=YEAR, secure=request.is_secure, httponly=True, samesite="Lax")
    return answer
