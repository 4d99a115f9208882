"""Drafts of the clocks (R23, R25, R26): changed part by part, checked whole, then in force; of two editors one is told."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.configuration import SlaPolicy
from backoffice.queries.rulebook import Rulebook
from backoffice.services import sla_draft, sla_policy
from backoffice.services.core.sla_definition import ladders_of, targets_of
from backoffice.services.sla_draft import Part
from policies.extension_settings import ApprovalRow, settings_of
from policies.vocabulary import VersionState
from tests.support.offices import actor_of, changes_of, said

DRAFT, CHECKED, EFFECTIVE, RETIRED = VersionState


@pytest.fixture
def session(office_database):
    with office_database.writing() as opened:
        yield opened


@pytest.fixture
def draft(session, at):
    first = session.scalars(sa.select(SlaPolicy)).one()
    return sla_draft.draw_up(session, actor_of(session), at, first.id)


def first(session):
    return session.scalars(sa.select(SlaPolicy).order_by(SlaPolicy.id)).first()


def change(session, at, draft, **part):
    return sla_draft.change(session, actor_of(session), at, draft.id, draft.revision, Part(**part))


def four_days(draft):
    return tuple(
        replace(target, amount=4) if target.place == ("resolve", "general", None) else target
        for target in targets_of(draft.definition)
    )


def test_R23_a_draft_binds_nobody_and_one_in_force_is_never_changed(session, at, draft):
    change(session, at, draft, targets=four_days(draft))
    today = at.date()
    assert (draft.state, draft.version) == (DRAFT, 2)
    assert Rulebook(session).sla_for(today + timedelta(days=900)).version == 1
    with pytest.raises(DomainError) as error:
        change(session, at, first(session), targets=four_days(draft))
    assert said(error) == [(None, "sla_in_force")]


def test_R23_a_draft_comes_into_force_checked_from_its_date(session, at, draft):
    actor, tomorrow = actor_of(session), at.date() + timedelta(days=1)
    change(session, at, draft, targets=four_days(draft))
    with pytest.raises(DomainError) as error:
        sla_draft.put_in_force(session, actor, at, draft.id, draft.revision, tomorrow, "faster")
    assert said(error) == [(None, "sla_not_checked")]
    sla_draft.check(session, actor, at, draft.id, draft.revision)
    with pytest.raises(DomainError) as error:
        sla_draft.put_in_force(session, actor, at, draft.id, draft.revision, at.date() - timedelta(days=1), " ")
    assert said(error) == [("valid_from", "in_the_past"), ("reason", "missing")]
    sla_draft.put_in_force(session, actor, at, draft.id, draft.revision, tomorrow, "faster")
    assert draft.state is EFFECTIVE
    rules = Rulebook(session)
    assert (rules.sla_for(at.date()).version, rules.sla_for(tomorrow).version) == (1, 2)


def test_R23_a_checked_draft_that_is_changed_must_be_checked_again(session, at, draft):
    sla_draft.check(session, actor_of(session), at, draft.id, draft.revision)
    assert draft.state is CHECKED
    change(session, at, draft, targets=four_days(draft))
    assert draft.state is DRAFT


def test_R23_of_two_who_change_a_draft_at_once_the_second_is_told(session, at, draft):
    seen = draft.revision
    sla_draft.change(session, actor_of(session), at, draft.id, seen, Part(targets=four_days(draft)))
    with pytest.raises(DomainError) as error:
        sla_draft.change(session, actor_of(session), at, draft.id, seen, Part(targets=four_days(draft)))
    assert said(error) == [(None, "changed_meanwhile")]
    with pytest.raises(DomainError):
        sla_draft.check(session, actor_of(session), at, draft.id, None)


def test_R26_ladders_are_added_removed_and_set_in_another_order(session, at, draft):
    ladders = copy.deepcopy(ladders_of(draft.definition))
    ladders[2]["steps"] = [{"code": "early", "at": "percent_elapsed", "value": 50, "to": ["archivist"],
                            "message": "warn_owner"}, *ladders[2]["steps"]]  # fmt: skip
    change(session, at, draft, ladders=ladders)
    assert [step["code"] for step in ladders_of(draft.definition)[2]["steps"]] == ["early", "before", "due"]
    line = changes_of(session, "sla_policy")[-1]
    told = "percent_elapsed 80: archivist; deadline 0: archivist, complaints_manager)"
    sides = [f"archive ({told}", f"archive (percent_elapsed 50: archivist; {told}"]
    assert line.changes == {"ladder-archive_only": sides}


def test_R26_a_clock_that_nobody_would_be_warned_of_is_refused(session, at, draft):
    with pytest.raises(DomainError) as error:
        change(session, at, draft, ladders=ladders_of(draft.definition)[:2])
    assert said(error) == [("ladders", "clock_without")]


def test_R25_extension_settings_are_of_the_version(session, at, draft):
    settings = settings_of(draft.definition)
    more = (replace(settings.approvals[0], max_working_days=7), *settings.approvals[1:])
    change(session, at, draft, extension=replace(settings, clocks=("resolve", "answer"), approvals=more))
    assert draft.definition["extension"]["clocks"] == ["resolve", "answer"]
    assert draft.definition["extension"]["approvals"][0]["max_working_days"] == 7
    assert [row["code"] for row in draft.definition["extension"]["reasons"]][:1] == ["force_majeure"]
    assert first(session).definition["extension"]["approvals"][0]["max_working_days"] == 5
    assert changes_of(session, "sla_policy")[-1].changes == {
        "extension-clocks": ["resolve, answer, rework", "resolve, answer"],
        "extension-general": ["complaints_manager 5 × 1", "complaints_manager 7 × 1"],
    }


BAD = [
    (("resolve", "lunch"), {}, [("clocks", "unknown")]),
    (("resolve",), {"role": "nobody"}, [("role-general", "unknown")]),
    (("resolve",), {"role": None}, [("role-general", "missing")]),
    (("resolve",), {"max_working_days": 0}, [("days-general", "out_of_bounds")]),
    (("resolve",), {"max_times": 11}, [("times-general", "out_of_bounds")]),
]


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(("clocks", "wrong", "expected"), BAD)
def test_R25_settings_that_cannot_hold_are_refused_beside_their_field(session, at, draft, clocks, wrong, expected):
    settings = settings_of(draft.definition)
    rows = (replace(settings.approvals[0], **wrong), *settings.approvals[1:])
    with pytest.raises(DomainError) as error:
        change(session, at, draft, extension=replace(settings, clocks=clocks, approvals=rows))
    assert said(error) == expected


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_R25_a_severity_may_have_no_extension_at_all(session, at, draft):
    settings = settings_of(draft.definition)
    rows = (*settings.approvals[:2], ApprovalRow("major", None, None, None))
    change(session, at, draft, extension=replace(settings, approvals=rows))
    assert [row["severity"] for row in draft.definition["extension"]["approvals"]] == ["general", "important"]


def test_R23_saving_a_draft_as_it_is_changes_and_logs_nothing(session, at, draft):
    lines = len(changes_of(session, "sla_policy"))
    whole = {"targets": targets_of(draft.definition), "ladders": ladders_of(draft.definition)}
    change(session, at, draft, **whole, extension=settings_of(draft.definition))
    assert (draft.revision, len(changes_of(session, "sla_policy"))) == (1, lines)


def test_R23_a_draft_is_thrown_away_with_a_reason(session, at, draft):
    sla_policy.retire_version(session, actor_of(session), at, draft.id, "not wanted")
    assert draft.state is RETIRED
    with pytest.raises(DomainError) as error:
        change(session, at, draft, targets=four_days(draft))
    assert said(error) == [(None, "sla_in_force")]
