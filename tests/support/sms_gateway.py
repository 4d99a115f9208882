"""A stub of an SMS gateway over HTTP for tests, in a thread: it answers what a test plans."""

from __future__ import annotations

import contextlib
import http.server
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Taken:
    """A request that came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Gateway:
    """``answers``: what to do, one after another, then ``usual``: (status, body) or one of hang, drop, nonsense,
    drip, redirect.
    """

    answers: list[Any] = field(default_factory=list)
    usual: Any = (200, b'{"code": 0}')
    taken: list[Taken] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    lock: Any = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/send"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        desk: Gateway = self.server.desk  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with desk.lock:
            desk.taken.append(Taken(self.command, self.path, dict(self.headers), body))
            answer = desk.answers.pop(0) if desk.answers else desk.usual
        self.close_connection = True
        if isinstance(answer, tuple):
            self._answer(*answer)
        else:
            getattr(self, f"_{answer}")(desk)

    do_GET = do_POST  # noqa: N815
    do_PUT = do_POST  # noqa: N815

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _hang(self, desk: Gateway) -> None:
        desk.released.wait(30)

    def _drop(self, _desk: Gateway) -> None:
        """Hang up without a word."""

    def _nonsense(self, _desk: Gateway) -> None:
        self.wfile.write(b"\x00\xff what is it\r\n\r\n")

    def _redirect(self, desk: Gateway) -> None:
        self._answer(302, b"", Location=f"http://127.0.0.1:{desk.port}/elsewhere")

    def _drip(self, desk: Gateway) -> None:
        with contextlib.suppress(OSError):
            for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" * 3:
                if desk.released.wait(0.1):
                    return
                self.wfile.write(bytes([byte]))
                time.sleep(0)

    def log_message(self, *_anything: Any) -> None:
        """Tests are quiet."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 50

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is none of our faults."""


@contextlib.contextmanager
def running(**planned: Any) -> Iterator[Gateway]:
    """A gateway on a free port of this machine, as planned."""
    desk = Gateway(**planned)
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.desk = desk  # type: ignore[attr-defined]
        desk.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield desk
        finally:
            desk.released.set()
            server.shutdown()
