"""Raising a complaint from any step, and regrading that needs an approval (R3, R17): rows of the table of actions."""

from __future__ import annotations

from types import MappingProxyType

from policies.access import Permission
from policies.action import OPEN, act
from policies.vocabulary import ClockEvent, Severity

P = Permission
_GRADES = ("category", "urgency", "impact")
_LOWER = frozenset({Severity.GENERAL, Severity.IMPORTANT})
_HIGHER = frozenset({Severity.IMPORTANT, Severity.MAJOR})
_APPROVED = ("regrade_approved_by_other",)


def _to(severity: Severity) -> MappingProxyType[str, str]:
    return MappingProxyType({"severity": severity.value})


REGRADING = (
    act(
        "raise_to_major", P.COMPLAINT_REGRADE, statuses=OPEN, severities=_LOWER, events=(ClockEvent.REGRADED,),
        fields=("regrade_reason",), optional=_GRADES, gives=_to(Severity.MAJOR), rules="R3 R17",
    ),
    act(
        "raise_to_important", P.COMPLAINT_REGRADE, statuses=OPEN, severities=frozenset({Severity.GENERAL}),
        events=(ClockEvent.REGRADED,), fields=("regrade_reason",), optional=_GRADES, gives=_to(Severity.IMPORTANT),
        rules="R3 R16",
    ),
    act(
        "propose_regrade", P.COMPLAINT_REGRADE, statuses=OPEN, severities=_HIGHER,
        fields=("severity", "regrade_reason"), optional=_GRADES, rules="R3",
    ),
    act(
        "confirm_regrade", P.COMPLAINT_REGRADE, statuses=OPEN, severities=_HIGHER, events=(ClockEvent.REGRADED,),
        optional=("text",), duties=_APPROVED, rules="R3",
    ),
    act(
        "decline_regrade", P.COMPLAINT_REGRADE, statuses=OPEN, severities=_HIGHER, fields=("reason",),
        duties=_APPROVED, rules="R3",
    ),
)  # fmt: skip
