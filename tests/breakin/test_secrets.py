"""R39, R40: what the desk writes down about itself tells who did what and when, and never a secret.

The log is read as production writes it: every line on standard error, whatever logger it comes from.
"""

from __future__ import annotations

import io
import json
import logging
import re
import shutil
import sys
from base64 import b64decode
from pathlib import Path

import pytest

from tests.support import access_scene
from tests.support.access_cells import CLEAR, Asking
from tests.support.access_scene import PERSON
from tests.support.browsing import Browser
from tests.support.fuzzing import RAW_TOKEN, token_for
from tests.support.live import PASSWORD
from views.app import create_app
from views.case import page as complaint_page
from views.logging import JsonLines

NEW, WRONG = "tall ships and small harbours", "what-somebody-tried-1"
HEADERS = {"Origin": "http://localhost"}


@pytest.fixture
def written(monkeypatch):
    """What is written to standard error and standard output."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(sys, "stdout", stream)
    return stream


@pytest.fixture
def real(written, scene, tmp_path, clock):
    """The desk as it runs in production, over a copy of the scene; its log goes to standard error."""
    folder = tmp_path / "desk"
    shutil.copytree(scene.folder, folder)
    app = create_app({"DATA_DIR": str(folder), "DATABASE_URL": access_scene.url_of(folder), "CLOCK": clock})
    yield app
    app.extensions["desk"].database.dispose()
    logging.getLogger("desk").handlers = []
    logging.getLogger("desk").propagate = True


@pytest.fixture
def everything(written, real):
    """What any library would log, as loud as it can."""
    root, handler = logging.getLogger(), logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield
    root.removeHandler(handler)
    root.setLevel(level)


def secrets_of(folder):
    """The office's keys in every spelling that a log could hold them in."""
    content = (folder / "keys" / "office.json").read_text(encoding="utf-8")
    found = set(re.findall(r'"([A-Za-z0-9+/_=-]{40,})"', content))
    assert len(found) >= 4
    raw = {b64decode(text + "==", altchars=b"-_").hex() for text in found if re.fullmatch(r"[A-Za-z0-9_-]+=*", text)}
    return found | raw


def test_R39_no_secret_is_in_a_log_whatever_happens(real, everything, scene, clock, written, monkeypatch):
    number, said, folder = scene.numbers["investigate", "own"], set(), Path(real.config["DATA_DIR"])
    asking = Asking(real, "complaints_manager", clock)
    visitor = Browser(real)
    for password in (WRONG, PASSWORD):
        said |= {visitor.token("/sign-in")}
        visitor.sign_in("handler", password)
        said |= set(visitor.cookies().values())
    data = {"csrf_token": visitor.token("/account/password"), "current": PASSWORD, "password": NEW, "again": NEW}
    assert visitor.send("/account/password", data).status_code == 303
    visitor.sign_in(NEW, "typed into the wrong field")
    browser, token = asking.browser(csrf_token=RAW_TOKEN), token_for(real)
    shown = browser.post(
        f"/complaints/{number}/reveal",
        data={"csrf_token": token, "reason": "回访核对", "purpose": "回访核对"},
        headers=HEADERS,
    )
    assert b"13900004172" in shown.data
    browser.get("/complaints?q=13900004172")
    browser.post("/intake/look-up", data={"csrf_token": token, "contact_phone": "13900004172"}, headers=HEADERS)
    administrator = Asking(real, "administrator", clock)
    reset = administrator.browser(csrf_token=RAW_TOKEN).post(
        f"/settings/staff/reset/?id={scene.people['foreign']}",
        data={"csrf_token": token, "reason": "忘记密码"},
        headers=HEADERS,
    )
    given = set(re.findall(r"\b[a-z2-9]{4}(?:-[a-z2-9]{4}){3}\b", reset.text))
    assert given, "the new password is shown"

    def breaks(*_args, **_named):
        raise RuntimeError(f"13900004172 周㛃敏 {PASSWORD} {token}")

    asking = Asking(real, "complaints_manager", clock)
    monkeypatch.setattr(complaint_page, "render_template", breaks)
    assert asking.browser().get(f"/complaints/{number}").status_code == 500
    log = written.getvalue()
    assert log.count('"event": "request"') >= 10
    assert '"broken"' in log
    clear = {one.decode() for one in CLEAR} | {"13900004172", "139 0000 4172", "周㛃敏"}
    values = {one for one in said if len(one) > 15}
    for secret in (
        {PASSWORD, WRONG, NEW, "typed into the wrong field", RAW_TOKEN, token}
        | given
        | clear
        | values
        | secrets_of(folder)
    ):
        assert secret not in log, secret[:12]
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.parent.name != "keys")
    for secret in {PASSWORD, WRONG, NEW, RAW_TOKEN} | given | values | secrets_of(folder):
        assert secret.encode() not in kept, secret[:12]


def lines_of(written):
    return [json.loads(line) for line in written.getvalue().splitlines() if line.strip()]


def test_R39_a_refused_look_is_logged_with_who_what_and_when(real, scene, clock, written):
    asking = Asking(real, "handler", clock)
    wanted = [(f"/complaints/{scene.numbers['investigate', 'foreign']}", 404, "/complaints/<number>"), ("/settings/office/", 403, None),
              ("/settings/roles/", 403, None)]  # fmt: skip
    for path, status, _route in wanted:
        assert asking.browser().get(path).status_code == status
    assert asking.browser().post("/account/sessions/end", data={}, headers=HEADERS).status_code == 400
    lines = [line for line in lines_of(written) if line["event"] == "request"]
    assert [line["status"] for line in lines] == [404, 403, 403, 400]
    assert all(line["staff"] == PERSON and line["method"] and line["id"] for line in lines)
    assert all(line["at"].endswith("+00:00") for line in lines)
    assert lines[0]["route"] == wanted[0][2]


def test_R39_nobody_writes_a_line_of_the_log(real, clock, written):
    """Line breaks and quotes in an address, a header, a login or a method stay inside one line or out of the log."""
    client = real.test_client()
    forged = '\\n{"at": "2026", "level": "info", "event": "forged"}'
    for path in (
        "/complaints/%0a%7b%22event%22:%22forged%22%7d",
        '/x"}%0d%0a{"event":"forged"}',
        "/sign-in?next=%0aforged",
    ):
        client.get(path, headers={"User-Agent": forged, "Referer": forged, "X-Request-Id": "forged"})
    browser = Browser(real)
    browser.sign_in('x\n{"event": "forged"}\u2028', "y")
    lines = lines_of(written)
    assert len(lines) == 5
    assert all(
        set(line) <= {"at", "level", "logger", "event", "id", "staff", "method", "route", "status", "ms"}
        for line in lines
    )
    assert "forged" not in json.dumps(lines)
