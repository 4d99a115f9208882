"""Whatever goes wrong: a page in the reader's language that says what to do next, and never a trace."""

import io
import json
import logging
import re

import pytest
from flask import Blueprint, abort, request
from sqlalchemy import text as sql

from backoffice.errors import DomainError
from policies.message import Refusal
from tests.support.forms import SAME_ORIGIN, post, token
from views import context
from views.guard import public, signed_in
from views.logging import JsonLines

planted = Blueprint("planted", __name__, url_prefix="/planted")


@planted.get("/abort/<int:status>")
@public
def aborting(status):
    abort(status)


@planted.route("/refuse/<int:status>", methods=["GET", "POST"])
@public
def refusing(status):
    raise DomainError(
        [Refusal("layout.due.working_days", {"n": 3}, status=status), Refusal("layout.yes", status=status)]
    )


@planted.get("/break")
@public
def breaking():
    raise RuntimeError("13900004172 Zhou Min")


@planted.route("/echo/<int:number>", methods=["GET", "POST"])
@signed_in
def echo(number):
    return {"number": number, "form": request.form.to_dict(flat=False)}


@planted.get("/database/<path:value>")
@public
def asking(value):
    with context.reading() as session:
        return str(session.execute(sql("select :value"), {"value": int(value)}).scalar())


@pytest.fixture
def app(app):
    app.register_blueprint(planted)
    return app


@pytest.fixture
def lines(caplog):
    """The log as it would be written: one dictionary a line."""
    caplog.set_level(logging.INFO, logger="desk")
    return lambda: [
        json.loads(JsonLines().format(record)) for record in caplog.records if record.name.startswith("desk")
    ]


TITLES = {
    400: ("请求无法识别", "This request cannot be read"),
    403: ("您没有这项权限", "You do not have this permission"),
    404: ("没有找到", "Not found"),
    405: ("不能这样打开", "This cannot be opened in this way"),
    409: ("现在不能这样做", "This cannot be done now"),
    413: ("提交的内容太大", "Too large"),
    422: ("内容不完整或有矛盾", "Incomplete or contradictory"),
    429: ("请稍候再试", "Please wait a little"),
    500: ("系统出了问题", "Something went wrong"),
}


@pytest.mark.parametrize("status", TITLES)
@pytest.mark.parametrize(("language", "index"), [("zh_Hans", 0), ("en", 1)])
def test_every_status_has_a_page_in_both_languages(client, status, language, index):
    client.set_cookie("language", language)
    answer = client.get(f"/planted/abort/{status}")
    assert answer.status_code == status
    assert f"<h1>{TITLES[status][index]}</h1>" in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert 'href="/"' in answer.text


@pytest.mark.parametrize("status", [418, 451, 503])
def test_a_status_without_words_of_its_own_gets_those_of_its_kind(client, status):
    answer = client.get(f"/planted/abort/{status}")
    assert answer.status_code == status
    assert ("请求无法识别" if status < 500 else "系统出了问题") in answer.text


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_a_refusal_of_the_rules_is_said_in_the_readers_language_with_its_status(client, status):
    client.set_cookie("language", "en")
    answer = client.get(f"/planted/refuse/{status}")
    assert answer.status_code == status
    assert "<li>3 working days left</li><li>Yes</li>" in answer.text


def test_a_signed_in_person_keeps_the_menu_on_the_page_of_an_error(sign_in, client):
    assert '<nav class="side"' in sign_in("S005").get("/planted/abort/404").text
    assert '<nav class="side"' not in client.get("/planted/abort/404").text


def test_R39_a_fault_shows_a_reference_and_logs_where_but_not_what(client, lines):
    answer = client.get("/planted/break?phone=13900004172")
    assert answer.status_code == 500
    assert "RuntimeError" not in answer.text
    assert "Zhou" not in answer.text
    fault = next(line for line in lines() if line["event"] == "broken")
    assert fault["id"] in answer.text
    assert fault["id"] == answer.headers["X-Request-Id"]
    assert fault["fault"] == "builtins.RuntimeError"
    assert fault["route"] == "/planted/break"
    assert re.fullmatch(r"tests/views/test_errors\.py:\d+ breaking", fault["where"][-1])
    assert "13900004172" not in json.dumps(lines())
    assert "Zhou" not in json.dumps(lines(), ensure_ascii=False)


