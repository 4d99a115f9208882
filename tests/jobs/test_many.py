"""R40: an act on many complaints is done once for each, whoever is killed in between, and as the person may now (R39)."""

from __future__ import annotations

import errno
import io
import sqlite3
import threading
import time
import zipfile
from datetime import timedelta

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from sqlalchemy.exc import IntegrityError, OperationalError

from backoffice.clock import SetClock
from backoffice.errors import DomainError
from backoffice.integrations.store import FolderStore, unreachable
from backoffice.jobs import many as doing
from backoffice.jobs.running import LEASE, Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.history import AccessEvent, AccessHead, Event
from backoffice.models.many import ManyRun
from backoffice.models.office import StaffRole
from backoffice.models.work import Job
from backoffice.services import handling, many
from policies.message import Message
from policies.vocabulary import ContactWay
from tests.support.played import Play
from views import language

KEYS = Keys.fresh()
HANDLERS = {doing.KIND: doing.go_through}


class Case:
    """Some complaints that were just registered, and an order to acknowledge them."""

    def __init__(self, database, folder) -> None:
        self.database, self.plays = database, []
        for n in range(3):
            play = Play(database, KEYS, folder)
            play.register(texts={"contact_phone": f"1390000000{n}"})
            self.plays.append(play)
        self.clock = SetClock(play.at + timedelta(hours=1))
        self.shop = Workshop(database, KEYS, self.clock, folder, lambda message, to: language.say(message, to))

    def ask(self, revisions=None, action="acknowledge", code="S005", form="form") -> int:
        items = revisions or {play.number: 0 for play in self.plays}
        first = self.plays[0]
        first.at = self.clock.at
        with self.database.writing() as session:
            values = {"way": ContactWay.PHONE} if action == "acknowledge" else {}
            job = many.ask(first.work(session, code), action, items, values, "zh_Hans", form)
            job.leased_until = None  # whoever asked was killed before they began
            return int(job.slot)

    def outcomes(self, run_id):
        with self.database.reading() as session:
            return [(one.number, one.done) for one in many.read(session.get_one(ManyRun, run_id), KEYS).outcomes]

    def acts(self) -> int:
        with self.database.reading() as session:
            rows = sa.select(sa.func.count()).select_from(Event).where(Event.action == "acknowledge")
            return session.scalar(rows)


@pytest.fixture
def case(office_database, tmp_path) -> Case:
    return Case(office_database, tmp_path)


def revisions_of(case) -> dict[str, int]:
    found = {}
    for play in case.plays:
        with case.database.reading() as session:
            found[play.number] = session.scalar(
                sa.text("SELECT revision FROM complaint WHERE number = :n"), {"n": play.number}
            )
    return found


def test_R40_a_worker_that_is_killed_in_between_leaves_what_is_done_and_another_does_the_rest(case, monkeypatch):
    run_id, real, count = case.ask(revisions_of(case)), handling.act, []

    def once_only(*args, **more):
        count.append(1)
        if len(count) == 2:
            raise KeyboardInterrupt
        return real(*args, **more)

    monkeypatch.setattr(doing.handling, "act", once_only)
    with pytest.raises(KeyboardInterrupt):
        work_off(case.shop, HANDLERS)
    assert case.acts() == len(case.outcomes(run_id)) == 1
    case.clock.at += LEASE + timedelta(seconds=1)
    assert work_off(case.shop, HANDLERS).done == 1
    assert case.outcomes(run_id) == [(play.number, True) for play in case.plays]
    assert case.acts() == 3


@pytest.mark.parametrize("fault", [ZeroDivisionError(), IntegrityError("insert", {}, Exception("twice"))])
def test_R40_what_breaks_or_is_refused_is_told_and_holds_no_other_up(case, monkeypatch, fault):
    seen = revisions_of(case)
    seen[case.plays[0].number] += 1
    run_id, real = case.ask(seen), handling.act

    def broken(work, complaint_id, *args, **more):
        if complaint_id == case.plays[1].complaint_id:
            raise fault
        return real(work, complaint_id, *args, **more)

    monkeypatch.setattr(doing.handling, "act", broken)
    assert work_off(case.shop, HANDLERS).done == 1
    assert [done for _number, done in case.outcomes(run_id)] == [False, False, True]
    assert case.acts() == 1


