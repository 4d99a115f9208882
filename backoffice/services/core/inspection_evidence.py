"""What a record itself shows beside the items of a scorecard, and whose work each item is (R28, R31)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from backoffice.models.handling import CallBack, Communication, StepEntry
from backoffice.models.history import AccessEvent, Event
from backoffice.queries import recipients
from backoffice.services.core import elements
from backoffice.services.core.case import Case
from backoffice.services.core.facts import PLANS, dossier_facts, flow_settings
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.intake_record import completeness_of, registered
from policies.card import Card
from policies.completeness import Completeness
from policies.dossier import missing_parts
from policies.inspection import UnitWhat, parse_unit
from policies.inspection_evidence import ClockFact, ItemEvidence, RecordFacts, evidence_of
from policies.message import Name
from policies.regrading import RAISES, REGRADES
from policies.vocabulary import CommunicationKind, Outcome
from policies.vocabulary_inspection import AttributedTo

VOUCHERS = frozenset({"refund_voucher", "work_slip", "customer_receipt"})
"""Evidence that a measure was carried out (R20)."""
TELLING = frozenset({CommunicationKind.PROGRESS.value, CommunicationKind.DELAY.value})
OPENED_IN_CLEAR = frozenset({"reveal", "print_full"})


def evidence_for(case: Case, card: Card, holdings: Holdings | None = None) -> dict[str, ItemEvidence]:
    """Item of the card → what the record shows on it, without anybody's name."""
    return evidence_of(card, record_facts(case, holdings or Holdings(case)))


def attributed(case: Case, unit: str = "", holdings: Holdings | None = None) -> dict[str, int]:
    """Function of a card's item → id of who had it on this record; a function that nobody had is not there (R31).

    ``unit``: which talk is inspected, for its speaker ("" for the whole complaint).
    """
    held = holdings or Holdings(case)
    complaint, orders = case.complaint, held.orders
    appointed = held.latest("transfer", "raise_dispute", "appoint")
    solved, archived = held.latest("solve_at_first_contact"), held.latest("archive")
    heads = recipients.head_of(case.work.session, complaint.department_id) if orders else ()
    found: dict[AttributedTo, int | None] = {
        AttributedTo.INTAKE_CLERK: complaint.registered_by_id,
        AttributedTo.DISPATCHER: orders[0].sent_by_id if orders else None,
        AttributedTo.DEPARTMENT_HEAD: appointed[0].by_id if appointed else next(iter(heads), None),
        AttributedTo.HANDLER: complaint.owner_id if orders else (solved[0].by_id if solved else complaint.owner_id),
        AttributedTo.CALLBACK_CLERK: next((call.by_id for call in reversed(held.call_backs)), complaint.caller_back_id),
        AttributedTo.ARCHIVIST: archived[0].by_id if archived else None,
        AttributedTo.SPEAKER: _speaker(case, unit),
    }
    return {function.value: staff_id for function, staff_id in found.items() if staff_id is not None}


def record_facts(case: Case, holdings: Holdings) -> RecordFacts:
    """The record as plain values."""
    complaint, dossier = case.complaint, dossier_facts(case, holdings, {})
    score, regraded = _completeness(case), [entry for entry in holdings.entries if entry.action in REGRADES]
    reveals, outsiders = _reveals(case)
    return RecordFacts(
        live=complaint.channel.live,
        completeness=complaint.completeness,
        names={
            row["code"]: Name(row["name"]["zh"], row["name"]["en"])
            for row in case.rules.setting("completeness")["fields"]
        },
        missing=score.missing if score else (),
        not_read_back=score.not_read_back if score else (),
        corrections=_corrections(case),
        regradings=len(regraded),
        raised=any(entry.action in RAISES for entry in regraded),
        checked=dossier.has_check,
        check_evidence=sum(1 for row in holdings.evidence if row.step == "check"),
        first_contact=complaint.outcome is Outcome.FIRST_CONTACT_RESOLVED and not holdings.orders,
        dispatched=bool(holdings.orders),
        missing_elements=tuple(one.params.get("element") for one in elements.refusals(case, case.rules)),
        transfers=complaint.transfers,
        transfers_allowed=flow_settings(case.rules).transfers_before_escalation,
        disputes=len(holdings.disputes),
        evidence=len(holdings.evidence),
        root_cause=bool(holdings.value("root_cause")),
        fault=complaint.fault is not None,
        **_plan(case, holdings),
        clocks=tuple(
            ClockFact(row.code, row.due_at, row.stopped_at, row.met, row.extended_days) for row in holdings.clocks
        ),
        measures=len(holdings.measures),
        measures_open=sum(1 for measure in holdings.measures if measure.done_at is None),
        vouchers=sum(1 for row in holdings.evidence if row.type in VOUCHERS),
        call_backs=len(holdings.call_backs),
        confirmed=_confirmed(holdings),
        rounds=complaint.round,
        missing_parts=missing_parts(dossier),
        lesson=dossier.has_lesson,
        told=sum(1 for talk in holdings.communications if talk.kind in TELLING),
        reveals=reveals,
        outsiders=outsiders,
    )


