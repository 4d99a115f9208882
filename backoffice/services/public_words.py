"""A customer urges a complaint or adds to it (R13), on the page where they asked for it by number and phone.

Both go by the acts of the clerks: urging is ``urge`` while a work order is in hand, and what is added is a document of
the customer's, as a customer's e-mail is. While no order is in hand, an urging is kept as such a document, and whoever
has the complaint is told of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.queries import recipients
from backoffice.queries.rulebook import Rulebook
from backoffice.services import handling
from backoffice.services.core import once, public_tries, signed
from backoffice.services.core.case import Case, open_case
from backoffice.services.core.credentials import network_of
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.staff_messages import tell_in_words
from backoffice.services.core.work import Work
from policies.customer_words import (
    MARK_BYTES,
    WORDS_OF_ONE_ADDRESS,
    WORDS_OF_ONE_COMPLAINT,
    Wish,
    mark_of,
    refuse_closed,
    urging_of,
)
from policies.message import Message, Refusal

PAGE, CODE = "public words", "customer_words"
EVIDENCE = "customer_document"
NUMBER_BYTES = 8
URGINGS = ("urge", "record_evidence")
"""What an urging became, while an order was in hand and while none was."""
Speak = Callable[[Message, str], str]


class Became(StrEnum):
    """What became of it."""

    URGED = "urged"
    URGED_BEFORE = "urged_before"
    ADDED = "added"


@dataclass(frozen=True)
class Page:
    """A page on which a complaint was shown to its customer."""

    complaint_id: int
    mark: bytes
    shown_at: datetime


def new_page(keys: Keys, complaint_id: int, number: str, at: datetime) -> str:
    """The token of a page that shows this complaint: by it something may be said, without number and phone again.

    ``at``: when number and phone were asked for; a page that follows upon another holds no longer than that one.
    """
    content = b"".join(figure.to_bytes(NUMBER_BYTES, "big") for figure in (int(at.timestamp()), complaint_id))
    return signed.sign(keys, PAGE, content + mark_of(number) + secrets.token_bytes(NUMBER_BYTES))


def page_of(keys: Keys, token: str) -> Page | None:
    """The page that a token belongs to; None when it is none of this office."""
    content = signed.opened(keys, PAGE, token)
    if content is None:
        return None
    at, complaint_id = (int.from_bytes(content[begin : begin + NUMBER_BYTES], "big") for begin in (0, NUMBER_BYTES))
    mark = content[2 * NUMBER_BYTES : 2 * NUMBER_BYTES + MARK_BYTES]
    return Page(complaint_id, mark, datetime.fromtimestamp(at, UTC))


def admit(work: Work, page: Page) -> None:
    """Count what was sent, whatever comes of it; raises ``WaitError`` (429). A transaction of its own."""
    limits = {
        f"words/{network_of(work.address)}": WORDS_OF_ONE_ADDRESS,
        f"words to/{page.complaint_id}": WORDS_OF_ONE_COMPLAINT,
    }
    if wait := public_tries.admit(work.session, work.keys, work.recorded_at, limits):
        raise wait


def say(work: Work, page: Page, token: str, wish: Wish, text: str, speak: Speak) -> Became:
    """Take what the customer says, and tell who has the complaint in hand. The same once more is taken once.

    Raises ``DomainError``, when it is closed above all.
    """
    case = open_case(work, page.complaint_id)
    if page.mark != mark_of(case.complaint.number):
        raise DomainError(Refusal("public.refused.unknown", status=422))
    if (closed := refuse_closed(is_open=is_open(case.complaint))) is not None:
        raise DomainError(closed)
    urges = wish is Wish.URGE and _can_be_urged(case)
    action = "urge" if urges else "record_evidence"
    rules = Rulebook(work.session)
    submission = urging_of(work.at.astimezone(rules.zone()).date()) if wish is Wish.URGE else f"{token} {text}"
    try:
        for act in URGINGS if wish is Wish.URGE else (action,):
            once.refuse_repeated(case, act, submission)
    except once.DoneBeforeError:
        return Became.URGED_BEFORE if wish is Wish.URGE else Became.ADDED
    heading = speak(Message(f"public.words.note.{wish}", {"at": work.recorded_at}), rules.office().language)
    values = {"text": f"{heading}\n{text}".strip()} | ({} if urges else {"evidence_type": EVIDENCE})
    done = handling.act_on(case, action, values, submission=submission)
    _tell(done.case, wish, speak, urged=urges)
    return Became.URGED if wish is Wish.URGE else Became.ADDED


def is_open(complaint: Complaint) -> bool:
    """Whether something may still be said to it."""
    return complaint.open and complaint.erased_at is None and complaint.merged_into_id is None


def _can_be_urged(case: Case) -> bool:
    """Whether there is a work order in hand that is urged."""
    return any(one.action == "urge" and one.is_open for one in handling.offers_of(case, Holdings(case)))


def _tell(case: Case, wish: Wish, speak: Speak, *, urged: bool) -> None:
    """Who registered it and who has it in hand read that it came from its customer; whom an urged order's own notice
    reaches is not told twice.
    """
    complaint, session = case.complaint, case.work.session
    owner, head = complaint.owner_id, recipients.head_of(session, complaint.department_id)
    in_hand = head if owner is None else (owner,)
    people = {one for one in (complaint.registered_by_id, *(() if urged else in_hand)) if one is not None}
    staff = people or (() if urged else recipients.of_roles(session, [recipients.MANAGER]))

    def words(language: str) -> tuple[str, str]:
        number = {"number": complaint.number}
        title, text = (Message(f"public.words.told.{wish}.{part}", number) for part in ("title", "text"))
        return speak(title, language), speak(text, language)

    tell_in_words(case.work, CODE, staff, words, key=f"{CODE}:{complaint.id}:{case.head.sequence}")
