"""Very many complaints (the generator of the benchmarks): what it writes is what the services would have written.

The same lives are lived twice: each by the services, with its own customer, words, day and numbers, beside all the
others in the order of time; and as copies of patterns of other customers, lived in other weeks. Every row of every
table is then compared, column by column; what is sealed is opened first. Only keys, nonces and the codes of the chain
are random: ``verify`` holds these.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from backoffice.keys import Keys
from backoffice.models.base import Base
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Setting
from backoffice.queries.customer import earlier_complaints
from backoffice.queries.search import holds
from backoffice.queries.verification import verify
from backoffice.sealing import CaseSeal
from backoffice.services.core.case import id_of, look_at
from backoffice.services.core.work import Work
from backoffice.services.dossier.commands import preview
from benchmarks.many import COMMON, filling
from benchmarks.many.life import GENERAL
from benchmarks.many.pattern import watching
from benchmarks.many.plan import LATELY, WEEK, Planner, lives
from benchmarks.many.stage import live, stage_of
from benchmarks.many.words import told
from tests.support.databases import with_default_office
from tests.support.offices import actor_of

KEYS = Keys.fresh()
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SEED = 11
KEPT = 920_000_000_000_000  # keys of the filled rows begin here, so that they are known wherever they stand
RANDOM = {("complaint", "sealed_key"), ("event", "mac"), ("chain_head", "mac"), ("complaint", "revision")}
"""Not compared: keys and codes of the chain, and how often a row was written, which hangs on what a process had read."""


PARTS = 4
EACH = {"sqlite": 50, "postgresql": 6}
"""Complaints in each part; on PostgreSQL fewer, since there it is about the way into the other database."""
LIVES = {"sqlite": 24, "postgresql": 12}
"""Lives that are patterns: one of each course, then one of each course that was begun lately."""
_patterns = {}


@pytest.fixture(params=range(PARTS), ids=lambda part: f"part{part + 1}")
def filled(request, office_database, monkeypatch):
    """An office filled in bulk, and the lives that its complaints are to have had; patterns are lived once for all."""
    dialect, kept, said = office_database.dialect, [], []
    lasts, planned, lived = filling._last_keys, Planner.plan, filling.live_patterns

    def noted(planner, count, words, counters):
        made = planned(planner, count, words, counters)
        kept.extend(_life(planner.patterns, item) for item in made.items)
        return made

    def once(*given):
        if dialect not in _patterns:
            _patterns[dialect] = list(lived(*given))
        return _patterns[dialect]

    monkeypatch.setattr(filling, "_last_keys", lambda session: apart(lasts(session)))
    monkeypatch.setattr(Planner, "plan", noted)
    monkeypatch.setattr(filling, "lives", lambda stage, _count, _seed: varied(stage, LIVES[dialect]))
    monkeypatch.setattr(filling, "live_patterns", once)
    filling.fill(office_database, KEYS, EACH[dialect], NOW, seed=SEED + request.param, say=said.append)
    assert not [line for line in said if line.startswith("no pattern")]
    return office_database, kept


def varied(stage, most):
    found = {}
    for life in lives(stage, 1_000_000, SEED):
        found.setdefault((NOW - life.received_at < timedelta(days=LATELY), life.severity, life.course), life)
    assert len(found) == 2 * (len(set(GENERAL)) + 2), "every course, long ago and lately"
    return [found[key] for key in sorted(found)][:most]


def apart(keys):
    """Keys that no two tables share, and that are known wherever they stand."""
    return {table: KEPT + 10**9 * place for place, table in enumerate(["complaint", *sorted({*keys} - {"complaint"})])}


def _life(patterns, item):
    """The life that a copy of a pattern is to be: at its own day, of its own customer, at the same hours."""
    lived = patterns[item.pattern].lived
    shift = item.weeks * WEEK
    return replace(
        lived.life, received_at=lived.life.received_at + shift, texts=told(item.words, lived.life.leaf, item.customer),
        moments=tuple(moment + shift for moment in lived.moments),
    )  # fmt: skip


def test_rows_written_in_bulk_are_the_rows_that_the_services_write(filled, templates, tmp_path):
    database, wanted = filled
    faultless_found_and_opened(database, wanted[-1].texts["contact_phone"])
    (tmp_path / "lived").mkdir()
    with templates.copy(database.dialect, with_default_office, tmp_path / "lived") as other:
        with other.reading() as session:
            stage = stage_of(session, KEYS, NOW)
        with other.writing() as session, watching(session) as sealed:
            live(stage, session, wanted)
        lived, contexts = rows_of(other), {value: context for value, (_, context) in sealed.items()}
        with other.reading() as session:
            assert verify(session, KEYS.chain).broken == []
    copied = rows_of(database)
    assert set(copied) == set(lived), "the same numbers, without a gap"
    assert len(copied) == EACH[database.dialect]
    for number in sorted(lived):
        assert plain(number, copied[number], lived[number], contexts) == plain(
            number, lived[number], lived[number], contexts
        )


def faultless_found_and_opened(database, phone):
    """The chains hold, nothing hangs in the air, and a complaint is found by words and phone, opened, and printed."""
    with database.reading() as session:
        found = verify(session, KEYS.chain)
        assert (found.broken, found.complaints) == ([], EACH[database.dialect])
        assert found.events / found.complaints >= 8
        assert session.get(Setting, filling.UNFINISHED) is None, "the task is done"
        if database.dialect == "sqlite":
            assert session.execute(sa.text("PRAGMA foreign_key_check")).all() == []
        last = session.scalars(sa.select(Complaint).order_by(Complaint.id.desc()).limit(1)).one()
        assert last.id in [one.id for one in earlier_complaints(session, KEYS, phone)]
        assert session.scalars(sa.select(Complaint.id).where(holds(session, COMMON))).first()
        work = Work(session, KEYS, actor_of(session, "S003"), NOW, NOW)
        case = look_at(work, id_of(session, last.number))
        assert case.record["contact_phone"] == phone
        assert preview(work, last.id, "zh_Hans").parts


def rows_of(database):
    """Number of a complaint → table → its rows, from every table that has a row of it, however it hangs there."""
    found, owner = {}, {}
    with database.reading() as session:
        for table in _parents_first():
            keys = [one for one in table.primary_key.columns if isinstance(one.type, sa.BigInteger)]
            if not keys:
                continue
            own = sa.or_(*(one >= 91 * 10**13 for one in keys))
            for row in session.execute(sa.select(table).where(own).order_by(*table.primary_key.columns)).mappings():
                number = row["number"] if table.name == "complaint" else owner[_complaint_of(table, row, owner)]
                if "id" in row:
                    owner[row["id"]] = number
                found.setdefault(number, {}).setdefault(table.name, []).append(dict(row))
        for complaint_id, words in session.execute(sa.text(_WORDS[database.dialect])):
            found[owner[complaint_id]]["complaint_search"] = [{"id": complaint_id, "words": words}]
    return found


_WORDS = {"sqlite": "SELECT rowid, words FROM complaint_search",
          "postgresql": "SELECT complaint_id, CAST(words AS text) FROM complaint_search"}  # fmt: skip


def _parents_first():
    tables = Base.metadata.sorted_tables
    return [Complaint.__table__, *(one for one in tables if one.name != "complaint")]


def _complaint_of(table, row, owner):
    """A row's complaint, or another row of which it is known whose it is."""
    if row.get("complaint_id"):
        return row["complaint_id"]
    return next(row[key.parent.name] for key in table.foreign_keys if row[key.parent.name] in owner)


