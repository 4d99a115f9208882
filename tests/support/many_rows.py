"""An office with very many complaints, as bare rows put in fast: for looking at plans and for measuring pages.

Most are archived; about 2 % are open, at every step, with clocks that run or are overdue. Each has its sealed brief
under a key of its own, the people and departments on it, clocks, events, its words and its keyed digests. Chains are
not made: pages of a list look at heads of chains no more than plans do.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.database import Database
from backoffice.keys import Keys
from backoffice.models.complaint import BlindIndex, ClockRow, Complaint, ComplaintDepartment, ComplaintPerson
from backoffice.models.configuration import Category, Channel
from backoffice.models.history import Event
from backoffice.models.office import Department, Staff
from backoffice.sealing import CaseSeal, blind, new_case_key
from policies import search
from policies.vocabulary import CaseFunction, ComplaintStatus, Outcome, Priority, Severity
from tests.support.counted import Counted

DAYS = 395
AT_ONCE = 5000
OPEN_SHARE = 0.02
COMMON, COMMON_SHARE = "掉线", 0.1
RARE, RARE_EVERY = "鸬鹚", 20_000
WORDS = ("宽带", "账单", "资费", "装机", "移机", "信号", "流量", "套餐", "停机", "合约", "发票", "光猫", "师傅", "态度", "漫游", "退款",
         "路由器", "视频", "卡顿", "短信", "积分", "号码", "过户", "销户")  # fmt: skip
STEPS = {
    ComplaintStatus.REGISTERED: ("register", 20), ComplaintStatus.CHECKING: ("check", 10),
    ComplaintStatus.ACCEPTED: ("dispatch", 10), ComplaintStatus.DISPATCHED: ("appoint", 15),
    ComplaintStatus.INVESTIGATING: ("investigate", 25), ComplaintStatus.PLANNING: ("plan", 8),
    ComplaintStatus.AWAITING_APPROVAL: ("approve", 4), ComplaintStatus.EXECUTING: ("execute", 8),
    ComplaintStatus.AWAITING_CALLBACK: ("call_back", 10), ComplaintStatus.REWORK: ("rework", 2),
}  # fmt: skip
CLOCKS = ("acknowledge", "resolve")


class Rows:
    """Draws the rows of one complaint after another from a seed."""

    def __init__(self, session: Session, keys: Keys, now: datetime, seed: int) -> None:
        self.keys, self.now, self.chance = keys, now, random.Random(seed)
        counted = Counted(session)
        first = counted.complaint()
        self.pattern = _plain(session, Complaint, first.id)
        self.clock = _plain(session, ClockRow, session.scalar(sa.select(sa.func.min(ClockRow.id))))
        self.leaves = list(session.scalars(sa.select(Category.id).where(Category.level == 3).order_by(Category.id)))[
            :60
        ]
        self.channels = list(session.scalars(sa.select(Channel.id).order_by(Channel.id)))
        self.units = list(
            session.scalars(sa.select(Department.id).where(Department.receives_orders).order_by(Department.id))
        )
        self.staff = list(session.scalars(sa.select(Staff.id).where(Staff.department_id.in_(self.units))))
        self.front = counted.department("front_desk")
        self.takers = [counted.staff(code) for code in ("S005", "S006", "S007")]
        self.piles: dict[Any, list[dict[str, Any]]] = {}

    def add(self, key: int) -> None:
        """The rows of the complaint with this key, the later the higher."""
        chance = self.chance
        is_open = chance.random() < OPEN_SHARE
        age = chance.random() * 20 if is_open else 3 + chance.random() * DAYS
        received = self.now - timedelta(days=age)
        number = f"TS{received:%Y%m%d}-{key:08}"
        unit, taker = chance.choice(self.units), chance.choice(self.takers)
        status = chance.choices(list(STEPS), [weight for _step, weight in STEPS.values()])[0]
        sent = not is_open or list(STEPS).index(status) > 2
        owner = (
            chance.choice(self.staff) if sent and (not is_open or status is not ComplaintStatus.DISPATCHED) else None
        )
        seal_key = new_case_key(self.keys, number)
        name, phone, text = f"客户{key % 9973:04}", f"139{key:08}", self.words(key)
        brief = {"name": name, "phone": phone, "summary": text}
        row = self.pattern | {
            "id": key, "number": number, "received_at": received, "registered_at": received, "submission": None,
            "source_key": None, "open": is_open, "registered_by_id": None if is_open and chance.random() < 0.05 else taker,
            "status": status if is_open else ComplaintStatus.ARCHIVED, "step": STEPS[status][0] if is_open else "archived",
            "acknowledged_at": None if status is ComplaintStatus.REGISTERED and is_open else received,
            "closed_at": None if is_open else received + timedelta(days=3), "archived_at": None if is_open else received + timedelta(days=3),
            "resolved_at": None if is_open else received + timedelta(days=2), "outcome": None if is_open else Outcome.RESOLVED,
            "severity": chance.choices(list(Severity), (80, 17, 3))[0], "priority": chance.choice(list(Priority)),
            "department_id": unit if sent else None, "owner_id": owner, "registered_department_id": self.front,
            "category_id": self.leaves[min(int(chance.expovariate(0.12)), len(self.leaves) - 1)],
            "channel_id": self.channels[min(int(chance.expovariate(0.5)), len(self.channels) - 1)],
            "next_due_at": received + timedelta(days=5, minutes=chance.randrange(9999)) if is_open else None,
            "next_due_clock": "resolve" if is_open else None, "confidential": chance.random() < 0.01,
            "sealed_key": seal_key, "sealed_brief": CaseSeal(self.keys, seal_key, number).seal_json(brief, "brief"),
        }  # fmt: skip
        self.put(Complaint, row)
        self.around(key, row, owner, unit if sent else None)
        self.put(BlindIndex, {"complaint_id": key, "kind": "phone", "token": blind(self.keys, "phone", phone)})
        self.put(BlindIndex, {"complaint_id": key, "kind": "name", "token": blind(self.keys, "name", name)})
        self.put("words", {"id": key, "text": text})

    def around(self, key: int, row: dict[str, Any], owner: int | None, unit: int | None) -> None:
        """People, departments, clocks and events."""
        at, current = row["received_at"], row["status"] is not ComplaintStatus.ARCHIVED
        people = [(row["registered_by_id"], CaseFunction.REGISTERED), (owner, CaseFunction.OWNER)]
        for person, function in people:
            if person is not None:
                own = {"staff_id": person, "function": function}
                self.put(ComplaintPerson, {"complaint_id": key, "since": at, "current": current} | own)
        for place in {self.front, unit} - {None}:
            own = {"department_id": place, "since": at, "current": current}
            self.put(ComplaintDepartment, {"complaint_id": key} | own)
        for place, code in enumerate(CLOCKS):
            ended = at + timedelta(days=1 + place)
            runs = row["open"] and (code == "resolve" or ended > self.now)
            due = row["next_due_at"] if runs else at + timedelta(days=2 + place)
            own = {"complaint_id": key, "code": code, "started_at": at, "due_at": due, "met": None if runs else True}
            self.put(ClockRow, self.clock | own | {"stopped_at": None if runs else ended, "order_id": None})
        for sequence in (1,):
            event = {"complaint_id": key, "sequence": sequence, "at": at, "recorded_at": at, "actor_id": row["registered_by_id"],
                     "action": "register", "from_step": None, "to_step": "check", "round": 1, "body": "{}", "mac": b"0" * 32}  # fmt: skip
            self.put(Event, event)

    def words(self, key: int) -> str:
        """What it is about: common words, the commonest in a tenth, a rare one in one of many."""
        found = [self.chance.choice(WORDS) for _ in range(6)]
        found += [COMMON] if self.chance.random() < COMMON_SHARE else []
        found += [RARE] if key % RARE_EVERY == 7 else []
        return "".join(found)

    def put(self, table: Any, row: dict[str, Any]) -> None:
        self.piles.setdefault(table, []).append(row)


def fill(database: Database, keys: Keys, count: int, now: datetime, seed: int = 7) -> None:
    """``count`` complaints received over the thirteen months up to ``now``, and the planner's figures of them."""
    with database.writing() as session:
        rows = Rows(session, keys, now, seed)
        start = session.scalar(sa.select(sa.func.max(Complaint.id))) or 0
        session.flush()
        connection = session.connection()
        for key in range(start + 1, start + 1 + count):
            rows.add(key)
            if len(rows.piles[Complaint]) >= AT_ONCE:
                _empty(connection, rows)
        _empty(connection, rows)
    analyse(database)


