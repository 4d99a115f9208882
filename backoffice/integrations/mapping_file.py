"""The form of a mapping file and its checks: columns, values and what they stand for, the leaves that it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import yaml

from backoffice.errors import DomainError
from backoffice.integrations.dates import DateOrder
from backoffice.integrations.table_rows import text_of
from policies.message import Name, Refusal
from policies.vocabulary import Level, Outcome, Severity

SHIPPED = Path(__file__).resolve().parents[1] / "office" / "mappings"
MOMENTS = ("received_at", "occurred_at", "due_at", "closed_at")
NEEDED = ("received_at",)
COLUMNS = (
    "key", *NEEDED, "occurred_at", "external_number", "reserved", "due_at", "closed_at", "on_time", "state",
    "closing_note", "channel", "category", "severity", "urgency", "impact",
)  # fmt: skip
GRADES: Mapping[str, type[StrEnum]] = {"severity": Severity, "urgency": Level, "impact": Level}
TEXTS = (
    "summary",
    "what",
    "customer_name",
    "contact_phone",
    "address",
    "email",
    "who",
    "where",
    "why",
    "demand",
    "product",
    "product_symptom",
)


Given = TypeVar("Given")


class MappingError(DomainError):
    """There is no such mapping, or its file makes no sense."""


@dataclass(frozen=True)
class TextRule:
    """Of which columns a text is made, and what stands between them."""

    columns: tuple[str, ...]
    join: str


@dataclass(frozen=True)
class Leaf:
    """A leaf category that the mapping needs, with its defaults."""

    code: str
    name: Name
    urgency: Level
    impact: Level


@dataclass(frozen=True)
class Branch:
    """A branch with its leaves."""

    code: str
    name: Name
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True)
class Trunk:
    """The trunk that a mapping brings into the category tree; ``department`` and ``route`` are the office's codes."""

    code: str
    name: Name
    department: str
    route: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True)
class ImportMapping:
    """A mapping file, read and checked. ``values``: name → text in the file → code; ``leaves``: text → leaf."""

    code: str
    name: Name
    source: str
    zone: ZoneInfo
    ambiguous_dates: DateOrder
    blank: frozenset[str]
    columns: Mapping[str, str]
    texts: Mapping[str, TextRule]
    fixed: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    otherwise: Mapping[str, str]
    outcomes: tuple[tuple[tuple[str, ...], str], ...]
    otherwise_outcome: str
    trunk: Trunk | None
    leaves: Mapping[str, str]
    otherwise_leaf: str | None

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that a file must have."""
        texts = [column for rule in self.texts.values() for column in rule.columns]
        return tuple(dict.fromkeys([*self.columns.values(), *texts]))

    def columns_of(self, *names: str) -> list[str]:
        """The columns of some names, as far as the mapping has them."""
        return [self.columns[name] for name in names if name in self.columns]

    def leaf(self, text: str) -> str | None:
        """The code of the leaf that a text stands for."""
        return self.leaves.get(text) or self.otherwise_leaf

    def outcome(self, note: str) -> str:
        """How a closed one ended, by the words of its closing note."""
        for words, outcome in self.outcomes:
            if any(word in note for word in words):
                return outcome
        return self.otherwise_outcome


def mapping_names(*folders: Path) -> list[str]:
    """The mappings that there are: those that ship and those in the folders given."""
    return sorted({path.stem for folder in (SHIPPED, *folders) if folder.is_dir() for path in folder.glob("*.yaml")})


def load_mapping(name: str, *folders: Path) -> ImportMapping:
    """A mapping by its name, an office's own before one that ships; raises ``MappingError``."""
    for folder in (*folders, SHIPPED):
        path = folder / f"{name}.yaml"
        if name in mapping_names(folder) and path.is_file():
            return _load(path, name)
    known = tuple(mapping_names(*folders))
    raise MappingError(Refusal("import.mapping.unknown", {"name": name, "known": known}, field="mapping", status=404))


def _load(path: Path, name: str) -> ImportMapping:
    try:
        return parse_mapping(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError) as error:
        params = {"name": name, "fault": f"{type(error).__name__}: {error}"[:200]}
        raise MappingError(Refusal("import.mapping.damaged", params, field="mapping", status=422)) from error


