"""What a month comes to for somebody (R32, R33): the sheet, and what grade, months in a row and lines bring in all.

The one way from figures to a grade and to money: a computation, an appeal and a trial of a scheme all go it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from policies.appraisal import Scheme, Sheet, sheet_of
from policies.appraisal_rules import BY_GRADE, Effect, Rules, bonus_of, consecutive, effects_of, reduction_of
from policies.indicator import Figure, Indicator
from policies.vocabulary_appraisal import LineKind

CORRECTION = "correction"
"""The code under which points of a locked month's correction are added; the rules set it no limit."""
BY_LINE = "line:"
POINTS = (LineKind.ADJUSTMENT, LineKind.CORRECTION)
WORTH = (LineKind.REWARD, LineKind.PENALTY)


@dataclass(frozen=True)
class Beside:
    """A line outside the formula that counts. ``points``: of adjustments and corrections; ``amount``: of rewards and
    penalties that are worth money, in yuan with their sign; nought: what the rules say.
    """

    id: int
    kind: LineKind
    code: str
    points: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)


@dataclass(frozen=True)
class Outcome:
    """A sheet, and all that it brings."""

    sheet: Sheet
    effects: tuple[Effect, ...]

    @property
    def bonus(self) -> Decimal:
        """In yuan, exact."""
        return bonus_of(self.effects)

    @property
    def reduction(self) -> Decimal:
        """By how many per cent the performance bonus is reduced."""
        return reduction_of(self.effects)


def come_to(
    scheme: Scheme,
    rules: Rules,
    indicators: Mapping[str, Indicator],
    figures: Mapping[str, Figure],
    lines: Sequence[Beside],
    month: str,
    grades: Mapping[str, str | None],
    *,
    bears: bool = True,
) -> Outcome:
    """What figures and lines come to. ``grades``: of the months before, by month; ``bears``: false where another part
    of the month bears what comes once in it (``policies/appraisal_bearing.py``): then nothing follows. Raises KeyError
    for a veto, a reward or a penalty that the rules do not have.
    """
    points = [(CORRECTION if one.kind is LineKind.CORRECTION else one.code, one.points)
              for one in lines if one.kind in POINTS]  # fmt: skip
    vetoes = [one.code for one in lines if one.kind is LineKind.VETO]
    sheet = sheet_of(scheme, rules, indicators, figures, points, vetoes)
    if not bears:
        return Outcome(sheet, ())
    over_months = consecutive(rules, {**grades, month: sheet.grade}, scheme.subject)
    return Outcome(sheet, _brought(rules, sheet, over_months, [one for one in lines if one.kind in WORTH]))


def _brought(rules: Rules, sheet: Sheet, over_months: Iterable[Effect], lines: Sequence[Beside]) -> tuple[Effect, ...]:
    """What all causes bring together, each code within its floor and ceiling."""
    causes = [(one.code, BY_GRADE) for one in sheet.effects]
    causes += [(one.code, one.cause) for one in over_months]
    return _with_lines(rules, causes, lines)


def brought_alone(rules: Rules, lines: Iterable[Beside]) -> tuple[Effect, ...]:
    """What lines bring to somebody who has no sheet in the month, each code within its floor and ceiling."""
    return _with_lines(rules, [], [one for one in lines if one.kind in WORTH])


def _with_lines(rules: Rules, causes: list[tuple[str, str]], lines: Sequence[Beside]) -> tuple[Effect, ...]:
    causes = causes + [(one.code, f"{BY_LINE}{one.id}") for one in lines]
    amounts = {f"{BY_LINE}{one.id}": one.amount for one in lines if one.amount}
    found = effects_of(rules, causes)
    return tuple(_no_more(one, amounts[one.cause]) if one.cause in amounts else one for one in found)


def _no_more(effect: Effect, amount: Decimal) -> Effect:
    """What somebody proposed less than the rules allow stays less."""
    if effect.amount is None:
        return effect
    least = min(abs(effect.amount), abs(amount))
    return Effect(effect.code, effect.kind, least if effect.amount >= 0 else -least, effect.unit, effect.cause)


def is_known(rules: Rules, kind: LineKind, code: str) -> bool:
    """Whether rules have what a line names; the correction of a locked month needs no rule."""
    if kind is LineKind.CORRECTION:
        return True
    rows = {LineKind.ADJUSTMENT: rules.adjustments, LineKind.VETO: rules.vetoes}
    return code in rows.get(kind, rules.effects)


def known_to(rules: Rules, lines: Iterable[Beside]) -> tuple[Beside, ...]:
    """The lines that rules can reckon with: without what they do not have."""
    return tuple(one for one in lines if is_known(rules, one.kind, one.code))
