"""By what scoring, appeals and agreement go (R28, R29): the office's figures of the day, over its documents."""

from __future__ import annotations

from dataclasses import dataclass

from backoffice.queries.rulebook import Rulebook
from policies.card import Scoring, parse_scoring
from policies.figures import INSPECTION, read_figures


@dataclass(frozen=True)
class InspectionFigures:
    """Days are working days; ``agreement_target_percent`` is the least share of equal marks, and
    ``agreement_max_difference`` how many points two scores may lie apart before a calibration meeting follows.
    """

    comment_below_percent: int
    excellent_from_score: int
    good_from_score: int
    pass_from_score: int
    corrective_action_below: int
    agreement_target_percent: int
    agreement_max_difference: int
    appeal_submit_working_days: int
    appeal_decide_working_days: int


def inspection_figures(rules: Rulebook) -> InspectionFigures:
    """The figures as they stand now; what was decided by others before stays as it was."""
    found = read_figures({INSPECTION: rules.setting(INSPECTION)})
    return InspectionFigures(**{name: found[name] for name in InspectionFigures.__dataclass_fields__})


def scoring_rules(rules: Rulebook) -> Scoring:
    """Levels, results and limits of scoring, as they stand now."""

    def load() -> Scoring:
        document = rules.document("scorecards")
        if document is None:
            raise LookupError("the office has no document of scorecards")
        return parse_scoring(document, read_figures({INSPECTION: rules.setting(INSPECTION)}))

    return rules.keep("scoring", load)
