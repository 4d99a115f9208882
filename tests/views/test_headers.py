"""What every answer carries: a strict content policy with its own nonce, and what may be kept."""

import re

import pytest

from backoffice.database import Database
from tests.support.forms import post
from views.app import create_app

PAGES = ["/sign-in", "/nowhere", "/preferences", "/?q=%00"]


@pytest.mark.parametrize("address", PAGES)
def test_every_page_has_a_strict_content_policy(client, address):
    answer = client.get(address)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    nonce = re.fullmatch(r"'nonce-([\w-]{20,})'", policy["script-src"]).group(1)
    assert policy == {
        "default-src": "'none'",
        "script-src": f"'nonce-{nonce}'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    scripts = re.findall(r"<script[^>]*>", answer.text)
    assert scripts
    assert all(f'nonce="{nonce}"' in script for script in scripts)


def test_no_two_answers_share_a_nonce(client):
    nonces = {re.search(r"nonce-([\w-]+)", client.get("/sign-in").headers["Content-Security-Policy"])[1] for _ in "123"}
    assert len(nonces) == 3


@pytest.mark.parametrize("address", [*PAGES, "/static/desk.css"])
def test_every_answer_forbids_sniffing_framing_and_telling_others_the_address(client, address):
    with client.get(address) as answer:
        headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Request-Id"]


@pytest.mark.parametrize("address", PAGES)
def test_R39_no_page_is_kept_by_a_cache(client, address):
    assert client.get(address).headers["Cache-Control"] == "no-store"


def test_a_static_file_is_kept_for_a_year_by_the_address_that_names_its_content(client):
    page = client.get("/sign-in").text
    files = re.findall(r'(?:href|src)="(/[^"]*\?v=[0-9a-f]{12})"', page)
    assert {file.split("?")[0].rpartition("/")[2] for file in files} >= {"desk.css", "desk.js", "bootstrap.min.css"}
    for file in files:
        with client.get(file) as answer:
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert "Set-Cookie" not in answer.headers
    with client.get("/static/desk.css") as answer:
        assert "immutable" not in answer.headers["Cache-Control"]
    assert client.get("/static/nowhere.css?v=1").headers["Cache-Control"] == "no-store"


def test_a_changed_static_file_gets_another_address(app, monkeypatch, tmp_path):
    from views.headers import static_url

    app.debug = True
    app.static_folder = str(tmp_path)
    with app.test_request_context():
        (tmp_path / "a.css").write_text("a {}")
        first = static_url("a.css")
        (tmp_path / "a.css").write_text("b {}")
        assert static_url("a.css") != first


def test_the_session_cookie_is_out_of_reach_and_secure_over_https(client):
    cookies = client.get("/sign-in").headers.getlist("Set-Cookie")
    assert cookies
    assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie for cookie in cookies)
    secure = client.get("/sign-in", base_url="https://desk.example")
    assert all("; Secure" in cookie for cookie in secure.headers.getlist("Set-Cookie"))
    assert secure.headers["Strict-Transport-Security"].startswith("max-age=")
    chosen = post(client, "/preferences", language="en").headers.getlist("Set-Cookie")
    assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie for cookie in chosen)


def test_two_offices_on_one_machine_have_cookies_of_different_names(app, tmp_path):
    other = create_app({"DATA_DIR": str(tmp_path / "other"), "TESTING": True})
    assert other.config["SESSION_COOKIE_NAME"] != app.config["SESSION_COOKIE_NAME"]
    other.extensions["desk"].database.dispose()


def test_behind_a_proxy_that_is_told_of_the_desk_knows_that_it_speaks_https(office: Database, tmp_path):
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    for proxies, secure in ((0, False), (1, True)):
        app = create_app(
            {"DATA_DIR": str(tmp_path / "desk"), "DATABASE_URL": office.url, "TESTING": True, "PROXIES": proxies}
        )
        answer = app.test_client().get("/sign-in", headers=told)
        assert ("Strict-Transport-Security" in answer.headers) is secure
        app.extensions["desk"].database.dispose()


def test_nothing_is_loaded_from_outside_and_nothing_is_styled_or_scripted_inline(client, sign_in):
    for page in (client.get("/sign-in").text, sign_in("S030").get("/").text, client.get("/nowhere").text):
        assert re.findall(r'(?:src|href|action)="(?:https?:)?//', page) == []
        assert re.findall(r"\sstyle=|\son[a-z]+=|javascript:|<style", page) == []
        assert re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", page) == []
