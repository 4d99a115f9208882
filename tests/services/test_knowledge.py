"""R38: written by one, released by another, found, used and withdrawn; a case survives the erasure of its complaint."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.history import AccessEvent
from backoffice.models.knowledge import Knowledge, KnowledgeVersion, KnowledgeWord
from backoffice.queries import knowledge as queries
from backoffice.services import knowledge as service
from backoffice.services.record import Corrected, correct
from policies.knowledge import KnowledgeFacts, KnowledgeState
from policies.vocabulary import ContactWay
from tests.support.played import TEXTS, Play

KEYS = Keys.fresh()
WRITER, SECOND, THIRD, CLERK = "S007", "S024", "S003", "S005"
TODAY = date(2026, 11, 23)
FACTS = KnowledgeFacts("光猫频繁离线", "Modem drops", "先看光功率，再看分光器", "", ("net_broadband_slow",))


@pytest.fixture
def desk(office_database, tmp_path):
    return Play(office_database, KEYS, tmp_path)


def does(desk, code, command, *said, **more):
    with desk.database.writing() as session:
        return command(desk.work(session, code), *said, **more)


def refusal(desk, code, command, *said, **more):
    with pytest.raises(DomainError) as raised:
        does(desk, code, command, *said, **more)
    return [one.key.rpartition(".")[2] for one in raised.value.refusals]


def found(desk, category="", typed="", on=TODAY):
    with desk.database.reading() as session:
        return [one.number for one in queries.fitting(session, category, typed, on)]


def released(desk):
    number = does(desk, WRITER, service.write, FACTS).number
    does(desk, SECOND, service.release, number, 1, checked=True)
    return number


def opened(desk):
    with desk.database.reading() as session:
        return session.scalar(sa.select(Knowledge.opened))


def archive(desk, **values):
    with desk.database.writing() as session:  # as if its life were over
        session.execute(sa.update(Complaint).values(status="archived", **values))


def listed(desk, which, on=TODAY):
    with desk.database.reading() as session:
        return [one.number for one in queries.listed(session, which, on)]


def test_R38_a_draft_is_found_by_nobody_until_a_second_person_releases_it(desk):
    assert refusal(desk, CLERK, service.write, FACTS) == ["permission"]
    number = does(desk, WRITER, service.write, FACTS, "a-form").number
    assert does(desk, WRITER, service.write, FACTS, "a-form").number == number == "ZS2026-001"
    assert found(desk, "net_broadband_slow", "光猫离线") == []
    assert refusal(desk, WRITER, service.release, number, 1, checked=True) == ["own"]
    assert refusal(desk, SECOND, service.release, number, 1, checked=False) == ["unchecked"]
    assert refusal(desk, SECOND, service.release, number, 7, checked=True) == ["changed_meanwhile"]
    does(desk, SECOND, service.release, number, 1, checked=True)
    assert found(desk, "net_broadband_slow") == [number]
    assert found(desk, "", "我的光猫又离线了") == [number]
    assert found(desk, "net_sms_fail", "短信收不到") == []
    does(desk, SECOND, service.withdraw, number, 2)
    assert found(desk, "net_broadband_slow") == []
    assert refusal(desk, WRITER, service.change, number, FACTS, 3) == ["withdrawn"]


def test_R38_R40_each_version_stays_with_its_digest_in_the_chain(desk):
    number = does(desk, WRITER, service.write, FACTS).number
    does(desk, SECOND, service.release, number, 1, checked=True)
    does(desk, WRITER, service.change, number, KnowledgeFacts("光猫离线", "", "新的写法", "", FACTS.categories), 2)
    assert found(desk, "net_broadband_slow") == [number]  # what was released holds until the change is
    with desk.database.reading() as session:
        one = queries.by_number(session, number)
        assert service.written(KEYS, one, in_force=True).title_zh == "光猫频繁离线"
        assert service.written(KEYS, one).title_zh == "光猫离线"
    with desk.database.reading() as session:
        acts = list(session.scalars(sa.select(KnowledgeVersion.act).order_by(KnowledgeVersion.version)))
        bodies = [
            json.loads(body)
            for body in session.scalars(
                sa.select(AccessEvent.body).where(AccessEvent.kind == "knowledge").order_by(AccessEvent.id)
            )
        ]
    assert acts == ["written", "released", "written"]
    assert [body["facts"]["version"] for body in bodies] == [1, 2, 3]
    assert bodies[0]["facts"]["sha256"] == bodies[1]["facts"]["sha256"] != bodies[2]["facts"]["sha256"]


def test_R38_a_use_counts_once_for_each_complaint_and_person(desk):
    number = does(desk, WRITER, service.write, FACTS).number
    does(desk, CLERK, service.use, number, "TS20261123-0001")
    does(desk, SECOND, service.release, number, 1, checked=True)
    one, other = "form:" + "a" * 32, "form:" + "b" * 32
    for code, place in ((CLERK, one), (CLERK, one), (WRITER, other)):
        does(desk, code, service.use, number, place)
    assert opened(desk) == 2
    assert listed(desk, "released") == [number]
    assert listed(desk, "never") == []


@pytest.mark.parametrize("place", ["", "x", "form:short", "form:" + "a" * 40, "TS20261123-9999", "form:" + "*" * 32])
def test_R38_what_is_neither_a_complaint_nor_a_form_counts_nothing(desk, place):
    number = released(desk)
    does(desk, CLERK, service.use, number, place)
    assert opened(desk) == 0


def test_R38_what_was_opened_from_the_form_is_the_complaints_use_once_it_is_registered(desk):
    number, token = released(desk), "t" * 32
    does(desk, CLERK, service.use, number, f"form:{token}")
    desk.register(uploads=(), submission=token)
    for place in (desk.number, desk.number.lower(), f"form:{token}"):
        does(desk, CLERK, service.use, number, place)
    assert opened(desk) == 1
    does(desk, WRITER, service.use, number, f"form:{token}")
    does(desk, WRITER, service.use, number, desk.number)
    assert opened(desk) == 2


def test_R38_of_forms_that_became_no_complaint_a_few_count_in_a_day(desk):
    number = released(desk)
    for sign in "abcdefgh":
        does(desk, CLERK, service.use, number, f"form:{sign * 32}")
    assert opened(desk) == 5  # whoever invents tokens, or opens the form again and again, counts no more
    desk.at += timedelta(hours=25)
    does(desk, CLERK, service.use, number, f"form:{'i' * 32}")
    assert opened(desk) == 6


def test_R38_each_form_that_becomes_a_complaint_counts_however_many_in_a_day(desk):
    number = released(desk)
    does(desk, CLERK, service.use, number, f"form:{'z' * 32}")  # the customer hung up
    for count, sign in enumerate("abcdefg", 2):
        does(desk, CLERK, service.use, number, f"form:{sign * 32}")
        assert opened(desk) == count
        desk.register(uploads=(), submission=sign * 32)


def test_R39_a_complaint_that_one_may_not_see_counts_nothing(desk):
    number = released(desk)
    desk.register(uploads=())
    does(desk, "S016", service.use, number, desk.number)
    assert opened(desk) == 0


def test_R38_it_is_offered_within_its_days_alone(desk):
    facts = replace(FACTS, valid_from=TODAY + timedelta(days=1), valid_until=TODAY + timedelta(days=3))
    number = does(desk, WRITER, service.write, facts).number
    does(desk, SECOND, service.release, number, 1, checked=True)
    days = [TODAY + timedelta(days=n) for n in range(5)]
    assert [bool(found(desk, "net_broadband_slow", on=day)) for day in days] == [False, True, True, True, False]
    assert [bool(listed(desk, "released", day)) for day in days] == [False, True, True, True, False]
    assert [bool(listed(desk, "outside", day)) for day in days] == [True, False, False, False, True]


def test_R38_whoever_wrote_at_it_since_the_last_release_does_not_release_it(desk):
    number = does(desk, WRITER, service.write, FACTS).number
    does(desk, SECOND, service.change, number, replace(FACTS, title_zh="改过"), 1)
    assert refusal(desk, WRITER, service.release, number, 2, checked=True) == ["own"]
    assert refusal(desk, SECOND, service.release, number, 2, checked=True) == ["own"]
    does(desk, THIRD, service.release, number, 2, checked=True)
    does(desk, WRITER, service.change, number, FACTS, 3)
    does(desk, SECOND, service.release, number, 4, checked=True)  # wrote at it before the last release
    assert found(desk, "net_broadband_slow") == [number]


def test_R38_R22_a_case_of_an_archived_complaint_names_nobody_and_survives_its_erasure(desk):
    desk.register(uploads=())
    assert refusal(desk, WRITER, service.write, FACTS, None, desk.number) == ["not_archived"]
    with desk.database.writing() as session:  # as if its life were over
        session.get(Complaint, desk.complaint_id).status = "archived"
    with desk.database.reading() as session:
        case = service.source_case(desk.work(session, WRITER), desk.number)
        draft = service.first_draft(case)
    assert "掉线" in draft
    assert "周㛃敏" not in draft
    assert "4172" not in draft
    named = KnowledgeFacts("掉线", "", "客户周㛃敏反映掉线", "", FACTS.categories)
    assert refusal(desk, WRITER, service.write, named, None, desk.number) == ["traces_named"]
    number = does(
        desk, WRITER, service.write, KnowledgeFacts("掉线", "", draft, "", FACTS.categories), None, desk.number
    ).number
    does(desk, SECOND, service.release, number, 1, checked=True)
    second = does(
        desk, WRITER, service.write, KnowledgeFacts("另一篇", "", draft, "", FACTS.categories), None, desk.number
    ).number
    with desk.database.writing() as session:
        complaint = session.get(Complaint, desk.complaint_id)
        complaint.sealed_key, complaint.erased_at = None, desk.at
    assert found(desk, "net_broadband_slow") == [number]
    with desk.database.reading() as session:
        one = queries.by_number(session, number)
        assert service.written(KEYS, one, in_force=True).body_zh == draft
        assert service.source_number(session, one) == ""
        words = " ".join(session.scalars(sa.select(KnowledgeWord.word)))
    assert "4172" not in words
    assert refusal(desk, SECOND, service.release, second, 1, checked=True) == ["erased"]
    assert refusal(desk, WRITER, service.write, FACTS, None, desk.number) == ["erased"]
    assert one.state is KnowledgeState.RELEASED


@pytest.mark.parametrize("text", ["电话 139 0000-4172", "请 周 㛃 敏 接电话", "另有 13987654321", "住文三路 9 号"])
def test_R38_R39_however_it_is_written_a_case_that_names_the_customer_is_not_kept(desk, text):
    desk.register(uploads=())
    archive(desk)
    facts = replace(FACTS, body_zh=text)
    assert refusal(desk, WRITER, service.write, facts, None, desk.number) == ["traces_named"]
    number = does(desk, WRITER, service.write, FACTS, None, desk.number).number
    assert refusal(desk, WRITER, service.change, number, facts, 1) == ["traces_named"]


def test_R38_a_name_that_was_corrected_still_tells_who_it_was(desk):
    desk.register(uploads=())
    with desk.database.writing() as session:
        new = Corrected({**TEXTS, "customer_name": "吴桐", "contact_phone": "13700001111"}, ContactWay.PHONE)
        correct(desk.work(session, CLERK), desk.complaint_id, new, "听错了")
    archive(desk)
    for text in ("周㛃敏来电", "吴桐来电", "打 13700001111"):
        assert refusal(desk, WRITER, service.write, replace(FACTS, body_zh=text), None, desk.number) == ["traces_named"]


def test_R38_R39_a_case_is_released_by_somebody_who_can_compare_it(desk):
    desk.register(uploads=())
    archive(desk)
    number = does(desk, WRITER, service.write, FACTS, None, desk.number).number
    archive(desk, confidential=True)
    with desk.database.reading() as session:
        one = queries.by_number(session, number)
        can = {code: service.compares(desk.work(session, code), one) for code in (WRITER, SECOND, THIRD)}
    blind = next(code for code in (SECOND, THIRD) if not can[code])
    assert refusal(desk, blind, service.release, number, 1, checked=True) == ["cannot_compare"]
