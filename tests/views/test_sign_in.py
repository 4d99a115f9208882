"""R39: signing in by the pages: who gets in, who waits, what ends a session, and that nothing leads outside."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.models.history import AccessEvent
from backoffice.models.office import Office, Staff
from backoffice.services import staff as staff_service
from tests.support.browsing import Browser, text_of
from tests.support.live import PASSWORD, give_passwords
from tests.support.offices import actor_of
from views.app import create_app


@pytest.fixture
def dialect():
    """What these pages ask of a database is tested on both by tests/services/test_sign_in.py."""
    return "sqlite"


@pytest.fixture
def app(office_database, clock, tmp_path):
    give_passwords(office_database)
    with office_database.writing() as session:
        session.execute(sa.update(Office).values(demonstration=False))
    config = {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": office_database.url, "CLOCK": clock, "TESTING": True}
    made = create_app(config)
    yield made
    made.extensions["desk"].database.dispose()


@pytest.fixture
def browser(app):
    return Browser(app)


def is_signed_in(browser):
    return browser.get("/account").status_code == 200


def change(database, login, **values):
    with database.writing() as session:
        session.execute(sa.update(Staff).where(Staff.login == login).values(**values))


def test_R39_a_page_asks_for_signing_in_and_leads_back_to_itself(browser):
    answer = browser.get("/account?tab=1")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/account?tab%3D1"
    answer = browser.sign_in("handler", PASSWORD, next="/account?tab=1")
    assert (answer.status_code, answer.location) == (303, "/account?tab=1")
    assert is_signed_in(browser)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "/\t/evil.example",
        "",
        "account",
    ],
)
def test_R39_after_signing_in_only_an_address_of_this_desk_is_gone_to(browser, target):
    answer = browser.sign_in("handler", PASSWORD, next=target)
    assert (answer.status_code, answer.location) == (303, "/")


def test_R39_a_wrong_password_says_how_many_tries_are_left_and_not_whether_there_is_such_an_account(browser):
    for login in ("handler", "nobody-of-that-name"):
        answer = browser.sign_in(login, "not the password")
        assert answer.status_code == 422
        assert "用户名或密码不对，还可再试 4 次。" in text_of(answer)
        assert f'value="{login}"' in answer.get_data(as_text=True)
        assert "not the password" not in answer.get_data(as_text=True)
    assert not is_signed_in(browser)


def test_R39_after_five_wrong_tries_the_account_waits_even_for_the_right_password(app, browser, clock):
    for _ in range(4):
        browser.sign_in("handler", "wrong")
    answer = browser.sign_in("handler", "wrong")
    assert "用户名或密码不对。请在 11月23日 周一 10:01 之后再试。" in text_of(answer)
    answer = browser.sign_in("handler", PASSWORD)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "61"
    assert "请在 11月23日 周一 10:01 之后再试" in text_of(answer)
    assert browser.sign_in("head", PASSWORD).status_code == 303  # others of the same address may
    clock.at += timedelta(seconds=61)
    assert Browser(app).sign_in("handler", PASSWORD).status_code == 303


def test_R39_empty_fields_are_answered_beside_them_and_are_no_try(browser, office_database):
    answer = browser.sign_in("", "")
    assert answer.status_code == 422
    assert "请填写用户名。" in text_of(answer)
    assert "请填写密码。" in text_of(answer)


def test_R39_without_a_form_token_nobody_is_signed_in(browser):
    answer = browser.send("/sign-in", {"login": "handler", "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/")  # a page left open over night: it is opened anew
    assert not is_signed_in(browser)


def test_R39_a_session_of_before_signing_in_is_worth_nothing_afterwards(browser):
    token = browser.token("/sign-in")
    browser.sign_in("handler", PASSWORD)
    assert browser.send("/account/sessions/end", {"csrf_token": token}).status_code == 400


def test_R39_idle_for_the_offices_time_and_one_is_signed_out_and_told_why(browser, clock):
    browser.sign_in("handler", PASSWORD)
    clock.at += timedelta(minutes=29)
    assert is_signed_in(browser)
    clock.at += timedelta(minutes=29)
    assert is_signed_in(browser)
    clock.at += timedelta(minutes=30)
    answer = browser.get("/account", follow_redirects=True)
    assert "您离开超过 30 分钟，已自动退出。" in text_of(answer)
    assert not is_signed_in(browser)


def test_R39_the_office_sets_its_idle_time(browser, clock, office_database):
    with office_database.writing() as session:
        session.execute(sa.update(Office).values(idle_minutes=5))
    browser.sign_in("handler", PASSWORD)
    clock.at += timedelta(minutes=5)
    assert not is_signed_in(browser)


def test_R39_kept_signed_in_lasts_a_working_day_and_no_longer(browser, clock):
    browser.sign_in("handler", PASSWORD, keep="y")
    clock.at += timedelta(hours=7, minutes=59)
    assert is_signed_in(browser)
    clock.at += timedelta(hours=3)
    assert is_signed_in(browser)
    clock.at += timedelta(hours=2)
    assert not is_signed_in(browser)


def test_R39_no_session_outlives_twelve_hours_however_busy(browser, clock):
    browser.sign_in("handler", PASSWORD)
    for _ in range(12 * 3 - 1):
        clock.at += timedelta(minutes=20)
        assert is_signed_in(browser)
    clock.at += timedelta(minutes=20)
    assert not is_signed_in(browser)


def test_R39_signing_out_ends_the_session_and_needs_a_post(browser):
    browser.sign_in("handler", PASSWORD)
    assert browser.get("/sign-out").status_code == 405
    answer = browser.post("/sign-out", page="/account")
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert not is_signed_in(browser)


def test_R39_retired_staff_lose_their_session_at_the_next_request_and_never_get_in_again(app, office_database, at):
    browser = Browser(app)
    browser.sign_in("dispatcher", PASSWORD)
    with office_database.writing() as session:
        person = session.scalars(sa.select(Staff).where(Staff.login == "dispatcher")).one()
        staff_service.retire(session, actor_of(session), at, person.id, "left the office")
    answer = browser.get("/account", follow_redirects=True)
    assert "这个账号已停用" in text_of(answer)
    assert not is_signed_in(browser)
    answer = browser.sign_in("dispatcher", PASSWORD)
    assert answer.status_code == 422
    assert "用户名或密码不对" in text_of(answer)


NEW = "tall ships and small harbours"


def test_R39_a_changed_password_ends_all_other_sessions_and_this_one_goes_on(app):
    here, elsewhere = Browser(app), Browser(app)
    here.sign_in("handler", PASSWORD)
    elsewhere.sign_in("handler", PASSWORD)
    answer = here.post(
        "/account/password", {"current": PASSWORD, "password": NEW, "again": NEW}, page="/account/password"
    )
    assert answer.status_code == 303
    assert is_signed_in(here)
    assert "密码已修改或登录已被结束" in text_of(elsewhere.get("/account", follow_redirects=True))
    assert not is_signed_in(elsewhere)
    assert elsewhere.sign_in("handler", PASSWORD).status_code == 422
    assert elsewhere.sign_in("handler", NEW).status_code == 303


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"current": "wrong", "password": NEW, "again": NEW}, "用户名或密码不对，还可再试 4 次。"),
        ({"current": PASSWORD, "password": NEW, "again": NEW + "!"}, "两次输入的新密码不一致，请重新输入。"),
        ({"current": PASSWORD, "password": "short", "again": "short"}, "密码至少 10 个字符，请加长。"),
        ({"current": PASSWORD, "password": PASSWORD, "again": PASSWORD}, "新密码与现在的密码相同，请换一个。"),
        ({"current": PASSWORD, "password": "demo-office-2026", "again": "demo-office-2026"}, "这是公开的演示密码"),
        (
            {"current": PASSWORD, "password": "handler-handler", "again": "handler-handler"},
            "密码不能由用户名或姓名构成",
        ),
        ({"current": "", "password": "", "again": ""}, "请填写密码。"),
    ],
)
def test_R39_a_refused_new_password_is_answered_beside_its_field_and_changes_nothing(browser, data, said):
    browser.sign_in("handler", PASSWORD)
    answer = browser.post("/account/password", data, page="/account/password")
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert all(f'value="{value}"' not in answer.get_data(as_text=True) for value in data.values() if value)
    assert Browser(browser.client.application).sign_in("handler", PASSWORD).status_code == 303


def test_R39_guessing_the_current_password_is_throttled_like_signing_in(browser):
    browser.sign_in("handler", PASSWORD)
    for _ in range(5):
        browser.post("/account/password", {"current": "x", "password": NEW, "again": NEW}, page="/account/password")
    answer = browser.post(
        "/account/password", {"current": PASSWORD, "password": NEW, "again": NEW}, page="/account/password"
    )
    assert answer.status_code == 429


def test_R39_a_temporary_password_is_changed_before_anything_else(browser, office_database):
    change(office_database, "handler", must_change_password=True)
    answer = browser.sign_in("handler", PASSWORD, next="/account")
    assert (answer.status_code, answer.location) == (303, "/account/password?next=/account")
    for path in ("/", "/account", "/settings/"):
        answer = browser.get(path)
        assert (answer.status_code, answer.location) == (303, "/account/password")
    assert "现在用的是临时密码" in text_of(browser.get("/account/password"))
    assert browser.post("/preferences", {"language": "en"}, page="/account/password").status_code == 303
    assert "temporary password" in text_of(browser.get("/account/password"))
    answer = browser.post(
        "/account/password",
        {"current": PASSWORD, "password": NEW, "again": NEW, "next": "/account"},
        page="/account/password",
    )
    assert (answer.status_code, answer.location) == (303, "/account")
    assert is_signed_in(browser)


def test_R39_all_sessions_elsewhere_end_when_asked(app):
    here, elsewhere = Browser(app), Browser(app)
    here.sign_in("handler", PASSWORD)
    elsewhere.sign_in("handler", PASSWORD)
    assert here.post("/account/sessions/end", page="/account").status_code == 303
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)


def test_R40_coming_and_going_is_on_record_without_a_tried_password_or_an_unknown_login_in_clear(
    browser, office_database
):
    browser.sign_in("my-password-typed-here", "the tried password")
    browser.sign_in("handler", "the tried password")
    browser.sign_in("handler", PASSWORD)
    browser.post("/sign-out", page="/account")
    with office_database.reading() as session:
        events = list(session.scalars(sa.select(AccessEvent).order_by(AccessEvent.sequence)))
    assert [event.kind for event in events] == ["sign_in_failed", "sign_in_failed", "sign_in", "sign_out"]
    assert [event.address for event in events] == ["192.0.2.7"] * 4
    assert [event.actor_id is not None for event in events] == [False, False, True, True]
    record = " ".join(event.body for event in events)
    assert "S013" in record
    for secret in ("my-password-typed-here", "the tried password", PASSWORD):
        assert secret not in record


def test_R39_the_demonstrations_password_opens_no_real_office(app, browser, office_database):
    from backoffice.services.core.credentials import hash_password

    change(office_database, "handler", password_hash=hash_password("demo-office-2026"))
    answer = browser.sign_in("handler", "demo-office-2026")
    assert answer.status_code == 422
    assert "这是公开的演示密码，不能用于正式单位" in text_of(answer)
    assert not is_signed_in(browser)
    with office_database.writing() as session:
        session.execute(sa.update(Office).values(demonstration=True))
    assert browser.sign_in("handler", "demo-office-2026").status_code == 303


def test_R39_only_a_demonstration_names_its_accounts(browser, office_database, monkeypatch):
    page = text_of(browser.get("/sign-in"))
    assert "演示账号" not in page
    assert "demo-office-2026" not in page
    with office_database.writing() as session:
        session.execute(sa.update(Office).values(demonstration=True))
    page = text_of(browser.get("/sign-in"))
    for login, role in (
        ("intake", "受理员"),
        ("manager", "部门负责人、投诉主管"),
        ("admin", "系统管理员"),
        ("s002", "分公司领导"),
    ):
        assert f"{login} {role}" in page
    assert "demo-office-2026" in page
    monkeypatch.setenv("BACKOFFICE_DEMO_PASSWORD", "another-one-for-visitors")
    page = text_of(browser.get("/sign-in"))
    assert "demo-office-2026" not in page
    assert "another-one-for-visitors" not in page


def test_R39_an_expired_session_loses_nothing_that_was_typed(browser, clock):
    browser.sign_in("handler", PASSWORD)
    token = browser.token("/account")
    clock.at += timedelta(hours=1)
    answer = browser.send("/account/sessions/end", {"csrf_token": token, "note": "a long story, typed by hand"})
    assert answer.status_code == 401
    assert "a long story, typed by hand" in answer.get_data(as_text=True)


def test_R39_the_session_cookie_is_closed_to_scripts_and_other_sites(browser):
    answer = browser.sign_in("handler", PASSWORD)
    cookie = next(value for name, value in answer.headers if name == "Set-Cookie" and value.startswith("desk-"))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" not in cookie


def test_R39_who_is_signed_in_already_does_not_see_the_form(browser):
    browser.sign_in("handler", PASSWORD)
    answer = browser.get("/sign-in?next=/account")
    assert (answer.status_code, answer.location) == (303, "/account")


def test_R39_the_account_page_says_who_one_is_and_what_one_may(browser):
    browser.sign_in("head", PASSWORD)
    page = text_of(browser.get("/account"))
    assert "孟柏舟" in page
    assert "部门负责人、信息通报员" in page
    assert "指派承办人 本部门" in page
    assert "登录" in page
