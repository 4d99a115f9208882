"""The one objection to a sheet (R33): lodged with reasons and evidence, decided by the quality manager or by whomever a
senior manager names, with figures put right or lines taken away; the sheet is reckoned anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.integrations.files import Upload
from backoffice.models.appraisal import AppraisalAppeal, AppraisalLine, AppraisalManualLine, AppraisalSheet
from backoffice.queries import appraisal_rules, recipients
from backoffice.queries.appeals import holders
from backoffice.queries.appraisal_text import decimal_text
from backoffice.services.core import appraisal_notes as notes
from backoffice.services.core.appraisal_contested import LINE, had_a_hand
from backoffice.services.core.appraisal_counting import Counted, Moved, plain
from backoffice.services.core.appraisal_later import follow_grades
from backoffice.services.core.appraisal_moved import follow_parts
from backoffice.services.core.appraisal_notes import keep_files, note, opened, sealed, tell
from backoffice.services.core.appraisal_periods import days_after, refresh, rerank, working_days_on
from backoffice.services.core.appraisal_reckoning import around, lines_for, reckon
from backoffice.services.core.appraisal_recount import count_again, keep
from backoffice.services.core.appraisal_sheets import Held, hold
from backoffice.services.core.work import Work
from policies.appraisal_course import (
    AFTER_DECISION_WORKING_DAYS,
    SheetAct,
    refuse_act,
    refuse_appeal,
    refuse_decision,
    refuse_named,
    refused,
)
from policies.appraisal_lines import LineCode
from policies.indicator import BEYOND_WHOLE, numerator_of, shown_text
from policies.message import Refusal
from policies.vocabulary_appraisal import LineKind, LineState, SheetAppealResult, SheetStatus

MISSING = "line:missing"
"""What a person contests who says that points were forgotten."""
LARGEST = Decimal(10) ** 9


@dataclass(frozen=True)
class Figures:
    """What a decision puts in place of what was counted."""

    numerator: Decimal
    denominator: Decimal
    sample: int


@dataclass(frozen=True)
class Decision:
    """How an objection is decided. ``figures``: indicator → what holds; ``recounted``: indicators that follow the
    records as they are now; ``struck``: ids of lines that count no more; ``added``: points that count from now on, by
    their code in the rules.
    """

    result: SheetAppealResult | None
    ground: str
    figures: Mapping[str, Figures] = field(default_factory=dict)
    struck: Collection[int] = ()
    recounted: Collection[str] = ()
    added: Collection[str] = ()


def items_of(work: Work, sheet: AppraisalSheet) -> list[str]:
    """What can be contested: each indicator, each line outside the formula that counts, and that one is missing."""
    found = [line.indicator for line in sheet.lines] + [f"{LINE}{line.id}" for line in lines_on(work, sheet)]
    return [*found, MISSING] if _holds_lines(work, sheet) else found


def _holds_lines(work: Work, sheet: AppraisalSheet) -> bool:
    """Lines outside the formula count on a person's last sheet of the month."""
    if sheet.staff_id is None:
        return True
    later = sa.exists().where(
        AppraisalSheet.period_id == sheet.period_id, AppraisalSheet.staff_id == sheet.staff_id,
        AppraisalSheet.from_day > sheet.from_day,
    )  # fmt: skip
    return not work.session.scalar(sa.select(later))


def addable(work: Work, sheet: AppraisalSheet) -> list[LineCode]:
    """The points that a decision can add: what the month's rules know."""
    lines = appraisal_rules.book(work.session, sheet.period.rules_id or 0).lines
    return [one for one in lines.values() if one.kind is LineKind.ADJUSTMENT]


def lines_on(work: Work, sheet: AppraisalSheet, *states: LineState) -> Sequence[AppraisalManualLine]:
    """The lines outside the formula of a sheet; those that count where no state is asked for."""
    wanted = states or (LineState.APPROVED,)
    return lines_for(work.session, sheet.period.month, [sheet], *wanted).get(sheet.id, [])


def submit(
    work: Work, number: str, items: Sequence[str], reasons: str, *, against_check: bool = False,
    uploads: Collection[Upload] = (),
) -> AppraisalAppeal:  # fmt: skip
    """Object to a sheet: what is contested, why, and files that show it. Raises with every gap at once."""
    held = hold(work, number)
    _ensure(refuse_act(SheetAct.APPEAL, held.facts, held.asker, work.at))
    gaps = refuse_appeal(items, items_of(work, held.sheet), reasons)
    if gaps:
        raise DomainError(gaps)
    sheet, staff_id = held.sheet, work.actor.staff_id
    appeal = AppraisalAppeal(
        sheet_id=sheet.id,
        by_id=staff_id or 0,
        submitted_at=work.at,
        items=[one for one in items_of(work, sheet) if one in set(items)],
        against_check=against_check,
        decide_due_at=days_after(work, held.period, "decide"),
        old_score=sheet.final_score,
        sealed=sealed(work.keys, {"reasons": reasons.strip()}),
    )
    work.session.add(appeal)
    work.session.flush()
    keep_files(work, uploads, appeal_id=appeal.id)
    sheet.status = SheetStatus.APPEALED
    facts = {"items": list(appeal.items), "against_check": against_check, "files": len(uploads)}
    note(work, held.period, SheetAct.APPEAL, facts, sheet=sheet)
    refresh(work, held.period)
    roles = ["senior_manager"] if against_check else ["quality_manager"]
    barred = {staff_id, *had_a_hand(work.session, [sheet], {sheet.id: appeal}).get(sheet.id, ())}
    people = [one for one in recipients.of_roles(work.session, roles) if one not in barred]
    people = people or list(recipients.of_roles(work.session, ["senior_manager"]))
    tell(work, notes.APPEALED, people, sheet, until=appeal.decide_due_at, occasion="appealed")
    return appeal