def multiply(database: Database, times: int) -> None:
    """Copies of all that is there, made within the database: many times faster, without customers that could be read."""
    with database.writing() as session:
        connection = session.connection()
        if database.dialect == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # keys are kept by the copies
        step = session.scalar(sa.select(sa.func.max(Complaint.id)))
        for statement in _copies(database.dialect, step, times):
            connection.exec_driver_sql(statement)
    analyse(database)


def _copies(dialect: str, step: int, times: int) -> Iterator[str]:
    """The statements: a row of a complaint is put in again with the complaint's id moved on."""
    plain = f"n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < {times - 1})"
    for model in (Complaint, ComplaintPerson, ComplaintDepartment, ClockRow, Event, BlindIndex):
        changed = {"complaint_id": f"complaint_id + k * {step}", "number": "number || '~' || k", "sealed_key": "NULL"}
        changed["token"] = "CAST(token || k AS BLOB)" if dialect == "sqlite" else "token || convert_to(k::text, 'UTF8')"
        names = [column.name for column in model.__table__.c if model is Complaint or column.name != "id"]
        changed |= {"id": f"id + k * {step}"}
        listed, values = ", ".join(names), ", ".join(changed.get(name, name) for name in names)
        yield f"WITH RECURSIVE {plain} INSERT INTO {model.__tablename__} ({listed}) SELECT {values} FROM {model.__tablename__}, n"
    key = "rowid" if dialect == "sqlite" else "complaint_id"
    yield (
        f"WITH RECURSIVE {plain} INSERT INTO complaint_search ({key}, words) "
        f"SELECT complaint_search.{key} + k * {step}, words FROM complaint_search, n"
    )


