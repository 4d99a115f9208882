"""What stands in the rows of complaints before and after each act, and what must never be found there.

The ledger reads every table that belongs to complaints, those that are added later included. What it holds them to
comes from ``told_table`` and from the events themselves; a rule that is broken is named.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NoReturn

import sqlalchemy as sa

from backoffice.database import Database
from tests.proofs import told_table as told

LOOKED_AT = frozenset({"access_event"})
"""Who looked: a chain of its own, which a look at an archived case may lengthen."""
GROWS_ARCHIVED = frozenset({"addition", "attachment", "event", "step_entry", "access_event"})
"""What an addition, and a look, write beside an archived case (R22)."""
NUMBERED = frozenset({"revision"})


class Broken(AssertionError):  # noqa: N818 (it is the name of a finding)
    """A rule that does not hold: ``rule`` names it."""

    def __init__(self, rule: str, what: str) -> None:
        super().__init__(f"{rule}: {what}")
        self.rule = rule


def broken(rule: str, what: str) -> NoReturn:
    raise Broken(rule, what)


@dataclass
class Rows:
    """Everything that the database holds of one complaint: table → its rows, oldest first."""

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def of(self, table: str) -> list[dict[str, Any]]:
        return self.tables.get(table, [])

    @property
    def row(self) -> dict[str, Any]:
        return self.tables["complaint"][0]

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(row["body"]) for row in sorted(self.of("event"), key=lambda row: row["sequence"])]

    @property
    def archived(self) -> bool:
        return self.row["status"] == "archived"


Snapshot = dict[int, Rows]


class Ledger:
    """Reads the rows of all complaints of a database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.reading() as session:
            inspector = sa.inspect(session.connection())
            self.keys = {}
            for table in inspector.get_table_names():
                columns = {column["name"] for column in inspector.get_columns(table)}
                if table == "complaint" or "complaint_id" in columns:
                    self.keys[table] = inspector.get_pk_constraint(table)["constrained_columns"]
            staff = session.execute(sa.text("SELECT id, code FROM staff"))
            self.staff = {row.id: row.code for row in staff}
            departments = session.execute(sa.text("SELECT id, code FROM department"))
            self.departments = {row.id: row.code for row in departments}

    def take(self, only: int | None = None) -> Snapshot:
        """All complaints as they stand now, or one of them alone."""
        found: Snapshot = {}
        with self.database.reading() as session:
            for table, keys in self.keys.items():
                owner = "id" if table == "complaint" else "complaint_id"
                which = "" if only is None else f"WHERE {owner} = {int(only)}"
                rows = session.execute(sa.text(f"SELECT * FROM {table} {which} ORDER BY {', '.join(keys)}"))
                for row in rows.mappings():
                    if row[owner] is not None:
                        rows_of = found.setdefault(row[owner], Rows())
                        rows_of.tables.setdefault(table, []).append(dict(row))
        return found


def changed(before: Rows | None, after: Rows | None) -> set[str]:
    """The tables in which a complaint differs."""
    if before is None or after is None:
        return {"complaint"}
    tables = {*before.tables, *after.tables}
    return {table for table in tables if before.of(table) != after.of(table)}


def refused_changes_nothing(before: Snapshot, after: Snapshot) -> None:
    """R40: what was refused left no trace in any row."""
    for complaint in {*before, *after}:
        tables = changed(before.get(complaint), after.get(complaint))
        if tables:
            broken("R40 a refusal writes nothing", f"complaint {complaint}: {sorted(tables)} differ")


def archived_stays(before: Snapshot, after: Snapshot) -> None:
    """R22: of an archived case nothing changes; papers that came later and looks at it stand beside it."""
    for complaint, rows in before.items():
        if not rows.archived:
            continue
        now = after.get(complaint) or broken("R22 an archived case is frozen", f"complaint {complaint} is gone")
        for table in changed(rows, now):
            if table == "chain_head":
                continue
            if table == "complaint":
                differs = {name for name, value in rows.row.items() if now.row[name] != value} - NUMBERED
                if differs:
                    broken("R22 an archived case is frozen", f"complaint {complaint}: {sorted(differs)} changed")
            elif table not in GROWS_ARCHIVED or now.of(table)[: len(rows.of(table))] != rows.of(table):
                broken("R22 an archived case is frozen", f"complaint {complaint}: rows of {table} changed")
        later = [event["action"] for event in now.events[len(rows.events) :]]
        if set(later) - {"add_supplement"}:
            broken("R22 an archived case is frozen", f"complaint {complaint}: {later} after its archiving")


