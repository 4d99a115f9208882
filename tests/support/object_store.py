"""A small store of objects that speaks as much S3 as the desk does, and checks every signature by a reckoning of its own.

``faults`` is a list of what the next requests meet: a status, ``"hang"`` (no answer), or ``"cut"`` (the connection ends).
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape

KEY, SECRET, BUCKET, REGION = "desk", "s3cret/+of the test", "office", "us-east-1"
PAGE = 3


@dataclass
class Objects:
    """What is kept, by name; what was asked; and what goes wrong next."""

    kept: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    faults: list[Any] = field(default_factory=list)
    url: str = ""


@contextlib.contextmanager
def object_store(shown: ssl.SSLContext | None = None) -> Iterator[Objects]:
    """Serves on a port of its own; ``shown`` (``certificates.contexts``) makes it speak TLS."""
    objects = Objects()
    handler = type("Handler", (_Handler,), {"objects": objects})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if shown is not None:
        server.socket = shown.wrap_socket(server.socket, server_side=True)
    way = "s3+https" if shown else "s3+http"
    objects.url = f"{way}://{KEY}:{quote(SECRET, safe='')}@127.0.0.1:{server.server_port}/{BUCKET}/desk"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield objects
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    objects: Objects
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            super().handle_one_request()
            return
        self.close_connection = True

    def do_PUT(self) -> None:
        self._serve()

    do_GET = do_HEAD = do_DELETE = do_PUT  # noqa: N815 - the library looks for these names

    def log_message(self, *_arguments: Any) -> None:
        pass

    def _serve(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.objects.asked.append(f"{self.command} {self.path}")
        if self.objects.faults:
            fault = self.objects.faults.pop(0)
            if fault in ("hang", "cut"):
                time.sleep(1.0 if fault == "hang" else 0)
                self.close_connection = True
                return
            self._answer(fault, b"<Error/>")
            return
        path, _, query = self.path.partition("?")
        if not self._is_signed(path, query, content):
            self._answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
            return
        bucket, _, name = unquote(path).lstrip("/").partition("/")
        if bucket != BUCKET:
            self._answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
            return
        self._object(name, dict(parse_qsl(query)), content)

    def _object(self, name: str, query: dict[str, str], content: bytes) -> None:
        kept = self.objects.kept
        if self.command == "PUT":
            kept[name] = content
            self._answer(200)
        elif self.command == "DELETE":
            kept.pop(name, None)
            self._answer(204)
        elif not name:
            self._answer(200, self._list(query))
        elif name in kept:
            self._answer(200, kept[name])
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def _list(self, query: dict[str, str]) -> bytes:
        found = sorted(name for name in self.objects.kept if name.startswith(query["prefix"]))
        begin = int(query.get("continuation-token", 0))
        keys = "".join(f"<Contents><Key>{escape(name)}</Key></Contents>" for name in found[begin : begin + PAGE])
        more = f"<NextContinuationToken>{begin + PAGE}</NextContinuationToken>" if begin + PAGE < len(found) else ""
        head = '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        return f"{head}{keys}{more}</ListBucketResult>".encode()

    def _answer(self, status: int, content: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _is_signed(self, path: str, query: str, content: bytes) -> bool:
        """As the server reckons it: from the request as it came, by the signed headers that it names."""
        how, _, said = (self.headers.get("Authorization") or "").partition(" ")
        parts = dict(part.strip().split("=", 1) for part in said.split(",") if "=" in part)
        if how != "AWS4-HMAC-SHA256" or not parts.get("Credential", "").startswith(f"{KEY}/"):
            return False
        names = parts["SignedHeaders"].split(";")
        payload = hashlib.sha256(content).hexdigest()
        if (
            not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names)
            or self.headers["x-amz-content-sha256"] != payload
        ):
            return False
        headers = "".join(f"{name}:{self.headers[name].strip()}\n" for name in names)
        ordered = "&".join(sorted(query.split("&"))) if query else ""
        canonical = f"{self.command}\n{path}\n{ordered}\n{headers}\n{';'.join(names)}\n{payload}"
        scope = parts["Credential"].partition("/")[2]
        day, region, service, _end = scope.split("/")
        text = (
            f"AWS4-HMAC-SHA256\n{self.headers['x-amz-date']}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        )
        key = f"AWS4{SECRET}".encode()
        for part in (day, region, service, "aws4_request", text):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return region == REGION and hmac.compare_digest(key.hex(), parts["Signature"])
