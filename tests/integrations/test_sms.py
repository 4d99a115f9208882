"""R5: SMS handed to a gateway over HTTP, against a stub on this machine: accepted, refused, silent, talking nonsense."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from backoffice.integrations import sms
from policies.delivery import SENT, Outcome, Reason, Verdict
from policies.gateways import SmsSettings
from tests.support import sms_gateway

TEXT = '【示范电信】您的投诉"TS1"已受理 & {id} \\ 10000'
MESSAGE = sms.ShortMessage("+86 139-0000-4172", TEXT, "message-7.20261123")
JSON = SmsSettings(
    body='{"mobile": ["{to}"], "content": "{text}", "out_id": "{id}", "key": "{secret}"}',
    headers="Authorization: Bearer {secret}",
    secret="s3cret",
    success_path="code",
    success_value="0",
    timeout=1,
)


def send(gateway, settings=JSON, **more):
    return sms.send(replace(settings, url=gateway.url, **more), MESSAGE)


def test_R5_an_accepted_sms_has_its_number_text_and_key_in_the_gateways_own_form():
    with sms_gateway.running() as gateway:
        assert send(gateway) == SENT
    (taken,) = gateway.taken
    assert json.loads(taken.body) == {
        "mobile": ["+8613900004172"], "content": TEXT, "out_id": "message-7.20261123", "key": "s3cret",
    }  # fmt: skip
    assert taken.headers["Authorization"] == "Bearer s3cret"
    assert taken.headers["Idempotency-Key"] == "message-7.20261123"


def test_R5_a_form_or_an_address_may_carry_it_as_well():
    form = {"form": "form", "body": "mobile={to}&content={text}&id={id}"}
    with sms_gateway.running() as gateway:
        assert send(gateway, **form) == SENT
        assert send(gateway, method="GET", **form) == SENT
    by_form, by_address = gateway.taken
    assert dict(parse_qsl(by_form.body.decode()))["content"] == TEXT
    assert parse_qs(urlsplit(by_address.target).query)["content"] == [TEXT]
    assert by_address.body == b""


ANSWERS = [
    ((200, b'{"code": 7}'), Outcome(Verdict.NEVER, Reason.NOT_ACCEPTED, "7")),
    ((200, b"<html>welcome</html>"), Outcome(Verdict.UNCERTAIN, Reason.NONSENSE)),
    ((200, b'{"status": "ok"}'), Outcome(Verdict.UNCERTAIN, Reason.NONSENSE)),
    ((200, b"[" * 60_000), Outcome(Verdict.UNCERTAIN, Reason.NONSENSE)),
    ((200, b'{"code": 0}' + b" " * 200_000), Outcome(Verdict.UNCERTAIN, Reason.NONSENSE)),
    ((500, b"oops"), Outcome(Verdict.LATER, Reason.REFUSED_NOW, "500")),
    ((503, b""), Outcome(Verdict.LATER, Reason.REFUSED_NOW, "503")),
    ((429, b""), Outcome(Verdict.LATER, Reason.REFUSED_NOW, "429")),
    ((401, b""), Outcome(Verdict.LATER, Reason.SIGN_IN, "401")),
    ((400, b"no such number +8613900004172"), Outcome(Verdict.NEVER, Reason.REFUSED, "400")),
    ((504, b""), Outcome(Verdict.UNCERTAIN, Reason.TIMEOUT_AFTER, "504")),
    ("redirect", Outcome(Verdict.LATER, Reason.REDIRECT, "302")),
    ("hang", Outcome(Verdict.UNCERTAIN, Reason.TIMEOUT_AFTER)),
    ("drop", Outcome(Verdict.UNCERTAIN, Reason.BROKEN_OFF)),
    ("nonsense", Outcome(Verdict.UNCERTAIN, Reason.NONSENSE)),
    ("drip", Outcome(Verdict.UNCERTAIN, Reason.TIMEOUT_AFTER)),
]


@pytest.mark.parametrize(("answer", "outcome"), ANSWERS, ids=[str(row[0])[:24] for row in ANSWERS])
def test_whatever_a_gateway_answers_comes_to_an_outcome_in_time(answer, outcome):
    with sms_gateway.running(answers=[answer]) as gateway:
        began = time.monotonic()
        found = send(gateway)
        assert time.monotonic() - began < 3
    assert found == outcome
    assert len(gateway.taken) == 1, "no redirect is followed"


def test_without_a_criterion_of_its_own_the_status_decides():
    with sms_gateway.running(answers=[(202, b"queued")]) as gateway:
        assert send(gateway, success_path="", success_value="") == SENT


def test_a_closed_port_is_tried_again():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    assert sms.send(replace(JSON, url=url), MESSAGE).reason is Reason.UNREACHABLE


def test_a_gateway_without_tls_behind_an_https_address_gets_nothing():
    with sms_gateway.running() as gateway:
        outcome = sms.send(replace(JSON, url=gateway.url.replace("http:", "https:")), MESSAGE)
    assert (outcome.verdict, outcome.reason) == (Verdict.LATER, Reason.NO_TLS)
    assert gateway.taken == []


@pytest.mark.parametrize("to", ["", "nobody", "12\r\n34567"])
def test_what_is_no_number_is_never_sent(to):
    with sms_gateway.running() as gateway:
        outcome = sms.send(replace(JSON, url=gateway.url), replace(MESSAGE, to=to))
    assert outcome == Outcome(Verdict.NEVER, Reason.ADDRESS)
    assert gateway.taken == []
