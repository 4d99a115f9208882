"""The desk's log: one JSON line an event, without personal data.

A request's line carries its id, the staff code, method, route (the pattern, not the address), status and milliseconds:
never a query string, a form value or a text of the database. A fault's line carries the kind of fault and where in the
code it happened; what the fault said is left out, because it may quote a customer.
"""

from __future__ import annotations

import json
import logging
import secrets
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from flask import Flask, Response, g, request

PROJECT = Path(__file__).resolve().parent.parent

log = logging.getLogger("desk.request")


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON; ``extra={"desk": {…}}`` adds its values."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line.update(getattr(record, "desk", {}))
        if record.exc_info and record.exc_info[0] is not None:
            line.update(fault(record.exc_info[0], record.exc_info[2]))
        return json.dumps(line, ensure_ascii=False, default=str)


def fault(kind: type[BaseException], trace: TracebackType | None) -> dict[str, object]:
    """What may be said of a fault: its kind and the lines of code on its way, without what it said."""
    frames = []
    for frame in traceback.extract_tb(trace):
        path = Path(frame.filename)
        name = path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else Path(*path.parts[-2:])
        frames.append(f"{name}:{frame.lineno} {frame.name}")
    return {"fault": f"{kind.__module__}.{kind.__qualname__}", "where": frames[-12:]}


def request_id() -> str:
    """The id of this request: in its log lines, in the answer's ``X-Request-Id`` and on the page of an error."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(6)
    return g.request_id


def facts() -> dict[str, object]:
    """What may be said of this request."""
    person = g.get("person")
    return {
        "id": request_id(),
        "staff": person.code if person is not None else None,
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else None,
    }


def _started() -> None:
    g.started = time.perf_counter()


def _answered(response: Response) -> Response:
    started = g.get("started")
    spent = None if started is None else round((time.perf_counter() - started) * 1000, 1)
    response.headers.setdefault("X-Request-Id", request_id())
    noise = g.get("unlogged", False) and response.status_code < 400
    if not noise and (request.endpoint is None or not request.endpoint.endswith("static")):
        log.info("request", extra={"desk": {**facts(), "status": response.status_code, "ms": spent}})
    return response


def set_up(level: int = logging.INFO) -> None:
    """Sends the desk's log to standard error as JSON lines, and nowhere else."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("desk")
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(level)


def init_app(app: Flask) -> None:
    """Logs every request of the application; to standard error, unless a test looks at the log itself."""
    if not app.testing:
        set_up()
    app.before_request(_started)
    app.after_request(_answered)
