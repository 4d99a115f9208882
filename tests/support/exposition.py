"""A strict reader of the Prometheus text exposition format 0.0.4, written from the description of the format.

It refuses what a scraper may refuse: unknown types, a family in two places, samples before their TYPE, a label twice,
a series twice, bad escapes, histograms whose buckets fall, that lack ``+Inf`` or disagree with their count.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

METRIC = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({METRIC})(?:\{{(.*)\}})? (\S+)(?: (-?\d+))?")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)')
TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}


@dataclass
class Read:
    kind: str = ""
    help: str = ""
    samples: list[tuple[str, dict[str, str], float]] = field(default_factory=list)

    def value(self, **labels):
        """The one sample that has these labels among its own."""
        found = [value for _, own, value in self.samples if labels.items() <= own.items()]
        assert len(found) == 1, (labels, self.samples)
        return found[0]


def read(text: str) -> dict[str, Read]:
    """The families of a text; raises ``AssertionError`` for what is not the format."""
    assert text.endswith("\n")
    families: dict[str, Read] = {}
    closed, current, series = set(), "", set()
    for line in text[:-1].split("\n"):
        assert line == line.strip(), repr(line)
        if line.startswith("# "):
            mark, name, rest = line[2:].split(" ", 2)
            assert mark in ("HELP", "TYPE"), line
            assert re.fullmatch(METRIC, name), line
            if name != current:
                assert name not in closed, f"{name} stands in two places"
                closed.add(name)
                current = name
            family = families.setdefault(name, Read())
            assert not family.samples, f"{mark} after samples: {line}"
            if mark == "TYPE":
                assert not family.kind
                assert rest in TYPES, line
                family.kind = rest
            else:
                assert re.fullmatch(r"(?:[^\\]|\\[\\n])*", rest), line
                family.help = rest
            continue
        name, labels, value = _sample(line)
        family = families[current]
        allowed = {current + suffix for suffix in SUFFIXES.get(family.kind, ("",))}
        assert name in allowed, line
        assert family.kind, f"no TYPE before {line}"
        key = (name, tuple(sorted(labels.items())))
        assert key not in series, f"twice: {line}"
        series.add(key)
        family.samples.append((name.removeprefix(current), labels, value))
    for name, family in families.items():
        _check(name, family)
    return families


def _sample(line):
    match = SAMPLE.fullmatch(line)
    assert match, line
    labels, rest = {}, match[2] or ""
    while rest:
        label = LABEL.match(rest)
        assert label, line
        assert label[1] not in labels, line
        assert not label[1].startswith("__"), line
        labels[label[1]] = re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), label[2])
        rest = rest[label.end() :]
    return match[1], labels, float(match[3])


def _check(name, family):
    assert family.samples, f"{name} has no samples"
    if family.kind == "counter":
        assert name.endswith("_total"), name
        assert all(value >= 0 for _, _, value in family.samples)
    if family.kind != "histogram":
        return
    series: dict[tuple, dict] = {}
    for suffix, labels, value in family.samples:
        own = {key: text for key, text in labels.items() if key != "le"}
        found = series.setdefault(tuple(sorted(own.items())), {"_bucket": []})
        if suffix == "_bucket":
            found["_bucket"].append((float(labels["le"]), value))
        else:
            found[suffix] = value
    for found in series.values():
        bounds, counts = zip(*found["_bucket"], strict=True)
        assert list(bounds) == sorted(set(bounds))
        assert bounds[-1] == math.inf
        assert list(counts) == sorted(counts), "buckets fall"
        assert counts[-1] == found["_count"]
        assert found["_sum"] >= 0
