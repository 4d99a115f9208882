"""R11: who decides a dispute over an order, and by when."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from policies.access import SYSTEM
from policies.disputes import OpenDispute, dispute_moments, refuse_adjudicator
from policies.workflow import Decision, decide
from tests.support.clocks import office_calendar
from tests.support.flow import FIELD, HEAD, IT, MANAGER, NETWORK, NOW, SENIOR, SETTINGS, at_step
from tests.support.told_cases import local, office


def test_R11_the_office_decides_within_four_working_hours():
    assert office("processes")["settings"]["dispute_decision_working_hours"] == 4


# By hand: open 08:30–12:00 and 13:30–18:00; 21 and 22 September are working days.
@pytest.mark.parametrize(
    ("raised", "due", "escalates"),
    [
        ("2026-09-21T09:00", "2026-09-21T14:30", "2026-09-22T09:00"),
        ("2026-09-21T08:00", "2026-09-21T14:00", "2026-09-21T18:00"),
        ("2026-09-21T17:30", "2026-09-22T12:00", "2026-09-22T17:30"),
        ("2026-09-21T20:00", "2026-09-22T14:00", "2026-09-22T18:00"),
    ],
)
def test_R11_the_deadline_and_its_escalation_count_office_time_alone(raised, due, escalates):
    found = dispute_moments(office_calendar(), local(raised), Decimal(4))
    assert (found.due_at, found.escalates_at) == (local(due), local(escalates))


@pytest.mark.parametrize(
    ("raised_by", "between", "who", "reason"),
    [
        (99, (NETWORK, None), MANAGER, None),
        (99, (NETWORK, FIELD), SENIOR, None),
        (MANAGER.staff_id, (NETWORK, None), MANAGER, "raised_it"),
        (99, (MANAGER.department_id, None), MANAGER, "is_party"),
        (99, (NETWORK, MANAGER.department_id), MANAGER, "is_party"),
        (None, (NETWORK, FIELD), SYSTEM, None),
    ],
)
def test_R11_who_raised_it_or_belongs_to_either_department_does_not_decide(raised_by, between, who, reason):
    found = refuse_adjudicator(OpenDispute(raised_by, *between), who)
    assert (found.key if found else None) == (reason and f"disputes.refused.{reason}")


def keys(facts, action, who, **values):
    found = decide(facts, action, values, who, NOW, SETTINGS)
    return [] if isinstance(found, Decision) else [(one.key, one.field) for one in found]


BEFORE = [("dispatch_rules.dispute.decided_before", "claimed_department")]


# A dispute of Network, which named Field, was decided for Network: it has the order by decision.
@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        (None, BEFORE),
        (FIELD, BEFORE),
        (IT, []),
        (NETWORK, [("dispatch_rules.dispute.own_department", "claimed_department")]),
    ],
)
def test_R11_no_second_request_on_the_same_ground(claimed, expected):
    facts = replace(
        at_step("appoint", departments_had=(NETWORK, NETWORK)), dispute_decided=True,
        dispute_grounds=frozenset({FIELD}),
    )  # fmt: skip
    named = {} if claimed is None else {"claimed_department": claimed}
    assert keys(facts, "raise_dispute", HEAD, handover_reason="不属本部门", **named) == expected


def test_R11_the_department_claimed_takes_orders():
    desk = next(iter(at_step("appoint").desks))
    assert keys(at_step("appoint"), "raise_dispute", HEAD, handover_reason="退回", claimed_department=desk) == [
        ("dispatch_rules.department.takes_no_orders", "claimed_department")
    ]
