"""R29, R33: an objection to a sheet is decided by nobody who had a hand in what it contests."""

from __future__ import annotations

import pytest

from backoffice.keys import Keys
from backoffice.services import appraisal_appeal, appraisal_lines
from backoffice.services.appraisal_appeal import Decision
from backoffice.services.core.appraisal_sheets import look_around
from policies.appraisal_course import SheetAct as A
from policies.appraisal_lines import Proposal
from policies.vocabulary_appraisal import LineKind, SheetAppealResult
from tests.services.test_appraisal import refused
from tests.support.appraised import QUALITY, SENIOR, Month, Told, find_sheet
from tests.support.counting import statements_of
from tests.support.inspected_past import InspectedPast

KEYS = Keys.fresh()
WHO, INSPECTOR = "S013", "S022"
DISMISSED = Decision(SheetAppealResult.DISMISSED, "评分与记录相符，维持")


@pytest.fixture
def month(office_database, tmp_path, monkeypatch) -> Month:
    """Ten complaints in time, and two inspections: one by the inspector, one by the quality manager."""
    month = Month(office_database, KEYS, tmp_path, told=Told().patch(monkeypatch))
    with office_database.writing() as session:
        past = InspectedPast(session)
        units = {who: past.inspection(subject=WHO, inspector=who).id for who in (INSPECTOR, QUALITY)}
    month.units = units
    for _ in range(10):
        month.told.add("on_time_rate", month.staff(WHO), 1)
    return month


def inspected_by(month: Month, *people: str) -> None:
    for who in people:
        month.told.add("inspection_score", month.staff(WHO), 70, unit=f"inspection:{month.units[who]}")


def object_to(month: Month, *items: str) -> str:
    month.compute()
    month.act(QUALITY, WHO, A.CHECK)
    month.act(QUALITY, WHO, A.PUBLISH)
    number = month.sheet(WHO).number
    month.do(WHO, appraisal_appeal.submit, number, items, "当时无法联系到客户，已在记录中写明")
    return number


def test_R29_R33_who_scored_a_contested_inspection_does_not_decide(month):
    inspected_by(month, QUALITY)
    number = object_to(month, "inspection_score")
    assert refused(lambda: month.do(QUALITY, appraisal_appeal.decide, number, DISMISSED)) == "decider_had_a_hand"
    month.do(SENIOR, appraisal_appeal.name_decider, number, month.staff(INSPECTOR))
    assert month.do(INSPECTOR, appraisal_appeal.decide, number, DISMISSED).decided_at is not None


def test_R29_R33_who_scored_a_contested_inspection_is_not_named(month):
    inspected_by(month, INSPECTOR)
    number = object_to(month, "inspection_score")
    name = appraisal_appeal.name_decider
    assert refused(lambda: month.do(SENIOR, name, number, month.staff(INSPECTOR))) == "decider_to_name_had_a_hand"
    assert month.do(QUALITY, appraisal_appeal.decide, number, DISMISSED).decided_at is not None


def test_R29_R33_of_other_figures_the_same_person_decides(month):
    inspected_by(month, QUALITY)
    number = object_to(month, "on_time_rate")
    assert month.do(QUALITY, appraisal_appeal.decide, number, DISMISSED).decided_at is not None


def test_R33_who_proposed_a_contested_line_does_not_decide_about_it(month):
    month.compute()
    asked = appraisal_lines.Asked(
        month.month, month.staff(WHO), None, Proposal(LineKind.VETO, "veto_abuse", "录音为证")
    )
    line = month.do(QUALITY, appraisal_lines.propose, asked).id
    month.do(SENIOR, appraisal_lines.decide, line, approve=True)
    number = object_to(month, f"line:{line}")
    assert refused(lambda: month.do(QUALITY, appraisal_appeal.decide, number, DISMISSED)) == "decider_had_a_hand"
    month.do(SENIOR, appraisal_appeal.name_decider, number, month.staff(INSPECTOR))
    month.do(INSPECTOR, appraisal_appeal.decide, number, DISMISSED)


def test_R33_asking_who_had_a_hand_takes_three_statements_at_most(month):
    inspected_by(month, QUALITY, INSPECTOR)
    object_to(month, "inspection_score", "on_time_rate")
    with month.database.reading() as session:
        sheet = find_sheet(session, month.month, WHO)
        look_around(session, [sheet])
        with statements_of(month.database.engine) as sent:
            around = look_around(session, [sheet])
        assert len(sent) <= 11
        assert around.had_a_hand == {sheet.id: {month.staff(QUALITY), month.staff(INSPECTOR)}}
