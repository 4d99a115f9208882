"""R33: nothing is left undecided when a month closes, and nobody signs a sheet twice."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from backoffice.keys import Keys
from backoffice.models.appraisal import AppraisalManualLine, AppraisalSheet, StaffPost
from backoffice.models.work import Outbox
from backoffice.services import appraisal_lines, appraisal_lock
from backoffice.services.core import appraisal_notes as notes
from backoffice.services.core import appraisal_proposals
from policies.appraisal_course import SheetAct
from policies.vocabulary_appraisal import LineKind, LineState, SheetStatus, SubjectKind
from tests.services.test_appraisal import propose, refused
from tests.support.appraised import ANALYST, HEAD, MONTH, QUALITY, SENIOR, Month, Told, worked_example

KEYS = Keys.fresh()
A = SheetAct


@pytest.fixture
def told(monkeypatch) -> Told:
    return Told().patch(monkeypatch)


@pytest.fixture
def example(office_database, tmp_path, told) -> Month:
    month = Month(office_database, KEYS, tmp_path, told=told)
    for sheet in worked_example():
        for row in sheet["rows"]:
            told.add_whole(row["indicator"], month.staff(sheet["staff"]), row)
    return month


def line(month: Month, line_id: int) -> AppraisalManualLine:
    with month.database.reading() as session:
        return session.get_one(AppraisalManualLine, line_id)


def correct_september(example: Month, told: Told) -> None:
    """September is locked; then one complaint of S013 turns out to have been late, and October is computed."""
    example.to_lock()
    example.do(QUALITY, appraisal_lock.lock, MONTH)
    rows = told.rows["on_time_rate", SubjectKind.PERSON]
    rows[-1] = (*rows[-1][:5], 0, *rows[-1][6:])
    example.clock.at = datetime(2026, 11, 4, 2, tzinfo=UTC)
    example.month = "2026-10"


# Lines that wait


def test_R33_a_line_that_waits_holds_up_the_publication_and_is_decided_before_it(example):
    example.compute()
    example.all(QUALITY, A.CHECK)
    veto = propose(example, "S013", LineKind.VETO, "veto_abuse")
    assert refused(lambda: example.act(QUALITY, "S013", A.PUBLISH)) == "open_lines"
    example.do(QUALITY, appraisal_lines.decide, veto, approve=True)
    assert (example.sheet("S013").vetoes, example.sheet("S013").status) == (["veto_abuse"], SheetStatus.COMPUTED)


@pytest.mark.parametrize("act", [A.APPROVE, None])
def test_R33_a_line_that_still_waits_after_the_publication_is_refused_before_anybody_signs(example, act):
    example.compute()
    example.publish()
    example.keep_silent()
    if act is None:
        example.approve()
    with example.database.writing() as session:  # as one that was written by an older release
        row = AppraisalManualLine(
            month=MONTH, staff_id=example.staff("S013"), kind=LineKind.VETO, code="veto_abuse", points=0,
            state=LineState.PROPOSED, proposed_by_id=example.staff(ANALYST), proposed_at=example.clock.now(),
            sealed=notes.sealed(KEYS, {"ground": "有录音"}),
        )  # fmt: skip
        session.add(row)
        session.flush()
        late = row.id
    sign = (
        (lambda: example.act(HEAD, "S013", act)) if act else (lambda: example.do(QUALITY, appraisal_lock.lock, MONTH))
    )
    assert refused(sign) == "open_lines"
    assert refused(lambda: example.do(QUALITY, appraisal_lines.decide, late, approve=True)) == "line_closed"
    example.do(QUALITY, appraisal_lines.decide, late, approve=False, ground="已公布，另记入下月")
    sign()


def test_R33_who_proposed_a_line_too_late_can_still_take_it_back(example):
    example.compute()
    early = propose(example, "S013", LineKind.ADJUSTMENT, "commendation_letter")
    with example.database.writing() as session:
        session.execute(sa.update(AppraisalSheet).values(status=SheetStatus.PUBLISHED))
    example.do(ANALYST, appraisal_lines.withdraw, early)
    assert line(example, early).state is LineState.WITHDRAWN


@pytest.mark.parametrize("published", ["S013", "S014"])
def test_R30_R33_what_the_rules_propose_for_a_published_sheet_counts_in_the_next_month(example, monkeypatch, published):
    found = appraisal_proposals.Found(
        "corrective_overdue", "corrective_overdue:1:2026-09-20", example.staff("S013"), {}
    )
    example.compute()
    example.act(QUALITY, published, A.CHECK)
    example.act(QUALITY, published, A.PUBLISH)
    monkeypatch.setattr(appraisal_proposals, "_overdue", lambda work, window: [found])
    example.compute()
    with example.database.reading() as session:
        row = session.scalars(sa.select(AppraisalManualLine)).one()
    assert row.month == ("2026-10" if published == "S013" else MONTH)
    example.do(QUALITY, appraisal_lines.decide, row.id, approve=True)


def test_R33_a_correction_for_a_sheet_that_is_published_counts_in_the_month_after(example, told):
    rows = told.rows["on_time_rate", SubjectKind.PERSON]
    example.to_lock()
    example.do(QUALITY, appraisal_lock.lock, MONTH)
    example.clock.at, example.month = datetime(2026, 11, 4, 2, tzinfo=UTC), "2026-10"
    example.compute()
    example.act(QUALITY, "S013", A.CHECK)
    example.act(QUALITY, "S013", A.PUBLISH)
    rows[-1] = (*rows[-1][:5], 0, *rows[-1][6:])
    example.compute()
    with example.database.reading() as session:
        row = session.scalars(sa.select(AppraisalManualLine)).one()
    assert (row.kind, row.corrects, row.month) == (LineKind.CORRECTION, MONTH, "2026-11")


def test_R33_a_line_for_somebody_without_a_sheet_is_decided_before_the_month_is_locked(example, told):
    correct_september(example, told)
    with example.database.writing() as session:
        session.add(
            StaffPost(
                staff_id=example.staff("S013"), department_id=example.department("network"), roles=["handler"],
                from_day=date(2019, 7, 1), until_day=date(2026, 9, 30),
            )
        )  # fmt: skip
    example.to_lock()
    assert refused(lambda: example.do(QUALITY, appraisal_lock.lock, "2026-10")) == "open_lines"
    with example.database.reading() as session:
        late = session.scalars(sa.select(AppraisalManualLine)).one()
    example.do(QUALITY, appraisal_lines.decide, late.id, approve=True)
    example.do(QUALITY, appraisal_lock.lock, "2026-10")


# Two signatures


def test_R33_who_checked_a_sheet_does_not_approve_it_and_a_senior_manager_is_told(example):
    example.compute()
    example.publish()
    mine = example.sheet("S022")  # an inspector, of the department whose head checks all sheets
    with example.database.reading() as session:
        assert mine.checked_by_id == example.staff(QUALITY)
    example.act("S022", "S022", A.ACKNOWLEDGE)
    assert refused(lambda: example.act(QUALITY, "S022", A.APPROVE)) == "checked_it"
    with example.database.reading() as session:
        told_to = set(session.scalars(sa.select(Outbox.staff_id).where(Outbox.template == "sheet_approve_notice")))
    assert told_to == {example.staff("S001"), example.staff("S002")}
    example.act(SENIOR, "S022", A.APPROVE)
