"""The appeal against an inspection (R29): who may object, to what, until when; who decides, and what they may decide.

An inspection takes one appeal in all, since its score counts for everybody in it and the decision is final: two appeals
could end in two final scores. It may be lodged by the inspected and by whoever else a mark below the full one counts
for; these object to their own marks only. Pure: plain values in, refusals out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

from policies.access import Actor, Permission, may
from policies.completeness import holds_something
from policies.deadline import is_met
from policies.duties import no_own_appeal_decision, no_own_inspection
from policies.inspection_reach import sees_persons
from policies.message import Refusal
from policies.vocabulary_inspection import AppealResult, InspectionStatus

FULL = Decimal(100)
MOST_FILES = 5


@dataclass(frozen=True)
class Standing:
    """A mark as it stands: its percent (None: the item does not apply), and whose indicator it counts for."""

    percent: Decimal | None
    staff_id: int | None = None

    @property
    def is_contestable(self) -> bool:
        """Whether there is more to be had than this: what is met in full leaves nothing to object to."""
        return self.percent is None or self.percent < FULL

    @property
    def touches(self) -> bool:
        """Whether it takes something from the person it counts for."""
        return self.percent is not None and self.percent < FULL


@dataclass(frozen=True)
class Inspected:
    """What the rules of an appeal ask of an inspection; people by their staff ids.

    ``second_scorers``: inspectors who score the same record independently. ``workers``: whoever has or had a function
    on the complaint. ``appeal_until``: aware UTC; ``is_second``: it is such a second scoring itself, which counts for
    nobody. ``department_id``: the department that it counts for.
    """

    status: InspectionStatus
    subject_id: int | None
    inspector_id: int | None
    appeal_until: datetime | None = None
    marks: Mapping[str, Standing] = field(default_factory=lambda: MappingProxyType({}))
    second_scorers: frozenset[int] = frozenset()
    workers: frozenset[int] = frozenset()
    department_id: int | None = None
    appellant_id: int | None = None
    is_second: bool = False

    @property
    def inspected(self) -> frozenset[int]:
        """The inspected, and whoever a mark below the full one counts for."""
        people = {self.subject_id, *(mark.staff_id for mark in self.marks.values() if mark.touches)}
        return frozenset(one for one in people if one is not None)

    def contestable(self, staff_id: int | None) -> tuple[str, ...]:
        """The items to which this person may object: the inspected to all that is not met, others to their own."""
        whole = staff_id is not None and staff_id == self.subject_id
        return tuple(
            item
            for item, mark in self.marks.items()
            if mark.is_contestable and (whole or (staff_id is not None and mark.staff_id == staff_id and mark.touches))
        )


# Who reads results at all


def reads_department(actor: Actor) -> bool:
    """Whether somebody reads the published results of a department or of the office; a result names persons (R39)."""
    return sees_persons(actor)


def reads_inspections(actor: Actor) -> bool:
    """Whose menu has a line for published results: who may be inspected, and who reads those of a department."""
    return may(actor, Permission.APPEAL_SUBMIT) or reads_department(actor)


# Who may object, and until when


def refuse_appellant(one: Inspected, staff_id: int | None, at: datetime) -> Refusal | None:
    """R29: the inspected, after publication, within the period, once. None where an appeal may be lodged now."""
    if not one.status.is_published:
        return Refusal("appeals.refused.not_published", status=409)
    if staff_id is None or staff_id not in one.inspected:
        return Refusal("appeals.refused.not_inspected", status=403)
    if one.is_second:
        return Refusal("appeals.refused.second_scoring", status=409)
    if one.appellant_id is not None:
        mine = one.appellant_id == staff_id
        return Refusal("appeals.refused.once" if mine else "appeals.refused.once_by_other", status=409)
    if one.appeal_until is None or not is_met(one.appeal_until, at) or one.status is InspectionStatus.FINAL:
        return _late(one.appeal_until)
    if not one.contestable(staff_id):
        return Refusal("appeals.refused.nothing_to_contest", status=409)
    return None


def _late(until: datetime | None) -> Refusal:
    if until is None:
        return Refusal("appeals.refused.late_unknown", status=409)
    return Refusal("appeals.refused.late", {"until": until}, status=409)


def refuse_appeal(one: Inspected, staff_id: int | None, items: Collection[str], reasons: str) -> tuple[Refusal, ...]:
    """R29: what is contested is named, and why; every gap at once, each beside its field."""
    found = []
    allowed = one.contestable(staff_id)
    if not items:
        found.append(Refusal("appeals.refused.items", field="items", status=422))
    elif any(item not in allowed for item in items):
        found.append(Refusal("appeals.refused.foreign_item", field="items", status=422))
    if not holds_something(reasons):
        found.append(Refusal("appeals.refused.reasons", field="reasons", status=422))
    return tuple(found)


# Who decides


def refuse_decider(one: Inspected, staff_id: int | None) -> Refusal | None:
    """R29, R27: never the inspector, the appellant, the inspected, or somebody who worked on the complaint."""
    if staff_id is None:
        return Refusal("appeals.refused.nobody_decides", status=403)
    if (refusal := no_own_appeal_decision(staff_id, _ids(one.inspector_id))) is not None:
        return refusal
    if staff_id in one.inspected | _ids(one.appellant_id):
        return Refusal("appeals.refused.own_score", status=403)
    return no_own_inspection(staff_id, one.workers)


def refuse_while_others(one: Inspected, staff_id: int, department_id: int | None) -> Refusal | None:
    """Reasons to leave it to somebody else as long as there is somebody: scored the record too, same department."""
    if staff_id in one.second_scorers:
        return Refusal("appeals.refused.second_scorer", status=403)
    if department_id is not None and department_id == one.department_id:
        return Refusal("appeals.refused.same_department", status=403)
    return None


def may_decide(one: Inspected, holders: Mapping[int, int | None]) -> tuple[int, ...]:
    """Of those who hold the permission (staff id → department), whoever may decide this appeal, in order of their ids.

    Who scored the record a second time, or belongs to the inspected department, decides only where nobody else can:
    an appeal must not wait for ever because the office is small.
    """
    able = [one_id for one_id in sorted(holders) if refuse_decider(one, one_id) is None]
    free = [one_id for one_id in able if refuse_while_others(one, one_id, holders[one_id]) is None]
    return tuple(free or able)


def refuse_to_decide(one: Inspected, staff_id: int | None, holders: Mapping[int, int | None]) -> Refusal | None:
    """Why this person may not decide this appeal, or None."""
    refusal = refuse_decider(one, staff_id)
    if refusal is not None or staff_id is None:
        return refusal
    if staff_id in may_decide(one, holders):
        return None
    return refuse_while_others(one, staff_id, holders.get(staff_id)) or Refusal(
        "access.refused.permission", {"permission": "appeal_decide"}, status=403
    )


def next_decider(able: Iterable[int], waiting: Mapping[int, int], last: Mapping[int, datetime]) -> int | None:
    """Whose turn it is: fewest appeals waiting, then whoever got one longest ago, then by id; None where nobody can.

    ``waiting``: staff id → appeals not decided yet; ``last``: staff id → when the newest was given (aware UTC).
    """
    return min(able, key=lambda one: (waiting.get(one, 0), one in last, last.get(one), one), default=None)


# What a decision may say


@dataclass(frozen=True)
class Remark:
    """What becomes of one contested mark: as it was, and as it shall be (None: the item does not apply)."""

    old: Decimal | None
    new: Decimal | None

    @property
    def is_changed(self) -> bool:
        return self.old != self.new

    @property
    def is_worse(self) -> bool:
        """An appeal never makes a mark worse, so that nobody keeps silent for fear of it."""
        return self.is_changed and self.new is not None and self.new < (FULL if self.old is None else self.old)

    @property
    def is_full(self) -> bool:
        """Nothing is left to be had: met in full, or left out."""
        return self.new is None or self.new == FULL


def fitting_results(changes: Iterable[Remark]) -> tuple[AppealResult, ...]:
    """The outcomes that agree with what the marks do (R29), the likeliest first.

    Nothing changed: dismissed. All changed: upheld; or partly, where one of them still is not the full mark, as the
    decider states. Some changed: partly.
    """
    all_of_them = tuple(changes)
    changed = [one for one in all_of_them if one.is_changed]
    if not changed:
        return (AppealResult.DISMISSED,)
    if len(changed) < len(all_of_them):
        return (AppealResult.PARTLY_UPHELD,)
    if all(one.is_full for one in all_of_them):
        return (AppealResult.UPHELD,)
    return (AppealResult.UPHELD, AppealResult.PARTLY_UPHELD)


def refuse_decision(
    result: AppealResult | None, ground: str, changes: Mapping[str, Remark], contested: Collection[str]
) -> tuple[Refusal, ...]:
    """R29: an outcome that agrees with the marks, a written ground, only contested marks, none of them worse."""
    found = []
    if set(changes) != set(contested):
        found.append(Refusal("appeals.refused.not_contested", field="marks", status=422))
    if any(one.is_worse for one in changes.values()):
        found.append(Refusal("appeals.refused.worse", field="marks", status=422))
    if result is None:
        found.append(Refusal("appeals.refused.result", field="result", status=422))
    elif result not in fitting_results(changes.values()):
        found.append(Refusal(f"appeals.refused.result_{result.value}", field="result", status=422))
    if not holds_something(ground):
        found.append(Refusal("appeals.refused.ground", field="ground", status=422))
    return tuple(found)


def refuse_lower_score(old: Decimal, new: Decimal) -> Refusal | None:
    """Leaving out an item can lower the whole although no mark got worse; an appeal does not do that either."""
    if new >= old:
        return None
    return Refusal("appeals.refused.lower_score", {"old": old, "new": new}, field="marks", status=422)


# What follows in the appraisal


def period_of(day: date) -> str:
    """The month of a local day, as appraisal periods are written: ``2026-10``."""
    return f"{day.year:04d}-{day.month:02d}"


def correction_period(locked: Collection[str], final_on: date) -> str:
    """R29, R33: the period whose sheets follow a changed score that became final on a local day.

    Its own month while that is open; figures of a locked sheet never move, so that then it is a visible correction in
    the next month that is not locked.
    """
    year, month = final_on.year, final_on.month
    while period_of(date(year, month, 1)) in locked:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return period_of(date(year, month, 1))


def _ids(*ids: int | None) -> frozenset[int]:
    return frozenset(one for one in ids if one is not None)
