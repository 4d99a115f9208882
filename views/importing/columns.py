"""What the columns of a table are: suggested, chosen, with the values that stand for channels, categories, grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import request
from sqlalchemy.orm import Session

from backoffice.integrations.column_guess import nearest, suggest
from backoffice.integrations.store import Place
from backoffice.integrations.table_preview import MOST_VALUES, Kinds, Preview, look, values_of
from backoffice.integrations.table_rows import text_of
from backoffice.models.configuration import Category, Channel
from backoffice.models.importing import SavedMapping
from backoffice.services.import_uploads import Sent
from policies.import_mapping import ORDERS, PLAIN, TARGETS, TEXTS, TIMES, VALUED, Draft, draft_of, lacking
from policies.vocabulary import Level, Severity, label_key
from views.addresses import whole_number
from views.filters import named
from views.importing.refused import is_own
from views.language import _

SAVED = "saved:"
GROUPS = (("texts", TEXTS), ("times", TIMES), ("values", VALUED), ("others", PLAIN))
AT_ONCE = 60
"""So many values of a column are asked at once; the rest on further parts of the page."""


@dataclass(frozen=True)
class ColumnShown:
    """A column: its place, name, what stands in it first, what it is (or might be), and whether that is a guess."""

    place: int
    name: str
    examples: list[str]
    target: str
    guessed: bool


@dataclass(frozen=True)
class ValueShown:
    """A value of a column and the code that it stands for."""

    place: int
    text: str
    code: str


@dataclass(frozen=True)
class ValuesShown:
    """The values of one column, with what they can stand for: from ``first`` to ``last`` of ``total``, and of all of
    them so many for which nobody has said anything yet. ``is_cut``: the file may have more than these.
    """

    target: str
    column: str
    choices: list[tuple[str, str]]
    values: list[ValueShown]
    first: int
    last: int
    total: int
    unsaid: int
    is_cut: bool


class Mapper:
    """The form of the columns as it is shown: what was said, else what is suggested."""

    groups = tuple((f"importing.targets.{name}", targets) for name, targets in GROUPS)
    orders = ORDERS

    def __init__(self, session: Session, sent: Sent, preview: Preview, place: Place, typed: Draft | None) -> None:
        self.session, self.preview = session, preview
        self.part = max(whole_number(request.values.get("shown"), lowest=1) or 1, 1)
        draft = typed or sent.draft
        said = bool(draft.columns)
        ours = [at for at, name in enumerate(preview.header) if is_own(name)]
        self.guesses = {} if said else suggest(preview.header, preview.cells, ours)
        columns = draft.columns or {preview.header[at]: target for at, target in self.guesses.items()}
        self.draft = Draft(columns, draft.values, draft.chosen)
        self.save_as = sent.save_as
        self.columns = [self._column(at, name) for at, name in enumerate(preview.header)]
        self.lists = _lists(session)
        source = sent.source(place)
        valued = [(target, column) for target, column in self.draft.valued() if column in preview.header]
        found = values_of(source, [column for _target, column in valued]) if valued else {}
        self.parts = max((-(-len(kinds.texts) // AT_ONCE) for kinds in found.values()), default=1) or 1
        self.part = min(self.part, self.parts)
        self.values = [self._values(target, column, found[column]) for target, column in valued]

    def chosen(self, name: str) -> str:
        """What is chosen for all rows, or for the rest."""
        return self.draft.chosen.get(name, "")

    def _column(self, at: int, name: str) -> ColumnShown:
        examples = [cells[at] for cells in self.preview.cells if at < len(cells) and cells[at].strip()]
        return ColumnShown(at, name, examples[:3], self.draft.columns.get(name, ""), at in self.guesses)

    def _values(self, target: str, column: str, kinds: Kinds) -> ValuesShown:
        said, choices = self.draft.values.get(target, {}), self.lists[target]
        by_name = [(name, code) for code, name in choices] + self._other_names(target)
        total = len(kinds.texts)
        first = AT_ONCE * (min(self.part, max(-(-total // AT_ONCE), 1)) - 1)
        texts = kinds.texts[first : first + AT_ONCE]
        rows = [
            ValueShown(at, text, said[text] if text in said else nearest(text, by_name))
            for at, text in enumerate(texts)
        ]
        unsaid = sum(text not in said for text in kinds.texts)
        return ValuesShown(target, column, choices, rows, first + 1, first + len(rows), total, unsaid, kinds.is_cut)

    def _other_names(self, target: str) -> list[tuple[str, str]]:
        """The names in the other language, by which values are known as well."""
        if target in ("channel", "category"):
            model: Any = Channel if target == "channel" else Category
            rows = self.session.execute(sa.select(model.code, model.name_zh, model.name_en))
            known = {code for code, _name in self.lists[target]}
            return [(name, row.code) for row in rows for name in (row.name_zh, row.name_en) if row.code in known]
        return []


def header_of(sent: Sent, place: Place) -> tuple[str, ...]:
    """The columns of a table; raises ``DomainError`` when it cannot be read."""
    return look(sent.source(place)).header


def read_draft(form: Mapping[str, str], header: Sequence[str], before: Draft) -> Draft:
    """What was chosen on the form; of values that it did not show, what was said ``before`` of the same column."""
    columns = {
        name: target for at, name in enumerate(header) if name and (target := form.get(f"column-{at}", "")) in TARGETS
    }
    values: dict[str, dict[str, str]] = {}
    now = Draft(columns)
    for target in VALUED:
        if (column := now.column(target)) is not None and column == before.column(target):
            values[target] = dict(list(before.values.get(target, {}).items())[:MOST_VALUES])
        for at in range(AT_ONCE):
            if (text := form.get(f"text-{target}-{at}")) is None:
                break
            values.setdefault(target, {})[text_of(text)[:120]] = form.get(f"value-{target}-{at}", "")[:64]
    chosen = {name: form.get(name, "")[:64] for name in ("channel", "category", "dates")}
    chosen["dates"] = chosen["dates"] if chosen["dates"] in ORDERS else ORDERS[0]
    return Draft(columns, _readable(values), chosen)


def _readable(values: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Without what is no code of its kind, which only a forged form sends."""
    known = {"severity": set(Severity), "urgency": set(Level), "impact": set(Level)}
    return {
        target: {text: code for text, code in texts.items() if target not in known or not code or code in known[target]}
        for target, texts in values.items()
    }


