"""Calls that nobody would make by hand (R39): true addresses and forms with what is false in some of their places.

Most calls are what a person does (a page that there is, a form filled in as it asks), since only what is let in reaches
the code behind the door; the others hold what a form never sends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from io import BytesIO
from random import Random
from typing import Any
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient
from hypothesis import strategies as st
from itsdangerous import URLSafeTimedSerializer

from tests.support.access_cells import Asking, Table
from tests.support.page_forms import Answers, Control, PageForm, encoded, forms_of, tree_of

RAW_TOKEN = "0123456789abcdef0123456789abcdef01234567"
APART = ("/sign-out",)
HOSTILE = (
    "", " ", "\0", "\ud800", "\u202egnp.exe", "\ufeff", "\U0010ffff", "e\u0301" * 40, "\U0001f468\u200d\U0001f469" * 30, "-1", "0", "1e309", "NaN",
    "-0.0", "9" * 30, "99999999999", "9" * 5000, "2147483648", "9223372036854775808", "1,2", "٣", "²", "0x10", "1_000", "+1", "True", "null", "[]", "{}",
    "2026-13-45T99:99", "2026-02-30", "0000-00-00", "9999-12-31", "10000-01-01", "0001-01-01T00:00", "1900-01-01", "2026-11-23T10:00+99:00",
    "24:00", "24:01", "2026-00", "9999-99", "a;b", "a,b", "..", "../../etc/passwd", "'; DROP TABLE complaint;--", "%", "_", "\\", "\"", "'",
    "<script>alert(1)</script>", "{{7*7}}", "%(x)s", "%s%s%n", "{0.__class__}", "\r\nSet-Cookie: a=b", "\t=1+1", "a" * 300, "字" * 5000, "None", "x" * 70000,
)  # fmt: skip
HUGE = ("y" * 1_000_000, "字" * 300_000)
HEADERS: tuple[dict[str, str], ...] = (
    {"Accept-Language": "x" * 3000}, {"Accept-Language": "zh-Hans;q=NaN, *;q=9"}, {"Accept": "application/json"}, {"Accept": "\xff/\xff"},
    {"Host": "evil.example"}, {"Host": "["}, {"Host": "localhost:99999"}, {"Host": ""}, {"X-Forwarded-For": "1.1.1.1, ::1, '"}, {"X-Forwarded-Proto": "https"},
    {"Range": "bytes=9-1"}, {"Range": "bytes=-0,5-,x"}, {"If-Modified-Since": "yesterday"}, {"If-None-Match": "*"}, {"If-Range": "\""},
    {"Sec-Fetch-Dest": "script"}, {"Sec-Fetch-Site": "cross-site"}, {"Referer": "http://["}, {"Origin": "null"}, {"Authorization": "Basic !!"},
    {"Cookie": "desk-x=1; =; a"}, {"X-Request-Id": "\x7f" * 50}, {"User-Agent": "y" * 9000}, {"Transfer-Encoding": "chunked"},
    {"Content-Length": "-1"}, {"Content-Length": "x"}, {"Expect": "100-continue"}, {"X-HTTP-Method-Override": "DELETE"},
)  # fmt: skip
BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/json", b'{"a": [}'), ("application/json", b"\xff\xfe"), ("text/xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    ("multipart/form-data", b"--x\r\n"), ("multipart/form-data; boundary=", b"--\r\n"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\nabc"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--x--\r\n"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"\xff\xfe\"\r\n\r\n\xff\r\n--x--\r\n"),
    ("multipart/form-data; boundary=" + "b" * 500, b"x" * 5000), ("application/x-www-form-urlencoded", b"a=%ff&%ff=%zz&=&&" + b"b=1&" * 3000),
    ("application/x-www-form-urlencoded; charset=utf-7", b"a=+ADw-"), ("application/x-www-form-urlencoded; charset=nonsense", b"reason=%ff"), ("", b"reason=x"), ("text/plain", b"\0" * 99),
)  # fmt: skip
METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "POST", "GET", "x" * 40)
ODD_NAMES = ("page", "id", "list", "sort", "at", "q", "after", "before", "from", "to", "status", "category", "month", "kind", "since", "until", "next", "url",
             "code", "year", "on", "department", "months", "subject", "version", "flt0_0", "desc", "page_size")  # fmt: skip

hostile = st.one_of(
    st.sampled_from(HOSTILE),
    st.sampled_from(HOSTILE),
    st.sampled_from(HOSTILE),
    st.text(max_size=40),
    st.integers().map(str),
)


@dataclass(frozen=True)
class Call:
    """One request, ready to be made."""

    method: str
    path: str
    body: Any = None
    content_type: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path[:200]} {str(self.body)[:600] if self.body else ''} {self.headers or ''}"


@dataclass
class Ground:
    """What one role can call: the pages that open to it, the forms on some of them, every route that there is."""

    pages: list[str]
    forms: list[tuple[str, PageForm]]
    posts: list[str]
    routes: list[str]


def token_for(app: Flask) -> str:
    """The form token of a session that holds ``RAW_TOKEN``, as the desk would give it out."""
    return str(URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token").dumps(RAW_TOKEN))


def browser_of(asking: Asking) -> FlaskClient:
    return asking.browser(csrf_token=RAW_TOKEN)


def ground_of(asking: Asking, table: Table, code: str, looked_at: int, chance: Random, answers: Answers) -> Ground:
    """The role's ground; ``looked_at`` pages, drawn by ``chance``, are opened for their forms."""
    cells = [cell for cell in table.cells[code] if cell.expected == "o" and not cell.endpoint.endswith("static")]
    pages = sorted({asking.path(cell) for cell in cells if cell.method == "GET"})
    posts = sorted({asking.path(cell) for cell in cells if cell.method == "POST"} - set(APART))
    ground = Ground(pages, [], posts, sorted({rule.rule for rule in asking.app.url_map.iter_rules()}))
    for page in chance.sample(pages, min(looked_at, len(pages))):
        with browser_of(asking).get(page) as answer:
            answers.count(answer.status_code, f"GET {page}")
            if answer.mimetype == "text/html" and answer.status_code < 300:
                forms = [form for form in forms_of(tree_of(answer.text), page) if form.action not in APART]
                ground.forms += [(page, form) for form in forms]
    return ground


