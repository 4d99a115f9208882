"""What the form of an action offers to choose from and is filled with before anything is typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import request
from sqlalchemy.orm import Session

from backoffice.models.configuration import Category
from backoffice.models.office import Department, Staff
from backoffice.queries import eligible
from backoffice.services.core import elements, put_right
from forms.actions import Choices, ElementAsked, read_elements
from policies import naming
from policies.access import CustomerView
from policies.dispatch_values import ElementKind, ElementValue
from policies.fields import FIELD_KINDS, FieldKind
from policies.message import Message, Name
from policies.naming import NAMED
from policies.vocabulary import CaseFunction, ClockCode, ContactWay
from policies.workflow import Offer
from views import context
from views.case import extension, teamwork_choices
from views.case.looking import Looked
from views.fault_notices import panels
from views.filters import money, named
from views.language import _

NAMES_NOBODY = frozenset({"cause_code", "fault"})


def choices(session: Session, looked: Looked, offer: Offer) -> Choices:
    """The choices of the fields that this action has; nothing is asked of the database for the others."""
    codes = (*offer.required, *offer.optional)
    kinds = {FIELD_KINDS.get(code, FieldKind.TEXT) for code in codes}
    rules = looked.source.rules
    return Choices(
        departments=_departments(session, looked, offer) if FieldKind.DEPARTMENT in kinds else (),
        staff=_staff(session, looked, codes) if kinds & {FieldKind.STAFF, FieldKind.STAFF_LIST} else (),
        causes=[(one.code, named(one)) for one in rules.entries("causes")],
        evidence_types=[(one.code, named(one)) for one in rules.entries("evidence_types")],
        extension_reasons=[(one.code, named(one)) for one in rules.entries("extension_reasons")],
        categories=_categories(session) if FieldKind.CATEGORY in kinds else {},
        measures=_measures(looked) if offer.action == "tick_measure" else None,
        own=teamwork_choices.own(session, looked, offer),
    )


def defaults(looked: Looked, offer: Offer) -> dict[str, Any]:
    """What the form shows before anything is typed: what was entered before, and what most likely holds."""
    complaint, holdings = looked.complaint, looked.source.holdings
    codes = (*offer.required, *offer.optional)
    clear = looked.customer is CustomerView.REVEALABLE  # words written before may say who the customer is
    found = {
        code: value
        for code in codes
        if (value := holdings.value(code)) is not None and _keeps(code) and (clear or code in NAMES_NOBODY)
    }
    likely: dict[str, Any] = {
        "department": str(complaint.category.default_department_id or "") if offer.action == "send_order" else "",
        "owner": "" if offer.action == "change_owner" else str(complaint.owner_id or ""),
        "way": ContactWay.PHONE.value,
        "result_channel": str(looked.case.record.get("preferred_contact") or ContactWay.PHONE.value),
        "callback_method": ContactWay.PHONE.value,
        "measure": _argument("measure") if offer.action == "tick_measure" else "",
        "severity": complaint.severity.value,
        "text": panels.draft(looked, offer.action),
        "category": complaint.category.code,
        "urgency": complaint.urgency.value,
        "impact": complaint.impact.value,
        "compensation_amount": complaint.compensation,
        "deadline": _due(looked, ClockCode.ANSWER) or _due(looked, ClockCode.RESOLVE),
        # a delay is told with another time than the one that was promised: that of the extension that waits
        "promised_time": extension.promised(looked)
        if offer.action == "tell_delay"
        else _due(looked, ClockCode.RESOLVE),
        "extension_days": _days_asked(looked) if offer.action == "grant_extension" else None,
    }
    found |= {code: likely[code] for code in codes if code in likely and likely[code] not in ("", None)}
    return found | teamwork_choices.likely(looked, offer)


def elements_asked(looked: Looked, posted: Mapping[str, str] | None = None) -> list[ElementAsked]:
    """The elements that the order must carry, filled with what is known or was just typed.

    What the record answers and would show the customer stays masked beside its field, which is left empty then: the
    order takes it from the record (R39).
    """
    rules = looked.source.rules
    codes, known = elements.required(looked.case, rules), elements.values(looked.case, rules)
    defined = elements.definitions(rules)
    entries = {entry.code: entry for entry in rules.entries("dispatch_elements", retired=True)}
    sent = posted is not None and any(name.startswith("element-") for name in posted)
    typed = read_elements(posted, codes) if posted is not None and sent else {}
    asked = []
    for code in codes:
        one, value = defined[code], known.get(code) or ElementValue()
        veiled = looked.source.veil.element(one.kind, value.text)
        hidden = veiled != value.text
        shown = ElementValue.from_data(typed.get(code)) if sent else value
        words = "" if hidden and not sent else shown.text
        hint = entries[code].extra.get("hint") or {}
        asked.append(
            ElementAsked(
                code, one.name, _hint(hint, veiled if hidden else ""), one.kind.value, words, shown.unknown,
                shown.reason, one.choices,
            )
        )  # fmt: skip
    return asked


def elements_typed(looked: Looked, posted: Mapping[str, str]) -> list[tuple[str, str]]:
    """What was typed of the elements of an order, each under its name: the value, and why it is not known."""
    found = []
    for code, one in elements.definitions(looked.source.rules).items():
        name = named(one.name)
        if text := posted.get(f"element-{code}", "").strip():
            answers = {"yes": _("form.yes"), "no": _("form.no")} if one.kind is ElementKind.YES_NO else {}
            found.append((name, answers.get(text, text)))
        if reason := posted.get(f"element-{code}-reason", "").strip():
            found.append((f"{name}{_('layout.colon')}{_('acting.unknown_reason')}", reason))
    return found


def _hint(hint: Mapping[str, str], known: str) -> Name:
    """The office's hint to an element, and what the record answers already."""
    zh, en = (" · ".join(filter(None, (hint.get(short, ""), known))) for short in ("zh", "en"))
    return Name(zh, en)


