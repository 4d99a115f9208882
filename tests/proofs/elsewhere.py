"""Acts that have commands of their own, called as the pages call them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from backoffice.errors import DomainError
from backoffice.models.handling import Attachment
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.access_log import log_access
from backoffice.services.core.case import look_at
from backoffice.services.core.facts import case_facts, flow_settings
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.intake_record import registered
from backoffice.services.core.work import Work
from backoffice.services.dossier.commands import take_copy
from backoffice.services.record import Corrected, correct
from backoffice.services.reveal import reveal
from policies.message import Refusal
from policies.workflow import Decision, decide

Command = Callable[[Work, int, Mapping[str, Any]], object]


def _correct(work: Work, complaint_id: int, values: Mapping[str, Any]) -> None:
    now = registered(look_at(work, complaint_id))
    texts = {"where": f"{now.texts['where']}·"}
    new = Corrected(
        texts, now.preferred_contact, now.occurred_at, now.bought_on, now.call_started_at, now.call_seconds,
        now.read_back, now.not_applicable, now.confidential, now.external_number,
    )  # fmt: skip
    correct(work, complaint_id, new, str(values.get("reason") or ""))


def _open_attachment(work: Work, complaint_id: int, _values: Mapping[str, Any]) -> None:
    case = look_at(work, complaint_id)
    rules = Rulebook(work.session)
    facts = case_facts(case, Holdings(case))
    found = decide(facts, "open_attachment", {}, work.actor, work.recorded_at, flow_settings(rules))
    if not isinstance(found, Decision):
        raise DomainError(found)
    if work.session.query(Attachment).filter_by(complaint_id=complaint_id).count() == 0:
        raise DomainError(Refusal("complaint.refused.not_found", status=404))
    log_access(work.session, work.keys, work.actor, work.at, "open_attachment", {}, complaint_id=complaint_id)


def _full(work: Work, complaint_id: int, values: Mapping[str, Any]) -> None:
    take_copy(work, complaint_id, "en", full=True, reason=str(values.get("reason") or ""))


ELSEWHERE: Mapping[str, Command] = {
    "reveal": lambda work, one, values: reveal(work, one, str(values.get("reason") or "")),
    "correct_record": _correct,
    "open_attachment": _open_attachment,
    "print_dossier": lambda work, one, values: take_copy(work, one, "zh_Hans"),
    "print_dossier_full": _full,
}
"""Action → the command behind its page. What is opened is looked at in the page's own way, without the HTTP."""