@st.composite
def values_of(draw: Any, control: Control) -> tuple[str, ...]:
    """What is put into a field: mostly what it asks for, sometimes what no form would send."""
    kind = draw(st.integers(0, 9))
    if kind < 6:
        return control.good()
    if kind < 8 and control.options:
        return tuple(draw(st.lists(st.sampled_from(control.options), max_size=3)))
    if kind == 8:
        return tuple(draw(st.lists(hostile, max_size=3)))
    return (draw(hostile),)


@st.composite
def calls(draw: Any, ground: Ground, token: str) -> Call:
    """A call: in six of ten a page that there is, in three a form, in one what no browser would do."""
    kind = draw(st.integers(0, 19))
    if kind < 12:
        return draw(_looks(ground))
    if kind < 17 and ground.forms:
        return draw(_forms(ground, token))
    if kind == 17:
        return draw(_odd_addresses(ground))
    return draw(_odd_posts(ground, token))


@st.composite
def _looks(draw: Any, ground: Ground) -> Call:
    path, headers = draw(st.sampled_from(ground.pages)), {}
    how = draw(st.integers(0, 9))
    asked = [form for page, form in ground.forms if form.method == "GET"]
    if how in (6, 7) and asked:
        form = draw(st.sampled_from(asked))
        pairs = [(one.name, value) for one in form.controls if one.kind != "file" for value in draw(values_of(one))]
        return Call("GET", form.action.split("?")[0] + "?" + encoded(pairs).decode("ascii"))
    if how == 8:
        pairs = draw(st.lists(st.tuples(st.sampled_from(ODD_NAMES), hostile), min_size=1, max_size=4))
        path += ("&" if "?" in path else "?") + encoded(pairs).decode("ascii")
    if how == 9:
        headers = draw(st.sampled_from(HEADERS))
    return Call("GET", path, headers=headers)


