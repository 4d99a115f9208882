"""Whose inspections and figures somebody may look at (R28, R31, R39).

Who inspects sees all of them; who reads statistics sees what is published, of the own departments or of all. Names of
persons beside scores are for heads (their departments), for who inspects, who appraises, and who audits.
"""

from __future__ import annotations

from policies.access import Actor, Permission, Scope, may_any

READERS = (Permission.INSPECTION_SCORE, Permission.STATISTICS_VIEW)
NAMES_OF_ALL = (
    Permission.INSPECTION_SCORE,
    Permission.SHEET_COMPUTE,
    Permission.SHEET_CHECK,
    Permission.SHEET_APPROVE,
    Permission.REPORT_APPROVE,
    Permission.AUDIT_VIEW,
)


def inspects(actor: Actor) -> bool:
    """Whether this person scores records and so sees every inspection, published or not."""
    return actor.scope(Permission.INSPECTION_SCORE) is Scope.ALL


def departments_within(actor: Actor) -> frozenset[int] | None:
    """The departments whose figures this person may read: None for all of them, empty for none."""
    scope = max((actor.scope(permission) for permission in READERS), key=lambda one: one.width)
    if scope is Scope.ALL:
        return None
    return actor.departments if scope is Scope.DEPARTMENT else frozenset()


def sees_persons(actor: Actor) -> bool:
    """Whether scores may be shown beside the names of persons within this person's reach."""
    reach = departments_within(actor)
    return bool(reach) or (reach is None and may_any(actor, NAMES_OF_ALL))
