"""The category tree (R3, R10): three levels, moved as a whole, retired from below."""

from dataclasses import replace

import pytest

from backoffice.errors import DomainError
from backoffice.models.configuration import Category
from backoffice.models.office import Department
from backoffice.services import category
from backoffice.services.category import CategoryFacts, facts_of
from policies.category_tree import Symptom
from tests.support.offices import actor_of, changes_of, said, the


def test_R3_a_leaf_is_added_under_a_branch_with_its_path(office_database, at):
    with office_database.writing() as session:
        branch, model = the(session, Category, "net_coverage"), the(session, Category, "net_call_drop")
        facts = replace(
            facts_of(model),
            name_zh="电梯内无信号",
            name_en="No signal in lifts",
            symptoms=(Symptom("in_the_lift", "电梯内", "In the lift"),),
        )
        row = category.create(session, actor_of(session), at, "net_lift", facts)
        assert (row.level, row.path) == (3, f"{branch.path}{row.id}/")
        assert row.symptoms == [{"code": "in_the_lift", "name": {"zh": "电梯内", "en": "In the lift"}}]
        assert row.required_elements == model.required_elements
        [line] = changes_of(session, "category")
        assert line.changes["code"] == [None, "net_lift"]


def test_R3_a_trunk_and_a_branch_need_nothing_but_names(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        trunk = category.create(session, actor, at, "safety", CategoryFacts("安全", "Safety"))
        branch = category.create(session, actor, at, "fire", CategoryFacts("消防", "Fire", parent_id=trunk.id))
        assert (trunk.level, branch.level, branch.path) == (1, 2, f"/{trunk.id}/{branch.id}/")


def test_R3_nothing_stands_under_a_leaf(office_database, at):
    with office_database.writing() as session:
        leaf = the(session, Category, "net_call_drop")
        with pytest.raises(DomainError) as error:
            category.create(session, actor_of(session), at, "deeper", replace(facts_of(leaf), parent_id=leaf.id))
        assert said(error) == [("parent_id", "under_a_leaf")]


def test_R10_bad_values_of_a_leaf_are_refused_beside_their_fields(office_database, at):
    with office_database.writing() as session:
        leaf = the(session, Category, "net_call_drop")
        desk = the(session, Department, "dispatch_desk")  # receives no orders
        bad = replace(
            facts_of(leaf),
            name_en="",
            default_department_id=desk.id,
            default_severity="grave",
            route=None,
            required_elements=("customer_number",),
        )
        with pytest.raises(DomainError) as error:
            category.change(session, actor_of(session), at, leaf.id, bad)
        assert said(error) == [
            ("name_en", "missing"),
            ("default_department_id", "receives_no_orders"),
            ("default_severity", "unknown"),
            ("route", "missing"),
            ("required_elements", "base_elements"),
        ]


def test_R3_a_branch_moves_with_its_leaves_but_keeps_its_level(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        branch, trunk = the(session, Category, "net_coverage"), the(session, Category, "product")
        leaf = the(session, Category, "net_call_drop")
        category.change(session, actor, at, branch.id, replace(facts_of(branch), parent_id=trunk.id))
        assert branch.path == f"/{trunk.id}/{branch.id}/"
        assert leaf.path == f"/{trunk.id}/{branch.id}/{leaf.id}/"
        with pytest.raises(DomainError) as error:
            category.change(session, actor, at, branch.id, replace(facts_of(branch), parent_id=None))
        assert said(error) == [("parent_id", "other_level")]


def test_R10_a_branch_cannot_give_up_the_department_its_leaves_live_by(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        trunk = the(session, Category, "network")
        leaf = the(session, Category, "net_call_drop")
        category.change(session, actor, at, leaf.id, replace(facts_of(leaf), default_department_id=None))
        with pytest.raises(DomainError) as error:
            category.change(session, actor, at, trunk.id, replace(facts_of(trunk), default_department_id=None))
        assert said(error) == [("default_department_id", "leaves_need_department")]
        assert error.value.refusals[0].params["names"] == ((leaf.name_zh, leaf.name_en),)


def test_R3_a_branch_is_retired_after_its_leaves_and_restored_before_them(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        branch, leaf = the(session, Category, "net_messaging"), the(session, Category, "net_sms_fail")
        with pytest.raises(DomainError) as error:
            category.retire(session, actor, at, branch.id, "no messages any more")
        assert said(error) == [(None, "category_has_children")]
        from backoffice.queries.usage import categories_under

        for _ in range(categories_under(session, branch.id).count):
            child = next(
                row for row in session.query(Category).filter_by(parent_id=branch.id) if row.retired_at is None
            )
            category.retire(session, actor, at, child.id, "no messages any more")
        category.retire(session, actor, at, branch.id, "no messages any more")
        with pytest.raises(DomainError) as error:
            category.restore(session, actor, at, leaf.id, "messages again")
        assert said(error) == [(None, "parent_retired")]
        category.restore(session, actor, at, branch.id, "messages again")
        category.restore(session, actor, at, leaf.id, "messages again")
        assert (branch.retired_at, leaf.retired_at) == (None, None)


def test_R3_no_category_comes_under_a_retired_one(office_database, at):
    with office_database.writing() as session:
        actor = actor_of(session)
        trunk = category.create(session, actor, at, "safety", CategoryFacts("安全", "Safety"))
        category.retire(session, actor, at, trunk.id, "a mistake")
        with pytest.raises(DomainError) as error:
            category.create(session, actor, at, "fire", CategoryFacts("消防", "Fire", parent_id=trunk.id))
        assert said(error) == [("parent_id", "parent_retired")]