def name_decider(work: Work, number: str, staff_id: int | None) -> AppraisalAppeal:
    """A senior manager names who decides."""
    held = hold(work, number)
    _ensure(refuse_act(SheetAct.NAME_DECIDER, held.facts, held.asker, work.at))
    _ensure(refuse_named(staff_id, held.facts, holders(work.session)))
    appeal = held.around.appeals[held.sheet.id]
    appeal.decider_id = staff_id
    note(work, held.period, SheetAct.NAME_DECIDER, {"decider": staff_id}, sheet=held.sheet)
    work.session.flush()
    tell(work, notes.APPEALED, [staff_id or 0], held.sheet, until=appeal.decide_due_at, occasion=f"named:{staff_id}")
    return appeal


def decide(work: Work, number: str, decision: Decision) -> AppraisalAppeal:
    """Decide an objection; the sheet follows, and its person is told and has a day to acknowledge it."""
    held = hold(work, number)
    _ensure(refuse_act(SheetAct.DECIDE, held.facts, held.asker, work.at))
    appeal = held.around.appeals[held.sheet.id]
    changes = _changes(held.sheet, decision.figures)
    again = _again(held, appeal, decision.recounted)
    gaps = [
        *refuse_decision(
            decision.result, decision.ground, changes=bool(changes or decision.struck or again or decision.added)
        ),
        *_refuse_changes(work, held.sheet, appeal, changes, decision),
    ]
    if gaps:
        raise DomainError(gaps)
    _write(held, appeal, decision, changes, again)
    return appeal


def _changes(sheet: AppraisalSheet, figures: Mapping[str, Figures]) -> dict[str, Figures]:
    """The figures that are other than what stands there."""
    known = {line.indicator: line for line in sheet.lines}
    return {
        code: one
        for code, one in figures.items()
        if code not in known or _figures(known[code]) != (one.numerator, one.denominator, one.sample)
    }


def _again(held: Held, appeal: AppraisalAppeal, codes: Collection[str]) -> dict[str, Counted]:
    """What the records say otherwise by now of the contested indicators that are to be counted again."""
    hashes = {line.indicator: None if line.corrected else line.inputs_sha256 for line in held.sheet.lines}
    wanted = [code for code in codes if code in appeal.items and code in hashes]
    counted = {code: count_again(held.work, held.period, held.sheet, code) for code in wanted}
    return {code: one for code, one in counted.items() if one.sha256 != hashes[code]}


def _figures(line: AppraisalLine) -> tuple[Decimal, Decimal, int]:
    """What stands there, as it is shown and so comes back from the form."""
    return Decimal(shown_text(line.numerator)), Decimal(shown_text(line.denominator)), line.sample


def _refuse_changes(
    work: Work,
    sheet: AppraisalSheet,
    appeal: AppraisalAppeal,
    changes: Mapping[str, Figures],
    decision: Decision,
) -> list[Refusal]:
    """Only what was contested is decided, and figures are figures."""
    found = []
    for code, one in changes.items():
        if code not in appeal.items:
            found.append(refused("not_contested", status=422, at=f"numerator-{code}"))
        elif code in decision.recounted:
            found.append(refused("typed_and_counted", status=422, at=f"numerator-{code}"))
        elif not _is_sound(one):
            found.append(refused("figures", status=422, at=f"numerator-{code}"))
        elif one.denominator == 0 and (one.numerator or one.sample):
            found.append(refused("no_denominator", status=422, at=f"denominator-{code}"))
        elif one.numerator > one.denominator and code in _shares(work, sheet):
            found.append(refused("beyond_whole", status=422, at=f"numerator-{code}"))
    return found + _refuse_lines(work, sheet, appeal, decision)


def _refuse_lines(work: Work, sheet: AppraisalSheet, appeal: AppraisalAppeal, decision: Decision) -> list[Refusal]:
    """Lines that are struck, added or counted again: contested ones, of those that there are."""
    found, there = [], {line.id for line in lines_on(work, sheet)}
    if any(one not in there or f"{LINE}{one}" not in appeal.items for one in decision.struck):
        found.append(refused("not_contested", status=422, at="struck"))
    if not set(decision.recounted) <= set(appeal.items):
        found.append(refused("not_contested", status=422, at="recounted"))
    if decision.added and MISSING not in appeal.items:
        found.append(refused("not_contested", status=422, at="added"))
    if not set(decision.added) <= {one.code for one in addable(work, sheet)}:
        found.append(refused("line_code", status=422, at="added"))
    return found


