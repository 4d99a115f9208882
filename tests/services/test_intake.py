"""Registering (R1, R2, R39) on both databases: many clerks at once, nothing in clear, whole or not at all."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from backoffice.database import Database
from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import BlindIndex, ClockRow, Complaint
from backoffice.models.handling import Attachment
from backoffice.models.history import ChainHead, Event
from backoffice.queries.verification import verify
from backoffice.services import intake
from backoffice.services.core import history
from backoffice.services.handling import act_on
from backoffice.services.intake import Registration, register
from policies.vocabulary import ContactWay, Level, Severity
from tests.support.played import TEXTS, Play

KEYS = Keys.fresh()
SECRETS = [TEXTS[code] for code in ("customer_name", "contact_phone", "address", "email", "what", "demand")]
CLERKS, EACH = 8, 6


@pytest.fixture
def play(office_database, tmp_path):
    return Play(office_database, KEYS, tmp_path / "files")


def count(database: Database, model) -> int:
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model))


def test_R1_eight_clerks_at_once_get_numbers_without_gap_or_repeat(office_database, tmp_path):
    """Each with connections of their own, as in processes of their own."""
    start = threading.Barrier(CLERKS)

    def clerk(place: int) -> list[str]:
        database = Database(office_database.url)
        numbers = []
        start.wait(timeout=60)
        for turn in range(EACH):
            play = Play(database, KEYS, tmp_path / "files")
            play.register(
                uploads=(), texts={"contact_phone": f"139{place:04}{turn:04}"}, submission=f"form-{place}-{turn}"
            )
            numbers.append(play.number)
        database.dispose()
        return numbers

    with ThreadPoolExecutor(CLERKS) as pool:
        numbers = [number for found in pool.map(clerk, range(CLERKS)) for number in found]
    assert sorted(numbers) == [f"TS20261123-{n:04}" for n in range(1, CLERKS * EACH + 1)]
    with office_database.reading() as session:
        found = verify(session, KEYS.chain)
    assert (found.complaints, found.broken) == (CLERKS * EACH, [])


def test_R2_the_same_form_from_eight_tries_at_once_registers_once(office_database, tmp_path, monkeypatch):
    start = threading.Barrier(CLERKS)
    grade = intake._graded

    def slowly(*args):
        time.sleep(0.1)  # so that all have looked for it before one has kept it
        return grade(*args)

    monkeypatch.setattr(intake, "_graded", slowly)

    def clerk(_place: int) -> str:
        database = Database(office_database.url)
        play = Play(database, KEYS, tmp_path / "files")
        start.wait(timeout=60)
        play.register(uploads=(), submission="one form")
        database.dispose()
        return play.number

    with ThreadPoolExecutor(CLERKS) as pool:
        numbers = set(pool.map(clerk, range(CLERKS)))
    assert numbers == {"TS20261123-0001"}
    assert count(office_database, Complaint) == 1


def test_R39_nothing_of_the_customer_is_in_clear_in_the_database_or_its_files(play, dialect, tmp_path):
    play.register()
    play.dispatch()
    play.handle()
    play.close()
    play.database.dispose()
    text = _everything(play, dialect)
    assert play.number.encode() in text  # it was read at all
    found = [secret for secret in [*SECRETS, "约定今晚上门", "割接 64 户"] for code in ("utf-8", "utf-16-le")
             if secret.encode(code) in text or _escaped(secret) in text]  # fmt: skip
    assert found == []
    kept = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if b"drops every evening" in path.read_bytes()]


def _everything(play: Play, dialect: str) -> bytes:
    """All bytes of the database: its files on SQLite, every row as text on PostgreSQL."""
    if dialect == "sqlite":
        path = Path(sa.engine.make_url(play.database.url).database)
        return b"".join(one.read_bytes() for one in path.parent.glob(path.name + "*"))
    rows = []
    with play.database.reading() as session:
        names = sa.inspect(session.get_bind()).get_table_names()
        for name in names:
            rows += [bytes(value) if isinstance(value, memoryview | bytes) else str(value).encode()
                     for row in session.execute(sa.text(f'SELECT * FROM "{name}"')) for value in row]  # fmt: skip
            rows += [row[0].encode() for row in session.execute(sa.text(f'SELECT CAST(t AS text) FROM "{name}" t'))]
    return b"\n".join(rows)


def _escaped(text: str) -> bytes:
    """As JSON writes it when it keeps to ASCII."""
    return text.encode("unicode_escape").replace(b"\\\\", b"\\")


def test_R38_the_blind_index_finds_by_phone_and_name_and_holds_neither(play):
    play.register(uploads=())
    with play.database.reading() as session:
        rows = session.scalars(sa.select(BlindIndex)).all()
    assert {row.kind for row in rows} >= {"phone", "name"}
    assert all(len(row.token) == 16 for row in rows)
    assert len({bytes(row.token) for row in rows}) == len(rows)


def test_R1_a_fault_in_the_middle_leaves_no_trace(play, monkeypatch):
    def breaks(*_args, **_more):
        raise RuntimeError("the power is gone")

    monkeypatch.setattr(history, "append", breaks)
    with pytest.raises(RuntimeError):
        play.register(uploads=())
    for model in (Complaint, Event, ChainHead, ClockRow, BlindIndex, Attachment):
        assert count(play.database, model) == 0, model.__name__
    monkeypatch.undo()
    play.register(uploads=())
    assert play.number == "TS20261123-0001"  # the number was not used up


def test_R4_a_refused_act_takes_the_registration_back_with_it(play):
    """The page registers and accepts in one breath: told by half a form, there is nothing."""
    registration = Registration(
        channel="hotline", category="net_broadband_slow", severity=Severity.GENERAL, urgency=Level.MEDIUM, impact=Level.LOW,
        received_at=play.at, texts=TEXTS, preferred_contact=ContactWay.PHONE, call_started_at=play.at, call_seconds=60,
        occurred_at=play.at - timedelta(days=1),
    )  # fmt: skip
    too_much = {"solution": "复位", "customer_opinion": "好", "compensation_amount": 51}

    def in_one_breath():
        with play.database.writing() as session:
            case = act_on(register(play.work(session, "S005"), registration), "start_check", {}).case
            act_on(case, "solve_at_first_contact", too_much)

    with pytest.raises(DomainError):
        in_one_breath()
    assert count(play.database, Complaint) == 0
    assert count(play.database, Event) == 0


@pytest.mark.parametrize("code", ["S008", "S011", "S013", "S012", "S022", "S029", "S030"])
def test_R39_who_does_not_register_is_refused_by_the_service_too(play, code):
    with pytest.raises(DomainError) as refused:
        play.register(code, uploads=())
    assert refused.value.status == 403
    assert count(play.database, Complaint) == 0
