"""What papers of the appraisal need in the scene of the access matrix: a locked month with three sheets."""

from __future__ import annotations

from pathlib import Path

from backoffice.database import Database
from backoffice.keys import Keys
from tests.support.appraisal_papers import Papers, full_marks

MONTH = "2026-08"
NUMBERS = {"own": "KH202608-001", "department": "KH202608-002", "foreign": "KH202608-003"}
CERTIFICATE = "certificate_month"


def add_sheets(database: Database, keys: Keys, folder: Path, *people: str) -> None:
    """A sheet of each, all with full marks."""
    papers = Papers(database, keys, folder, month_name=MONTH)
    for code in people:
        papers.sheet(code, "handler_2026", full_marks("handler_2026"))
    papers.rank()


def values_of(endpoint: str, kind: str | None = None) -> tuple[tuple[str, object], ...]:
    """What stands in the address."""
    if kind is not None:
        named = (("code", CERTIFICATE),) if endpoint.endswith("certificate") else ()
        return (("number", NUMBERS[kind]), *named)
    if endpoint.endswith("loose_certificate"):
        return ("month", MONTH), ("subject", "person"), ("whose", "S012"), ("code", CERTIFICATE)
    return (("month", MONTH), *((("job_id", 999),) if endpoint.endswith("take") else ()))
