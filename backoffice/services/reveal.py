"""Look at customer data in clear once (R39): with a reason, and in the access chain before it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from backoffice.errors import DomainError
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.access_log import log_access
from backoffice.services.core.case import look_at
from backoffice.services.core.facts import case_facts, flow_settings
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.work import Work
from policies.message import Refusal
from policies.workflow import Decision, decide

SHOWN = ("customer_name", "contact_phone", "email", "address", "where", "what", "who", "demand")


@dataclass(frozen=True)
class Revealed:
    """Customer data in clear, by the codes of the record; empty for what is not there."""

    number: str
    values: dict[str, str]


def reveal(work: Work, complaint_id: int, reason: str) -> Revealed:
    """The customer's data; raises when it is not this person's to see, without a reason, or once it is erased.

    The complaint's own history stays as it is, so that an archived case stays frozen.
    """
    case = look_at(work, complaint_id)
    rules = Rulebook(work.session)
    facts = case_facts(case, Holdings(case))
    found = decide(facts, "reveal", {"reason": reason}, work.actor, work.recorded_at, flow_settings(rules))
    if not isinstance(found, Decision):
        raise DomainError(found)
    if case.seal.erased:
        raise DomainError(Refusal("complaint.refused.erased"))
    sealed = case.seal.seal(reason, "reveal-reason").hex()
    log_access(
        work.session, work.keys, work.actor, work.recorded_at, "reveal", {"reason": sealed, **work.by_token},
        complaint_id=complaint_id, address=work.address,
    )  # fmt: skip
    return Revealed(case.complaint.number, {code: str(case.record.get(code) or "") for code in SHOWN})
