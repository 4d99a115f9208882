"""Who may be named with an action: only people in service whose work it is, whatever a form offered (R12, R21)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from policies.casefacts import CaseFacts
from policies.fields import is_blank
from policies.message import Refusal

OWNERS, CALLERS, ANYBODY = "not_an_owner", "not_a_caller", "not_in_service"
"""Among whom somebody must be, by the sentence that refuses who is not."""

NAMED: Mapping[str, str] = MappingProxyType({
    "owner": OWNERS,
    "co_handlers": OWNERS,
    "caller_back": CALLERS,
    "task_force_leader": ANYBODY,
    "task_force_members": ANYBODY,
    "reviewers": ANYBODY,
    "reviewer": ANYBODY,
})  # fmt: skip
"""The fields that name staff."""


WITH_OWNERS = ("measures", "corrective_action", "corrective_actions")
"""Fields with rows of which each has an owner."""


def names_somebody(values: Mapping[str, object]) -> bool:
    """Whether anybody is named at all, so that it must be known who may be."""
    return any(not is_blank(values.get(code)) for code in (*NAMED, *WITH_OWNERS))


def refuse_people(facts: CaseFacts, values: Mapping[str, object]) -> Iterator[Refusal]:
    """A refusal beside each field that names somebody who may not be named there, or whom the office does not have."""
    among = {OWNERS: facts.eligible_owners, CALLERS: facts.eligible_callers, ANYBODY: facts.active_staff}
    for code, group in NAMED.items():
        allowed = among[group]
        if allowed is not None and not set(_people(values.get(code))) <= allowed:
            yield Refusal(f"workflow.refused.{group}", field=code, status=422)
    for code in WITH_OWNERS:
        rows = values.get(code)
        several = rows if isinstance(rows, (list, tuple)) else ()
        named = {row.get("owner") for row in several if isinstance(row, Mapping)}
        if facts.active_staff is not None and not {one for one in named if not is_blank(one)} <= facts.active_staff:
            yield Refusal(f"workflow.refused.{ANYBODY}", field=code, status=422)


def _people(value: object) -> tuple[object, ...]:
    if is_blank(value):
        return ()
    return tuple(value) if isinstance(value, (list, tuple, set, frozenset)) else (value,)
