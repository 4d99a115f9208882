"""An application that says nothing and writes down what it was asked: one line a request, in the file of ``ECHO_LOG``.

``listen()`` serves it as ``run.py serve`` serves the desk; for gunicorn it is ``tests.support.echo_server:app``.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from waitress import create_server

from views import server


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Read the body to its end, write the request down, answer 200."""
    body = environ["wsgi.input"].read()
    with Path(os.environ["ECHO_LOG"]).open("a", encoding="utf-8") as log:
        log.write(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {body!r}\n")
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]


@contextmanager
def listen() -> Iterator[int]:
    """The port of a server of this process."""
    server.guard_refusals()
    made = create_server(app, host="127.0.0.1", port=0, **server.LIMITS)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    try:
        yield made.effective_port
    finally:
        made.close()
        thread.join(timeout=10)


def sent(port: int, message: bytes, patience: float) -> bytes:
    """Send these bytes; what came back until the server hung up or ``patience`` seconds went by in silence."""
    found = b""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as line:
        try:
            line.sendall(message)
            while part := line.recv(65536):
                found += part
        except OSError:  # silence, or hung up in the middle of our words
            pass
    return found
