"""When a department whose sampling has stopped is inspected again (R27, R30; ISO 2859-1, 9.4)."""

from __future__ import annotations

from dataclasses import dataclass

from policies.message import Refusal
from policies.vocabulary_inspection import LotSeverity
from policies.vocabulary_teamwork import CorrectiveStatus


@dataclass(frozen=True)
class ActionFacts:
    """The corrective action that is named as the improvement; without a department it is the whole office's."""

    number: str
    status: CorrectiveStatus
    department_id: int | None


def refuse_improvement(
    severity: LotSeverity, department_id: int, action: ActionFacts | None, *, is_newest: bool
) -> list[Refusal]:
    """Only a stop is ended, on the lot that brought it, by a corrective action of that department that was verified."""
    if severity is not LotSeverity.DISCONTINUED or not is_newest:
        return [Refusal("lots.refused.not_stopped", status=409)]
    if action is None:
        return [Refusal("lots.refused.no_such_action", field="action_number", status=422)]
    if action.department_id not in (None, department_id):
        return [Refusal("lots.refused.other_department", {"number": action.number}, "action_number", 422)]
    if action.status is not CorrectiveStatus.VERIFIED:
        return [Refusal("lots.refused.not_verified", {"number": action.number}, "action_number", 422)]
    return []
