"""Lock a month (R33): when all its sheets are approved. From then on nothing on them moves.

Each sheet's text is written a last time with who checked, acknowledged and approved it, and the names that its paper
says; the month's own text holds the hashes of all of them, every line that counts, and the rules and schemes that were
applied. It is signed with the office's key, so that who can write the database cannot change unseen what pages, papers
and exports read.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.appraisal import AppraisalPeriod, AppraisalSheet
from backoffice.queries import appraisal_rules
from backoffice.queries.appraisal_beside import BESIDE, lines_by_id, names_now
from backoffice.queries.appraisal_loose import loose_lines
from backoffice.queries.appraisal_text import Codes, all_codes, locked_texts, month_text
from backoffice.queries.appraisal_text import beside as said_of
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import training_orders
from backoffice.services.core.appraisal_notes import note
from backoffice.services.core.appraisal_open import waiting_lines
from backoffice.services.core.appraisal_periods import find, is_running, rerank
from backoffice.services.core.appraisal_reckoning import beside
from backoffice.services.core.appraisal_sheets import sheets_of
from backoffice.services.core.appraisal_unknown import unknown_lines
from backoffice.services.core.work import Work
from policies.access import Permission, may
from policies.appraisal_course import refused
from policies.appraisal_outcome import brought_alone, known_to
from policies.appraisal_posts import days_of, month_of, next_month
from policies.appraisal_seal import mac_of, sha256_of
from policies.chain import encode_body
from policies.message import Refusal
from policies.vocabulary_appraisal import EffectKind, LineState, PeriodState, SheetStatus

TRAINED = frozenset({EffectKind.COACHING, EffectKind.TRAINING, EffectKind.RETEST})
SOURCE = "appraisal"
LEAST_DAYS = 10
"""What a sheet orders is due in the month of the locking; with fewer days left in it, in the next."""


def refuse_lock(session: Session, period: AppraisalPeriod, work: Work) -> Refusal | None:
    """Why a month cannot be locked now, by this person, or None."""
    if not may(work.actor, Permission.SHEET_CHECK):
        return refused("not_checker", status=403)
    if period.state is PeriodState.LOCKED:
        return refused("locked")
    if is_running(session, period):
        return refused("running")
    there = sa.select(AppraisalSheet.status, sa.func.count()).where(AppraisalSheet.period_id == period.id)
    numbers = dict(session.execute(there.group_by(AppraisalSheet.status)).all())
    if not numbers:
        return refused("no_sheets")
    if earlier := _unlocked_before(session, period):
        return refused("earlier_month", month=earlier)
    left = sum(number for status, number in numbers.items() if status is not SheetStatus.APPROVED)
    if left:
        return refused("not_all_approved", n=left)
    waiting = waiting_lines(session, period.month)
    if waiting:
        return refused("open_lines", n=waiting)
    unknown = unknown_lines(session, period)
    return refused("unknown_lines", names=tuple(dict.fromkeys(name for _line, name in unknown))) if unknown else None


def _unlocked_before(session: Session, period: AppraisalPeriod) -> str | None:
    """The first month before that has sheets and is not locked: rules over several months count its grades (R32)."""
    sheets = sa.exists().where(AppraisalSheet.period_id == AppraisalPeriod.id, AppraisalSheet.body != "")
    before = (AppraisalPeriod.month < period.month, AppraisalPeriod.state != PeriodState.LOCKED)
    rows = sa.select(AppraisalPeriod.month).where(*before, sheets).order_by(AppraisalPeriod.month)
    return session.scalars(rows).first()


def lock(work: Work, month: str) -> AppraisalPeriod:
    """Lock a month; what its sheets bring in coaching, training and exams becomes entries with a date (R34)."""
    period = find(work.session, month, locked=True)
    if period is None:
        raise DomainError(Refusal("appraisal.refused.no_month", status=404))
    refusal = refuse_lock(work.session, period, work)
    if refusal is not None:
        raise DomainError(refusal)
    rerank(work.session, period)
    sheets = sheets_of(work.session, period.id)
    codes = all_codes(work.session)
    period.state, period.locked_at, period.locked_by_id = PeriodState.LOCKED, work.at, work.actor.staff_id
    _sign(work, period, sheets, codes)
    period.body = encode_body(
        {
            **month_text(work.session, period, codes),
            "sheets": [[sheet.number, sheet.sha256, sheet.grade, f"{sheet.amount:.2f}"] for sheet in sheets],
            "amount": f"{sum((sheet.amount for sheet in sheets), Decimal(0)):.2f}",
        }
    )
    period.sha256, period.mac = sha256_of(period.body), mac_of(work.keys.chain, period.month, period.body)
    _order(work, sheets)
    _order_loose(work, period)
    note(work, period, "locked", {"sha256": period.sha256, "sheets": len(sheets)})
    work.session.flush()
    return period


def _sign(work: Work, period: AppraisalPeriod, sheets: list[AppraisalSheet], codes: Codes) -> None:
    """Make each sheet's text a last time from its columns, with who did what to it, its rank, and that it is locked."""
    for sheet in sheets:
        sheet.status, sheet.locked_at = SheetStatus.LOCKED, work.at
    work.session.flush()
    _name(work.session, sheets)
    for sheet, text in locked_texts(work.session, period, sheets, codes):
        sheet.body = encode_body(text)
        sheet.sha256 = sha256_of(sheet.body)
    work.session.flush()