def plain(number, rows, lived, contexts):
    """A complaint's rows without what is random: own keys by their place, sealed values opened."""
    seal = CaseSeal(KEYS, rows["complaint"][0]["sealed_key"], number)
    places = {row["id"]: f"<{table} {place}>" for table, several in sorted(rows.items())
              for place, row in enumerate(several) if "id" in row}  # fmt: skip
    return {
        table: [_plain_row(table, row, other, seal, places, contexts)
                for row, other in zip(several, lived.get(table, several), strict=True)]
        for table, several in rows.items()
    }  # fmt: skip


def _plain_row(table, row, other, seal, places, contexts):
    said = {}
    for column, kept in row.items():
        value = kept
        if (table, column) in RANDOM:
            continue
        context = contexts.get(bytes(other[column])) if isinstance(other[column], bytes | memoryview) else None
        if context is not None:
            value = seal.open_text(value, context)
        elif (table, column) == ("event", "body"):
            content = json.loads(value)
            if content.get("sealed"):
                content["sealed"] = seal.open_text(base64.b64decode(content["sealed"]), f"event:{row['sequence']}")
            value = json.dumps(content, ensure_ascii=False)
        said[column] = re.sub(r"9[12]\d{13}", lambda found: places.get(int(found.group()), found.group()), str(value))
    return said
