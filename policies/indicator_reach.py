"""Whose indicators somebody may look at (R31, R33, R39): one's own; a head the department's; some all of the office's.

Figures of departments are for who reads statistics; figures beside the names of persons for heads (their departments)
and for who appraises, approves, trains or audits in the whole office. No indicator shows data of a customer.
"""

from __future__ import annotations

from dataclasses import dataclass

from policies.access import Actor, Permission, Scope

PERSONS_OF_ALL = (
    Permission.SHEET_COMPUTE,
    Permission.SHEET_CHECK,
    Permission.SHEET_APPROVE,
    Permission.TRAINING_MANAGE,
    Permission.REPORT_APPROVE,
    Permission.AUDIT_VIEW,
)


@dataclass(frozen=True)
class Reach:
    """Departments whose figures may be read, and those whose staff's; None: all of them. ``own``: the reader."""

    departments: frozenset[int] | None
    persons_of: frozenset[int] | None
    own: int | None


def reach_of(actor: Actor) -> Reach:
    """How far somebody may look."""
    scope = actor.scope(Permission.STATISTICS_VIEW)
    heads = Scope.DEPARTMENT in (scope, actor.scope(Permission.SHEET_APPROVE))
    within = actor.departments if heads else frozenset()
    if scope is not Scope.ALL:
        return Reach(within, within, actor.staff_id)
    everybody = any(actor.scope(permission) is Scope.ALL for permission in PERSONS_OF_ALL)
    return Reach(None, None if everybody else within, actor.staff_id)


def may_enter_figures(actor: Actor) -> bool:
    """Whether somebody enters the figures that come from outside: who computes the sheets."""
    return actor.scope(Permission.SHEET_COMPUTE) is Scope.ALL
