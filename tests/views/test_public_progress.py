"""R1, R13: a customer sees by number and phone how their complaint goes, and nobody sees anything else."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.models.configuration import Setting
from backoffice.models.history import AccessEvent
from backoffice.models.work import Outbox
from backoffice.services.core.case import open_case
from policies.public_pages import PublicPages, as_data
from policies.vocabulary import ContactWay, Fault, MessageState
from tests.support.browsing import text_of
from tests.support.played import RECEIVED, TEXTS, Play

PHONE = TEXTS["contact_phone"]


@pytest.fixture
def keys(app):
    return app.extensions["desk"].keys


@pytest.fixture
def play(office, keys, tmp_path):
    with office.writing() as session:
        session.add(Setting(key="public_pages", value=as_data(PublicPages(progress=True))))
    played = Play(office, keys, tmp_path / "files")
    played.register()
    return played


@pytest.fixture(autouse=True)
def at(clock):
    clock.at = RECEIVED + timedelta(days=9)


def ask(client, number, phone=PHONE, speaks="zh", address="192.0.2.7", **more):
    return client.post(
        f"/public/{speaks}/progress", data={"number": number, "phone": phone},
        environ_base={"REMOTE_ADDR": address}, **more,
    )  # fmt: skip


def sent(office):
    """All that waits has gone out."""
    with office.writing() as session:
        for row in session.scalars(sa.select(Outbox).where(Outbox.staff_id.is_(None))):
            row.state, row.sent_at = MessageState.SENT, RECEIVED + timedelta(hours=2)


def test_R13_the_customer_sees_when_it_was_received_and_by_when_an_answer_was_promised(client, play):
    answer = ask(client, play.number)
    assert answer.status_code == 200
    page = text_of(answer)
    assert f"投诉 {play.number}" in page
    assert "11月23日" in page  # received on Monday 23 November
    assert "承诺答复期限：11月30日" in page  # five working days for a general complaint
    assert page.count("尚未") == 3


@pytest.mark.parametrize("phone", ["139 0000 4172", "+86 139-0000-4172", "１３９００００４１７２", " 013900004172 "])
def test_R13_a_phone_is_the_same_however_it_is_written(client, play, phone):
    assert ask(client, f" {play.number.lower()} ", phone).status_code == 200


def test_R13_it_is_shown_how_far_it_came(client, play):
    play.act("S005", "acknowledge", way=ContactWay.PHONE, text="已受理")
    play.act("S005", "start_check")
    play.act("S005", "solve_at_first_contact", solution="重启光猫", customer_opinion="好了", fault=Fault.CUSTOMER_FAULT,
             cause_code="system_fault", apologised=True)  # fmt: skip
    page = text_of(ask(client, play.number))
    assert page.count("尚未") == 1
    assert "承诺答复期限" not in page
    assert "重启光猫" not in page  # what was written down for colleagues


def test_R13_what_was_sent_to_the_customer_is_shown_and_what_waits_is_not(client, play, office):
    play.act("S005", "acknowledge", way=ContactWay.SMS)
    assert "我们发给您的消息" not in text_of(ask(client, play.number))
    sent(office)
    page = text_of(ask(client, play.number))
    assert "我们发给您的消息" in page
    assert "受理" in page


def test_R39_nothing_of_the_office_is_told(client, play, office):
    play.dispatch()
    play.handle()
    sent(office)
    page = ask(client, play.number).get_data(as_text=True)
    for word in (
        "S005",
        "S016",
        "客服前台",
        "技术支持",
        "重要",
        "一般投诉",
        "高",
        "装维师傅",
        "文三路",
        "zhou@example.com",
    ):
        assert word not in page, word


def test_R39_an_unknown_number_and_a_wrong_phone_get_the_same_answer(client, play):
    unknown = ask(client, "TS20261123-0999")
    wrong = ask(client, play.number, "13900004173")
    nothing = ask(client, "x", "y")
    assert unknown.status_code == wrong.status_code == nothing.status_code == 422
    pages = [one.get_data(as_text=True) for one in (unknown, wrong)]
    typed = [("TS20261123-0999", play.number), (PHONE, "13900004173")]
    assert pages[0].replace(typed[0][0], "#").replace(typed[1][0], "#") == pages[1].replace(typed[0][1], "#").replace(
        typed[1][1], "#"
    )


def test_R39_several_phones_at_once_are_not_tried(client, play):
    assert ask(client, play.number, f"13900000000/{PHONE}").status_code == 422
    assert ask(client, play.number, "").status_code == 422
    assert ask(client, play.number, "/").status_code == 422


def test_R39_nobody_tries_phones_at_a_number_from_many_addresses(client, play):
    for host in range(20):
        assert ask(client, play.number, f"139000000{host:02}", address=f"198.51.100.{host}").status_code == 422
    held = ask(client, play.number, "13900000099", address="203.0.113.9")
    assert held.status_code == 429
    assert int(held.headers["Retry-After"]) > 0
    assert play.number in held.get_data(as_text=True)


def test_R39_nobody_tries_numbers_from_one_address(client, play):
    for place in range(60):
        assert ask(client, f"TS20261122-{place:04}").status_code == 422
    assert ask(client, play.number).status_code == 429
    assert ask(client, play.number, address="203.0.113.9").status_code == 200


def test_R39_that_it_was_shown_is_in_the_access_chain_and_what_was_asked_in_vain_is_not(client, play, office):
    ask(client, play.number, "13900004173")
    ask(client, play.number)
    with office.reading() as session:
        shown = session.scalars(sa.select(AccessEvent).where(AccessEvent.kind == "progress_shown")).one()
    assert (shown.complaint_id, shown.actor_id, shown.address) == (play.complaint_id, None, "192.0.2.7")
    assert PHONE not in shown.body


def test_R39_of_a_confidential_complaint_dates_are_shown_and_no_words(client, play, office, keys):
    play.act("S005", "acknowledge", way=ContactWay.SMS)
    sent(office)
    with office.writing() as session:
        open_case(play.work(session, "S005"), play.complaint_id).complaint.confidential = True
    page = text_of(ask(client, play.number))
    assert "您要求保密" in page
    assert "我们发给您的消息" not in page


def test_R39_the_phone_stands_in_no_address_and_another_site_asks_nothing(client, play):
    answer = client.get(f"/public/zh/progress?number={play.number}&phone={PHONE}")
    assert play.number not in answer.get_data(as_text=True)
    assert ask(client, play.number, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_R1_it_is_off_until_it_is_switched_on(client, office):
    assert client.get("/public/zh/progress").status_code == 404
    assert ask(client, "TS20261123-0001").status_code == 404


def test_R13_in_english_too(client, play):
    page = text_of(ask(client, play.number, speaks="en"))
    assert "Not yet" in page
    assert "We promised an answer by" in page
