"""Very many closed complaints at once: the ten told cases over and over, put in as plain rows without their papers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from backoffice.database import Database
from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.configuration import Category, Channel, ProcessVersion, SlaPolicy
from backoffice.models.history import Event
from backoffice.models.office import Department
from tests.support.clocks import told_clocks
from tests.support.told_cases import local, told

BATCH = 5_000


def insert_past(database: Database, count: int) -> None:
    """``count`` complaints (a multiple of ten), the told cases in turn; their departments take turns by tens."""
    with database.writing() as session:
        ids = _Ids(session)
    with database.engine.begin() as connection:
        for first in range(0, count, BATCH):
            numbers = range(first, min(first + BATCH, count))
            cases = [(number + 1, told()[number % 10], ids.departments[number // 10 % 2]) for number in numbers]
            _insert(connection, Complaint, (_complaint(ids, *one) for one in cases))
            _insert(connection, ClockRow, (row for number, case, _of in cases for row in _clocks(number, case)))
            _insert(connection, Event, (row for number, case, _of in cases for row in _regraded(number, case)))


def _insert(connection: sa.Connection, model: Any, rows: Iterator[dict[str, Any]]) -> None:
    found = list(rows)
    if found:
        connection.execute(sa.insert(model), found)


class _Ids:
    """The keys of what complaints refer to."""

    def __init__(self, session) -> None:
        def by_code(model):
            return {row.code: row.id for row in session.execute(sa.select(model.code, model.id))}

        self.categories, self.channels = by_code(Category), by_code(Channel)
        departments = by_code(Department)
        self.departments = [departments[code] for code in sorted(departments)][:2]
        self.processes = {row.severity: row.id for row in session.execute(
            sa.select(ProcessVersion.severity, ProcessVersion.id))}  # fmt: skip
        self.sla = session.scalars(sa.select(SlaPolicy.id)).first()


def _complaint(ids: _Ids, number: int, case: dict[str, Any], department_id: int) -> dict[str, Any]:
    received = local(case["received_at"])
    closed = max(local(clock["stopped_at"]) for clock in case["clocks"])
    return {
        "id": number, "number": f"TS{number:012d}", "channel_id": ids.channels[case["channel"]],
        "category_id": ids.categories[case["category"]], "severity": case["severity"], "urgency": "low",
        "impact": "low", "priority": "low", "process_id": ids.processes[case["severity"]], "sla_id": ids.sla,
        "step": "end", "round": 1, "status": "archived", "open": False, "outcome": case["outcome"],
        "received_at": received, "registered_at": received, "closed_at": closed, "archived_at": closed,
        "department_id": department_id, "completeness": 100, "read_back": [], "not_applicable": [],
    }  # fmt: skip


def _clocks(number: int, case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for row in (row for row in told_clocks() if row["case"] == case["code"]):
        seen[row["clock"]] += 1
        days = row["extended_by_working_days"]
        yield {
            "complaint_id": number, "code": row["clock"], "occurrence": seen[row["clock"]], "round": 1,
            "started_at": local(row["start"]), "amount": int(row["amount"]), "unit": row["unit"],
            "override": row["override"] or None, "phase": row["phase"] or None,
            "due_at": local(row["extended_due"] or row["due"]), "provisional": False,
            "stopped_at": local(row["stopped_at"]), "met": row["met"] == "true", "stopped_by": None,
            "facts": {"extensions": [{"days": int(days), "reason": "outside_party"}]} if days else {},
        }  # fmt: skip


def _regraded(number: int, case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "regraded_at" not in case:
        return
    at = local(case["regraded_at"])
    was = {"severity": case["severity_at_registration"], "category": case["category_at_registration"]}
    yield {
        "complaint_id": number, "sequence": 1, "at": at, "recorded_at": at, "action": "regrade", "from_step": "check",
        "to_step": "check", "round": 1, "body": json.dumps({"facts": {"was": was}}), "mac": b"\0" * 32,
    }  # fmt: skip


FIRST, LAST = datetime(2026, 8, 1, tzinfo=UTC).date(), datetime(2026, 10, 31, tzinfo=UTC).date()
"""A period in which all told cases came in."""
