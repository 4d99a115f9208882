"""What is told of inspections (R28, R29): a result to the inspected and to the head, a date to the inspector.

A blind inspection is named by its own number, so that the message does not lead to what is hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from backoffice.models.office import Department, Staff
from backoffice.models.work import Outbox
from backoffice.queries import recipients
from backoffice.services.core.inspections import Inspecting
from backoffice.services.core.places import Style
from backoffice.services.core.staff_messages import tell_staff

RESULT, FAILED, DUE, OVERDUE = (
    "inspection_notice",
    "inspection_failed_notice",
    "inspection_due_notice",
    "inspection_overdue_notice",
)
LEADERS = ("quality_manager",)
"""Roles whose holders hear of what is overdue and of what nobody may inspect."""


def tell_result(one: Inspecting, *, low: bool) -> None:
    """The inspected hears the score and until when an appeal is possible; of a low or fatal one the head as well."""
    row = one.inspection
    if row.subject_id is not None:
        _tell(one, RESULT, [row.subject_id], lambda style: {
            "score": f"{row.score:.2f}", "appeal_deadline": style.moment(row.appeal_until),
        })  # fmt: skip
    if low:
        heads = [head for head in recipients.head_of(one.work.session, row.department_id) if head != row.subject_id]
        _tell(one, FAILED, heads, lambda style: {
            "score": f"{row.score:.2f}", "department_name": _department(one, style),
            "staff_name": _person(one, style, row.subject_id),
        })  # fmt: skip


def tell_due(one: Inspecting, occasion: str = "assigned") -> list[Outbox]:
    """The inspector hears what to score until when; once for each occasion and date."""
    row = one.inspection
    people = [] if row.inspector_id is None else [row.inspector_id]
    return _tell(one, DUE, people, _due(row.due_at), occasion=f"{occasion}:{row.due_at:%Y%m%d}", veiled=True)


def tell_overdue(one: Inspecting) -> list[Outbox]:
    """The inspector and who leads the inspectors hear that it was not published in time; once for each date."""
    row = one.inspection
    leaders = recipients.of_roles(one.work.session, LEADERS)
    people = {*leaders, *([] if row.inspector_id is None else [row.inspector_id])}

    def places(style: Style) -> Mapping[str, str]:
        return {**_due(row.due_at)(style), "staff_name": _person(one, style, row.inspector_id)}

    return _tell(one, OVERDUE, people, places, occasion=f"overdue:{row.due_at:%Y%m%d}", veiled=True)


def _due(at: datetime) -> Callable[[Style], Mapping[str, str]]:
    return lambda style: {"due_time": style.moment(at)}


def _tell(
    one: Inspecting,
    template: str,
    people: Iterable[int],
    places: Callable[[Style], Mapping[str, str]],
    *,
    occasion: str = "",
    veiled: bool = False,
) -> list[Outbox]:
    """Queue a text under the record's key; under the office's where that is gone, or must not lead to the record."""
    row, rules = one.inspection, one.rules
    hidden = veiled and row.blind

    def fill(language: str) -> Mapping[str, str]:
        style = Style(rules, language)
        office = rules.office()
        named = {
            "complaint_number": row.number if hidden else one.case.complaint.number,
            "office_name": style.name(office),
            "service_phone": office.service_phone,
        }
        return {**named, **places(style)}

    case = None if hidden or one.case.seal.erased else one.case
    key = f"inspection:{row.id}:{template}{':' if occasion else ''}{occasion}"
    return tell_staff(one.work, template, people, fill, case=case, key=key)


def _department(one: Inspecting, style: Style) -> str:
    found = one.work.session.get(Department, one.inspection.department_id or 0)
    return style.name(found) if found else ""


def _person(one: Inspecting, style: Style, staff_id: int | None) -> str:
    found = one.work.session.get(Staff, staff_id or 0)
    return style.name(found) if found else ""
