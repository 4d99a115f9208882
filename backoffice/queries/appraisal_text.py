"""The text of a sheet and of a locked month, made from what stands in the columns (R33, R40).

A sheet's text is hashed each time that it is reckoned; the month's is signed when it is locked. Whoever reads locked
months again makes the same text from the rows that pages, papers and exports read: one letter of difference is a fault.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

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
from backoffice.models.office import Department, Staff
from backoffice.queries.appraisal_beside import BESIDE
from policies.vocabulary_appraisal import LineState

Text = dict[str, object]


@dataclass
class Codes:
    """Codes by id, as texts name people, departments, schemes and rules."""

    staff: Mapping[int, str] = field(default_factory=dict)
    departments: Mapping[int, str] = field(default_factory=dict)

    def who(self, staff_id: int | None, at: datetime | None) -> list[object]:
        return [self.staff.get(staff_id or 0), at]


def all_codes(session: Session) -> Codes:
    """Of everybody and of all departments; codes never change."""
    return Codes(
        dict(session.execute(sa.select(Staff.id, Staff.code)).all()),
        dict(session.execute(sa.select(Department.id, Department.code)).all()),
    )


# A sheet


def sheet_text(
    sheet: AppraisalSheet, month: str, rules: Sequence[object], codes: Codes, lines: Iterable[AppraisalManualLine]
) -> Text:
    """What a sheet says: whose, by which scheme and rules, its rows, its lines and what it comes to."""
    return {
        "number": sheet.number,
        "month": month,
        "subject": sheet.subject,
        "staff": codes.staff.get(sheet.staff_id or 0),
        "department": codes.departments.get(sheet.department_id or 0),
        "role": sheet.role_code,
        "scheme": [sheet.scheme.code, sheet.scheme.version],
        "rules": list(rules),
        "from": sheet.from_day,
        "until": sheet.until_day,
        "days": sheet.days,
        "rows": [_row(line) for line in sheet.lines],
        "rated_weight": decimal_text(sheet.rated_weight),
        "weighted_sum": decimal_text(sheet.weighted_sum),
        "base_score": score_text(sheet.base_score),
        "lines": [_line(line) for line in lines],
        "adjustment": decimal_text(sheet.adjustment),
        "final_score": score_text(sheet.final_score),
        "grade_by_score": sheet.grade_by_score,
        "vetoes": list(sheet.vetoes),
        "grade": sheet.grade,
        "effects": [dict(one) for one in sheet.effects],
        "amount": f"{sheet.amount:.2f}",
    }


def _row(line: AppraisalLine) -> Text:
    return {
        "indicator": line.indicator,
        "weight": decimal_text(line.weight),
        "target": line.target,
        "numerator": line.numerator,
        "denominator": line.denominator,
        "sample": line.sample,
        "value": line.value,
        "rated": line.score is not None,
        "score": score_text(line.score),
        "contribution": line.contribution,
        "why_not": line.why_not,
        "inputs": line.inputs_sha256,
        "corrected": line.corrected,
    }


def _line(line: AppraisalManualLine) -> Text:
    return {
        "id": line.id,
        "kind": line.kind,
        "code": line.code,
        "points": decimal_text(line.points),
        "amount": decimal_text(line.amount),
        "corrects": line.corrects,
    }


@dataclass(frozen=True)
class Beside:
    """What was said about sheets: objections by sheet, and hashes of evidence by objection."""

    appeals: Mapping[int, AppraisalAppeal]
    files: Mapping[int, list[str]]


def beside(session: Session, ids: Sequence[int]) -> Beside:
    """For these sheets, in two queries."""
    rows = list(session.scalars(sa.select(AppraisalAppeal).where(AppraisalAppeal.sheet_id.in_(ids))))
    return Beside(
        {row.sheet_id: row for row in rows}, _files(session, AppraisalFile.appeal_id, [row.id for row in rows])
    )


def signed_text(sheet: AppraisalSheet, codes: Codes, said: Beside) -> Text:
    """What was done to a sheet and by whom, with what a locked one has besides: rank, last month's values, its note."""
    return {
        "computed": [sheet.run, sheet.computed_at],
        "checked": codes.who(sheet.checked_by_id, sheet.checked_at),
        "published": [sheet.published_at, sheet.acknowledge_until],
        "acknowledged": [sheet.acknowledged_at, "silently" if sheet.acknowledged_silently else "said"],
        "note": _sha256(sheet.sealed),
        "approved": codes.who(sheet.approved_by_id, sheet.approved_at),
        "locked": sheet.locked_at,
        "rank": [sheet.rank, sheet.rank_of],
        "previous": {line.indicator: line.previous for line in sheet.lines},
        "appeal": _appeal(said.appeals.get(sheet.id), codes, said.files),
    }


