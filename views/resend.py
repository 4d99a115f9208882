"""Nothing typed is lost when a session or a form's token has run out: the posted values are offered to be sent again.

The page of the error holds them as hidden fields beside a fresh token. Passwords and files are never kept, and
nothing is offered for a post that did not come from a page of this desk: another site could otherwise put words into
a clerk's mouth.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, g, request
from flask_wtf.csrf import generate_csrf

from views.guard import public

blueprint = Blueprint("resend", __name__)

SECRET_WORDS = ("password", "secret", "token")
LEFT_OUT = ("csrf_token",)
MOST_FIELDS = 500
MOST_SIGNS = 500_000


@dataclass(frozen=True)
class Kept:
    """What was posted: where to, the fields that may be kept, and what had to be left out."""

    address: str
    fields: list[tuple[str, str]]
    multipart: bool
    left_out_files: bool

    @property
    def filled(self) -> int:
        """How many of the fields hold something."""
        return sum(1 for _name, value in self.fields if value.strip())


def kept() -> Kept | None:
    """The post of this request, to be offered again; nothing when it may not or cannot be."""
    if request.method != "POST" or not from_this_desk() or request.mimetype == "application/json":
        return None
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in LEFT_OUT]
    if any(word in name.lower() for name, _ in fields for word in SECRET_WORDS):
        return None
    if not fields or len(fields) > MOST_FIELDS or sum(len(value) for _, value in fields) > MOST_SIGNS:
        return None
    files = any(file.filename for file in request.files.values())
    multipart = request.mimetype == "multipart/form-data"
    return Kept(request.full_path.rstrip("?"), fields, multipart, files)


def from_this_desk() -> bool:
    """Whether the browser says that one of the desk's own pages sent this."""
    source = request.headers.get("Origin") or request.headers.get("Referer")
    if not source or request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    try:
        return urlsplit(source).netloc == request.host
    except ValueError:
        return False


@blueprint.get("/resend/token")
@public
def token() -> dict[str, object]:
    """A fresh token for the page that offers to send again, and whether somebody is signed in by now."""
    return {"token": generate_csrf(), "signed_in": g.get("person") is not None}
