"""Copies of patterns: the same life for another customer in another week, sealed and chained as the services do.

A copier is made in each process. It writes rows by table, in the form in which the database keeps them.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple

from backoffice.keys import Keys
from backoffice.sealing import CaseSeal, new_case_key
from backoffice.services.core.intake_record import content_of, tokens_of
from benchmarks.many.pattern import MONTHS, Pattern, Row, Sealed, Slot, Text
from benchmarks.many.words import told
from policies import search
from policies.chain import append, first_head
from policies.intake import summarise

SEARCH = "complaint_search"
Rows = dict[str, list[tuple[Any, ...]]]


class Item(NamedTuple):
    """One complaint of a plan: the pattern's place, weeks later, the numbers (its own first), whose words, and the
    words of the complaint by which its customer was there before.
    """

    pattern: int
    weeks: int
    numbers: tuple[str, ...]
    words: int
    customer: int | None


@dataclass
class _Made:
    """What the making of one copy has at hand."""

    texts: list[str]
    seal: CaseSeal
    key: bytes
    bodies: list[str]
    macs: list[bytes]
    head: bytes
    ids: list[int]
    tokens: dict[str, bytes]


Maker = Callable[[_Made], Any]


class Copier:
    """Makes copies; ``keys`` seal them. Patterns are prepared when they are first needed."""

    def __init__(self, keys: Keys, patterns: list[Pattern], dialect: str) -> None:
        self.keys, self.patterns = keys, patterns
        self.words = search.tsvector if dialect == "postgresql" else search.fts5_words
        self._prepared: dict[int, _Prepared] = {}

    def rows(self, items: list[Item], first: dict[str, int]) -> Rows:
        """The rows of some copies; ``first``: by table the key of its first row, counted on."""
        out: Rows = {SEARCH: []}
        place = dict(first)
        for item in items:
            prepared = self._prepared.get(item.pattern)
            if prepared is None:
                prepared = self._prepared[item.pattern] = _Prepared(self.patterns[item.pattern])
            self._copy(prepared, item, place, out)
        return out

    def _copy(self, prepared: _Prepared, item: Item, place: dict[str, int], out: Rows) -> None:
        pattern = prepared.pattern
        ids = []
        for table in pattern.ids:
            ids.append(place[table])
            place[table] += 1
        complaint = ids[prepared.complaint]
        words = told(item.words, pattern.lived.life.leaf, item.customer)
        words["summary"] = summarise(words["what"])
        number = item.numbers[0]
        key = new_case_key(self.keys, number)
        record = {name: words[name] for name in (*pattern.fields, "summary")}
        made = _Made(
            prepared.texts(item, ids, words), CaseSeal(self.keys, key, number), key, [], [], b"", ids,
            dict(tokens_of(self.keys, record)),
        )  # fmt: skip
        self._chain(prepared, made, complaint)
        for table, rows in prepared.rows:
            written = out.setdefault(table, [])
            for values, makers in rows:
                row = values[:]
                for where, make in makers:
                    row[where] = make(made)
                written.append(tuple(row))
        out[SEARCH].append((complaint, self.words(content_of(number, "", record))))

    def _chain(self, prepared: _Prepared, made: _Made, complaint: int) -> None:
        """The events' texts and the chain over them, as ``history.record`` makes them."""
        key = self.keys.chain
        head = first_head(key, complaint)
        for body, sealed in prepared.events:
            if sealed is not None:
                text, context = sealed
                made.texts[-1] = base64.b64encode(made.seal.seal(text(made.texts), context(made.texts))).decode()
            link, head = append(key, head, body(made.texts))
            made.bodies.append(link.body)
            made.macs.append(link.mac)
        made.head = head.mac


class _Prepared:
    """A pattern with its slots numbered, so that a copy is made by filling forms from one list."""

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        self.complaint = pattern.ids.index("complaint")
        self.slots: dict[Slot, int] = {}
        bodies = [row.made[self._at("event", "body")] for row in pattern.rows["event"]]
        self.events = [
            (self._form(text), None if sealed is None else (self._form(sealed.text), self._form(sealed.context)))
            for _, text, sealed in bodies
        ]
        self.rows = [
            (table, [self._row(row, place) for place, row in enumerate(rows)]) for table, rows in pattern.rows.items()
        ]
        self.order = [slot for slot in self.slots if slot != ("sealed",)]

    def _at(self, table: str, column: str) -> int:
        return self.pattern.columns[table].index(column)

    def _row(self, row: Row, place: int) -> tuple[list[Any], list[tuple[int, Maker]]]:
        return row.values, [(where, self._maker(what, place)) for where, what in row.made.items()]

    def _maker(self, what: Any, place: int) -> Maker:
        """What makes one value of a copy; ``place``: which row of its table it is."""
        if isinstance(what, Text):
            form = self._form(what)
            return lambda made: form(made.texts)
        if isinstance(what, Sealed):
            inner, context = self._form(what.text), self._form(what.context)
            return lambda made: made.seal.seal(inner(made.texts), context(made.texts))
        name, *more = what
        makers: dict[str, Maker] = {
            "id": lambda made: made.ids[more[0]],
            "token": lambda made: made.tokens[more[0]],
            "key": lambda made: made.key,
            "body": lambda made: made.bodies[place],
            "mac": lambda made: made.macs[place],
            "head": lambda made: made.head,
        }
        return makers[name]

    def _form(self, text: Text) -> Callable[[list[str]], str]:
        form, slots = text.form, text.slots
        if not slots:
            plain = form % ()
            return lambda _texts: plain
        places = [self._place(slot) for slot in slots]
        if len(places) == 1:
            only = places[0]
            if form == "%s":
                return itemgetter(only)
            return lambda texts: form % texts[only]
        pick = itemgetter(*places)
        return lambda texts: form % pick(texts)

    def _place(self, slot: Slot) -> int:
        return -1 if slot == ("sealed",) else self.slots.setdefault(slot, len(self.slots))

    def texts(self, item: Item, ids: list[int], words: dict[str, str]) -> list[str]:
        """What stands at each slot in a copy; the last one is for what is sealed of an event."""
        made = []
        days = 7 * item.weeks
        for slot in self.order:
            kind = slot[0]
            if kind == "id":
                made.append(str(ids[slot[1]]))
            elif kind == "word":
                made.append(words[slot[1]])
            elif kind == "number":
                made.append(item.numbers[slot[1]])
            else:
                made.append(day_text(kind, slot[1] + days))
        made.append("")
        return made


_days: dict[tuple[str, int], str] = {}


def day_text(form: str, ordinal: int) -> str:
    """A day as it stands in a text: 2026-11-23, 11月23日, 23 Nov."""
    found = _days.get((form, ordinal))
    if found is None:
        day = date.fromordinal(ordinal)
        forms = {"iso": day.isoformat(), "zh": f"{day.month}月{day.day}日", "en": f"{day.day} {MONTHS[day.month - 1]}"}
        found = _days[(form, ordinal)] = forms[form]
    return found
