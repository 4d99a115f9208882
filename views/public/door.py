"""What all customers' pages share: whether they are on, their language, their frame, what comes from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Flask, abort, current_app, g, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.errors import DomainError
from backoffice.file_settings import files_of
from backoffice.queries import public_pages
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.work import Work
from policies.access import SYSTEM
from policies.message import Refusal
from policies.public_pages import LARGEST_POST, PublicPages
from views import context, language
from views.addresses import is_for_customers

SPOKEN = {"zh": "zh_Hans", "en": "en"}
SHORT = {code: short for short, code in SPOKEN.items()}
OTHER = {"zh": "en", "en": "zh"}


def settings() -> PublicPages:
    """What the office set, read once a request."""
    if "public_pages" not in g:
        with context.reading() as session:
            g.public_pages = public_pages.settings(session)
    return g.public_pages  # type: ignore[no-any-return]


def open_or_404(is_on: bool) -> None:
    """What is off is not there."""
    if not is_on:
        abort(404)


def refuse_elsewhere() -> None:
    """What a page of another site has its readers send is not taken for theirs."""
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        raise DomainError(Refusal("public.refused.elsewhere", status=403))


def page(template: str, **facts: Any) -> str:
    """A customer's page in its frame."""
    with context.reading() as session:
        phone = Rulebook(session).office().service_phone
    return render_template(
        template,
        pages=settings(),
        announcement=settings().announcement(context.now()),
        service_phone=phone,
        short=SHORT[language.current()],
        **facts,
    )


def work_of_customer(session: Session) -> Work:
    """The unit of work of a customer's request: nobody of the office stands behind it."""
    desk, at = context.desk(), context.now()
    files = files_of(Path(desk.config["DATA_DIR"]))
    return Work(session, desk.keys, SYSTEM, at, at, files, request.remote_addr or "")


def waiting(text: str, error: DomainError) -> Response:
    """429, with when to come again for programs, too; of other refusals their own status."""
    answer = Response(text, error.status, mimetype="text/html")
    seconds = getattr(error, "seconds", None)
    if seconds is not None:
        answer.headers["Retry-After"] = str(seconds)
    return answer


def other_refusals(found: Iterable[Refusal | None]) -> list[Refusal]:
    """Those that there are."""
    return [one for one in found if one is not None]


def speak(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """The language of the address is that of the page."""
    if values and values.get("speaks") in SPOKEN:
        g.language = SPOKEN[values.pop("speaks")]


def name_language(endpoint: str, values: dict[str, Any]) -> None:
    """An address without a language is in that of this page."""
    if current_app.url_map.is_endpoint_expecting(endpoint, "speaks"):
        values.setdefault("speaks", SHORT[language.current()])


def _bound() -> None:
    """No post to a customer's page is larger than its few small files."""
    if is_for_customers():
        request.max_content_length = LARGEST_POST


def init_app(app: Flask) -> None:
    """Bounds what is posted, before anything reads it."""
    app.before_request(_bound)
