"""R1: e-mail read over IMAP from a real server on this machine; nothing is marked by being read, nothing goes in clear."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from datetime import UTC, datetime

import pytest

from backoffice.integrations import mailbox
from backoffice.integrations.mailbox import MailboxError, _quoted, opened
from policies.gateways import Security
from policies.mailbox import MailboxFault, MailboxSettings
from tests.conftest import missing
from tests.support import dovecot

CAN = b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n"
MAIL = b"From: zhou@example.com\nSubject: %d\nMessage-ID: <%d@example.com>\n\nThe tap drips.\n"


@pytest.fixture
def server():
    if reason := dovecot.why_not():
        missing(reason)
    with dovecot.running() as found:
        yield found


def test_R1_what_lies_there_is_read_and_marked_only_when_it_is_told(server):
    for number in range(3):
        server.deliver(MAIL % (number, number))
    with opened(server.settings(), server.trusted) as box:
        lying = box.lying(1, 2).there
        assert [one.uid for one in lying] == [1, 2]
        assert box.message(1).replace(b"\r\n", b"\n") == MAIL % (0, 0)
        assert lying[0].size == len((MAIL % (0, 0)).replace(b"\n", b"\r\n"))
        assert abs((datetime.now(UTC) - lying[0].received_at).total_seconds()) < 60
        assert "S" not in "".join(server.flags())
        box.mark(1, "")
        box.flag(2)
        assert [one.uid for one in box.lying(1, 9, unseen_until=3).there] == [2, 3]
        assert [one.uid for one in box.lying(2, 9).there] == [2, 3]
        assert box.these([3, 77])[0].uid == 3
        assert box.message(77) == b""
    assert server.flags() == ["", "F", "S"]


def test_R1_what_was_taken_in_goes_to_a_folder_that_is_made_when_it_is_missing(server):
    server.deliver(MAIL % (1, 1))
    with opened(server.settings(), server.trusted) as box:
        box.mark(1, "已收取 & done")
        assert box.lying(1, 9).there == []
    with opened(server.settings(folder="已收取 & done"), server.trusted) as box:
        assert len(box.lying(1, 9).there) == 1


HIGHEST = 4_000_000_000
UIDS = (3, 900, 1_500_000, 2_000_000_000, 2_000_000_001, 3_999_999_998, 3_999_999_999)


@pytest.fixture
def old_mailbox(server, monkeypatch):
    """A mailbox that has counted for years, looked through two messages at a time."""
    monkeypatch.setattr(mailbox, "WINDOW", 2)
    for number in range(len(UIDS)):
        server.deliver(MAIL % (number, number))
    server.number(*UIDS, following=HIGHEST)
    return server


def uids(seen):
    return [one.uid for one in seen.there]


def test_R1_however_high_a_mailbox_has_counted_everything_unread_in_it_is_found(old_mailbox):
    with opened(old_mailbox.settings(), old_mailbox.trusted) as box:
        assert box.next_uid == HIGHEST
        for uid in UIDS[:2]:
            box.mark(uid, "")
        seen = box.lying(1, 50, unseen_until=HIGHEST - 1)
        assert (uids(seen), seen.until) == (list(UIDS[2:]), HIGHEST - 1)
        seen = box.lying(1, 3, unseen_until=HIGHEST - 1)
        assert (uids(seen), seen.until) == (list(UIDS[2:5]), UIDS[4])
        assert uids(box.lying(901, 50)) == list(UIDS[2:])
        assert uids(box.lying(2_000_000_001, 50)) == list(UIDS[4:])
        assert uids(box.lying(UIDS[-1] + 1, 50)) == []


def test_R1_a_look_that_ends_early_says_how_far_it_came(old_mailbox, monkeypatch):
    with opened(old_mailbox.settings(), old_mailbox.trusted) as box:
        for uid in UIDS[:-1]:
            box.mark(uid, "")
        first = box.lying(1, 50, unseen_until=HIGHEST - 1, end=time.monotonic())
        assert (uids(first), first.until) == ([], UIDS[1])
        monkeypatch.setattr(mailbox, "MOST_WINDOWS", 2)
        second = box.lying(first.until + 1, 50, unseen_until=HIGHEST - 1)
        assert uids(second) == []
        assert UIDS[1] < second.until < UIDS[-1]
        assert uids(box.lying(second.until + 1, 50, unseen_until=HIGHEST - 1)) == [UIDS[-1]]


def test_R1_a_look_whose_time_is_over_names_the_first_message_and_passes_over_none(old_mailbox, monkeypatch):
    monkeypatch.setattr(mailbox, "WINDOW", 2000)
    with opened(old_mailbox.settings(), old_mailbox.trusted) as box:
        for uid in UIDS[:2]:
            box.mark(uid, "")
        first = box.lying(1, 50, unseen_until=HIGHEST - 1, end=time.monotonic())
        assert (uids(first), first.until) == ([UIDS[2]], UIDS[2])
        assert uids(box.lying(first.until + 1, 50, unseen_until=HIGHEST - 1)) == list(UIDS[3:])


def test_R1_nothing_is_passed_over_while_somebody_else_takes_messages_away(old_mailbox):
    with opened(old_mailbox.settings(), old_mailbox.trusted) as box:
        with opened(old_mailbox.settings(), old_mailbox.trusted) as other:
            for uid in UIDS[:3]:
                other.mark(uid, "elsewhere")
        seen = box.lying(1, 50, unseen_until=HIGHEST - 1)
        assert (uids(seen), seen.until) == (list(UIDS[3:]), HIGHEST - 1)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"secret": "another"}, MailboxFault.SIGN_IN),
        ({"folder": "nowhere"}, MailboxFault.NO_FOLDER),
        ({"host": "localhost", "port": 1}, MailboxFault.UNREACHABLE),
    ],
)
def test_a_fault_has_a_name(server, changes, fault):
    with pytest.raises(MailboxError) as told, opened(server.settings(**changes), server.trusted):
        pass
    assert told.value.fault is fault


def test_a_certificate_that_nobody_trusts_is_refused(server):
    with pytest.raises(MailboxError) as told, opened(server.settings()):
        pass
    assert told.value.fault is MailboxFault.NO_TLS


def test_starttls_works(server):
    server.deliver(MAIL % (1, 1))
    clear = server.settings(port=server.port, security=Security.STARTTLS)
    with opened(clear, server.trusted) as box:
        assert len(box.lying(1, 9).there) == 1


@contextlib.contextmanager
def liar(*answers, heard=None):
    """A server that answers whatever it was told, line for line, and then says nothing more; ``heard``: what it was told."""
    over = threading.Event()

    def talk(listener):
        connection, _address = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"* OK ready\r\n")
            for answer in answers:
                line = connection.recv(4096)
                if heard is not None:
                    heard.append(line.partition(b" ")[2].strip())
                connection.sendall(answer.replace(b"TAG", line.split(b" ")[0]))
            over.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=talk, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        over.set()
        thread.join(10)


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ((), MailboxFault.TIMEOUT),
        ((b"hello there\r\n",), MailboxFault.BROKEN_OFF),
        ((CAN, b"TAG NO wrong\r\n"), MailboxFault.SIGN_IN),
        ((CAN, b"TAG OK done\r\n", CAN, b"* STATUS INBOX {999999999999}\r\n"), MailboxFault.BROKEN_OFF),
        ((CAN, b"TAG OK done\r\n", CAN, b"TAG OK done\r\n", b"TAG OK done\r\n"), MailboxFault.NONSENSE),
    ],
)
def test_whatever_a_server_answers_ends_in_time_with_a_fault(answers, fault):
    with liar(*answers) as port:
        settings = MailboxSettings(
            True, "127.0.0.1", port, Security.NONE, user="desk", secret="word", timeout=2, largest=1
        )
        began = time.monotonic()
        with pytest.raises(MailboxError) as told, opened(settings):
            pass
        assert time.monotonic() - began < 4
    assert told.value.fault is fault


OPEN = (b"* STATUS INBOX (UIDNEXT 9 UIDVALIDITY 7)\r\nTAG OK done\r\n", b"* 0 EXISTS\r\nTAG OK done\r\n")


@pytest.mark.parametrize(
    ("user", "secret", "said"),
    [
        ("complaint desk", 'a "word"', 'LOGIN "complaint desk" "a \\"word\\""'),
        ("投诉@example.com", "密码", 'LOGIN "投诉@example.com" "密码"'),
        ("desk", "word", 'LOGIN "desk" "word"'),
    ],
)
def test_whatever_signs_are_in_a_name_and_a_password_they_arrive_as_they_are(user, secret, said):
    heard = []
    with liar(CAN, b"TAG OK done\r\n", CAN, *OPEN, heard=heard) as port:
        settings = MailboxSettings(True, "127.0.0.1", port, Security.NONE, user=user, secret=secret, timeout=5)
        with opened(settings) as box:
            assert (box.next_uid, box.validity) == (9, 7)
    assert heard[1].decode() == said


@pytest.mark.parametrize("answer", [b"* ID NIL\r\nTAG OK done\r\n", b"TAG NO not now\r\n", b"TAG BAD what\r\n"])
def test_R1_a_provider_that_wants_to_know_the_program_is_told_before_a_folder_is_opened(answer):
    heard = []
    knows = CAN.replace(b"IMAP4rev1", b"IMAP4rev1 ID")
    with liar(CAN, b"TAG OK done\r\n", knows, answer, *OPEN, heard=heard) as port:
        settings = MailboxSettings(True, "127.0.0.1", port, Security.NONE, user="desk", secret="word", timeout=5)
        with opened(settings) as box:
            assert box.next_uid == 9
    assert heard[3] == b'ID ("name" "Complaint Desk")'


@pytest.mark.parametrize(
    ("name", "written"), [("INBOX", '"INBOX"'), ("已收取", '"&XfJlNlPW-"'), ("a & b", '"a &- b"'), ('a"b', '"a\\"b"')]
)
def test_the_name_of_a_folder_is_written_as_imap_wants_it(name, written):
    assert _quoted(name) == written
