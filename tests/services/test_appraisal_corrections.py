"""R33 (sign_off.locked): what is corrected after a month was locked nets out, however often the records change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from backoffice.keys import Keys
from backoffice.models.appraisal import AppraisalManualLine
from backoffice.services import appraisal_lines, appraisal_lock
from backoffice.services.core.appraisal_notes import opened
from policies.vocabulary_appraisal import LineKind, LineState, SubjectKind
from tests.support.appraised import MONTH, QUALITY, Month, Told, worked_example

KEYS = Keys.fresh()
ON_TIME = ("on_time_rate", SubjectKind.PERSON)
NEXT = {
    "2026-10": datetime(2026, 11, 4, 2, tzinfo=UTC),
    "2026-11": datetime(2026, 12, 3, 2, tzinfo=UTC),
    "2026-12": datetime(2027, 1, 6, 2, tzinfo=UTC),
}


@pytest.fixture
def locked(office_database, tmp_path, monkeypatch) -> Month:
    """The worked example's month, locked with the 41 of 43 in time that it tells of S013."""
    month = Month(office_database, KEYS, tmp_path, told=Told().patch(monkeypatch))
    for sheet in worked_example():
        for row in sheet["rows"]:
            month.told.add_whole(row["indicator"], month.staff(sheet["staff"]), row)
    month.to_lock()
    month.do(QUALITY, appraisal_lock.lock, MONTH)
    return month


def late(month: Month, *places: int) -> None:
    """The records say that these of the complaints were late, the others as they were locked."""
    rows = month.told.rows[ON_TIME]
    kept = getattr(month, "kept", None) or list(rows)
    month.kept = kept
    rows[:] = [(*row[:5], 0, *row[6:]) if place in places else row for place, row in enumerate(kept)]


def compute(month: Month, name: str) -> None:
    month.clock.at, month.month = NEXT[name], name
    month.compute()


def corrections(month: Month, *states: LineState) -> Sequence[AppraisalManualLine]:
    wanted = sa.select(AppraisalManualLine).where(AppraisalManualLine.kind == LineKind.CORRECTION)
    wanted = wanted.where(AppraisalManualLine.state.in_(states or tuple(LineState)))
    with month.database.reading() as session:
        return list(session.scalars(wanted.order_by(AppraisalManualLine.id)))


def decide(month: Month, *, approve: bool = True) -> None:
    (line,) = corrections(month, LineState.PROPOSED)
    month.do(QUALITY, appraisal_lines.decide, line.id, approve=approve, ground="" if approve else "查无实据")


def test_R33_records_that_return_to_what_was_locked_take_the_correction_back(locked):
    late(locked, 42)
    compute(locked, "2026-10")
    decide(locked)
    late(locked)
    compute(locked, "2026-11")
    decide(locked)
    there, back = corrections(locked, LineState.APPROVED)
    assert there.points < 0
    assert (back.month, back.corrects, back.points) == ("2026-11", MONTH, -there.points)
    (line,) = opened(KEYS, back.sealed)["lines"]
    assert (line["indicator"], line["old"][2], line["new"]) == ("on_time_rate", 43, ["41", "43", 43])
    compute(locked, "2026-12")
    assert len(corrections(locked)) == 2


def test_R33_of_records_that_change_to_and_fro_the_last_state_counts_and_nothing_twice(locked):
    states = (("2026-10", (42,)), ("2026-11", (41, 42)), ("2026-12", (42,)))
    for name, places in states:
        late(locked, *places)
        compute(locked, name)
        decide(locked)
    first, second, third = corrections(locked, LineState.APPROVED)
    assert second.points < 0 < third.points
    assert first.points + second.points + third.points == first.points


def test_R33_what_nobody_has_decided_gives_way_to_what_the_records_say_by_now(locked):
    late(locked, 42)
    compute(locked, "2026-10")
    (before,) = corrections(locked, LineState.PROPOSED)
    late(locked, 41, 42)
    compute(locked, "2026-10")
    (after,) = corrections(locked, LineState.PROPOSED)
    assert after.points < before.points < 0
    late(locked)
    compute(locked, "2026-10")
    assert corrections(locked, LineState.PROPOSED) == []
    late(locked, 42)
    compute(locked, "2026-10")
    assert [one.points for one in corrections(locked, LineState.PROPOSED)] == [before.points]


def test_R33_a_correction_left_undecided_goes_on_to_the_month_that_is_computed_next(locked):
    late(locked, 42)
    compute(locked, "2026-10")
    compute(locked, "2026-11")
    assert [(one.month, one.state) for one in corrections(locked)] == [("2026-11", LineState.PROPOSED)]


def test_R33_a_correction_that_was_refused_does_not_come_again_for_the_same_records(locked):
    late(locked, 42)
    compute(locked, "2026-10")
    decide(locked, approve=False)
    compute(locked, "2026-11")
    assert [one.state for one in corrections(locked)] == [LineState.REFUSED]
    late(locked)
    compute(locked, "2026-12")
    assert [one.state for one in corrections(locked)] == [LineState.REFUSED]
