"""R1: a real round: sent by SMTP, fetched over IMAP with TLS, kept once, whatever breaks in between."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.integrations import mail, mailbox
from backoffice.integrations.mailbox import Lying, Mailbox, MailboxError, Seen
from backoffice.integrations.store import StoreError, unreachable
from backoffice.jobs import incoming_mail as job
from backoffice.jobs.handlers import HANDLERS, plan_timed
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.arrival import ArrivedDraft
from backoffice.models.configuration import Channel, Setting
from backoffice.models.history import ReferenceChange
from backoffice.models.incoming_mail import IncomingMail
from backoffice.queries import mailbox as standing
from backoffice.queries.actor import load_actor
from backoffice.sealing import seal_for_office
from backoffice.services import incoming_mail as service
from backoffice.services import mailbox_settings
from policies.gateways import MailSettings, Security
from policies.mailbox import MailboxFault, MailboxSettings
from tests.conftest import missing
from tests.support import dovecot, mail_server
from tests.support.mails import letter
from tests.support.scenes import staff
from views.language import say


@pytest.fixture
def shop(office_database, clock, tmp_path):
    clock.at += timedelta(days=365)  # after the messages of these tests came into the mailbox
    return Workshop(office_database, Keys.fresh(), clock, tmp_path, say)


@pytest.fixture
def server():
    if reason := dovecot.why_not():
        missing(reason)
    with dovecot.running() as found:
        yield found


@pytest.fixture
def fetch(shop, server):
    def fetched(**more):
        settings = server.settings(**more)
        kept = {name: value for name, value in vars(settings).items() if name != "secret"}
        sealed = base64.b64encode(seal_for_office(shop.keys, settings.secret, "delivery-secret")).decode()
        with shop.database.writing() as session:
            session.merge(Setting(key="mailbox", value={**kept, "secret_sealed": sealed}))
        return job.fetch_round(shop, server.trusted)

    return fetched


def count(shop, table=ArrivedDraft):
    with shop.database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table))


def test_R1_what_is_sent_by_smtp_is_fetched_over_imap_and_becomes_one_draft(shop, server, fetch):
    with mail_server.running() as smtp:
        way = MailSettings(
            host="127.0.0.1", port=smtp.port, security=Security.NONE, sender="zhou@example.com", timeout=5
        )
        sent = mail.Letter("complaints@example.com", "宽带断了", "三天没有网络。", "x-1", shop.clock.now())
        mail.send(way, sent)
    server.deliver(smtp.raw[0].replace(b"Auto-Submitted: auto-generated\r\n", b""))
    server.deliver(smtp.raw[0].replace(b"<x-1@", b"<x-2@"))  # as the desk itself writes: a machine's
    found = fetch()
    assert (found.taken, found.known, found.aside, found.fault) == (2, 0, 0, "")
    assert count(shop) == 1
    assert server.flags() == ["S", "S"]
    assert fetch().taken == 0
    with shop.database.reading() as session:
        assert standing.lately(session, shop.clock.now()).counts == (("drafted", "", 1), ("ignored", "auto_reply", 1))


def test_R1_who_is_stopped_between_keeping_and_marking_makes_no_second_draft(shop, server, fetch, monkeypatch):
    server.deliver(letter())
    with monkeypatch.context() as patched:
        patched.setattr(Mailbox, "mark", _killed)
        with pytest.raises(KeyboardInterrupt):
            fetch()
    assert (count(shop), server.flags()) == (1, [""])
    assert fetch().taken == 0
    assert (count(shop), server.flags()) == (1, ["S"])
    with shop.database.writing() as session:  # the mailbox was made anew: everything unread comes again
        session.merge(Setting(key="mailbox_state", value={}))
    server.deliver(letter())
    assert (fetch().known, count(shop)) == (1, 1)


def _killed(*_arguments, **_more):
    raise KeyboardInterrupt


def test_R1_who_is_stopped_before_the_commit_has_kept_nothing_and_fetches_again(shop, server, fetch, monkeypatch):
    server.deliver(letter())
    with monkeypatch.context() as patched:
        patched.setattr(mailbox_settings, "taken", _killed)
        with pytest.raises(KeyboardInterrupt):
            fetch()
    assert (count(shop), count(shop, IncomingMail)) == (0, 0)
    assert (fetch().taken, count(shop)) == (1, 1)


def test_R1_a_message_that_kills_the_worker_is_put_aside_after_a_few_tries(shop, server, fetch, monkeypatch):
    server.deliver(letter(number=1))
    server.deliver(letter(number=2))
    with monkeypatch.context() as patched:
        patched.setattr(service, "read_message", _killed)
        for _round in range(mailbox_settings.MOST_TRIES):
            with pytest.raises(KeyboardInterrupt):
                fetch()
    found = fetch()
    assert (found.taken, found.aside) == (1, 1)
    with shop.database.reading() as session:
        assert [row.reason for row in standing.aside(session)] == ["fault"]
        assert standing.position(session).tries == {}


def test_R1_an_outage_of_the_file_store_is_counted_against_no_message(shop, server, fetch, monkeypatch):
    server.deliver(letter())

    def away(*_arguments):
        raise unreachable("away")

    with monkeypatch.context() as patched:
        patched.setattr(service, "_keep", away)
        for _round in range(mailbox_settings.MOST_TRIES + 1):
            with pytest.raises(StoreError):
                fetch()
    assert (count(shop, IncomingMail), server.flags()) == (0, [""])
    assert (fetch().taken, count(shop)) == (1, 1)


def test_R1_others_write_while_a_message_is_read(shop, server, fetch, monkeypatch):
    server.deliver(letter())
    read = service.read_message

    def slow(raw):
        with shop.database.writing() as session:
            session.merge(Setting(key="written_meanwhile", value={}))
        return read(raw)

    monkeypatch.setattr(service, "read_message", slow)
    assert fetch().taken == 1


def test_R1_what_cannot_be_taken_in_is_put_aside_and_the_others_go_on(shop, server, fetch):
    server.deliver(letter(number=1, text="x" * 1_200_000))
    server.deliver(b"\nno header\n")
    server.deliver(letter(number=2))
    found = fetch(largest=1)
    assert (found.taken, found.aside) == (1, 2)
    assert server.flags() == ["F", "F", "S"]
    with shop.database.reading() as session:
        assert [row.reason for row in standing.aside(session)] == ["too_large", "unreadable"]
        administrator = load_actor(session, staff(session, "S030").id)
        large, broken = (row.id for row in standing.aside(session))
    with shop.database.writing() as session:
        mailbox_settings.settle(session, administrator, shop.clock.now(), large, again=True)
        mailbox_settings.settle(session, administrator, shop.clock.now(), broken, again=False)
    with shop.database.reading() as session:
        lines = session.scalars(sa.select(ReferenceChange).order_by(ReferenceChange.id)).all()
        assert [(line.action, line.actor_id, line.changes["put_aside"]) for line in lines] == [
            ("read_again", administrator.staff_id, [None, "too_large"]),
            ("see_to", administrator.staff_id, [None, "unreadable"]),
        ]
    assert fetch(largest=5).taken == 1, "the limit was raised, and it is read once more"
    assert count(shop) == 2
    with shop.database.reading() as session:
        assert standing.aside(session) == []


def test_R1_what_was_read_before_the_desk_came_is_left_and_all_that_is_new_is_taken(shop, server, fetch):
    server.deliver(letter(number=1))
    with mailbox.opened(server.settings(), server.trusted) as box:
        box.mark(1, "")
    assert fetch().taken == 0
    server.deliver(letter(number=2))
    with mailbox.opened(server.settings(), server.trusted) as box:
        box.mark(2, "")  # somebody looked at it in a mail program
    assert fetch().taken == 1


def test_R1_the_first_look_takes_all_that_is_unread_however_high_the_mailbox_has_counted(
    shop, server, fetch, monkeypatch
):
    uids = [7, 1_400_000, 2_000_000, 3_999_999_990, 3_999_999_991, 3_999_999_992]
    for number in range(len(uids)):
        server.deliver(letter(number=number))
    server.number(*uids, following=4_000_000_000)
    with mailbox.opened(server.settings(), server.trusted) as box:
        for uid in uids[:4]:
            box.mark(uid, "")
    monkeypatch.setattr(mailbox, "WINDOW", 2)
    monkeypatch.setattr(mailbox, "MOST_WINDOWS", 1)
    assert sum(fetch().taken for _round in range(4)) == 2
    assert count(shop) == 2
    with shop.database.reading() as session:
        assert standing.position(session).last == 3_999_999_999


class SlowMailbox:
    """A mailbox that takes all the time that is given to a look, and some seconds for each message."""

    validity, next_uid, timeout = 1, 400_000, 60
    uids, looked = (150_000, 150_001, 150_009), 200_000

    def __init__(self, look=1.0, message=0.0):
        self.now, self.look, self.per_message, self.firsts = 0.0, look, message, []

    def these(self, _uids):
        return []

    def lying(self, first, _most, *, unseen_until, end):
        self.firsts.append(first)
        assert unseen_until == self.next_uid - 1
        self.now += (end - self.now) * self.look
        if first > self.looked:
            return Seen([], unseen_until)
        return Seen([Lying(uid, 500, None) for uid in self.uids if uid >= first], self.looked)

    def message(self, uid):
        self.now += self.per_message
        return letter(number=uid)

    def mark(self, _uid, _folder):
        pass


@pytest.fixture
def slowly(shop, monkeypatch):
    def rounds(box, count):
        monkeypatch.setattr(job.time, "monotonic", lambda: box.now)
        found = []
        for _round in range(count):
            found.append(job.Fetched())
            job._go_through(shop, MailboxSettings(on=True, host="x", timeout=box.timeout), box, found[-1])
        with shop.database.reading() as session:
            return [(one.taken, one.fault) for one in found], standing.position(session).last

    return rounds


def test_R1_a_first_look_that_uses_up_its_time_still_takes_messages(shop, slowly):
    box = SlowMailbox()
    assert slowly(box, 2) == ([(3, ""), (0, "")], 399_999)
    assert (box.firsts, count(shop)) == ([1, 200_001], 3)


def test_R1_a_round_that_ends_between_two_messages_goes_on_with_the_next_and_passes_over_none(shop, slowly):
    box = SlowMailbox(message=30)  # of 55 seconds the look takes half
    assert slowly(box, 3) == ([(1, ""), (1, ""), (1, "")], 200_000)
    assert (box.firsts, count(shop)) == ([1, 150_001, 150_009], 3)


def test_R1_a_look_that_leaves_no_time_is_kept_and_what_stands_still_is_a_fault(shop, slowly):
    box = SlowMailbox(look=2.5)
    assert slowly(box, 1) == ([(0, "")], 149_999)
    assert slowly(box, 2) == ([(0, "timeout"), (0, "timeout")], 149_999)
    box.look = 1
    assert slowly(box, 1) == ([(3, "")], 200_000)
    assert count(shop) == 3


def test_R1_a_folder_that_takes_nothing_is_told_and_holds_nothing_up(shop, server, fetch, monkeypatch):
    server.deliver(letter(number=1))
    server.deliver(letter(number=2))

    def refused(*_arguments):
        raise MailboxError(MailboxFault.NO_FOLDER)

    with monkeypatch.context() as patched:
        patched.setattr(Mailbox, "mark", refused)
        found = fetch(done_folder="done")
    assert (found.taken, found.fault, count(shop)) == (2, "no_folder", 2)
    assert fetch(done_folder="done").fault == ""
    assert (server.flags(), server.flags(".done")) == ([], ["S", "S"])


@pytest.mark.parametrize(("more", "fault"), [({"secret": "wrong"}, "sign_in"), ({"port": 1}, "unreachable")])
def test_R1_a_mailbox_that_cannot_be_read_is_named_and_fails_no_job(shop, fetch, more, fault):
    assert fetch(**more).fault == fault
    with shop.database.reading() as session:
        assert standing.position(session).fault == fault


def test_R1_without_a_channel_nothing_is_fetched(shop, server, fetch):
    server.deliver(letter())
    with shop.database.writing() as session:
        session.execute(sa.update(Channel).where(Channel.entry_way == "email").values(retired_at=shop.clock.now()))
    assert fetch().fault == "no_channel"
    assert server.flags() == [""]


def test_R1_it_is_fetched_every_few_minutes_and_when_somebody_asks(shop, monkeypatch):
    rounds = []
    monkeypatch.setattr(job, "fetch_round", lambda _shop: rounds.append(_shop.clock.now()))
    with shop.database.writing() as session:
        session.merge(Setting(key="mailbox", value={"on": True, "host": "imap.example.com", "every": 5}))
    mine = {job.KIND: HANDLERS[job.KIND]}
    for minutes in (0, 1, 4, 5, 9):
        shop.clock.at += timedelta(minutes=minutes)
        plan_timed(shop)
        work_off(shop, mine)
    asked = len(rounds)
    assert asked == 4, "at 0, 5, 10 and 19 minutes; the second look at 1 minute found it done"
    job.ask(shop)
    work_off(shop, mine)
    assert len(rounds) == asked + 1