def test_R10_an_order_that_lacks_elements_says_which_and_that_it_was_filled_in(case):
    first, other, early = case.plays
    for play in (first, other):
        play.act("S005", "acknowledge", way=ContactWay.PHONE)
        play.act("S005", "start_check")
        play.act("S005", "accept")
    case.clock.at = max(first.at, other.at) + timedelta(minutes=5)
    first.at = case.clock.at
    values = {
        "department": first.department("technical_support"), "requirements": "查", "handover_reason": "需测试",
        "deadline": case.clock.at + timedelta(days=4), "promised_time": case.clock.at + timedelta(days=5),
    }  # fmt: skip
    with case.database.writing() as session:
        job = many.ask(first.work(session, "S008"), "send_order", revisions_of(case), values, "zh_Hans", "orders")
        job.leased_until, run_id = None, int(job.slot)
    assert work_off(case.shop, HANDLERS).done == 1

    def kept():
        with case.database.reading() as session:
            return {one.number: one for one in many.read(session.get_one(ManyRun, run_id), KEYS).outcomes}

    asked = {"customer_number", "pre_check_result", "speed_test", "device_model", "available_time"}
    assert {field for field, _why in kept()[first.number].missing} == {f"element-{code}" for code in asked}
    assert kept()[early.number].missing == ()  # it is not at the step: nothing that is filled in would do
    for number in (first.number, early.number, "TS20991231-0001"):
        with case.database.writing() as session:
            many.settle(session, KEYS, run_id, number, ("请留意",))
    done = kept()
    assert (done[first.number].done, done[first.number].filled, done[first.number].why) == (True, True, ("请留意",))
    assert [(done[one.number].done, done[one.number].filled) for one in (other, early)] == [(False, False)] * 2


def test_R39_who_lost_the_permission_meanwhile_does_nothing_any_more(case):
    run_id = case.ask(revisions_of(case))
    with case.database.writing() as session:
        session.execute(sa.delete(StaffRole).where(StaffRole.staff_id == case.plays[0].staff("S005")))
    work_off(case.shop, HANDLERS)
    assert {done for _number, done in case.outcomes(run_id)} == {False}
    assert case.acts() == 0


def test_R39_what_was_typed_and_answered_stands_nowhere_in_clear_and_goes_after_a_week(case):
    with case.database.writing() as session:
        work = case.plays[0].work(session, "S005")
        values = {"way": ContactWay.PHONE, "text": "\u6cf0\u5c71\u8def 7 \u53f7"}
        many.ask(work, "acknowledge", revisions_of(case), values, "zh_Hans", "other")
    with case.database.writing() as session:
        row, job = session.scalars(sa.select(ManyRun)).one(), session.scalars(sa.select(Job)).one()
        assert "\u6cf0\u5c71".encode() not in bytes(row.sealed)
        assert job.payload == {}
        assert many.read(row, KEYS).values == values
        job.leased_until = None
    work_off(case.shop, HANDLERS)
    case.clock.at += timedelta(days=8)
    doing.clear(case.shop, None)
    with case.database.reading() as session:
        assert session.scalars(sa.select(ManyRun)).all() == session.scalars(sa.select(Job)).all() == []


def test_R13_none_and_too_many_are_refused_as_a_whole(case):
    for items in ({}, {f"TS{n}": 0 for n in range(201)}):
        with case.database.writing() as session, pytest.raises(DomainError) as error:
            many.ask(case.plays[0].work(session, "S005"), "acknowledge", items, {}, "zh_Hans", "x")
        assert error.value.status == 422
        assert isinstance(error.value.refusals[0], Message)


def printed(case, run_id) -> list[str]:
    """The names in the ZIP of all that was printed."""
    with case.database.reading() as session:
        outcomes = many.read(session.get_one(ManyRun, run_id), KEYS).outcomes
    room = io.BytesIO()
    numbers = {place: one.number for place, one in enumerate(outcomes) if one.done}
    doing.write_dossiers(case.shop, run_id, numbers, room)
    with zipfile.ZipFile(room) as archive:
        return archive.namelist()