@st.composite
def _forms(draw: Any, ground: Ground, token: str) -> Call:
    page, form = draw(st.sampled_from(ground.forms))
    wrong = (
        {draw(st.sampled_from(form.controls)).name for _ in range(draw(st.integers(0, 2)))} if form.controls else set()
    )

    def change(control: Control) -> tuple[str, ...] | None:
        if control.name == "csrf_token":
            return (token,) if draw(st.integers(0, 15)) else ("wrong",)
        return draw(values_of(control)) if control.name in wrong or not draw(st.integers(0, 4)) else None

    pairs = form.filled(change)
    if form.method == "GET":
        return Call("GET", form.action.split("?")[0] + "?" + encoded(pairs).decode("ascii"))
    headers = {"Origin": "http://localhost", "Referer": f"http://localhost{quote(page)}"}
    if form.has_file and draw(st.booleans()):
        return Call("POST", form.action, draw(_with_file(form, pairs)), "multipart/form-data", headers)
    if not draw(st.integers(0, 30)) and pairs:
        pairs.append((pairs[0][0], draw(st.sampled_from(HUGE))))
    return Call("POST", form.action, encoded(pairs), "application/x-www-form-urlencoded", headers)


@st.composite
def _with_file(draw: Any, form: PageForm, pairs: list[tuple[str, str]]) -> dict[str, Any]:
    content = draw(
        st.sampled_from(
            (b"", b"text", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4", b"<svg/>", b"a: [", b"PK\x03\x04", b"\xff\xfe\0")
        )
    )
    name = draw(
        st.sampled_from(
            ("a.txt", "a.png", "", "x" * 300 + ".pdf", "../a.txt", "a\u202etxt.exe", "a.yaml", "a.csv", "CON.txt")
        )
    )
    files = {control.name: (BytesIO(content), name) for control in form.controls if control.kind == "file"}
    fields: dict[str, Any] = {}
    for key, value in pairs:
        fields.setdefault(key, []).append(value.encode("utf-8", "replace").decode())
    return {**fields, **files}


@st.composite
def _odd_addresses(draw: Any, ground: Ground) -> Call:
    rule = draw(st.sampled_from(ground.routes))
    path = re.sub(r"<[^>]+>", lambda _: quote(draw(hostile)[:3000].encode("utf-8", "surrogatepass"), safe="/%"), rule)
    return Call(draw(st.sampled_from(METHODS)), path, headers=draw(st.sampled_from(HEADERS)))


@st.composite
def _odd_posts(draw: Any, ground: Ground, token: str) -> Call:
    path = draw(st.sampled_from(ground.posts or ground.pages))
    if draw(st.booleans()):
        kind, body = draw(st.sampled_from(BODIES))
        return Call("POST", path, body, kind, {"X-CSRFToken": token, "Origin": "http://localhost"})
    names = sorted({control.name for _page, form in ground.forms for control in form.controls} - {"csrf_token"})
    pairs = draw(st.lists(st.tuples(st.sampled_from(names or ["x"]), hostile), max_size=12))
    pairs.append(("csrf_token", token))
    return Call("POST", path, encoded(pairs), "application/x-www-form-urlencoded", {"Origin": "http://localhost"})


def make(asking: Asking, call: Call, answers: Answers) -> None:
    """Make the call and count how it was answered, the body read to its end."""
    try:
        with browser_of(asking).open(
            call.path, method=call.method, data=call.body, content_type=call.content_type, headers=call.headers
        ) as answer:
            answer.get_data()
            answers.count(answer.status_code, str(call))
    except Exception as fault:  # noqa: BLE001 (what reached the server would have been a 500)
        answers.broken.append(f"{fault!r} {call}")
