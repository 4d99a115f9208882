"""R5, R26: what waits in the outbox is sent by the worker, each once, against a real mail server and a gateway's stub."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.integrations import mail
from backoffice.jobs import sending as job
from backoffice.jobs.running import Workshop
from backoffice.jobs.sending import send_due
from backoffice.keys import Keys, open_keys
from backoffice.models.configuration import Setting
from backoffice.models.work import Outbox
from backoffice.sealing import seal_for_office
from policies.delivery import LEASE, Outcome, Verdict
from policies.vocabulary import MessageState
from tests.support import mail_server, sms_gateway
from tests.support.sources import PROJECT

MAIL = {"host": "127.0.0.1", "security": "none", "sender": "desk@example.com", "timeout": 1, "per_minute": 6000}
SMS = {"success_path": "code", "success_value": "0", "timeout": 1, "per_minute": 6000}


@pytest.fixture
def shop(office_database, clock, tmp_path):
    return Workshop(office_database, Keys.fresh(), clock, tmp_path)


@pytest.fixture
def server():
    with mail_server.running() as server:
        yield server


@pytest.fixture
def gateway():
    with sms_gateway.running() as gateway:
        yield gateway


def use(shop, server=None, gateway=None, **more):
    with shop.database.writing() as session:
        if server:
            session.merge(Setting(key="delivery_email", value={**MAIL, "port": server.port, **more}))
        if gateway:
            session.merge(Setting(key="delivery_sms", value={**SMS, "url": gateway.url, **more}))


def queue(shop, way, *recipients, text="请启动应急响应", due_at=None):
    with shop.database.writing() as session:
        for to in recipients:
            content = {"to": to, "subject": "重大投诉", "text": text}
            session.add(
                Outbox(
                    template="major_alert_sms", way=way, created_at=shop.clock.now(),
                    due_at=due_at or shop.clock.now(),
                    sealed=seal_for_office(shop.keys, json.dumps(content), "outbox"),
                )
            )  # fmt: skip


def rows(shop):
    with shop.database.reading() as session:
        return list(session.scalars(sa.select(Outbox).order_by(Outbox.id)))


def states(shop):
    return [row.state.value for row in rows(shop)]


def test_R5_waiting_messages_of_both_ways_are_sent_and_marked_so(shop, server, gateway):
    use(shop, server, gateway)
    queue(shop, "email", "a@example.com")
    queue(shop, "sms", "13900000001")
    assert send_due(shop).sent == 2
    assert states(shop) == ["sent", "sent"]
    assert {row.sent_at for row in rows(shop)} == {shop.clock.at}
    assert send_due(shop).sent == 0
    assert (len(server.raw), len(gateway.taken)) == (1, 1)


def test_R5_until_a_way_is_set_up_its_messages_wait_without_an_error(shop, gateway):
    use(shop, gateway=gateway)
    queue(shop, "email", "a@example.com")
    queue(shop, "sms", "13900000001")
    send_due(shop)
    assert states(shop) == ["waiting", "sent"]
    assert rows(shop)[0].error == ""


def test_R5_what_is_due_later_waits_and_what_is_shown_in_the_console_is_never_taken(shop, gateway):
    use(shop, gateway=gateway)
    queue(shop, "sms", "13900000001", due_at=shop.clock.at + timedelta(minutes=5))
    queue(shop, "in_app", "")
    assert send_due(shop).sent == 0
    shop.clock.at += timedelta(minutes=5)
    assert send_due(shop).sent == 1


def test_R5_a_refusal_for_now_is_tried_again_after_its_wait_under_the_same_id(shop, server):
    server.answers["RCPT"] = ["450 4.2.1 busy"]
    use(shop, server)
    queue(shop, "email", "a@example.com")
    send_due(shop)
    (row,) = rows(shop)
    assert (row.state, row.error, row.tries) == (MessageState.WAITING, "refused_now 450 4.2.1", 1)
    assert row.due_at == shop.clock.at + timedelta(minutes=1)
    send_due(shop)
    assert server.raw == []
    shop.clock.at = row.due_at
    send_due(shop)
    assert (states(shop), len(server.raw), rows(shop)[0].error) == (["sent"], 1, "")


def test_R5_a_recipient_refused_for_good_is_given_up_at_once_and_the_others_go(shop, server):
    server.answers["RCPT"] = ["550 5.1.1 no such user"]
    use(shop, server)
    queue(shop, "email", "gone@example.com", "a@example.com")
    send_due(shop)
    assert states(shop) == ["given_up", "sent"]
    assert rows(shop)[0].error == "recipient 550 5.1.1"


def test_R5_after_the_last_of_its_tries_a_message_is_given_up(shop, gateway):
    gateway.usual = (500, b"")
    use(shop, gateway=gateway, most_tries=3)
    queue(shop, "sms", "13900000001")
    for _ in range(5):
        send_due(shop)
        shop.clock.at += timedelta(hours=6)
    assert states(shop) == ["given_up"]
    assert len(gateway.taken) == 3
    assert len({taken.headers["Idempotency-Key"] for taken in gateway.taken}) == 1


@pytest.mark.parametrize("answer", ["hang", "drip", "drop", "nonsense"])
def test_a_gateway_that_hangs_or_talks_nonsense_leaves_an_uncertain_message_that_nobody_sends_by_himself(
    shop, server, gateway, answer
):
    gateway.answers = [answer]
    use(shop, server)
    use(shop, gateway=gateway)
    queue(shop, "sms", "13900000001", "13900000002")
    queue(shop, "email", "a@example.com")
    send_due(shop)
    assert states(shop) == ["uncertain", "sent", "sent"], "and holds nothing else up"
    shop.clock.at += timedelta(days=9)
    send_due(shop)
    assert len(gateway.taken) == 2


def test_a_gateway_that_stays_silent_ends_its_round_after_two_and_the_rest_waits(shop, gateway):
    gateway.usual = "hang"
    use(shop, gateway=gateway)
    queue(shop, "sms", *(f"1390000000{number}" for number in range(5)))
    send_due(shop)
    assert Counter(states(shop)) == {"uncertain": 2, "waiting": 3}


def test_no_more_a_minute_than_the_office_allows(shop, gateway):
    use(shop, gateway=gateway, per_minute=2)
    queue(shop, "sms", *(f"1390000000{number}" for number in range(5)))
    assert [send_due(shop).sent, send_due(shop).sent] == [2, 0]
    shop.clock.at += timedelta(minutes=1)
    assert send_due(shop).sent == 2


def test_what_a_worker_left_in_between_is_uncertain_and_not_sent_again(shop, gateway):
    use(shop, gateway=gateway)
    queue(shop, "sms", "13900000001")
    assert job._take(shop, "sms", 10) is not None  # and then the machine stopped
    send_due(shop)
    assert states(shop) == ["sending"]
    shop.clock.at += LEASE
    assert send_due(shop).uncertain == 1
    assert (states(shop), rows(shop)[0].error) == (["uncertain"], "worker_stopped")
    shop.clock.at += timedelta(days=1)
    send_due(shop)
    assert gateway.taken == []


def test_a_slow_worker_that_comes_back_says_what_it_knows(shop, gateway):
    use(shop, gateway=gateway)
    queue(shop, "sms", "13900000001")
    parcel = job._take(shop, "sms", 10)
    shop.clock.at += LEASE
    send_due(shop)
    with shop.database.writing() as session:
        assert job.sending.record(session, parcel, Outcome(Verdict.SENT), shop.clock.at, 8)
    assert states(shop) == ["sent"]


def test_what_its_key_no_longer_opens_is_given_up(shop, gateway):
    use(shop, gateway=gateway)
    queue(shop, "sms", "13900000001")
    shop = Workshop(shop.database, Keys.fresh(), shop.clock, shop.folder)
    send_due(shop)
    assert (states(shop), rows(shop)[0].error) == (["given_up"], "unreadable")


def test_a_fault_of_our_own_is_uncertain_and_says_nothing_of_the_customer(shop, server, monkeypatch, caplog):
    def broken(_settings, letter):
        raise ZeroDivisionError(letter.to)

    monkeypatch.setattr(mail, "send", broken)
    use(shop, server)
    queue(shop, "email", "a@example.com")
    send_due(shop)
    assert rows(shop)[0].error == "unexpected ZeroDivisionError"


def test_R5_a_thousand_messages_and_two_workers_each_is_sent_once(shop, gateway):
    use(shop, gateway=gateway)
    queue(shop, "sms", *(f"139{number:08}" for number in range(1000)))
    workers = [threading.Thread(target=send_due, args=(shop, lambda: False, 300)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(300)
    sent = Counter(json.loads(taken.body)["to"] for taken in gateway.taken)
    assert len(sent) == 1000
    assert set(sent.values()) == {1}
    assert set(states(shop)) == {"sent"}


@pytest.mark.parametrize(("place", "arrived"), [("before", 0), ("after", 1)])
def test_R5_a_worker_that_is_killed_over_a_message_never_has_it_sent_twice(shop, gateway, place, arrived):
    keys = open_keys(shop.folder / "keys")
    shop = Workshop(shop.database, keys, shop.clock, shop.folder / "keys")
    use(shop, gateway=gateway)
    queue(shop, "sms", "13900000001")
    command = [sys.executable, "-m", "tests.support.killed_sender"]
    more = [shop.database.url, str(shop.folder), shop.clock.at.isoformat(), place]
    with subprocess.Popen([*command, *more], stdout=subprocess.PIPE, text=True, cwd=PROJECT) as worker:
        assert worker.stdout.readline() == "here\n"
        worker.kill()
    assert states(shop) == ["sending"]
    send_due(shop)
    shop.clock.at += LEASE
    send_due(shop)
    shop.clock.at += timedelta(days=1)
    send_due(shop)
    assert states(shop) == ["uncertain"]
    assert len(gateway.taken) == arrived