def test_R39_a_request_is_logged_by_its_pattern_without_what_was_typed(sign_in, lines):
    clerk = sign_in("S005")
    clerk.post("/planted/echo/77?name=Zhou", data={"csrf_token": token(clerk, "/account"), "phone": "13900004172"})
    line = lines()[-1]
    assert line["event"] == "request"
    assert {key: line[key] for key in ("staff", "method", "route", "status")} == {
        "staff": "S005",
        "method": "POST",
        "route": "/planted/echo/<int:number>",
        "status": 200,
    }
    assert line["ms"] >= 0
    assert not any(word in json.dumps(lines()) for word in ("Zhou", "13900004172", "/77"))


def test_R39_a_fault_of_the_database_does_not_tell_what_it_was_asked(office):
    from sqlalchemy.exc import SQLAlchemyError

    with office.reading() as session, pytest.raises(SQLAlchemyError) as raised:
        session.execute(sql("select nothing from nowhere where phone = :phone"), {"phone": "13900004172"})
    assert "13900004172" not in str(raised.value)


def test_a_line_of_the_log_is_one_json_object_on_standard_error(office, tmp_path, capfd):
    from views.app import create_app

    logger = logging.getLogger("desk")
    before = (logger.handlers, logger.propagate, logger.level)
    try:
        app = create_app({"DATA_DIR": str(tmp_path / "log"), "DATABASE_URL": office.url})
        app.test_client().get("/nowhere?phone=13900004172")
        app.extensions["desk"].database.dispose()
    finally:
        logger.handlers, logger.propagate = before[:2]
        logger.setLevel(before[2])
    written = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [(line["event"], line["status"], line["route"]) for line in written] == [("request", 404, None)]
    assert "13900004172" not in str(written)


def test_when_even_the_database_is_away_the_page_of_a_fault_still_comes(client, app, monkeypatch):
    class Gone:
        def reading(self):
            raise OSError("the disk is gone")

    monkeypatch.setattr(app.extensions["desk"].database, "reading", Gone().reading)
    answer = client.get("/planted/break")
    assert answer.status_code == 500
    assert "系统出了问题" in answer.text


BAD = [
    "/?q=%00", "/%00", "/nowhere%00", "/?%00=1", "/%ff%fe", "/?q=%ff%fe", "/?q=%ed%a0%80", "/sign-in?next=%00",
    "/planted/echo/99999999999999999999999999", "/planted/echo/-1", "/planted/echo/" + "9" * 5000,
    "/settings/?page=abc", "/?page=-1", "/?page=1e9", "/?id=1,2", "/?id=" + "9" * 400, "/?" + "a=1&" * 3000,
    "/planted/database/9223372036854775807", "/planted/database/99999999999999999999", "/sign-in?next=http://[",
    "/../../etc/passwd", "/static/../../run.py", "/static/%2e%2e/%2e%2e/run.py", "/static/..%5c..%5crun.py",
    "/settings/static/%00", "/%", "/?%", "/sign-in/",
]  # fmt: skip


@pytest.mark.parametrize("address", BAD, ids=lambda address: address[:40])
def test_no_address_that_somebody_types_breaks_the_desk(client, sign_in, address):
    for browser in (client, sign_in("S030")):
        answer = browser.get(address)
        assert answer.status_code < 500, answer.status_code
        assert "Traceback" not in answer.text
        assert "[project]" not in answer.text


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"language=%00&csrf_token=%ff", "application/x-www-form-urlencoded"),
        (b"{not json", "application/json"),
        (b'{"a": "\\ud800"}', "application/json"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data"),
        (b"a=1", "text/plain; charset=nonsense"),
        (b"x", ""),
    ],
)
@pytest.mark.parametrize("address", ["/preferences", "/sign-in", "/planted/echo/1"])
def test_no_content_that_somebody_posts_breaks_the_desk(client, sign_in, address, content, kind):
    for browser in (client, sign_in("S005")):
        answer = browser.post(address, data=content, content_type=kind, headers=SAME_ORIGIN)
        assert answer.status_code < 500, answer.status_code


def test_a_nul_sign_in_a_form_is_refused_before_it_reaches_the_database(sign_in):
    clerk = sign_in("S005")
    assert post(clerk, "/planted/echo/1", page="/account", what="a\0b").status_code == 400


def test_what_is_too_large_is_answered_with_413_and_what_to_do(app, sign_in):
    app.config["MAX_CONTENT_LENGTH"] = 5_000
    clerk = sign_in("S005")
    files = {"csrf_token": token(clerk, "/account"), "file": (io.BytesIO(b"x" * 10_000), "big.png")}
    answer = clerk.post("/planted/echo/1", data=files, headers=SAME_ORIGIN)
    assert answer.status_code == 413
    assert "提交的内容太大" in answer.text