def _appeal(row: AppraisalAppeal | None, codes: Codes, files: Mapping[int, list[str]]) -> Text | None:
    if row is None:
        return None
    return {
        "submitted": codes.who(row.by_id, row.submitted_at),
        "items": list(row.items),
        "against_check": row.against_check,
        "result": row.result,
        "decided": codes.who(row.decider_id, row.decided_at),
        "score": [score_text(row.old_score), score_text(row.new_score)],
        "words": _sha256(row.sealed),
        "files": files.get(row.id, []),
    }


def locked_texts(
    session: Session, period: AppraisalPeriod, sheets: Sequence[AppraisalSheet], codes: Codes
) -> Iterator[tuple[AppraisalSheet, Text]]:
    """The texts of a locked month's sheets by what their columns say now; the lines are those that were reckoned, and
    the names are those that were kept: the text itself is signed.
    """
    bodies = {sheet.id: json.loads(sheet.body) for sheet in sheets}
    ids = {key: [line["id"] for line in body["lines"]] for key, body in bodies.items()}
    wanted = sorted({one for mine in ids.values() for one in mine})
    found = session.scalars(sa.select(AppraisalManualLine).where(AppraisalManualLine.id.in_(wanted))) if wanted else ()
    lines = {row.id: row for row in found}
    rules = session.get(AppraisalRules, period.rules_id or 0)
    version = () if rules is None else (rules.code, rules.version)
    said = beside(session, sorted(ids))
    for sheet in sheets:
        mine = [lines[one] for one in ids[sheet.id] if one in lines]
        text = sheet_text(sheet, period.month, version, codes, mine)
        kept = {name: names for name, names in bodies[sheet.id].get("signed", {}).items() if name == BESIDE}
        yield sheet, {**text, "signed": {**signed_text(sheet, codes, said), **kept}}


# A month


def month_text(session: Session, period: AppraisalPeriod, codes: Codes) -> Text:
    """What is signed besides the sheets' hashes: by which rules and schemes, every line that counts, who locked it."""
    rules = session.get(AppraisalRules, period.rules_id or 0)
    used = sa.select(AppraisalSheet.scheme_id).where(AppraisalSheet.period_id == period.id)
    schemes = session.scalars(
        sa.select(AppraisalScheme).where(AppraisalScheme.id.in_(used)).order_by(AppraisalScheme.id)
    )
    return {
        "month": period.month,
        "locked_at": period.locked_at,
        "locked_by": codes.staff.get(period.locked_by_id or 0),
        "rules": None if rules is None else _version(rules),
        "schemes": [_version(row) for row in schemes],
        "lines": _counting(session, period.month, codes),
    }


def _version(row: AppraisalRules | AppraisalScheme) -> list[object]:
    said = json.dumps(row.definition, ensure_ascii=False, sort_keys=True)
    return [row.code, row.version, hashlib.sha256(said.encode()).hexdigest()]


def _counting(session: Session, month: str, codes: Codes) -> list[Text]:
    """Every line of a month that counts, with whom it is for, who decided it, and what it rests on."""
    mine = (AppraisalManualLine.month == month, AppraisalManualLine.state == LineState.APPROVED)
    rows = list(session.scalars(sa.select(AppraisalManualLine).where(*mine).order_by(AppraisalManualLine.id)))
    files = _files(session, AppraisalFile.line_id, [row.id for row in rows])
    return [
        {
            **_line(row),
            "staff": codes.staff.get(row.staff_id or 0),
            "department": codes.departments.get(row.department_id or 0),
            "complaint": row.complaint_id,
            "rule": row.rule,
            "proposed": codes.who(row.proposed_by_id, row.proposed_at),
            "decided": codes.who(row.decided_by_id, row.decided_at),
            "words": _sha256(row.sealed),
            "files": files.get(row.id, []),
        }
        for row in rows
    ]


def _files(session: Session, column: Any, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    if ids:
        for holder, sha256 in session.execute(sa.select(column, AppraisalFile.sha256).where(column.in_(ids))):
            found[holder].append(sha256)
    return {holder: sorted(hashes) for holder, hashes in found.items()}


def _sha256(sealed: bytes | None) -> str | None:
    """Of what is sealed as it is kept: it cannot be exchanged, and is read by nobody for this."""
    return None if sealed is None else hashlib.sha256(bytes(sealed)).hexdigest()


# Numbers


def decimal_text(value: Decimal) -> str:
    """A decimal in its shortest writing: "22.845", "10", never "1E+1"."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def score_text(score: Decimal | None) -> str | None:
    """A score with its two decimals."""
    return None if score is None else f"{score:.2f}"