def notes(looked: Looked, offer: Offer) -> list[Message]:
    """What the person should know before acting: the route, how many transfers are left, up to which
    amount one approves.
    """
    found: list[Message] = []
    rules, complaint = looked.source.rules, looked.complaint
    if offer.action == "send_order" and complaint.category.route:
        entry = next(
            (one for one in rules.entries("routes", retired=True) if one.code == complaint.category.route), None
        )
        text = (entry.extra.get("text") or {}) if entry else {}
        if entry:
            name, words = Name(entry.name_zh, entry.name_en), Name(text.get("zh", ""), text.get("en", ""))
            found.append(Message("acting.route", {"route": name, "text": words}))
    if offer.action in ("approve", "return_plan") and complaint.compensation is not None:
        found.append(Message("acting.amount", {"amount": money(complaint.compensation)}))
    if offer.action == "archive":
        found.extend(put_right.notes(looked.case, looked.source.holdings))
    if offer.action == "change_team":
        found.append(Message("teamwork.experts_stay"))
    return found


def _keeps(code: str) -> bool:
    """Whether an earlier entry is offered again: texts and choices are, talks, opinions and results are not."""
    return code in {
        "root_cause", "cause_code", "fault", "facts", "responsible_party", "alternatives", "dissatisfaction_reason",
        "new_demand", "check_reason",
    }  # fmt: skip


def _days_asked(looked: Looked) -> int | None:
    pending = extension.pending_of(looked)
    return pending.days_asked if pending is not None else None


def _measures(looked: Looked) -> list[tuple[str, str]]:
    """The measures that are open, by their words."""
    source = looked.source
    found = []
    for row in source.holdings.measures:
        if row.done_at is None and not row.dropped:
            words = source.veil.text(str(source.opened(row.sealed, "measure").get("text") or ""))
            found.append((str(row.id), f"{words} {money(row.amount)}" if row.amount else words))
    return found


def _argument(name: str) -> str:
    text = request.args.get(name, "")
    return text if text.isdecimal() and len(text) < 19 else ""


def _due(looked: Looked, code: ClockCode) -> Any:
    rows = looked.source.holdings.clocks
    row = next((row for row in rows if row.code == code.value and row.stopped_at is None), None)
    return row.due_at if row else None


def _departments(session: Session, looked: Looked, offer: Offer) -> list[tuple[str, str]]:
    statement = sa.select(Department).where(Department.retired_at.is_(None), Department.receives_orders.is_(True))
    orders = looked.source.holdings.orders
    had = {order.department_id for order in orders} if offer.action == "transfer" else set()
    if offer.action == "raise_dispute" and orders:
        had = {orders[-1].department_id}
    return [
        (str(row.id), named(row)) for row in session.scalars(statement.order_by(Department.id)) if row.id not in had
    ]


def _staff(session: Session, looked: Looked, codes: tuple[str, ...]) -> list[tuple[str, str]]:
    """The people whom the rules take in these fields; who calls back never handled it (R21)."""
    group = next((NAMED[code] for code in codes if code in NAMED), None)
    if group is None:
        return []
    order = looked.source.holdings.order
    among = {
        naming.OWNERS: lambda: eligible.owners(
            session, order.department_id if order else looked.complaint.department_id, context.today()
        ),
        naming.CALLERS: lambda: eligible.callers(session, context.today()),
        naming.ANYBODY: eligible.in_service,
    }[group]()
    statement = sa.select(Staff).where(Staff.id.in_(among)).order_by(Staff.code)
    if group == naming.CALLERS:
        handled = looked.case.with_function(CaseFunction.OWNER, CaseFunction.CO_HANDLER)
        statement = statement.where(Staff.id.not_in(sorted(handled)))
    return [(str(row.id), f"{named(row)} {row.code}") for row in session.scalars(statement)]


def _categories(session: Session) -> dict[str, list[tuple[str, str]]]:
    """The leaves under the names of their branches."""
    rows = list(session.scalars(sa.select(Category).where(Category.retired_at.is_(None)).order_by(Category.path)))
    names = {row.id: named(row) for row in rows}
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        if row.level == 3 and row.parent_id in names:
            found.setdefault(names[row.parent_id], []).append((row.code, named(row)))
    return found
