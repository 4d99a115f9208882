"""R27: who may approve a plan, when one may be stopped, when a draw may be cancelled, and who counts as away."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from policies.process_version import ProcessVersionFacts
from policies.sampling_assignment import Inspector, ToInspect, assign, is_away
from policies.sampling_stop import refuse_cancelling, refuse_own_version, refuse_stop
from policies.vocabulary import VersionState
from policies.vocabulary_inspection import DrawState, InspectionStatus

TODAY = date(2026, 11, 22)
FIRST = ProcessVersionFacts(1, VersionState.EFFECTIVE, date(2026, 1, 1))
DRAFT = ProcessVersionFacts(2, VersionState.DRAFT, TODAY)
COMING = ProcessVersionFacts(2, VersionState.EFFECTIVE, date(2026, 12, 1))


@pytest.mark.parametrize(("approver", "refused"), [(24, True), (23, False), (None, False)])
def test_R27_nobody_approves_a_version_of_their_own(approver, refused):
    assert (refuse_own_version(approver, {24, 30, None}) is not None) is refused


STOPS = {
    "from today": (FIRST, [FIRST], None, TODAY, []),
    "from a later day": (FIRST, [FIRST, DRAFT], None, date(2027, 1, 1), []),
    "with another day than before": (FIRST, [FIRST], date(2027, 1, 1), TODAY, []),
    "from yesterday": (FIRST, [FIRST], None, date(2026, 11, 21), [("stopped_from", "stop_past")]),
    "from no day": (FIRST, [FIRST], None, None, [("stopped_from", "stop_no_day")]),
    "a second time": (FIRST, [FIRST], TODAY, TODAY, [(None, "stopped_already")]),
    "a draft": (DRAFT, [FIRST, DRAFT], None, TODAY, [(None, "stop_not_in_force")]),
    "while another is to come": (FIRST, [FIRST, COMING], None, TODAY, [(None, "stop_with_coming")]),
}


@pytest.mark.parametrize("case", STOPS.values(), ids=STOPS.keys())
def test_R27_the_version_in_force_is_stopped_from_today_or_later(case):
    version, versions, before, wanted, expected = case
    found = refuse_stop(version, versions, before, wanted, TODAY)
    assert [(one.field, one.key.rpartition(".")[2]) for one in found] == expected


S = InspectionStatus


@pytest.mark.parametrize(
    ("state", "statuses", "refused"),
    [
        (DrawState.DRAWN, [(S.DRAWN, 9)], None),
        (DrawState.DRAWN, [(S.DRAWN, 8), (S.CANCELLED, 1)], None),
        (DrawState.FROZEN, [], None),
        (DrawState.DRAWN, [(S.DRAWN, 8), (S.IN_PROGRESS, 1)], "begun"),
        (DrawState.DRAWN, [(S.PUBLISHED, 1)], "begun"),
        (DrawState.CANCELLED, [(S.CANCELLED, 9)], "cancelled_already"),
    ],
)
def test_R27_a_draw_is_cancelled_while_nobody_has_begun(state, statuses, refused):
    found = refuse_cancelling(state, statuses)
    assert (found and found.key.rpartition(".")[2]) == refused


def noon(day):
    return datetime(2026, 10, day, 4, tzinfo=UTC)


WORKING = [noon(day) for day in (12, 13, 14, 15, 16, 19, 20, 21, 22, 23)]  # two weeks from a Monday


@pytest.mark.parametrize(
    ("absences", "away"),
    [
        ([], False),
        ([(noon(12).replace(hour=0), noon(12).replace(hour=10))], False),  # a day off
        ([(noon(12).replace(hour=0), noon(15).replace(hour=10))], False),  # four of ten days
        ([(noon(12).replace(hour=0), noon(16).replace(hour=10))], True),  # a week: half of the time
        ([(noon(12), noon(14)), (noon(21), noon(24))], True),  # two days and three
        ([(noon(1), noon(30))], True),
    ],
)
def test_R27_who_is_away_for_half_of_the_working_days_counts_as_away(absences, away):
    assert is_away(absences, WORKING) is away


def test_R27_who_is_away_gets_only_what_nobody_else_may_inspect():
    he, guo = Inspector(22, "S022", 9, away=True), Inspector(23, "S023", 9, waiting=40)
    free, of_guo = ToInspect(frozenset(), 16, 3), ToInspect(frozenset({23}), 16, 3)
    assert [one.inspector for one in assign([free, free, of_guo], [he, guo])] == [23, 23, 22]
