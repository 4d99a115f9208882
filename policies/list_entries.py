"""The lists that an office extends by itself: which there are, and what an entry of each must say (R7, R10, R18)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from policies.dispatch_values import ElementKind
from policies.message import Refusal
from policies.reference import LONGEST_NOTE, check_choice, check_names, check_text, check_whole, refused

LONGEST_NAME = 200
LONGEST_CHOICE = 60
MOST_CHOICES = 30
MOST_PLACES = 999


@unique
class OfficeList(StrEnum):
    """A list that an office may extend; entries of the others are words that rules are written with."""

    CAUSES = "causes"
    EVIDENCE_TYPES = "evidence_types"
    DISPATCH_ELEMENTS = "dispatch_elements"
    ROUTES = "routes"
    EXTENSION_REASONS = "extension_reasons"
    CHANNEL_KINDS = "channel_kinds"


NOTED = (OfficeList.DISPATCH_ELEMENTS, OfficeList.ROUTES)
"""Lists whose entries carry a note in both languages: how an element is filled in, where a route leads."""


@dataclass(frozen=True)
class EntryFacts:
    """What an administrator says of an entry; kind and choices count for a dispatch element alone."""

    name_zh: str
    name_en: str
    position: int | None = 0
    note_zh: str = ""
    note_en: str = ""
    kind: str | None = None
    choices: tuple[str, ...] = ()


def check_entry(name: OfficeList, facts: EntryFacts) -> list[Refusal]:
    """Names in both languages, a place, and for an element its kind with the choices that it may name."""
    problems = [
        *check_names(facts.name_zh, facts.name_en, longest=LONGEST_NAME),
        *check_whole("position", facts.position, 0, MOST_PLACES),
    ]
    if name in NOTED:
        problems += check_text("note_zh", facts.note_zh, longest=LONGEST_NOTE)
        problems += check_text("note_en", facts.note_en, longest=LONGEST_NOTE)
    if name is OfficeList.DISPATCH_ELEMENTS:
        problems += check_choice("kind", facts.kind, list(ElementKind))
        problems += _check_choices(facts.kind, facts.choices)
    return problems


def _check_choices(kind: str | None, choices: Sequence[str]) -> list[Refusal]:
    if choices and kind != ElementKind.CHOICE:
        return [refused("choices_of_no_choice", "choices")]
    if len(choices) > MOST_CHOICES:
        return [refused("too_many", "choices", most=MOST_CHOICES)]
    if len(set(choices)) < len(choices):
        return [refused("twice", "choices")]
    return [fault for choice in choices for fault in check_text("choices", choice, longest=LONGEST_CHOICE)][:1]
