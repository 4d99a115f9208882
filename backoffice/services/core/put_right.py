"""What is put right after a complaint with our or shared fault (R30): what there is, and the one that archiving opens.

The rule (``policies/put_right.py``): from the improvements that the plan names, or that whoever archives enters. It
goes to the head of the department that had the order last (of the one above it, else a complaints manager), of the kind
that fits the cause, due as that kind is due. Nobody assigned it: it is the rule's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backoffice.errors import DomainError
from backoffice.models.handling import StepEntry
from backoffice.queries import recipients
from backoffice.services.core.case import Case
from backoffice.services.core.corrective import (
    FROM_COMPLAINT,
    Origin,
    corrective_rules,
    nearest_head,
    note_in_history,
    open_action,
)
from backoffice.services.core.corrective_findings import LONGEST_TITLE
from backoffice.services.core.facts import flow_settings, put_right_state
from backoffice.services.core.holdings import Holdings
from policies.message import Message, Refusal
from policies.put_right import IMPROVEMENTS, REASON, asked_of, kind_for, opens


def opened_by_rule(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    """Open the one that this archiving brings, before the dossier is frozen."""
    complaint, rules = case.complaint, holdings.rules
    asked = asked_of(complaint.fault, complaint.outcome, flow_settings(rules))
    if not opens(put_right_state(holdings), asked, values):
        return
    named = str(values.get(IMPROVEMENTS) or holdings.value(IMPROVEMENTS))
    row = {
        "title": named.splitlines()[0][:LONGEST_TITLE],
        "type": kind_for(complaint.cause_code, corrective_rules(rules).types),
        "owner": _owner(case, holdings),
        "root_cause": str(holdings.value("root_cause") or ""),
        "expected_effect": named,
    }
    one = open_action(case.work, row, Origin(FROM_COMPLAINT, None, complaint), case)
    note_in_history(case, one, "corrective_opened")


def notes(case: Case, holdings: Holdings) -> tuple[Message, ...]:
    """What the form of archiving says about it before anything is typed."""
    complaint, there = case.complaint, put_right_state(holdings)
    if not asked_of(complaint.fault, complaint.outcome, flow_settings(holdings.rules)):
        return ()
    if there.actions:
        return (Message("put_right.note.there"),)
    return (Message("put_right.note.opens" if opens(there, True, {}) else "put_right.note.needed"),)


def _owner(case: Case, holdings: Holdings) -> int:
    """The nearest head above whoever had it; else a complaints manager. Raises ``DomainError`` where nobody is."""
    session = case.work.session
    complaint = case.complaint
    at_intake = complaint.department_id or complaint.registered_department_id
    head = nearest_head(session, holdings.orders[-1].department_id if holdings.orders else at_intake, None)
    if head is not None:
        return head
    managers = recipients.of_roles(session, [recipients.MANAGER])
    if not managers:
        raise DomainError(Refusal("put_right.refused.nobody", field=REASON, status=422))
    return managers[0]
