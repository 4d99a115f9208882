"""R39: where a message ends is beyond doubt, so that nobody hides a request inside another (ASVS 4.2.1).

Raw bytes to a real server: the desk's own (waitress, as ``run.py serve`` starts it) and gunicorn. What does not say
clearly where it ends is refused whole; of two statements the one holds that the standard says (RFC 9112, 6.3).
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time

import pytest

from tests.support.echo_server import listen, sent

HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
PATIENCE = 1.5


def post(*headers, body=b"0\r\n\r\n"):
    return b"\r\n".join([b"POST /first HTTP/1.1", b"Host: a", *headers, b"", b""]) + body + HIDDEN


CHUNKED = b"Transfer-Encoding: chunked"
REFUSED = {
    "an unknown coding": post(b"Content-Length: 5", b"Transfer-Encoding: xchunked"),
    "chunked, and not last": post(b"Transfer-Encoding: chunked, identity"),
    "a blank before the colon": post(b"Content-Length: 5", b"Transfer-Encoding : chunked"),
    "two lengths": post(b"Content-Length: 5", b"Content-Length: 60"),
    "two lengths in one": post(b"Content-Length: 5, 60"),
    "a length with a sign": post(b"Content-Length: +5"),
    "a length below nothing": post(b"Content-Length: -1"),
    "a length in hexadecimal": post(b"Content-Length: 0x5"),
    "a length with an underscore": post(b"Content-Length: 1_0"),
    "a length in other digits": post(b"Content-Length: \xd9\xa5"),
    "a length of two words": post(b"Content-Length: 5 5"),
    "a chunk with a sign": post(CHUNKED, body=b"+5\r\naaaaa\r\n0\r\n\r\n"),
    "a chunk below nothing": post(CHUNKED, body=b"-5\r\naaaaa\r\n0\r\n\r\n"),
    "a chunk in hexadecimal with its mark": post(CHUNKED, body=b"0x5\r\naaaaa\r\n0\r\n\r\n"),
    "a chunk with an underscore": post(CHUNKED, body=b"0_5\r\naaaaa\r\n0\r\n\r\n"),
    "a chunk that is longer than it says": post(CHUNKED, body=b"5\r\naaaaaXX0\r\n\r\n"),
    "a chunk whose line ends by half": post(CHUNKED, body=b"5\naaaaa\r\n0\r\n\r\n"),
    "a line end inside a header": post(b"X: a\rTransfer-Encoding: chunked", b"Content-Length: 5"),
    "a NUL inside a header": post(b"X: a\0b", b"Content-Length: 5"),
    "a method of control signs": b"\x01\x02 /first HTTP/1.1\r\nHost: a\r\n\r\n" + HIDDEN,
}


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    path = tmp_path_factory.mktemp("echo") / "log"
    before = os.environ.get("ECHO_LOG")
    os.environ["ECHO_LOG"] = str(path)
    yield path
    os.environ.pop("ECHO_LOG")
    if before is not None:
        os.environ["ECHO_LOG"] = before


@pytest.fixture(scope="module", params=["waitress", "gunicorn"])
def port(request, log):
    if request.param == "waitress":
        with listen() as found:
            yield found
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = probe.getsockname()[1]
    words = [sys.executable, "-m", "gunicorn", "--workers", "1", "--threads", "2", "--log-level", "critical",
             "--bind", f"127.0.0.1:{found}", "tests.support.echo_server:app"]  # fmt: skip
    with subprocess.Popen(words) as program:
        try:
            until = time.monotonic() + 120
            while not _listens(found):
                assert time.monotonic() < until, "gunicorn does not listen"
                time.sleep(0.05)
            yield found
        finally:
            program.terminate()


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def asked(log):
    """What the application was asked since the last question."""
    found = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    log.write_text("", encoding="utf-8")
    return found


def test_R39_what_does_not_say_where_it_ends_is_refused_with_all_that_follows(port, log):
    asked(log)
    wrong = {}
    for said, message in REFUSED.items():
        answer = sent(port, message, PATIENCE)
        reached = asked(log)
        told = re.match(rb"HTTP/1\.[01] (400|501) ", answer) and answer.count(b"HTTP/1.") == 1
        if reached or (answer and not told):  # gunicorn hangs up on a coding that it does not know without a word
            wrong[said] = (answer[:60], reached)
    assert wrong == {}


def test_R39_with_a_length_and_chunks_the_chunks_hold_or_it_is_refused(port, log):
    asked(log)
    answer = sent(port, post(b"Content-Length: 30", CHUNKED), PATIENCE)
    reached = asked(log)
    assert reached in ([], ["POST /first b''"], ["POST /first b''", "GET /hidden b''"])
    assert reached or answer.startswith(b"HTTP/1.1 400")


def test_R39_a_usual_message_and_the_next_are_two(port, log):
    asked(log)
    for message in (post(b"Content-Length: 5"), post(CHUNKED, body=b"5\r\n0\r\n\r\n\r\n0\r\n\r\n")):
        assert sent(port, message, 5).count(b"HTTP/1.1 200") == 2
        assert asked(log) == ["POST /first b'0\\r\\n\\r\\n'", "GET /hidden b''"]


@pytest.mark.parametrize("port", ["waitress"], indirect=True)
def test_R39_what_the_server_itself_refuses_bears_the_headers_of_every_answer(port):
    for message in (REFUSED["two lengths"], b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 300_000 + b"\r\n\r\n"):
        head = sent(port, message, PATIENCE).split(b"\r\n\r\n")[0]
        assert b"X-Content-Type-Options: nosniff" in head
        assert b"Content-Security-Policy: default-src 'none'; sandbox" in head
        assert b"Cache-Control: no-store" in head
        assert b"waitress" not in head.lower()
