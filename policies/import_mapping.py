"""From what a person says of the columns of a table to a mapping as its files hold it (R1, R9), and why not yet.

Several columns may make one text; whatever else is said once. Channel and category come from a column, else from what
is chosen for all rows; a value of a column that stands for nothing refuses its row, or takes what is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from policies.message import Message, Refusal

TEXTS = (
    "what", "customer_name", "contact_phone", "address", "email", "summary", "who", "where", "why", "demand", "product",
    "product_symptom",
)  # fmt: skip
TIMES = ("received_at", "occurred_at", "due_at", "closed_at")
VALUED = ("channel", "category", "severity", "urgency", "impact", "state", "on_time")
PLAIN = ("key", "external_number", "reserved", "closing_note")
TARGETS = ("received_at", *TEXTS, *TIMES[1:], *VALUED, *PLAIN)
CHOSEN = ("channel", "category")
ONCE = "email"
"""A text of one column only: mail goes to one address."""
ORDERS = ("day_first", "month_first")
LONGEST_NAME = 57
"""With ``office:`` before it the source of a complaint, of 64 characters."""
JOIN = " / "


@dataclass(frozen=True)
class Draft:
    """What was said so far: column → what it is; of valued ones text → code; what is chosen for all (or the rest)."""

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)

    def column(self, target: str) -> str | None:
        """The first column that is this."""
        return next((column for column, one in self.columns.items() if one == target), None)

    def valued(self) -> list[tuple[str, str]]:
        """The columns whose values stand for codes: what each is, and its name."""
        return [(target, column) for target in VALUED if (column := self.column(target)) is not None]


def check_draft(draft: Draft) -> tuple[Refusal, ...]:
    """What is missing before anything can be tried, each with what to do."""
    refusals = [
        Refusal("importing.refused.missing", {"target": _target(target)}, "columns", 422)
        for target in ("received_at", "what")
        if draft.column(target) is None
    ]
    refusals += [
        Refusal("importing.refused.choose", {"target": _target(target)}, target, 422)
        for target in CHOSEN
        if draft.column(target) is None and not draft.chosen.get(target)
    ]
    said = [target for target in draft.columns.values() if target not in TEXTS or target == ONCE]
    refusals += [
        Refusal("importing.refused.twice", {"target": _target(target)}, "columns", 422)
        for target in dict.fromkeys(one for one in said if said.count(one) > 1)
    ]
    return tuple(refusals)


def definition_of(draft: Draft, name: str, zone: str) -> dict[str, Any]:
    """The mapping as its file would hold it; the draft has passed ``check_draft``.

    Without a name it is of this one table: its rows are known by their place, since nobody says whose keys these are.
    """
    valued = {target for target, _column in draft.valued()}
    made: dict[str, list[str]] = {}
    for column, target in draft.columns.items():
        if target in TEXTS:
            made.setdefault(target, []).append(column)
    single = {
        target: column for column, target in draft.columns.items() if target not in TEXTS and (name or target != "key")
    }
    return {
        "code": "office",
        "name": {"zh": name, "en": name},
        "source": f"office:{name}"[:64],
        "time_zone": zone,
        "ambiguous_dates": draft.chosen.get("dates") or ORDERS[0],
        "columns": single,
        "texts": {target: {"columns": columns, "join": JOIN} for target, columns in made.items()},
        "fixed": {name: code for name in CHOSEN if name not in valued and (code := draft.chosen.get(name))},
        "otherwise": {name: code for name in CHOSEN if name in valued and (code := draft.chosen.get(name))},
        "values": {target: _by_code(texts) for target, texts in draft.values.items() if target in valued},
    }


def draft_of(definition: Mapping[str, Any], header: Sequence[str]) -> Draft:
    """What a kept mapping says of a table with these columns; columns that it lacks are left out."""
    columns = {column: target for target, column in definition["columns"].items() if column in header}
    for target, rule in definition["texts"].items():
        columns |= {column: target for column in rule["columns"] if column in header}
    chosen = {**definition.get("fixed", {}), **definition.get("otherwise", {})}
    values = {
        target: {text: code for code, texts in codes.items() for text in texts}
        for target, codes in definition.get("values", {}).items()
    }
    return Draft(columns, values, {**chosen, "dates": definition.get("ambiguous_dates", ORDERS[0])})


def lacking(definition: Mapping[str, Any], header: Sequence[str]) -> tuple[str, ...]:
    """The columns of a kept mapping that a table has not."""
    texts = (column for rule in definition["texts"].values() for column in rule["columns"])
    return tuple(dict.fromkeys(column for column in (*definition["columns"].values(), *texts) if column not in header))


def _by_code(texts: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text, code in texts.items():
        if code:
            found.setdefault(code, []).append(text)
    return found


def _target(target: str) -> Message:
    return Message(f"importing.target.{target}")