def copies(case) -> int:
    with case.database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).where(AccessEvent.kind == "dossier_print"))


def test_R22_R40_nobody_who_writes_waits_while_a_dossier_is_printed_and_kept(case, monkeypatch):
    run_id, real, put = case.ask(action="print_dossier", code="S003"), doing.print_dossier, FolderStore.put

    def free(*_args):
        with case.database.writing() as session:  # would wait for half a minute and fail
            session.execute(sa.update(Job).values(error=""))
            session.execute(sa.select(AccessHead).with_for_update(nowait=True)).all()

    monkeypatch.setattr(doing, "print_dossier", lambda *args: free() or real(*args))
    monkeypatch.setattr(FolderStore, "put", lambda *args: free() or put(*args))
    assert work_off(case.shop, HANDLERS).done == 1
    assert printed(case, run_id) == [f"{play.number}.pdf" for play in case.plays]
    assert copies(case) == 3


def volume(case, run_id, places=(0, 1, 2)):
    room = io.BytesIO()
    outcomes = case.outcomes(run_id)
    doing.write_volume(case.shop, run_id, {place: outcomes[place][0] for place in places}, room)
    return PdfReader(room)


def tops(reader):
    return [
        (str(one.title), reader.get_destination_page_number(one)) for one in reader.outline if not isinstance(one, list)
    ]


def test_R22_dossiers_of_many_are_bound_in_one_pdf_with_their_numbers_as_bookmarks(case):
    run_id = case.ask(action="print_dossier", code="S003")
    assert work_off(case.shop, HANDLERS).done == 1
    kept = list(case.shop.folder.rglob("whole.sealed"))
    assert len(kept) == 1
    assert b"%PDF" not in kept[0].read_bytes()  # sealed like the dossiers
    whole = volume(case, run_id)
    numbers = [play.number for play in case.plays]
    assert [title for title, _page in tops(whole)] == numbers
    starts = [page for _title, page in tops(whole)]
    assert starts[0] == 0
    for number, start in zip(numbers, starts, strict=True):
        assert number in whole.pages[start].extract_text()
    assert not whole.attachments
    assert [title for title, _page in tops(volume(case, run_id, places=(0, 2)))] == [numbers[0], numbers[2]]
    ends = [*starts[1:], len(whole.pages)]
    own = [range(start, end) for start, end in zip(starts, ends, strict=True)]
    links = 0
    for pages in own:  # the table of contents of each leads into its own dossier
        for page in pages:
            for reference in whole.pages[page].get("/Annots", ()):
                target = reference.get_object().get("/Dest")
                if target is not None:
                    assert whole.get_page_number(target[0].get_object()) in pages
                    links += 1
    assert links > 10


def test_R22_R40_dossiers_that_cannot_be_bound_are_there_one_by_one(case, monkeypatch):
    def broken(dossiers, _stream):
        list(dossiers)
        raise ValueError("no such page")

    run_id = case.ask(action="print_dossier", code="S003")
    monkeypatch.setattr(doing, "bind_dossiers", broken)
    worked = work_off(case.shop, HANDLERS)
    assert (worked.done, worked.failed) == (1, 0)
    assert printed(case, run_id) == [f"{play.number}.pdf" for play in case.plays]
    with pytest.raises(DomainError) as refused:
        volume(case, run_id)
    assert [one.key for one in refused.value.refusals] == ["many.refused.not_bound"]


