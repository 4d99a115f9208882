"""R30, R34: a corrective action of the kind "training or coaching" says who has to attend what."""

from __future__ import annotations

import pytest

from policies.training_corrective import Asked, brought_by
from policies.vocabulary_appraisal import EffectKind
from policies.vocabulary_teamwork import CorrectiveStatus
from policies.vocabulary_training import DueSource

OWNER, HELPER, OTHER, INSPECTED = 3, 7, 5, 9
TRAINING, ASSIGNED = "training", CorrectiveStatus.ASSIGNED


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (Asked(TRAINING, "inspection", ASSIGNED, OWNER, (HELPER,), INSPECTED), ("coaching", "inspection", (INSPECTED,))),
        (Asked(TRAINING, "appeal", ASSIGNED, OWNER, (), INSPECTED), ("coaching", "inspection", (INSPECTED,))),
        (Asked(TRAINING, "post_review", ASSIGNED, OWNER), ("training", "post_review", (OWNER,))),
        (Asked(TRAINING, "complaint", ASSIGNED, OWNER), ("training", "corrective_action", (OWNER,))),
        (Asked(TRAINING, "drill", ASSIGNED, OWNER, (HELPER, OTHER)), ("training", "corrective_action", (OTHER, HELPER))),
        (Asked("rule_change", "post_review", ASSIGNED, OWNER), None),
        (Asked(TRAINING, "inspection", CorrectiveStatus.CANCELLED, OWNER, (), INSPECTED), None),
    ],
    ids=[
        "who was inspected is coached, whoever helps",
        "what an appeal raised is of the inspected too",
        "a post-review trains the owner",
        "so does a complaint",
        "where somebody helps, the helpers are trained",
        "other kinds train nobody",
        "what is called off trains nobody",
    ],
)  # fmt: skip
def test_R34_who_is_trained_by_a_corrective_action(one, expected):
    found = brought_by(one)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert (found.kind, found.source, found.people) == (
            EffectKind(expected[0]),
            DueSource(expected[1]),
            expected[2],
        )
