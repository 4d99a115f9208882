"""Send what waits in the outbox (R5, R26): e-mail and SMS side by side, so that one that hangs holds only itself up.

Two faults of a server or of the way to it, one after another, end the round for that way: the others would meet the
same. The messages stay where they are; the next round tries again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from backoffice.integrations import mail, sms
from backoffice.jobs.running import Workshop
from backoffice.queries import delivery
from backoffice.services import sending
from backoffice.services.sending import PaceError, Parcel
from policies.delivery import TRANSPORT, Outcome, Reason, Verdict
from policies.gateways import MailSettings, SmsSettings

SECONDS = 25.0  # that a round sends at most; what is left waits for the next one
PATIENCE = 2  # faults of the way in a row that end a way's round
KEPT = timedelta(hours=1)  # how long counters of the pace are kept

log = logging.getLogger("desk.jobs")


@dataclass
class Sent:
    """What came of a round."""

    sent: int = 0
    failed: int = 0
    uncertain: int = 0

    def count(self, outcome: Outcome) -> None:
        """One more."""
        if outcome.verdict is Verdict.SENT:
            self.sent += 1
        elif outcome.verdict is Verdict.UNCERTAIN:
            self.uncertain += 1
        else:
            self.failed += 1


def send_due(shop: Workshop, stopped: Callable[[], bool] = lambda: False, seconds: float = SECONDS) -> Sent:
    """One round: what nobody knows of is left to people, then everything that is due by ways that are set up."""
    at = shop.clock.now()
    with shop.database.reading() as session:
        lost = sending.is_lost(session, at)
        senders = delivery.senders(session, shop.keys)
        ready = [way for way, one in senders.items() if one.ready and sending.is_waiting(session, way, at)]
    worked = Sent()
    if lost:
        with shop.database.writing() as session:
            worked.uncertain += sending.set_uncertain(session, at)
    if not ready:
        return worked
    end = time.monotonic() + seconds

    def over() -> bool:
        return stopped() or time.monotonic() >= end

    with ThreadPoolExecutor(len(ready), "desk-sending") as pool:
        rounds = [pool.submit(_send_by, shop, way, senders[way].settings, over) for way in ready]
        for one in rounds:
            done = one.result()
            worked.sent, worked.failed = worked.sent + done.sent, worked.failed + done.failed
            worked.uncertain += done.uncertain
    with shop.database.writing() as session:
        sending.forget_pace(session, at - KEPT)
    return worked


def _send_by(shop: Workshop, way: str, settings: MailSettings | SmsSettings, over: Callable[[], bool]) -> Sent:
    worked, faults = Sent(), 0
    while not over() and faults < PATIENCE:
        parcel = _take(shop, way, settings.per_minute)
        if parcel is None:
            break
        outcome = _hand_over(settings, parcel, shop)
        at = shop.clock.now()
        with shop.database.writing() as session:
            kept = sending.record(session, parcel, outcome, at, settings.most_tries)
        worked.count(outcome)
        faults = faults + 1 if outcome.reason in TRANSPORT else 0
        facts = {"message": parcel.id, "way": way, "verdict": outcome.verdict.value, "said": outcome.said, "kept": kept}
        log.log(logging.INFO if outcome.verdict is Verdict.SENT else logging.WARNING, "message", extra={"desk": facts})
    return worked


def _take(shop: Workshop, way: str, per_minute: int) -> Parcel | None:
    at = shop.clock.now()
    with shop.database.reading() as session:
        if not sending.is_waiting(session, way, at):
            return None
    try:
        with shop.database.writing() as session:
            return sending.take(session, shop.keys, way, at, per_minute)
    except PaceError:
        return None


def _hand_over(settings: MailSettings | SmsSettings, parcel: Parcel, shop: Workshop) -> Outcome:
    """Hand it over; a fault of our own after the message was marked leaves open whether it arrived."""
    if parcel.unreadable:
        return Outcome(Verdict.NEVER, Reason.UNREADABLE)
    try:
        if isinstance(settings, MailSettings):
            letter = mail.Letter(parcel.to, parcel.subject, parcel.text, parcel.reference, shop.clock.now())
            return mail.send(settings, letter)
        return sms.send(settings, sms.ShortMessage(parcel.to, parcel.text, parcel.reference))
    except Exception as error:
        log.exception("message not handed over", extra={"desk": {"message": parcel.id}})
        return Outcome(Verdict.UNCERTAIN, Reason.UNEXPECTED, type(error).__name__)
