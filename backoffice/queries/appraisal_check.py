"""Read locked months again (R33, R40): their signature, the hashes of their sheets, and the lists behind figures."""

from __future__ import annotations

import hashlib
import hmac
import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from backoffice.models.appraisal import AppraisalInput, AppraisalPeriod, AppraisalSheet
from backoffice.queries.appraisal_text import Codes, all_codes, locked_texts, month_text
from backoffice.queries.verification import BrokenChain
from policies.appraisal_seal import mac_of, sha256_of
from policies.chain import encode_body
from policies.message import Message
from policies.vocabulary_appraisal import PeriodState, SheetStatus

EMPTY = hashlib.sha256(b"").hexdigest()
BATCH = 50


def verify_appraisal(session: Session, key: bytes) -> tuple[int, list[BrokenChain]]:
    """How many months are locked, and what does not hold; some sheets at a time, so that memory stays flat."""
    locked = sa.select(AppraisalPeriod).where(AppraisalPeriod.state == PeriodState.LOCKED)
    periods = list(session.scalars(locked.order_by(AppraisalPeriod.month)))
    codes = all_codes(session)
    broken = [found for period in periods for found in _of_period(session, period, key, codes)]
    loose = sa.select(AppraisalSheet.number).where(
        AppraisalSheet.status == SheetStatus.LOCKED, AppraisalSheet.period_id.not_in([one.id for one in periods])
    )
    broken += [BrokenChain(number, Message("appraisal.fault.unlocked")) for number in session.scalars(loose)]
    return len(periods), broken


def _of_period(session: Session, period: AppraisalPeriod, key: bytes, codes: Codes) -> Iterator[BrokenChain]:
    body = period.body or ""
    signed = mac_of(key, period.month, body)
    if period.mac is None or not hmac.compare_digest(signed, bytes(period.mac)) or sha256_of(body) != period.sha256:
        yield BrokenChain(period.month, Message("appraisal.fault.period"))
        return
    text = json.loads(body)
    now = json.loads(encode_body(month_text(session, period, codes)))
    for fault in sorted({"lines" if name == "lines" else "period" for name in now if now[name] != text.get(name)}):
        yield BrokenChain(period.month, Message(f"appraisal.fault.{fault}"))
    hashes = {row[0]: row[1] for row in text["sheets"]}
    mine = sa.select(AppraisalSheet.id).where(AppraisalSheet.period_id == period.id).order_by(AppraisalSheet.id)
    for ids in _batched(session.scalars(mine).all()):
        for number, fault in _of_sheets(session, period, ids, hashes, codes):
            yield BrokenChain(number, Message(f"appraisal.fault.{fault}"))
    for number in sorted(hashes):
        yield BrokenChain(number, Message("appraisal.fault.gone"))


def _batched(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def _of_sheets(
    session: Session, period: AppraisalPeriod, ids: Sequence[int], hashes: dict[str, str], codes: Codes
) -> Iterator[tuple[str, str]]:
    """What is wrong with sheets: the text, what pages and papers read, or a list that a figure was counted from.

    Takes those that were there out of ``hashes``.
    """
    rows = sa.select(AppraisalSheet).where(AppraisalSheet.id.in_(ids)).order_by(AppraisalSheet.id)
    sheets = session.scalars(rows.options(selectinload(AppraisalSheet.lines), joinedload(AppraisalSheet.scheme)))
    whole = []
    for sheet in sheets:
        expected = hashes.pop(sheet.number, None)
        if expected is None:
            yield sheet.number, "added"
        elif sha256_of(sheet.body) != expected or sheet.sha256 != expected:
            yield sheet.number, "body"
        else:
            whole.append(sheet)
    for sheet, text in locked_texts(session, period, whole, codes):
        if sheet.status is not SheetStatus.LOCKED or encode_body(text) != sheet.body:
            yield sheet.number, "columns"
        elif not _inputs_hold(session, sheet, json.loads(sheet.body)):
            yield sheet.number, "inputs"


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
