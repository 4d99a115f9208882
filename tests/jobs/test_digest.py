"""R26: once a working day, at opening, everybody who has something to see to is told what, and nobody else."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.jobs import digest, handlers
from backoffice.jobs.running import Workshop, work_off
from backoffice.keys import Keys
from backoffice.models.configuration import MessageTemplate
from backoffice.models.duty import Absence
from backoffice.models.office import Staff
from backoffice.models.teamwork import CorrectiveAction
from backoffice.models.work import Job, Outbox
from backoffice.sealing import open_for_office
from backoffice.services import corrective
from backoffice.services import digest as service
from backoffice.services.core.work import Work
from policies.access import SYSTEM
from policies.corrective_course import CorrectiveAct
from policies.vocabulary import MessageState
from tests.support.counting import statements_of
from tests.support.played import RECEIVED, Play
from tests.support.scenes import staff


@pytest.fixture
def shop(office_database, tmp_path):
    return Workshop(office_database, Keys.fresh(), SetClock(RECEIVED), tmp_path)


@pytest.fixture
def play(shop):
    return Play(shop.database, shop.keys, shop.folder)


def local(text):
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def ring(shop, at):
    shop.clock.at = local(at)
    handlers.plan_timed(shop)
    return work_off(shop, {digest.KIND: digest.send_all})


def told(shop, way="in_app"):
    """Code → texts of the digests that somebody got."""
    found = {}
    with shop.database.reading() as session:
        rows = session.execute(
            sa.select(Outbox, Staff.code).join(Staff, Staff.id == Outbox.staff_id)
            .where(Outbox.template == "daily_digest", Outbox.way == way).order_by(Outbox.id)
        )  # fmt: skip
        for row, code in rows:
            found.setdefault(code, []).append(json.loads(open_for_office(shop.keys, row.sealed, "outbox")))
    return found


def test_R26_the_digest_goes_out_at_opening_once_a_working_day(shop, play):
    play.register()
    for at in ("2026-11-24T08:29", "2026-11-24T08:30", "2026-11-24T09:00", "2026-11-24T23:59"):
        ring(shop, at)
    assert {code: len(texts) for code, texts in told(shop).items()}["S005"] == 1
    ring(shop, "2026-11-25T08:31")
    assert len(told(shop)["S005"]) == 2
    ring(shop, "2026-11-28T10:00")  # a Saturday
    assert len(told(shop)["S005"]) == 2
    with shop.database.reading() as session:
        slots = session.scalars(sa.select(Job.slot).where(Job.kind == digest.KIND).order_by(Job.id)).all()
    assert slots == ["2026-11-24", "2026-11-25"]


def test_R26_it_says_how_many_are_due_and_late_and_names_them(shop, play):
    play.register()
    ring(shop, "2026-11-25T08:31")  # acknowledge and first response are late since Tuesday
    (mine,) = told(shop)["S005"]
    assert "今日到期 1 件，其中已超时 1 件" in mine["text"]
    assert play.number in mine["text"]
    assert "周㛃敏" not in mine["text"]
    assert "11月25日" in mine["subject"]


def test_R26_who_has_nothing_to_see_to_is_told_nothing(shop, play):
    ring(shop, "2026-11-23T09:00")
    assert told(shop) == {}
    play.register()
    ring(shop, "2026-11-24T09:00")
    assert "S005" in told(shop)
    assert not {"S013", "S016", "S022", "S029", "S030", "S025"} & told(shop).keys()


def test_R26_what_waits_for_a_handler_is_told_to_the_handler(shop, play):
    play.register()
    play.dispatch()
    ring(shop, "2026-11-25T08:31")
    assert play.number in told(shop)["S016"][0]["text"]


def test_R13_somebody_away_gets_none_and_neither_does_the_stand_in(shop, play):
    play.register()
    with shop.database.writing() as session:
        session.add(Absence(staff_id=staff(session, "S005").id, stand_in_id=staff(session, "S035").id,
                            begins_at=RECEIVED, ends_at=RECEIVED + timedelta(days=9)))  # fmt: skip
    ring(shop, "2026-11-24T09:00")
    assert not {"S005", "S035"} & told(shop).keys()


def test_R26_by_e_mail_too_where_an_address_is_on_file_and_in_the_own_language(shop, play):
    with shop.database.writing() as session:
        person = staff(session, "S005")
        person.email, person.language = "lu@example.com", "en"
    play.register()
    ring(shop, "2026-11-24T09:00")
    (mail,) = told(shop, "email")["S005"]
    assert mail["to"] == "lu@example.com"
    assert mail["text"].startswith("Due today: 1")
    with shop.database.reading() as session:
        states = set(session.scalars(sa.select(Outbox.state).where(Outbox.way == "email")))
    assert states == {MessageState.WAITING}


def test_R26_a_job_that_was_broken_off_goes_on_and_tells_nobody_twice(shop, play, monkeypatch):
    play.register()
    real, calls = service.send, []

    def break_off(work, staff_id, day):
        calls.append(staff_id)
        if len(calls) == 6:
            raise RuntimeError("planted")
        return real(work, staff_id, day)

    monkeypatch.setattr(digest.digest, "send", break_off)
    assert ring(shop, "2026-11-24T09:00").failed == 1
    assert ring(shop, "2026-11-24T09:30").done == 1
    assert {len(texts) for texts in told(shop).values()} == {1}
    assert len(calls) == len(set(calls)) + 1


def test_R26_a_digest_of_a_day_that_is_over_is_not_sent_any_more(shop, play):
    play.register()
    shop.clock.at = local("2026-11-24T09:00")
    handlers.plan_timed(shop)
    shop.clock.at = local("2026-11-25T01:00")
    work_off(shop, {digest.KIND: digest.send_all})
    assert told(shop) == {}


def test_R26_an_office_set_up_before_this_text_existed_gets_it(shop, play):
    with shop.database.writing() as session:
        session.execute(sa.delete(MessageTemplate).where(MessageTemplate.code == "daily_digest"))
    play.register()
    ring(shop, "2026-11-24T09:00")
    assert "S005" in told(shop)


def test_R26_a_person_costs_a_few_statements_however_much_waits(shop, play):
    play.register()
    at = local("2026-11-24T09:00")
    counts = []
    for _ in range(2):
        with shop.database.writing() as session, statements_of(shop.database.engine) as sent:
            service.send(Work(session, shop.keys, SYSTEM, at, at), staff(session, "S003").id, f"day {len(counts)}")
        counts.append(len(sent))
        for number in range(4):
            Play(shop.database, shop.keys, shop.folder).register(texts={"contact_phone": f"1390000000{number}"})
    assert counts[0] == counts[1] <= 16


def put_right(play, owner, **more):
    values = {"source": "audit", "type": "training", "title": "复训", "root_cause": "无考试", "expected_effect": "人人会",
              "owner": play.staff(owner), "due_on": date(2026, 11, 24), **more}  # fmt: skip
    with play.database.writing() as session:
        return corrective.assign(play.work(session, "S024"), values).number


def test_R30_it_counts_corrective_actions_that_are_late_to_be_verified_or_to_be_looked_at_again(shop, play):
    put_right(play, "S016")
    done = put_right(play, "S016")
    for act, entered in ((CorrectiveAct.ACCEPT, {}), (CorrectiveAct.FINISH, {"result": "完成", "evidence": "清单"})):
        with play.database.writing() as session:
            corrective.act(play.work(session, "S016"), done, act, entered)
    ring(shop, "2026-11-24T09:00")
    assert "S016" not in told(shop)  # nothing is late yet
    assert told(shop)["S024"][0]["text"].endswith("整改：待验证 1 项")
    ring(shop, "2026-11-25T09:00")
    assert told(shop)["S016"][0]["text"].endswith("整改：逾期 1 项")  # the owner
    assert told(shop)["S015"][0]["text"].endswith("整改：逾期 1 项")  # the head of the owner's department
    assert "S012" not in told(shop)  # the head of another one
    with play.database.writing() as session:
        play.at = local("2026-11-25T10:00")
        corrective.act(play.work(session, "S024"), done, CorrectiveAct.VERIFY, {"text": "查过"})
        row = session.scalars(sa.select(CorrectiveAction).where(CorrectiveAction.number == done)).one()
        row.effect_due_at = local("2026-11-26T08:00")
    ring(shop, "2026-11-26T09:00")
    assert told(shop)["S024"][-1]["text"].endswith("整改：待查效果 1 项")
