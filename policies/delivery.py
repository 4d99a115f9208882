"""What becomes of a message that was handed to a mail server or an SMS gateway: pure rules, never sent twice (R5, R26).

What certainly did not arrive is tried again, with growing waits, or given up at once where trying again is no use. What
may have arrived is left to a person: nobody is told the same thing twice by a machine that was not sure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique

from policies.message import Refusal
from policies.vocabulary import MessageState

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
MOST_TRIES = 8
LEASE = timedelta(minutes=5)
"""How long a worker may be over one message; beyond that it was stopped in between, and what came of it is unknown."""
LONGEST_TIMEOUT = 60
"""Seconds; well under the lease, so that whoever still works on a message holds it."""
WAYS = ("email", "sms")
"""The ways that a worker sends by; what is spoken, written on paper or shown in the console is not queued."""
DETAIL_LENGTH = 60


@unique
class Verdict(StrEnum):
    """What is certain of one try."""

    SENT = "sent"
    LATER = "later"
    NEVER = "never"
    UNCERTAIN = "uncertain"


@unique
class Reason(StrEnum):
    """Why a message stands where it stands; a catalogue key, never a text that might quote the customer (R39)."""

    UNREACHABLE = "unreachable"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    BROKEN_OFF = "broken_off"
    NO_TLS = "no_tls"
    SIGN_IN = "sign_in"
    REFUSED_NOW = "refused_now"
    REFUSED = "refused"
    RECIPIENT = "recipient"
    ADDRESS = "address"
    REDIRECT = "redirect"
    NONSENSE = "nonsense"
    NOT_ACCEPTED = "not_accepted"
    WORKER_STOPPED = "worker_stopped"
    RESTORED = "restored"
    UNREADABLE = "unreadable"
    UNEXPECTED = "unexpected"


TRANSPORT = frozenset({
    Reason.UNREACHABLE, Reason.TIMEOUT_BEFORE, Reason.TIMEOUT_AFTER, Reason.BROKEN_OFF, Reason.NO_TLS, Reason.SIGN_IN,
    Reason.REDIRECT, Reason.NONSENSE,
})  # fmt: skip
"""Faults of the server or of the way to it: the next message would meet them, too."""


@dataclass(frozen=True)
class Outcome:
    """What one try came to; ``detail`` is a code of the other side, such as ``550 5.1.1``."""

    verdict: Verdict
    reason: Reason | None = None
    detail: str = ""

    @property
    def said(self) -> str:
        """The line that is kept with the message: the reason's code, and the other side's code after it."""
        return f"{self.reason or ''} {self.detail[:DETAIL_LENGTH]}".strip()


SENT = Outcome(Verdict.SENT)


@dataclass(frozen=True)
class Standing:
    """Where a message stands after a try. ``tries`` counts failures since it was queued or sent on by a person."""

    state: MessageState
    due_at: datetime
    tries: int
    error: str


def after(outcome: Outcome, tries: int, at: datetime, most: int = MOST_TRIES) -> Standing:
    """Where a message stands after this try, ``tries`` failures before it; ``at``: when the try ended (aware)."""
    if outcome.verdict is Verdict.SENT:
        return Standing(MessageState.SENT, at, tries, "")
    if outcome.verdict is Verdict.UNCERTAIN:
        return Standing(MessageState.UNCERTAIN, at, tries, outcome.said)
    failed = tries + 1
    if outcome.verdict is Verdict.NEVER or failed >= most:
        return Standing(MessageState.GIVEN_UP, at, failed, outcome.said)
    return Standing(MessageState.WAITING, at + wait_after(failed), failed, outcome.said)


def wait_after(failures: int) -> timedelta:
    """A minute after the first failure, then twice as long each time, six hours at most."""
    return min(FIRST_WAIT * (1 << min(failures - 1, 20)), LONGEST_WAIT)


def smtp_outcome(code: int, enhanced: str = "", *, recipient: bool = False) -> Outcome:
    """A mail server's answer that is no acceptance: 4xx is for now, 5xx is for good (RFC 5321, 4.2.1)."""
    detail = f"{code} {enhanced}".strip()
    if 400 <= code < 500:
        return Outcome(Verdict.LATER, Reason.REFUSED_NOW, detail)
    if 500 <= code < 600:
        return Outcome(Verdict.NEVER, Reason.RECIPIENT if recipient else Reason.REFUSED, detail)
    return Outcome(Verdict.LATER, Reason.NONSENSE, detail)


def http_outcome(status: int) -> Outcome | None:
    """A gateway's status; None for 2xx, of which the body says more.

    A gateway that refuses the office itself (401, 403, 407), asks for patience (408, 425, 429) or fails (5xx) is asked
    again; one between that had no answer (502, 504) leaves open whether the message went on.
    """
    if 200 <= status < 300:
        return None
    detail = str(status)
    if status in (502, 504):
        return Outcome(Verdict.UNCERTAIN, Reason.TIMEOUT_AFTER, detail)
    if 300 <= status < 400:
        return Outcome(Verdict.LATER, Reason.REDIRECT, detail)
    if status in (401, 403, 407):
        return Outcome(Verdict.LATER, Reason.SIGN_IN, detail)
    if status in (408, 425, 429) or status >= 500:
        return Outcome(Verdict.LATER, Reason.REFUSED_NOW, detail)
    if 400 <= status < 500:
        return Outcome(Verdict.NEVER, Reason.REFUSED, detail)
    return Outcome(Verdict.UNCERTAIN, Reason.NONSENSE, detail)


def refuse_resend(state: MessageState, *, confirmed: bool) -> Refusal | None:
    """Why a person may not send a message again; an uncertain one needs that they say they know the risk."""
    if state is MessageState.UNCERTAIN:
        return None if confirmed else Refusal("outbox.refused.confirm", field="confirmed", status=422)
    return None if state is MessageState.GIVEN_UP else Refusal("outbox.refused.not_given_up", status=409)


def refuse_settle(state: MessageState) -> Refusal | None:
    """Why a message cannot be settled as having arrived."""
    settled = (MessageState.UNCERTAIN, MessageState.GIVEN_UP)
    return None if state in settled else Refusal("outbox.refused.not_open", status=409)
