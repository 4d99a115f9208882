"""The daily seal (R40): it shows a complaint that was deleted whole, and a row or a line that is gone or changed."""

from __future__ import annotations

import json
import threading
import time
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from backoffice.integrations import seal_log
from backoffice.jobs.daily_seal import KIND, seal_day
from backoffice.jobs.running import Workshop, plan, work_off
from backoffice.keys import Keys
from backoffice.models import Base
from backoffice.models.complaint import Complaint
from backoffice.models.history import ChainHead, DailySeal, Event
from backoffice.models.work import Job
from backoffice.queries.seals import check_seals
from backoffice.queries.verification import verify
from backoffice.services import handling
from policies.chain import Head, seal
from tests.support.played import Play

HANDLERS = {KIND: seal_day}
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


@pytest.fixture
def shop(office_database, clock, tmp_path):
    return Workshop(office_database, Keys.fresh(), clock, tmp_path)


@pytest.fixture
def ids(shop):
    """Three complaints, entered before the first seal."""
    return [entered(shop, number) for number in range(3)]


def entered(shop, number):
    play = Play(shop.database, shop.keys, shop.folder / "files")
    play.register(texts={"contact_phone": f"1390000417{number}"})
    return play.complaint_id


def act(shop, complaint_id):
    play = Play(shop.database, shop.keys, shop.folder / "files", complaint_id=complaint_id)
    play.act("S005", "acknowledge", way="phone", text="已受理")


def seal_on(shop, day):
    shop.clock.at += timedelta(days=1)
    plan(shop.database, KIND, day.isoformat(), shop.clock.at)
    assert work_off(shop, HANDLERS).done == 1


def delete_whole(shop, complaint_id):
    """As somebody who can write the database would: the row and everything that points to it."""
    with shop.database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if "complaint_id" in table.c:
                session.execute(sa.delete(table).where(table.c.complaint_id == complaint_id))
        session.execute(sa.delete(Complaint).where(Complaint.id == complaint_id))


def found(shop):
    """What the check says: name or key of the name, and key of the fault."""
    with shop.database.reading() as session:
        _, broken = check_seals(session, shop.keys.chain, seal_log.lines(shop.folder))
    return [(chain.number if isinstance(chain.number, str) else str(chain.number.params.get("day", "")), chain.fault.key)
            for chain in broken]  # fmt: skip


def test_R40_a_day_is_sealed_once_in_the_database_and_in_a_log_apart(shop, ids):
    seal_on(shop, MONDAY)
    with shop.database.reading() as session:
        row = session.scalars(sa.select(DailySeal)).one()
        heads = session.scalars(sa.select(ChainHead).order_by(ChainHead.complaint_id))
        expected = seal(shop.keys.chain, [(head.complaint_id, Head(head.sequence, bytes(head.mac))) for head in heads])
        assert bytes(row.mac) == expected
        assert row.last_event_id == session.scalar(sa.select(sa.func.max(Event.id)))
    [line] = seal_log.lines(shop.folder)
    said = json.loads(line)
    assert (said["day"], said["complaints"], said["last_complaint_id"], said["mac"]) == (
        "2026-11-23", 3, ids[-1], expected.hex(),
    )  # fmt: skip
    path = seal_log.path_in(shop.folder)
    assert (path.name, path.parent.name) == ("seals.log", "seals")
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert found(shop) == []


def test_R40_old_seals_hold_when_life_went_on(shop, ids):
    seal_on(shop, MONDAY)
    act(shop, ids[1])
    entered(shop, 7)
    seal_on(shop, TUESDAY)
    act(shop, ids[0])
    assert found(shop) == []


def test_R40_what_is_being_written_while_the_seal_is_made_is_under_it_or_after_it(shop, ids):
    """An event that got its id before another one may be committed after it; a seal between the two would not hold."""
    written, others = threading.Event(), threading.Event()

    def write_slowly():
        play = Play(shop.database, shop.keys, shop.folder / "files")
        with shop.database.writing() as session:
            handling.act(play.work(session, "S005"), ids[0], "start_check", {})
            written.set()
            others.wait(20)
            time.sleep(0.5)

    writer = threading.Thread(target=write_slowly)
    writer.start()
    written.wait(20)
    if shop.database.dialect == "postgresql":  # on SQLite nobody else writes meanwhile
        act(shop, ids[1])
    others.set()
    seal_on(shop, MONDAY)
    writer.join(20)
    assert found(shop) == []


def test_R40_an_office_without_complaints_is_sealed_too(shop):
    seal_on(shop, MONDAY)
    assert found(shop) == []
    entered(shop, 1)
    assert found(shop) == []


