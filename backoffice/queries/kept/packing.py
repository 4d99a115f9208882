"""Counted figures as JSON and back, exact: fractions as text, pairs instead of keys that are numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from backoffice.queries.overview.narrow import Narrow
from policies.indicator import Figure
from policies.vocabulary import Severity

Packed = dict[str, Any]
Told = Callable[[int], None]
"""Hears how many parts are counted."""


def figure_said(figure: Figure) -> list[Any]:
    """Numerator, denominator, sample."""
    return [str(figure.numerator), str(figure.denominator), figure.sample]


def read_figure(said: list[Any]) -> Figure:
    """The same figure."""
    return Figure(Fraction(said[0]), Fraction(said[1]), int(said[2]))


def pairs(found: Mapping[Any, Any], value: Callable[[Any], Any] = lambda one: one) -> list[list[Any]]:
    """A dictionary as pairs, in its order."""
    return [[key, value(one)] for key, one in found.items()]


def read_pairs(said: Iterable[Any], value: Callable[[Any], Any] = lambda one: one) -> dict[Any, Any]:
    """The same dictionary."""
    return {key: value(one) for key, one in said}


def narrow_said(narrow: Narrow) -> Packed:
    """What a view is narrowed to, the reader's reach with it."""
    return {
        "departments": None if narrow.departments is None else sorted(narrow.departments),
        "department": narrow.department_id,
        "category": narrow.category,
        "channel": narrow.channel_id,
        "severity": None if narrow.severity is None else narrow.severity.value,
    }


def read_narrow(said: Mapping[str, Any]) -> Narrow:
    """The same again."""
    within, severity = said["departments"], said["severity"]
    return Narrow(
        None if within is None else frozenset(within),
        said["department"],
        said["category"],
        said["channel"],
        None if severity is None else Severity(severity),
    )
