"""What an inspector sends (R28): the marks of a card as they were typed, and the form's fields from marks again."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from backoffice.services.inspection import Entered
from forms.fields import LONGEST, clean
from policies.card import Card, Item, Mark, Marks
from policies.message import Refusal
from policies.scorecard import mark_field, remark_field, value_field

NOT_APPLICABLE = "na"
FURTHEST = 6
"""Places before and after the point that a number in a mark may have; what is longer no card could reckon with."""
SUMMARY = "summary"


def read_card(card: Card, form: Mapping[str, str]) -> Entered:
    """What was typed for a card: marks where they can be read, and every field as it stands for the draft.

    For whatever is marked on a card: an inspection, a calibration session, a trial in the editor of scorecards.
    """
    typed = {name: text for name in fields_of(card) if (text := clean(form.get(name, "")[: LONGEST * 2])[:LONGEST])}
    marks: dict[str, Mark] = {}
    unread: list[Refusal] = []
    for item in card.items:
        try:
            mark = _mark(item, typed)
        except InvalidOperation:
            beside = mark_field(item.code) if item.by_level else value_field(item.code)
            unread.append(Refusal("inspection.refused.no_number", {"item": item.name}, beside, 422))
            continue
        if mark is not None:
            marks[item.code] = mark
    return Entered(marks, typed.get(SUMMARY, ""), typed, tuple(unread))


def fields_of(card: Card) -> tuple[str, ...]:
    """The names of a card's fields, the summary last."""
    names = [name(item.code) for item in card.items for name in (mark_field, value_field, remark_field)]
    return (*names, SUMMARY)


def typed_of(marks: Marks, summary: str = "") -> dict[str, str]:
    """The fields of the form that show these marks."""
    typed = {SUMMARY: summary} if summary else {}
    for code, mark in marks.items():
        if mark.value is not None:
            typed[value_field(code)] = f"{mark.value.normalize():f}"
        else:
            typed[mark_field(code)] = NOT_APPLICABLE if mark.percent is None else f"{mark.percent.normalize():f}"
        if mark.remark:
            typed[remark_field(code)] = mark.remark
    return typed


def _mark(item: Item, typed: Mapping[str, str]) -> Mark | None:
    """The mark of an item; None where none was given. Raises ``InvalidOperation`` for what is no number."""
    remark = typed.get(remark_field(item.code), "")
    chosen = typed.get(mark_field(item.code), "").strip()
    if chosen == NOT_APPLICABLE:
        return Mark(remark=remark)
    if item.by_level:
        return Mark(percent=_number(chosen), remark=remark) if chosen else None
    entered = typed.get(value_field(item.code), "").strip()
    return Mark(value=_number(entered), remark=remark) if entered else None


def _number(text: str) -> Decimal:
    found = Decimal(text.replace("，", ".").replace(",", "."))
    places = found.as_tuple().exponent
    if not isinstance(places, int) or found.adjusted() > FURTHEST or places < -FURTHEST:
        raise InvalidOperation(text)
    return found
