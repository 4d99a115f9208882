"""R39: what somebody could do with a session, a cookie or a header that is not theirs."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from itsdangerous import URLSafeTimedSerializer

from backoffice.models.office import EndedSession, SignInFailure
from backoffice.services.core import credentials
from tests.support.browsing import Browser, text_of
from tests.support.live import PASSWORD, give_passwords
from views.app import create_app

PROJECT = Path(__file__).resolve().parents[2]
SIGNS_IN = {"login": "handler", "password": PASSWORD}


@pytest.fixture
def dialect():
    return "sqlite"


def opened(office_database, clock, folder, **more):
    app = create_app(
        {"DATA_DIR": str(folder), "DATABASE_URL": office_database.url, "CLOCK": clock, "TESTING": True, **more}
    )
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.fixture
def app(office_database, clock, tmp_path):
    give_passwords(office_database)
    made = opened(office_database, clock, tmp_path / "data")
    yield made
    made.extensions["desk"].database.dispose()


def session_cookie(app, browser):
    return browser.cookies()[app.config["SESSION_COOKIE_NAME"]]


def with_cookie(app, value, **more):
    browser = Browser(app, **more)
    browser.client.set_cookie(app.config["SESSION_COOKIE_NAME"], value, domain="desk.test")
    return browser


def is_in(browser):
    return browser.get("/account").status_code == 200


def test_R39_a_session_that_was_left_opens_nothing_any_more_not_even_by_a_copy_of_its_cookie(
    app, office_database, clock
):
    browser = Browser(app)
    browser.sign_in("handler", PASSWORD)
    elsewhere = Browser(app)
    elsewhere.sign_in("handler", PASSWORD)
    copy = session_cookie(app, browser)
    assert is_in(with_cookie(app, copy))
    browser.post("/sign-out", page="/account")
    stolen = with_cookie(app, copy)
    answer = stolen.get("/account", follow_redirects=True)
    assert not is_in(stolen)
    assert "这个账号已停用" not in text_of(answer)
    assert is_in(elsewhere), "only the session that was left has ended"
    clock.at += timedelta(hours=13)
    again = Browser(app)
    again.sign_in("handler", PASSWORD)
    again.post("/sign-out", page="/account")
    with office_database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(EndedSession)) == 1, (
            "the list does not grow for ever"
        )


def test_R39_a_session_from_before_signing_in_is_not_the_one_after_it(app):
    victim = Browser(app)
    token = victim.token("/sign-in")
    before = session_cookie(app, victim)
    victim.sign_in("handler", PASSWORD)
    assert session_cookie(app, victim) != before
    planted = with_cookie(app, before)
    assert not is_in(planted)
    answer = victim.send("/account/sessions/end", {"csrf_token": token})
    assert answer.status_code == 400, "a form token from before is worth nothing after"


def test_R39_two_sign_ins_never_share_a_session(app):
    names = set()
    for _ in range(3):
        browser = Browser(app)
        browser.sign_in("handler", PASSWORD)
        with browser.client.session_transaction(base_url="http://desk.test") as cookie:
            names.add(cookie["staff"]["name"])
    assert len(names) == 3
    assert all(len(name) >= 32 for name in names)


def test_R39_a_form_token_is_signed_by_no_weak_hash(app):
    browser = Browser(app)
    browser.sign_in("handler", PASSWORD)
    token = browser.token("/account")
    assert len(token.rpartition(".")[2]) == 43, "256 bits in base64"
    with browser.client.session_transaction(base_url="http://desk.test") as cookie:
        raw = cookie["csrf_token"]
    for digest, status in ((hashlib.sha1, 400), (hashlib.sha256, 303)):
        signer = URLSafeTimedSerializer(app.secret_key, "wtf-csrf-token", signer_kwargs={"digest_method": digest})
        answer = browser.send("/account/sessions/end", {"csrf_token": signer.dumps(raw)})
        assert answer.status_code == status, digest


@pytest.mark.parametrize("change", [lambda value: value[:-2] + ("A" if value[-2] != "A" else "B") + value[-1], lambda value: "." + value, lambda value: value.split(".")[0],
                                    lambda value: "e30.AAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAA", lambda value: "x" * 4000])  # fmt: skip
def test_R39_a_cookie_that_was_touched_is_nobodys(app, change):
    browser = Browser(app)
    browser.sign_in("handler", PASSWORD)
    assert not is_in(with_cookie(app, change(session_cookie(app, browser))))


def token_of(client):
    page = client.get("/account", base_url="https://desk.example")
    return re.search(r'name="csrf_token"(?: type="hidden")? value="([^"]+)"', page.text)[1]


def test_R39_over_https_no_other_host_or_path_can_set_the_sessions_cookie(app):
    client = app.test_client()
    page = client.get("/sign-in", base_url="https://desk.example")
    token = re.search(r'name="csrf_token"(?: type="hidden")? value="([^"]+)"', page.text)[1]
    headers = {"Origin": "https://desk.example", "Referer": "https://desk.example/sign-in"}
    answer = client.post(
        "/sign-in", base_url="https://desk.example", data={"csrf_token": token, **SIGNS_IN}, headers=headers
    )
    assert answer.status_code == 303
    assert client.get("/account", base_url="https://desk.example").status_code == 200
    cookies = [cookie for cookie in answer.headers.getlist("Set-Cookie") if "desk-" in cookie]
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__Host-desk-")
        assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
        assert "Domain=" not in cookie
    left = client.post(
        "/sign-out", base_url="https://desk.example", data={"csrf_token": token_of(client)}, headers=headers
    )
    assert left.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/%0d%0aSet-Cookie: a=b", "\thttps://evil.example",
                                    "/\tevil", "///evil.example", "http:evil.example", "/@evil.example"])  # fmt: skip
def test_R39_signing_in_never_leads_to_another_site(app, target):
    browser = Browser(app)
    answer = browser.sign_in("handler", PASSWORD, next=target)
    assert answer.status_code == 303
    assert answer.location.startswith("/")
    assert not answer.location.startswith(("//", "/\\"))
    assert "\r" not in answer.location
    assert "Set-Cookie: a=b" not in str(answer.headers)


def test_R39_a_made_up_host_stands_on_no_page_and_in_no_redirect(app):
    client = app.test_client()
    for path in ("/", "/sign-in", "/nowhere", "/sign-in?next=/account", "/settings/status", "/settings/staff?a=1"):
        answer = client.get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert "evil.example" not in answer.text
        assert "evil.example" not in (answer.location or "")
        assert answer.status_code in (200, 303, 308, 404)


def tries(browser, login, count, **more):
    return [browser.sign_in(login, "wrong", **more).status_code for _ in range(count)]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP", "X-Client-IP"])
def test_R39_a_made_up_address_does_not_get_round_the_wait(app, header):
    """Thirty tries from one address at thirty accounts; then it waits, whatever address it claims to be."""
    browser = Browser(app, "198.51.100.7")
    for number in range(30):
        browser.sign_in(f"nobody{number}", "wrong")
    token = browser.token("/sign-in")
    claimed = {header: "for=203.0.113.9" if header == "Forwarded" else "203.0.113.9"}
    answer = browser.send("/sign-in", {"csrf_token": token, "login": "another", "password": "wrong"}, headers=claimed)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_R39_behind_a_proxy_only_the_address_that_the_proxy_saw_counts(office_database, clock, tmp_path):
    give_passwords(office_database)
    app = opened(office_database, clock, tmp_path / "proxied", PROXIES=1)
    browser = Browser(app, "10.0.0.1")
    token = browser.token("/sign-in")
    for number in range(31):
        seen = {"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.7"}  # the left part is the client's own claim
        answer = browser.send(
            "/sign-in", {"csrf_token": token, "login": f"nobody{number}", "password": "x"}, headers=seen
        )
    assert answer.status_code == 429
    other = {"X-Forwarded-For": "198.51.100.8"}
    assert browser.send("/sign-in", {"csrf_token": token, **SIGNS_IN}, headers=other).status_code == 303
    app.extensions["desk"].database.dispose()


def test_R39_nobody_is_locked_out_for_longer_than_half_an_hour_by_anothers_guesses(app, clock):
    guesser, owner = Browser(app, "198.51.100.7"), Browser(app)
    for _ in range(40):
        if tries(guesser, "handler", 1) == [429]:
            clock.at += timedelta(minutes=1)
    clock.at += timedelta(minutes=31)
    assert owner.sign_in("handler", PASSWORD).status_code == 303


def test_R39_who_is_signed_in_stays_so_while_another_guesses_at_the_account(app):
    owner, guesser = Browser(app), Browser(app, "198.51.100.7")
    owner.sign_in("handler", PASSWORD)
    assert tries(guesser, "handler", 7)[-1] == 429
    assert is_in(owner)


@pytest.mark.parametrize("login", ["handler", "nobody-at-all", "' OR 1=1 --", "\u202e\u200b"])
def test_R39_every_refused_sign_in_costs_one_comparison_and_says_the_same(app, login, monkeypatch):
    """As much work for who is not there as for who is, counted instead of timed: a clock would only tell of the machine."""
    compared = []
    hasher = credentials.HASHER

    class Counting:
        def __getattr__(self, name):
            return getattr(hasher, name)

        def verify(self, stored, password):
            compared.append(stored)
            return hasher.verify(stored, password)

    monkeypatch.setattr(credentials, "HASHER", Counting())
    answer = Browser(app).sign_in(login, "wrong")
    assert answer.status_code == 422
    assert len(compared) == 1
    assert "用户名或密码不对，还可再试 4 次。" in text_of(answer)


def test_R39_a_throttled_try_is_not_even_compared_and_says_when_to_come_again(app, office_database, monkeypatch):
    browser = Browser(app)
    tries(browser, "handler", 5)
    monkeypatch.setattr(credentials, "is_right", lambda *_: pytest.fail("compared"))
    answer = browser.sign_in("handler", PASSWORD)
    assert answer.status_code == 429
    assert re.search(r"\d{1,2}:\d{2}", text_of(answer))
    with office_database.reading() as session:
        assert not any("handler" in one.subject for one in session.scalars(sa.select(SignInFailure)))


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PUT", "DELETE", "PATCH"])
def test_methods_that_no_page_uses_are_refused(app, method):
    browser = Browser(app)
    browser.sign_in("handler", PASSWORD)
    for path in ("/", "/account", "/complaints"):
        assert browser.client.open(path, base_url="http://desk.test", method=method).status_code == 405
    answer = browser.client.options("/account", base_url="http://desk.test")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_no_answer_names_the_programs_behind_it(app):
    for path in ("/sign-in", "/nowhere", "/static/desk.css"):
        with app.test_client().get(path) as answer:
            said = str(answer.headers).lower()
            assert not any(
                name in said for name in ("werkzeug", "flask", "python", "waitress", "gunicorn", "x-powered-by")
            )


def test_R39_a_post_from_another_site_does_nothing(app):
    """No token, another session's token, and over HTTPS the right token from a page of another site."""
    client, visitor, base = app.test_client(), app.test_client(), "https://desk.example"
    ours = {"Origin": base, "Referer": f"{base}/account"}
    for one, page in ((client, "/sign-in"), (visitor, "/sign-in")):
        found = re.search(r'name="csrf_token"(?: type="hidden")? value="([^"]+)"', one.get(page, base_url=base).text)
        foreign = found[1]
        if one is client:
            data = {"csrf_token": foreign, **SIGNS_IN}
            assert client.post("/sign-in", base_url=base, data=data, headers=ours).status_code == 303
    theirs = {"Origin": "https://evil.example", "Referer": "https://evil.example/a"}
    own = token_of(client)
    for token, headers in ((None, ours), (foreign, ours), (own, theirs), (own, {}), (None, theirs)):
        data = {} if token is None else {"csrf_token": token}
        answer = client.post("/account/sessions/end", base_url=base, data=data, headers=headers)
        assert answer.status_code == 400, (token, headers)
    assert client.get("/account", base_url=base).status_code == 200
    data = {"csrf_token": own}
    assert client.post("/account/sessions/end", base_url=base, data=data, headers=ours).status_code == 303


