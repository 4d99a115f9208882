"""R5: e-mail handed to a real SMTP server on this machine; what is certain is said, and nothing else."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from backoffice.integrations import mail
from policies.delivery import SENT, Outcome, Reason, Verdict
from policies.gateways import MailSettings, Security
from tests.support import mail_server
from tests.support.certificates import contexts

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LETTER = mail.Letter(
    "zhou@example.com",
    "您的投诉已受理（TS20261123-0001）",
    "周女士：\n\n.一行以点开头\n您好。\n",
    "message-7.20261123",
    AT,
)
SECONDS = 2


def settings(server, **more):
    plain = MailSettings(
        host="127.0.0.1",
        port=server.port,
        security=Security.NONE,
        sender="desk@example.com",
        sender_name="示范电信",
        reply_to="reply@example.com",
        timeout=SECONDS,
    )
    return replace(plain, **more)


def test_R5_an_email_arrives_whole_in_the_language_of_the_office():
    with mail_server.running() as server:
        assert mail.send(settings(server), LETTER) == SENT
    (arrived,) = server.mails
    assert arrived["Subject"] == LETTER.subject
    assert arrived.get_content().replace("\r\n", "\n") == LETTER.text
    assert str(arrived["From"]) == "示范电信 <desk@example.com>"
    assert (arrived["To"], arrived["Reply-To"]) == ("zhou@example.com", "reply@example.com")
    assert arrived["Message-ID"] == "<message-7.20261123@example.com>"
    assert server.raw[0].isascii(), "every server on the way can pass it on"


def test_the_way_is_secured_and_the_office_signs_in(tmp_path):
    shown, trusted = contexts(tmp_path)
    with mail_server.running(certificate=shown, user=("desk", "a:secret@word")) as server:
        secured = settings(server, security=Security.STARTTLS, user="desk", secret="a:secret@word")
        assert mail.send(secured, LETTER, trusted) == SENT
        wrong = mail.send(replace(secured, secret="another"), LETTER, trusted)
    assert wrong == Outcome(Verdict.LATER, Reason.SIGN_IN, "535")
    assert len(server.raw) == 1


@pytest.mark.parametrize("planned", [{"offers_tls": False}, {"answers": {"STARTTLS": ["454 4.7.0 not now"]}}])
def test_where_starttls_is_refused_nothing_goes_in_clear(tmp_path, planned):
    shown, trusted = contexts(tmp_path)
    with mail_server.running(certificate=shown, **planned) as server:
        outcome = mail.send(settings(server, security=Security.STARTTLS), LETTER, trusted)
    assert (outcome.verdict, outcome.reason) == (Verdict.LATER, Reason.NO_TLS)
    assert not any(line.startswith("MAIL") for line in server.commands)


def test_a_certificate_that_nobody_trusts_is_refused(tmp_path):
    shown, _trusted = contexts(tmp_path)
    with mail_server.running(certificate=shown) as server:
        outcome = mail.send(settings(server, security=Security.STARTTLS), LETTER)
    assert (outcome.verdict, outcome.reason) == (Verdict.LATER, Reason.NO_TLS)
    assert server.raw == []


REFUSALS = [
    ({"RCPT": ["450 4.2.1 busy"]}, Outcome(Verdict.LATER, Reason.REFUSED_NOW, "450 4.2.1")),
    ({"RCPT": ["550 5.1.1 <zhou@example.com> unknown"]}, Outcome(Verdict.NEVER, Reason.RECIPIENT, "550 5.1.1")),
    ({"MAIL": ["553 5.1.8 who are you"]}, Outcome(Verdict.NEVER, Reason.REFUSED, "553 5.1.8")),
    ({"DATA": ["451 not yet"]}, Outcome(Verdict.LATER, Reason.REFUSED_NOW, "451")),
    ({"END": ["452 4.3.1 full"]}, Outcome(Verdict.LATER, Reason.REFUSED_NOW, "452 4.3.1")),
    ({"END": ["554 5.7.1 spam"]}, Outcome(Verdict.NEVER, Reason.REFUSED, "554 5.7.1")),
    ({"CONNECT": ["421 4.3.2 shutting down"]}, Outcome(Verdict.LATER, Reason.REFUSED_NOW, "421 4.3.2")),
]


@pytest.mark.parametrize(("answers", "outcome"), REFUSALS)
def test_a_refusal_is_for_now_or_for_good_and_its_words_are_not_kept(answers, outcome):
    with mail_server.running(answers=answers) as server:
        found = mail.send(settings(server), LETTER)
    assert found == outcome
    assert "zhou" not in found.said
    assert server.raw == []


def test_after_a_refusal_for_now_the_same_message_goes_through_under_the_same_id():
    with mail_server.running(answers={"RCPT": ["450 4.2.1 busy"]}) as server:
        assert mail.send(settings(server), LETTER).verdict is Verdict.LATER
        assert mail.send(settings(server), LETTER) == SENT
    assert len(server.raw) == 1


@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(("what", "reason"), [("hang", Reason.TIMEOUT_BEFORE), ("drop", Reason.BROKEN_OFF)])
def test_what_breaks_off_before_the_message_was_handed_over_is_tried_again(stage, what, reason):
    with mail_server.running(**{what: stage}) as server:
        began = time.monotonic()
        outcome = mail.send(settings(server, timeout=1), LETTER)
        assert time.monotonic() - began < 3
    assert (outcome.verdict, outcome.reason) == (Verdict.LATER, reason)


@pytest.mark.parametrize(("what", "reason"), [("hang", Reason.TIMEOUT_AFTER), ("drop", Reason.BROKEN_OFF)])
def test_what_breaks_off_after_the_message_was_handed_over_is_uncertain(what, reason):
    with mail_server.running(**{what: "END"}) as server:
        outcome = mail.send(settings(server, timeout=1), LETTER)
    assert outcome == Outcome(Verdict.UNCERTAIN, reason)
    assert len(server.raw) == 1, "it did arrive; nobody could know"


@pytest.mark.parametrize(("stage", "verdict"), [("EHLO", Verdict.LATER), ("END", Verdict.UNCERTAIN)])
def test_a_server_that_answers_a_byte_at_a_time_ends_with_the_time_limit(stage, verdict):
    long = "250 " + "x" * 60
    with mail_server.running(drip=stage, answers={stage: [long]}) as server:
        began = time.monotonic()
        outcome = mail.send(settings(server, timeout=1), LETTER)
        assert time.monotonic() - began < 3
    assert outcome.verdict is verdict


def test_nonsense_is_no_acceptance():
    with mail_server.running(answers={"CONNECT": ["HTTP/1.1 400 Bad Request"]}) as server:
        outcome = mail.send(settings(server), LETTER)
    assert outcome.verdict is Verdict.LATER
    with mail_server.running(answers={"END": ["hello world"]}) as server:
        assert mail.send(settings(server), LETTER).verdict is Verdict.UNCERTAIN


def test_a_closed_port_is_tried_again():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    outcome = mail.send(MailSettings("127.0.0.1", port, Security.NONE, sender="a@example.com", timeout=1), LETTER)
    assert (outcome.verdict, outcome.reason) == (Verdict.LATER, Reason.UNREACHABLE)


@pytest.mark.parametrize(
    "to",
    [
        "",
        "nobody",
        "a@b",
        "a@example.com\r\nBcc: b@example.com",
        "a b@example.com",
        "a..b@example.com",
        ".a@example.com",
    ],
)
def test_what_is_no_address_is_never_sent(to):
    with mail_server.running() as server:
        assert mail.send(settings(server), replace(LETTER, to=to)) == Outcome(Verdict.NEVER, Reason.ADDRESS)
    assert server.commands == []


def test_a_subject_cannot_bring_headers_of_its_own():
    with mail_server.running() as server:
        assert mail.send(settings(server), replace(LETTER, subject="a\r\nBcc: b@example.com")) == SENT
    assert server.mails[0]["Bcc"] is None
