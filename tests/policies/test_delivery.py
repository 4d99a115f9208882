"""R5, R26: what becomes of a message after a try: again later, given up, or left to a person; never sent twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from policies.delivery import (
    LEASE,
    LONGEST_TIMEOUT,
    SENT,
    Outcome,
    Reason,
    Verdict,
    after,
    http_outcome,
    refuse_resend,
    refuse_settle,
    smtp_outcome,
)
from policies.vocabulary import MessageState

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LATER = Outcome(Verdict.LATER, Reason.UNREACHABLE)
MINUTES = [1, 2, 4, 8, 16, 32, 64]  # a minute, doubling, until the eighth failure ends it


def test_R5_what_certainly_did_not_arrive_is_tried_again_after_growing_waits_and_then_given_up():
    tries, waits = 0, []
    for _ in range(7):
        standing = after(LATER, tries, AT)
        assert standing.state is MessageState.WAITING
        tries = standing.tries
        waits.append((standing.due_at - AT) / timedelta(minutes=1))
    assert waits == MINUTES
    assert after(LATER, tries, AT).state is MessageState.GIVEN_UP


def test_R5_no_wait_is_longer_than_six_hours():
    assert after(LATER, 30, AT, most=99).due_at - AT == timedelta(hours=6)


def test_R5_what_may_have_arrived_is_never_tried_again_by_itself():
    for tries in range(20):
        standing = after(Outcome(Verdict.UNCERTAIN, Reason.TIMEOUT_AFTER), tries, AT)
        assert standing.state is MessageState.UNCERTAIN


def test_R5_a_refusal_for_good_is_given_up_at_once_with_its_reason():
    standing = after(Outcome(Verdict.NEVER, Reason.RECIPIENT, "550 5.1.1"), 0, AT)
    assert (standing.state, standing.error) == (MessageState.GIVEN_UP, "recipient 550 5.1.1")


def test_what_was_sent_has_no_error():
    assert (after(SENT, 3, AT).state, after(SENT, 3, AT).error) == (MessageState.SENT, "")


@pytest.mark.parametrize(("code", "verdict"), [(421, "later"), (450, "later"), (550, "never"), (200, "later")])
def test_a_mail_servers_codes_by_their_first_digit(code, verdict):
    assert smtp_outcome(code).verdict == verdict


HTTP = [
    (200, None), (204, None), (301, "later"), (307, "later"), (400, "never"), (401, "later"), (404, "never"),
    (408, "later"), (422, "never"), (429, "later"), (500, "later"), (502, "uncertain"), (503, "later"),
    (504, "uncertain"), (100, "uncertain"), (999, "later"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "verdict"), HTTP)
def test_a_gateways_status(status, verdict):
    found = http_outcome(status)
    assert (found.verdict if found else None) == verdict


def test_a_worker_holds_a_message_longer_than_any_talk_may_last():
    assert timedelta(seconds=2 * LONGEST_TIMEOUT) < LEASE


def test_R26_only_what_was_given_up_is_sent_again_and_what_is_uncertain_only_by_who_knows_it():
    assert refuse_resend(MessageState.GIVEN_UP, confirmed=False) is None
    assert refuse_resend(MessageState.UNCERTAIN, confirmed=False).field == "confirmed"
    assert refuse_resend(MessageState.UNCERTAIN, confirmed=True) is None
    for state in (MessageState.WAITING, MessageState.SENDING, MessageState.SENT):
        assert refuse_resend(state, confirmed=True) is not None
        assert refuse_settle(state) is not None
