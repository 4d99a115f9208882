"""R1: an administrator sets up the mailbox; its password is sealed; what came in is counted; mail servers deliver."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from backoffice.database import Database
from backoffice.keys import open_keys
from backoffice.models.arrival import ArrivedDraft
from backoffice.models.configuration import Channel, Setting
from backoffice.models.history import ReferenceChange
from backoffice.models.incoming_mail import IncomingMail
from backoffice.models.office import Office
from backoffice.models.work import Job
from backoffice.queries import mailbox, turned_away
from backoffice.services import turned_away as counting
from policies.incoming_mail import MOST_FROM_ONE, MailState, MailWay
from policies.turned_away import Why
from tests.support.browsing import text_of
from tests.support.databases import with_default_office
from tests.support.mails import letter
from views import cli

SETTINGS = {
    "on": "y", "host": "127.0.0.1", "port": "1", "security": "tls", "user": "complaints@example.com",
    "secret": "very-s3cret-key", "folder": "INBOX", "done_folder": "", "addresses": "", "every": "5", "timeout": "2",
    "largest": "25",
}  # fmt: skip
PAGE = "/settings/mailbox/"
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def browser(sign_in):
    return sign_in("S030")


def post(browser, path, **data):
    token = browser.get("/account").get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    return browser.post(path, data={"csrf_token": token, **data}, follow_redirects=True)


def test_R1_the_password_is_sealed_and_never_shown_nor_logged(browser, office, app):
    assert "设置已保存" in text_of(post(browser, PAGE, **SETTINGS))
    keys = app.extensions["desk"].keys
    with office.reading() as session:
        assert mailbox.settings(session, keys).secret == "very-s3cret-key"
        kept = json.dumps([row.value for row in session.scalars(sa.select(Setting))])
        logged = json.dumps([row.changes for row in session.scalars(sa.select(ReferenceChange))])
    for text in (kept, logged, browser.get(PAGE).get_data(as_text=True)):
        assert "very-s3cret-key" not in text
    post(browser, PAGE, **{**SETTINGS, "secret": "", "every": "7"})
    with office.reading() as session:
        found = mailbox.settings(session, keys)
        assert (found.secret, found.every) == ("very-s3cret-key", 7)
    post(browser, PAGE, **{**SETTINGS, "secret": ""}, forget="y")
    with office.reading() as session:
        assert mailbox.settings(session, keys).secret == ""


ELSEWHERE = [{"host": "imap.example.org"}, {"port": "2"}, {"security": "starttls"}, {"user": "another@example.com"}]


@pytest.mark.parametrize("changes", ELSEWHERE)
def test_R39_a_kept_password_goes_to_no_other_server_until_it_is_typed_again(browser, office, app, changes):
    post(browser, PAGE, **SETTINGS)
    page = post(browser, PAGE, **{**SETTINGS, **changes, "secret": ""})
    assert page.status_code == 422
    assert "重新填写密码" in text_of(page)
    keys = app.extensions["desk"].keys
    with office.reading() as session:
        found = mailbox.settings(session, keys)
        assert (found.host, found.port, found.user, found.secret) == (
            "127.0.0.1", 1, "complaints@example.com", "very-s3cret-key",
        )  # fmt: skip
    assert "设置已保存" in text_of(post(browser, PAGE, **{**SETTINGS, **changes, "secret": "typed-again"}))
    with office.reading() as session:
        assert mailbox.settings(session, keys).secret == "typed-again"
    assert "设置已保存" in text_of(post(browser, PAGE, **{**SETTINGS, "secret": ""}, forget="y"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"host": "not a host"}, "主机名"),
        ({"port": "70000"}, "1 到 65535"),
        ({"security": "none", "host": "imap.example.com"}, "不加密的连接上不能用密码登录"),
        ({"done_folder": "INBOX"}, "另一个文件夹"),
        ({"addresses": "desk"}, "完整的邮箱地址"),
        ({"every": "0"}, "1 到 1440 之间"),
        ({"timeout": "900"}, "1 到 120 之间"),
        ({"largest": ""}, "1 到 50 之间"),
        ({"user": ""}, "用户名"),
    ],
)
def test_R1_a_figure_that_cannot_hold_is_refused_at_its_field(browser, changes, said):
    answer = post(browser, PAGE, **{**SETTINGS, **changes})
    assert answer.status_code == 422
    assert said in text_of(answer)


def test_R1_trying_the_connection_says_what_is_wrong(browser):
    assert "还没有设置" in text_of(post(browser, f"{PAGE}try/"))
    post(browser, PAGE, **SETTINGS)
    assert "连不上邮件服务器" in text_of(post(browser, f"{PAGE}try/"))


def test_R1_fetching_now_is_left_to_the_worker(browser, office):
    post(browser, PAGE, **SETTINGS)
    assert "半分钟内" in text_of(post(browser, f"{PAGE}fetch/"))
    with office.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Job.kind == "incoming_mail")) == 1


def test_R1_what_was_put_aside_is_named_until_a_person_has_seen_to_it(browser, office):
    with office.writing() as session:
        session.add(
            IncomingMail(
                key=b"k",
                arrived_at=AT,
                way=MailWay.MAILBOX,
                state=MailState.PUT_ASIDE,
                reason="too_large",
                uid=7,
                validity=1,
                size=9,
            )
        )
    page = text_of(browser.get(PAGE))
    assert "超过允许的大小" in page
    assert "邮箱内编号 7" in page
    assert "邮箱已换或重建" in text_of(post(browser, f"{PAGE}settle/", id="1", again="1"))
    assert "由人处理过了" in text_of(post(browser, f"{PAGE}settle/", id="1"))
    with office.reading() as session:
        line = session.scalars(sa.select(ReferenceChange)).one()
        assert (line.subject, line.action, line.changes["uid"]) == ("mailbox", "see_to", [None, 7])
    log = text_of(browser.get(PAGE)).partition("变更记录")[2]
    assert "too_large" not in text_of(browser.get(PAGE))
    for words in ("处理了搁置的来信", "邮箱内编号", "搁置原因", "超过允许的大小"):
        assert words in log
    assert "不在搁置之列" in text_of(post(browser, f"{PAGE}settle/", id="1"))
    assert post(browser, f"{PAGE}settle/", id="x").status_code == 404


@pytest.fixture
def data(templates, tmp_path, monkeypatch):
    """An office's data directory, as a mail server's alias names it."""
    for name in ("BACKOFFICE_DATA", "BACKOFFICE_DATABASE_URL", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    with templates.copy("sqlite", with_default_office, tmp_path) as database:
        database.dispose()
    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / "desk.sqlite").rename(folder / "office.db")
    open_keys(folder / "keys")
    return folder


@pytest.fixture
def deliver(data, monkeypatch):
    def delivered(raw, folder=data):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
        return cli.main(["deliver-mail", "--data", str(folder)])

    return delivered


@contextlib.contextmanager
def writing(data):
    """The office's database, closed at the end so that a command has it to itself."""
    database = Database(f"sqlite:///{data / 'office.db'}")
    try:
        with database.writing() as session:
            yield session
    finally:
        database.dispose()


