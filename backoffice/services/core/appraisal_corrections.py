"""Corrections of locked months (R33): their figures never move, so that late facts enter the next month as a line.

When a month is computed, the locked months before it are counted again. Where the records say otherwise by now, the
difference that it would have made to the score is proposed as points on the new month's sheet. It is points alone
(``sign_off`` of ``office/appraisal.yaml``: corrections enter as adjustments); what another grade would have brought in
money is said beside it, for whoever decides.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from backoffice.models.appraisal import AppraisalInput, AppraisalManualLine, AppraisalPeriod, AppraisalSheet
from backoffice.queries import appraisal_rules, indicators
from backoffice.queries.appraisal_parts import bearing, month_parts
from backoffice.queries.indicators import Window
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import appraisal_counting as counting
from backoffice.services.core import appraisal_plan as planning
from backoffice.services.core.appraisal_counted import count_rows, figures_of
from backoffice.services.core.appraisal_counting import NOTHING, Counted, Moved
from backoffice.services.core.appraisal_days import Placed, place
from backoffice.services.core.appraisal_notes import opened, sealed
from backoffice.services.core.appraisal_open import first_open_month
from backoffice.services.core.appraisal_periods import in_month
from backoffice.services.core.appraisal_plan import Plan
from backoffice.services.core.appraisal_reckoning import with_counts
from backoffice.services.core.work import Work
from policies.appraisal import Scheme, Sheet
from policies.appraisal_outcome import Beside, come_to
from policies.appraisal_rules import BY_GRADE, MONEY
from policies.indicator import Figure, added_up, figure_of, numerator_of, shown_text
from policies.vocabulary_appraisal import LineKind, LineState, PeriodState, SubjectKind

MONTHS_BACK = 3
"""How many locked months are looked at again: an appeal or a late call-back comes within weeks."""
RULE, LOST, CODE = "late_facts", "late_posts", "correction"
NO_MONEY = Decimal(0)


@dataclass(frozen=True)
class Late:
    """What the records say by now of one line of a locked sheet, beside what it was locked with, and how they differ.

    ``new`` is without its list: of a large month only one is held at a time.
    """

    indicator: str
    old: AppraisalInput | None
    new: Counted
    moved: Moved


def propose_corrections(work: Work, month: str) -> list[AppraisalManualLine]:
    """Propose what is new for a month; gives the new lines."""
    found = []
    for back in range(MONTHS_BACK, 0, -1):
        past = in_month(month, back)
        period = work.session.scalars(
            sa.select(AppraisalPeriod).where(AppraisalPeriod.month == past, AppraisalPeriod.state == PeriodState.LOCKED)
        ).one_or_none()
        if period is not None and period.computed_at is not None:
            found += [line for line in _of_period(work, period, month) if line is not None]
    work.session.flush()
    return found


def _of_period(work: Work, period: AppraisalPeriod, month: str) -> Iterator[AppraisalManualLine | None]:
    session = work.session
    assert period.computed_at is not None  # noqa: S101 (asked before)
    window = indicators.window_of(session, period.month, Rulebook(session).zone(), period.computed_at)
    made = planning.plan(session, period.month)
    late: dict[int, list[Late]] = defaultdict(list)
    sheets = {one.id: one for one in planning.existing(session, period.id).values()}
    placed = place(sheets, made)
    for level in SubjectKind:
        for code in _indicators(session, level, sheets):
            for sheet_id, one in _late(session, code, window, level, made, sheets, placed):
                late[sheet_id].append(one)
    known, gone = _known(session, sheets, RULE), _known(session, sheets, LOST)
    for sheet_id in sorted({*late, *known}):
        sheet = sheets[sheet_id]
        if sheet_id in placed.parts:  # else nothing of it was counted again
            days = placed.other_days(sheet)
            yield _line(work, period, sheet, late[sheet_id], known.get(sheet_id, []), month, days)
    for sheet in sheets.values():
        yield _without_days(work, period, sheet, gone.get(sheet.id, []), month, lost=sheet in placed.gone)


def _late(
    session: Session,
    code: str,
    window: Window,
    level: SubjectKind,
    made: Plan,
    sheets: Mapping[int, AppraisalSheet],
    placed: Placed,
) -> Iterator[tuple[int, Late]]:
    """The lines of an indicator that would be counted otherwise now.

    One statement says whose; only for them, and for whoever has other days now, the lists are made again.
    """
    mine = {
        key: sheet_id
        for key, sheet_id in placed.ids.items()
        if sheets[sheet_id].subject is level
        and code in {item.indicator for item in _scheme(session, sheets[sheet_id]).items}
    }
    if not mine:
        return
    kept = _inputs(session, code, sheets)
    before: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for key, sheet_id in mine.items():
        subject = key[0] if level is SubjectKind.PERSON else key[1]
        row = kept.get(sheet_id)
        sums = before[subject or 0]
        sums[0] += row.numerator if row is not None else 0
        sums[1] += row.denominator if row is not None else 0
    now = indicators.figures(session, code, window, level, before.keys())
    moved = placed.moved if level is SubjectKind.PERSON else frozenset()
    other = [one for one, sums in before.items() if one in moved or _sums(code, now.get(one)) != sums]
    if not other:
        return
    left = {sheet_id for key, sheet_id in mine.items() if (key[0] if level is SubjectKind.PERSON else key[1]) in other}
    for sheet_id, new in count_rows(session, code, window, level, made, mine, other):
        left.discard(sheet_id)
        yield from _compared(session, sheets[sheet_id], code, kept.get(sheet_id), new)
    for sheet_id in sorted(left):  # nothing is counted for them any more
        yield from _compared(session, sheets[sheet_id], code, kept.get(sheet_id), NOTHING)


def _compared(
    session: Session, sheet: AppraisalSheet, code: str, old: AppraisalInput | None, new: Counted
) -> Iterator[tuple[int, Late]]:
    """The line as a late one, if its list is another one by now."""
    if (old.sha256 if old is not None else NOTHING.sha256) != new.sha256:
        before = b"" if old is None else _list(session, sheet, code)
        yield sheet.id, Late(code, old, replace(new, lines=b""), counting.compared(before, new.lines))


def _indicators(session: Session, level: SubjectKind, sheets: Mapping[int, AppraisalSheet]) -> list[str]:
    """What the locked sheets were counted by, whatever schemes say since."""
    schemes = {one.scheme_id: _scheme(session, one) for one in sheets.values() if one.subject is level}
    return list(dict.fromkeys(item.indicator for scheme in schemes.values() for item in scheme.items))


def _scheme(session: Session, sheet: AppraisalSheet) -> Scheme:
    return appraisal_rules.scheme(session, sheet.scheme_id)


def _sums(code: str, figure: Figure | None) -> list[int]:
    return [0, 0] if figure is None else list(added_up(code, figure))


def _inputs(session: Session, code: str, sheets: Mapping[int, AppraisalSheet]) -> dict[int, AppraisalInput]:
    rows = session.scalars(
        sa.select(AppraisalInput)
        .where(AppraisalInput.indicator == code, AppraisalInput.sheet_id.in_(sorted(sheets)))
        .options(defer(AppraisalInput.lines))
    )
    return {row.sheet_id: row for row in rows if row.run == sheets[row.sheet_id].run}


# The line


def _line(
    work: Work,
    period: AppraisalPeriod,
    sheet: AppraisalSheet,
    found: list[Late],
    known: list[AppraisalManualLine],
    month: str,
    days: tuple[date, date] | None,
) -> AppraisalManualLine | None:
    """The line of one sheet; None where it changes nothing, or the same was proposed before.

    ``known``: its corrections so far, the newest first; ``days``: those that it has now, where they are others.
    """
    settled = {line.indicator for line in sheet.lines if line.corrected}  # an appeal decided these
    found = [one for one in found if one.indicator not in settled]
    agreed = next((row for row in known if row.state is LineState.APPROVED), None)
    key = f"{CODE}:{sheet.id}:{0 if agreed is None else agreed.id}:{_stamp(found)}"
    if same := next((row for row in known if row.key == key), None):
        if same.state is LineState.PROPOSED:  # left undecided in the month before, it is decided in this one
            same.month = max(same.month, month)
        return None
    for row in known:
        if row.state is LineState.PROPOSED:
            _overtake(work, row)
    now = _again(work.session, period, sheet, found)
    said = {} if agreed is None else opened(work.keys, agreed.sealed)
    base = sheet.final_score if agreed is None else _decimal(said.get("score"))
    if now.final_score is None or base is None or now.final_score == base:
        return None
    facts = {
        "number": sheet.number,
        "locked_score": None if sheet.final_score is None else f"{sheet.final_score:.2f}",
        "score": f"{now.final_score:.2f}",
        "locked_grade": sheet.grade,
        "grade": now.grade,
        "bonus": [f"{_by_grade(sheet):.2f}", f"{now.bonus if _bears(work.session, sheet) else NO_MONEY:.2f}"],
        "lines": [_facts(one) for one in found] + _returned(sheet, found, said),
        **({} if days is None else {"days": _days(sheet), "days_now": [day.isoformat() for day in days]}),
    }
    row = _proposed(work, period, sheet, month, facts)
    row.points, row.rule, row.key = now.final_score - base, RULE, key
    work.session.add(row)
    return row


def _proposed(
    work: Work, period: AppraisalPeriod, sheet: AppraisalSheet, month: str, facts: Mapping[str, Any]
) -> AppraisalManualLine:
    """For whoever decides, in the first month in which it can still count."""
    department_id = sheet.department_id if sheet.staff_id is None else None
    return AppraisalManualLine(
        month=first_open_month(work.session, month, sheet.staff_id, department_id),
        staff_id=sheet.staff_id,
        department_id=department_id,
        kind=LineKind.CORRECTION,
        code=CODE,
        corrects=period.month,
        state=LineState.PROPOSED,
        proposed_at=work.at,
        sealed=sealed(work.keys, facts),
    )


def _days(sheet: AppraisalSheet) -> list[str]:
    return [sheet.from_day.isoformat(), sheet.until_day.isoformat()]


def _without_days(
    work: Work,
    period: AppraisalPeriod,
    sheet: AppraisalSheet,
    known: list[AppraisalManualLine],
    month: str,
    *,
    lost: bool,
) -> AppraisalManualLine | None:
    """By the posts of now nobody stands behind a locked sheet: written down once, without points, for somebody to
    decide what is to be done. It is taken back where the posts say so again before that.
    """
    there = next((row for row in known if row.state is not LineState.WITHDRAWN), None)
    if there is not None and there.state is LineState.PROPOSED:
        if lost:
            there.month = max(there.month, month)
        else:
            _overtake(work, there)
    if there is not None or not lost:
        return None
    facts = {
        "number": sheet.number,
        "days": _days(sheet),
        "locked_score": None if sheet.final_score is None else f"{sheet.final_score:.2f}",
        "locked_grade": sheet.grade,
        "amount": f"{sheet.amount:.2f}",
    }
    row = _proposed(work, period, sheet, month, facts)
    row.points, row.rule, row.key = NO_MONEY, LOST, f"{LOST}:{sheet.id}"
    work.session.add(row)
    return row


def _overtake(work: Work, row: AppraisalManualLine) -> None:
    """What nobody has decided yet gives way to what the records say by now; its key is free again."""
    row.state, row.decided_at = LineState.WITHDRAWN, work.at
    row.key = f"{row.key}:{row.id}"
    work.session.flush()


def _known(session: Session, sheets: Mapping[int, AppraisalSheet], rule: str) -> dict[int, list[AppraisalManualLine]]:
    """The corrections so far of each sheet by a rule, the newest first."""
    months = {one.period_id for one in sheets.values()}
    past = sa.select(AppraisalPeriod.month).where(AppraisalPeriod.id.in_(sorted(months)))
    mine = (
        AppraisalManualLine.kind == LineKind.CORRECTION, AppraisalManualLine.corrects.in_(past),
        AppraisalManualLine.rule == rule,
    )  # fmt: skip
    found: dict[int, list[AppraisalManualLine]] = defaultdict(list)
    for row in session.scalars(sa.select(AppraisalManualLine).where(*mine).order_by(AppraisalManualLine.id.desc())):
        parts = (row.key or "").split(":")
        if len(parts) > 1 and parts[1].isdecimal() and int(parts[1]) in sheets:
            found[int(parts[1])].append(row)
    return dict(found)


def _returned(sheet: AppraisalSheet, found: list[Late], said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines that the correction before spoke of and that are by now what they were when they were locked."""
    late = {one.indicator for one in found}
    locked = {line.indicator: [shown_text(line.numerator), line.denominator, line.sample] for line in sheet.lines}
    return [
        {"indicator": one["indicator"], "old": one["new"], "new": locked[one["indicator"]], "came": 0, "went": 0,
         "changed": 0, "some": []}
        for one in said.get("lines", ())
        if one["indicator"] in locked and one["indicator"] not in late and one["new"] != locked[one["indicator"]]
    ]  # fmt: skip