def parse_mapping(data: Mapping[str, Any]) -> ImportMapping:
    """A mapping from its YAML; raises ``ValueError``, ``KeyError`` or ``TypeError`` when it makes no sense."""
    columns = _checked("column", {str(name): str(column) for name, column in data["columns"].items()}, COLUMNS)
    for name in NEEDED:
        if name not in columns:
            raise ValueError(f"no column for {name}")
    tree = data.get("categories", {})
    trunk = _trunk(tree["trunk"]) if tree else None
    fixed = {str(name): str(value) for name, value in data.get("fixed", {}).items()}
    _check_fixed(fixed)
    values = {str(name): _value_map(codes) for name, codes in data.get("values", {}).items()}
    otherwise = {str(name): str(code) for name, code in data.get("otherwise", {}).items()}
    _check_grades(values, otherwise)
    leaves, otherwise_leaf = _leaf_values(tree["trunk"]["branches"]) if tree else ({}, None)
    leaves |= values.pop("category", {})
    otherwise_leaf = otherwise_leaf or otherwise.get("category") or fixed.get("category")
    if "what" not in data["texts"]:
        raise ValueError("no text for what")
    return ImportMapping(
        code=str(data["code"]),
        name=_name(data),
        source=str(data["source"]),
        zone=ZoneInfo(data["time_zone"]),
        ambiguous_dates=DateOrder(data.get("ambiguous_dates", DateOrder.DAY_FIRST)),
        blank=frozenset(str(text) for text in data.get("blank", [""])) | {""},
        columns=columns,
        texts={code: _text_rule(rule) for code, rule in _checked("text", data["texts"], TEXTS).items()},
        fixed=fixed,
        values=values,
        otherwise=otherwise,
        outcomes=tuple((tuple(row["contains"]), Outcome(row["outcome"]).value) for row in data.get("outcomes", [])),
        otherwise_outcome=Outcome(data.get("otherwise_outcome", Outcome.RESOLVED)).value,
        trunk=trunk,
        leaves=leaves,
        otherwise_leaf=otherwise_leaf,
    )


def _checked(what: str, given: Mapping[str, Given], known: Iterable[str]) -> dict[str, Given]:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValueError(f"there is no {what} {', '.join(unknown)}")
    return dict(given)


def _check_fixed(fixed: Mapping[str, str]) -> None:
    for name, value in fixed.items():
        if name in GRADES:
            GRADES[name](value)
        elif name not in ("channel", "state", "category"):
            raise ValueError(f"{name} cannot be fixed")


def _check_grades(values: Mapping[str, Mapping[str, str]], otherwise: Mapping[str, str]) -> None:
    for name, grades in GRADES.items():
        for code in (*values.get(name, {}).values(), *filter(None, [otherwise.get(name)])):
            grades(code)


def _text_rule(rule: Mapping[str, Any]) -> TextRule:
    return TextRule(tuple(str(column) for column in rule["columns"]), str(rule.get("join", " ")))


def _value_map(codes: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Text in the file → code, from the file's code → texts; a text with two codes makes no sense."""
    found: dict[str, str] = {}
    for code, texts in codes.items():
        for text in texts:
            if found.setdefault(text_of(str(text)), str(code)) != str(code):
                raise ValueError(f"{text} stands for two codes")
    return found


def _trunk(data: Mapping[str, Any]) -> Trunk:
    branches = tuple(
        Branch(
            str(branch["code"]),
            _name(branch),
            tuple(
                Leaf(
                    str(leaf["code"]), _name(leaf), Level(leaf.get("urgency", "low")), Level(leaf.get("impact", "low"))
                )
                for leaf in branch["leaves"]
            ),
        )
        for branch in data["branches"]
    )
    return Trunk(str(data["code"]), _name(data), str(data["department"]), str(data["route"]), branches)


def _leaf_values(branches: Iterable[Mapping[str, Any]]) -> tuple[dict[str, str], str | None]:
    leaves = [leaf for branch in branches for leaf in branch["leaves"]]
    otherwise = [str(leaf["code"]) for leaf in leaves if leaf.get("otherwise")]
    if len(otherwise) > 1:
        raise ValueError("two leaves take what is not listed")
    values = _value_map({leaf["code"]: leaf.get("values", []) for leaf in leaves})
    return values, otherwise[0] if otherwise else None


def _name(data: Mapping[str, Any]) -> Name:
    return Name(str(data["name"]["zh"]), str(data["name"]["en"]))
