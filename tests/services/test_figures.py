"""The figures of the rules are changed in the console, hold from then on, and every change is on record (R11, R17, R21)."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.configuration import Setting
from backoffice.models.history import ReferenceChange
from backoffice.queries.inspection_rules import InspectionFigures, inspection_figures, scoring_rules
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.facts import flow_settings
from backoffice.services.figures import change_figures, figures
from tests.support.played import RECEIVED, Play
from tests.support.told_cases import office

KEYS = Keys.fresh()


@pytest.fixture
def play(office_database, tmp_path):
    return Play(office_database, KEYS, tmp_path)


def change(play, code="S030", seen=None, **values):
    with play.database.writing() as session:
        now = figures(session)
        return change_figures(session, play.work(session, code).actor, RECEIVED, {**now, **values}, seen)


def refused(play, **more):
    with pytest.raises(DomainError) as error:
        change(play, **more)
    return [(one.key, one.field) for one in error.value.refusals]


def test_the_figures_of_the_default_office_are_those_of_its_documents(play):
    told = office("processes")["settings"]
    with play.database.reading() as session:
        found = figures(session)
    same = sorted(set(told) & set(found))
    assert same == [
        "dispute_decision_working_hours", "first_contact_compensation_cny", "repeat_days", "satisfied_from_score",
        "transfers_before_escalation", "unreachable_attempts", "unreachable_min_gap_hours",
    ]  # fmt: skip
    assert [found[code] for code in same] == [told[code] for code in same]
    assert (found["cluster_complaints"], found["cluster_hours"]) == (10, 24)
    assert found["refuse_dispatch_below"] == office("channels")["completeness"]["refuse_dispatch_below"]


def test_R11_R21_a_changed_figure_holds_for_the_next_decision_and_nothing_else_is_lost(play):
    with play.database.reading() as session:
        before = {row.key: dict(row.value) for row in session.scalars(sa.select(Setting)) if row.key == "completeness"}
    assert change(play, transfers_before_escalation=2, unreachable_attempts=5, refuse_dispatch_below=70)
    with play.database.reading() as session:
        settings = flow_settings(Rulebook(session))
        after = dict(session.get(Setting, "completeness").value)
        line = session.scalars(sa.select(ReferenceChange).order_by(ReferenceChange.id.desc())).first()
    assert (settings.transfers_before_escalation, settings.unreachable_attempts) == (2, 5)
    assert settings.refuse_dispatch_below == 70
    assert {**after, "refuse_dispatch_below": 60} == {**before["completeness"], "refuse_dispatch_below": 60}
    assert line.changes == {
        "transfers_before_escalation": [1, 2], "unreachable_attempts": [3, 5], "refuse_dispatch_below": [60, 70],
    }  # fmt: skip


def test_no_change_leaves_no_line(play):
    assert change(play) is False
    with play.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).where(ReferenceChange.subject == "figures")) == 0


@pytest.mark.parametrize(("code", "value"), [
    ("satisfied_from_score", 6), ("satisfied_from_score", 0), ("unreachable_attempts", None), ("cluster_complaints", 1),
    ("plan_reviewers", 0), ("repeat_days", 367),
])  # fmt: skip
def test_a_figure_out_of_its_bounds_is_refused_beside_its_field(play, code, value):
    assert refused(play, **{code: value}) == [("figures.refused.bounds", code)]


def test_only_who_keeps_the_configuration_changes_a_figure(play):
    with pytest.raises(DomainError) as error:
        change(play, "S003", repeat_days=10)
    assert error.value.refusals[0].status == 403


def test_who_did_not_see_what_another_changed_is_told_and_overwrites_nothing(play):
    with play.database.reading() as session:
        seen = figures(session)
    change(play, repeat_days=60)
    assert refused(play, seen=seen, repeat_days=10) == [("figures.refused.changed_meanwhile", None)]
    with play.database.reading() as session:
        assert figures(session)["repeat_days"] == 60


def test_R28_R29_the_figures_of_inspections_are_those_of_the_scorecards(play):
    told = office("scorecards")
    with play.database.reading() as session:
        found = inspection_figures(Rulebook(session))
    bands = {row["code"]: row["from_score"] for row in told["scoring"]["results"]}
    assert found == InspectionFigures(
        comment_below_percent=told["scoring"]["comment_required_below_percent"],
        excellent_from_score=bands["excellent"],
        good_from_score=bands["good"],
        pass_from_score=bands["pass"],
        corrective_action_below=told["scoring"]["corrective_action_below"],
        agreement_target_percent=told["agreement"]["target_percent"],
        agreement_max_difference=told["agreement"]["max_difference"],
        appeal_submit_working_days=told["appeal"]["submit_working_days"],
        appeal_decide_working_days=told["appeal"]["decide_working_days"],
    )


def test_R28_a_changed_band_holds_for_the_next_score(play):
    assert change(play, good_from_score=90, corrective_action_below=80)
    with play.database.reading() as session:
        scoring = scoring_rules(Rulebook(session))
    assert (scoring.result_of(Decimal(89)).code, scoring.corrective_action_below) == ("pass", 80)


def test_R28_a_better_result_begins_at_a_higher_score(play):
    assert refused(play, good_from_score=95) == [("figures.refused.bands", "excellent_from_score")]