def _stamp(found: list[Late]) -> str:
    said = json.dumps(sorted((one.indicator, one.new.sha256) for one in found))
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def _decimal(text: Any) -> Decimal | None:
    return None if text is None else Decimal(str(text))


def _again(session: Session, period: AppraisalPeriod, sheet: AppraisalSheet, found: list[Late]) -> Sheet:
    """What the locked sheet would come to, by its own scheme and rules and the lines that it was locked with."""
    book, scheme = appraisal_rules.book(session, period.rules_id or 0), _scheme(session, sheet)
    figures = figures_of(sheet)
    figures.update({one.indicator: indicators_figure(one) for one in found})
    lines = [
        Beside(line["id"], LineKind(line["kind"]), line["code"], Decimal(line["points"]))
        for line in json.loads(sheet.body)["lines"]
    ]
    return come_to(scheme, book.rules, book.indicators, with_counts(figures), lines, period.month, {}).sheet


def _bears(session: Session, sheet: AppraisalSheet) -> bool:
    """Whether it bore its month, of which its grade's money comes once."""
    return bearing(month_parts(session, sheet.period_id, [sheet.staff_id])).get(sheet.id, True)


def _by_grade(sheet: AppraisalSheet) -> Decimal:
    """What a locked sheet's grade brought in money, in yuan."""
    bonuses = [one for one in sheet.effects if one["cause"] == BY_GRADE and one["kind"] in MONEY and one["amount"]]
    return sum((Decimal(one["amount"]) for one in bonuses), NO_MONEY)


def indicators_figure(one: Late) -> Figure:
    """The figure that a line would have now."""
    return figure_of(one.indicator, one.new.numerator, one.new.denominator, one.new.sample)


def _facts(one: Late) -> dict[str, Any]:
    moved = one.moved
    old = [0, 0, 0] if one.old is None else [one.old.numerator, one.old.denominator, one.old.sample]
    new = [one.new.numerator, one.new.denominator, one.new.sample]
    return {
        "indicator": one.indicator,
        "old": [shown_text(numerator_of(one.indicator, old[0])), counting.plain(old[1]), old[2]],
        "new": [shown_text(numerator_of(one.indicator, new[0])), counting.plain(new[1]), new[2]],
        "came": moved.came,
        "went": moved.went,
        "changed": moved.changed,
        "some": [list(pair) for pair in moved.some],
    }


def _list(session: Session, sheet: AppraisalSheet, indicator: str) -> bytes:
    mine = (
        AppraisalInput.sheet_id == sheet.id, AppraisalInput.indicator == indicator, AppraisalInput.run == sheet.run,
    )  # fmt: skip
    return bytes(session.scalars(sa.select(AppraisalInput.lines).where(*mine)).one())  # a column: no row keeps it
