"""A real SMTP server for tests, in a thread: it says and does what a test asks it to."""

from __future__ import annotations

import base64
import contextlib
import email
import email.policy
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any


@dataclass
class MailServer:
    """``answers``: command → what it answers, one after another, then as usual (``END`` is the end of a message).

    ``hang``: the command after which it says nothing more; ``drop``: after which it hangs up; ``drip``: it answers that
    command a byte at a time. ``certificate``: it offers STARTTLS.
    """

    answers: dict[str, list[str]] = field(default_factory=dict)
    hang: str = ""
    drop: str = ""
    drip: str = ""
    offers_tls: bool = True
    certificate: ssl.SSLContext | None = None
    user: tuple[str, str] | None = None
    raw: list[bytes] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def mails(self) -> list[EmailMessage]:
        return [email.message_from_bytes(one, policy=email.policy.default) for one in self.raw]  # type: ignore[misc]


class _Talk(socketserver.StreamRequestHandler):
    def setup(self) -> None:
        super().setup()
        self.desk: MailServer = self.server.desk  # type: ignore[attr-defined]
        self.inside_tls = False

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        self.connection.close()

    def handle(self) -> None:
        with contextlib.suppress(OSError, ssl.SSLError, _Enough):
            self.say("CONNECT", "220 desk.test ESMTP")
            while line := self.rfile.readline():
                self.command(line.decode("utf-8", "replace").rstrip("\r\n"))

    def command(self, line: str) -> None:
        verb = line.split(" ", maxsplit=1)[0].upper()
        self.desk.commands.append(line)
        method = getattr(self, f"on_{verb.lower()}", None)
        if method is None:
            self.say(verb, "250 2.0.0 fine")
        else:
            method(line)

    def on_ehlo(self, _line: str) -> None:
        lines = ["desk.test", "8BITMIME"]
        if self.desk.certificate and self.desk.offers_tls and not self.inside_tls:
            lines.append("STARTTLS")
        if self.desk.user:
            lines.append("AUTH PLAIN")
        text = "\r\n".join([f"250-{one}" for one in lines[:-1]] + [f"250 {lines[-1]}"])
        self.say("EHLO", text)

    def on_starttls(self, _line: str) -> None:
        answered = self.say("STARTTLS", "220 go ahead")
        if answered.startswith("220"):
            assert self.desk.certificate is not None
            self.connection = self.desk.certificate.wrap_socket(self.request, server_side=True)
            for plain in (self.rfile, self.wfile):
                plain.close()
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
            self.inside_tls = True

    def on_auth(self, line: str) -> None:
        assert self.desk.user is not None
        wanted = base64.b64encode("\0{}\0{}".format(*self.desk.user).encode()).decode()
        self.say("AUTH", "235 2.7.0 welcome" if line.rsplit(" ", maxsplit=1)[-1] == wanted else "535 5.7.8 no")

    def on_data(self, _line: str) -> None:
        if not self.say("DATA", "354 go on").startswith("354"):
            return
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        if line == b"":
            return
        if not (self.desk.answers.get("END") or [""])[0].startswith(("4", "5")):
            self.desk.raw.append(b"".join(lines))
        self.say("END", "250 2.0.0 queued")

    def on_quit(self, _line: str) -> None:
        self.say("QUIT", "221 bye")
        raise _Enough

    def say(self, verb: str, usual: str) -> str:
        if self.desk.drop == verb:
            raise _Enough
        if self.desk.hang == verb:
            self.desk.released.wait(30)
            raise _Enough
        planned = self.desk.answers.get(verb)
        text = planned.pop(0) if planned else usual
        if self.desk.drip == verb:
            for byte in text.encode():
                if self.desk.released.is_set():
                    break
                self.wfile.write(bytes([byte]))
                time.sleep(0.2)
        else:
            self.wfile.write(text.encode() + b"\r\n")
        return text


class _Enough(Exception):  # noqa: N818
    """The server hangs up."""


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is none of our faults."""


@contextlib.contextmanager
def running(**planned: Any) -> Iterator[MailServer]:
    """A server on a free port of this machine, as planned."""
    desk = MailServer(**planned)
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.desk = desk  # type: ignore[attr-defined]
        desk.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield desk
        finally:
            desk.released.set()
            server.shutdown()
