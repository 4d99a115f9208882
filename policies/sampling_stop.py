"""When a sampling plan may be put into force, stopped, or a draw cancelled (R27), and by whom not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from policies.message import Refusal
from policies.process_version import ProcessVersionFacts, Standing, where
from policies.vocabulary_inspection import DrawState, InspectionStatus


def refuse_own_version(approver: int | None, authors: Collection[int | None]) -> Refusal | None:
    """Who drew up or changed a version of a plan does not approve it; the system (None) is nobody's second person."""
    own = approver is not None and approver in authors
    return Refusal("plans.refused.own_version", status=409) if own else None


def refuse_stop(
    version: ProcessVersionFacts,
    versions: Sequence[ProcessVersionFacts],
    stopped_from: date | None,
    wanted: date | None,
    today: date,
) -> list[Refusal]:
    """A plan is stopped with the version that holds, from today or later, and not while another version is to come."""
    if where(version, versions, today) is not Standing.HOLDS:
        return [Refusal("plans.refused.stop_not_in_force", {"version": version.number}, status=409)]
    if stopped_from is not None and stopped_from <= today:
        return [Refusal("plans.refused.stopped_already", {"day": stopped_from}, status=409)]
    coming = [one for one in versions if where(one, versions, today) is Standing.COMING]
    if coming:
        return [Refusal("plans.refused.stop_with_coming", {"version": coming[0].number}, status=409)]
    if wanted is None:
        return [Refusal("plans.refused.stop_no_day", {}, "stopped_from", 422)]
    if wanted < today:
        return [Refusal("plans.refused.stop_past", {"day": today}, "stopped_from", 422)]
    return []


def refuse_cancelling(state: DrawState, statuses: Collection[tuple[InspectionStatus, int]]) -> Refusal | None:
    """A draw is cancelled while nobody has begun to score what it drew. ``statuses``: how many stand where."""
    if state is DrawState.CANCELLED:
        return Refusal("draws.refused.cancelled_already", status=409)
    untouched = (InspectionStatus.DRAWN, InspectionStatus.CANCELLED)
    begun = sum(count for status, count in statuses if status not in untouched)
    return Refusal("draws.refused.begun", {"n": begun}, status=409) if begun else None
