"""The elements that a complaint's work order must carry (R10): what the record already answers, what is
still missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.models.handling import Attachment
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.case import Case
from policies.dispatch import REPEAT_ELEMENT, refuse_elements, required_elements
from policies.dispatch_values import ElementDefinition, ElementKind, ElementValue
from policies.message import Refusal


def definitions(rules: Rulebook) -> dict[str, ElementDefinition]:
    """All elements of the office's list by their codes."""

    def load() -> dict[str, ElementDefinition]:
        return {
            entry.code: ElementDefinition.from_data(
                {**entry.extra, "code": entry.code, "name": {"zh": entry.name_zh, "en": entry.name_en}}
            )
            for entry in rules.entries("dispatch_elements", retired=True)
        }

    return rules.keep("elements", load)


def required(case: Case, rules: Rulebook) -> tuple[str, ...]:
    """Codes of the elements that this complaint's order must carry."""
    return required_elements(
        case.complaint.category.required_elements,
        rules.setting("element_rules")["base"],
        repeat=case.complaint.previous_id is not None,
        known=definitions(rules),
    )


def values(case: Case, rules: Rulebook, entered: Mapping[str, Any] | None = None) -> dict[str, ElementValue]:
    """What is known of each element: as entered, else as stored, else what the record itself answers."""
    stored = {**(case.record.get("elements") or {}), **(entered or {})}
    known = {code: ElementValue.from_data(value) for code, value in stored.items()}
    answered = {
        "contact_phone": case.record.get("contact_phone", ""),
        "customer_demand": case.record.get("demand", ""),
        "fault_location": case.record.get("address", ""),
        "service_address": case.record.get("address", ""),
    }
    for code, text in answered.items():
        if text and not _given(known.get(code)):
            known[code] = ElementValue(text)
    if case.complaint.previous_id is not None and not _given(known.get(REPEAT_ELEMENT)):
        known[REPEAT_ELEMENT] = ElementValue(_number_of(case, case.complaint.previous_id))
    files = [code for code, one in definitions(rules).items() if one.kind is ElementKind.FILE]
    if any(not _given(known.get(code)) for code in files) and _has_attachment(case):
        known |= {code: ElementValue(case.complaint.number) for code in files if not _given(known.get(code))}
    return known


def refusals(case: Case, rules: Rulebook, entered: Mapping[str, Any] | None = None) -> tuple[Refusal, ...]:
    """What is missing or unreadable, each with its element's name and beside its field."""
    return refuse_elements(required(case, rules), definitions(rules), values(case, rules, entered))


def _given(value: ElementValue | None) -> bool:
    return value is not None and (bool(value.text.strip()) or value.unknown)


def _number_of(case: Case, complaint_id: int | None) -> str:
    return case.work.session.scalar(sa.select(Complaint.number).where(Complaint.id == complaint_id)) or ""


def _has_attachment(case: Case) -> bool:
    found = sa.select(Attachment.id).where(Attachment.complaint_id == case.complaint.id).limit(1)
    return case.work.session.scalar(found) is not None
