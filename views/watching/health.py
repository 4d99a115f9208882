"""``/healthz``: whether this server can do its work, for a load balancer or a watchdog. No sign-in, no session.

The first line is ``ok`` (200) or ``fault`` (503), then a line for each part with one word of a closed set. Database and
files decide: without them this server cannot work, and another one should be asked. Late jobs are told and do not
decide, nor does a store of objects, which no other server would reach either: taking every server out would turn a
delay into an outage; ``/healthz?jobs=1`` counts them too, for a watchdog that calls a person.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from flask import Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from backoffice import migrate
from backoffice.jobs.handlers import HANDLERS
from backoffice.queries.health import glance
from backoffice.services.health import files_are_far, files_word
from policies.health import jobs_are_late
from views import context
from views.guard import for_machines
from views.watching import blueprint
from views.watching.probing import Question

SECONDS = 2.0
FILES_SECONDS = 1.0
SILENT = "silent"
OK = "ok"
PARTS = ("database", "files", "jobs")

Words = dict[str, str]


@blueprint.get("/healthz")
@for_machines
def healthz() -> Response:
    """``ok`` or ``fault``, and a word for each part."""
    g.unlogged = True
    desk = context.desk()
    words = ask(desk)
    near = PARTS[:1] if files_are_far(_folder(desk)) else PARTS[:2]
    deciding = PARTS if request.args.get("jobs") else near
    good = all(words[part] == OK for part in deciding)
    lines = [OK if good else "fault", *(f"{part} {words[part]}" for part in PARTS)]
    return Response("\n".join(lines) + "\n", 200 if good else 503, content_type="text/plain; charset=utf-8")


def ask(desk: context.Desk) -> Words:
    """The words of all parts, within ``SECONDS``; a store or a shared folder that hangs silences only itself."""
    silence = {"database": SILENT, "files": "unknown", "jobs": "unknown"}
    new: tuple[Question[Words], Question[str]] = Question(SECONDS, silence), Question(FILES_SECONDS, SILENT)
    whole, files = current_app.extensions.setdefault("desk_health", new)
    return whole.ask(lambda: {**_words(desk), "files": files.ask(lambda: files_word(_folder(desk)).value)})


def _folder(desk: context.Desk) -> Path:
    return Path(desk.config["DATA_DIR"])


def _words(desk: context.Desk) -> Words:
    at = desk.clock.now()
    words = {"database": OK, "jobs": OK}
    try:
        with desk.database.reading() as session:
            revision, late_since = glance(session, at, HANDLERS)
    except SQLAlchemyError:
        return {**words, "database": "unreachable", "jobs": "unknown"}
    if revision != _head():
        words["database"] = "other_version"
    if jobs_are_late(late_since, at):
        words["jobs"] = "late"
    return words


@cache
def _head() -> str | None:
    return migrate.head()
