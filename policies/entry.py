"""What the rules over entries are asked with: an action, on a complaint, by somebody, with values, at a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from policies.access import Actor
from policies.action import ActionRule
from policies.casefacts import CaseFacts, FlowSettings
from policies.fields import is_blank
from policies.message import Refusal
from policies.process import NextAction, StepDef


@dataclass(frozen=True)
class Entry:
    """What somebody enters with an action, at a moment."""

    facts: CaseFacts
    rule: ActionRule
    way: NextAction | None
    actor: Actor
    settings: FlowSettings
    values: Mapping[str, object]
    at: datetime

    @property
    def step(self) -> StepDef | None:
        return self.facts.at

    def has(self, field: str) -> bool:
        return not is_blank(self.values.get(field))

    def amount(self, field: str = "compensation_amount") -> Decimal | None:
        value = self.values.get(field)
        return Decimal(str(value)) if not is_blank(value) else None


Check = Callable[[Entry], Iterator[Refusal]]
