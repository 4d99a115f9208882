"""What must be true of the rules that all schemes share (R32, R33): each fault beside its field, and what to do.

The parts are named by the office's document (``grades``, ``rewards``, …); a field is "part-row-name".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from policies.appraisal_check import number_of
from policies.appraisal_rules import MONTHS, said_of
from policies.message import Name, Refusal
from policies.reference import CODE, LONGEST_CODE, LONGEST_NAME, LONGEST_NOTE, check_names, check_text
from policies.vocabulary_appraisal import EffectKind

Definition = Mapping[str, Any]
NOTHING = Decimal(0)
WHOLE = Decimal(100)
HIGHEST_AMOUNT = Decimal(1_000_000)
MOST_ROWS = 40
MOST_GRADES = 10
LONGEST_GRADE = 16
LAST_DAY = 25
LONGEST_DAYS = 30
MOST_SAMPLE = 100_000
REWARDS = (EffectKind.BONUS, EffectKind.POINTS, EffectKind.CERTIFICATE, EffectKind.COMMENDATION)
PENALTIES = (
    EffectKind.POINTS, EffectKind.COACHING, EffectKind.TRAINING, EffectKind.RETEST, EffectKind.CRITICISM,
    EffectKind.INTERVIEW, EffectKind.BONUS_REDUCTION, EffectKind.POST_CHANGE, EffectKind.WAGE_DEDUCTION,
)  # fmt: skip
UNITS: Mapping[EffectKind, str] = {
    EffectKind.BONUS: "CNY",
    EffectKind.POINTS: "point",
    EffectKind.COACHING: "hour",
    EffectKind.TRAINING: "hour",
    EffectKind.BONUS_REDUCTION: "percent",
    EffectKind.WAGE_DEDUCTION: "CNY",
}
"""What the amount of a kind is counted in; a kind that is not here has no amount."""
PARTS = ("grades", "rewards", "penalties", "vetoes", "adjustments", "consecutive_rules")
BY_DAY = ("computed", "checked", "published", "approved", "locked")
WORKING_DAY = re.compile(r"working_day_([0-9]{1,2})", re.ASCII)
AFTER_PUBLISHED = re.compile(r"([0-9]{1,2})_working_days_after_published", re.ASCII)


def _refused(key: str, at: str, **params: object) -> Refusal:
    return Refusal(f"appraisal_rules_check.{key}", params, at, 422)


def check_rules_texts(definition: Definition) -> list[Refusal]:
    """What could not even be kept in a draft: no name, texts too long, a code that is none, too many rows."""
    name = definition.get("name") or {}
    found = check_names(name.get("zh") or "", name.get("en") or "")
    for part in PARTS:
        rows = definition.get(part) or ()
        if len(rows) > MOST_ROWS:
            found.append(_refused("too_many", f"{part}-0-code", most=MOST_ROWS))
        for n, row in enumerate(rows):
            found += _row_texts(part, n, row)
    return found


def _row_texts(part: str, n: int, row: Definition) -> Iterator[Refusal]:
    code = str(row.get("code") or "")
    if part == "grades":
        if not code or len(code) > LONGEST_GRADE or not code.isascii() or not code.isalnum():
            yield _refused("grade_code", f"{part}-{n}-code")
    elif len(code) > LONGEST_CODE or not CODE.fullmatch(code):
        yield _refused("code", f"{part}-{n}-code")
    texts = "when" if part == "consecutive_rules" else "name"
    longest = LONGEST_NOTE if texts == "when" else LONGEST_NAME
    for language in ("zh", "en"):
        yield from check_text(f"{part}-{n}-{texts}_{language}", (row.get(texts) or {}).get(language) or "",
                              longest=longest, required=True)  # fmt: skip


def check_rules(definition: Definition) -> list[Refusal]:
    """Everything that is wrong with the rules, in the order of their form."""
    effects = {row.get("code") for part in ("rewards", "penalties") for row in definition.get(part) or ()}
    grades = {row.get("code") for row in definition.get("grades") or ()}
    return [
        *check_rules_texts(definition),
        *_check_codes(definition),
        *_check_grades(definition, effects),
        *_check_effects(definition, "rewards", REWARDS),
        *_check_effects(definition, "penalties", PENALTIES),
        *_check_vetoes(definition, grades),
        *_check_adjustments(definition),
        *_check_consecutive(definition, grades, effects),
        *_check_days(definition),
        *_check_samples(definition),
    ]


def _check_codes(definition: Definition) -> Iterator[Refusal]:
    """A code stands once: those of rewards and penalties are of one list."""
    for parts in (("grades",), ("rewards", "penalties"), ("vetoes",), ("adjustments",), ("consecutive_rules",)):
        times = Counter(row.get("code") for part in parts for row in definition.get(part) or ())
        for part in parts:
            for n, row in enumerate(definition.get(part) or ()):
                if times[row.get("code")] > 1:
                    yield _refused("twice", f"{part}-{n}-code", code=str(row.get("code")))


def _check_grades(definition: Definition, effects: Collection[Any]) -> Iterator[Refusal]:
    rows: Sequence[Definition] = definition.get("grades") or ()
    if not 2 <= len(rows) <= MOST_GRADES:
        yield _refused("grades_number", "grades-0-code", most=MOST_GRADES)
    scores = [number_of(row.get("from_score")) for row in rows]
    for n, (row, score) in enumerate(zip(rows, scores, strict=True)):
        if score is None or not NOTHING <= score <= WHOLE:
            yield _refused("from_score", f"grades-{n}-from_score", grade=str(row.get("code")))
        elif score in scores[:n]:
            other = rows[scores.index(score)]
            yield _refused("overlap", f"grades-{n}-from_score", grade=str(row["code"]), other=str(other["code"]))
        yield from _known_effects(row, effects, f"grades-{n}-effects")
    if rows and all(score is None or score > NOTHING for score in scores):
        yield _refused("no_lowest", f"grades-{len(rows) - 1}-from_score")


def _known_effects(row: Definition, effects: Collection[Any], at: str) -> Iterator[Refusal]:
    for code in row.get("effects") or ():
        if code not in effects:
            yield _refused("unknown_effect", at, code=str(code))


def _check_effects(definition: Definition, part: str, kinds: Sequence[EffectKind]) -> Iterator[Refusal]:
    for n, row in enumerate(definition.get(part) or ()):
        name, at = _name(row), f"{part}-{n}"
        if row.get("kind") not in kinds:
            yield _refused(f"kind_of_{part}", f"{at}-kind", name=name)
            continue
        kind = EffectKind(row["kind"])
        if kind in UNITS:
            yield from _check_amount(row, kind, name, at, taken=part == "penalties" and kind is EffectKind.POINTS)
        elif any(row.get(key) is not None for key in ("amount", "amount_floor", "amount_ceiling")):
            yield _refused("no_amount", f"{at}-amount", name=name)
        if kind is EffectKind.WAGE_DEDUCTION and row.get("enabled") and not row.get("legal_confirmed"):
            yield _refused("wage_deduction", f"{at}-legal_confirmed", name=name)


def _check_amount(row: Definition, kind: EffectKind, name: Name, at: str, *, taken: bool) -> Iterator[Refusal]:
    amount = number_of(row.get("amount"))
    floor, ceiling = number_of(row.get("amount_floor")), number_of(row.get("amount_ceiling"))
    highest = WHOLE if kind is EffectKind.BONUS_REDUCTION else HIGHEST_AMOUNT
    if amount is None:
        if row.get("enabled"):
            yield _refused("amount", f"{at}-amount", name=name)
        return
    if abs(amount) > highest or amount == NOTHING or (amount < NOTHING) != taken or not _to_the_cent(amount):
        yield _refused("points_taken" if taken else "amount_range", f"{at}-amount", name=name, highest=highest)
    if floor is not None and ceiling is not None and floor > ceiling:
        yield _refused("bounds", f"{at}-amount_floor", name=name)
    for key, bound in (("amount_floor", floor), ("amount_ceiling", ceiling)):
        if bound is not None and (abs(bound) > highest or not _to_the_cent(bound) or (bound * amount < NOTHING)):
            yield _refused("bound", f"{at}-{key}", name=name, highest=highest)


def _to_the_cent(number: Decimal) -> bool:
    return number * 100 == (number * 100).to_integral_value()


def _check_vetoes(definition: Definition, grades: Collection[Any]) -> Iterator[Refusal]:
    for n, row in enumerate(definition.get("vetoes") or ()):
        if row.get("grade_cap") not in grades:
            yield _refused("grade_cap", f"vetoes-{n}-grade_cap", name=_name(row))


def _check_adjustments(definition: Definition) -> Iterator[Refusal]:
    for n, row in enumerate(definition.get("adjustments") or ()):
        name, points, limit = _name(row), number_of(row.get("points")), number_of(row.get("limit_per_month"))
        if points is None or points == NOTHING or abs(points) > WHOLE or not _to_the_cent(points):
            yield _refused("points", f"adjustments-{n}-points", name=name)
        elif limit is None or abs(limit) > WHOLE or limit * points <= NOTHING or abs(limit) < abs(points):
            yield _refused("limit", f"adjustments-{n}-limit_per_month", name=name)


def _check_consecutive(definition: Definition, grades: Collection[Any], effects: Collection[Any]) -> Iterator[Refusal]:
    for n, own in enumerate(definition.get("consecutive_rules") or ()):
        row, at = said_of(own), f"consecutive_rules-{n}"
        name = _name({"name": row.get("when")})
        chosen, count, within = row.get("grades") or (), row.get("count"), row.get("within")
        if not chosen or any(code not in grades for code in chosen):
            yield _refused("run_grades", f"{at}-grades", name=name)
        most = 3 if within == "quarter" else MONTHS
        if not isinstance(count, int) or not 2 <= count <= most:
            yield _refused("count", f"{at}-count", name=name, most=most)
        if not row.get("effects"):
            yield _refused("run_effects", f"{at}-effects", name=name)
        yield from _known_effects(row, effects, f"{at}-effects")


def _check_days(definition: Definition) -> Iterator[Refusal]:
    rated = number_of(definition.get("minimum_rated_weight"))
    if rated is None or not 1 <= rated <= WHOLE:
        yield _refused("minimum_rated", "minimum_rated_weight")
    appeal = definition.get("appeal") or {}
    for key in ("submit_working_days", "decide_working_days"):
        if not _is_days(appeal.get(key)):
            yield _refused("days", key, most=LONGEST_DAYS)
    days = sign_off_days(definition)
    for step in BY_DAY:
        if not 1 <= days.get(step, 0) <= LAST_DAY:
            yield _refused("sign_off_day", f"day_{step}", most=LAST_DAY)
    steps = [(step, days[step]) for step in BY_DAY if step in days]
    for (_before, earlier), (step, later) in pairwise(steps):
        if later < earlier:
            yield _refused("sign_off_order", f"day_{step}")
    if not _is_days(days.get("acknowledged")):
        yield _refused("days", "day_acknowledged", most=LONGEST_DAYS)
    elif {"published", "approved"} <= days.keys() and days["approved"] <= days["published"] + days["acknowledged"]:
        yield _refused("approved_early", "day_approved", day=days["published"] + days["acknowledged"] + 1)


def _check_samples(definition: Definition) -> Iterator[Refusal]:
    """R31: from how many on an indicator is scored."""
    for n, row in enumerate(definition.get("indicators") or ()):
        least = row.get("minimum_sample")
        if not isinstance(least, int) or not 0 <= least <= MOST_SAMPLE:
            yield _refused("minimum_sample", f"indicators-{n}-minimum_sample", most=MOST_SAMPLE)


def _is_days(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LONGEST_DAYS


def sign_off_days(definition: Definition) -> dict[str, int]:
    """Step → by which working day of the next month; of "acknowledged" the working days after publication."""
    found = {}
    for row in definition.get("sign_off") or ():
        by = str(row.get("by") or "")
        said = WORKING_DAY.fullmatch(by) or AFTER_PUBLISHED.fullmatch(by)
        if said:
            found[str(row.get("step"))] = int(said[1])
    return found


def with_sign_off(definition: Definition, days: Mapping[str, int | None]) -> list[dict[str, Any]]:
    """The steps of the sign-off with other days; a step for which no day is said keeps its own."""
    return [
        {**row, "by": _by(row["step"], days[row["step"]]) if days.get(row["step"]) is not None else row["by"]}
        for row in definition.get("sign_off") or ()
    ]


def _by(step: str, days: int | None) -> str:
    return f"{days}_working_days_after_published" if step == "acknowledged" else f"working_day_{days}"


def _name(row: Definition) -> Name:
    names = row.get("name") or {}
    return Name(str(names.get("zh") or row.get("code") or ""), str(names.get("en") or row.get("code") or ""))
