"""Read locked months again (R33, R40): their signature, the hashes of their sheets, and the lists behind figures."""

from __future__ import annotations

import hashlib
import hmac
import json
import zlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from backoffice.models.appraisal import AppraisalInput, AppraisalLine, AppraisalPeriod, AppraisalSheet
from backoffice.queries.verification import BrokenChain
from policies.appraisal_seal import mac_of, sha256_of
from policies.message import Message
from policies.vocabulary_appraisal import PeriodState, SheetStatus

EMPTY = hashlib.sha256(b"").hexdigest()


def verify_appraisal(session: Session, key: bytes) -> tuple[int, list[BrokenChain]]:
    """How many months are locked, and what does not hold; sheet by sheet, so that memory stays flat."""
    locked = sa.select(AppraisalPeriod).where(AppraisalPeriod.state == PeriodState.LOCKED)
    periods = list(session.scalars(locked.order_by(AppraisalPeriod.month)))
    broken = [found for period in periods for found in _of_period(session, period, key)]
    loose = sa.select(AppraisalSheet.number).where(
        AppraisalSheet.status == SheetStatus.LOCKED, AppraisalSheet.period_id.not_in([one.id for one in periods])
    )
    broken += [BrokenChain(number, Message("appraisal.fault.unlocked")) for number in session.scalars(loose)]
    return len(periods), broken


def _of_period(session: Session, period: AppraisalPeriod, key: bytes) -> Iterator[BrokenChain]:
    body = period.body or ""
    signed = mac_of(key, period.month, body)
    if period.mac is None or not hmac.compare_digest(signed, bytes(period.mac)) or sha256_of(body) != period.sha256:
        yield BrokenChain(period.month, Message("appraisal.fault.period"))
        return
    hashes = {row[0]: row[1] for row in json.loads(body)["sheets"]}
    rows = sa.select(AppraisalSheet).where(AppraisalSheet.period_id == period.id).order_by(AppraisalSheet.id)
    options = selectinload(AppraisalSheet.lines)
    for sheet in session.scalars(rows.options(options).execution_options(yield_per=50)):
        fault = _of_sheet(session, sheet, hashes.pop(sheet.number, None))
        if fault is not None:
            yield BrokenChain(sheet.number, Message(f"appraisal.fault.{fault}"))
    for number in sorted(hashes):
        yield BrokenChain(number, Message("appraisal.fault.gone"))


def _of_sheet(session: Session, sheet: AppraisalSheet, expected: str | None) -> str | None:
    """What is wrong with a sheet: its text, the columns that pages read, or a list that a figure was counted from."""
    if expected is None:
        return "added"
    if sha256_of(sheet.body) != expected or sheet.sha256 != expected:
        return "body"
    body = json.loads(sheet.body)
    if sheet.status is not SheetStatus.LOCKED or not _agrees(sheet, body):
        return "columns"
    return None if _inputs_hold(session, sheet, body) else "inputs"


def _agrees(sheet: AppraisalSheet, body: dict[str, Any]) -> bool:
    """Whether the columns that lists and pages read say the same as the text."""
    lines = {line.indicator: line for line in sheet.lines}
    return bool(
        (body["grade"], body["effects"], body["vetoes"]) == (sheet.grade, sheet.effects, sheet.vetoes)
        and _score(sheet.final_score) == body["final_score"]
        and _score(sheet.base_score) == body["base_score"]
        and f"{sheet.amount:.2f}" == body["amount"]
        and body["signed"]["rank"] == [sheet.rank, sheet.rank_of]
        and {row["indicator"] for row in body["rows"]} == set(lines)
        and all(_line_agrees(lines[row["indicator"]], row) for row in body["rows"])
    )


def _line_agrees(line: AppraisalLine, row: dict[str, Any]) -> bool:
    return (line.numerator, line.denominator, line.sample, line.value, _score(line.score), line.inputs_sha256) == (
        row["numerator"], row["denominator"], row["sample"], row["value"], row["score"], row["inputs"],
    )  # fmt: skip


def _score(score: Decimal | None) -> str | None:
    return None if score is None else f"{score:.2f}"


def _inputs_hold(session: Session, sheet: AppraisalSheet, body: dict[str, Any]) -> bool:
    """Whether each list gives the hash that the text names."""
    rows = session.execute(
        sa.select(AppraisalInput.indicator, AppraisalInput.lines).where(
            AppraisalInput.sheet_id == sheet.id, AppraisalInput.run == sheet.run
        )
    )
    try:
        found = {row.indicator: hashlib.sha256(zlib.decompress(row.lines)).hexdigest() for row in rows}
    except zlib.error:
        return False
    return all(found.get(row["indicator"], EMPTY) == row["inputs"] for row in body["rows"])
