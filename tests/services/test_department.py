"""Departments: a tree that is never cut; who changed what, from what to what."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.complaint import WorkOrder
from backoffice.models.configuration import Category, Channel
from backoffice.models.office import Department, Staff
from backoffice.queries.rulebook import Rulebook
from backoffice.services import department
from backoffice.services.department import DepartmentFacts
from policies.vocabulary import OrderStatus
from tests.support import scenes
from tests.support.offices import AUDITOR, actor_of, changes_of, said, the

NEW = DepartmentFacts("装维中心", "Field service centre", "technical", receives_orders=True)


def facts_of(row):
    return DepartmentFacts(
        row.name_zh,
        row.name_en,
        row.kind,
        row.duty_zh,
        row.duty_en,
        row.parent_id,
        row.head_id,
        row.receives_orders,
    )


def test_a_department_is_added_and_the_log_names_who_and_what(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        before = Rulebook(session).revision
        row = department.create(session, actor, at, "field_service", NEW)
        [line] = changes_of(session, "department")
        assert (line.at, line.actor_id, line.action, line.subject_id) == (at, actor.staff_id, "create", str(row.id))
        assert line.changes["code"] == [None, "field_service"]
        assert line.changes["name_en"] == [None, "Field service centre"]
        assert Rulebook(session).revision == before + 1


def test_a_change_is_logged_with_old_and_new_and_no_change_leaves_no_line(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        row = the(session, Department, "network")
        department.change(session, actor, at, row.id, facts_of(row))
        assert changes_of(session, "department") == []
        old = row.name_en
        department.change(session, actor, at, row.id, replace(facts_of(row), name_en="Network operations"))
        [line] = changes_of(session, "department")
        assert (line.action, line.changes) == ("change", {"name_en": [old, "Network operations"]})


def test_only_who_may_edit_the_configuration_changes_a_department(office_database, at):
    with office_database.writing() as session:
        auditor = actor_of(session, AUDITOR)
        with pytest.raises(DomainError) as error:
            department.create(session, auditor, at, "field_service", NEW)
        assert error.value.status == 403


def test_bad_values_are_refused_beside_their_fields_and_nothing_is_kept(office_database, at):
    bad = DepartmentFacts("", "x" * 121, "circus", "a\x07", "", parent_id=10**6, head_id=10**6)
    with office_database.writing() as session:
        with pytest.raises(DomainError) as error:
            department.create(session, actor_of(session), at, "network", bad)
        assert said(error) == [
            ("code", "code_taken"),
            ("name_zh", "missing"),
            ("name_en", "too_long"),
            ("kind", "unknown"),
            ("duty_zh", "control_sign"),
            ("parent_id", "unknown"),
            ("head_id", "unknown"),
        ]
        assert changes_of(session, "department") == []


def test_a_department_does_not_come_under_its_own_child(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        top = the(session, Department, "network")
        child = department.create(session, actor, at, "masts", replace(NEW, parent_id=top.id))
        with pytest.raises(DomainError) as error:
            department.change(session, actor, at, top.id, replace(facts_of(top), parent_id=child.id))
        assert said(error) == [("parent_id", "own_child")]


def test_a_retired_person_does_not_become_head(office_database, at):
    with office_database.writing() as session:
        person = the(session, Staff, "S014")
        person.retired_at = at
        with pytest.raises(DomainError) as error:
            department.create(session, actor_of(session), at, "masts", replace(NEW, head_id=person.id))
        assert said(error) == [("head_id", "unknown")]


def test_a_department_is_not_retired_while_something_hangs_on_it_and_all_of_it_is_named(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        row = the(session, Department, "front_desk")
        complaint = scenes.complaint(session, "TS20261123-0001", at)
        for number, status in enumerate(OrderStatus):
            order = WorkOrder(
                number=f"GD20261123-{number:04}",
                complaint_id=complaint.id,
                department_id=row.id,
                status=status,
                sent_at=at,
            )
            session.add(order)
        department.create(session, actor, at, "night_desk", replace(NEW, parent_id=row.id))
        with pytest.raises(DomainError) as error:
            department.retire(session, actor, at, row.id, "merged")
        params = {refusal.key.rpartition(".")[2]: refusal.params for refusal in error.value.refusals}
        assert list(params) == [
            "department_has_open_orders",
            "department_has_staff",
            "department_has_departments",
            "department_has_channels",
            "department_has_categories",
        ]
        # sent, appointed, disputed and answered bind a department; the others are over
        assert params["department_has_open_orders"]["count"] == 4
        assert params["department_has_open_orders"]["names"][0] == ("GD20261123-0000", "GD20261123-0000")
        members = session.scalar(sa.select(sa.func.count()).select_from(Staff).where(Staff.department_id == row.id))
        assert params["department_has_staff"]["count"] == members > 1
        assert params["department_has_departments"]["names"] == (("装维中心", "Field service centre"),)
        assert row.retired_at is None


def test_an_empty_department_is_retired_with_a_reason_and_restored(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        row = department.create(session, actor, at, "masts", NEW)
        with pytest.raises(DomainError) as error:
            department.retire(session, actor, at, row.id, " ")
        assert said(error) == [("reason", "missing")]
        department.retire(session, actor, at, row.id, "never opened")
        assert row.retired_at == at
        with pytest.raises(DomainError) as error:
            department.retire(session, actor, at, row.id, "again")
        assert said(error) == [(None, "already_retired")]
        department.restore(session, actor, at, row.id, "opened after all")
        assert row.retired_at is None
        assert [(line.action, line.reason) for line in changes_of(session, "department")] == [
            ("create", ""),
            ("retire", "never opened"),
            ("restore", "opened after all"),
        ]


def test_R10_a_department_that_categories_come_to_goes_on_receiving_orders(office_database, at):
    with office_database.writing() as session:
        row = the(session, Department, "billing")
        with pytest.raises(DomainError) as error:
            department.change(session, actor_of(session), at, row.id, replace(facts_of(row), receives_orders=False))
        assert said(error) == [("receives_orders", "receives_categories")]


def test_what_is_not_there_is_404(office_database, at):
    with office_database.writing() as session, pytest.raises(DomainError) as error:
        department.change(session, actor_of(session), at, 10**6, NEW)
    assert error.value.status == 404


def test_retired_channels_and_categories_do_not_hold_a_department(office_database, at):
    with office_database.writing() as session:
        row = the(session, Department, "hr")
        session.execute(sa.update(Staff).where(Staff.department_id == row.id).values(retired_at=at))
        channel = session.scalars(sa.select(Channel)).first()
        channel.default_department_id, channel.retired_at = row.id, at
        category = session.scalars(sa.select(Category).where(Category.level == 3)).first()
        category.default_department_id, category.retired_at = row.id, at
        session.flush()
        department.retire(session, actor_of(session), at, row.id, "now with general affairs")
        assert row.retired_at == at
