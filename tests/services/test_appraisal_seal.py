"""R33, R40: whatever pages, papers and exports read of a locked month is signed; what is changed of it is found."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from backoffice.integrations.files import Upload
from backoffice.keys import Keys
from backoffice.models.appraisal import (
    AppraisalAppeal,
    AppraisalFile,
    AppraisalLine,
    AppraisalManualLine,
    AppraisalPeriod,
    AppraisalRules,
    AppraisalScheme,
    AppraisalSheet,
)
from backoffice.queries.appraisal_check import verify_appraisal
from backoffice.services import appraisal_appeal, appraisal_lock
from backoffice.services.appraisal_appeal import Decision
from policies.appraisal_course import SheetAct
from policies.vocabulary_appraisal import LineKind, LineState, SheetAppealResult
from tests.services.test_appraisal import told_lines
from tests.support.appraised import MONTH, QUALITY, Month, Told, worked_example

KEYS = Keys.fresh()
NOW = datetime(2026, 10, 9, tzinfo=UTC)
EVIDENCE = Upload("录音.pdf", b"%PDF-1.4 evidence", "application/pdf")
SHEET = {
    "rated_weight": 3, "weighted_sum": 1, "adjustment": 50, "grade_by_score": "A", "grade": "E", "vetoes": ["veto_abuse"],
    "days": 1, "role_code": "inspector", "acknowledged_at": NOW, "acknowledged_silently": True, "published_at": NOW,
    "acknowledge_until": NOW, "approved_at": NOW, "checked_at": NOW, "locked_at": NOW, "computed_at": NOW, "rank": 9,
    "rank_of": 99, "amount": 5, "effects": [], "base_score": 1, "final_score": 1, "sealed": b"other",
}  # fmt: skip
LINE = {
    "weight": 1, "contribution": "99", "target": "1", "previous": "1", "why_not": "sample", "corrected": True, "position": -1,
    "numerator": "1", "denominator": "1", "sample": 7, "value": "1", "score": 1, "inputs_sha256": "0" * 64,
}  # fmt: skip
MANUAL = {
    "points": 77, "amount": 9, "code": "drill_excellent", "corrects": "2026-08", "decided_at": NOW, "proposed_at": NOW,
    "rule": "late_facts", "sealed": b"other", "state": LineState.REFUSED, "kind": LineKind.CORRECTION, "month": "2026-08",
}  # fmt: skip
APPEAL = {
    "result": SheetAppealResult.UPHELD, "old_score": 1, "new_score": 2, "decided_at": NOW, "submitted_at": NOW,
    "against_check": True, "items": [], "sealed": b"other",
}  # fmt: skip
PEOPLE = {
    AppraisalSheet: ("staff_id", "checked_by_id", "approved_by_id"), AppraisalManualLine: ("staff_id", "decided_by_id"),
    AppraisalAppeal: ("by_id", "decider_id"),
}  # fmt: skip


@pytest.fixture
def locked(office_database, tmp_path, monkeypatch) -> Month:
    """The worked example, with an objection that was dismissed, up to its lock."""
    told = Told().patch(monkeypatch)
    month = Month(office_database, KEYS, tmp_path, told=told)
    for sheet in worked_example():
        for row in sheet["rows"]:
            told.add_whole(row["indicator"], month.staff(sheet["staff"]), row)
    told_lines(month)
    month.compute()
    month.publish()
    number = month.sheet("S013").number
    month.do("S013", appraisal_appeal.submit, number, ["on_time_rate"], "有一件由协办人承担", uploads=[EVIDENCE])
    month.do(QUALITY, appraisal_appeal.decide, number, Decision(SheetAppealResult.DISMISSED, "数据无误"))
    month.act("S013", "S013", SheetAct.ACKNOWLEDGE)
    month.keep_silent()
    month.approve()
    month.do(QUALITY, appraisal_lock.lock, MONTH)
    return month


def found(month: Month, *statements: sa.Executable) -> set[str]:
    """What is found after these statements, which are taken back again."""
    with month.database.writing() as session:
        for one in statements:
            assert session.execute(one).rowcount
        _months, broken = verify_appraisal(session, KEYS.chain)
        session.rollback()
    return {one.fault.key.rpartition(".")[2] for one in broken}


def test_R33_R40_no_column_of_a_locked_month_is_changed_unseen(locked):
    other = locked.staff("S019")
    mine = locked.sheet("S013").id
    with locked.database.reading() as session:
        assert verify_appraisal(session, KEYS.chain) == (1, [])
        line = session.scalars(
            sa.select(AppraisalManualLine.id).where(AppraisalManualLine.code == "lesson_adopted")
        ).one()
    tables = (
        (AppraisalSheet, AppraisalSheet.id == mine, SHEET),
        (AppraisalLine, sa.and_(AppraisalLine.sheet_id == mine, AppraisalLine.indicator == "rework_rate"), LINE),
        (AppraisalManualLine, AppraisalManualLine.id == line, MANUAL),
        (AppraisalAppeal, AppraisalAppeal.sheet_id == mine, APPEAL),
    )
    unseen = []
    for table, where, columns in tables:
        people = dict.fromkeys(PEOPLE.get(table, ()), other)
        for name, value in {**columns, **people}.items():
            if not found(locked, sa.update(table).where(where).values({name: value})):
                unseen.append(f"{table.__tablename__}.{name}")
    assert unseen == []


def test_R40_every_column_that_papers_and_exports_read_is_tried():
    kept = {"id", "number", "period_id", "subject", "department_id", "scheme_id", "from_day", "until_day", "status", "run",
            "body", "sha256", "revision"}  # fmt: skip
    columns = {column.name for column in AppraisalSheet.__table__.columns}
    assert columns == kept | set(SHEET) | set(PEOPLE[AppraisalSheet])


def test_R33_R40_lines_evidence_rules_and_schemes_of_a_locked_month_are_signed(locked):
    with locked.database.reading() as session:
        letter = session.scalars(
            sa.select(AppraisalManualLine).where(AppraisalManualLine.code == "lesson_adopted")
        ).one()
        columns = {name.key: getattr(letter, name.key) for name in sa.inspect(AppraisalManualLine).column_attrs}
        scheme = session.scalars(sa.select(AppraisalScheme).where(AppraisalScheme.code == "handler_2026")).one()
        weights = copy.deepcopy(scheme.definition)
        rules = copy.deepcopy(session.scalars(sa.select(AppraisalRules)).one().definition)
    again = {**columns, "id": letter.id + 1000, "key": None}
    weights["items"][0]["target"] = 1
    rules["grades"][0]["from_score"] = 99
    assert found(locked, sa.insert(AppraisalManualLine).values(again)) == {"lines"}
    assert "lines" in found(locked, sa.delete(AppraisalManualLine).where(AppraisalManualLine.id == letter.id))
    change = sa.update(AppraisalScheme).where(AppraisalScheme.id == scheme.id).values(definition=weights)
    assert found(locked, change) == {"period"}
    assert found(locked, sa.update(AppraisalRules).values(definition=rules)) == {"period"}
    assert found(locked, sa.update(AppraisalPeriod).values(locked_at=NOW)) == {"period"}
    assert found(locked, sa.update(AppraisalFile).values(sha256="0" * 64)) == {"columns"}


def test_R33_the_text_that_is_locked_is_the_text_that_was_published(locked):
    sheet = locked.sheet("S013")
    text = json.loads(sheet.body)
    signed = text.pop("signed")
    assert signed["checked"][0] == QUALITY
    assert signed["appeal"]["decided"][0] == QUALITY
    assert text["grade"] == sheet.grade
