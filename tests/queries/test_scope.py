"""R39: the access table as SQL says what it says as Python, for every role, permission and kind of complaint."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.models.office import Department, Role
from backoffice.queries.actor import departments_under, load_actor, read_grants, subject_of, subjects_of
from backoffice.queries.scope import reaches, visible, visible_each
from policies.access import Actor, Permission, Scope, may
from policies.vocabulary import CaseFunction
from tests.support import scenes

# The person who asks is S013 of the network department, in whatever role.
NUMBERS = {
    "registered by oneself": "A-1",
    "owned by oneself": "A-2",
    "called back by oneself, nothing of the department": "A-3",
    "of a colleague, order with the department": "A-4",
    "of a colleague, registered by the department": "A-5",
    "order once with the department, now elsewhere": "A-6",
    "foreign": "A-7",
    "nobody's": "A-8",
    "confidential, on the case": "A-9",
    "confidential, of the department": "A-10",
    "confidential, foreign": "A-11",
    "untaken, of the department": "A-12",
    "untaken, foreign": "A-13",
}


@pytest.fixture
def scene(office_database, at):
    with office_database.writing() as session:
        own, colleague, other = "S013", "S014", "S016"
        make = lambda kind, **facts: scenes.complaint(session, NUMBERS[kind], at, **facts)  # noqa: E731
        make("registered by oneself", people=((own, CaseFunction.REGISTERED),), departments=("network",))
        make(
            "owned by oneself",
            people=((own, CaseFunction.OWNER), (other, CaseFunction.REGISTERED)),
            departments=("front_desk", "network"),
        )
        make("called back by oneself, nothing of the department", people=((own, CaseFunction.CALLER_BACK),))
        make(
            "of a colleague, order with the department",
            people=((colleague, CaseFunction.OWNER),),
            departments=("front_desk", "network"),
        )
        make(
            "of a colleague, registered by the department",
            people=((colleague, CaseFunction.REGISTERED),),
            departments=("network",),
        )
        make(
            "order once with the department, now elsewhere",
            people=((other, CaseFunction.OWNER),),
            departments=("network", "technical_support"),
        )
        make("foreign", people=((other, CaseFunction.OWNER),), departments=("technical_support",))
        make("nobody's")
        make(
            "confidential, on the case",
            people=((own, CaseFunction.CO_HANDLER),),
            departments=("network",),
            confidential=True,
        )
        make(
            "confidential, of the department",
            people=((colleague, CaseFunction.OWNER),),
            departments=("network",),
            confidential=True,
        )
        make(
            "confidential, foreign",
            people=((other, CaseFunction.OWNER),),
            departments=("technical_support",),
            confidential=True,
        )
        make("untaken, of the department", departments=("network",), untaken=True)
        make("untaken, foreign", departments=("technical_support",), untaken=True)
    return office_database


def shown(session, actor, permission):
    return set(session.scalars(sa.select(Complaint.number).where(visible(actor, permission))))


def actor_with(session, roles):
    person = scenes.staff(session, "S013")
    return Actor(
        person.id,
        person.code,
        person.department_id,
        departments_under(session, person.department_id),
        frozenset(role.code for role in roles),
        read_grants((grant.permission, grant.scope) for role in roles for grant in role.grants),
    )


def test_R39_the_query_agrees_with_the_rule_for_every_role_permission_and_kind_of_complaint(scene):
    with scene.reading() as session:
        rows = {row.number: row.id for row in session.execute(sa.select(Complaint.number, Complaint.id))}
        subjects = subjects_of(session, rows.values())
        roles = list(session.scalars(sa.select(Role)))
        assert len(roles) == 20
        for role in roles:
            actor = actor_with(session, [role])
            for permission in Permission:
                by_query = shown(session, actor, permission)
                by_rule = {number for number, row in rows.items() if may(actor, permission, subjects[row])}
                assert by_query == by_rule, (role.code, permission)
            each = set(session.scalars(sa.select(Complaint.number).where(visible_each(actor))))
            assert each == shown(session, actor, Permission.COMPLAINT_VIEW), role.code


def test_R39_who_may_take_over_but_not_look_is_shown_nothing(scene):
    with scene.reading() as session:
        one = replace(actor_with(session, []), grants={Permission.COMPLAINT_TAKE: Scope.ALL})
        assert not shown(session, one, Permission.COMPLAINT_VIEW)
        assert not set(session.scalars(sa.select(Complaint.number).where(visible_each(one))))


# By hand, from the meaning of the scopes in the office's organisation: which kinds each scope reaches.
OWN = {"A-1", "A-2", "A-3", "A-9"}
OF_THE_DEPARTMENT = OWN | {"A-4", "A-5", "A-6", "A-10", "A-12"}
EVERYTHING = set(NUMBERS.values())


@pytest.mark.parametrize(
    ("scope", "reached", "in_clear"),
    [
        (Scope.NONE, set(), set()),
        (Scope.OWN, OWN, OWN),
        (Scope.DEPARTMENT, OF_THE_DEPARTMENT, OF_THE_DEPARTMENT - {"A-10"}),
        (Scope.ALL, EVERYTHING, EVERYTHING - {"A-10", "A-11"}),
    ],
)
def test_R39_a_scope_reaches_the_kinds_of_complaints_that_the_office_says(scene, scope, reached, in_clear):
    with scene.reading() as session:
        person = scenes.staff(session, "S013")
        actor = Actor(
            person.id,
            person.code,
            person.department_id,
            departments_under(session, person.department_id),
            grants={Permission.COMPLAINT_VIEW: scope, Permission.CUSTOMER_REVEAL: scope},
        )
        assert shown(session, actor, Permission.COMPLAINT_VIEW) == reached
        assert shown(session, actor, Permission.CUSTOMER_REVEAL) == in_clear


@pytest.mark.parametrize(
    ("taking", "read"),
    [
        (Scope.NONE, OWN),
        (Scope.OWN, OWN),
        (Scope.DEPARTMENT, OWN | {"A-12"}),
        (Scope.ALL, OWN | {"A-12", "A-13"}),
    ],
)
def test_R1_what_nobody_took_yet_is_read_by_those_who_may_take_it(scene, taking, read):
    with scene.reading() as session:
        person = scenes.staff(session, "S013")
        grants = {Permission.COMPLAINT_VIEW: Scope.OWN, Permission.COMPLAINT_TAKE: taking}
        actor = Actor(
            person.id,
            person.code,
            person.department_id,
            departments_under(session, person.department_id),
            grants=grants,
        )
        assert shown(session, actor, Permission.COMPLAINT_VIEW) == read
        closed = session.scalars(sa.select(Complaint).where(Complaint.number == "A-12")).one()
        closed.open = False
        session.flush()
        assert shown(session, actor, Permission.COMPLAINT_VIEW) == read - {"A-12"}


def test_R39_departments_form_a_tree_and_who_heads_a_branch_reaches_what_hangs_on_it(scene):
    with scene.writing() as session:
        network, support = scenes.department(session, "network"), scenes.department(session, "technical_support")
        support.parent_id = network.id
        halls = scenes.department(session, "service_hall")
        halls.parent_id = support.id
    with scene.reading() as session:
        head = load_actor(session, scenes.staff(session, "S012").id)
        assert head.departments == {network.id, support.id, halls.id}
        assert NUMBERS["foreign"] in shown(session, head, Permission.COMPLAINT_VIEW)
        foreign = session.scalars(sa.select(Complaint.id).where(Complaint.number == NUMBERS["foreign"])).one()
        assert reaches(session, head, Permission.COMPLAINT_VIEW, foreign)
        assert not reaches(session, head, Permission.ORDER_SEND, foreign)


def test_R39_a_circle_of_departments_ends(scene):
    with scene.writing() as session:
        network, support = scenes.department(session, "network"), scenes.department(session, "technical_support")
        support.parent_id, network.parent_id = network.id, support.id
    with scene.reading() as session:
        assert departments_under(session, network.id) == {network.id, support.id}


def test_R39_an_actor_comes_with_two_queries(scene):
    asked = []
    sa.event.listen(scene.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    with scene.reading() as session:
        person = scenes.staff(session, "S003")
        asked.clear()
        actor = load_actor(session, person.id)
    assert len([statement for statement in asked if statement.lstrip().upper().startswith(("SELECT", "WITH"))]) == 2
    assert actor.roles == {"complaints_manager", "department_head"}
    assert actor.scope(Permission.DISPUTE_DECIDE) is Scope.ALL
    assert actor.scope(Permission.ORDER_ANSWER) is Scope.DEPARTMENT


def test_R39_retired_people_and_retired_roles_grant_nothing(scene, at):
    with scene.writing() as session:
        person = scenes.staff(session, "S009")  # dispatcher and duty manager
        session.scalars(sa.select(Role).where(Role.code == "dispatcher")).one().retired_at = at
        gone = scenes.staff(session, "S008")
        gone.retired_at = at
    with scene.reading() as session:
        assert load_actor(session, gone.id) is None
        assert load_actor(session, 10**9) is None
        assert load_actor(session, person.id).roles == {"duty_manager"}
        assert load_actor(session, person.id).scope(Permission.COMPLAINT_EDIT) is Scope.NONE


def test_R39_a_person_without_roles_or_department_is_an_actor_who_may_nothing(scene):
    with scene.writing() as session:
        person = scenes.staff(session, "S013")
        person.roles = []
        person.department_id = None
    with scene.reading() as session:
        actor = load_actor(session, person.id)
        assert (actor.roles, dict(actor.grants), actor.departments) == (frozenset(), {}, frozenset())
        assert shown(session, actor, Permission.COMPLAINT_VIEW) == set()


def test_R39_a_complaint_that_is_not_there_has_no_subject(scene):
    with scene.reading() as session:
        assert subject_of(session, 10**9) is None


def test_R39_a_stored_code_that_this_version_does_not_know_grants_nothing():
    assert dict(
        read_grants([("complaint_view", "own"), ("no_such", "all"), ("complaint_edit", "galaxy"), (None, None)])
    ) == {Permission.COMPLAINT_VIEW: Scope.OWN}


def test_R39_the_department_row_is_what_counts_not_where_the_order_is_now(scene):
    with scene.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Department)) == 14
        number = NUMBERS["order once with the department, now elsewhere"]
        head = load_actor(session, scenes.staff(session, "S012").id)
        assert number in shown(session, head, Permission.COMPLAINT_VIEW)
