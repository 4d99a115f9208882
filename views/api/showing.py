"""A complaint as the JSON API tells it: veiled as on its page, names in the language of the call, codes beside them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.queries.lines import Line
from policies.process import END
from policies.vocabulary import EntryWay
from views import language
from views.api import told
from views.case.looking import Looked
from views.filters import named
from views.language import _

WORDS = ("what", "who", "where", "why", "demand", "product", "product_symptom", "summary", "severity_reason")
PLAIN = ("preferred_contact", "bought_on")


def value(one: StrEnum) -> told.Coded:
    """A value of a closed set."""
    return told.Coded(code=one.value, name=language.label(one))


def row(one: Any | None) -> told.Coded | None:
    """A row of the office's data."""
    return None if one is None else told.Coded(code=one.code, name=named(one))


def line(one: Line) -> told.Line:
    """A complaint as a line of a list."""
    return told.Line(
        number=one.number,
        summary=one.summary,
        customer=one.customer,
        phone=one.phone,
        status=value(one.status),
        severity=value(one.severity),
        priority=value(one.priority),
        category=named(one.category),
        channel=named(one.channel),
        step=named(one.step),
        department=named(one.department) or None,
        owner=named(one.owner) or None,
        round=one.round,
        nth_complaint=one.nth,
        confidential=one.confidential,
        received_at=one.received_at,
        due_at=one.due_at,
    )


def named_entry(entry: dict[str, Any]) -> told.Coded:
    """A symptom of a category."""
    return told.Coded(code=entry["code"], name=named(entry["name"]))


def etag(revision: int) -> str:
    """A revision as HTTP names it."""
    return f'"{revision}"'


def complaint(looked: Looked) -> told.Complaint:
    """The whole of it for this reader."""
    one = looked.complaint
    return told.Complaint(
        number=one.number,
        revision=one.revision,
        open=one.open,
        round=one.round,
        symptom=one.symptom,
        entry_way=one.source or EntryWay.CONSOLE.value,
        confidential=one.confidential,
        nth_complaint=one.nth_complaint,
        previous=_number_of(looked, one.previous_id),
        external_number=one.external_number,
        completeness=one.completeness,
        record=_record(looked),
        customer=_customer(looked),
        clocks=_clocks(looked),
        files=files(looked),
        **_coded(looked, one),
        **_moments(one),
    )


def state(looked: Looked) -> dict[str, Any]:
    """How it stands now, for who acted on another state."""
    one = looked.complaint
    return {
        "number": one.number,
        "revision": one.revision,
        "status": value(one.status).model_dump(),
        "step": step(looked).model_dump(),
    }


def step(looked: Looked) -> told.Coded:
    """The step at which it stands."""
    code = looked.complaint.step
    found = looked.source.process.find(code)
    names = dict(found.name) if found is not None else {}
    return told.Coded(code=code, name=named(names) if names else _("api.step.end") if code == END else code)


def files(looked: Looked) -> list[told.File]:
    """The files, oldest first; their names are veiled like any text."""
    offer = looked.offer("open_attachment")
    opens = offer is not None and offer.is_open
    seal, veil = looked.case.seal, looked.source.veil
    return [
        told.File(
            id=one.id,
            name=veil.text(str(seal.open_text(one.sealed_name, f"file-name:{one.sha256}"))),
            size=one.size,
            media_type=one.media_type,
            sha256=one.sha256,
            at=one.at,
            opens=opens,
        )
        for one in looked.source.holdings.attachments
    ]


def _coded(looked: Looked, one: Complaint) -> dict[str, Any]:
    return {
        "status": value(one.status),
        "step": step(looked),
        "outcome": value(one.outcome) if one.outcome else None,
        "severity": value(one.severity),
        "urgency": value(one.urgency),
        "impact": value(one.impact),
        "priority": value(one.priority),
        "channel": row(one.channel),
        "category": row(one.category),
        "department": row(one.department),
        "owner": row(one.owner),
    }


def _moments(one: Complaint) -> dict[str, Any]:
    names = (
        "received_at", "registered_at", "occurred_at", "acknowledged_at", "resolved_at", "closed_at", "archived_at",
    )  # fmt: skip
    return {name: getattr(one, name) for name in names} | {"due_at": one.next_due_at, "due_clock": one.next_due_clock}


def _customer(looked: Looked) -> told.Customer:
    veil, record = looked.source.veil, looked.source.record
    return told.Customer(
        view=looked.customer.value,
        name=veil.name(record("customer_name")),
        phone=veil.phone(record("contact_phone")),
        email=veil.email(record("email")),
        address=veil.address(record("address")),
    )


def _record(looked: Looked) -> dict[str, str]:
    """What the customer told, veiled; what was not told is left out."""
    veil, record = looked.source.veil, looked.source.record
    found = {code: veil.text(record(code)) for code in WORDS} | {code: record(code) for code in PLAIN}
    return {code: text for code, text in found.items() if text}


def _clocks(looked: Looked) -> list[told.Clock]:
    return [
        told.Clock(
            code=one.code,
            name=_("label.clock_code." + one.code),
            due_at=one.due_at,
            stopped_at=one.stopped_at,
            met=one.met,
        )
        for one in looked.source.holdings.clocks
    ]


def _number_of(looked: Looked, complaint_id: int | None) -> str | None:
    if complaint_id is None:
        return None
    found = looked.case.work.session.scalar(sa.select(Complaint.number).where(Complaint.id == complaint_id))
    return None if found is None else str(found)
