"""What one version of a process says otherwise than another (R14): steps more or fewer, and each property changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PROPERTIES = (
    "name", "status", "role", "clock_share", "clock", "required_fields", "required_evidence", "approvals", "acts",
    "note",
)  # fmt: skip
HEAD = ("name", "note", "acts")
THERE = "step"
PLACE = "place"
WAY = "way"


@dataclass(frozen=True)
class Difference:
    """One property with its value before and after, as the plain form holds it; None on the side that has none.

    ``step`` is the code of the step, None for the process itself; ``item`` a property, ``step`` (it is there),
    ``place`` (its neighbour before it) or ``way`` (then ``action`` and ``when`` name the way out).
    """

    step: str | None
    item: str
    before: Any
    after: Any
    action: str = ""
    when: str = ""

    @property
    def key(self) -> str:
        """By what a log names it: ``plan.clock_share``, ``plan.way.submit_plan``."""
        parts = (self.step or "", self.item, self.action, self.when)
        return ".".join(part for part in parts if part)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Everything in which two definitions differ: the head first, then the steps in the newer one's order."""
    found = [
        Difference(None, item, before.get(item), after.get(item)) for item in HEAD if _differs(before, after, item)
    ]
    old = {step["code"]: step for step in before["steps"]}
    new = {step["code"]: step for step in after["steps"]}
    for code, step in new.items():
        if code not in old:
            found.append(Difference(code, THERE, None, step["name"]))
        found += _of_step(old.get(code, {}), step, code)
    found += [Difference(code, THERE, step["name"], None) for code, step in old.items() if code not in new]
    return found + list(_moved([code for code in old if code in new], [code for code in new if code in old]))


def _of_step(old: Mapping[str, Any], new: Mapping[str, Any], code: str) -> Iterator[Difference]:
    for item in PROPERTIES:
        if _differs(old, new, item) and (old or item != "name"):
            yield Difference(code, item, old.get(item), new.get(item))
    before, after = ({(way["action"], way.get("when") or ""): way for way in one.get("next", ())} for one in (old, new))
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            yield Difference(code, WAY, before.get(key), after.get(key), *key)


def _differs(old: Mapping[str, Any], new: Mapping[str, Any], item: str) -> bool:
    return bool(_said(old.get(item)) != _said(new.get(item)))


def _said(value: Any) -> Any:
    """Nothing is nothing, however it is written; order is kept where it has a meaning."""
    if isinstance(value, Mapping):
        rest = {key: inner for key, inner in value.items() if inner not in (None, "", [], {})}
        return rest or None
    return str(value) if value not in (None, "", [], {}, 0) else None


def _moved(old: Sequence[str], new: Sequence[str]) -> Iterator[Difference]:
    """Steps that stand behind another one than before: only those that were moved, not all that moved up with them."""
    stayed = _longest_common(old, new)
    for code in new:
        if code not in stayed:
            yield Difference(code, PLACE, _before(old, code), _before(new, code))


def _before(codes: Sequence[str], code: str) -> str | None:
    place = codes.index(code)
    return codes[place - 1] if place else None


def _longest_common(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """The longest run of codes that stand in the same order in both: what stayed."""
    place = {code: number for number, code in enumerate(old)}
    best: dict[str, list[str]] = {}
    for n, code in enumerate(new):
        runs = [best[earlier] for earlier in new[:n] if place[earlier] < place[code]]
        best[code] = [*_longest(runs), code]
    return set(_longest(list(best.values())))


def _longest(runs: Sequence[list[str]]) -> list[str]:
    return max(runs, default=[], key=lambda run: (len(run), run))