def test_R22_R40_a_kill_while_they_are_bound_binds_them_again(case, monkeypatch):
    run_id, real = case.ask(action="print_dossier", code="S003"), doing.bind_dossiers

    def killed(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(doing, "bind_dossiers", killed)
    with pytest.raises(KeyboardInterrupt):
        work_off(case.shop, HANDLERS)
    monkeypatch.setattr(doing, "bind_dossiers", real)
    assert len(tops(volume(case, run_id))) == 3  # nobody has to wait for it
    case.clock.at += LEASE + timedelta(seconds=1)
    assert work_off(case.shop, HANDLERS).done == 1
    assert len(list(case.shop.folder.rglob("whole.sealed"))) == 1
    assert copies(case) == 3


def test_R22_R40_a_kill_while_a_dossier_is_kept_costs_a_number_and_no_copy(case, monkeypatch):
    run_id, put, count = case.ask(action="print_dossier", code="S003"), FolderStore.put, []

    def killed(*args):
        put(*args)
        count.append(1)
        if len(count) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(FolderStore, "put", killed)
    with pytest.raises(KeyboardInterrupt):
        work_off(case.shop, HANDLERS)
    assert len(case.outcomes(run_id)) == 1
    case.clock.at += LEASE + timedelta(seconds=1)
    assert work_off(case.shop, HANDLERS).done == 1
    assert printed(case, run_id) == [f"{play.number}.pdf" for play in case.plays]
    assert copies(case) == 4


def test_R40_one_who_lost_the_job_while_printing_says_nothing(case, monkeypatch):
    run_id, real = case.ask(action="print_dossier", code="S003"), doing.print_dossier

    def taken_over(*args):
        with case.database.writing() as session:
            session.execute(sa.update(Job).values(attempts=Job.attempts + 1))
        return real(*args)

    monkeypatch.setattr(doing, "print_dossier", taken_over)
    assert work_off(case.shop, HANDLERS).failed == 1
    assert case.outcomes(run_id) == []


@pytest.mark.parametrize(
    "outage",
    [unreachable("away"), OSError(errno.ENOSPC, "full"), OperationalError("put", {}, sqlite3.OperationalError("?"))],
)
def test_R40_what_fails_for_all_of_them_makes_the_job_wait(case, monkeypatch, outage):
    if isinstance(outage, OperationalError):
        outage.orig.sqlite_errorcode = sqlite3.SQLITE_BUSY
    run_id = case.ask(action="print_dossier", code="S003")
    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "put", lambda *_args: (_ for _ in ()).throw(outage))
        assert work_off(case.shop, HANDLERS).failed == 1
    assert case.outcomes(run_id) == []
    case.clock.at += timedelta(minutes=2)
    assert work_off(case.shop, HANDLERS).done == 1
    assert len(printed(case, run_id)) == 3


def test_R40_somebody_with_two_unfinished_orders_waits_until_one_is_done(case):
    for form in ("one", "two"):
        case.ask(form=form)
    with pytest.raises(DomainError) as error:
        case.ask(form="three")
    assert [one.key for one in error.value.refusals] == ["many.refused.waiting"]
    assert error.value.status == 409
    assert case.ask(form="two")  # that is there already
    assert case.ask(form="three", action="print_dossier", code="S003")
    work_off(case.shop, HANDLERS)
    assert case.ask(form="three")


def test_R39_what_was_printed_is_gone_before_its_row_and_what_was_never_done_goes_too(case, monkeypatch, tmp_path):
    case.ask(action="print_dossier", code="S003")
    work_off(case.shop, HANDLERS)
    case.ask(action="print_dossier", code="S003", form="never")
    case.clock.at += timedelta(days=8)
    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "delete", lambda *_args: (_ for _ in ()).throw(unreachable("away")))
        with pytest.raises(DomainError):
            doing.clear(case.shop, None)
    assert len(rows_of(case)) == 2
    doing.clear(case.shop, None)
    assert [run.form for run in rows_of(case)] == ["never"]
    assert not list(tmp_path.rglob("*.sealed"))
    case.clock.at += timedelta(days=7)
    doing.clear(case.shop, None)
    assert rows_of(case) == []


def rows_of(case) -> list[ManyRun]:
    with case.database.reading() as session:
        return list(session.scalars(sa.select(ManyRun).order_by(ManyRun.id)))


def test_R40_the_same_form_twice_at_one_moment_is_one_order(case):
    found, first = [], case.plays[0]

    def ask(session):
        found.append(many.ask(first.work(session, "S005"), "urge", {first.number: 0}, {}, "zh_Hans", "same").slot)

    def other():
        with case.database.writing() as session:
            ask(session)

    second = threading.Thread(target=other)
    with case.database.writing() as session:
        ask(session)
        second.start()
        time.sleep(0.5)  # it has looked and found nothing
    second.join()
    assert len(found) == 2
    assert len(set(found)) == 1