@pytest.mark.parametrize("path", ["/.git/config", "/.env", "/office.db", "/keys/office.json", "/static/", "/static/../views/app.py", "/static/%2e%2e/%2e%2e/run.py",
                                  "/static/..%2f..%2fpyproject.toml", "/console", "/debug", "/swagger", "/instance/office.db"])  # fmt: skip
def test_nothing_of_the_machine_is_served_and_no_folder_is_listed(app, path):
    assert not app.debug
    with app.test_client().get(path) as answer:
        assert answer.status_code == 404
        assert b"office.db" not in answer.data.replace(path.encode(), b"")


def test_R39_every_page_of_who_is_signed_in_offers_to_leave(app):
    browser = Browser(app)
    browser.sign_in("handler", PASSWORD)
    for path in ("/", "/account", "/complaints", "/nowhere", "/inbox"):
        assert 'action="/sign-out"' in browser.get(path, follow_redirects=True).text, path


def test_no_script_of_the_desk_keeps_anything_in_the_browser_or_runs_a_text():
    scripts = list((PROJECT / "templates" / "static" / "js").rglob("*.js"))
    assert scripts
    for script in scripts:
        found = re.findall(
            r"localStorage|sessionStorage|indexedDB|document\.cookie|\beval\(|new Function|document\.write|postMessage",
            script.read_text(encoding="utf-8"),
        )
        assert found == [], script.name


