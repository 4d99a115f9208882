"""R39: the one access table: scopes, several roles, confidential complaints, and the catalogue against the office's own."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
import yaml

from policies import access
from policies.access import (
    CLEAR_DATA,
    SYSTEM,
    Actor,
    CustomerView,
    Permission,
    Scope,
    Subject,
    customer_view,
    may,
    may_any,
    melt,
    refuse_unless,
    roles_holding,
    widened,
)

OFFICE = Path(__file__).parent.parent.parent / "backoffice" / "office"
ORGANISATION = yaml.safe_load((OFFICE / "organisation.yaml").read_text(encoding="utf-8"))
ROLES = {
    role["code"]: {Permission(grant["permission"]): Scope(grant["scope"]) for grant in role["grants"]}
    for role in ORGANISATION["roles"]
}

NETWORK, BILLING = 7, 8
OWN = Subject(people=frozenset({1}), departments=frozenset({BILLING}))
OF_THE_DEPARTMENT = Subject(people=frozenset({2}), departments=frozenset({NETWORK, BILLING}))
FOREIGN = Subject(people=frozenset({2}), departments=frozenset({BILLING}))


def person(*roles, department=NETWORK, staff_id=1):
    return Actor(
        staff_id=staff_id,
        code=f"S{staff_id:03}",
        department_id=department,
        departments=frozenset({department}),
        roles=frozenset(roles),
        grants=melt(ROLES[role] for role in roles),
    )


def test_R39_the_catalogue_in_code_is_the_catalogue_of_the_office():
    assert [
        permission["code"] for permission in ORGANISATION["permissions"] if permission["code"] not in set(Permission)
    ] == []
    assert {permission["code"] for permission in ORGANISATION["permissions"]} == set(Permission)


def test_R39_the_office_has_its_twenty_roles_and_each_grant_is_known():
    assert len(ROLES) == 20
    assert all(ROLES.values())


def test_R39_every_permission_is_documented_with_its_rule():
    source = inspect.getsource(Permission)
    for permission in Permission:
        after = source.split(f'{permission.name} = "{permission}"\n', 1)[1]
        text = re.match(r'\s+"""(.+?)"""', after, re.DOTALL)
        assert text is not None, permission
        assert re.search(r"R\d+", text.group(1)), permission


def test_R39_every_permission_is_held_by_some_role():
    for permission in Permission:
        assert roles_holding(ROLES, [permission]), permission


@pytest.mark.parametrize(
    ("scope", "own", "same_department", "foreign"),
    [
        (Scope.NONE, False, False, False),
        (Scope.OWN, True, False, False),
        (Scope.DEPARTMENT, True, True, False),
        (Scope.ALL, True, True, True),
    ],
)
def test_R39_each_scope_includes_the_narrower_ones(scope, own, same_department, foreign):
    actor = Actor(1, "S001", NETWORK, frozenset({NETWORK}), grants={Permission.COMPLAINT_VIEW: scope})
    assert may(actor, Permission.COMPLAINT_VIEW, OWN) is own
    assert may(actor, Permission.COMPLAINT_VIEW, OF_THE_DEPARTMENT) is same_department
    assert may(actor, Permission.COMPLAINT_VIEW, FOREIGN) is foreign
    assert may(actor, Permission.COMPLAINT_VIEW) is (scope is not Scope.NONE)


# What the office's rules say, written by hand: role, act, own case, same department's, foreign one.
@pytest.mark.parametrize(
    ("role", "permission", "own", "same_department", "foreign"),
    [
        ("intake_clerk", "complaint_view", True, False, False),
        ("intake_clerk", "complaint_take", True, True, False),
        ("intake_clerk", "customer_reveal", True, False, False),
        ("intake_clerk", "complaint_regrade", False, False, False),
        ("intake_clerk", "order_send", False, False, False),
        ("shift_lead", "complaint_view", True, True, False),
        ("shift_lead", "check_approve", True, True, False),
        ("dispatcher", "complaint_view", True, True, True),
        ("dispatcher", "order_send", True, True, True),
        ("dispatcher", "customer_reveal", True, True, False),
        ("dispatcher", "dispute_decide", False, False, False),
        ("handler", "complaint_view", True, False, False),
        ("handler", "investigation_record", True, False, False),
        ("handler", "plan_approve", False, False, False),
        ("handler", "callback_record", False, False, False),
        ("department_head", "order_appoint", True, True, False),
        ("department_head", "dispute_raise", True, True, False),
        ("department_head", "complaint_archive", False, False, False),
        ("callback_clerk", "callback_record", True, True, True),
        ("callback_clerk", "customer_reveal", True, False, False),
        ("complaints_manager", "dispute_decide", True, True, True),
        ("complaints_manager", "complaint_close_unsatisfied", True, True, True),
        ("senior_manager", "plan_approve", True, True, True),
        ("senior_manager", "complaint_edit", False, False, False),
        ("inspector", "complaint_view", True, True, True),
        ("inspector", "customer_reveal", False, False, False),
        ("archivist", "complaint_archive", True, True, True),
        ("archivist", "customer_reveal", False, False, False),
        ("administrator", "complaint_view", False, False, False),
        ("administrator", "customer_reveal", False, False, False),
        ("auditor", "complaint_view", True, True, True),
        ("auditor", "complaint_edit", False, False, False),
        ("hr_clerk", "complaint_view", False, False, False),
    ],
)
def test_R39_a_role_may_what_the_office_says(role, permission, own, same_department, foreign):
    actor = person(role)
    assert may(actor, Permission(permission), OWN) is own
    assert may(actor, Permission(permission), OF_THE_DEPARTMENT) is same_department
    assert may(actor, Permission(permission), FOREIGN) is foreign


def test_R39_of_several_roles_the_widest_scope_counts():
    both = person("intake_clerk", "department_head")
    assert both.scope(Permission.COMPLAINT_VIEW) is Scope.DEPARTMENT
    assert both.scope(Permission.COMPLAINT_CHECK) is Scope.OWN
    assert both.scope(Permission.CUSTOMER_LOOKUP) is Scope.ALL


def test_R39_a_person_without_a_role_may_nothing():
    nobody = person()
    assert not any(may(nobody, permission) for permission in Permission)


def test_R39_a_department_under_the_own_one_counts_as_the_own():
    head = Actor(
        1, "S001", NETWORK, frozenset({NETWORK, BILLING}), grants={Permission.COMPLAINT_VIEW: Scope.DEPARTMENT}
    )
    assert may(head, Permission.COMPLAINT_VIEW, FOREIGN)


def test_R39_a_person_without_a_department_reaches_no_departments_case():
    nowhere = Actor(1, "S001", None, frozenset(), grants={Permission.COMPLAINT_VIEW: Scope.DEPARTMENT})
    assert not may(nowhere, Permission.COMPLAINT_VIEW, OF_THE_DEPARTMENT)
    assert not may(nowhere, Permission.COMPLAINT_VIEW, Subject())
    assert may(nowhere, Permission.COMPLAINT_VIEW, OWN)


def test_R39_on_a_confidential_complaint_only_the_people_on_the_case_see_the_customer():
    confidential = Subject(people=frozenset({2}), departments=frozenset({NETWORK}), confidential=True)
    manager, on_the_case = person("complaints_manager"), person("complaints_manager", staff_id=2)
    for permission in CLEAR_DATA:
        assert may(manager, permission, FOREIGN)
        assert not may(manager, permission, confidential)
        assert may(on_the_case, permission, confidential)
    assert may(manager, Permission.COMPLAINT_VIEW, confidential)
    assert customer_view(manager, confidential) is CustomerView.HIDDEN
    assert customer_view(on_the_case, confidential) is CustomerView.REVEALABLE


def test_R39_who_may_not_reveal_sees_the_customer_masked():
    assert customer_view(person("auditor"), FOREIGN) is CustomerView.MASKED
    assert customer_view(person("complaints_manager"), FOREIGN) is CustomerView.REVEALABLE


def test_R39_a_foreign_record_is_not_there_for_who_may_not_read_it():
    handler = person("handler")
    assert refuse_unless(handler, Permission.ORDER_ANSWER, OWN) is None
    assert refuse_unless(handler, Permission.ORDER_ANSWER, FOREIGN).status == 404
    assert refuse_unless(handler, Permission.ORDER_SEND, FOREIGN).status == 403
    assert refuse_unless(handler, Permission.ORDER_SEND).status == 403


def test_R39_a_record_that_one_may_read_answers_with_the_reason():
    dispatcher = person("dispatcher")
    refusal = refuse_unless(dispatcher, Permission.CUSTOMER_REVEAL, FOREIGN)
    assert (refusal.status, refusal.key) == (403, "access.refused.scope")
    confidential = Subject(people=frozenset({2}), departments=frozenset({NETWORK}), confidential=True)
    refusal = refuse_unless(dispatcher, Permission.CUSTOMER_REVEAL, confidential)
    assert (refusal.status, refusal.key) == (403, "access.refused.confidential")


def test_R39_one_of_several_permissions_may_suffice():
    assert may_any(person("handler"), [Permission.PLAN_WRITE, Permission.ORDER_SEND], OWN)
    assert not may_any(person("handler"), [Permission.PLAN_APPROVE, Permission.ORDER_SEND], OWN)


def test_R39_the_system_acts_on_everything_but_opens_no_customer_data():
    assert may(SYSTEM, Permission.COMPLAINT_CHECK, FOREIGN)
    assert not any(may(SYSTEM, permission, FOREIGN) for permission in CLEAR_DATA)


def test_R39_a_wider_scope_or_a_new_permission_is_a_widening_and_a_narrower_one_is_not():
    view, edit = Permission.COMPLAINT_VIEW, Permission.COMPLAINT_EDIT
    assert widened({view: Scope.OWN}, {view: Scope.ALL}) == (view,)
    assert widened({}, {edit: Scope.OWN}) == (edit,)
    assert widened({view: Scope.ALL, edit: Scope.OWN}, {view: Scope.DEPARTMENT}) == ()


def test_R39_scopes_are_compared_by_width_and_not_as_words():
    assert sorted(Scope, key=lambda scope: scope.width) == [
        Scope.NONE,
        Scope.OWN,
        Scope.DEPARTMENT,
        Scope.ALL,
    ]
    assert (
        access.melt([{Permission.DATA_EXPORT: Scope.ALL}, {Permission.DATA_EXPORT: Scope.OWN}])[Permission.DATA_EXPORT]
        is Scope.ALL
    )