def test_an_answer_to_a_wrong_method_says_which_ones_are_right(client):
    assert set(client.get("/preferences").headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


def test_a_look_without_a_session_goes_to_the_sign_in_page_and_back(client):
    answer = client.get("/planted/echo/5?tab=2")
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/planted/echo/5?tab%3D2")


# What was typed is kept


def kept(page):
    """The fields that a page offers to send again."""
    form = re.search(r'<form method="post" action="([^"]+)" class="again".*?</form>', page, re.DOTALL)
    if form is None:
        return None
    fields = re.findall(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', form.group(0), re.DOTALL)
    return form.group(1), fields


TYPED = {"what": '<b>宽带</b> "掉线"\n\n  第二行 & 更多', "kinds": ["a", "b"], "empty": ""}


def test_R2_when_the_session_has_ended_nothing_that_was_typed_is_lost(client):
    answer = post(client, "/planted/echo/1?tab=2", **TYPED)
    assert answer.status_code == 401
    address, fields = kept(answer.text)
    assert address == "/planted/echo/1?tab=2"
    assert fields == [
        ("what", "&lt;b&gt;宽带&lt;/b&gt; &#34;掉线&#34;\n\n  第二行 &amp; 更多"),
        ("kinds", "a"),
        ("kinds", "b"),
        ("empty", ""),
    ]


def test_R2_an_old_token_of_a_signed_in_person_keeps_what_was_typed_and_can_be_sent_again(sign_in):
    clerk = sign_in("S005")
    answer = clerk.post("/planted/echo/1", data={"csrf_token": "old", **TYPED}, headers=SAME_ORIGIN)
    assert answer.status_code == 400
    assert "页面已经过期" in answer.text
    address, fields = kept(answer.text)
    fresh = re.search(r'class="again".*?name="csrf_token" value="([^"]+)"', answer.text, re.DOTALL)[1]
    again = clerk.post(address, data={"csrf_token": fresh, "what": "x", "kinds": ["a", "b"]}, headers=SAME_ORIGIN)
    assert again.json == {"number": 1, "form": {"csrf_token": [fresh], "what": ["x"], "kinds": ["a", "b"]}}
    assert len(fields) == 4


def test_the_page_that_sends_again_learns_of_a_fresh_token_and_whether_somebody_signed_in(client, sign_in):
    assert client.get("/resend/token").json["signed_in"] is False
    clerk = sign_in("S005")
    found = clerk.get("/resend/token").json
    assert found["signed_in"] is True
    answer = clerk.post("/planted/echo/2", data={"csrf_token": found["token"]}, headers=SAME_ORIGIN)
    assert answer.status_code == 200


def test_a_sign_in_page_that_was_left_open_too_long_is_simply_shown_again(client):
    typed = {"login": "intake", "password": "x", "next": "/account", "csrf_token": "old"}
    answer = client.post("/sign-in", data=typed, headers=SAME_ORIGIN, follow_redirects=True)
    assert answer.status_code == 200
    assert answer.request.path == "/sign-in"
    assert "登录状态有变化" in answer.text
    assert 'value="/account"' in answer.text


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Referer": "https://elsewhere.example/x"},
     {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}, {"Origin": "http://["}],
)  # fmt: skip
def test_another_site_cannot_put_words_into_the_page_that_sends_again(client, sign_in, headers):
    for browser in (client, sign_in("S005")):
        answer = browser.post("/planted/echo/1", data=TYPED, headers=headers)
        assert answer.status_code in (400, 401)
        assert kept(answer.text) is None
        assert "掉线" not in answer.text


def test_passwords_are_never_kept_and_files_are_said_to_be_missing(sign_in):
    clerk = sign_in("S005")
    answer = clerk.post("/planted/echo/1", data={"new_password": "secret-words", "what": "x"}, headers=SAME_ORIGIN)
    assert kept(answer.text) is None
    assert "secret-words" not in answer.text
    files = {"what": "x", "file": (io.BytesIO(b"bytes"), "a.png")}
    answer = clerk.post("/planted/echo/1", data=files, headers=SAME_ORIGIN)
    assert kept(answer.text)[1] == [("what", "x")]
    assert "附件无法保留" in answer.text
    assert 'enctype="multipart/form-data"' in answer.text


def test_a_program_gets_a_word_instead_of_a_page(client):
    answer = client.get("/nowhere", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.text) == (404, "没有找到")
    assert client.head("/nowhere").data == b""