def test_what_a_script_keeps_by_a_name_that_it_was_given_has_no_prototype():
    """``__proto__`` as a name then is a name like any other (what is kept in a plain object would change all objects)."""
    found = 0
    for script in (PROJECT / "templates" / "static" / "js").rglob("*.js"):
        text = script.read_text(encoding="utf-8")
        assert not re.search(
            r"__proto__|prototype(\.\w+)?\s*=(?!=)|Object\.(assign|fromEntries|setPrototypeOf)", text
        ), script.name
        for kept in re.findall(r"\b(\w+)\[[^\]\"'0-9][^\]]*\]\s*=(?!=)", text):
            found += 1
            assert f"var {kept} = Object.create(null);" in text, f"{script.name}: {kept}"
    assert found, "the pattern finds what is there"


def test_a_way_in_that_is_not_there_leaves_what_was_typed_out_of_the_page(app):
    """Neither an unknown address nor a wrong method gives back what it was asked with as anything but text."""
    for path in (
        "/<script>alert(1)</script>",
        "/complaints/'\"><img src=x onerror=1>",
        '/sign-in?next="><script>',
        '/sign-in?login="><script>alert(1)</script>',
    ):
        answer = app.test_client().get(path, follow_redirects=True)
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert '"><script>' not in answer.text