def _due(work: Work) -> date:
    return due_day(work.at.astimezone(Rulebook(work.session).zone()).date())


def _order_loose(work: Work, period: AppraisalPeriod) -> None:
    """What lines bring in training to whoever has no sheet."""
    lines = list(work.session.scalars(loose_lines(period.id, LineState.APPROVED)))
    rules = appraisal_rules.book(work.session, period.rules_id or 0).rules
    for line in lines:
        if line.staff_id is not None:
            for effect in brought_alone(rules, known_to(rules, beside([line]))):
                if effect.kind in TRAINED:
                    key = f"line:{line.id}"
                    training_orders.order(
                        work, line.staff_id, effect.kind, effect.amount, _due(work), SOURCE, None, key=key
                    )


def _name(session: Session, sheets: list[AppraisalSheet]) -> None:
    """Put the names that papers say into the texts as they are at the locking."""
    texts = {sheet.id: json.loads(sheet.body) for sheet in sheets}
    rows = lines_by_id(session, (line["id"] for text in texts.values() for line in text["lines"]))
    appeals = said_of(session, sorted(texts)).appeals
    named = {key: [rows[line["id"]].decided_by_id for line in text["lines"] if line["id"] in rows]
             + [appeals[key].decider_id if key in appeals else None] for key, text in texts.items()}  # fmt: skip
    found = names_now(session, sheets, named)
    for sheet in sheets:
        sheet.body = encode_body({**texts[sheet.id], "signed": {BESIDE: found[sheet.id].text()}})


def _order(work: Work, sheets: list[AppraisalSheet]) -> None:
    due = _due(work)
    for sheet in sheets:
        for place, effect in enumerate(sheet.effects):
            kind = EffectKind(effect["kind"])
            if sheet.staff_id is not None and kind in TRAINED:
                hours = None if effect["amount"] is None else Decimal(effect["amount"])
                key = f"sheet:{sheet.id}:{place}"
                given = (work, sheet.staff_id, kind, hours, due, SOURCE, sheet.id)
                training_orders.order(*given, key=key, role=sheet.role_code)


def due_day(today: date) -> date:
    """The last day of the month; where that is near, of the next one (``coaching`` of ``office/training.yaml``)."""
    last = _last(month_of(today))
    return last if last - today >= timedelta(days=LEAST_DAYS) else _last(next_month(month_of(today)))


def _last(month: str) -> date:
    found = days_of(month)
    if found is None:
        raise ValueError(month)
    return found[1]
