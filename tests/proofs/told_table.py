"""What the office's papers say of the flow, as plain data for the proofs: nothing here asks the rules' own code.

The ways, roles, limits and evidence are read raw from the office's processes and organisation. ``LEADS_TO`` is written
down by hand from their statuses and actions: by which events alone a complaint comes to each status.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from backoffice.office import document

PROCESSES: dict[str, dict[str, Any]] = {row["severity"]: row for row in document("processes")["processes"]}
STEPS: dict[str, dict[str, dict[str, Any]]] = {
    severity: {step["code"]: step for step in process["steps"]} for severity, process in PROCESSES.items()
}
FIRST = {severity: process["steps"][0]["code"] for severity, process in PROCESSES.items()}
END, NEW_PROCESS = "end", "new_process"

DEPARTMENTS = {row["code"]: row for row in document("organisation")["departments"]}
STAFF = {row["code"]: row for row in document("organisation")["staff"]}
GRANTS: dict[str, set[str]] = {
    role["code"]: {grant["permission"] for grant in role["grants"] if grant["scope"] != "none"}
    for role in document("organisation")["roles"]
}
SETTINGS = document("processes")["settings"]
RANK = {row["code"]: row["order"] for row in document("processes")["severities"]}

LEADS_TO: dict[str, frozenset[str]] = {
    "registered": frozenset({"register", "regrade"}),
    "checking": frozenset({"start_check", "respond", "find_not_established", "refer_out", "regrade"}),
    "accepted": frozenset({"accept", "set_up_team", "hand_over", "regrade"}),
    "dispatched": frozenset({"send_order", "transfer", "raise_dispute", "decide_dispute", "regrade"}),
    "investigating": frozenset({"appoint", "resume", "contain", "regrade"}),
    "planning": frozenset({"submit_facts", "submit_plan", "return_plan", "regrade"}),
    "awaiting_approval": frozenset({"submit_plan", "pass_review", "coordinate", "redo"}),
    "executing": frozenset({"approve", "complete_measures", "carry_out_again", "regrade"}),
    "awaiting_callback": frozenset({"solve_at_first_contact", "tell_result"}),
    "rework": frozenset({"report_unsatisfied"}),
    "closed": frozenset({
        "merge", "withdraw", "explain", "confirm_satisfied", "report_unreachable", "close_unsatisfied", "finish_review",
    }),
    "archived": frozenset({"archive", "bring_closed"}),
}  # fmt: skip
"""Status → the events by which a complaint comes to it, and by no others."""

RAISES = {"raise_to_major": "major", "raise_to_important": "important"}
RAISED_TO: dict[str, frozenset[str]] = {
    "registered": frozenset({"confirm_regrade"}),
    "checking": frozenset({*RAISES, "confirm_regrade"}),
    "dispatched": frozenset(RAISES),
    "investigating": frozenset({*RAISES, "confirm_regrade"}),
    "planning": frozenset({"raise_to_major"}),
    "awaiting_approval": frozenset(RAISES),
    "executing": frozenset(RAISES),
    "awaiting_callback": frozenset(RAISES),
    "rework": frozenset(RAISES),
}
"""Status → the acts by which a complaint comes to it under another severity, though no way of its step leads there."""
REGRADES = frozenset({"regrade", "confirm_regrade", *RAISES})

BEFORE_ORDER = frozenset({"registered", "accepted"})
"""Statuses in which the desk takes in or sends: nothing that was sent comes back to them (R11)."""
UNFINISHED = frozenset({
    "regrade", "withdraw", "merge", "refer_out", "find_not_established", "transfer", "raise_dispute", "return_plan",
    "report_unsatisfied", "report_unreachable", "close_unsatisfied", "hand_over",
})  # fmt: skip
"""Ways that leave a step as it is; all others finish it, so that its evidence must be there (R14)."""
OPENS_ROUND = frozenset({"report_unsatisfied", "hand_over"})
OPENS_AGAIN = frozenset({"accept", "resume"}) | OPENS_ROUND
IN_PERSON = frozenset({"respond", "set_up_team", "coordinate", "tell_result"})
"""What the person whose step it is does in person, unless the step is the handler's (R16, R17)."""
STAND_INS = {"respond": {"duty_manager"}}
CALLS = frozenset({"confirm_satisfied", "report_unsatisfied", "hand_over", "report_unreachable", "record_attempt"})
OF_THE_APPROVERS = frozenset({"approve", "close_unsatisfied", "review_check"})
"""What only a role of the step's approvals does (R4, R19, R21)."""


def way(severity: str, step: str, action: str, *, ordered: bool) -> dict[str, Any] | None:
    """The way out of a step by this action, as the office's process has it for complaints with or without an order."""
    state = "order_sent" if ordered else "no_order_sent"
    ways = STEPS[severity].get(step, {"next": []})["next"]
    return next((one for one in ways if one["action"] == action and one.get("when", state) == state), None)


def like(severity: str, step: str, new: str) -> str | None:
    """R3: the step of the same code; else one of the same status that is left by one of its actions; else the first."""
    if step in STEPS[new]:
        return step
    here = STEPS[severity][step]
    alike = [code for code, one in STEPS[new].items() if one["status"] == here["status"]]
    actions = {way["action"] for way in here["next"]} - {"regrade"}
    by_action = [code for code in alike if actions & {way["action"] for way in STEPS[new][code]["next"]}]
    return next(iter([*by_action, *alike]), None)


def goes_on(severity: str, step: str, new: str, *, ordered: bool, outcome: str | None) -> str | None:
    """R3, R17: where a complaint goes on under another severity; what is taken back is handled anew."""
    if new == "major" and RANK[new] > RANK[severity] and not ordered:
        return "emergency_response"
    if outcome is not None:
        return "investigate" if ordered else "check"
    return like(severity, step, new)


def status(severity: str, step: str) -> str:
    return "archived" if step == END else str(STEPS[severity][step]["status"])


def limit(severity: str, step: str, roles: set[str]) -> Decimal | None:
    """The highest amount in yuan that somebody with these roles may approve at a step; infinite without a limit."""
    found = [
        Decimal("Infinity") if row["up_to_cny"] is None else Decimal(row["up_to_cny"])
        for row in STEPS[severity][step].get("approvals", [])
        if row["role"] in roles
    ]
    return max(found, default=None)


def approvers(severity: str, step: str) -> set[str]:
    return {row["role"] for row in STEPS[severity][step].get("approvals", [])}
