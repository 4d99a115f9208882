"""Who reads whose training (R34, R39): one's own, a head the department's, whoever manages training everybody's."""

from __future__ import annotations

from policies.access import Actor, Permission, Scope

READERS = (Permission.TRAINING_MANAGE, Permission.SHEET_APPROVE)
"""Who manages training, and who approves the sheets that it counts in."""


def scope_of(actor: Actor) -> Scope:
    """How far somebody reads other people's training."""
    return max((actor.scope(permission) for permission in READERS), key=lambda scope: scope.width)


def departments_read(actor: Actor) -> frozenset[int] | None:
    """The departments whose people's training somebody reads; None for all of them."""
    scope = scope_of(actor)
    if scope is Scope.ALL:
        return None
    return actor.departments if scope is Scope.DEPARTMENT else frozenset()


def may_read(actor: Actor, staff_id: int, department_id: int | None) -> bool:
    """Whether somebody reads the training file of this person."""
    reach = departments_read(actor)
    return staff_id == actor.staff_id or reach is None or department_id in reach


def may_coach(actor: Actor, staff_id: int, department_id: int | None) -> bool:
    """Whether somebody writes up a coaching talk with this person: who manages training, or their head."""
    if staff_id == actor.staff_id:
        return False
    if actor.scope(Permission.TRAINING_MANAGE) is not Scope.NONE:
        return True
    scope = actor.scope(Permission.SHEET_APPROVE)
    return scope is Scope.ALL or (scope is Scope.DEPARTMENT and department_id in actor.departments)