def analyse(database: Database) -> None:
    """Let the database count what its planner goes by."""
    database.measure()
    if database.dialect == "sqlite":
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def _plain(session: Session, model: Any, key: int | None) -> dict[str, Any]:
    row = session.get_one(model, key)
    return {one.key: getattr(row, one.key) for one in sa.inspect(model).column_attrs if one.key != "id"}


def _empty(connection: sa.Connection, rows: Rows) -> None:
    words = rows.piles.pop("words", [])
    for model in list(rows.piles):
        put_in(connection, model.__table__, rows.piles.pop(model))
    if connection.dialect.name == "sqlite":
        table = sa.table("complaint_search", sa.column("rowid", sa.Integer), sa.column("words", sa.Text))
        put_in(connection, table, [{"rowid": one["id"], "words": search.fts5_words(one["text"])} for one in words])
    else:
        table = sa.table("complaint_search", sa.column("complaint_id", sa.BigInteger), sa.column("words", sa.Text))
        put_in(connection, table, [{"complaint_id": one["id"], "words": search.tsvector(one["text"])} for one in words])


def put_in(connection: sa.Connection, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Rows into a table by the fastest way of the driver: ``executemany`` of SQLite, ``COPY`` of PostgreSQL."""
    if not rows:
        return
    columns = [column for column in table.c if column.name in rows[0]]
    processors = [_processor(column, connection.dialect) for column in columns]
    names = [column.name for column in columns]
    plain = ([_value(row[name], how) for name, how in zip(names, processors, strict=True)] for row in rows)
    listed = ", ".join(f'"{name}"' for name in names)
    cursor = connection.connection.cursor()
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(names))
        cursor.executemany(f'INSERT INTO "{table.name}" ({listed}) VALUES ({places})', plain)
        return
    with cursor.copy(f'COPY "{table.name}" ({listed}) FROM STDIN') as copy:
        for row in plain:
            copy.write_row(row)


def _processor(column: Any, dialect: sa.Dialect) -> Any:
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _value(value: Any, processor: Any) -> Any:
    return value if processor is None else processor(value)