def _shares(work: Work, sheet: AppraisalSheet) -> frozenset[str]:
    """The indicators whose part cannot exceed the whole; those with a cap may."""
    known = appraisal_rules.book(work.session, sheet.period.rules_id or 0).indicators
    return frozenset(code for code, one in known.items() if one.is_share and code not in BEYOND_WHOLE)


def _is_sound(one: Figures) -> bool:
    """Whole hundredths, none of them below nought, and a sample."""
    numbers = (one.numerator, one.denominator)
    exact = all(number.is_finite() and number * 100 == (number * 100).to_integral_value() for number in numbers)
    return exact and all(0 <= number < LARGEST for number in numbers) and 0 <= one.sample < LARGEST


def _write(
    held: Held,
    appeal: AppraisalAppeal,
    decision: Decision,
    changes: Mapping[str, Figures],
    again: Mapping[str, Counted],
) -> None:
    work, sheet, ground = held.work, held.sheet, decision.ground.strip()
    old = {
        line.indicator: [shown_text(line.numerator), shown_text(line.denominator), line.sample] for line in sheet.lines
    }
    for line in sheet.lines:
        if line.indicator in changes:
            _put(line, changes[line.indicator])
    moved = {code: keep(work, sheet, code, one) for code, one in again.items()}
    for code in dict.fromkeys(decision.added):
        _add(held, appeal, code, ground)
    for row in work.session.scalars(
        sa.select(AppraisalManualLine).where(AppraisalManualLine.id.in_(sorted(decision.struck)))
    ):
        _strike(work, row, ground)
    work.session.flush()
    grades = {sheet.id: sheet.grade}
    reckon(work.session, held.period, sheet, around(work.session, held.period, [sheet]))
    follow_parts(work, held.period, [sheet])
    appeal.result, appeal.decided_at, appeal.decider_id = decision.result, work.at, work.actor.staff_id
    appeal.new_score = sheet.final_score
    appeal.sealed = sealed(work.keys, {**opened(work.keys, appeal.sealed), "ground": ground})
    sheet.status = SheetStatus.PUBLISHED
    sheet.acknowledge_until = working_days_on(work, AFTER_DECISION_WORKING_DAYS)
    facts = {
        "result": decision.result,
        "lines": {
            **{code: {"old": old.get(code), "new": _plain(one)} for code, one in changes.items()},
            **{code: {"old": old.get(code), **_counted(code, one, moved[code])} for code, one in again.items()},
        },
        "struck": sorted(decision.struck),
        "added": sorted(set(decision.added)),
        "score": [_text(appeal.old_score), _text(appeal.new_score)],
        "sha256": sheet.sha256,
    }
    note(work, held.period, SheetAct.DECIDE, facts, sheet=sheet)
    refresh(work, held.period)
    rerank(work.session, held.period)
    follow_grades(work, held.period, [sheet], grades)
    tell(work, notes.DECIDED, [appeal.by_id], sheet, until=sheet.acknowledge_until, occasion="decided")


def _put(line: AppraisalLine, one: Figures) -> None:
    line.numerator, line.denominator = decimal_text(one.numerator), decimal_text(one.denominator)
    line.sample, line.corrected = one.sample, True
    Fraction(line.numerator)  # what cannot be read again is never kept


def _add(held: Held, appeal: AppraisalAppeal, code: str, ground: str) -> None:
    """Points that were forgotten; it was the appellant who asked for them, and the decision approves them."""
    work, sheet = held.work, held.sheet
    points = next(one.points for one in addable(work, sheet) if one.code == code)
    row = AppraisalManualLine(
        month=held.period.month, staff_id=sheet.staff_id, kind=LineKind.ADJUSTMENT, code=code, points=points,
        department_id=sheet.department_id if sheet.staff_id is None else None, key=f"appeal:{appeal.id}:{code}",
        state=LineState.APPROVED, proposed_by_id=appeal.by_id, proposed_at=appeal.submitted_at,
        decided_by_id=work.actor.staff_id, decided_at=work.at, sealed=sealed(work.keys, {"ground": ground}),
    )  # fmt: skip
    work.session.add(row)


def _counted(code: str, one: Counted, moved: Moved) -> dict[str, Any]:
    new = [shown_text(numerator_of(code, one.numerator)), plain(one.denominator), one.sample]
    return {"new": new, "came": moved.came, "went": moved.went, "changed": moved.changed}


def _strike(work: Work, row: AppraisalManualLine, ground: str) -> None:
    row.state, row.decided_at, row.decided_by_id = LineState.REFUSED, work.at, work.actor.staff_id
    row.sealed = sealed(work.keys, {**opened(work.keys, row.sealed), "decision": ground})


def _plain(one: Figures) -> list[str | int]:
    return [decimal_text(one.numerator), decimal_text(one.denominator), one.sample]


def _text(score: Decimal | None) -> str | None:
    return None if score is None else f"{score:.2f}"


def _ensure(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise DomainError(refusal)
