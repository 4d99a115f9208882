"""Who did it, and was it ready: the newest event of a complaint against roles, limits and papers that the office tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from policies.actions import ACTIONS
from tests.proofs import told_table as told
from tests.proofs.ledger import Ledger, Rows, Story, broken


class Deed:
    """One event with the rows as it left them, and the complaint as it stood before it."""

    def __init__(self, ledger: Ledger, before: Story, rows: Rows, event: Mapping[str, Any]) -> None:
        self.ledger, self.before, self.rows, self.event = ledger, before, rows, event
        self.action = event["action"]
        self.actor = event["actor"]
        self.code = ledger.staff.get(self.actor, "")
        self.roles = set(told.STAFF[self.code]["roles"]) if self.code in told.STAFF else set()
        self.step = told.STEPS[before.severity].get(before.step) if before.severity else None

    @property
    def by_itself(self) -> bool:
        return self.actor is None

    def last(self, *actions: str) -> Mapping[str, Any] | None:
        earlier = [event for event in self.rows.events if event["sequence"] < self.event["sequence"]]
        return next((event for event in reversed(earlier) if event["action"] in actions), None)

    @property
    def handlers(self) -> set[int]:
        """Owners and co-handlers of every order, and who solved it at first contact."""
        found = {
            row["staff_id"] for row in self.rows.of("complaint_person") if row["function"] in ("owner", "co_handler")
        }
        found |= {event["actor"] for event in self.rows.events if event["action"] == "solve_at_first_contact"}
        return found


def permitted(deed: Deed) -> None:
    """R39: the office gave one of the person's roles a permission of this action."""
    rule = ACTIONS.get(deed.action)
    if rule is None:  # what follows of itself from an act or from time, as an extension that lapses
        return
    status = told.status(deed.before.severity, deed.before.step) if deed.before.step else "draft"
    wanted = {permission.value for permission in rule.permissions_in.get(status, rule.permissions)}
    granted = set().union(*(told.GRANTS[role] for role in deed.roles))
    if not wanted & granted:
        broken("R39 nobody acts without a permission", f"{deed.code} did {deed.action}")


def in_person(deed: Deed) -> None:
    if deed.action in told.IN_PERSON and deed.step and deed.step["role"] != "handler":
        allowed = {deed.step["role"], *told.STAND_INS.get(deed.action, ())}
        if not deed.roles & allowed:
            broken("R16 done in person", f"{deed.code} {sorted(deed.roles)} did {deed.action} at {deed.before.step}")


def by_an_approver(deed: Deed) -> None:
    if deed.action not in told.OF_THE_APPROVERS or deed.step is None:
        return
    allowed = told.approvers(deed.before.severity, deed.before.step)
    if allowed and not deed.roles & allowed:
        broken("R19 approved by whom the step names", f"{deed.code} did {deed.action} at {deed.before.step}")


def within_the_limit(deed: Deed) -> None:
    if deed.action != "approve":
        return
    limit = told.limit(deed.before.severity, deed.before.step, deed.roles)
    named = [event["facts"] for event in deed.rows.events if event["action"] in ("submit_plan", "redo")]
    amounts = [Decimal(facts["compensation_amount"]) for facts in named if "compensation_amount" in facts]
    amount = amounts[-1] if amounts else Decimal(0)
    if limit is None or limit < amount:
        broken("R19 the approver's limit reaches the amount", f"{deed.code}: {amount} at {deed.before.step}")


def not_ones_own_plan(deed: Deed) -> None:
    if deed.action in ("approve", "pass_review"):
        plan = deed.last("submit_plan", "redo")
        if plan is not None and plan["actor"] == deed.actor:
            broken("R19 nobody approves a plan of their own", deed.code)


def not_ones_own_finding(deed: Deed) -> None:
    if deed.action == "review_check":
        found = deed.last("find_not_established", "refer_out")
        if found is not None and found["actor"] == deed.actor:
            broken("R4 a finding is reviewed by another", deed.code)


def not_ones_own_handling(deed: Deed) -> None:
    rule = "R22 the dossier is checked by another" if deed.action == "archive" else "R21 called back by another"
    if deed.action in (*told.CALLS, "archive") and deed.actor in deed.handlers:
        broken(rule, f"{deed.code} did {deed.action} and handled it")


def evidence_there(deed: Deed) -> None:
    """R14: what finishes a step finds there, in this round, each type of evidence that it asks for."""
    if deed.event["to_step"] is None or deed.step is None or deed.action in told.UNFINISHED:
        return
    here = {"step": deed.before.step, "round": deed.before.round}

    def at_this(row: Mapping[str, Any]) -> bool:
        return all(row[name] == value for name, value in here.items())

    there = {row["type"] for row in deed.rows.of("evidence") if at_this(row)}
    talks = [row for row in deed.rows.of("communication") if at_this(row)]
    there |= {"communication_record"} if talks else set()
    there |= {"apology_record"} if any(row["kind"] == "apology" for row in talks) else set()
    calls = [row for row in deed.rows.of("call_back") if row["round"] == deed.before.round]
    there |= {"callback_record"} if calls else set()
    missing = set(deed.step["required_evidence"]) - there
    if missing:
        broken(
            "R14 no step is finished without its evidence", f"{deed.action} at {deed.before.step}: {sorted(missing)}"
        )


def measures_done(deed: Deed) -> None:
    if deed.action == "complete_measures":
        standing = [row for row in deed.rows.of("measure") if not row["dropped"]]
        if not standing or any(row["done_at"] is None for row in standing):
            broken("R20 every measure is ticked off", f"{len(standing)} measures")


def tried_often(deed: Deed) -> None:
    if deed.action == "report_unreachable":
        tries = [row for row in deed.rows.of("call_back") if not row["reached"] and row["round"] == deed.before.round]
        if len(tries) < told.SETTINGS["unreachable_attempts"]:
            broken("R21 unreachable means three attempts", f"{len(tries)} attempts")


def papers_there(deed: Deed) -> None:
    """R22: what goes into the archive was acknowledged and talked about, ended in an outcome, and was called back."""
    if deed.action != "archive":
        return
    row, outcome = deed.rows.row, deed.rows.row["outcome"]
    if outcome is None:
        broken("R22 no archiving with a part missing", "no outcome")
    if outcome not in ("withdrawn", "merged") and row["acknowledged_at"] is None:
        broken("R22 no archiving with a part missing", "no acknowledgement")
    if not deed.rows.of("communication"):
        broken("R22 no archiving with a part missing", "no talk")
    if outcome in ("resolved", "closed_unsatisfied") and not any(one["reached"] for one in deed.rows.of("call_back")):
        broken("R22 no archiving with a part missing", "no call-back")


CHECKS: tuple[Callable[[Deed], None], ...] = (
    in_person, by_an_approver, within_the_limit, not_ones_own_plan, not_ones_own_finding, not_ones_own_handling,
    permitted, evidence_there, measures_done, tried_often, papers_there,
)  # fmt: skip


def check(deed: Deed) -> None:
    """Raise when this person should not have been able to do this now. What the system does by itself has no person."""
    for rule in CHECKS:
        if not (deed.by_itself and rule is not evidence_there):
            rule(deed)
