"""An intake script in the plain form in which it is kept and edited (R7): questions changed, moved, dropped, compared.

Everything here takes a definition in the form of ``office/scripts.yaml`` and gives a new one; none is changed in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Definition = dict[str, Any]
HEAD = ("name", "category", "symptoms", "opening", "closing", "listening_rules", "start")
QUESTION = ("ask", "kind", "stores_in", "answers")


@dataclass(frozen=True)
class Difference:
    """What a script says otherwise: of which question (None: the script), which property, from what to what."""

    question: str | None
    key: str
    before: Any
    after: Any


def with_question(definition: Mapping[str, Any], code: str, said: Mapping[str, Any]) -> Definition:
    """One question says something else; new answers are given codes of their own."""
    rows = [
        _with_codes({**row, **said, "code": code}) if row["code"] == code else deepcopy(row)
        for row in definition["questions"]
    ]
    return {**deepcopy(dict(definition)), "questions": rows}


def with_new_question(definition: Mapping[str, Any], said: Mapping[str, Any]) -> Definition:
    """One question more, at the end; the first one of all is where the script starts."""
    taken = {row["code"] for row in definition["questions"]}
    code = _fresh("q", taken)
    rows = [*deepcopy(list(definition["questions"])), _with_codes({**said, "code": code})]
    start = definition.get("start") if definition.get("start") in taken else code
    return {**deepcopy(dict(definition)), "questions": rows, "start": start}


def without_question(definition: Mapping[str, Any], code: str) -> Definition:
    """One question less; answers that led to it stay, and their check says so."""
    rows = [deepcopy(row) for row in definition["questions"] if row["code"] != code]
    return {**deepcopy(dict(definition)), "questions": rows}


def moved_question(definition: Mapping[str, Any], code: str, by: int) -> Definition:
    """A question one place up (-1) or down (1); where answers lead stays as it is."""
    rows = deepcopy(list(definition["questions"]))
    place = next(n for n, row in enumerate(rows) if row["code"] == code)
    if 0 <= place + by < len(rows):
        rows[place], rows[place + by] = rows[place + by], rows[place]
    return {**deepcopy(dict(definition)), "questions": rows}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """What changed from one version to another; a question that came or went as a whole once."""
    for key in HEAD:
        if before.get(key) != after.get(key):
            yield Difference(None, key, before.get(key), after.get(key))
    old = {row["code"]: row for row in before["questions"]}
    new = {row["code"]: row for row in after["questions"]}
    for code in dict.fromkeys((*new, *old)):
        if code not in old or code not in new:
            yield Difference(code, "ask", old.get(code, {}).get("ask"), new.get(code, {}).get("ask"))
            continue
        for key in QUESTION:
            if old[code].get(key) != new[code].get(key):
                yield Difference(code, key, old[code].get(key), new[code].get(key))


def _with_codes(row: Definition) -> Definition:
    taken = {one["code"] for one in row["answers"] if one.get("code")}
    answers = []
    for one in row["answers"]:
        code = one.get("code") or _fresh(f"{row['code']}a", taken)
        taken.add(code)
        answers.append({**one, "code": code})
    return {**deepcopy(row), "answers": answers}


def _fresh(stem: str, taken: set[str]) -> str:
    return next(code for number in range(1, 10_000) if (code := f"{stem}{number}") not in taken)