@pytest.mark.parametrize("place", [0, 1, 2])
def test_R40_a_complaint_that_was_deleted_whole_is_named_once(shop, ids, place):
    seal_on(shop, MONDAY)
    seal_on(shop, TUESDAY)
    delete_whole(shop, ids[place])
    with shop.database.reading() as session:
        assert verify(session, shop.keys.chain).broken == [], "the chains that are left know nothing of it"
    assert found(shop) == [(f"#{ids[place]}", "history.fault.deleted_whole")]


def test_R40_several_that_were_deleted_are_named_together(shop, ids):
    seal_on(shop, MONDAY)
    delete_whole(shop, ids[0])
    delete_whole(shop, ids[1])
    assert found(shop) == [(f"#{ids[0]}–{ids[1]}", "history.fault.deleted_several")]


def test_R40_one_that_came_after_the_last_seal_is_told_by_the_next(shop, ids):
    seal_on(shop, MONDAY)
    late = entered(shop, 7)
    seal_on(shop, TUESDAY)
    delete_whole(shop, late)
    assert found(shop) == [(f"#{late}", "history.fault.deleted_whole")]


def test_R40_a_history_cut_back_below_a_seal_is_found_though_its_head_was_put_back(shop, ids):
    with shop.database.reading() as session:
        head = session.get_one(ChainHead, ids[0])
        before = {"sequence": head.sequence, "mac": head.mac}
    act(shop, ids[0])
    seal_on(shop, MONDAY)
    with shop.database.writing() as session:
        session.execute(sa.delete(Event).where(Event.complaint_id == ids[0], Event.sequence > before["sequence"]))
        session.execute(sa.update(ChainHead).where(ChainHead.complaint_id == ids[0]).values(**before))
    with shop.database.reading() as session:
        assert verify(session, shop.keys.chain).broken == [], "who kept a copy of an old head can put it back"
    assert found(shop) == [("2026-11-23", "history.seal.broken")]


def test_R40_a_row_or_a_line_that_is_missing_is_told(shop, ids):
    seal_on(shop, MONDAY)
    seal_on(shop, TUESDAY)
    first, second = seal_log.lines(shop.folder)
    path = seal_log.path_in(shop.folder)
    path.write_text(second + "\n")
    assert found(shop) == [("2026-11-23", "history.seal.line_missing")]
    path.write_text(f"{first}\n{second}\n")
    with shop.database.writing() as session:
        session.execute(sa.delete(DailySeal).where(DailySeal.day == TUESDAY))
    assert found(shop) == [("2026-11-24", "history.seal.row_missing")]
    path.unlink()
    assert found(shop) == [("2026-11-23", "history.seal.line_missing")]


def test_R40_a_row_or_a_line_that_says_something_else_is_told(shop, ids):
    seal_on(shop, MONDAY)
    path = seal_log.path_in(shop.folder)
    line = path.read_text()
    path.write_text(line.replace('"complaints":3', '"complaints":2'))
    assert found(shop) == [("2026-11-23", "history.seal.different")]
    path.write_text(line + "{half a li\n")
    assert found(shop) == [("", "history.seal.unreadable")]
    path.write_text(line)
    with shop.database.writing() as session:
        session.execute(sa.update(DailySeal).values(mac=b"\x00" * 32))
    assert found(shop) == [("2026-11-23", "history.seal.different"), ("2026-11-23", "history.seal.broken")]


def test_R40_a_seal_cannot_be_made_up_without_the_key(shop, ids):
    seal_on(shop, MONDAY)
    shop.clock.at += timedelta(days=1)
    with shop.database.reading() as session:
        _, broken = check_seals(session, Keys.fresh().chain, seal_log.lines(shop.folder))
    assert [chain.fault.key for chain in broken] == ["history.seal.broken"]


def test_R40_a_job_that_was_broken_off_after_the_row_writes_the_same_line(shop, ids):
    seal_on(shop, MONDAY)
    seal_log.path_in(shop.folder).write_text('{"day": "2026-11-2')  # and a crash left half a line
    act(shop, ids[0])
    with shop.database.writing() as session:
        session.execute(sa.update(Job).values(done_at=None))
    assert work_off(shop, HANDLERS).done == 1
    with shop.database.writing() as session:
        session.execute(sa.update(Job).values(done_at=None))
    assert work_off(shop, HANDLERS).done == 1
    assert len(seal_log.lines(shop.folder)) == 2, "the half line and the whole one, no third"
    assert found(shop) == [("", "history.seal.unreadable")]
