"""Lines outside the formula (R32, R33): points, vetoes, rewards and penalties that somebody proposes with a ground.

A line counts once somebody else has approved it. What it may be worth stands in the office's rules; what is switched
off there cannot be proposed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from policies.appraisal_course import LONGEST, refused
from policies.completeness import holds_something
from policies.message import Name, Refusal
from policies.vocabulary_appraisal import EffectKind, LineKind, LineState

K = LineKind
BY_HAND = (K.ADJUSTMENT, K.VETO, K.REWARD, K.PENALTY)
"""What somebody may propose; corrections of a locked month are made by the system alone."""
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class LineCode:
    """One thing that a line may be: its points (adjustments) or its most (rewards, penalties), as the rules say."""

    kind: LineKind
    code: str
    name: Name
    points: Decimal = Decimal(0)
    most: Decimal | None = None
    effect: EffectKind | None = None
    enabled: bool = True

    @property
    def has_amount(self) -> bool:
        """Whether it is worth money."""
        return self.effect in (EffectKind.BONUS, EffectKind.WAGE_DEDUCTION) and self.most is not None


def line_codes(definition: Mapping[str, Any]) -> Mapping[tuple[LineKind, str], LineCode]:
    """What lines may be by a version of the rules (its ``definition``), in its order."""
    found = [_adjustment(row) for row in definition.get("adjustments", ())]
    found += [LineCode(K.VETO, row["code"], _name(row)) for row in definition.get("vetoes", ())]
    found += [_effect(K.REWARD, row) for row in definition.get("rewards", ())]
    found += [_effect(K.PENALTY, row) for row in definition.get("penalties", ())]
    return MappingProxyType({(one.kind, one.code): one for one in found})


def _adjustment(row: Mapping[str, Any]) -> LineCode:
    return LineCode(K.ADJUSTMENT, row["code"], _name(row), points=Decimal(str(row["points"])))


def _effect(kind: LineKind, row: Mapping[str, Any]) -> LineCode:
    amount = row.get("amount")
    most = None if amount is None else abs(Decimal(str(amount)))
    return LineCode(kind, row["code"], _name(row), most=most, effect=EffectKind(row["kind"]), enabled=row["enabled"])


def _name(row: Mapping[str, Any]) -> Name:
    return Name(row["name"]["zh"], row["name"]["en"])


@dataclass(frozen=True)
class Proposal:
    """What somebody proposes. ``amount``: in money, for rewards and penalties that are worth some; else None."""

    kind: LineKind | None
    code: str
    ground: str
    amount: Decimal | None = None


def refuse_proposal(one: Proposal, codes: Mapping[tuple[LineKind, str], LineCode]) -> tuple[Refusal, ...]:
    """R32: a thing that the rules know and have not switched off, within their limits, with a ground."""
    found: list[Refusal] = []
    known = codes.get((one.kind, one.code)) if one.kind is not None else None
    if known is None or known.kind not in BY_HAND:
        found.append(refused("line_code", status=422, at="code"))
    elif not known.enabled:
        found.append(refused("line_disabled", status=422, at="code"))
    else:
        found += _refuse_amount(one, known)
    if not holds_something(one.ground):
        found.append(refused("line_ground", status=422, at="ground"))
    if len(one.ground) > LONGEST:
        found.append(refused("too_long", status=422, at="ground", limit=LONGEST))
    return tuple(found)


def _refuse_amount(one: Proposal, known: LineCode) -> list[Refusal]:
    if one.amount is None:
        return []
    if not known.has_amount or known.most is None:
        return [refused("line_no_amount", status=422, at="amount")]
    if one.amount <= 0 or one.amount * HUNDRED != (one.amount * HUNDRED).to_integral_value():
        return [refused("line_amount", status=422, at="amount")]
    return [refused("line_too_much", status=422, at="amount", most=known.most)] if one.amount > known.most else []


def amount_of(one: Proposal, known: LineCode) -> Decimal:
    """What a line is worth in money, with its sign: what the rules say where nothing less was proposed."""
    if not known.has_amount or known.most is None:
        return Decimal(0)
    amount = known.most if one.amount is None else one.amount
    return amount if known.kind is K.REWARD else -amount


# Who


@dataclass(frozen=True)
class LineFacts:
    """A line as its rules see it. ``answers_id``: the person whom it is for; for a department its head. ``known``:
    whether the month's rules have what it names.
    """

    state: LineState
    kind: LineKind
    answers_id: int | None
    proposed_by: int | None
    month_open: bool
    known: bool = True

    @property
    def is_void(self) -> bool:
        """Approved, and in no way to be reckoned with: newer rules hold for the month that do not have it."""
        return self.state is LineState.APPROVED and not self.known


def refuse_decision(facts: LineFacts, staff_id: int | None, *, decides: bool, approve: bool = True) -> Refusal | None:
    """R33: approved or refused by somebody else than who proposed it, and never by the person whom it is for.

    Approved only while the sheet still follows its lines, and only what the month's rules have; refused also later, so
    that nothing stays undecided. What was approved and then left the rules can be refused still: it counts for nothing
    and holds up the month.
    """
    if not decides or staff_id is None:
        return refused("line_not_decider", status=403)
    if staff_id == facts.answers_id:
        return refused("line_own", status=403)
    if staff_id == facts.proposed_by:
        return refused("line_proposer", status=403)
    if facts.is_void and not approve:
        return None
    return _refuse_state(facts) or (_refuse_counting(facts) if approve else None)


def _refuse_counting(facts: LineFacts) -> Refusal | None:
    if not facts.month_open:
        return refused("line_closed")
    return None if facts.known else refused("line_unknown")


def refuse_withdrawal(facts: LineFacts, staff_id: int | None) -> Refusal | None:
    """Whoever proposed it may take it back until it is decided, whatever became of the sheet."""
    if staff_id is None or staff_id != facts.proposed_by:
        return refused("line_not_proposer", status=403)
    return _refuse_state(facts)


def _refuse_state(facts: LineFacts) -> Refusal | None:
    return None if facts.state is LineState.PROPOSED else refused("line_decided")
