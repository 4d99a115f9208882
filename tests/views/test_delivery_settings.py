"""R5: an administrator sets up the mail server and the gateway; secrets are sealed and never shown; a test goes to oneself."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from backoffice.models.configuration import Setting
from backoffice.models.history import ReferenceChange
from backoffice.queries import delivery
from tests.support import mail_server, sms_gateway
from tests.support.browsing import text_of

MAIL = {
    "host": "127.0.0.1", "port": "2525", "security": "none", "user": "", "secret": "", "sender": "desk@example.com",
    "sender_name": "示范电信", "reply_to": "", "timeout": "2", "per_minute": "60", "most_tries": "8",
}  # fmt: skip
SMS = {
    "url": "http://127.0.0.1:9/send", "method": "POST", "form": "json", "headers": "Authorization: Bearer {secret}",
    "body": '{"to": "{to}", "text": "{text}"}', "secret": "very-s3cret-key", "success_path": "code",
    "success_value": "0", "timeout": "2", "per_minute": "60", "most_tries": "8",
}  # fmt: skip
PAGE = "/settings/delivery/"


@pytest.fixture
def browser(sign_in):
    return sign_in("S030")


def post(browser, path, **data):
    token = browser.get("/account").get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    return browser.post(path, data={"csrf_token": token, **data}, follow_redirects=True)


def senders(app, office):
    with office.reading() as session:
        return delivery.senders(session, app.extensions["desk"].keys)


def test_R5_a_secret_is_sealed_and_never_shown_nor_logged(browser, office, app):
    page = post(browser, f"{PAGE}?way=sms", **SMS)
    assert "设置已保存" in text_of(page)
    assert senders(app, office)["sms"].settings.secret == "very-s3cret-key"
    with office.reading() as session:
        kept = json.dumps([row.value for row in session.scalars(sa.select(Setting))])
        logged = json.dumps([row.changes for row in session.scalars(sa.select(ReferenceChange))])
    for text in (kept, logged, browser.get(f"{PAGE}?way=sms").get_data(as_text=True)):
        assert "very-s3cret-key" not in text


def test_R5_an_empty_secret_keeps_the_one_that_there_is_until_it_is_to_be_forgotten(browser, office, app):
    post(browser, f"{PAGE}?way=sms", **SMS)
    post(browser, f"{PAGE}?way=sms", **{**SMS, "secret": "", "per_minute": "5"})
    found = senders(app, office)["sms"].settings
    assert (found.secret, found.per_minute) == ("very-s3cret-key", 5)
    post(browser, f"{PAGE}?way=sms", **{**SMS, "secret": ""}, forget="y")
    assert senders(app, office)["sms"].settings.secret == ""


@pytest.mark.parametrize(
    ("way", "changes", "said"),
    [
        ("email", {"host": "not a host"}, "主机名"),
        ("email", {"port": "70000"}, "1 到 65535"),
        ("email", {"sender": "desk"}, "完整的邮箱地址"),
        ("email", {"user": "desk"}, "不加密的连接上不能用密码登录"),
        ("email", {"timeout": "900"}, "1 到 60 之间"),
        ("email", {"timeout": ""}, "1 到 60 之间"),
        ("sms", {"url": "ftp://example.com"}, "http:// 或 https://"),
        ("sms", {"url": "http://user:pw@example.com/"}, "不能写用户名和密码"),
        ("sms", {"url": "http://[::1"}, "http:// 或 https://"),
        ("sms", {"body": "{to} {text}"}, "不是可读的 JSON"),
        ("sms", {"body": '{"to": "{to}"}'}, "缺少 {text}"),
        ("sms", {"body": '{"to": "{to}", "text": "{text}", "x": "{name}"}'}, "{name} 不是这里可用的占位符"),
        ("sms", {"headers": "no header"}, "第 1 行不是请求头"),
        ("sms", {"success_value": ""}, "成功判据"),
    ],
)
def test_R5_a_figure_that_cannot_work_is_refused_at_its_field_and_nothing_typed_is_lost(
    browser, office, app, way, changes, said
):
    data = {**(MAIL if way == "email" else SMS), **changes}
    page = post(browser, f"{PAGE}?way={way}", **data)
    assert page.status_code == 422
    assert said in text_of(page)
    assert not senders(app, office)[way].ready


WITH_PASSWORD = {**MAIL, "security": "tls", "user": "desk", "secret": "very-s3cret-key"}


@pytest.mark.parametrize(
    ("way", "usual", "changes", "said"),
    [
        ("email", WITH_PASSWORD, {"host": "mail.example.org"}, "重新填写密码"),
        ("email", WITH_PASSWORD, {"port": "2526"}, "重新填写密码"),
        ("email", WITH_PASSWORD, {"security": "starttls"}, "重新填写密码"),
        ("email", WITH_PASSWORD, {"user": "another"}, "重新填写密码"),
        ("sms", SMS, {"url": "http://127.0.0.2:9/send"}, "重新填写密钥"),
        ("sms", SMS, {"headers": ""}, "重新填写密钥"),
        ("sms", SMS, {"body": '{"to": "{to}", "text": "{text} {secret}"}'}, "重新填写密钥"),
        ("sms", SMS, {"method": "PUT"}, "重新填写密钥"),
    ],
)
def test_R39_a_kept_secret_goes_nowhere_else_until_it_is_typed_again(browser, office, app, way, usual, changes, said):
    page = f"{PAGE}?way={way}"
    post(browser, page, **usual)
    kept = senders(app, office)[way].settings
    refused = post(browser, page, **{**usual, **changes, "secret": ""})
    assert refused.status_code == 422
    assert said in text_of(refused)
    assert senders(app, office)[way].settings == kept
    assert "设置已保存" in text_of(post(browser, page, **{**usual, **changes, "secret": "typed-again"}))
    assert senders(app, office)[way].settings.secret == "typed-again"
    assert "设置已保存" in text_of(post(browser, page, **{**usual, "secret": ""}, forget="y"))


@contextmanager
def servers():
    with mail_server.running() as server, sms_gateway.running() as gateway:
        yield server, gateway


def test_R5_a_test_message_goes_to_oneself_at_once_and_says_what_came_of_it(browser, office, app):
    with servers() as (server, gateway):
        post(browser, f"{PAGE}?way=email", **{**MAIL, "port": str(server.port)})
        assert "没有邮箱" in text_of(post(browser, f"{PAGE}try/", way="email"))
        post(browser, "/account/contact", email="admin@example.com", phone="139 0000 0001")
        assert "对方已接受" in text_of(post(browser, f"{PAGE}try/", way="email"))
        assert server.mails[0]["To"] == "admin@example.com"
        post(browser, f"{PAGE}?way=sms", **{**SMS, "url": gateway.url})
        assert "对方已接受" in text_of(post(browser, f"{PAGE}try/", way="sms"))
        gateway.usual = (500, b"")
        assert "没有发成：服务器暂时不收" in text_of(post(browser, f"{PAGE}try/", way="sms"))


def test_R5_without_settings_there_is_nothing_to_try(browser):
    assert "还没有设置好" in text_of(post(browser, f"{PAGE}try/", way="sms"))
    assert post(browser, f"{PAGE}try/", way="pigeon").status_code == 404
    assert browser.get(f"{PAGE}?way=pigeon").status_code == 404


def test_R5_the_machines_own_variables_stand_over_the_offices_settings(browser, office, app, monkeypatch):
    post(browser, f"{PAGE}?way=email", **MAIL)
    url = "smtp+starttls://desk:p%40ss@mail.example.com:588/?from=desk@example.com"
    monkeypatch.setenv("BACKOFFICE_SMTP_URL", url)
    found = senders(app, office)["email"].settings
    assert (found.host, found.port, found.user, found.secret) == ("mail.example.com", 588, "desk", "p@ss")
    assert "环境变量发送" in text_of(browser.get(PAGE))
    monkeypatch.setenv("BACKOFFICE_SMTP_URL", "gopher://x")
    assert "BACKOFFICE_SMTP_URL 写得不对" in text_of(browser.get(PAGE))
    assert not senders(app, office)["email"].ready


@pytest.mark.parametrize(
    ("email", "phone", "said"), [("nobody", "", "完整的邮箱地址"), ("", "call me", "手机号只能有数字")]
)
def test_where_one_is_reached_is_checked_and_kept(browser, office, email, phone, said):
    page = post(browser, "/account/contact", email=email, phone=phone)
    assert page.status_code == 422
    assert said in text_of(page)
    assert (email or phone) in page.get_data(as_text=True)
