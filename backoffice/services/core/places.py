"""What the named places of the office's texts are filled with for a complaint (R5, R12, R13)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from backoffice.models.complaint import ClockRow
from backoffice.models.office import Department, Staff
from backoffice.office import document
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.case import Case
from backoffice.services.core.holdings import Holdings
from policies.vocabulary import ClockCode, Outcome

RESULT = ("measure_results", "solution")
"""The fields in which it is written what was done, for the customer's result."""
LATE_IN_DAYS = 48
"""From so many hours on it is said in days how late something is."""
REASON = ("text", "reason", "regrade_reason", "closing_reason_text", "check_reason", "root_cause")
"""The fields in which an act says why, the nearest first."""


def places(case: Case, values: Mapping[str, Any], language: str) -> dict[str, str]:
    """What the places of a template are filled with for this complaint, in a language (``zh_Hans`` or ``en``).

    ``values`` are the act's. A place of which nothing is known is there with an empty text.
    """
    rules, holdings = Rulebook(case.work.session), Holdings(case)
    office, complaint, style = rules.office(), case.complaint, Style(rules, language)
    due = _due(case, ClockCode.RESOLVE)
    words = _first(values, "text", *RESULT)
    steps = rules.process(complaint.process_id).steps
    contact = case.work.session.get(Staff, complaint.owner_id or complaint.registered_by_id or 0)
    actor = case.work.session.get(Staff, case.work.actor.staff_id or 0)
    return {
        "customer_name": str(case.record.get("customer_name") or style.format("customer")),
        "complaint_number": complaint.number,
        "category_name": style.name(complaint.category),
        "received_at": style.moment(complaint.received_at),
        "due_time": style.moment(due),
        "old_due_time": style.moment(due),
        "new_due_time": style.moment(values.get("promised_time")),
        "next_update_time": style.moment(_due(case, ClockCode.PROGRESS) or due),
        "process_outline": style.format("list_separator").join(
            step.name[style.short] for step in steps if step.clock_share
        ),
        "contact_name": style.name(contact) if contact else office.service_phone,
        "manager_name": style.name(actor or contact) if actor or contact else "",
        "staff_name": style.name(actor) if actor else style.name(office),
        "service_phone": office.service_phone,
        "office_name": style.name(office),
        "progress_text": words,
        "apology_text": words,
        "reason": _first(values, *REASON) or _entered(holdings, *_grounds(complaint.outcome)),
        "result_text": _first(values, *RESULT) or _entered(holdings, *RESULT) or words,
        "compensation_text": style.compensation(complaint.compensation),
        "appeal_text": style.format("appeal"),
        "referred_to": str(values.get("referred_to") or ""),
        "severity_name": style.entry("severities", complaint.severity.value),
        "amount": style.money(complaint.compensation or Decimal(0)),
        **_of_order(case, holdings, style),
    }


class Style:
    """How messages write names, moments and money in one language, by the formats that the office keeps with its
    texts.
    """

    def __init__(self, rules: Rulebook, language: str) -> None:
        self.short = "zh" if language == "zh_Hans" else "en"
        self._rules = rules
        self._zone = rules.zone()
        self._formats = {**document("messages")["formats"], **(rules.setting("message_formats") or {})}

    def format(self, name: str) -> str:
        return str(self._formats[name][self.short])

    def name(self, row: Any) -> str:
        """A name held as data in both languages."""
        return str(getattr(row, f"name_{self.short}") or row.name_zh or row.name_en)

    def day(self, at: datetime) -> str:
        """The day of a moment in the office's time."""
        local = at.astimezone(self._zone)
        month_name = self._formats["month_names"][local.month - 1]
        return self.format("day").format(month=local.month, day=local.day, month_name=month_name)

    def moment(self, at: datetime | None) -> str:
        """A moment in the office's time; nothing for none."""
        if at is None:
            return ""
        local = at.astimezone(self._zone)
        parts = {"month": local.month, "day": local.day, "time": f"{local:%H:%M}"}
        return self.format("moment").format(month_name=self._formats["month_names"][local.month - 1], **parts)

    def money(self, amount: Decimal) -> str:
        """An amount with two decimals and its currency."""
        office = self._rules.office()
        if office.currency != "CNY":
            return f"{amount:.2f} {office.currency}"
        return self.format("money").format(amount=f"{amount:.2f}")

    def compensation(self, amount: Decimal | None) -> str:
        """What is granted, in words."""
        return self.format("compensation").format(money=self.money(amount)) if amount else self.format("nothing")

    def late(self, by: timedelta) -> str:
        """How late something is, in whole hours, or in days from two days on; nothing while it is not."""
        hours = int(by.total_seconds() // 3600)
        if by.total_seconds() <= 0:
            return ""
        if hours < 1:
            return self.format("late_now")
        return self.format("late_hours" if hours < LATE_IN_DAYS else "late_days").format(hours=hours, days=hours // 24)

    def entry(self, list_name: str, code: str) -> str:
        """The name of an entry of one of the office's lists; its code where the list has none."""
        found = [one for one in self._rules.entries(list_name, retired=True) if one.code == code]
        return self.name(found[0]) if found else code

    def clock(self, sla_id: int, code: str) -> str:
        """The name of a clock by the version of the clocks that a complaint runs under."""
        clocks = self._rules.sla(sla_id).get("clocks", ())
        return next((str(one["name"][self.short]) for one in clocks if one["code"] == code), code)


def promised(case: Case) -> datetime | None:
    """Until when the customer is answered at the latest, as long as that clock runs."""
    return _due(case, ClockCode.RESOLVE)


def _of_order(case: Case, holdings: Holdings, style: Style) -> dict[str, str]:
    order = holdings.order
    department = case.work.session.get(
        Department, (order.department_id if order else case.complaint.department_id) or 0
    )
    return {
        "order_number": order.number if order else "",
        "department_name": style.name(department) if department else "",
    }


def _first(values: Mapping[str, Any], *names: str) -> str:
    return next((str(values[name]) for name in names if values.get(name)), "")


def _grounds(outcome: Outcome | None) -> tuple[str, ...]:
    """Where the ground of an answer was written down before."""
    not_ours = outcome in (Outcome.NOT_ESTABLISHED, Outcome.REFERRED_OUT)
    return ("check_reason", "root_cause") if not_ours else ("root_cause",)


def _entered(holdings: Holdings, *names: str) -> str:
    """What was written down for one of these fields, whatever the step."""
    return next((str(found) for name in names if (found := holdings.value(name))), "")


def _due(case: Case, code: ClockCode) -> datetime | None:
    statement = (
        sa.select(ClockRow.due_at)
        .where(ClockRow.complaint_id == case.complaint.id, ClockRow.code == code.value, ClockRow.stopped_at.is_(None))
        .order_by(ClockRow.id.desc())
        .limit(1)
    )
    return case.work.session.scalar(statement)
