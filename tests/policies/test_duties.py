"""Separation of duties: no grant, however wide, lets two duties fall into one hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from policies import duties
from policies.access import Permission, Scope

# processes.yaml, general complaints: who approves up to which amount (yuan); None is no limit
LIMITS = {"department_head": Decimal(500), "complaints_manager": Decimal(5000), "senior_manager": None}


def test_R19_nobody_approves_a_plan_that_he_or_she_wrote():
    assert duties.no_own_plan_approval(12, {13}) is None
    assert duties.no_own_plan_approval(12, {12, 13}).key == "access.duty.no_own_plan_approval"


@pytest.mark.parametrize(
    ("roles", "amount", "refused"),
    [
        ({"department_head"}, "500.00", None),
        ({"department_head"}, "500.01", "access.duty.amount_too_high"),
        ({"department_head", "complaints_manager"}, "5000", None),
        ({"complaints_manager"}, "5000.01", "access.duty.amount_too_high"),
        ({"senior_manager"}, "1000000", None),
        ({"handler"}, "0", "access.duty.not_an_approver"),
    ],
)
def test_R19_the_approvers_roles_must_reach_the_amount(roles, amount, refused):
    refusal = duties.approver_holds_the_amount(roles, LIMITS, Decimal(amount))
    assert (refusal and refusal.key) == refused


def test_R19_a_refused_amount_is_named_with_the_limit():
    refusal = duties.approver_holds_the_amount({"department_head"}, LIMITS, Decimal(900))
    assert refusal.params == {"amount": Decimal(900), "limit": Decimal(500)}


@pytest.mark.parametrize(
    ("approver", "writer", "allowed"),
    [
        ({"department_head"}, {"handler"}, True),
        ({"department_head"}, {"department_head"}, False),
        ({"complaints_manager"}, {"department_head"}, True),
        ({"department_head"}, {"complaints_manager"}, False),
        ({"senior_manager"}, {"complaints_manager"}, True),
        ({"senior_manager"}, {"senior_manager"}, True),
        ({"complaints_manager"}, {"senior_manager"}, False),
    ],
)
def test_R19_the_approver_reaches_further_than_the_writer(approver, writer, allowed):
    assert (duties.approver_outranks_writer(approver, writer, LIMITS) is None) is allowed


@pytest.mark.parametrize(
    ("rule", "collides"),
    [
        (duties.no_own_call_back, {11}),
        (duties.no_own_inspection, {11, 12}),
        (duties.no_own_appeal_decision, {11}),
        (duties.dossier_checked_by_other, {11}),
    ],
)
def test_R21_R22_R27_R29_who_worked_on_it_does_not_judge_it(rule, collides):
    assert rule(11, collides).status == 403
    assert rule(99, collides) is None
    assert rule(None, collides) is None


def test_R30_the_owner_of_a_corrective_action_does_not_verify_it():
    assert duties.no_own_verification(5, 5).status == 403
    assert duties.no_own_verification(5, 6) is None
    assert duties.no_own_verification(None, None) is None


def test_R33_nobody_approves_an_own_sheet_and_heads_are_approved_by_a_senior_manager():
    assert duties.no_own_sheet_approval(5, 5, approver_is_senior=True).key == "access.duty.no_own_sheet_approval"
    assert duties.no_own_sheet_approval(5, 6, subject_is_head=True).key == "access.duty.heads_by_senior_manager"
    assert duties.no_own_sheet_approval(5, 6, subject_is_head=True, approver_is_senior=True) is None
    assert duties.no_own_sheet_approval(5, 6) is None


def test_R4_a_decision_is_reviewed_by_someone_else():
    assert duties.decision_reviewed_by_other(5, 5).status == 403
    assert duties.decision_reviewed_by_other(5, 6) is None


def test_R39_who_manages_users_sees_no_customer_data_in_clear():
    users = {Permission.USER_MANAGE: Scope.ALL}
    assert duties.administrator_sees_masked(users) is None
    for clear in (Permission.CUSTOMER_REVEAL, Permission.ATTACHMENT_OPEN, Permission.DOSSIER_PRINT_FULL):
        assert duties.administrator_sees_masked({clear: Scope.ALL}) is None
        refusal = duties.administrator_sees_masked({**users, clear: Scope.OWN})
        assert refusal.params == {"permissions": (clear,)}


def test_R39_nobody_widens_an_own_permission():
    own = {Permission.USER_MANAGE: Scope.ALL, Permission.COMPLAINT_VIEW: Scope.OWN}
    assert duties.no_widening_of_own_grants(own, {Permission.USER_MANAGE: Scope.ALL}) is None
    refusal = duties.no_widening_of_own_grants(own, {**own, Permission.COMPLAINT_VIEW: Scope.ALL})
    assert refusal.params == {"permissions": (Permission.COMPLAINT_VIEW,)}
