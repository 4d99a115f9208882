"""A process in the plain form in which it is kept and edited: put in order, measured, and changed step by step (R14).

Everything here takes a definition in the form of ``office/processes.yaml`` and gives a new one; none is changed in
place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from decimal import Decimal
from typing import Any

from policies.message import Name, Refusal
from policies.process import NextAction, Process, StepDef, parse_process
from policies.reference import CODE, LONGEST_CODE, LONGEST_NAME, LONGEST_NOTE
from policies.vocabulary import ComplaintStatus

Definition = dict[str, Any]
MOST_WAYS = 20
MOST_APPROVALS = 10
MOST_STEPS_READ = 100
HIGHEST_SHARE = Decimal(100)
HIGHEST_AMOUNT = Decimal(1_000_000_000)
LANGUAGES = ("zh", "en")


def tidy(mapping: Mapping[str, Any]) -> Definition:
    """A definition with its known parts in their order and nothing else; raises ``ProcessFormError`` where it cannot be
    read.
    """
    process = parse_process(mapping)
    found: Definition = {
        "code": process.code,
        "version": process.version,
        "valid_from": str(mapping.get("valid_from") or ""),
        "severity": process.severity.value,
        "name": dict(process.name),
        "note": _both(mapping.get("note")),
        "acts": [_plain(act) for act in _rows(mapping.get("acts"))],
        "steps": [plain_step(step) for step in process.steps],
    }
    return found


def plain_step(step: StepDef) -> Definition:
    """A step in the plain form."""
    return {
        "code": step.code,
        "name": dict(step.name),
        "status": step.status.value,
        "role": step.role,
        "clock_share": number(step.clock_share),
        "clock": step.clock.value if step.clock else None,
        "required_fields": list(step.required_fields),
        "required_evidence": list(step.required_evidence),
        "next": [_way(way) for way in step.next],
        "approvals": [{"role": one.role, "up_to_cny": number(one.up_to_cny)} for one in step.approvals],
        "acts": list(step.acts),
        "rules": list(step.rules),
        "note": _both(step.note),
    }


def _way(way: NextAction) -> Definition:
    found: Definition = {"action": way.action, "to": way.to}
    if way.requires:
        found["requires"] = list(way.requires)
    if way.outcome is not None:
        found["outcome"] = way.outcome.value
    if way.when is not None:
        found["when"] = way.when.value
    return found


def number(amount: Decimal | None) -> int | str | None:
    """A number as the plain form keeps it: whole, or exact to its last digit as text."""
    if amount is None:
        return None
    if amount.adjusted() > 20 or int(amount) != amount:
        return str(amount)
    return int(amount)


def _rows(value: object) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, (list, tuple)) else []


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)


def _both(value: object) -> dict[str, str]:
    given = value if isinstance(value, Mapping) else {}
    return {language: str(given.get(language) or "").strip() for language in LANGUAGES}


# What is too long, too much, or no code


def form_faults(definition: Mapping[str, Any]) -> list[Refusal]:
    """What no version is kept with, not even a draft: codes that are none, texts and figures beyond all bounds."""
    process = parse_process(definition)
    found = [*_text_faults(None, process.name, definition.get("note"))]
    if len(process.steps) > MOST_STEPS_READ:
        found.append(_refused("too_many_steps", None, most=MOST_STEPS_READ, n=len(process.steps)))
    taken: set[str] = set()
    for step in process.steps:
        found += [*_text_faults(step, step.name, step.note), *_step_faults(step)]
        if step.code in taken:
            found.append(_refused("step_twice", step, code=step.code))
        taken.add(step.code)
    return found


def _text_faults(step: StepDef | None, name: Mapping[str, str], note: object) -> Iterator[Refusal]:
    if any(len(text) > LONGEST_NAME for text in name.values()):
        yield _refused("name_long", step, longest=LONGEST_NAME)
    if any(len(text) > LONGEST_NOTE for text in _both(note).values()):
        yield _refused("note_long", step, longest=LONGEST_NOTE)


def _step_faults(step: StepDef) -> Iterator[Refusal]:
    codes = [step.code, step.role, *step.required_fields, *step.required_evidence, *step.acts]
    codes += [code for way in step.next for code in (way.action, way.to, *way.requires)]
    for code in dict.fromkeys(codes):
        if len(code) > LONGEST_CODE or not CODE.fullmatch(code):
            yield _refused("no_code", step, code=code[:LONGEST_CODE])
    if not _fits(step.clock_share, HIGHEST_SHARE):
        yield _refused("share_bounds", step)
    for limit in step.approvals:
        if limit.up_to_cny is not None and not _fits(limit.up_to_cny, HIGHEST_AMOUNT):
            yield _refused("amount_bounds", step)
    if len(step.next) > MOST_WAYS or len(step.approvals) > MOST_APPROVALS:
        yield _refused("too_many_ways", step, ways=MOST_WAYS, approvals=MOST_APPROVALS)


def _fits(amount: Decimal, highest: Decimal) -> bool:
    """At most so much, and exact to the hundredth."""
    exponent = amount.as_tuple().exponent
    return amount <= highest and isinstance(exponent, int) and exponent >= -2


def _refused(reason: str, step: StepDef | None, **params: object) -> Refusal:
    if step is None:
        return Refusal(f"process.refused.{reason}", params, status=422)
    params["step"] = Name(step.name["zh"][:LONGEST_NAME], step.name["en"][:LONGEST_NAME])
    return Refusal(f"process.refused.{reason}_of_step" if reason in _BOTH else f"process.refused.{reason}", params,
                   field=step.code, status=422)  # fmt: skip


_BOTH = frozenset({"name_long", "note_long"})


# One step at a time


def codes_of(definition: Mapping[str, Any]) -> list[str]:
    """The codes of the steps, in order."""
    return [step["code"] for step in definition["steps"]]


def new_code(name_en: str, taken: Iterable[str]) -> str:
    """A code for a new step out of its English name; histories name the step by it, so that it stays for good."""
    base = re.sub(r"[^a-z0-9]+", "_", name_en.lower(), flags=re.ASCII).strip("_")[: LONGEST_CODE - 4].strip("_")
    base = base if CODE.fullmatch(base) else f"step_{base}".strip("_")
    used = {*taken, "end", "new_process", "step"}
    return next(code for n in range(1, 10_000) if (code := base if n == 1 else f"{base}_{n}") not in used)


def blank_step(status: str = ComplaintStatus.INVESTIGATING.value) -> Definition:
    """A step in which nothing is said yet."""
    return {
        "code": "", "name": {"zh": "", "en": ""}, "status": status, "role": "", "clock_share": 0, "clock": None,
        "required_fields": [], "required_evidence": [], "next": [], "approvals": [], "acts": [], "rules": [],
        "note": {"zh": "", "en": ""},
    }  # fmt: skip


def with_step(definition: Mapping[str, Any], code: str, said: Mapping[str, Any]) -> Definition:
    """The definition with what is said of one step; what is not said of it stays."""
    changed = deepcopy(dict(definition))
    changed["steps"] = [{**step, **said, "code": code} if step["code"] == code else step for step in changed["steps"]]
    return changed


def with_new_step(definition: Mapping[str, Any], said: Mapping[str, Any], after: str | None) -> tuple[Definition, str]:
    """The definition with one step more, after another one or at the end, and the code that it was given."""
    changed = deepcopy(dict(definition))
    codes = codes_of(changed)
    code = new_code(str(said["name"]["en"]), codes)
    place = codes.index(after) + 1 if after in codes else len(codes)
    changed["steps"].insert(place, {**blank_step(), **said, "code": code})
    return changed, code


def without_step(definition: Mapping[str, Any], code: str) -> tuple[Definition, int]:
    """The definition without a step and without the ways that led to it, and how many of these there were."""
    changed = deepcopy(dict(definition))
    changed["steps"] = [step for step in changed["steps"] if step["code"] != code]
    dropped = 0
    for step in changed["steps"]:
        kept = [way for way in step["next"] if way["to"] != code]
        dropped += len(step["next"]) - len(kept)
        step["next"] = kept
    return changed, dropped


def moved_step(definition: Mapping[str, Any], code: str, by: int) -> Definition:
    """The definition with a step further up (``by`` -1) or down (1); at either end it stays."""
    changed = deepcopy(dict(definition))
    steps: list[Definition] = changed["steps"]
    place = codes_of(changed).index(code)
    target = min(max(place + by, 0), len(steps) - 1)
    steps.insert(target, steps.pop(place))
    return changed


def total_share(process: Process) -> Decimal:
    """What the shares of the resolve clock come to, in percent."""
    return sum((step.clock_share for step in process.steps), Decimal(0))


def in_order(given: Iterable[str], known: Sequence[str]) -> list[str]:
    """Codes in the order of a list, each once; what the list does not have last."""
    chosen = set(given)
    return [code for code in known if code in chosen] + sorted(chosen - set(known))