def drafts(data):
    with writing(data) as session:
        return session.scalar(sa.select(sa.func.count()).select_from(ArrivedDraft))


def test_R1_a_mail_server_delivers_and_the_same_message_again_is_accepted_once(deliver, data):
    assert deliver(letter()) == 0
    assert deliver(b"From zhou Mon Nov 23\nReturn-Path: <zhou@example.com>\n" + letter()) == 0
    assert deliver(letter(Auto_Submitted="auto-replied", number=2)) == 0
    assert drafts(data) == 1


def test_R1_what_is_no_message_goes_back_and_is_not_asked_for_again(deliver, data):
    assert deliver(b"") == 65
    assert deliver(b"\n\nno headers") == 65
    parts = b"".join(b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (at, at + 1) for at in range(50))
    assert deliver(b"From: zhou@example.com\nContent-Type: multipart/mixed; boundary=b0\n\n" + parts) == 65
    with writing(data) as session:
        session.merge(Setting(key="mailbox", value={"largest": 1}))
    assert deliver(letter(text="x" * 2_000_000)) == 65
    assert drafts(data) == 0


def test_R1_where_the_desk_cannot_take_it_now_the_mail_server_keeps_it(deliver, data, tmp_path, capsys):
    assert deliver(letter(), tmp_path / "nowhere") == 75
    (data / "office.db").rename(data / "away.db")
    assert deliver(letter()) == 75
    (data / "away.db").rename(data / "office.db")
    with writing(data) as session:
        session.execute(sa.update(Channel).where(Channel.entry_way == "email").values(retired_at=AT))
    assert deliver(letter()) == 75
    assert "周晓" not in capsys.readouterr().err, "what a mail server logs quotes no customer"


def told(data):
    with writing(data) as session:
        return [(one.why, one.count) for one in turned_away.told(session, datetime.now(UTC))]


def test_R1_what_is_turned_away_for_now_is_counted_for_the_administrator(deliver, data, capsys):
    for number in range(MOST_FROM_ONE):
        assert deliver(letter(number=number)) == 0
    assert told(data) == []
    assert [deliver(letter(number=90)), deliver(letter(number=91))] == [75, 75]
    assert told(data) == [("flood", 2)]
    with writing(data) as session:
        session.execute(sa.update(Channel).where(Channel.entry_way == "email").values(retired_at=AT))
    assert deliver(letter(number=92, sender="another@example.com")) == 75
    assert told(data) == [("no_channel", 1), ("flood", 2)]
    with writing(data) as session:
        session.execute(sa.update(Office).values(set_up_at=AT))
    cli.main(["status", "--data", str(data)])
    assert "no channel for e-mail is in use" in capsys.readouterr().out
    assert deliver(letter(number=93, Auto_Submitted="auto-replied")) == 0
    assert deliver(letter(number=0)) == 0, "it is a draft since before"
    assert told(data) == [("no_channel", 1), ("flood", 2)], "neither of the two needed a channel"
    with writing(data) as session:
        session.execute(sa.update(Channel).where(Channel.entry_way == "email").values(retired_at=None))
    assert deliver(letter(number=92, sender="another@example.com")) == 0
    assert told(data) == [("flood", 2)]


def test_R1_the_page_of_the_mailbox_says_what_was_turned_away_how_often_and_since_when(browser, office, app):
    at = app.extensions["desk"].clock.now()
    with office.writing() as session:
        for _offer in range(3):
            counting.count(session, Why.FLOOD, at)
    page = text_of(browser.get(PAGE))
    assert "有 3 次暂未收下：同一发件人一小时内来信过多" in page
