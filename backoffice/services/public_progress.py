"""A customer asks how their complaint goes (R1, R13), by its number and the phone that stands in its record.

Each question is counted, for the address that it comes from and for the number, so that nobody tries phones at a
number. What was shown is in the access chain.
"""

from __future__ import annotations

import unicodedata

from backoffice.models.complaint import Complaint
from backoffice.queries.public_progress import Progress, find, progress_of
from backoffice.services.core import public_tries
from backoffice.services.core.access_log import log_access
from backoffice.services.core.credentials import network_of
from backoffice.services.core.work import Work
from policies.customer_words import mark_of
from policies.public_pages import QUESTIONS_OF_ONE_ADDRESS, QUESTIONS_OF_ONE_NUMBER

LONGEST_NUMBER, LONGEST_PHONE = 64, 60


def ask(work: Work, number: str, phone: str) -> Progress | None:
    """How it goes; None where number and phone do not fit together. Raises ``WaitError`` (429)."""
    number = "".join(unicodedata.normalize("NFKC", number).split()).upper()[:LONGEST_NUMBER]
    limits = {
        f"progress/{network_of(work.address)}": QUESTIONS_OF_ONE_ADDRESS,
        f"progress of/{number}": QUESTIONS_OF_ONE_NUMBER,
    }
    if wait := public_tries.admit(work.session, work.keys, work.recorded_at, limits):
        raise wait
    found = find(work.session, work.keys, number, unicodedata.normalize("NFKC", phone)[:LONGEST_PHONE])
    return None if found is None else _logged(work, found)


def show_again(work: Work, complaint_id: int, mark: bytes) -> Progress | None:
    """The same to who was shown it before, on the page that was shown; None when it has been erased meanwhile.

    ``mark``: of its number.
    """
    complaint = work.session.get(Complaint, complaint_id)
    if complaint is None or complaint.erased_at is not None or mark_of(complaint.number) != mark:
        return None
    return _logged(work, progress_of(work.session, work.keys, complaint))


def _logged(work: Work, found: Progress) -> Progress:
    facts = {"number": found.number}
    log_access(
        work.session, work.keys, None, work.recorded_at, "progress_shown", facts, complaint_id=found.id,
        address=work.address,
    )  # fmt: skip
    return found
