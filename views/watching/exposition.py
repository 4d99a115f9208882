"""Figures as Prometheus reads them: the text exposition format, version 0.0.4.

A family has a name, a type and a line of help; a sample has labels and a value. Label values are escaped, so that
nothing that they hold can begin a line of its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")

Labels = Mapping[str, str]


@dataclass
class Family:
    """Samples of one name. ``kind``: ``counter``, ``gauge`` or ``histogram``."""

    name: str
    kind: str
    help: str
    samples: list[tuple[str, Labels, float]] = field(default_factory=list)

    def add(self, value: float, labels: Labels | None = None, suffix: str = "") -> Family:
        """One sample more; ``suffix`` is ``_bucket``, ``_sum`` or ``_count`` of a histogram."""
        self.samples.append((suffix, labels or {}, value))
        return self


def write(families: Iterable[Family]) -> str:
    """All families that have samples, each once. Raises ``ValueError`` for a name that the format does not know."""
    lines: list[str] = []
    for family in families:
        if not family.samples:
            continue
        if not NAME.fullmatch(family.name):
            raise ValueError(f"{family.name!r} is no name of a figure")
        lines.append(f"# HELP {family.name} {_escaped(family.help)}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        lines += [f"{family.name}{suffix}{_labels(labels)} {number(value)}" for suffix, labels, value in family.samples]
    return "\n".join(lines) + "\n"


def number(value: float) -> str:
    """A value as the format has it: whole numbers without a point."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    for name in labels:
        if not LABEL.fullmatch(name) or name.startswith("__"):
            raise ValueError(f"{name!r} is no name of a label")
    inside = ",".join(f'{name}="{_escaped(value, quotes=True)}"' for name, value in labels.items())
    return f"{{{inside}}}"


def _escaped(text: str, *, quotes: bool = False) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quotes else text
