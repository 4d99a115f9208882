"""Versions of the clocks (R23): drawn up, never changed, taken back only before they hold."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.configuration import SlaPolicy
from backoffice.office import document
from backoffice.queries.rulebook import Rulebook
from backoffice.services import sla_policy
from backoffice.services.sla_policy import SlaFacts, overrides_of, targets_of
from policies.sla_version import Target
from tests.support import scenes
from tests.support.offices import AUDITOR, actor_of, changes_of, said

TOMORROW = date(2026, 11, 24)  # the fixture's day is Monday 23 November 2026


def first(session):
    return session.scalars(sa.select(SlaPolicy)).one()


def quicker(policy, day=TOMORROW):
    """The default clocks, but general complaints resolved in four working days."""
    targets = tuple(
        replace(target, amount=4) if target.place == ("resolve", "general", None) else target
        for target in targets_of(policy.definition)
    )
    return SlaFacts(day, targets, overrides_of(policy.definition), "faster than promised so far")


def test_R23_targets_and_special_rows_are_read_and_written_without_loss(office_database):
    told = document("sla")
    with office_database.reading() as session:
        definition = first(session).definition
    again = sla_policy._definition(definition, targets_of(definition), overrides_of(definition))

    def order(row):
        return sorted(map(str, row.items()))

    assert sorted(again["targets"], key=order) == sorted(told["targets"], key=order)
    assert again["overrides"] == told["overrides"]
    assert again["warnings"] == told["warnings"]
    assert again["extension"] == told["extension"]


def test_R23_a_new_version_holds_from_its_date_and_complaints_keep_theirs(office_database, at):
    with office_database.writing() as session:
        old = first(session)
        complaint = scenes.complaint(session, "TS20261123-0001", at)
        new = sla_policy.create_version(session, actor_of(session), at, old.id, quicker(old))
        rules = Rulebook(session)
        assert (new.code, new.version, new.valid_from) == (old.code, 2, TOMORROW)
        assert rules.sla_for(TOMORROW - timedelta(days=1)).id == old.id
        assert rules.sla_for(TOMORROW).id == new.id
        resolve = [row for row in new.definition["targets"] if row["clock"] == "resolve"]
        assert resolve[0] == {"clock": "resolve", "severity": "general", "amount": 4, "unit": "working_day"}
        assert complaint.sla_id == old.id
        assert [row["amount"] for row in old.definition["targets"] if row["clock"] == "resolve"] == [5, 10, 15]


def test_R23_the_log_says_who_made_it_from_what_and_what_it_changes(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        policy = sla_policy.create_version(session, actor, at, first(session).id, quicker(first(session)))
        [line] = changes_of(session, "sla_policy")
        assert (line.actor_id, line.action, line.subject_id) == (actor.staff_id, "create", str(policy.id))
        assert line.reason == "faster than promised so far"
        assert line.changes == {
            "version": [None, 2],
            "base": [None, 1],
            "valid_from": [None, "2026-11-24"],
            "target-resolve-all-general": ["5 working_day", "4 working_day"],
        }


def test_R23_a_target_that_is_left_empty_is_dropped(office_database, at):
    with office_database.writing() as session:
        old = first(session)
        facts = quicker(old)
        targets = tuple(
            replace(target, amount=None) if target.clock == "progress" else target for target in facts.targets
        )
        facts = replace(facts, targets=targets, overrides=())
        new = sla_policy.create_version(session, actor_of(session), at, old.id, facts)
        assert "progress" not in {row["clock"] for row in new.definition["targets"]}
        assert new.definition["overrides"] == []


def test_R23_bad_values_are_refused_beside_their_fields_all_at_once(office_database, at):
    with office_database.writing() as session:
        old = first(session)
        targets = (Target("resolve", "general", 0, "working_day"),)
        overrides = (replace(overrides_of(old.definition)[0], category="astrology"),)
        facts = SlaFacts(date(2026, 11, 22), targets, overrides)
        with pytest.raises(DomainError) as error:
            sla_policy.create_version(session, actor_of(session), at, old.id, facts)
        found = said(error)
        assert ("valid_from", "in_the_past") in found
        assert ("target-resolve-all-general", "out_of_bounds") in found
        assert ("target-acknowledge-all-major", "always_set") in found
        assert ("override-0-category", "unknown") in found
        assert ("reason", "missing") in found
        assert changes_of(session, "sla_policy") == []


def test_R23_the_day_is_the_offices_and_not_the_servers(office_database, at):
    evening = at.replace(hour=17)  # 01:00 of the 24th in Shanghai
    with office_database.writing() as session:
        old = first(session)
        with pytest.raises(DomainError) as error:
            sla_policy.create_version(session, actor_of(session), evening, old.id, quicker(old, date(2026, 11, 23)))
        assert said(error) == [("valid_from", "in_the_past")]


def test_R23_a_version_to_come_is_taken_back_with_a_reason(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        old = first(session)
        new = sla_policy.create_version(session, actor, at, old.id, quicker(old))
        with pytest.raises(DomainError) as error:
            sla_policy.retire_version(session, actor, at, new.id, "")
        assert said(error) == [("reason", "missing")]
        sla_policy.retire_version(session, actor, at, new.id, "the union disagrees")
        assert Rulebook(session).sla_for(TOMORROW).id == old.id
        again = sla_policy.create_version(session, actor, at, old.id, quicker(old))
        assert again.version == 3  # a number is never given twice


def test_R23_a_version_that_holds_or_held_is_never_taken_back(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        old = first(session)
        new = sla_policy.create_version(session, actor, at, old.id, quicker(old))
        for policy, day in ((old, at), (new, at + timedelta(days=1)), (old, at + timedelta(days=1))):
            with pytest.raises(DomainError) as error:
                sla_policy.retire_version(session, actor, day, policy.id, "regretted")
            assert said(error) == [(None, "version_began")]


def test_R23_only_who_may_edit_the_configuration_makes_a_version(office_database, at):
    with office_database.writing() as session:
        with pytest.raises(DomainError) as error:
            sla_policy.create_version(
                session, actor_of(session, AUDITOR), at, first(session).id, quicker(first(session))
            )
        assert error.value.status == 403