def _item_names(case: Case) -> dict[str, Name]:
    rows = case.rules.setting("completeness")["fields"]
    return {row["code"]: Name(row["name"]["zh"], row["name"]["en"]) for row in rows}


def _completeness(case: Case) -> Completeness | None:
    """The completeness as it is now, item by item; None once the record is erased."""
    if case.complaint.erased_at is not None:
        return None
    return completeness_of(case.rules, registered(case), case.complaint.channel)


def _corrections(case: Case) -> int:
    events = sa.select(sa.func.count()).select_from(Event)
    mine = events.where(Event.complaint_id == case.complaint.id, Event.action == "correct_record")
    return case.work.session.scalar(mine) or 0


def _plan(case: Case, holdings: Holdings) -> dict[str, Any]:
    """What is known of the plan: alternatives, and whether it was approved first and by whom the amount allows."""
    plan, approval = holdings.latest(*PLANS), holdings.latest("approve")
    done = [measure.done_at for measure in holdings.measures if measure.done_at is not None]
    before: bool | None = None
    if plan is not None and done:
        before = approval is not None and _first_approval(holdings) <= min(done)
    return {
        "planned": plan is not None,
        "alternatives": bool(holdings.value("alternatives")),
        "approved_before": before,
        "within_limit": _within_limit(case, approval),
    }


def _first_approval(holdings: Holdings) -> datetime:
    return min(entry.at for entry in holdings.entries if entry.action == "approve")


def _within_limit(case: Case, approval: tuple[StepEntry, Mapping[str, Any]] | None) -> bool | None:
    """Whether a role that the approver holds may approve the amount at that step; None where no step says so."""
    if approval is None:
        return None
    entry, values = approval
    step = case.rules.process(case.complaint.process_id).find(entry.step)
    amount = values.get("approved_compensation")
    if step is None or not step.limits or amount in (None, ""):
        return None
    held = {role.code for role in entry.by.roles} if entry.by is not None else set()
    limits = [limit for role, limit in step.limits.items() if role in held]
    return any(limit is None or Decimal(str(amount)) <= limit for limit in limits) if limits else None


def _confirmed(holdings: Holdings) -> bool | None:
    reached = [call for call in holdings.call_backs if call.reached]
    return bool(reached[-1].solved) if reached else None


def _reveals(case: Case) -> tuple[int, int]:
    """How often the customer's data was shown in clear, and how many people without a function on it did so."""
    opened = sa.select(AccessEvent.actor_id).where(
        AccessEvent.complaint_id == case.complaint.id, AccessEvent.kind.in_(OPENED_IN_CLEAR)
    )
    by = list(case.work.session.scalars(opened))
    return len(by), len({one for one in by if one is not None} - case.subject.people)


def _speaker(case: Case, unit: str) -> int | None:
    """Who spoke: whoever took the call in, or the person of the talk or call-back."""
    found = parse_unit(unit)
    if found is None:
        return None
    if found.what is UnitWhat.INTAKE or found.id is None:
        return case.complaint.registered_by_id
    row: Communication | CallBack | None
    if found.what is UnitWhat.TALK:
        row = case.work.session.get(Communication, found.id)
    else:
        row = case.work.session.get(CallBack, found.id)
    return row.by_id if row is not None and row.complaint_id == case.complaint.id else None
