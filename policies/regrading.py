"""Under which severity a complaint goes on, where, and who may say so (R3, R11, R17): the stated rule of regrading.

Up, whoever may regrade decides alone; down, the complaints manager, and from major a senior manager, decides or
confirms what another proposes. It goes on at the like step of the new process. Without a work order a major complaint
begins with the emergency response. An outcome that was fixed is taken back, and the complaint goes on where its
handling would be taken up anew. An open dispute falls away; the order stays with its department.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from policies.process import Process, StepDef, like_step
from policies.vocabulary import Severity

RAISES: Mapping[str, Severity] = MappingProxyType(
    {"raise_to_major": Severity.MAJOR, "raise_to_important": Severity.IMPORTANT}
)
"""Acts that raise a complaint from any open step, with the severity that they lead to."""
REGRADES = frozenset({"regrade", "confirm_regrade", *RAISES})
"""Actions after which a complaint goes on under another severity."""
DOWNGRADERS: Mapping[Severity, frozenset[str]] = MappingProxyType({
    Severity.IMPORTANT: frozenset({"complaints_manager", "senior_manager"}),
    Severity.MAJOR: frozenset({"senior_manager"}),
})  # fmt: skip
"""Who may regrade downwards from which severity (``regrade`` of ``sla.yaml``)."""
EMERGENCY = "emergency_response"


@dataclass(frozen=True)
class Proposal:
    """A regrading that waits for its approval: who proposed it, and what it would bring, field by field."""

    proposed_by_id: int | None
    severity: Severity
    values: Mapping[str, str] = field(default_factory=dict)


def goes_on_at(
    step: StepDef, process: Process, *, order_sent: bool, outcome_fixed: bool = False, up: bool = True
) -> StepDef | None:
    """The step of another process at which a complaint goes on; None where the process has none for it."""
    if up and process.severity is Severity.MAJOR and not order_sent:
        first = next((one for one in process.steps if EMERGENCY in one.acts), None)
        if first is not None:
            return first
    if outcome_fixed:
        anew = _taken_up_anew(process, order_sent=order_sent)
        if anew is not None:
            return anew
    return like_step(step, process)


def _taken_up_anew(process: Process, *, order_sent: bool) -> StepDef | None:
    """With an order where ``resume`` leads, without one where it is checked whether the complaint stands."""
    if order_sent:
        ways = (one.way("resume", order_sent) for one in process.steps)
        return next((process.find(way.to) for way in ways if way is not None), None)
    return next((one for one in process.steps if one.way("find_not_established", order_sent)), None)
