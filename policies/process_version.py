"""How a version of a process comes into force (R14): drawn up, checked, in force from a date, replaced or taken back.

What is in force is never changed: complaints run by it. A change is a new version.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique

from policies.message import Refusal
from policies.sla_version import Standing as InForce
from policies.sla_version import Version, check_valid_from, standing
from policies.vocabulary import VersionState


@unique
class Standing(StrEnum):
    """Where a version stands on a day, as a reader wants to know it."""

    DRAFT = "draft"
    CHECKED = "checked"
    COMING = "coming"
    HOLDS = "holds"
    PAST = "past"
    RETIRED = "retired"


@dataclass(frozen=True)
class ProcessVersionFacts:
    """A version of one severity's process: its number, how far it has come, and from when (local date) it holds.

    ``running``: how many open complaints run by it.
    """

    number: int
    state: VersionState
    valid_from: date
    running: int = 0


def where(version: ProcessVersionFacts, versions: Iterable[ProcessVersionFacts], today: date) -> Standing:
    """Draft, checked, to come, in force, replaced or retired."""
    if version.state is not VersionState.EFFECTIVE:
        return Standing(version.state.value)
    found = standing(_dated(version), [_dated(one) for one in _effective(versions)], today)
    return {InForce.COMING: Standing.COMING, InForce.HOLDS: Standing.HOLDS}.get(found, Standing.PAST)


def refuse_changing(version: ProcessVersionFacts) -> Refusal | None:
    """Only what is not in force yet may be changed."""
    if version.state.is_open:
        return None
    return Refusal("process.refused.in_force", {"version": version.number})


def refuse_outdated(revision: int, seen: int | None) -> Refusal | None:
    """Of two who change a draft at once the second is told, and what he typed stays before him."""
    return None if seen == revision else Refusal("process.refused.changed_meanwhile")


def refuse_force(
    version: ProcessVersionFacts, versions: Sequence[ProcessVersionFacts], valid_from: date | None, today: date
) -> list[Refusal]:
    """Into force comes what was checked, from today or later, on a day on which no other version begins."""
    if version.state is VersionState.DRAFT:
        return [Refusal("process.refused.not_checked", {"version": version.number})]
    if version.state is not VersionState.CHECKED:
        return [Refusal("process.refused.in_force", {"version": version.number})]
    return check_valid_from(valid_from, [_dated(one) for one in _effective(versions)], today)


def refuse_retiring(
    version: ProcessVersionFacts, versions: Sequence[ProcessVersionFacts], today: date
) -> Refusal | None:
    """A draft is thrown away, what is to come is taken back; of the rest only what was replaced and is run out."""
    stands = where(version, versions, today)
    if stands is Standing.RETIRED:
        return Refusal("reference.refused.already_retired")
    if stands is Standing.HOLDS:
        return Refusal("process.refused.holds", {"version": version.number})
    if stands is Standing.PAST and version.running:
        return Refusal("process.refused.still_running", {"version": version.number, "n": version.running})
    return None


def _effective(versions: Iterable[ProcessVersionFacts]) -> list[ProcessVersionFacts]:
    return [one for one in versions if one.state is VersionState.EFFECTIVE]


def _dated(version: ProcessVersionFacts) -> Version:
    return Version(version.number, version.valid_from)