def saved_draft(session: Session, sent: Sent, chosen: str, place: Place) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What a kept mapping says of this table, as far as it has its columns, and which of them it has not."""
    number = chosen.removeprefix(SAVED)
    row = session.get(SavedMapping, int(number)) if number.isdecimal() and len(number) < 10 else None
    if row is None:
        return {}, ()
    header = header_of(sent, place)
    return {"draft": draft_of(row.definition, header), "save_as": row.name}, lacking(row.definition, header)


def _lists(session: Session) -> dict[str, list[tuple[str, str]]]:
    """What each valued column can stand for, as pairs of code and name."""
    channels = sa.select(Channel).where(Channel.retired_at.is_(None)).order_by(Channel.position, Channel.id)
    leaves = sa.select(Category).where(Category.retired_at.is_(None), Category.level == 3)
    levels = [(one.value, _(label_key(one))) for one in Level]
    return {
        "channel": [(row.code, named(row)) for row in session.scalars(channels)],
        "category": [(row.code, named(row)) for row in session.scalars(leaves.order_by(Category.path))],
        "severity": [(one.value, _(label_key(one))) for one in Severity],
        "urgency": levels,
        "impact": levels,
        "state": [(code, _("importing.state." + code)) for code in ("open", "closed")],
        "on_time": [(code, _("importing.on_time." + code)) for code in ("yes", "no")],
    }
