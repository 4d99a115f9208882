"""What a corrective action of the kind "training or coaching" asks of whom (R30, R34).

An inspection speaks of one person: whoever was inspected is coached. Elsewhere those who help are trained, and where
nobody helps, the owner. How long it takes is nobody's to say beforehand: what is attended for it completes it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from policies.corrective import AFTER_FINDING
from policies.vocabulary_appraisal import EffectKind
from policies.vocabulary_teamwork import CorrectiveStatus
from policies.vocabulary_training import DueSource

POST_REVIEW = "post_review"


@dataclass(frozen=True)
class Asked:
    """A corrective action as this rule sees it; ids of staff. ``inspected``: where an inspection found it, of whom."""

    type: str
    source: str
    status: CorrectiveStatus
    owner: int
    helpers: Collection[int] = ()
    inspected: int | None = None


@dataclass(frozen=True)
class Brought:
    """What it brings: coaching or training, on whose word, for whom."""

    kind: EffectKind
    source: DueSource
    people: tuple[int, ...]


def brought_by(one: Asked) -> Brought | None:
    """What is to be attended, or None where it is no training or brings nothing any more."""
    if one.type != AFTER_FINDING or one.status is CorrectiveStatus.CANCELLED:
        return None
    if one.inspected is not None:
        return Brought(EffectKind.COACHING, DueSource.INSPECTION, (one.inspected,))
    source = DueSource.POST_REVIEW if one.source == POST_REVIEW else DueSource.CORRECTIVE_ACTION
    people = tuple(sorted(set(one.helpers))) or (one.owner,)
    return Brought(EffectKind.TRAINING, source, people)
