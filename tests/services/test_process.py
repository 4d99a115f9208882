"""Versions of a process from draft to force and out of it (R14), on both databases."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.configuration import ProcessVersion
from backoffice.models.history import ReferenceChange
from backoffice.office import document
from backoffice.queries.rulebook import Rulebook
from backoffice.services import process as service
from policies.vocabulary import VersionState
from tests.support.offices import AUDITOR, actor_of

TODAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def editor(office_database):
    with office_database.reading() as session:
        return actor_of(session)


def held(session, severity="general"):
    return session.scalars(
        sa.select(ProcessVersion).where(ProcessVersion.severity == severity, ProcessVersion.version == 1)
    ).one()


def draft(database, editor):
    with database.writing() as session:
        row = service.draw_up(session, editor, AT, held(session).id, "要缩短拟方案")
        return row.id, row.revision


def row(database, version_id):
    with database.reading() as session:
        found = session.get(ProcessVersion, version_id)
        session.expunge(found)
        return found


def refused(database, command, *args):
    with pytest.raises(DomainError) as caught, database.writing() as session:
        command(session, *args)
    return [refusal.key for refusal in caught.value.refusals]


def share(database, editor, version_id, revision, step, value):
    with database.writing() as session:
        changed = service.change_step(session, editor, AT, version_id, revision, step, {"clock_share": value})
        return changed.revision


def checked(database, editor, version_id, revision):
    with database.writing() as session:
        found = service.check(session, editor, AT, version_id, revision)
        return found, session.get(ProcessVersion, version_id).revision


def test_R14_from_draft_to_force(office_database, editor):
    version_id, revision = draft(office_database, editor)
    assert (row(office_database, version_id).state, row(office_database, version_id).version) == ("draft", 2)
    revision = share(office_database, editor, version_id, revision, "plan", 15)
    found, revision = checked(office_database, editor, version_id, revision)
    assert [one.key for one in found] == ["process.refused.shares"]
    assert row(office_database, version_id).state is VersionState.DRAFT
    assert refused(office_database, service.put_into_force, editor, AT, version_id, revision, TODAY, "x") == [
        "process.refused.not_checked"
    ]
    revision = share(office_database, editor, version_id, revision, "investigate", 30)
    found, revision = checked(office_database, editor, version_id, revision)
    assert found == ()
    assert row(office_database, version_id).state is VersionState.CHECKED
    with office_database.writing() as session:
        service.put_into_force(session, editor, AT, version_id, revision, TODAY + timedelta(days=8), "自十二月起")
    assert row(office_database, version_id).state is VersionState.EFFECTIVE
    with office_database.reading() as session:
        rules = Rulebook(session)
        assert rules.process_for("general", TODAY).version == 1
        assert rules.process_for("general", TODAY + timedelta(days=7)).version == 1
        assert rules.process_for("general", TODAY + timedelta(days=8)).version == 2
        assert rules.process(version_id).step("plan").clock_share == 15
        log = session.scalars(
            sa.select(ReferenceChange)
            .where(ReferenceChange.subject == service.SUBJECT, ReferenceChange.subject_id == str(version_id))
            .order_by(ReferenceChange.id)
        ).all()
        assert [line.action for line in log] == ["create", "change", "change", "check", "put_into_force"]
        assert log[1].changes == {"plan.clock_share": [20, 15]}
        assert log[3].changes == {"state": ["draft", "checked"]}
        assert log[4].changes["valid_from"] == [None, "2026-12-01"]
        assert log[4].reason == "自十二月起"
        assert {line.actor_id for line in log} == {editor.staff_id}


def test_R14_editing_what_was_checked_makes_it_a_draft_again(office_database, editor):
    version_id, revision = draft(office_database, editor)
    _, revision = checked(office_database, editor, version_id, revision)
    assert row(office_database, version_id).state is VersionState.CHECKED
    revision = share(office_database, editor, version_id, revision, "plan", 21)
    assert row(office_database, version_id).state is VersionState.DRAFT


def test_R14_what_is_in_force_is_never_changed(office_database, editor):
    with office_database.reading() as session:
        current = held(session)
        said = (current.id, current.revision)
    command = service.change_step
    assert refused(office_database, command, editor, AT, *said, "plan", {"clock_share": 1}) == [
        "process.refused.in_force"
    ]
    assert refused(office_database, service.check, editor, AT, *said) == ["process.refused.in_force"]
    assert refused(office_database, service.retire, editor, AT, said[0], "x") == ["process.refused.holds"]


def test_R14_a_draft_is_worked_by_nobody(office_database, editor):
    version_id, _ = draft(office_database, editor)
    with office_database.reading() as session:
        assert Rulebook(session).process_for("general", TODAY + timedelta(days=400)).version == 1
        before = Rulebook(session).process(version_id).step("plan").clock_share
    share(office_database, editor, version_id, row(office_database, version_id).revision, "plan", 11)
    with office_database.reading() as session:
        assert (before, Rulebook(session).process(version_id).step("plan").clock_share) == (20, 11), "nothing stale"


def test_R14_of_two_editors_the_second_is_told(office_database, editor):
    version_id, revision = draft(office_database, editor)
    share(office_database, editor, version_id, revision, "plan", 15)
    said = (version_id, revision, "plan", {"clock_share": 16})
    assert refused(office_database, service.change_step, editor, AT, *said) == ["process.refused.changed_meanwhile"]
    assert row(office_database, version_id).definition["steps"][7]["clock_share"] == 15


def test_R14_steps_come_go_and_move(office_database, editor):
    version_id, revision = draft(office_database, editor)
    with office_database.writing() as session:
        said = {"name": {"zh": "会签", "en": "Countersign"}, "role": "department_head", "status": "planning"}
        _, code = service.add_step(session, editor, AT, version_id, revision, said, "plan")
    with office_database.writing() as session:
        service.move_step(session, editor, AT, version_id, revision + 1, code, 1)
    with office_database.writing() as session:
        _, dropped = service.drop_step(session, editor, AT, version_id, revision + 2, "dispute")
    codes = [step["code"] for step in row(office_database, version_id).definition["steps"]]
    assert dropped == 1
    assert "dispute" not in codes
    assert codes[codes.index("approve") + 1] == code == "countersign"
    assert refused(office_database, service.drop_step, editor, AT, version_id, revision + 3, "nowhere") == [
        "access.refused.unknown"
    ]


def test_R39_a_step_nobody_may_do_any_more_stops_the_version_at_the_gate(office_database, editor):
    from backoffice.models.office import Role, RoleGrant

    version_id, revision = draft(office_database, editor)
    _, revision = checked(office_database, editor, version_id, revision)
    with office_database.writing() as session:
        desk = session.scalars(sa.select(Role.id).where(Role.code == "dispatcher")).one()
        session.execute(sa.delete(RoleGrant).where(RoleGrant.role_id == desk, RoleGrant.permission == "order_send"))
    said = (version_id, revision, TODAY, "x")
    assert "process.refused.role_may_not" in refused(office_database, service.put_into_force, editor, AT, *said)


def test_R14_a_version_from_a_file_takes_the_office_s_code_and_number(office_database, editor):
    definition = copy.deepcopy(next(one for one in document("processes")["processes"] if one["severity"] == "major"))
    definition |= {"code": "something_else", "version": 77}
    with office_database.writing() as session:
        made = service.draw_up_from(session, editor, AT, definition, "总公司下发")
        assert (made.code, made.version, made.state) == ("process_major", 2, VersionState.DRAFT)
        assert service.faults(session, made, TODAY) == ()
    assert refused(office_database, service.draw_up_from, editor, AT, {"code": "x", "severity": "major"}, "x") == [
        "process.refused.form"
    ]


def test_R14_drafts_are_thrown_away_and_what_is_to_come_is_taken_back(office_database, editor):
    version_id, revision = draft(office_database, editor)
    _, revision = checked(office_database, editor, version_id, revision)
    with office_database.writing() as session:
        service.put_into_force(session, editor, AT, version_id, revision, date(2027, 1, 1), "新年起")
    assert refused(office_database, service.retire, editor, AT, version_id, "") == ["reference.refused.missing"]
    with office_database.writing() as session:
        service.retire(session, editor, AT, version_id, "推迟")
    assert row(office_database, version_id).state is VersionState.RETIRED
    with office_database.reading() as session:
        assert Rulebook(session).process_for("general", date(2027, 6, 1)).version == 1


def test_R39_nobody_edits_without_the_permission(office_database, editor):
    version_id, revision = draft(office_database, editor)
    with office_database.reading() as session:
        auditor = actor_of(session, AUDITOR)
    found = refused(office_database, service.check, auditor, AT, version_id, revision)
    assert [key.split(".")[0] for key in found] == ["access"]
