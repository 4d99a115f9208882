"""R26: one's own messages with the bell in the top bar; what goes out, who may send it again, and that texts stay closed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.models.office import Staff
from backoffice.models.work import Outbox
from backoffice.sealing import seal_for_office
from backoffice.services.core.staff_messages import tell_staff
from backoffice.services.core.work import Work
from policies.access import SYSTEM
from policies.vocabulary import MessageState
from tests.support.browsing import text_of
from tests.support.counting import statements
from tests.support.played import Play

NUMBER = "13900004172"


@pytest.fixture
def desk(app):
    return app.extensions["desk"]


@pytest.fixture
def play(office, desk, tmp_path):
    play = Play(office, desk.keys, tmp_path / "files")
    play.register()
    return play


def tell(desk, office, *codes, times=1):
    with office.writing() as session:
        ids = list(session.scalars(sa.select(Staff.id).where(Staff.code.in_(codes))))
        for number in range(times):
            work = Work(session, desk.keys, SYSTEM, desk.clock.now(), desk.clock.now())
            tell_staff(work, "warn_owner", ids, lambda _language, n=number: {"complaint_number": f"TS-{n}"})


def queue(desk, office, state=MessageState.GIVEN_UP, way="sms", to=NUMBER, error="recipient 550 5.1.1"):
    with office.writing() as session:
        content = json.dumps({"to": to, "subject": "", "text": "周㛃敏您好"})
        row = Outbox(
            template="ack_sms", way=way, created_at=desk.clock.now(), due_at=desk.clock.now(), state=state, tries=8,
            error=error, sealed=seal_for_office(desk.keys, content, "outbox"),
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def row_of(office, row_id):
    with office.reading() as session:
        return session.get(Outbox, row_id)


def post(browser, path, **data):
    token = browser.get("/account").get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    return browser.post(path, data={"csrf_token": token, **data}, follow_redirects=True)


def test_R26_the_bell_counts_what_one_has_not_read_and_nobody_elses(desk, office, sign_in):
    tell(desk, office, "S003", times=3)
    assert "3 条未读" in sign_in("S003").get("/account").get_data(as_text=True)
    assert "没有未读" in sign_in("S005").get("/account").get_data(as_text=True)


def test_R26_the_bell_costs_one_statement_however_many_there_are(desk, office, sign_in, app):
    browser = sign_in("S003")
    browser.get("/account")
    with statements(app) as few:
        browser.get("/account")
    tell(desk, office, "S003", times=120)
    with statements(app) as many:
        page = browser.get("/account").get_data(as_text=True)
    assert len(few) == len(many)
    assert "99+" in page


def test_R26_one_or_all_are_marked_as_read_and_others_stay(desk, office, sign_in):
    tell(desk, office, "S003", "S001", times=2)
    browser = sign_in("S003")
    assert "TS-1" in text_of(browser.get("/messages"))
    with office.reading() as session:
        ids = list(session.scalars(sa.select(Outbox.id).order_by(Outbox.id)))
        mine = [one for one in ids if session.get(Outbox, one).staff_id == int(browser_id(session, "S003"))]
    post(browser, "/messages/read", id=str(next(one for one in ids if one not in mine)))
    assert "2 条未读" in browser.get("/account").get_data(as_text=True), "a foreign one is not mine to read"
    post(browser, "/messages/read", id=str(mine[0]))
    assert "1 条未读" in browser.get("/account").get_data(as_text=True)
    post(browser, "/messages/read")
    assert "没有未读" in browser.get("/account").get_data(as_text=True)
    assert "2 条未读" in sign_in("S001").get("/account").get_data(as_text=True)


def browser_id(session, code):
    return session.scalars(sa.select(Staff.id).where(Staff.code == code)).one()


def test_R26_a_page_holds_thirty_and_the_next_begins_where_it_ended(desk, office, sign_in):
    tell(desk, office, "S003", times=65)
    browser = sign_in("S003")
    seen, address = [], "/messages"
    while address:
        page = browser.get(address).get_data(as_text=True)
        seen += [part.split("”")[0].split(" ")[0] for part in page.split("TS-")[1:]]
        found = page.split('rel="next" href="')
        address = found[1].split('"')[0] if len(found) > 1 else ""
    assert seen == [str(number) for number in range(64, -1, -1)]


def test_R26_a_message_leads_to_its_complaint_only_where_that_may_be_opened(play, office, desk, sign_in):
    play.dispatch()
    page = sign_in("S015").get("/messages").get_data(as_text=True)
    assert f'/complaints/{play.number}"' in page
    with office.writing() as session:
        session.execute(sa.update(Outbox).values(staff_id=browser_id(session, "S025")))
    assert f'/complaints/{play.number}"' not in sign_in("S025").get("/messages").get_data(as_text=True)


@pytest.mark.parametrize("query", ["before=x", "after=-1", "before=99999999999999999999", "before=1&after=2"])
def test_an_odd_place_in_the_list_is_its_beginning(sign_in, query):
    assert sign_in("S003").get(f"/messages?{query}").status_code == 200
    assert sign_in("S003").get(f"/outbox?{query}&state=no&way=pigeon").status_code == 200


def test_R39_the_outbox_shows_whom_masked_and_no_text_and_says_why(desk, office, sign_in):
    queue(desk, office)
    for code in ("S003", "S030"):
        page = text_of(sign_in(code).get("/outbox"))
        assert NUMBER not in page
        assert "周㛃敏" not in page
        assert "收件人不存在或拒收 (550 5.1.1)" in page
    assert sign_in("S005").get("/outbox").status_code == 403


def test_R5_what_waits_for_a_way_that_is_not_set_up_is_said_and_is_no_error(desk, office, sign_in):
    queue(desk, office, MessageState.WAITING, error="")
    page = text_of(sign_in("S003").get("/outbox"))
    assert "短信还没有设置好，1 条消息在等待" in page


def test_R26_a_dead_letter_is_sent_again_with_its_tries_forgotten(desk, office, sign_in):
    one, two = queue(desk, office), queue(desk, office)
    page = post(sign_in("S003"), "/outbox/resend", id=[str(one), str(two)])
    assert "已重新排队 2 条" in page.get_data(as_text=True)
    assert {(row_of(office, n).state, row_of(office, n).tries) for n in (one, two)} == {(MessageState.WAITING, 0)}


def test_R26_an_uncertain_message_is_sent_again_only_by_who_ticks_that_they_checked(desk, office, sign_in):
    one = queue(desk, office, MessageState.UNCERTAIN, error="timeout_after")
    browser = sign_in("S003")
    assert "可能已经送达" in post(browser, "/outbox/resend", id=str(one)).get_data(as_text=True)
    assert row_of(office, one).state is MessageState.UNCERTAIN
    post(browser, "/outbox/resend", id=str(one), confirmed="1")
    assert row_of(office, one).state is MessageState.WAITING


def test_R26_an_uncertain_message_is_settled_as_arrived_and_who_did_it_is_kept(desk, office, sign_in):
    one = queue(desk, office, MessageState.UNCERTAIN, error="timeout_after")
    desk.clock.at += timedelta(minutes=5)
    post(sign_in("S030"), "/outbox/settle", id=str(one))
    assert (row_of(office, one).state, row_of(office, one).sent_at) == (MessageState.SENT, desk.clock.at)
    assert "登记为已送达" in text_of(sign_in("S030").get("/settings/changes/"))


@pytest.mark.parametrize("state", [MessageState.WAITING, MessageState.SENT, MessageState.SENDING])
def test_R26_what_did_not_fail_is_neither_sent_again_nor_settled(desk, office, sign_in, state):
    one = queue(desk, office, state)
    browser = sign_in("S003")
    post(browser, "/outbox/resend", id=str(one), confirmed="1")
    post(browser, "/outbox/settle", id=str(one))
    assert row_of(office, one).state is state


def test_nothing_chosen_is_said(sign_in):
    assert "请先在列表中勾选" in post(sign_in("S003"), "/outbox/resend").get_data(as_text=True)
    assert post(sign_in("S003"), "/outbox/resend", id="999").status_code == 404
