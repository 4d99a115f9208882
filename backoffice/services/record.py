"""Correct a registered record (R2): the new values are sealed, scored and indexed anew; the old ones stay
in the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from backoffice.errors import DomainError
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import history, intake_record
from backoffice.services.core.case import Case, open_case, refuse_outdated
from backoffice.services.core.facts import case_facts, flow_settings
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.repeats import link_again
from backoffice.services.core.work import Work
from policies.access import Permission
from policies.intake import refuse_record
from policies.message import Refusal
from policies.vocabulary import ContactWay
from policies.workflow import Decision, decide

TEXTS = tuple(code for code in intake_record.TEXTS if code != "severity_reason")


@dataclass(frozen=True)
class Corrected:
    """The particulars as they should be; the same meaning as in a registration."""

    texts: Mapping[str, str]
    preferred_contact: ContactWay | None = None
    occurred_at: datetime | None = None
    bought_on: date | None = None
    call_started_at: datetime | None = None
    call_seconds: int | None = None
    read_back: frozenset[str] = frozenset()
    not_applicable: frozenset[str] = frozenset()
    confidential: bool = False
    external_number: str = ""


def correct(work: Work, complaint_id: int, new: Corrected, reason: str, revision: int | None = None) -> Case:
    """Put the particulars right; raises with every refusal at once, and when nothing would change.

    Only by somebody who may see them: nobody overwrites unseen, or takes a customer's wish for confidence away (R39).
    """
    case = open_case(work, complaint_id)
    case.refuse_unless(Permission.CUSTOMER_REVEAL)
    refuse_outdated(case, revision)
    rules = Rulebook(work.session)
    facts = case_facts(case, Holdings(case))
    found = decide(facts, "correct_record", {"reason": reason}, work.actor, work.recorded_at, flow_settings(rules))
    if not isinstance(found, Decision):
        raise DomainError(found)
    before = intake_record.registered(case)
    after = replace(before, **{name: getattr(new, name) for name in _OWN}, texts={**before.texts, **dict(new.texts)})
    refusals = refuse_record(intake_record.checked_record(after, case.complaint.channel), work.recorded_at)
    if refusals:
        raise DomainError(refusals)
    changes = {name: (old, fresh) for name, (old, fresh) in _differences(before, after).items() if old != fresh}
    if not changes:
        raise DomainError(Refusal("complaint.refused.nothing_changed", status=422))
    _write(case, rules, after)
    if "contact_phone" in changes:
        link_again(case)
    private = {name: {"old": old, "new": fresh} for name, (old, fresh) in changes.items()}
    clear = {"fields": sorted(changes), "completeness": case.complaint.completeness}
    history.record(case, "correct_record", clear, {"reason": reason, "changes": private})
    work.session.flush()
    return case


_OWN = (
    "preferred_contact", "occurred_at", "bought_on", "call_started_at", "call_seconds", "read_back", "not_applicable",
    "confidential", "external_number",
)  # fmt: skip


def _differences(before: intake_record.Registration, after: intake_record.Registration) -> dict[str, tuple[Any, Any]]:
    texts = {code: (before.texts.get(code, ""), after.texts.get(code, "").strip()) for code in TEXTS}
    return {**texts, **{name: (_plain(getattr(before, name)), _plain(getattr(after, name))) for name in _OWN}}


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.value if isinstance(value, ContactWay) else value


def _write(case: Case, rules: Rulebook, after: intake_record.Registration) -> None:
    complaint = case.complaint
    complaint.occurred_at = after.occurred_at
    complaint.call_started_at, complaint.call_seconds = after.call_started_at, after.call_seconds
    complaint.read_back, complaint.not_applicable = sorted(after.read_back), sorted(after.not_applicable)
    complaint.confidential = after.confidential
    complaint.external_number = after.external_number.strip() or None
    complaint.completeness = intake_record.completeness_of(rules, after, complaint.channel).score
    record = {
        **intake_record.record_of(after),
        **({"elements": case.record["elements"]} if "elements" in case.record else {}),
    }
    case.record.clear()
    case.record.update(record)
    complaint.sealed_record = case.seal.seal_json(record, "record")
    complaint.sealed_brief = case.seal.seal_json(intake_record.brief_of(record), "brief")
    intake_record.index(case, record)
