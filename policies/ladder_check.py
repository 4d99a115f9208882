"""Whether the warning ladders of a version of the clocks can be used (R26): what is wrong, ladder and step named.

Takes ladders as they stand in ``definition["warnings"]["ladders"]`` (the form of ``office/sla.yaml``), also as somebody
typed them: nothing is taken for granted about what is in them.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from policies.message import Message, Name, Refusal
from policies.reference import CODE
from policies.step_holder import OWNER
from policies.vocabulary import ClockCode, label_key
from policies.warning_ladder import WarnAt

CUSTOMER = "customer"
"""The audience of templates that never go to staff."""
MOST_LADDERS, MOST_STEPS = 20, 10
LOWEST_PERCENT, HIGHEST_PERCENT = 1, 99
LONGEST_HOURS = 2_000
"""About a year of office hours: a warning later than that reaches nobody who still has to do with it."""

AFTER = (WarnAt.HOURS_AFTER, WarnAt.WORKING_HOURS_AFTER)
_STAGE = {WarnAt.PERCENT_ELAPSED: 0, WarnAt.DEADLINE: 1, WarnAt.HOURS_AFTER: 2, WarnAt.WORKING_HOURS_AFTER: 2}

Row = Mapping[str, Any]


def ladder_field(line: int) -> str:
    """The form field of a ladder (lines count from 0), beside which its fault is shown."""
    return f"ladder-{line}"


def step_field(line: int, step: int) -> str:
    """The form field of a step of a ladder."""
    return f"ladder-{line}-step-{step}"


def check_ladders(
    ladders: Sequence[Row],
    known_roles: Collection[str],
    templates: Mapping[str, str],
    *,
    clocks: Collection[str] = tuple(ClockCode),
) -> list[Refusal]:
    """Everything that is wrong with the ladders of a version; empty: they can be used.

    ``known_roles``: codes of the roles in use; ``owner`` is always known. ``templates``: code of each template in use →
    its audience; what is for customers is not for staff. ``clocks``: those that the version has.
    """
    if len(ladders) > MOST_LADDERS:
        return [_refused("too_many", "ladders", most=MOST_LADDERS)]
    problems = [*_codes(ladders), *_each_clock_once(ladders, clocks)]
    for line, ladder in enumerate(ladders):
        problems += _steps(line, ladder, known_roles, templates)
    return problems


def _refused(reason: str, field: str, **params: object) -> Refusal:
    return Refusal(f"ladder.refused.{reason}", params, field=field, status=422)


def _name(row: Row, line: int) -> object:
    """What a ladder is called in a sentence: by its name, its code, or else by its place."""
    name = row.get("name")
    if isinstance(name, Mapping) and (name.get("zh") or name.get("en")):
        zh, en = str(name.get("zh") or ""), str(name.get("en") or "")
        return Name(zh or en, en or zh)
    return str(row.get("code") or line + 1)


def _codes(ladders: Sequence[Row]) -> Iterator[Refusal]:
    seen: set[str] = set()
    for line, ladder in enumerate(ladders):
        code = str(ladder.get("code") or "")
        if not CODE.fullmatch(code):
            yield _refused("code", ladder_field(line), ladder=_name(ladder, line))
        elif code in seen:
            yield _refused("code_twice", ladder_field(line), code=code)
        seen.add(code)
        name = ladder.get("name")
        if not isinstance(name, Mapping) or not all(str(name.get(part) or "").strip() for part in ("zh", "en")):
            yield _refused("no_name", ladder_field(line), ladder=_name(ladder, line))


def _each_clock_once(ladders: Sequence[Row], clocks: Collection[str]) -> Iterator[Refusal]:
    """Nobody misses a deadline without having been warned, and nobody is warned of it twice."""
    held: dict[str, int] = {}
    for line, ladder in enumerate(ladders):
        applies = _list(ladder.get("applies_to"))
        if not applies:
            yield _refused("no_clock", ladder_field(line), ladder=_name(ladder, line))
        for clock in applies:
            if clock not in clocks:
                yield _refused("unknown_clock", ladder_field(line), ladder=_name(ladder, line), clock=clock)
            elif clock in held:
                first = _name(ladders[held[clock]], held[clock])
                names = {"ladder": first, "other": _name(ladder, line)}
                yield _refused("clock_twice", ladder_field(line), clock=_clock(clock), **names)
            held.setdefault(clock, line)
    for clock in clocks:
        if clock not in held:
            yield _refused("clock_without", "ladders", clock=_clock(clock))


def _clock(code: str) -> Message | str:
    return Message(label_key(ClockCode(code))) if code in tuple(ClockCode) else code


def _steps(line: int, ladder: Row, known_roles: Collection[str], templates: Mapping[str, str]) -> Iterator[Refusal]:
    name, steps = _name(ladder, line), ladder.get("steps")
    if not isinstance(steps, list) or not steps or not all(isinstance(step, Mapping) for step in steps):
        yield _refused("empty", ladder_field(line), ladder=name)
        return
    if len(steps) > MOST_STEPS:
        yield _refused("too_many_steps", ladder_field(line), ladder=name, most=MOST_STEPS)
        return
    faults = [fault for number, step in enumerate(steps)
              for fault in (*_when(line, number, name, step), *_whom(line, number, name, step, known_roles),
                            *_with_what(line, number, name, step, templates))]  # fmt: skip
    yield from faults
    yield from _step_codes(line, name, steps)
    if not faults:
        yield from _order(line, name, steps)
        yield from _turns_back(line, name, steps)


def _step_codes(line: int, name: object, steps: Sequence[Row]) -> Iterator[Refusal]:
    seen: set[str] = set()
    for number, step in enumerate(steps):
        code = str(step.get("code") or "")
        if not CODE.fullmatch(code):
            yield _refused("step_code", step_field(line, number), ladder=name, step=number + 1)
        elif code in seen:
            yield _refused("step_twice", step_field(line, number), ladder=name, code=code)
        seen.add(code)


def _when(line: int, number: int, name: object, step: Row) -> Iterator[Refusal]:
    field, at, value = step_field(line, number), step.get("at"), step.get("value")
    said = {"ladder": name, "step": number + 1}
    if at not in tuple(WarnAt):
        yield _refused("unknown_moment", field, **said)
    elif not isinstance(value, int) or isinstance(value, bool):
        yield _refused("no_number", field, **said)
    elif at == WarnAt.PERCENT_ELAPSED and not LOWEST_PERCENT <= value <= HIGHEST_PERCENT:
        yield _refused("percent", field, lowest=LOWEST_PERCENT, highest=HIGHEST_PERCENT, **said)
    elif at == WarnAt.DEADLINE and value != 0:
        yield _refused("deadline_value", field, **said)
    elif at in AFTER and not 1 <= value <= LONGEST_HOURS:
        yield _refused("hours", field, lowest=1, highest=LONGEST_HOURS, **said)


def _whom(line: int, number: int, name: object, step: Row, known_roles: Collection[str]) -> Iterator[Refusal]:
    field, said = step_field(line, number), {"ladder": name, "step": number + 1}
    to = _list(step.get("to"))
    if not to:
        yield _refused("nobody", field, **said)
    if len(set(to)) < len(to):
        yield _refused("recipient_twice", field, **said)
    for role in dict.fromkeys(to):
        if role != OWNER and role not in known_roles:
            yield _refused("unknown_recipient", field, role=role, **said)


def _with_what(line: int, number: int, name: object, step: Row, templates: Mapping[str, str]) -> Iterator[Refusal]:
    field, said = step_field(line, number), {"ladder": name, "step": number + 1}
    message = str(step.get("message") or "")
    if message not in templates:
        yield _refused("unknown_template", field, template=message, **said)
    elif templates[message] == CUSTOMER:
        yield _refused("for_customers", field, template=message, **said)


def _order(line: int, name: object, steps: Sequence[Row]) -> Iterator[Refusal]:
    """Shares of the time come first, then the deadline, then hours after it, each later than the one before.

    Office hours and hours round the clock cannot be compared: after the deadline a ladder counts in one of them.
    """
    for number, (step, following) in enumerate(itertools.pairwise(steps), 1):
        field, said = step_field(line, number), {"ladder": name, "step": number, "next": number + 1}
        at, then = WarnAt(step["at"]), WarnAt(following["at"])
        if at in AFTER and then in AFTER and at is not then:
            yield _refused("mixed_hours", field, **said)
        elif (_STAGE[then], following["value"]) <= (_STAGE[at], step["value"]):
            yield _refused("out_of_order", field, **said)


def _turns_back(line: int, name: object, steps: Sequence[Row]) -> Iterator[Refusal]:
    """A ladder climbs: a step that tells nobody new and leaves out some whom the one before told goes in a circle."""
    told = set(_list(steps[0]["to"]))
    for number, (step, following) in enumerate(itertools.pairwise(steps), 1):
        now = set(_list(following["to"]))
        if now <= told and not now >= set(_list(step["to"])):
            yield _refused("circle", step_field(line, number), ladder=name, step=number + 1)
        told |= now


def _list(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []
