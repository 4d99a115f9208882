"""Which statement counts which indicator of ``office/appraisal.yaml`` (R31): each one once, for every use of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from backoffice.queries.indicators import callbacks, complaints, inspections, intake, orders
from backoffice.queries.indicators.corrective import corrective_on_time_rate
from backoffice.queries.indicators.outside import entered
from backoffice.queries.indicators.training import training_completion
from backoffice.queries.indicators.window import Window
from policies.vocabulary_appraisal import SubjectKind

Rows = sa.Select[Any] | sa.CompoundSelect[Any]
Counting = Callable[[Window, SubjectKind], Rows]

COUNTING: Mapping[str, Counting] = MappingProxyType({
    "on_time_rate": complaints.on_time_rate,
    "acknowledge_rate": intake.acknowledge_rate,
    "first_response_rate": complaints.first_response_rate,
    "first_response_hours": complaints.first_response_hours,
    "satisfaction_score": callbacks.satisfaction_score,
    "satisfaction_rate": callbacks.satisfaction_rate,
    "resolution_rate": complaints.resolution_rate,
    "repeat_rate": complaints.repeat_rate,
    "rework_rate": complaints.rework_rate,
    "first_contact_rate": intake.first_contact_rate,
    "record_accuracy": inspections.record_accuracy,
    "inspection_score": inspections.inspection_score,
    "call_quality_score": inspections.call_quality_score,
    "intake_completeness": intake.intake_completeness,
    "dispatch_accuracy": orders.dispatch_accuracy,
    "dispatch_hours": orders.dispatch_hours,
    "avoidable_dispatch_rate": complaints.avoidable_dispatch_rate,
    "appoint_rate": orders.appoint_rate,
    "answer_rate": complaints.answer_rate,
    "callback_on_time_rate": callbacks.callback_on_time_rate,
    "callback_reach_rate": callbacks.callback_reach_rate,
    "inspection_completion": inspections.inspection_completion,
    "appeal_overturn_rate": inspections.appeal_overturn_rate,
    "inspector_agreement": inspections.inspector_agreement,
    "corrective_on_time_rate": corrective_on_time_rate,
    "training_completion": training_completion,
    "hotline_connection_rate": entered("hotline_connection_rate"),
    "hotline_answer_seconds": entered("hotline_answer_seconds"),
    "regulator_appeal_count": intake.regulator_appeal_count,
})  # fmt: skip

COUNTS = frozenset({"regulator_appeal_count"})
"""Plain numbers: their denominator is 1, whatever was counted."""

OF_ONE_LEVEL: Mapping[str, SubjectKind] = MappingProxyType({
    **dict.fromkeys(("appeal_overturn_rate", "inspector_agreement"), SubjectKind.PERSON),
    **dict.fromkeys(
        ("appoint_rate", "answer_rate", "hotline_connection_rate", "hotline_answer_seconds", "regulator_appeal_count"),
        SubjectKind.DEPARTMENT,
    ),
})  # fmt: skip
"""Indicators that only persons have, or only departments."""


def counts_for(code: str, level: SubjectKind) -> bool:
    """Whether an indicator is counted for persons or for departments."""
    return OF_ONE_LEVEL.get(code, level) is level


def contributions(code: str, window: Window, level: SubjectKind) -> Rows:
    """The rows that an indicator counts in a window, and those that it leaves out: columns of ``shape.contribution``.

    Raises ``LookupError`` for an indicator that there is not, or not for this kind of subject.
    """
    if not counts_for(code, level):
        raise LookupError(f"{code} is not counted for a {level.value}")
    return COUNTING[code](window, level)
