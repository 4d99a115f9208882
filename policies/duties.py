"""Separation of duties: who must not be the same person (``separation_of_duties`` in the office's organisation).

Each rule takes plain facts (ids of staff, codes) and answers with a refusal or None. No grant overrides one of these.
The system (id None) is nobody's second pair of eyes, so it never collides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from policies.access import CLEAR_DATA, Grants, Permission, Scope, widened
from policies.message import Refusal


def _refused(rule: str, collides: bool) -> Refusal | None:
    return Refusal(f"access.duty.{rule}", status=403) if collides else None


def no_own_plan_approval(approver: int | None, writers: Collection[int]) -> Refusal | None:
    """R19: nobody approves a plan that he or she wrote (nor reviews it, R16)."""
    return _refused("no_own_plan_approval", approver is not None and approver in writers)


def approver_holds_the_amount(
    roles: Collection[str], limits: Mapping[str, Decimal | None], amount: Decimal
) -> Refusal | None:
    """R19: one of the approver's roles must reach the amount. ``limits``: role → up to; None = no limit."""
    held = [limits[role] for role in roles if role in limits]
    if any(limit is None or amount <= limit for limit in held):
        return None
    if not held:
        return Refusal("access.duty.not_an_approver", status=403)
    return Refusal(
        "access.duty.amount_too_high",
        {"amount": amount, "limit": max(limit for limit in held if limit is not None)},
        status=403,
    )


def approver_outranks_writer(
    approver: Collection[str], writer: Collection[str], limits: Mapping[str, Decimal | None]
) -> Refusal | None:
    """R19: the approver's roles reach further than the writer's; above one without limit only another without."""
    if _reaches_further(_limit(approver, limits), _limit(writer, limits)):
        return None
    return Refusal("access.duty.approver_outranks_writer", status=403)


# How far somebody's roles reach: (without limit?, the highest amount).
_NOBODY = (False, Decimal(0))
_Reach = tuple[bool, Decimal]


def _limit(roles: Collection[str], limits: Mapping[str, Decimal | None]) -> _Reach:
    held = [limits[role] for role in roles if role in limits]
    if None in held:
        return (True, Decimal(0))
    return max(((False, limit) for limit in held if limit is not None), default=_NOBODY)


def _reaches_further(approver: _Reach, writer: _Reach) -> bool:
    return approver[0] or writer == _NOBODY or approver > writer


def no_own_call_back(caller: int | None, handlers: Collection[int]) -> Refusal | None:
    """R21: owner and co-handlers, of whatever order of the case, never call back on it."""
    return _refused("no_own_call_back", caller is not None and caller in handlers)


def no_own_inspection(inspector: int | None, worked: Collection[int]) -> Refusal | None:
    """R27: nobody inspects a complaint that he or she took, dispatched, handled or called back on."""
    return _refused("no_own_inspection", inspector is not None and inspector in worked)


def no_own_appeal_decision(decider: int | None, inspectors: Collection[int]) -> Refusal | None:
    """R29: an appeal is decided by an inspector other than the first."""
    return _refused("no_own_appeal_decision", decider is not None and decider in inspectors)


def no_own_verification(verifier: int | None, owner: int | None) -> Refusal | None:
    """R30: the owner of a corrective action does not verify it."""
    return _refused("no_own_verification", verifier is not None and verifier == owner)


def no_own_sheet_approval(
    approver: int | None, subject: int, *, subject_is_head: bool = False, approver_is_senior: bool = False
) -> Refusal | None:
    """R33: nobody checks or approves an own sheet; a head's sheet is approved by a senior manager."""
    if approver is not None and approver == subject:
        return _refused("no_own_sheet_approval", True)
    return _refused("heads_by_senior_manager", subject_is_head and not approver_is_senior)


def dossier_checked_by_other(checker: int | None, handlers: Collection[int]) -> Refusal | None:
    """R22: a dossier is checked for archiving by someone other than its handlers (``checked_by_other``)."""
    return _refused("dossier_checked_by_other", checker is not None and checker in handlers)


def decision_reviewed_by_other(reviewer: int | None, decider: int | None) -> Refusal | None:
    """R4: that a complaint does not stand is reviewed by someone else than who found it."""
    return _refused("decision_reviewed_by_other", reviewer is not None and reviewer == decider)


def administrator_sees_masked(grants: Grants) -> Refusal | None:
    """R39: who manages users holds no permission to see customer data in clear; asked of a person's melted grants."""
    manages = grants.get(Permission.USER_MANAGE, Scope.NONE) is not Scope.NONE
    clear = [p for p in Permission if p in CLEAR_DATA and grants.get(p, Scope.NONE) is not Scope.NONE]
    if not (manages and clear):
        return None
    return Refusal("access.duty.administrator_sees_masked", {"permissions": tuple(clear)}, field="roles", status=403)


def no_widening_of_own_grants(before: Grants, after: Grants) -> Refusal | None:
    """R39: nobody widens an own permission, by another role or by another grant in a role that he or she holds."""
    wider = widened(before, after)
    if not wider:
        return None
    return Refusal("access.duty.no_widening_of_own_grants", {"permissions": wider}, field="roles", status=403)