def only_this_one(before: Snapshot, after: Snapshot, complaint: int) -> None:
    """An act on one complaint leaves all others alone; one that it opens is new."""
    for other in before:
        if other != complaint and changed(before[other], after.get(other)):
            broken("R40 an act writes to its own case", f"complaint {other} changed with {complaint}")


def told_by_an_event(before: Rows | None, after: Rows) -> None:
    """R40: no change of a complaint without an event that tells of it."""
    tables = changed(before, after) - LOOKED_AT
    known = len(before.events) if before is not None else 0
    if tables and len(after.events) <= known:
        broken("R40 every change has its event", f"{sorted(tables)} changed without one")


# What the events say against what the rows say


@dataclass
class Story:
    """A complaint as its events tell it, by the office's own processes."""

    severity: str = ""
    step: str = ""
    round: int = 1
    outcome: str | None = None
    ordered: bool = False
    moves: list[tuple[str, str]] = field(default_factory=list)
    """(action, status that it led to)."""

    def hear(self, event: Mapping[str, Any]) -> None:
        action = event["action"]
        if action == "register":
            self.severity, self.step = event["facts"]["severity"], told.FIRST[event["facts"]["severity"]]
            self._came(action, event["to_step"])
        elif action == "bring_closed":
            self.outcome = event["facts"]["outcome"]
            self.step = told.END
            self._came(action, event["to_step"])
        elif event["to_step"] is not None:
            self._move(event)
        elif action == "regrade" and event["facts"]["now"]["severity"] != self.severity:
            broken("R3 a regrading goes on at the like step", "another severity without a move")
        if event["round"] != self.round:
            broken("R21 a round follows each dissatisfaction", f"{action} tells of round {event['round']}")

    def _move(self, event: Mapping[str, Any]) -> None:
        action, step = event["action"], event["from_step"]
        if step != self.step:
            broken("R14 an action leaves the step where it is", f"{action} left {step}, it stood at {self.step}")
        if action in told.REGRADES - {"regrade"}:
            self._regraded(action, step, event)
            return
        way = told.way(self.severity, step, action, ordered=self.ordered)
        if way is None:
            broken("R14 a way of the process", f"{step} has no way out by {action}")
        self._at_the_desk(action, self.severity, event["to_step"])
        self._end(action, way, event)
        if way["to"] == told.NEW_PROCESS:
            self._regraded(action, step, event)
            return
        if event["to_step"] != way["to"]:
            broken("R14 a way of the process", f"{action} leads from {step} to {way['to']}, not {event['to_step']}")
        self.step = event["to_step"]
        self.round += action in told.OPENS_ROUND
        self.ordered = self.ordered or action == "send_order"
        self._came(action, event["to_step"])

    def _regraded(self, action: str, step: str, event: Mapping[str, Any]) -> None:
        new = event["facts"]["now"]["severity"]
        self._at_the_desk(action, new, event["to_step"])
        if told.RAISES.get(action, new) != new:
            broken("R17 raising leads to the severity that it names", f"{action} → {new}")
        expected = told.goes_on(self.severity, step, new, ordered=self.ordered, outcome=self.outcome)
        if expected != event["to_step"]:
            broken("R3 a regrading goes on at the like step", f"{step} → {event['to_step']}")
        self.severity, self.step, self.outcome = new, event["to_step"], None
        self._came(action, event["to_step"])

    def _end(self, action: str, way: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        if action in told.OPENS_AGAIN:
            self.outcome = None
        elif action == "confirm_satisfied" and self.outcome == "first_contact_resolved" and not self.ordered:
            pass
        elif way.get("outcome"):
            self.outcome = way["outcome"]

    def _at_the_desk(self, action: str, severity: str, step: str) -> None:
        if step == told.END or step not in told.STEPS[severity]:
            return
        sends = any(way["action"] == "send_order" for way in told.STEPS[severity][step]["next"])
        if self.ordered and (sends or told.status(severity, step) in told.BEFORE_ORDER):
            broken("R11 nothing goes back", f"{action} led a complaint with an order to {step}")

    def _came(self, action: str, step: str) -> None:
        if step != self.step:
            broken("R14 a way of the process", f"{action} leads to {self.step}, not {step}")
        if action != "send_order":
            self._at_the_desk(action, self.severity, step)
        status = told.status(self.severity, step)
        if action not in told.LEADS_TO[status] | told.RAISED_TO.get(status, frozenset()):
            broken("R14 each status has its events", f"{action} led to {status}")
        self.moves.append((action, status))

    def agrees(self, row: Mapping[str, Any]) -> None:
        """The row stands where its events brought it: nothing else moves a complaint."""
        said = {
            "severity": self.severity, "step": self.step, "round": self.round, "outcome": self.outcome,
            "status": told.status(self.severity, self.step),
            "open": told.status(self.severity, self.step) not in ("closed", "archived"),
        }  # fmt: skip
        rules = {"round": "R21 a round follows each dissatisfaction", "outcome": "R22 the outcome is that of the way",
                 "status": "R14 each status has its steps"}  # fmt: skip
        for name, value in said.items():
            if row[name] != value:
                rule = rules.get(name, "R14 only an event moves a complaint")
                broken(rule, f"{name} is {row[name]}, by its events {value} (at {self.step})")


def story(rows: Rows) -> Story:
    """The complaint by its events; raises where they contradict the processes or the row."""
    sequences = [event["sequence"] for event in rows.events]
    if sequences != list(range(1, len(sequences) + 1)) or rows.of("chain_head")[0]["sequence"] != len(sequences):
        broken("R40 the chain is whole", f"sequences {sequences[-3:]}")
    found = Story()
    for event in rows.events:
        found.hear(event)
    found.agrees(rows.row)
    return found


# Orders and clocks, from the rows alone


def orders_go_forward(rows: Rows, departments: Mapping[int, str]) -> None:
    """R11: sent once, passed on within the cap to a department that never had it, decided once and for all."""
    had: list[int] = []
    decided = False
    orders = rows.of("work_order")
    for place, order in enumerate(orders):
        target = departments[order["department_id"]]
        if target == "dispatch_desk" or not told.DEPARTMENTS[target]["receives_orders"]:
            broken("R11 an order goes to a department that takes orders", target)
        if (order["how"] == "dispatch") is not (place == 0):
            broken("R11 the desk sends once", f"order {place + 1} came by {order['how']}")
        if order["how"] == "transfer" and order["department_id"] in had:
            broken("R11 nothing goes back", f"{target} had the order before")
        if decided and order["how"] != "decision":
            broken("R11 a decision binds", f"{order['how']} after the decision")
        decided = decided or order["how"] == "decision"
        had.append(order["department_id"])
    transfers = sum(1 for order in orders if order["how"] == "transfer")
    if transfers > told.SETTINGS["transfers_before_escalation"] or transfers != rows.row["transfers"]:
        broken("R11 transfers are capped", f"{transfers} transfers")
    current = [order for order in orders if order["status"] not in ("transferred", "cancelled")]
    if len(current) > 1:
        broken("R11 one order binds", f"{len(current)} orders are current")


def clocks_hold(rows: Rows) -> None:
    """R23: of each clock one runs at most, numbered without a gap; what is closed runs only to its archiving."""
    clocks = rows.of("clock")
    running = Counter(clock["code"] for clock in clocks if clock["stopped_at"] is None)
    twice = [code for code, count in running.items() if count > 1]
    if twice:
        broken("R23 one clock of a kind runs", f"{twice}")
    if rows.archived and running:
        broken("R23 nothing runs in the archive", f"{sorted(running)}")
    if rows.row["status"] == "closed" and set(running) - {"archive"}:
        broken("R23 what is closed waits for its archiving alone", f"{sorted(running)}")
    for code in {clock["code"] for clock in clocks}:
        numbers = sorted(clock["occurrence"] for clock in clocks if clock["code"] == code)
        if numbers != list(range(1, len(numbers) + 1)):
            broken("R23 clocks are numbered without a gap", f"{code}: {numbers}")
    for clock in clocks:
        if clock["stopped_at"] is not None and clock["stopped_at"] < clock["started_at"]:
            broken("R23 a clock ends after it began", clock["code"])
        if clock["stopped_at"] is None and clock["met"] is not None:
            broken("R23 a running clock is not judged", clock["code"])


def walk_of(rows: Rows) -> Iterator[str]:
    """What was done to a complaint, for telling what went before a finding."""
    return (event["action"] for event in rows.events)
