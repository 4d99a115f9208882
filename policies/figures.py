"""Figures by which an office turns its rules (R3, R6, R11, R16, R21, R28-R30): which there are, and between what they
may lie.

Each stands in one of the office's settings under a name of its own; a complaint goes by the figure of the day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from policies.message import Message, Refusal


@dataclass(frozen=True)
class Figure:
    """A whole number from ``least`` to ``most``, kept as ``name`` in the setting ``setting``; ``usual`` if unsaid."""

    code: str
    setting: str
    name: str
    usual: int
    least: int
    most: int
    group: str

    @property
    def label(self) -> Message:
        return Message(f"figures.field.{self.code}")

    @property
    def help(self) -> Message:
        """What it does, with its bounds."""
        return Message(f"figures.help.{self.code}", {"least": self.least, "most": self.most})


def _of_process(code: str, usual: int, least: int, most: int, group: str) -> Figure:
    return Figure(code, "process", code, usual, least, most, group)


INSPECTION = "inspection"
"""The setting, and the group on the page, of what scoring, appeals and agreement go by."""


def _of_inspection(code: str, usual: int, least: int, most: int) -> Figure:
    return Figure(code, INSPECTION, code, usual, least, most, INSPECTION)


FIGURES: tuple[Figure, ...] = (
    Figure("refuse_dispatch_below", "completeness", "refuse_dispatch_below", 60, 0, 100, "intake"),
    _of_process("first_contact_compensation_cny", 50, 0, 100_000, "intake"),
    _of_process("repeat_days", 30, 1, 366, "intake"),
    Figure("cluster_complaints", "cluster", "complaints", 10, 2, 1000, "intake"),
    Figure("cluster_hours", "cluster", "hours", 24, 1, 336, "intake"),
    _of_process("transfers_before_escalation", 1, 0, 9, "dispatch"),
    _of_process("dispute_decision_working_hours", 4, 1, 80, "dispatch"),
    _of_process("plan_reviewers", 2, 1, 20, "handling"),
    _of_process("satisfied_from_score", 4, 1, 5, "closing"),
    _of_process("unreachable_attempts", 3, 1, 10, "closing"),
    _of_process("unreachable_min_gap_hours", 4, 1, 72, "closing"),
    _of_inspection("comment_below_percent", 100, 0, 100),
    _of_inspection("excellent_from_score", 95, 1, 100),
    _of_inspection("good_from_score", 85, 1, 100),
    _of_inspection("pass_from_score", 75, 1, 100),
    _of_inspection("corrective_action_below", 75, 0, 100),
    _of_inspection("agreement_target_percent", 85, 0, 100),
    _of_inspection("agreement_max_difference", 10, 0, 100),
    _of_inspection("appeal_submit_working_days", 3, 1, 30),
    _of_inspection("appeal_decide_working_days", 5, 1, 30),
    Figure("effect_check_days", "corrective", "effect_check_days", 60, 7, 366, "inspection"),
)
"""Every figure, in the order of the page."""

GROUPS = tuple(dict.fromkeys(figure.group for figure in FIGURES))


def read_figures(settings: Mapping[str, Mapping[str, object] | None]) -> dict[str, int]:
    """The office's figures by their codes; what a setting does not say, or says badly, has its usual value."""
    found = {}
    for figure in FIGURES:
        value = (settings.get(figure.setting) or {}).get(figure.name)
        whole = isinstance(value, int) and not isinstance(value, bool)
        found[figure.code] = int(str(value)) if whole else figure.usual
    return found


def refuse_figures(values: Mapping[str, int | None]) -> tuple[Refusal, ...]:
    """Every figure that is missing or lies outside its bounds, or contradicts another, each beside its field."""
    out = tuple(
        Refusal(
            "figures.refused.bounds",
            {"name": figure.label, "least": figure.least, "most": figure.most},
            field=figure.code,
            status=422,
        )
        for figure in FIGURES
        if (value := values.get(figure.code)) is None or not figure.least <= value <= figure.most
    )
    return out or _refuse_bands(values)


BANDS = ("pass_from_score", "good_from_score", "excellent_from_score")
"""The results of an inspection from the lowest that has a figure (R28)."""


def _refuse_bands(values: Mapping[str, int | None]) -> tuple[Refusal, ...]:
    """A better result begins at a higher score."""
    names = {figure.code: figure.label for figure in FIGURES}
    return tuple(
        Refusal("figures.refused.bands", {"name": names[better], "lower": names[lower]}, field=better, status=422)
        for lower, better in pairwise(BANDS)
        if (values[lower] or 0) >= (values[better] or 0)
    )
